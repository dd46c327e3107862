import {
  type AgencyProgress,
  type Aggregate,
  type AggregateBook,
  type AggregateName,
  MAX_ROWS_A_STEP,
  nameOf,
} from '../domain/aggregates/aggregate.ts';
import { ServicesOfDay } from '../domain/aggregates/services.ts';
import { noTakings, withEntry } from '../domain/aggregates/takings.ts';
import type { InvoiceBook } from '../domain/invoice/book.ts';
import { isOfPayers } from '../domain/ledger/journal.ts';
import { UNASSIGNED } from '../domain/ledger/ledger.ts';
import { cursorBefore } from '../domain/notification/feed.ts';
import type { RegistryReader } from '../domain/registry/book.ts';
import { addDays, type Day, daysBetween, type Instant, startOfDay, vietnamDay } from '../domain/time.ts';
import { invoicesMade } from './invoices-made.ts';
import { type FeedDependencies, readFeed } from './read-feed.ts';

/** Days back of which dossiers are counted anew: those that are paid later are told of by the ledger alone. */
export const SERVICE_DAYS = 31;
/** Entries that are added up at once. */
const PAGE = 100;

export type TellDependencies = FeedDependencies & {
  aggregates: AggregateBook;
  invoices: Pick<InvoiceBook, 'findMany' | 'ofAgencyDay'>;
  registry: Pick<RegistryReader, 'agencyCodes'>;
  /** Procedures that ask for a fee on a day. */
  feeProcedures: (day: Day) => Promise<ReadonlySet<string>>;
  /** The day before which there is nothing. */
  first: Day;
};

/** `behind`: agencies that were not looked at, because the time was over or somebody else was at it. */
export type Told = { agencies: number; rows: number; behind: number };

/**
 * Tells every agency's days that changed. Takings follow the ledger's feed as a reader of it does: each entry is added once,
 * whenever it comes, and the row and how far the feed is read are one write. The dossiers of the days before are
 * counted anew once a day. Begins no agency after `until`; what is left comes in the next run.
 */
export async function tellAggregates(until: Instant, dependencies: TellDependencies): Promise<Told> {
  const told: Told = { agencies: 0, rows: 0, behind: 0 };
  for (const agencyCode of [...(await dependencies.registry.agencyCodes()), UNASSIGNED]) {
    const rows = dependencies.now() < until ? await tellAgency(agencyCode, dependencies) : undefined;
    if (rows === undefined) told.behind += 1;
    else {
      told.agencies += 1;
      told.rows += rows;
    }
  }
  return told;
}

/** How many rows were told; `undefined` where somebody else tells at the same time. */
async function tellAgency(agencyCode: string, dependencies: TellDependencies): Promise<number | undefined> {
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
    const step = await takings(agencyCode, progress, dependencies);
    if (!(await tell(step.rows, step.progress))) return undefined;
    more = step.more;
  }
  const today = vietnamDay(now());
  if (progress.countedOn === today) return told;
  for await (const row of services(agencyCode, today, dependencies))
    if (!(await tell([row], progress))) return undefined;
  return (await tell([], { ...progress, countedOn: today })) ? told : undefined;
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

/** The next entries of the feed, added to the rows of their days. */
async function takings(
  agencyCode: string,
  progress: AgencyProgress,
  dependencies: TellDependencies,
): Promise<{ rows: Row[]; progress: AgencyProgress; more: boolean }> {
  const { items, cursor, caughtUp } = await readFeed(
    { agencyCode, cursor: progress.cursor, limit: PAGE },
    dependencies,
  );
  const entries = new Map<string, { name: AggregateName; added: (typeof items)[number]['entry'][] }>();
  let reached = progress.cursor;
  let whole = true;
  for (const { entry, after } of items) {
    if (isOfPayers(entry)) {
      const { accountingDate, providerId } = entry;
      const name: AggregateName = { kind: 'takings', day: accountingDate, agencyCode, providerId };
      const there = entries.get(nameOf(name));
      if (!there && entries.size === MAX_ROWS_A_STEP) {
        whole = false;
        break;
      }
      entries.set(nameOf(name), { name, added: [...(there?.added ?? []), entry] });
    }
    reached = after;
  }
  if (whole) reached = cursor;
  const moved = JSON.stringify(reached) !== JSON.stringify(progress.cursor);
  return {
    rows: [...entries.values()].map(({ name, added }) => ({
      name,
      from: (before) => added.reduce(withEntry, before?.kind === 'takings' ? before.figures : noTakings()),
    })),
    progress: moved ? { ...progress, cursor: reached } : progress,
    more: !(whole && caughtUp),
  };
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
