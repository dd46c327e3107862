import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { vietnamCalendar as calendar } from '../../shared/catalogue/calendar.ts';
import { businessCalendar, CalendarData } from '../../shared/domain/calendar.ts';
import { addDays, daysBetween, endOfDay, startOfDay } from '../../shared/domain/time.ts';

const data = CalendarData.parse(
  JSON.parse(readFileSync(new URL('../../shared/catalogue/calendar.json', import.meta.url), 'utf8')),
);
const weekday = (day: string) => new Date(`${day}T00:00:00Z`).getUTCDay();
const isRestDay = (day: string) => weekday(day) === 0 || weekday(day) === 6;

describe('the business calendar', () => {
  it.each([
    ['a Friday', '2026-11-27', true],
    ['a Saturday', '2026-11-28', false],
    ['a Sunday', '2026-11-29', false],
    ['Vietnamese Culture Day', '2026-11-24', false],
    ['Tết', '2026-02-17', false],
    ['the day for Hùng Kings on a Sunday', '2026-04-27', false],
    ['an exchanged Friday', '2026-01-02', false],
    ['the Saturday that is worked instead', '2026-01-10', true],
    ['a holiday of a year that nobody announced', '2031-09-02', false],
    ['24 November of a year before it was a holiday', '2025-11-24', true],
  ])('knows %s (%s)', (_, day, worked) => expect(calendar.isWorkingDay(day)).toBe(worked));

  it('names why a weekday is off, and no weekend', () => {
    expect(calendar.holiday('2026-02-17')).toEqual({ vi: 'Tết Nguyên đán', en: 'Lunar New Year' });
    expect(calendar.holiday('2026-11-28')).toBeUndefined();
    expect(calendar.holiday('2026-08-22')).toBeUndefined();
  });

  it.each([
    ['a Thursday', '2026-11-26T15:00:00+07:00', 1, '2026-11-27'],
    ['the last millisecond of a Friday', '2026-11-27T23:59:59.999+07:00', 1, '2026-11-30'],
    ['the first of a Saturday', '2026-11-28T00:00:00+07:00', 1, '2026-11-30'],
    ['the eve of Tết', '2026-02-13T09:00:00+07:00', 1, '2026-02-23'],
    ['the eve of a worked Saturday', '2026-08-21T09:00:00+07:00', 1, '2026-08-22'],
    ['year’s end', '2026-12-31T23:30:00+07:00', 1, '2027-01-04'],
    ['a Thursday, three days', '2026-11-26T15:00:00+07:00', 3, '2026-12-01'],
  ])('ends one or more working days after %s (scenario 46)', (_, from, count, day) =>
    expect(calendar.deadline(Date.parse(from), count)).toBe(endOfDay(day)),
  );

  it('says where its announcements end', () => {
    expect(calendar.isAnnounced('2026-12-31')).toBe(true);
    expect(calendar.isAnnounced('2027-01-01')).toBe(false);
  });

  it('counts at least one day, and refuses data without a working day', () => {
    expect(() => calendar.workingDayAfter('2026-11-27', 0)).toThrow(RangeError);
    expect(() => calendar.workingDayAfter('2026-11-27', 1.5)).toThrow(RangeError);
    const daysOff = daysBetween('2026-12-01', '2027-02-28').map((day) => ({
      day,
      kind: 'holiday' as const,
      name: { vi: 'nghỉ', en: 'off' },
      basis: 'none',
      confidence: 'low' as const,
    }));
    expect(() => businessCalendar({ ...data, daysOff, worked: [] }).workingDayFrom('2026-12-01')).toThrow(RangeError);
  });

  it('never ends on a day off and skips no working day', () => {
    const days = fc.integer({ min: 0, max: 1_500 }).map((ahead) => addDays('2025-01-01', ahead));
    fc.assert(
      fc.property(days, fc.integer({ min: 1, max: 20 }), (day, count) => {
        const reached = calendar.workingDayAfter(day, count);
        expect(calendar.isWorkingDay(reached)).toBe(true);
        expect(daysBetween(addDays(day, 1), reached).filter(calendar.isWorkingDay)).toHaveLength(count);
        expect(calendar.deadline(startOfDay(day), count)).toBe(endOfDay(reached));
      }),
    );
  });
});

describe('the calendar’s data', () => {
  const off = new Set(data.daysOff.map(({ day }) => day));

  it('take weekdays off and let rest days be worked, each once', () => {
    expect(off.size).toBe(data.daysOff.length);
    expect([...off].filter(isRestDay)).toEqual([]);
    expect(data.worked.map(({ day }) => day).filter((day) => !isRestDay(day))).toEqual([]);
  });

  it('exchange one day off for each day worked', () => {
    const exchanged = data.daysOff.filter(({ kind }) => kind === 'exchanged').map(({ day }) => day);
    expect(data.worked.map(({ insteadOf }) => insteadOf).sort()).toEqual(exchanged.sort());
  });

  it('have the statutory number of days off in each announced year', () => {
    // Labour Code 2019, article 112: 1 + 5 + 1 + 1 + 1 + 2 days; one more from 2026.
    const ofYear = (year: string) =>
      data.daysOff.filter(({ day, kind }) => day.startsWith(year) && kind !== 'exchanged').length;
    expect([ofYear('2025'), ofYear('2026')]).toEqual([11, 12]);
  });
});
