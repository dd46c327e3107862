import * as z from 'zod';
import { lazyObject } from '../lazy-object.ts';

/** Why a settlement file is refused. A refused file changes nothing: no line of it is booked. */

type Words = { vi: string; en: string };

/** `{count}` and the like stand for the figures that come with the code. */
const words = {
  file_empty: { vi: 'Tệp trống.', en: 'The file is empty.' },
  file_too_large: {
    vi: 'Tệp có {size} byte, quá giới hạn {limit}.',
    en: 'The file has {size} bytes, over the limit of {limit}.',
  },
  too_many_lines: { vi: 'Tệp có quá {limit} dòng.', en: 'The file has more than {limit} lines.' },
  not_utf8: { vi: 'Tệp không phải UTF-8.', en: 'The file is not UTF-8.' },
  control_character: { vi: 'Có ký tự điều khiển.', en: 'There is a control character.' },
  record_too_long: { vi: 'Dòng quá dài.', en: 'The line is too long.' },
  too_many_fields: { vi: 'Dòng có quá nhiều cột.', en: 'The line has too many fields.' },
  quotes_unbalanced: { vi: 'Dấu ngoặc kép không đóng.', en: 'A quotation mark is not closed.' },
  quote_misplaced: { vi: 'Dấu ngoặc kép sai chỗ.', en: 'A quotation mark stands where none may.' },
  bare_carriage_return: { vi: 'Ký tự CR không đi cùng LF.', en: 'A carriage return stands without a line feed.' },
  column_missing: { vi: 'Thiếu cột: {column}.', en: 'A column is missing: {column}.' },
  column_unknown: { vi: 'Cột thứ {position} không được biết.', en: 'Column {position} is not known.' },
  column_twice: { vi: 'Cột xuất hiện hai lần: {column}.', en: 'A column comes twice: {column}.' },
  field_count: {
    vi: 'Dòng có {count} cột, tiêu đề có {expected}.',
    en: 'Fields in the line: {count}, in the header: {expected}.',
  },
  transaction_malformed: {
    vi: 'Mã giao dịch phải có 1–64 ký tự ASCII nhìn thấy được.',
    en: 'The transaction id must be 1 to 64 visible ASCII characters.',
  },
  transaction_twice: { vi: 'Mã giao dịch xuất hiện hai lần.', en: 'The transaction id comes twice.' },
  reference_malformed: {
    vi: 'Mã tham chiếu phải có nhiều nhất 128 ký tự ASCII nhìn thấy được.',
    en: 'The reference must be at most 128 visible ASCII characters.',
  },
  amount_malformed: {
    vi: 'Số tiền phải là số nguyên đồng, không dấu, không chữ.',
    en: 'The amount must be a whole number of dong in plain digits.',
  },
  currency_other: { vi: 'Loại tiền phải là VND.', en: 'The currency must be VND.' },
  terminal_foreign: {
    vi: 'Điểm thu không được đăng ký tại nhà cung cấp này.',
    en: 'The terminal is not registered at this provider.',
  },
  status_unknown: { vi: 'Trạng thái không được biết.', en: 'The status is not known.' },
  time_malformed: { vi: 'Thời gian thanh toán không đọc được.', en: 'The payment time cannot be read.' },
  day_other: {
    vi: 'Thời gian thanh toán cách ngày của tệp hơn một ngày.',
    en: 'The payment time is more than one day from the day of the file.',
  },
  line_after_trailer: { vi: 'Còn dòng sau dòng tổng.', en: 'A line follows the trailer.' },
  trailer_missing: { vi: 'Thiếu dòng tổng ở cuối tệp.', en: 'The trailer at the end of the file is missing.' },
  trailer_malformed: { vi: 'Dòng tổng không đọc được.', en: 'The trailer cannot be read.' },
  trailer_count: {
    vi: 'Đếm được {count} dòng, dòng tổng ghi {expected}.',
    en: 'Lines counted: {count}; the trailer says {expected}.',
  },
  trailer_sum: {
    vi: 'Cộng được {sum} đồng, dòng tổng ghi {expected}.',
    en: 'The amounts add up to {sum} dong, the trailer says {expected}.',
  },
  sum_out_of_range: { vi: 'Tổng số tiền quá lớn.', en: 'The sum of the amounts is too large.' },
  hash_other: {
    vi: 'Nội dung không khớp mã SHA-256 đã khai.',
    en: 'The content is not the one of the SHA-256 that was announced.',
  },
  content_changed: {
    vi: 'Tệp bị thay đổi sau khi tải lên.',
    en: 'The file was changed after it was uploaded.',
  },
  content_reconciled: {
    vi: 'Nội dung này đã được đối soát ở {statementId}.',
    en: 'This content was already reconciled as {statementId}.',
  },
  day_reconciled: {
    vi: 'Ngày này đã được đối soát ở {statementId}.',
    en: 'This day was already reconciled as {statementId}.',
  },
} as const satisfies Record<string, Words>;

export const FaultCode = z.enum(Object.keys(words) as [keyof typeof words, ...(keyof typeof words)[]]);
export type FaultCode = z.infer<typeof FaultCode>;

/** Most reasons that are kept of one file: enough to see what is wrong with it. */
export const MAX_FAULTS = 100;

/**
 * One reason, with the line of the file (counting from 1; 0 for the file as a whole). Figures only, never a value of the
 * file: a shifted column may hold a person's name.
 */
export const FileFault = lazyObject(() => ({
  line: z.int().min(0),
  code: FaultCode,
  figures: z.record(z.string(), z.union([z.string(), z.int()])).optional(),
}));
export type FileFault = z.infer<typeof FileFault>;

export const fault = (line: number, code: FaultCode, figures?: FileFault['figures']): FileFault =>
  figures ? { line, code, figures } : { line, code };

/** The reason in words. */
export function explain({ code, figures }: FileFault): Words {
  const fill = (text: string) => text.replace(/\{(\w+)\}/g, (_, name: string) => String(figures?.[name] ?? ''));
  const { vi, en } = words[code];
  return { vi: fill(vi), en: fill(en) };
}
