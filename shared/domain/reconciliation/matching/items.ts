import type { Day } from '../../time.ts';

/** What is matched on one bank account: what our books expect there, and what the bank says came or went. */

/** What the bank should show. Amounts in whole dong: what comes in is positive, what goes out negative. */
export type OurItem = {
  /** Names the item for good: a movement's id, or that of a payout. */
  key: string;
  /**
   * `payment`: a citizen's transfer to this account. `batch`: what a provider pays out for one day, less its fees and
   * refunds. `refund`: money that we sent back from here. `remittance`: an order of ours to pay on, or its return.
   */
  kind: 'payment' | 'batch' | 'refund' | 'remittance';
  amount: number;
  /** Accounting date; of a batch the provider's day. */
  day: Day;
  /** The bank's own reference of the credit, as a notice named it; empty where none did. */
  bankReference: string;
  /** Our payment reference, 15 digits; empty where the money named none. */
  reference: string;
  agencyCode: string;
  /** The merchant account whose money it is, where it is one alone. */
  merchantAccountId?: string;
  /** Of a batch: what the provider kept, in dong. */
  fee?: number;
  /** The mark by which the bank's lines name a provider's payout, or an order. */
  mark?: string;
};

/** A credit or debit on the account. */
export type BankItem = {
  /** Names the line for good: account, statement, and the bank's reference or the place. */
  key: string;
  amount: number;
  /** Where the amount is no dong: its currency, in whose minor units it is. */
  currency?: string;
  /** Booking day, by the bank. */
  day: Day;
  bankReference: string;
  /** Payment references in structured fields, and in the free text; each once. */
  structured: readonly string[];
  text: readonly string[];
  /** Digits that are nearly a payment reference. */
  near: readonly string[];
  /** Marks of providers' payouts and of orders that it bears. */
  marks: readonly string[];
  /** The bank says that it takes back an earlier line. */
  reversal: boolean;
  /** What an earlier run found it to be, by books that this one does not look back to any more. */
  was?: { category: 'WRONG_ACCOUNT' | 'DUPLICATE_PAYMENT' | 'REVERSED'; account: string };
};

/** Compared as banks pass it on: case and spaces differ between notifiers at most. */
export const bankReferenceOf = (text: string): string => text.replaceAll(/\s/g, '').toUpperCase();
