import { InvoiceNumber, invoiceId } from '../invoice/number.ts';
import type { JournalEntry } from '../ledger/journal.ts';
import { heldBy, type Report } from './report.ts';
import type { Cells } from './table.ts';

/** Every entry of the ledger that moved money of citizens, one a row. */
export const paymentRegister: Report = {
  id: 'payment-register',
  title: { vi: 'Sổ chi tiết thanh toán', en: 'Payment register' },
  byProvider: true,
  notes: [
    {
      vi: 'Mỗi dòng là một bút toán của sổ cái, theo ngày hạch toán của nhà cung cấp.',
      en: 'A row is an entry of the ledger, by the provider’s accounting date.',
    },
  ],
  columns: [
    { key: 'accountingDate', title: { vi: 'Ngày hạch toán', en: 'Accounting date' }, kind: 'day', width: 11 },
    { key: 'agencyCode', title: { vi: 'Cơ quan', en: 'Agency' }, kind: 'text', width: 10 },
    { key: 'provider', title: { vi: 'Nhà cung cấp', en: 'Provider' }, kind: 'text', width: 12 },
    { key: 'transactionId', title: { vi: 'Mã giao dịch', en: 'Transaction' }, kind: 'text', width: 20 },
    { key: 'invoiceId', title: { vi: 'Hóa đơn', en: 'Invoice' }, kind: 'text', width: 18 },
    { key: 'dossierCode', title: { vi: 'Mã hồ sơ', en: 'Dossier' }, kind: 'text', width: 22 },
    { key: 'paidAt', title: { vi: 'Thời điểm nộp', en: 'Paid at' }, kind: 'instant', width: 17 },
    { key: 'committedAt', title: { vi: 'Thời điểm ghi sổ', en: 'Entered at' }, kind: 'instant', width: 17 },
    { key: 'kind', title: { vi: 'Loại bút toán', en: 'Kind' }, kind: 'text', width: 11 },
    { key: 'category', title: { vi: 'Lý do cần xem', en: 'Category' }, kind: 'text', width: 16 },
    {
      key: 'received',
      title: { vi: 'Tiền nhận (đồng)', en: 'Received (VND)' },
      kind: 'amount',
      width: 14,
      total: true,
    },
    {
      key: 'givenBack',
      title: { vi: 'Tiền trả lại (đồng)', en: 'Given back (VND)' },
      kind: 'amount',
      width: 14,
      total: true,
    },
    {
      key: 'account',
      title: { vi: 'Tài khoản nhận', en: 'Merchant account' },
      kind: 'text',
      width: 14,
      digitalOnly: true,
    },
    {
      key: 'evidenceSha256',
      title: { vi: 'Chứng cứ SHA-256', en: 'Evidence SHA-256' },
      kind: 'text',
      width: 24,
      digitalOnly: true,
    },
  ],
  async *rows(sources) {
    for await (const page of sources.entries()) yield page.map(rowOf);
  },
  proofs: (totals, ledger) => [
    {
      what: {
        vi: 'Nhận trừ trả lại = tiền giữ ở tài khoản phải trả, thừa, chưa rõ',
        en: 'received less given back = held as payable, surplus and unmatched',
      },
      report: (totals['received'] ?? 0) - (totals['givenBack'] ?? 0),
      ledger: ledger.held('payable', 'surplus', 'unmatched'),
    },
  ],
};

function rowOf(entry: JournalEntry): Cells {
  const isBack = heldBy(entry, 'payable', 'surplus', 'unmatched') < 0;
  return [
    entry.accountingDate,
    entry.agencyCode,
    entry.providerId,
    entry.transactionId,
    entry.invoiceNumber === undefined ? null : invoiceId(InvoiceNumber.parse(entry.invoiceNumber)),
    entry.dossierCode ?? null,
    entry.paidAt,
    entry.committedAt,
    entry.kind,
    entry.category ?? null,
    isBack ? 0 : entry.amount,
    isBack ? entry.amount : 0,
    entry.merchantAccountId,
    entry.evidenceHash,
  ];
}
