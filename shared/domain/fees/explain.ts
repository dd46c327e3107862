import type { Chosen, ComputedRule, Considered, Rule } from './choose-tariff.ts';
import { basisOf, type LegalBasis, lawOf } from './legal-basis.ts';
import type { PricedLine, PriceStep, Relief } from './priced.ts';
import type { FeeItem } from './procedure.ts';
import type { TariffFacts } from './tariff-kinds.ts';
import { inWindow, type Words } from './words.ts';

export type Explained = { line: PricedLine; reliefs: Relief[]; unverified: string[] };

/** Turns the choice of a tariff into a line that says how it came about, the reliefs considered, and what is doubtful. */
export function explain(item: FeeItem, chosen: Chosen, facts: TariffFacts): Explained {
  const { rule, computed } = chosen.charged;
  const text = lawOf(rule);
  const below = standsOn(chosen);
  const said = doubts(chosen);
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
    formula: computed.formula,
    inputs: computed.inputs,
    steps: stepsOf(chosen),
    rounding: computed.rounding,
    legalBasis: once([
      ...basisOf(rule),
      ...(below ? basisOf(below.rule) : []),
      ...computed.laws,
      ...(chosen.chosenBy ? basisOf(chosen.chosenBy) : []),
    ]),
    beneficiary: item.beneficiary,
    ...(facts.notice && { notice: facts.notice }),
    verified: rule.confidence === 'high' && computed.doubts.length === 0,
  };
  const unverified = said.map((words) => `${item.id}: ${words.vi} / ${words.en}`);
  return { line, reliefs: reliefsOf(item, chosen), unverified };
}

/** Each text once, in the order in which it was first named. */
function once(texts: LegalBasis[]): LegalBasis[] {
  if (texts.length < 2) return texts;
  const seen = new Set<string>();
  return texts.filter((text) => {
    const key = JSON.stringify([text.document, text.article, text.effectiveFrom, text.effectiveTo]);
    return seen.size < seen.add(key).size;
  });
}

function stepsOf({ charged, base, chosenBy }: Chosen): PriceStep[] {
  const steps: PriceStep[] = [];
  const reduced = charged !== base;
  if (base) steps.push(...base.computed.steps, step(base, { vi: 'Mức thu', en: 'Tariff' }));
  if (reduced) {
    const favour = chosenBy ? ` (${lawOf(chosenBy)})` : '';
    steps.push(
      ...charged.computed.steps,
      step(
        charged,
        charged.rule.id === undefined
          ? { vi: `Áp dụng mức giảm${favour}`, en: `Reduced tariff applied${favour}` }
          : { vi: `Áp dụng${favour}`, en: `Relief applied${favour}:` },
      ),
    );
  }
  return steps;
}

function step({ rule, rate, computed }: ComputedRule, title: Words): PriceStep {
  const window = inWindow(rule.effectiveFrom, rule.effectiveTo);
  const spoken = (language: 'vi' | 'en') =>
    `${title[language]} ${rate[language]} (${[lawOf(rule), window[language]].filter(Boolean).join(', ')}): ${computed.formula[language]}`;
  return { words: { vi: spoken('vi'), en: spoken('en') }, amount: computed.amount };
}

function reliefsOf(item: FeeItem, chosen: Chosen): Relief[] {
  const { charged, base, passedOver, notShown, disputed } = chosen;
  const relief = ({ rule }: { rule: Rule }, applied: boolean, why: Words): Relief => ({
    feeItem: item.id,
    rule: lawOf(rule),
    ...(rule.id !== undefined && { id: rule.id }),
    ...(rule.name && { name: rule.name }),
    applied,
    why,
  });
  const applied = charged === base || isBase(charged.rule) ? [] : [relief(charged, true, whyApplied(charged))];
  const others = passedOver.map((one) =>
    relief(one, false, one.computed.amount === charged.computed.amount ? NO_GAIN : LESS_FAVOURABLE),
  );
  const wanting = notShown.map((one) =>
    relief(one, false, {
      vi: `${one.rate.vi}: ${one.why?.vi ?? ''}.`,
      en: `${one.rate.en}: ${one.why?.en ?? ''}.`,
    }),
  );
  return [...applied, ...others, ...wanting, ...disputed.map((one) => relief(one, false, DISPUTED))];
}

const isBase = (rule: Rule): boolean => 'role' in rule && rule.role === 'base';

function whyApplied({ rule, why }: Considered): Words {
  const window = inWindow(rule.effectiveFrom, rule.effectiveTo);
  if (!why) return { vi: `Áp dụng cho mọi người ${window.vi}.`, en: `Applies to everybody ${window.en}.` };
  return { vi: `Đủ điều kiện: ${why.vi}; ${window.vi}.`, en: `Conditions are met: ${why.en}; ${window.en}.` };
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
function doubts(chosen: Chosen): Words[] {
  const { charged, disputed, chosenBy } = chosen;
  const { rule, computed } = charged;
  const below = standsOn(chosen);
  const said = [...(below ? doubtsOf(below.rule) : []), ...doubtsOf(rule), ...(chosenBy ? doubtsOf(chosenBy) : [])];
  said.push(...computed.doubts);
  for (const { rule: other, rate } of disputed) {
    const note = { vi: other.note ? `: ${other.note.vi}` : '', en: other.note ? `: ${other.note.en}` : '' };
    said.push({
      vi: `không áp dụng mức ${rate.vi} (${lawOf(other)}) chưa xác minh${note.vi}`,
      en: `unverified ${rate.en} (${lawOf(other)}) not applied${note.en}`,
    });
  }
  return said;
}

/** The tariff that a relief is taken of; a row of its own stands alone. */
const standsOn = ({ charged, base }: Chosen): ComputedRule | undefined =>
  charged.rule.id !== undefined && charged !== base ? base : undefined;

function doubtsOf(rule: Pick<Rule, 'confidence' | 'effectiveFrom' | 'note' | 'legalBasis'>): Words[] {
  const said: Words[] = [];
  if (rule.confidence !== 'high')
    said.push({
      vi: `mức thu theo ${lawOf(rule)} chưa được xác minh trong văn bản`,
      en: `the tariff of ${lawOf(rule)} is not verified in a legal text`,
    });
  if (rule.effectiveFrom === null)
    said.push({ vi: 'chưa xác minh ngày bắt đầu hiệu lực', en: 'the first day in force is not verified' });
  if (rule.note) said.push(rule.note);
  return said;
}
