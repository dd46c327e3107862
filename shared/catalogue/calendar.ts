import { businessCalendar, CalendarData } from '../domain/calendar.ts';
import calendarFile from './calendar.json' with { type: 'json' };

/** The business calendar of Vietnam as announced; the file names its sources and how sure each day is. */
export const vietnamCalendar = businessCalendar(CalendarData.parse(calendarFile));
