import * as z from 'zod';
import { lazy } from './lazy.ts';
import { addDays, type Day, endOfDay, type Instant, vietnamDay } from './time.ts';

/**
 * Which days are worked. The weekly rest of offices is Saturday and Sunday; holidays, the days off that stand for holidays
 * on a rest day, and exchanged working days are data, each with the text behind it.
 */

const CalendarDay = lazy(() => z.iso.date());
const Confidence = lazy(() => z.enum(['high', 'medium', 'low']));
const Words = lazy(() => z.strictObject({ vi: z.string().min(1).max(80), en: z.string().min(1).max(80) }));

export const CalendarData = lazy(() =>
  z.strictObject({
    source: z.array(z.string().min(1)).min(1),
    /** The days whose year has been announced, both included. Beyond them only `everyYear` and what is listed is known. */
    announced: z.strictObject({ from: CalendarDay, to: CalendarDay }),
    /** Holidays on the same day of each year, from a first day on. */
    everyYear: z.array(
      z.strictObject({
        monthDay: z.string().regex(/^\d{2}-\d{2}$/),
        name: Words,
        from: CalendarDay,
        basis: z.string(),
      }),
    ),
    daysOff: z.array(
      z.strictObject({
        day: CalendarDay,
        /** `instead`: for a holiday on a rest day (Labour Code 2019, article 111.3); `exchanged`: worked on another day. */
        kind: z.enum(['holiday', 'instead', 'exchanged']),
        name: Words,
        basis: z.string().min(1),
        confidence: Confidence,
      }),
    ),
    /** Saturdays and Sundays that are worked instead of another day. */
    worked: z.array(
      z.strictObject({ day: CalendarDay, insteadOf: CalendarDay, basis: z.string().min(1), confidence: Confidence }),
    ),
  }),
);
export type CalendarData = z.infer<typeof CalendarData>;

/** The calendar of offices and banks, Asia/Ho_Chi_Minh. */
export type BusinessCalendar = {
  isWorkingDay(day: Day): boolean;
  /** The day itself where it is worked, else the next one that is. */
  workingDayFrom(day: Day): Day;
  /** The `count`th working day after a day, which is itself never counted (Civil Code 2015, article 147.2). `count` ≥ 1. */
  workingDayAfter(day: Day, count: number): Day;
  /** The last instant of the `count`th working day after the day of an instant (Civil Code 2015, article 148.5). */
  deadline(from: Instant, count: number): Instant;
  /** Why a day is not worked; `undefined` for a working day and for a plain weekend. */
  holiday(day: Day): { vi: string; en: string } | undefined;
  /** Whether the year of a day has been announced; beyond, Tết and exchanged days may be missing. */
  isAnnounced(day: Day): boolean;
};

/** Longest run of days without work that a calendar can hold: beyond it the data are wrong. */
const MAX_REST_DAYS = 31;
const SATURDAY = 6;
const SUNDAY = 0;

export function businessCalendar(data: CalendarData): BusinessCalendar {
  const off = new Map(data.daysOff.map(({ day, name }) => [day, name]));
  const worked = new Set(data.worked.map(({ day }) => day));

  const holiday = (day: Day) =>
    off.get(day) ?? data.everyYear.find(({ monthDay, from }) => day.endsWith(`-${monthDay}`) && day >= from)?.name;

  const isWorkingDay = (day: Day): boolean => {
    if (worked.has(day)) return true;
    const weekday = new Date(`${day}T00:00:00Z`).getUTCDay();
    return weekday !== SATURDAY && weekday !== SUNDAY && !holiday(day);
  };

  const workingDayFrom = (day: Day): Day => {
    for (let ahead = 0; ahead <= MAX_REST_DAYS; ahead += 1) {
      const candidate = addDays(day, ahead);
      if (isWorkingDay(candidate)) return candidate;
    }
    throw new RangeError(`no working day within ${MAX_REST_DAYS} days of ${day}`);
  };

  const workingDayAfter = (day: Day, count: number): Day => {
    if (!Number.isSafeInteger(count) || count < 1) throw new RangeError('count at least one working day');
    let reached = day;
    for (let counted = 0; counted < count; counted += 1) reached = workingDayFrom(addDays(reached, 1));
    return reached;
  };

  return {
    isWorkingDay,
    workingDayFrom,
    workingDayAfter,
    deadline: (from, count) => endOfDay(workingDayAfter(vietnamDay(from), count)),
    holiday: (day) => (worked.has(day) ? undefined : holiday(day)),
    isAnnounced: (day) => day >= data.announced.from && day <= data.announced.to,
  };
}
