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
