/** When a schedule of EventBridge is due (EventBridge Scheduler user guide, "Schedule types"). Minutes are the smallest step. */
export type Due = { every: number } | { matches(at: Date): boolean };

const MINUTE = 60_000;
const UNITS: Readonly<Record<string, number>> = { minute: MINUTE, hour: 60 * MINUTE, day: 1_440 * MINUTE };
const RATE = /^rate\((\d+) (minute|hour|day)s?\)$/;
const CRON = /^cron\(([^)]+)\)$/;
const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const WEEKDAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

/**
 * Reads `rate(5 minutes)` or `cron(minutes hours day-of-month month day-of-week year)`, the latter in that time zone.
 * Throws on anything else, `L`, `W` and `#` included.
 */
export function readSchedule(expression: string, timeZone: string): Due {
  const rate = RATE.exec(expression);
  if (rate) return { every: Number(rate[1]) * (UNITS[rate[2] ?? ''] ?? MINUTE) };
  const fields = CRON.exec(expression)?.[1]?.trim().split(/\s+/) ?? [];
  const [minutes, hours, days, months, weekdays, years] = fields;
  if (!minutes || !hours || !days || !months || !weekdays || !years || fields.length !== 6) {
    throw new Error(`schedule ${expression} is not known here`);
  }
  const clock = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    weekday: 'short',
  });
  const tests = {
    minute: among(minutes, 0, 59),
    hour: among(hours, 0, 23),
    day: among(days, 1, 31),
    month: among(months, 1, 12, MONTHS, 1),
    weekday: among(weekdays, 1, 7, WEEKDAYS, 1),
    year: among(years, 1970, 2199),
  };
  return {
    matches(at) {
      const parts = Object.fromEntries(clock.formatToParts(at).map(({ type, value }) => [type, value]));
      const weekday = WEEKDAYS.indexOf((parts['weekday'] ?? '').toUpperCase()) + 1;
      return (
        tests.minute(Number(parts['minute'])) &&
        tests.hour(Number(parts['hour'])) &&
        tests.day(Number(parts['day'])) &&
        tests.month(Number(parts['month'])) &&
        tests.weekday(weekday) &&
        tests.year(Number(parts['year']))
      );
    },
  };
}

/** One field: `*`, `?`, values, ranges, steps, lists. Names stand for their position, counted from `base`. */
function among(field: string, least: number, most: number, names: readonly string[] = [], base = 0) {
  const numberOf = (text: string): number => {
    const named = names.indexOf(text.toUpperCase());
    const value = named >= 0 ? named + base : Number(text);
    if (!Number.isInteger(value) || value < least || value > most) {
      throw new Error(`${field} is no field of a cron expression that is known here`);
    }
    return value;
  };
  const allowed = new Set<number>();
  for (const item of field.split(',')) {
    const [range = '', step] = item.split('/');
    const [from, to] = range.split('-');
    const open = range === '*' || range === '?';
    const first = open ? least : numberOf(from ?? '');
    const last = open || (step !== undefined && to === undefined) ? most : numberOf(to ?? from ?? '');
    const by = step === undefined ? 1 : Number(step);
    if (!Number.isInteger(by) || by < 1)
      throw new Error(`${field} is no field of a cron expression that is known here`);
    for (let value = first; value <= last; value += by) allowed.add(value);
  }
  return (value: number): boolean => allowed.has(value);
}
