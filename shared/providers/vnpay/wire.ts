import { Dong, MAX_DONG } from '../../domain/money/dong.ts';

/** What all of VNPAY's messages have in common. */

export const VERSION = '2.1.0';
/** VNPAY writes hundredths of a dong. Multiplied and divided by this, and by nothing else. */
const WIRE_UNITS = 100;
/** Longest vnp_OrderInfo, in characters. */
const MAX_INFO = 255;
/** Longest that a notice holds of a transaction's number, in characters; VNPAY's own are 15. */
const MAX_TRANSACTION_ID = 64;

/** Dong as VNPAY writes them. */
export const wireAmount = (amount: Dong): string => String(amount * WIRE_UNITS);

/** Whole dong, or null: a text that is no number of hundredths ending in 00 is nobody's amount. */
export function dongOf(wire: string): Dong | null {
  if (!/^[1-9][0-9]{2,14}$/.test(wire) || !wire.endsWith('00')) return null;
  const amount = Number(wire) / WIRE_UNITS;
  return amount <= MAX_DONG ? Dong.parse(amount) : null;
}

/** vnp_OrderInfo takes no diacritics and no marks on which encoders disagree. */
export const plain = (text: string): string => text.replace(/[^A-Za-z0-9 .,:/_-]/g, ' ').slice(0, MAX_INFO);

/**
 * The transaction's number, or nothing. Never cut: half of a name may be the name of other money. `0` stands for none at
 * VNPAY, and money without a name cannot be entered once: it goes to a person.
 */
export const transactionIdOf = (wire: string): string => (wire === '0' || wire.length > MAX_TRANSACTION_ID ? '' : wire);
