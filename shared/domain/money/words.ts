import type { Dong } from './dong.ts';

const DIGITS = ['không', 'một', 'hai', 'ba', 'bốn', 'năm', 'sáu', 'bảy', 'tám', 'chín'] as const;
const SCALES = ['', 'nghìn', 'triệu', 'tỷ', 'nghìn tỷ'] as const;
const GROUP = 1000;

/**
 * An amount in Vietnamese words, as slips and receipts want it: `Một trăm ba mươi lăm nghìn đồng`. Groups of three
 * digits; a group behind a larger one is read in full (`không trăm linh năm`).
 */
export function inVietnameseWords(amount: Dong): string {
  const groups: number[] = [];
  for (let rest: number = amount; rest > 0; rest = Math.floor(rest / GROUP)) groups.unshift(rest % GROUP);
  const words = groups.flatMap((group, index) =>
    group === 0 ? [] : [...inGroup(group, index > 0), SCALES[groups.length - 1 - index] ?? ''],
  );
  const text = withBillions(words, groups).filter(Boolean).join(' ') || 'không';
  return `${text.charAt(0).toUpperCase()}${text.slice(1)} đồng`;
}

/** `nghìn tỷ` says tỷ itself unless a group of tỷ follows: 1 005 000 000 000 is `một nghìn không trăm linh năm tỷ`. */
function withBillions(words: readonly string[], groups: readonly number[]): string[] {
  const billions = groups.at(-4);
  return words.map((word) => (word === 'nghìn tỷ' && billions ? 'nghìn' : word));
}

/** Three digits. `whole`: with the hundreds even where there are none. */
function inGroup(group: number, whole: boolean): string[] {
  const [hundreds, tens, units] = [Math.floor(group / 100), Math.floor(group / 10) % 10, group % 10];
  const words: string[] = hundreds > 0 || whole ? [DIGITS[hundreds] ?? '', 'trăm'] : [];
  if (tens === 0) return units === 0 ? words : [...words, ...(words.length > 0 ? ['linh'] : []), DIGITS[units] ?? ''];
  words.push(...(tens === 1 ? ['mười'] : [DIGITS[tens] ?? '', 'mươi']));
  if (units === 0) return words;
  if (units === 1 && tens > 1) return [...words, 'mốt'];
  if (units === 5) return [...words, 'lăm'];
  return [...words, DIGITS[units] ?? ''];
}
