import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  type LinePlace,
  NoRunIndex,
  placesInRun,
  RunIndex,
  runIndexKey,
} from '../../../shared/domain/reconciliation/run-index.ts';
import { MemoryFiles } from '../../fakes/memory-files.ts';

const RUN = 'results/bank/970436-100/2026-11-20/abc.ndjson';

async function filesOf(items: readonly string[]): Promise<MemoryFiles> {
  const index = new RunIndex();
  for (const [at, item] of items.entries()) index.add(item, placeOf(at));
  const files = new MemoryFiles();
  await files.writeLines(runIndexKey(RUN), index.bytes, index.chunks());
  return files;
}
const placeOf = (at: number): LinePlace => ({ offset: 1000 * at, length: at });

const MANY = 40_000;
const many = Array.from({ length: MANY }, (_, at) => `mov_bank-direct_T${at}@${100_000_000_000 + at}`);

it('finds every item of a large run by three reads at most, and nothing of another', async () => {
  const files = await filesOf(many);
  for (let at = 0; at < MANY; at += 977) {
    files.reads = 0;
    expect(await placesInRun(RUN, many[at] ?? '', files)).toContainEqual(placeOf(at));
    expect(files.reads).toBeLessThanOrEqual(3);
  }
  expect(await placesInRun(RUN, 'mov_bank-direct_T-1@1', files)).toEqual([]);
});

it('finds all lines that tell of an item, however many, in whatever order they were added', () =>
  fc.assert(
    fc.asyncProperty(fc.array(fc.nat(5), { maxLength: 12 }), fc.nat(20_000), async (numbers, others) => {
      const named = numbers.map((number) => `mov_bank_${number}@`);
      const files = await filesOf([...named, ...many.slice(0, others)]);
      for (const number of new Set(numbers)) {
        const places = await placesInRun(RUN, `mov_bank_${number}@`, files);
        const wanted = numbers.flatMap((one, at) => (one === number ? [placeOf(at)] : []));
        for (const place of wanted) expect(places).toContainEqual(place);
      }
    }),
    { numRuns: 20 },
  ));

it('finds more lines of one item than a read holds', async () => {
  const files = await filesOf([...many, ...Array.from({ length: 6000 }, () => 'payout:vnpay:2026-11-20:1')]);
  expect((await placesInRun(RUN, 'payout:vnpay:2026-11-20:1', files))?.length).toBe(6000);
});

it('finds a bank credit on whatever invoice it stands', async () => {
  const files = await filesOf(['mov_bank_100_FT1@']);
  expect(await placesInRun(RUN, 'mov_bank_100_FT1@123456789012', files)).toEqual([placeOf(0)]);
});

it('is of no item where a run has none, unknown where it has no index, and believed of no other object', async () => {
  expect(await placesInRun(RUN, 'mov_vnpay_1@1', await filesOf([]))).toEqual([]);
  const files = new MemoryFiles();
  expect(await placesInRun(RUN, 'mov_vnpay_1@1', files)).toBeUndefined();
  files.put(runIndexKey(RUN), '0'.repeat(62));
  await expect(placesInRun(RUN, 'mov_vnpay_1@1', files)).rejects.toThrow(NoRunIndex);
});
