import type { BookItem } from '../domain/invoice/book.ts';
import { begunBy, begunFor, type Invoice, standing } from '../domain/invoice/invoice.ts';
import { InvoiceNumber, printedNumber } from '../domain/invoice/number.ts';
import { accountingDate } from '../domain/ledger/accounting-date.ts';
import { actOf } from '../domain/ledger/act.ts';
import type { EntryAct, JournalAppender, JournalEntry } from '../domain/ledger/journal.ts';
import { ImplausibleItem, implausibleChange } from '../domain/ledger/plausible.ts';
import type { Delivery } from '../domain/notification/delivery.ts';
import {
  eventsOf,
  firstSequence,
  foundSequence,
  newMovements,
  type OutgoingEvent,
  reversalsBefore,
} from '../domain/notification/outgoing.ts';
import type { WebhookOwner } from '../domain/notification/webhook.ts';
import {
  BY_HAND,
  creditOf,
  isMoved,
  type Movement,
  type MovementId,
  reversalOf,
  transactionOf,
} from '../domain/payment/movement.ts';
import { MAX_ATTEMPTS, paymentReference } from '../domain/payment/reference.ts';
import type { ReceiptOrder } from '../domain/receipt/book.ts';
import type { Exception, ExceptionBook } from '../domain/reconciliation/exception.ts';
import { refundEvidence } from '../domain/refund/decide.ts';
import { type Refund, refundReference } from '../domain/refund/refund.ts';
import type { RegistryReader } from '../domain/registry/book.ts';
import { DIALECT_CONFIRM, type DialectConfirmation, dialectOrderName } from '../domain/registry/dialect.ts';
import { type Instant, vietnamDay } from '../domain/time.ts';
import { eventHash, exceptionId, sha256 } from './hashing.ts';
import { type FeedDependencies, settleInFeed } from './read-feed.ts';

/** Two contents under one journal key: the books contradict themselves. Never retried away; it must wake somebody. */
export class JournalContradiction extends Error {
  constructor(movementId: string) {
    super(`another content stands in the journal for ${movementId}`);
    this.name = 'JournalContradiction';
  }
}

export type Change = {
  before: BookItem | undefined;
  after: BookItem;
  at: Instant;
  /** Made up from what the item had become when its movements were found missing: what stood before them is not known. */
  found?: true;
};

export type PublishDependencies = Pick<FeedDependencies, 'watermark' | 'late'> & {
  journal: JournalAppender;
  exceptions: Pick<ExceptionBook, 'open' | 'clear'>;
  directory: Pick<RegistryReader, 'endpointOf' | 'agency'>;
  deliveries: { sendAll(messages: readonly Delivery[]): Promise<void> };
  receiptOrders: { sendAll(messages: readonly ReceiptOrder[]): Promise<void> };
};

/**
 * Makes of one committed change what follows from it: journal entries, work items, events to whoever asked for them. Each
 * of these happens once however often the change is published: the first two by their keys, events by their ids.
 * Throws {@link JournalContradiction} and whatever the stores throw; the stream brings the change back.
 */
export async function publishChange(
  change: Change,
  dependencies: PublishDependencies,
): Promise<{ entries: number; events: number }> {
  const entered = await enterChange(change, dependencies);
  await tellChanges([entered], dependencies);
  return { entries: entered.entries.length, events: entered.deliveries.length };
}

/** What of a change has come into journal and work list, and what is still to be told and ordered. */
export type Entered = {
  entries: readonly JournalEntry[];
  deliveries: readonly Delivery[];
  receiptOrders: readonly ReceiptOrder[];
};

/**
 * The first half of {@link publishChange}: journal and work list. Nothing is told before {@link tellChanges}. Throws
 * {@link ImplausibleItem} for a change that no write of this service makes: it is put aside, and somebody must look.
 */
export async function enterChange(
  { before, after, at, found }: Change,
  { journal, exceptions, directory }: Pick<PublishDependencies, 'journal' | 'exceptions' | 'directory'>,
): Promise<Entered> {
  const why = implausibleChange(before, after);
  if (why) throw new ImplausibleItem(why);
  const fresh = movementsOf(before, after, found);
  // What stands there already is told as it stands there: whoever tells it, and whenever, says the same.
  const entries = await Promise.all(
    fresh.map(entryFor).map(async (entry) => {
      const appended = await journal.append(entry);
      if (appended.kind === 'contradicts') throw new JournalContradiction(entry.movementId);
      return appended.kind === 'alreadyThere' ? appended.entry : entry;
    }),
  );
  await Promise.all(
    [
      ...mattersIn(after, fresh),
      ...parkedExceptions(before, after),
      ...unfinished(before, after, at),
      ...returnsByHand(before, after, at),
      ...reviewException(before, after),
    ].map((item) => exceptions.open(item)),
  );
  for (const matched of matchedExceptions(before, after)) await exceptions.clear(matched);
  const events = eventsOf(before, after, at, entries, eventHash);
  const asked = events.length > 0 ? await deliveriesOf(events, ownersOf(after), directory) : [];
  return {
    entries,
    deliveries: [...asked, ...confirmationsOf(events, after)],
    receiptOrders: await receiptOrdersOf(fresh, after, directory),
  };
}

/**
 * The second half: settles the entries in the feed, then tells their events. In this order, because a delivery to a blocked
 * endpoint is left to the feed (see `deliverOrHold`). Several changes at once cost one read and few messages.
 */
export async function tellChanges(
  entered: readonly Entered[],
  dependencies: Pick<PublishDependencies, 'watermark' | 'late' | 'deliveries' | 'receiptOrders'>,
): Promise<void> {
  await settleInFeed(
    entered.flatMap(({ entries }) => entries),
    dependencies,
  );
  const told = entered.flatMap(({ deliveries }) => deliveries);
  if (told.length > 0) await dependencies.deliveries.sendAll(told);
  const ordered = entered.flatMap(({ receiptOrders }) => receiptOrders);
  if (ordered.length > 0) await dependencies.receiptOrders.sendAll(ordered);
}

/** Money that came to an invoice or left it may change its receipts, where its agency gives any. */
async function receiptOrdersOf(
  fresh: readonly Fresh[],
  after: BookItem,
  directory: PublishDependencies['directory'],
): Promise<ReceiptOrder[]> {
  if (fresh.length === 0 || after.kind !== 'invoice') return [];
  const { number, agencyCode } = after.invoice;
  return (await directory.agency(agencyCode))?.receipts ? [{ invoiceNumber: number }] : [];
}

/** A new movement, the key of the item that bears it, whose it is, and who made it. */
export type Fresh = { movement: Movement; key: string; agencyCode: string; act: EntryAct; of?: OfInvoice };

/** What the invoice says of its movement. */
type OfInvoice = Required<Pick<JournalEntry, 'invoiceNumber' | 'dossierCode' | 'madeBy' | 'total' | 'sequence'>> &
  Pick<JournalEntry, 'attemptWas' | 'asked' | 'due' | 'stateAfter' | 'refunded' | 'again'>;

export function movementsOf(before: BookItem | undefined, after: BookItem, found = false): Fresh[] {
  if (after.kind === 'invoice') {
    const { invoice } = after;
    const old = before?.kind === 'invoice' ? before.invoice : undefined;
    return newMovements(old?.movements, invoice.movements).map((movement, place) => ({
      movement,
      key: invoice.number,
      agencyCode: invoice.agencyCode,
      act: actOf(movement, invoice.refunding?.refunds),
      of: {
        invoiceNumber: invoice.number,
        dossierCode: invoice.dossierCode,
        madeBy: invoice.origin.clientId,
        total: invoice.total,
        sequence: found ? foundSequence(invoice, movement) : firstSequence(old, invoice, place),
        ...(movement.attempt !== undefined && { attemptWas: attemptWas(invoice, movement.attempt) }),
        ...oddities(found ? undefined : old, invoice, movement),
      },
    }));
  }
  if (after.kind !== 'receipt') return [];
  const old = before?.kind === 'receipt' ? before.movements : undefined;
  return newMovements(old, after.movements).map((movement) => ({
    movement,
    key: after.key,
    agencyCode: after.agencyCode,
    act: actOf(movement),
  }));
}

function attemptWas({ attempts }: Invoice, attempt: number): 'absent' | 'live' | 'late' {
  const state = attempts[attempt - 1]?.state;
  return state === undefined ? 'absent' : state === 'succeeded_late' ? 'late' : 'live';
}

/** What only an invoice has that was paid in parts or whose money went back. */
function oddities(
  old: Invoice | undefined,
  invoice: Invoice,
  movement: Movement,
): Pick<OfInvoice, 'asked' | 'due' | 'stateAfter' | 'refunded' | 'again'> {
  const { kind, attempt, movementId } = movement;
  if (kind === 'refund') {
    const { refunded } = refundEvidence(movement);
    return refunded === undefined ? {} : { refunded };
  }
  const asked = attempt === undefined ? undefined : invoice.attempts[attempt - 1]?.amount;
  if (kind === 'part' || kind === 'reversal')
    return { due: invoice.due, stateAfter: invoice.state, ...(asked !== undefined && { asked }) };
  const again =
    kind === 'payment' ? (old ? reversalsBefore(old.movements, eventHash) : oneOfSome(invoice, movementId)) : undefined;
  return { ...(asked !== undefined && { asked }), ...(again !== undefined && { again }) };
}

/**
 * Tells a payment apart from others of its invoice where nobody knows any more in which order they came: clocks differ.
 * Nothing has been told of it yet, because that is done from its entry.
 */
function oneOfSome({ movements }: Invoice, movementId: MovementId): string | undefined {
  const payments = Object.values(movements).filter(({ kind }) => kind === 'payment');
  return payments.length > 1 ? eventHash(movementId) : undefined;
}

/** What the journal must say of the movements that a change brought, in their order. */
export const entriesOfChange = (before: BookItem | undefined, after: BookItem): JournalEntry[] =>
  movementsOf(before, after).map(entryFor);

function entryFor({ movement: { evidence, ...movement }, agencyCode, act, of }: Fresh): JournalEntry {
  return {
    ...movement,
    agencyCode,
    act,
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

/** The work item of a movement about which somebody must decide; none for any other. */
export function exceptionFor({ movement, key, agencyCode, of }: Fresh): Exception[] {
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
      ours: wrongAmount ? (of?.total ?? null) : movement.amount,
      theirs: movement.amount,
      ...(of && { invoiceId: `inv_${of.invoiceNumber}` }),
      ...referenceAt(key, movement),
    },
  ];
}

/**
 * Work items of unmatched bank credits that this change moved to where they belong: nobody need look any more. They were
 * opened by an earlier change of the same item.
 */
function matchedExceptions(before: BookItem | undefined, after: BookItem): Exception[] {
  const already = before ? movedOn(before) : new Set();
  const moved = new Set([...movedOn(after)].filter((id) => !already.has(id)));
  if (moved.size === 0) return [];
  return movementsOf(undefined, after)
    .filter(({ movement }) => moved.has(movement.movementId))
    .flatMap(exceptionFor);
}

/** The bank credits of an item that lay unmatched and lie elsewhere now. */
function movedOn(item: BookItem): ReadonlySet<MovementId> {
  if (item.kind === 'receipt') return new Set(item.movedTo ? Object.keys(item.movements) : []);
  if (item.kind !== 'invoice') return new Set();
  return new Set(Object.keys(item.invoice.movements).filter(isMoved).map(creditOf));
}

/** What somebody must decide about a movement, while it lies where it was entered. */
const mattersIn = (after: BookItem, fresh: readonly Fresh[]): Exception[] => {
  const moved = movedOn(after);
  return fresh.filter(({ movement }) => !moved.has(movement.movementId)).flatMap(exceptionFor);
};

/** A reversal that waits for its money, under the id that its own movement would have: it is one matter. */
export function parkedExceptions(before: BookItem | undefined, after: BookItem): Exception[] {
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

/**
 * Parts of an invoice that ended before it was wholly paid: they lie with the agency, and somebody must decide. Those that
 * were there when it ended, and each that comes after: made in time, and told late.
 */
function unfinished(before: BookItem | undefined, after: BookItem, at: Instant): Exception[] {
  if (before?.kind !== 'invoice' || after.kind !== 'invoice') return [];
  const { state, movements } = before.invoice;
  return unfinishedParts(after.invoice, at, ({ movementId }) => state !== 'expired' || !movements[movementId]);
}

function unfinishedParts(
  invoice: Invoice,
  at: Instant,
  isFresh: (part: Movement) => boolean = () => true,
): Exception[] {
  if (invoice.state !== 'expired') return [];
  return standing(invoice)
    .filter((movement) => movement.kind === 'part' && isFresh(movement))
    .map((part) => unfinishedPart(invoice, part, at));
}

/** The work item of a part that lies with the agency while the invoice is over. `at`: when it was found. */
export function unfinishedPart({ number, agencyCode, total }: Invoice, part: Movement, at: Instant): Exception {
  return {
    exceptionId: exceptionId('unfinished', number, part.movementId),
    category: 'AMOUNT_UNDER',
    state: 'OPEN',
    source: 'posting',
    agencyCode,
    providerId: part.providerId,
    transactionId: part.transactionId,
    businessDate: accountingDate(part.paidAt, part.committedAt),
    openedAt: at,
    ours: total,
    theirs: part.amount,
    invoiceId: `inv_${number}`,
  };
}

/** Refunds that no provider gives back: a person must, once for each. */
function returnsByHand(before: BookItem | undefined, after: BookItem, at: Instant): Exception[] {
  if (after.kind !== 'invoice') return [];
  const { invoice } = after;
  const old = before?.kind === 'invoice' ? before.invoice.refunding?.refunds : undefined;
  return Object.values(invoice.refunding?.refunds ?? {})
    .filter(({ refundId, state }) => state === 'manual' && old?.[refundId]?.state !== 'manual')
    .map((refund) => returnByHand(invoice, refund, at));
}

/** The work item of a refund that a person gives back. `at`: since when. */
export function returnByHand(
  { number, agencyCode, movements }: Invoice,
  { refundId, movementId, amount }: Refund,
  at: Instant,
): Exception {
  return {
    exceptionId: exceptionId('refund', refundId, 'RETURN_BY_HAND'),
    category: 'RETURN_BY_HAND',
    state: 'OPEN',
    source: 'posting',
    agencyCode,
    providerId: movements[movementId]?.providerId ?? BY_HAND,
    transactionId: refundReference(refundId),
    businessDate: vietnamDay(at),
    openedAt: at,
    ours: amount,
    theirs: null,
    invoiceId: `inv_${number}`,
  };
}

/** The work item of a review; none for anything else, or for one that was there before. */
export function reviewException(before: BookItem | undefined, after: BookItem): Exception[] {
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

/**
 * Something that somebody must decide, and when it came about; `movementId`: opened when that movement is entered.
 * `byClock`: opened once the clock came by, so that nothing but the work item tells when.
 */
export type Matter = { exception: Exception; since: Instant; movementId?: MovementId; byClock?: true };

/** All that somebody must decide about an item, whenever it came about. `at`: now. */
export function mattersOf(item: BookItem, at: Instant): Matter[] {
  const ofMovements = movementsOf(undefined, item).flatMap((fresh) => {
    const { committedAt, movementId } = fresh.movement;
    return mattersIn(item, [fresh]).map((exception) => ({ exception, since: committedAt, movementId }));
  });
  const others = [...parkedExceptions(undefined, item), ...reviewException(undefined, item)];
  const unpaid = item.kind === 'invoice' ? unfinishedParts(item.invoice, at) : [];
  const { expiresAt = at } = item.kind === 'invoice' ? item.invoice : {};
  return [
    ...ofMovements,
    ...others.map((exception) => ({ exception, since: exception.openedAt })),
    ...unpaid.map((exception) => ({ exception, since: expiresAt, byClock: true as const })),
  ];
}

/** The agency that collects, and the portal that made the invoice. */
function ownersOf(after: BookItem): WebhookOwner[] {
  if (after.kind === 'invoice')
    return [`agency:${after.invoice.agencyCode}`, `client:${after.invoice.origin.clientId}`];
  return after.kind === 'receipt' ? [`agency:${after.agencyCode}`] : [];
}

/** Events after which an order in a portal's own dialect is told there: paid, or over and never to be paid. */
const CONFIRMED: Readonly<Record<string, { outcome: DialectConfirmation['outcome']; at: string }>> = {
  'invoice.paid.v1': { outcome: 'paid', at: 'paidAt' },
  'invoice.expired.v1': { outcome: 'over', at: 'expiredAt' },
  'invoice.cancelled.v1': { outcome: 'over', at: 'cancelledAt' },
};

/** Portals that ordered or began to pay in their own dialect are told there too what became of it. */
function confirmationsOf(events: readonly OutgoingEvent[], after: BookItem): Delivery[] {
  if (after.kind !== 'invoice') return [];
  const orders = dialectOrdersOf(after.invoice);
  return events.flatMap((event) => orders.flatMap((order, place) => confirmation(event, after.invoice, order, place)));
}

function confirmation(
  { id, type, data }: OutgoingEvent,
  { dossierCode }: Invoice,
  { clientId, reference, amount, wentOn }: DialectOrderOwner,
  place: number,
): Delivery[] {
  const told = CONFIRMED[type];
  if (!told) return [];
  const { at } = told;
  const outcome = wentOn ? 'over' : told.outcome;
  const money =
    outcome === 'paid'
      ? { transactionId: String(data['providerTransactionId']), bank: String(data['provider']) }
      : { transactionId: '', bank: '' };
  const words: DialectConfirmation = {
    outcome,
    reference,
    amount,
    ...money,
    dossierCode,
    paidAt: Date.parse(String(data[at])),
  };
  return [
    { owner: `client:${clientId}`, event: { id: `${id}_dvcqg${place || ''}`, type: DIALECT_CONFIRM, data: words } },
  ];
}

/** `amount`: the sum of the order, in dong. `wentOn`: its client pays under the printed number since, and is told there what is paid. */
type DialectOrderOwner = { clientId: string; reference: string; amount: number; wentOn: boolean };

/**
 * Who is told of an invoice by CONFIRM: who ordered it, by the order's name, and who began to pay it under its printed
 * number, by that. Of one payment a client is told under one name, so that no sum counts twice.
 */
function dialectOrdersOf(invoice: Invoice): DialectOrderOwner[] {
  const { metadata, origin, number, attempts, total } = invoice;
  const name = dialectOrderName(metadata);
  const payers = new Set(attempts.flatMap(begunFor));
  return [
    ...(name
      ? [{ clientId: origin.clientId, reference: name.reference, amount: total, wentOn: payers.has(origin.clientId) }]
      : []),
    ...[...payers].map((clientId) => ({
      clientId,
      reference: printedNumber(number),
      amount: begunBy(invoice, clientId) ?? total,
      wentOn: false,
    })),
  ];
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
