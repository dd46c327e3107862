import { MAX_DONG } from '../money/dong.ts';
import { readPaymentReference } from '../payment/reference.ts';
import { isReturnReference } from '../refund/return-mark.ts';
import { addDays } from '../time.ts';
import { BytesIndex } from './bytes-index.ts';
import type { ColumnMap } from './column-maps.ts';
import { CsvReader, type CsvRecord, MalformedCsv } from './csv-reader.ts';
import { type FaultCode, type FileFault, fault, MAX_FAULTS } from './faults.ts';
import { type DayReader, dayNumber, dayReader, isVisibleAscii, readAmount, UNREADABLE } from './fields.ts';
import { type Matching, type WentBack, wentBack } from './matching.ts';

/** Largest file that is read, in bytes: some 5 million lines. */
export const MAX_FILE_BYTES = 500 * 1024 * 1024;
/** Most lines of one file. */
export const MAX_LINES = 5_000_000;
const MAX_TRANSACTION_ID = 64;
const MAX_REFERENCE = 128;
/** Digits of our payment reference. */
const REFERENCE_DIGITS = 15;
const TRAILER_FIELDS = 3;

/** The whole file was read and nothing is wrong with it. Amounts in dong. */
export type ReadFile = { kind: 'read'; lines: number; collected: { count: number; amount: number } };
export type RefusedFile = { kind: 'refused'; faults: readonly FileFault[] };

type Columns = Record<keyof ColumnMap['columns'], number>;

const CURRENCY = 'VND';
const encoder = new TextEncoder();

/**
 * Reads a provider's settlement file through its column map into a {@link Matching}. Bytes come in as they arrive; the
 * verdict comes at the end, and only then may anything be booked: a file is taken whole or not at all.
 */
export class SettlementFileReader {
  readonly #map: ColumnMap;
  readonly #matching: Matching;
  readonly #csv: CsvReader;
  readonly #marks: BytesIndex;
  /** Bytes of the longest of them: most lines begin with a transaction id, which is longer. */
  readonly #longestMark: number;
  readonly #currency = indexOf([CURRENCY]);
  readonly #collected: BytesIndex;
  readonly #notCollected: BytesIndex;
  readonly #back: readonly { how: WentBack; status: BytesIndex }[];
  readonly #dayOf: DayReader;
  readonly #days: readonly number[];
  readonly #faults: FileFault[] = [];

  #columns: Columns | undefined;
  /** Place of the fees, where the file has them. */
  #feeField: number | undefined;
  #headerFields = 0;
  #stopped = false;
  #lines = 0;
  #trailer: { line: number; count: number; sum: number } | undefined;
  /** Sums over all lines, and over those with money. */
  #sum = 0;
  #collectedSum = 0;
  #collectedCount = 0;

  constructor(map: ColumnMap, matching: Matching) {
    this.#map = map;
    this.#matching = matching;
    this.#csv = new CsvReader(map.delimiter);
    this.#marks = indexOf(map.trailer.marks);
    this.#longestMark = Math.max(...map.trailer.marks.map((mark) => encoder.encode(mark.normalize('NFD')).length));
    this.#collected = indexOf(map.status.collected);
    this.#notCollected = indexOf(map.status.notCollected);
    const { back } = map.status;
    this.#back = back
      ? [
          { how: 'refunded', status: indexOf(back.refunded) },
          { how: 'chargedBack', status: indexOf(back.chargedBack) },
        ]
      : [];
    this.#dayOf = dayReader(map.timeFormat);
    const day = matching.businessDate;
    this.#days = [addDays(day, -1), day, addDays(day, 1)].map(dayNumber);
  }

  /** Takes the next bytes. Once the file cannot be read any further, the rest is passed over. */
  push(chunk: Uint8Array): void {
    this.#take(() => this.#csv.read(chunk));
  }

  /** The verdict, after the last byte. */
  end(): ReadFile | RefusedFile {
    this.#take(() => this.#csv.end());
    if (!this.#stopped) this.#checkWhole();
    if (this.#faults.length > 0) return { kind: 'refused', faults: this.#faults };
    return {
      kind: 'read',
      lines: this.#lines,
      collected: { count: this.#collectedCount, amount: this.#collectedSum },
    };
  }

  #take(records: () => Iterable<CsvRecord>): void {
    if (this.#stopped) return;
    try {
      for (const record of records()) {
        if (this.#columns === undefined) this.#readHeader(record);
        else this.#readLine(record, this.#columns);
        if (this.#stopped) return;
      }
    } catch (error) {
      if (!(error instanceof MalformedCsv)) throw error;
      this.#refuse(error.line, error.fault);
      this.#stopped = true;
    }
  }

  #refuse(line: number, code: FaultCode, figures?: FileFault['figures']): void {
    this.#faults.push(fault(line, code, figures));
    if (this.#faults.length >= MAX_FAULTS) this.#stopped = true;
  }

  #readHeader(record: CsvRecord): void {
    const roles = new Map<string, keyof Columns | 'ignored' | 'fee'>();
    for (const text of this.#map.ignored) roles.set(headerText(text), 'ignored');
    for (const [role, names] of Object.entries(this.#map.columns))
      for (const name of names) roles.set(headerText(name), role as keyof Columns);

    for (const name of this.#map.fee ?? []) roles.set(headerText(name), 'fee');

    const found: Partial<Columns> = {};
    const ignored = new Set<string>();
    for (let field = 0; field < record.count; field++) {
      const text = headerText(record.text(field));
      const role = roles.get(text);
      if (role === undefined) this.#refuse(record.line, 'column_unknown', { position: field + 1 });
      else if (role === 'fee') {
        if (this.#feeField !== undefined)
          this.#refuse(record.line, 'column_twice', { column: this.#map.fee?.[0] ?? '' });
        this.#feeField = field;
      } else if (role === 'ignored' ? ignored.has(text) : found[role] !== undefined)
        this.#refuse(record.line, 'column_twice', { column: this.#nameOf(role) });
      else if (role === 'ignored') ignored.add(text);
      else found[role] = field;
    }
    for (const role of Object.keys(this.#map.columns) as (keyof Columns)[])
      if (found[role] === undefined) this.#refuse(record.line, 'column_missing', { column: this.#nameOf(role) });

    this.#headerFields = record.count;
    this.#columns = found as Columns;
    // Without its columns no line can be read.
    if (this.#faults.length > 0) this.#stopped = true;
  }

  #nameOf(role: keyof Columns | 'ignored'): string {
    return role === 'ignored' ? '' : (this.#map.columns[role][0] as string);
  }

  #readLine(record: CsvRecord, columns: Columns): void {
    const { bytes, line } = record;
    if (this.#trailer) {
      this.#refuse(line, 'line_after_trailer');
      this.#stopped = true;
      return;
    }
    const [first, behind] = [record.start(0), record.end(0)];
    if (behind - first <= this.#longestMark && this.#marks.find(bytes, first, behind) >= 0) {
      this.#readTrailer(record);
      return;
    }
    if (++this.#lines > MAX_LINES) {
      this.#refuse(line, 'too_many_lines', { limit: MAX_LINES });
      this.#stopped = true;
      return;
    }
    if (record.count !== this.#headerFields) {
      this.#refuse(line, 'field_count', { count: record.count, expected: this.#headerFields });
      return;
    }

    const start = (role: keyof Columns) => record.start(columns[role]);
    const end = (role: keyof Columns) => record.end(columns[role]);
    const before = this.#faults.length;
    const collected = this.#collected.find(bytes, start('status'), end('status')) >= 0;
    const back = collected
      ? undefined
      : this.#back.find(({ status }) => status.find(bytes, start('status'), end('status')) >= 0);
    const terminal = this.#matching.terminals.find(bytes, start('terminal'), end('terminal'));
    const amount = readAmount(bytes, start('amount'), end('amount'), this.#map.thousands);
    const feeField = this.#feeField;
    const fee =
      feeField === undefined ? 0 : readAmount(bytes, record.start(feeField), record.end(feeField), this.#map.thousands);
    const day = this.#dayOf(bytes, start('paidAt'), end('paidAt'));

    if (!collected && !back && this.#notCollected.find(bytes, start('status'), end('status')) < 0)
      this.#refuse(line, 'status_unknown');
    const longest = back ? MAX_TRANSACTION_ID - 1 : MAX_TRANSACTION_ID;
    if (
      !isVisibleAscii(bytes, start('transactionId'), end('transactionId'), 1, longest) ||
      RETURN_MARKS.includes(bytes[start('transactionId')] as number)
    )
      this.#refuse(line, 'transaction_malformed');
    if (!isVisibleAscii(bytes, start('reference'), end('reference'), 0, MAX_REFERENCE))
      this.#refuse(line, 'reference_malformed');
    // Money that is nothing is no money: a payment of 0 dong does not exist.
    if (amount === UNREADABLE || amount > MAX_DONG || ((collected || back) && amount === 0))
      this.#refuse(line, 'amount_malformed');
    // More than the payment itself is no fee.
    if (fee === UNREADABLE || (amount !== UNREADABLE && fee > amount)) this.#refuse(line, 'amount_malformed');
    if (this.#currency.find(bytes, start('currency'), end('currency')) < 0) this.#refuse(line, 'currency_other');
    if (terminal < 0) this.#refuse(line, 'terminal_foreign');
    if (day === UNREADABLE) this.#refuse(line, 'time_malformed');
    else if (!this.#days.includes(day)) this.#refuse(line, 'day_other');
    if (this.#faults.length > before) return;

    const added = back
      ? this.#matching.addReturn({ how: back.how, name: returnName(back.how, record, columns), terminal, amount, fee })
      : this.#matching.addLine({
          bytes,
          start: start('transactionId'),
          end: end('transactionId'),
          terminal,
          amount,
          fee: collected ? fee : 0,
          reference: referenceOf(record, columns.reference),
          collected,
        });
    if (!added) {
      this.#refuse(line, 'transaction_twice');
      return;
    }
    this.#sum += amount;
    if (collected) {
      this.#collectedSum += amount;
      this.#collectedCount++;
    }
    if (this.#sum > MAX_DONG) {
      this.#refuse(line, 'sum_out_of_range');
      this.#stopped = true;
    }
  }

  #readTrailer(record: CsvRecord): void {
    const count = readAmount(record.bytes, record.start(1), record.end(1), null);
    const sum = readAmount(record.bytes, record.start(2), record.end(2), this.#map.thousands);
    let filled = TRAILER_FIELDS;
    for (let field = TRAILER_FIELDS; field < record.count; field++)
      if (record.end(field) > record.start(field)) filled++;
    if (record.count < TRAILER_FIELDS || filled > TRAILER_FIELDS || count === UNREADABLE || sum === UNREADABLE)
      this.#refuse(record.line, 'trailer_malformed');
    this.#trailer = { line: record.line, count, sum };
  }

  #checkWhole(): void {
    if (this.#columns === undefined) {
      this.#refuse(0, 'file_empty');
      return;
    }
    if (!this.#trailer) {
      this.#refuse(0, 'trailer_missing');
      return;
    }
    // A line that did not read is missing from the sums; saying that they differ would add nothing.
    if (this.#faults.length > 0) return;
    const over = this.#map.trailer.over;
    const counted = over === 'all' ? this.#lines : this.#collectedCount;
    const added = over === 'all' ? this.#sum : this.#collectedSum;
    const { line, count, sum } = this.#trailer;
    if (counted !== count) this.#refuse(line, 'trailer_count', { count: counted, expected: count });
    if (added !== sum) this.#refuse(line, 'trailer_sum', { sum: added, expected: sum });
  }
}

/** Header texts are compared composed, without regard to case, and with single spaces. */
const headerText = (text: string): string => text.normalize('NFC').trim().replace(/\s+/g, ' ').toLowerCase();

/** Words as the file may write them: Vietnamese comes composed or decomposed. */
function indexOf(texts: readonly string[]): BytesIndex {
  const index = new BytesIndex();
  for (const text of texts) for (const form of ['NFC', 'NFD']) index.addText(text.normalize(form));
  return index;
}

/** No transaction is named with the marks of what goes back, or one name could mean two things. */
const RETURN_MARKS = Object.values(wentBack).map((mark) => mark.charCodeAt(0));

/** A refund is named by our reference of it where the line has one, a reversal by its payment's transaction. */
function returnName(how: WentBack, record: CsvRecord, { reference, transactionId }: Columns): string {
  const text = record.text(reference);
  return how === 'refunded' && isReturnReference(text) ? text : record.text(transactionId);
}

/** Our payment reference as a number, 0 for what is none of ours. */
function referenceOf(record: CsvRecord, field: number): number {
  if (record.end(field) - record.start(field) !== REFERENCE_DIGITS) return 0;
  const text = record.text(field);
  return readPaymentReference(text) ? Number(text) : 0;
}
