import type { JournalEntry } from '../ledger/journal.ts';
import { UNASSIGNED } from '../ledger/ledger.ts';
import { type Dong, dong } from '../money/dong.ts';
import { isMoved } from '../payment/movement.ts';
import { addDays, type Day } from '../time.ts';
import { BytesIndex, GROWTH, grown } from './bytes-index.ts';
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
/** Bytes of a short line. */
const LINE_BYTES = 48;
const NONE = -1;

/** Most terminals of a provider, and most agencies: a row holds their numbers in 16 bits. */
const MAX_NAMES = 65_535;

const LINE = 1;
const COLLECTED = 2;
/** Our entry is counted on the day before or after. */
const SHIFTED = 4;
/** Our entries under this id belong to more than one agency. */
const AGENCIES = 8;
/** What we entered under this id went back: on the day of the file, or a day before or after. */
const WENT_BACK = 16;
const WENT_BACK_THAT_DAY = 32;
/** We have an entry under this id, and several. */
const OURS = 64;
const SEVERAL = 128;
/** Our side is not what the line says: it stands in {@link Matching.#odd}. */
const ODD = 256;
/** Of one that is {@link SHIFTED}: on the day before. */
const EARLIER = 512;

/** A row: amount and reference of the line as numbers, then terminal of the line, agency of ours, and flags, 16 bits each. */
const ROW_BYTES = 24;
const NUMBERS = ROW_BYTES / 8;
const [AMOUNT, REFERENCE] = [0, 1];
const WORDS = ROW_BYTES / 2;
const [TERMINAL, AGENCY, FLAGS] = [8, 9, 10];

/** Our side of a row where the line does not say it all. Amount in dong: of several entries the sum. */
type Ours = { amount: number; terminal: number; invoice: number };

export class Matching {
  readonly businessDate: Day;
  readonly terminals = new BytesIndex();
  readonly ids = new BytesIndex();
  readonly #agencies: string[] = [];
  readonly #agencyRows = new Map<string, number>();
  readonly #terminalRows = new Map<string, number>();
  readonly #agencyOfTerminal: readonly string[];
  /** The day before, and the day after. */
  readonly #neighbours: readonly Day[];
  readonly #cutOff: string;

  /** One buffer, so that a row is one or two lines of the processor's cache, seen as numbers and as words. */
  #numbers = new Float64Array(FIRST_ROWS * NUMBERS);
  #words = new Uint16Array(this.#numbers.buffer);
  /** Few: what agrees with its line in amount and terminal, as nearly all does, needs no more than the row. */
  readonly #odd = new Map<number, Ours>();
  /** Invoices of what went back. */
  readonly #wentBack = new Map<number, number>();
  /** Of rows that were read ahead, so that they are read at all. */
  #warmed = 0;
  /** Allotted with the first fee: most files name none. */
  #fees: Float64Array | undefined;

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
      const row = this.terminals.addText(terminal);
      this.#terminalRows.set(terminal, row);
      agencies[row] = served.size === 1 && only !== undefined ? only : UNASSIGNED;
    }
    if (this.terminals.size > MAX_NAMES) throw new RangeError(`more than ${MAX_NAMES} terminals`);
    this.#agencyOfTerminal = agencies;
  }

  /** Rows so far. */
  get size(): number {
    return this.ids.size;
  }

  /** Allots room for the lines of a file of so many bytes, before the first. */
  expect(bytes: number): void {
    const rows = Math.ceil(bytes / LINE_BYTES);
    if (rows <= FIRST_ROWS) return;
    this.ids.expect(rows);
    this.#numbers = new Float64Array(rows * NUMBERS);
    this.#words = new Uint16Array(this.#numbers.buffer);
  }

  /** Adds a line of the file. All lines come before the first entry. Answers false if its id was there already. */
  addLine(line: SettlementLine): boolean {
    const row = this.ids.add(line.bytes, line.start, line.end);
    this.#reserve(row);
    if ((this.#flags(row) & LINE) !== 0) return false;
    this.#raise(row, LINE | (line.collected ? COLLECTED : 0));
    this.#numbers[row * NUMBERS + AMOUNT] = line.amount;
    this.#numbers[row * NUMBERS + REFERENCE] = line.reference;
    this.#words[row * WORDS + TERMINAL] = line.terminal;
    if (line.fee) {
      this.#fees ??= new Float64Array(this.#numbers.length / NUMBERS);
      this.#fees[row] = line.fee;
    }
    return true;
  }

  /** Adds entries of our journal, as {@link addEntry} does each. Some hundred at once take half the time. */
  addEntries(entries: readonly JournalEntry[]): void {
    const ids = entries.map(({ transactionId }) => transactionId);
    this.ids.warm(ids, (row) => {
      this.#warmed ^= this.#flags(row);
    });
    for (const entry of entries) this.addEntry(entry);
  }

  /**
   * Adds an entry of our journal. Those counted on the day of the file all take part, whatever their kind: it is all money
   * that the provider holds. Those of the day before and after only answer a line that would else stand alone. A reversal
   * is no entry of its own here: it says that what stands under its id need not be in the file. Throws a RangeError beyond
   * {@link MAX_NAMES} agencies.
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
      this.#raise(reversed, WENT_BACK | (own ? WENT_BACK_THAT_DAY : 0));
      this.#wentBack.set(reversed, Number(entry.invoiceNumber ?? 0));
      return;
    }
    const row = own ? this.ids.addText(entry.transactionId) : this.ids.findText(entry.transactionId);
    if (row === NONE) return;
    this.#reserve(row);
    if (!own && (this.#flags(row) & COLLECTED) === 0) return;

    const before = this.#flags(row);
    const agency = this.#agencyRow(entry.agencyCode);
    const terminal = this.#terminalRows.get(entry.terminal) ?? NONE;
    const first = (before & OURS) === 0;
    if (!first && this.#words[row * WORDS + AGENCY] !== agency) this.#raise(row, AGENCIES);
    if (!own) this.#raise(row, SHIFTED | (day < this.businessDate ? EARLIER : 0));
    const asTheLine =
      first && own && this.theirs(row) === entry.amount && this.#words[row * WORDS + TERMINAL] === terminal;
    if (!asTheLine) {
      const amount = dong((first ? 0 : this.#ours(row).amount) + entry.amount);
      this.#odd.set(row, { amount, terminal, invoice: Number(entry.invoiceNumber ?? 0) });
    }
    this.#raise(row, OURS | (first ? 0 : SEVERAL) | (asTheLine ? 0 : ODD));
    this.#words[row * WORDS + AGENCY] = agency;
  }

  /** What a row comes to. First what cannot be decided, then money, then account, then date. */
  outcome(row: number): Outcome {
    const flags = this.#flags(row);
    if ((flags & COLLECTED) === 0) {
      if ((flags & SEVERAL) !== 0) return 'AMBIGUOUS';
      // The provider need not list what it gave back.
      return (flags & OURS) === 0 || (flags & WENT_BACK) !== 0 ? 'nothing' : 'MISSING_AT_BANK';
    }
    if ((flags & OURS) === 0) return 'MISSING_AT_US';
    if ((flags & SEVERAL) !== 0) return 'AMBIGUOUS';
    if ((flags & ODD) !== 0) {
      const { amount, terminal } = this.#ours(row);
      const difference = (this.#numbers[row * NUMBERS + AMOUNT] as number) - amount;
      if (difference > 0) return 'AMOUNT_OVER';
      if (difference < 0) return 'AMOUNT_UNDER';
      if (this.#words[row * WORDS + TERMINAL] !== terminal) return 'WRONG_ACCOUNT';
    }
    // Given back by its own word, and yet in the file as money that it has. What went back on another day was there then.
    if ((flags & WENT_BACK_THAT_DAY) !== 0) return 'REVERSED';
    return (flags & SHIFTED) === 0 ? 'matched' : 'DATE_SHIFT';
  }

  /** What the file says of a row: dong, or undefined if it bears no money there. */
  theirs(row: number): Dong | undefined {
    return (this.#flags(row) & COLLECTED) === 0 ? undefined : dong(this.#numbers[row * NUMBERS + AMOUNT] as number);
  }

  /** Row of {@link terminals} at which the file has a line; only where it has one. */
  theirTerminal(row: number): number {
    return this.#words[row * WORDS + TERMINAL] as number;
  }

  /** What the provider keeps of a line, in dong. */
  fee(row: number): number {
    return this.#fees?.[row] ?? 0;
  }

  /** The day on which our books count the money of a row that is shifted. */
  shiftedTo(row: number): Day {
    return this.#neighbours[(this.#flags(row) & EARLIER) === 0 ? 1 : 0] as Day;
  }

  /** The agency of a row: of our entry, else of the terminal; {@link UNASSIGNED} where there are several. */
  agency(row: number): string {
    const flags = this.#flags(row);
    if ((flags & AGENCIES) !== 0) return UNASSIGNED;
    if ((flags & OURS) !== 0) return this.#agencies[this.#words[row * WORDS + AGENCY] as number] as string;
    return this.#agencyOfTerminal[this.theirTerminal(row)] ?? UNASSIGNED;
  }

  /** The row with its two sides, for the work list. */
  difference(row: number, category: ExceptionCategory): Difference {
    const flags = this.#flags(row);
    const { amount, invoice } = this.#ours(row);
    const reference = this.#numbers[row * NUMBERS + REFERENCE] as number;
    return {
      category,
      transactionId: this.ids.text(row),
      agencyCode: this.agency(row),
      // Of several entries the sum: it is what our books hold under this id.
      ours: (flags & OURS) === 0 ? null : dong(amount),
      theirs: this.theirs(row) ?? null,
      ...((flags & (OURS | SEVERAL)) === OURS && invoice > 0 && { invoiceNumber: String(invoice) }),
      ...(reference > 0 && { paymentReference: String(reference) }),
    };
  }

  /** Our side: as the line says, where nothing else is known; then it is a difference only if it went back. */
  #ours(row: number): Ours {
    return (
      this.#odd.get(row) ?? {
        amount: this.#numbers[row * NUMBERS + AMOUNT] as number,
        terminal: this.theirTerminal(row),
        invoice: this.#wentBack.get(row) ?? 0,
      }
    );
  }

  #flags(row: number): number {
    return this.#words[row * WORDS + FLAGS] as number;
  }

  #raise(row: number, flags: number): void {
    this.#words[row * WORDS + FLAGS] = this.#flags(row) | flags;
  }

  #agencyRow(code: string): number {
    const there = this.#agencyRows.get(code);
    if (there !== undefined) return there;
    if (this.#agencies.length >= MAX_NAMES) throw new RangeError(`more than ${MAX_NAMES} agencies`);
    this.#agencyRows.set(code, this.#agencies.length);
    return this.#agencies.push(code) - 1;
  }

  #reserve(row: number): void {
    if ((row + 1) * NUMBERS <= this.#numbers.length) return;
    this.#numbers = grown(this.#numbers, new Float64Array(GROWTH * this.#numbers.length));
    this.#words = new Uint16Array(this.#numbers.buffer);
    if (this.#fees) this.#fees = grown(this.#fees, new Float64Array(GROWTH * this.#fees.length));
  }
}
