import * as z from 'zod';
import { lazy } from '../lazy.ts';
import { WebhookOwner } from './webhook.ts';

/** Stands in a header and before a dot in the signed text, so it has neither spaces nor dots. */
export const EventId = lazy(() => z.string().regex(/^evt_[A-Za-z0-9_-]{1,100}$/));
export type EventId = z.infer<typeof EventId>;

/**
 * Message of the delivery queue: tell this event to this endpoint. The event is kept as it was made, also with members and
 * types that this version does not know, so that an older function delivers what a newer one wrote.
 */
export const Delivery = lazy(() =>
  z.object({
    owner: WebhookOwner,
    event: z.looseObject({ id: EventId, type: z.string().min(1).max(64) }),
  }),
);
export type Delivery = z.infer<typeof Delivery>;

/**
 * Seconds to wait after the first, second, … failed attempt; the last repeats. Short at first, because most failures are
 * a restart at the other side, then long enough that a dead endpoint costs next to nothing.
 */
export const RETRY_GAPS_SECONDS = [5, 30, 120, 600, 900] as const;
const LAST_GAP_SECONDS = RETRY_GAPS_SECONDS[4];

/** Seconds until the next attempt, after `attempts` failed ones (1 or more). */
export function retryGapSeconds(attempts: number): number {
  return RETRY_GAPS_SECONDS[Math.max(attempts, 1) - 1] ?? LAST_GAP_SECONDS;
}
