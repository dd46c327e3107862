import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { SpilledTexts } from '../../shared/store/spilled-texts.ts';

const folders = () => readdirSync(tmpdir()).filter((name) => name.startsWith('texts-'));

it('texts on disk are what they were, asked for in any order, also while more come', () =>
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.string({ unit: 'grapheme', maxLength: 50 }), fc.integer({ min: 1, max: 3000 })), {
        minLength: 1,
        maxLength: 40,
      }),
      fc.array(fc.nat({ max: 60 }), { maxLength: 60 }),
      (made, asked) => {
        using texts = new SpilledTexts();
        const kept: string[] = [];
        for (const [place, [text, times]] of made.entries()) {
          // A lone half of a pair is no character; XML has none.
          kept.push(text.toWellFormed().repeat(times).slice(0, 30_000).toWellFormed());
          texts.add(kept[place] as string);
          const at = asked[place] ?? place;
          expect(texts.at(at)).toBe(kept[at]);
        }
        expect(texts.size).toBe(kept.length);
        for (const place of asked) expect(texts.at(place)).toBe(kept[place]);
      },
    ),
    { numRuns: 50 },
  ));

it('texts leave nothing on the disk', () => {
  const before = folders();
  {
    using texts = new SpilledTexts();
    texts.add('một');
    expect(texts.at(0)).toBe('một');
    expect(folders()).toHaveLength(before.length + 1);
  }
  expect(folders()).toEqual(before);
});
