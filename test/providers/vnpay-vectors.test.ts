import { createHmac } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { dong } from '../../shared/domain/money/dong.ts';
import type { AttemptState } from '../../shared/domain/payment/advance.ts';
import { InvalidCallback, type RawCallback } from '../../shared/domain/payment/provider.ts';
import { paymentReference } from '../../shared/domain/payment/reference.ts';
import { terminalSecretName } from '../../shared/domain/registry/registry.ts';
import { payUrl, vnpay } from '../../shared/providers/vnpay/adapter.ts';
import { sign, signedText } from '../../shared/providers/vnpay/signature.ts';
import { postPayment } from '../../shared/usecases/post-payment.ts';
import { InboxMessage, receiveCallback } from '../../shared/usecases/receive-callback.ts';
import { anAttempt, NUMBER } from '../dsl/given.ts';
import { aWorld, invoiceOf, LAND } from '../dsl/world.ts';
import { MemoryRegistry } from '../fakes/memory-registry.ts';
import { MemorySecrets } from '../fakes/memory-secrets.ts';

/** Cases that other implementations of the protocol agree on. They stand beside the project. */
const FILE = path.resolve(import.meta.dirname, '../../../shared/domain/vectors/vnpay.json');

const Vectors = z.object({
  credentials: z.object({ tmnCode: z.string(), hashSecret: z.string() }),
  cases: z.array(z.looseObject({ id: z.string(), kind: z.string() })),
});
const PayCase = z.object({
  id: z.string(),
  fields_on_wire: z.record(z.string(), z.string()),
  string_to_sign: z.string(),
  secure_hash: z.string(),
  url: z.string(),
});
const CallbackCase = z.object({
  id: z.string(),
  order_in_store: z.object({ txn_ref: z.string(), amount_vnd: z.int(), state: z.enum(['PENDING', 'PAID']) }).nullable(),
  query_string: z.string(),
  expect: z.object({
    signature_valid: z.boolean(),
    paid: z.boolean().nullish(),
    ack: z.object({ RspCode: z.string(), Message: z.string() }),
    new_state: z.enum(['PENDING', 'PAID', 'FAILED']).optional(),
  }),
});

const vectors = existsSync(FILE) ? Vectors.parse(JSON.parse(readFileSync(FILE, 'utf8'))) : undefined;
const casesOf = <S extends z.ZodType>(kind: string, schema: S): z.infer<S>[] =>
  (vectors?.cases ?? []).filter((one) => one.kind === kind).map((one) => schema.parse(one));

const secret = vectors?.credentials.hashSecret ?? '';
const terminal = vectors?.credentials.tmnCode ?? '';
const provider = vnpay({ payUrl: '' });
const get = (rawQuery: string): RawCallback => ({ method: 'GET', rawQuery, headers: {}, body: new Uint8Array() });

describe.skipIf(!vectors)('the pay addresses of other implementations', () => {
  it.each(casesOf('pay_url', PayCase))('$id', ({ fields_on_wire, string_to_sign, secure_hash, url }) => {
    const { vnp_SecureHash: _, ...fields } = fields_on_wire;
    const read = new Map(Object.entries(fields));
    expect(signedText(read)).toBe(string_to_sign);
    expect(sign(signedText(read), secret)).toBe(secure_hash);
    const [base = ''] = url.split('?');
    expect(payUrl(base, read, secret)).toBe(url);
  });
});

/** A store in which the order of a case stands under a reference of ours. */
function worldOf(order: z.infer<typeof CallbackCase>['order_in_store']) {
  const world = aWorld();
  const account = {
    id: 'land-vnpay',
    providerId: 'vnpay',
    agencyCode: LAND,
    beneficiary: 'main',
    terminal,
    accountNumber: '1234567890',
    bankBin: '970415',
    active: true,
  };
  if (order) {
    const amount = dong(order.amount_vnd);
    const attempt = anAttempt('pending', { providerId: 'vnpay', merchantAccountId: account.id, terminal });
    world.invoices.place(
      invoiceOf(NUMBER, { total: amount, due: amount, expiresAt: world.now() + 1e9, attempts: [attempt] }),
    );
  }
  const registry = new MemoryRegistry({ accounts: [account] });
  const secrets = new MemorySecrets({ [terminalSecretName('vnpay', terminal)]: secret });
  return { ...world, registry, secrets };
}

/** The query with our reference in place of the order's; signed anew if it was genuine, bent as it was bent if not. */
function asOurs({
  query_string: raw,
  order_in_store: order,
  expect: { signature_valid: genuine },
}: z.infer<typeof CallbackCase>) {
  const swap = (text: string) => (order ? text.replaceAll(order.txn_ref, paymentReference(NUMBER, 1)) : text);
  if (!genuine || !order) return swap(raw);
  const pairs = swap(raw)
    .split('&')
    .filter((pair) => !pair.startsWith('vnp_SecureHash='));
  const fields = new Map(new URLSearchParams(pairs.join('&')));
  return `${pairs.join('&')}&vnp_SecureHash=${createHmac('sha512', secret).update(signedText(fields)).digest('hex')}`;
}

const states: Record<'PENDING' | 'PAID' | 'FAILED', [attempt: AttemptState, invoice: string]> = {
  PENDING: ['pending', 'open'],
  PAID: ['succeeded', 'paid'],
  FAILED: ['failed', 'open'],
};

describe.skipIf(!vectors)('the callbacks of other implementations', () => {
  const cases = casesOf('ipn', CallbackCase);

  it.each(cases)('$id is read as they read it, byte for byte', ({ query_string, expect: expected }) => {
    const read = () => provider.read(get(query_string), [secret], 0);
    if (!expected.signature_valid) {
      expect(read).toThrow(InvalidCallback);
      return;
    }
    const { outcome } = read();
    // Where they leave it open whether it pays, we may say so, or leave it to a person.
    if (typeof expected.paid === 'boolean') expect(outcome === 'paid').toBe(expected.paid);
  });

  it.each(cases)('$id is answered and entered as they expect (scenarios 7, 9, 10, 16)', async (one) => {
    const world = worldOf(one.order_in_store);
    const { invoices, inbox, now } = world;
    const call = async () => {
      const received = await receiveCallback(provider, get(asOurs(one)), world);
      for (const message of inbox.take()) await postPayment(InboxMessage.parse(message), { invoices, now });
      return received;
    };
    if (one.order_in_store?.state === 'PAID') await call();
    const { answer } = await call();
    expect(JSON.parse(answer.body)).toEqual(one.expect.ack);
    expect(answer.status).toBe(200);

    const item = world.invoices.at(NUMBER);
    const invoice = item?.kind === 'invoice' ? item.invoice : undefined;
    if (one.expect.new_state) {
      const [attempt, state] = states[one.expect.new_state];
      expect([invoice?.attempts[0]?.state, invoice?.state]).toEqual([attempt, state]);
    }
    if (!one.expect.signature_valid) expect(world.invoices.changes).toEqual([]);
  });
});
