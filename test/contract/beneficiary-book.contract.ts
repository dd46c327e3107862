import { beforeEach, describe, expect, it } from 'vitest';
import type { BeneficiaryBook, BeneficiaryRecord } from '../../shared/domain/registry/beneficiary.ts';
import { LAND, POLICE } from '../dsl/world.ts';

export const aRecord = (more: Partial<BeneficiaryRecord> = {}): BeneficiaryRecord => ({
  agencyCode: LAND,
  beneficiary: 'main',
  effectiveFrom: '2026-01-01',
  name: { vi: 'Ngân sách', en: 'Budget' },
  account: { kind: 'treasury', number: '7111', treasury: '0111', treasuryName: 'KBNN mẫu', bankBin: '970436' },
  collectingAuthority: '1054321',
  chapter: '426',
  area: '26734',
  bookings: [{ kind: 'le_phi', subItem: '2771', retainedPermille: 0 }],
  ...more,
});

/** What every book of beneficiaries does, whatever it is made of. */
export function beneficiaryBookContract(name: string, make: () => Promise<BeneficiaryBook>): void {
  describe(`a book of beneficiaries: ${name}`, () => {
    let book: BeneficiaryBook;
    beforeEach(async () => {
      book = await make();
    });

    it('knows nobody at first', async () => {
      expect(await book.at(LAND, 'main', '2026-11-22')).toBeUndefined();
      expect(await book.latest(LAND, 'main')).toBeUndefined();
    });

    it('answers the record in force on a day, from its first day on', async () => {
      const [old, young] = [aRecord(), aRecord({ effectiveFrom: '2026-07-01', chapter: '757' })];
      expect(await book.add(old, undefined)).toEqual({ kind: 'added' });
      expect(await book.add(young, '2026-01-01')).toEqual({ kind: 'added' });
      expect(await book.at(LAND, 'main', '2025-12-31')).toBeUndefined();
      expect(await book.at(LAND, 'main', '2026-01-01')).toEqual(old);
      expect(await book.at(LAND, 'main', '2026-06-30')).toEqual(old);
      expect(await book.at(LAND, 'main', '2026-07-01')).toEqual(young);
      expect(await book.latest(LAND, 'main')).toBe('2026-07-01');
      expect(await book.at(LAND, 'fund', '2026-07-01')).toBeUndefined();
      expect(await book.at(POLICE, 'main', '2026-07-01')).toBeUndefined();
    });

    it('never replaces a record, and answers the same one again', async () => {
      await book.add(aRecord(), undefined);
      expect(await book.add(aRecord(), undefined)).toEqual({ kind: 'repeated' });
      expect(await book.add(aRecord({ chapter: '757' }), undefined)).toEqual({ kind: 'refused', latest: '2026-01-01' });
      expect(await book.add(aRecord({ chapter: '757' }), '2026-01-01')).toEqual({
        kind: 'refused',
        latest: '2026-01-01',
      });
      expect(await book.at(LAND, 'main', '2026-02-01')).toEqual(aRecord());
    });

    it('puts nothing before the newest, nor beside one that came in between', async () => {
      await book.add(aRecord({ effectiveFrom: '2026-07-01' }), undefined);
      expect(await book.add(aRecord({ effectiveFrom: '2026-06-01' }), '2026-07-01')).toMatchObject({ kind: 'refused' });
      await book.add(aRecord({ effectiveFrom: '2026-08-01' }), '2026-07-01');
      expect(await book.add(aRecord({ effectiveFrom: '2026-09-01' }), '2026-07-01')).toEqual({
        kind: 'refused',
        latest: '2026-08-01',
      });
    });

    it('lets one of several racing records in', async () => {
      await book.add(aRecord(), undefined);
      const racing = ['2026-07-01', '2026-08-01', '2026-09-01'].map((effectiveFrom) =>
        book.add(aRecord({ effectiveFrom }), '2026-01-01'),
      );
      const ended = await Promise.allSettled(racing);
      const added = ended.filter((one) => one.status === 'fulfilled' && one.value.kind === 'added');
      expect(added).toHaveLength(1);
    });
  });
}
