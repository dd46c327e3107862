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
  const places = Object.fromEntries(
    ['yyyy', 'MM', 'dd', 'HH', 'mm', 'ss'].map((part) => [part, { at: format.indexOf(part), length: part.length }]),
  ) as Record<string, { at: number; length: number }>;
  const separators = [...format].flatMap((character, at) =>
    /[a-zA-Z]/.test(character) ? [] : [{ at, byte: character.charCodeAt(0) }],
  );

  return (bytes, start, end) => {
    if (end - start !== format.length) return UNREADABLE;
    for (const { at, byte } of separators) if (bytes[start + at] !== byte) return UNREADABLE;
    const part = (name: string): number => {
      const { at, length } = places[name] as { at: number; length: number };
      let value = 0;
      for (let index = start + at; index < start + at + length; index++) {
        const byte = bytes[index] as number;
        if (byte < ZERO || byte > NINE) return Number.NaN;
        value = value * 10 + (byte - ZERO);
      }
      return value;
    };
    const [year, month, day] = [part('yyyy'), part('MM'), part('dd')];
    // Written so that NaN refuses, too.
    if (!(part('HH') <= 23 && part('mm') <= 59 && part('ss') <= 59 && year >= 0)) return UNREADABLE;
    const leap = month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 1 : 0;
    if (!(day >= 1 && day <= (DAYS_OF_MONTH[month - 1] ?? 0) + leap)) return UNREADABLE;
    return year * 10_000 + month * 100 + day;
  };
}

/** A day as the number YYYYMMDD. */
export const dayNumber = (day: Day): number => Number(day.replaceAll('-', ''));
