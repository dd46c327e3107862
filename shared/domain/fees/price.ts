import type { Channel } from '../identity/codes.ts';
import { sum } from '../money/dong.ts';
import { type Instant, vietnamDay } from '../time.ts';
import { type Chosen, type Circumstances, chooseTariff, type NotChosen } from './choose-tariff.ts';
import { type DueItem, dueItems, needs } from './due-items.ts';
import { explain } from './explain.ts';
import type { QuoteFacts } from './facts.ts';
import { basisOf } from './legal-basis.ts';
import { knownWindows } from './parameters.ts';
import type { FactNeeded, KnownTariff, Priced, Refused } from './priced.ts';
import type { FeeItem, Procedure } from './procedure.ts';
import { inWindow } from './words.ts';

export type PriceRequest = {
  /** The agency that the dossier is handed in to: it says which province's rules count. */
  agencyCode: string;
  channel: Channel;
  submittedAt: Instant;
  facts: QuoteFacts;
};

/**
 * Prices a dossier by the tariffs in force on the Vietnamese day on which it was handed in. Pure: the instant comes from
 * the caller. Amounts are whole dong. Answers a refusal rather than a doubtful price; throws nothing that facts can cause.
 */
export function price(procedure: Procedure, request: PriceRequest): Priced | Refused {
  const { agencyCode, channel, submittedAt, facts } = request;
  if (procedure.notPriceable) return notPriceable(procedure, procedure.notPriceable);
  const due = dueItems(procedure, facts);
  if (!Array.isArray(due)) return due;

  const day = vietnamDay(submittedAt);
  const { reliefs: claims = [], priorUses = [] } = facts;
  const circumstances: Circumstances = { way: channel, day, agencyCode, claims, priorUses };
  const judged = due.map((one) => ({
    due: one,
    choice: chooseTariff(procedure, one.item, circumstances, one.facts),
  }));
  const failed = refusalOf(procedure, judged, circumstances);
  if (failed) return failed;

  const explained = judged.flatMap(({ due: { item, facts: own }, choice }) =>
    choice.kind === 'chosen' ? [explain(item, choice, own)] : [],
  );
  const lines = explained.map((one) => one.line);
  return {
    kind: 'priced',
    procedureCode: procedure.code,
    channel,
    submittedAt,
    lines,
    total: sum(lines.map((line) => line.amount)),
    reliefs: explained.flatMap((one) => one.reliefs),
    unverified: explained.flatMap((one) => one.unverified),
  };
}

type Judged = { due: DueItem; choice: Chosen | NotChosen };

/** What stands in the way, worst first: a fact that cannot be, no tariff, then facts still missing (all of them at once). */
function refusalOf(
  procedure: Procedure,
  judged: readonly Judged[],
  { way, day, agencyCode }: Circumstances,
): Refused | undefined {
  const missing: FactNeeded[] = [];
  const without: Record<'no_tariff' | 'conditional_tariff_only' | 'ambiguous_tariff', FeeItem[]> = {
    no_tariff: [],
    conditional_tariff_only: [],
    ambiguous_tariff: [],
  };
  for (const { due, choice } of judged) {
    switch (choice.kind) {
      case 'chosen':
        break;
      case 'fact_not_applicable':
        return {
          kind: 'refused',
          code: 'fact_not_applicable',
          detail: choice.why,
          pointer: `${due.pointer}/${choice.fact}`,
        };
      case 'facts_missing':
        missing.push(
          ...choice.facts.map((fact) => ({ ...fact, pointer: `${due.pointer}/${fact.fact}`, feeItem: due.item.id })),
        );
        break;
      case 'no_parameter':
        return withoutParameter(procedure, choice.parameter, day);
      default:
        without[choice.kind].push(due.item);
    }
  }
  for (const code of ['no_tariff', 'conditional_tariff_only', 'ambiguous_tariff'] as const)
    if (without[code].length > 0) return withoutTariff(code, without[code], way, day, agencyCode);
  return missing.length > 0 ? needs(missing) : undefined;
}

const because = {
  no_tariff: { vi: 'Không có mức thu có hiệu lực', en: 'No tariff is in force' },
  conditional_tariff_only: {
    vi: 'Chỉ có mức thu theo điều kiện (địa phương, đối tượng) mà yêu cầu chưa chứng minh được',
    en: 'Only tariffs for certain places or persons are in force, for which this request carries no evidence',
  },
  ambiguous_tariff: {
    vi: 'Có nhiều mức thu cùng hiệu lực mà không có quy định chọn mức nào',
    en: 'Several tariffs are in force and no rule says which one counts',
  },
};

function withoutTariff(
  code: keyof typeof because,
  items: FeeItem[],
  channel: Channel,
  day: string,
  agencyCode: string,
): Refused {
  const tariffs = items.flatMap(knownTariffs);
  const ids = items.map((item) => item.id).join(', ');
  const windows = (language: 'vi' | 'en') =>
    tariffs
      .slice(0, MAX_TARIFFS_IN_WORDS)
      .map(({ legalBasis, channel: ways, place, effectiveFrom, effectiveTo }) => {
        const window = inWindow(effectiveFrom, effectiveTo)[language];
        return `${legalBasis[0]?.document} [${[ways, place].filter(Boolean).join(' ')}] ${window}`.trim();
      })
      .join('; ');
  return {
    kind: 'refused',
    code,
    detail: {
      vi: `${because[code].vi}: khoản ${ids}, kênh ${channel}, cơ quan ${agencyCode}, ngày ${day}. Các mức đã biết: ${windows('vi')}.`,
      en: `${because[code].en}: ${ids}, channel ${channel}, agency ${agencyCode}, day ${day}. Known tariffs: ${windows('en')}.`,
    },
    tariffs,
  };
}

/** A sentence names no more than this; the list beside it has them all. */
const MAX_TARIFFS_IN_WORDS = 4;

function knownTariffs(item: FeeItem): KnownTariff[] {
  const known = item.tariffs.map((row) => ({
    feeItem: item.id,
    tariff: row.tariff,
    channel: row.channel,
    place: row.place ?? null,
    condition: row.condition ?? null,
    legalBasis: basisOf(row),
    effectiveFrom: row.effectiveFrom,
    effectiveTo: row.effectiveTo,
    disputed: row.confidence === 'low',
  }));
  const order = (one: KnownTariff) => `${one.effectiveFrom ?? ''} ${JSON.stringify(one)}`;
  return known.sort((one, other) => (order(one) < order(other) ? -1 : 1));
}

function withoutParameter(procedure: Procedure, key: string, day: string): Refused {
  const parameter = procedure.parameters[key];
  const known = parameter ? knownWindows(parameter) : { vi: key, en: key };
  return {
    kind: 'refused',
    code: 'no_parameter',
    detail: {
      vi: `Ngày ${day} không có giá trị của tham số ${key}. Đã biết ${known.vi}.`,
      en: `Parameter ${key} has no value on ${day}. Known ${known.en}.`,
    },
    parameter: key,
  };
}

function notPriceable(procedure: Procedure, why: NonNullable<Procedure['notPriceable']>): Refused {
  return {
    kind: 'refused',
    code: 'not_priceable',
    detail: {
      vi: `Chưa tính được chính xác mức thu của thủ tục ${procedure.code}: ${why.words.vi}`,
      en: `The fee of procedure ${procedure.code} cannot be computed exactly yet: ${why.words.en}`,
    },
    because: why,
  };
}
