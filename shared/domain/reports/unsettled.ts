import { chartOfAccounts, kindOf } from '../ledger/balances.ts';
import { atOnce, compareText, type Report } from './report.ts';

/** What every account came to at the end of the last day: what providers still owe, and what is owed to agencies. */
export const unsettledBalance: Report = {
  id: 'unsettled-balance',
  title: { vi: 'Số dư chưa quyết toán cuối kỳ', en: 'Unsettled ending balance' },
  byProvider: false,
  notes: [
    {
      vi: 'Số dư cuối ngày của ngày cuối kỳ, theo ngày ghi sổ, từ đầu sổ. Dương: phải thu; âm: phải trả.',
      en: 'At the end of the range’s last day of commit, since the books began. Above zero: owed to us; below: owed by us.',
    },
  ],
  columns: [
    { key: 'agencyCode', title: { vi: 'Cơ quan', en: 'Agency' }, kind: 'text', width: 12 },
    { key: 'account', title: { vi: 'Tài khoản', en: 'Account' }, kind: 'text', width: 30 },
    { key: 'meaning', title: { vi: 'Nội dung', en: 'Kind' }, kind: 'text', width: 26 },
    { key: 'debit', title: { vi: 'Lũy kế Nợ (đồng)', en: 'Debits (VND)' }, kind: 'amount', width: 18, total: true },
    { key: 'credit', title: { vi: 'Lũy kế Có (đồng)', en: 'Credits (VND)' }, kind: 'amount', width: 18, total: true },
    { key: 'balance', title: { vi: 'Số dư (đồng)', en: 'Balance (VND)' }, kind: 'amount', width: 18, total: true },
  ],
  async *rows(sources, { to }) {
    const accounts = [...(await sources.balances(to))].sort((one, other) =>
      compareText(`${one.agencyCode}\n${one.account}`, `${other.agencyCode}\n${other.account}`),
    );
    yield* atOnce(
      accounts.map(({ agencyCode, account, debit, credit }) => {
        const name = chartOfAccounts[kindOf(account)]?.name;
        return [agencyCode, account, name ? `${name.vi} / ${name.en}` : null, debit, credit, debit - credit];
      }),
    );
  },
  proofs: (totals, ledger) => [
    { what: { vi: 'Lũy kế Nợ', en: 'debits' }, report: totals['debit'] ?? 0, ledger: ledger.side('debit') },
    { what: { vi: 'Lũy kế Có', en: 'credits' }, report: totals['credit'] ?? 0, ledger: ledger.side('credit') },
    {
      what: { vi: 'Tổng số dư bằng không', en: 'all balances add up to nothing' },
      report: totals['balance'] ?? 0,
      ledger: 0,
    },
  ],
};
