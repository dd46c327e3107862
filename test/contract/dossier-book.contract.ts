import { beforeEach, describe, expect, it } from 'vitest';
import { type DossierBook, MAX_DOSSIER_INVOICES } from '../../shared/domain/invoice/book.ts';
import { InvoiceNumber } from '../../shared/domain/invoice/number.ts';
import { LAND, POLICE } from '../dsl/world.ts';

const numberOf = (index: number) => InvoiceNumber.parse(String(100_000_000_000 + index));
const at = (index: number, more: object = {}) => ({
  agencyCode: LAND,
  dossierCode: 'H29.14-261120-0001',
  procedureCode: '9.000001',
  number: numberOf(index),
  ...more,
});

/** What every book of dossiers does, whatever it is made of. */
export function dossierBookContract(name: string, make: () => Promise<DossierBook>): void {
  describe(`a book of dossiers: ${name}`, () => {
    let book: DossierBook;
    beforeEach(async () => {
      book = await make();
    });
    const claim = (index: number, more: object = {}, additional = false) =>
      book.claim({ ...at(index, more), additional });
    const listed = (agencyCode = LAND) => book.numbersOf(agencyCode, 'H29.14-261120-0001');

    it('gives a place once, says to the same that it comes again, and names its holder to others', async () => {
      expect(await claim(1)).toEqual({ kind: 'claimed' });
      expect(await claim(1)).toEqual({ kind: 'claimed', again: [numberOf(1)] });
      expect(await claim(2)).toEqual({ kind: 'heldBy', number: numberOf(1) });
      expect(await listed()).toEqual([numberOf(1)]);
    });

    it('gives it to one of 20 who come at once', async () => {
      const answers = await Promise.all(Array.from({ length: 20 }, (_, index) => claim(index)));
      expect(answers.filter(({ kind }) => kind === 'claimed')).toHaveLength(1);
      expect(answers.filter(({ kind }) => kind === 'heldBy')).toHaveLength(19);
      expect(await listed()).toHaveLength(1);
    });

    it('has a place for each procedure, and books for each agency and dossier', async () => {
      expect(await claim(1)).toEqual({ kind: 'claimed' });
      expect(await claim(2, { procedureCode: '9.000002' })).toEqual({ kind: 'claimed' });
      expect(await claim(3, { agencyCode: POLICE })).toEqual({ kind: 'claimed' });
      expect(await listed()).toEqual([numberOf(1), numberOf(2)]);
      expect(await listed(POLICE)).toEqual([numberOf(3)]);
      expect(await book.numbersOf(LAND, 'ANOTHER')).toEqual([]);
    });

    it('lists an additional number without its place, unless that is free', async () => {
      await claim(1);
      expect(await claim(2, {}, true)).toEqual({ kind: 'claimed' });
      expect(await claim(2, {}, true)).toEqual({ kind: 'claimed', again: [numberOf(1), numberOf(2)] });
      expect(await claim(3)).toEqual({ kind: 'heldBy', number: numberOf(1) });
      expect(await listed()).toEqual([numberOf(1), numberOf(2)]);
      await claim(4, { procedureCode: '9.000002' }, true);
      expect(await claim(5, { procedureCode: '9.000002' })).toEqual({ kind: 'heldBy', number: numberOf(4) });
    });

    it('does not give a second place to a number', async () => {
      await claim(1);
      expect(await claim(1, { procedureCode: '9.000002' })).toEqual({ kind: 'full' });
      expect(await claim(2, { procedureCode: '9.000002' })).toEqual({ kind: 'claimed' });
    });

    it('lists so many and no more', async () => {
      for (let index = 0; index < MAX_DOSSIER_INVOICES; index += 1) await claim(index, {}, true);
      expect(await claim(200, {}, true)).toEqual({ kind: 'full' });
      expect(await claim(200, { procedureCode: '9.000002' })).toEqual({ kind: 'full' });
      expect(await book.takeOver({ ...at(200), from: numberOf(0) })).toBe(false);
      expect(await listed()).toEqual(Array.from({ length: MAX_DOSSIER_INVOICES }, (_, index) => numberOf(index)));
    });

    it('passes a place on to one of those who want it', async () => {
      await claim(0);
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, index) => book.takeOver({ ...at(index + 1), from: numberOf(0) })),
      );
      expect(answers.filter(Boolean)).toHaveLength(1);
      const winner = answers.indexOf(true) + 1;
      expect(await listed()).toEqual([numberOf(0), numberOf(winner)]);
      expect(await book.takeOver({ ...at(winner), from: numberOf(0) }), 'once more').toBe(true);
    });

    it('passes a place on to a number that is listed already, without listing it again', async () => {
      await claim(0);
      await book.takeOver({ ...at(1), from: numberOf(0) });
      expect(await book.takeOver({ ...at(0), from: numberOf(1) })).toBe(true);
      expect(await claim(0)).toEqual({ kind: 'claimed', again: [numberOf(0), numberOf(1)] });
      expect(await listed()).toEqual([numberOf(0), numberOf(1)]);
      expect(await book.takeOver({ ...at(1), from: numberOf(7) })).toBe(false);
    });

    it('takes back a number and its place', async () => {
      await claim(1);
      await book.release(at(1));
      expect(await listed()).toEqual([]);
      expect(await claim(2)).toEqual({ kind: 'claimed' });
    });

    it('gives the place back to whom it was taken from', async () => {
      await claim(1);
      await book.takeOver({ ...at(2), from: numberOf(1) });
      await book.release({ ...at(2), restore: numberOf(1) });
      expect(await listed()).toEqual([numberOf(1)]);
      expect(await claim(3)).toEqual({ kind: 'heldBy', number: numberOf(1) });
    });

    it('takes back a number that holds no place, and leaves the place to its holder', async () => {
      await claim(1);
      await claim(2, {}, true);
      await book.release({ ...at(2), restore: numberOf(7) });
      expect(await listed()).toEqual([numberOf(1)]);
      expect(await claim(3)).toEqual({ kind: 'heldBy', number: numberOf(1) });
    });

    it('takes back nothing that is not there', async () => {
      await book.release(at(1));
      await claim(1);
      await book.release(at(2));
      expect(await listed()).toEqual([numberOf(1)]);
    });
  });
}
