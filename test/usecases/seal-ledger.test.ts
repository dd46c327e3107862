import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HOUR_MILLISECONDS, type LyingEntry, QUIET_MILLISECONDS } from '../../shared/domain/ledger/seal.ts';
import { sealLateEntries, sealLedger } from '../../shared/usecases/seal-ledger.ts';
import { verifyLedger } from '../../shared/usecases/verify-ledger.ts';
import { crashAt, everyCall } from '../dsl/invoicing.ts';
import { MemoryJournalScanner, MemorySeals } from '../fakes/memory-seals.ts';

const FIRST = Date.parse('2026-11-22T09:10:00+07:00');
const HOUR = HOUR_MILLISECONDS;
const AGENCIES = ['H29.12', 'H29.13'];

const entry = (at: number, id: string, agency = 'H29.12', amount = 50_000): LyingEntry => ({
  p: `${agency}#2026-11-22#0`,
  s: `${at}#mov_${id}`,
  k: 'payment',
  a: amount,
  l: [['D', 'clearing:vnpay', amount]],
});

function aLedger() {
  const journal = new MemoryJournalScanner();
  const seals = new MemorySeals();
  const clock = { now: FIRST };
  const registry = { agencyCodes: async () => AGENCIES };
  const dependencies = { journal, seals, registry, first: FIRST, now: () => clock.now };
  const ledger = {
    journal,
    seals,
    clock,
    dependencies,
    seal: () => sealLedger(dependencies),
    late: () => sealLateEntries(dependencies),
    prove: (how = {}) => verifyLedger(dependencies, how),
    /** Three hours with entries of two agencies, all sealed. */
    async sealed() {
      for (const [place, hour] of [0, 0, 1, 2].entries())
        for (const agency of AGENCIES)
          journal.put(entry(FIRST + hour * HOUR + place, `${hour}-${place}`, agency, 1000 + place));
      clock.now = FIRST + 3 * HOUR + QUIET_MILLISECONDS + HOUR;
      await ledger.seal();
      return ledger;
    },
  };
  return ledger;
}

describe('sealing the ledger', () => {
  it('waits until an hour is quiet', async () => {
    const ledger = aLedger();
    ledger.journal.put(entry(FIRST, 'a'));
    const hourEnds = FIRST - (FIRST % HOUR) + HOUR;
    ledger.clock.now = hourEnds + QUIET_MILLISECONDS - 1;
    expect(await ledger.seal()).toEqual({ segments: 0, entries: 0 });
    ledger.clock.now = hourEnds + QUIET_MILLISECONDS;
    expect(await ledger.seal()).toEqual({ segments: 1, entries: 1 });
  });

  it('seals each hour once, also where nothing happened, and proves it', async () => {
    const ledger = await aLedger().sealed();
    expect(await ledger.seal()).toEqual({ segments: 0, entries: 0 });
    const proof = await ledger.prove();
    expect(proof).toMatchObject({ segments: 4, entries: 8, supplements: 0 });
    expect(proof.breach).toBeUndefined();
    expect(proof.root).toBe(ledger.seals.remembered?.root);
  });

  it('seals late entries as a supplement, and nothing twice', async () => {
    const ledger = await aLedger().sealed();
    ledger.journal.put(entry(FIRST + 5, 'late'));
    expect((await ledger.prove()).breach).toMatchObject({
      kind: 'entry_unsealed',
      key: { s: `${FIRST + 5}#mov_late` },
    });
    expect(await ledger.late()).toEqual({ entries: 1 });
    expect(await ledger.late()).toEqual({ entries: 0 });
    ledger.clock.now += HOUR;
    await ledger.seal();
    const proof = await ledger.prove();
    expect(proof.breach).toBeUndefined();
    expect(proof).toMatchObject({ entries: 9, supplements: 1, segments: 6 });
  });

  it('two runs at once seal each hour once', async () => {
    const ledger = await aLedger().sealed();
    ledger.clock.now += 5 * HOUR;
    await Promise.all([ledger.seal(), ledger.seal(), ledger.late()]);
    await ledger.seal();
    expect((await ledger.prove()).breach).toBeUndefined();
    expect(ledger.seals.segments.size).toBe(9);
  });

  it('a run that dies at any call is taken up by the next (scenario 33)', async () => {
    for (const when of ['before', 'after'] as const)
      for (let at = 0; ; at += 1) {
        const ledger = await aLedger().sealed();
        ledger.clock.now += 3 * HOUR;
        ledger.journal.put(entry(FIRST + 4 * HOUR, 'later'));
        const crash = crashAt(at, when);
        const dying = { ...ledger.dependencies, seals: everyCall(ledger.seals, crash.around) };
        const died = await sealLedger(dying).then(
          () => false,
          () => true,
        );
        if (!died) break;
        await ledger.seal();
        const proof = await ledger.prove();
        expect(proof.breach, `died ${when} call ${at}`).toBeUndefined();
        expect(proof).toMatchObject({ segments: 7, entries: 9 });
      }
  });
});

describe('whoever touches the books is found out (scenario 72)', () => {
  const keys = (ledger: { journal: MemoryJournalScanner }) => [...ledger.journal.items.keys()].sort();

  it('by an entry that was changed: the first one is named', async () => {
    const ledger = await aLedger().sealed();
    const [, second = ''] = keys(ledger);
    const there = ledger.journal.items.get(second);
    if (there) there['a'] = 1;
    expect((await ledger.prove()).breach).toMatchObject({ kind: 'entry_broken', segment: 1, key: { s: there?.s } });
  });

  it('by an attribute that was added', async () => {
    const ledger = await aLedger().sealed();
    const there = ledger.journal.items.get(keys(ledger)[0] ?? '');
    if (there) there['note'] = 'x';
    expect((await ledger.prove()).breach?.kind).toBe('entry_broken');
  });

  it('by an entry that was removed', async () => {
    const ledger = await aLedger().sealed();
    ledger.journal.items.delete(keys(ledger)[3] ?? '');
    expect((await ledger.prove()).breach?.kind).toBe('entry_missing');
  });

  it('by contents that changed places', async () => {
    const ledger = await aLedger().sealed();
    const [one, other] = [...ledger.journal.items.values()].filter(({ p }) => p.startsWith('H29.12'));
    if (one && other) {
      const amount = one['a'];
      const lines = one['l'];
      Object.assign(one, { a: other['a'], l: other['l'] });
      Object.assign(other, { a: amount, l: lines });
    }
    expect((await ledger.prove()).breach?.kind).toBe('entry_swapped');
  });

  it('by an entry that was added to a sealed hour', async () => {
    const ledger = await aLedger().sealed();
    ledger.journal.put(entry(FIRST + 77, 'made-up'));
    expect((await ledger.prove()).breach?.kind).toBe('entry_unsealed');
  });

  it('by a segment that is gone, cut off the end, or put in another’s place', async () => {
    const gone = await aLedger().sealed();
    gone.seals.segments.delete(2);
    expect((await gone.prove()).breach).toMatchObject({ kind: 'segment_missing', segment: 2 });
    const cut = await aLedger().sealed();
    cut.seals.segments.delete(4);
    expect((await cut.prove()).breach).toMatchObject({ kind: 'tail_cut', segment: 4 });
    const swapped = await aLedger().sealed();
    const [two = '', three = ''] = [2, 3].map((number) => swapped.seals.segments.get(number));
    swapped.seals.segments.set(2, three);
    swapped.seals.segments.set(3, two);
    expect((await swapped.prove()).breach).toMatchObject({ kind: 'segment_swapped', segment: 2 });
  });

  it('by a tail that was cut together with what the keeper remembers, if somebody wrote its root down', async () => {
    const ledger = await aLedger().sealed();
    const known = ledger.seals.remembered;
    ledger.seals.segments.delete(4);
    ledger.seals.remembered = undefined;
    expect((await ledger.prove()).breach).toBeUndefined();
    expect((await ledger.prove({ known })).breach).toMatchObject({ kind: 'tail_cut', segment: 4 });
  });

  it('by a chain that was made anew over changed books, if somebody wrote its root down', async () => {
    const ledger = await aLedger().sealed();
    const known = ledger.seals.remembered;
    ledger.seals.segments.clear();
    ledger.seals.remembered = undefined;
    const there = ledger.journal.items.get(keys(ledger)[0] ?? '');
    if (there) there['a'] = 1;
    await ledger.seal();
    expect((await ledger.prove()).breach).toBeUndefined();
    expect((await ledger.prove({ known })).breach).toMatchObject({ kind: 'segment_broken', segment: 4 });
  });

  it('by any byte of any segment', async () => {
    const ledger = await aLedger().sealed();
    const originals = new Map(ledger.seals.segments);
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 4 }),
        fc.nat(),
        fc.integer({ min: 33, max: 126 }),
        async (number, place, code) => {
          const text = originals.get(number) ?? '';
          const at = place % text.length;
          const changed = text.slice(0, at) + String.fromCharCode(code) + text.slice(at + 1);
          ledger.seals.segments.set(number, changed);
          const { breach } = await ledger.prove();
          ledger.seals.segments.set(number, text);
          expect(breach === undefined).toBe(changed === text);
        },
      ),
      { numRuns: 300 },
    );
  });
});
