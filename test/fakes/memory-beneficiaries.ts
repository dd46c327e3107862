import { isDeepStrictEqual } from 'node:util';
import type { BeneficiaryAdded, BeneficiaryBook, BeneficiaryRecord } from '../../shared/domain/registry/beneficiary.ts';
import type { Day } from '../../shared/domain/time.ts';

/** Who purses are, in memory. */
export class MemoryBeneficiaries implements BeneficiaryBook {
  readonly #records = new Map<string, BeneficiaryRecord[]>();

  async at(agencyCode: string, beneficiary: string, day: Day): Promise<BeneficiaryRecord | undefined> {
    return structuredClone(this.#of(agencyCode, beneficiary).findLast((one) => one.effectiveFrom <= day));
  }

  async latest(agencyCode: string, beneficiary: string): Promise<Day | undefined> {
    return this.#of(agencyCode, beneficiary).at(-1)?.effectiveFrom;
  }

  async add(record: BeneficiaryRecord, after: Day | undefined): Promise<BeneficiaryAdded> {
    const records = this.#of(record.agencyCode, record.beneficiary);
    const latest = records.at(-1)?.effectiveFrom;
    const there = records.find((one) => one.effectiveFrom === record.effectiveFrom);
    if (there && isDeepStrictEqual(there, record)) return { kind: 'repeated' };
    if (latest !== undefined && (latest !== after || record.effectiveFrom <= latest))
      return { kind: 'refused', latest };
    records.push(structuredClone(record));
    return { kind: 'added' };
  }

  #of(agencyCode: string, beneficiary: string): BeneficiaryRecord[] {
    const key = `${agencyCode}#${beneficiary}`;
    const records = this.#records.get(key) ?? [];
    this.#records.set(key, records);
    return records;
  }
}
