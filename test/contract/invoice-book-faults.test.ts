import { marshall } from '@aws-sdk/util-dynamodb';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  BatchGetCommand,
  BatchWriteCommand,
  ConditionalCheckFailedException,
  GetCommand,
  PutCommand,
  QueryCommand,
  UpdateCommand,
} from '../../shared/aws/dynamodb.ts';
import { InvoiceNumber } from '../../shared/domain/invoice/number.ts';
import { DossierStore } from '../../shared/store/dossier-store.ts';
import { DueDayStore } from '../../shared/store/due-days.ts';
import { invoiceItem, receiptItem } from '../../shared/store/invoice-item.ts';
import { InvoiceStore } from '../../shared/store/invoice-store.ts';
import { JournalStore } from '../../shared/store/journal-store.ts';
import { RegistryStore } from '../../shared/store/registry-store.ts';
import { anAttempt, NUMBER } from '../dsl/given.ts';
import { invoiceOf, LAND, NOW } from '../dsl/world.ts';
import { mockedTables, throttled } from '../fakes/mocked-tables.ts';
import { paidNotice, payable, postingOf, strayMovement } from './invoice-book.contract.ts';
import { anEntry } from './journal-appender.contract.ts';

/** Failures of the platform that an engine on one machine never shows. */

const { db, mock } = mockedTables();
const TABLE = 'T';
const invoices = new InvoiceStore(db, TABLE);
const dossiers = new DossierStore(db, TABLE);
const dueDays = new DueDayStore(db, TABLE);
const journal = new JournalStore(db, TABLE);
const registry = new RegistryStore(db, TABLE);

beforeEach(() => mock.reset());

const itemOf = (invoice: Parameters<typeof invoiceItem>[0]) => ({ ...invoiceItem(invoice) });
const marshalled = (item: object) => marshall(item, { removeUndefinedValues: true });
const refusedBy = (item?: object) =>
  new ConditionalCheckFailedException({
    message: 'The conditional request failed',
    $metadata: {},
    ...(item && { Item: marshalled(item) }),
  });

const numbers = [1, 2, 3].map((index) => InvoiceNumber.parse(`20000000000${index}`));

describe('throttling', () => {
  const claim = { agencyCode: LAND, dossierCode: 'D-1', procedureCode: '9.000001', number: NUMBER };
  const origin = { keyHash: 'k', bodyHash: 'b' };
  const posting = postingOf(payable(), paidNotice('T1'));
  const review = { category: 'UNREADABLE' as const, agencyCode: LAND, notice: paidNotice('T1') };
  const calls: Record<string, () => Promise<unknown>> = {
    find: () => invoices.find(NUMBER, { consistent: true }),
    findMany: () => invoices.findMany([NUMBER]),
    create: () => invoices.create(payable()),
    void: () => invoices.void(NUMBER),
    appendAttempt: () => invoices.appendAttempt(NUMBER, 0, anAttempt('pending')),
    move: () => invoices.move(NUMBER, 'open', 'cancelled'),
    post: () => invoices.post(posting),
    moveAttempt: () =>
      invoices.moveAttempt({ kind: 'moveAttempt', number: NUMBER, index: 0, from: 'pending', to: 'failed' }),
    keepPrepared: () => invoices.keepPrepared(NUMBER, 0, 'created', 'x'),
    keepReceipt: () => invoices.keepReceipt({ number: NUMBER, agencyCode: LAND, movement: strayMovement('T1') }),
    keepReview: () => invoices.keepReview('rev_1', review, NOW),
    ofAgencyDay: () => invoices.ofAgencyDay({ agencyCode: LAND, day: '2026-11-20', shard: 0, limit: 1 }),
    claim: () => dossiers.claim({ ...claim, additional: false }),
    takeOver: () => dossiers.takeOver({ ...claim, from: NUMBER }),
    numbersOf: () => dossiers.numbersOf(LAND, 'D-1'),
    remember: () => dueDays.remember({ expiresAt: NOW, number: NUMBER }),
    onDay: () => dueDays.onDay('2026-11-20'),
    forget: () => dueDays.forget('2026-11-20', [NUMBER]),
    append: () => journal.append(anEntry()),
    agency: () => registry.agency(LAND),
    putAgency: () => registry.putAgency({ code: LAND, name: { vi: 'a', en: 'a' }, active: true }, origin),
  };

  it.each(Object.entries(calls))('of %s is passed on, never swallowed (scenario 36)', async (_, call) => {
    mock.onAnyCommand().rejects(throttled());
    await expect(call()).rejects.toThrow('Rate exceeded');
  });

  it('while giving back a place is passed on', async () => {
    mock.on(GetCommand).resolves({ Item: { k: 'x', n: [NUMBER], 'p:9.000001': NUMBER } });
    mock.on(UpdateCommand).rejects(throttled());
    await expect(dossiers.release(claim)).rejects.toThrow('Rate exceeded');
  });
});

describe('a batch that is not read whole', () => {
  it('is asked again for the rest, and answered in the order asked', async () => {
    const [one, two, three] = numbers.map((number) => itemOf(invoiceOf(number)));
    const rest = (...left: (typeof one | undefined)[]) => ({ [TABLE]: { Keys: left.map((item) => ({ k: item?.k })) } });
    mock
      .on(BatchGetCommand)
      .resolvesOnce({ Responses: { [TABLE]: [two ?? {}] }, UnprocessedKeys: rest(one, three) })
      .resolvesOnce({ UnprocessedKeys: rest(one, three) })
      .resolvesOnce({ Responses: { [TABLE]: [three ?? {}] }, UnprocessedKeys: rest(one) })
      .resolvesOnce({ Responses: { [TABLE]: [one ?? {}] }, UnprocessedKeys: {} });
    expect((await invoices.findMany(numbers)).map(({ number }) => number)).toEqual(numbers);
    const asked = mock.commandCalls(BatchGetCommand).map((call) => call.args[0].input.RequestItems?.[TABLE]);
    expect(asked.map((request) => request?.Keys?.length)).toEqual([3, 2, 2, 1]);
    expect(asked.every((request) => request?.ConsistentRead)).toBe(true);
  });

  it('is given up loudly when nothing ever comes', async () => {
    mock.on(BatchGetCommand).resolves({ UnprocessedKeys: { [TABLE]: { Keys: [{ k: NUMBER }] } } });
    await expect(invoices.findMany([NUMBER])).rejects.toThrow('unprocessed');
  });

  it('asks for a number once, though it was named twice', async () => {
    mock.on(BatchGetCommand).resolves({ Responses: { [TABLE]: [itemOf(payable())] } });
    expect(await invoices.findMany([NUMBER, NUMBER])).toHaveLength(2);
    expect(mock.commandCalls(BatchGetCommand)[0]?.args[0].input.RequestItems?.[TABLE]?.Keys).toHaveLength(1);
  });
});

describe('a write whose answer was lost, and which the SDK repeated', () => {
  const posting = postingOf(payable(), paidNotice('T1'));

  it('is recognised as the own one when it posted (scenario 34)', async () => {
    const standing = payable({ state: 'paid', movements: { 'mov_bank-one_T1': posting.movement } });
    mock.on(UpdateCommand).rejects(refusedBy(itemOf(standing)));
    expect(await invoices.post(posting)).toEqual({ kind: 'alreadyPosted' });
  });

  it('is shown what stands there when it created', async () => {
    mock.on(PutCommand).rejects(refusedBy(itemOf(payable())));
    expect(await invoices.create(payable())).toEqual({ kind: 'exists', invoice: payable() });
  });

  it('is recognised when it kept a receipt, or appended to the journal', async () => {
    const movement = strayMovement('T1');
    mock.on(PutCommand).rejects(refusedBy(receiptItem(NUMBER, LAND, movement)));
    expect(await invoices.keepReceipt({ number: NUMBER, agencyCode: LAND, movement })).toEqual({ kind: 'alreadyKept' });
  });

  it('is recognised when it claimed a place', async () => {
    const claim = { agencyCode: LAND, dossierCode: 'D-1', procedureCode: '9.000001', number: NUMBER };
    mock.on(UpdateCommand).rejects(refusedBy({ k: 'x', n: [NUMBER], 'p:9.000001': NUMBER }));
    const again = { kind: 'claimed', again: [NUMBER] };
    expect(await dossiers.claim({ ...claim, additional: false })).toEqual(again);
    expect(await dossiers.claim({ ...claim, additional: true })).toEqual(again);
    expect(await dossiers.takeOver({ ...claim, from: InvoiceNumber.parse('200000000001') })).toBe(true);
  });
});

describe('an item that this service did not write', () => {
  it.each([
    ['another type', { k: NUMBER, y: 'surprise' }],
    ['nothing of an invoice', { k: NUMBER }],
    ['a state that nobody knows', { ...itemOf(payable()), st: 'settled' }],
    ['a movement that is none', { ...itemOf(payable()), mv: { 'bank-one_T1': { k: 'payment' } } }],
    ['an amount that is none', { ...itemOf(payable()), du: 0.5 }],
  ])('is refused: %s', async (_, item) => {
    mock.on(GetCommand).resolves({ Item: item });
    await expect(invoices.find(NUMBER, { consistent: true })).rejects.toThrow();
  });
});

describe('deadlines', () => {
  it('are read to the last page', async () => {
    mock.on(QueryCommand).resolves({ Items: [] });
    mock
      .on(QueryCommand, { ExpressionAttributeValues: { ':p': 'due#2026-11-20#0' } })
      .resolvesOnce({ Items: [{ s: numbers[0] }], LastEvaluatedKey: { p: 'x', s: 'y' } })
      .resolvesOnce({ Items: [{ s: numbers[1] }] });
    expect(await dueDays.onDay('2026-11-20')).toEqual([numbers[0], numbers[1]]);
  });

  it('that could not be forgotten at once are asked for again', async () => {
    const unprocessed = { [TABLE]: [{ DeleteRequest: { Key: { p: 'x', s: numbers[0] } } }] };
    mock.on(BatchWriteCommand).resolvesOnce({ UnprocessedItems: unprocessed }).resolvesOnce({});
    await dueDays.forget('2026-11-20', numbers);
    const sizes = mock.commandCalls(BatchWriteCommand).map((call) => call.args[0].input.RequestItems?.[TABLE]?.length);
    expect(sizes).toEqual([3, 1]);
  });
});
