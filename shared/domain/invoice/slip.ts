import * as z from 'zod';
import { lazy } from '../lazy.ts';
import { type Dong, dong, sum } from '../money/dong.ts';
import { inVietnameseWords } from '../money/words.ts';
import { type BeneficiaryRecord, bookingFor } from '../registry/beneficiary.ts';
import { type Invoice, type InvoiceLine, maskedPayer } from './invoice.ts';
import { LineKind, SlipForm, slipFormOf } from './line-kind.ts';
import { printedNumber } from './number.ts';

/**
 * What a bank or intermediary must print when it pays an invoice into the budget: the items of form C1-02/NS or C1-03/NS
 * (Decree 347/2025/NĐ-CP, forms 02 and 03). One slip a form and beneficiary, because each names one account.
 */
const Person = lazy(() =>
  z.strictObject({
    name: z.string(),
    idNumber: z.string().optional(),
    taxCode: z.string().optional(),
  }),
);

const SlipLine = lazy(() =>
  z.strictObject({
    feeItem: z.string(),
    kind: LineKind,
    amount: z.int(),
    chapter: z.string().nullable(),
    subItem: z.string().nullable(),
    area: z.string().nullable(),
    /** What the collector keeps of it, and what goes on to the budget: together the amount. */
    retained: z.int(),
    toBudget: z.int(),
  }),
);

export const Slip = lazy(() =>
  z.strictObject({
    form: SlipForm,
    /** Số tham chiếu: the same end to end (Circular 89/2026/TT-BTC, article 36). */
    reference: z.string(),
    /** Whose obligation it is; masked. */
    debtor: Person,
    /** Who pays for the debtor, if somebody else; masked. */
    paidBy: Person.nullable(),
    beneficiary: z.strictObject({
      code: z.string(),
      name: z.strictObject({ vi: z.string(), en: z.string() }).nullable(),
      taxCode: z.string().nullable(),
      account: z.string().nullable(),
      treasury: z.string().nullable(),
      treasuryName: z.string().nullable(),
      bankBin: z.string().nullable(),
      collectingAuthority: z.string().nullable(),
    }),
    notice: z
      .strictObject({ number: z.string(), date: z.string().optional(), obligationId: z.string().optional() })
      .nullable(),
    lines: z.array(SlipLine),
    total: z.int(),
    totalInWords: z.string(),
    /** What the form wants and nobody has registered, by name. Empty: the slip can be printed. */
    missing: z.array(z.string()),
  }),
);
export type Slip = z.infer<typeof Slip>;

const PERMILLE = 1000n;

/** What a collector keeps of an amount, rounded down to whole dong: what is doubtful goes to the budget. */
export function retainedOf(amount: Dong, permille: number): Dong {
  return dong(Number((BigInt(amount) * BigInt(permille)) / PERMILLE));
}

/** The slips of an invoice. `records`: who its beneficiaries were on the day when it was made. Lines of nothing are left out. */
export function slipsOf(invoice: Invoice, records: ReadonlyMap<string, BeneficiaryRecord>): Slip[] {
  const groups = new Map<string, { form: SlipForm; beneficiary: string; lines: InvoiceLine[] }>();
  for (const line of invoice.lines) {
    const form = slipFormOf[line.kind];
    if (!form || line.amount === 0) continue;
    const key = `${form} ${line.beneficiary}`;
    const group = groups.get(key) ?? { form, beneficiary: line.beneficiary, lines: [] };
    group.lines.push(line);
    groups.set(key, group);
  }
  return [...groups.values()].map(({ form, beneficiary, lines }) =>
    slipOf(invoice, form, beneficiary, lines, records.get(beneficiary)),
  );
}

function slipOf(
  invoice: Invoice,
  form: SlipForm,
  beneficiary: string,
  lines: readonly InvoiceLine[],
  record: BeneficiaryRecord | undefined,
): Slip {
  const chapter = record?.chapter ?? null;
  const area = record?.area ?? null;
  const slipLines = lines.map((line) => {
    const booking = record && bookingFor(record, line);
    const retained = retainedOf(line.amount, booking?.retainedPermille ?? 0);
    return {
      feeItem: line.feeItem,
      kind: line.kind,
      amount: line.amount,
      chapter,
      subItem: booking?.subItem ?? null,
      area,
      retained,
      toBudget: line.amount - retained,
    };
  });
  const treasury = record?.account.kind === 'treasury' ? record.account : undefined;
  const total = sum(lines.map(({ amount }) => amount));
  const wanted = {
    account: record?.account.number,
    treasury: treasury?.treasury,
    collectingAuthority: record?.collectingAuthority,
    chapter: record?.chapter,
    area: record?.area,
    subItem: slipLines.every((line) => line.subItem !== null) || undefined,
    // A tax or an order is paid by the number of its notice; fees need none.
    notice: form === 'C1-03/NS' || invoice.notice,
  };
  return {
    form,
    reference: printedNumber(invoice.number),
    debtor: maskedPayer(invoice.debtor ?? invoice.payer),
    paidBy: invoice.debtor ? maskedPayer(invoice.payer) : null,
    beneficiary: {
      code: beneficiary,
      name: record?.name ?? null,
      taxCode: record?.taxCode ?? null,
      account: record?.account.number ?? null,
      treasury: treasury?.treasury ?? null,
      treasuryName: treasury?.treasuryName ?? null,
      bankBin: record?.account.bankBin ?? null,
      collectingAuthority: record?.collectingAuthority ?? null,
    },
    notice: invoice.notice ?? null,
    lines: slipLines,
    total,
    totalInWords: inVietnameseWords(total),
    missing: Object.entries(wanted).flatMap(([name, value]) => (value ? [] : [name])),
  };
}
