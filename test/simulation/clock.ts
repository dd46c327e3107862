import type { Instant } from '../../shared/domain/time.ts';

/** When every simulated story begins: noon of a working day in Viet Nam. */
export const BEGIN: Instant = Date.parse('2026-11-20T12:00:00+07:00');

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** The true time of the simulated world. Processes see it through clocks of their own, which may be wrong. */
export class Clock {
  at: Instant = BEGIN;

  /** Moves to an instant; never back. */
  advanceTo(at: Instant): void {
    if (at < this.at) throw new Error('true time never goes back');
    this.at = at;
  }

  /** Since the beginning, for people: `+0d00:12:03.250`. */
  get told(): string {
    const since = this.at - BEGIN;
    return `+${Math.floor(since / DAY)}d${new Date(since % DAY).toISOString().slice(11, 23)}`;
  }
}
