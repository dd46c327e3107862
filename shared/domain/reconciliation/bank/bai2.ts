import type { Day } from '../../time.ts';
import { shortDay } from './day.ts';
import { Lines } from './lines.ts';
import {
  BankFileFault,
  type BankFileKind,
  type BankReader,
  type BankSink,
  type BankVerdict,
  joinText,
} from './model.ts';
import { isCurrency } from './money.ts';
import { StatementBuilder } from './statement-builder.ts';

/**
 * BAI2, cash management balance reporting. One account record (03 to 49) is one statement. Amounts are whole minor units
 * as written. Source: BAI, Cash Management Balance Reporting Specifications, version 2; and what banks make of it: several
 * records on one physical line, texts that go on without a record code, slashes inside texts.
 */

const CODES = { opening: ['010'], closing: ['015'] };

/** By the specification, where neither account nor group names one. */
const DEFAULT_CURRENCY = 'USD';

const RECORD = /^\s*(01|02|03|16|49|88|98|99)[,:](.*)$/;
/** A slash ends a record; what follows it on the line begins another only if it looks like one. */
const NEXT_RECORD = /\/\s+(?=(?:01|02|03|16|49|88|98|99),)/;
const AMOUNT = /^[+-]?\d{1,18}$/;
const TYPE_CODE = /^\d{3}$/;

/** Type codes of summaries that are balances of the account; the others are totals and counts. */
const isBalance = (code: string): boolean => Number(code) < 100;
const CREDITS = { from: 100, to: 399 };
const DEBITS = { from: 400, to: 699 };

/** Group status: 1 is new; 2 deletes, 3 corrects, 4 is a test. As-of-date modifier: 1 and 3 are of a day that goes on. */
const NEW = '1';
/** What some banks write where they leave the status out. */
const UNSTATED = '0';
const INTERIM = ['1', '3'];

type Level = { sum: bigint; records: number; members: number };
type Group = Level & { day: string; currency: string; kind: BankFileKind };
const level = (): Level => ({ sum: 0n, records: 0, members: 0 });

type Account = { line: number; body: string; level: Level; builder?: StatementBuilder };
type Transaction = { line: number; body: string; text: string };

export class Bai2Reader implements BankReader {
  readonly #sink: BankSink;
  readonly #lines = new Lines((text, line) => this.#line(text, line));
  readonly #totals = { entries: 0 };
  /** How often each account was told of, day by day. */
  readonly #told = new Map<string, number>();
  #statements = 0;
  #file: Level | undefined;
  #group: Group | undefined;
  #account: Account | undefined;
  #transaction: Transaction | undefined;
  #ended = false;
  #isPacked = false;
  #previous = '';
  /** Totals that lie above the accounts are told with the next account's statement, or the last one's. */
  #pending: { code: 'control_total' | 'control_count' | 'declared_records'; figures: Record<string, string> }[] = [];
  #fault: BankFileFault | undefined;

  constructor(sink: BankSink) {
    this.#sink = sink;
  }

  /** What the group's and the file's own totals did not agree with. */
  get findings(): readonly { code: string; figures: Record<string, string> }[] {
    return this.#pending;
  }

  push(chunk: Uint8Array): void {
    this.#try(() => this.#lines.push(chunk));
  }

  end(): BankVerdict {
    this.#try(() => {
      this.#lines.end();
      if (!this.#file) throw new BankFileFault(0, 'empty');
      if (!this.#ended) throw new BankFileFault(this.#lines.count, 'truncated');
    });
    if (this.#fault) return { kind: 'refused', fault: this.#fault.fault };
    return { kind: 'read', statements: this.#statements, entries: this.#totals.entries };
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
    if (text.trim() === '') return;
    // Who writes several records on a line does so from the first on; elsewhere such a text is a payer's.
    if (this.#file === undefined) this.#isPacked = NEXT_RECORD.test(text);
    for (const piece of this.#isPacked ? text.split(NEXT_RECORD) : [text]) {
      const record = RECORD.exec(piece);
      if (record) this.#record(record[1] as string, (record[2] as string).replace(/\/\s*$/, ''), line);
      else if (this.#transaction)
        this.#transaction.text = joinText(this.#transaction.text, piece.replace(/\/\s*$/, ''));
      else throw new BankFileFault(line, 'record_unknown');
    }
  }

  #record(code: string, body: string, line: number): void {
    if (this.#ended) throw new BankFileFault(line, 'record_misplaced');
    for (const there of [this.#file, this.#group, this.#account?.level]) if (there) there.records += 1;
    if (code !== '88') this.#endTransaction();
    switch (code) {
      case '01':
        this.#require(this.#file === undefined, line);
        this.#file = { ...level(), records: 1 };
        break;
      case '02':
        this.#require(this.#file !== undefined && this.#group === undefined, line);
        this.#beginGroup(body, line);
        break;
      case '03':
        this.#require(this.#group !== undefined && this.#account === undefined, line);
        this.#account = { line, body, level: { ...level(), records: 1 } };
        break;
      case '16':
        this.#require(this.#account !== undefined, line);
        this.#begun();
        this.#transaction = { line, body, text: '' };
        break;
      case '88':
        this.#continue(body, line);
        break;
      case '49':
        this.#endAccount(body, line);
        break;
      case '98':
        this.#endGroup(body, line);
        break;
      default:
        this.#endFile(body, line);
    }
    this.#previous = code === '88' ? this.#previous : code;
  }

  #require(holds: boolean, line: number): void {
    if (!holds) throw new BankFileFault(line, 'record_misplaced');
  }

  #beginGroup(body: string, line: number): void {
    const fields = body.split(',').map((field) => field.trim());
    const [, , status = '', day = '', , currency = '', modifier = ''] = fields;
    if (day !== '' && shortDay(day) === undefined) throw new BankFileFault(line, 'day_malformed');
    if (!/^[0-4]?$/.test(status) || !/^[1-4]?$/.test(modifier)) throw new BankFileFault(line, 'line_malformed');
    const isFinal = ['', UNSTATED, NEW].includes(status) && !INTERIM.includes(modifier);
    this.#group = { ...level(), records: 1, day, currency, kind: isFinal ? 'statement' : 'intraday' };
  }

  #continue(body: string, line: number): void {
    const transaction = this.#transaction;
    // It goes on in its fields until all of them are there, and then in its text.
    if (transaction && !hasText(transaction.body, line)) transaction.body += `,${body}`;
    else if (transaction) transaction.text = joinText(transaction.text, body);
    else if (this.#account && this.#previous === '03') this.#account.body += `,${body}`;
    else this.#require(this.#previous === '01' || this.#previous === '02', line);
  }

  /** The account's own record is complete once another begins. */
  #begun(): StatementBuilder {
    const account = this.#account as Account;
    if (account.builder) return account.builder;
    const { line } = account;
    const [number = '', currency = '', ...summaries] = account.body.split(',').map((field) => field.trim());
    const group = this.#group as Group;
    const head = {
      format: 'bai2' as const,
      kind: group.kind,
      id: '',
      sequence: this.#sequenceOf(group.day, number),
      account: number,
      currency: currency || group.currency || DEFAULT_CURRENCY,
    };
    if (!isCurrency(head.currency)) throw new BankFileFault(line, 'currency_missing');
    const builder = new StatementBuilder(this.#sink, CODES, head, this.#totals);
    account.builder = builder;
    this.#statements += 1;
    const fields = new Fields(summaries, line);
    while (!fields.isEmpty()) {
      const code = fields.next();
      // An empty place tells nothing; some banks end a record with one comma too many.
      if (code === '') continue;
      if (!TYPE_CODE.test(code)) throw new BankFileFault(line, 'line_malformed');
      const minor = fields.amount();
      fields.next();
      fields.fundsType();
      if (minor === null) continue;
      account.level.sum += minor;
      if (isBalance(code))
        builder.balances.push({ code, minor, currency: head.currency, day: shortDay(group.day) ?? null });
    }
    return builder;
  }

  /** The day; some banks tell of an account in several records, each of which is a statement and has its number. */
  #sequenceOf(day: string, account: string): string {
    const key = `${day} ${account}`;
    const times = (this.#told.get(key) ?? 0) + 1;
    this.#told.set(key, times);
    return times === 1 ? day : `${day}/${times}`;
  }

  #endTransaction(): void {
    const transaction = this.#transaction;
    this.#transaction = undefined;
    if (!transaction) return;
    const { line, body } = transaction;
    const account = this.#account as Account;
    const builder = this.#begun();
    const fields = new Fields(body.split(','), line);
    const code = fields.next().trim();
    if (!TYPE_CODE.test(code)) throw new BankFileFault(line, 'line_malformed');
    const amount = fields.amount() ?? 0n;
    // A debit has a code of its own and no sign.
    if (amount < 0n) throw new BankFileFault(line, 'amount_malformed');
    const available = fields.fundsType();
    const bankReference = fields.next().trim();
    const customerReference = fields.next().trim();
    const text = joinText(fields.rest(), transaction.text);
    account.level.sum += amount;
    const day = shortDay((this.#group as Group).day) ?? null;
    const { currency } = builder.head;
    const number = Number(code);
    const isCredit = number >= CREDITS.from && number <= CREDITS.to;
    const isDebit = number >= DEBITS.from && number <= DEBITS.to;
    const minor = isDebit ? -amount : amount;
    const detail = {
      minor,
      currency,
      bankReference,
      endToEndId: customerReference,
      structured: [],
      text,
      virtualAccount: '',
    };
    builder.add(
      {
        minor,
        currency,
        // Codes outside of both ranges tell of loans and other things, not of money on the account.
        booked: isCredit || isDebit,
        reversal: false,
        bookingDay: day,
        valueDay: available ?? day,
        bankReference,
        code,
        text,
        details: [detail],
      },
      line,
    );
  }

  #endAccount(body: string, line: number): void {
    this.#require(this.#account !== undefined, line);
    const builder = this.#begun();
    const { level: own } = this.#account as Account;
    const group = this.#group as Group;
    const [total = '', records = ''] = body.split(',').map((field) => field.trim());
    this.#prove(builder, own, total, undefined, records, line);
    group.members += 1;
    group.sum += total === '' ? 0n : BigInt(total);
    builder.end(line);
    this.#account = undefined;
  }

  #endGroup(body: string, line: number): void {
    this.#require(this.#group !== undefined && this.#account === undefined, line);
    const group = this.#group as Group;
    const [total = '', members = '', records = ''] = body.split(',').map((field) => field.trim());
    this.#prove(undefined, group, total, members, records, line);
    const file = this.#file as Level;
    file.members += 1;
    file.sum += total === '' ? 0n : BigInt(total);
    this.#group = undefined;
  }

  #endFile(body: string, line: number): void {
    this.#require(this.#file !== undefined && this.#group === undefined, line);
    const [total = '', members = '', records = ''] = body.split(',').map((field) => field.trim());
    this.#prove(undefined, this.#file as Level, total, members, records, line);
    this.#ended = true;
  }

  /** Declared totals against counted ones. A blank total declares nothing. */
  #prove(
    builder: StatementBuilder | undefined,
    counted: Level,
    total: string,
    members: string | undefined,
    records: string,
    line: number,
  ): void {
    for (const text of [total, members ?? '', records])
      if (text !== '' && !AMOUNT.test(text)) throw new BankFileFault(line, 'line_malformed');
    const told = (code: 'control_total' | 'control_count' | 'declared_records', declared: string, found: string) => {
      const figures = { line: String(line), declared, counted: found };
      if (builder) builder.find(code, figures);
      else this.#pending.push({ code, figures });
    };
    if (total !== '' && BigInt(total) !== counted.sum) told('control_total', total, String(counted.sum));
    if (members !== undefined && members !== '' && Number(members) !== counted.members)
      told('control_count', members, String(counted.members));
    if (records !== '' && Number(records) !== counted.records)
      told('declared_records', records, String(counted.records));
  }
}

/** Whether a transaction's record has come to its text, the last field; what is left out at a record's end is empty. */
function hasText(body: string, line: number): boolean {
  const fields = new Fields(body.split(','), line);
  fields.skip(1);
  fields.amount();
  fields.fundsType();
  fields.skip(2);
  return !fields.isEmpty();
}

/** Fields of a record in their order. */
class Fields {
  readonly #fields: readonly string[];
  readonly #line: number;
  #at = 0;

  constructor(fields: readonly string[], line: number) {
    this.#fields = fields;
    this.#line = line;
  }

  isEmpty(): boolean {
    return this.#at >= this.#fields.length;
  }

  next(): string {
    return this.#fields[this.#at++] ?? '';
  }

  skip(count: number): void {
    this.#at += count;
  }

  /** The rest as one text: commas inside a text are text. */
  rest(): string {
    return this.#fields.slice(this.#at).join(',');
  }

  /** Minor units, or null where the field is empty. */
  amount(): bigint | null {
    const text = this.next().trim();
    if (text === '') return null;
    if (!AMOUNT.test(text)) throw new BankFileFault(this.#line, 'amount_malformed');
    return BigInt(text);
  }

  /** The funds type, and the fields that it brings along: when how much of the money is available. The day, if one is named. */
  fundsType(): Day | undefined {
    const type = this.next().trim();
    if (type === 'V') {
      const day = this.next().trim();
      this.skip(1);
      if (day !== '' && shortDay(day) === undefined) throw new BankFileFault(this.#line, 'day_malformed');
      return shortDay(day);
    }
    if (type === 'S') this.skip(3);
    else if (type === 'D') {
      const distributions = this.next().trim();
      if (!/^\d{1,2}$/.test(distributions)) throw new BankFileFault(this.#line, 'line_malformed');
      this.skip(2 * Number(distributions));
    } else if (!/^[012Z]?$/.test(type)) throw new BankFileFault(this.#line, 'line_malformed');
    return undefined;
  }
}
