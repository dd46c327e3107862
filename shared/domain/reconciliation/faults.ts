import * as z from 'zod';
import { lazy } from '../lazy.ts';

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
  statement_taken: {
    vi: 'Sao kê này đã được nhận ở {statementId}.',
    en: 'This statement was already taken in as {statementId}.',
  },
  superseded_other: {
    vi: 'Tệp được thay thế không còn hiệu lực hoặc là của ngày khác.',
    en: 'The file that it should replace does not stand any more, or is of another day.',
  },
  format_unknown: { vi: 'Không nhận ra định dạng tệp.', en: 'The format of the file is not known.' },
  day_implausible: {
    vi: 'Ngày {day} nằm ngoài khoảng mà tệp có thể kể ({from} đến {to}).',
    en: 'The day {day} is outside of what the file can tell of ({from} to {to}).',
  },
  never_booked: {
    vi: 'Báo cáo trong ngày, bản thử và bản đính chính chỉ để xem, không được ghi nhận.',
    en: 'A report of a day that has not ended, a test and a correction are for looking at and are never booked.',
  },
  account_other: {
    vi: 'Tệp có tài khoản không được khai khi thông báo.',
    en: 'The file tells of an account that was not announced.',
  },
  too_many_statements: {
    vi: 'Tệp có quá {limit} sao kê.',
    en: 'The file has more than {limit} statements.',
  },
  not_xml: { vi: 'Tệp không phải XML đúng quy cách.', en: 'The file is no well-formed XML.' },
  doctype: { vi: 'Tệp có DOCTYPE.', en: 'The file has a DOCTYPE.' },
  too_deep: { vi: 'Các phần tử lồng nhau quá sâu.', en: 'Elements are nested too deeply.' },
  token_too_long: { vi: 'Một thẻ hoặc đoạn chữ quá dài.', en: 'A tag or a text is too long.' },
  entity_unknown: { vi: 'Có thực thể XML không được biết.', en: 'There is an unknown XML entity.' },
  unknown_message: { vi: 'Không phải sao kê ngân hàng.', en: 'It is no statement of a bank.' },
  truncated: { vi: 'Tệp bị cắt cụt.', en: 'The file ends before its end.' },
  empty: { vi: 'Tệp không có sao kê nào.', en: 'The file has no statement.' },
  amount_too_fine: {
    vi: 'Số tiền có nhiều chữ số lẻ hơn loại tiền cho phép.',
    en: 'The amount is finer than its currency.',
  },
  amount_out_of_range: { vi: 'Số tiền quá lớn.', en: 'The amount is too large.' },
  currency_missing: { vi: 'Thiếu loại tiền.', en: 'The currency is missing.' },
  direction_missing: { vi: 'Thiếu chiều ghi có/ghi nợ.', en: 'It does not say whether it is a credit or a debit.' },
  day_malformed: { vi: 'Ngày không đọc được.', en: 'The day cannot be read.' },
  account_missing: { vi: 'Thiếu số tài khoản.', en: 'The account is missing.' },
  line_malformed: { vi: 'Dòng không đọc được.', en: 'The line cannot be read.' },
  line_too_long: { vi: 'Dòng quá dài.', en: 'The line is too long.' },
  field_missing: { vi: 'Thiếu trường bắt buộc.', en: 'A required field is missing.' },
  field_malformed: { vi: 'Trường không đọc được.', en: 'A field cannot be read.' },
  field_twice: { vi: 'Trường xuất hiện hai lần.', en: 'A field comes twice.' },
  record_unknown: { vi: 'Loại bản ghi không được biết.', en: 'The kind of record is not known.' },
  record_misplaced: { vi: 'Bản ghi sai chỗ.', en: 'A record stands where none may.' },
  control_total: {
    vi: 'Tổng kiểm soát không khớp: cộng được {counted}, tệp ghi {declared}.',
    en: 'A control total differs: added {counted}, declared {declared}.',
  },
  control_count: {
    vi: 'Số đếm kiểm soát không khớp: đếm được {counted}, tệp ghi {declared}.',
    en: 'A control count differs: counted {counted}, declared {declared}.',
  },
  too_many_entries: { vi: 'Tệp có quá nhiều bút toán.', en: 'The file has too many entries.' },
  too_many_details: { vi: 'Bút toán có quá nhiều giao dịch.', en: 'An entry has too many payments.' },
  balance_break: {
    vi: 'Số dư đầu cộng phát sinh không bằng số dư cuối.',
    en: 'Opening balance and entries do not make the closing balance.',
  },
  not_zip: { vi: 'Tệp XLSX không đọc được.', en: 'The XLSX file cannot be read.' },
  zip_bomb: { vi: 'Tệp nén bung ra quá lớn.', en: 'The compressed file unfolds beyond the limit.' },
  zip_unsupported: {
    vi: 'Tệp nén dùng cách nén không được hỗ trợ.',
    en: 'The compressed file uses a method that is not supported.',
  },
  sheet_missing: { vi: 'Tệp XLSX không có trang tính nào.', en: 'The XLSX file has no sheet.' },
  sheet_unread: {
    vi: 'Tệp XLSX có dữ liệu ở trang tính sau trang đầu; chỉ trang đầu được đọc.',
    en: 'The XLSX file has data on a sheet after the first; only the first is read.',
  },
} as const satisfies Record<string, Words>;

export const FaultCode = lazy(() => z.enum(Object.keys(words) as [keyof typeof words, ...(keyof typeof words)[]]));
export type FaultCode = z.infer<typeof FaultCode>;

/** Most reasons that are kept of one file: enough to see what is wrong with it. */
export const MAX_FAULTS = 100;

/**
 * One reason, with the line of the file (counting from 1; 0 for the file as a whole). Figures only, never a value of the
 * file: a shifted column may hold a person's name.
 */
export const FileFault = lazy(() =>
  z.object({
    line: z.int().min(0),
    code: FaultCode,
    figures: z.record(z.string(), z.union([z.string(), z.int()])).optional(),
  }),
);
export type FileFault = z.infer<typeof FileFault>;

export const fault = (line: number, code: FaultCode, figures?: FileFault['figures']): FileFault =>
  figures ? { line, code, figures } : { line, code };

/** The reason in words. */
export function explain({ code, figures }: FileFault): Words {
  const fill = (text: string) => text.replace(/\{(\w+)\}/g, (_, name: string) => String(figures?.[name] ?? ''));
  const { vi, en } = words[code];
  return { vi: fill(vi), en: fill(en) };
}
