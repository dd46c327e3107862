import { CsvReader, type CsvRecord, MalformedCsv } from '../csv-reader.ts';
import type { TableMap } from './maps.ts';
import { BankFileFault, type BankFormat, type BankReader, type BankSink, type BankVerdict } from './model.ts';
import { type Epoch, readDay, readSigned, readUnsigned, sheetDay } from './rows.ts';
import { StatementBuilder } from './statement-builder.ts';

/**
 * A statement as a table: delimited text or the rows of a spreadsheet, read through a map. Columns may stand in any order;
 * what is not known is refused. Its sums, where it has some, are compared.
 */

type Columns = Partial<Record<keyof TableMap['columns'], number>>;

/** Takes rows as they come; who cuts them out of bytes is another's affair. */
export class TableRows {
  readonly #map: TableMap;
  readonly #sink: BankSink;
  readonly #account: string | undefined;
  readonly #format: BankFormat;
  readonly #epoch: Epoch | undefined;
  readonly #file = { entries: 0 };
  #columns: Columns | undefined;
  #builder: StatementBuilder | undefined;
  #before = 0;
  #trailer = false;
  #credit = 0n;
  #debit = 0n;

  /** `account`: the one that was announced, for tables that do not name it. `epoch`: of a table whose days may be counted. */
  constructor(map: TableMap, sink: BankSink, account: string | undefined, format: BankFormat, epoch?: Epoch) {
    this.#map = map;
    this.#sink = sink;
    this.#account = account;
    this.#format = format;
    this.#epoch = epoch;
  }

  get entries(): number {
    return this.#file.entries;
  }

  /** Throws {@link BankFileFault}. */
  row(fields: readonly string[], line: number): void {
    if (fields.every((field) => field.trim() === '')) return;
    const cells = fields.map((field) => field.trim());
    if (!this.#columns) this.#header(cells, line);
    else if (this.#trailer) throw new BankFileFault(line, 'line_after_trailer');
    else if (this.#isTrailer(cells)) this.#endWith(cells, line);
    else this.#entry(cells, line);
  }

  /** Throws {@link BankFileFault} where the table has no header, or lacks its last row. */
  end(line: number): void {
    if (!this.#columns) throw new BankFileFault(0, this.#before === 0 ? 'empty' : 'column_missing');
    if (!this.#trailer && this.#map.trailer?.required) throw new BankFileFault(0, 'trailer_missing');
    const builder = this.#begun(line, '');
    if (!this.#trailer) builder.find('balance_missing');
    builder.end(line);
  }

  /** The first row in which every needed column has its name; what stands before it is a letterhead. */
  #header(cells: readonly string[], line: number): void {
    const { columns, ignored, preface } = this.#map;
    const roles = new Map<string, keyof Columns | 'ignored'>();
    for (const name of ignored) roles.set(named(name), 'ignored');
    for (const [role, names] of Object.entries(columns))
      for (const name of names ?? []) roles.set(named(name), role as keyof Columns);
    const known = cells.map((cell) => roles.get(named(cell)));
    const found: Columns = {};
    for (const [place, role] of known.entries())
      if (role !== undefined && role !== 'ignored') {
        if (found[role] !== undefined)
          throw new BankFileFault(line, 'column_twice', { column: columns[role]?.[0] ?? '' });
        found[role] = place;
      }
    const needed = this.#needed();
    if (needed.every((role) => found[role] !== undefined)) {
      const unknown = cells.findIndex((cell, place) => cell !== '' && known[place] === undefined);
      if (unknown >= 0) throw new BankFileFault(line, 'column_missing', { column: `#${unknown + 1}` });
      this.#columns = found;
      return;
    }
    this.#before += 1;
    const [missing] = needed.filter((role) => found[role] === undefined);
    if (this.#before > preface)
      throw new BankFileFault(line, 'column_missing', { column: missing ? (columns[missing]?.[0] ?? '') : '' });
  }

  #needed(): (keyof Columns)[] {
    switch (this.#map.sign.kind) {
      case 'columns':
        return ['bookingDay', 'credit', 'debit'];
      case 'word':
        return ['bookingDay', 'amount', 'direction'];
      default:
        return ['bookingDay', 'amount'];
    }
  }

  #cell(cells: readonly string[], role: keyof Columns): string {
    const place = this.#columns?.[role];
    return place === undefined ? '' : (cells[place] ?? '');
  }

  #begun(line: number, account: string): StatementBuilder {
    if (!this.#builder) {
      const head = {
        format: this.#format,
        kind: 'statement' as const,
        id: '',
        sequence: '',
        account: account || (this.#account ?? ''),
        currency: this.#map.currency,
      };
      this.#builder = new StatementBuilder(this.#sink, { opening: [], closing: [] }, head, this.#file);
    } else if (account !== '' && account !== this.#builder.head.account) throw new BankFileFault(line, 'account_other');
    return this.#builder;
  }

  #entry(cells: readonly string[], line: number): void {
    const { dayFormat, currency } = this.#map;
    const written = this.#cell(cells, 'currency');
    if (written !== '' && written !== currency) throw new BankFileFault(line, 'currency_other');
    const minor = this.#amount(cells, line);
    const booked = this.#cell(cells, 'bookingDay');
    const day = (this.#epoch && sheetDay(booked, this.#epoch)) || readDay(booked, dayFormat, line);
    if (minor < 0n) this.#debit -= minor;
    else this.#credit += minor;
    const [bankReference, text] = [this.#cell(cells, 'bankReference'), this.#cell(cells, 'text')];
    const detail = {
      minor,
      currency,
      bankReference,
      endToEndId: '',
      structured: [],
      text,
      virtualAccount: this.#cell(cells, 'virtualAccount'),
    };
    const entry = { minor, currency, booked: true, reversal: false, bookingDay: day, valueDay: null, code: '' };
    this.#begun(line, this.#cell(cells, 'account')).add({ ...entry, bankReference, text, details: [detail] }, line);
  }

  /** Throws {@link BankFileFault} for none, and for both a credit and a debit. */
  #amount(cells: readonly string[], line: number): bigint {
    const map = this.#map;
    const cell = (role: keyof Columns) => this.#cell(cells, role);
    switch (map.sign.kind) {
      case 'columns': {
        const read = (text: string) => (text === '' || text === '-' ? 0n : readUnsigned(text, map, line));
        const [credit, debit] = [read(cell('credit')), read(cell('debit'))];
        if ((credit === 0n) === (debit === 0n)) throw new BankFileFault(line, 'direction_missing');
        return credit - debit;
      }
      case 'amount':
        return readSigned(cell('amount'), map, line);
      case 'credits':
        return readUnsigned(cell('amount'), map, line);
      case 'word': {
        const minor = readUnsigned(cell('amount'), map, line);
        if (map.sign.credit.some((word) => named(word) === named(cell('direction')))) return minor;
        if (map.sign.debit.some((word) => named(word) === named(cell('direction')))) return -minor;
        throw new BankFileFault(line, 'direction_missing');
      }
    }
  }

  #isTrailer(cells: readonly string[]): boolean {
    const first = cells.find((cell) => cell !== '') ?? '';
    return this.#map.trailer?.marks.some((mark) => named(mark) === named(first)) ?? false;
  }

  #endWith(cells: readonly string[], line: number): void {
    this.#trailer = true;
    const builder = this.#begun(line, '');
    const compare = (text: string, counted: bigint) => {
      // Nothing written says that nothing came.
      const declared = text === '' ? 0n : readSigned(text, this.#map, line);
      if (declared !== counted)
        builder.find('control_total', { line: String(line), declared: String(declared), counted: String(counted) });
    };
    if (this.#map.sign.kind === 'columns') {
      compare(this.#cell(cells, 'credit'), this.#credit);
      compare(this.#cell(cells, 'debit'), this.#debit);
    } else compare(this.#cell(cells, 'amount'), this.#credit - this.#debit);
  }
}

/** Names are compared composed, without regard to case, and with single spaces. */
const named = (text: string): string => text.normalize('NFC').trim().replace(/\s+/g, ' ').toLowerCase();

/** Delimited text, UTF-8. */
export class DelimitedReader implements BankReader {
  readonly #csv: CsvReader;
  readonly #rows: TableRows;
  #line = 0;
  #fault: BankFileFault | undefined;

  constructor(map: TableMap, sink: BankSink, account: string | undefined) {
    this.#csv = new CsvReader(map.delimiter);
    this.#rows = new TableRows(map, sink, account, 'delimited');
  }

  push(chunk: Uint8Array): void {
    this.#try(() => this.#take(this.#csv.read(chunk)));
  }

  end(): BankVerdict {
    this.#try(() => {
      this.#take(this.#csv.end());
      this.#rows.end(this.#line);
    });
    if (this.#fault) return { kind: 'refused', fault: this.#fault.fault };
    return { kind: 'read', statements: 1, entries: this.#rows.entries };
  }

  #take(records: Iterable<CsvRecord>): void {
    for (const record of records) {
      this.#line = record.line;
      this.#rows.row(
        Array.from({ length: record.count }, (_, field) => record.text(field)),
        record.line,
      );
    }
  }

  #try(step: () => void): void {
    if (this.#fault) return;
    try {
      step();
    } catch (error) {
      if (error instanceof BankFileFault) this.#fault = error;
      else if (error instanceof MalformedCsv) this.#fault = new BankFileFault(error.line, csvFaults[error.fault]);
      else throw error;
    }
  }
}

const csvFaults = {
  not_utf8: 'not_utf8',
  control_character: 'control_character',
  record_too_long: 'line_too_long',
  too_many_fields: 'line_malformed',
  quotes_unbalanced: 'line_malformed',
  quote_misplaced: 'line_malformed',
  bare_carriage_return: 'line_malformed',
} as const;
