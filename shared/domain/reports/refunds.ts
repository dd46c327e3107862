import { InvoiceNumber, invoiceId } from '../invoice/number.ts';
import { heldBy, type Report, type ReportColumn } from './report.ts';

const amount = (key: string, vi: string, en: string): ReportColumn => ({
  ...{ key, title: { vi: `${vi} (đồng)`, en: `${en} (VND)` }, kind: 'amount', width: 13, total: true },
});

/** What was given back by order of an agency, one refund a row. */
export const refundsGiven: Report = {
  id: 'refunds',
  title: { vi: 'Tiền đã hoàn trả', en: 'Refunds' },
  byProvider: true,
  notes: [
    {
      vi: 'Chỉ tiền đã hoàn trả xong. Yêu cầu đang chờ không phải bút toán.',
      en: 'Refunds that are done. A request that waits is no entry of the ledger.',
    },
  ],
  columns: [
    { key: 'accountingDate', title: { vi: 'Ngày hạch toán', en: 'Accounting date' }, kind: 'day', width: 11 },
    { key: 'agencyCode', title: { vi: 'Cơ quan', en: 'Agency' }, kind: 'text', width: 11 },
    { key: 'refundId', title: { vi: 'Mã hoàn trả', en: 'Refund' }, kind: 'text', width: 24 },
    { key: 'provider', title: { vi: 'Qua', en: 'Through' }, kind: 'text', width: 13 },
    { key: 'invoiceId', title: { vi: 'Hóa đơn', en: 'Invoice' }, kind: 'text', width: 18 },
    { key: 'dossierCode', title: { vi: 'Mã hồ sơ', en: 'Dossier' }, kind: 'text', width: 22 },
    { key: 'committedAt', title: { vi: 'Thời điểm ghi sổ', en: 'Entered at' }, kind: 'instant', width: 19 },
    amount('refunded', 'Đã hoàn trả', 'Refunded'),
    amount('ofPayable', 'Từ tiền phải trả', 'Of payable'),
    amount('ofSurplus', 'Từ tiền thừa, chưa rõ', 'Of surplus, unmatched'),
    amount('byHand', 'Chi từ tài khoản cơ quan', 'From the agency’s account'),
  ],
  async *rows(sources) {
    for await (const page of sources.entries())
      yield page
        .filter(({ kind }) => kind === 'refund')
        .map((entry) => [
          entry.accountingDate,
          entry.agencyCode,
          `rfd_${entry.transactionId}`,
          entry.providerId,
          entry.invoiceNumber === undefined ? null : invoiceId(InvoiceNumber.parse(entry.invoiceNumber)),
          entry.dossierCode ?? null,
          entry.committedAt,
          entry.amount,
          0 - heldBy(entry, 'payable'),
          0 - heldBy(entry, 'surplus', 'unmatched'),
          heldBy(entry, 'returns'),
        ]);
  },
  proofs: (totals, ledger) => [
    {
      what: { vi: 'Từ phải trả và thừa = đã hoàn trả', en: 'of payable and surplus = refunded' },
      report: totals['refunded'] ?? 0,
      ledger: (totals['ofPayable'] ?? 0) + (totals['ofSurplus'] ?? 0),
    },
    {
      what: {
        vi: 'Chi từ tài khoản cơ quan = phát sinh Có',
        en: 'from agencies’ accounts = credits less debits of returns',
      },
      report: totals['byHand'] ?? 0,
      ledger: ledger.held('returns'),
    },
  ],
};
