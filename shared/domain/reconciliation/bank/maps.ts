import * as z from 'zod';
import { lazy } from '../../lazy.ts';
import { onFirstCall } from '../../on-first-call.ts';

/**
 * How a bank or the treasury writes a statement that is no standard message, as data: delimited text, a spreadsheet, or
 * columns of fixed width. A version that has read a file is never edited.
 */

export const StatementMapId = lazy(() => z.string().regex(/^[a-z][a-z0-9-]{1,23}\.statement\.v[1-9][0-9]{0,2}$/));
export type StatementMapId = z.infer<typeof StatementMapId>;

/** How a day is written. */
export const DayFormat = lazy(() =>
  z.enum(['dd/MM/yyyy', 'dd-MM-yyyy', 'yyyy-MM-dd', 'yyyyMMdd', 'ddMMyyyy', 'yyDDD']),
);
export type DayFormat = z.infer<typeof DayFormat>;

/** `implied`: whole minor units in plain digits. Thousands are read only where a separator is named. */
const Decimals = lazy(() =>
  z.strictObject({
    point: z.enum(['.', ',', 'implied']),
    thousands: z.enum(['.', ',', ' ']).nullable(),
  }),
);

const aliases = lazy(() => z.array(z.string().min(1)).min(1));

/** Where the sign of an amount stands: two columns, the amount itself, a word beside it, or nowhere (all are credits). */
const Sign = lazy(() =>
  z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('columns') }),
    z.strictObject({ kind: z.literal('amount') }),
    z.strictObject({ kind: z.literal('word'), credit: aliases, debit: aliases }),
    z.strictObject({ kind: z.literal('credits') }),
  ]),
);

const Common = {
  id: StatementMapId,
  /** The file may not say it: then it is the one that was announced, or this. */
  currency: z.string().regex(/^[A-Z]{3}$/),
  dayFormat: DayFormat,
  decimals: Decimals,
  sign: Sign,
  /** Nothing public says that a bank writes so; off until a stage names it for a bank: see `switched-maps.ts`. */
  unverified: z.boolean(),
};

/** Header texts by role, in any order of columns, compared without regard to case. */
export const TableMap = lazy(() =>
  z.strictObject({
    ...Common,
    kind: z.literal('table'),
    /** Of text; a spreadsheet has cells. */
    delimiter: z.enum([',', ';', '\t', '|']),
    columns: z.strictObject({
      bookingDay: aliases,
      amount: aliases.optional(),
      credit: aliases.optional(),
      debit: aliases.optional(),
      direction: aliases.optional(),
      bankReference: aliases.optional(),
      text: aliases.optional(),
      virtualAccount: aliases.optional(),
      account: aliases.optional(),
      currency: aliases.optional(),
      balance: aliases.optional(),
    }),
    ignored: z.array(z.string().min(1)),
    /** Rows at most before the header: banks print their name there. */
    preface: z.int().min(0).max(30),
    /** First field of the last row; its sums stand in the columns of credit and debit, or of the amount. */
    trailer: z.strictObject({ marks: aliases, required: z.boolean() }).nullable(),
  }),
);
export type TableMap = z.infer<typeof TableMap>;

/** First and last character of a field, counting from 1. */
const Place = lazy(() => z.tuple([z.int().min(1), z.int().min(1)]));

export const FixedMap = lazy(() =>
  z.strictObject({
    ...Common,
    kind: z.literal('fixed'),
    /** What a line begins with, or has at a place, that is an entry, a balance, a trailer. Every other line is refused. */
    records: z.strictObject({
      entry: z.string(),
      trailer: z.string(),
      ignored: z.array(z.string()),
    }),
    entry: z.strictObject({
      account: Place,
      bookingDay: Place,
      amount: Place,
      direction: Place.optional(),
      bankReference: Place.optional(),
      text: Place.optional(),
      /** Entries are only those whose code is one of these; other codes are balances, and pass. */
      code: z.strictObject({ at: Place, only: z.array(z.string()).optional() }).optional(),
    }),
    trailer: z.strictObject({
      /** Whether a difference refuses the file where it is read; else it is reported, and refused where it is taken in. */
      strict: z.boolean(),
      count: Place.optional(),
      sum: Place.optional(),
      debitSum: Place.optional(),
      creditSum: Place.optional(),
      debitCount: Place.optional(),
      creditCount: Place.optional(),
    }),
  }),
);
export type FixedMap = z.infer<typeof FixedMap>;

export const StatementMap = lazy(() => z.discriminatedUnion('kind', [TableMap, FixedMap]));
export type StatementMap = z.infer<typeof StatementMap>;

const bankTable = {
  kind: 'table',
  currency: 'VND',
  dayFormat: 'dd/MM/yyyy',
  decimals: { point: ',', thousands: '.' },
  sign: { kind: 'columns' },
  unverified: true,
  delimiter: ',',
  columns: {
    bookingDay: ['Ngày giao dịch', 'Ngày hạch toán', 'Ngày', 'Booking date', 'Date'],
    credit: ['Ghi có', 'Phát sinh có', 'Số tiền ghi có', 'Credit'],
    debit: ['Ghi nợ', 'Phát sinh nợ', 'Số tiền ghi nợ', 'Debit'],
    bankReference: ['Số tham chiếu', 'Số bút toán', 'Mã giao dịch', 'Reference'],
    text: ['Nội dung', 'Diễn giải', 'Nội dung giao dịch', 'Description'],
    virtualAccount: ['Tài khoản định danh', 'Tài khoản ảo', 'Virtual account'],
    account: ['Số tài khoản', 'Tài khoản', 'Account'],
    balance: ['Số dư', 'Balance'],
  },
  ignored: ['STT', 'No.', 'Ngày giá trị', 'Value date', 'Mã GD viên', 'Teller'],
  preface: 20,
  trailer: { marks: ['Tổng cộng', 'Cộng', 'TOTAL'], required: true },
};

/** Oldest first. None is public: each is agreed with the bank that delivers it, and marked until it is. */
export const statementMaps = onFirstCall((): readonly StatementMap[] =>
  z.array(StatementMap).parse([
    { id: 'bank-table.statement.v1', ...bankTable },
    { id: 'treasury-table.statement.v1', ...bankTable, delimiter: ';' },
    // Settlement by NAPAS comes as `.dat`: no layout of it is public. Records by their first two characters, amounts in dong.
    {
      id: 'napas-dat.statement.v1',
      kind: 'fixed',
      currency: 'VND',
      dayFormat: 'yyyyMMdd',
      decimals: { point: 'implied', thousands: null },
      sign: { kind: 'word', credit: ['C'], debit: ['D'] },
      unverified: true,
      records: { entry: 'DR', trailer: 'TR', ignored: ['HR'] },
      entry: {
        account: [3, 21],
        bookingDay: [22, 29],
        amount: [30, 44],
        direction: [45, 45],
        bankReference: [46, 65],
        text: [66, 215],
      },
      trailer: { strict: true, count: [3, 11], creditSum: [12, 29], debitSum: [30, 47] },
    },
    // Read by public samples only: a deposit file of the Canadian government, and a British bank's data service.
    {
      id: 'tdi17.statement.v1',
      kind: 'fixed',
      currency: 'CAD',
      dayFormat: 'yyyyMMdd',
      decimals: { point: 'implied', thousands: null },
      sign: { kind: 'credits' },
      unverified: true,
      records: { entry: '2', trailer: '7', ignored: ['1'] },
      entry: {
        account: [2, 7],
        bookingDay: [8, 15],
        amount: [68, 79],
        bankReference: [20, 27],
        text: [28, 67],
      },
      trailer: { strict: false, count: [2, 7], sum: [8, 20] },
    },
    {
      id: 'bankline.statement.v1',
      kind: 'fixed',
      currency: 'GBP',
      dayFormat: 'yyDDD',
      decimals: { point: 'implied', thousands: null },
      sign: { kind: 'word', credit: ['93', '99'], debit: ['03'] },
      unverified: true,
      records: { entry: '', trailer: 'UTL1', ignored: ['VOL1', 'HDR1', 'UHL1'] },
      entry: {
        account: [7, 14],
        bookingDay: [102, 106],
        amount: [36, 46],
        direction: [16, 17],
        bankReference: [18, 35],
        text: [47, 82],
        code: { at: [16, 17], only: ['03', '93', '99'] },
      },
      trailer: { strict: true, debitSum: [5, 17], creditSum: [18, 30], debitCount: [31, 37], creditCount: [38, 44] },
    },
  ]),
);

export const statementMapFor = (id: StatementMapId): StatementMap | undefined =>
  statementMaps().find((map) => map.id === id);
