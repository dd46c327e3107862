import type { BookItem } from '../invoice/book.ts';
import { type Attempt, amountOf, type Invoice } from '../invoice/invoice.ts';
import { invoiceId } from '../invoice/number.ts';
import type { Movement } from '../payment/movement.ts';
import { kinds } from '../payment/policy.ts';
import { paymentReference } from '../payment/reference.ts';
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

const money = (amount: number) => ({ amount, currency: 'VND' as const });

/** The id of an attempt's payment. */
export const paymentIdOf = (invoice: Pick<Invoice, 'number'>, index: number): string =>
  `pay_${paymentReference(invoice.number, index + 1)}`;

/**
 * The events that a change of the books stands for. Pure: the same change always gives the same events with the same ids,
 * so that telling it twice is telling it once. Ids are made from what caused the event, never from when it was noticed.
 * `at`: when the change was committed, in milliseconds.
 */
export function eventsOf(
  before: BookItem | undefined,
  after: BookItem,
  at: Instant,
  hash: (text: string) => string,
): OutgoingEvent[] {
  if (after.kind === 'receipt') return receiptEvents(before, after, hash);
  if (after.kind !== 'invoice') return [];
  const old = before?.kind === 'invoice' ? before.invoice : undefined;
  const drafts = [...stateEvents(old, after.invoice, at, hash), ...attemptEvents(old, after.invoice, at)];
  for (const movement of newMovements(old?.movements, after.invoice.movements))
    drafts.push(...movementEvents(old, after.invoice, movement, hash));
  return drafts.map((draft, ordinal) => complete(after.invoice, draft, ordinal));
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
      total: money(invoice.total),
      ...data,
    },
  };
}

/**
 * What happens to an invoice once bears its plain name; after its money went back it may happen again, and is then told
 * apart by the reversal before it.
 */
function onceMore(before: Invoice, name: string, hash: (text: string) => string): string {
  const reversals = Object.values(before.movements).filter((movement) => movement.kind === 'reversal');
  const ids = reversals.map((movement) => movement.movementId).sort();
  return ids.length === 0 ? name : `${name}_${hash(ids.join('\n'))}`;
}

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
        name: onceMore(invoice, 'expired', hash),
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

const paymentData = (invoice: Invoice, attempt: Attempt, index: number) => ({
  paymentId: paymentIdOf(invoice, index),
  provider: attempt.providerId,
  amount: money(amountOf(attempt, invoice)),
});

export function newMovements(
  old: Readonly<Record<string, Movement>> | undefined,
  now: Readonly<Record<string, Movement>>,
): Movement[] {
  return Object.values(now).filter((movement) => !old?.[movement.movementId]);
}

function movementEvents(
  old: Invoice | undefined,
  invoice: Invoice,
  movement: Movement,
  hash: (text: string) => string,
): Draft[] {
  const at = movement.committedAt;
  const attempt = movement.attempt === undefined ? undefined : invoice.attempts[movement.attempt - 1];
  const payment =
    attempt && movement.attempt !== undefined ? paymentData(invoice, attempt, movement.attempt - 1) : undefined;
  const facts = {
    provider: movement.providerId,
    providerTransactionId: movement.transactionId,
    movementId: movement.movementId,
    paidAt: formatInstant(movement.paidAt),
  };
  const exact = movement.kind === 'payment' || movement.kind === 'surplus';
  const late = attempt?.state === 'succeeded_late';
  const success: Draft[] =
    payment && exact
      ? [
          {
            name: `pay${movement.attempt}_${late ? 'late' : 'succeeded'}_${hash(movement.movementId)}`,
            type: late ? 'payment.succeeded_late.v1' : 'payment.succeeded.v1',
            at,
            data: { ...payment, ...facts },
          },
        ]
      : [];
  const type = kinds[movement.kind].tells;
  const moved = { ...facts, ...(payment && { paymentId: payment.paymentId }) };
  const named = `${movement.kind}_${hash(movement.movementId)}`;
  const amount = money(movement.amount);
  switch (movement.kind) {
    case 'payment':
      return [...success, { name: onceMore(old ?? invoice, 'paid', hash), type, at, data: moved }];
    case 'part':
      return [{ name: named, type, at, data: { ...moved, amount, due: money(invoice.due) } }];
    case 'reversal':
      return [
        { name: named, type, at, data: { ...moved, amount, due: money(invoice.due), invoiceState: invoice.state } },
      ];
    default:
      return [...success, { name: named, type, at, data: { ...facts, amount, category: movement.category } }];
  }
}

function receiptEvents(
  before: BookItem | undefined,
  { agencyCode, movements }: Extract<BookItem, { kind: 'receipt' }>,
  hash: (text: string) => string,
): OutgoingEvent[] {
  const old = before?.kind === 'receipt' ? before.movements : undefined;
  return newMovements(old, movements).map((movement) => ({
    id: `evt_mov_${hash(movement.movementId)}`,
    type: 'money.unmatched.v1',
    time: formatInstant(movement.committedAt),
    source: 'thuphi',
    subject: movement.movementId,
    sequence: 1,
    data: {
      agencyCode,
      provider: movement.providerId,
      providerTransactionId: movement.transactionId,
      movementId: movement.movementId,
      paidAt: formatInstant(movement.paidAt),
      amount: money(movement.amount),
      category: movement.category,
    },
  }));
}
