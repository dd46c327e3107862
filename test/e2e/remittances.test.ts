import { SaxesParser } from 'saxes';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { LocalStack } from '../../infra/local/stack.ts';
import { listExceptions } from '../../shared/api/finance.ts';
import { listLedgerEntries } from '../../shared/api/ledger.ts';
import { putMerchantAccount } from '../../shared/api/registry.ts';
import {
  approveRemittance,
  confirmRemittance,
  exportRemittance,
  listRemittances,
  proposeRemittance,
  readDue,
  readOverdue,
  readRemittance,
  readRemittanceFiles,
} from '../../shared/api/remittances.ts';
import { addDays } from '../../shared/domain/time.ts';
import { vnpayFile } from '../demo/settlement.ts';
import { eventually, removeTemporaryFolders, startTestStack } from '../stack.ts';
import { statementOf } from '../usecases/paper-statement.ts';
import { Caller } from './caller.ts';
import { AGENCY, LICENCE, tokenOf, vietnamDay, World } from './world.ts';

/** Paying out on the running service: two payments, VNPAY's file, the bank's statements, two persons, and a kill -9. */

let stack: LocalStack;
let world: World;
let checker: Caller;

const BANK_BIN = '970436';
const ACCOUNT = '120010000088';
const account = { bankBin: BANK_BIN, account: ACCOUNT };
const book = `account:${BANK_BIN}:${ACCOUNT}`;

beforeAll(async () => {
  stack = await startTestStack();
  world = await World.enter(stack);
  await world.operator.done(putMerchantAccount, {
    params: { id: 'vnpay-h29-12' },
    body: {
      ...{ providerId: 'vnpay', agencyCode: AGENCY, beneficiary: 'main', terminal: world.vnpay.terminal },
      ...{ accountNumber: ACCOUNT, bankBin: BANK_BIN, accountSince: '2026-01-01', active: true },
      paidOnFrom: '2020-01-01',
    },
  });
  await world.paidOnToTreasury(AGENCY, BANK_BIN);
  checker = new Caller(stack.url, await tokenOf(stack, 'local-finance-checker'));
});
afterAll(async () => {
  await world?.leave();
  await stack?.stop();
  removeTemporaryFolders();
});

async function upload(announced: object, content: string): Promise<void> {
  const { state, errors } = await world.upload(announced, content);
  expect(state, JSON.stringify(errors)).toBe('RECONCILED');
}

const bank = (businessDate: string, content: string) =>
  upload({ kind: 'bank', bankBin: BANK_BIN, accounts: [ACCOUNT], businessDate }, content);

it('what came in is paid on to the treasury, once, whoever is killed meanwhile', async () => {
  const today = vietnamDay(new Date());
  const yesterday = addDays(today, -1);
  const amount = 2 * LICENCE.amount;
  const rows = [];
  for (let payments = 0; payments < 2; payments += 1) {
    const { invoiceId } = await world.invoice();
    const { transactionNo, reference, paidAt, query } = world.transact(await world.order(invoiceId));
    expect((await world.vnpay.notify(query)).RspCode).toBe('00');
    await world.untilHeard(invoiceId, 'payment.succeeded.v1', 'invoice.paid.v1');
    const { terminal } = world.vnpay;
    rows.push({ transactionId: transactionNo, reference, dong: LICENCE.amount, terminal, succeeded: true, paidAt });
  }
  // Paid close to midnight, by the provider's clock: its file has them on the day before.
  await upload({ providerId: 'vnpay', businessDate: yesterday }, vnpayFile(rows));
  const text = `VNPAY THANH TOAN ${yesterday.replaceAll('-', '')}`;
  await bank(
    yesterday,
    statementOf([{ reference: 'PO1', amount, day: yesterday, text }], { day: yesterday, account: ACCOUNT }),
  );
  expect(await world.finance.done(readDue, { query: account })).toMatchObject({
    orders: [],
    waiting: { why: 'day_open', book },
  });
  await world.closeDay(book, yesterday);
  expect(await world.finance.done(readDue, { query: account })).toMatchObject({
    orders: [],
    waiting: { book: 'provider:vnpay' },
  });
  await world.closeDay('provider:vnpay', yesterday);

  const due = await world.finance.done(readDue, { query: account });
  expect(due).toMatchObject({
    ...{ through: yesterday, received: amount, left: [], incomplete: [], waiting: null },
    orders: [{ amount, payee: { accountNumber: '7111', treasury: '0111' }, lines: [{ chapter: '426', amount }] }],
  });
  const body = { ...account, sha256: due.sha256 };
  const stale = await world.finance.call(proposeRemittance, { body: { ...account, sha256: '0'.repeat(64) } });
  expect(JSON.parse(stale.text)).toMatchObject({ status: 409, code: 'remittance_changed' });

  // Killed with the proposal in hand, and called again under its key.
  const dying = world.finance.call(proposeRemittance, { body, key: 'propose-once-1' }).catch(() => undefined);
  stack.killFunction('remittances-api');
  await dying;
  const proposed = await eventually('it is proposed', async () => {
    const answer = await world.finance.call(proposeRemittance, { body, key: 'propose-once-1' });
    return answer.status === 201 ? (JSON.parse(answer.text) as { remittanceId: string; sha256: string }) : undefined;
  });
  const { remittanceId, sha256 } = proposed;
  const params = { remittanceId };
  const { data: batches } = await world.finance.done(listRemittances, { query: account });
  expect(batches.map((one) => one.remittanceId)).toEqual([remittanceId]);
  await world.finance.refused(approveRemittance, { params, body: { sha256 } }, 'own_approval');
  const wrong = await checker.call(approveRemittance, { params, body: { sha256: '0'.repeat(64) } });
  expect(JSON.parse(wrong.text)).toMatchObject({ code: 'remittance_changed' });
  expect(await checker.done(approveRemittance, { params, body: { sha256 } })).toMatchObject({ state: 'approved' });
  expect(await world.finance.done(exportRemittance, { params })).toMatchObject({ state: 'exported', sent: amount });
  await world.portal.call(readRemittance, { params }).then(({ status }) => expect(status).toBe(403));

  const { files } = await world.finance.done(readRemittanceFiles, { params });
  const xml = await (await fetch(files?.pain001 ?? '')).text();
  new SaxesParser().write(xml).close();
  expect(xml).toContain(`<InstdAmt Ccy="VND">${amount}</InstdAmt>`);
  expect(await (await fetch(files?.csv ?? '')).text()).toContain(',7111,');
  const orderId = /<EndToEndId>(NTK\w+)</.exec(xml)?.[1] ?? '';

  const debit = { reference: 'OUT1', amount: -amount, day: today, text: `NOP NSNN ${orderId}` };
  await bank(
    today,
    statementOf([debit], { day: today, account: ACCOUNT, opening: 1_000_000 + amount, sequence: '2/1' }),
  );
  expect(await world.finance.done(confirmRemittance, { params })).toMatchObject({ state: 'exported' });
  await world.closeDay(book, today);
  // Nobody asks: the clock sees it, also where it is killed while it looks.
  const looking = stack.runSchedule('FollowRemittancesQuarterlySchedule').catch(() => undefined);
  stack.killFunction('follow-remittances');
  await looking;
  expect(await stack.runSchedule('FollowRemittancesQuarterlySchedule')).toMatchObject({ failed: 0 });
  expect(await world.finance.done(confirmRemittance, { params })).toMatchObject({ state: 'confirmed' });
  expect(await world.finance.done(readOverdue, { query: {} })).toMatchObject({ asOf: expect.any(String) });
  expect(await world.finance.done(readRemittance, { params })).toMatchObject({
    state: 'confirmed',
    orders: [{ orderId, state: 'paid', paid: { day: today } }],
  });
  const { data: entries } = await world.finance.done(listLedgerEntries, { query: { from: yesterday, to: today } });
  expect(entries.filter(({ reason }) => reason.kind === 'remittance')).toMatchObject([
    {
      amount,
      lines: [
        { side: 'debit', account: `payable:${AGENCY}:main`, amount },
        { side: 'credit', account: `remitted:${AGENCY}`, amount },
      ],
    },
  ]);
  const nothing = await world.finance.call(proposeRemittance, {
    body: { ...account, sha256: (await world.finance.done(readDue, { query: account })).sha256 },
  });
  expect(JSON.parse(nothing.text)).toMatchObject({ code: 'nothing_due' });
  const { data: open } = await world.finance.done(listExceptions, { query: { state: 'OPEN' } });
  expect(open.filter((one) => one.book === book)).toEqual([]);
  world.expectSilentLogs(stack);
});
