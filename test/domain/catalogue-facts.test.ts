import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { everyProcedure, procedureByCode } from '../../shared/catalogue/catalogue.ts';
import type { Procedure, TariffRow } from '../../shared/domain/fees/procedure.ts';

const FACTS = new URL('../../../shared/domain/data/sample-fee-schedules.json', import.meta.url);

const Fee = z.object({
  fee_item: z.string(),
  kind: z.string(),
  amount: z.number(),
  currency: z.string(),
  channel: z.string(),
  legal_basis: z.string(),
  effective_from: z.string().nullable(),
  effective_to: z.string().nullable(),
  confidence: z.string(),
});
type Fee = z.infer<typeof Fee>;
const Schedules = z.object({
  procedures: z.array(
    z.object({
      procedure_code: z.string(),
      dvc_code: z.string(),
      publishing_decision: z.string().nullable(),
      fees: z.array(Fee),
    }),
  ),
});

/** Numbers of the texts that a line cites (`TT 37/2023`); none where it cites a law by name. */
const citedBy = (fee: Fee): string[] => fee.legal_basis.match(/(?:TT|NQ) [0-9]+\/[0-9]{4}/g) ?? [];
const textsOf = (row: TariffRow): string => row.legalBasis.map((basis) => basis.document).join(' ');

/** Every amount that a row names, of whatever shape. */
function amountsOf({ tariff }: TariffRow): number[] {
  switch (tariff.kind) {
    case 'tiered_pages':
      return tariff.tiers.map((tier) => tier.amount);
    case 'by_zone':
      return tariff.zones.map((zone) => zone.amount);
    case 'flat':
    case 'per_unit':
    case 'foreign_currency':
      return [tariff.amount];
    default:
      return [];
  }
}

/** The rows that say what one line of the facts says; a line that names a succession of texts is several rows. */
function rowsFor(procedure: Procedure, fee: Fee): TariffRow[] {
  const cited = citedBy(fee);
  return procedure.items
    .filter((item) => item.kind === fee.kind)
    .flatMap((item) => item.tariffs)
    .filter((row) => amountsOf(row).includes(fee.amount) && row.channel === fee.channel)
    .filter((row) => cited.length === 0 || cited.some((text) => textsOf(row).includes(text)));
}

const medium = (confidence: string): string => (confidence === 'medium-high' ? 'medium' : confidence);

describe.skipIf(!existsSync(FACTS))('the catalogue carries what the facts say', () => {
  const facts = existsSync(FACTS) ? Schedules.parse(JSON.parse(readFileSync(FACTS, 'utf8'))).procedures : [];
  const fees = facts.flatMap((fact) => fact.fees.map((fee) => ({ code: fact.procedure_code, fee })));

  it('for the same procedures, by the same decisions', () => {
    const known = (code: string, service: string, decision: string | null) => `${code} ${service} ${decision}`;
    const national = everyProcedure().filter(({ code }) => !code.startsWith('9.'));
    expect(national.map((one) => known(one.code, one.dvcCode, one.publishingDecision))).toEqual(
      facts.map((one) => known(one.procedure_code, one.dvc_code, one.publishing_decision)).sort(),
    );
  });

  it.each(fees.map(({ code, fee }) => [code, fee.fee_item, fee] as const))('%s: %s', (code, _, fee) => {
    const procedure = procedureByCode(code);
    if (!procedure) throw new Error(`no procedure ${code}`);
    const rows = rowsFor(procedure, fee);
    expect(rows.some((row) => row.effectiveFrom === fee.effective_from)).toBe(true);
    expect(rows.some((row) => row.effectiveTo === fee.effective_to)).toBe(true);
    const texts = rows.map(textsOf).join(' ');
    expect(citedBy(fee).filter((text) => !texts.includes(text))).toEqual([]);
    expect(rows.map((row) => row.confidence)).toContain(medium(fee.confidence));
  });
});
