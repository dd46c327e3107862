import type { InvoiceBook } from '../domain/invoice/book.ts';
import type { CallOrigin, Invoice, ReversalProposal, ReversalReason } from '../domain/invoice/invoice.ts';
import { ReversalProposal as ProposalSchema } from '../domain/invoice/invoice.ts';
import type { InvoiceId } from '../domain/invoice/number.ts';
import { columnAt } from '../domain/payment/arrival.ts';
import { COUNTER } from '../domain/payment/counter.ts';
import { type PostMovement, takeBack } from '../domain/payment/decide.ts';
import { factsOf } from '../domain/payment/facts.ts';
import { type Movement, type MovementId, reversalOf } from '../domain/payment/movement.ts';
import { cellOf, policy } from '../domain/payment/policy.ts';
import { keyReused, notFound, Refusal } from '../domain/refusal.ts';
import type { Caller } from '../domain/registry/caller.ts';
import type { Instant } from '../domain/time.ts';
import { ownInvoice } from './read-invoices.ts';
import { originOf } from './register.ts';

/** How often a call decides again because other money came in between. */
const MAX_TRIES = 8;

export type CounterPaymentName = { invoiceId: InvoiceId; counterPaymentId: MovementId };

/** A try to approve what one proposed oneself. Persons by the id in their tokens, never by name. */
export type OwnApproval = { invoice: string; movement: string; by: string; clientId: string };

export type ReverseDependencies = {
  invoices: Pick<InvoiceBook, 'find' | 'post' | 'proposeReversal' | 'rejectReversal'>;
  /** Writes down for good that somebody tried to be both pairs of eyes. */
  audit: (tried: OwnApproval) => void;
  now: () => Instant;
};

export type CounterReversal = { invoice: Invoice; movement: Movement; replayed: boolean };

/**
 * One person proposes to take a payment at the desk back. Refusals: not_found, forbidden, not_reversible,
 * reversal_pending, idempotency_key_reused.
 */
export async function proposeCounterReversal(
  { invoiceId, counterPaymentId: movementId, reason }: CounterPaymentName & { reason: ReversalReason },
  caller: Caller,
  idempotencyKey: string,
  { invoices, now }: Omit<ReverseDependencies, 'audit'>,
): Promise<CounterReversal> {
  const call = originOf(caller, idempotencyKey, `counter-payments of ${invoiceId} reversal`, { movementId, reason });
  const invoice = await payableAtDesk(invoiceId, caller, invoices);
  const movement = counterMovement(invoice, movementId);
  if (isRepeated(proposalOf(invoice, movementId), call)) return { invoice, movement, replayed: true };
  if (isReversed(invoice, movementId) || !canBeReversed(invoice, now())) throw new Refusal('not_reversible');
  const proposal: ReversalProposal = {
    movementId,
    state: 'proposed',
    by: caller.subject,
    reason,
    proposedAt: now(),
    ...call,
  };
  const proposed = await invoices.proposeReversal(invoice.number, proposal);
  if (proposed.kind === 'proposed') return { invoice: proposed.invoice, movement, replayed: false };
  const { current } = proposed;
  if (!current) throw notFound();
  if (isRepeated(proposalOf(current, movementId), call)) return { invoice: current, movement, replayed: true };
  throw new Refusal(isReversed(current, movementId) ? 'not_reversible' : 'reversal_pending');
}

/**
 * Another person approves: the reversal is entered by a write whose condition names the proposal and that somebody else
 * made it. Approving again answers the same. Refusals: not_found, forbidden, own_approval, reversal_not_pending,
 * not_reversible, version_conflict.
 */
export async function approveCounterReversal(
  { invoiceId, counterPaymentId: movementId }: CounterPaymentName,
  caller: Caller,
  { invoices, audit, now }: ReverseDependencies,
): Promise<CounterReversal> {
  let invoice = await payableAtDesk(invoiceId, caller, invoices);
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const movement = counterMovement(invoice, movementId);
    const proposal = proposalOf(invoice, movementId);
    if (isReversed(invoice, movementId) && proposal?.decidedBy === caller.subject)
      return { invoice, movement, replayed: true };
    if (proposal?.state !== 'proposed' || isReversed(invoice, movementId)) throw new Refusal('reversal_not_pending');
    if (proposal.by === caller.subject) {
      audit({ invoice: invoice.number, movement: movementId, by: caller.subject, clientId: caller.clientId });
      throw new Refusal('own_approval');
    }
    const at = now();
    if (!canBeReversed(invoice, at)) throw new Refusal('not_reversible');
    const posted = await invoices.post(reversal(invoice, movement, { ...proposal, decidedBy: caller.subject }, at));
    if (posted.kind === 'unknownInvoice') throw notFound();
    invoice =
      posted.kind === 'decideAgain' || posted.kind === 'contradicts'
        ? posted.current
        : await payableAtDesk(invoiceId, caller, invoices);
    if (posted.kind === 'posted') return { invoice, movement, replayed: false };
  }
  throw new Refusal('version_conflict');
}

/** Another person, or the proposer, lets the payment stand. Refusals: not_found, forbidden, reversal_not_pending. */
export async function rejectCounterReversal(
  { invoiceId, counterPaymentId: movementId }: CounterPaymentName,
  caller: Caller,
  { invoices }: { invoices: Pick<InvoiceBook, 'find' | 'rejectReversal'> },
): Promise<CounterReversal> {
  const invoice = await payableAtDesk(invoiceId, caller, invoices);
  const movement = counterMovement(invoice, movementId);
  const rejected = await invoices.rejectReversal(invoice.number, movementId, caller.subject);
  if (rejected.kind === 'rejected') return { invoice: rejected.invoice, movement, replayed: false };
  const current = rejected.current ?? invoice;
  const proposal = proposalOf(current, movementId);
  const same = !isReversed(current, movementId) && proposal?.state === 'rejected';
  if (same && proposal.decidedBy === caller.subject) return { invoice: current, movement, replayed: true };
  throw new Refusal('reversal_not_pending');
}

/** The payments at the desk of an invoice, in order of commit, for whoever decides about them. */
export async function listCounterPayments(
  invoiceId: InvoiceId,
  caller: Caller,
  { invoices }: { invoices: Pick<InvoiceBook, 'find'> },
): Promise<{ invoice: Invoice; movements: Movement[] }> {
  const invoice = await ownInvoice(invoiceId, caller, invoices);
  const movements = Object.values(invoice.movements)
    .filter(({ providerId, kind }) => providerId === COUNTER && kind !== 'reversal')
    .sort((one, other) => one.committedAt - other.committedAt);
  return { invoice, movements };
}

/** What was proposed of a movement: while open on the invoice, afterwards in the evidence of the reversal. */
export function proposalOf(invoice: Invoice, movementId: MovementId): ReversalProposal | undefined {
  const reversed = invoice.movements[reversalOf(movementId)];
  if (reversed) return ProposalSchema.parse(JSON.parse(reversed.evidence));
  return invoice.proposal?.movementId === movementId ? invoice.proposal : undefined;
}

async function payableAtDesk(id: InvoiceId, caller: Caller, invoices: Pick<InvoiceBook, 'find'>): Promise<Invoice> {
  if (caller.client.kind !== 'agency' && caller.client.kind !== 'finance') throw new Refusal('forbidden');
  return ownInvoice(id, caller, invoices);
}

function counterMovement(invoice: Invoice, movementId: MovementId): Movement {
  const movement = invoice.movements[movementId];
  if (!movement || movement.providerId !== COUNTER || movement.kind === 'reversal') throw notFound();
  return movement;
}

const isReversed = (invoice: Invoice, movementId: MovementId): boolean =>
  invoice.movements[reversalOf(movementId)] !== undefined;

const canBeReversed = (invoice: Invoice, at: Instant): boolean =>
  policy.deskReversed[columnAt(factsOf(invoice), at)] !== undefined;

function isRepeated(proposal: ReversalProposal | undefined, call: CallOrigin): boolean {
  if (proposal?.keyHash !== call.keyHash) return false;
  if (proposal.bodyHash !== call.bodyHash) throw keyReused();
  return true;
}

function reversal(invoice: Invoice, original: Movement, decided: ReversalProposal, at: Instant): PostMovement {
  const facts = factsOf(invoice);
  const cell = cellOf('deskReversed', columnAt(facts, at), facts.choices);
  const by = { reversedAt: at, evidence: JSON.stringify(decided), providerId: COUNTER };
  return { ...takeBack(facts, original, cell, at, by), approvedBy: decided.decidedBy ?? '' };
}
