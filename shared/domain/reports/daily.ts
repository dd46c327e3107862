import * as z from 'zod';
import { lazy } from '../lazy.ts';
import { isOfPayers, type JournalEntry } from '../ledger/journal.ts';
import { isMoved, type MovementKind } from '../payment/movement.ts';
import { csvDocument } from './csv.ts';
import { ReportDoesNotFoot } from './report.ts';

/** What was collected on one accounting date, agency by provider, beside what the provider's file reported of it. */

/** Counts, and amounts in dong. */
const Sum = lazy(() => z.strictObject({ count: z.int().min(0), amount: z.int().min(0) }));
type Sum = z.infer<typeof Sum>;

export const DailyFigures = lazy(() =>
  z.strictObject({
    /** Payments of invoices, whole and in parts. */
    collected: Sum,
    /** Real money beyond what was due, or after it was due. */
    surplus: Sum,
    /** Real money that belongs to no invoice. */
    unmatched: Sum,
    /** All three, also of what went back later. */
    received: Sum,
    /** Went back to payers: counted on the day of the reversal, whichever day it came. */
    reversed: Sum,
    /** Given back by order of the agency: counted on the day on which it was given back. */
    refunded: Sum,
    /** What the provider's settlement file of the day says; nothing until the file is reconciled. */
    reported: Sum,
    /** Received less what went back, less reported: money that no file has shown yet, or, below zero, that our books do not have. */
    difference: z.int(),
    openExceptions: z.int().min(0),
  }),
);
export type DailyFigures = z.infer<typeof DailyFigures>;

export const DailyRow = lazy(() => DailyFigures.extend({ agencyCode: z.string(), providerId: z.string() }));
export type DailyRow = z.infer<typeof DailyRow>;

export type DailyReport = {
  rows: readonly DailyRow[];
  totals: DailyFigures;
  /** Sums of the ledger lines themselves, in dong. They are equal, and equal to what was received, what went back and what was refunded. */
  ledger: { debit: number; credit: number };
};

const none = (): Sum => ({ count: 0, amount: 0 });

const emptyFigures = (): DailyFigures => ({
  collected: none(),
  surplus: none(),
  unmatched: none(),
  received: none(),
  reversed: none(),
  refunded: none(),
  reported: none(),
  difference: 0,
  openExceptions: 0,
});

const columnOf = {
  payment: 'collected',
  part: 'collected',
  surplus: 'surplus',
  unmatched: 'unmatched',
  reversal: 'reversed',
  refund: 'refunded',
} as const satisfies Record<MovementKind, keyof DailyFigures>;

function add(to: Sum, { count, amount }: Sum): void {
  to.count += count;
  to.amount = whole(to.amount + amount);
}

/** Past 2^53 a sum would be a guess. */
function whole(value: number): number {
  if (!Number.isSafeInteger(value)) throw new RangeError(`sum out of range: ${value}`);
  return value;
}

/** Adds up entries, files and exceptions in any order. */
export class DailyTally {
  readonly #rows = new Map<string, DailyRow>();
  #debit = 0;
  #credit = 0;

  /** What is no payer's money is in the ledger, and in no day's report of what was collected. */
  addEntry(entry: JournalEntry): void {
    if (!isOfPayers(entry)) return;
    const row = this.#row(entry.agencyCode, entry.providerId);
    const money = { count: 1, amount: entry.amount };
    add(row[columnOf[entry.kind]], money);
    // It came before, as unmatched, and was received then.
    if (isMoved(entry.movementId)) return;
    if (entry.kind !== 'reversal' && entry.kind !== 'refund') add(row.received, money);
    for (const { side, amount } of entry.lines) {
      if (side === 'debit') this.#debit = whole(this.#debit + amount);
      else this.#credit = whole(this.#credit + amount);
    }
  }

  addReported(agencyCode: string, providerId: string, sum: Sum): void {
    add(this.#row(agencyCode, providerId).reported, sum);
  }

  addOpenException(agencyCode: string, providerId: string): void {
    this.#row(agencyCode, providerId).openExceptions++;
  }

  /** Rows in order of agency and provider, with their totals. Throws {@link ReportDoesNotFoot}. */
  report(): DailyReport {
    const totals = emptyFigures();
    const rows = [...this.#rows.values()].sort((one, other) => compare(keyOf(one), keyOf(other)));
    for (const row of rows) {
      row.difference = row.received.amount - row.reversed.amount - row.reported.amount;
      for (const column of [
        'collected',
        'surplus',
        'unmatched',
        'received',
        'reversed',
        'refunded',
        'reported',
      ] as const)
        add(totals[column], row[column]);
      totals.difference = whole(totals.difference + row.difference);
      totals.openExceptions += row.openExceptions;
    }
    const moved = whole(totals.received.amount + totals.reversed.amount + totals.refunded.amount);
    for (const [what, side] of [
      ['debits', this.#debit],
      ['credits', this.#credit],
    ] as const)
      if (moved !== side) throw new ReportDoesNotFoot('daily', what, moved, side);
    return { rows, totals, ledger: { debit: this.#debit, credit: this.#credit } };
  }

  #row(agencyCode: string, providerId: string): DailyRow {
    const key = keyOf({ agencyCode, providerId });
    const there = this.#rows.get(key);
    if (there) return there;
    const row = { agencyCode, providerId, ...emptyFigures() };
    this.#rows.set(key, row);
    return row;
  }
}

const keyOf = ({ agencyCode, providerId }: { agencyCode: string; providerId: string }) => `${agencyCode} ${providerId}`;
const compare = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);

const columns: readonly { title: string; of: (figures: DailyFigures) => number }[] = [
  { title: 'Số khoản thu / Collected count', of: (f) => f.collected.count },
  { title: 'Tiền thu (đồng) / Collected amount (VND)', of: (f) => f.collected.amount },
  { title: 'Số khoản thừa / Surplus count', of: (f) => f.surplus.count },
  { title: 'Tiền thừa (đồng) / Surplus amount (VND)', of: (f) => f.surplus.amount },
  { title: 'Số khoản chưa rõ / Unmatched count', of: (f) => f.unmatched.count },
  { title: 'Tiền chưa rõ (đồng) / Unmatched amount (VND)', of: (f) => f.unmatched.amount },
  { title: 'Tổng số khoản nhận / Received count', of: (f) => f.received.count },
  { title: 'Tổng tiền nhận (đồng) / Received amount (VND)', of: (f) => f.received.amount },
  { title: 'Số khoản đối tác báo / Reported count', of: (f) => f.reported.count },
  { title: 'Tiền đối tác báo (đồng) / Reported amount (VND)', of: (f) => f.reported.amount },
  { title: 'Chênh lệch (đồng) / Difference (VND)', of: (f) => f.difference },
  { title: 'Sai lệch chưa xử lý / Open exceptions', of: (f) => f.openExceptions },
  // New columns come last, so that nobody's reader is shifted.
  { title: 'Số khoản bị đảo / Reversed count', of: (f) => f.reversed.count },
  { title: 'Tiền bị đảo (đồng) / Reversed amount (VND)', of: (f) => f.reversed.amount },
  { title: 'Số khoản hoàn trả / Refunded count', of: (f) => f.refunded.count },
  { title: 'Tiền hoàn trả (đồng) / Refunded amount (VND)', of: (f) => f.refunded.amount },
];

/** The report as a CSV document, the totals in its last row. */
export function dailyCsv(date: string, { rows, totals }: DailyReport): string {
  const figures = (of: DailyFigures) => columns.map((column) => column.of(of));
  return csvDocument([
    [
      'Ngày hạch toán / Accounting date',
      'Cơ quan / Agency',
      'Nhà cung cấp / Provider',
      ...columns.map(({ title }) => title),
    ],
    ...rows.map((row) => [date, row.agencyCode, row.providerId, ...figures(row)]),
    [date, 'TỔNG CỘNG / TOTAL', '', ...figures(totals)],
  ]);
}
