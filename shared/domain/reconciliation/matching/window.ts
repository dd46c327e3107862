import type { BusinessCalendar } from '../../calendar.ts';
import { dayCount, dayFrom, type Sides } from './sides.ts';

/** Working days after its own day on which money may still arrive. Source: T+1 is usual, T+2 where a day is missed. */
export const WAITS_WORKING_DAYS = 2;

/** The last day on which money of a day may arrive, both counted from 1970-01-01. */
export type Window = (day: number) => number;

/** Days repeat a million times: each is reckoned once. */
export function windowOf(calendar: Pick<BusinessCalendar, 'workingDayAfter'>): Window {
  const known = new Map<number, number>();
  return (day) => {
    const there = known.get(day);
    if (there !== undefined) return there;
    const last = dayCount(calendar.workingDayAfter(dayFrom(day), WAITS_WORKING_DAYS));
    known.set(day, last);
    return last;
  };
}

/** Whether a line may be an item of ours by its day. */
export function isWithin(sides: Sides, window: Window, ours: number, theirs: number): boolean {
  const [own, booked] = [sides.ours.days[ours] as number, sides.theirs.days[theirs] as number];
  return booked >= own && booked <= window(own);
}
