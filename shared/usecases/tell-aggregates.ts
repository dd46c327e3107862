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
import { type InvoiceBook, MAX_FIND_MANY } from '../domain/invoice/book.ts';
import { InvoiceNumber } from '../domain/invoice/number.ts';
import { COMMIT_DAYS_AFTER, COMMIT_DAYS_BEFORE } from '../domain/ledger/accounting-date.ts';
import { comparePositions, isOfPayers, type JournalEntry, type JournalReader } from '../domain/ledger/journal.ts';
import { UNASSIGNED } from '../domain/ledger/ledger.ts';
import { cursorBefore, type FeedCursor, type FeedPage } from '../domain/notification/feed.ts';
import type { RegistryReader } from '../domain/registry/book.ts';
import {
  addDays,
  type Day,
  daysBetween,
  type Instant,
  MINUTE_MILLISECONDS,
  startOfDay,
  vietnamDay,
} from '../domain/time.ts';
import { inParallel } from './in-parallel.ts';
import { invoicesMade } from './invoices-made.ts';
import { type FeedDependencies, readFeed } from './read-feed.ts';

/** Days back of which dossiers are counted anew: those that are paid later are told of by the ledger alone. */
export const SERVICE_DAYS = 31;
/** Entries that are read at once, and how many times before what they came to is told. */
const PAGE = 100;
const PAGES_A_STEP = 20;
/** Days of dossiers that are told at once: a row has a line for each procedure, and one write must hold them. */
const SERVICE_DAYS_A_STEP = 8;
/** Invoices of a day are all there so long after its end, in milliseconds: calls, retries and look-ups have come to rest. */
const DAY_SETTLES_MILLISECONDS = 15 * MINUTE_MILLISECONDS;
/** Agencies that are read at the same time. */
const AGENCIES_AT_ONCE = 16;

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

/**
 * `agencies`: told to the end; `behind`: not, because the time was over or somebody else was at it; `failed`: of which
 * something could not be read or written.
 */
export type Told = { agencies: number; rows: number; behind: number; failed: number };

/**
 * Tells every agency's days that changed. Takings follow the ledger's feed, which gives each entry at least once: what
 * comes in its order is added, and a day of which something is late, or comes again, is counted anew. The rows and how far
 * the feed is read are one write. Dossiers are counted once a day, behind the takings of all agencies, because they take far
 * longer: those of the day before, and anew those of earlier days whose money came or went since. Begins no step after `until`; what is left comes in the next run. An agency that
 * fails keeps no other one waiting; it is given to `failed`.
 */
export async function tellAggregates(
  until: Instant,
  dependencies: TellDependencies,
  failed: (agencyCode: string, error: unknown) => void,
): Promise<Told> {
  const told: Told = { agencies: 0, rows: 0, behind: 0, failed: 0 };
  const inTurn = turns();
  let agencyCodes: string[] = [...(await dependencies.registry.agencyCodes()), UNASSIGNED];
  for (const steps of [takings, services]) {
    const whole: string[] = [];
    await inParallel(agencyCodes, AGENCIES_AT_ONCE, async (agencyCode) => {
      try {
        const { rows, isWhole } = await tellAgency(agencyCode, { steps, until, inTurn }, dependencies);
        told.rows += rows;
        if (isWhole) whole.push(agencyCode);
        else told.behind += 1;
      } catch (error) {
        told.failed += 1;
        failed(agencyCode, error);
      }
    });
    agencyCodes = whole;
  }
  return { ...told, agencies: agencyCodes.length };
}

type Turns = <Value>(work: () => Promise<Value>) => Promise<Value>;

/** One work after another, in the order in which they come. */
function turns(): Turns {
  let before: Promise<unknown> = Promise.resolve();
  return (work) => {
    const mine = before.then(work);
    before = mine.catch(() => undefined);
    return mine;
  };
}

/** Rows of an agency that are told at once, and how far it is with them. */
type Step = { rows: readonly Row[]; progress: AgencyProgress };
type Steps = (agencyCode: string, progress: AgencyProgress, dependencies: TellDependencies) => AsyncGenerator<Step>;

/** How many rows were told, and whether that was all: not where somebody else tells at the same time, or time is over. */
async function tellAgency(
  agencyCode: string,
  { steps, until, inTurn }: { steps: Steps; until: Instant; inTurn: Turns },
  dependencies: TellDependencies,
): Promise<{ rows: number; isWhole: boolean }> {
  const { aggregates, first, now } = dependencies;
  let rows = 0;
  if (now() >= until) return { rows, isWhole: false };
  let before = (await aggregates.progress(agencyCode)) ?? {
    ...{ version: 0, cursor: cursorBefore(startOfDay(first), 0), countedOn: null },
  };
  const walk = steps(agencyCode, before, dependencies);
  while (now() < until) {
    const { value: step, done } = await walk.next();
    if (done) return { rows, isWhole: true };
    const changed = await changedRows(agencyCode, step.rows, dependencies);
    const { version } = before;
    const after = { ...step.progress, version };
    if (changed.length === 0 && JSON.stringify(after) === JSON.stringify(before)) continue;
    before = { ...after, version: version + 1 };
    // The rows of all agencies stand in one order: who read the last position tells before anybody else reads it.
    const isTold = await inTurn(async () =>
      aggregates.tell({ agencyCode, before: version, last: await aggregates.last(), after: before, rows: changed }),
    );
    if (!isTold) return { rows, isWhole: false };
    rows += changed.length;
  }
  return { rows, isWhole: false };
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
/** A row that changes, and what is added to it; `late`: what came late or again, so that the row is counted anew. */
type Change = { name: TakingsName; added: JournalEntry[]; late: JournalEntry[] };

const takingsOf = ({ agencyCode, accountingDate, providerId }: JournalEntry): TakingsName => ({
  ...{ kind: 'takings', day: accountingDate, agencyCode, providerId },
});

/** The entries of the feed that are not added up yet, in the rows of their days. */
async function* takings(
  agencyCode: string,
  progress: AgencyProgress,
  dependencies: TellDependencies,
): AsyncGenerator<Step> {
  let { cursor } = progress;
  const touched = progress.touched && new Set(progress.touched);
  for (let more = true; more; ) {
    const changes = new Map<string, Change>();
    for (let pages = 0; more && pages < PAGES_A_STEP; pages += 1) {
      const page = await readFeed({ agencyCode, cursor, limit: PAGE }, dependencies);
      const { next, whole } = gather(page, cursor, changes);
      cursor = next;
      more = !(whole && page.caughtUp);
      if (!whole) break;
    }
    const counted = await countAnew(agencyCode, [...changes.values()], cursor, dependencies);
    if (touched) for (const day of await daysOfInvoices(changes.values(), dependencies)) touched.add(day);
    const rows = [...changes.values()].map(
      ({ name, added, late }): Row => ({
        name,
        from: (before) =>
          late.length > 0
            ? (counted.get(nameOf(name)) ?? noTakings())
            : added.reduce(withEntry, before?.kind === 'takings' ? before.figures : noTakings()),
      }),
    );
    yield { rows, progress: { ...progress, cursor, ...(touched && { touched: [...touched].sort() }) } };
  }
}

/** The days on which the invoices were made that entries are of. */
async function daysOfInvoices(
  changes: Iterable<Change>,
  { invoices }: Pick<TellDependencies, 'invoices'>,
): Promise<Set<Day>> {
  const entries = [...changes].flatMap(({ added, late }) => [...added, ...late]);
  const numbers = [...new Set(entries.flatMap(({ invoiceNumber }) => invoiceNumber ?? []))];
  const days = new Set<Day>();
  for (let at = 0; at < numbers.length; at += MAX_FIND_MANY) {
    const some = numbers.slice(at, at + MAX_FIND_MANY).map((number) => InvoiceNumber.parse(number));
    for (const { createdAt } of await invoices.findMany(some)) days.add(vietnamDay(createdAt));
  }
  return days;
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
      const change = changes.get(nameOf(name)) ?? { name, added: [], late: [] };
      if (!changes.has(nameOf(name)) && changes.size === MAX_ROWS_A_STEP) return { next, whole: false };
      // The feed gives what stands behind the cursor when it is written down as late, as often as that is done.
      if (comparePositions(entry, cursor) <= 0) change.late.push(entry);
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
  const anew = changes.flatMap(({ name, late }) => (late.length > 0 ? [name] : []));
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

/**
 * The dossiers of those days before today that may have changed, counted anew. A day without invoices says nothing; none is
 * ever taken away.
 */
async function* services(
  agencyCode: string,
  progress: AgencyProgress,
  { invoices, feeProcedures, first, now }: TellDependencies,
): AsyncGenerator<Step> {
  const today = vietnamDay(now() - DAY_SETTLES_MILLISECONDS);
  if (progress.countedOn === today) return;
  const since = addDays(today, -SERVICE_DAYS);
  const { countedOn, touched } = progress;
  // No invoice is made on a day that is over: what its dossiers came to changes with their money only.
  const mayDiffer = (day: Day) => countedOn === null || !touched || day >= countedOn || touched.includes(day);
  let rows: Row[] = [];
  for (const day of daysBetween(since < first ? first : since, addDays(today, -1)).filter(mayDiffer)) {
    const counted = new ServicesOfDay();
    for await (const page of invoicesMade({ agencyCodes: [agencyCode], days: [day], asOf: now() }, invoices))
      for (const invoice of page) counted.add(invoice);
    const figures = counted.figures((await feeProcedures(day)).size);
    if (figures.procedures.length > 0) rows.push({ name: { kind: 'services', day, agencyCode }, from: () => figures });
    if (rows.length < SERVICE_DAYS_A_STEP) continue;
    yield { rows, progress };
    rows = [];
  }
  yield { rows, progress: { ...progress, countedOn: today, touched: [] } };
}
