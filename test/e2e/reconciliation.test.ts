import { afterAll, beforeAll, expect, it } from 'vitest';
import type { LocalStack } from '../../infra/local/stack.ts';
import {
  closeBookDay,
  decideExceptions,
  listExceptions,
  listStatements,
  workOnExceptions,
} from '../../shared/api/finance.ts';
import { listLedgerEntries } from '../../shared/api/ledger.ts';
import { putMerchantAccount } from '../../shared/api/registry.ts';
import { addDays } from '../../shared/domain/time.ts';
import { type SettlementRow, vnpayFile } from '../demo/settlement.ts';
import { eventually, removeTemporaryFolders, startTestStack } from '../stack.ts';
import { statementOf } from '../usecases/paper-statement.ts';
import { Caller } from './caller.ts';
import { AGENCY, tokenOf, vietnamDay, World } from './world.ts';

/** Finance staff and a bank account, on the running service: a statement, what differs, two persons, a closed day. */

let stack: LocalStack;
let world: World;
let checker: Caller;

beforeAll(async () => {
  stack = await startTestStack();
  world = await World.enter(stack);
  await world.operator.done(putMerchantAccount, {
    params: { id: 'vnpay-h29-12' },
    body: {
      providerId: 'vnpay',
      agencyCode: AGENCY,
      beneficiary: 'main',
      terminal: world.vnpay.terminal,
      accountNumber: ACCOUNT,
      bankBin: BANK_BIN,
      accountSince: '2026-01-01',
      active: true,
    },
  });
  checker = new Caller(stack.url, await tokenOf(stack, 'local-finance-checker'));
});
afterAll(async () => {
  await world?.leave();
  await stack?.stop();
  removeTemporaryFolders();
});

const BANK_BIN = '970436';
/** Of one merchant account alone, so that it is sure which one a correction is posted to. */
const ACCOUNT = '120010000077';
const book = `account:${BANK_BIN}:${ACCOUNT}`;

const upload = (businessDate: string, content: string, more: object = {}) =>
  world.upload({ kind: 'bank', bankBin: BANK_BIN, accounts: [ACCOUNT], businessDate, ...more }, content);

it('a statement is taken in, matched, settled by two persons, and its day closed', async () => {
  const today = vietnamDay(new Date());
  const [first, second] = [addDays(today, -30), addDays(today, -10)];
  const credit = { reference: 'FTNOBODY1', amount: 135_000, day: first, text: 'chuyen tien' };
  const statement = statementOf([credit], { day: first, account: ACCOUNT });
  expect(await upload(first, statement)).toMatchObject({
    state: 'RECONCILED',
    format: 'mt940',
    statements: [{ account: ACCOUNT, lines: 1, credit: '135000' }],
  });
  expect(await upload(first, statement, { fileName: 'again.sta' })).toMatchObject({
    state: 'REFUSED',
    errors: [{ code: 'content_reconciled' }],
  });
  const quiet = statementOf([], { day: second, account: ACCOUNT, opening: 1_135_000, sequence: '2/1' });
  expect(await upload(second, quiet)).toMatchObject({ state: 'RECONCILED' });

  const found = await eventually('the credit is missed in our books', async () => {
    const { data } = await world.finance.done(listExceptions, { query: { category: 'MISSING_AT_US' } });
    return data.find((one) => one.book === book);
  });
  expect(found).toMatchObject({ ours: null, theirs: 135_000, state: 'OPEN' });

  const exceptions = [
    { agencyCode: found.agencyCode, businessDate: found.businessDate, exceptionId: found.exceptionId },
  ];
  const proposal = { action: 'propose', resolution: { kind: 'write-off' }, reason: 'bank_error' };
  const proposed = await world.finance.done(workOnExceptions, { body: { exceptions, work: proposal } });
  expect(proposed.results).toMatchObject([{ exception: { state: 'PROPOSED' }, refused: null }]);
  const decision = { body: { exceptions, decision: 'approve' } };
  expect((await world.finance.done(decideExceptions, decision)).results).toMatchObject([{ refused: 'own_approval' }]);
  expect((await checker.done(decideExceptions, decision)).results).toMatchObject([{ exception: { state: 'POSTED' } }]);
  const { data: entries } = await world.finance.done(listLedgerEntries, { query: { from: today, to: today } });
  expect(entries.filter(({ reason }) => reason.kind === 'correction')).toMatchObject([{ amount: 135_000 }]);

  // Decided, it is a difference of the account's last run no more: matched anew without another file.
  const booked = () => world.bookDays(book, first, today);
  const days = await eventually('the account is matched anew', async () => {
    const all = await booked();
    return Object.keys(all[1]?.run?.totals.exceptions ?? { none: 0 }).length === 0 && all;
  });
  expect(days.map(({ day, state }) => [day, state])).toEqual([
    [first, 'OPEN'],
    [second, 'OPEN'],
  ]);
  await world.closeDay(book, first);
  const [closedFirst] = await booked();
  expect(closedFirst).toMatchObject({ day: first, state: 'CLOSED' });
  await checker.refused(closeBookDay, { body: { book, day: first, sha256: '0'.repeat(64) } }, 'day_changed');

  // Late for a closed day: it counts on the next one.
  const late = { ...credit, reference: 'FTLATE1', amount: 1_000 };
  const more = statementOf([late], { day: first, account: ACCOUNT, opening: 1_135_000, sequence: '1/2' });
  expect(await upload(first, more)).toMatchObject({ state: 'RECONCILED', statements: [{ late: 1 }] });
  const after = await booked();
  const later = [{ statementId: after[1]?.files[0]?.statementId, place: 1, countsOn: addDays(first, 1) }];
  expect(after[0]).toEqual({ ...closedFirst, later, decidedOn: addDays(first, 1) });
  expect(after[1]).toMatchObject({ day: addDays(first, 1), files: [{ days: [first], late: true }] });

  // A decision about it, made when every day up to here is closed, is known to the next one.
  const late1 = await eventually('the late credit is missed in our books', async () => {
    const { data } = await world.finance.done(listExceptions, { query: { category: 'MISSING_AT_US' } });
    return data.find((one) => one.book === book && one.theirs === 1_000);
  });
  for (const { day } of (await booked()).slice(1)) await world.closeDay(book, day);
  const closed = await booked();
  const place = {
    ...{ agencyCode: late1.agencyCode, businessDate: late1.businessDate, exceptionId: late1.exceptionId },
  };
  const whole = { exceptions: [place] };
  await world.finance.done(workOnExceptions, { body: { ...whole, work: proposal } });
  const decided = await checker.done(decideExceptions, { body: { ...whole, decision: 'approve' } });
  expect(decided.results).toMatchObject([{ exception: { state: 'POSTED' } }]);
  const third = addDays(second, 1);
  const last = statementOf([], { day: third, account: ACCOUNT, opening: 1_136_000, sequence: '3/1' });
  await upload(third, last);
  const now = await eventually('the next day is matched', async () => {
    const all = await booked();
    return all.at(-1)?.day === third && all.at(-1)?.run ? all : undefined;
  });
  // Closed days stay as they are, and tell which day knows what is decided since.
  expect(now.slice(0, -1)).toEqual(closed.map((one) => ({ ...one, decidedOn: third })));
  expect(now.at(-1)?.run?.totals).toMatchObject({ confirmed: { count: 1, amount: 1_000 }, exceptions: {} });

  const { data: log } = await world.finance.done(listStatements, { query: { month: today.slice(0, 7) } });
  expect(log.filter((file) => file.kind === 'bank').map(({ state }) => state)).toEqual([
    'RECONCILED',
    'RECONCILED',
    'RECONCILED',
    'REFUSED',
    'RECONCILED',
  ]);
});

it('a settlement file that comes for a closed day changes nothing of it: what is new is a difference of the next', async () => {
  const day = addDays(vietnamDay(new Date()), -30);
  const provider = 'provider:vnpay';
  const row = (transactionId: string): SettlementRow => ({
    ...{ transactionId, reference: '', dong: 77_000, terminal: world.vnpay.terminal, succeeded: true },
    paidAt: `${day.replaceAll('-', '')}100000`,
  });
  const file = { providerId: 'vnpay', businessDate: day };
  const { statementId } = await world.upload(file, vnpayFile([]));
  const days = () => world.bookDays(provider, day, addDays(day, 1));
  await world.closeDay(provider, day);
  const closed = await days();
  expect(closed).toMatchObject([{ day, state: 'CLOSED' }]);

  const late = await world.upload({ ...file, supersedes: statementId }, vnpayFile([row('VNLATE1')]));
  expect(late).toMatchObject({ state: 'RECONCILED', revision: 2, totals: { exceptions: 1 } });
  const after = await days();
  const later = [{ statementId: late.statementId, place: 1, countsOn: addDays(day, 1) }];
  expect(after[0]).toEqual({ ...closed[0], later, decidedOn: addDays(day, 1) });
  expect(after[1]).toMatchObject({ day: addDays(day, 1), state: 'OPEN', files: [{ days: [day] }] });
  const found = await eventually('the late line is missed in our books', async () => {
    const { data } = await world.finance.done(listExceptions, {
      query: { category: 'MISSING_AT_US', provider: 'vnpay' },
    });
    return data.find((one) => one.transactionId === 'VNLATE1');
  });
  expect(found).toMatchObject({ businessDate: addDays(day, 1), theirs: 77_000, ours: null });
});
