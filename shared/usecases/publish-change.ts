import type { BookItem } from '../domain/invoice/book.ts';
import { standing } from '../domain/invoice/invoice.ts';
import { InvoiceNumber } from '../domain/invoice/number.ts';
import { accountingDate } from '../domain/ledger/accounting-date.ts';
import type { JournalAppender, JournalEntry } from '../domain/ledger/journal.ts';
import type { Dong } from '../domain/money/dong.ts';
import type { Delivery } from '../domain/notification/delivery.ts';
import { eventsOf, newMovements, type OutgoingEvent } from '../domain/notification/outgoing.ts';
import type { WebhookEndpoint, WebhookOwner } from '../domain/notification/webhook.ts';
import { type Movement, reversalOf, transactionOf } from '../domain/payment/movement.ts';
import { MAX_ATTEMPTS, paymentReference } from '../domain/payment/reference.ts';
import type { Exception, ExceptionBook } from '../domain/reconciliation/exception.ts';
import type { Instant } from '../domain/time.ts';
import { sha256 } from './hashing.ts';

/** Two contents under one journal key: the books contradict themselves. Never retried away; it must wake somebody. */
export class JournalContradiction extends Error {
  constructor(movementId: string) {
    super(`another content stands in the journal for ${movementId}`);
    this.name = 'JournalContradiction';
  }
}

export type Change = { before: BookItem | undefined; after: BookItem; at: Instant };

export type PublishDependencies = {
  journal: JournalAppender;
  exceptions: Pick<ExceptionBook, 'open'>;
  directory: { endpointOf(owner: WebhookOwner): Promise<WebhookEndpoint | undefined> };
  deliveries: { sendAll(messages: readonly Delivery[]): Promise<void> };
};

/**
 * Makes of one committed change what follows from it: journal entries, work items, events to whoever asked for them. Each
 * of these happens once however often the change is published: the first two by their keys, events by their ids.
 * Throws {@link JournalContradiction} and whatever the stores throw; the stream brings the change back.
 */
export async function publishChange(
  { before, after, at }: Change,
  { journal, exceptions, directory, deliveries }: PublishDependencies,
): Promise<{ entries: number; events: number }> {
  const fresh = movementsOf(before, after);
  await Promise.all(
    fresh.map(async ({ movement, agencyCode, invoiceNumber, dossierCode }) => {
      const appended = await journal.append(
        entryFor(movement, agencyCode, {
          ...(invoiceNumber && { invoiceNumber }),
          ...(dossierCode && { dossierCode }),
        }),
      );
      if (appended === 'contradicts') throw new JournalContradiction(movement.movementId);
    }),
  );
  await Promise.all(
    [
      ...fresh.flatMap(exceptionFor),
      ...parkedExceptions(before, after),
      ...unfinished(before, after, at),
      ...reviewException(before, after),
    ].map((item) => exceptions.open(item)),
  );
  const events = eventsOf(before, after, at, (text) => sha256(text).slice(0, 12));
  const told = events.length > 0 ? await deliveriesOf(events, ownersOf(after), directory) : [];
  if (told.length > 0) await deliveries.sendAll(told);
  return { entries: fresh.length, events: told.length };
}

/** A new movement, the key of the item that bears it, and whose it is. */
type Fresh = {
  movement: Movement;
  key: string;
  agencyCode: string;
  invoiceNumber?: string;
  dossierCode?: string;
  /** What the invoice asks for, in dong. */
  total?: Dong;
};

function movementsOf(before: BookItem | undefined, after: BookItem): Fresh[] {
  if (after.kind === 'invoice') {
    const { agencyCode, dossierCode, number, total } = after.invoice;
    const old = before?.kind === 'invoice' ? before.invoice.movements : undefined;
    return newMovements(old, after.invoice.movements).map((movement) => ({
      movement,
      key: number,
      agencyCode,
      invoiceNumber: number,
      dossierCode,
      total,
    }));
  }
  if (after.kind !== 'receipt') return [];
  const old = before?.kind === 'receipt' ? before.movements : undefined;
  return newMovements(old, after.movements).map((movement) => ({
    movement,
    key: after.key,
    agencyCode: after.agencyCode,
  }));
}

function entryFor(
  { evidence, ...movement }: Movement,
  agencyCode: string,
  of: { invoiceNumber?: string; dossierCode?: string },
): JournalEntry {
  return {
    ...movement,
    agencyCode,
    ...of,
    evidenceHash: sha256(evidence),
    accountingDate: accountingDate(movement.paidAt, movement.committedAt),
  };
}

/** The payment reference, where the movement stands at the number that its reference named. */
function referenceAt(key: string, { attempt }: Movement): { paymentReference?: string } {
  const number = InvoiceNumber.safeParse(key);
  const known = number.success && attempt !== undefined && attempt <= MAX_ATTEMPTS;
  return known ? { paymentReference: paymentReference(number.data, attempt) } : {};
}

const exceptionId = (...parts: readonly string[]): string => `exc_${sha256(parts.join('\n')).slice(0, 24)}`;

function exceptionFor({ movement, key, agencyCode, invoiceNumber, total }: Fresh): Exception[] {
  if (!movement.category) return [];
  const wrongAmount = movement.category === 'AMOUNT_OVER' || movement.category === 'AMOUNT_UNDER';
  return [
    {
      exceptionId: exceptionId('posting', key, movement.movementId, movement.category),
      category: movement.category,
      state: 'OPEN',
      source: 'posting',
      agencyCode,
      providerId: movement.providerId,
      transactionId: movement.transactionId,
      businessDate: accountingDate(movement.paidAt, movement.committedAt),
      openedAt: movement.committedAt,
      // For a wrong amount the two sides are what was due and what came.
      ours: wrongAmount ? (total ?? null) : movement.amount,
      theirs: movement.amount,
      ...(invoiceNumber && { invoiceId: `inv_${invoiceNumber}` }),
      ...referenceAt(key, movement),
    },
  ];
}

/** A reversal that waits for its money, under the id that its own movement would have: it is one matter. */
function parkedExceptions(before: BookItem | undefined, after: BookItem): Exception[] {
  if (after.kind !== 'invoice') return [];
  const known = before?.kind === 'invoice' ? (before.invoice.parked?.length ?? 0) : 0;
  const { number, agencyCode } = after.invoice;
  return (after.invoice.parked ?? []).slice(known).map((parked) => {
    const key = parked.movementId.slice('mov_'.length);
    return {
      exceptionId: exceptionId('posting', number, reversalOf(parked.movementId), 'REVERSED'),
      category: 'REVERSED',
      state: 'OPEN',
      source: 'posting',
      agencyCode,
      providerId: key.slice(0, key.indexOf('_')),
      transactionId: transactionOf(key),
      businessDate: accountingDate(parked.reversedAt, parked.parkedAt),
      openedAt: parked.parkedAt,
      ours: null,
      theirs: parked.amount,
      invoiceId: `inv_${number}`,
    };
  });
}

/** Parts of an invoice that ended before it was wholly paid: they lie with the agency, and somebody must decide. */
function unfinished(before: BookItem | undefined, after: BookItem, at: Instant): Exception[] {
  if (before?.kind !== 'invoice' || after.kind !== 'invoice') return [];
  const { number, state, agencyCode, total } = after.invoice;
  if (state !== 'expired' || before.invoice.state === 'expired') return [];
  return standing(after.invoice)
    .filter(({ kind }) => kind === 'part')
    .map((movement) => ({
      exceptionId: exceptionId('unfinished', number, movement.movementId),
      category: 'AMOUNT_UNDER',
      state: 'OPEN',
      source: 'posting',
      agencyCode,
      providerId: movement.providerId,
      transactionId: movement.transactionId,
      businessDate: accountingDate(movement.paidAt, movement.committedAt),
      openedAt: at,
      ours: total,
      theirs: movement.amount,
      invoiceId: `inv_${number}`,
    }));
}

function reviewException(before: BookItem | undefined, after: BookItem): Exception[] {
  if (after.kind !== 'review' || before) return [];
  const { notice, category, agencyCode, keptAt, key } = after;
  return [
    {
      exceptionId: exceptionId('review', key),
      category,
      state: 'OPEN',
      source: 'posting',
      agencyCode,
      providerId: notice.providerId,
      transactionId: notice.transactionId,
      businessDate: accountingDate(notice.paidAt ?? keptAt, keptAt),
      openedAt: keptAt,
      ours: null,
      // An amount in another currency is no amount in dong.
      theirs: notice.currency === 'VND' ? notice.amount : null,
    },
  ];
}

/** The agency that collects, and the portal that made the invoice. */
function ownersOf(after: BookItem): WebhookOwner[] {
  if (after.kind === 'invoice')
    return [`agency:${after.invoice.agencyCode}`, `client:${after.invoice.origin.clientId}`];
  return after.kind === 'receipt' ? [`agency:${after.agencyCode}`] : [];
}

/** Each event for each owner who asked for its type. An owner is looked up once, not once an event. */
async function deliveriesOf(
  events: readonly OutgoingEvent[],
  owners: readonly WebhookOwner[],
  directory: PublishDependencies['directory'],
): Promise<Delivery[]> {
  const asked = await Promise.all(
    owners.map(async (owner) => ({ owner, endpoint: await directory.endpointOf(owner) })),
  );
  return events.flatMap((event) =>
    asked.flatMap(({ owner, endpoint }) => (endpoint?.events.includes(event.type) ? [{ owner, event }] : [])),
  );
}
