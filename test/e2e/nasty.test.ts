import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LocalStack } from '../../infra/local/stack.ts';
import { removeTemporaryFolders, startTestStack } from '../stack.ts';
import { Caller } from './caller.ts';
import { AGENCY, newDossier, PAYER, RETURN_URL, World } from './world.ts';

/** Every member of every body and every parameter, each replaced by what no caller should send: never a 5xx. */

let stack: LocalStack;
let world: World;
let nobody: Caller;

beforeAll(async () => {
  stack = await startTestStack();
  world = await World.enter(stack);
  nobody = new Caller(stack.url, undefined);
});
afterAll(async () => {
  await world?.leave();
  await stack?.stop();
  removeTemporaryFolders();
});

const nasty: readonly unknown[] = [
  null,
  -1,
  Number.MAX_SAFE_INTEGER,
  '',
  '\u0000',
  '\ud800',
  '３',
  '=1+1',
  '0000-01-01',
  '9999-12-31T23:59:59+07:00',
  'x'.repeat(5_000),
  [[]],
  { a: 1 },
];
const nastyTexts = nasty.filter((value) => typeof value === 'string' && value !== '\ud800') as string[];

type Place = readonly (string | number)[];
type Members = Record<string | number, unknown>;

/** Every place of a value, at any depth. */
function placesOf(value: unknown, above: Place = []): Place[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) => [[...above, name], ...placesOf(member, [...above, name])]);
}

/** A copy with another value at a place. */
function withValueAt(body: object, place: Place, value: unknown): object {
  const copy = structuredClone(body);
  let holder = copy as Members;
  for (const name of place.slice(0, -1)) holder = holder[name] as Members;
  holder[place.at(-1) ?? ''] = value;
  return copy;
}

const AT_ONCE = 8;

/** Sends all of them, some at once. Answers those that the service broke on. */
async function brokenBy(calls: readonly (() => Promise<{ what: string; status: number; text: string }>)[]) {
  const broken: string[] = [];
  for (let at = 0; at < calls.length; at += AT_ONCE)
    for (const { what, status, text } of await Promise.all(calls.slice(at, at + AT_ONCE).map((call) => call())))
      if (status >= 500) broken.push(`${status} ${what}: ${text}`.slice(0, 300));
  return broken;
}

describe('whatever stands in a body', () => {
  const money = { terminal: 'SANDBOX1', amount: 1_000, currency: 'VND' };
  const name = { vi: 'a', en: 'b' };

  it.each<[string, string, () => Caller, () => object | Promise<object>]>([
    [
      'POST',
      '/v1/quotes',
      () => world.portal,
      () => ({
        procedureCode: '3.000347',
        agencyCode: AGENCY,
        dossierCode: 'abc',
        channel: 'online',
        submittedAt: '2026-11-22T09:00:00+07:00',
        facts: { quantity: 1, items: [{ feeItem: '3.000347-01', quantity: 1 }] },
      }),
    ],
    [
      'POST',
      '/v1/invoices',
      () => world.portal,
      async () => ({
        quote: await world.quote(),
        agencyCode: AGENCY,
        dossierCode: newDossier(),
        payer: { ...PAYER, taxCode: '0123456787' },
        additional: true,
        metadata: { a: 'b' },
      }),
    ],
    ['POST', '/v1/invoices', () => world.portal, async () => ({ dueAt: 'x', replaces: 'inv_100000000000' })],
    [
      'POST',
      '/v1/invoices/{invoiceId}/payments',
      () => world.portal,
      () => ({ providerId: 'vnpay', returnUrl: RETURN_URL, language: 'vi', payerIp: '203.0.113.7' }),
    ],
    [
      'POST',
      '/v1/statements',
      () => world.finance,
      () => ({ providerId: 'vnpay', businessDate: '2026-11-21', fileName: 'a', sha256: '0'.repeat(64) }),
    ],
    ['PUT', '/v1/agencies/H90.01', () => world.operator, () => ({ name, active: true })],
    [
      'PUT',
      '/v1/clients/some-client',
      () => world.operator,
      () => ({ kind: 'portal', name, agencies: [AGENCY], returnHosts: ['a.example'], active: true }),
    ],
    [
      'PUT',
      '/v1/merchant-accounts/some-account',
      () => world.operator,
      () => ({
        providerId: 'vnpay',
        agencyCode: AGENCY,
        beneficiary: 'some',
        terminal: 'SOMETERM',
        accountNumber: '123456',
        bankBin: '970436',
        active: true,
        secret: '12345678',
      }),
    ],
    [
      'PUT',
      `/v1/agencies/${AGENCY}/webhook`,
      () => world.agency,
      () => ({ url: 'http://127.0.0.1:9/', events: ['invoice.paid.v1'] }),
    ],
    [
      'POST',
      '/sandbox-bank/decide',
      () => nobody,
      () => ({ ...money, ref: '111111111111111', outcome: 'silent', copies: 1, returnUrl: RETURN_URL, language: 'vi' }),
    ],
    [
      'POST',
      '/callbacks/sandbox-bank',
      () => nobody,
      () => ({ ...money, txnId: 'x', orderRef: '1', result: 'OK', paidAt: '2026-11-22T09:00:00+07:00' }),
    ],
  ])('%s %s does not break', async (method, route, caller, make) => {
    const body = await make();
    const { invoiceId } = await world.invoice();
    const calls = placesOf(body).flatMap((place) =>
      nasty.map((value) => async () => {
        const text = JSON.stringify(withValueAt(body, place, value));
        const headers = { 'content-type': 'application/json', 'idempotency-key': randomUUID() };
        const path = route.replace('{invoiceId}', invoiceId);
        return { ...(await caller().send(method, path, { body: text, headers })), what: `${method} ${path} ${text}` };
      }),
    );
    expect(await brokenBy(calls)).toEqual([]);
  });
});

describe('whatever stands in a query or a path', () => {
  it.each<[string, string, () => Caller, readonly string[]]>([
    ['/v1/invoices', '', () => world.portal, ['dossierCode', 'agencyCode', 'state', 'from', 'to', 'cursor', 'limit']],
    ['/v1/invoices', `agencyCode=${AGENCY}&`, () => world.portal, ['from', 'to']],
    ['/v1/procedures', '', () => world.portal, ['search', 'at', 'cursor', 'limit']],
    ['/v1/exceptions', '', () => world.finance, ['category', 'state', 'agencyCode', 'provider', 'cursor', 'limit']],
    ['/v1/reports/daily', '', () => world.finance, ['date']],
    ['/v1/reports/daily', 'date=2026-11-22&', () => world.finance, ['agency', 'agencyCode', 'provider', 'format']],
    ['/sandbox-bank', '', () => nobody, ['terminal', 'ref', 'amount', 'returnUrl', 'language', 'expiresAt']],
    ['/callbacks/vnpay', '', () => nobody, ['vnp_TmnCode', 'vnp_Amount', 'vnp_SecureHash']],
  ])('%s?%s… does not break', async (path, before, caller, parameters) => {
    const calls = parameters.flatMap((parameter) =>
      [...nastyTexts.map(encodeURIComponent), '2026-11-22', '9999-12-31', '%ed%a0%80', '%', '1', '['].map(
        (text) => async () => {
          const asked = `${path}?${before}${parameter}=${text}`;
          return { ...(await caller().send('GET', asked)), what: asked };
        },
      ),
    );
    expect(await brokenBy(calls)).toEqual([]);
  });

  it('paths do not break', async () => {
    const calls = [
      ['/v1/invoices', world.portal],
      ['/v1/payments', world.portal],
      ['/v1/procedures', world.portal],
      ['/v1/statements', world.finance],
      ['/v1/agencies', world.operator],
      ['/v1/clients', world.operator],
      ['/v1/merchant-accounts', world.operator],
      ['/problems', nobody],
      ['/callbacks', nobody],
    ] as const;
    const asked = calls.flatMap(([path, caller]) =>
      [...nastyTexts, 'constructor', '..'].map((text) => async () => {
        const whole = `${path}/${encodeURIComponent(text)}`;
        return { ...(await caller.send('GET', whole)), what: whole };
      }),
    );
    expect(await brokenBy(asked)).toEqual([]);
  });
});
