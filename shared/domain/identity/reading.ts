import type { RefusalWords } from '../refusal.ts';

/**
 * What a reader of identifiers answers: the parts of the identifier, with remarks that do not make it wrong, or what is
 * wrong with it in words for clerks. Readers neither trim nor guess; they hold no data of their own about who exists.
 */
export type Reading<T> =
  | { ok: true; value: T; warnings: readonly RefusalWords[] }
  | { ok: false; problem: RefusalWords };

export const read = <T>(value: T, warnings: readonly RefusalWords[] = []): Reading<T> => ({
  ok: true,
  value,
  warnings,
});

export const wrong = (vi: string, en: string): { ok: false; problem: RefusalWords } => ({
  ok: false,
  problem: { vi, en },
});

/** Both languages in one line, for the places of a problem document and for reports. */
export const inBoth = ({ vi, en }: RefusalWords): string => `${vi} / ${en}`;

/** The longest text that any identifier here has; longer ones are refused before a pattern sees them. */
const MAX_TEXT = 64;

/** Whether the text is made of ASCII digits alone, and how many. */
export function digitsOnly(text: string): boolean {
  return text.length <= MAX_TEXT && /^[0-9]+$/.test(text);
}

/** A reader of exactly `length` digits. */
export const digitsReader =
  (name: RefusalWords, length: number) =>
  (text: string): Reading<string> =>
    digitsOnly(text) && text.length === length
      ? read(text)
      : wrong(`${name.vi} phải có đúng ${length} chữ số`, `${name.en} must have exactly ${length} digits`);
