import { COMMIT_DAYS_AFTER } from '../ledger/accounting-date.ts';
import { addDays, type Day, daysBetween, vietnamDay } from '../time.ts';
import { DailyTally } from './daily.ts';
import type { Report, ReportColumn, ReportQuery, ReportSources } from './report.ts';
import type { Cells } from './table.ts';

const money = (key: string, vi: string, en: string): ReportColumn[] => [
  { key: `${key}Count`, title: { vi: `Số khoản ${vi}`, en: `${en} count` }, kind: 'count', width: 8, total: true },
  {
    key: `${key}Amount`,
    title: { vi: `Tiền ${vi} (đồng)`, en: `${en} (VND)` },
    kind: 'amount',
    width: 14,
    total: true,
  },
];

/** What the books say and what each provider's settlement file says, by day, agency and provider. */
export const dailyReconciliation: Report = {
  id: 'daily-reconciliation',
  title: { vi: 'Đối soát ngày theo cơ quan và nhà cung cấp', en: 'Daily reconciliation by agency and provider' },
  byProvider: true,
  notes: [
    {
      vi: 'Chênh lệch = nhận − đảo − đối tác báo, không kể hoàn trả. Tệp đối soát chưa xử lý thì cột đối tác báo bằng 0. Phần tệp thay thế nói khác về ngày đã khóa sổ nằm ở ngày mở kế tiếp.',
      en: 'Difference = received − reversed − reported, refunds apart. Nothing is reported until the provider’s file is reconciled. What a file says otherwise of a day that was closed stands on the next open one.',
    },
  ],
  columns: [
    { key: 'accountingDate', title: { vi: 'Ngày hạch toán', en: 'Accounting date' }, kind: 'day', width: 11 },
    { key: 'agencyCode', title: { vi: 'Cơ quan', en: 'Agency' }, kind: 'text', width: 11 },
    { key: 'provider', title: { vi: 'Nhà cung cấp', en: 'Provider' }, kind: 'text', width: 13 },
    ...money('collected', 'thu', 'Collected'),
    ...money('surplus', 'thừa', 'Surplus'),
    ...money('unmatched', 'chưa rõ', 'Unmatched'),
    ...money('received', 'nhận', 'Received'),
    ...money('reversed', 'đảo', 'Reversed'),
    ...money('refunded', 'hoàn trả', 'Refunded'),
    ...money('reported', 'đối tác báo', 'Reported'),
    {
      key: 'difference',
      title: { vi: 'Chênh lệch (đồng)', en: 'Difference (VND)' },
      kind: 'amount',
      width: 13,
      total: true,
    },
    {
      key: 'openExceptions',
      title: { vi: 'Sai lệch chưa xử lý', en: 'Open exceptions' },
      kind: 'count',
      width: 8,
      total: true,
    },
  ],
  rows: rowsByDay,
  proofs: (totals, ledger) => {
    const moved = ['receivedAmount', 'reversedAmount', 'refundedAmount'].reduce(
      (sum, key) => sum + (totals[key] ?? 0),
      0,
    );
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
    ];
  },
};

async function* rowsByDay(sources: ReportSources, query: ReportQuery): AsyncGenerator<readonly Cells[]> {
  const exceptions = new Map<Day, [agencyCode: string, providerId: string][]>();
  for await (const page of sources.exceptions())
    for (const { businessDate, agencyCode, providerId, state } of page)
      if (state !== 'POSTED' && state !== 'REJECTED' && state !== 'AUTO_CLEARED') {
        const ofDay = exceptions.get(businessDate) ?? [];
        exceptions.set(businessDate, ofDay);
        ofDay.push([agencyCode, providerId]);
      }
  const tallies = new Map<Day, DailyTally>();
  const tallyOf = (day: Day): DailyTally => {
    const tally = tallies.get(day) ?? new DailyTally();
    tallies.set(day, tally);
    return tally;
  };
  const rowsOf = async (day: Day): Promise<readonly Cells[]> => {
    const tally = tallyOf(day);
    for (const { agencyCode, providerId, count, amount } of await sources.reported(day))
      tally.addReported(agencyCode, providerId, { count, amount });
    for (const [agencyCode, providerId] of exceptions.get(day) ?? []) tally.addOpenException(agencyCode, providerId);
    tallies.delete(day);
    return tally
      .report()
      .rows.map((row) => [
        day,
        row.agencyCode,
        row.providerId,
        ...(['collected', 'surplus', 'unmatched', 'received', 'reversed', 'refunded', 'reported'] as const).flatMap(
          (sum) => [row[sum].count, row[sum].amount],
        ),
        row.difference,
        row.openExceptions,
      ]);
  };

  const days = daysBetween(query.from, query.to);
  for await (const page of sources.entries())
    for (const entry of page) {
      // Entries come by day of commit: what was paid longer ago than any delay is complete.
      const complete = addDays(vietnamDay(entry.committedAt), -COMMIT_DAYS_AFTER);
      while (days[0] !== undefined && days[0] < complete) yield await rowsOf(days.shift() as Day);
      tallyOf(entry.accountingDate).addEntry(entry);
    }
  for (const day of days) yield await rowsOf(day);
}
