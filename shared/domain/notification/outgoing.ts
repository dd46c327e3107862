import type { BookItem } from '../invoice/book.ts';
import { type Attempt, amountOf, type Invoice } from '../invoice/invoice.ts';
import { InvoiceNumber, invoiceId } from '../invoice/number.ts';
import { comparePositions, isOfPayers, type JournalEntry } from '../ledger/journal.ts';
import type { Movement, MovementKind } from '../payment/movement.ts';
import { kinds } from '../payment/policy.ts';
import { paymentReference } from '../payment/reference.ts';
import { OWN_DIGITS, type Refund } from '../refund/refund.ts';
import type { RefundState } from '../refund/states.ts';
import { formatInstant, type Instant } from '../time.ts';
import type { WebhookEventType } from './webhook.ts';

/** An event as it goes out; its contract stands in `events/`. */
export type OutgoingEvent = {
  id: string;
  type: WebhookEventType;
  time: string;
  source: 'thuphi';
  subject: string;
  sequence: number;
  data: Record<string, unknown>;
};

/** Room for the events of one write between two versions of an invoice. */
const EVENTS_A_VERSION = 8;
/** Most of them that a write leaves: two movements (money that was taken back before it came), a state, an attempt. */
const EVENTS_A_WRITE = 6;
/** An invoice is created before money comes. */
const LEAST_VERSION_OF_MONEY = 2;
/** A movement tells of itself, and of the attempt that it settles. */
const EVENTS_A_MOVEMENT = 2;

const inDong = (amount: number) => ({ amount, currency: 'VND' as const });

/** The id of an attempt's payment. */
export const paymentIdOf = (invoice: Pick<Invoice, 'number'>, index: number): string =>
  `pay_${paymentReference(invoice.number, index + 1)}`;

/**
 * The events that a change of the books stands for. Pure: the same change always gives the same events with the same ids,
 * so that telling it twice is telling it once. Ids are made from what caused the event, never from when it was noticed.
 * `at`: when the change was committed, in milliseconds. `entries`: the journal's words about the change's new movements,
 * in their order: what is told of money is told from the journal, so that the feed tells the same.
 */
export function eventsOf(
  before: BookItem | undefined,
  after: BookItem,
  at: Instant,
  entries: readonly JournalEntry[],
  hash: (text: string) => string,
): OutgoingEvent[] {
  const money = entries.flatMap((entry) => moneyEventsOf(entry, hash));
  if (after.kind !== 'invoice') return money;
  const old = before?.kind === 'invoice' ? before.invoice : undefined;
  const drafts = otherDrafts(old, after.invoice, at, hash);
  return [...drafts.map((draft, ordinal) => complete(after.invoice, draft, ordinal)), ...money];
}

const otherDrafts = (
  old: Invoice | undefined,
  invoice: Invoice,
  at: Instant,
  hash: (text: string) => string,
): Draft[] => [
  ...stateEvents(old, invoice, at, hash),
  ...attemptEvents(old, invoice, at),
  ...refundEvents(old, invoice, at),
];

/** Sequence of the first event about a change's new movement, the `place`-th of them from 0. */
export function firstSequence(old: Invoice | undefined, invoice: Invoice, place: number): number {
  const before = otherDrafts(old, invoice, invoice.createdAt, String).length + place * EVENTS_A_MOVEMENT;
  return invoice.version * EVENTS_A_VERSION + before;
}

/**
 * The same of a movement that was found missing: the least version that can have brought it, behind the events that a write
 * leaves there. Two movements are never told with one number, and none with that of another event.
 */
export function foundSequence({ movements }: Invoice, movement: Movement): number {
  const before = Object.values(movements).filter((one) => comparePositions(one, movement) < 0).length;
  return (LEAST_VERSION_OF_MONEY + before) * EVENTS_A_VERSION + EVENTS_A_WRITE;
}

type Draft = { name: string; type: WebhookEventType; at: Instant; data: Record<string, unknown> };

function complete(invoice: Invoice, { name, type, at, data }: Draft, ordinal: number): OutgoingEvent {
  return {
    id: `evt_${invoice.number}_${name}`,
    type,
    time: formatInstant(at),
    source: 'thuphi',
    subject: invoiceId(invoice.number),
    sequence: invoice.version * EVENTS_A_VERSION + ordinal,
    data: {
      invoiceId: invoiceId(invoice.number),
      dossierCode: invoice.dossierCode,
      agencyCode: invoice.agencyCode,
      total: inDong(invoice.total),
      ...data,
    },
  };
}

/**
 * What happens to an invoice once bears its plain name; after its money went back it may happen again, and is then told
 * apart by the reversals before it. Absent where there were none.
 */
export function reversalsBefore(
  movements: Readonly<Record<string, Movement>>,
  hash: (text: string) => string,
): string | undefined {
  const reversals = Object.values(movements).filter((movement) => movement.kind === 'reversal');
  const ids = reversals.map((movement) => movement.movementId).sort();
  return ids.length === 0 ? undefined : hash(ids.join('\n'));
}

const onceMore = (name: string, again: string | undefined): string => (again === undefined ? name : `${name}_${again}`);

function stateEvents(old: Invoice | undefined, invoice: Invoice, at: Instant, hash: (text: string) => string): Draft[] {
  if (!old)
    return [
      {
        name: 'created',
        type: 'invoice.created.v1',
        at: invoice.createdAt,
        data: { expiresAt: formatInstant(invoice.expiresAt) },
      },
    ];
  if (old.state === invoice.state) return [];
  if (invoice.state === 'cancelled')
    return [{ name: 'cancelled', type: 'invoice.cancelled.v1', at, data: { cancelledAt: formatInstant(at) } }];
  if (invoice.state === 'expired')
    return [
      {
        name: onceMore('expired', reversalsBefore(invoice.movements, hash)),
        type: 'invoice.expired.v1',
        at,
        data: { expiredAt: formatInstant(invoice.expiresAt) },
      },
    ];
  return [];
}

/** A success is told with its money; here stand the declines. */
function attemptEvents(old: Invoice | undefined, invoice: Invoice, at: Instant): Draft[] {
  return invoice.attempts.flatMap((attempt, index) =>
    attempt.state === 'failed' && old?.attempts[index]?.state !== 'failed'
      ? [
          {
            name: `pay${index + 1}_failed`,
            type: 'payment.failed.v1',
            at,
            data: { ...paymentData(invoice, attempt, index), failedAt: formatInstant(at) },
          } satisfies Draft,
        ]
      : [],
  );
}

/** What is told when a refund comes into a state; one that is done is told with its money. */
const refundTells: Partial<Record<RefundState, WebhookEventType>> = {
  requested: 'refund.requested.v1',
  approved: 'refund.approved.v1',
  rejected: 'refund.rejected.v1',
  withdrawn: 'refund.withdrawn.v1',
  manual: 'refund.by_hand.v1',
  failed: 'refund.failed.v1',
};

function refundEvents(old: Invoice | undefined, invoice: Invoice, at: Instant): Draft[] {
  return Object.values(invoice.refunding?.refunds ?? {}).flatMap((refund) => {
    const was = old?.refunding?.refunds[refund.refundId]?.state;
    const type = was === refund.state ? undefined : refundTells[refund.state];
    // Back from a report that was rejected: it was told before that a person must give it back.
    if (!type || (was === 'reported' && refund.state === 'manual')) return [];
    return [
      { name: `refund${refund.refundId.slice(-OWN_DIGITS)}_${refund.state}`, type, at, data: refundData(refund) },
    ];
  });
}

const refundData = ({ refundId, amount, reason, movementId, dueBy, byHand }: Refund) => ({
  refundId,
  amount: inDong(amount),
  reason,
  of: movementId,
  ...(dueBy !== undefined && { dueBy: formatInstant(dueBy) }),
  ...(byHand && { byHand }),
});

const paymentData = (invoice: Invoice, attempt: Attempt, index: number) => ({
  paymentId: paymentIdOf(invoice, index),
  provider: attempt.providerId,
  amount: inDong(amountOf(attempt, invoice)),
});

export function newMovements(
  old: Readonly<Record<string, Movement>> | undefined,
  now: Readonly<Record<string, Movement>>,
): Movement[] {
  return Object.values(now).filter((movement) => !old?.[movement.movementId]);
}

/** What a draft of money becomes, in the order in which it is told. */
type MoneyDraft = { name: string; type: WebhookEventType; data: Record<string, unknown> };

/**
 * The events about one movement, from the journal's entry alone: webhooks, feed and replay make them here and nowhere else,
 * so that ids and contents are the same.
 */
export function moneyEventsOf(entry: JournalEntry, hash: (text: string) => string): OutgoingEvent[] {
  const { invoiceNumber } = entry;
  if (!isOfPayers(entry)) return [];
  const number = invoiceNumber === undefined ? undefined : InvoiceNumber.parse(invoiceNumber);
  const drafts = number === undefined ? [unmatchedDraft(entry, hash)] : invoiceDrafts(entry, number, hash);
  const sequence = entry.sequence ?? 1;
  return drafts.map(({ name, type, data }, ordinal) => ({
    id: `evt_${number ?? 'mov'}_${name}`,
    type,
    time: formatInstant(entry.committedAt),
    source: 'thuphi' as const,
    subject: number === undefined ? entry.movementId : invoiceId(number),
    sequence: sequence + ordinal,
    data: { ...(number !== undefined && aboutInvoice(entry, number)), ...data },
  }));
}

const aboutInvoice = ({ dossierCode, agencyCode, total, amount }: JournalEntry, number: InvoiceNumber) => ({
  invoiceId: invoiceId(number),
  dossierCode,
  agencyCode,
  // What an older version wrote has no total; a plain payment is exactly the total.
  total: inDong(total ?? amount),
});

const factsOf = (entry: JournalEntry) => ({
  provider: entry.providerId,
  providerTransactionId: entry.transactionId,
  movementId: entry.movementId,
  paidAt: formatInstant(entry.paidAt),
});

function invoiceDrafts(
  entry: JournalEntry & { kind: MovementKind },
  number: InvoiceNumber,
  hash: (text: string) => string,
): MoneyDraft[] {
  const { attempt, kind, attemptWas = 'live' } = entry;
  const facts = factsOf(entry);
  const late = attemptWas === 'late';
  // An attempt that was never made is named by its reference alone; nothing succeeded there.
  const made = attempt !== undefined && attemptWas !== 'absent';
  const paymentId = made ? `pay_${paymentReference(number, attempt)}` : undefined;
  const success: MoneyDraft[] =
    paymentId !== undefined && (kind === 'payment' || kind === 'surplus')
      ? [
          {
            name: `pay${attempt}_${late ? 'late' : 'succeeded'}_${hash(entry.movementId)}`,
            type: late ? 'payment.succeeded_late.v1' : 'payment.succeeded.v1',
            data: { paymentId, amount: inDong(entry.asked ?? entry.total ?? entry.amount), ...facts },
          },
        ]
      : [];
  const type = kinds[kind].tells;
  const moved = { ...facts, ...(paymentId && { paymentId }) };
  const named = `${kind}_${hash(entry.movementId)}`;
  const amount = inDong(entry.amount);
  const due = inDong(entry.due ?? 0);
  switch (kind) {
    case 'payment':
      return [...success, { name: onceMore('paid', entry.again), type, data: moved }];
    case 'part':
      return [{ name: named, type, data: { ...moved, amount, due } }];
    case 'reversal':
      return [{ name: named, type, data: { ...moved, amount, due, invoiceState: entry.stateAfter } }];
    case 'refund':
      return refundDrafts(entry, named, { ...moved, amount });
    default:
      return [...success, { name: named, type, data: { ...facts, amount, category: entry.category } }];
  }
}

/** Money that was given back, and what that makes of the invoice where its own money went. */
function refundDrafts(entry: JournalEntry, named: string, moved: Record<string, unknown>): MoneyDraft[] {
  const { refunded, total, transactionId } = entry;
  const data = { ...moved, refundId: `rfd_${transactionId}` };
  const completed: MoneyDraft = { name: named, type: kinds.refund.tells, data };
  if (refunded === undefined) return [completed];
  const type = refunded === total ? 'invoice.refunded.v1' : 'invoice.partially_refunded.v1';
  const name = `${refunded === total ? 'refunded' : 'partially_refunded'}_${transactionId.slice(-OWN_DIGITS)}`;
  return [completed, { name, type, data: { ...data, refunded: inDong(refunded) } }];
}

const unmatchedDraft = (entry: JournalEntry, hash: (text: string) => string): MoneyDraft => ({
  name: hash(entry.movementId),
  type: 'money.unmatched.v1',
  data: {
    agencyCode: entry.agencyCode,
    ...factsOf(entry),
    amount: inDong(entry.amount),
    category: entry.category,
  },
});
