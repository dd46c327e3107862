import { expect, it } from 'vitest';
import { workStreamContract } from '../contract/work-stream.contract.ts';
import { Clock } from './clock.ts';
import { CALM } from './faults.ts';
import { History } from './history.ts';
import { Host } from './process.ts';
import { Random } from './random.ts';
import { Scheduler } from './scheduler.ts';
import { SimulatedStream } from './stream.ts';
import { SimulatedTable } from './table.ts';

/** The simulated stream does what a real one does: the same suite, nothing left out. */

const MOST_STEPS = 10_000;

workStreamContract('simulated', async (worker) => {
  const clock = new Clock();
  const scheduler = new Scheduler(clock, new History());
  const host = new Host(scheduler, clock, new Random(1), CALM);
  const stream = new SimulatedStream(scheduler, host, new Random(2), (event) =>
    worker(event).then((answer) => answer as never),
  );
  const table = new SimulatedTable(
    { keys: { partition: 'k' } },
    () => clock.at,
    (commit) => stream.add(commit),
  );
  return {
    put: async (k, v) => table.put({ k, v }, {}),
    async until(holds) {
      for (let steps = 0; !holds(); steps += 1)
        if (steps === MOST_STEPS || !(await scheduler.step())) throw new Error('it does not come to pass');
    },
    stop: async () => undefined,
  };
});

it('brings a record back that was put aside, to a reader that begins slowly and to one that dies', async () => {
  const clock = new Clock();
  const scheduler = new Scheduler(clock, new History());
  const host = new Host(scheduler, clock, new Random(1), CALM);
  let mood: 'fails' | 'dies' | 'works' = 'fails';
  const read: string[] = [];
  const stream = new SimulatedStream(scheduler, host, new Random(2), async ({ Records }, process) => {
    // Lets others go on before its first call, as a reader that awaits something does.
    for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
    await host.call(process, 'look', () => undefined);
    if (mood === 'dies') {
      host.kill(process);
      return new Promise(() => undefined);
    }
    if (mood === 'fails') throw new Error('poison');
    read.push(...Records.map(({ eventID }) => eventID ?? ''));
    return { batchItemFailures: [] };
  });
  const drain = async () => {
    while (await scheduler.step());
  };
  stream.add({ key: 'a', before: undefined, after: { k: 'a' }, at: clock.at });
  await drain();
  for (mood of ['fails', 'dies', 'works'] as const) {
    expect(stream.size).toBe(1);
    expect(stream.redrive()).toBe(1);
    await drain();
  }
  expect(read).toEqual(['1']);
  expect(stream.size).toBe(0);
});
