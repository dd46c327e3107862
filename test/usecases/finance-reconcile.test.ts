import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { dong } from '../../shared/domain/money/dong.ts';
import { providerBook } from '../../shared/domain/reconciliation/book-day.ts';
import { resultKey, summaryKey } from '../../shared/domain/reconciliation/results.ts';
import { MAX_FILE_BYTES } from '../../shared/domain/reconciliation/settlement-file.ts';
import { addDays } from '../../shared/domain/time.ts';
import { type ArrivedFile, UnknownFile } from '../../shared/usecases/file-moves.ts';
import { SettledWork } from '../../shared/usecases/prove-settling.ts';
import {
  type ReconcileDependencies,
  reconcileSettlementFile,
} from '../../shared/usecases/reconcile-settlement-file.ts';
import { DAY, entryOf, fileOf, LAND, NOON, POLICE } from '../domain/reconciliation/samples.ts';
import { type FinanceWorld, financeWorld, MORNING, PROVIDER } from './finance-world.ts';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

/** T1 matches, T2 is over, T3 is missing at us, T4 was declined, T5 is missing at the bank. */
const FILE = fileOf({ id: 'T1' }, { id: 'T2', amount: 20_001 }, { id: 'T3' }, { id: 'T4', status: 'DECLINED' });
async function worldWithEntries(): Promise<FinanceWorld> {
  const world = financeWorld();
  await world.record(
    entryOf({ transactionId: 'T1' }),
    entryOf({ transactionId: 'T2', amount: 20_000 }),
    entryOf({ transactionId: 'T5', agencyCode: POLICE, kind: 'surplus' }),
    entryOf({ transactionId: 'T1', providerId: 'vnpay' }),
  );
  return world;
}

const opened = (world: FinanceWorld) =>
  world.work
    .contents()
    .exceptions.map(({ category, transactionId }) => `${transactionId} ${category}`)
    .sort();
/** The exceptions but for those of files that were refused. */
const withoutInvalid = (world: FinanceWorld) =>
  world.work.contents().exceptions.filter(({ category }) => category !== 'FILE_INVALID');
const nothingBooked = (world: FinanceWorld) => {
  expect(world.open()).toEqual(['FILE_INVALID']);
  expect(world.work.contents().claims).toEqual({});
  expect(world.files.text(resultKey('sandbox-bank', DAY))).toBeUndefined();
};

describe('reconciling a settlement file', () => {
  it('says in the statement what it came to', async () => {
    const world = await worldWithEntries();
    expect(await world.reconcile(FILE)).toMatchObject({
      state: 'RECONCILED',
      sha256: sha256(FILE),
      readAt: MORNING,
      totals: { lines: 4, collected: 3, amount: 290_001, matched: 1, matchedAmount: 135_000, exceptions: 3 },
    });
  });

  it('opens one exception for each difference', async () => {
    const world = await worldWithEntries();
    await world.reconcile(FILE);
    expect(opened(world)).toEqual(['T2 AMOUNT_OVER', 'T3 MISSING_AT_US', 'T5 MISSING_AT_BANK']);
    expect(world.work.contents().exceptions.find((one) => one.transactionId === 'T5')).toMatchObject({
      state: 'OPEN',
      source: 'reconciliation',
      agencyCode: POLICE,
      providerId: 'sandbox-bank',
      businessDate: DAY,
      ours: 135_000,
      theirs: null,
      invoiceId: 'inv_123456789012',
      openedAt: MORNING,
    });
  });

  it('writes what was reported, sorted, and its sums by agency', async () => {
    const world = await worldWithEntries();
    await world.reconcile(FILE);
    const lines = world.files.text(resultKey('sandbox-bank', DAY))?.split('\n') ?? [];
    expect(lines.map((line) => line.replace(/ +/g, ' '))).toEqual([
      expect.stringMatching(/^thuphi\.results\.v1 stm_/),
      'T1 000000000135000 =',
      'T2 000000000020001 >',
      'T3 000000000135000 ?',
      '',
    ]);
    expect(JSON.parse(world.files.text(summaryKey('sandbox-bank', DAY)) ?? '')).toMatchObject({
      agencies: { [LAND]: { count: 3, amount: 290_001, matched: 1, matchedAmount: 135_000 } },
    });
  });

  it('takes a day without a line for what it is: everything of ours is missing at the bank', async () => {
    const world = await worldWithEntries();
    expect((await world.reconcile(fileOf())).totals).toMatchObject({ lines: 0, exceptions: 3 });
  });

  it('looks at entries that were committed a day before to two days after their date, and no later', async () => {
    const world = financeWorld();
    const committed = (transactionId: string, days: number) =>
      entryOf({ transactionId, paidAt: NOON, committedAt: NOON + days * 86_400_000 });
    await world.record(...[-2, -1, 0, 1, 2, 3].map((days) => committed(`T${days}`, days)));
    world.clock.at = MORNING + 7 * 86_400_000;
    await world.reconcile(fileOf());
    expect(opened(world).map((text) => text.split(' ')[0])).toEqual(['T-1', 'T0', 'T1', 'T2']);
  });

  it('leaves entries aside that were committed after reading began', async () => {
    const world = await worldWithEntries();
    const { file } = await world.upload(FILE);
    await world.record(entryOf({ transactionId: 'T3', paidAt: NOON, committedAt: MORNING + 1 }));
    await reconcileSettlementFile(file, world.dependencies);
    expect(opened(world)).toContain('T3 MISSING_AT_US');
  });
});

describe('a file that is refused', () => {
  it.each([
    ['one wrong line among good ones', FILE.replace('20001', '1e5'), 'amount_malformed'],
    ['a wrong total', FILE.replace('TOTAL,4', 'TOTAL,5'), 'trailer_count'],
    ['nothing in it', '', 'file_empty'],
  ])('with %s books nothing', async (_, text, code) => {
    const world = await worldWithEntries();
    const statement = await world.reconcile(text);
    expect(statement).toMatchObject({ state: 'REFUSED', sha256: sha256(text), faults: [{ code }] });
    nothingBooked(world);
  });

  it('is not read at all when it is too large', async () => {
    const world = await worldWithEntries();
    const { statement, file } = await world.upload('');
    const files = {
      open: async (_: string, __: unknown, most: number) => ({ kind: 'tooLarge' as const, size: most + 1 }),
    };
    await reconcileSettlementFile(file, { ...world.dependencies, files });
    expect(await world.work.find(statement.statementId)).toMatchObject({
      state: 'REFUSED',
      faults: [{ line: 0, code: 'file_too_large', figures: { size: MAX_FILE_BYTES + 1, limit: MAX_FILE_BYTES } }],
    });
    nothingBooked(world);
  });

  it('is one whose content is not what was announced', async () => {
    const world = await worldWithEntries();
    const statement = await world.reconcile(FILE, 'key-00001', { sha256: sha256('something else') });
    expect(statement).toMatchObject({ state: 'REFUSED', faults: [{ code: 'hash_other' }] });
    nothingBooked(world);
  });

  it('is one that was changed after it came', async () => {
    const world = await worldWithEntries();
    const { file, statement } = await world.upload(FILE);
    world.files.put(file.key, fileOf());
    await reconcileSettlementFile(file, world.dependencies);
    expect(await world.work.find(statement.statementId)).toMatchObject({
      state: 'REFUSED',
      faults: [{ code: 'content_changed' }],
    });
    nothingBooked(world);
  });

  it('may be corrected and announced again', async () => {
    const world = await worldWithEntries();
    await world.reconcile(FILE.replace('TOTAL,4', 'TOTAL,5'), 'key-00001');
    expect((await world.reconcile(FILE, 'key-00002')).state).toBe('RECONCILED');
  });
});

describe('what was reconciled once', () => {
  it('is not taken in again under another name', async () => {
    const world = await worldWithEntries();
    const first = await world.reconcile(FILE, 'key-00001', { fileName: 'a.csv' });
    const before = world.work.contents();
    const second = await world.reconcile(FILE, 'key-00002', { fileName: 'b.csv' });
    expect(second).toMatchObject({
      state: 'REFUSED',
      faults: [{ code: 'content_reconciled', figures: { statementId: first.statementId } }],
    });
    expect(world.work.contents().claims).toEqual(before.claims);
    expect(withoutInvalid(world)).toEqual(before.exceptions);
  });

  it('nor for another day, and that day stays free for its own file', async () => {
    const world = await worldWithEntries();
    await world.reconcile(FILE);
    world.clock.at += 86_400_000;
    const next = addDays(DAY, 1);
    expect(await world.reconcile(FILE, 'key-00002', { businessDate: next })).toMatchObject({
      faults: [{ code: 'content_reconciled' }],
    });
    const own = fileOf({ id: 'T9', paidAt: `${next} 10:00:00` });
    expect((await world.reconcile(own, 'key-00003', { businessDate: next })).state).toBe('RECONCILED');
  });

  it('keeps its day: another file for it is refused', async () => {
    const world = await worldWithEntries();
    const first = await world.reconcile(FILE, 'key-00001');
    const before = world.work.contents();
    const second = await world.reconcile(fileOf({ id: 'T1' }), 'key-00002');
    expect(second).toMatchObject({
      state: 'REFUSED',
      faults: [{ code: 'day_reconciled', figures: { statementId: first.statementId } }],
    });
    expect(world.work.contents().claims).toEqual(before.claims);
    expect(withoutInvalid(world)).toEqual(before.exceptions);
  });

  it('does not hinder the next quiet day, whose file is the same', async () => {
    const world = financeWorld();
    world.clock.at += 86_400_000;
    await world.reconcile(fileOf(), 'key-00001');
    expect((await world.reconcile(fileOf(), 'key-00002', { businessDate: addDays(DAY, 1) })).state).toBe('RECONCILED');
  });

  it('is not touched by an upload that comes after it', async () => {
    const world = await worldWithEntries();
    const { file } = await world.upload(FILE);
    await reconcileSettlementFile(file, world.dependencies);
    const before = world.work.contents();
    const later = { ...file, version: world.files.put(file.key, fileOf()) };
    expect((await reconcileSettlementFile(later, world.dependencies)).kind).toBe('alreadyDone');
    expect(world.work.contents()).toEqual(before);
  });
});

describe('notices of the bucket', () => {
  it.each(['statements/x.csv', `statements/sandbox-bank/${DAY}/stm_${'0'.repeat(24)}.csv`, 'results/a.txt'])(
    'for %s, which no statement awaits, are an error',
    async (key) =>
      expect(reconcileSettlementFile({ key, version: { etag: '1' } }, financeWorld().dependencies)).rejects.toThrow(
        UnknownFile,
      ),
  );

  it('for a statement of another day are an error', async () => {
    const world = financeWorld();
    const { file } = await world.upload(FILE);
    const key = file.key.replace(DAY, addDays(DAY, -1));
    await expect(reconcileSettlementFile({ ...file, key }, world.dependencies)).rejects.toThrow(UnknownFile);
  });

  it('may come again at any time: nothing changes', async () => {
    const world = await worldWithEntries();
    const { file } = await world.upload(FILE);
    await reconcileSettlementFile(file, world.dependencies);
    const before = world.state();
    world.clock.at += 3_600_000;
    expect((await reconcileSettlementFile(file, world.dependencies)).kind).toBe('alreadyDone');
    expect(world.state()).toEqual(before);
  });

  it('may come twice at once: the end is the same', async () => {
    const calm = await endState(async (file, dependencies) => {
      await reconcileSettlementFile(file, dependencies);
    });
    const twice = await endState(async (file, dependencies) => {
      await Promise.all([reconcileSettlementFile(file, dependencies), reconcileSettlementFile(file, dependencies)]);
    });
    expect(twice).toEqual(calm);
  });

  it('of a content that was replaced while another is read are passed over', async () => {
    const world = await worldWithEntries();
    const { file, statement } = await world.upload(FILE);
    await world.work.move(statement.statementId, 'READING', { object: file.version, readAt: MORNING });
    const other = { ...file, version: { etag: 'other' } };
    expect((await reconcileSettlementFile(other, world.dependencies)).kind).toBe('superseded');
    expect((await reconcileSettlementFile(file, world.dependencies)).kind).toBe('reconciled');
  });
});

describe('a crash between any two steps', () => {
  it('is repaired by the next delivery: the end is that of a run without faults', async () => {
    const calm = await endState(async (file, dependencies) => {
      await reconcileSettlementFile(file, dependencies);
    });
    const calls = await countCalls();
    expect(calls).toBeGreaterThan(9);
    for (let call = 0; call < calls; call++) {
      for (const when of ['before', 'after'] as const) {
        const faulty = await endState(async (file, dependencies) => {
          const crashing = crashAt(dependencies, call, when);
          await expect(reconcileSettlementFile(file, crashing.dependencies), `${when} call ${call}`).rejects.toThrow(
            'crash',
          );
          await reconcileSettlementFile(file, dependencies);
        });
        expect(faulty, `${when} call ${call}`).toEqual(calm);
      }
    }
  });

  it('leaves a refused file refused', async () => {
    const world = await worldWithEntries();
    const { file, statement } = await world.upload(`${FILE}x`);
    const crashing = crashAt(world.dependencies, 4, 'before');
    await expect(reconcileSettlementFile(file, crashing.dependencies)).rejects.toThrow('crash');
    await reconcileSettlementFile(file, world.dependencies);
    expect((await world.work.find(statement.statementId))?.state).toBe('REFUSED');
    nothingBooked(world);
  });
});

/** What is left in the end when a file is taken in one way or another. */
async function endState(run: (file: ArrivedFile, dependencies: ReconcileDependencies) => Promise<void>) {
  const world = await worldWithEntries();
  const { file } = await world.upload(FILE);
  await run(file, world.dependencies);
  return world.state();
}

/** Dependencies of which one call, counted over all ports, fails: before it had its effect, or after. */
function crashAt(dependencies: ReconcileDependencies, crashing: number, when: 'before' | 'after') {
  const counter = { calls: 0 };
  const wrap = <Port extends object>(port: Port): Port =>
    new Proxy(port, {
      get(target, name) {
        const method = Reflect.get(target, name);
        if (typeof method !== 'function') return method;
        return (...parameters: unknown[]) => {
          const crashes = counter.calls++ === crashing;
          if (name === 'ofDay') return crashes ? broken() : Reflect.apply(method, target, parameters);
          return call(() => Reflect.apply(method, target, parameters), crashes, when);
        };
      },
    });
  const { statements, files, registry, journal, exceptions, results, days, deliveries, ...pure } = dependencies;
  return {
    counter,
    dependencies: {
      statements: wrap(statements),
      files: wrap(files),
      registry: wrap(registry),
      journal: wrap(journal),
      exceptions: wrap(exceptions),
      results: wrap(results),
      days: wrap(days),
      deliveries: wrap(deliveries),
      ...pure,
    },
  };
}

async function call(effect: () => unknown, crashes: boolean, when: 'before' | 'after'): Promise<unknown> {
  if (crashes && when === 'before') throw new Error('crash');
  const result = await effect();
  if (crashes) throw new Error('crash');
  return result;
}

// biome-ignore lint/correctness/useYield: it fails before its first entry.
async function* broken(): AsyncIterable<never> {
  throw new Error('crash');
}

/** How many calls of ports one run makes. */
async function countCalls(): Promise<number> {
  const world = await worldWithEntries();
  const { file } = await world.upload(FILE);
  const { counter, dependencies } = crashAt(world.dependencies, Number.POSITIVE_INFINITY, 'before');
  await reconcileSettlementFile(file, dependencies);
  return counter.calls;
}

describe('money around midnight', () => {
  const NEXT = addDays(DAY, 1);
  const ours = (accountingDate: string) =>
    entryOf({ transactionId: 'T1', movementId: 'mov_sandbox-bank_T1', accountingDate });
  const listed = (day: string) => fileOf({ id: 'T1', paidAt: `${day} 00:00:01` });
  const quiet = fileOf();

  /** Takes in both days' files, and tells what stands open after each. */
  async function found(counted: string, files: readonly (readonly [day: string, content: string])[]) {
    const world = financeWorld();
    await world.record(ours(counted));
    world.clock.at += 86_400_000;
    const told: string[][] = [];
    for (const [day, content] of files) {
      const { state } = await world.reconcile(content, `key-of-${day}`, { businessDate: day });
      expect(state).toBe('RECONCILED');
      told.push(
        world.work
          .contents()
          .exceptions.filter((one) => one.state === 'OPEN')
          .map(({ category, businessDate }) => `${category} ${businessDate}`),
      );
    }
    return told;
  }

  it('that the provider lists a day earlier waits for that day’s file, and is no difference then', async () => {
    const files = [[DAY, listed(DAY)] as const, [NEXT, quiet] as const];
    expect(await found(NEXT, files)).toEqual([[`DATE_SHIFT ${DAY}`], []]);
    expect(await found(NEXT, files.toReversed())).toEqual([[`MISSING_AT_BANK ${NEXT}`], []]);
  });

  it('that the provider lists a day later is missing until that day’s file comes', async () => {
    const files = [[DAY, quiet] as const, [NEXT, listed(NEXT)] as const];
    expect(await found(DAY, files)).toEqual([[`MISSING_AT_BANK ${DAY}`], []]);
    expect(await found(DAY, files.toReversed())).toEqual([[`DATE_SHIFT ${NEXT}`], []]);
  });

  it('that the provider lists on both days stays a difference of the second', async () => {
    const files = [[DAY, listed(DAY)] as const, [NEXT, listed(NEXT)] as const];
    expect(await found(NEXT, files)).toEqual([[`DATE_SHIFT ${DAY}`], [`DATE_SHIFT ${DAY}`]]);
    expect(await found(DAY, files)).toEqual([[], [`DATE_SHIFT ${NEXT}`]]);
  });

  it('is not taken for the other day’s where the amount is another', async () => {
    const world = financeWorld();
    await world.record(ours(NEXT));
    world.clock.at += 86_400_000;
    await world.reconcile(fileOf({ id: 'T1', amount: 134_999 }), 'key-00001');
    await world.reconcile(quiet, 'key-00002', { businessDate: NEXT });
    expect(world.open().sort()).toEqual(['AMOUNT_UNDER', 'MISSING_AT_BANK']);
  });
});

describe('a file in the place of another', () => {
  const first = fileOf({ id: 'T1' }, { id: 'T2', amount: 20_001 });
  const second = fileOf({ id: 'T1' }, { id: 'T2', amount: 20_000 }, { id: 'T9', amount: 7_000 });
  const world = async () => {
    const there = financeWorld();
    await there.record(entryOf({ transactionId: 'T1' }), entryOf({ transactionId: 'T2', amount: dong(20_000) }));
    return { there, before: await there.reconcile(first) };
  };
  const states = (there: FinanceWorld) =>
    there.work.contents().exceptions.map(({ transactionId, category, state, businessDate }) => ({
      transactionId,
      category,
      state,
      businessDate,
    }));

  it('is matched anew: what it finds no more is cleared, what is new is opened', async () => {
    const { there, before } = await world();
    const after = await there.reconcile(second, 'key-00002', { supersedes: before.statementId });
    expect(after).toMatchObject({ state: 'RECONCILED', revision: 2, totals: { matched: 2, exceptions: 1 } });
    expect(await there.work.find(before.statementId)).toMatchObject({
      state: 'SUPERSEDED',
      supersededBy: after.statementId,
    });
    expect(states(there)).toEqual(
      expect.arrayContaining([
        { transactionId: 'T2', category: 'AMOUNT_OVER', state: 'AUTO_CLEARED', businessDate: DAY },
        { transactionId: 'T9', category: 'MISSING_AT_US', state: 'OPEN', businessDate: DAY },
      ]),
    );
    expect(there.files.text(resultKey(PROVIDER, DAY))).toContain('T9');
  });

  it('leaves a closed day as it is: what is new is a difference of the next open one', async () => {
    const { there, before } = await world();
    const book = providerBook(PROVIDER);
    const day = await there.days.find(book, DAY);
    await there.days.close(book, DAY, day?.changes ?? 0, { sha256: null, closedBy: 'clerk-7', closedAt: MORNING });
    const [closed, results] = [await there.days.find(book, DAY), there.files.text(resultKey(PROVIDER, DAY))];
    await there.reconcile(second, 'key-00002', { supersedes: before.statementId });
    expect(await there.days.find(book, DAY)).toEqual(closed);
    expect(there.files.text(resultKey(PROVIDER, DAY))).toBe(results);
    expect(states(there)).toContainEqual({
      transactionId: 'T9',
      category: 'MISSING_AT_US',
      state: 'OPEN',
      businessDate: addDays(DAY, 1),
    });
    expect((await there.days.find(book, addDays(DAY, 1)))?.files).toMatchObject([{ days: [DAY] }]);
  });

  it('of another day or provider is not admitted, nor of one that was replaced already', async () => {
    const { there, before } = await world();
    const of = (body: object, key: string) => there.request({ supersedes: before.statementId, ...body }, key);
    await expect(of({ businessDate: addDays(DAY, -1) }, 'key-00003')).rejects.toMatchObject({ code: 'unprocessable' });
    await of({}, 'key-00004');
    await there.reconcile(second, 'key-00002', { supersedes: before.statementId });
    // Announced while the first still stood, uploaded when it did not any more.
    expect(await there.reconcile(fileOf({ id: 'T1' }), 'key-00004', { supersedes: before.statementId })).toMatchObject({
      state: 'REFUSED',
      faults: [{ code: 'superseded_other' }],
    });
  });
});

describe('the differences of a file', () => {
  /** What the auditor's command finds first of the files of the month. */
  async function proved(world: FinanceWorld) {
    const settled = new SettledWork();
    for (const exception of world.work.contents().exceptions) settled.add(exception);
    return settled.files([DAY.slice(0, 7), addDays(DAY, 31).slice(0, 7)], world.work, MORNING + 3_600_000);
  }

  it('are what it led to, also where a revision stands in its place and people closed some', async () => {
    const world = await worldWithEntries();
    const { statementId: supersedes } = await world.reconcile(FILE);
    expect(await proved(world)).toBeUndefined();
    // T3 was none, T9 is one, and the others stay.
    const revision = fileOf({ id: 'T1' }, { id: 'T2', amount: 20_001 }, { id: 'T9' });
    expect(await world.reconcile(revision, 'key-00009', { supersedes })).toMatchObject({
      state: 'RECONCILED',
      differences: { count: 1 },
    });
    expect(await proved(world)).toBeUndefined();
    const [one] = withoutInvalid(world);
    if (!one) throw new Error('no difference');
    world.work.place({ ...one, state: 'AUTO_CLEARED', owner: 'clerk-7', version: 3 });
    expect(await proved(world)).toBeUndefined();
  });

  it('are missed where one was taken out, and differ where its sum was edited or one was put in', async () => {
    const world = await worldWithEntries();
    await world.reconcile(FILE);
    const [one, other] = withoutInvalid(world);
    if (!one || !other) throw new Error('no differences');
    world.work.remove(one);
    expect(await proved(world)).toMatchObject({ kind: 'work_missing', key: `statement#${one.statementId}` });
    for (const hand of [{ ours: dong(1) }, { theirs: dong(1) }, { category: 'ROUNDING' as const }]) {
      world.work.place({ ...one, ...hand });
      expect(await proved(world)).toMatchObject({ kind: 'work_altered', key: `statement#${one.statementId}` });
    }
    world.work.place(one);
    expect(await proved(world)).toBeUndefined();
    world.work.place({ ...other, exceptionId: `exc_${'0'.repeat(24)}` });
    expect(await proved(world)).toMatchObject({ kind: 'work_altered' });
  });
});
