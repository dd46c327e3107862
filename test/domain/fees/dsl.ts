import { procedureByCode } from '../../../shared/catalogue/catalogue.ts';
import { QuoteFacts } from '../../../shared/domain/fees/facts.ts';
import { price } from '../../../shared/domain/fees/price.ts';
import type { Priced, Refused } from '../../../shared/domain/fees/priced.ts';
import { Procedure } from '../../../shared/domain/fees/procedure.ts';
import type { Channel } from '../../../shared/domain/identity/codes.ts';
import { type Day, endOfDay, type Instant, startOfDay } from '../../../shared/domain/time.ts';

/** Noon in Viet Nam, for rules that no boundary is near. */
export const noonOf = (day: Day): Instant => startOfDay(day) + 12 * 3_600_000;
export const firstInstantOf = startOfDay;
export const lastInstantOf = endOfDay;

export function procedure(code: string): Procedure {
  const found = procedureByCode(code);
  if (!found) throw new Error(`no procedure ${code}`);
  return found;
}

/** An agency of no province: only what counts in the whole country is in force there. */
export const MINISTRY = 'G01.02';
export const HANOI = 'H26.12';

/** Prices a procedure of the catalogue; facts are parsed as the interface would. */
function priceOf(
  code: string,
  channel: Channel,
  submittedAt: Instant,
  facts: unknown = {},
  agencyCode: string = MINISTRY,
): Priced | Refused {
  return price(procedure(code), { agencyCode, channel, submittedAt, facts: QuoteFacts.parse(facts) });
}

/** The price, where there must be one. */
export function pricedOf(
  code: string,
  channel: Channel,
  submittedAt: Instant,
  facts: unknown = {},
  agencyCode?: string,
): Priced {
  return priced(priceOf(code, channel, submittedAt, facts, agencyCode));
}

export function priced(result: Priced | Refused): Priced {
  if (result.kind === 'refused') throw new Error(`refused: ${result.detail.en}`);
  return result;
}

export function refusedOf(
  code: string,
  channel: Channel,
  submittedAt: Instant,
  facts: unknown = {},
  agencyCode?: string,
): Refused {
  return refused(priceOf(code, channel, submittedAt, facts, agencyCode));
}

export function refused(result: Priced | Refused): Refused {
  if (result.kind === 'priced') throw new Error(`priced at ${result.total}`);
  return result;
}

/** A row that is complete but for what a test is about. */
export function aRow(row: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    tariff: { kind: 'flat', amount: 50_000 },
    channel: 'any',
    effectiveFrom: '2026-01-01',
    effectiveTo: null,
    legalBasis: [{ document: 'TT 1/2026/TT-BTC' }],
    ...row,
  };
}

/** A fee item of procedure 9.000001. */
export function anItem(number: number, ...tariffs: Record<string, unknown>[]): Record<string, unknown> {
  const id = `9.000001-0${number}`;
  return { id, kind: 'phi', name: words(`Phí ${number}`), unit: words('bản'), tariffs };
}

export const words = (text: string) => ({ vi: text, en: text });

/** Procedure 9.000001 as a catalogue file writes it. */
export function aProcedureData(...items: Record<string, unknown>[]): Record<string, unknown> {
  return {
    code: '9.000001',
    dvcCode: '9.000001.01',
    name: words('Thủ tục mẫu'),
    levels: ['commune'],
    publishingDecision: null,
    sources: ['portal'],
    items,
  };
}

export function aProcedure(...items: Record<string, unknown>[]): Procedure {
  return aProcedureWith({}, ...items);
}

/** What the law says where several reductions fit: NQ 66.22/2026/NQ-CP. */
const { choosing } = procedure('3.000347');

/** The same with parameters, reliefs or conditions of its own. */
export function aProcedureWith(more: Record<string, unknown>, ...items: Record<string, unknown>[]): Procedure {
  return Procedure.parse({
    ...aProcedureData(...items),
    conditions: { student: words('sinh viên') },
    choosing,
    ...more,
  });
}
