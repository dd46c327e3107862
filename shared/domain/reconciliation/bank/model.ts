import type { Day } from '../../time.ts';

/**
 * What a bank's or treasury's statement says, whatever its format. Readers tell it piece by piece to a {@link BankSink}, so
 * that a file of any size passes through bounded memory. Nothing told may be booked before the reader has said that the
 * whole file is sound: a file is taken whole or not at all.
 *
 * Amounts are signed whole minor units (credit to the account positive), of the currency that stands beside them: dong for
 * VND, cents for USD. Days are the bank's own booking and value days.
 */

export type BankFormat =
  | 'camt.052'
  | 'camt.053'
  | 'camt.054'
  | 'mt940'
  | 'bai2'
  | 'napas'
  | 'delimited'
  | 'xlsx'
  | 'fixed-width';

/** `intraday` is a preview of what a statement will say: it is read and never booked. `advice` tells of entries only. */
export type BankFileKind = 'statement' | 'intraday' | 'advice';

export type Balance = {
  /** The bank's own code: OPBD, CLBD … in camt, 60F, 62F … in MT940, 010, 015 … in BAI2. */
  code: string;
  minor: bigint;
  currency: string;
  day: Day | null;
};

export type StatementHead = {
  format: BankFormat;
  kind: BankFileKind;
  /** As the bank names it; empty where it does not. Banks use the same id again each year: never a key by itself. */
  id: string;
  /** Number of the statement in its account's sequence, as written. */
  sequence: string;
  account: string;
  /** Empty where the statement does not say. */
  currency: string;
};

/** One payment inside an entry. */
export type EntryDetail = {
  /** Null where the file names no amount of its own for it. */
  minor: bigint | null;
  currency: string;
  /** The bank's own reference of this payment; empty where there is none. */
  bankReference: string;
  endToEndId: string;
  /** Structured references of the payer, such as a creditor reference. */
  structured: string[];
  /** Free text of the payer. */
  text: string;
  /** The virtual account that was paid to, where there is one. */
  virtualAccount: string;
};

export type BankEntry = {
  /** Place in its statement, counting from 1. With account and sequence it names a line that has no bank reference. */
  position: number;
  minor: bigint;
  currency: string;
  /** Pending or merely informative entries are never booked. */
  booked: boolean;
  /** The bank says that it takes back an earlier entry. */
  reversal: boolean;
  bookingDay: Day | null;
  valueDay: Day | null;
  bankReference: string;
  /** The bank's own code of the kind of transaction. */
  code: string;
  text: string;
  details: EntryDetail[];
};

/** What is odd about a statement that can be read all the same: reported, never repaired. */
export type BankFindingCode =
  | 'balance_break'
  /** Without an opening or a closing balance, or sums in their place, nothing proves the entries. */
  | 'balance_missing'
  | 'declared_entries'
  | 'declared_sum'
  | 'declared_records'
  | 'details_differ'
  /** What an entry says of its batch is not what its payments come to. */
  | 'batch_differs'
  | 'day_impossible'
  | 'entry_after_closing'
  | 'not_utf8'
  | 'sequence_gap'
  | 'control_total'
  | 'control_count';

export type BankFinding = { code: BankFindingCode; figures: Record<string, string> };

export type StatementFoot = {
  balances: Balance[];
  opening: Balance | null;
  closing: Balance | null;
  entries: number;
  /** Payments inside the entries, as far as the file tells them apart. */
  details: number;
  /** Sums over the booked entries, both positive. */
  credit: bigint;
  debit: bigint;
  notBooked: number;
  reversals: number;
  /** Whether opening plus booked entries is closing; null where there is nothing to compare. */
  closes: boolean | null;
  declared: { entries: number | null; sum: bigint | null; credit: bigint | null; debit: bigint | null };
  findings: BankFinding[];
};

export interface BankSink {
  begin(head: StatementHead): void;
  entry(entry: BankEntry): void;
  end(foot: StatementFoot): void;
}

/** Why a statement file is refused whole. Figures only, never a value of the file: a shifted field may hold a name. */
export type BankFaultCode =
  | 'not_xml'
  | 'doctype'
  | 'too_deep'
  | 'token_too_long'
  | 'entity_unknown'
  | 'not_utf8'
  | 'control_character'
  | 'unknown_message'
  | 'truncated'
  | 'empty'
  | 'amount_malformed'
  | 'amount_too_fine'
  | 'amount_out_of_range'
  | 'currency_missing'
  | 'currency_other'
  | 'direction_missing'
  | 'day_malformed'
  | 'account_missing'
  | 'line_malformed'
  | 'line_too_long'
  | 'field_missing'
  | 'field_malformed'
  | 'field_twice'
  | 'record_unknown'
  | 'record_misplaced'
  | 'control_total'
  | 'control_count'
  | 'too_many_entries'
  | 'too_many_details'
  | 'column_missing'
  | 'column_twice'
  | 'trailer_missing'
  | 'line_after_trailer'
  | 'never_booked'
  | 'account_other'
  | 'too_many_statements'
  | 'not_zip'
  | 'zip_bomb'
  | 'zip_unsupported'
  | 'sheet_missing'
  | 'sheet_unread';

export type BankFault = { line: number; code: BankFaultCode; figures?: Record<string, string> };

/** Thrown inside a reader; it becomes the verdict. */
export class BankFileFault extends Error {
  readonly fault: BankFault;
  constructor(line: number, code: BankFaultCode, figures?: Record<string, string>) {
    super(`line ${line}: ${code}`);
    this.name = 'BankFileFault';
    this.fault = figures ? { line, code, figures } : { line, code };
  }
}

export type BankVerdict = { kind: 'read'; statements: number; entries: number } | { kind: 'refused'; fault: BankFault };

/** Bytes come in as they arrive; the verdict comes at the end. After a fault the rest is passed over. */
export interface BankReader {
  push(chunk: Uint8Array): void;
  end(): BankVerdict;
}

/** Largest file that is taken in, in bytes. */
export const MAX_BANK_FILE_BYTES = 100 * 1024 * 1024;
/** Most entries of one file, and most payments inside one entry. */
export const MAX_ENTRIES = 2_000_000;
export const MAX_DETAILS = 100_000;
/** Longest free text that is kept of one payment, in characters; what is longer is cut. */
export const MAX_TEXT = 2_000;

/** Adds text to text with a space between, up to {@link MAX_TEXT}. */
export function joinText(there: string, more: string): string {
  const piece = more.trim();
  if (piece === '' || there.length >= MAX_TEXT) return there;
  return (there === '' ? piece : `${there} ${piece}`).slice(0, MAX_TEXT);
}
