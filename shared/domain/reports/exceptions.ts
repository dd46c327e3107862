import { DAY_MILLISECONDS } from '../time.ts';
import type { Report } from './report.ts';

/** Days since it was opened, in the bands in which finance looks at them. */
const BANDS = [
  { to: 1, name: '0–1' },
  { to: 3, name: '2–3' },
  { to: 7, name: '4–7' },
  { to: 30, name: '8–30' },
] as const;

export const ageBand = (days: number): string => BANDS.find(({ to }) => days <= to)?.name ?? '>30';

/** Differences that somebody must decide or has decided, with their age. */
export const exceptionsWithAge: Report = {
  id: 'exceptions',
  title: { vi: 'Sai lệch theo tuổi', en: 'Exceptions with age' },
  byProvider: true,
  notes: [
    {
      vi: 'Tuổi tính bằng ngày từ lúc mở đến thời điểm chốt. Sai lệch không phải bút toán, nên không cộng vào sổ cái.',
      en: 'Age in days from opening to the instant of the report. Differences are no entries, so they do not foot to the ledger.',
    },
  ],
  columns: [
    { key: 'agencyCode', title: { vi: 'Cơ quan', en: 'Agency' }, kind: 'text', width: 11 },
    { key: 'exceptionId', title: { vi: 'Mã sai lệch', en: 'Exception' }, kind: 'text', width: 29 },
    { key: 'category', title: { vi: 'Loại', en: 'Category' }, kind: 'text', width: 20 },
    { key: 'state', title: { vi: 'Trạng thái', en: 'State' }, kind: 'text', width: 13 },
    { key: 'provider', title: { vi: 'Nhà cung cấp', en: 'Provider' }, kind: 'text', width: 13 },
    { key: 'transactionId', title: { vi: 'Mã giao dịch', en: 'Transaction' }, kind: 'text', width: 20 },
    { key: 'businessDate', title: { vi: 'Ngày đối tác', en: 'Business date' }, kind: 'day', width: 11 },
    { key: 'openedAt', title: { vi: 'Mở lúc', en: 'Opened at' }, kind: 'instant', width: 17 },
    { key: 'ageDays', title: { vi: 'Tuổi (ngày)', en: 'Age (days)' }, kind: 'count', width: 8 },
    { key: 'ageBand', title: { vi: 'Nhóm tuổi', en: 'Age band' }, kind: 'text', width: 8 },
    { key: 'ours', title: { vi: 'Sổ ta (đồng)', en: 'Ours (VND)' }, kind: 'amount', width: 13, total: true },
    { key: 'theirs', title: { vi: 'Đối tác (đồng)', en: 'Theirs (VND)' }, kind: 'amount', width: 13, total: true },
    {
      key: 'difference',
      title: { vi: 'Chênh lệch (đồng)', en: 'Difference (VND)' },
      kind: 'amount',
      width: 13,
      total: true,
    },
    { key: 'invoiceId', title: { vi: 'Hóa đơn', en: 'Invoice' }, kind: 'text', width: 18 },
    { key: 'statementId', title: { vi: 'Tệp', en: 'File' }, kind: 'text', width: 29 },
  ],
  async *rows(sources, { asOf }) {
    for await (const page of sources.exceptions())
      yield page.map((exception) => {
        const ageDays = Math.max(0, Math.floor((asOf - exception.openedAt) / DAY_MILLISECONDS));
        return [
          exception.agencyCode,
          exception.exceptionId,
          exception.category,
          exception.state,
          exception.providerId,
          exception.transactionId,
          exception.businessDate,
          exception.openedAt,
          ageDays,
          ageBand(ageDays),
          exception.ours,
          exception.theirs,
          (exception.ours ?? 0) - (exception.theirs ?? 0),
          exception.invoiceId ?? null,
          exception.statementId ?? null,
        ];
      });
  },
  proofs: () => [],
};
