import * as z from 'zod';
import { lazy } from '../lazy.ts';
import { DAY_MILLISECONDS, type Instant } from '../time.ts';
import { EventId } from './delivery.ts';
import { FeedCursor } from './feed.ts';
import { WebhookOwner } from './webhook.ts';

/**
 * An endpoint that does not answer. Its first failures are delayed messages, for some minutes; after that the endpoint, and
 * not each message, is written down: one item, however many events follow. It is asked again with the next event that is
 * due, at growing gaps; once it answers it is told everything from where the feed had stopped, and stands open again.
 */

/** Deliveries of one message before its endpoint is blocked: the gaps before the last one add up to some 13 minutes. */
export const ATTEMPTS_BEFORE_BLOCKED = 5;

/** Seconds between probes of a blocked endpoint; the last repeats. */
export const PROBE_GAPS_SECONDS = [60, 120, 300, 600, 1_200, 1_800] as const;
const LAST_PROBE_GAP_SECONDS = PROBE_GAPS_SECONDS[5];

/** Days of failure after which nobody asks any more. Longer than a long weekend, so that such an outage mends itself. */
export const DISABLED_AFTER_DAYS = 5;

/** Events that one run tells one endpoint at most, and for how long it goes on, in milliseconds. */
export const CATCH_UP_EVENTS_A_RUN = 5_000;
export const CATCH_UP_MILLISECONDS_A_RUN = 45_000;

/** A run that has an endpoint in hand keeps others off it for this long, in milliseconds. Longer than any run lasts. */
export const LEASE_MILLISECONDS = 120_000;

/**
 * `blocked`: deliveries are acknowledged without being sent; the feed, or {@link MissedDeliveries}, has them. `handover`:
 * deliveries are sent again while what was held back is still being told. `disabled`: as blocked, but nobody asks.
 */
export const BlockedState = lazy(() => z.enum(['blocked', 'handover', 'disabled']));
export type BlockedState = z.infer<typeof BlockedState>;

export const BlockedEndpoint = lazy(() =>
  z.object({
    owner: WebhookOwner,
    state: BlockedState,
    blockedSince: z.int(),
    /** Since when it has not answered at all. */
    failingSince: z.int(),
    /** Where the feed stopped: what stands after it has not been told, or may be told again. */
    cursor: FeedCursor,
    nextProbeAt: z.int(),
    /** Failures since it last answered. */
    failures: z.int().min(0),
    /** Why it failed last; never a text of the other side. */
    why: z.string().max(64),
    /** Counts the writes; each is conditional on it. */
    version: z.int().min(1),
  }),
);
export type BlockedEndpoint = z.infer<typeof BlockedEndpoint>;

/** Milliseconds to wait after so many failures (1 or more). */
export const probeGapMilliseconds = (failures: number): number =>
  (PROBE_GAPS_SECONDS[Math.max(failures, 1) - 1] ?? LAST_PROBE_GAP_SECONDS) * 1_000;

/** The endpoint after a failed probe: asked again later, or not any more. Pure. */
export function afterFailure(blocked: BlockedEndpoint, why: string, at: Instant): BlockedEndpoint {
  const failures = blocked.failures + 1;
  const tooLong = at - blocked.failingSince >= DISABLED_AFTER_DAYS * DAY_MILLISECONDS;
  return {
    ...blocked,
    state: tooLong ? 'disabled' : 'blocked',
    failures,
    why,
    nextProbeAt: at + probeGapMilliseconds(failures),
  };
}

/** Port: the endpoints that do not answer. Few, and written to when one fails or is asked again. */
export interface BlockedEndpoints {
  /** Strongly consistent; `undefined` for one that stands open. */
  find(owner: WebhookOwner): Promise<BlockedEndpoint | undefined>;
  /** Writes down that an endpoint is blocked, unless it is already. */
  block(endpoint: BlockedEndpoint): Promise<'blocked' | 'wasBlocked'>;
  /** Replaces the item if it still has that version, and answers it with its new one; `undefined` if it has another. */
  save(endpoint: BlockedEndpoint): Promise<BlockedEndpoint | undefined>;
  /** Takes the item away if it still has that version. */
  open(endpoint: Pick<BlockedEndpoint, 'owner' | 'version'>): Promise<boolean>;
  /** All of them, in no order. */
  all(): Promise<BlockedEndpoint[]>;
}

/** An event that was held back from a blocked endpoint, and which the feed cannot tell. */
export const MissedDelivery = lazy(() => z.looseObject({ id: EventId, type: z.string(), time: z.string() }));
export type MissedDelivery = z.infer<typeof MissedDelivery>;

/**
 * Port: what a blocked endpoint missed and the feed cannot tell: events that moved no money, events for portals, and the
 * few that stand before the cursor. Written down only while the endpoint is blocked.
 */
export interface MissedDeliveries {
  /** Keeping the same event again changes nothing. */
  keep(owner: WebhookOwner, event: MissedDelivery): Promise<void>;
  /** The oldest by their time, `limit` at most. Strongly consistent. */
  first(owner: WebhookOwner, limit: number): Promise<MissedDelivery[]>;
  forget(owner: WebhookOwner, events: readonly MissedDelivery[]): Promise<void>;
}
