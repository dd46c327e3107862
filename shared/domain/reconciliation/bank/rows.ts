import { DAY_MILLISECONDS, type Day } from '../../time.ts';
import { dayOf, fullYear } from './day.ts';
import type { DayFormat, StatementMap } from './maps.ts';
import { BankFileFault } from './model.ts';
import { minorUnits } from './money.ts';

/** What delimited and fixed-width statements have in common: how days, amounts and signs are written. */

const DAY_PATTERNS: Readonly<Record<Exclude<DayFormat, 'yyDDD'>, RegExp>> = {
  'dd/MM/yyyy': /^(?<d>\d{1,2})\/(?<m>\d{1,2})\/(?<y>\d{4})(?:\s.*)?$/,
  'dd-MM-yyyy': /^(?<d>\d{1,2})-(?<m>\d{1,2})-(?<y>\d{4})(?:\s.*)?$/,
  'yyyy-MM-dd': /^(?<y>\d{4})-(?<m>\d{2})-(?<d>\d{2})(?:[T\s].*)?$/,
  yyyyMMdd: /^(?<y>\d{4})(?<m>\d{2})(?<d>\d{2})$/,
  ddMMyyyy: /^(?<d>\d{2})(?<m>\d{2})(?<y>\d{4})$/,
};

/** The day; a time beside it is the bank's own and moves nothing. Throws {@link BankFileFault}. */
export function readDay(text: string, format: DayFormat, line: number): Day {
  const day = format === 'yyDDD' ? dayOfYear(text) : calendarDay(text, DAY_PATTERNS[format]);
  if (!day) throw new BankFileFault(line, 'day_malformed');
  return day;
}

function calendarDay(text: string, pattern: RegExp): Day | undefined {
  const { y, m, d } = pattern.exec(text)?.groups ?? {};
  return dayOf(Number(y), Number(m), Number(d));
}

/** Two digits of year, three of the day in it. */
function dayOfYear(text: string): Day | undefined {
  if (!/^\d{5}$/.test(text)) return undefined;
  const year = fullYear(Number(text.slice(0, 2)));
  const at = new Date(Date.UTC(year, 0, Number(text.slice(2))));
  return at.getUTCFullYear() === year ? dayOf(year, at.getUTCMonth() + 1, at.getUTCDate()) : undefined;
}

/** Minor units of an amount without a sign; nothing is rounded, nothing guessed. Throws {@link BankFileFault}. */
export function readUnsigned(text: string, { decimals, currency }: StatementMap, line: number): bigint {
  const fail = (): never => {
    throw new BankFileFault(line, 'amount_malformed');
  };
  const { point, thousands } = decimals;
  if (point === 'implied') return /^\d{1,18}$/.test(text) ? BigInt(text) : fail();
  const [whole = '', fraction, more] = text.split(point);
  if (more !== undefined) return fail();
  const groups = thousands === null ? [whole] : whole.split(thousands);
  const isGrouped =
    groups.length === 1 || groups.every((group, at) => (at === 0 ? /^\d{1,3}$/ : /^\d{3}$/).test(group));
  if (!isGrouped) return fail();
  const minor = minorUnits(fraction === undefined ? groups.join('') : `${groups.join('')}.${fraction}`, currency);
  if (minor === 'too_fine') throw new BankFileFault(line, 'amount_too_fine');
  return minor === 'malformed' ? fail() : minor;
}

/** The same with a sign before it, with a minus behind it, or in brackets as bookkeepers write debits. */
export function readSigned(text: string, map: StatementMap, line: number): bigint {
  const negative = /^-(.*)$/.exec(text)?.[1] ?? /^(.*)-$/.exec(text)?.[1] ?? /^\((.*)\)$/.exec(text)?.[1];
  if (negative !== undefined) return -readUnsigned(negative.trim(), map, line);
  return readUnsigned(text.startsWith('+') ? text.slice(1) : text, map, line);
}

/** The days that spreadsheets call 0 (ECMA-376 part 1, section 18.17.4.1): they count a 29 February 1900 that never was. */
const EPOCHS = { 1900: Date.UTC(1899, 11, 30), 1904: Date.UTC(1904, 0, 1) };
/** From when a spreadsheet counts its days. */
export type Epoch = keyof typeof EPOCHS;
/** Serials that are days of 2000 to 2100, counted from 1900. */
const SERIALS = { from: 36_526, to: 73_050 };

/** A day as spreadsheets count or write them (ECMA-376 part 1, section 18.17.4); undefined for what is none of our time. */
export function sheetDay(text: string, epoch: Epoch): Day | undefined {
  const written = /^(\d{4})-(\d{2})-(\d{2})(?:T.*)?$/.exec(text);
  if (written) return dayOf(Number(written[1]), Number(written[2]), Number(written[3]));
  const serial = /^(\d{5})(?:[.,]\d+)?$/.exec(text)?.[1];
  if (serial === undefined) return undefined;
  const since1900 = Number(serial) + (EPOCHS[epoch] - EPOCHS[1900]) / DAY_MILLISECONDS;
  if (since1900 < SERIALS.from || since1900 > SERIALS.to) return undefined;
  return new Date(EPOCHS[1900] + since1900 * DAY_MILLISECONDS).toISOString().slice(0, 10);
}
