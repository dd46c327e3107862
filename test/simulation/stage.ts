import { Refusal } from '../../shared/domain/refusal.ts';
import { Clock } from './clock.ts';
import { CALM, drawFaults, type Faults } from './faults.ts';
import { History } from './history.ts';
import { BrokenInvariant, brokenBy, Host, must } from './process.ts';
import type { Random } from './random.ts';
import { Scheduler } from './scheduler.ts';

/** What became of one story: what broke, if anything did, and how often things came about, by name. */
export type Told = {
  seed: number;
  steps: number;
  broken?: string;
  history: string[];
  faults: Faults;
  counts: Record<string, number>;
};

/** A story that comes to rest needs far fewer steps. */
const MOST_STEPS = 20_000;

/** Where a story of a few people is told: its time, its processes and what goes wrong with them. */
export class Stage {
  readonly clock = new Clock();
  readonly history = new History();
  readonly scheduler = new Scheduler(this.clock, this.history);
  readonly host: Host;
  readonly #drawn: Faults;
  readonly now = () => this.clock.at;

  constructor(random: Random) {
    const hosts = random.fork();
    this.#drawn = drawFaults(random.fork());
    this.host = new Host(this.scheduler, this.clock, hosts, this.#drawn);
  }

  /** Somebody does something in so many milliseconds. A refusal is an answer; what else fails must be the platform's. */
  in(milliseconds: number, label: string, act: () => Promise<unknown>): void {
    this.scheduler.in(milliseconds, label, () => {
      act().catch((error: unknown) => {
        if (error instanceof BrokenInvariant) this.host.break(error.message);
        else if (!(error instanceof Refusal)) this.host.mustPass(error);
      });
      return undefined;
    });
  }

  /** Goes on until nothing waits. */
  async drain(): Promise<void> {
    for (let steps = 0; await this.scheduler.step(); steps += 1) {
      if (this.host.broken) throw this.host.broken;
      must(steps < MOST_STEPS, 'it does not come to rest');
    }
    if (this.host.broken) throw this.host.broken;
  }

  /** Nothing goes wrong any more. */
  calmDown(): void {
    this.host.faults = CALM;
  }

  get isCalm(): boolean {
    return this.host.faults === CALM;
  }

  /** Tells it to the end. `counts`: what came about, asked for if nothing broke. */
  async outcome(seed: number, tell: () => Promise<void>, counts: () => readonly string[]): Promise<Told> {
    const broken = await brokenBy(tell);
    const counted: Record<string, number> = {};
    for (const name of broken === undefined ? counts() : []) counted[name] = (counted[name] ?? 0) + 1;
    return {
      ...{ seed, steps: this.history.length, history: this.history.recent(), faults: this.#drawn, counts: counted },
      ...(broken !== undefined && { broken }),
    };
  }
}
