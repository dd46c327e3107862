import type { BusinessCalendar } from '../calendar.ts';
import { amountOf, attemptStateAt, type Invoice, standing, stateAt } from '../invoice/invoice.ts';
import { accountingDate } from '../ledger/accounting-date.ts';
import type { Dong } from '../money/dong.ts';
import type { Telling } from '../notification/telling.ts';
import { USUAL_ASKING } from '../payment/asking.ts';
import { COUNTER } from '../payment/counter.ts';
import type { Movement, MovementId } from '../payment/movement.ts';
import { paymentReference } from '../payment/reference.ts';
import { type KeptReceipt, type ReceiptId, receiptsDue } from '../receipt/receipt.ts';
import type { StatementId } from '../reconciliation/statement-id.ts';
import { leftOf } from '../refund/decide.ts';
import type { Refund } from '../refund/refund.ts';
import {
  isDueAgain,
  type OrderId,
  type Remittance,
  type RemittanceId,
  type RemittanceOrder,
} from '../remittance/remittance.ts';
import { type Instant, startOfDay } from '../time.ts';
import { awaitedWords, hopWords, type Words } from './words.ts';

/**
 * Where every dong of an invoice has been, from the dossier on, and what is awaited next of it, by when, and from whom. Made
 * from the invoice's own item, its receipts, what became of its events, and what partners have reported.
 */

/** Who did something, and who holds money or has the next step. `us`: this service. */
export type Holder = 'payer' | 'portal' | 'provider' | 'agency' | 'treasury' | 'us';

export type Hop = {
  kind: keyof typeof hopWords;
  at: Instant;
  /** `name`: a client, a person by the id in the token, or a provider. */
  actor: { kind: Holder; name?: string };
  words: Words;
  amount?: Dong;
  paymentId?: string;
  movementId?: MovementId;
  refundId?: string;
  /** What proves it: the hash of the bytes as they were received. */
  sha256?: string;
  /** The partner's file that names the money. */
  statementId?: StatementId;
  receipt?: { receiptId: ReceiptId; symbol: string; number: number; replaces?: ReceiptId };
  /** The batch that pays it on, and of an order its reference. */
  remittance?: { remittanceId: RemittanceId; orderId?: OrderId };
  event?: { id: string; type: string; why?: string };
};

export type Awaited = {
  kind: keyof typeof awaitedWords;
  words: Words;
  amount?: Dong;
  /** Absent where nothing sets a time. */
  by?: Instant;
  overdue: boolean;
  holder: Holder;
  paymentId?: string;
  movementId?: MovementId;
  refundId?: string;
  receiptId?: ReceiptId;
  remittance?: { remittanceId: RemittanceId; orderId?: OrderId };
  event?: { id: string; type: string; why?: string };
};

export type Trace = { hops: readonly Hop[]; awaited: readonly Awaited[] };

/** What a provider's settlement file says of a movement. */
export type ReportedMoney = { reportedAt: Instant; amount: number; matched: boolean; statementId: StatementId };

/** Money must be at the treasury before this hour of the next working day (Decree 252/2026/ND-CP, article 61). */
const AT_TREASURY_BY_HOUR = 10;
const HOUR = 3_600_000;

type Known = {
  now: Instant;
  calendar: Pick<BusinessCalendar, 'workingDayAfter'>;
  reported: ReadonlyMap<MovementId, ReportedMoney>;
  /** The batches by which moneys were, or are to be, paid on. */
  remitted: ReadonlyMap<MovementId, Remittance>;
  /** Absent where the agency gives no electronic receipts. */
  receipts?: readonly KeptReceipt[] | undefined;
  tellings: readonly Telling[];
  /** SHA-256 of a text, hex. */
  hash: (text: string) => string;
};

/** The hops in the order of their instants, and what is awaited. Pure. */
export function traceOf(invoice: Invoice, known: Known): Trace {
  const hops = [
    made(invoice),
    ...ended(invoice, known.now),
    ...invoice.attempts.map((attempt, index): Hop => {
      const { createdAt, providerId } = attempt;
      return hop(
        'paymentStarted',
        createdAt,
        { kind: 'payer' },
        { paymentId: paymentId(invoice, index), name: providerId },
      );
    }),
    ...Object.values(invoice.movements).flatMap((movement) => movementHops(invoice, movement, known)),
    ...Object.values(invoice.refunding?.refunds ?? {}).flatMap(refundHops),
    ...(known.receipts ?? []).map(receiptHop),
    ...known.tellings.flatMap(tellingHops),
  ];
  return {
    hops: hops.sort((one, other) => one.at - other.at),
    awaited: [
      ...awaitedPayment(invoice, known.now),
      ...standing(invoice).flatMap((movement) => awaitedOf(invoice, movement, known)),
      ...Object.values(invoice.refunding?.refunds ?? {}).flatMap((refund) => awaitedRefund(refund, known.now)),
      ...awaitedReceipts(invoice, known),
      ...known.tellings
        .filter(({ toldAt }) => toldAt === undefined)
        .map((telling) => awaitedTelling(telling, known.now)),
    ],
  };
}

const paymentId = ({ number }: Invoice, index: number): string => `pay_${paymentReference(number, index + 1)}`;

function hop(
  kind: Hop['kind'],
  at: Instant,
  actor: Hop['actor'],
  { name, ...more }: Omit<Partial<Hop>, 'kind' | 'at' | 'actor'> & { name?: string } = {},
): Hop {
  return { kind, at, actor: { ...actor, ...(name !== undefined && { name }) }, words: hopWords[kind], ...more };
}

const made = ({ createdAt, origin, total }: Invoice): Hop =>
  hop('invoiceMade', createdAt, { kind: 'portal' }, { name: origin.clientId, amount: total });

/** Expiry is computed when it is read: nobody writes it down before the sweep. */
const ended = (invoice: Invoice, now: Instant): Hop[] =>
  stateAt(invoice, now) === 'expired'
    ? [hop('expired', invoice.expiresAt, { kind: 'us' }, { amount: invoice.due })]
    : [];

function receiptHop({ receiptId, symbol, number, issuedAt, total, replaces, payment }: KeptReceipt): Hop {
  const receipt = { receiptId, symbol, number, ...(replaces && { replaces: replaces.receiptId }) };
  const about = { amount: total, movementId: payment.movementId, receipt };
  return hop(replaces ? 'receiptReplaced' : 'receiptIssued', issuedAt, { kind: 'us' }, about);
}

/** Whom an endpoint belongs to: an agency, or the portal that a client is. */
const heardBy = ({ owner }: Telling): Holder => (owner.startsWith('agency:') ? 'agency' : 'portal');
const nameOf = ({ owner }: Telling): string => owner.slice(owner.indexOf(':') + 1);

function tellingHops(telling: Telling): Hop[] {
  const { eventId: id, type, why, toldAt, heldAt, failedAt } = telling;
  const endpoint = { kind: heardBy(telling) };
  const at = (kind: Hop['kind'], instant: Instant | undefined, actor: Hop['actor'], event: Hop['event']): Hop[] =>
    instant === undefined || !event ? [] : [hop(kind, instant, actor, { name: nameOf(telling), event })];
  return [
    ...at('notTaken', failedAt, endpoint, { id, type, ...(why !== undefined && { why }) }),
    ...at('heldBack', heldAt, { kind: 'us' }, { id, type }),
    ...at('told', toldAt, endpoint, { id, type }),
  ];
}

function awaitedTelling(telling: Telling, now: Instant): Awaited {
  const { eventId: id, type, why } = telling;
  return awaited('endpointTakes', heardBy(telling), now, { event: { id, type, ...(why !== undefined && { why }) } });
}

/** Receipts come within seconds of the money; none of them has a time by law that is not past by then. */
function awaitedReceipts(invoice: Invoice, { receipts, now }: Known): Awaited[] {
  if (!receipts) return [];
  return [
    ...receiptsDue(invoice, receipts).map(({ total, receiptId }) =>
      awaited('receipt', 'us', now, { amount: total, receiptId }),
    ),
    ...receipts
      .filter(({ xml }) => xml === undefined)
      .map(({ total, receiptId }) => awaited('receiptSignature', 'us', now, { amount: total, receiptId })),
  ];
}

/** When the payer's bank debited, when we entered it, and when the provider's file named it: three facts with three dates. */
function movementHops(invoice: Invoice, movement: Movement, { reported, remitted, hash }: Known): Hop[] {
  const { movementId, kind, amount, providerId, attempt, paidAt, committedAt } = movement;
  if (kind === 'refund') return [];
  const about = {
    amount,
    movementId,
    ...(attempt !== undefined && invoice.attempts[attempt - 1] && { paymentId: paymentId(invoice, attempt - 1) }),
  };
  const evidence = { ...about, sha256: hash(movement.evidence) };
  const inFile = reported.get(movementId);
  const atDesk = providerId === COUNTER;
  const came: Hop = atDesk
    ? hop('paidAtDesk', paidAt, { kind: 'agency' }, evidence)
    : hop(kind === 'reversal' ? 'reversed' : 'paid', paidAt, { kind: 'provider' }, { ...evidence, name: providerId });
  return [
    came,
    hop(enteredAs[kind], committedAt, { kind: 'us' }, about),
    ...(inFile
      ? [
          hop(
            inFile.matched ? 'reported' : 'reportedOtherwise',
            inFile.reportedAt,
            { kind: 'provider' },
            {
              ...about,
              name: providerId,
              statementId: inFile.statementId,
            },
          ),
        ]
      : []),
    ...remittanceHops(invoice, movementId, remitted.get(movementId)),
  ];
}

/** The orders of a batch that pay the purses of an invoice. */
const ordersFor = ({ agencyCode, lines }: Invoice, { orders }: Remittance): RemittanceOrder[] =>
  orders.filter(
    ({ payee }) =>
      payee.agencyCode === agencyCode && lines.some(({ beneficiary }) => beneficiary === payee.beneficiary),
  );

/** Orders pay many moneys together, so their hops bear no amount of one. */
function remittanceHops(invoice: Invoice, movementId: MovementId, batch: Remittance | undefined): Hop[] {
  if (!batch) return [];
  const { remittanceId, by, proposedAt, decidedBy, decidedAt, exportedBy, exportedAt } = batch;
  const at = (kind: Hop['kind'], instant: Instant | undefined, actor: Hop['actor'], orderId?: OrderId): Hop[] =>
    instant === undefined
      ? []
      : [hop(kind, instant, actor, { movementId, remittance: { remittanceId, ...(orderId && { orderId }) } })];
  const person = (name: string | undefined): Hop['actor'] => ({ kind: 'agency', ...(name !== undefined && { name }) });
  return [
    ...at('remittanceProposed', proposedAt, person(by)),
    ...at('remittanceApproved', decidedAt, person(decidedBy)),
    ...at('remittanceExported', exportedAt, person(exportedBy)),
    ...ordersFor(invoice, batch).flatMap(({ orderId, paid, returned, ended }) => [
      ...at(
        'remitted',
        (paid ?? (ended && ended.debited > 0 ? ended : undefined))?.readAt,
        { kind: 'treasury' },
        orderId,
      ),
      ...at('remittanceReturned', returned?.readAt, { kind: 'treasury' }, orderId),
    ]),
  ];
}

/** What is awaited of money that a batch pays on. */
function awaitedRemittance(invoice: Invoice, movementId: MovementId, batch: Remittance, now: Instant): Awaited[] {
  const { remittanceId, state } = batch;
  const next = (kind: Awaited['kind'], orderId?: OrderId): Awaited =>
    awaited(kind, 'agency', now, { movementId, remittance: { remittanceId, ...(orderId && { orderId }) } });
  if (state === 'proposed') return [next('remittanceDecision')];
  if (state === 'approved') return [next('remittanceExport')];
  return ordersFor(invoice, batch).flatMap((order) => {
    if (order.state === 'waiting') return [next('remittanceDebit', order.orderId)];
    return isDueAgain(order) ? [next('remittanceAgain', order.orderId)] : [];
  });
}

const enteredAs = {
  payment: 'enteredAsPayment',
  part: 'enteredAsPart',
  surplus: 'enteredAsSurplus',
  unmatched: 'enteredAsUnmatched',
  reversal: 'enteredAsReversal',
} as const satisfies Record<Exclude<Movement['kind'], 'refund'>, Hop['kind']>;

function refundHops(refund: Refund): Hop[] {
  const { refundId, amount, movementId, state, by, decidedBy, decidedAt, sentAt, report, settledAt } = refund;
  const about = { refundId, amount, movementId };
  const at = (kind: Hop['kind'], instant: Instant | undefined, actor: Hop['actor']): Hop[] =>
    instant === undefined ? [] : [hop(kind, instant, actor, about)];
  const decided = state === 'rejected' ? 'refundRejected' : state === 'withdrawn' ? 'refundWithdrawn' : 'refundOrdered';
  const agency = (name: string | undefined): Hop['actor'] => ({ kind: 'agency', ...(name !== undefined && { name }) });
  return [
    ...at('refundAsked', refund.requestedAt, agency(by)),
    ...at(decided, decidedAt, agency(state === 'withdrawn' ? by : decidedBy)),
    ...at('refundSent', sentAt, { kind: 'us' }),
    ...at('orderMade', refund.order?.at, agency(refund.order?.by)),
    ...at('returnReported', report?.at, agency(report?.by)),
    ...at(
      state === 'failed' ? 'refundFailed' : 'refundDone',
      settledAt,
      report ? agency(report.decidedBy) : { kind: 'provider' },
    ),
  ];
}

function awaited(
  kind: Awaited['kind'],
  holder: Holder,
  now: Instant,
  { by, ...about }: Partial<Awaited> = {},
): Awaited {
  return {
    kind,
    words: awaitedWords[kind],
    ...about,
    ...(by !== undefined && { by }),
    overdue: by !== undefined && by < now,
    holder,
  };
}

/** What is due of an open invoice, and what providers have not said of attempts. */
function awaitedPayment(invoice: Invoice, now: Instant): Awaited[] {
  const open: Awaited[] =
    stateAt(invoice, now) === 'open'
      ? [awaited('payment', 'payer', now, { amount: invoice.due, by: invoice.expiresAt })]
      : [];
  const unanswered = invoice.attempts.flatMap((attempt, index): Awaited[] => {
    const answered = Object.values(invoice.movements).some((movement) => movement.attempt === index + 1);
    if (answered || !['created', 'pending'].includes(attempt.state)) return [];
    const about = { paymentId: paymentId(invoice, index), amount: amountOf(attempt, invoice) };
    if (attemptStateAt(attempt, now) !== 'expired')
      return [awaited('paymentAtProvider', 'payer', now, { ...about, by: attempt.expiresAt })];
    // Asked about until then; after that it is on the work list.
    return [awaited('providersWord', 'provider', now, { ...about, by: attempt.createdAt + USUAL_ASKING.bound })];
  });
  return [...open, ...unanswered];
}

/** Of money that is there: the provider's file, then the treasury; of surplus, what people decide. */
function awaitedOf(invoice: Invoice, movement: Movement, { now, calendar, reported, remitted }: Known): Awaited[] {
  const { movementId, kind, amount, paidAt, committedAt, providerId } = movement;
  const next: Awaited[] = [];
  const left = leftOf(invoice, movement);
  if ((kind === 'surplus' || kind === 'unmatched') && left > 0)
    next.push(awaited('decisionOnSurplus', 'agency', now, { movementId, amount: left }));
  if (providerId === COUNTER) return next;
  const batch = remitted.get(movementId);
  if (batch) return [...next, ...awaitedRemittance(invoice, movementId, batch, now)];
  const day = accountingDate(paidAt, committedAt);
  const by = startOfDay(calendar.workingDayAfter(day, 1)) + AT_TREASURY_BY_HOUR * HOUR;
  const inFile = reported.get(movementId);
  if (!inFile) next.push(awaited('providersFile', 'provider', now, { movementId, amount, by }));
  else if (!inFile.matched) next.push(awaited('difference', 'agency', now, { movementId, amount }));
  // No batch counts it yet, or it was paid on longer ago than is looked back.
  else next.push({ ...awaited('treasuryCredit', 'provider', now, { movementId, amount, by }), overdue: false });
  return next;
}

function awaitedRefund({ state, refundId, amount, movementId, dueBy }: Refund, now: Instant): Awaited[] {
  const about = { refundId, amount, movementId, ...(dueBy !== undefined && { by: dueBy }) };
  switch (state) {
    case 'requested':
      return [awaited('refundDecision', 'agency', now, about)];
    case 'approved':
      return [awaited('refundSending', 'us', now, about)];
    case 'sent':
      return [awaited('refundWord', 'provider', now, about)];
    case 'manual':
      return [awaited('returnByHand', 'agency', now, about)];
    case 'reported':
      return [awaited('returnConfirmation', 'agency', now, about)];
    default:
      return [];
  }
}
