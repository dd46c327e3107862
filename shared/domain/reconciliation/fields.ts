import { MAX_DONG } from '../money/dong.ts';
import type { Day } from '../time.ts';
import type { ColumnMap, TimeFormat } from './column-maps.ts';

/** Reads the fields of a settlement line straight from its bytes: nothing is trimmed, rounded or guessed. */

const ZERO = 0x30;
const NINE = 0x39;

/** Most digits of an amount: those of {@link MAX_DONG}. */
const AMOUNT_DIGITS = String(MAX_DONG).length;
const GROUP = 3;

/** No amount, no time: the field does not read. */
export const UNREADABLE = -1;

/**
 * A whole number of dong in plain ASCII digits, without leading zeros; {@link UNREADABLE} for signs, decimals, exponents,
 * spaces, other digits than 0 to 9, and amounts over the limit. `thousands` may separate groups of three.
 */
export function readAmount(bytes: Uint8Array, start: number, end: number, thousands: ColumnMap['thousands']): number {
  const separator = thousands?.charCodeAt(0) ?? UNREADABLE;
  let amount = 0;
  let digits = 0;
  /** Digits since the last separator; before the first one, UNREADABLE. */
  let group = UNREADABLE;
  for (let at = start; at < end; at++) {
    const byte = bytes[at] as number;
    if (byte === separator) {
      if (digits === 0 || (group === UNREADABLE ? digits > GROUP : group !== GROUP)) return UNREADABLE;
      group = 0;
      continue;
    }
    if (byte < ZERO || byte > NINE) return UNREADABLE;
    if (digits > 0 && amount === 0) return UNREADABLE;
    amount = amount * 10 + (byte - ZERO);
    if (++digits > AMOUNT_DIGITS) return UNREADABLE;
    if (group !== UNREADABLE) group++;
  }
  return digits === 0 || (group !== UNREADABLE && group !== GROUP) ? UNREADABLE : amount;
}

/** Visible ASCII without spaces: `least` to `most` of it. */
export function isVisibleAscii(bytes: Uint8Array, start: number, end: number, least: number, most: number): boolean {
  if (end - start < least || end - start > most) return false;
  for (let at = start; at < end; at++) {
    const byte = bytes[at] as number;
    if (byte <= 0x20 || byte >= 0x7f) return false;
  }
  return true;
}

const DAYS_OF_MONTH = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Reads the day of a payment time, as a number YYYYMMDD; {@link UNREADABLE} where there is no such time. */
export type DayReader = (bytes: Uint8Array, start: number, end: number) => number;

/** A reader for one way of writing times. The text is Vietnam time, so its day is the Vietnamese day. */
export function dayReader(format: TimeFormat): DayReader {
  const [years, months, days, hours, minutes, seconds] = ['yyyy', 'MM', 'dd', 'HH', 'mm', 'ss'].map((part) =>
    format.indexOf(part),
  ) as [number, number, number, number, number, number];
  /** The byte that stands at each place, 0 for a digit. */
  const written = Uint8Array.from(format, (character) => (/[a-zA-Z]/.test(character) ? 0 : character.charCodeAt(0)));

  return (bytes, start, end) => {
    if (end - start !== written.length) return UNREADABLE;
    for (let at = 0; at < written.length; at++) {
      const byte = bytes[start + at] as number;
      if (written[at] === 0 ? byte < ZERO || byte > NINE : byte !== written[at]) return UNREADABLE;
    }
    const two = (at: number): number =>
      10 * (bytes[start + at] as number) + (bytes[start + at + 1] as number) - 11 * ZERO;
    const [year, month, day] = [100 * two(years) + two(years + 2), two(months), two(days)];
    if (two(hours) > 23 || two(minutes) > 59 || two(seconds) > 59) return UNREADABLE;
    const leap = month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 1 : 0;
    if (!(day >= 1 && day <= (DAYS_OF_MONTH[month - 1] ?? 0) + leap)) return UNREADABLE;
    return year * 10_000 + month * 100 + day;
  };
}

/** A day as the number YYYYMMDD. */
export const dayNumber = (day: Day): number => Number(day.replaceAll('-', ''));
