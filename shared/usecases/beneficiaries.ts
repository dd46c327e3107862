import type { Invoice } from '../domain/invoice/invoice.ts';
import { type Slip, slipsOf } from '../domain/invoice/slip.ts';
import { Refusal } from '../domain/refusal.ts';
import {
  type BeneficiaryBook,
  type BeneficiaryReader,
  type BeneficiaryRecord,
  faultsOf,
  type ReferenceLists,
} from '../domain/registry/beneficiary.ts';
import type { RegistryReader } from '../domain/registry/book.ts';
import { type Instant, vietnamDay } from '../domain/time.ts';

/** The slips of an invoice, from who its beneficiaries were on the day when it was made: reading later changes nothing. */
export async function slipsFor(invoice: Invoice, beneficiaries: BeneficiaryReader): Promise<Slip[]> {
  const day = vietnamDay(invoice.createdAt);
  const codes = [...new Set(invoice.lines.map((line) => line.beneficiary))];
  const records = await Promise.all(
    codes.map(async (code) => [code, await beneficiaries.at(invoice.agencyCode, code, day)] as const),
  );
  return slipsOf(invoice, new Map(records.filter((one): one is [string, BeneficiaryRecord] => one[1] !== undefined)));
}

export type RegisterBeneficiaryDependencies = {
  beneficiaries: BeneficiaryBook;
  registry: Pick<RegistryReader, 'agency'>;
  lists: () => ReferenceLists;
  now: () => Instant;
};

/**
 * Says who one of an agency's purses is from a day on. Only the first record may begin today or before; a later one
 * begins after today and after the newest, so that no invoice that was made says something else afterwards.
 *
 * Refusals: unknown_agency, unprocessable (each place), published_immutable.
 */
export async function registerBeneficiary(
  record: BeneficiaryRecord,
  { beneficiaries, registry, lists, now }: RegisterBeneficiaryDependencies,
): Promise<{ record: BeneficiaryRecord; replayed: boolean }> {
  if (!(await registry.agency(record.agencyCode)))
    throw new Refusal('unknown_agency', { vi: `Cơ quan ${record.agencyCode}.`, en: `Agency ${record.agencyCode}.` });
  const faults = faultsOf(record, lists());
  if (faults.length > 0)
    throw new Refusal(
      'unprocessable',
      undefined,
      faults.map(({ pointer, message }) => ({ pointer: `/body${pointer}`, message })),
    );
  const latest = await beneficiaries.latest(record.agencyCode, record.beneficiary);
  const today = vietnamDay(now());
  const begins = record.effectiveFrom;
  // Also one that is too late to be added may be the one that stands there already.
  const after = latest !== undefined && (begins <= latest || begins <= today) ? begins : latest;
  const added = await beneficiaries.add(record, after);
  if (added.kind === 'refused')
    throw new Refusal('published_immutable', {
      vi: `Bản ghi mới nhất có hiệu lực từ ${added.latest}; bản mới phải bắt đầu sau ngày đó và sau hôm nay.`,
      en: `The newest record begins on ${added.latest}; a new one begins after that day and after today.`,
    });
  return { record, replayed: added.kind === 'repeated' };
}
