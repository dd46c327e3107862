import { createServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import type { Lookup } from '../../shared/domain/notification/address.ts';
import { signedHeaders, UnusableSecret, WEBHOOK_LIMITS, webhookSender } from '../../shared/runtime/webhook-sender.ts';
import { selfSigned } from './self-signed.ts';
import { listen } from './servers.ts';

const secretOf = (fill: number, bytes = 32) => `whsec_${Buffer.alloc(bytes, fill).toString('base64')}`;
const NEW_SECRET = secretOf(1);
const OLD_SECRET = secretOf(2);
const BODY = JSON.stringify({ id: 'evt_1', data: { note: 'đã thu' } });

const receiver = async (listener: RequestListener) => listen(createServer(listener));

const message = (url: string, secrets = [NEW_SECRET]) => ({
  url,
  eventId: 'evt_1',
  body: BODY,
  secrets,
  at: Date.now(),
});

const local = webhookSender({ allowLocal: true });
const shortTotal = webhookSender({ allowLocal: true, limits: { ...WEBHOOK_LIMITS, totalMilliseconds: 200 } });

describe('a signed delivery', () => {
  it('is verified by the reference implementation, with the old and with the new secret', async () => {
    const seen: {
      headers: Record<string, string>;
      body: string;
      method: string | undefined;
      url: string | undefined;
    }[] = [];
    const port = await receiver(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const headers = request.headers as Record<string, string>;
      seen.push({ headers, body: Buffer.concat(chunks).toString(), method: request.method, url: request.url });
      response.writeHead(204).end();
    });

    const answer = await local.send(message(`http://localhost:${port}/hook?x=1`, [NEW_SECRET, OLD_SECRET]));

    expect(answer).toEqual({ kind: 'answered', status: 204 });
    const [got] = seen;
    expect(got).toMatchObject({ method: 'POST', url: '/hook?x=1', body: BODY });
    expect(got?.headers).toMatchObject({
      'content-type': 'application/json',
      'user-agent': 'Thuphi-Webhooks/1',
      'webhook-id': 'evt_1',
      host: `localhost:${port}`,
    });
    for (const secret of [NEW_SECRET, OLD_SECRET])
      expect(new Webhook(secret).verify(got?.body ?? '', got?.headers ?? {})).toEqual(JSON.parse(BODY));
    expect(() => new Webhook(secretOf(3)).verify(got?.body ?? '', got?.headers ?? {})).toThrow();
  });

  it('signs once per valid secret, newest first, with the timestamp of the attempt in seconds', () => {
    const headers = signedHeaders({
      eventId: 'evt_1',
      body: BODY,
      secrets: [NEW_SECRET, OLD_SECRET],
      at: 1_700_000_000_999,
    });
    expect(headers['webhook-timestamp']).toBe('1700000000');
    expect(headers['webhook-signature']).toMatch(/^v1,[A-Za-z0-9+/]{43}= v1,[A-Za-z0-9+/]{43}=$/);
    const expected = new Webhook(NEW_SECRET).sign('evt_1', new Date(1_700_000_000_000), BODY);
    expect(headers['webhook-signature'].split(' ')[0]).toBe(expected);
  });

  it.each([[], [secretOf(1, 23)], [secretOf(1, 65)], ['whsec_***'], ['plain'], [NEW_SECRET, 'whsec_']])(
    'sends nothing without a usable secret: %j',
    async (...secrets: string[]) => {
      expect(() => signedHeaders({ eventId: 'evt_1', body: BODY, secrets, at: 0 })).toThrow(UnusableSecret);
      const answer = await local.send(message('http://127.0.0.1:1/', secrets));
      expect(answer).toEqual({ kind: 'failed', why: 'secretUnusable' });
    },
  );
});

describe('scenario 70: a hostile address, at delivery', () => {
  it('calls nobody when the address is not allowed, whatever was registered', async () => {
    let called = 0;
    const port = await receiver((_request, response) => response.end(String(called++)));
    const live = webhookSender({ allowLocal: false });
    for (const host of ['http://127.0.0.1', 'https://127.0.0.1', 'https://2130706433', 'https://[::ffff:127.0.0.1]'])
      expect(await live.send(message(`${host}:${port}/`))).toEqual({ kind: 'failed', why: 'addressRefused' });
    expect(called).toBe(0);
  });

  it('refuses a public name that stands for the loopback', async () => {
    const lookup: Lookup = async () => [{ address: '127.0.0.1', family: 4 }];
    const live = webhookSender({ allowLocal: false, lookup });
    expect(await live.send(message('https://hooks.agency.example/'))).toEqual({
      kind: 'failed',
      why: 'addressRefused',
    });
  });

  it('gains a rebinding name nothing: one look-up, and the connection goes to the address that was checked', async () => {
    let called = 0;
    const port = await receiver((_request, response) => response.end(String(called++)));
    let lookups = 0;
    // Allowed at the check; our receiver listens only where the name points to from then on.
    const lookup: Lookup = async () => [{ address: lookups++ === 0 ? '127.0.0.2' : '127.0.0.1', family: 4 }];
    const rebound = webhookSender({ allowLocal: true, lookup });
    const own = selfSigned(['hooks.agency.example']);
    const decoy = await listen(createTlsServer(own, (_request, response) => response.end(String(called++))));

    for (const target of [port, decoy]) {
      lookups = 0;
      const answer = await rebound.send(message(`https://hooks.agency.example:${target}/`));
      expect(answer).toEqual({ kind: 'failed', why: 'unreachable', code: 'ECONNREFUSED' });
      expect(lookups).toBe(1);
    }
    expect(called).toBe(0);
  });

  it('pins the connection to the checked address and keeps name, SNI and certificate check', async () => {
    const seen: { sni: string | false | null; host: string | undefined }[] = [];
    const own = selfSigned(['hooks.agency.example']);
    const server = createTlsServer(own, (request, response) => {
      const { servername } = request.socket as unknown as { servername: string };
      seen.push({ sni: servername, host: request.headers.host });
      response.end();
    });
    const port = await listen(server);
    const lookup: Lookup = async () => [{ address: '127.0.0.1', family: 4 }];
    const trusting = webhookSender({ allowLocal: true, lookup, authorities: own.cert });

    expect(await trusting.send(message(`https://hooks.agency.example:${port}/`))).toEqual({
      kind: 'answered',
      status: 200,
    });
    expect(seen).toEqual([{ sni: 'hooks.agency.example', host: `hooks.agency.example:${port}` }]);

    const otherName = await trusting.send(message(`https://other.agency.example:${port}/`));
    expect(otherName).toMatchObject({ kind: 'failed', why: 'unreachable', code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
    const untrusted = await webhookSender({ allowLocal: true, lookup }).send(
      message(`https://hooks.agency.example:${port}/`),
    );
    expect(untrusted).toMatchObject({ kind: 'failed', why: 'unreachable', code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
    expect(seen).toHaveLength(1);
  });

  it('does not follow a redirect', async () => {
    let called = 0;
    const inner = await receiver((_request, response) => response.end(String(called++)));
    const port = await receiver((_request, response) => {
      response.writeHead(307, { location: `http://127.0.0.1:${inner}/` }).end();
    });
    expect(await local.send(message(`http://127.0.0.1:${port}/`))).toEqual({ kind: 'answered', status: 307 });
    expect(called).toBe(0);
  });
});

describe('scenario 49: an endpoint that wastes our time', () => {
  it('is cut off when it drips', async () => {
    let closed = false;
    const port = await receiver((_request, response) => {
      response.writeHead(200);
      const drip = setInterval(() => response.write('.'), 20);
      response.on('close', () => {
        clearInterval(drip);
        closed = true;
      });
    });
    expect(await shortTotal.send(message(`http://127.0.0.1:${port}/`))).toEqual({ kind: 'failed', why: 'timeout' });
    await expect.poll(() => closed).toBe(true);
  });

  it('is cut off when it never answers', async () => {
    const port = await receiver(() => {});
    expect(await shortTotal.send(message(`http://127.0.0.1:${port}/`))).toEqual({ kind: 'failed', why: 'timeout' });
  });

  it('is cut off when its name server never answers', async () => {
    const lookup: Lookup = () => new Promise(() => {});
    const live = webhookSender({ allowLocal: false, lookup, limits: { ...WEBHOOK_LIMITS, totalMilliseconds: 50 } });
    expect(await live.send(message('https://hooks.agency.example/'))).toEqual({ kind: 'failed', why: 'timeout' });
  });

  it('is cut off when it sends a gigabyte', async () => {
    const chunk = Buffer.alloc(64 * 1024, 'x');
    let sent = 0;
    const port = await receiver((_request, response) => {
      const pour = () => {
        while (!response.destroyed && sent < 1024 ** 3) {
          sent += chunk.length;
          if (!response.write(chunk)) return void response.once('drain', pour);
        }
      };
      response.writeHead(200);
      pour();
    });
    expect(await local.send(message(`http://127.0.0.1:${port}/`))).toEqual({ kind: 'failed', why: 'oversize' });
    // What was on its way in the buffers of both sides, and no more.
    expect(sent).toBeLessThan(16 * 1024 * 1024);
  });

  it.each([
    ['closes without an answer', (_q, response) => response.destroy()],
    [
      'breaks off in the middle',
      (_q, response) => {
        response.writeHead(200, { 'content-length': '10' });
        response.write('half', () => response.destroy());
      },
    ],
    [
      'switches protocols',
      (_q, response) => {
        response.writeHead(101, { connection: 'upgrade', upgrade: 'other' }).end();
      },
    ],
    [
      'sends headers without end',
      (_q, response) => {
        response.writeHead(200, { 'x-long': 'x'.repeat(64 * 1024) }).end();
      },
    ],
  ] satisfies [string, RequestListener][])('fails when it %s', async (_name, listener) => {
    const port = await receiver(listener);
    expect(await local.send(message(`http://127.0.0.1:${port}/`))).toMatchObject({
      kind: 'failed',
      why: 'unreachable',
    });
  });

  it('fails when nobody listens or the name does not resolve', async () => {
    const server = createServer();
    const port = await listen(server);
    server.close();
    expect(await local.send(message(`http://127.0.0.1:${port}/`))).toEqual({
      kind: 'failed',
      why: 'unreachable',
      code: 'ECONNREFUSED',
    });
    const lookup: Lookup = () => Promise.reject(new Error('ENOTFOUND'));
    const answer = await webhookSender({ allowLocal: false, lookup }).send(message('https://hooks.agency.example/'));
    expect(answer).toEqual({ kind: 'failed', why: 'unresolvable' });
  });
});
