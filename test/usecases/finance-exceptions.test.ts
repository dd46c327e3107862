import { describe, expect, it } from 'vitest';
import { UNASSIGNED } from '../../shared/domain/ledger/ledger.ts';
import { dong } from '../../shared/domain/money/dong.ts';
import { InvalidCursor } from '../../shared/domain/paging.ts';
import type { Exception } from '../../shared/domain/reconciliation/exception.ts';
import type { Caller } from '../../shared/domain/registry/caller.ts';
import { cursorCodec } from '../../shared/runtime/cursor.ts';
import { type ListExceptions, listExceptions } from '../../shared/usecases/list-exceptions.ts';
import { DAY, LAND, POLICE } from '../domain/reconciliation/samples.ts';
import { callerFor, everyone, financeWorld } from './finance-world.ts';

const exceptionOf = (number: number, facts: Partial<Exception> = {}): Exception => ({
  exceptionId: `exc_${String(number).padStart(24, '0')}`,
  category: 'MISSING_AT_US',
  state: 'OPEN',
  source: 'reconciliation',
  agencyCode: LAND,
  providerId: 'sandbox-bank',
  transactionId: `T${number}`,
  businessDate: DAY,
  openedAt: 1,
  ours: null,
  theirs: dong(1000),
  ...facts,
});

async function worldWith(...exceptions: Exception[]) {
  const world = financeWorld();
  for (const exception of exceptions) await world.work.open(exception);
  const list = (query: Partial<ListExceptions> = {}, caller: Caller = everyone) =>
    listExceptions({ limit: 2, ...query }, caller, world.dependencies);
  /** All pages, as transaction ids. */
  const walk = async (query: Partial<ListExceptions> = {}, caller?: Caller): Promise<string[]> => {
    const found: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await list({ ...query, cursor }, caller);
      found.push(...page.exceptions.map((one) => one.transactionId));
      cursor = page.nextCursor ?? undefined;
    } while (cursor);
    return found;
  };
  return { ...world, list, walk };
}

const five = [1, 2, 3, 4, 5].map((number) => exceptionOf(number));
const mixed = [
  ...five,
  exceptionOf(6, { agencyCode: POLICE, category: 'AMOUNT_OVER' }),
  exceptionOf(7, { agencyCode: UNASSIGNED, state: 'POSTED', providerId: 'vnpay' }),
];

describe('listing exceptions', () => {
  it('walks all agencies page by page, each exception once', async () =>
    expect(await (await worldWith(...mixed)).walk()).toEqual(['T1', 'T2', 'T3', 'T4', 'T5', 'T6', 'T7']));

  it('begins with the oldest day', async () =>
    expect(await (await worldWith(exceptionOf(1), exceptionOf(2, { businessDate: '2026-10-01' }))).walk()).toEqual([
      'T2',
      'T1',
    ]));

  it('shows a caller its own agencies only', async () => {
    const { walk } = await worldWith(...mixed);
    expect(await walk({}, callerFor([POLICE]))).toEqual(['T6']);
    expect(await walk({}, callerFor(['H29.99']))).toEqual([]);
  });

  it('says not_found when asked for another’s agency, and shows money of nobody to who sees all', async () => {
    const { list, walk } = await worldWith(...mixed);
    for (const agencyCode of [LAND, UNASSIGNED, 'H29.99'])
      await expect(list({ agencyCode }, callerFor([POLICE]))).rejects.toThrow(
        expect.objectContaining({ code: 'not_found' }),
      );
    expect(await walk({ agencyCode: UNASSIGNED })).toEqual(['T7']);
  });

  it.each([
    [{ category: 'AMOUNT_OVER' }, ['T6']],
    [{ state: 'POSTED' }, ['T7']],
    [{ provider: 'vnpay' }, ['T7']],
    [{ agencyCode: POLICE }, ['T6']],
    [{ category: 'AMOUNT_OVER', provider: 'vnpay' }, []],
  ] as const)('filters by %j', async (query, expected) =>
    expect(await (await worldWith(...mixed)).walk(query)).toEqual(expected),
  );

  it('ends a page early rather than read without end for few', async () => {
    const many = Array.from({ length: 100 }, (_, number) => exceptionOf(number));
    const { list, walk } = await worldWith(...many, exceptionOf(100, { category: 'AMOUNT_OVER' }));
    const first = await list({ category: 'AMOUNT_OVER' });
    expect(first).toMatchObject({ exceptions: [], nextCursor: expect.any(String) });
    expect(await walk({ category: 'AMOUNT_OVER' })).toEqual(['T100']);
  });

  it('goes on where it was when exceptions are opened meanwhile', async () => {
    const { list, work } = await worldWith(...five);
    const first = await list();
    await work.open(exceptionOf(9, { businessDate: '2026-01-01' }));
    await work.open(exceptionOf(8));
    const second = await list({ cursor: first.nextCursor ?? '', limit: 9 });
    expect(second.exceptions.map((one) => one.transactionId)).toEqual(['T3', 'T4', 'T5', 'T8']);
  });

  it('forgets an agency that was taken away from the caller between two pages', async () => {
    const { list } = await worldWith(...mixed);
    const both = await list({}, callerFor([LAND, POLICE]));
    const rest = await list({ cursor: both.nextCursor ?? '', limit: 9 }, callerFor([POLICE]));
    expect(rest.exceptions.map((one) => one.transactionId)).toEqual(['T6']);
  });
});

describe('a cursor', () => {
  const cursorOf = async () => {
    const world = await worldWith(...mixed);
    const { nextCursor } = await world.list({ state: 'OPEN' });
    return { ...world, cursor: nextCursor ?? '' };
  };

  it('serves the question for which it was made', async () => {
    const { list, cursor } = await cursorOf();
    expect((await list({ state: 'OPEN', cursor })).exceptions).toHaveLength(2);
    expect((await list({ state: 'OPEN', cursor, limit: 1 })).exceptions).toHaveLength(1);
  });

  it.each([
    ['for another filter', { state: 'POSTED' }, everyone],
    ['for another agency', { state: 'OPEN', agencyCode: LAND }, everyone],
    ['by another client', { state: 'OPEN' }, callerFor('*', 'finance-checker')],
  ] as const)('is refused when used %s', async (_, query, caller) => {
    const { list, cursor } = await cursorOf();
    await expect(list({ ...query, cursor }, caller)).rejects.toThrow(InvalidCursor);
  });

  it('is refused with any one character changed, left out or added', async () => {
    const { list, cursor } = await cursorOf();
    const altered = [...cursor].flatMap((character, at) => [
      cursor.slice(0, at) + (character === 'A' ? 'B' : 'A') + cursor.slice(at + 1),
      cursor.slice(0, at) + cursor.slice(at + 1),
    ]);
    for (const one of [...altered, `${cursor}A`, `${cursor}=`, `${cursor} `, '', '.', 'null', '%00', '😀'])
      await expect(list({ state: 'OPEN', cursor: one }), one).rejects.toThrow(InvalidCursor);
  });

  it('has one spelling: bits that no byte uses are not free', () => {
    const codec = cursorCodec('a'.repeat(32));
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    for (const position of ['1', '12', '123']) {
      const cursor = codec.encode(position, 'me');
      const spellings = [...alphabet].map((character) => cursor.slice(0, -1) + character);
      const taken = spellings.filter((one) => {
        try {
          return codec.decode(one, 'me') !== undefined;
        } catch {
          return false;
        }
      });
      expect(taken).toEqual([cursor]);
    }
  });

  it('is refused when another key signed it', () => {
    const cursor = cursorCodec('a'.repeat(32)).encode('here', 'me');
    expect(cursorCodec('a'.repeat(32)).decode(cursor, 'me')).toBe('here');
    expect(() => cursorCodec('b'.repeat(32)).decode(cursor, 'me')).toThrow(InvalidCursor);
  });

  it('does not let position and binding flow into each other', () => {
    const codec = cursorCodec('a'.repeat(32));
    const cursor = codec.encode('bc', 'a');
    expect(() => codec.decode(cursor, 'ab')).toThrow(InvalidCursor);
  });

  it('needs a key that is long enough', () => expect(() => cursorCodec('short')).toThrow(RangeError));
});
