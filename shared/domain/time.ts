/** Vietnam keeps UTC+7 all year; legal days, deadlines and provider times are written in it. */
export const VIETNAM_OFFSET_MINUTES = 7 * 60;

export const MINUTE_MILLISECONDS = 60_000;
export const SECOND_MILLISECONDS = 1000;
export const DAY_MILLISECONDS = 24 * 60 * MINUTE_MILLISECONDS;

/** A point in time in milliseconds since 1970-01-01T00:00:00Z. */
export type Instant = number;

/** A day of the Vietnamese calendar, `YYYY-MM-DD`. */
export type Day = string;

const shifted = (at: Instant): string => new Date(at + VIETNAM_OFFSET_MINUTES * MINUTE_MILLISECONDS).toISOString();

/** Days that were asked for last, by their number since 1970: a million instants of a run lie on a few days. A power of two. */
const lastDays = new Array<{ number: number; day: Day } | undefined>(8);

/** The calendar day in Asia/Ho_Chi_Minh at an instant, whatever zone the process runs in. */
export function vietnamDay(at: Instant): Day {
  const number = Math.floor((at + VIETNAM_OFFSET_MINUTES * MINUTE_MILLISECONDS) / DAY_MILLISECONDS);
  const place = number & (lastDays.length - 1);
  const there = lastDays[place];
  if (there?.number === number) return there.day;
  const day = shifted(at).slice(0, 10);
  lastDays[place] = { number, day };
  return day;
}

/** RFC 3339 with `+07:00`; milliseconds only where there are any. */
export function formatInstant(at: Instant): string {
  return `${shifted(at).slice(0, 23).replace('.000', '')}+07:00`;
}

/** The first instant of a Vietnamese day. */
export function startOfDay(day: Day): Instant {
  return Date.parse(`${day}T00:00:00+07:00`);
}

/** The last millisecond of a Vietnamese day. */
export function endOfDay(day: Day): Instant {
  return startOfDay(day) + DAY_MILLISECONDS - 1;
}

/**
 * Moves a day by whole days, also across months and years. Throws RangeError beyond the years 0 to 9999, whose days are
 * written in another form and would be compared wrongly.
 */
export function addDays(day: Day, days: number): Day {
  const moved = vietnamDay(startOfDay(day) + days * DAY_MILLISECONDS);
  if (!/^\d{4}-/.test(moved)) throw new RangeError(`${days} days from ${day} are beyond the years 0 to 9999`);
  return moved;
}

/** Days from `from` to `to`, both included. */
export function daysBetween(from: Day, to: Day): Day[] {
  const days: Day[] = [];
  for (let day = from; day <= to; day = addDays(day, 1)) days.push(day);
  return days;
}

/** `yyyyMMddHHmmss` in Vietnam time, as VNPAY and others write it (24-hour clock). */
export function compactVietnamTime(at: Instant): string {
  return shifted(at).slice(0, 19).replace(/[-:T]/g, '');
}

/** Reads `yyyyMMddHHmmss` in Vietnam time. Answers `undefined` for anything that is no such instant (30 February, hour 25). */
export function readCompactVietnamTime(text: string): Instant | undefined {
  const parts = /^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})$/.exec(text);
  if (!parts) return undefined;
  const [, year, month, day, hour, minute, second] = parts;
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined;
  const local = new Date(
    Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second)),
  );
  // The 30th of February is counted on into March, a 13th month into the next year, and the year 99 is 1999.
  const isThere =
    local.getUTCDate() === Number(day) &&
    local.getUTCMonth() === Number(month) - 1 &&
    local.getUTCFullYear() === Number(year);
  return isThere ? local.getTime() - VIETNAM_OFFSET_MINUTES * MINUTE_MILLISECONDS : undefined;
}

/** Reads `yyyy-MM-dd HH:mm:ss` in Vietnam time. Answers `undefined` for anything that is no such instant. */
export function readSpacedVietnamTime(text: string): Instant | undefined {
  if (!/^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$/.test(text)) return undefined;
  return readCompactVietnamTime(text.replace(/[-: ]/g, ''));
}

/** `yyMMdd` of the Vietnamese day, as ZaloPay puts before an order's number. */
export function shortVietnamDay(at: Instant): string {
  return compactVietnamTime(at).slice(2, 8);
}
