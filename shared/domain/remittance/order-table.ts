import { inVietnameseWords } from '../money/words.ts';
import { accountOfBook } from '../reconciliation/book-day.ts';
import { csvDocument } from '../reports/csv.ts';
import type { OrderLine, Remittance, RemittanceOrder } from './remittance.ts';

/** The orders of a batch as a table: what a clerk types where the bank takes no message, with the fields of the slips. */

type Row = { remittance: Remittance; order: RemittanceOrder; line: OrderLine };
const columns: readonly { title: string; of: (row: Row) => string | number }[] = [
  { title: 'Đợt nộp / Batch', of: ({ remittance }) => remittance.remittanceId },
  { title: 'Số tham chiếu / Reference', of: ({ order }) => order.orderId },
  {
    title: 'Tài khoản trích nợ / Debited account',
    of: ({ remittance }) => accountOfBook(remittance.book)?.account ?? '',
  },
  {
    title: 'Ngân hàng trích nợ (BIN) / Debited bank',
    of: ({ remittance }) => accountOfBook(remittance.book)?.bankBin ?? '',
  },
  { title: 'Mẫu / Form', of: ({ order }) => order.payee.form ?? '' },
  { title: 'Cơ quan / Agency', of: ({ order }) => order.payee.agencyCode },
  { title: 'Đơn vị thụ hưởng / Beneficiary', of: ({ order }) => order.payee.name.vi },
  { title: 'Mã số thuế / Tax code', of: ({ order }) => order.payee.taxCode ?? '' },
  { title: 'Tài khoản / Account', of: ({ order }) => order.payee.accountNumber },
  { title: 'Ngân hàng hưởng (BIN) / Bank', of: ({ order }) => order.payee.bankBin },
  { title: 'SHKB / Treasury', of: ({ order }) => order.payee.treasury ?? '' },
  { title: 'KBNN / Treasury name', of: ({ order }) => order.payee.treasuryName ?? '' },
  { title: 'Cơ quan quản lý thu / Authority', of: ({ order }) => order.payee.collectingAuthority ?? '' },
  { title: 'Chương / Chapter', of: ({ line }) => line.chapter ?? '' },
  { title: 'NDKT / Sub-item', of: ({ line }) => line.subItem ?? '' },
  { title: 'ĐBHC / Area', of: ({ line }) => line.area ?? '' },
  {
    title: 'Số tiền nộp (đồng) / Amount (VND)',
    of: ({ order, line }) => (order.payee.treasury === null ? line.amount : line.toBudget),
  },
  {
    title: 'Được để lại (đồng) / Retained (VND)',
    of: ({ order, line }) => (order.payee.treasury === null ? 0 : line.retained),
  },
  { title: 'Tổng lệnh (đồng) / Order total (VND)', of: ({ order }) => order.amount },
  { title: 'Bằng chữ / In words', of: ({ order }) => inVietnameseWords(order.amount) },
];

/** A header in two languages, a row for each line of each order that is sent. */
export const orderTable = (remittance: Remittance): string =>
  csvDocument([
    columns.map(({ title }) => title),
    ...remittance.orders
      .filter(({ how }) => how === 'transfer')
      .flatMap((order) => order.lines.map((line) => columns.map(({ of }) => of({ remittance, order, line })))),
  ]);
