import { MINUTE, SECOND } from './clock.ts';
import type { Random } from './random.ts';

/** Most that a process's clock is wrong, either way, in milliseconds. */
export const MAX_SKEW = 10 * MINUTE;

/** Longest that nothing can be reached, in milliseconds. */
export const MAX_OUTAGE = 2 * MINUTE;

/** What goes wrong in one run, drawn once from its seed. Shares from 0 to 1, times in milliseconds. */
export type Faults = {
  /** Messages and calls that arrive twice. */
  duplicates: number;
  /** Calls over the network, and answers to them, that never arrive. */
  loss: number;
  /** The longest that one hop usually takes. */
  hop: number;
  /** Hops that take {@link slowHop} at most instead: far longer than anybody waits. */
  slow: number;
  slowHop: number;
  /** Of all calls of a store or queue, {@link MOST_ERRORS} at most fail in one of three ways: it turns them away before anything happened, */
  throttled: number;
  /** or the same because two writes met, */
  conflict: number;
  /** Calls at which an outage begins: for up to {@link MAX_OUTAGE} every call is turned away. */
  outages: number;
  /** Writes at which their table runs out of capacity: for up to {@link MAX_OUTAGE} it turns away every write, and nothing else is amiss; */
  dry: number;
  /** or it carried them out, but the answer was lost. */
  replyLost: number;
  /** Processes killed before, or after, a call had its effect; of all calls. */
  kill: number;
  /** Processes whose clock is wrong. */
  skewed: number;
  /** Reads that may lag and do. */
  lag: number;
  /** How often an endpoint is found to be down. */
  endpointDown: number;
  /** Processes that others overtake at each of their steps: they take up to {@link SLOWEST} times as long. */
  sluggish: number;
  /** Processes that run the release before this one, or the next. */
  mixed: number;
};

/** So many times as long as usual a sluggish process takes at most. */
export const SLOWEST = 100;

/** Most of all calls of stores and queues that fail, outages left aside. */
export const MOST_ERRORS = 0.1;

/** Most processes that run another release. */
export const MOST_MIXED = 0.7;
/** Most processes whose clock is wrong. */
export const MOST_SKEWED = 0.5;
/** Most calls at which an outage begins. */
export const MOST_OUTAGES = 0.01;
/** Most writes at which a table runs out of capacity. */
export const MOST_DRY = 0.1;

const MOST: Omit<Faults, 'throttled' | 'conflict' | 'replyLost' | 'dry'> = {
  duplicates: 0.5,
  loss: 0.3,
  hop: 2 * SECOND,
  slow: 0.02,
  slowHop: 5 * MINUTE,
  outages: MOST_OUTAGES,
  kill: 0.03,
  skewed: MOST_SKEWED,
  lag: 0.5,
  endpointDown: 0.4,
  sluggish: 0.1,
  mixed: MOST_MIXED,
};

/** Each kind of fault is left out of every other run: two faults may hide each other. */
const PRESENT = 0.6;
/** Of those that are there, so many are as bad as they may be. */
const WORST = 0.15;

export function drawFaults(random: Random): Faults {
  const share = (): number => (random.chance(PRESENT) ? (random.chance(WORST) ? 1 : random.fraction()) : 0);
  const most = (name: keyof typeof MOST): number => MOST[name] * share();
  const errors = MOST_ERRORS * share();
  const parts = [random.fraction(), random.fraction(), random.fraction()];
  const [throttled = 0, conflict = 0, replyLost = 0] = parts.map(
    (part) => (errors * part) / parts.reduce((sum, one) => sum + one, 0),
  );
  return {
    duplicates: most('duplicates'),
    loss: most('loss'),
    hop: 5 + most('hop') * random.fraction(),
    slow: most('slow'),
    slowHop: MOST.slowHop,
    throttled,
    conflict,
    outages: most('outages'),
    dry: 0,
    replyLost,
    kill: most('kill'),
    skewed: most('skewed'),
    lag: most('lag'),
    endpointDown: most('endpointDown'),
    sluggish: most('sluggish'),
    mixed: most('mixed'),
  };
}

/** Nothing goes wrong: in the end all must settle. */
export const CALM: Faults = {
  duplicates: 0,
  loss: 0,
  hop: 5,
  slow: 0,
  slowHop: 0,
  throttled: 0,
  conflict: 0,
  outages: 0,
  dry: 0,
  replyLost: 0,
  kill: 0,
  skewed: 0,
  lag: 0,
  endpointDown: 0,
  sluggish: 0,
  mixed: 0,
};

/** Messages come twice, late and out of order, and clocks are wrong; but whoever begins something comes to its end. */
export const NOTHING_FAILS = {
  loss: 0,
  throttled: 0,
  conflict: 0,
  outages: 0,
  replyLost: 0,
  kill: 0,
  endpointDown: 0,
} satisfies Partial<Faults>;
