import type { Instant } from '../../shared/domain/time.ts';
import type { Clock } from './clock.ts';
import type { History } from './history.ts';

/** One thing that will happen. What it answers, if anything, is added to its line of the history. */
type Step = { at: Instant; order: number; label: string; act: () => string | undefined; dropped?: boolean };

/**
 * Everything that happens, happens here, one step after the other: by simulated time, then in the order of asking. Between
 * two steps every promise that can go on goes on, and nothing else ever runs.
 */
export class Scheduler {
  /** A binary heap; the next step stands first. */
  readonly #steps: Step[] = [];
  readonly #clock: Clock;
  readonly #history: History;
  #asked = 0;

  constructor(clock: Clock, history: History) {
    this.#clock = clock;
    this.#history = history;
  }

  /** Asks for a step in so many milliseconds. Answers how to drop it. */
  in(milliseconds: number, label: string, act: () => string | undefined): () => void {
    const at = this.#clock.at + Math.max(0, Math.round(milliseconds));
    const step: Step = { at, order: this.#asked, label, act };
    this.#push(step);
    this.#asked += 1;
    return () => {
      step.dropped = true;
    };
  }

  /** Goes on after so many simulated milliseconds. */
  pause(milliseconds: number, label: string): Promise<void> {
    return new Promise((resolve) => {
      this.in(milliseconds, label, () => {
        resolve();
        return undefined;
      });
    });
  }

  /** Takes the next step, and lets everything follow from it that can. False when nothing waits any more. */
  async step(): Promise<boolean> {
    let next = this.#pop();
    while (next?.dropped) next = this.#pop();
    if (!next) return false;
    this.#clock.advanceTo(next.at);
    const line = `${this.#clock.told}  ${next.label}`;
    let note: string | undefined = 'and here it breaks';
    try {
      note = next.act();
    } finally {
      this.#history.add(note ? `${line}: ${note}` : line);
    }
    await new Promise(setImmediate);
    return true;
  }

  #push(step: Step): void {
    const steps = this.#steps;
    let place = steps.push(step) - 1;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      const above = steps[parent];
      if (!above || isBefore(above, step)) break;
      steps[place] = above;
      place = parent;
    }
    steps[place] = step;
  }

  #pop(): Step | undefined {
    const steps = this.#steps;
    const first = steps[0];
    const last = steps.pop();
    if (!first || !last || steps.length === 0) return first;
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      const left = steps[child];
      const right = steps[child + 1];
      if (!left) break;
      const lesser = right && isBefore(right, left) ? right : left;
      if (lesser === right) child += 1;
      if (isBefore(last, lesser)) break;
      steps[place] = lesser;
      place = child;
    }
    steps[place] = last;
    return first;
  }
}

const isBefore = (one: Step, other: Step): boolean =>
  one.at < other.at || (one.at === other.at && one.order < other.order);
