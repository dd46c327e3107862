import { comparePositions, type JournalPosition } from '../domain/ledger/journal.ts';
import {
  ATTEMPTS_BEFORE_BLOCKED,
  type BlockedEndpoint,
  type BlockedEndpoints,
  type MissedDeliveries,
  MissedDelivery,
  probeGapMilliseconds,
} from '../domain/notification/blocked.ts';
import type { Delivery } from '../domain/notification/delivery.ts';
import { cursorBefore, type LateEntries } from '../domain/notification/feed.ts';
import type { WebhookOwner } from '../domain/notification/webhook.ts';
import { type DeliverDependencies, type Delivered, deliverEvent, namedAs } from './deliver-event.ts';

export type HoldDependencies = DeliverDependencies & {
  blocked: Pick<BlockedEndpoints, 'find' | 'block'>;
  missed: Pick<MissedDeliveries, 'keep' | 'forget'>;
  late: Pick<LateEntries, 'end'>;
};

export type Held =
  | Delivered
  /** The endpoint is blocked: the event is told when it answers again, and the message is done with. */
  | { kind: 'held'; newlyBlocked: boolean };

/**
 * Tells an event to an endpoint, or leaves that to the catching up where the endpoint is blocked. A message is done with
 * only when the event was taken, or when it is certain that the catching up will tell it:
 *
 * - it stands in the feed after the cursor: its journal entry was there before this message was, so a reader of the feed
 *   who is still before it cannot miss it; or
 * - it is written down as missed, and after that the endpoint is still seen blocked: the catching up empties that list
 *   only after it has let deliveries through again.
 *
 * Throws what the stores throw; the message comes back then.
 */
export async function deliverOrHold(
  delivery: Delivery,
  attempts: number,
  dependencies: HoldDependencies,
): Promise<Held> {
  const { blocked, late, now } = dependencies;
  const { owner } = delivery;
  const there = await blocked.find(owner);
  if (there && (await isHeld(delivery, there, dependencies))) return noteHeld(delivery, false, dependencies);

  const delivered = await deliverEvent(delivery, dependencies);
  // While an endpoint is being caught up with, that decides whether it is blocked again.
  if (delivered.kind !== 'failed' || attempts < ATTEMPTS_BEFORE_BLOCKED || there) return delivered;

  const at = now();
  const agencyCode = agencyOf(owner);
  const item: BlockedEndpoint = {
    owner,
    state: 'blocked',
    blockedSince: at,
    failingSince: at,
    cursor: cursorBefore(
      feedPosition(delivery)?.committedAt ?? at,
      agencyCode === undefined ? 0 : await late.end(agencyCode),
    ),
    nextProbeAt: at + probeGapMilliseconds(1),
    failures: 1,
    why: delivered.why,
    version: 1,
  };
  const newlyBlocked = (await blocked.block(item)) === 'blocked';
  const blockedBy = newlyBlocked ? item : await blocked.find(owner);
  const held = blockedBy && (await isHeld(delivery, blockedBy, dependencies));
  return held ? noteHeld(delivery, newlyBlocked, dependencies) : delivered;
}

async function noteHeld(
  { owner, event }: Delivery,
  newlyBlocked: boolean,
  { tellings, now }: Pick<HoldDependencies, 'tellings' | 'now'>,
): Promise<Held> {
  await tellings.note(namedAs(event), owner, { kind: 'held' }, now());
  return { kind: 'held', newlyBlocked };
}

const isHolding = ({ state }: BlockedEndpoint): boolean => state !== 'handover';

/** Whether the catching up is certain to tell the event; writes it down as missed where the feed will not. */
async function isHeld(
  { owner, event }: Delivery,
  there: BlockedEndpoint,
  { blocked, missed }: Pick<HoldDependencies, 'blocked' | 'missed'>,
): Promise<boolean> {
  if (!isHolding(there)) return false;
  const position = feedPosition({ owner, event });
  if (position && comparePositions(position, there.cursor) > 0) return true;
  // Nobody asks a disabled endpoint any more. What moved money can be replayed; the rest can be read.
  if (there.state === 'disabled') return true;
  const kept = MissedDelivery.parse(event);
  await missed.keep(owner, kept);
  const still = await blocked.find(owner);
  if (still && isHolding(still)) return true;
  // It stands open since a moment ago, and the list may have been emptied before this was written into it.
  await missed.forget(owner, [kept]);
  return false;
}

/** The agency whose feed an owner is told from; portals have none. */
export function agencyOf(owner: WebhookOwner): string | undefined {
  return owner.startsWith('agency:') ? owner.slice('agency:'.length) : undefined;
}

/** Where an event about money stands in its agency's feed; `undefined` for what the feed does not tell. */
export function feedPosition({ owner, event }: Delivery): JournalPosition | undefined {
  if (agencyOf(owner) === undefined) return undefined;
  const data = event['data'];
  if (typeof data !== 'object' || data === null || !('movementId' in data)) return undefined;
  const { movementId } = data;
  const committedAt = typeof event['time'] === 'string' ? Date.parse(event['time']) : Number.NaN;
  if (typeof movementId !== 'string' || Number.isNaN(committedAt)) return undefined;
  return { committedAt, movementId };
}
