import { type BusinessCalendar, businessCalendar, CalendarData } from '../domain/calendar.ts';
import { onFirstCall } from '../domain/on-first-call.ts';
import calendarFile from './calendar.json' with { type: 'json' };

const announced = onFirstCall(() => businessCalendar(CalendarData.parse(calendarFile)));

/** The business calendar of Vietnam as announced; the file names its sources and how sure each day is. */
export const vietnamCalendar: BusinessCalendar = {
  isWorkingDay: (day) => announced().isWorkingDay(day),
  workingDayFrom: (day) => announced().workingDayFrom(day),
  workingDayAfter: (day, count) => announced().workingDayAfter(day, count),
  deadline: (from, count) => announced().deadline(from, count),
  holiday: (day) => announced().holiday(day),
  isAnnounced: (day) => announced().isAnnounced(day),
};
