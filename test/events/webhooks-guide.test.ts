import { readFileSync } from 'node:fs';
import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { ThuphiEvent } from '../../events/index.ts';
import {
  ATTEMPTS_BEFORE_BLOCKED,
  CATCH_UP_EVENTS_A_RUN,
  DISABLED_AFTER_DAYS,
  PROBE_GAPS_SECONDS,
} from '../../shared/domain/notification/blocked.ts';
import { RETRY_GAPS_SECONDS, retryGapSeconds } from '../../shared/domain/notification/delivery.ts';
import { MAX_REPLAY_DAYS } from '../../shared/domain/notification/replay.ts';
import { signedHeaders, WEBHOOK_LIMITS } from '../../shared/runtime/webhook-sender.ts';
import { MAX_FEED_DAYS } from '../../shared/usecases/list-events.ts';

const guide = readFileSync(new URL('../../docs/guides/webhooks.md', import.meta.url), 'utf8');
const [, secret = ''] = /```text\n(whsec_.+)\n```/.exec(guide) ?? [];
const [, head = '', body = ''] = /```http\nPOST \/thuphi\n([\s\S]+?)\n\n(.+)\n```/.exec(guide) ?? [];
const headers = Object.fromEntries(head.split('\n').map((line) => line.split(': '))) as Record<string, string>;

describe('the guide for webhooks', () => {
  it('shows a delivery as it is signed and as the reference implementation signs it', () => {
    const at = Number(headers['webhook-timestamp']) * 1000;
    expect(signedHeaders({ eventId: headers['webhook-id'] ?? '', body, secrets: [secret], at })).toEqual({
      'webhook-id': headers['webhook-id'],
      'webhook-timestamp': headers['webhook-timestamp'],
      'webhook-signature': headers['webhook-signature'],
    });
    expect(new Webhook(secret).sign(headers['webhook-id'] ?? '', new Date(at), body)).toBe(
      headers['webhook-signature'],
    );
    expect(ThuphiEvent.safeParse(JSON.parse(body)).success).toBe(true);
  });

  it('shows code that accepts this delivery and no other', async () => {
    const [, code = ''] = /```js\n([\s\S]+?)```/.exec(guide) ?? [];
    const module = (await import(/* @vite-ignore */ `data:text/javascript,${encodeURIComponent(code)}`)) as {
      isFromThuphi: (headers: object, body: string, secret: string, nowSeconds: number) => boolean;
    };
    const now = Number(headers['webhook-timestamp']);
    expect(module.isFromThuphi(headers, body, secret, now)).toBe(true);
    const rotating = { ...headers, 'webhook-signature': `v1,AAAA ${headers['webhook-signature']}` };
    expect(module.isFromThuphi(rotating, body, secret, now)).toBe(true);
    expect(module.isFromThuphi(headers, `${body} `, secret, now)).toBe(false);
    expect(module.isFromThuphi(headers, body, secret, now + 301)).toBe(false);
    expect(module.isFromThuphi({}, body, secret, now)).toBe(false);
  });

  it('tells the gaps and limits as they are', () => {
    const gaps = [...guide.matchAll(/^\| (\d)(?: and later)? +\| (\d+) s +\|$/gm)].map((row) => [
      Number(row[1]),
      Number(row[2]),
    ]);
    // The one after the last of these blocks the endpoint.
    const delayed = RETRY_GAPS_SECONDS.slice(0, ATTEMPTS_BEFORE_BLOCKED - 1);
    expect(gaps).toEqual(delayed.map((_gap, index) => [index + 1, retryGapSeconds(index + 1)]));
    expect(guide).toMatch(new RegExp(`^\\| ${ATTEMPTS_BEFORE_BLOCKED} +\\| the endpoint is blocked \\|$`, 'm'));
    const minutes = PROBE_GAPS_SECONDS.map((seconds) => seconds / 60);
    expect(guide).toContain(
      `after ${minutes.slice(0, 4).join(', ')} and ${minutes[4]} minutes, then every ${minutes[5]}`,
    );
    expect(guide).toContain(`up to ${CATCH_UP_EVENTS_A_RUN.toLocaleString('en')} events a minute`);
    expect([guide.includes('After five days without an answer'), DISABLED_AFTER_DAYS]).toEqual([true, 5]);
    expect(guide).toContain(`at most ${MAX_FEED_DAYS} days back`);
    expect(guide).toContain(`at most ${MAX_REPLAY_DAYS} days apart`);
    const limits = /within (\d+) seconds \((\d+) to connect\) or longer than (\d+) kB/
      .exec(guide)
      ?.slice(1)
      .map(Number);
    expect(limits).toEqual([
      WEBHOOK_LIMITS.totalMilliseconds / 1000,
      WEBHOOK_LIMITS.connectMilliseconds / 1000,
      WEBHOOK_LIMITS.answerBytes / 1024,
    ]);
  });
});
