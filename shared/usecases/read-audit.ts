import type { Act, ActSubject, AuditLog } from '../domain/audit/audit.ts';
import { Refusal } from '../domain/refusal.ts';
import { addDays, type Day, daysBetween } from '../domain/time.ts';

/** Longest span of days that is read at once. */
const MAX_DAYS = 31;

export type AuditFilter = {
  from: Day;
  to: Day;
  kind?: ActSubject['kind'] | undefined;
  id?: string | undefined;
  person?: string | undefined;
  /** Where the page before ended: a day, or a day, `~` and a place in it. */
  after?: string | undefined;
  limit: number;
};

/** Entries of the log, oldest first. Refusal: range_too_wide. */
export async function readAudit(
  { from, to, kind, id, person, after, limit }: AuditFilter,
  audit: Pick<AuditLog, 'ofDay'>,
): Promise<{ acts: Act[]; nextAfter: string | undefined }> {
  if (addDays(from, MAX_DAYS) <= to) throw new Refusal('range_too_wide');
  const [begun = from, begunAfter] = after?.split('~', 2) ?? [];
  const acts: Act[] = [];
  for (const day of daysBetween(begun > from ? begun : from, to)) {
    let place = day === begun ? begunAfter : undefined;
    do {
      const page = await audit.ofDay({ day, after: place, limit: limit - acts.length });
      acts.push(
        ...page.acts.filter(
          ({ subject, by }) =>
            (kind === undefined || subject.kind === kind) &&
            (id === undefined || subject.id === id) &&
            (person === undefined || by === person),
        ),
      );
      place = page.next;
      if (acts.length === limit) return { acts, nextAfter: place === undefined ? addDays(day, 1) : `${day}~${place}` };
    } while (place !== undefined);
  }
  return { acts, nextAfter: undefined };
}
