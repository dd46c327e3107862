import { workQueueContract } from '../contract/work-queue.contract.ts';
import { Clock, SECOND } from './clock.ts';
import { CALM, type Faults } from './faults.ts';
import { History } from './history.ts';
import { Host } from './process.ts';
import { SimulatedQueue } from './queue.ts';
import { Random } from './random.ts';
import { Scheduler } from './scheduler.ts';

/** The simulated queue does what a real one does: the same suite, nothing left out. */

const MOST_STEPS = 10_000;

function aSimulatedQueue(faults: Faults): Parameters<typeof workQueueContract>[1] {
  return async ({ maxReceives, visibilitySeconds }, worker) => {
    const scheduler = new Scheduler(new Clock(), new History());
    const host = new Host(scheduler, new Clock(), new Random(1), faults);
    const settings = { name: 'contract', visibility: visibilitySeconds * SECOND, maxReceives };
    const queue: SimulatedQueue = new SimulatedQueue(settings, scheduler, host, new Random(2), async (event, process) =>
      worker(event, queue.seenBy(process).hide).then((answer) => answer as never),
    );
    const sender = host.start('sender');
    return {
      async send(bodies) {
        const sent = queue.seenBy(sender).sendTexts(bodies);
        let done = false;
        void sent.then(() => {
          done = true;
        });
        while (!done && (await scheduler.step()));
        await sent;
      },
      deadLetters: async () => queue.deadLetters(),
      isEmpty: async () => queue.size === 0,
      async until(holds) {
        for (let steps = 0; !(await holds()); steps += 1)
          if (steps === MOST_STEPS || !(await scheduler.step())) throw new Error('it does not come to pass');
      },
      stop: async () => undefined,
    };
  };
}

workQueueContract('simulated', aSimulatedQueue(CALM));
