import { dayOf, fullYear, shortDay } from './day.ts';
import { Lines } from './lines.ts';
import {
  type Balance,
  type BankEntry,
  BankFileFault,
  type BankReader,
  type BankSink,
  type BankVerdict,
  joinText,
} from './model.ts';
import { isCurrency, minorUnits } from './money.ts';
import { StatementBuilder } from './statement-builder.ts';

/**
 * SWIFT MT940, customer statement message. Source: SWIFT Standards MT, category 9, MT940 field specifications; and what
 * banks make of it: amounts with a decimal point, a blank entry date, tags of their own, lines that begin with a dash
 * inside :86:, interim pages (:60M:, :62M:), text that is not UTF-8.
 */

/** Most lines before the first tag. */
const MAX_PREFACE_LINES = 20;

const CODES = { opening: ['60F', '60M'], closing: ['62F', '62M'] };

/** Opening and closing balance. */
const ONCE = ['60', '62'];

const TAG = /^:(\d{2}[A-Z]?|NS):(.*)$/s;
/** SWIFT's envelope: the dash on a line of its own ends a message. A line that merely begins with one is text. */
const ENVELOPE = /^(?:-\}?|\{[1-5]:.*)$/;
const BALANCE = /^([CD])(\d{6})([A-Z]{3})(\d{1,18}(?:[.,]\d*)?)\s*$/;
const SUM = /^\d{1,5}([A-Z]{3})(\d{1,18}(?:[.,]\d*)?)\s*$/;
/** Value date, entry date, mark (RC takes back a credit and so is a debit), funds code, amount, type, references. */
const ENTRY =
  /^(\d{6})(\d{4}| {4})?(R[CD]|E[CD]|[CD])([A-Z])?(\d{1,18}(?:[.,]\d*)?)(?![\d.,+-])([A-Z][A-Z0-9 ]{3})?(.*)$/s;

const SIGN: Readonly<Record<string, { sign: 1n | -1n; reversal: boolean; booked: boolean }>> = {
  C: { sign: 1n, reversal: false, booked: true },
  D: { sign: -1n, reversal: false, booked: true },
  RC: { sign: -1n, reversal: true, booked: true },
  RD: { sign: 1n, reversal: true, booked: true },
  // Expected, not booked.
  EC: { sign: 1n, reversal: false, booked: false },
  ED: { sign: -1n, reversal: false, booked: false },
};

type Draft = Omit<BankEntry, 'position' | 'details'> & { line: number; ownReference: string };

export class Mt940Reader implements BankReader {
  readonly #sink: BankSink;
  readonly #lines = new Lines((text, line) => this.#line(text, line));
  readonly #file = { entries: 0 };
  #statements = 0;
  #builder: StatementBuilder | undefined;
  #currency = '';
  #entry: Draft | undefined;
  #fault: BankFileFault | undefined;

  constructor(sink: BankSink) {
    this.#sink = sink;
  }

  push(chunk: Uint8Array): void {
    this.#try(() => this.#lines.push(chunk));
  }

  end(): BankVerdict {
    this.#try(() => {
      this.#lines.end();
      this.#endStatement();
      if (this.#statements === 0) throw new BankFileFault(0, this.#lines.count === 0 ? 'empty' : 'unknown_message');
    });
    if (this.#fault) return { kind: 'refused', fault: this.#fault.fault };
    return { kind: 'read', statements: this.#statements, entries: this.#file.entries };
  }

  #try(step: () => void): void {
    if (this.#fault) return;
    try {
      step();
    } catch (error) {
      if (!(error instanceof BankFileFault)) throw error;
      this.#fault = error;
    }
  }

  #line(text: string, line: number): void {
    const tag = TAG.exec(text);
    if (tag) this.#tag(tag[1] as string, tag[2] as string, line);
    else if (this.#statements === 0) this.#outside(line);
    else if (this.#entry && !isEnvelope(text)) this.#entry.text = joinText(this.#entry.text, text);
  }

  /** Banks put envelopes, control characters and even prose before the first tag; whole files of it are another format. */
  #outside(line: number): void {
    if (this.#statements === 0 && line > MAX_PREFACE_LINES) throw new BankFileFault(line, 'unknown_message');
  }

  #tag(tag: string, text: string, line: number): void {
    switch (tag) {
      case '20':
        this.#endStatement();
        this.#statements += 1;
        this.#builder = new StatementBuilder(
          this.#sink,
          CODES,
          { format: 'mt940', kind: 'statement', id: text.trim(), sequence: '', account: '', currency: '' },
          this.#file,
        );
        this.#currency = '';
        return;
      case '25':
      case '25P':
        this.#name('account', text, line);
        return;
      case '28':
      case '28C':
        this.#name('sequence', text, line);
        return;
      case '34F':
        // Only a report of a day that goes on (MT942) has a floor.
        throw new BankFileFault(line, 'never_booked');
      case '90D':
      case '90C':
        this.#endEntry();
        this.#declare(tag === '90C' ? 'credit' : 'debit', text, line);
        return;
      case '60F':
      case '60M':
      case '62F':
      case '62M':
      case '64':
      case '65':
        this.#endEntry();
        this.#balance(tag, text, line);
        return;
      case '61':
        this.#endEntry();
        this.#beginEntry(text, line);
        return;
      default:
        // :86: tells of the entry before it; other tags are a bank's own, and what they say is text as well.
        if (this.#statements === 0) throw new BankFileFault(line, 'record_misplaced');
        if (this.#entry) this.#entry.text = joinText(this.#entry.text, text);
    }
  }

  #statement(line: number): StatementBuilder {
    if (!this.#builder) throw new BankFileFault(line, 'record_misplaced');
    return this.#builder;
  }

  /** Stands once: a second one would be a line of text that looks like it. */
  #name(what: 'account' | 'sequence', text: string, line: number): void {
    const { head } = this.#statement(line);
    if (head[what] !== '') throw new BankFileFault(line, 'field_twice');
    head[what] = text.trim();
  }

  /** Number and sum of the entries of one direction. */
  #declare(direction: 'credit' | 'debit', text: string, line: number): void {
    const parts = SUM.exec(text);
    if (!parts) throw new BankFileFault(line, 'line_malformed');
    const [, currency = '', amount = ''] = parts;
    const { declared } = this.#statement(line);
    if (declared[direction] !== null) throw new BankFileFault(line, 'field_twice');
    declared[direction] = this.#minor(amount, currency, line);
  }

  #balance(code: string, text: string, line: number): void {
    const builder = this.#statement(line);
    // A statement begins once and ends once, as an interim page or as a whole.
    const kind = code.slice(0, 2);
    if (ONCE.includes(kind) && builder.balances.some((there) => there.code.startsWith(kind)))
      throw new BankFileFault(line, 'record_misplaced');
    const parts = BALANCE.exec(text);
    if (!parts) throw new BankFileFault(line, 'line_malformed');
    const [, mark, day = '', currency = '', amount = ''] = parts;
    const minor = this.#minor(amount, currency, line);
    if (code.startsWith('60')) {
      builder.head.currency = currency;
      this.#currency = currency;
    }
    const balance: Balance = { code, minor: mark === 'D' ? -minor : minor, currency, day: shortDay(day) ?? null };
    if (balance.day === null) builder.find('day_impossible', { line: String(line) });
    builder.balances.push(balance);
  }

  #beginEntry(text: string, line: number): void {
    const builder = this.#statement(line);
    const parts = ENTRY.exec(text);
    if (!parts) throw new BankFileFault(line, 'line_malformed');
    const [, value = '', entered = '', mark = '', , amount = '', type = '', references = ''] = parts;
    // Without an opening balance nobody says in which currency the account is.
    if (this.#currency === '') throw new BankFileFault(line, 'currency_missing');
    const { sign, reversal, booked } = SIGN[mark] as NonNullable<(typeof SIGN)[string]>;
    const valueDay = shortDay(value) ?? null;
    if (valueDay === null) builder.find('day_impossible', { line: String(line) });
    if (builder.balances.some(({ code }) => code.startsWith('62'))) builder.find('entry_after_closing');
    const [own = '', ...bank] = references.split('//');
    this.#entry = {
      line,
      minor: sign * this.#minor(amount, this.#currency, line),
      currency: this.#currency,
      booked,
      reversal,
      valueDay,
      bookingDay: entryDay(value, entered) ?? valueDay,
      bankReference: bank.join('//').trim(),
      ownReference: own.trim() === 'NONREF' ? '' : own.trim(),
      code: type.trim(),
      text: '',
    };
  }

  #minor(amount: string, currency: string, line: number): bigint {
    if (!isCurrency(currency)) throw new BankFileFault(line, 'currency_missing');
    const minor = minorUnits(amount, currency);
    if (minor === 'malformed') throw new BankFileFault(line, 'amount_malformed');
    if (minor === 'too_fine') throw new BankFileFault(line, 'amount_too_fine');
    return minor;
  }

  #endEntry(): void {
    const entry = this.#entry;
    this.#entry = undefined;
    if (!entry) return;
    const { line, ownReference, ...rest } = entry;
    const detail = {
      minor: entry.minor,
      currency: entry.currency,
      bankReference: entry.bankReference,
      endToEndId: ownReference,
      structured: [],
      text: entry.text,
      virtualAccount: '',
    };
    this.#statement(line).add({ ...rest, details: [detail] }, line);
  }

  #endStatement(): void {
    this.#endEntry();
    if (!this.#builder) return;
    if (this.#lines.western) this.#builder.find('not_utf8');
    this.#builder.end(this.#lines.count);
    this.#builder = undefined;
  }
}

const isEnvelope = (text: string): boolean => ENVELOPE.test(text);

/** The day on which the bank entered it: month and day, of the year of the value date that is nearest. */
function entryDay(value: string, entered: string) {
  if (!/^\d{4}$/.test(entered)) return undefined;
  const [month, day] = [Number(entered.slice(0, 2)), Number(entered.slice(2, 4))];
  const valueMonth = Number(value.slice(2, 4));
  const year =
    fullYear(Number(value.slice(0, 2))) +
    (valueMonth === 12 && month === 1 ? 1 : valueMonth === 1 && month === 12 ? -1 : 0);
  return dayOf(year, month, day);
}
