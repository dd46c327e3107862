import { createHash } from 'node:crypto';
import type { JournalEntry, JournalReader } from '../domain/ledger/journal.ts';
import { UNASSIGNED } from '../domain/ledger/ledger.ts';
import { type BookDays, MAX_CLOSED_DAYS, providerBook } from '../domain/reconciliation/book-day.ts';
import { type ColumnMap, columnMapFor } from '../domain/reconciliation/column-maps.ts';
import type { DeliveryRules } from '../domain/reconciliation/deliveries.ts';
import type { Exception, ExceptionBook } from '../domain/reconciliation/exception.ts';
import { type FileFault, fault } from '../domain/reconciliation/faults.ts';
import { type Difference, Matching, wentBack } from '../domain/reconciliation/matching.ts';
import type { ExceptionsOfDay } from '../domain/reconciliation/ports.ts';
import {
  adjustmentOf,
  parseResultLine,
  type ReportedLine,
  type ResultSummaries,
  type ResultSummary,
  type ResultWriter,
  resultBytes,
  resultChunks,
  resultKey,
} from '../domain/reconciliation/results.ts';
import { MAX_FILE_BYTES, type ReadFile, SettlementFileReader } from '../domain/reconciliation/settlement-file.ts';
import {
  contentClaim,
  dayClaim,
  type FileDifferences,
  type SettlementFiles,
  type Statement,
  type StatementBook,
  type StatementTotals,
} from '../domain/reconciliation/statement.ts';
import type { RegistryReader } from '../domain/registry/book.ts';
import type { MerchantAccount } from '../domain/registry/registry.ts';
import { addDays, type Day, daysBetween, type Instant } from '../domain/time.ts';
import { DifferencesDigest } from './differences-digest.ts';
import { type ArrivedFile, beginFile, type Ended, endFile, isVersion, standing } from './file-moves.ts';
import { exceptionIdOf } from './hashing.ts';
import { inParallel } from './in-parallel.ts';
import { type InvalidDependencies, openInvalidFile } from './invalid-file.ts';
import { journalAround } from './journal-of-date.ts';

/** Writes of exceptions in flight at once. */
const WRITES_AT_ONCE = 16;
/** Entries of ours that are matched at once. */
const ENTRIES_AT_ONCE = 64;

export type ReconcileDependencies = InvalidDependencies & {
  statements: StatementBook;
  files: Pick<SettlementFiles, 'open'>;
  registry: Pick<RegistryReader, 'agencyCodes' | 'atProvider'>;
  journal: JournalReader;
  exceptions: Pick<ExceptionBook, 'open' | 'clear'> & ExceptionsOfDay;
  results: ResultWriter;
  summaries: ResultSummaries;
  runs: {
    /** The lines of an object. Throws where there is none. */
    lines(key: string): AsyncIterable<string>;
  };
  days: Pick<BookDays, 'enter' | 'leave'>;
  rules: DeliveryRules;
  now: () => Instant;
};

/**
 * Takes in an uploaded settlement file: reads it whole, checks it whole, and only then claims its day, matches it with the
 * journal, opens exceptions, writes the results and says so in the statement. What a revision says otherwise of a closed day
 * is a difference of the next open one. Each step may be done again: a crash between any two of them is repaired by the
 * notice's next delivery. Throws UnknownFile.
 */
export async function reconcileSettlementFile(file: ArrivedFile, dependencies: ReconcileDependencies): Promise<Ended> {
  const statement = await beginFile(file, dependencies);
  if (statement.state !== 'READING') return { kind: 'alreadyDone', statement };
  if (!isVersion(statement.object, file.version)) return { kind: 'superseded', statement };

  const accounts = await dependencies.registry.atProvider(statement.providerId);
  const { cutOff } = dependencies.rules(providerBook(statement.providerId));
  const columnMap = columnMapFor(statement.providerId, statement.columnMap);
  if (!columnMap) throw new Error(`${statement.columnMap} is gone`);
  const tellsOfReturns = columnMap.status.back !== undefined;
  const matching = new Matching(statement.businessDate, terminalsOf(accounts), cutOff, tellsOfReturns);
  const read = await readFile(statement, file, { columnMap, matching }, dependencies);
  if (read.kind === 'refused') return refuse(statement, [...read.faults], read.found, dependencies);

  const before = await standing(statement, dependencies);
  const taken =
    statement.supersedes !== undefined && !before
      ? fault(0, 'superseded_other')
      : await claim(statement, read, dependencies);
  if (taken) return refuse(statement, [taken], { sha256: read.sha256 }, dependencies);

  const entries: JournalEntry[] = [];
  const add = () => matching.addEntries(entries.splice(0));
  await journalAround(
    {
      // All of them: an account may have moved since, and odd money stands with the agency that its reference names.
      agencyCodes: [...(await dependencies.registry.agencyCodes()), UNASSIGNED],
      date: statement.businessDate,
      asOf: startOf(statement),
    },
    dependencies.journal,
    (entry) => {
      if (entry.providerId !== statement.providerId) return;
      entries.push(entry);
      if (entries.length >= ENTRIES_AT_ONCE) add();
    },
  );
  add();
  const countsOn = await countedDay(statement, before, dependencies);
  const late = countsOn === statement.businessDate ? undefined : statement.revision;
  const adjusts = late === undefined ? undefined : { countsOn, of: await lastSaid(statement, before, dependencies) };
  const totals = await writeResults(statement, read, matching, { results: dependencies.results, adjusts });
  // Behind the results: of two days that are read at once, one finds what the other wrote.
  const settled = late === undefined ? await settledShifts(statement, matching, dependencies) : new Set<number>();
  const differences = await openExceptions(statement, matching, { countsOn, before, settled }, dependencies);
  totals.exceptions -= settled.size;
  const { sha256, size } = read;
  const ended = await endFile(statement, 'RECONCILED', { totals, differences, sha256, size }, dependencies);
  if (before)
    await dependencies.statements.move(before.statementId, 'SUPERSEDED', { supersededBy: statement.statementId });
  return ended;
}

/** The difference first: whoever dies in between finds the file unread, and opens it again. */
async function refuse(
  statement: Statement,
  faults: FileFault[],
  found: Partial<Statement>,
  dependencies: ReconcileDependencies,
): Promise<Ended> {
  await openInvalidFile(statement, faults, dependencies);
  return endFile(statement, 'REFUSED', { ...found, faults }, dependencies);
}

/** What the file said in whose place this one stands, itself in time or late; nothing where the day was closed without one. */
async function lastSaid(
  { providerId, businessDate }: Statement,
  before: Statement | undefined,
  { summaries }: ReconcileDependencies,
): Promise<ResultSummary | undefined> {
  if (!before) return undefined;
  const late = await summaries.summary(providerId, businessDate, before.revision);
  return late ?? summaries.summary(providerId, businessDate);
}

/** The file's own day, or the next one that is open. */
async function countedDay(
  { providerId, businessDate, statementId }: Statement,
  before: Statement | undefined,
  { days }: ReconcileDependencies,
): Promise<Day> {
  const book = providerBook(providerId);
  if (before) await days.leave(book, businessDate, { statementId: before.statementId, place: 1 });
  const file = { statementId, place: 1, days: [businessDate] };
  for (let ahead = 0; ahead <= MAX_CLOSED_DAYS; ahead += 1) {
    const day = addDays(businessDate, ahead);
    if ((await days.enter(book, day, file)) === 'entered') return day;
  }
  throw new Error(`${book} has no open day after ${businessDate}`);
}

function startOf({ readAt, statementId }: Statement): Instant {
  if (readAt === undefined) throw new Error(`${statementId} is read without an instant`);
  return readAt;
}

function terminalsOf(accounts: readonly MerchantAccount[]): Map<string, Set<string>> {
  const terminals = new Map<string, Set<string>>();
  for (const { terminal, agencyCode } of accounts)
    terminals.set(terminal, (terminals.get(terminal) ?? new Set()).add(agencyCode));
  return terminals;
}

type WholeFile = ReadFile & { sha256: string; size: number };

async function readFile(
  statement: Statement,
  { key, version }: ArrivedFile,
  { columnMap, matching }: { columnMap: ColumnMap; matching: Matching },
  { files }: ReconcileDependencies,
): Promise<WholeFile | { kind: 'refused'; faults: readonly FileFault[]; found: Pick<Statement, 'sha256' | 'size'> }> {
  const refused = (faults: readonly FileFault[], found: Pick<Statement, 'sha256' | 'size'> = {}) =>
    ({ kind: 'refused', faults, found }) as const;

  const opened = await files.open(key, version, MAX_FILE_BYTES);
  if (opened.kind === 'changed') return refused([fault(0, 'content_changed')]);
  if (opened.kind === 'tooLarge')
    return refused([fault(0, 'file_too_large', { size: opened.size, limit: MAX_FILE_BYTES })]);

  matching.expect(opened.size);
  const hash = createHash('sha256');
  const reader = new SettlementFileReader(columnMap, matching);
  let size = 0;
  for await (const chunk of opened.chunks) {
    hash.update(chunk);
    size += chunk.length;
    reader.push(chunk);
  }
  const found = { sha256: hash.digest('hex'), size };
  if (statement.announcedSha256 !== undefined && statement.announcedSha256 !== found.sha256)
    return refused([fault(0, 'hash_other')], found);
  const verdict = reader.end();
  return verdict.kind === 'refused' ? refused(verdict.faults, found) : { ...verdict, ...found };
}

/** Takes the day and the content for this statement, for good. Answers why it can't. */
async function claim(
  { statementId, providerId, businessDate, supersedes }: Statement,
  read: WholeFile,
  { statements }: ReconcileDependencies,
): Promise<FileFault | undefined> {
  const day = dayClaim(providerId, businessDate);
  // Files of quiet days are all alike; there is nothing in them that could be taken in twice.
  const claims = read.lines === 0 ? [day] : [contentClaim(providerId, read.sha256), day];
  const claimed = await statements.claim(claims, statementId, supersedes);
  if (claimed.kind === 'claimed') return undefined;
  return fault(0, claimed.claim === day ? 'day_reconciled' : 'content_reconciled', { statementId: claimed.by });
}

/**
 * What a file finds that the one in whose place it stands had found is open already, and what it does not find is none.
 * Answers what proves those that are its own.
 */
async function openExceptions(
  statement: Statement,
  matching: Matching,
  { countsOn, before, settled }: { countsOn: Day; before: Statement | undefined; settled: ReadonlySet<number> },
  { exceptions, registry }: ReconcileDependencies,
): Promise<FileDifferences> {
  const { businessDate, statementId } = statement;
  const own = new DifferencesDigest();
  const earlier = new Map<string, Exception>();
  if (before)
    for (const agencyCode of [...(await registry.agencyCodes()), UNASSIGNED])
      for (const day of daysBetween(businessDate, countsOn))
        for await (const one of exceptions.ofDay({ agencyCode, day }))
          if (isOfDay(one, statement) || isInvalidFile(one, statement)) earlier.set(one.exceptionId, one);
  const found = new Set<string>();
  await inParallel(differences(matching, settled), WRITES_AT_ONCE, async (difference) => {
    const exception = exceptionOf(statement, difference, countsOn);
    found.add(exception.exceptionId);
    const there = earlier.get(exception.exceptionId) ?? exception;
    if (there.statementId === statementId) own.add(exception);
    // One that had cleared opens again where it stands.
    await exceptions.open(there);
  });
  for (const one of earlier.values()) if (!found.has(one.exceptionId)) await exceptions.clear(one);
  return own.value();
}

/** Whether a file of this provider and day found it: on a day there may be late ones of the days before, too. */
const isOfDay = ({ exceptionId, category, transactionId }: Exception, statement: Statement): boolean =>
  ['', ...Object.values(wentBack)].some(
    (mark) => settlementExceptionId(statement, { category, transactionId: `${mark}${transactionId}` }) === exceptionId,
  );

const isInvalidFile = ({ category, businessDate, providerId }: Exception, statement: Statement): boolean =>
  category === 'FILE_INVALID' && businessDate === statement.businessDate && providerId === statement.providerId;

function* differences(matching: Matching, settled: ReadonlySet<number>): Generator<Difference, void, undefined> {
  for (let row = 0; row < matching.size; row++) {
    const outcome = matching.outcome(row);
    if (!settled.has(row) && outcome !== 'matched' && outcome !== 'nothing') yield matching.difference(row, outcome);
  }
}

/**
 * Money around midnight that the provider lists on one day and our books count on the next, or the reverse: once both days'
 * files are there and it is in one of them, it is no difference, and what the other day's file had opened clears. In both,
 * it stays one: the provider pays it out twice.
 */
async function settledShifts(
  { providerId, businessDate }: Statement,
  matching: Matching,
  { summaries, runs, exceptions }: ReconcileDependencies,
): Promise<Set<number>> {
  const settled = new Set<number>();
  for (const day of [addDays(businessDate, -1), addDays(businessDate, 1)]) {
    const listed = new Map<number, string>();
    const missed = new Map<string, number>();
    for (let row = 0; row < matching.size; row++) {
      const outcome = matching.outcome(row);
      if (outcome === 'DATE_SHIFT' && matching.shiftedTo(row) === day) listed.set(row, matching.ids.text(row));
      else if (outcome === missing(matching, row) && matching.theirs(row) === undefined && !settled.has(row))
        missed.set(matching.ids.text(row), row);
    }
    if (listed.size + missed.size === 0 || !(await summaries.summary(providerId, day))) continue;
    const twice = new Set(listed.values());
    const there = new Set<string>();
    for await (const line of resultLines(resultKey(providerId, day), runs)) {
      if (twice.has(line.transactionId)) there.add(line.transactionId);
      const row = line.shifted ? missed.get(line.transactionId) : undefined;
      if (row === undefined || matching.difference(row, 'DATE_SHIFT').ours !== line.amount) continue;
      settled.add(row);
      await exceptions.clear(placeAt(day, matching.difference(row, 'DATE_SHIFT'), providerId));
    }
    for (const [row, transactionId] of listed) {
      if (there.has(transactionId)) continue;
      settled.add(row);
      await exceptions.clear(placeAt(day, matching.difference(row, missing(matching, row)), providerId));
    }
  }
  return settled;
}

/** What an entry of ours is whose file does not have it. */
const missing = (matching: Matching, row: number) => (matching.back(row) ? 'REFUND_UNMATCHED' : 'MISSING_AT_BANK');

/** Every line of a result object, behind its header. */
async function* resultLines(key: string, runs: ReconcileDependencies['runs']): AsyncGenerator<ReportedLine> {
  let isHeader = true;
  for await (const text of runs.lines(key)) {
    if (!isHeader) yield parseResultLine(text);
    isHeader = false;
  }
}

const placeAt = (day: Day, { agencyCode, transactionId, category }: Difference, providerId: string) => ({
  ...{ agencyCode, businessDate: day },
  exceptionId: settlementExceptionId({ providerId, businessDate: day }, { transactionId, category }),
});

/** It follows from what differs, so that finding it again opens nothing new. */
export const settlementExceptionId = (
  { providerId, businessDate }: Pick<Statement, 'providerId' | 'businessDate'>,
  { transactionId, category }: Pick<Difference, 'transactionId' | 'category'>,
): string => exceptionIdOf(['reconciliation', providerId, businessDate, transactionId, category]);

function exceptionOf(statement: Statement, difference: Difference, countsOn: Day): Exception {
  const { providerId, statementId } = statement;
  const { invoiceNumber, ...sides } = difference;
  const transactionId = difference.direction === 'out' ? sides.transactionId.slice(1) : sides.transactionId;
  return {
    exceptionId: settlementExceptionId(statement, sides),
    state: 'OPEN',
    source: 'reconciliation',
    providerId,
    businessDate: countsOn,
    openedAt: startOf(statement),
    statementId,
    ...{ ...sides, transactionId },
    ...(invoiceNumber !== undefined && { invoiceId: `inv_${invoiceNumber}` }),
  };
}

async function writeResults(
  statement: Statement,
  read: WholeFile,
  matching: Matching,
  {
    results,
    adjusts,
  }: { results: ResultWriter; adjusts: { countsOn: Day; of: ResultSummary | undefined } | undefined },
): Promise<StatementTotals> {
  const { providerId, businessDate, statementId, revision } = statement;
  const late = adjusts && revision;
  const reportedAt = startOf(statement);
  const agencies: ResultSummary['agencies'] = {};
  // By their rows: a name is made of bytes, and there are far more lines than terminals.
  const ofTerminals: NonNullable<ResultSummary['terminals']>[string][] = [];
  let listed = 0;
  const totals: StatementTotals = {
    lines: read.lines,
    collected: read.collected.count,
    amount: read.collected.amount,
    matched: 0,
    matchedAmount: 0,
    exceptions: 0,
  };
  for (let row = 0; row < matching.size; row++) {
    const outcome = matching.outcome(row);
    if (outcome === 'nothing') continue;
    if (outcome !== 'matched') totals.exceptions++;
    const amount = matching.theirs(row);
    if (amount === undefined) continue;
    listed++;
    const terminal = matching.theirTerminal(row);
    ofTerminals[terminal] ??= { count: 0, amount: 0, fee: 0 };
    const paidOut = ofTerminals[terminal];
    paidOut.fee += matching.fee(row);
    const back = matching.back(row);
    if (back) {
      paidOut[back] = (paidOut[back] ?? 0) + amount;
      continue;
    }
    paidOut.count++;
    paidOut.amount += amount;
    const agencyCode = matching.agency(row);
    agencies[agencyCode] ??= { count: 0, amount: 0, matched: 0, matchedAmount: 0 };
    const agency = agencies[agencyCode];
    agency.count++;
    agency.amount += amount;
    if (outcome !== 'matched') continue;
    agency.matched++;
    agency.matchedAmount += amount;
    totals.matched++;
    totals.matchedAmount += amount;
  }

  await results.writeLines(
    resultKey(providerId, businessDate, late),
    resultBytes(listed),
    resultChunks({ statementId, reportedAt }, matching),
  );
  const terminals = Object.fromEntries(
    Object.entries(ofTerminals).map(([place, sums]) => [matching.terminals.text(Number(place)), sums]),
  );
  const facts = { statementId, providerId, businessDate, sha256: read.sha256, reportedAt };
  const said = { agencies, terminals };
  const adjustment = adjusts && { adjusts: { countsOn: adjusts.countsOn, ...adjustmentOf(said, adjusts.of) } };
  await results.writeSummary({ version: 1, ...facts, ...said, ...adjustment }, late);
  return totals;
}
