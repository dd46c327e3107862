import type { TakingFigures } from '../aggregates/aggregate.ts';
import { noTakings, withEntry } from '../aggregates/takings.ts';
import { compareText, type Report } from './report.ts';

/**
 * The aggregate that monitoring and reporting systems of the state are given: counts, sums and how long entering took, by
 * day, agency and provider. It holds no person, no dossier and no transaction.
 */
export const serviceFeed: Report = {
  id: 'service-feed',
  title: { vi: 'Số liệu tổng hợp cho giám sát', en: 'Aggregate for monitoring' },
  byProvider: true,
  notes: [
    {
      vi: 'Không có dữ liệu cá nhân. Kịp thời: ghi sổ trong 5 phút kể từ khi ngân hàng báo trừ tiền.',
      en: 'No personal data. In time: entered within five minutes of the payer’s bank’s success.',
    },
  ],
  columns: [
    { key: 'accountingDate', title: { vi: 'Ngày hạch toán', en: 'Accounting date' }, kind: 'day', width: 12 },
    { key: 'agencyCode', title: { vi: 'Cơ quan', en: 'Agency' }, kind: 'text', width: 12 },
    { key: 'provider', title: { vi: 'Nhà cung cấp', en: 'Provider' }, kind: 'text', width: 14 },
    { key: 'entries', title: { vi: 'Số bút toán', en: 'Entries' }, kind: 'count', width: 10, total: true },
    { key: 'paid', title: { vi: 'Trả hóa đơn', en: 'Pay invoices' }, kind: 'count', width: 10, total: true },
    { key: 'odd', title: { vi: 'Cần xem', en: 'Somebody must look' }, kind: 'count', width: 10, total: true },
    { key: 'inTime', title: { vi: 'Kịp thời', en: 'In time' }, kind: 'count', width: 10, total: true },
    {
      key: 'received',
      title: { vi: 'Tiền nhận (đồng)', en: 'Received (VND)' },
      kind: 'amount',
      width: 16,
      total: true,
    },
    {
      key: 'givenBack',
      title: { vi: 'Tiền trả lại (đồng)', en: 'Given back (VND)' },
      kind: 'amount',
      width: 16,
      total: true,
    },
  ],
  async *rows(sources) {
    const sums = new Map<string, { key: [string, string, string]; figures: TakingFigures }>();
    for await (const page of sources.entries())
      for (const entry of page) {
        const key: [string, string, string] = [entry.accountingDate, entry.agencyCode, entry.providerId];
        const text = key.join('\n');
        sums.set(text, { key, figures: withEntry(sums.get(text)?.figures ?? noTakings(), entry) });
      }
    yield [...sums]
      .sort(([one], [other]) => compareText(one, other))
      .map(([, { key, figures }]) => {
        const { entries, paid, odd, inTime, received, givenBack } = figures;
        return [...key, entries, paid, odd, inTime, received, givenBack];
      });
  },
  proofs: (totals, ledger) => [
    {
      what: { vi: 'Nhận trừ trả lại = tiền giữ hộ', en: 'received less given back = held' },
      report: (totals['received'] ?? 0) - (totals['givenBack'] ?? 0),
      ledger: ledger.held('payable', 'surplus', 'unmatched'),
    },
  ],
};
