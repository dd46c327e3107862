import { COMMIT_DAYS_AFTER } from '../ledger/accounting-date.ts';
import { isMoved } from '../payment/movement.ts';
import { addDays, type Day, daysBetween, vietnamDay } from '../time.ts';
import {
  compareText,
  type Report,
  type ReportColumn,
  type ReportQuery,
  type ReportSources,
  wholeSum,
} from './report.ts';
import type { Cells } from './table.ts';

/**
 * From what was collected to what arrived: by provider and day, the books, what the provider's file says of it, what it pays
 * out, and what of that the bank account shows. What is neither there nor on its way is the difference.
 */

/** What a provider's file of one day says, and what became of its payouts at the bank. In dong. */
export type SettledSum = {
  providerId: string;
  gross: number;
  fees: number;
  /** What its files tell of money that went back, which it keeps from its payouts. */
  refunded: number;
  chargedBack: number;
  /** What files that came for closed days say otherwise, and count on this day: of what it took, and of its payouts. */
  late: { reported: number; net: number };
  /** By account that it pays out to, with those of closed days that count here. */
  payouts: readonly Payout[];
};

/**
 * `due`: gross less fees and what went back. `credited`: what the bank shows of it; `adjusted`: by how much two persons let that differ. Undefined
 * as long as no run has found it: it is on its way, or, `overdue`, missing.
 */
export type Payout = { due: number; atBank: { credited: number; adjusted: number } | undefined; overdue: boolean };

const amount = (key: string, vi: string, en: string, more: Partial<ReportColumn> = {}): ReportColumn => ({
  ...{ key, title: { vi: `${vi} (đồng)`, en: `${en} (VND)` }, kind: 'amount', width: 14, total: true },
  ...more,
});

export const settlementBridge: Report = {
  id: 'settlement-bridge',
  title: { vi: 'Đối chiếu từ thu hộ đến báo có ngân hàng', en: 'From settlement to bank' },
  byProvider: true,
  notes: [
    {
      vi: 'Còn phải trả = thu gộp − phí − đã hoàn + đến muộn. Đến muộn: phần tệp thay thế nói khác về ngày đã khóa sổ, tính vào ngày mở kế tiếp. Chênh lệch = còn phải trả + điều chỉnh − ngân hàng báo có − đang chuyển. Chưa báo = nhận − đảo (trừ phần đối tác đã kê) − thu gộp, kể cả phần đến muộn. Đối tác không kê hoàn trả trong tệp thì khoản trừ nằm trong chênh lệch của ngày trừ.',
      en: 'Net = gross − fees − given back + late. Late: what a file says otherwise of a day that was closed, counted on the next open one. Difference = net + adjusted − credited − in transit. Not reported = received − reversed (but what its file lists) − gross, late ones included. Where a provider’s files do not list what went back, what it keeps for it is a difference of the day on which it does.',
    },
    {
      vi: 'Tệp của đối tác và sao kê kể cho mọi cơ quan cùng tài khoản: để trống nếu bạn không được xem hết các cơ quan đó. Chuyển khoản thẳng vào tài khoản không qua thanh toán bù trừ, xem đối soát ngày.',
      en: 'A provider’s file and a statement tell of every agency at the account: empty where you may not see all of them. Transfers straight to an account are paid out by nobody; the daily reconciliation tells of them.',
    },
  ],
  columns: [
    { key: 'day', title: { vi: 'Ngày', en: 'Day' }, kind: 'day', width: 11 },
    { key: 'provider', title: { vi: 'Nhà cung cấp', en: 'Provider' }, kind: 'text', width: 13 },
    amount('received', 'Sổ sách: nhận', 'Books: received'),
    amount('reversed', 'Sổ sách: đảo', 'Books: reversed'),
    amount('refunded', 'Sổ sách: hoàn trả', 'Books: refunded'),
    amount('gross', 'Đối tác: thu gộp', 'Provider: gross'),
    amount('notReported', 'Chưa báo', 'Not reported'),
    amount('fees', 'Phí', 'Fees', { width: 11 }),
    amount('givenBack', 'Đối tác: đã hoàn', 'Provider: given back'),
    amount('late', 'Đến muộn', 'Late', { width: 11 }),
    amount('net', 'Còn phải trả', 'Net'),
    amount('adjusted', 'Điều chỉnh', 'Adjusted', { width: 11 }),
    amount('credited', 'Ngân hàng báo có', 'Credited'),
    amount('inTransit', 'Đang chuyển', 'In transit'),
    amount('difference', 'Chênh lệch', 'Difference'),
  ],
  rows: rowsByDay,
  proofs: (totals, ledger) => {
    const moved = ['received', 'reversed', 'refunded'].reduce((sum, key) => sum + (totals[key] ?? 0), 0);
    const bridged = ['credited', 'inTransit', 'difference'].reduce((sum, key) => sum + (totals[key] ?? 0), 0);
    return [
      {
        what: { vi: 'Nhận, đảo, hoàn trả = phát sinh Nợ', en: 'received, reversed and refunded = debits' },
        report: moved,
        ledger: ledger.side('debit'),
      },
      {
        what: { vi: 'Nhận, đảo, hoàn trả = phát sinh Có', en: 'received, reversed and refunded = credits' },
        report: moved,
        ledger: ledger.side('credit'),
      },
      {
        what: {
          vi: 'Báo có, đang chuyển, chênh lệch = còn phải trả và điều chỉnh',
          en: 'credited, in transit and difference = net and adjusted',
        },
        report: bridged,
        ledger: (totals['net'] ?? 0) + (totals['adjusted'] ?? 0),
      },
    ];
  },
};

type Books = { received: number; reversed: number; refunded: number };

async function* rowsByDay(sources: ReportSources, query: ReportQuery): AsyncGenerator<readonly Cells[]> {
  const books = new Map<Day, Map<string, Books>>();
  const rowsOf = async (day: Day): Promise<readonly Cells[]> => {
    const ofDay = books.get(day) ?? new Map<string, Books>();
    books.delete(day);
    const settled = new Map((await sources.settled(day)).map((one) => [one.providerId, one]));
    return [...new Set([...ofDay.keys(), ...settled.keys()])]
      .sort(compareText)
      .map((provider) => [day, provider, ...figures(ofDay.get(provider), settled.get(provider))]);
  };
  const days = daysBetween(query.from, query.to);
  for await (const page of sources.entries())
    for (const entry of page) {
      // Entries come by day of commit: what was paid longer ago than any delay is complete.
      const complete = addDays(vietnamDay(entry.committedAt), -COMMIT_DAYS_AFTER);
      while (days[0] !== undefined && days[0] < complete) yield await rowsOf(days.shift() as Day);
      // What only moved was received before, as unmatched.
      if (isMoved(entry.movementId)) continue;
      const ofDay = books.get(entry.accountingDate) ?? new Map<string, Books>();
      books.set(entry.accountingDate, ofDay);
      const row = ofDay.get(entry.providerId) ?? { received: 0, reversed: 0, refunded: 0 };
      ofDay.set(entry.providerId, row);
      const column = entry.kind === 'reversal' ? 'reversed' : entry.kind === 'refund' ? 'refunded' : 'received';
      row[column] = wholeSum(row[column], entry.amount);
    }
  for (const day of days) yield await rowsOf(day);
}

function figures(books: Books = { received: 0, reversed: 0, refunded: 0 }, settled: SettledSum | undefined): Cells {
  const { received, reversed, refunded } = books;
  if (!settled) return [received, reversed, refunded, ...Array<null>(10).fill(null)];
  const { gross, fees, refunded: toPayers, chargedBack, late, payouts } = settled;
  const sum = (of: (payout: Payout) => number) => payouts.reduce((all, payout) => wholeSum(all, of(payout)), 0);
  const net = sum(({ due }) => due);
  const adjusted = sum(({ atBank }) => atBank?.adjusted ?? 0);
  const credited = sum(({ atBank }) => atBank?.credited ?? 0);
  const inTransit = sum(({ due, atBank, overdue }) => (atBank || overdue ? 0 : due));
  // What its file tells of as taken back it had told of before.
  const notReported = received - reversed + chargedBack - gross - late.reported;
  return [
    ...[received, reversed, refunded, gross, notReported, fees, toPayers + chargedBack, late.net, net],
    ...[adjusted, credited, inTransit],
    net + adjusted - credited - inTransit,
  ];
}
