import * as z from 'zod';
import { AgencyCode, DossierCode } from '../identity/codes.ts';
import { Attempt, byBeneficiary, type Invoice, InvoiceLine } from '../invoice/invoice.ts';
import { InvoiceNumber } from '../invoice/number.ts';
import { InvoiceState, moveInvoice } from '../invoice/states.ts';
import { account, balanced, type LedgerLine, UNASSIGNED } from '../ledger/ledger.ts';
import { Dong, ZERO } from '../money/dong.ts';
import type { ExceptionCategory } from '../reconciliation/exception.ts';
import { DAY_MILLISECONDS, type Instant } from '../time.ts';
import { type AttemptState, canMoveAttempt, moveAttempt } from './advance.ts';
import {
  type Movement,
  PLACES_FOR_ALL,
  ReportedMovement,
  reportedMovement,
  roomFor,
  sameMovement,
} from './movement.ts';
import { type Arrival, policy } from './policy.ts';
import type { ProviderNotice } from './provider.ts';
import { readPaymentReference } from './reference.ts';

/**
 * What a decision about a notice needs to know of the invoice, and nothing of the payer. The callback function reads it
 * once and sends it along; the write's condition says whether it still holds.
 */
export const InvoiceFacts = z.object({
  number: InvoiceNumber,
  state: InvoiceState,
  agencyCode: AgencyCode,
  dossierCode: DossierCode,
  due: Dong,
  total: Dong,
  expiresAt: z.int(),
  replacedBy: InvoiceNumber.optional(),
  lines: z.array(InvoiceLine.pick({ beneficiary: true, amount: true })),
  attempts: z.array(
    Attempt.pick({ providerId: true, merchantAccountId: true, terminal: true, state: true, expiresAt: true }),
  ),
  movements: z.array(ReportedMovement),
});
export type InvoiceFacts = z.infer<typeof InvoiceFacts>;

export function factsOf(invoice: Invoice): InvoiceFacts {
  return InvoiceFacts.parse({ ...invoice, movements: Object.values(invoice.movements) });
}

/** One conditional write on the invoice: what it was decided from, and what it becomes. */
export type PostMovement = {
  kind: 'post';
  number: InvoiceNumber;
  from: { state: InvoiceState; due: Dong };
  to: { state: InvoiceState; due: Dong };
  movement: Movement;
  /** The payment takes the place that is kept for it: the store must also see that the money was not kept elsewhere. */
  takesLastPlace?: true;
  /** Index from 0; absent when the attempt does not move. */
  attempt?: { index: number; from: AttemptState; to: AttemptState };
};

/** A decline moves the attempt only. */
export type MoveAttempt = {
  kind: 'moveAttempt';
  number: InvoiceNumber;
  index: number;
  from: AttemptState;
  to: AttemptState;
};

/** Money without an invoice to bear it: an item of its own. */
export type KeepReceipt = {
  kind: 'keepReceipt';
  agencyCode: string;
  movement: Movement;
  /** The invoice that is full: the store must also see that it does not bear this money already. */
  overflowOf?: InvoiceNumber;
};

/** Signed by the provider, but it cannot be entered as money: somebody must look. */
export type Review = { kind: 'review'; category: ExceptionCategory; agencyCode: string; notice: ProviderNotice };

export type Decision =
  | PostMovement
  | MoveAttempt
  | KeepReceipt
  | Review
  | { kind: 'nothing'; why: 'alreadyPosted' | 'notFinal' | 'alreadyFinal' };

/** The account that a verified terminal stands for, where the notice's reference leads to no attempt. */
export type TerminalOwner = { merchantAccountId: string; agencyCode: string };

/** For a terminal that the registry gives to several agencies, or to none any more. */
export const unassignedOwner = (notice: ProviderNotice): TerminalOwner => ({
  merchantAccountId: `${notice.providerId}.${notice.terminal}`,
  agencyCode: UNASSIGNED,
});

/**
 * Decides what a verified notice does. Pure: facts and time come in, a decision goes out, nothing is read or written.
 * `facts` is absent when a strongly consistent read has found no invoice under the notice's reference.
 */
export function decide(
  notice: ProviderNotice,
  facts: InvoiceFacts | undefined,
  owner: TerminalOwner,
  now: Instant,
): Decision {
  const attemptNumber = readPaymentReference(notice.reference)?.attempt;
  const index = attemptNumber === undefined ? -1 : attemptNumber - 1;
  const attempt = facts?.attempts[index];
  const agencyCode = facts?.agencyCode ?? owner.agencyCode;

  if (notice.outcome === 'review') return { kind: 'review', category: 'UNREADABLE', agencyCode, notice };
  if (notice.outcome === 'pending' || notice.outcome === 'ignored') return { kind: 'nothing', why: 'notFinal' };

  if (notice.outcome === 'declined') {
    if (!facts || !attempt || isElsewhere(notice, attempt)) return { kind: 'nothing', why: 'notFinal' };
    if (!canMoveAttempt(attempt.state, 'ProviderDeclined')) return { kind: 'nothing', why: 'alreadyFinal' };
    const to = moveAttempt(attempt.state, 'ProviderDeclined');
    return { kind: 'moveAttempt', number: facts.number, index, from: attempt.state, to };
  }

  if (notice.currency !== 'VND') return { kind: 'review', category: 'WRONG_CURRENCY', agencyCode, notice };
  const reported = reportedMovement(notice);
  if (!reported) return { kind: 'review', category: 'UNREADABLE', agencyCode, notice };
  const there = facts?.movements.find((movement) => movement.movementId === reported.movementId);
  if (there && sameMovement(there, reported)) return { kind: 'nothing', why: 'alreadyPosted' };
  if (there) return { kind: 'review', category: 'CONTRADICTION', agencyCode, notice };

  const arrival = arrivalOf(notice, facts, attempt);
  // The law counts the moment at which the payer's bank debited, not the moment at which we heard of it.
  const paidAt = plausible(notice.paidAt, now);
  // Where it lies ahead of our own clock, one of the two is wrong: what has come by now was not paid later than now.
  const debitedBy = Math.min(paidAt, now);
  const stateThen: InvoiceState = facts ? stateWhen(facts, debitedBy) : 'open';
  const outcome = policy[arrival][stateThen];
  const merchantAccountId =
    attempt && arrival !== 'otherTerminal' ? attempt.merchantAccountId : owner.merchantAccountId;

  const movement: Movement = {
    ...reported,
    kind: outcome.kind,
    ...(outcome.category && { category: outcome.category }),
    providerId: notice.providerId,
    merchantAccountId,
    transactionId: notice.transactionId,
    paidAt,
    committedAt: now,
    lines: [...balanced(linesFor(outcome.kind, reported.amount, merchantAccountId, agencyCode, facts))],
    evidence: notice.evidence,
  };

  if (!facts) return { kind: 'keepReceipt', agencyCode, movement };
  if (facts.movements.length >= roomFor(movement))
    return { kind: 'keepReceipt', agencyCode, movement, overflowOf: facts.number };
  return {
    kind: 'post',
    number: facts.number,
    from: { state: facts.state, due: facts.due },
    // Late money does not write the expiry down: another payment, made in time, may still be on its way to us.
    to: outcome.pays ? { state: moveInvoice(facts.state, 'Paid'), due: ZERO } : { state: facts.state, due: facts.due },
    movement,
    ...(facts.movements.length >= PLACES_FOR_ALL && { takesLastPlace: true as const }),
    ...attemptMove(arrival, attempt, index, debitedBy),
  };
}

/** How far from our own clock a provider's word on the time may lie and still be believed. Milliseconds. */
const BELIEVED_PAST_MILLISECONDS = 400 * DAY_MILLISECONDS;
const BELIEVED_AHEAD_MILLISECONDS = DAY_MILLISECONDS;

/** When the payer's bank debited, by the provider; now, where it says nothing that can be. */
function plausible(paidAt: Instant | null, now: Instant): Instant {
  const believed =
    paidAt !== null && paidAt >= now - BELIEVED_PAST_MILLISECONDS && paidAt <= now + BELIEVED_AHEAD_MILLISECONDS;
  return believed ? paidAt : now;
}

/** The state that the invoice had when the money was debited, whatever has been written down since. */
function stateWhen({ state, expiresAt, replacedBy }: InvoiceFacts, at: Instant): InvoiceState {
  if (state !== 'open' && state !== 'expired') return state;
  return at <= expiresAt && replacedBy === undefined ? 'open' : 'expired';
}

/** Only the amount due, at the right account, is the success of an attempt. */
function attemptMove(
  arrival: Arrival,
  attempt: InvoiceFacts['attempts'][number] | undefined,
  index: number,
  debitedBy: Instant,
): { attempt?: NonNullable<PostMovement['attempt']> } {
  if (arrival !== 'exact' || !attempt || !canMoveAttempt(attempt.state, 'ProviderConfirmed')) return {};
  const late = (attempt.state === 'pending' || attempt.state === 'created') && debitedBy > attempt.expiresAt;
  const from = late ? moveAttempt(attempt.state, 'DeadlinePassed') : attempt.state;
  return { attempt: { index, from: attempt.state, to: moveAttempt(from, 'ProviderConfirmed') } };
}

function isElsewhere(notice: ProviderNotice, attempt: { providerId: string; terminal: string }): boolean {
  return attempt.providerId !== notice.providerId || attempt.terminal !== notice.terminal;
}

function arrivalOf(
  notice: ProviderNotice,
  facts: InvoiceFacts | undefined,
  attempt: InvoiceFacts['attempts'][number] | undefined,
): Arrival {
  if (!facts || !attempt) return 'unknownAttempt';
  if (isElsewhere(notice, attempt)) return 'otherTerminal';
  if (notice.amount === facts.total) return 'exact';
  return notice.amount !== null && notice.amount < facts.total ? 'less' : 'more';
}

function linesFor(
  kind: Movement['kind'],
  amount: Dong,
  merchantAccountId: string,
  agencyCode: string,
  facts: InvoiceFacts | undefined,
): LedgerLine[] {
  const received: LedgerLine = { side: 'debit', account: account.clearing(merchantAccountId), amount };
  if (kind === 'payment' && facts) {
    const parts = byBeneficiary(facts.lines);
    return [
      received,
      ...parts.map(
        (part): LedgerLine => ({
          side: 'credit',
          account: account.payable(agencyCode, part.beneficiary),
          amount: part.amount,
        }),
      ),
    ];
  }
  const held = kind === 'surplus' ? account.surplus(agencyCode) : account.unmatched(agencyCode);
  return [received, { side: 'credit', account: held, amount }];
}
