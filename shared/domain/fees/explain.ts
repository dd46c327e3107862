import { type Chosen, type ComputedRow, MOST_FAVOURABLE } from './choose-tariff.ts';
import { basisOf } from './in-force.ts';
import type { PricedLine, PriceStep, Relief } from './priced.ts';
import type { FeeItem, TariffRow } from './procedure.ts';
import { rateOf } from './tariff-kinds.ts';
import { inWindow, type Words } from './words.ts';

export type Explained = { line: PricedLine; reliefs: Relief[]; unverified: string[] };

/** Turns the choice of a tariff into a line that says how it came about, the reliefs considered, and what is doubtful. */
export function explain(item: FeeItem, chosen: Chosen, conditions: Readonly<Record<string, Words>>): Explained {
  const { row, computed } = chosen.charged;
  const text = lawOf(row);
  const line: PricedLine = {
    feeItem: item.id,
    kind: item.kind,
    name: item.name,
    unit: item.unit,
    quantity: computed.quantity,
    unitAmount: computed.unitAmount,
    amount: computed.amount,
    explanation: {
      vi: `${item.name.vi}: ${computed.formula.vi} (${text})`,
      en: `${item.name.en}: ${computed.formula.en} (${text})`,
    },
    steps: stepsOf(item, chosen),
    legalBasis: [...basisOf(row), ...(chosen.byMostFavourable ? [MOST_FAVOURABLE.basis] : [])],
    beneficiary: item.beneficiary,
    verified: row.confidence === 'high',
  };
  return { line, reliefs: reliefsOf(item, chosen, conditions), unverified: doubts(item, chosen) };
}

/** The texts of a row, shortly: `TT 154/2025/TT-BTC, Điều 4`. */
function lawOf(row: TariffRow): string {
  return row.legalBasis.map(({ document, article }) => (article ? `${document}, ${article}` : document)).join('; ');
}

function stepsOf(item: FeeItem, { charged, base, byMostFavourable }: Chosen): PriceStep[] {
  const steps: PriceStep[] = [];
  const reduced = charged !== base;
  if (base) steps.push(step(item, base, { vi: 'Mức thu', en: 'Tariff' }));
  if (reduced) {
    const favour = byMostFavourable ? ` (${MOST_FAVOURABLE.basis.document}, ${MOST_FAVOURABLE.basis.article})` : '';
    steps.push(step(item, charged, { vi: `Áp dụng mức giảm${favour}`, en: `Reduced tariff applied${favour}` }));
  }
  return steps;
}

function step(item: FeeItem, { row, computed }: ComputedRow, title: Words): PriceStep {
  const rate = rateOf(row.tariff, item.unit);
  const window = inWindow(row.effectiveFrom, row.effectiveTo);
  const spoken = (language: 'vi' | 'en') =>
    `${title[language]} ${rate[language]} (${[lawOf(row), window[language]].filter(Boolean).join(', ')}): ${computed.formula[language]}`;
  return { words: { vi: spoken('vi'), en: spoken('en') }, amount: computed.amount };
}

function reliefsOf(item: FeeItem, chosen: Chosen, conditions: Readonly<Record<string, Words>>): Relief[] {
  const { charged, base, passedOver, conditional, disputed } = chosen;
  const relief = (row: TariffRow, applied: boolean, why: Words): Relief => ({
    feeItem: item.id,
    rule: lawOf(row),
    applied,
    why,
  });
  const applied =
    charged === base || charged.row.role === 'base' ? [] : [relief(charged.row, true, inItsWindow(charged.row))];
  const others = passedOver.map(({ row, computed }) =>
    relief(row, false, computed.amount === charged.computed.amount ? NO_GAIN : LESS_FAVOURABLE),
  );
  const personal = conditional.map((row) => {
    const condition = conditions[row.condition ?? ''];
    const rate = rateOf(row.tariff, item.unit);
    return relief(row, false, {
      vi: `${rate.vi} dành cho: ${condition?.vi ?? row.condition}. Cần chứng cứ mà yêu cầu này chưa mang theo được.`,
      en: `${rate.en} is for: ${condition?.en ?? row.condition}. It needs evidence that this request cannot carry yet.`,
    });
  });
  const inDispute = disputed.map((row) => relief(row, false, DISPUTED));
  return [...applied, ...others, ...personal, ...inDispute];
}

function inItsWindow(row: TariffRow): Words {
  const window = inWindow(row.effectiveFrom, row.effectiveTo);
  return { vi: `Áp dụng cho mọi người ${window.vi}.`, en: `Applies to everybody ${window.en}.` };
}

const NO_GAIN: Words = {
  vi: 'Bằng mức đã áp dụng hoặc mức thu; các mức giảm không cộng dồn.',
  en: 'No lower than what is charged; reductions do not add up.',
};
const LESS_FAVOURABLE: Words = {
  vi: 'Kém có lợi hơn mức đã áp dụng; các mức giảm không cộng dồn.',
  en: 'Less favourable than what is charged; reductions do not add up.',
};
const DISPUTED: Words = {
  vi: 'Các nguồn không thống nhất; thu theo mức đã xác minh.',
  en: 'Sources conflict; the verified tariff is charged.',
};

/** Vietnamese first, English second, one text for each doubt about what was charged or passed over. */
function doubts(item: FeeItem, { charged: { row }, disputed }: Chosen): string[] {
  const said: Words[] = [];
  if (row.confidence !== 'high')
    said.push({
      vi: `mức thu theo ${lawOf(row)} chưa được xác minh trong văn bản`,
      en: `the tariff of ${lawOf(row)} is not verified in a legal text`,
    });
  if (row.effectiveFrom === null)
    said.push({ vi: 'chưa xác minh ngày bắt đầu hiệu lực', en: 'the first day in force is not verified' });
  if (row.note) said.push(row.note);
  for (const other of disputed) {
    const rate = rateOf(other.tariff, item.unit);
    const note = { vi: other.note ? `: ${other.note.vi}` : '', en: other.note ? `: ${other.note.en}` : '' };
    said.push({
      vi: `không áp dụng mức ${rate.vi} (${lawOf(other)}) chưa xác minh${note.vi}`,
      en: `unverified ${rate.en} (${lawOf(other)}) not applied${note.en}`,
    });
  }
  return said.map((words) => `${item.id}: ${words.vi} / ${words.en}`);
}
