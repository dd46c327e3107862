import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { DynamoDBDocumentClient } from '../../shared/aws/dynamodb.ts';
import {
  type AgencyProgress,
  type Aggregate,
  type AggregateBook,
  MAX_ROWS_A_STEP,
  nameOf,
} from '../../shared/domain/aggregates/aggregate.ts';
import { noTakings } from '../../shared/domain/aggregates/takings.ts';
import { addDays } from '../../shared/domain/time.ts';
import { AggregateStore } from '../../shared/store/aggregate-store.ts';
import { MemoryAggregates } from '../fakes/memory-aggregates.ts';
import { createTable, type Dynoxide, dynoxideIsThere, startDynoxide } from './dynoxide.ts';

const LAND = 'H29.12';
const at = (version: number): AgencyProgress => ({
  version,
  cursor: { committedAt: version, movementId: `mov_${version}`, late: version },
  countedOn: version > 1 ? '2026-11-20' : null,
  ...(version > 1 && { touched: version > 2 ? ['2026-11-19'] : [] }),
});
const row = (day: number, revision = 1, agencyCode = LAND): Aggregate => ({
  ...{ kind: 'takings', day: addDays('2026-01-01', day), agencyCode, providerId: 'vnpay', revision, toldAt: 1 },
  figures: { ...noTakings(), entries: revision },
});
const rows = (count: number, from = 0) => Array.from({ length: count }, (_, index) => row(from + index));

/** What every book of aggregates does, whatever it is made of. */
function aggregateBookContract(name: string, fresh: () => Promise<AggregateBook>): void {
  describe(`aggregates in ${name}`, () => {
    let book: AggregateBook;
    beforeEach(async () => {
      book = await fresh();
    });
    const tell = async (told: readonly Aggregate[], before: number, agencyCode = LAND) =>
      book.tell({ agencyCode, before, last: await book.last(), after: at(before + 1), rows: told });

    it('begin empty', async () => {
      expect([await book.last(), await book.progress(LAND), await book.after(0, 10)]).toEqual([0, undefined, []]);
      expect((await book.latest(LAND, [nameOf(row(0))])).size).toBe(0);
    });

    it('are told in one order, and the last revision of a row is known', async () => {
      expect(await tell([row(0), row(1)], 0)).toBe(true);
      expect(await tell([row(0, 1, 'H29.13')], 0, 'H29.13')).toBe(true);
      expect(await tell([row(0, 2)], 1)).toBe(true);
      expect(await book.after(0, 10)).toEqual([row(0), row(1), row(0, 1, 'H29.13'), row(0, 2)]);
      expect(await book.after(1, 2)).toEqual([row(1), row(0, 1, 'H29.13')]);
      expect(await book.after(4, 2)).toEqual([]);
      const latest = await book.latest(LAND, [nameOf(row(0)), nameOf(row(1)), nameOf(row(9))]);
      expect([...latest.values()].sort((one, other) => (one.day < other.day ? -1 : 1))).toEqual([row(0, 2), row(1)]);
      expect([await book.last(), await book.progress(LAND)]).toEqual([4, at(2)]);
    });

    it('are not told where the agency is further, or something was told meanwhile: nothing of the step stays', async () => {
      expect(await tell([row(0)], 0)).toBe(true);
      expect(await tell([row(1)], 0)).toBe(false);
      expect(await book.tell({ agencyCode: LAND, before: 1, last: 0, after: at(2), rows: [row(1)] })).toBe(false);
      const other = { agencyCode: 'H29.13', before: 0, last: 0, after: at(1), rows: [row(1, 1, 'H29.13')] };
      expect(await book.tell(other)).toBe(false);
      expect([await book.after(0, 10), await book.progress(LAND)]).toEqual([[row(0)], at(1)]);
      expect(await book.progress('H29.13')).toBeUndefined();
    });

    it('move an agency on without a row, whatever was told meanwhile', async () => {
      expect(await book.tell({ agencyCode: LAND, before: 0, last: 99, after: at(1), rows: [] })).toBe(true);
      expect([await book.last(), await book.progress(LAND)]).toEqual([0, at(1)]);
    });

    it('are read over many steps as large as one may be', async () => {
      const steps = 27;
      for (let step = 0; step < steps; step += 1)
        expect(await tell(rows(MAX_ROWS_A_STEP, step * MAX_ROWS_A_STEP), step)).toBe(true);
      expect(steps * MAX_ROWS_A_STEP).toBeGreaterThan(1000);
      expect(await book.after(0, 5000)).toEqual(rows(steps * MAX_ROWS_A_STEP));
      expect(await book.after(990, 20)).toEqual(rows(20, 990));
    });
  });
}

aggregateBookContract('memory', async () => new MemoryAggregates());

describe.skipIf(!dynoxideIsThere)('in the table', () => {
  let dynoxide: Dynoxide;
  let db: DynamoDBDocumentClient;
  let tables = 0;
  beforeAll(async () => {
    dynoxide = await startDynoxide();
    db = dynoxide.db;
  });
  afterAll(() => dynoxide.stop());

  aggregateBookContract('the work table', async () => {
    tables += 1;
    const table = `aggregates-${tables}`;
    await createTable(db, table, { partition: 'p', sort: 's' });
    return new AggregateStore(db, table);
  });
});
