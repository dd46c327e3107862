import type { InvoiceBook } from '../domain/invoice/book.ts';
import type { Invoice } from '../domain/invoice/invoice.ts';
import { InvoiceNumber } from '../domain/invoice/number.ts';
import type { JournalEntry } from '../domain/ledger/journal.ts';
import type { BlockedEndpoints } from '../domain/notification/blocked.ts';
import type { Delivery } from '../domain/notification/delivery.ts';
import { cursorBefore } from '../domain/notification/feed.ts';
import { moneyEventsOf, type OutgoingEvent } from '../domain/notification/outgoing.ts';
import type { WebhookDirectory } from '../domain/notification/ports.ts';
import { MAX_REPLAY_DAYS, MAX_REPLAY_MILLISECONDS, type Replay, type Replays } from '../domain/notification/replay.ts';
import type { WebhookOwner } from '../domain/notification/webhook.ts';
import { keyReused, notFound, Refusal } from '../domain/refusal.ts';
import type { Caller } from '../domain/registry/caller.ts';
import { mayActFor } from '../domain/registry/registry.ts';
import type { Instant } from '../domain/time.ts';
import { bodyHash, eventHash, keyedText } from './hashing.ts';
import { entriesOfChange } from './publish-change.ts';
import type { FeedDependencies } from './read-feed.ts';

export type ReplayDependencies = Pick<FeedDependencies, 'journal' | 'late' | 'now'> & {
  invoices: Pick<InvoiceBook, 'findMany'>;
  directory: WebhookDirectory;
  blocked: Pick<BlockedEndpoints, 'find' | 'save'>;
  replays: Pick<Replays, 'begin' | 'save'>;
  deliveries: { sendAll(messages: readonly Delivery[]): Promise<void> };
};

export type Replayed = { replay: Replay; replayed: boolean };

/**
 * Whose endpoint is told, and whose events a caller sees: a portal its own invoices', an agency (or an operator for it) all
 * of its own. Refusals: not_found.
 */
export function ownerFor({ client, clientId }: Caller, agencyCode: string): WebhookOwner {
  if (!mayActFor(client, agencyCode)) throw notFound();
  return client.kind === 'portal' ? `client:${clientId}` : `agency:${agencyCode}`;
}

/** Whether an owner may hear of an entry of an agency that it may act for. */
export const isTold = (owner: WebhookOwner, entry: Pick<JournalEntry, 'madeBy'>): boolean =>
  owner.startsWith('agency:') || owner === `client:${entry.madeBy}`;

/** Tells all events about the money of an invoice again. Refusals: not_found, webhook_missing, idempotency_key_reused. */
export async function replayInvoice(
  number: InvoiceNumber,
  caller: Caller,
  idempotencyKey: string,
  dependencies: ReplayDependencies,
): Promise<Replayed> {
  const { owner, invoice } = await ownInvoice(number, caller, dependencies);
  const events = await moneyEvents(invoice, dependencies);
  return once({ owner, agencyCode: invoice.agencyCode }, { number }, events, caller, idempotencyKey, dependencies);
}

const EVENT_OF_INVOICE = /^evt_([1-9][0-9]{11})_/;

/**
 * Tells one event again. Only events about money on an invoice can be found by their id. Refusals: not_found,
 * event_not_replayable, webhook_missing, idempotency_key_reused.
 */
export async function replayEvent(
  eventId: string,
  caller: Caller,
  idempotencyKey: string,
  dependencies: ReplayDependencies,
): Promise<Replayed> {
  const number = InvoiceNumber.safeParse(EVENT_OF_INVOICE.exec(eventId)?.[1]);
  if (!number.success) throw new Refusal('event_not_replayable');
  const { owner, invoice } = await ownInvoice(number.data, caller, dependencies);
  const events = (await moneyEvents(invoice, dependencies)).filter(({ id }) => id === eventId);
  if (events.length === 0) throw new Refusal('event_not_replayable');
  return once({ owner, agencyCode: invoice.agencyCode }, { eventId }, events, caller, idempotencyKey, dependencies);
}

/**
 * Begins to tell again what moved money in a range of time; a run of the clock goes on with it. Refusals: not_found,
 * range_too_wide, unprocessable, webhook_missing, idempotency_key_reused.
 */
export async function replayRange(
  { agencyCode, from, to }: { agencyCode: string; from: Instant; to: Instant },
  caller: Caller,
  idempotencyKey: string,
  dependencies: ReplayDependencies,
): Promise<Replayed> {
  const { late, replays, now } = dependencies;
  const owner = ownerFor(caller, agencyCode);
  if (from > to || to > now())
    throw new Refusal('unprocessable', undefined, [{ pointer: '/body/to', message: 'between from and now' }]);
  if (to - from > MAX_REPLAY_MILLISECONDS)
    throw new Refusal('range_too_wide', undefined, [
      { pointer: '/body/from', message: `at most ${MAX_REPLAY_DAYS} days before to` },
    ]);
  await requireEndpoint(owner, dependencies);
  const replay = begun({ owner, agencyCode }, { from, to }, caller, idempotencyKey, now());
  const ranged: Replay = { ...replay, range: { from, to }, cursor: cursorBefore(from, await late.end(agencyCode)) };
  const { replay: there, begun: isNew } = await replays.begin(ranged);
  if (there.bodyHash !== ranged.bodyHash) throw keyReused();
  // A call that died in between comes again: while the replay runs, its endpoint must be asked.
  if (there.state === 'running') await rearm(owner, dependencies);
  return { replay: there, replayed: !isNew };
}

async function ownInvoice(
  number: InvoiceNumber,
  caller: Caller,
  { invoices }: Pick<ReplayDependencies, 'invoices'>,
): Promise<{ owner: WebhookOwner; invoice: Invoice }> {
  const [invoice] = await invoices.findMany([number]);
  if (!invoice) throw notFound();
  const owner = ownerFor(caller, invoice.agencyCode);
  if (!isTold(owner, { madeBy: invoice.origin.clientId })) throw notFound();
  return { owner, invoice };
}

/** As the journal has them, in the order of their commits. What is not in the journal yet will be told by itself. */
async function moneyEvents(invoice: Invoice, { journal }: Pick<ReplayDependencies, 'journal'>) {
  const expected = entriesOfChange(undefined, { kind: 'invoice', invoice });
  const entries = await Promise.all(expected.map((entry) => journal.at(entry)));
  return entries
    .filter((entry) => entry !== undefined)
    .sort((one, other) => one.committedAt - other.committedAt)
    .flatMap((entry) => moneyEventsOf(entry, eventHash));
}

/** Sends once for one call. A call that died before it was done sends again, under the same ids. */
async function once(
  whose: Pick<Replay, 'owner' | 'agencyCode'>,
  asked: unknown,
  events: readonly OutgoingEvent[],
  caller: Caller,
  idempotencyKey: string,
  dependencies: ReplayDependencies,
): Promise<Replayed> {
  const { replays, deliveries, now } = dependencies;
  const { events: wanted } = await requireEndpoint(whose.owner, dependencies);
  const replay = begun(whose, asked, caller, idempotencyKey, now());
  const { replay: there } = await replays.begin(replay);
  if (there.bodyHash !== replay.bodyHash) throw keyReused();
  if (there.state === 'done') return { replay: there, replayed: true };
  await rearm(whose.owner, dependencies);
  const told = events.filter(({ type }) => wanted.includes(type)).map((event) => ({ owner: whose.owner, event }));
  if (told.length > 0) await deliveries.sendAll(told);
  const done: Replay = { ...there, state: 'done', sent: told.length };
  return { replay: (await replays.save(done)) ?? done, replayed: false };
}

function begun(
  { owner, agencyCode }: Pick<Replay, 'owner' | 'agencyCode'>,
  asked: unknown,
  { clientId }: Caller,
  idempotencyKey: string,
  requestedAt: Instant,
): Replay {
  return {
    replayId: `rpl_${keyedText(idempotencyKey, 'replay', clientId)}`,
    owner,
    agencyCode,
    bodyHash: bodyHash(idempotencyKey, asked),
    state: 'running',
    sent: 0,
    requestedAt,
    version: 1,
  };
}

async function requireEndpoint(owner: WebhookOwner, { directory }: Pick<ReplayDependencies, 'directory'>) {
  const endpoint = await directory.endpointOf(owner);
  if (!endpoint) throw new Refusal('webhook_missing');
  return endpoint;
}

/** Whoever asks for a replay says that the endpoint works again: it is asked at once, also where nobody asked any more. */
async function rearm(owner: WebhookOwner, { blocked, now }: Pick<ReplayDependencies, 'blocked' | 'now'>) {
  const there = await blocked.find(owner);
  if (there?.state !== 'disabled') return;
  // Overtaken by another: that one has it in hand.
  await blocked.save({ ...there, state: 'blocked', nextProbeAt: now(), failingSince: now(), failures: 0 });
}
