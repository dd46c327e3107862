import { type RefundId, refundReference } from './refund.ts';

/**
 * How a return by hand is found on a bank's statement: its order's content begins with a word and the refund's reference,
 * twenty digits. The reference alone names it only where an order has a field for one, and only on a debit: banks write
 * numbers of that length too.
 */

const WORDS = 'Hoàn trả';
const PLAIN = /HOANTRA([1-9][0-9]{19})(?![0-9])/g;
const ALONE = /^[1-9][0-9]{19}$/;

/** Begins the content of the payment order that returns a refund. */
export const returnContent = (refundId: RefundId): string => `${WORDS} ${refundReference(refundId)}`;

const RETURN_MARK = 'return:';
/** The mark of a return in a bank's lines; see bank-line.ts. `reference`: the refund's. */
export const returnMark = (reference: string): string => `${RETURN_MARK}${reference}`;
export const isReturnMark = (mark: string): boolean => mark.startsWith(RETURN_MARK);

/** The marks of returns that a plain text (capitals and digits alone) names. */
export const returnMarksIn = (plain: string): string[] =>
  [...plain.matchAll(PLAIN)].map(([, reference = '']) => returnMark(reference));

/** Whether the whole of a plain field is a refund's reference. */
export const isReturnReference = (plain: string): boolean => ALONE.test(plain);
