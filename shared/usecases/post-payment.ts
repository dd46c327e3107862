import type { InvoiceBook } from '../domain/invoice/book.ts';
import { type Decision, decide, moving } from '../domain/payment/decide.ts';
import { factsOf, type InvoiceFacts } from '../domain/payment/facts.ts';
import { isBankCredit } from '../domain/payment/movement.ts';
import type { ProviderNotice } from '../domain/payment/provider.ts';
import { readPaymentReference } from '../domain/payment/reference.ts';
import type { ExceptionCategory } from '../domain/reconciliation/exception.ts';
import type { Instant } from '../domain/time.ts';
import { sha256 } from './hashing.ts';
import type { InboxMessage } from './receive-callback.ts';

/** How often a notice is decided again in one go because another movement came in between. */
export const MAX_DECISIONS = 8;

/** Other movements kept coming in between; the queue brings the notice back. */
export class StillContended extends Error {
  constructor() {
    super(`decided ${MAX_DECISIONS} times, each time overtaken`);
    this.name = 'StillContended';
  }
}

export type PostOutcome =
  | 'posted'
  | 'alreadyPosted'
  | 'attemptMoved'
  | 'receiptKept'
  | 'reviewKept'
  | 'contradictionKept'
  | 'reversalParked'
  | 'nothing';

/**
 * Enters a verified notice into the ledger, once. Decides from what the callback function saw; the write's condition says
 * whether that still holds, and where it does not, decides again from what the refusal returned. Throws whatever the store
 * throws (throttling, time-outs): the queue brings the message back.
 */
export async function postPayment(
  { notice, facts: seen, owner }: InboxMessage,
  { invoices, now }: { invoices: InvoiceBook; now: () => Instant },
): Promise<PostOutcome> {
  let facts = seen;
  for (let tries = 0; tries < MAX_DECISIONS; tries += 1) {
    const at = now();
    const done = await carryOut(decide(notice, facts, owner, at), notice, facts, invoices, at);
    if (typeof done === 'string') return done;
    facts = done.facts;
  }
  throw new StillContended();
}

async function carryOut(
  decision: Decision,
  notice: ProviderNotice,
  facts: InvoiceFacts | undefined,
  invoices: InvoiceBook,
  now: Instant,
): Promise<PostOutcome | { facts: InvoiceFacts | undefined }> {
  switch (decision.kind) {
    case 'nothing':
      return decision.why === 'alreadyPosted' ? 'alreadyPosted' : 'nothing';
    case 'review':
      await review(decision.agencyCode, decision.category, notice, invoices, now);
      return decision.category === 'CONTRADICTION' ? 'contradictionKept' : 'reviewKept';
    case 'moveAttempt': {
      const moved = await invoices.moveAttempt(decision);
      if (moved.kind === 'moved') return 'attemptMoved';
      return moved.kind === 'decideAgain' ? { facts: factsOf(moved.current) } : 'nothing';
    }
    case 'park': {
      const parked = await invoices.park(decision);
      if (parked.kind === 'parked') return 'reversalParked';
      return { facts: parked.kind === 'decideAgain' ? factsOf(parked.current) : undefined };
    }
    case 'post': {
      const posted = await invoices.post(decision);
      if (posted.kind === 'posted' || posted.kind === 'alreadyPosted') return posted.kind;
      if (posted.kind === 'decideAgain') return { facts: factsOf(posted.current) };
      if (posted.kind === 'unknownInvoice') return { facts: undefined };
      if (posted.kind === 'liesAlone') {
        // What would be unmatched here too stays where a person finds it already.
        if (decision.movement.kind === 'unmatched') return 'alreadyPosted';
        return carryOut(moving(decision, posted.credit), notice, facts, invoices, now);
      }
      await review(posted.current.agencyCode, 'CONTRADICTION', notice, invoices, now);
      return 'contradictionKept';
    }
    case 'keepReceipt': {
      // A well-formed reference without an invoice: the receipt takes the invoice's place, so that none is made there later
      // and the same money entered a second time when the provider calls again.
      // A bank credit stands under its own name, where all who tell of it look.
      const alone = facts !== undefined || isBankCredit(decision.movement.movementId);
      const number = alone ? undefined : readPaymentReference(notice.reference)?.invoice;
      const kept = await invoices.keepReceipt({
        ...(number && { number }),
        agencyCode: decision.agencyCode,
        movement: decision.movement,
        ...(decision.overflowOf && { overflowOf: decision.overflowOf }),
      });
      if (kept.kind === 'kept') return 'receiptKept';
      if (kept.kind === 'alreadyKept') return 'alreadyPosted';
      if (kept.kind === 'decideAgain') return { facts: factsOf(kept.current) };
      await review(decision.agencyCode, 'CONTRADICTION', notice, invoices, now);
      return 'contradictionKept';
    }
  }
}

function review(
  agencyCode: string,
  category: ExceptionCategory,
  notice: ProviderNotice,
  invoices: InvoiceBook,
  now: Instant,
): Promise<void> {
  const id = `rev_${notice.providerId}_${sha256(JSON.stringify([category, ...saidIn(notice)])).slice(0, 32)}`;
  return invoices.keepReview(id, { category, agencyCode, notice }, now);
}

/**
 * What a notice says: by it, and not by bytes that nobody signed, a review is known again. Where it names neither a
 * transaction nor a payment of ours, two may be alike in all that could be read, and the text itself tells them apart.
 */
function saidIn(notice: ProviderNotice): unknown[] {
  const { terminal, reference, outcome, amount, currency, transactionId, paidAt, resultCode, bankCredit, place } =
    notice;
  const named = transactionId !== '' || readPaymentReference(reference) !== undefined;
  return [
    ...[terminal, reference, outcome, amount, currency, transactionId, paidAt, resultCode],
    ...[bankCredit, place, named ? undefined : notice.evidence],
  ];
}
