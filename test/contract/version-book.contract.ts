import { beforeEach, describe, expect, it } from 'vitest';
import type { VersionBook } from '../../shared/domain/catalogue/version.ts';
import { NOW } from '../dsl/world.ts';

const aDraft = (more: object = {}) => ({
  sha256: 'a'.repeat(64),
  note: { vi: 'Sửa mức thu', en: 'Rates corrected' },
  wantedFrom: NOW,
  draftedBy: 'person-one',
  draftedAt: NOW,
  ...more,
});
const origin = (key: string, body = 'body') => ({ keyHash: key, bodyHash: body });
const found = { validatedAt: NOW + 1, procedures: 38, sha256: 'b'.repeat(64) };
const publication = (publishedBy: string) => ({ publishedBy, publishedAt: NOW + 2, effectiveFrom: NOW + 60_002 });

/** What every book of versions does, whatever it is made of. */
export function versionBookContract(name: string, make: () => Promise<VersionBook>): void {
  describe(`a book of catalogue versions: ${name}`, () => {
    let book: VersionBook;
    beforeEach(async () => {
      book = await make();
    });

    it('numbers drafts from 2 on, because 1 is built in', async () => {
      expect(await book.all()).toEqual([]);
      expect(await book.draft(aDraft(), origin('1'))).toMatchObject({ kind: 'drafted', version: { version: 2 } });
      expect(await book.draft(aDraft(), origin('2'))).toMatchObject({ kind: 'drafted', version: { version: 3 } });
      expect((await book.all()).map(({ version, state }) => [version, state])).toEqual([
        [2, 'draft'],
        [3, 'draft'],
      ]);
      expect(await book.find(4)).toBeUndefined();
    });

    it('keeps the table that a version was drafted as beside the document that became of it', async () => {
      const table = { sha256: 'a'.repeat(64), base: 1 };
      await book.draft(aDraft({ table }), origin('1'));
      expect(await book.find(2)).toMatchObject({ sha256: table.sha256, table });
      await book.validated(2, found);
      expect(await book.find(2)).toMatchObject({ sha256: found.sha256, table });
    });

    it('recognises a call that comes again, and one that misuses its key (scenarios 20, 21)', async () => {
      await book.draft(aDraft(), origin('1'));
      expect(await book.draft(aDraft(), origin('1'))).toMatchObject({ kind: 'repeated', version: { version: 2 } });
      expect(await book.draft(aDraft(), origin('1', 'other'))).toEqual({ kind: 'keyReused' });
      expect(await book.all()).toHaveLength(1);
    });

    it('gives racing drafts a number each', async () => {
      const drafts = await Promise.all(['1', '2', '3', '4'].map((key) => book.draft(aDraft(), origin(key))));
      expect(drafts.map((one) => 'version' in one && one.version.version).sort()).toEqual([2, 3, 4, 5]);
    });

    it('publishes what was validated, for anybody but its drafter (scenario 30)', async () => {
      await book.draft(aDraft(), origin('1'));
      expect(await book.publish(2, publication('person-two'))).toMatchObject({ kind: 'refused' });
      await book.validated(2, found);
      expect(await book.publish(2, publication('person-one'))).toMatchObject({
        kind: 'refused',
        version: { state: 'validated', draftedBy: 'person-one' },
      });
      expect(await book.publish(2, publication('person-two'))).toMatchObject({
        kind: 'moved',
        version: { state: 'published', ...found, ...publication('person-two') },
      });
      expect(await book.find(2)).toMatchObject({ state: 'published', effectiveFrom: NOW + 60_002 });
    });

    it('never changes what is published', async () => {
      await book.draft(aDraft(), origin('1'));
      await book.validated(2, found);
      await book.publish(2, publication('person-two'));
      const published = await book.find(2);
      expect(await book.validated(2, { ...found, procedures: 1 })).toMatchObject({ kind: 'refused' });
      expect(await book.publish(2, publication('person-three'))).toMatchObject({ kind: 'refused' });
      expect(await book.find(2)).toEqual(published);
    });

    it('lets one of two racing publishers win', async () => {
      await book.draft(aDraft(), origin('1'));
      await book.validated(2, found);
      const racing = await Promise.all(['two', 'three'].map((who) => book.publish(2, publication(who))));
      expect(racing.filter(({ kind }) => kind === 'moved')).toHaveLength(1);
    });
  });
}
