import * as z from 'zod';
import { lazy } from '../lazy.ts';
import { type AskingRule, USUAL_ASKING } from '../payment/asking.ts';
import type { Day, Instant } from '../time.ts';
import { RefundId } from './refund.ts';

/** Message of the refunds' queue: send it, or find out what became of it, unless that is known by now. */
export const RefundMessage = lazy(() => z.object({ v: z.literal(1), refundId: RefundId }));
export type RefundMessage = z.infer<typeof RefundMessage>;

const MINUTE = 60_000;

/** When a provider that has a refund is asked about it, counted from when it was sent. It never ends: unknown is not refused. */
export const REFUND_ASKING: Partial<AskingRule> = {
  ...USUAL_ASKING,
  ages: [MINUTE, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE],
  bound: Number.MAX_SAFE_INTEGER,
};

/** Port: refunds that are sent later. A message is hidden for so many seconds, a quarter of an hour at most. */
export interface RefundQueue {
  sendLater(messages: readonly { message: RefundMessage; delaySeconds: number }[]): Promise<void>;
}

/** Partitions of the refunds that are not settled. */
export const OPEN_REFUND_SHARDS = 4;

export type NotedRefund = { refundId: RefundId; agencyCode: string; requestedAt: Instant };

/** Port: which refunds there are, by agency and day, and which of them are not settled. Made from the stream. */
export interface RefundList {
  /** Notes it, open. Noted again it is open again: whoever takes it up sees whether it is. */
  note(refund: NotedRefund): Promise<void>;
  /** Those that an agency's refunds were asked for on a day, oldest first, after a position. */
  ofAgencyDay(query: {
    agencyCode: string;
    day: Day;
    after?: string | undefined;
    limit: number;
  }): Promise<{ found: { refundId: RefundId; position: string }[]; more: boolean }>;
  /** Open ones of a shard, after an id. */
  open(query: { shard: number; after?: RefundId | undefined; limit: number }): Promise<RefundId[]>;
  /** Strikes settled ones out of the open. */
  close(refundIds: readonly RefundId[]): Promise<void>;
}
