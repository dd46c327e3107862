import { createHash } from 'node:crypto';
import type * as z from 'zod';
import type { BusinessCalendar } from '../domain/calendar.ts';
import { type InvoiceBook, MAX_FIND_MANY } from '../domain/invoice/book.ts';
import { InvoiceNumber } from '../domain/invoice/number.ts';
import { COMMIT_DAYS_AFTER, COMMIT_DAYS_BEFORE } from '../domain/ledger/accounting-date.ts';
import type { JournalEntry, JournalReader } from '../domain/ledger/journal.ts';
import { UNASSIGNED } from '../domain/ledger/ledger.ts';
import { dong } from '../domain/money/dong.ts';
import { BANK_CREDIT, creditOf, isMoved, MovementId, TRANSFERRED_BY_HAND } from '../domain/payment/movement.ts';
import { paymentReference, readPaymentReference } from '../domain/payment/reference.ts';
import { BankLine, bankItemOf } from '../domain/reconciliation/bank-line.ts';
import {
  accountOfBook,
  type BookDay,
  type BookDays,
  type BookFile,
  type BookId,
  type DayRun,
} from '../domain/reconciliation/book-day.ts';
import type { DecisionBook } from '../domain/reconciliation/decisions.ts';
import { countedOn, type DeliveryRules } from '../domain/reconciliation/deliveries.ts';
import { depositKey, depositMark } from '../domain/reconciliation/desk-deposits.ts';
import type { Exception, ExceptionBook } from '../domain/reconciliation/exception.ts';
import type { BankItem, OurItem } from '../domain/reconciliation/matching/items.ts';
import { Ladder, type Unsettled } from '../domain/reconciliation/matching/ladder.ts';
import { dayCount } from '../domain/reconciliation/matching/sides.ts';
import { windowOf } from '../domain/reconciliation/matching/window.ts';
import { accountAtTerminal, payoutMark } from '../domain/reconciliation/payouts.ts';
import type { ResultSummaries, TerminalSum } from '../domain/reconciliation/results.ts';
import { RunIndex, runIndexKey } from '../domain/reconciliation/run-index.ts';
import {
  type BankItemLine,
  needsSomebody,
  type OpenedException,
  type OurItemLine,
  RunLine,
  runChunks,
  runKey,
  totalsOf,
} from '../domain/reconciliation/run-object.ts';
import { linesKey, type StatementBook } from '../domain/reconciliation/statement.ts';
import { returnMark } from '../domain/refund/return-mark.ts';
import type { RegistryReader } from '../domain/registry/book.ts';
import { heldOn, type TerminalAccount } from '../domain/registry/registry.ts';
import { orderItemKey, orderMark, placeOfRemittance, type RemittanceBook } from '../domain/remittance/remittance.ts';
import { addDays, type Day, daysBetween, type Instant, startOfDay, vietnamDay } from '../domain/time.ts';
import { depositsAt } from './desk-deposits.ts';
import { exceptionIdOf } from './hashing.ts';
import { inParallel } from './in-parallel.ts';
import { type LateFile, lateFiles } from './late-files.ts';
import { accountsAtBank } from './visible.ts';

/** Days before a run's own whose money may still have to be looked at: a long holiday and the days around it. */
export const LOOK_BACK_DAYS = 14;
/**
 * A run counts on the journal for what was committed an hour ago: the journal is written from a stream, and what reached it
 * behind a run that should have known it would belong to no run. What is younger waits for the next one.
 */
export const JOURNAL_SETTLES_MILLISECONDS = 3_600_000;
/** How far back the run is looked for on which another one builds: an account without a statement for longer begins anew. */
const CHAIN_DAYS = 370;
/** How often a day is matched again because a file came in between. */
const MAX_TRIES = 5;
const AGENCIES_AT_ONCE = 8;
const WRITES_AT_ONCE = 16;
export type MatchDependencies = {
  days: Pick<BookDays, 'find' | 'between' | 'record'>;
  statements: Pick<StatementBook, 'find'>;
  journal: JournalReader;
  /** Whose a payment code is that our books know no money of. */
  invoices: Pick<InvoiceBook, 'findMany'>;
  registry: Pick<RegistryReader, 'agency' | 'agencyCodes' | 'atProvider'>;
  registeredAt: readonly string[];
  summaries: ResultSummaries;
  /** What people decided and approved about items of a book. */
  decisions: Pick<DecisionBook, 'of'>;
  /** Orders to pay on from the account. */
  remittances: Pick<RemittanceBook, 'list'>;
  runs: {
    /** The lines of an object. Throws where there is none. */
    lines(key: string): AsyncIterable<string>;
    writeLines(key: string, bytes: number, chunks: Iterable<Uint8Array>): Promise<void>;
  };
  exceptions: Pick<ExceptionBook, 'open' | 'clear'>;
  calendar: Pick<BusinessCalendar, 'workingDayAfter'>;
  rules: DeliveryRules;
  now: () => Instant;
};

/**
 * Matches a bank account's day with our books, and every later day that was matched before: each builds on the one before
 * it. A closed day is left as it stands. Without `anew` only from the first day whose files changed. Doing it again with the same input leaves the same objects and the same exceptions.
 */
export async function matchAccount(
  book: BookId,
  from: Day,
  dependencies: MatchDependencies,
  { anew }: { anew: boolean } = { anew: true },
): Promise<DayRun[]> {
  const runs: DayRun[] = [];
  let stale = anew;
  for (const { day, state, files, run, changes } of await dependencies.days.between(
    book,
    from,
    addDays(from, CHAIN_DAYS),
  )) {
    if (state === 'CLOSED' || (files.length === 0 && !run)) continue;
    stale ||= run?.changes !== changes;
    if (stale) runs.push(await matchDay(book, day, dependencies));
  }
  return runs;
}

/** The run of one day, without writing anything down: what it would come to. */
export async function dryRun(book: BookId, day: Day, dependencies: MatchDependencies): Promise<Ladder> {
  const there = (await dependencies.days.find(book, day)) ?? emptyDay(book, day);
  return (await compute(there, dependencies)).ladder;
}

const emptyDay = (book: BookId, day: Day): BookDay => ({ book, day, state: 'OPEN', files: [], changes: 0 });

async function matchDay(book: BookId, day: Day, dependencies: MatchDependencies): Promise<DayRun> {
  const { days, runs, exceptions } = dependencies;
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const there = await days.find(book, day);
    if (!there) throw new Error(`${book} has no ${day}`);
    const { ladder, before, asOf, items } = await compute(there, dependencies);
    const found = ladder
      .unsettled()
      .filter(needsSomebody)
      .map((one) => exceptionOf(book, one, asOf, items));
    const opened = found
      .map(({ agencyCode, businessDate, exceptionId }) => ({ agencyCode, businessDate, exceptionId }))
      .sort((one, other) => (one.exceptionId < other.exceptionId ? -1 : 1));
    const previous = before?.run?.sha256 ?? null;
    const revision = (there.run?.revision ?? 0) + 1;
    const header = { book, day, revision, previous, asOf, files: there.files };
    const index = new RunIndex();
    const chunks = [...runChunks(header, ladder, items, opened, index)];
    const hash = createHash('sha256');
    for (const chunk of chunks) hash.update(chunk);
    const digest = hash.digest('hex');
    const totals = totalsOf(ladder);
    const key = runKey(book, day, digest);
    const run: DayRun = { revision, key, sha256: digest, previous, asOf, changes: there.changes, totals };
    const bytes = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    await runs.writeLines(key, bytes, chunks);
    await runs.writeLines(runIndexKey(key), index.bytes, index.chunks());
    if ((await days.record(book, day, run)) === 'overtaken') continue;
    await inParallel(found, WRITES_AT_ONCE, async (exception) => {
      await exceptions.open(exception);
    });
    await clearSettled([there.run, before?.run], opened, dependencies);
    // A later run of the day may have cleared what this one only now opened.
    const last = (await days.find(book, day))?.run;
    if (last && last.sha256 !== digest) await clearSettled([run], await openedBy(last, dependencies), dependencies);
    return run;
  }
  throw new Error(`${book} ${day} changes faster than it is matched`);
}

/** Exceptions of earlier runs that are no difference any more clear by themselves. */
async function clearSettled(
  earlier: readonly (DayRun | undefined)[],
  opened: readonly OpenedException[],
  { runs, exceptions }: MatchDependencies,
): Promise<void> {
  const still = new Set(opened.map(({ exceptionId }) => exceptionId));
  for (const run of earlier) {
    if (!run) continue;
    for (const one of await openedBy(run, { runs })) if (!still.has(one.exceptionId)) await exceptions.clear(one);
  }
}

/** The differences that a run found, whether they were new to it or not. */
export async function openedBy(
  { key }: DayRun,
  { runs }: { runs: Pick<MatchDependencies['runs'], 'lines'> },
): Promise<OpenedException[]> {
  const opened: OpenedException[] = [];
  for await (const text of runs.lines(key)) {
    if (!text.startsWith('{"opened"')) continue;
    const line = RunLine.parse(JSON.parse(text));
    if ('opened' in line) opened.push(line.opened);
  }
  return opened;
}

/** The differences that a run found, each as it opens it, whether they were new to it or not. */
export async function foundBy(
  { key, asOf }: Pick<DayRun, 'key' | 'asOf'>,
  book: BookId,
  runs: Pick<MatchDependencies['runs'], 'lines'>,
): Promise<Exception[]> {
  const unsettled: Unsettled[] = [];
  const ours = new Map<string, OurItem>();
  const theirs = new Map<string, BankItem>();
  for await (const text of runs.lines(key)) {
    const line = RunLine.parse(JSON.parse(text));
    if ('unsettled' in line) unsettled.push(line.unsettled);
    else if ('ours' in line) ours.set(line.ours.key, withoutUndefined(line.ours));
    else if ('theirs' in line) theirs.set(line.theirs.key, openBankItem(line.theirs));
  }
  const items = lookUp(ours, theirs);
  return unsettled.filter(needsSomebody).map((one) => exceptionOf(book, one, asOf, items));
}

type Items = {
  ours(key: string): OurItem;
  theirs(key: string): BankItem;
  /** The earliest day of the items of a difference. */
  dayOf(unsettled: Pick<Unsettled, 'ours' | 'theirs'>): Day;
  /** The account of ours that all of its items are of, where it is one alone. */
  merchantAccountOf(unsettled: Pick<Unsettled, 'ours'>): string | undefined;
};

async function compute(
  { book, day, files }: BookDay,
  dependencies: MatchDependencies,
): Promise<{ ladder: Ladder; before: BookDay | undefined; asOf: Instant; items: Items }> {
  const account = accountOfBook(book);
  if (!account) throw new Error(`${book} is no bank account`);
  const asOf = dependencies.now();
  const before = (await dependencies.days.between(book, addDays(day, -CHAIN_DAYS), addDays(day, -1))).findLast(
    (one) => one.run !== undefined,
  );
  const { ours, theirs } = before?.run
    ? await openItems(before.run, dependencies)
    : { ours: new Map<string, OurItem>(), theirs: new Map<string, BankItem>() };
  const unknown = codesOf(theirs.values());
  for await (const item of linesOfDay(files, dependencies)) theirs.set(item.key, item);

  const accounts = await accountsAtBank(account.bankBin, account.account, dependencies);
  const elsewhere: { item: OurItem; account: string }[] = [];
  const isNew = before?.run ? newSince(before.day, before.run) : newToFirst(day, theirs, dependencies.calendar);
  await ourMoney({ book, day, asOf, accounts }, dependencies, (item, at, known) => {
    if (at !== account.account || !isNew(item, known)) elsewhere.push({ item, account: at });
    else ours.set(item.key, item);
  });
  for (const { reference } of unknown.size > 0 ? ours.values() : []) unknown.delete(reference);
  for (const { item } of elsewhere) unknown.delete(item.reference);
  elsewhere.push(...(await orderedElsewhere(account, unknown, dependencies)));

  const ladder = Ladder.run(
    {
      account: account.account,
      day,
      calendar: dependencies.calendar,
      ours: ours.values(),
      theirs: theirs.values(),
      elsewhere: elsewhere.filter(({ item, account: at }) => at !== account.account || !ours.has(item.key)),
      decisions: await dependencies.decisions.of(book),
    },
    agencyOf(accounts),
  );
  return { ladder, before, asOf, items: lookUp(ours, theirs) };
}

/** Whether money is new to a run; `known`: since when our books have it. */
type IsNew = (item: OurItem, known: Instant) => boolean;

/** New is what the run before could not know: by its day, or because it was committed since. */
const newSince =
  (day: Day, { asOf }: DayRun): IsNew =>
  (item, known) =>
    item.day > day || known > asOf;

/**
 * A book's first run begins with its own day, with payouts that may still come, and with what its lines name of the days
 * before: of the rest an earlier statement may have told, which is not here.
 */
function newToFirst(day: Day, lines: ReadonlyMap<string, BankItem>, calendar: MatchDependencies['calendar']): IsNew {
  const window = windowOf(calendar);
  const named = new Set<string>();
  for (const { bankReference, structured, text, marks } of lines.values())
    for (const name of [bankReference, ...structured, ...text, ...marks]) if (name !== '') named.add(name);
  return (item) => {
    if (item.day === day) return true;
    const mayCome = item.day < day && window(dayCount(item.day)) >= dayCount(day);
    return (
      mayCome &&
      (item.kind === 'batch' || [item.bankReference, item.reference, item.mark].some((name) => named.has(name ?? '')))
    );
  };
}

function openBankItem({ was, currency, ...item }: z.infer<typeof BankItemLine>): BankItem {
  return { ...item, ...(currency !== undefined && { currency }), ...(was && { was }) };
}

/** What a run left open, by key: the next one builds on it, and people decide about it. */
export async function openItems(
  { key }: DayRun,
  { runs }: { runs: Pick<MatchDependencies['runs'], 'lines'> },
): Promise<{ ours: Map<string, OurItem>; theirs: Map<string, BankItem> }> {
  const ours = new Map<string, OurItem>();
  const theirs = new Map<string, BankItem>();
  const known = new Map<string, NonNullable<BankItem['was']>>();
  for await (const text of runs.lines(key)) {
    if (!/^\{"(?:ours|theirs|unsettled)"/.test(text)) continue;
    const line = RunLine.parse(JSON.parse(text));
    if ('ours' in line) ours.set(line.ours.key, withoutUndefined(line.ours));
    else if ('unsettled' in line) {
      const { category, theirs: keys, evidence } = line.unsettled;
      if (category === 'WRONG_ACCOUNT' || category === 'DUPLICATE_PAYMENT' || category === 'REVERSED')
        for (const one of keys) known.set(one, { category, account: String(evidence.account ?? '') });
    } else if ('theirs' in line) {
      const { was = known.get(line.theirs.key) } = line.theirs;
      theirs.set(line.theirs.key, openBankItem({ ...line.theirs, was }));
    }
  }
  return { ours, theirs };
}

const withoutUndefined = ({ fee, mark, merchantAccountId, ...item }: z.infer<typeof OurItemLine>): OurItem => ({
  ...item,
  ...(merchantAccountId !== undefined && { merchantAccountId }),
  ...(fee !== undefined && { fee }),
  ...(mark !== undefined && { mark }),
});

/** The lines that count on a day. An advice counts only as long as no statement does. */
async function* linesOfDay(
  files: readonly BookFile[],
  { statements, runs }: MatchDependencies,
): AsyncGenerator<BankItem, void, undefined> {
  const stated = files.some(({ advice }) => !advice);
  for (const file of files) {
    if (stated && file.advice) continue;
    const { statementId, place, adjusts, days } = file;
    const taken = (await statements.find(statementId))?.taken?.[place - 1];
    if (!taken) throw new Error(`${statementId} has no statement ${place}`);
    const wanted = new Set(days);
    const parts = adjusts ? [0] : Array.from({ length: taken.parts }, (_, part) => part + 1);
    for (const part of parts)
      for await (const text of runs.lines(linesKey({ statementId, place, part }))) {
        const line = BankLine.parse(JSON.parse(text));
        if (wanted.has(line.d)) yield bankItemOf(taken.name, line);
      }
  }
}

/** Everything that our books expect at the accounts of these agencies, with the account and when we knew of it. */
async function ourMoney(
  { book, day, asOf, accounts }: { book: BookId; day: Day; asOf: Instant; accounts: readonly TerminalAccount[] },
  dependencies: MatchDependencies,
  take: (item: OurItem, account: string, known: Instant) => void,
): Promise<void> {
  const { journal, registry, summaries, registeredAt, remittances, rules } = dependencies;
  const first = addDays(day, -LOOK_BACK_DAYS);
  const { cutOff } = rules(book);
  await ordersOf({ book, day }, remittances, (item, known) => {
    if (known <= asOf && item.day <= day) take(item, accountOfBook(book)?.account ?? '', known);
  });
  const committed = daysBetween(addDays(first, -COMMIT_DAYS_BEFORE), addDays(day, COMMIT_DAYS_AFTER));
  await transfers({ accounts, committed, asOf, cutOff }, journal, (transfer, known) => {
    if (known <= asOf && transfer.item.day >= first && transfer.item.day <= day)
      take(transfer.item, transfer.account, known);
  });
  const { bankBin = '', account = '' } = accountOfBook(book) ?? {};
  const until = asOf - JOURNAL_SETTLES_MILLISECONDS;
  const deposits = { accounts, days: daysBetween(first, day), until };
  for (const { agencyCode, day: date, amount } of await depositsAt(book, deposits, { journal, registry })) {
    const item: OurItem = {
      ...{
        key: depositKey(agencyCode, date, account),
        kind: 'batch',
        amount,
        day: date,
        bankReference: '',
        reference: '',
      },
      ...{ agencyCode, mark: depositMark(agencyCode, date) },
    };
    take(item, account, startOfDay(addDays(date, 1)) + JOURNAL_SETTLES_MILLISECONDS);
  }
  for (const providerId of registeredAt) {
    const ofProvider = accounts.filter((one) => one.providerId === providerId);
    if (ofProvider.length === 0) continue;
    const all = await registry.atProvider(providerId);
    const takePayouts = (
      terminals: Parameters<typeof payoutsByAccount>[0],
      { date, late, known }: { date: Day; late?: Late; known: Instant },
    ) => {
      for (const [paidTo, sum] of payoutsByAccount(terminals, all, date)) {
        const [bin, number] = paidTo.split(':') as [string, string];
        const agencies = new Set(
          all.filter((one) => one.accountNumber === number).map((one) => one.agencyCode as string),
        );
        const [agency] = agencies;
        const item: OurItem = {
          key: payoutKey(providerId, date, number, late),
          kind: 'batch',
          amount: dueOf(sum),
          day: late?.countsOn ?? date,
          bankReference: '',
          reference: '',
          agencyCode: agencies.size === 1 && agency !== undefined ? agency : UNASSIGNED,
          ...(sum.merchantAccountId !== undefined && { merchantAccountId: sum.merchantAccountId }),
          fee: sum.fee,
          mark: payoutMark(providerId, date),
        };
        // Below zero the provider debits the account, or keeps it from another day's payout; of zero the bank books nothing.
        take(item, placeFrom({ bankBin }, { bankBin: bin, accountNumber: number }), known);
      }
    };
    for (const date of daysBetween(first, day)) {
      const summary = await summaries.summary(providerId, date);
      if (summary?.terminals && summary.reportedAt <= asOf)
        takePayouts(summary.terminals, { date, known: summary.reportedAt });
    }
    for (const late of await lateFiles({ providerId, from: first, to: day }, dependencies))
      if (late.reportedAt <= asOf)
        takePayouts(late.terminals, { date: late.businessDate, late, known: late.reportedAt });
  }
}

/**
 * The transfers, returns by hand among them, that were committed on these days, `asOf` at the latest, for agencies that have one of the accounts; and
 * from when on a run knows of each.
 */
async function transfers(
  query: { accounts: readonly TerminalAccount[]; committed: readonly Day[]; asOf: Instant; cutOff: string },
  journal: JournalReader,
  take: (transfer: { item: OurItem; account: string }, known: Instant) => void,
): Promise<void> {
  const { accounts, committed, asOf, cutOff } = query;
  const agencyCodes = [...new Set(accounts.map(({ agencyCode }) => agencyCode as string)), UNASSIGNED];
  const days = committed.filter((day) => day <= vietnamDay(asOf));
  // What was told without a code may have been moved to its invoice since, and its lines name that.
  const nameless: { transfer: { item: OurItem; account: string }; movementId: MovementId; known: Instant }[] = [];
  const codes = new Map<MovementId, string>();
  await inParallel(agencyCodes, AGENCIES_AT_ONCE, async (agencyCode) => {
    for (const day of days)
      for await (const entry of journal.ofDay({ agencyCode, day })) {
        if (entry.committedAt > asOf) continue;
        const movementId = MovementId.parse(entry.movementId);
        if (isMoved(movementId)) codes.set(creditOf(movementId), codeOf(entry));
        const transfer = transferOf(entry, cutOff) ?? returnOf(entry, accounts);
        const known = entry.committedAt + JOURNAL_SETTLES_MILLISECONDS;
        if (transfer?.item.kind === 'payment' && transfer.item.reference === '')
          nameless.push({ transfer, movementId, known });
        else if (transfer) take(transfer, known);
      }
  });
  for (const { transfer, movementId, known } of nameless)
    take({ ...transfer, item: { ...transfer.item, reference: codes.get(movementId) ?? '' } }, known);
}

/** The payment code of an entry's order; empty where it is of none. */
const codeOf = ({ invoiceNumber, attempt }: JournalEntry): string =>
  invoiceNumber !== undefined && attempt !== undefined
    ? paymentReference(InvoiceNumber.parse(invoiceNumber), attempt)
    : '';

/**
 * What our books learned of an account after its last run, which saw them as they stood at `run.asOf`: the transfers that
 * no difference of that run can know.
 */
export async function transfersSince(
  book: BookId,
  { asOf }: Pick<DayRun, 'asOf'>,
  dependencies: Pick<MatchDependencies, 'journal' | 'registeredAt' | 'rules' | 'now'> & {
    registry: Pick<RegistryReader, 'atProvider'>;
  },
): Promise<OurItem[]> {
  const account = accountOfBook(book);
  if (!account) return [];
  const now = dependencies.now();
  const accounts = await accountsAtBank(account.bankBin, account.account, dependencies);
  const items: OurItem[] = [];
  const committed = daysBetween(vietnamDay(asOf - JOURNAL_SETTLES_MILLISECONDS), vietnamDay(now));
  const { cutOff } = dependencies.rules(book);
  await transfers({ accounts, committed, asOf: now, cutOff }, dependencies.journal, ({ item, account: at }, known) => {
    if (known > asOf && at === account.account) items.push(item);
  });
  return items;
}

/** Batches that are read at once, and how long before a run one may have been proposed whose orders still come or go. */
const BATCHES_AT_ONCE = 50;
const ORDERS_PATIENCE_DAYS = 150;

/** The orders of an account that were given to its bank, and those whose money we know to have come back; and since when. */
async function ordersOf(
  { book, day }: { book: BookId; day: Day },
  remittances: MatchDependencies['remittances'],
  take: (item: OurItem, known: Instant) => void,
): Promise<void> {
  const oldest = startOfDay(addDays(day, -ORDERS_PATIENCE_DAYS));
  let before: number | undefined;
  for (;;) {
    const page = await remittances.list({ book, before, limit: BATCHES_AT_ONCE });
    for (const { orders, exportedAt } of page)
      for (const { orderId, how, payee, amount, returned, ended } of orders) {
        if (how !== 'transfer' || exportedAt === undefined) continue;
        const of = { kind: 'remittance' as const, bankReference: '', reference: '', agencyCode: payee.agencyCode };
        const item = { ...of, mark: orderMark(orderId) };
        take({ ...item, key: orderItemKey(orderId, 'paid'), amount: -amount, day: vietnamDay(exportedAt) }, exportedAt);
        if (returned)
          take(
            { ...item, key: orderItemKey(orderId, 'returned'), amount: ended?.debited ?? amount, day: returned.day },
            returned.readAt,
          );
      }
    const last = page.at(-1);
    if (!last || page.length < BATCHES_AT_ONCE || last.proposedAt < oldest) return;
    before = placeOfRemittance(last.remittanceId).sequence;
  }
}

/** The payment codes that credits name, each with one of the lines. */
function codesOf(lines: Iterable<BankItem>): Map<string, BankItem> {
  const codes = new Map<string, BankItem>();
  for (const line of lines)
    if (line.amount > 0) for (const code of [...line.structured, ...line.text]) codes.set(code, line);
  return codes;
}

/**
 * Codes that an earlier run's lines name and our books know no money of, where it was to be paid to another account: a
 * citizen transferred it to the wrong one of ours.
 */
async function orderedElsewhere(
  here: { bankBin: string; account: string },
  unknown: ReadonlyMap<string, BankItem>,
  { invoices, registry }: Pick<MatchDependencies, 'invoices' | 'registry'>,
): Promise<{ item: OurItem; account: string }[]> {
  const named = [...unknown].flatMap(([code, line]) => {
    const read = readPaymentReference(code);
    return read ? [{ ...read, code, line }] : [];
  });
  const found: { item: OurItem; account: string }[] = [];
  const registered = new Map<string, readonly TerminalAccount[]>();
  const accountsOf = async (providerId: string) => {
    const there = registered.get(providerId) ?? (await registry.atProvider(providerId));
    registered.set(providerId, there);
    return there;
  };
  for (let at = 0; at < named.length; at += MAX_FIND_MANY) {
    const page = named.slice(at, at + MAX_FIND_MANY);
    const numbers = new Set(page.map(({ invoice }) => invoice));
    const there = new Map((await invoices.findMany([...numbers])).map((one) => [one.number, one]));
    for (const { invoice: number, attempt, code, line } of page) {
      const begun = there.get(number)?.attempts[attempt - 1];
      if (!begun) continue;
      const account = heldOn(
        (await accountsOf(begun.providerId)).filter(({ id }) => id === begun.merchantAccountId),
        line.day,
      );
      if (!account || (account.bankBin === here.bankBin && account.accountNumber === here.account)) continue;
      const item: OurItem = {
        ...{ key: `named:${code}`, kind: 'payment', amount: line.amount, day: line.day },
        ...{ bankReference: '', reference: code, agencyCode: account.agencyCode },
      };
      found.push({ item, account: placeFrom(here, account) });
    }
  }
  return found;
}

/** An account as it is named beside the one that is matched: by its number, at another bank with that. */
const placeFrom = (
  { bankBin }: { bankBin: string },
  account: Pick<TerminalAccount, 'bankBin' | 'accountNumber'>,
): string => (account.bankBin === bankBin ? account.accountNumber : `${account.bankBin}:${account.accountNumber}`);

/** Which file it is of its day, that came when that was closed, and the day on which it counts. */
export type Late = Pick<LateFile, 'revision' | 'countsOn'>;

/** Names what a provider pays out for a day to an account; `late`: what that file adds to it, or takes. */
export const payoutKey = (providerId: string, day: Day, account: string, late?: Late): string =>
  `payout:${providerId}:${day}:${account}${late ? `:late:${late.countsOn}:${late.revision}` : ''}`;

type Sums = Record<'amount' | 'fee' | 'refunded' | 'chargedBack', number>;
export type PaidOut = Sums & { merchantAccountId: string | undefined };

/** What a payout comes to: what was collected less what the provider keeps of it and what went back. */
export const dueOf = ({ amount, fee, refunded, chargedBack }: Sums): number => amount - fee - refunded - chargedBack;

/**
 * A provider pays out one sum a day to each account that holds for the day: by the account, `BIN:number`, what it collected
 * for it, keeps and gave back.
 */
export function payoutsByAccount(
  terminals: Readonly<Record<string, Omit<TerminalSum, 'count'>>>,
  accounts: readonly TerminalAccount[],
  day: Day,
): Map<string, PaidOut> {
  const sums = new Map<string, PaidOut>();
  for (const [terminal, { amount, fee, refunded = 0, chargedBack = 0 }] of Object.entries(terminals)) {
    const ofTerminal = accounts.filter((one) => one.terminal === terminal);
    const account = accountAtTerminal(terminal, ofTerminal, day);
    if (!account) continue;
    const paidTo = `${account.bankBin}:${account.accountNumber}`;
    const there = sums.get(paidTo);
    // Of several accounts nobody can say whose money a payout is.
    const isOfOne = there === undefined && new Set(ofTerminal.map(({ id }) => id)).size === 1;
    sums.set(paidTo, {
      amount: (there?.amount ?? 0) + amount,
      fee: (there?.fee ?? 0) + fee,
      refunded: (there?.refunded ?? 0) + refunded,
      chargedBack: (there?.chargedBack ?? 0) + chargedBack,
      merchantAccountId: isOfOne ? account.id : undefined,
    });
  }
  return sums;
}

const TRANSFER = new RegExp(`^mov_${BANK_CREDIT}_(~?)([0-9]{6,19})_(.+)$`);

/** A transfer straight to an account: its movement is named by account and the bank's own reference (ADR 80). */
function transferOf(entry: JournalEntry, cutOff: string): { item: OurItem; account: string } | undefined {
  const [, back, account, bankReference] = TRANSFER.exec(MovementId.parse(entry.movementId)) ?? [];
  if (account === undefined || bankReference === undefined) return undefined;
  const amount: number = dong(entry.amount);
  const item: OurItem = {
    // What only moved a credit (ADR 68) has another form of name: the credit stands under the entry that brought it.
    key: `${entry.movementId}@${entry.invoiceNumber ?? ''}`,
    kind: back ? 'refund' : 'payment',
    amount: back ? -amount : amount,
    day: countedOn(entry, cutOff),
    bankReference,
    reference: codeOf(entry),
    agencyCode: entry.agencyCode,
    merchantAccountId: entry.merchantAccountId,
  };
  return { item, account };
}

/** What people gave back by a transfer from an account of ours: its bank shows a debit that names the refund. */
function returnOf(
  entry: JournalEntry,
  accounts: readonly TerminalAccount[],
): { item: OurItem; account: string } | undefined {
  if (entry.kind !== 'refund' || entry.merchantAccountId !== TRANSFERRED_BY_HAND) return undefined;
  const from = accounts.find(({ id, former }) => id === entry.terminal && !former);
  if (!from) return undefined;
  const amount: number = -dong(entry.amount);
  const item: OurItem = {
    key: `${entry.movementId}@${entry.invoiceNumber ?? ''}`,
    ...{ kind: 'refund', amount, day: entry.accountingDate, bankReference: '', reference: '' },
    ...{ agencyCode: entry.agencyCode, merchantAccountId: from.id, mark: returnMark(entry.transactionId) },
  };
  return { item, account: from.accountNumber };
}

function agencyOf(accounts: readonly TerminalAccount[]): string {
  const agencies = new Set(accounts.map(({ agencyCode }) => agencyCode as string));
  const [only] = agencies;
  return agencies.size === 1 && only !== undefined ? only : UNASSIGNED;
}

function lookUp(ours: ReadonlyMap<string, OurItem>, theirs: ReadonlyMap<string, BankItem>): Items {
  const found = <T>(item: T | undefined, key: string): T => {
    if (item === undefined) throw new Error(`no item ${key}`);
    return item;
  };
  return {
    ours: (key) => found(ours.get(key), key),
    theirs: (key) => found(theirs.get(key), key),
    dayOf: (unsettled) =>
      [...unsettled.ours.map((key) => ours.get(key)?.day), ...unsettled.theirs.map((key) => theirs.get(key)?.day)]
        .filter((day) => day !== undefined)
        .sort()[0] ?? '',
    merchantAccountOf: (unsettled) => {
      const [only, ...others] = new Set(unsettled.ours.map((key) => ours.get(key)?.merchantAccountId));
      return others.length === 0 ? only : undefined;
    },
  };
}

/** Whether what differs is money that left the account, by its sums in dong. */
export const leftAccount = (ours: number, theirs: number): boolean => ours <= 0 && theirs <= 0 && ours + theirs < 0;

/** Its id follows from what differs, so that every later run that finds it again opens nothing new. */
function exceptionOf(book: BookId, unsettled: Unsettled, openedAt: Instant, items: Items): Exception {
  const { category, ours, theirs, ourAmount, theirAmount, agencyCode } = unsettled;
  const merchantAccountId = items.merchantAccountOf(unsettled);
  const facts = ['account', book, category, ours, theirs];
  const invoice = ours.length === 1 ? /^mov_.*@([1-9][0-9]{11})$/.exec(ours[0] ?? '')?.[1] : undefined;
  return {
    exceptionId: exceptionIdOf(facts),
    category,
    state: 'OPEN',
    source: 'reconciliation',
    agencyCode,
    providerId: BANK_CREDIT,
    transactionId: theirs[0] ?? ours[0] ?? '',
    businessDate: items.dayOf(unsettled),
    openedAt,
    ...(leftAccount(ourAmount, theirAmount) && { direction: 'out' as const }),
    ours: ours.length === 0 ? null : dong(Math.abs(ourAmount)),
    theirs: theirs.length === 0 || category === 'WRONG_CURRENCY' ? null : dong(Math.abs(theirAmount)),
    book,
    items: { ours, theirs },
    ...(merchantAccountId !== undefined && { merchantAccountId }),
    ...(invoice && { invoiceId: `inv_${invoice}` }),
  };
}
