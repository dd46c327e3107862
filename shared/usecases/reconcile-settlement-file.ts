import { createHash } from 'node:crypto';
import type { JournalReader } from '../domain/ledger/journal.ts';
import { UNASSIGNED } from '../domain/ledger/ledger.ts';
import { columnMapFor } from '../domain/reconciliation/column-maps.ts';
import type { Exception, ExceptionBook } from '../domain/reconciliation/exception.ts';
import { type FileFault, fault } from '../domain/reconciliation/faults.ts';
import { type Difference, Matching } from '../domain/reconciliation/matching.ts';
import {
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
  type ObjectVersion,
  readStatementKey,
  type SettlementFiles,
  type Statement,
  type StatementBook,
  type StatementTotals,
  statementKey,
} from '../domain/reconciliation/statement.ts';
import type { RegistryReader } from '../domain/registry/book.ts';
import type { MerchantAccount } from '../domain/registry/registry.ts';
import type { Instant } from '../domain/time.ts';
import { sha256 } from './hashing.ts';
import { inParallel } from './in-parallel.ts';
import { journalAround } from './journal-of-date.ts';

/** Writes of exceptions in flight at once. */
const WRITES_AT_ONCE = 16;
const EXCEPTION_DIGITS = 24;

export type ReconcileDependencies = {
  statements: StatementBook;
  files: Pick<SettlementFiles, 'open'>;
  registry: Pick<RegistryReader, 'agencyCodes' | 'atProvider'>;
  journal: JournalReader;
  exceptions: Pick<ExceptionBook, 'open'>;
  results: ResultWriter;
  now: () => Instant;
};

/** An object that came into the bucket. */
export type ArrivedFile = { key: string; version: ObjectVersion };

export type Reconciled =
  | { kind: 'reconciled' | 'refused'; statement: Statement }
  /** The notice came again, or for a content that another one replaced: nothing to do. */
  | { kind: 'alreadyDone' | 'superseded'; statement: Statement };

/** Something lies where settlement files belong that no statement was opened for. Somebody must look. */
export class UnknownFile extends Error {
  constructor(key: string) {
    super(`no statement awaits ${key}`);
    this.name = 'UnknownFile';
  }
}

/**
 * Takes in an uploaded settlement file: reads it whole, checks it whole, and only then claims its day, matches it with the
 * journal, opens exceptions, writes the results and says so in the statement. Each step may be done again: a crash
 * between any two of them is repaired by the notice's next delivery. Throws {@link UnknownFile}.
 */
export async function reconcileSettlementFile(
  file: ArrivedFile,
  dependencies: ReconcileDependencies,
): Promise<Reconciled> {
  const statement = await begin(file, dependencies);
  if (statement.state !== 'READING') return { kind: 'alreadyDone', statement };
  if (!isVersion(statement.object, file.version)) return { kind: 'superseded', statement };

  const accounts = await dependencies.registry.atProvider(statement.providerId);
  const matching = new Matching(statement.businessDate, terminalsOf(accounts));
  const read = await readFile(statement, file, matching, dependencies);
  if (read.kind === 'refused')
    return end(statement, 'REFUSED', { faults: [...read.faults], ...read.found }, dependencies);

  const taken = await claim(statement, read, dependencies);
  if (taken) return end(statement, 'REFUSED', { faults: [taken], sha256: read.sha256 }, dependencies);

  await journalAround(
    {
      // All of them: an account may have moved since, and odd money stands with the agency that its reference names.
      agencyCodes: [...(await dependencies.registry.agencyCodes()), UNASSIGNED],
      date: statement.businessDate,
      asOf: startOf(statement),
    },
    dependencies.journal,
    (entry) => {
      if (entry.providerId === statement.providerId) matching.addEntry(entry);
    },
  );
  await openExceptions(statement, matching, dependencies.exceptions);
  const totals = await writeResults(statement, read, matching, dependencies.results);
  return end(statement, 'RECONCILED', { totals, sha256: read.sha256 }, dependencies);
}

/** Finds the statement and moves it to READING, once; the version and the instant of the first time stay. */
async function begin({ key, version }: ArrivedFile, { statements, now }: ReconcileDependencies): Promise<Statement> {
  const named = readStatementKey(key);
  const statement = named && (await statements.find(named.statementId));
  if (!statement || statementKey(statement) !== key) throw new UnknownFile(key);
  if (statement.state !== 'AWAITING_FILE') return statement;
  return (await statements.move(statement.statementId, 'READING', { object: version, readAt: now() })).statement;
}

async function end(
  { statementId }: Statement,
  to: 'REFUSED' | 'RECONCILED',
  found: Partial<Statement>,
  { statements, now }: ReconcileDependencies,
): Promise<Reconciled> {
  const { kind, statement } = await statements.move(statementId, to, { ...found, endedAt: now() });
  if (kind === 'refused') return { kind: 'alreadyDone', statement };
  return { kind: to === 'REFUSED' ? 'refused' : 'reconciled', statement };
}

const isVersion = (stored: ObjectVersion | undefined, arrived: ObjectVersion): boolean =>
  stored?.etag === arrived.etag && stored.versionId === arrived.versionId;

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

type WholeFile = ReadFile & { sha256: string };

async function readFile(
  statement: Statement,
  { key, version }: ArrivedFile,
  matching: Matching,
  { files }: ReconcileDependencies,
): Promise<WholeFile | { kind: 'refused'; faults: readonly FileFault[]; found: { sha256?: string } }> {
  const refused = (faults: readonly FileFault[], found: { sha256?: string } = {}) =>
    ({ kind: 'refused', faults, found }) as const;

  const columnMap = columnMapFor(statement.providerId, statement.columnMap);
  if (!columnMap) throw new Error(`${statement.columnMap} is gone`);
  const opened = await files.open(key, version, MAX_FILE_BYTES);
  if (opened.kind === 'changed') return refused([fault(0, 'content_changed')]);
  if (opened.kind === 'tooLarge')
    return refused([fault(0, 'file_too_large', { size: opened.size, limit: MAX_FILE_BYTES })]);

  const hash = createHash('sha256');
  const reader = new SettlementFileReader(columnMap, matching);
  for await (const chunk of opened.chunks) {
    hash.update(chunk);
    reader.push(chunk);
  }
  const found = { sha256: hash.digest('hex') };
  if (statement.announcedSha256 !== undefined && statement.announcedSha256 !== found.sha256)
    return refused([fault(0, 'hash_other')], found);
  const verdict = reader.end();
  return verdict.kind === 'refused' ? refused(verdict.faults, found) : { ...verdict, ...found };
}

/** Takes the day and the content for this statement, for good. Answers why it can't. */
async function claim(
  { statementId, providerId, businessDate }: Statement,
  read: WholeFile,
  { statements }: ReconcileDependencies,
): Promise<FileFault | undefined> {
  const day = dayClaim(providerId, businessDate);
  // Files of quiet days are all alike; there is nothing in them that could be taken in twice.
  const claims = read.lines === 0 ? [day] : [contentClaim(providerId, read.sha256), day];
  const claimed = await statements.claim(claims, statementId);
  if (claimed.kind === 'claimed') return undefined;
  return fault(0, claimed.claim === day ? 'day_reconciled' : 'content_reconciled', { statementId: claimed.by });
}

async function openExceptions(
  statement: Statement,
  matching: Matching,
  exceptions: ReconcileDependencies['exceptions'],
): Promise<void> {
  await inParallel(differences(matching), WRITES_AT_ONCE, async (difference) => {
    await exceptions.open(exceptionOf(statement, difference));
  });
}

function* differences(matching: Matching): Generator<Difference, void, undefined> {
  for (let row = 0; row < matching.size; row++) {
    const outcome = matching.outcome(row);
    if (outcome !== 'matched' && outcome !== 'nothing') yield matching.difference(row, outcome);
  }
}

function exceptionOf(statement: Statement, difference: Difference): Exception {
  const { providerId, businessDate, statementId } = statement;
  const { invoiceNumber, ...sides } = difference;
  const facts = ['reconciliation', providerId, businessDate, sides.transactionId, sides.category];
  return {
    exceptionId: `exc_${sha256(JSON.stringify(facts)).slice(0, EXCEPTION_DIGITS)}`,
    state: 'OPEN',
    source: 'reconciliation',
    providerId,
    businessDate,
    openedAt: startOf(statement),
    statementId,
    ...sides,
    ...(invoiceNumber !== undefined && { invoiceId: `inv_${invoiceNumber}` }),
  };
}

async function writeResults(
  statement: Statement,
  read: WholeFile,
  matching: Matching,
  results: ResultWriter,
): Promise<StatementTotals> {
  const { providerId, businessDate, statementId } = statement;
  const reportedAt = startOf(statement);
  const agencies: ResultSummary['agencies'] = {};
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
    resultKey(providerId, businessDate),
    resultBytes(read.collected.count),
    resultChunks({ statementId, reportedAt }, matching),
  );
  await results.writeSummary({
    version: 1,
    statementId,
    providerId,
    businessDate,
    sha256: read.sha256,
    reportedAt,
    agencies,
  });
  return totals;
}
