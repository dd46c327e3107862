import { DeleteCommand, PutCommand, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { LocalStack } from '../../infra/local/stack.ts';
import { recordCounterPayment } from '../../shared/api/counter.ts';
import { listExceptions } from '../../shared/api/finance.ts';
import { listLedgerEntries } from '../../shared/api/ledger.ts';
import { startPayment } from '../../shared/api/portal.ts';
import {
  approveRefund,
  approveReturn,
  createRefund,
  getRefund,
  makeReturnOrders,
  reportReturn,
} from '../../shared/api/refunds.ts';
import { putMerchantAccount } from '../../shared/api/registry.ts';
import {
  approveRemittance,
  confirmRemittance,
  exportRemittance,
  proposeRemittance,
  readDue,
  readRemittance,
  readRemittanceFiles,
} from '../../shared/api/remittances.ts';
import { addDays, type Day, startOfDay } from '../../shared/domain/time.ts';
import { ACCOUNT as TRANSFERRED_TO, VIETQR_SECRET } from '../providers/parties/bank-transfer.ts';
import { eventually, removeTemporaryFolders, startTestStack } from '../stack.ts';
import { type PaperLine, statementOf } from '../usecases/paper-statement.ts';
import { Caller } from './caller.ts';
import { Inside } from './inside.ts';
import { AGENCY, LICENCE, newDossier, RETURN_URL, tokenOf, vietnamDay, World } from './world.ts';

/**
 * What a bank shows days after it is in our books: a return by hand, and the cash of a desk. No run may count on what is
 * younger than an hour, or on cash of a day that is not over: their entries are laid back in the journal, past the service.
 */

const { amount } = LICENCE;
const BANK_BIN = '970436';
const DEPOSITED_AT = '120010000099';
const API_KEY = 'fake-sepay-api-key';
const HALF_A_DAY = 12 * 3_600_000;
const today = () => vietnamDay(new Date());

let stack: LocalStack;
let world: World;
let inside: Inside;
let lan: Caller;
let minh: Caller;
let checker: Caller;

beforeAll(async () => {
  const merchants = new Map([
    ['vietqr', { terminal: TRANSFERRED_TO, secret: VIETQR_SECRET }],
    ['sepay', { terminal: TRANSFERRED_TO, secret: JSON.stringify({ apiKey: API_KEY }) }],
    ['vnpay', { terminal: 'THUPHI01', secret: 'A'.repeat(32) }],
  ]);
  stack = await startTestStack(undefined, undefined, merchants, { LedgerBegins: addDays(today(), -40) });
  world = await World.enter(stack);
  inside = new Inside(stack);
  const signedIn = async (id: string) => new Caller(stack.url, await tokenOf(stack, id));
  [lan, minh, checker] = [
    await signedIn('local-clerk-one'),
    await signedIn('local-clerk-two'),
    await signedIn('local-finance-checker'),
  ];
  for (const [providerId, terminal, accountNumber] of [
    ['vietqr', TRANSFERRED_TO, TRANSFERRED_TO],
    ['vnpay', world.vnpay.terminal, DEPOSITED_AT],
  ] as const)
    await world.operator.done(putMerchantAccount, {
      params: { id: `${providerId}-h29-12` },
      body: {
        ...{ providerId, agencyCode: AGENCY, beneficiary: 'main', terminal, accountNumber, bankBin: BANK_BIN },
        ...{ accountSince: '2026-01-01', paidOnFrom: '2020-01-01', active: true },
      },
    });
  await world.paidOnToTreasury(AGENCY, BANK_BIN);
  await world.changeAgency(AGENCY, {
    deskAccounts: [{ from: '2026-01-01', bankBin: BANK_BIN, accountNumber: DEPOSITED_AT }],
  });
});
afterAll(async () => {
  inside?.close();
  await world?.leave();
  await stack?.stop();
  removeTemporaryFolders();
});

/** Takes in a statement of one day, that goes on from `opening`. */
async function stated(account: string, day: Day, opening: number, lines: readonly PaperLine[]): Promise<void> {
  const announced = { kind: 'bank', bankBin: BANK_BIN, accounts: [account], businessDate: day };
  const sequence = `${day.slice(5).replace('-', '')}/1`;
  const { state, errors } = await world.upload(announced, statementOf(lines, { day, account, opening, sequence }));
  expect(state, JSON.stringify(errors)).toBe('RECONCILED');
}

const totalsOf = (book: string, day: Day) => world.bookDays(book, day).then(([there]) => there?.run?.totals);

type Row = { p: string; s: string; i?: string };

/** Lays the entries of a kind of an invoice back in the journal, to the noon of a day. Waits until there are so many of them. */
async function laidBack(invoiceId: string, kind: 'payment' | 'surplus' | 'refund', day: Day): Promise<void> {
  const TableName = inside.table('JournalTable');
  const found = await eventually(`${kind} of ${invoiceId} is in the journal`, async () => {
    const { Items = [] } = await inside.db.send(new ScanCommand({ TableName, ConsistentRead: true }));
    return Items.find((item) => item['i'] === invoiceId.slice('inv_'.length) && item['k'] === kind) as Row | undefined;
  });
  const noon = startOfDay(day) + HALF_A_DAY;
  const [agencyCode, , shard] = found.p.split('#');
  const [, movementId] = found.s.split('#');
  const laid = { ...found, p: `${agencyCode}#${day}#${shard}`, s: `${noon}#${movementId}`, pa: noon, ad: day };
  await inside.db.send(new PutCommand({ TableName, Item: laid }));
  await inside.db.send(new DeleteCommand({ TableName, Key: { p: found.p, s: found.s } }));
}

it('a return by hand is missed at the bank once its time is over, and matched when its debit comes', async () => {
  const [paidOn, returnedOn, missedOn, debitedOn] = [-22, -21, -7, -6].map((days) => addDays(today(), days)) as [
    Day,
    Day,
    Day,
    Day,
  ];
  const book = `account:${BANK_BIN}:${TRANSFERRED_TO}`;
  const { invoiceId } = await world.invoice(newDossier());
  const body = { providerId: 'vietqr', returnUrl: RETURN_URL };
  const { next } = await world.portal.done(startPayment, { params: { invoiceId }, body });
  const [code = ''] = /TP[0-9]{15}/.exec(next.kind === 'qr' ? next.payload : '') ?? [];
  const credits = ['FTDAYS000001', 'FTDAYS000002'];
  for (const [place, referenceCode] of credits.entries()) {
    const told = await fetch(`${stack.url}/callbacks/sepay`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Apikey ${API_KEY}` },
      body: JSON.stringify({
        ...{ id: 92_704 + place, transactionDate: `${paidOn} 10:00:00`, accountNumber: TRANSFERRED_TO },
        ...{ content: `MBVCB.1.${code}.CT tu 0123`, transferType: 'in', transferAmount: amount, referenceCode },
      }),
    });
    expect(told.status).toBe(200);
    await world.untilState(invoiceId, 'paid');
  }
  const surplus = await eventually('the surplus is told', () =>
    world.receiver.eventsTo('agency').find(({ subject, type }) => subject === invoiceId && type === 'money.surplus.v1'),
  );

  const account = { bankBin: BANK_BIN, number: '0123456789', name: 'NGUYEN VAN MAU' };
  const decision = { number: '125/QĐ-SDV', date: '2026-11-20' };
  const asked = { reason: 'DUPLICATE_PAYMENT', decision, account, movementId: surplus.data['movementId'] };
  const { refundId } = await lan.done(createRefund, { params: { invoiceId }, body: asked });
  const params = { refundId };
  await minh.done(approveRefund, { params, body: {} });
  await eventually('it is left to persons', async () => {
    const { state, byHand } = await lan.done(getRefund, { params });
    return state === 'manual' && byHand === 'PROVIDER_CANNOT';
  });
  const order = await eventually('its order is made out', async () => {
    const { data } = await minh.done(makeReturnOrders, { body: {} });
    return data.find((one) => one.refundId === refundId);
  });
  expect(order).toMatchObject({ amount: { amount }, payer: { bankBin: BANK_BIN, number: TRANSFERRED_TO } });
  const report = { outcome: 'transferred', document: { number: 'UNC-0012', date: returnedOn } };
  await lan.done(reportReturn, { params, body: report });
  await lan.refused(approveReturn, { params }, 'own_approval');
  expect(await minh.done(approveReturn, { params })).toMatchObject({ state: 'done', invoiceState: 'paid' });
  await laidBack(invoiceId, 'payment', paidOn);
  await laidBack(invoiceId, 'surplus', paidOn);
  await laidBack(invoiceId, 'refund', returnedOn);

  const came = credits.map((reference) => ({ reference, amount, day: paidOn, text: code }));
  await stated(TRANSFERRED_TO, paidOn, 1_000_000, came);
  await eventually('both credits are matched', async () => (await totalsOf(book, paidOn))?.confirmed.count === 2);
  await stated(TRANSFERRED_TO, returnedOn, 1_000_000 + 2 * amount, []);
  await eventually(
    'the return is waited for',
    async () => (await totalsOf(book, returnedOn))?.waiting.ours.count === 1,
  );
  await stated(TRANSFERRED_TO, missedOn, 1_000_000 + 2 * amount, []);
  const ofTheReturn = async () => {
    const { data } = await world.finance.done(listExceptions, { query: { limit: '100' } });
    return data.filter((one) => one.book === book);
  };
  const missed = await eventually('the return is missed at the bank', async () =>
    (await ofTheReturn()).find(({ category }) => category === 'REFUND_UNMATCHED'),
  );
  expect(missed).toMatchObject({ state: 'OPEN', direction: 'out', invoiceId, ours: amount, theirs: null });

  const debit = { reference: 'OUTDAYS1', amount: -amount, day: debitedOn, text: `CK DI ${order.content} GD 998877` };
  await stated(TRANSFERRED_TO, debitedOn, 1_000_000 + 2 * amount, [debit]);
  await eventually('the debit is matched', async () => (await totalsOf(book, debitedOn))?.confirmed.count === 1);
  expect(await totalsOf(book, debitedOn)).toMatchObject({ confirmed: { amount: -amount }, exceptions: {} });
  await eventually('nothing of it is open', async () => (await ofTheReturn()).every(({ state }) => state !== 'OPEN'));
  const query = { from: returnedOn, to: returnedOn, kind: 'refund' };
  const { data: entries } = await world.finance.done(listLedgerEntries, { query });
  expect(entries).toMatchObject([{ amount }]);
});

it('cash of the desk is seen at the bank and paid on', async () => {
  const [takenOn, depositedOn, paidOnOn] = [addDays(today(), -3), addDays(today(), -2), today()];
  const book = `account:${BANK_BIN}:${DEPOSITED_AT}`;
  const account = { bankBin: BANK_BIN, account: DEPOSITED_AT };
  const { invoiceId } = await world.invoice();
  const slip = { amount, method: 'cash', receipt: { symbol: '01AA/26P', number: '0000001' }, desk: 'quay-01' };
  await lan.done(recordCounterPayment, { params: { invoiceId }, body: slip });
  await world.untilHeard(invoiceId, 'invoice.paid.v1');
  await laidBack(invoiceId, 'payment', takenOn);

  const [year, month, day] = takenOn.split('-');
  const text = `NOP TIEN QUAY ${AGENCY} ${day}${month}${year}`;
  await stated(DEPOSITED_AT, depositedOn, 1_000_000, [{ reference: 'DEP1', amount, day: depositedOn, text }]);
  await eventually('the deposit is matched', async () => (await totalsOf(book, depositedOn))?.confirmed.count === 1);
  expect(await world.finance.done(readDue, { query: account })).toMatchObject({
    orders: [],
    waiting: { why: 'day_open', book },
  });
  await world.closeDay(book, depositedOn);
  const due = await world.finance.done(readDue, { query: account });
  expect(due).toMatchObject({
    ...{ through: depositedOn, received: amount, left: [], uncovered: 0, waiting: null },
    orders: [{ amount, payee: { accountNumber: '7111', treasury: '0111' } }],
  });

  const { remittanceId, sha256 } = await world.finance.done(proposeRemittance, {
    body: { ...account, sha256: due.sha256 },
  });
  const params = { remittanceId };
  await world.finance.refused(approveRemittance, { params, body: { sha256 } }, 'own_approval');
  expect(await checker.done(approveRemittance, { params, body: { sha256 } })).toMatchObject({ state: 'approved' });
  expect(await world.finance.done(exportRemittance, { params })).toMatchObject({ state: 'exported', sent: amount });
  const { files } = await world.finance.done(readRemittanceFiles, { params });
  const [, orderId = ''] = /<EndToEndId>(NTK\w+)</.exec(await (await fetch(files?.pain001 ?? '')).text()) ?? [];

  const debit = { reference: 'OUT1', amount: -amount, day: paidOnOn, text: `NOP NSNN ${orderId}` };
  await stated(DEPOSITED_AT, paidOnOn, 1_000_000 + amount, [debit]);
  await world.closeDay(book, paidOnOn);
  expect(await world.finance.done(confirmRemittance, { params })).toMatchObject({ state: 'confirmed' });
  expect(await world.finance.done(readRemittance, { params })).toMatchObject({
    orders: [{ orderId, state: 'paid', paid: { day: paidOnOn } }],
  });
  const { data: open } = await world.finance.done(listExceptions, { query: { state: 'OPEN', limit: '100' } });
  expect(open.filter((one) => one.book === book)).toEqual([]);
});
