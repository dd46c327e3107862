import * as z from 'zod';
import { lazy } from '../lazy.ts';
import { dong } from '../money/dong.ts';
import { add, Rounding, round, share, whole } from './exact.ts';
import type { FactWanted } from './fact-wanted.ts';
import { Months, monthsInput, monthsWanted, wrongPeriod } from './household-rank.ts';
import { ParameterKey } from './parameters.ts';
import {
  computed,
  missing,
  notApplicable,
  onlyOnce,
  Quantity,
  roundingDoubts,
  tariffKind,
  valuesOf,
} from './tariff-kind.ts';
import { inDong, inPercent, Label, type Words } from './words.ts';

const GroupKey = lazy(() => z.string().regex(/^[a-z][a-z0-9_]{0,31}$/));
/** A group of persons, and the part of the lowest contribution that the State pays for it. */
const Group = lazy(() => z.strictObject({ group: GroupKey, name: Label, support: ParameterKey }));

/** Largest monthly income, in dong: a hundred and twenty months of it stay in range. */
const MAX_INCOME = 1_000_000_000;

const INCOME: Words = { vi: 'thu nhập tháng lựa chọn (đồng)', en: 'monthly income chosen (VND)' };
const GROUP: Words = { vi: 'nhóm được Nhà nước hỗ trợ', en: 'group by which the State supports' };

/**
 * Voluntary social insurance (BHXH tự nguyện): a rate of a monthly income that the person chooses between a floor and a
 * multiple of the base salary; the State pays a part of the contribution on the floor, by group.
 * Source: Luật 41/2024/QH15.
 */
export const chosenIncome = tariffKind({
  schema: lazy(() =>
    z.strictObject({
      kind: z.literal('chosen_income'),
      rate: ParameterKey,
      floorIncome: ParameterKey,
      ceilingTimes: ParameterKey,
      baseSalary: ParameterKey,
      months: z.array(Months).min(1).max(12),
      groups: z.array(Group).min(1).max(20),
      rounding: Rounding,
    }),
  ),
  facts: {
    income: lazy(() => z.int().min(1).max(MAX_INCOME).optional()),
    months: lazy(() => Months.optional()),
    supportGroup: lazy(() => GroupKey.optional()),
    quantity: lazy(() => Quantity.optional()),
  },

  rate: ({ months }) => ({
    vi: `theo thu nhập tháng lựa chọn, trừ phần Nhà nước hỗ trợ, kỳ ${months.join(', ')} tháng`,
    en: `by the monthly income chosen, less what the State pays, for ${months.join(', ')} months`,
  }),

  compute(tariff, { income, months, supportGroup, quantity = 1 }, pricing) {
    const twice = onlyOnce(quantity);
    if (twice) return twice;
    const { rate, floorIncome, ceilingTimes, baseSalary } = tariff;
    const values = valuesOf({ rate, floorIncome, ceilingTimes, baseSalary }, pricing);
    if (values.kind !== 'values') return values;
    const floor = values.of.floorIncome.value;
    const ceiling = values.of.ceilingTimes.value * values.of.baseSalary.value;
    if (income === undefined || months === undefined || supportGroup === undefined)
      return missing(
        ...(income === undefined ? [incomeWanted(floor, ceiling)] : []),
        ...(months === undefined ? [monthsWanted(tariff.months)] : []),
        ...(supportGroup === undefined ? [groupWanted(tariff.groups)] : []),
      );
    const wrong = wrongPeriod(months, tariff.months);
    if (wrong) return wrong;
    if (income < floor || income > ceiling) {
      const [from, to] = [inDong(dong(floor)), inDong(dong(ceiling))];
      return notApplicable('income', `Từ ${from.vi} đến ${to.vi}.`, `From ${from.en} to ${to.en}.`);
    }
    const group = tariff.groups.find((one) => one.group === supportGroup);
    if (!group) {
      const all = tariff.groups.map((one) => one.group).join(', ');
      return notApplicable('supportGroup', `Không có nhóm này; các nhóm: ${all}.`, `No such group; there are: ${all}.`);
    }
    const support = pricing.parameter(group.support);
    if (!support) return { kind: 'no_parameter', parameter: group.support };

    const share22 = { parts: values.of.rate.value, per: values.of.rate.per };
    const [percent, supported] = [inPercent(share22), inPercent({ parts: support.value, per: support.per })];
    const gross = share(whole(income), { parts: share22.parts * months, per: share22.per });
    const onFloor = share(whole(floor), { parts: share22.parts * months, per: share22.per });
    const paid = share(onFloor, { parts: support.value, per: support.per });
    const net = add(gross, { numerator: -paid.numerator, denominator: paid.denominator });
    const { amount, used } = round(net, tariff.rounding);
    const [whole22, state, due] = [
      round(gross, tariff.rounding).amount,
      round(paid, tariff.rounding).amount,
      inDong(amount),
    ];
    const [chosen, lowest] = [inDong(dong(income)), inDong(dong(floor))];
    return computed({
      amount,
      formula: {
        vi: `${inDong(whole22).vi} − ${inDong(state).vi} Nhà nước hỗ trợ = ${due.vi} (${months} tháng)`,
        en: `${inDong(whole22).en} − ${inDong(state).en} paid by the State = ${due.en} (${months} months)`,
      },
      inputs: [
        { fact: 'income', name: INCOME, value: income },
        monthsInput(months),
        { fact: 'supportGroup', name: GROUP, value: supportGroup },
      ],
      steps: [
        {
          words: {
            vi: `${percent.vi} × ${chosen.vi} × ${months} tháng`,
            en: `${percent.en} × ${chosen.en} × ${months} months`,
          },
          amount: whole22,
        },
        {
          words: {
            vi: `Nhà nước hỗ trợ ${supported.vi} của ${percent.vi} × ${lowest.vi} × ${months} tháng (${group.name.vi})`,
            en: `The State pays ${supported.en} of ${percent.en} × ${lowest.en} × ${months} months (${group.name.en})`,
          },
          amount: state,
        },
        { words: { vi: 'Người tham gia đóng', en: 'Due from the person' }, amount },
      ],
      rounding: used,
      laws: [...values.laws, ...support.basis],
      doubts: [...values.doubts, ...support.doubts, ...roundingDoubts(used)],
    });
  },

  parameters: ({ rate, floorIncome, ceilingTimes, baseSalary, groups }) => [
    rate,
    floorIncome,
    ceilingTimes,
    baseSalary,
    ...groups.map((one) => one.support),
  ],
  contradictions: ({ groups }) =>
    new Set(groups.map((one) => one.group)).size === groups.length ? [] : ['a group stands twice'],
});

const incomeWanted = (minimum: number, maximum: number): FactWanted => ({
  type: 'integer',
  fact: 'income',
  name: INCOME,
  minimum,
  maximum: Math.min(maximum, MAX_INCOME),
});

const groupWanted = (groups: readonly z.infer<typeof Group>[]): FactWanted => ({
  type: 'one_of',
  fact: 'supportGroup',
  name: GROUP,
  allowed: groups.map(({ group, name }) => ({ value: group, name })),
});
