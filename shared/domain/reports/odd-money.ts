import { InvoiceNumber, invoiceId } from '../invoice/number.ts';
import { heldBy, type Report } from './report.ts';

/** Real money beyond what was due, and money that belongs to nothing: what came, and what of it went back. */
export const duplicatesAndSurplus: Report = {
  id: 'duplicates-and-surplus',
  title: { vi: 'Tiền nộp trùng, thừa và chưa xác định', en: 'Duplicates, surplus and unmatched money' },
  byProvider: true,
  notes: [
    {
      vi: 'Số âm là tiền đã ra khỏi tài khoản thừa hoặc chưa xác định.',
      en: 'Below zero: money that left surplus or unmatched again.',
    },
  ],
  columns: [
    { key: 'accountingDate', title: { vi: 'Ngày hạch toán', en: 'Accounting date' }, kind: 'day', width: 11 },
    { key: 'agencyCode', title: { vi: 'Cơ quan', en: 'Agency' }, kind: 'text', width: 11 },
    { key: 'provider', title: { vi: 'Nhà cung cấp', en: 'Provider' }, kind: 'text', width: 13 },
    { key: 'transactionId', title: { vi: 'Mã giao dịch', en: 'Transaction' }, kind: 'text', width: 22 },
    { key: 'invoiceId', title: { vi: 'Hóa đơn', en: 'Invoice' }, kind: 'text', width: 18 },
    { key: 'paidAt', title: { vi: 'Thời điểm nộp', en: 'Paid at' }, kind: 'instant', width: 17 },
    { key: 'kind', title: { vi: 'Loại bút toán', en: 'Kind' }, kind: 'text', width: 12 },
    { key: 'category', title: { vi: 'Lý do', en: 'Category' }, kind: 'text', width: 22 },
    { key: 'surplus', title: { vi: 'Tiền thừa (đồng)', en: 'Surplus (VND)' }, kind: 'amount', width: 14, total: true },
    {
      key: 'unmatched',
      title: { vi: 'Tiền chưa xác định (đồng)', en: 'Unmatched (VND)' },
      kind: 'amount',
      width: 14,
      total: true,
    },
  ],
  async *rows(sources) {
    for await (const page of sources.entries())
      yield page.flatMap((entry) => {
        const [surplus, unmatched] = [heldBy(entry, 'surplus'), heldBy(entry, 'unmatched')];
        if (surplus === 0 && unmatched === 0) return [];
        const invoice = entry.invoiceNumber === undefined ? null : invoiceId(InvoiceNumber.parse(entry.invoiceNumber));
        const { accountingDate, agencyCode, providerId, transactionId, paidAt, kind, category } = entry;
        return [
          [
            ...[accountingDate, agencyCode, providerId, transactionId, invoice, paidAt, kind, category ?? null],
            ...[surplus, unmatched],
          ],
        ];
      });
  },
  proofs: (totals, ledger) => [
    {
      what: { vi: 'Tiền thừa = số dư Có phát sinh', en: 'surplus = credits less debits of surplus' },
      report: totals['surplus'] ?? 0,
      ledger: ledger.held('surplus'),
    },
    {
      what: { vi: 'Chưa xác định = số dư Có phát sinh', en: 'unmatched = credits less debits of unmatched' },
      report: totals['unmatched'] ?? 0,
      ledger: ledger.held('unmatched'),
    },
  ],
};
