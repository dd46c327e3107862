/** Digits that stay readable when an identity number is shown. */
const KEPT = 4;

/**
 * An identity number or tax code as it may be shown: the last four characters, the rest dots. A text of four characters
 * or fewer shows nothing: it would be shown whole.
 */
export const maskNumber = (text: string): string =>
  text.length <= KEPT ? '•'.repeat(text.length) : text.slice(-KEPT).padStart(text.length, '•');
