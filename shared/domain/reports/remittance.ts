import type { Invoice } from '../invoice/invoice.ts';
import type { JournalEntry } from '../ledger/journal.ts';
import type { BeneficiaryRecord } from '../registry/beneficiary.ts';
import { type BudgetPlace, sharesOf } from '../remittance/split.ts';
import { vietnamDay } from '../time.ts';
import { atOnce, compareText, heldBy, type Report, type ReportSources, wholeSum } from './report.ts';

/** What is owed to each place in the budget: by agency, account at the treasury, chapter and sub-item. */
export const remittanceByPlace: Report = {
  id: 'remittance',
  title: { vi: 'Tiền phải nộp theo chương và tiểu mục', en: 'Remittance by chapter and sub-item' },
  byProvider: true,
  notes: [
    {
      vi: 'Mã ngân sách theo bản đăng ký của đơn vị thụ hưởng vào ngày lập hóa đơn. Để trống: chưa đăng ký.',
      en: 'Budget codes as the beneficiary’s record says on the day of the invoice. Empty: nobody has registered it.',
    },
    {
      vi: 'Đã nộp: theo các đợt nộp mà sao kê xác nhận trong kỳ, kể cả phần được để lại; không tính theo nhà cung cấp.',
      en: 'Paid on: by batches that statements confirmed in the range, what is retained included; of no one provider.',
    },
  ],
  columns: [
    { key: 'agencyCode', title: { vi: 'Cơ quan', en: 'Agency' }, kind: 'text', width: 10 },
    { key: 'beneficiary', title: { vi: 'Đơn vị thụ hưởng', en: 'Beneficiary' }, kind: 'text', width: 12 },
    { key: 'form', title: { vi: 'Mẫu', en: 'Form' }, kind: 'text', width: 10 },
    { key: 'account', title: { vi: 'Tài khoản', en: 'Account' }, kind: 'text', width: 16 },
    { key: 'treasury', title: { vi: 'KBNN', en: 'Treasury' }, kind: 'text', width: 8 },
    { key: 'collectingAuthority', title: { vi: 'Cơ quan thu', en: 'Authority' }, kind: 'text', width: 10 },
    { key: 'chapter', title: { vi: 'Chương', en: 'Chapter' }, kind: 'text', width: 8 },
    { key: 'subItem', title: { vi: 'Tiểu mục', en: 'Sub-item' }, kind: 'text', width: 8 },
    { key: 'area', title: { vi: 'ĐBHC', en: 'Area' }, kind: 'text', width: 8 },
    { key: 'entries', title: { vi: 'Số bút toán', en: 'Entries' }, kind: 'count', width: 8, total: true },
    {
      key: 'collected',
      title: { vi: 'Đã thu (đồng)', en: 'Collected (VND)' },
      kind: 'amount',
      width: 14,
      total: true,
    },
    {
      key: 'givenBack',
      title: { vi: 'Đã trả lại (đồng)', en: 'Given back (VND)' },
      kind: 'amount',
      width: 14,
      total: true,
    },
    { key: 'due', title: { vi: 'Phải nộp (đồng)', en: 'Due (VND)' }, kind: 'amount', width: 14, total: true },
    {
      key: 'retained',
      title: { vi: 'Được để lại (đồng)', en: 'Retained (VND)' },
      kind: 'amount',
      width: 14,
      total: true,
    },
    {
      key: 'toBudget',
      title: { vi: 'Nộp NSNN (đồng)', en: 'To the budget (VND)' },
      kind: 'amount',
      width: 14,
      total: true,
    },
    {
      key: 'paidOn',
      title: { vi: 'Đã nộp (đồng)', en: 'Paid on (VND)' },
      kind: 'amount',
      width: 14,
      total: true,
    },
  ],
  async *rows(sources) {
    const sums = new Map<string, { place: BudgetPlace } & Sums>();
    const sumAt = (place: BudgetPlace) => {
      const { agencyCode, beneficiary, form, accountNumber, treasury, collectingAuthority } = place;
      const { chapter, subItem, area } = place;
      const key = JSON.stringify([
        ...[agencyCode, beneficiary, form, accountNumber, treasury, collectingAuthority, chapter, subItem, area],
      ]);
      const sum = sums.get(key) ?? { place, entries: 0, collected: 0, givenBack: 0, retained: 0, paidOn: 0 };
      sums.set(key, sum);
      return sum;
    };
    for await (const page of sources.paidOn())
      for (const { place, amount } of page) {
        const sum = sumAt(place);
        sum.paidOn = wholeSum(sum.paidOn, amount);
      }
    for await (const page of sources.entries())
      for (const share of await sharesIn(page, sources)) {
        const sum = sumAt(share.place);
        sum.entries += 1;
        if (share.amount > 0) sum.collected = wholeSum(sum.collected, share.amount);
        else sum.givenBack = wholeSum(sum.givenBack, -share.amount);
        sum.retained = wholeSum(sum.retained, share.retained);
      }
    yield* atOnce(
      [...sums]
        .sort(([one], [other]) => compareText(one, other))
        .map(([, { place, entries, collected, givenBack, retained, paidOn }]) => [
          place.agencyCode,
          place.beneficiary,
          place.form,
          place.accountNumber,
          place.treasury,
          place.collectingAuthority,
          place.chapter,
          place.subItem,
          place.area,
          entries,
          collected,
          givenBack,
          collected - givenBack,
          retained,
          collected - givenBack - retained,
          paidOn,
        ]),
    );
  },
  proofs: (totals, ledger) => [
    {
      what: { vi: 'Phải nộp = phát sinh Có trừ Nợ của phải trả', en: 'due = credits less debits of payable' },
      report: totals['due'] ?? 0,
      ledger: ledger.held('payable'),
    },
    {
      what: { vi: 'Để lại cộng nộp ngân sách = phải nộp', en: 'retained and to the budget = due' },
      report: (totals['retained'] ?? 0) + (totals['toBudget'] ?? 0),
      ledger: ledger.held('payable'),
    },
    {
      what: {
        vi: 'Đã nộp = phát sinh Có trừ Nợ của đã nộp và để lại',
        en: 'paid on = credits less debits of remitted and retained',
      },
      report: totals['paidOn'] ?? 0,
      ledger: ledger.held('remitted', 'retained'),
    },
  ],
};

type Sums = { entries: number; collected: number; givenBack: number; retained: number; paidOn: number };

/** The shares of a page's entries that pay or give back purses. */
async function sharesIn(page: readonly JournalEntry[], sources: ReportSources) {
  const paying = page.filter((entry) => entry.lines.some(({ account }) => account.startsWith('payable:')));
  const invoices = await sources.invoices([...new Set(paying.flatMap(({ invoiceNumber }) => invoiceNumber ?? []))]);
  const shares = await Promise.all(
    paying.map(async (entry) => {
      const invoice = invoices.get(entry.invoiceNumber ?? '');
      if (!invoice) throw new Error(`${entry.movementId} pays an invoice that is not there`);
      const found = sharesOf(entry, invoice, await recordsOf(invoice, sources));
      const shared = found.reduce((sum, { amount }) => sum + amount, 0);
      if (shared !== heldBy(entry, 'payable')) throw new Error(`${entry.movementId} is not its shares: ${shared}`);
      return found;
    }),
  );
  return shares.flat();
}

async function recordsOf(invoice: Invoice, sources: ReportSources): Promise<Map<string, BeneficiaryRecord>> {
  const day = vietnamDay(invoice.createdAt);
  const records = new Map<string, BeneficiaryRecord>();
  for (const beneficiary of new Set(invoice.lines.map((line) => line.beneficiary))) {
    const record = await sources.beneficiary(invoice.agencyCode, beneficiary, day);
    if (record) records.set(beneficiary, record);
  }
  return records;
}
