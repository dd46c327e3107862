import type { Act } from '../audit/audit.ts';
import type { Invoice } from '../invoice/invoice.ts';
import { kindOf } from '../ledger/balances.ts';
import type { JournalEntry } from '../ledger/journal.ts';
import type { Exception } from '../reconciliation/exception.ts';
import type { Statement } from '../reconciliation/statement.ts';
import type { BeneficiaryRecord } from '../registry/beneficiary.ts';
import type { BudgetPlace } from '../remittance/split.ts';
import type { Day, Instant } from '../time.ts';
import type { ExpectedFile } from './file-deliveries.ts';
import type { SettledSum } from './settlement-bridge.ts';
import type { RowPages, TableColumn, Words } from './table.ts';

/**
 * A report is a fold: rows of ports in, rows of a table out, in one order and of one instant, so that the same books give
 * the same report. What its columns add up to must equal a query of the ledger; it is not shown otherwise.
 */

export type ReportColumn = TableColumn & {
  /** Its name in JSON. */
  key: string;
  /** Whether the cells of the column are added up below it. */
  total?: true;
  /** Left out where it is printed: for programs, or too wide for paper. */
  digitalOnly?: true;
};

export type ReportQuery = {
  /** Days in Asia/Ho_Chi_Minh, both included. */
  from: Day;
  to: Day;
  /** The agencies that the caller may see, in order of their codes. */
  agencyCodes: readonly string[];
  provider?: string | undefined;
  /** The books as they stood then: what was committed later takes no part. */
  asOf: Instant;
};

/** What reports are made from. Everything is limited to the query's agencies and, where there is one, provider. */
export interface ReportSources {
  /** Entries of payers' money whose accounting dates lie in the range, by day of commit, then agency. */
  entries(): AsyncIterable<readonly JournalEntry[]>;
  /** Differences of the range's business dates, by agency. */
  exceptions(): AsyncIterable<readonly Exception[]>;
  /** What providers' settlement files said of an accounting date, by agency. */
  reported(day: Day): Promise<readonly ReportedSum[]>;
  /**
   * What providers' settlement files of a day say, and what of it the bank accounts show that it is paid out to; of those
   * providers alone whose agencies are all among the query's.
   */
  settled(day: Day): Promise<readonly SettledSum[]>;
  /** Every account of the agencies at the end of a day of commit. */
  balances(day: Day): Promise<readonly AccountBalance[]>;
  /** Invoices made on the range's days, by agency. */
  invoicesMade(): AsyncIterable<readonly Invoice[]>;
  /** What was paid on to places in the budget, by accounting date in the range; below zero where it came back. Of no provider. */
  paidOn(): AsyncIterable<readonly PaidOnShare[]>;
  /** Invoices by their numbers. */
  invoices(numbers: readonly string[]): Promise<ReadonlyMap<string, Invoice>>;
  /** Files announced on the range's days, in that order: those all of whose agencies the query has. */
  files(): AsyncIterable<readonly Statement[]>;
  /** Days of partners in the range of which a file is expected or came, in order: partners all of whose agencies the query has. */
  expectedFiles(): AsyncIterable<readonly ExpectedFile[]>;
  /** Entries of the log of acts of the range's days: those about the query's agencies, and about none where it has all. */
  acts(): AsyncIterable<readonly Act[]>;
  /** Who a purse was on a day. */
  beneficiary(agencyCode: string, beneficiary: string, day: Day): Promise<BeneficiaryRecord | undefined>;
  /** Codes of the procedures that ask for a fee, on a day. */
  feeProcedures(day: Day): Promise<ReadonlySet<string>>;
}

/** Amounts in dong. */
export type PaidOnShare = { place: BudgetPlace; amount: number };
export type ReportedSum = { agencyCode: string; providerId: string; count: number; amount: number };
/** Debits and credits in dong. */
export type AccountBalance = { agencyCode: string; account: string; debit: number; credit: number };

/** What a report says and what the ledger says of it, in dong. They are equal, or the report is not shown. */
export type Proof = { what: Words; report: number; ledger: number };

/** Sums of columns by their keys. */
export type Totals = Readonly<Record<string, number>>;

export type Report = {
  id: string;
  title: Words;
  columns: readonly ReportColumn[];
  /** Whether it may be asked for one provider. */
  byProvider: boolean;
  /** What a reader must know of it. */
  notes: readonly Words[];
  rows(sources: ReportSources, query: ReportQuery): RowPages;
  /** Where it touches money of the ledger: what must be equal. */
  proofs(totals: Totals, ledger: LedgerSums): Proof[];
};

/** A report on its way: its rows are read once, and what they came to is known when they have been. */
export type RunningReport = {
  report: Report;
  query: ReportQuery;
  /** Who issues it. */
  issuer: Words;
  /** Throws {@link ReportDoesNotFoot} behind the last row, and whatever the runner refuses. */
  rows: RowPages;
  rowCount(): number;
  totals(): Totals;
  /** SHA-256 of the rows, the same in every format: a line of JSON for each. */
  rowsSha256(): string;
  proofs(): readonly Proof[];
};

/** The rows do not add up to the ledger. Never shown to anybody: what computed them, or the journal, is wrong. */
export class ReportDoesNotFoot extends Error {
  constructor(reportId: string, what: string, report: number, ledger: number) {
    super(`report ${reportId} does not foot: ${what}: ${report} in the report, ${ledger} in the ledger`);
    this.name = 'ReportDoesNotFoot';
  }
}

/** Lines of the ledger by kind of account, added up apart from every report. Amounts in dong. */
export class LedgerSums {
  readonly #sums = new Map<string, { debit: number; credit: number }>();

  addEntry({ lines }: Pick<JournalEntry, 'lines'>): void {
    for (const { account, side, amount } of lines) this.#add(account, side, amount);
  }

  addBalance({ account, debit, credit }: AccountBalance): void {
    this.#add(account, 'debit', debit);
    this.#add(account, 'credit', credit);
  }

  /** What accounts of these kinds hold of others' money: credits less debits. */
  held(...kinds: readonly string[]): number {
    return kinds.reduce((sum, kind) => {
      const { debit, credit } = this.#sums.get(kind) ?? { debit: 0, credit: 0 };
      return wholeSum(sum, credit - debit);
    }, 0);
  }

  /** One side of all accounts. */
  side(side: 'debit' | 'credit'): number {
    return [...this.#sums.values()].reduce((sum, one) => wholeSum(sum, one[side]), 0);
  }

  #add(account: string, side: 'debit' | 'credit', amount: number): void {
    const kind = kindOf(account);
    const there = this.#sums.get(kind) ?? { debit: 0, credit: 0 };
    there[side] = wholeSum(there[side], amount);
    this.#sums.set(kind, there);
  }
}

/** Throws RangeError past 2^53, where a sum would be a guess. */
export function wholeSum(one: number, other: number): number {
  const sum = one + other;
  if (!Number.isSafeInteger(sum)) throw new RangeError(`sum out of range: ${sum}`);
  return sum;
}

/** What an entry adds to accounts of these kinds, in dong: credits less debits. */
export function heldBy({ lines }: Pick<JournalEntry, 'lines'>, ...kinds: readonly string[]): number {
  let held = 0;
  for (const { account, side, amount } of lines)
    if (kinds.includes(kindOf(account))) held += side === 'credit' ? amount : -amount;
  return held;
}

/** Rows that are at hand, in one page. */
export async function* atOnce<Row>(rows: Iterable<Row>): AsyncGenerator<readonly Row[]> {
  const page = [...rows];
  if (page.length > 0) yield page;
}

export const compareText = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);
