/**
 * Check digit after H. M. Damm, "Total anti-symmetrische Quasigruppen" (Marburg 2004), order 10: finds every single wrong
 * digit and every swap of neighbours, as people make them when they copy a number.
 */
const TABLE = [
  [0, 3, 1, 7, 5, 9, 8, 6, 4, 2],
  [7, 0, 9, 2, 1, 5, 4, 8, 6, 3],
  [4, 2, 0, 6, 8, 7, 1, 3, 5, 9],
  [1, 7, 5, 0, 9, 8, 3, 4, 2, 6],
  [6, 1, 2, 3, 0, 4, 5, 9, 7, 8],
  [3, 6, 7, 4, 2, 0, 9, 5, 8, 1],
  [5, 8, 6, 9, 7, 2, 0, 1, 3, 4],
  [8, 9, 4, 5, 3, 6, 2, 0, 1, 7],
  [9, 4, 3, 8, 6, 1, 7, 2, 0, 5],
  [2, 5, 8, 1, 4, 3, 6, 7, 9, 0],
] as const;

/** The character code of the digit 0. */
const ZERO = 48;

/** The digit that completes `digits` (ASCII digits only; anything else throws RangeError). */
export function checkDigit(digits: string): string {
  if (!/^[0-9]+$/.test(digits)) throw new RangeError('digits only');
  let interim = 0;
  for (let place = 0; place < digits.length; place += 1)
    interim = TABLE[interim]?.[digits.charCodeAt(place) - ZERO] ?? 0;
  return String(interim);
}

/** Whether the last digit is the check digit of those before it. */
export function hasCheckDigit(digits: string): boolean {
  return /^[0-9]{2,}$/.test(digits) && checkDigit(digits) === '0';
}
