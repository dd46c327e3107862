import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BytesIndex } from '../../../shared/domain/reconciliation/bytes-index.ts';

const indexOf = (ids: readonly Uint8Array[]): BytesIndex => {
  const index = new BytesIndex();
  for (const id of ids) index.add(id, 0, id.length);
  return index;
};
const texts = (index: BytesIndex): string[] => [...index.sorted()].map((row) => index.text(row));
const inOrder = (ids: Iterable<string>): string[] =>
  [...ids].sort((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)));

describe('numbering byte strings', () => {
  it('gives one number to the same bytes and two to others, whatever their lengths', () =>
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 6 }), { maxLength: 200 }), (ids) => {
        const index = indexOf(ids);
        const known = [...new Set(ids.map((id) => Buffer.from(id).toString('hex')))];
        expect(index.size).toBe(known.length);
        for (const id of ids) expect(index.find(id, 0, id.length)).toBe(known.indexOf(Buffer.from(id).toString('hex')));
      }),
    ));

  it('finds each of many after it has grown, those of another length among them', () => {
    const ids = Array.from({ length: 5000 }, (_, at) => (at === 3000 ? 'T' : `FT${1_000_000 + 7 * at}`));
    const index = indexOf(ids.map((id) => Buffer.from(id)));
    expect(ids.map((id) => index.findText(id))).toEqual(ids.map((_, at) => at));
    expect(index.text(2999)).toBe(ids[2999]);
    expect(index.findText('FT1')).toBe(-1);
  });

  it('reads ahead of what is looked up, and changes nothing by it', () => {
    const index = indexOf(['T1', 'T2'].map((id) => Buffer.from(id)));
    const found: number[] = [];
    index.warm(['T2', 'T9', 'ờ'], (row) => found.push(row));
    expect(found).toContain(1);
    expect([index.size, index.findText('T9'), index.findText('T2')]).toEqual([2, -1, 1]);
  });
});

describe('sorting byte strings', () => {
  it('is by bytes, shorter before longer where one begins with the other', () =>
    fc.assert(
      fc.property(fc.uniqueArray(fc.string({ unit: 'binary-ascii', maxLength: 12 }), { maxLength: 200 }), (ids) => {
        expect(texts(indexOf(ids.map((id) => Buffer.from(id))))).toEqual(inOrder(ids));
      }),
    ));

  it.each([
    ['few that differ late', 20],
    ['many that differ late', 3000],
  ])('%s are told apart behind what a key has room for', (_, count) => {
    // Every byte of the beginnings differs in some two of them, so that a key is full before the end.
    const beginnings = ['abcdefghij', 'klmnopqrst', 'ABCDEFGHIJ', '0123456789'];
    const ids = Array.from({ length: count }, (__, at) => `${beginnings[at % 4]}${String((at * 7919) % 100_003)}`);
    expect(texts(indexOf(ids.map((id) => Buffer.from(id))))).toEqual(inOrder(new Set(ids)));
  });

  it('leaves nothing and one as they are', () => {
    expect(texts(indexOf([]))).toEqual([]);
    expect(texts(indexOf([Buffer.from('T1')]))).toEqual(['T1']);
  });
});
