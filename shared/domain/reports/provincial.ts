import type { Invoice } from '../invoice/invoice.ts';
import { Dossiers, MoneyOfInvoices, paidOnline } from './dossiers.ts';
import { compareText, type Report, type ReportColumn, wholeSum } from './report.ts';

const count = (key: string, vi: string, en: string, total?: true): ReportColumn => ({
  key,
  title: { vi, en },
  kind: 'count',
  width: 9,
  ...(total && { total }),
});
const amount = (key: string, vi: string, en: string): ReportColumn => ({
  key,
  title: { vi, en },
  kind: 'amount',
  width: 14,
  total: true,
});

/** What a province reports to the national reporting system: one row an agency, by invoices made in the range. */
export const provincial: Report = {
  id: 'provincial',
  title: { vi: 'Báo cáo thanh toán trực tuyến của địa phương', en: 'Provincial report on online payment' },
  byProvider: false,
  notes: [
    {
      vi: 'Theo hóa đơn lập trong kỳ và tiền đã trả, trừ tiền bị đảo; tiền hoàn trả ở cột riêng. Số thủ tục không cộng giữa các cơ quan.',
      en: 'By invoices made in the range and the money that paid them, less what was reversed; refunds stand in a column of their own. Procedures are not added up across agencies.',
    },
  ],
  columns: [
    { key: 'agencyCode', title: { vi: 'Cơ quan', en: 'Agency' }, kind: 'text', width: 11 },
    count('feeProcedures', 'Thủ tục có phí', 'Procedures with a fee'),
    count('withDossiers', 'Có hồ sơ', 'With dossiers'),
    count('withPayments', 'Có thanh toán', 'With payments'),
    count('withOnlinePayments', 'Có thanh toán trực tuyến', 'With online payments'),
    count('feeDossiers', 'Hồ sơ có phí', 'Dossiers with a fee', true),
    count('dossiersPaidOnline', 'Hồ sơ trả trực tuyến', 'Dossiers paid online', true),
    count('exemptDossiers', 'Hồ sơ miễn phí', 'Exempt dossiers', true),
    amount('cash', 'Tiền mặt (đồng)', 'Cash (VND)'),
    amount('card', 'Thẻ tại quầy (đồng)', 'Card at the desk (VND)'),
    amount('transfer', 'Chuyển khoản (đồng)', 'Transfer (VND)'),
    amount('online', 'Trực tuyến (đồng)', 'Online (VND)'),
    amount('all', 'Tổng đã thu (đồng)', 'Collected (VND)'),
    amount('phi', 'Phí trên hóa đơn đã trả (đồng)', 'Phí on paid invoices (VND)'),
    amount('lePhi', 'Lệ phí trên hóa đơn đã trả (đồng)', 'Lệ phí on paid invoices (VND)'),
    amount('other', 'Khoản khác đã trả (đồng)', 'Other lines paid (VND)'),
    amount('refunded', 'Đã hoàn trả (đồng)', 'Refunded (VND)'),
    amount('parts', 'Trả một phần (đồng)', 'Parts of unpaid invoices (VND)'),
  ],
  async *rows(sources, { to }) {
    const feeProcedures = await sources.feeProcedures(to);
    const agencies = new Map<string, Agency>();
    for await (const page of sources.invoicesMade())
      for (const invoice of page) {
        const agency = agencies.get(invoice.agencyCode) ?? new Agency();
        agencies.set(invoice.agencyCode, agency);
        agency.add(invoice);
      }
    yield [...agencies]
      .sort(([one], [other]) => compareText(one, other))
      .map(([agencyCode, agency]) => [agencyCode, feeProcedures.size, ...agency.figures()]);
  },
  proofs: (totals) => [
    {
      what: { vi: 'Theo cách trả = theo loại khoản', en: 'by way of paying = by kind of line' },
      report: totals['all'] ?? 0,
      ledger: ['phi', 'lePhi', 'other', 'parts'].reduce((sum, key) => wholeSum(sum, totals[key] ?? 0), 0),
    },
  ],
};

/** The figures of one agency. */
class Agency {
  readonly #dossiers = new Dossiers();
  readonly #money = new MoneyOfInvoices();

  add(invoice: Invoice): void {
    this.#dossiers.add(invoice);
    this.#money.add(invoice);
  }

  figures(): number[] {
    const { cash, card, transfer, online, phi, lePhi, other, refunded, parts } = this.#money.sums;
    const asked = this.#dossiers;
    return [
      asked.procedures(() => true).size,
      asked.procedures(({ paid }) => paid.size > 0).size,
      asked.procedures(paidOnline).size,
      asked.count(({ asksForFee }) => asksForFee),
      asked.count((facts) => facts.asksForFee && paidOnline(facts)),
      asked.count(({ asksForFee }) => !asksForFee),
      ...[cash, card, transfer, online, cash + card + transfer + online],
      ...[phi, lePhi, other, refunded, parts],
    ];
  }
}
