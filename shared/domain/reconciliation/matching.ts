import type { JournalEntry } from '../ledger/journal.ts';
import { UNASSIGNED } from '../ledger/ledger.ts';
import { type Dong, dong } from '../money/dong.ts';
import { isMoved, REFUND, REVERSAL } from '../payment/movement.ts';
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

/** What goes back, by the mark before the name of its movement: a refund of ours, or what the payer's bank took back. */
export const wentBack = { refunded: REFUND, chargedBack: REVERSAL } as const;
export type WentBack = keyof typeof wentBack;

/** A line of money that goes back. `name`: our refund's reference, or the payment's transaction. Amounts in dong. */
export type ReturnLine = { how: WentBack; name: string; terminal: number; amount: number; fee: number };

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
      | 'REFUND_UNMATCHED'
    >;

/** A row that somebody must decide. */
export type Difference = {
  category: ExceptionCategory;
  /** Of money that goes back with its mark before it: see {@link wentBack}. */
  transactionId: string;
  /** Its money goes back. */
  direction?: 'out';
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
/** The row is of money that goes back: by our refund, or else by the payer's bank. */
const BACK = 1024;
const BY_REFUND = 2048;
/** The line names another order than our entry. */
const OTHER_ORDER = 4096;

/** Digits of a payment reference behind the invoice's number. */
const OWN_PART = 1000;

/** A row: amount and reference of the line as numbers, then terminal of the line, agency of ours, and flags, 16 bits each. */
const ROW_BYTES = 24;
const NUMBERS = ROW_BYTES / 8;
const [AMOUNT, REFERENCE] = [0, 1];
const WORDS = ROW_BYTES / 2;
const [TERMINAL, AGENCY, FLAGS] = [8, 9, 10];

/** Our side of a row where the line does not say it all. Amount in dong: of several entries the sum. */
type Ours = { amount: number; terminal: number; invoice: number };

const encoder = new TextEncoder();
const backFlags = (how: WentBack): number => BACK | (how === 'refunded' ? BY_REFUND : 0);

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
  readonly #tellsOfReturns: boolean;

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
   * provider's day ends; `tellsOfReturns`: whether its files list what went back.
   */
  constructor(
    businessDate: Day,
    terminals: ReadonlyMap<string, ReadonlySet<string>>,
    cutOff: string = MIDNIGHT,
    tellsOfReturns = false,
  ) {
    this.businessDate = businessDate;
    this.#cutOff = cutOff;
    this.#tellsOfReturns = tellsOfReturns;
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

  /** Adds a line of money that goes back. Answers false if it was there already. */
  addReturn({ how, name, ...line }: ReturnLine): boolean {
    const bytes = encoder.encode(`${wentBack[how]}${name}`);
    const added = this.addLine({ ...line, bytes, start: 0, end: bytes.length, reference: 0, collected: true });
    if (added) this.#raise(this.ids.find(bytes, 0, bytes.length), backFlags(how));
    return added;
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
    if (entry.kind === 'refund') {
      if (this.#tellsOfReturns) this.#addOurs(entry, day, 'refunded');
      return;
    }
    if (entry.kind === 'reversal') {
      // Its payment may come after it.
      const reversed = this.ids.addText(entry.transactionId);
      this.#reserve(reversed);
      this.#raise(reversed, WENT_BACK | (own ? WENT_BACK_THAT_DAY : 0));
      this.#wentBack.set(reversed, Number(entry.invoiceNumber ?? 0));
      if (this.#tellsOfReturns) this.#addOurs(entry, day, 'chargedBack');
      return;
    }
    this.#addOurs(entry, day);
  }

  #addOurs(entry: JournalEntry, day: Day, how?: WentBack): void {
    const own = day === this.businessDate;
    const id = how === undefined ? entry.transactionId : `${wentBack[how]}${entry.transactionId}`;
    const row = own ? this.ids.addText(id) : this.ids.findText(id);
    if (row === NONE) return;
    this.#reserve(row);
    if (!own && (this.#flags(row) & COLLECTED) === 0) return;
    if (how !== undefined) this.#raise(row, backFlags(how));

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
    const reference = this.#numbers[row * NUMBERS + REFERENCE] as number;
    const isOther =
      reference > 0 &&
      entry.invoiceNumber !== undefined &&
      Math.floor(reference / OWN_PART) !== Number(entry.invoiceNumber);
    this.#raise(row, OURS | (first ? 0 : SEVERAL) | (asTheLine ? 0 : ODD) | (isOther ? OTHER_ORDER : 0));
    this.#words[row * WORDS + AGENCY] = agency;
  }

  /** What a row comes to. First what cannot be decided, then money, then account, then date. */
  outcome(row: number): Outcome {
    const flags = this.#flags(row);
    if ((flags & BACK) !== 0) return this.#outcomeOfReturn(row, flags);
    if ((flags & COLLECTED) === 0) {
      if ((flags & SEVERAL) !== 0) return 'AMBIGUOUS';
      if ((flags & OURS) === 0) return 'nothing';
      // The provider need not list what it gave back, unless it lists that it did.
      const isNetted = (flags & (this.#tellsOfReturns ? WENT_BACK_THAT_DAY : WENT_BACK)) !== 0;
      return isNetted && !this.#isChargedBack(row) ? 'nothing' : 'MISSING_AT_BANK';
    }
    if ((flags & OURS) === 0) return 'MISSING_AT_US';
    // One transaction for two orders: which of them the money is for, nobody can say (ADR 9).
    if ((flags & (SEVERAL | OTHER_ORDER)) !== 0) return 'AMBIGUOUS';
    const differs = this.#differs(row, flags);
    if (differs) return differs;
    // Given back by its own word, and yet in the file as money that it has. What went back on another day was there then.
    if ((flags & WENT_BACK_THAT_DAY) !== 0 && !this.#isChargedBack(row)) return 'REVERSED';
    return (flags & SHIFTED) === 0 ? 'matched' : 'DATE_SHIFT';
  }

  #differs(row: number, flags: number): 'AMOUNT_OVER' | 'AMOUNT_UNDER' | 'WRONG_ACCOUNT' | undefined {
    if ((flags & ODD) === 0) return undefined;
    const { amount, terminal } = this.#ours(row);
    const difference = (this.#numbers[row * NUMBERS + AMOUNT] as number) - amount;
    if (difference > 0) return 'AMOUNT_OVER';
    if (difference < 0) return 'AMOUNT_UNDER';
    return this.#words[row * WORDS + TERMINAL] === terminal ? undefined : 'WRONG_ACCOUNT';
  }

  /** Whether the file lists that a row's payment was taken back. */
  #isChargedBack(row: number): boolean {
    if (!this.#tellsOfReturns) return false;
    const back = this.ids.findText(`${wentBack.chargedBack}${this.ids.text(row)}`);
    return back !== NONE && (this.#flags(back) & COLLECTED) !== 0;
  }

  /** The same of money that goes back. What one side alone has is a refund, or a reversal, that the other does not know. */
  #outcomeOfReturn(row: number, flags: number): Outcome {
    if ((flags & COLLECTED) === 0) return this.#isNetted(row, flags) ? 'nothing' : 'REFUND_UNMATCHED';
    if ((flags & OURS) === 0) return (flags & BY_REFUND) === 0 ? 'REVERSED' : 'REFUND_UNMATCHED';
    if ((flags & SEVERAL) !== 0) return 'AMBIGUOUS';
    return this.#differs(row, flags) ?? ((flags & SHIFTED) === 0 ? 'matched' : 'DATE_SHIFT');
  }

  /** A payment of the day that was taken back on it: the provider lists neither, or the payment's own row says so. */
  #isNetted(row: number, flags: number): boolean {
    if ((flags & BY_REFUND) !== 0) return false;
    const paid = this.ids.findText(this.ids.text(row).slice(1));
    return paid !== NONE && (this.#flags(paid) & OURS) !== 0;
  }

  /** What the file says of a row: dong, or undefined if it bears no money there. */
  theirs(row: number): Dong | undefined {
    return (this.#flags(row) & COLLECTED) === 0 ? undefined : dong(this.#numbers[row * NUMBERS + AMOUNT] as number);
  }

  /** How the money of a row goes back; undefined for money that came. */
  back(row: number): WentBack | undefined {
    const flags = this.#flags(row);
    return (flags & BACK) === 0 ? undefined : (flags & BY_REFUND) === 0 ? 'chargedBack' : 'refunded';
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
      ...((flags & BACK) !== 0 && { direction: 'out' as const }),
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
