import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Dong, dong, MAX_DONG } from '../../shared/domain/money/dong.ts';
import { inEnglishWords, inVietnameseWords, inWords } from '../../shared/domain/money/words.ts';

describe('an amount in Vietnamese words', () => {
  it.each([
    [0, 'Không đồng'],
    [1, 'Một đồng'],
    [4, 'Bốn đồng'],
    [5, 'Năm đồng'],
    [10, 'Mười đồng'],
    [11, 'Mười một đồng'],
    [14, 'Mười bốn đồng'],
    [15, 'Mười lăm đồng'],
    [20, 'Hai mươi đồng'],
    [21, 'Hai mươi mốt đồng'],
    [24, 'Hai mươi tư đồng'],
    [25, 'Hai mươi lăm đồng'],
    [101, 'Một trăm linh một đồng'],
    [104, 'Một trăm linh bốn đồng'],
    [105, 'Một trăm linh năm đồng'],
    [111, 'Một trăm mười một đồng'],
    [1_000, 'Một nghìn đồng'],
    [1_005, 'Một nghìn không trăm linh năm đồng'],
    [1_015, 'Một nghìn không trăm mười lăm đồng'],
    [54_000, 'Năm mươi tư nghìn đồng'],
    [135_000, 'Một trăm ba mươi lăm nghìn đồng'],
    [1_001_000, 'Một triệu không trăm linh một nghìn đồng'],
    [2_000_005, 'Hai triệu không trăm linh năm đồng'],
    [14_000_000, 'Mười bốn triệu đồng'],
    [1_000_000_000, 'Một tỷ đồng'],
    [4_020_300_400, 'Bốn tỷ không trăm hai mươi triệu ba trăm nghìn bốn trăm đồng'],
    [3_000_000_000_000, 'Ba nghìn tỷ đồng'],
    [3_000_000_000_001, 'Ba nghìn tỷ không trăm linh một đồng'],
    [3_005_000_000_000, 'Ba nghìn không trăm linh năm tỷ đồng'],
    [
      MAX_DONG,
      'Chín trăm chín mươi chín nghìn chín trăm chín mươi chín tỷ chín trăm chín mươi chín triệu chín trăm chín mươi chín nghìn chín trăm chín mươi chín đồng',
    ],
  ])('%d is “%s”', (amount, words) => expect(inVietnameseWords(dong(amount))).toBe(words));
});

describe('an amount in English words', () => {
  it.each([
    [0, 'Zero dong'],
    [5, 'Five dong'],
    [12, 'Twelve dong'],
    [40, 'Forty dong'],
    [99, 'Ninety-nine dong'],
    [100, 'One hundred dong'],
    [101, 'One hundred and one dong'],
    [1_005, 'One thousand and five dong'],
    [135_000, 'One hundred and thirty-five thousand dong'],
    [1_001_000, 'One million one thousand dong'],
    [2_000_005, 'Two million and five dong'],
    [1_000_000_000, 'One billion dong'],
    [3_005_000_000_120, 'Three trillion five billion one hundred and twenty dong'],
  ])('%d is “%s”', (amount, words) => expect(inEnglishWords(dong(amount))).toBe(words));
});

const VI_DIGITS: Record<string, number> = Object.fromEntries(
  ['không', 'một', 'hai', 'ba', 'bốn', 'năm', 'sáu', 'bảy', 'tám', 'chín'].map((word, digit) => [word, digit]),
);
const VI_UNITS: Record<string, number> = { ...VI_DIGITS, mốt: 1, tư: 4, lăm: 5 };
const EN_SMALL = [
  ...['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten', 'eleven', 'twelve'],
  ...['thirteen', 'fourteen', 'fifteen', 'sixteen', 'seventeen', 'eighteen', 'nineteen'],
];
const EN_TENS = ['twenty', 'thirty', 'forty', 'fifty', 'sixty', 'seventy', 'eighty', 'ninety'];

/** Reads words back by hearing, word after word, as a clerk would: nothing of how they are made. */
function readVietnamese(text: string): number {
  let [billions, below, group] = [0, 0, 0];
  for (const word of text.toLowerCase().split(' ').slice(0, -1)) {
    if (word === 'tỷ') [billions, below, group] = [below + group, 0, 0];
    else if (word === 'triệu') [below, group] = [below + group * 1e6, 0];
    else if (word === 'nghìn') [below, group] = [below + group * 1e3, 0];
    else if (word === 'trăm') group *= 100;
    else if (word === 'mười') group += 10;
    else if (word === 'mươi') group = Math.floor(group / 100) * 100 + (group % 100) * 10;
    else if (word !== 'linh') group += VI_UNITS[word] ?? Number.NaN;
  }
  return billions * 1e9 + below + group;
}

function readEnglish(text: string): number {
  let [total, group] = [0, 0];
  for (const word of text.toLowerCase().split(/[ -]/).slice(0, -1)) {
    const scale = ['thousand', 'million', 'billion', 'trillion'].indexOf(word);
    if (scale >= 0) [total, group] = [total + group * 1000 ** (scale + 1), 0];
    else if (word === 'hundred') group *= 100;
    else if (EN_TENS.includes(word)) group += (EN_TENS.indexOf(word) + 2) * 10;
    else if (word !== 'and') group += EN_SMALL.indexOf(word) >= 0 ? EN_SMALL.indexOf(word) : Number.NaN;
  }
  return total + group;
}

describe('words and figures say the same', () => {
  const amounts = fc
    .array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 999 })), { minLength: 1, maxLength: 5 })
    .map((groups) => groups.reduce((total, group) => total * 1000 + group, 0) as Dong);

  it('for every amount, whichever groups of it are empty', () =>
    fc.assert(
      fc.property(amounts, (amount) => {
        expect(readVietnamese(inVietnameseWords(amount))).toBe(amount);
        expect(readEnglish(inEnglishWords(amount))).toBe(amount);
        expect(inWords(amount)).toEqual({ vi: inVietnameseWords(amount), en: inEnglishWords(amount) });
      }),
      { numRuns: 2_000 },
    ));

  it('for the first thousand of them, one by one', () => {
    for (let amount = 0; amount < 1_100; amount++) {
      expect(readVietnamese(inVietnameseWords(dong(amount)))).toBe(amount);
      expect(readEnglish(inEnglishWords(dong(amount)))).toBe(amount);
    }
  });
});
