import type { Instant } from '../../shared/domain/time.ts';
import type { Clock } from './clock.ts';
import { type Faults, MAX_OUTAGE, MAX_SKEW, SLOWEST } from './faults.ts';
import type { Random } from './random.ts';
import type { Scheduler } from './scheduler.ts';
import type { Version } from './versions.ts';

/** A program that runs somewhere until it ends or is killed; its clock may be wrong. */
export type Process = {
  readonly name: string;
  alive: boolean;
  /** False while it works for somebody whose word is forged: then it may touch no table and no queue. */
  mayTouch: boolean;
  /** Which release it runs. */
  readonly version: Version;
  /** So many times as long as usual takes all that it does. */
  pace: number;
  /** How far its clock is ahead of true time, in milliseconds. */
  skew: number;
  readonly now: () => Instant;
  /** What its owner does when it dies. */
  readonly killed: () => void;
};

/** A failure of the platform that passes. The name is the SDK's. */
export class PassingFailure extends Error {
  constructor(name: 'ThrottlingException' | 'TransactionConflictException' | 'TimeoutError') {
    super(name);
    this.name = name;
  }
}

/** Where processes run. Every call that they make goes through here, and here it may go wrong. */
export class Host {
  /** What happened to each kind of call, `kind of process`, then what it calls. */
  readonly happened = new Map<string, Happened>();
  readonly #scheduler: Scheduler;
  readonly #clock: Clock;
  readonly #random: Random;
  /** Replaced when the calm begins. */
  faults: Faults;
  /** What broke where no step could throw it. The run ends with it. */
  broken: BrokenInvariant | undefined;
  #started = 0;
  #outageEnds = 0;
  readonly #dryUntil = new Map<string, Instant>();

  constructor(scheduler: Scheduler, clock: Clock, random: Random, faults: Faults) {
    this.#scheduler = scheduler;
    this.#clock = clock;
    this.#random = random;
    this.faults = faults;
  }

  /** How long something takes that goes from one machine to another, in milliseconds. */
  hop(): number {
    const longest = this.#random.chance(this.faults.slow) ? this.faults.slowHop : this.faults.hop;
    return this.#random.whole(1, Math.max(1, Math.round(longest)));
  }

  start(kind: string, killed: () => void = () => undefined): Process {
    this.#started += 1;
    const process: Process = {
      name: `${kind}-${this.#started}`,
      alive: true,
      mayTouch: true,
      version: this.#drawVersion(),
      pace: this.#random.chance(this.faults.sluggish) ? this.#random.whole(2, SLOWEST) : 1,
      skew: this.#drawSkew(),
      now: () => this.#clock.at + process.skew,
      killed,
    };
    return process;
  }

  /** Has work done by a process of its own; `undefined` where that is killed, for it never ends then. */
  live<T>(kind: string, work: (process: Process) => Promise<T>): Promise<T | undefined> {
    return new Promise((resolve, reject) => {
      work(this.start(kind, () => resolve(undefined))).then(resolve, reject);
    });
  }

  kill(process: Process): void {
    if (!process.alive) return;
    process.alive = false;
    process.killed();
  }

  /** Ends the run. For what cannot be thrown, because whoever it would be thrown at catches it. */
  break(what: string): void {
    this.broken ??= new BrokenInvariant(what);
  }

  /** A call that is about to reach a table or a queue. */
  touches(process: Process, label: string): void {
    if (!process.mayTouch) this.break(`for a forged word: ${label}`);
  }

  /** What a handler logs of an error: those of the platform pass, anything else is a mistake of the service. */
  hears(message: string, { error, reason }: Record<string, unknown>): void {
    if (error !== undefined && !PASSING.has(String(error))) this.break(`${message}: ${error}: ${reason}`);
  }

  /** Errors of the platform pass; anything else is a mistake of the service, which must not be taken for a fault. */
  mustPass(error: unknown): void {
    if (error instanceof Error && PASSING.has(error.name)) return;
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.broken ??= error instanceof BrokenInvariant ? error : new BrokenInvariant(`the service failed: ${text}`);
  }

  /**
   * One call of a process to something outside of it: `effect` happens at one instant, somewhat later, and the answer comes
   * somewhat later still. On the way the process may be killed, the call turned away, or the answer lost. A process that is
   * dead never hears an answer; a call that it had sent may still have its effect.
   */
  call<T>(process: Process, label: string, effect: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      if (!process.alive) return;
      const happened = this.#happened(process, label);
      if (this.#random.chance(this.faults.skewed / SKEWS_AGAIN)) {
        const before = process.skew;
        process.skew = this.#drawSkew();
        if (process.skew < before) happened.clockBack += 1;
        if (process.skew > before) happened.clockAhead += 1;
      }
      const reply = (text: string, answer: () => void): void => {
        this.#scheduler.in(this.hop() * process.pace, `${process.name} hears ${label}`, () => {
          if (!process.alive) return 'but is dead';
          answer();
          return text;
        });
      };

      this.#scheduler.in(this.hop() * process.pace, `${process.name} ${label}`, () => {
        if (!process.alive && this.#random.chance(HALF)) return 'was not sent, the sender is dead';
        const fate = this.#fate(label);
        happened[fate] += 1;
        if (fate === 'killedBefore') {
          this.kill(process);
          return 'was not sent, the sender is killed';
        }
        if (fate === 'throttled' || fate === 'conflict') {
          const name = fate === 'throttled' ? 'ThrottlingException' : 'TransactionConflictException';
          reply(name, () => reject(new PassingFailure(name)));
          return fate;
        }
        const answer = settle(effect);
        if (fate === 'killedAfter') {
          this.kill(process);
          return 'done, then the sender is killed';
        }
        if (fate === 'replyLost') {
          reply('nothing in time', () => reject(new PassingFailure('TimeoutError')));
          return 'done, the answer is lost';
        }
        reply(answer.ok ? '' : describe(answer.error), () =>
          answer.ok ? resolve(answer.value) : reject(answer.error),
        );
        return answer.ok ? undefined : describe(answer.error);
      });
    });
  }

  #happened({ name }: Process, label: string): Happened {
    const [act, target = ''] = label.split(' ', 2);
    const kind = `${name.slice(0, name.lastIndexOf('-'))}: ${act === 'send' ? `send ${label.split(' ').at(-1)}` : `${act} ${act === 'tell' ? '' : target}`.trim()}`;
    const there = this.happened.get(kind) ?? { ...NOTHING_HAPPENED };
    this.happened.set(kind, there);
    return there;
  }

  /** In an outage every call is turned away, so that no number of tries helps. */
  #outage(): boolean {
    const { outages } = this.faults;
    if (outages === 0) return false;
    if (this.#random.chance(outages)) this.#outageEnds = this.#clock.at + this.#random.whole(1, MAX_OUTAGE);
    return this.#clock.at < this.#outageEnds;
  }

  /** A table without capacity turns writes away, and is read as ever. */
  #isDry(label: string): boolean {
    const { dry } = this.faults;
    const [act = '', table = ''] = label.split(' ', 2);
    if (dry === 0 || !WRITES.has(act)) return false;
    if (this.#random.chance(dry)) this.#dryUntil.set(table, this.#clock.at + this.#random.whole(1, MAX_OUTAGE));
    return this.#clock.at < (this.#dryUntil.get(table) ?? 0);
  }

  #fate(label: string): Fate {
    const { throttled, conflict, replyLost, kill } = this.faults;
    if (this.#outage() || this.#isDry(label)) return 'throttled';
    if (throttled + conflict + replyLost + kill === 0) return 'well';
    const drawn = this.#random.fraction();
    if (drawn < throttled) return 'throttled';
    if (drawn < throttled + conflict) return 'conflict';
    if (drawn < throttled + conflict + replyLost) return 'replyLost';
    if (drawn < throttled + conflict + replyLost + kill)
      return this.#random.chance(HALF) ? 'killedBefore' : 'killedAfter';
    return 'well';
  }

  #drawVersion(): Version {
    if (!this.#random.chance(this.faults.mixed)) return 'current';
    return this.#random.chance(HALF) ? 'earlier' : 'later';
  }

  #drawSkew(): number {
    return this.#random.chance(this.faults.skewed) ? this.#random.whole(-MAX_SKEW, MAX_SKEW) : 0;
  }
}

type Fate = 'well' | 'throttled' | 'conflict' | 'replyLost' | 'killedBefore' | 'killedAfter';

/** How often each fate met one kind of call, and how often the caller's clock jumped at it. */
export type Happened = Record<Fate | 'clockBack' | 'clockAhead', number>;

const NOTHING_HAPPENED: Readonly<Happened> = {
  well: 0,
  throttled: 0,
  conflict: 0,
  replyLost: 0,
  killedBefore: 0,
  killedAfter: 0,
  clockBack: 0,
  clockAhead: 0,
};

const PASSING = new Set(['ThrottlingException', 'TransactionConflictException', 'TimeoutError']);
/** Commands that write one item, as their calls are labelled. */
const WRITES: ReadonlySet<string> = new Set(['Put', 'Update']);
const HALF = 0.5;
/** A wrong clock jumps once in so many calls. */
const SKEWS_AGAIN = 20;

type Settled<T> = { ok: true; value: T } | { ok: false; error: unknown };

function settle<T>(effect: () => T): Settled<T> {
  try {
    return { ok: true, value: effect() };
  } catch (error) {
    // An invariant that breaks inside is no answer to anybody: it ends the run.
    if (error instanceof BrokenInvariant) throw error;
    return { ok: false, error };
  }
}

const describe = (error: unknown): string => (error instanceof Error ? error.name : String(error));

/** Something that must always hold does not. */
export class BrokenInvariant extends Error {
  constructor(what: string) {
    super(what);
    this.name = 'BrokenInvariant';
  }
}

/** What broke while something was told; `undefined` if nothing did. Whatever else fails is thrown. */
export async function brokenBy(tell: () => Promise<void>): Promise<string | undefined> {
  try {
    await tell();
    return undefined;
  } catch (error) {
    if (!(error instanceof BrokenInvariant)) throw error;
    return error.message;
  }
}

export function must(holds: boolean, what: string): asserts holds {
  if (!holds) throw new BrokenInvariant(what);
}
