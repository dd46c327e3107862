import { type PaymentReference, PaymentReference as Reference } from './reference.ts';

/**
 * The payment code that a citizen's transfer carries in its text: `TP` and the 15 digits of the payment's reference. Banks
 * change case, drop punctuation, add words before and after, and break lines; people who copy it write O for 0 and I for 1.
 */

const PREFIX = 'TP';
const REFERENCE_DIGITS = 15;
/** Longest text of a transfer that is searched, in characters. */
const MAX_TEXT = 2048;

export const transferCode = (reference: PaymentReference): string => `${PREFIX}${reference}`;

const LOOKALIKES: Readonly<Record<string, string>> = { O: '0', I: '1', L: '1' };

/**
 * The one payment that the texts of a transfer name: the same code in several of them, or twice in one, is one. Nothing for
 * none, and for several: which one the payer meant, nobody can say, and a guess would move somebody's money.
 */
export function paymentNamedIn(texts: readonly string[]): PaymentReference | undefined {
  const [only, ...others] = paymentsNamedIn(texts);
  return others.length === 0 ? only : undefined;
}

/** All payments that the texts of a transfer name, each once. */
export const paymentsNamedIn = (texts: readonly string[]): PaymentReference[] => [...new Set(texts.flatMap(codesIn))];

/** Text as codes are looked for in it: capitals and digits, no marks, spaces or punctuation. */
export const plainText = (text: string): string =>
  text
    .slice(0, MAX_TEXT)
    .normalize('NFKD')
    .toUpperCase()
    .replace(/[^A-Z0-9]/g, '');

function codesIn(text: string): PaymentReference[] {
  const plain = plainText(text);
  const codes: PaymentReference[] = [];
  for (let at = plain.indexOf(PREFIX); at >= 0; at = plain.indexOf(PREFIX, at + 1)) {
    const digits = plain
      .slice(at + PREFIX.length, at + PREFIX.length + REFERENCE_DIGITS)
      .replace(/[OIL]/g, (letter) => LOOKALIKES[letter] ?? letter);
    const reference = Reference.safeParse(digits);
    if (reference.success) codes.push(reference.data);
  }
  return codes;
}
