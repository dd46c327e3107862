/** Longest text, in bytes, that is put together from its letters: a decoder's call costs more. References are shorter. */
export const SHORT_TEXT = 35;

/** Bytes `from` to before `to`, which are ASCII, as text. */
export function letters(source: Uint8Array, from: number, to: number): string {
  const letter = (at: number): number => source[at] as number;
  let text = '';
  let at = from;
  // Four by four: several at once cost less than each for itself.
  for (; at + 4 <= to; at += 4) text += String.fromCharCode(letter(at), letter(at + 1), letter(at + 2), letter(at + 3));
  for (; at < to; at += 1) text += String.fromCharCode(letter(at));
  return text;
}
