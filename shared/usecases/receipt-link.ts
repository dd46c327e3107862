import { timingSafeEqual } from 'node:crypto';
import { InvoiceNumber } from '../domain/invoice/number.ts';
import { type Instant, SECOND_MILLISECONDS } from '../domain/time.ts';
import { keyedText } from './hashing.ts';

/** How long a link to receipts opens them, in milliseconds: it is handed out to be followed, not to be kept. */
export const RECEIPT_LINK_MILLISECONDS = 15 * 60_000;

const FORM = /^([1-9][0-9]{11})-([1-9][0-9]{9})-([A-Za-z0-9_-]{22})$/;
const codeOf = (number: string, until: string, key: string): string => keyedText(key, 'receipt-link', number, until);

/** What opens the receipts of an invoice to whoever holds it, until {@link RECEIPT_LINK_MILLISECONDS} from `now`. */
export function receiptLink(number: InvoiceNumber, now: Instant, key: string): string {
  const until = String(Math.floor((now + RECEIPT_LINK_MILLISECONDS) / SECOND_MILLISECONDS));
  return `${number}-${until}-${codeOf(number, until, key)}`;
}

/** The invoice whose receipts a link opens; `undefined` for one that is not ours, or over. */
export function openReceiptLink(link: string, now: Instant, key: string): InvoiceNumber | undefined {
  const [, number = '', until = '', code = ''] = FORM.exec(link) ?? [];
  const expected = codeOf(number, until, key);
  const genuine = code.length === expected.length && timingSafeEqual(Buffer.from(code), Buffer.from(expected));
  return genuine && now <= Number(until) * SECOND_MILLISECONDS ? InvoiceNumber.parse(number) : undefined;
}
