import {
  type AgencyProgress,
  type Aggregate,
  type AggregateBook,
  type AggregateName,
  MAX_ROWS_A_STEP,
  nameOf,
  type TakingFigures,
} from '../domain/aggregates/aggregate.ts';
import { ServicesOfDay } from '../domain/aggregates/services.ts';
import { noTakings, withEntry } from '../domain/aggregates/takings.ts';
import type { InvoiceBook } from '../domain/invoice/book.ts';
import { COMMIT_DAYS_AFTER, COMMIT_DAYS_BEFORE } from '../domain/ledger/accounting-date.ts';
import { comparePositions, isOfPayers, type JournalEntry, type JournalReader } from '../domain/ledger/journal.ts';
import { UNASSIGNED } from '../domain/ledger/ledger.ts';
import { cursorBefore, type FeedCursor, type FeedPage } from '../domain/notification/feed.ts';
import type { RegistryReader } from '../domain/registry/book.ts';
import { addDays, type Day, daysBetween, type Instant, startOfDay, vietnamDay } from '../domain/time.ts';
import { invoicesMade } from './invoices-made.ts';
import { type FeedDependencies, readFeed } from './read-feed.ts';

/** Days back of which dossiers are counted anew: those that are paid later are told of by the ledger alone. */
export const SERVICE_DAYS = 31;
/** Entries that are read at once, and how many times before what they came to is told. */
const PAGE = 100;
const PAGES_A_STEP = 20;

export type TellDependencies = FeedDependencies & {
  journal: JournalReader;
  aggregates: AggregateBook;
  invoices: Pick<InvoiceBook, 'findMany' | 'ofAgencyDay'>;
  registry: Pick<RegistryReader, 'agencyCodes'>;
  /** Procedures that ask for a fee on a day. */
  feeProcedures: (day: Day) => Promise<ReadonlySet<string>>;
  /** The day before which there is nothing. */
  first: Day;
};

/** `behind`: agencies that were not told to the end, because the time was over or somebody else was at it. */
export type Told = { agencies: number; rows: number; behind: number };

/**
 * Tells every agency's days that changed. Takings follow the ledger's feed, which gives each entry at least once: what
 * comes in its order is added, and a day of which something is late, or comes again, is counted anew. The rows and how far
 * the feed is read are one write. The dossiers of the days before are counted anew once a day. Begins no agency and no step
 * after `until`; what is left comes in the next run.
 */
export async function tellAggregates(until: Instant, dependencies: TellDependencies): Promise<Told> {
  const told: Told = { agencies: 0, rows: 0, behind: 0 };
  for (const agencyCode of [...(await dependencies.registry.agencyCodes()), UNASSIGNED]) {
    const { rows, whole } =
      dependencies.now() < until ? await tellAgency(agencyCode, until, dependencies) : { rows: 0, whole: false };
    told.rows += rows;
    if (whole) told.agencies += 1;
    else told.behind += 1;
  }
  return told;
}

/** How many rows were told, and whether that was all: not where somebody else tells at the same time, or time is over. */
async function tellAgency(
  agencyCode: string,
  until: Instant,
  dependencies: TellDependencies,
): Promise<{ rows: number; whole: boolean }> {
  const { aggregates, first, now } = dependencies;
  let progress = (await aggregates.progress(agencyCode)) ?? {
    ...{ version: 0, cursor: cursorBefore(startOfDay(first), 0), countedOn: null },
  };
  let told = 0;
  const tell = async (rows: readonly Row[], next: AgencyProgress): Promise<boolean> => {
    const changed = await changedRows(agencyCode, rows, dependencies);
    if (changed.length === 0 && next === progress) return true;
    const after = { ...next, version: progress.version + 1 };
    const step = { agencyCode, before: progress.version, last: await aggregates.last(), after, rows: changed };
    if (!(await aggregates.tell(step))) return false;
    told += changed.length;
    progress = after;
    return true;
  };

  for (let more = true; more; ) {
    if (now() >= until) return { rows: told, whole: false };
    const step = await takings(agencyCode, progress, dependencies);
    if (!(await tell(step.rows, step.progress))) return { rows: told, whole: false };
    more = step.more;
  }
  const today = vietnamDay(now());
  if (progress.countedOn === today) return { rows: told, whole: true };
  for await (const row of services(agencyCode, today, dependencies))
    if (!(await tell([row], progress))) return { rows: told, whole: false };
  return { whole: await tell([], { ...progress, countedOn: today }), rows: told };
}

type Row = { name: AggregateName; from: (before: Aggregate | undefined) => Aggregate['figures'] };

/** The rows with their next revisions, less those that say what was said before. */
async function changedRows(
  agencyCode: string,
  rows: readonly Row[],
  { aggregates, now }: TellDependencies,
): Promise<Aggregate[]> {
  if (rows.length === 0) return [];
  const latest = await aggregates.latest(
    agencyCode,
    rows.map(({ name }) => nameOf(name)),
  );
  return rows.flatMap(({ name, from }) => {
    const before = latest.get(nameOf(name));
    const figures = from(before);
    if (before && JSON.stringify(before.figures) === JSON.stringify(figures)) return [];
    return [{ ...name, revision: (before?.revision ?? 0) + 1, toldAt: now(), figures } as Aggregate];
  });
}

type TakingsName = Extract<AggregateName, { kind: 'takings' }>;
/** A row that changes, and what is added to it; `anew`: something of it came late or again, so that it is counted anew. */
type Change = { name: TakingsName; added: JournalEntry[]; anew: boolean };

const takingsOf = ({ agencyCode, accountingDate, providerId }: JournalEntry): TakingsName => ({
  ...{ kind: 'takings', day: accountingDate, agencyCode, providerId },
});

/** The next entries of the feed, in the rows of their days. */
async function takings(
  agencyCode: string,
  progress: AgencyProgress,
  dependencies: TellDependencies,
): Promise<{ rows: Row[]; progress: AgencyProgress; more: boolean }> {
  const changes = new Map<string, Change>();
  let reached = progress.cursor;
  let more = true;
  for (let pages = 0; more && pages < PAGES_A_STEP; pages += 1) {
    const page = await readFeed({ agencyCode, cursor: reached, limit: PAGE }, dependencies);
    const { next, whole } = gather(page, reached, changes);
    reached = next;
    more = !(whole && page.caughtUp);
    if (!whole) break;
  }
  const counted = await countAnew(agencyCode, [...changes.values()], reached, dependencies);
  const moved = JSON.stringify(reached) !== JSON.stringify(progress.cursor);
  return {
    rows: [...changes.values()].map(({ name, added, anew }) => ({
      name,
      from: (before) =>
        anew
          ? (counted.get(nameOf(name)) ?? noTakings())
          : added.reduce(withEntry, before?.kind === 'takings' ? before.figures : noTakings()),
    })),
    progress: moved ? { ...progress, cursor: reached } : progress,
    more,
  };
}

/** Takes a page that was read from `cursor` into the changes; not `whole` where they are as many as a step can tell. */
function gather(
  { items, cursor: end }: FeedPage,
  cursor: FeedCursor,
  changes: Map<string, Change>,
): { next: FeedCursor; whole: boolean } {
  let next = cursor;
  for (const { entry, after } of items) {
    if (isOfPayers(entry)) {
      const name = takingsOf(entry);
      const change = changes.get(nameOf(name)) ?? { name, added: [], anew: false };
      if (!changes.has(nameOf(name)) && changes.size === MAX_ROWS_A_STEP) return { next, whole: false };
      // The feed gives what stands behind the cursor when it is written down as late, as often as that is done.
      if (comparePositions(entry, cursor) <= 0) change.anew = true;
      else change.added.push(entry);
      changes.set(nameOf(name), change);
    }
    next = after;
  }
  return { next: end, whole: true };
}

/** What the journal holds of the rows that are counted anew, up to where the feed is read. */
async function countAnew(
  agencyCode: string,
  changes: readonly Change[],
  reached: FeedCursor,
  { journal }: Pick<TellDependencies, 'journal'>,
): Promise<ReadonlyMap<string, TakingFigures>> {
  const anew = changes.flatMap((change) => (change.anew ? [change.name] : []));
  const counted = new Map(anew.map((name) => [nameOf(name), noTakings()]));
  const days = new Set(
    anew.flatMap(({ day }) => [...daysBetween(addDays(day, -COMMIT_DAYS_BEFORE), addDays(day, COMMIT_DAYS_AFTER))]),
  );
  for (const day of days)
    for await (const entry of journal.ofDay({ agencyCode, day })) {
      const name = nameOf(takingsOf(entry));
      const figures = counted.get(name);
      if (figures && isOfPayers(entry) && comparePositions(entry, reached) <= 0)
        counted.set(name, withEntry(figures, entry));
    }
  return counted;
}

/** The dossiers of the days before today, counted anew. A day without invoices says nothing; none is ever taken away. */
async function* services(
  agencyCode: string,
  today: Day,
  { invoices, feeProcedures, first, now }: TellDependencies,
): AsyncGenerator<Row> {
  const since = addDays(today, -SERVICE_DAYS);
  for (const day of daysBetween(since < first ? first : since, addDays(today, -1))) {
    const counted = new ServicesOfDay();
    for await (const page of invoicesMade({ agencyCodes: [agencyCode], days: [day], asOf: now() }, invoices))
      for (const invoice of page) counted.add(invoice);
    const figures = counted.figures((await feeProcedures(day)).size);
    if (figures.procedures.length > 0) yield { name: { kind: 'services', day, agencyCode }, from: () => figures };
  }
}
