import { SECOND } from './clock.ts';
import type { Host, Process } from './process.ts';
import type { Random } from './random.ts';
import type { Scheduler } from './scheduler.ts';

/** How long a caller waits for an answer, in milliseconds: as long as the gateway does. */
const PATIENCE = 30 * SECOND;
/** A call is repeated on its way less often than a message. */
const REPEATED_CALLS = 0.5;

/** The network between us and everybody else: a call may be lost, come twice, or be answered to nobody. */
export class Network {
  readonly #scheduler: Scheduler;
  readonly #host: Host;
  readonly #random: Random;

  constructor(scheduler: Scheduler, host: Host, random: Random) {
    this.#scheduler = scheduler;
    this.#host = host;
    this.#random = random;
  }

  /** The answer of a process that is started for the call; `undefined` where none came in time. */
  ask<T>(label: string, kind: string, handle: (process: Process) => Promise<T>): Promise<T | undefined> {
    return new Promise((resolve) => {
      let over = false;
      const answer = (value: T | undefined): void => {
        over = true;
        endPatience();
        resolve(value);
      };
      const endPatience = this.#scheduler.in(PATIENCE, `${label}: patience ends`, () => {
        answer(undefined);
        return undefined;
      });
      const copies = this.#random.chance(this.#host.faults.duplicates * REPEATED_CALLS) ? 2 : 1;
      for (let copy = 0; copy < copies; copy += 1)
        this.#scheduler.in(this.#host.hop(), label, () => {
          if (this.#random.chance(this.#host.faults.loss)) return 'the call is lost';
          const process = this.#host.start(kind);
          const back = (text: string, value: T | undefined) => {
            if (!process.alive) return;
            this.#scheduler.in(this.#host.hop(), `${label}: ${text}`, () => {
              if (this.#random.chance(this.#host.faults.loss)) return 'the answer is lost';
              if (over) return 'too late';
              answer(value);
              return undefined;
            });
          };
          handle(process).then(
            (value) => back('answered', value),
            (error: unknown) => back(`failed with ${error instanceof Error ? error.name : 'an error'}`, undefined),
          );
          return process.name;
        });
    });
  }
}
