import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { vi } from 'vitest';
import { callbacks } from '../../functions/provider-callback/callbacks.ts';
import type { Attempt, Invoice } from '../../shared/domain/invoice/invoice.ts';
import { dong } from '../../shared/domain/money/dong.ts';
import type { NoticeSource, RawCallback } from '../../shared/domain/payment/provider.ts';
import { type MerchantAccount, terminalSecretName } from '../../shared/domain/registry/registry.ts';
import { log } from '../../shared/runtime/log.ts';
import { postPayment } from '../../shared/usecases/post-payment.ts';
import { InboxMessage } from '../../shared/usecases/receive-callback.ts';
import { anAttempt, NUMBER } from '../dsl/given.ts';
import { aWorld, invoiceOf, LAND } from '../dsl/world.ts';
import { MemoryRegistry } from '../fakes/memory-registry.ts';
import { MemorySecrets } from '../fakes/memory-secrets.ts';
import { httpEvent } from '../functions/http-events.ts';

/** What is logged of these calls is looked at elsewhere. */
for (const level of ['info', 'warn', 'error'] as const) vi.spyOn(log, level).mockImplementation(() => {});

export const AMOUNT = 500_000;

type Account = { providerId: string; merchantAccountId: string; terminal: string; secret: string };

/**
 * The callback function over HTTP, as the gateway calls it, on tables and a queue in memory. The invoice has one attempt at
 * the first account, over {@link AMOUNT} dong.
 */
export function callbackWorld(sources: readonly NoticeSource[], accounts: readonly Account[]) {
  const world = aWorld();
  const [paidInto] = accounts;
  if (!paidInto) throw new Error('no account');
  const { secret: _, ...at } = paidInto;
  const place = (more: Partial<Invoice> = {}, attempt: Partial<Attempt> = {}) =>
    world.invoices.place(
      invoiceOf(NUMBER, {
        total: dong(AMOUNT),
        due: dong(AMOUNT),
        attempts: [anAttempt('pending', { ...at, ...attempt })],
        ...more,
      }),
    );
  const registry = new MemoryRegistry({
    accounts: accounts.map(
      (one, index): MerchantAccount => ({
        id: one.merchantAccountId,
        providerId: one.providerId,
        agencyCode: LAND,
        beneficiary: `purse-${index}`,
        terminal: one.terminal,
        accountNumber: '1234567890',
        bankBin: '970415',
        active: true,
      }),
    ),
  });
  const secrets = new MemorySecrets(
    Object.fromEntries(accounts.map((one) => [terminalSecretName(one.providerId, one.terminal), one.secret])),
  );
  const { invoices, inbox, now } = world;
  const handler = callbacks(new Map(sources.map((one) => [one.manifest.id, one])), {
    registry,
    secrets,
    invoices,
    inbox,
    now,
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
    keep: () => undefined,
  });
  return {
    ...world,
    registry,
    place,
    /** One call over HTTP. What the function took in waits in the inbox. */
    call: (provider: string, raw: RawCallback): Promise<APIGatewayProxyStructuredResultV2> =>
      handler(
        httpEvent(`${raw.method} /callbacks/{provider}`, {
          path: `/callbacks/${provider}`,
          params: { provider },
          query: raw.rawQuery,
          headers: Object.fromEntries(
            Object.entries(raw.headers).flatMap(([name, text]) => (text ? [[name, text]] : [])),
          ),
          body: Buffer.from(raw.body).toString('base64'),
          base64: true,
        }),
      ),
    /** Enters what waits in the inbox. */
    async post(): Promise<string[]> {
      const outcomes: string[] = [];
      for (const message of inbox.take())
        outcomes.push(await postPayment(InboxMessage.parse(message), { invoices, now }));
      return outcomes;
    },
    invoice(): Invoice | undefined {
      const item = invoices.at(NUMBER);
      return item?.kind === 'invoice' ? item.invoice : undefined;
    },
  };
}
