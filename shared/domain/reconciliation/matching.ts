import type { JournalEntry } from '../ledger/journal.ts';
import { UNASSIGNED } from '../ledger/ledger.ts';
import { type Dong, dong } from '../money/dong.ts';
import { isMoved } from '../payment/movement.ts';
import { addDays, type Day } from '../time.ts';
import { BytesIndex, grown } from './bytes-index.ts';
import { countedOn, MIDNIGHT } from './deliveries.ts';
import type { ExceptionCategory } from './exception.ts';

/**
 * One provider's day, both sides in one table: a row for each transaction id that either side knows. What a row means
 * follows from its columns alone, so the result does not depend on the order in which lines and entries came. One to one:
 * two entries of ours under one transaction id are never picked from, they are AMBIGUOUS.
 */

/** A line of the file, its transaction id as bytes `start` to `end`. Amount in dong. */
export type SettlementLine = {
  bytes: Uint8Array;
  start: number;
  end: number;
  /** Row of {@link Matching.terminals}. */
  terminal: number;
  amount: number;
  /** What the provider keeps of it, in dong; 0 where the file does not say. */
  fee?: number;
  /** Our payment reference as a number (15 digits fit), 0 if the line bears none of ours. */
  reference: number;
  /** Whether the provider has the money. A line without money counts for nothing but its id. */
  collected: boolean;
};

/** What a row comes to. `nothing`: a line without money, and no entry of ours. */
export type Outcome =
  | 'matched'
  | 'nothing'
  | Extract<
      ExceptionCategory,
      | 'MISSING_AT_BANK'
      | 'MISSING_AT_US'
      | 'AMOUNT_OVER'
      | 'AMOUNT_UNDER'
      | 'WRONG_ACCOUNT'
      | 'DATE_SHIFT'
      | 'AMBIGUOUS'
      | 'REVERSED'
    >;

/** A row that somebody must decide. */
export type Difference = {
  category: ExceptionCategory;
  transactionId: string;
  agencyCode: string;
  ours: Dong | null;
  theirs: Dong | null;
  invoiceNumber?: string;
  paymentReference?: string;
};

const FIRST_ROWS = 1024;
const NONE = -1;
/** Entries under one id beyond two change nothing any more. */
const MANY = 2;

const LINE = 1;
const COLLECTED = 2;
/** Our entry is counted on the day before or after. */
const SHIFTED = 4;
/** Our entries under this id belong to more than one agency. */
const AGENCIES = 8;
/** What we entered under this id went back: on the day of the file, or a day before or after. */
const WENT_BACK = 16;
const WENT_BACK_THAT_DAY = 32;
/** Of one that is {@link SHIFTED}: on the day before. */
const EARLIER = 64;

export class Matching {
  readonly businessDate: Day;
  readonly terminals = new BytesIndex();
  readonly ids = new BytesIndex();
  readonly #agencies: string[] = [];
  readonly #agencyRows = new Map<string, number>();
  readonly #agencyOfTerminal: readonly string[];
  /** The day before, and the day after. */
  readonly #neighbours: readonly Day[];
  readonly #cutOff: string;

  #flags = new Uint8Array(FIRST_ROWS);
  #theirAmounts = new Float64Array(FIRST_ROWS);
  #theirTerminals = new Int32Array(FIRST_ROWS);
  /** Allotted with the first fee: most files name none. */
  #fees: Float64Array | undefined;
  #references = new Float64Array(FIRST_ROWS);
  #ourCounts = new Uint8Array(FIRST_ROWS);
  #ourAmounts = new Float64Array(FIRST_ROWS);
  #ourTerminals = new Int32Array(FIRST_ROWS);
  #ourAgencies = new Int32Array(FIRST_ROWS);
  #ourInvoices = new Float64Array(FIRST_ROWS);

  /**
   * `terminals`: all that are registered at the provider, each with the agencies that it serves; `cutOff`: when the
   * provider's day ends.
   */
  constructor(businessDate: Day, terminals: ReadonlyMap<string, ReadonlySet<string>>, cutOff: string = MIDNIGHT) {
    this.businessDate = businessDate;
    this.#cutOff = cutOff;
    this.#neighbours = [addDays(businessDate, -1), addDays(businessDate, 1)];
    const agencies: string[] = [];
    for (const [terminal, served] of terminals) {
      const [only] = served;
      agencies[this.terminals.addText(terminal)] = served.size === 1 && only !== undefined ? only : UNASSIGNED;
    }
    this.#agencyOfTerminal = agencies;
  }

  /** Rows so far. */
  get size(): number {
    return this.ids.size;
  }

  /** Adds a line of the file. All lines come before the first entry. Answers false if its id was there already. */
  addLine(line: SettlementLine): boolean {
    const row = this.ids.add(line.bytes, line.start, line.end);
    this.#reserve(row);
    if (((this.#flags[row] as number) & LINE) !== 0) return false;
    this.#flags[row] = LINE | (line.collected ? COLLECTED : 0);
    this.#theirAmounts[row] = line.amount;
    this.#theirTerminals[row] = line.terminal;
    this.#references[row] = line.reference;
    if (line.fee) {
      this.#fees ??= new Float64Array(this.#flags.length);
      this.#fees[row] = line.fee;
    }
    return true;
  }

  /**
   * Adds an entry of our journal. Those counted on the day of the file all take part, whatever their kind: it is all money
   * that the provider holds. Those of the day before and after only answer a line that would else stand alone. A reversal
   * is no entry of its own here: it says that what stands under its id need not be in the file.
   */
  addEntry(entry: JournalEntry): void {
    // What only moved stands under the entry that brought it.
    if (isMoved(entry.movementId)) return;
    const day = countedOn(entry, this.#cutOff);
    const own = day === this.businessDate;
    if (!own && !this.#neighbours.includes(day)) return;
    // What was refunded stays a payment in the file.
    if (entry.kind === 'refund') return;
    if (entry.kind === 'reversal') {
      // Its payment may come after it.
      const reversed = this.ids.addText(entry.transactionId);
      this.#reserve(reversed);
      this.#flags[reversed] = (this.#flags[reversed] as number) | WENT_BACK | (own ? WENT_BACK_THAT_DAY : 0);
      return;
    }
    const row = own ? this.ids.addText(entry.transactionId) : this.ids.findText(entry.transactionId);
    if (row === NONE) return;
    this.#reserve(row);
    if (!own && ((this.#flags[row] as number) & COLLECTED) === 0) return;

    const count = this.#ourCounts[row] as number;
    const agency = this.#agencyRow(entry.agencyCode);
    if (count > 0 && this.#ourAgencies[row] !== agency) this.#flags[row] = (this.#flags[row] as number) | AGENCIES;
    if (!own) this.#flags[row] = (this.#flags[row] as number) | SHIFTED | (day < this.businessDate ? EARLIER : 0);
    this.#ourCounts[row] = Math.min(count + 1, MANY);
    this.#ourAmounts[row] = dong((this.#ourAmounts[row] as number) + entry.amount);
    this.#ourTerminals[row] = this.terminals.findText(entry.terminal);
    this.#ourAgencies[row] = agency;
    this.#ourInvoices[row] = Number(entry.invoiceNumber ?? 0);
  }

  /** What a row comes to. First what cannot be decided, then money, then account, then date. */
  outcome(row: number): Outcome {
    const flags = this.#flags[row] as number;
    const ours = this.#ourCounts[row] as number;
    if ((flags & COLLECTED) === 0) {
      if (ours > 1) return 'AMBIGUOUS';
      // The provider need not list what it gave back.
      return ours === 0 || (flags & WENT_BACK) !== 0 ? 'nothing' : 'MISSING_AT_BANK';
    }
    if (ours === 0) return 'MISSING_AT_US';
    if (ours > 1) return 'AMBIGUOUS';
    const difference = (this.#theirAmounts[row] as number) - (this.#ourAmounts[row] as number);
    if (difference > 0) return 'AMOUNT_OVER';
    if (difference < 0) return 'AMOUNT_UNDER';
    if (this.#theirTerminals[row] !== this.#ourTerminals[row]) return 'WRONG_ACCOUNT';
    // Given back by its own word, and yet in the file as money that it has. What went back on another day was there then.
    if ((flags & WENT_BACK_THAT_DAY) !== 0) return 'REVERSED';
    return (flags & SHIFTED) === 0 ? 'matched' : 'DATE_SHIFT';
  }

  /** What the file says of a row: dong, or undefined if it bears no money there. */
  theirs(row: number): Dong | undefined {
    return ((this.#flags[row] as number) & COLLECTED) === 0 ? undefined : dong(this.#theirAmounts[row] as number);
  }

  /** Row of {@link terminals} at which the file has a line; only where it has one. */
  theirTerminal(row: number): number {
    return this.#theirTerminals[row] as number;
  }

  /** What the provider keeps of a line, in dong. */
  fee(row: number): number {
    return this.#fees?.[row] ?? 0;
  }

  /** The day on which our books count the money of a row that is shifted. */
  shiftedTo(row: number): Day {
    return this.#neighbours[((this.#flags[row] as number) & EARLIER) === 0 ? 1 : 0] as Day;
  }

  /** The agency of a row: of our entry, else of the terminal; {@link UNASSIGNED} where there are several. */
  agency(row: number): string {
    if (((this.#flags[row] as number) & AGENCIES) !== 0) return UNASSIGNED;
    if ((this.#ourCounts[row] as number) > 0) return this.#agencies[this.#ourAgencies[row] as number] as string;
    return this.#agencyOfTerminal[this.#theirTerminals[row] as number] ?? UNASSIGNED;
  }

  /** The row with its two sides, for the work list. */
  difference(row: number, category: ExceptionCategory): Difference {
    const count = this.#ourCounts[row] as number;
    const invoice = this.#ourInvoices[row] as number;
    const reference = this.#references[row] as number;
    return {
      category,
      transactionId: this.ids.text(row),
      agencyCode: this.agency(row),
      // Of several entries the sum: it is what our books hold under this id.
      ours: count === 0 ? null : dong(this.#ourAmounts[row] as number),
      theirs: this.theirs(row) ?? null,
      ...(count === 1 && invoice > 0 && { invoiceNumber: String(invoice) }),
      ...(reference > 0 && { paymentReference: String(reference) }),
    };
  }

  #agencyRow(code: string): number {
    const there = this.#agencyRows.get(code);
    if (there !== undefined) return there;
    this.#agencyRows.set(code, this.#agencies.length);
    return this.#agencies.push(code) - 1;
  }

  #reserve(row: number): void {
    if (row < this.#flags.length) return;
    const length = 2 * this.#flags.length;
    this.#flags = grown(this.#flags, new Uint8Array(length));
    this.#theirAmounts = grown(this.#theirAmounts, new Float64Array(length));
    this.#theirTerminals = grown(this.#theirTerminals, new Int32Array(length));
    this.#references = grown(this.#references, new Float64Array(length));
    if (this.#fees) this.#fees = grown(this.#fees, new Float64Array(length));
    this.#ourCounts = grown(this.#ourCounts, new Uint8Array(length));
    this.#ourAmounts = grown(this.#ourAmounts, new Float64Array(length));
    this.#ourTerminals = grown(this.#ourTerminals, new Int32Array(length));
    this.#ourAgencies = grown(this.#ourAgencies, new Int32Array(length));
    this.#ourInvoices = grown(this.#ourInvoices, new Float64Array(length));
  }
}
