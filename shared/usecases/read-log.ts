import type { EntryLog, LogName, LogSubject } from '../domain/audit/audit.ts';
import { InvalidCursor } from '../domain/paging.ts';
import { Refusal } from '../domain/refusal.ts';
import { addDays, type Day, daysBetween, startOfDay, vietnamDay } from '../domain/time.ts';

/** Longest span of days that is read at once when everybody's entries are. */
const MAX_DAYS = 31;

/** Longest span of days of one record or one person: the term of accounting, and the two years for which reads are kept. */
export const MAX_DAYS_OF_ACTS = 3_660;
export const MAX_DAYS_OF_READS = 731;

export type LogFilter = {
  from: Day;
  to: Day;
  kind?: string | undefined;
  id?: string | undefined;
  person?: string | undefined;
  /** Where the page before ended: a place, or of everybody's entries a day, or a day, `~` and a place in it. */
  after?: string | undefined;
  limit: number;
};

type Entry = { by: string } & (
  | { subject: LogSubject; about?: readonly LogSubject[] | undefined }
  | { subjects: readonly LogSubject[] }
);
type Page<E> = { entries: E[]; nextAfter: string | undefined };

/** Entries of a log, oldest first. Refusal: range_too_wide. Throws InvalidCursor for a place of another question. */
export async function readLog<E extends Entry>(
  filter: LogFilter,
  log: EntryLog<E>,
  mostDays: number,
): Promise<Page<E>> {
  const name = nameIn(filter);
  if (addDays(filter.from, name ? mostDays : MAX_DAYS) <= filter.to) throw new Refusal('range_too_wide');
  return name ? ofName(filter, name, log) : ofDays(filter, log);
}

const nameIn = ({ kind, id, person }: LogFilter): LogName | undefined => {
  if (kind !== undefined && id !== undefined) return { subject: { kind, id } };
  return person === undefined ? undefined : { person };
};

async function ofName<E extends Entry>(filter: LogFilter, name: LogName, log: EntryLog<E>): Promise<Page<E>> {
  const { from, to, limit } = filter;
  const span = { from: startOfDay(from), to: startOfDay(addDays(to, 1)) };
  const entries: E[] = [];
  let { after } = filter;
  if (after !== undefined && !/^\d{13}#/.test(after)) throw new InvalidCursor();
  do {
    const page = await log.named(name, { ...span, after, limit: limit - entries.length });
    entries.push(...page.entries.filter((entry) => isWanted(entry, filter)));
    after = page.next;
  } while (after !== undefined && entries.length < limit);
  return { entries, nextAfter: after };
}

async function ofDays<E extends Entry>(filter: LogFilter, log: EntryLog<E>): Promise<Page<E>> {
  const { from, to, after, limit } = filter;
  const [begun = from, begunAfter] = after?.split('~', 2) ?? [];
  if (!isDay(begun)) throw new InvalidCursor();
  const entries: E[] = [];
  for (const day of daysBetween(begun > from ? begun : from, to)) {
    let place = day === begun ? begunAfter : undefined;
    do {
      const page = await log.ofDay({ day, after: place, limit: limit - entries.length });
      entries.push(...page.entries.filter((entry) => isWanted(entry, filter)));
      place = page.next;
      if (entries.length === limit)
        return { entries, nextAfter: place === undefined ? addDays(day, 1) : `${day}~${place}` };
    } while (place !== undefined);
  }
  return { entries, nextAfter: undefined };
}

const isDay = (text: string): boolean => !Number.isNaN(startOfDay(text)) && vietnamDay(startOfDay(text)) === text;

function isWanted(entry: Entry, { kind, id, person }: LogFilter): boolean {
  const subjects = 'subjects' in entry ? entry.subjects : [entry.subject, ...(entry.about ?? [])];
  return (
    (person === undefined || entry.by === person) &&
    subjects.some((subject) => (kind === undefined || subject.kind === kind) && (id === undefined || subject.id === id))
  );
}
