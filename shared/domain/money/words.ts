import type { Dong } from './dong.ts';

const GROUP = 1000;

/** An amount in words, as receipts and reports print it: Vietnamese first. Defined for every {@link Dong}. */
export function inWords(amount: Dong): { vi: string; en: string } {
  return { vi: inVietnameseWords(amount), en: inEnglishWords(amount) };
}

const DIGITS = ['không', 'một', 'hai', 'ba', 'bốn', 'năm', 'sáu', 'bảy', 'tám', 'chín'] as const;
const SCALES = ['', 'nghìn', 'triệu', 'tỷ', 'nghìn tỷ'] as const;

/**
 * An amount in Vietnamese words, as slips and receipts want it: `Một trăm ba mươi lăm nghìn đồng`. Groups of three
 * digits; a group behind a larger one is read in full (`không trăm linh năm`). After `mươi` a unit is `mốt`, `tư` or
 * `lăm`; after `mười` only `lăm`.
 */
export function inVietnameseWords(amount: Dong): string {
  const groups = groupsOf(amount);
  const words = groups.flatMap((group, index) =>
    group === 0 ? [] : [...inGroup(group, index > 0), SCALES[groups.length - 1 - index] ?? ''],
  );
  return sentence(withBillions(words, groups), 'không', 'đồng');
}

/** `nghìn tỷ` says tỷ itself unless a group of tỷ follows: 1 005 000 000 000 is `một nghìn không trăm linh năm tỷ`. */
function withBillions(words: readonly string[], groups: readonly number[]): string[] {
  const billions = groups.at(-4);
  return words.map((word) => (word === 'nghìn tỷ' && billions ? 'nghìn' : word));
}

/** Three digits. `whole`: with the hundreds even where there are none. */
function inGroup(group: number, whole: boolean): string[] {
  const [hundreds, tens, units] = digitsOf(group);
  const words: string[] = hundreds > 0 || whole ? [DIGITS[hundreds] ?? '', 'trăm'] : [];
  if (tens === 0) return units === 0 ? words : [...words, ...(words.length > 0 ? ['linh'] : []), DIGITS[units] ?? ''];
  words.push(...(tens === 1 ? ['mười'] : [DIGITS[tens] ?? '', 'mươi']));
  if (units === 0) return words;
  if (units === 1 && tens > 1) return [...words, 'mốt'];
  if (units === 4 && tens > 1) return [...words, 'tư'];
  if (units === 5) return [...words, 'lăm'];
  return [...words, DIGITS[units] ?? ''];
}

const SMALL = [
  ...['', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten', 'eleven', 'twelve'],
  ...['thirteen', 'fourteen', 'fifteen', 'sixteen', 'seventeen', 'eighteen', 'nineteen'],
];
const TENS = ['', '', 'twenty', 'thirty', 'forty', 'fifty', 'sixty', 'seventy', 'eighty', 'ninety'] as const;
const ENGLISH_SCALES = ['', 'thousand', 'million', 'billion', 'trillion'] as const;

/** An amount in English words: `One hundred and thirty-five thousand dong`. A billion is 10⁹. */
export function inEnglishWords(amount: Dong): string {
  const groups = groupsOf(amount);
  const words = groups.flatMap((group, index) => {
    const scale = ENGLISH_SCALES[groups.length - 1 - index] ?? '';
    return group === 0 ? [] : [...inEnglishGroup(group, index > 0 && scale === ''), scale];
  });
  return sentence(words, 'zero', 'dong');
}

/** Three digits. `last`: the end of a larger number, where a group below a hundred is joined by `and`. */
function inEnglishGroup(group: number, last: boolean): string[] {
  const [hundreds, tens, units] = digitsOf(group);
  const rest = group % 100;
  const words = hundreds > 0 ? [SMALL[hundreds] ?? '', 'hundred'] : [];
  if (rest > 0 && (hundreds > 0 || last)) words.push('and');
  if (rest < SMALL.length) return [...words, SMALL[rest] ?? ''];
  return [...words, [TENS[tens], SMALL[units]].filter(Boolean).join('-')];
}

/** Groups of three digits, the largest first; none of 0. */
function groupsOf(amount: number): number[] {
  const groups: number[] = [];
  for (let rest = amount; rest > 0; rest = Math.floor(rest / GROUP)) groups.unshift(rest % GROUP);
  return groups;
}

const digitsOf = (group: number): [number, number, number] => [
  Math.floor(group / 100),
  Math.floor(group / 10) % 10,
  group % 10,
];

function sentence(words: readonly string[], zero: string, currency: string): string {
  const text = words.filter(Boolean).join(' ') || zero;
  return `${text.charAt(0).toUpperCase()}${text.slice(1)} ${currency}`;
}
