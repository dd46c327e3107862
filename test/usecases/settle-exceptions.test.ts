import { describe, expect, it } from 'vitest';
import { account } from '../../shared/domain/ledger/ledger.ts';
import { accountBook } from '../../shared/domain/reconciliation/book-day.ts';
import type { Exception, ExceptionDesk, ExceptionPlace } from '../../shared/domain/reconciliation/exception.ts';
import { suits } from '../../shared/domain/reconciliation/workflow.ts';
import { addDays } from '../../shared/domain/time.ts';
import { closeDay } from '../../shared/usecases/close-day.ts';
import { matchAccount } from '../../shared/usecases/match-account.ts';
import { settleExceptions, type Work } from '../../shared/usecases/settle-exceptions.ts';
import { DAY, LAND, NOON, POLICE } from '../domain/reconciliation/samples.ts';
import { ACCOUNT, BANK_BIN, callerFor, everyone, type FinanceWorld, financeWorld } from './finance-world.ts';
import { statementOf, transferOf } from './paper-statement.ts';

const BOOK = accountBook(BANK_BIN, ACCOUNT);
const maker = everyone;
const checker = { ...everyone, subject: 'clerk-8', clientId: 'finance-checker' };

const paid = (reference: string, more = {}) =>
  transferOf(reference, { paidAt: NOON, committedAt: NOON + 1000, accountingDate: DAY, ...more });
const line = (reference: string, amount: number, text = '') => ({ reference, amount, day: DAY, text });

/** One credit that is 500 dong too much, and its exception. */
async function tooMuch() {
  const world = financeWorld();
  world.closes('land-shared');
  await world.record(paid('FT1'));
  await world.takeIn(statementOf([line('FT1', 135_500)], { day: DAY }), 'key-00001');
  return { world, place: only(world) };
}

/** A credit that our books miss a week later, at an account that one merchant account alone is paid out to. */
async function nobodys(reference = 'XNOBODY') {
  const world = financeWorld();
  world.closes('land-shared');
  world.closes('police-main');
  world.closes('police-shared');
  const first = statementOf([line(reference, 135_000)], { day: DAY });
  await world.takeIn(reference ? first : first.replaceAll('//', ''), 'key-00001');
  const later = addDays(DAY, 7);
  world.clock.at += 7 * 86_400_000;
  const quiet = statementOf([], { day: later, opening: 1_135_000, sequence: '2/1' });
  await world.takeIn(quiet, 'key-00002', { businessDate: later });
  return { world, place: only(world) };
}

function only(world: FinanceWorld): ExceptionPlace {
  const open = world.work.contents().exceptions.filter(({ state }) => state === 'OPEN');
  expect(open).toHaveLength(1);
  return open[0] as Exception;
}

let keys = 0;
async function does(
  world: FinanceWorld,
  place: ExceptionPlace,
  work: Work,
  who = maker,
  key = `key-${1_000_000 + keys++}`,
) {
  const [settled] = await settleExceptions([place], work, who, key, world.dependencies);
  return settled?.kind === 'done' ? settled.exception : settled?.refusal.code;
}
const writeOff: Work = { action: 'propose', resolution: { kind: 'write-off' }, reason: 'bank_error' };
const undo: Work = { action: 'propose', resolution: { kind: 'undo' }, reason: 'decided_wrongly' };
const corrections = (world: FinanceWorld) => world.journal.entries().filter(({ kind }) => kind === 'correction');
const clearings = (world: FinanceWorld) =>
  corrections(world)
    .flatMap(({ lines }) => lines)
    .filter(({ account: name }) => name === account.clearing('land-main'))
    .reduce((sum, { side, amount }) => sum + (side === 'debit' ? amount : -amount), 0);

/** Proposed and approved; whoever approved died before the exception said that it was posted. */
async function diedInBetween() {
  const { world, place } = await tooMuch();
  await does(world, place, writeOff);
  const desk: ExceptionDesk = {
    at: (where) => world.work.at(where),
    change: async (before, after, notBy) => {
      if (after.state === 'POSTED') throw new Error('killed');
      return world.work.change(before, after, notBy);
    },
  };
  const dying = { ...world.dependencies, desk };
  await expect(settleExceptions([place], { action: 'approve' }, checker, 'lost-key-1', dying)).rejects.toThrow(
    'killed',
  );
  expect(await world.work.at(place)).toMatchObject({ state: 'APPROVED' });
  return { world, place };
}

describe('a difference', () => {
  it('is assigned, commented with evidence, proposed, approved by another person, and posted once', async () => {
    const { world, place } = await tooMuch();
    expect(await does(world, place, { action: 'assign', owner: 'clerk-9' })).toMatchObject({
      state: 'ASSIGNED',
      owner: 'clerk-9',
    });
    const comment: Work = { action: 'comment', text: 'Ngân hàng xác nhận', evidence: 'e'.repeat(64) };
    expect(await does(world, place, comment)).toMatchObject({
      comments: [{ by: 'clerk-7', evidence: 'e'.repeat(64) }],
    });
    expect(await does(world, place, writeOff)).toMatchObject({ state: 'PROPOSED' });
    expect(corrections(world)).toEqual([]);
    expect(await does(world, place, { action: 'approve' }, checker)).toMatchObject({ state: 'POSTED' });
    expect(corrections(world)).toMatchObject([
      {
        amount: 500,
        terminal: 'clerk-8',
        category: 'AMOUNT_OVER',
        lines: [
          { side: 'debit', account: account.clearing('land-main'), amount: 500 },
          { side: 'credit', account: account.unmatched(place.agencyCode), amount: 500 },
        ],
      },
    ]);
  });

  it('is never approved by whoever proposed it, and the try is written down (scenario 30)', async () => {
    const { world, place } = await tooMuch();
    await does(world, place, writeOff);
    const before = world.state();
    expect(await does(world, place, { action: 'approve' })).toBe('own_approval');
    expect(await does(world, place, { action: 'approve' }, { ...maker, clientId: 'another-program' })).toBe(
      'own_approval',
    );
    expect(world.state()).toEqual(before);
    expect(world.tried).toHaveLength(2);
  });

  it('is not approved by its proposer even where the read was stale: the write itself compares persons', async () => {
    const { world, place } = await tooMuch();
    const proposed = (await does(world, place, writeOff, checker)) as Exception;
    const after: Exception = { ...proposed, state: 'APPROVED', version: 9 };
    expect(await world.work.change(proposed, after, 'clerk-8')).toBe('refused');
  });

  it('is posted once when two approve at once, and the same call again changes nothing', async () => {
    const { world, place } = await tooMuch();
    await does(world, place, writeOff);
    const third = { ...everyone, subject: 'clerk-9' };
    await Promise.all([
      does(world, place, { action: 'approve' }, checker, 'same-key'),
      does(world, place, { action: 'approve' }, third),
    ]);
    await does(world, place, { action: 'approve' }, checker, 'same-key');
    expect(corrections(world)).toHaveLength(1);
  });

  it('of another body under the same key is refused', async () => {
    const { world, place } = await tooMuch();
    await does(world, place, { action: 'comment', text: 'a' }, maker, 'one-key-1');
    expect(await does(world, place, { action: 'comment', text: 'b' }, maker, 'one-key-1')).toBe(
      'idempotency_key_reused',
    );
  });

  it('that is rejected posts nothing, and may be proposed again', async () => {
    const { world, place } = await tooMuch();
    await does(world, place, writeOff);
    expect(await does(world, place, { action: 'reject' }, checker)).toMatchObject({ state: 'REJECTED' });
    expect(corrections(world)).toEqual([]);
    expect(await does(world, place, writeOff)).toMatchObject({ state: 'PROPOSED' });
  });

  it('once settled is undone by two persons: the posting is taken back, and it is a difference again', async () => {
    const { world, place } = await tooMuch();
    await does(world, place, writeOff);
    await does(world, place, { action: 'approve' }, checker);
    expect(await does(world, place, undo)).toMatchObject({ state: 'PROPOSED' });
    expect(await does(world, place, { action: 'approve' })).toBe('own_approval');
    expect(await does(world, place, { action: 'approve' }, checker)).toMatchObject({ state: 'OPEN' });
    const [first, second] = corrections(world);
    expect(second?.lines.map(({ side, account: name }) => `${side} ${name}`)).toEqual(
      first?.lines.map(({ side, account: name }) => `${side === 'debit' ? 'credit' : 'debit'} ${name}`),
    );
    expect(await world.dependencies.decisions.of(BOOK)).toEqual([]);
  });

  it('whose undoing is rejected stays posted as it was, and nothing more of it can be posted', async () => {
    const { world, place } = await tooMuch();
    await does(world, place, writeOff);
    const posted = (await does(world, place, { action: 'approve' }, checker)) as Exception;
    await does(world, place, undo);
    await does(world, place, { action: 'comment', text: 'Không đồng ý' }, checker);
    expect(await does(world, place, { action: 'reject' }, checker)).toMatchObject({
      state: 'POSTED',
      proposal: posted.proposal,
    });
    expect(await does(world, place, writeOff)).toBe('exception_state');
    expect(clearings(world)).toBe(500);
    await does(world, place, undo);
    expect(await does(world, place, { action: 'approve' }, checker)).toMatchObject({ state: 'OPEN' });
    expect(clearings(world)).toBe(0);
  });

  it('that is decided has its account matched anew at once, and again when it is undone', async () => {
    const { world, place } = await tooMuch();
    const differences = async () => (await world.days.find(BOOK, DAY))?.run?.totals.exceptions;
    await does(world, place, writeOff);
    expect(world.orders).toEqual([]);
    await does(world, place, { action: 'approve' }, checker);
    expect(world.orders).toEqual([{ rematch: BOOK, from: DAY }]);
    await world.rematch();
    expect(await differences()).toEqual({});
    await does(world, place, undo);
    await does(world, place, { action: 'approve' }, checker);
    await world.rematch();
    expect(await differences()).toEqual({ AMOUNT_OVER: { count: 1, amount: 135_500 } });
    expect(world.open()).toHaveLength(1);
  });

  it('has its account matched anew even if whoever approved died before it was asked for', async () => {
    const { world, place } = await tooMuch();
    await does(world, place, writeOff);
    const rematching = { send: () => Promise.reject(new Error('no queue')) };
    const dying = { ...world.dependencies, rematching };
    await expect(settleExceptions([place], { action: 'approve' }, checker, 'lost-key-2', dying)).rejects.toThrow();
    expect(await world.work.at(place)).toMatchObject({ state: 'APPROVED' });
    expect(await does(world, place, { action: 'approve' }, checker)).toMatchObject({ state: 'POSTED' });
    expect(world.orders).toHaveLength(1);
    expect(corrections(world)).toHaveLength(1);
  });

  it('that is undone and written off anew is posted once more, to the dong', async () => {
    const { world, place } = await tooMuch();
    for (const work of [writeOff, undo]) {
      await does(world, place, work);
      await does(world, place, { action: 'approve' }, checker);
    }
    await world.rematch();
    await does(world, place, writeOff);
    expect(await does(world, place, { action: 'approve' }, checker)).toMatchObject({ state: 'POSTED' });
    expect(corrections(world)).toHaveLength(3);
    expect(clearings(world)).toBe(500);
  });

  it.each([
    ['comment', { action: 'comment', text: 'a' } as Work, maker],
    ['rejection by its proposer', { action: 'reject' } as Work, maker],
    ['rejection by another', { action: 'reject' } as Work, checker],
    ['other proposal', writeOff, maker],
  ])('that was approved knows no %s', async (_, work, who) => {
    const { world, place } = await diedInBetween();
    const before = world.state();
    expect(await does(world, place, work, who)).toBe('exception_state');
    expect(world.state()).toEqual(before);
  });

  it.each([
    ['the same person under another key', checker],
    ['a third person', { ...everyone, subject: 'clerk-9' }],
  ])('that was approved is carried on by %s, and is posted once', async (_, who) => {
    const { world, place } = await diedInBetween();
    const [entry] = corrections(world);
    world.clock.at += 60_000;
    expect(await does(world, place, { action: 'approve' })).toBe('own_approval');
    expect(await does(world, place, { action: 'approve' }, who)).toMatchObject({
      state: 'POSTED',
      proposal: { decidedBy: 'clerk-8' },
    });
    expect(corrections(world)).toEqual([entry]);
    expect(await does(world, place, { action: 'approve' }, who)).toBe('exception_state');
  });

  it('is posted once where somebody approves again between the posting and its end', async () => {
    const { world, place } = await tooMuch();
    await does(world, place, writeOff);
    let isFirst = true;
    const third = { ...everyone, subject: 'clerk-9' };
    const append = async (entry: Parameters<typeof world.journal.append>[0]) => {
      const appended = await world.journal.append(entry);
      const there = (await world.work.at(place)) as Exception;
      if (isFirst) await world.work.change(there, { ...there, version: (there.version ?? 0) + 1 }, third.subject);
      isFirst = false;
      return appended;
    };
    const meanwhile = { ...world.dependencies, corrections: { append } };
    const approve = () => settleExceptions([place], { action: 'approve' }, checker, 'one-key-77', meanwhile);
    expect(await approve()).toMatchObject([{ exception: { state: 'POSTED' } }]);
    expect(await approve()).toMatchObject([{ exception: { state: 'POSTED' } }]);
    expect(corrections(world)).toHaveLength(1);
  });

  it.each([
    ['is matched with certainty', 'FT1'],
    ['has a match suggested', ''],
  ])('that %s by the last run is not posted', async (_, reference) => {
    const { world, place } = await nobodys(reference);
    expect(place).toMatchObject({ category: 'MISSING_AT_US', theirs: 135_000 });
    expect(await does(world, place, writeOff)).toMatchObject({ state: 'PROPOSED' });
    // The notice comes late, and the next run finds its credit.
    await world.record(paid('FT1'));
    await matchAccount(BOOK, DAY, world.dependencies);
    const before = world.state();
    expect(await does(world, place, { action: 'approve' }, checker)).toBe('resolution_unsuitable');
    expect(world.state()).toEqual(before);
    expect(corrections(world)).toEqual([]);
    expect(await does(world, place, { action: 'reject' }, checker)).toMatchObject({ state: 'REJECTED' });
  });

  it.each([
    ['under its own name', paid('XNOBODY'), 'resolution_unsuitable'],
    ['under another name, of the same amount', paid('FT2'), 'resolution_unsuitable'],
    ['of another name and amount', paid('FT2', { amount: 90_000 }), undefined],
  ])(
    'is not posted where money came after the last run %s, and the account is matched anew',
    async (_, entry, refused) => {
      const { world, place } = await nobodys();
      expect(await does(world, place, writeOff)).toMatchObject({ state: 'PROPOSED' });
      await world.record({ ...entry, committedAt: world.clock.at });
      world.clock.at += 60_000;
      const approved = await does(world, place, { action: 'approve' }, checker);
      expect(typeof approved === 'string' ? approved : undefined).toBe(refused);
      expect(corrections(world)).toHaveLength(refused ? 0 : 1);
      expect(world.orders).toEqual([{ rematch: BOOK, from: DAY }]);
    },
  );

  it.each([
    ['by the same call', 'lost-key-2'],
    ['by another one', 'other-key-2'],
  ])('that died before it was decided is proved again %s: its money may have come meanwhile', async (_, key) => {
    const { world, place } = await nobodys();
    await does(world, place, writeOff);
    const decisions = { of: async () => [], decide: () => Promise.reject(new Error('killed')) };
    const dying = { ...world.dependencies, decisions: { ...decisions, withdraw: async () => undefined } };
    await expect(settleExceptions([place], { action: 'approve' }, checker, 'lost-key-2', dying)).rejects.toThrow(
      'killed',
    );
    await world.record({ ...paid('XNOBODY'), committedAt: world.clock.at });
    world.clock.at += 60_000;
    expect(await does(world, place, { action: 'approve' }, checker, key)).toBe('resolution_unsuitable');
    expect(await world.work.at(place)).toMatchObject({ state: 'REJECTED' });
    expect(corrections(world)).toEqual([]);
    expect(await world.dependencies.decisions.of(BOOK)).toEqual([]);
  });

  it('whose items another decision has taken is not posted, and may be proposed again', async () => {
    const { world, place } = await tooMuch();
    const proposed = (await does(world, place, writeOff)) as Exception;
    const { ours, theirs } = proposed.items ?? { ours: [], theirs: [] };
    await world.dependencies.decisions.decide(BOOK, { decisionId: 'exc_other', kind: 'match', ours, theirs });
    expect(await does(world, place, { action: 'approve' }, checker)).toBe('resolution_unsuitable');
    expect(corrections(world)).toEqual([]);
    expect(await world.work.at(place)).toMatchObject({ state: 'REJECTED' });
  });

  const toAccount = (merchantAccountId: string): Work => ({
    ...{ action: 'propose', reason: 'bank_error' },
    resolution: { kind: 'write-off', merchantAccountId },
  });

  it('of two accounts is written off to the one whose money it is', async () => {
    const { world, place } = await tooMuch();
    world.alsoHas('land-other');
    expect(await world.work.at(place)).toMatchObject({ merchantAccountId: 'land-main' });
    expect(await does(world, place, toAccount('land-other'))).toBe('resolution_unsuitable');
    await does(world, place, writeOff);
    await does(world, place, { action: 'approve' }, checker);
    expect(clearings(world)).toBe(500);
  });

  it('of money that tells no account is written off to the one that the proposal names, and to no stranger', async () => {
    const { world, place } = await nobodys();
    world.alsoHas('land-other');
    expect(await does(world, place, writeOff)).toBe('resolution_unsuitable');
    expect(await does(world, place, toAccount('somebody-else'))).toBe('resolution_unsuitable');
    await does(world, place, toAccount('land-main'));
    await does(world, place, { action: 'approve' }, checker);
    expect(clearings(world)).toBe(135_000);
  });

  it('whose account is gone is written off to none, and nothing is written', async () => {
    const { world, place } = await tooMuch();
    await does(world, place, writeOff);
    world.closes('land-main');
    const before = world.state();
    expect(await does(world, place, { action: 'approve' }, checker)).toBe('resolution_unsuitable');
    expect(world.state()).toEqual(before);
  });

  it.each([
    ['posting', { source: 'posting' }],
    ['a settlement file', { book: undefined, items: undefined }],
    ['a statement as a whole', { category: 'BALANCE_BREAK', items: undefined }],
    ['money taken back', { category: 'REVERSED' }],
    ['a refund that nobody knows', { category: 'REFUND_UNMATCHED' }],
    ['a refund that is late', { category: 'REFUND_OVERDUE' }],
    ['a return by hand', { category: 'RETURN_BY_HAND' }],
    ['a sum that its items do not have', { theirs: 136_000 }],
  ])('of %s is not written off', async (_, facts) => {
    const { world, place } = await tooMuch();
    const there = (await world.work.at(place)) as Exception;
    const { book, items, ...rest } = { ...there, ...facts } as Exception;
    await world.work.change(there, { ...rest, ...(book && { book }), ...(items && { items }) });
    expect(await does(world, place, writeOff)).toBe('resolution_unsuitable');
  });

  it.each([
    ['approve', { action: 'approve' } as Work],
    ['reject', { action: 'reject' } as Work],
    ['undo', undo],
  ])('that is open knows no %s', async (_, work) => {
    const { world, place } = await tooMuch();
    expect(await does(world, place, work, checker)).toMatch(/exception_state/);
  });

  it('of another agency is not there', async () => {
    const { world, place } = await tooMuch();
    expect(await does(world, place, writeOff, callerFor([POLICE]))).toBe('not_found');
    expect(await does(world, place, writeOff, callerFor([LAND]))).toMatchObject({ state: 'PROPOSED' });
  });
});

describe('a match by hand', () => {
  async function ambiguous() {
    const world = financeWorld();
    await world.record(paid('FT1'), paid('FT2'));
    // The bank lost both references: two payments, two credits, all alike.
    const alike = statementOf([line('', 135_000), line('', 135_000)], { day: DAY }).replaceAll('//', '');
    await world.takeIn(alike, 'key-00001');
    return { world, place: only(world), exception: world.work.contents().exceptions[0] as Exception };
  }

  it('takes the items out of the next run, and each item once', async () => {
    const { world, place, exception } = await ambiguous();
    expect(exception).toMatchObject({ category: 'AMBIGUOUS', items: { ours: [expect.anything(), expect.anything()] } });
    const { ours, theirs } = exception.items ?? { ours: [], theirs: [] };
    await does(world, place, { action: 'propose', resolution: { kind: 'match', ours, theirs }, reason: 'same_money' });
    await does(world, place, { action: 'approve' }, checker);
    await matchAccount(BOOK, DAY, world.dependencies);
    expect(world.open()).toEqual([]);
    expect((await world.days.find(BOOK, DAY))?.run?.totals).toMatchObject({ confirmed: { count: 1, amount: 270_000 } });
    const other = { decisionId: 'exc_other', kind: 'match' as const, ours: ours.slice(0, 1), theirs: [] };
    expect(await world.dependencies.decisions.decide(BOOK, other)).toBe('taken');
    expect(corrections(world)).toEqual([]);
  });

  it.each([
    [99, true],
    [100, false],
  ])('of %i items is one decision: %s', (count, fits) => {
    const names = Array.from({ length: count }, (_, place) => `i${place}`);
    const match = { kind: 'match' as const, ours: names.slice(0, 50), theirs: names.slice(50) };
    const items = { ours: [], theirs: names };
    const exception = { book: BOOK, source: 'reconciliation', category: 'AMBIGUOUS', theirs: 1, ours: null, items };
    expect(suits(exception as unknown as Exception, match)).toBe(fits);
    expect(suits(exception as unknown as Exception, { kind: 'write-off' })).toBe(fits);
    expect(suits(exception as unknown as Exception, { ...match, ours: ['i60'] })).toBe(false);
  });

  it.each([
    [
      'are not equal to the dong',
      (e: Exception) => ({ ours: e.items?.ours ?? [], theirs: e.items?.theirs.slice(1) ?? [] }),
    ],
    ['are not open there', () => ({ ours: ['mov_bank_1_X@'], theirs: ['x'] })],
    [
      'come twice',
      (e: Exception) => ({ ours: [e.items?.ours[0] ?? '', e.items?.ours[0] ?? ''], theirs: e.items?.theirs ?? [] }),
    ],
  ])('of items that %s is refused', async (_, items) => {
    const { world, place, exception } = await ambiguous();
    const resolution = { kind: 'match' as const, ...items(exception) };
    expect(await does(world, place, { action: 'propose', resolution, reason: 'same_money' })).toBe(
      'resolution_unsuitable',
    );
  });
});

describe('several at once', () => {
  it('each stand for themselves', async () => {
    const world = financeWorld();
    world.closes('land-shared');
    await world.record(paid('FT1'), paid('FT2'));
    await world.takeIn(statementOf([line('FT1', 135_001), line('FT2', 134_000)], { day: DAY }), 'key-00001');
    const places = world.work.contents().exceptions;
    const all = await settleExceptions(
      [...places, { ...(places[0] as Exception), exceptionId: `exc_${'0'.repeat(24)}` }],
      writeOff,
      maker,
      'bulk-key-1',
      world.dependencies,
    );
    expect(all.map(({ kind }) => kind)).toEqual(['done', 'done', 'refused']);
    const again = await settleExceptions(places, { action: 'approve' }, checker, 'bulk-key-2', world.dependencies);
    expect(again.map((one) => one.kind === 'done' && one.exception.state)).toEqual(['POSTED', 'POSTED']);
  });
});

describe('closing a day', () => {
  const close = async (world: FinanceWorld, caller = maker, sha256?: string) =>
    closeDay(
      { book: BOOK, day: DAY, sha256: sha256 ?? (await world.days.find(BOOK, DAY))?.run?.sha256 ?? null },
      caller,
      world.dependencies,
    );

  it('freezes what was seen, and is the same when it comes again', async () => {
    const { world } = await tooMuch();
    const closed = await close(world);
    expect(closed).toMatchObject({ state: 'CLOSED', closedBy: 'clerk-7', decidedOn: null, later: [] });
    expect(await close(world)).toEqual(closed);
    const { decidedOn, later, ...lying } = closed;
    await expect(close(world, checker)).rejects.toMatchObject({ code: 'day_changed' });
    await matchAccount(BOOK, DAY, world.dependencies);
    expect(await world.days.find(BOOK, DAY)).toEqual(lying);
  });

  it('waits for the statement: the advice that came before it does not close a day, though it was matched', async () => {
    const { world } = await tooMuch();
    const before = addDays(DAY, -1);
    const frozen = (await world.days.find(BOOK, DAY))?.run;
    if (!frozen) throw new Error('the day was not matched');
    const enter = async (statementId: string, more: { advice?: true }) => {
      await world.days.enter(BOOK, before, { statementId, place: 1, days: [before], ...more });
      const revision = ((await world.days.find(BOOK, before))?.run?.revision ?? 0) + 1;
      const changes = (await world.days.find(BOOK, before))?.changes ?? 0;
      expect(await world.days.record(BOOK, before, { ...frozen, revision, changes })).toBe('recorded');
    };
    const close = () => closeDay({ book: BOOK, day: before, sha256: frozen.sha256 }, maker, world.dependencies);
    await enter(`stm_${'1'.repeat(24)}`, { advice: true });
    await expect(close()).rejects.toMatchObject({ code: 'day_changed' });
    await enter(`stm_${'2'.repeat(24)}`, {});
    expect(await close()).toMatchObject({ state: 'CLOSED' });
  });

  it('is refused for another hash, a day that is not over, and another’s account', async () => {
    const { world } = await tooMuch();
    await expect(close(world, maker, 'f'.repeat(64))).rejects.toMatchObject({ code: 'day_changed' });
    await expect(close(world, callerFor([LAND]))).rejects.toMatchObject({ code: 'not_found' });
    world.clock.at = NOON;
    await expect(close(world)).rejects.toMatchObject({ code: 'unprocessable' });
  });
});
