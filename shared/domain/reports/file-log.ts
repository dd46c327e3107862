import type { StatementState } from '../reconciliation/statement.ts';
import type { Report, ReportColumn } from './report.ts';

/** What became of a file, for people; the code stands beside it. */
const states: Readonly<Record<StatementState, string>> = {
  AWAITING_FILE: 'Chờ tệp',
  READING: 'Đang đọc',
  REFUSED: 'Từ chối',
  RECONCILED: 'Đã đối soát',
  SUPERSEDED: 'Đã bị thay thế',
};

const text = (key: string, vi: string, en: string, width: number, more: Partial<ReportColumn> = {}): ReportColumn => ({
  ...{ key, title: { vi, en }, kind: 'text', width },
  ...more,
});
const instant = (key: string, vi: string, en: string, more: Partial<ReportColumn> = {}): ReportColumn => ({
  ...{ key, title: { vi, en }, kind: 'instant', width: 19 },
  ...more,
});
const count = (key: string, vi: string, en: string, more: Partial<ReportColumn> = {}): ReportColumn => ({
  ...{ key, title: { vi, en }, kind: 'count', width: 9 },
  ...more,
});
/** Paper has no room for what only programs ask for. */
const digitalOnly = { digitalOnly: true } as const;
const amount = (key: string, vi: string, en: string): ReportColumn => ({
  ...{ key, title: { vi: `${vi} (đồng)`, en: `${en} (VND)` }, kind: 'amount', width: 14, total: true },
});

/** Every file that a partner delivered or was to deliver, one a row, in the order in which they were announced. */
export const fileLog: Report = {
  id: 'file-log',
  title: { vi: 'Nhật ký tệp đối soát và sao kê', en: 'File log' },
  byProvider: true,
  notes: [
    {
      vi: 'Tệp được báo trong kỳ, với trạng thái lúc lập báo cáo. Chỉ gồm tệp mà mọi cơ quan trong đó người xem đều được xem.',
      en: 'Files announced in the time, as they stand when it is made. Only files all of whose agencies the reader may see.',
    },
    {
      vi: 'Số tiền là theo tệp của nhà cung cấp, không phải bút toán. Sao kê ngân hàng không có số tiền ở đây.',
      en: 'Amounts are the provider’s by its file, no entries of the ledger. Statements of banks have none here.',
    },
  ],
  columns: [
    text('statementId', 'Mã tệp', 'File', 29),
    instant('announcedAt', 'Báo lúc', 'Announced at'),
    text('kind', 'Loại', 'Kind', 11),
    text('provider', 'Nhà cung cấp', 'Provider', 13),
    text('bankBin', 'Mã ngân hàng', 'Bank', 9),
    { key: 'businessDate', title: { vi: 'Ngày đối tác', en: 'Business date' }, kind: 'day', width: 11 },
    text('fileName', 'Tên tệp', 'File name', 28),
    text('sender', 'Bên gửi', 'Sender', 20),
    text('words', 'Kết quả', 'Outcome, in words', 15),
    text('state', 'Mã kết quả', 'Outcome', 14, digitalOnly),
    text('fault', 'Lỗi đầu tiên', 'First fault', 24),
    { key: 'faultLine', title: { vi: 'Dòng lỗi', en: 'Line of it' }, kind: 'count', width: 9 },
    count('faults', 'Số lỗi', 'Faults'),
    count('lines', 'Số dòng', 'Lines'),
    amount('amount', 'Đối tác thu', 'Collected by it'),
    amount('matchedAmount', 'Đã khớp', 'Matched'),
    count('matched', 'Số khớp', 'Matches', digitalOnly),
    count('exceptions', 'Sai lệch', 'Exceptions'),
    count('revision', 'Lần', 'Revision', digitalOnly),
    text('supersedes', 'Thay cho', 'Supersedes', 29, digitalOnly),
    text('supersededBy', 'Được thay bởi', 'Superseded by', 29, digitalOnly),
    text('format', 'Định dạng', 'Format', 12, digitalOnly),
    count('bytes', 'Dung lượng', 'Bytes', digitalOnly),
    text('sha256', 'SHA-256', 'SHA-256', 64, digitalOnly),
    instant('readAt', 'Đọc lúc', 'Read at', digitalOnly),
    instant('endedAt', 'Xong lúc', 'Ended at', digitalOnly),
  ],
  async *rows(sources) {
    for await (const page of sources.files())
      yield page.map((file) => {
        const [fault] = file.faults ?? [];
        return [
          file.statementId,
          file.createdAt,
          file.kind,
          file.providerId,
          file.bankBin ?? null,
          file.businessDate,
          file.fileName ?? null,
          file.clientId,
          states[file.state],
          file.state,
          fault?.code ?? null,
          fault?.line ?? null,
          file.faults?.length ?? 0,
          file.totals?.lines ?? null,
          file.totals?.amount ?? null,
          file.totals?.matchedAmount ?? null,
          file.totals?.matched ?? null,
          file.totals?.exceptions ?? null,
          file.revision,
          file.supersedes ?? null,
          file.supersededBy ?? null,
          file.format ?? null,
          file.size ?? null,
          file.sha256 ?? null,
          file.readAt ?? null,
          file.endedAt ?? null,
        ];
      });
  },
  proofs: () => [],
};
