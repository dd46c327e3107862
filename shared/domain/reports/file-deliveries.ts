import { accountOfBook, type BookId } from '../reconciliation/book-day.ts';
import { type Day, type Instant, MINUTE_MILLISECONDS } from '../time.ts';
import type { Report, ReportColumn } from './report.ts';

/** What became of a partner's file of a day. `NOT_DUE`: it came though none is expected of such a day. */
export type DeliveryState = 'ON_TIME' | 'LATE' | 'MISSING' | 'WAITING' | 'NOT_DUE';

/** A partner's day of which a file is expected, or came. */
export type ExpectedFile = {
  book: BookId;
  day: Day;
  state: DeliveryState;
  /** When the partner's day ends, `HH:mm`. */
  cutOff: string;
  due: Instant | undefined;
  /** By the log of files: the first that tells of the day, when its reading began, and how many there are. */
  first: { statementId: string; at: Instant } | undefined;
  files: number;
  refused: number;
  /** By reconciliation: whether a file that tells of the day counts there. */
  counted: boolean;
};

const states: Readonly<Record<DeliveryState, string>> = {
  ON_TIME: 'Đúng hạn',
  LATE: 'Muộn',
  MISSING: 'Thiếu',
  WAITING: 'Chưa đến hạn',
  NOT_DUE: 'Ngoài lịch',
};

const text = (key: string, vi: string, en: string, width: number): ReportColumn => ({
  ...{ key, title: { vi, en }, kind: 'text', width },
});
const instant = (key: string, vi: string, en: string): ReportColumn => ({
  ...{ key, title: { vi, en }, kind: 'instant', width: 19 },
});
const count = (key: string, vi: string, en: string, total?: true): ReportColumn => ({
  ...{ key, title: { vi, en }, kind: 'count', width: 9 },
  ...(total && { total }),
});

/** Which partner's file of which day came, came late or is missing, a day of a partner a row. */
export const fileDeliveries: Report = {
  id: 'file-deliveries',
  title: { vi: 'Theo dõi tệp phải nhận', en: 'Expected files' },
  byProvider: true,
  notes: [
    {
      vi: 'Theo ngày của đối tác. Tệp đến lúc bắt đầu đọc. Hạn theo quy tắc của đối tác; chỉ gồm đối tác mà mọi cơ quan ở đó người xem đều được xem.',
      en: 'By the partner’s day. A file comes when its reading begins. Due by the partner’s rule; only partners all of whose agencies the reader may see.',
    },
  ],
  columns: [
    { key: 'day', title: { vi: 'Ngày đối tác', en: 'Partner’s day' }, kind: 'day', width: 11 },
    text('partner', 'Đối tác', 'Partner', 14),
    text('account', 'Tài khoản', 'Account', 19),
    text('cutOff', 'Giờ cắt', 'Cut-off', 8),
    instant('due', 'Hạn', 'Due'),
    instant('cameAt', 'Đến lúc', 'Came at'),
    count('minutesLate', 'Muộn (phút)', 'Minutes late'),
    text('words', 'Kết quả', 'Outcome, in words', 13),
    text('state', 'Mã kết quả', 'Outcome', 10),
    text('statementId', 'Mã tệp', 'File', 29),
    count('expected', 'Phải nhận', 'Expected', true),
    count('came', 'Đã đến (nhật ký)', 'Came (log)', true),
    count('counted', 'Đã đối soát', 'Reconciled', true),
    count('late', 'Muộn', 'Late', true),
    count('missing', 'Thiếu', 'Missing', true),
    count('files', 'Số tệp', 'Files', true),
    count('refused', 'Tệp bị từ chối', 'Refused', true),
  ],
  async *rows(sources) {
    for await (const page of sources.expectedFiles())
      yield page.map(({ book, day, state, cutOff, due, first, files, refused, counted }) => {
        const bank = accountOfBook(book);
        const late = first && due !== undefined && first.at > due ? first.at - due : undefined;
        return [
          day,
          bank?.bankBin ?? book.slice('provider:'.length),
          bank?.account ?? null,
          cutOff,
          due ?? null,
          first?.at ?? null,
          late === undefined ? null : Math.ceil(late / MINUTE_MILLISECONDS),
          states[state],
          state,
          first?.statementId ?? null,
          state === 'NOT_DUE' ? 0 : 1,
          first ? 1 : 0,
          counted ? 1 : 0,
          state === 'LATE' ? 1 : 0,
          state === 'MISSING' ? 1 : 0,
          files,
          refused,
        ];
      });
  },
  proofs: (totals) => [
    {
      what: { vi: 'Đã đến theo nhật ký tệp = đã đối soát', en: 'came by the log of files = reconciled' },
      report: totals['came'] ?? 0,
      ledger: totals['counted'] ?? 0,
    },
  ],
};
