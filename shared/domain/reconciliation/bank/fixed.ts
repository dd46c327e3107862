import { Lines } from './lines.ts';
import type { FixedMap } from './maps.ts';
import { type BankEntry, BankFileFault, type BankReader, type BankSink, type BankVerdict } from './model.ts';
import { readDay, readUnsigned } from './rows.ts';
import { StatementBuilder } from './statement-builder.ts';

/**
 * A statement in columns of fixed width, read through a map. Lines of several accounts may be mixed: the first account's are
 * told as they come, the others' are held back until the end.
 */

/** Most entries of further accounts that are held back. */
export const MAX_HELD_BACK = 100_000;

type Drafted = Omit<BankEntry, 'position'> & { line: number };
type Counted = { credit: bigint; debit: bigint; credits: number; debits: number };

export class FixedReader implements BankReader {
  readonly #map: FixedMap;
  readonly #sink: BankSink;
  readonly #account: string | undefined;
  readonly #lines = new Lines((text, line) => this.#line(text, line));
  readonly #file = { entries: 0 };
  readonly #held = new Map<string, Drafted[]>();
  readonly #counted: Counted = { credit: 0n, debit: 0n, credits: 0, debits: 0 };
  #heldBack = 0;
  #first: StatementBuilder | undefined;
  #trailer: { text: string; line: number } | undefined;
  #statements = 0;
  #fault: BankFileFault | undefined;

  constructor(map: FixedMap, sink: BankSink, account: string | undefined) {
    this.#map = map;
    this.#sink = sink;
    this.#account = account;
  }

  push(chunk: Uint8Array): void {
    this.#try(() => this.#lines.push(chunk));
  }

  end(): BankVerdict {
    this.#try(() => {
      this.#lines.end();
      if (this.#lines.count === 0) throw new BankFileFault(0, 'empty');
      if (!this.#trailer) throw new BankFileFault(0, 'trailer_missing');
      this.#endAll(this.#trailer);
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
    const { records } = this.#map;
    if (text.trim() === '') return;
    if (this.#trailer) throw new BankFileFault(line, 'line_after_trailer');
    if (text.startsWith(records.trailer)) this.#trailer = { text, line };
    else if (records.ignored.some((mark) => text.startsWith(mark))) return;
    else if (text.startsWith(records.entry)) this.#entry(text, line);
    else throw new BankFileFault(line, 'record_unknown');
  }

  #entry(text: string, line: number): void {
    const { entry: at, currency, dayFormat, sign } = this.#map;
    const code = at.code ? field(text, at.code.at) : '';
    if (at.code?.only && !at.code.only.includes(code)) return;
    const amount = readUnsigned(field(text, at.amount), this.#map, line);
    const word = at.direction ? field(text, at.direction) : '';
    const isDebit = sign.kind === 'word' && sign.debit.includes(word);
    if (sign.kind === 'word' && !isDebit && !sign.credit.includes(word))
      throw new BankFileFault(line, 'direction_missing');
    const minor = isDebit ? -amount : amount;
    const day = readDay(field(text, at.bookingDay), dayFormat, line);
    const account = field(text, at.account).replace(/^0+(?=\d{6})/, '') || (this.#account ?? '');
    if (account === '') throw new BankFileFault(line, 'account_missing');
    const [bankReference, words] = [at.bankReference, at.text].map((place) => (place ? field(text, place) : ''));
    const detail = {
      minor,
      currency,
      bankReference: bankReference ?? '',
      endToEndId: '',
      structured: [],
      text: words ?? '',
      virtualAccount: '',
    };
    this.#count(minor);
    this.#tell(account, {
      ...{ minor, currency, booked: true, reversal: false, bookingDay: day, valueDay: null, code, line },
      ...{ bankReference: detail.bankReference, text: detail.text, details: [detail] },
    });
  }

  #count(minor: bigint): void {
    const counted = this.#counted;
    if (minor < 0n) {
      counted.debit -= minor;
      counted.debits += 1;
    } else {
      counted.credit += minor;
      counted.credits += 1;
    }
  }

  #tell(account: string, { line, ...entry }: Drafted): void {
    this.#first ??= this.#begin(account);
    if (this.#first.head.account === account) {
      this.#first.add(entry, line);
      return;
    }
    this.#heldBack += 1;
    if (this.#heldBack > MAX_HELD_BACK) throw new BankFileFault(line, 'too_many_entries');
    this.#held.set(account, [...(this.#held.get(account) ?? []), { line, ...entry }]);
  }

  #begin(account: string): StatementBuilder {
    this.#statements += 1;
    const head = {
      format: 'fixed-width' as const,
      kind: 'statement' as const,
      ...{ id: '', sequence: '', account, currency: this.#map.currency },
    };
    return new StatementBuilder(this.#sink, { opening: [], closing: [] }, head, this.#file);
  }

  #endAll({ text, line }: { text: string; line: number }): void {
    // A quiet day has nothing but its totals.
    const first = this.#first ?? (this.#account === undefined ? undefined : this.#begin(this.#account));
    this.#prove(text, line, first);
    first?.end(line);
    for (const [account, entries] of this.#held) {
      const builder = this.#begin(account);
      for (const { line: at, ...entry } of entries) builder.add(entry, at);
      builder.end(line);
    }
  }

  #prove(text: string, line: number, builder: StatementBuilder | undefined): void {
    const { trailer } = this.#map;
    const { credit, debit, credits, debits } = this.#counted;
    const compare = (place: FixedMap['trailer']['sum'], counted: bigint, code: 'control_total' | 'control_count') => {
      if (!place) return;
      const written = field(text, place);
      if (!/^\d{1,18}$/.test(written)) throw new BankFileFault(line, 'line_malformed');
      if (BigInt(written) === counted) return;
      const figures = { line: String(line), declared: String(BigInt(written)), counted: String(counted) };
      if (trailer.strict || !builder) throw new BankFileFault(line, code, figures);
      builder.find(code, figures);
    };
    compare(trailer.sum, credit - debit, 'control_total');
    compare(trailer.creditSum, credit, 'control_total');
    compare(trailer.debitSum, debit, 'control_total');
    compare(trailer.count, BigInt(credits + debits), 'control_count');
    compare(trailer.creditCount, BigInt(credits), 'control_count');
    compare(trailer.debitCount, BigInt(debits), 'control_count');
  }
}

/** The characters from first to last, counting from 1, without the spaces that fill them. */
const field = (text: string, [from, to]: readonly [number, number]): string => text.slice(from - 1, to).trim();
