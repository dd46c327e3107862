import type { InvalidCallback, ProviderNotice } from '../domain/payment/provider.ts';
import { paymentNamedIn } from '../domain/payment/transfer-code.ts';
import { transactionName, wholeDong } from './wire.ts';

/** Under this provider stand payments by bank transfer, whoever tells of the credit. */
export const TRANSFER_PROVIDER = 'vietqr';

/** A credit on a bank account as a notifier tells of it. */
export type Credit = {
  /** The receiving account: it stands for the terminal. */
  account: string;
  /** The bank's own reference; empty where the notifier has none. */
  reference: string;
  /** As signed: digits. */
  amount: string;
  incoming: boolean;
  /** Everything in which the payer's text may stand. */
  texts: readonly string[];
  paidAt: number | null;
  /** The notifier's own number of it, for the record. */
  noticeId: string;
};

/** Accounts as banks write them: up to 19 digits, or letters too where it is a virtual one. */
const ACCOUNT_FORM = /^[A-Za-z0-9]{1,19}$/;
const BANK_REFERENCE_FORM = /^[!-~](?:[ -~]{0,38}[!-~])?$/;

/**
 * A credit as a notice. Money that left is none of ours. Without the bank's own reference it cannot be told apart from the
 * same money told by another notifier, so a person matches it before anything is entered.
 */
export function transferNotice(
  { account, reference: written, amount: wire, incoming, texts, paidAt, noticeId }: Credit,
  evidence: string,
  refuse: (reason: InvalidCallback['reason']) => never,
): ProviderNotice {
  if (!ACCOUNT_FORM.test(account)) return refuse('unknownTerminal');
  const amount = wholeDong(wire);
  const reference = written.trim();
  const named = BANK_REFERENCE_FORM.test(reference);
  const paid = named && amount !== null ? 'paid' : 'review';
  return {
    providerId: TRANSFER_PROVIDER,
    terminal: account,
    reference: paymentNamedIn(texts) ?? '',
    outcome: incoming ? paid : 'ignored',
    amount,
    currency: 'VND',
    transactionId: named ? transactionName(reference) : '',
    ...(named && { bankCredit: { account, reference } }),
    paidAt,
    resultCode: noticeId.slice(0, 64),
    evidence,
  };
}
