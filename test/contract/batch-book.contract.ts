import { beforeEach, describe, expect, it } from 'vitest';
import type { Batch, BatchBook } from '../../shared/domain/batch/batch.ts';
import { NOW } from '../dsl/world.ts';

const ID = `bat_${'a'.repeat(24)}`;
const object = { etag: 'e1', versionId: 'v1' };
const aBatch = (more: Partial<Batch> = {}): Batch => ({
  batchId: ID,
  state: 'AWAITING_FILE',
  format: 'csv',
  clientId: 'portal',
  subject: 'portal',
  bodyHash: 'b'.repeat(64),
  createdAt: NOW,
  done: 0,
  counts: { created: 0, existing: 0, refused: 0 },
  ...more,
});
const found = { sha256: 'c'.repeat(64), rows: 700 };
const counts = { created: 200, existing: 30, refused: 20 };

/** What every book of batches does, whatever it is made of. */
export function batchBookContract(name: string, make: () => Promise<BatchBook>): void {
  describe(`a book of batches: ${name}`, () => {
    let book: BatchBook;
    beforeEach(async () => {
      book = await make();
    });

    it('makes a batch once, and answers what stands there', async () => {
      expect(await book.find(ID)).toBeUndefined();
      expect(await book.create(aBatch({ fileName: 'a.csv' }))).toEqual(aBatch({ fileName: 'a.csv' }));
      expect(await book.create(aBatch({ fileName: 'b.csv' }))).toEqual(aBatch({ fileName: 'a.csv' }));
      expect(await book.find(ID)).toEqual(aBatch({ fileName: 'a.csv' }));
    });

    it('begins once: the first content and instant stay', async () => {
      await book.create(aBatch());
      expect(await book.begin(ID, object, NOW + 1)).toMatchObject({
        kind: 'moved',
        batch: { state: 'READING', object },
      });
      expect(await book.begin(ID, { etag: 'e2' }, NOW + 2)).toMatchObject({
        kind: 'refused',
        batch: { object, readAt: NOW + 1 },
      });
    });

    it('moves its checkpoint from where it stands, and only while it is read (scenario 37)', async () => {
      await book.create(aBatch());
      expect(await book.advance(ID, 0, 250, counts)).toMatchObject({ kind: 'refused' });
      await book.begin(ID, object, NOW + 1);
      await book.note(ID, found);
      expect(await book.advance(ID, 0, 250, counts)).toMatchObject({ kind: 'moved', batch: { done: 250, counts } });
      expect(await book.advance(ID, 0, 250, counts)).toMatchObject({ kind: 'refused', batch: { done: 250 } });
      const ended = await book.end(ID, 'DONE', NOW + 9);
      expect(ended).toMatchObject({ kind: 'moved', batch: { state: 'DONE', endedAt: NOW + 9, ...found, counts } });
      expect(await book.advance(ID, 250, 500, counts)).toMatchObject({ kind: 'refused' });
      expect(await book.end(ID, 'REFUSED', NOW + 10)).toMatchObject({ kind: 'refused', batch: { state: 'DONE' } });
    });

    it('says why a file was refused', async () => {
      await book.create(aBatch());
      await book.begin(ID, object, NOW + 1);
      const fault = { code: 'malformed_csv' as const, line: 7 };
      expect(await book.end(ID, 'REFUSED', NOW + 2, fault)).toMatchObject({ batch: { state: 'REFUSED', fault } });
      expect(await book.find(ID)).toMatchObject({ fault });
    });

    it('lets one of two racing runs move on', async () => {
      await book.create(aBatch());
      await book.begin(ID, object, NOW + 1);
      const racing = await Promise.all([1, 2, 3].map(() => book.advance(ID, 0, 250, counts)));
      expect(racing.filter(({ kind }) => kind === 'moved')).toHaveLength(1);
    });
  });
}
