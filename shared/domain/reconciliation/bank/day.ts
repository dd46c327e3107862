import type { Day } from '../../time.ts';

const DAYS_OF_MONTH = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** The day, or undefined where the calendar has none: 30 February does occur in statements. */
export function dayOf(year: number, month: number, day: number): Day | undefined {
  const leap = month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 1 : 0;
  if (!(day >= 1 && day <= (DAYS_OF_MONTH[month - 1] ?? 0) + leap)) return undefined;
  const two = (value: number) => String(value).padStart(2, '0');
  return `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}` as Day;
}

/** Two-digit years of bank files: 80–99 are of the last century. */
export const fullYear = (two: number): number => (two >= 80 ? 1900 + two : 2000 + two);

/** YYMMDD; undefined for what is no day. */
export function shortDay(text: string): Day | undefined {
  if (!/^\d{6}$/.test(text)) return undefined;
  return dayOf(fullYear(Number(text.slice(0, 2))), Number(text.slice(2, 4)), Number(text.slice(4, 6)));
}
