import type { InvoiceNumber } from '../invoice/number.ts';
import { type InvoiceState, moveInvoice } from '../invoice/states.ts';
import { account, balanced, UNASSIGNED } from '../ledger/ledger.ts';
import { type Dong, dong } from '../money/dong.ts';
import type { ExceptionCategory } from '../reconciliation/exception.ts';
import { DAY_MILLISECONDS, type Instant } from '../time.ts';
import { type AttemptEvent, type AttemptState, canMoveAttempt, moveAttempt } from './advance.ts';
import { arrivalOf, columnAt } from './arrival.ts';
import type { PolicyChoices } from './choices.ts';
import { linesOf, reversalMovement } from './entries.ts';
import type { InvoiceFacts, KnownMovement } from './facts.ts';
import {
  MAX_PARKED,
  type Movement,
  type MovementId,
  movedFrom,
  type ParkedReversal,
  PLACES_FOR_ALL,
  type ReportedMovement,
  reversalOf,
  roomFor,
} from './movement.ts';
import { type Arrival, type Cell, cellOf, kinds } from './policy.ts';
import type { ProviderNotice } from './provider.ts';
import { readPaymentReference } from './reference.ts';

/** One conditional write on the invoice: what it was decided from, and what it becomes. */
export type PostMovement = {
  kind: 'post';
  number: InvoiceNumber;
  from: { state: InvoiceState; due: Dong };
  to: { state: InvoiceState; due: Dong };
  movement: Movement;
  /** The reversal of the movement, entered by the same write because it had come before. */
  also?: Movement;
  /** The movement that this one takes back: the write must see it there. */
  reverses?: MovementId;
  /** The same bank credit, entered as unmatched before: the movement moves its money, and brings none. */
  moves?: { credit: KnownMovement; keptAlone: boolean };
  /** The payment takes the place that is kept for it: the store must also see that the money was not kept elsewhere. */
  takesLastPlace?: true;
  /** How many movements the lines, or the attempt's end, were reckoned from; absent where none had a part in it. */
  after?: number;
  /** How many reversals wait with the invoice. */
  parked?: number;
  /** The money was placed as of an invoice that no other one stands for. */
  unreplaced?: true;
  /** The agency's choices, as the decision knew them: a message of a release that knows of none does not tell them. */
  choices?: PolicyChoices;
  /** The second person who approves a proposed reversal; the write must see that another one proposed it. */
  approvedBy?: string;
  /** Index from 0. From and to are one where the attempt stays as it was seen; absent where its state had no part in it. */
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

/** A reversal without its money waits with the invoice. `after`: how many wait already. */
export type ParkReversal = { kind: 'park'; number: InvoiceNumber; parked: ParkedReversal; after: number };

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
  | ParkReversal
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

/** A notice with all that it was sorted by. */
type Case = {
  notice: ProviderNotice;
  facts: InvoiceFacts | undefined;
  owner: TerminalOwner;
  now: Instant;
  agencyCode: string;
  /** Index from 0 of the attempt that the reference names; -1 for none. */
  index: number;
  /** The payer's bank debited then, by its word. */
  paidAt: Instant;
  /** The same, but never later than now: what has come by now was not paid later than now. */
  debitedBy: Instant;
  arrival: Arrival;
};

/**
 * Decides what a verified notice does: sorts it into the policy table and carries the cell out. Pure: facts and time come
 * in, a decision goes out, nothing is read or written. `facts` is absent when a strongly consistent read has found no
 * invoice under the notice's reference.
 */
export function decide(
  notice: ProviderNotice,
  facts: InvoiceFacts | undefined,
  owner: TerminalOwner,
  now: Instant,
): Decision {
  const index = (readPaymentReference(notice.reference)?.attempt ?? 0) - 1;
  const { arrival, reported, original, unmatched } = arrivalOf(notice, facts, facts?.attempts[index]);
  // The law counts the moment at which the payer's bank debited, not the moment at which we heard of it.
  const paidAt = plausible(notice.paidAt, now);
  const debitedBy = Math.min(paidAt, now);
  const cell = cellOf(arrival, columnAt(facts, debitedBy), facts?.choices);
  const agencyCode = facts?.agencyCode ?? owner.agencyCode;
  const one: Case = { notice, facts, owner, now, agencyCode, index, paidAt, debitedBy, arrival };

  switch (cell.enters) {
    case 'nothing':
      return moveOnly(one, cell);
    case 'review':
      return reviewOf(one, cell);
    case 'parked':
      return park(one, cell, reported);
    case 'reversal':
      if (!facts || !original) throw new Error(`${arrival} takes back what is not there`);
      return takeBack(facts, original, cell, now, {
        reversedAt: paidAt,
        evidence: notice.evidence,
        providerId: notice.providerId,
      });
    default: {
      if (!reported) throw new Error(`${arrival} brings money without a name`);
      // What fits nothing still lies where a person finds it already.
      if (unmatched && cell.enters === 'unmatched') return { kind: 'nothing', why: 'alreadyPosted' };
      const brought = bringMoney(one, { ...cell, enters: cell.enters }, reported);
      if (!unmatched || !facts) return brought;
      if (brought.kind !== 'post') return { kind: 'nothing', why: 'alreadyPosted' };
      return moving(brought, unmatched, facts);
    }
  }
}

function reviewOf({ agencyCode, notice, arrival }: Case, { category }: Cell): Review {
  if (!category) throw new Error(`nobody is told of ${arrival}`);
  return { kind: 'review', category, agencyCode, notice };
}

function moveOnly({ facts, index, arrival }: Case, cell: Cell): Decision {
  if (arrival === 'again') return { kind: 'nothing', why: 'alreadyPosted' };
  const attempt = facts?.attempts[index];
  if (!facts || !attempt || !cell.attempt) return { kind: 'nothing', why: 'notFinal' };
  if (!canMoveAttempt(attempt.state, cell.attempt)) return { kind: 'nothing', why: 'alreadyFinal' };
  const to = moveAttempt(attempt.state, cell.attempt);
  return { kind: 'moveAttempt', number: facts.number, index, from: attempt.state, to };
}

function park(one: Case, cell: Cell, reported: ReportedMovement | undefined): ParkReversal | Review {
  const { facts, notice, now, paidAt } = one;
  if (!facts || !reported || facts.parked.length >= MAX_PARKED) return reviewOf(one, cell);
  const { movementId, amount, terminal } = reported;
  const parked = { movementId, amount, terminal, reversedAt: paidAt, parkedAt: now, evidence: notice.evidence };
  return { kind: 'park', number: facts.number, parked, after: facts.parked.length };
}

type MoneyCell = Cell & { enters: 'payment' | 'part' | 'surplus' | 'unmatched' };

function bringMoney(one: Case, cell: MoneyCell, reported: ReportedMovement): Decision {
  const { notice, facts, owner, now, agencyCode, index, paidAt, debitedBy, arrival } = one;
  const { enters: kind, category } = cell;
  const attempt = facts?.attempts[index];
  const full = facts !== undefined && facts.movements.length >= roomFor({ kind });
  if (full && kinds[kind].counts) {
    const instead = cellOf('noRoom', columnAt(facts, debitedBy), facts.choices);
    return bringMoney(one, instead as MoneyCell, reported);
  }
  const named = attempt && attempt.providerId === notice.providerId && attempt.terminal === notice.terminal;
  const merchantAccountId = named ? attempt.merchantAccountId : owner.merchantAccountId;
  const movement: Movement = {
    ...reported,
    kind,
    ...(category && { category }),
    providerId: notice.providerId,
    merchantAccountId,
    transactionId: notice.transactionId,
    paidAt,
    committedAt: now,
    lines: linesOf(kind, reported.amount, account.clearing(merchantAccountId), agencyCode, facts),
    evidence: notice.evidence,
  };
  if (!facts) return { kind: 'keepReceipt', agencyCode, movement };
  if (full) return { kind: 'keepReceipt', agencyCode, movement, overflowOf: facts.number };
  const parked =
    arrival === 'reversedBefore' ? facts.parked.find((o) => o.movementId === movement.movementId) : undefined;
  return {
    ...posting(facts, movement, cell, debitedBy),
    ...(parked && { also: reversalMovement(movement, { ...parked, providerId: notice.providerId, committedAt: now }) }),
    ...attemptMove(cell.attempt, facts, index, debitedBy),
  };
}

/**
 * The write that moves a bank credit out of what was unmatched, decided as if the credit came just now. Standing at the
 * invoice, it must be as it was seen; standing alone (`facts` absent), its own item says whether it still lies there.
 */
export function moving(brought: PostMovement, credit: KnownMovement, facts?: InvoiceFacts): PostMovement {
  const held = credit.lines.find(({ side }) => side === 'credit')?.account;
  if (held === undefined) throw new Error(`${credit.movementId} lies nowhere`);
  const lines = brought.movement.lines.map((line) => (line.side === 'debit' ? { ...line, account: held } : line));
  return {
    ...brought,
    movement: { ...brought.movement, movementId: movedFrom(credit.movementId), lines: [...balanced(lines)] },
    moves: { credit, keptAlone: facts === undefined },
    ...(facts && { after: facts.movements.length }),
  };
}

/** The write that enters money: how due and state move follows from the movement's kind and the cell. */
export function posting(facts: InvoiceFacts, movement: Movement, cell: Cell, now: Instant): PostMovement {
  const { state, due } = facts;
  const { counts } = kinds[movement.kind];
  return {
    kind: 'post',
    number: facts.number,
    from: { state, due },
    // Late money does not write the expiry down: another payment, made in time, may still be on its way to us.
    to: { state: movedBy(cell, facts, now), due: counts ? dong(due - movement.amount) : due },
    movement,
    ...(facts.movements.length >= PLACES_FOR_ALL && { takesLastPlace: true as const }),
    // Of an invoice that is partly paid, the lines depend on who has been paid already.
    ...(counts && due !== facts.total && { after: facts.movements.length }),
    ...(facts.parked.length > 0 && { parked: facts.parked.length }),
    ...(facts.replacedBy === undefined && { unreplaced: true as const }),
    ...(facts.choices && { choices: facts.choices }),
  };
}

function movedBy(cell: Cell, { state, expiresAt }: InvoiceFacts, now: Instant): InvoiceState {
  if (!cell.invoice) return state;
  const next = moveInvoice(state, cell.invoice);
  // What becomes payable again after its deadline is expired at once: no sweep would come back for it.
  return state === 'paid' && next === 'open' && now > expiresAt ? moveInvoice(next, 'DeadlinePassed') : next;
}

/** The write that takes a movement back. */
export function takeBack(
  facts: InvoiceFacts,
  original: KnownMovement,
  cell: Cell,
  now: Instant,
  by: { reversedAt: Instant; evidence: string; providerId: string },
): PostMovement {
  const movement = reversalMovement(original, {
    ...by,
    committedAt: now,
    ...(cell.category && { category: cell.category }),
  });
  const counted = kinds[original.kind].counts;
  const settled = original.kind === 'payment' || original.kind === 'surplus' ? original.attempt : undefined;
  const moved =
    settled !== undefined && isLastMoneyOf(original, facts) ? attemptMove(cell.attempt, facts, settled - 1, now) : {};
  return {
    kind: 'post',
    number: facts.number,
    from: { state: facts.state, due: facts.due },
    to: { state: movedBy(cell, facts, now), due: counted ? dong(facts.due + original.amount) : facts.due },
    movement,
    reverses: original.movementId,
    ...(facts.choices && { choices: facts.choices }),
    ...moved,
    // Whether it is the attempt's last money holds for the movements that were seen: more may have come, or gone, since.
    ...(settled !== undefined && { after: facts.movements.length }),
  };
}

/** Whether an attempt has no other money left once this is taken back. */
function isLastMoneyOf(original: KnownMovement, { movements }: InvoiceFacts): boolean {
  const ids = new Set<string>(movements.map((movement) => movement.movementId));
  const left = movements.filter(
    ({ kind, attempt, movementId }) =>
      attempt === original.attempt &&
      (kind === 'payment' || kind === 'surplus') &&
      movementId !== original.movementId &&
      !ids.has(reversalOf(movementId)),
  );
  return left.length === 0;
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

/**
 * The attempt's move, where its own table knows one. Where it knows none the attempt stays, and the write must see it so: its
 * other money may have gone back meanwhile.
 */
function attemptMove(
  event: AttemptEvent | undefined,
  facts: InvoiceFacts,
  index: number,
  debitedBy: Instant,
): { attempt?: NonNullable<PostMovement['attempt']> } {
  const attempt = facts.attempts[index];
  if (!event || !attempt) return {};
  if (!canMoveAttempt(attempt.state, event)) return { attempt: { index, from: attempt.state, to: attempt.state } };
  const waiting = attempt.state === 'pending' || attempt.state === 'created';
  const late = event === 'ProviderConfirmed' && waiting && debitedBy > attempt.expiresAt;
  const from = late ? moveAttempt(attempt.state, 'DeadlinePassed') : attempt.state;
  return { attempt: { index, from: attempt.state, to: moveAttempt(from, event) } };
}
