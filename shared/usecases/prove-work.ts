import type { Act, EntryLog } from '../domain/audit/audit.ts';
import type { BookItem, BookPages, InvoiceBook } from '../domain/invoice/book.ts';
import { InvoiceNumber } from '../domain/invoice/number.ts';
import type { BookBreach } from '../domain/ledger/breach.ts';
import { MAX_SUBJECTS } from '../domain/logbook/record.ts';
import type { Exception } from '../domain/reconciliation/exception.ts';
import { actsOf, differsIn, implausibleWork } from '../domain/reconciliation/plausible-work.ts';
import { type LyingWork, MAX_WORK_AT_ONCE, type WorkPages } from '../domain/reconciliation/ports.ts';
import type { RegistryReader } from '../domain/registry/book.ts';
import type { Instant } from '../domain/time.ts';
import { everyAgency } from './every-agency.ts';
import { inParallel } from './in-parallel.ts';
import { ON_ITS_WAY_MILLISECONDS } from './prove-books.ts';
import { causesIn, namesOf, type Owed, owedBy } from './work-causes.ts';

/**
 * Proves the work list from both sides. What stands among the invoices must have the work items that follow from it; each
 * work item must follow from something, say what it was opened with, and be in its state by acts that the logbook knows.
 * An item that was taken out, edited, moved or added by hand hides money from whoever looks after it.
 */

/** The logbook has what happened by then, in milliseconds: it is written from lines of the functions' logs. */
export const LOG_SETTLES_MILLISECONDS = 15 * 60_000;
/** So far apart the instants of one act may lie that the function and its log line say, in milliseconds. */
const ACT_SPREAD_MILLISECONDS = 5 * 60_000;
/** Entries about one work item that are read at once, and how many looks into the logbook go beside each other. */
const ACTS_AT_ONCE = 100;
const LOOKS_AT_ONCE = 8;

export type WrongWork = {
  kind: Extract<BookBreach['kind'], `work_${string}`>;
  /** Where it lies, or would. */
  key: string;
  detail: string;
  /** What must stand there, or what does. */
  exception?: Exception;
};

export type WorkOwed = Owed & { key: string };

type OwedDependencies = { work: Pick<WorkPages, 'at'>; book: Pick<BookPages, 'at'> };

/**
 * Those of what is owed that do not lie there as they must, with what is wrong. What it follows from may have moved on between
 * the two looks: it is read once more, and what is owed no more is none of them. `at`: now.
 */
export async function* wrongOwed(
  owed: readonly WorkOwed[],
  at: Instant,
  { work, book }: OwedDependencies,
): AsyncGenerator<{ owed: WorkOwed; wrong: WrongWork }> {
  const lying: (LyingWork | undefined)[] = [];
  const places = owed.flatMap((one) => one.places);
  for (let start = 0; start < places.length; start += MAX_WORK_AT_ONCE)
    lying.push(...(await work.at(places.slice(start, start + MAX_WORK_AT_ONCE))));
  for (const one of owed) {
    const there = lying.splice(0, one.places.length).find((found) => found !== undefined);
    const wrong = wrongAt(one, there);
    if (wrong && (await isStillOwed(one, at, book))) yield { owed: one, wrong };
  }
}

/** One that cannot be read any more, or is gone, takes nothing back. */
async function isStillOwed(
  { key, exception }: WorkOwed,
  at: Instant,
  book: OwedDependencies['book'],
): Promise<boolean> {
  const [found] = await book.at([key]);
  if (!found?.item) return true;
  return owedBy(found.item, at).some((one) => JSON.stringify(one.exception) === JSON.stringify(exception));
}

function wrongAt({ exception, key, free }: WorkOwed, there: LyingWork | undefined): WrongWork | undefined {
  const { category, exceptionId } = exception;
  if (!there)
    return {
      kind: 'work_missing',
      key: `${key} ${exceptionId}`,
      detail: `nobody has to decide about its ${category}`,
      exception,
    };
  if (!there.exception)
    return { kind: 'work_unreadable', key: there.key, detail: 'no version of this service wrote it so', exception };
  const found = { key: there.key, exception: there.exception };
  const differs = differsIn(there.exception, exception, free);
  if (differs) return { kind: 'work_altered', ...found, detail: `its ${differs} is not what ${key} tells` };
  return there.exception.state === 'AUTO_CLEARED'
    ? { kind: 'work_altered', ...found, detail: `it has cleared, and its cause stands at ${key}` }
    : undefined;
}

export type WorkListDependencies = {
  invoices: Pick<InvoiceBook, 'findMany'>;
  log: Pick<EntryLog<Act>, 'named'>;
  now: () => Instant;
  /** Names of all work items of money and words that no invoice bears; where it is absent those are believed. */
  ofNoInvoice?: { names: ReadonlySet<string>; upTo: Instant };
};

/** Those of some work items, {@link MAX_WORK_AT_ONCE} at most, that no work of this service left so. */
export async function wrongItems(
  items: readonly LyingWork[],
  dependencies: WorkListDependencies,
): Promise<WrongWork[]> {
  const wrong: WrongWork[] = [];
  const causes = await causesOf(items, dependencies);
  await inParallel(items, LOOKS_AT_ONCE, async ({ key, exception }) => {
    if (!exception) {
      wrong.push({ kind: 'work_unreadable', key, detail: 'no version of this service wrote it so' });
      return;
    }
    const found =
      wrongCause(exception, causes, dependencies) ??
      wrongState(exception) ??
      (await undecided(exception, dependencies));
    if (found) wrong.push({ ...found, key, exception });
  });
  return wrong.sort((one, other) => (one.key < other.key ? -1 : 1));
}

type Found = Pick<WrongWork, 'kind' | 'detail'>;
type Causes = ReadonlyMap<string, ReturnType<typeof causesIn>[number]>;

/** What the invoices of some work items have, or had, people do; by the names of the work items. */
async function causesOf(items: readonly LyingWork[], { invoices }: WorkListDependencies): Promise<Causes> {
  const numbers = items.flatMap(({ exception }) => {
    const number = InvoiceNumber.safeParse(exception?.invoiceId?.slice('inv_'.length));
    return exception?.source === 'posting' && number.success ? [number.data] : [];
  });
  const found = numbers.length === 0 ? [] : await invoices.findMany([...new Set(numbers)]);
  return new Map(found.flatMap(causesIn).map((cause) => [cause.exception.exceptionId, cause]));
}

function wrongCause(exception: Exception, causes: Causes, { ofNoInvoice }: WorkListDependencies): Found | undefined {
  if (exception.source !== 'posting') return undefined;
  const ofNothing: Found = {
    kind: 'work_of_nothing',
    detail: `nothing that we know of has led to its ${exception.category}`,
  };
  if (exception.invoiceId === undefined) {
    const isKnown =
      !ofNoInvoice || exception.openedAt > ofNoInvoice.upTo || ofNoInvoice.names.has(exception.exceptionId);
    return isKnown ? undefined : ofNothing;
  }
  const cause = causes.get(exception.exceptionId);
  if (!cause) return ofNothing;
  const differs = differsIn(exception, cause.exception, cause.free);
  return differs && { kind: 'work_altered', detail: `its ${differs} is not what ${exception.invoiceId} tells` };
}

function wrongState(exception: Exception): Found | undefined {
  const why = implausibleWork(exception);
  return why === undefined ? undefined : { kind: 'work_altered', detail: why };
}

/** Whether an act that it rests on is not in the logbook, though that must have it by now. */
async function undecided(exception: Exception, { log, now }: WorkListDependencies): Promise<Found | undefined> {
  const acts = actsOf(exception).filter(({ at }) => at <= now() - LOG_SETTLES_MILLISECONDS);
  const [first, ...others] = acts.map(({ at }) => at).sort((one, other) => one - other);
  if (first === undefined) return undefined;
  const subject = { kind: 'exceptions', id: exception.exceptionId };
  const known = await actsBetween({ subject }, first, others.at(-1) ?? first, log);
  for (const act of acts) {
    if (known.some((one) => isOf(act, one))) continue;
    // The log names so many subjects of one call, and no more.
    const own = await actsBetween({ person: act.by }, act.at, act.at, log);
    if (own.some((one) => isOf(act, one) && 1 + (one.about?.length ?? 0) === MAX_SUBJECTS)) continue;
    return { kind: 'work_undecided', detail: `the logbook does not know that ${act.by} worked on it` };
  }
  return undefined;
}

const isOf = ({ by, at }: { by: string; at: Instant }, act: Act): boolean =>
  act.by === by && Math.abs(act.at - at) <= ACT_SPREAD_MILLISECONDS;

async function actsBetween(
  name: Parameters<EntryLog<Act>['named']>[0],
  first: Instant,
  last: Instant,
  log: Pick<EntryLog<Act>, 'named'>,
): Promise<Act[]> {
  const span = { from: first - ACT_SPREAD_MILLISECONDS, to: last + ACT_SPREAD_MILLISECONDS + 1, limit: ACTS_AT_ONCE };
  const acts: Act[] = [];
  let after: string | undefined;
  do {
    const page = await log.named(name, { ...span, after });
    acts.push(...page.entries);
    after = page.next;
  } while (after !== undefined);
  return acts;
}

/**
 * Goes along with a proof of all that stands among the invoices, page by page: that each work item that follows from them
 * is there. Afterwards it knows the names of those to which nothing in a work item leads back.
 */
export class OwedWork {
  readonly names = new Set<string>();
  readonly upTo: Instant;
  owed = 0;
  readonly #dependencies: OwedDependencies;

  constructor(dependencies: OwedDependencies, now: Instant) {
    this.#dependencies = dependencies;
    this.upTo = now;
  }

  /** The first thing that is wrong. */
  async prove(page: readonly { key: string; item: BookItem }[]): Promise<BookBreach | undefined> {
    const owed = page.flatMap(({ key, item }) => owedBy(item, this.upTo).map((one) => ({ ...one, key })));
    const sure = owed.filter((one) => one.sure <= this.upTo - ON_ITS_WAY_MILLISECONDS);
    for await (const { wrong } of wrongOwed(sure, this.upTo, this.#dependencies)) return breachOf(wrong);
    this.owed += sure.length;
    for (const { item } of page) for (const name of namesOf(item)) this.names.add(name);
    return undefined;
  }
}

export type WorkProof = { breach?: BookBreach; items: number };

/** Of every work item of every agency: that it follows from something, and is in its state by somebody's acts. */
export async function proveWorkList(
  work: Pick<WorkPages, 'page'>,
  dependencies: WorkListDependencies & {
    registry: Pick<RegistryReader, 'agencyCodes'>;
    /** Hears of each item that is in order. */
    settled?: { add(exception: Exception): void };
  },
): Promise<WorkProof> {
  let items = 0;
  for (const agencyCode of await everyAgency(dependencies.registry)) {
    let after: string | undefined;
    do {
      const page = await work.page({ agencyCode, after });
      const [first] = await wrongItems(page.items, dependencies);
      if (first) return { items, breach: breachOf(first) };
      items += page.items.length;
      for (const { exception } of page.items) if (exception) dependencies.settled?.add(exception);
      after = page.after;
    } while (after !== undefined);
  }
  return { items };
}

const breachOf = ({ kind, key, detail }: WrongWork): BookBreach => ({ kind, key, detail });
