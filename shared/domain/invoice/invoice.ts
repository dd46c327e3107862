import * as z from 'zod';
import { AgencyCode, DossierCode, ProcedureCode } from '../identity/codes.ts';
import { maskNumber } from '../identity/mask.ts';
import { lazy } from '../lazy.ts';
import { Dong, sum } from '../money/dong.ts';
import { type AttemptState, AttemptState as AttemptStateSchema } from '../payment/advance.ts';
import { PolicyChoices } from '../payment/choices.ts';
import { Movement, MovementId, type MovementKind, ParkedReversal, takersOf } from '../payment/movement.ts';
import { Language, ProviderId } from '../payment/provider.ts';
import { Refunding } from '../refund/refund.ts';
import type { Instant } from '../time.ts';
import { LineKind } from './line-kind.ts';
import { InvoiceNumber } from './number.ts';
import { InvoiceState } from './states.ts';

/** Most lines of one invoice. */
export const MAX_LINES = 50;
/** How long an invoice is payable unless its maker says otherwise: to the end of the 15th day, in days. */
export const DEFAULT_VALIDITY_DAYS = 15;
/** Longest that a maker may ask for, in days. */
export const MAX_VALIDITY_DAYS = 365;

/** One fee on an invoice. The price stays as quoted, whatever the catalogue says later. */
export const InvoiceLine = lazy(() =>
  z.object({
    feeItem: z.string(),
    kind: LineKind,
    quantity: z.int().min(1),
    amount: Dong,
    beneficiary: z.string(),
  }),
);
export type InvoiceLine = z.infer<typeof InvoiceLine>;

/** Most calls beside the first that one attempt answers. */
export const MAX_SHARED_CALLS = 10;

/** A call that is remembered with what it made: keyed hashes of caller and idempotency key, and of its body. */
export const CallOrigin = lazy(() => z.object({ keyHash: z.string(), bodyHash: z.string() }));
export type CallOrigin = z.infer<typeof CallOrigin>;

/** One attempt to pay, as stored; whether its deadline has passed is computed when it is read. Instants in milliseconds. */
export const Attempt = lazy(() =>
  z.object({
    providerId: ProviderId,
    merchantAccountId: z.string(),
    terminal: z.string(),
    state: AttemptStateSchema,
    createdAt: z.int(),
    expiresAt: z.int(),
    /** What it is to pay, where parts were paid before: then less than the total. */
    amount: Dong.optional(),
    returnUrl: z.string(),
    language: Language,
    payerIp: z.string(),
    /** Keyed hash of caller and idempotency key: a repeated call finds its attempt by it. */
    keyHash: z.string(),
    bodyHash: z.string(),
    /** What the provider's own preparation left, where it had to be told of the payment first. */
    prepared: z.string().optional(),
    /** The client that began it in the national platform's words and is told by CONFIRM, where it did not make the invoice. */
    confirmTo: z.string().optional(),
    /** Clients that began it so as well while it was payable: they are told likewise. */
    joinedBy: z.array(z.string()).max(MAX_SHARED_CALLS).optional(),
    /** Further calls that were answered with this attempt because it was still payable. */
    sharedWith: z.array(CallOrigin).max(MAX_SHARED_CALLS).optional(),
  }),
);
export type Attempt = z.infer<typeof Attempt>;

/** What an attempt is to pay, in dong. */
export const amountOf = ({ amount }: Pick<Attempt, 'amount'>, { total }: { total: Dong }): Dong => amount ?? total;

/** Clients that began an attempt in the national platform's words without having made the invoice. */
export const begunFor = ({ confirmTo, joinedBy = [] }: Pick<Attempt, 'confirmTo' | 'joinedBy'>): readonly string[] =>
  confirmTo === undefined ? joinedBy : [confirmTo, ...joinedBy];

/** What a client began to pay in the national platform's words, in dong: by its last attempt; `undefined` where it began none. */
export const begunBy = (
  { attempts, total }: { attempts: readonly Pick<Attempt, 'amount' | 'confirmTo' | 'joinedBy'>[]; total: Dong },
  clientId: string,
): Dong | undefined => {
  const last = attempts.findLast((attempt) => begunFor(attempt).includes(clientId));
  return last && amountOf(last, { total });
};

/** How many further calls the attempts of an invoice were shared with. */
export const sharedCalls = (attempts: readonly Attempt[]): number =>
  attempts.reduce((sum, attempt) => sum + (attempt.sharedWith?.length ?? 0), 0);

export const Payer = lazy(() =>
  z.object({
    name: z.string(),
    idNumber: z.string().optional(),
    taxCode: z.string().optional(),
  }),
);
export type Payer = z.infer<typeof Payer>;

/** The authority's notice or decision that sets what is due: its number, its day, and the obligation's id at the tax office. */
export const NoticeReference = lazy(() =>
  z.object({
    number: z.string(),
    date: z.string().optional(),
    obligationId: z.string().optional(),
  }),
);
export type NoticeReference = z.infer<typeof NoticeReference>;

/** Who made the invoice and with which call: the item is its own idempotency record. */
const Origin = lazy(() => z.object({ clientId: z.string(), keyHash: z.string(), bodyHash: z.string() }));

/** Why a payment at the desk is taken back. */
export const ReversalReason = lazy(() =>
  z.enum(['WRONG_AMOUNT', 'WRONG_INVOICE', 'CARD_DECLINED', 'PAID_TWICE', 'ENTERED_BY_MISTAKE']),
);
export type ReversalReason = z.infer<typeof ReversalReason>;

/** Who wants a payment at the desk to be taken back, and why; another person decides. `by`, `decidedBy`: persons. */
export const ReversalProposal = lazy(() =>
  CallOrigin.extend({
    movementId: MovementId,
    state: z.enum(['proposed', 'rejected']),
    by: z.string(),
    reason: ReversalReason,
    proposedAt: z.int(),
    decidedBy: z.string().optional(),
  }),
);
export type ReversalProposal = z.infer<typeof ReversalProposal>;

export const Invoice = lazy(() =>
  z.object({
    number: InvoiceNumber,
    state: InvoiceState,
    agencyCode: AgencyCode,
    dossierCode: DossierCode,
    procedureCode: ProcedureCode,
    lines: z.array(InvoiceLine).min(1).max(MAX_LINES),
    total: Dong,
    /** What is still to be paid: the total less the parts paid, nothing once paid. */
    due: Dong,
    /** Who pays, whose dossier it is, and whose obligation: often one person, and then only the payer is named. */
    payer: Payer,
    owner: Payer.optional(),
    debtor: Payer.optional(),
    notice: NoticeReference.optional(),
    createdAt: z.int(),
    expiresAt: z.int(),
    origin: Origin,
    replaces: InvoiceNumber.optional(),
    /** Set once another invoice stands for this one: from then on no money pays it any more, not even money paid in time. */
    replacedBy: InvoiceNumber.optional(),
    metadata: z.record(z.string(), z.string()).optional(),
    /** What the agency had chosen in the policy table, where it differs from the default. */
    choices: PolicyChoices.optional(),
    attempts: z.array(Attempt),
    movements: z.record(MovementId, Movement),
    /** Reversals that came before their money, in order; one whose money has come stands among the movements too. */
    parked: z.array(ParkedReversal).optional(),
    /** A payment at the desk that somebody wants to take back; absent once it is. */
    proposal: ReversalProposal.optional(),
    /** Refunds with the remainders that they are taken from; absent before the first. */
    refunding: Refunding.optional(),
    /** Counts the writes; orders the events of one invoice. Never a condition. */
    version: z.int().min(1),
  }),
);
export type Invoice = z.infer<typeof Invoice>;

/** The state as of now: an open invoice whose deadline has passed is expired, whether or not anybody wrote that down. */
export function stateAt(invoice: Pick<Invoice, 'state' | 'expiresAt'>, now: Instant): InvoiceState {
  return invoice.state === 'open' && now > invoice.expiresAt ? 'expired' : invoice.state;
}

/** The state of an attempt as of now; likewise computed. */
export function attemptStateAt(attempt: Pick<Attempt, 'state' | 'expiresAt'>, now: Instant): AttemptState {
  const waiting = attempt.state === 'created' || attempt.state === 'pending';
  return waiting && now > attempt.expiresAt ? 'expired' : attempt.state;
}

/** Whether the page of a waiting attempt would still take what is due, no more and no less. */
export const isWanted = (attempt: Attempt, invoice: Invoice, now: Instant): boolean =>
  stateAt(invoice, now) === 'open' && amountOf(attempt, invoice) === invoice.due;

/** Whether a movement was neither reversed, nor moved by another one. */
export const stands = ({ movements }: Pick<Invoice, 'movements'>, id: MovementId): boolean =>
  movements[id] !== undefined && takersOf(id).every((taker) => movements[taker] === undefined);

/** The movements that brought money and still stand. */
export function standing(invoice: Pick<Invoice, 'movements'>): Movement[] {
  return Object.values(invoice.movements).filter(
    ({ kind, movementId }) => kind !== 'reversal' && kind !== 'refund' && stands(invoice, movementId),
  );
}

/**
 * What was paid towards the invoice, what came in beyond it, what came in that fits nothing, what banks took back, and what
 * was refunded of all of it. In dong; what banks took back counts there alone.
 */
export function moneyOf(invoice: Pick<Invoice, 'movements'>): {
  paid: Dong;
  surplus: Dong;
  unmatched: Dong;
  reversed: Dong;
  refunded: Dong;
  paidAt?: Instant;
} {
  const there = standing(invoice);
  const payment = there.find((movement) => movement.kind === 'payment');
  const of = (movements: readonly Movement[], ...kinds: MovementKind[]) =>
    sum(movements.filter((movement) => kinds.includes(movement.kind)).map((movement) => movement.amount));
  return {
    paid: of(there, 'payment', 'part'),
    surplus: of(there, 'surplus'),
    unmatched: of(there, 'unmatched'),
    reversed: of(Object.values(invoice.movements), 'reversal'),
    refunded: of(Object.values(invoice.movements), 'refund'),
    ...(payment && { paidAt: payment.paidAt }),
  };
}

/** Enough of a payer to recognise, too little to copy: the family name's first letter of each word, the last four digits. */
export function maskedPayer(payer: Payer): Payer {
  const words = payer.name.split(/\s+/);
  return {
    name: words.map((word, place) => (place === words.length - 1 ? word : `${[...word][0] ?? ''}•`)).join(' '),
    ...(payer.idNumber && { idNumber: maskNumber(payer.idNumber) }),
    ...(payer.taxCode && { taxCode: maskNumber(payer.taxCode) }),
  };
}

/** What one payment adds to each beneficiary, in the order of the lines. Lines of nothing are left out. */
export function byBeneficiary(
  lines: readonly Pick<InvoiceLine, 'beneficiary' | 'amount'>[],
): { beneficiary: string; amount: Dong }[] {
  const amounts = new Map<string, Dong[]>();
  for (const line of lines) amounts.set(line.beneficiary, [...(amounts.get(line.beneficiary) ?? []), line.amount]);
  return [...amounts]
    .map(([beneficiary, parts]) => ({ beneficiary, amount: sum(parts) }))
    .filter((part) => part.amount > 0);
}
