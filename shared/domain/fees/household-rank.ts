import * as z from 'zod';
import { lazy } from '../lazy.ts';
import { dong, sum } from '../money/dong.ts';
import { Rounding, round, share, whole } from './exact.ts';
import type { FactWanted, Input } from './fact-wanted.ts';
import { Confidence, LegalBasis } from './legal-basis.ts';
import { ParameterKey } from './parameters.ts';
import {
  computed,
  missing,
  notApplicable,
  onlyOnce,
  Quantity,
  roundingDoubts,
  type Step,
  tariffKind,
  valuesOf,
} from './tariff-kind.ts';
import { inDong, inPercent, joined, type Words } from './words.ts';

/** Most members of one household. */
const MAX_MEMBERS = 50;
const Members = lazy(() => z.int().min(0).max(MAX_MEMBERS));
/** Months that a contribution pays for. */
export const Months = lazy(() => z.int().min(1).max(120));

const NAMES = {
  members: { vi: 'số thành viên tham gia lần này', en: 'members who join now' },
  stateSupportedMembers: {
    vi: 'trong đó số người được Nhà nước hỗ trợ mức đóng (không giảm theo hộ, không tính thứ tự)',
    en: 'of them, those whose premium the State supports (no family reduction, not counted)',
  },
  membersBefore: {
    vi: 'số thành viên của hộ đã tham gia trước trong cùng năm tài chính',
    en: 'members of the household who joined earlier in the same fiscal year',
  },
  joinTogether: {
    vi: 'cùng tham gia theo hộ gia đình trong năm tài chính',
    en: 'joining as a household within one fiscal year',
  },
} as const satisfies Record<string, Words>;

export const monthsWanted = (allowed: readonly number[]): FactWanted => ({
  type: 'one_of',
  fact: 'months',
  name: { vi: 'số tháng đóng', en: 'months paid' },
  allowed: allowed.map((value) => ({ value, name: { vi: `${value} tháng`, en: `${value} months` } })),
});

export const monthsInput = (value: number): Input => ({ fact: 'months', name: monthsWanted([]).name, value });

/** Refuses a number of months for which the law has no period. */
export function wrongPeriod(months: number, allowed: readonly number[]) {
  if (allowed.includes(months)) return undefined;
  const all = allowed.join(', ');
  return notApplicable('months', `Chỉ đóng theo kỳ ${all} tháng.`, `Periods are of ${all} months.`);
}

/** Rules of the law beside the figures, each with its text. */
const Rule = lazy(() => z.strictObject({ basis: LegalBasis, confidence: Confidence }));

/**
 * Health insurance of a household (BHYT hộ gia đình): a rate of the base salary for the first member, less by rank for the
 * next, if they join together in the fiscal year. Persons whom the State supports neither get the reduction nor count.
 * Months already paid are neither topped up nor refunded when the base salary changes.
 * Source: Luật BHYT Art. 13; NĐ 146/2018/NĐ-CP Art. 7.1.e, 7.2, 10.2.b.
 */
export const householdRank = tariffKind({
  schema: lazy(() =>
    z.strictObject({
      kind: z.literal('household_rank'),
      baseSalary: ParameterKey,
      rate: ParameterKey,
      /** Per cent by rank; the last stands for all that follow. */
      scale: z.array(z.int().min(1).max(100)).min(1).max(10),
      months: z.array(Months).min(1).max(12),
      noTopUp: Rule,
      rounding: Rounding,
    }),
  ),
  facts: {
    members: lazy(() => Members.min(1).optional()),
    stateSupportedMembers: lazy(() => Members.optional()),
    membersBefore: lazy(() => Members.optional()),
    joinTogether: lazy(() => z.boolean().optional()),
    months: lazy(() => Months.optional()),
    quantity: lazy(() => Quantity.optional()),
  },

  rate({ scale, months }) {
    const ranks = scale.join('/');
    return {
      vi: `theo thứ tự thành viên ${ranks}% mức của người thứ nhất, kỳ ${months.join(', ')} tháng`,
      en: `by rank of the member ${ranks}% of the first member’s amount, for ${months.join(', ')} months`,
    };
  },

  compute(
    tariff,
    { members, stateSupportedMembers = 0, membersBefore = 0, joinTogether, months, quantity = 1 },
    pricing,
  ) {
    const twice = onlyOnce(quantity);
    if (twice) return twice;
    if (members === undefined || joinTogether === undefined || months === undefined)
      return missing(
        ...(members === undefined ? [membersWanted] : []),
        ...(joinTogether === undefined
          ? [{ type: 'boolean', fact: 'joinTogether', name: NAMES.joinTogether } as const]
          : []),
        ...(months === undefined ? [monthsWanted(tariff.months)] : []),
      );
    const wrong = wrongPeriod(months, tariff.months);
    if (wrong) return wrong;
    if (stateSupportedMembers >= members)
      return notApplicable(
        'stateSupportedMembers',
        'Không còn thành viên nào tự đóng toàn bộ; người được Nhà nước hỗ trợ đóng theo mức khác.',
        'No member pays in full; those whom the State supports pay another amount.',
      );
    const values = valuesOf({ baseSalary: tariff.baseSalary, rate: tariff.rate }, pricing);
    if (values.kind !== 'values') return values;
    const { baseSalary, rate } = values.of;

    const percent = inPercent({ parts: rate.value, per: rate.per });
    const salary = inDong(dong(baseSalary.value));
    const first = share(whole(baseSalary.value), { parts: rate.value, per: rate.per });
    const month = round(first, tariff.rounding);
    const monthly = inDong(month.amount);
    const steps: Step[] = [
      {
        words: {
          vi: `Người thứ nhất, một tháng: ${percent.vi} × ${salary.vi} = ${monthly.vi}`,
          en: `First member, one month: ${percent.en} × ${salary.en} = ${monthly.en}`,
        },
        amount: month.amount,
      },
    ];
    const paying = members - stateSupportedMembers;
    const ranks = Array.from({ length: paying }, (_, place) => (joinTogether ? membersBefore + place + 1 : 1));
    const parts = ranks.map((rank) => {
      const scale = tariff.scale[Math.min(rank, tariff.scale.length) - 1] ?? 100;
      const exact = share(first, { parts: scale * months, per: 100 });
      return { rank, scale, rounded: round(exact, tariff.rounding) };
    });
    for (const { rank, scale, rounded } of parts) {
      const all = inDong(rounded.amount);
      steps.push({
        words: {
          vi: `Thành viên thứ ${rank}: ${scale}% × ${monthly.vi} × ${months} tháng = ${all.vi}`,
          en: `Member ${rank}: ${scale}% × ${monthly.en} × ${months} months = ${all.en}`,
        },
        amount: rounded.amount,
      });
    }
    const amount = sum(parts.map((part) => part.rounded.amount));
    const inexact = parts.find((part) => part.rounded.used.changed) ?? parts[0];
    const used = inexact?.rounded.used ?? month.used;
    const total = inDong(amount);
    const figures = joined(
      parts.map(({ rounded }) => inDong(rounded.amount)),
      ' + ',
    );
    return computed({
      amount,
      formula: {
        vi: `${figures.vi} = ${total.vi} (${paying} người, ${months} tháng, lương cơ sở ${salary.vi})`,
        en: `${figures.en} = ${total.en} (${paying} members, ${months} months, base salary ${salary.en})`,
      },
      inputs: [
        { fact: 'members', name: NAMES.members, value: members },
        { fact: 'stateSupportedMembers', name: NAMES.stateSupportedMembers, value: stateSupportedMembers },
        { fact: 'membersBefore', name: NAMES.membersBefore, value: membersBefore },
        { fact: 'joinTogether', name: NAMES.joinTogether, value: joinTogether },
        monthsInput(months),
      ],
      steps: [...steps, { words: NO_TOP_UP, amount }],
      rounding: used,
      laws: [...values.laws, tariff.noTopUp.basis],
      doubts: [
        ...values.doubts,
        ...roundingDoubts(used),
        ...(tariff.noTopUp.confidence === 'high' ? [] : [NO_TOP_UP_DOUBT]),
      ],
    });
  },

  parameters: ({ baseSalary, rate }) => [baseSalary, rate],
  contradictions: ({ scale }) =>
    scale.every((percent, place) => place === 0 || percent <= (scale[place - 1] ?? 100)) ? [] : ['the scale rises'],
});

const membersWanted: FactWanted = {
  type: 'integer',
  fact: 'members',
  name: NAMES.members,
  minimum: 1,
  maximum: MAX_MEMBERS,
};

const NO_TOP_UP: Words = {
  vi: 'Lương cơ sở thay đổi sau khi đóng: không thu thêm, không hoàn lại cho các tháng đã đóng',
  en: 'If the base salary changes after payment: no top-up and no refund for the months paid',
};
const NO_TOP_UP_DOUBT: Words = {
  vi: 'chưa xác minh nghị định hiện hành giữ quy tắc không thu thêm, không hoàn lại',
  en: 'whether the present decree keeps the rule of no top-up and no refund is not verified',
};
