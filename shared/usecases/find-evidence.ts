import type { InvoiceBook } from '../domain/invoice/book.ts';
import { type Invoice, standing } from '../domain/invoice/invoice.ts';
import type { InvoiceId } from '../domain/invoice/number.ts';
import { accountingDate } from '../domain/ledger/accounting-date.ts';
import { COUNTER } from '../domain/payment/counter.ts';
import { creditedAccount, creditOf, isMoved, type Movement } from '../domain/payment/movement.ts';
import { accountBook, type BookDays, type BookId, type DayRun } from '../domain/reconciliation/book-day.ts';
import type { ExceptionCategory } from '../domain/reconciliation/exception.ts';
import type { Match } from '../domain/reconciliation/matching/ladder.ts';
import { accountAtTerminal } from '../domain/reconciliation/payouts.ts';
import type { ResultFiles } from '../domain/reconciliation/results.ts';
import { nameInRun, placesInRun } from '../domain/reconciliation/run-index.ts';
import { RunLine } from '../domain/reconciliation/run-object.ts';
import type { Statement, StatementBook } from '../domain/reconciliation/statement.ts';
import type { RegistryReader } from '../domain/registry/book.ts';
import type { Caller } from '../domain/registry/caller.ts';
import { addDays, type Day } from '../domain/time.ts';
import { findReported, type Reported } from './find-reported.ts';
import { payoutKey } from './match-account.ts';
import { ownInvoice } from './read-invoices.ts';
import { startedAt } from './started-at.ts';

/** Days behind its own on which money may still be matched, or be decided about. */
const PATIENCE_DAYS = 40;

export type EvidenceDependencies = {
  invoices: Pick<InvoiceBook, 'find'>;
  resultFiles: ResultFiles;
  statements: Pick<StatementBook, 'find'>;
  registry: Pick<RegistryReader, 'atProvider' | 'merchantAccount'>;
  days: Pick<BookDays, 'between'>;
  runs: { lines(key: string): AsyncIterable<string> };
};

/** A line of a bank's statement, and the file that brought it. */
export type BankEntryFound = { entry: string; file: Statement | undefined };

/** What a run of a bank account says of an item: a match, or why there is none. */
export type BankFound = {
  book: BookId;
  day: Day;
  run: DayRun;
  /** Names what our books expect there: the transfer, or the provider's payout that it is in. */
  item: string;
  found: Pick<Match, 'rule' | 'version' | 'status' | 'theirAmount' | 'evidence'> | ExceptionCategory;
  entries: BankEntryFound[];
};

/**
 * One payment with its two other sides: the line of the provider's file, and the entry of the bank. `RECORDED`: only our
 * books have it. `REPORTED`: a provider's file does, too. `SETTLED`: its money is at the bank.
 */
export type PaymentEvidence = {
  movement: Movement;
  accountingDate: Day;
  state: 'RECORDED' | 'REPORTED' | 'SETTLED';
  settlement: { line: Reported; file: Statement } | undefined;
  bank: BankFound | undefined;
};

/**
 * What proves each payment of an invoice: which file and line, which rule of which version, which run and which entry of the
 * bank. A run is asked by its index, and read from end to end where it is of before there were any. What people took in at a
 * desk no partner reports. Refusals: not_found.
 */
export async function findEvidence(
  id: InvoiceId,
  caller: Caller,
  dependencies: EvidenceDependencies,
): Promise<{ invoice: Invoice; payments: PaymentEvidence[] }> {
  const invoice = await ownInvoice(id, caller, dependencies.invoices);
  const payments: PaymentEvidence[] = [];
  for (const movement of standing(invoice))
    if (movement.providerId !== COUNTER) payments.push(await evidenceOf(movement, invoice, dependencies));
  return { invoice, payments };
}

async function evidenceOf(
  movement: Movement,
  invoice: Invoice,
  dependencies: EvidenceDependencies,
): Promise<PaymentEvidence> {
  const { providerId, transactionId, paidAt, committedAt } = movement;
  const day = accountingDate(paidAt, committedAt);
  const line = await findReported({ providerId, transactionId, accountingDate: day }, dependencies.resultFiles);
  const file = line && (await dependencies.statements.find(line.statementId));
  const settlement = line && file && { line, file };
  const expected = await expectedAtBank(movement, invoice, { day, reportedFor: file?.businessDate }, dependencies);
  const bank = expected && (await findAtBank(expected, dependencies));
  const isSettled = typeof bank?.found === 'object' && bank.found.status === 'confirmed';
  const state = isSettled ? 'SETTLED' : line?.matched ? 'REPORTED' : 'RECORDED';
  return { movement, accountingDate: day, state, settlement, bank };
}

/** `from`, `to`: the days whose runs may know of it. */
type Expected = { book: BookId; item: string; from: Day; to: Day };

/** What the bank is to show of a payment: the transfer itself, or what the provider pays out for the day that reported it. */
async function expectedAtBank(
  movement: Movement,
  { number }: Invoice,
  { day, reportedFor }: { day: Day; reportedFor: Day | undefined },
  { registry }: EvidenceDependencies,
): Promise<Expected | undefined> {
  const { movementId, terminal, merchantAccountId } = movement;
  const providerId = await startedAt(movement, registry);
  if (providerId === undefined) return undefined;
  const accounts = await registry.atProvider(providerId);
  const account = creditedAccount(movementId);
  const ofPayee = accounts.filter(({ id }) => id === merchantAccountId);
  const own = ofPayee.find((one) => one.accountNumber === account) ?? ofPayee.find(({ former }) => !former);
  if (account !== undefined) {
    if (!own) return undefined;
    // What was moved to its invoice the bank showed before, as money of another invoice or of none.
    const from = isMoved(movementId) ? addDays(day, -PATIENCE_DAYS) : day;
    const book = accountBook(own.bankBin, account);
    return { book, item: `${creditOf(movementId)}@${number}`, from, to: addDays(day, PATIENCE_DAYS) };
  }
  const paidTo = reportedFor && accountAtTerminal(terminal, accounts, reportedFor);
  if (!paidTo) return undefined;
  const { bankBin, accountNumber } = paidTo;
  const item = payoutKey(providerId, reportedFor, accountNumber);
  const to = addDays(reportedFor, PATIENCE_DAYS);
  return { book: accountBook(bankBin, accountNumber), item, from: reportedFor, to };
}

/** The run that matched it with certainty, or what the last one says that knew of it. */
async function findAtBank(
  { book, item, from, to }: Expected,
  { days, runs, resultFiles, statements }: EvidenceDependencies,
): Promise<BankFound | undefined> {
  const files = { book, days, statements };
  const name = nameInRun(item);
  const isMeant = (key: string): boolean => nameInRun(key) === name;
  let last: BankFound | undefined;
  for (const { day: ofRun, run } of await days.between(book, from, to)) {
    if (!run) continue;
    for await (const text of linesOf(run, item, { runs, resultFiles })) {
      const line = RunLine.parse(JSON.parse(text));
      const said = 'match' in line ? line.match : 'unsettled' in line ? line.unsettled : undefined;
      const ours = said?.ours.find(isMeant);
      if (!said || ours === undefined) continue;
      const entries = await Promise.all(
        said.theirs.map(async (entry) => ({ entry, file: await fileOf(entry, files) })),
      );
      last = { book, day: ofRun, run, item: ours, found: 'category' in said ? said.category : said, entries };
      if ('status' in said && said.status === 'confirmed') return last;
    }
  }
  return last;
}

/** The lines of a run that may tell of an item. */
async function* linesOf(
  { key }: DayRun,
  item: string,
  { runs, resultFiles }: Pick<EvidenceDependencies, 'runs' | 'resultFiles'>,
): AsyncGenerator<string, void, undefined> {
  const places = await placesInRun(key, item, resultFiles);
  if (places) {
    for (const { offset, length } of places) {
      const line = await resultFiles.range(key, offset, offset + length - 1);
      if (!line) throw new Error(`${key} is gone`);
      yield new TextDecoder().decode(line.bytes);
    }
    return;
  }
  const name = JSON.stringify(nameInRun(item)).slice(0, -1);
  for await (const text of runs.lines(key)) if (text.includes(name)) yield text;
}

/** An entry is named by its statement, and that by its closing day: its file counts on a day near it. */
async function fileOf(
  entry: string,
  { book, days, statements }: Pick<EvidenceDependencies, 'days' | 'statements'> & { book: BookId },
): Promise<Statement | undefined> {
  const [, closing] = /\/(\d{4}-\d{2}-\d{2})\//.exec(entry) ?? [];
  if (closing === undefined) return undefined;
  const around = await days.between(book, addDays(closing, -PATIENCE_DAYS), addDays(closing, PATIENCE_DAYS));
  for (const { statementId, place } of around.flatMap(({ files }) => files)) {
    const statement = await statements.find(statementId);
    const taken = statement?.taken?.[place - 1];
    if (taken && entry.startsWith(`${taken.name}/`)) return statement;
  }
  return undefined;
}
