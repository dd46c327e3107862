import * as z from 'zod';
import { lazy } from './lazy.ts';
import type { Instant } from './time.ts';

/** The queues as operators see them, by name: what waits, and what was put aside. */

export const QueueAddresses = lazy(() =>
  z.record(
    z.string(),
    lazy(() =>
      z.object({
        deadLetters: z.string(),
        /** Absent where nothing can be put back: the call that failed is made again by the clock. */
        queue: z.string().optional(),
        /** Where each provider has a queue of its own: which one a message goes back to is said by its `providerId`. */
        byProvider: z.record(z.string(), z.string()).optional(),
      }),
    ),
  ),
);
export type QueueAddresses = z.infer<typeof QueueAddresses>;

export type QueueCounts = { waiting: number; inHand: number };
export type DeadLetter = { messageId: string; sentAt: Instant; receives: number; body: string };

/** Port: the queues of this deployment. A name that is none of theirs is `undefined`, everywhere. */
export interface QueueDesk {
  names(): string[];
  counts(name: string): Promise<{ queue: QueueCounts | undefined; deadLetters: number } | undefined>;
  /** Some of what was put aside, `limit` at most; it stays there. */
  peek(name: string, limit: number): Promise<DeadLetter[] | undefined>;
  /** Puts back `count` at most, each into the queue first and then out of the dead letters. Answers how many. */
  redrive(name: string, count: number): Promise<number | 'notRedrivable' | undefined>;
}

/** Port: calls that were carried out, so that the same call again is answered and not carried out. */
export interface CallRecords {
  /** `undefined`: it is new, or was begun and never finished. */
  find(callId: string): Promise<{ bodyHash: string; result: unknown } | undefined>;
  finish(callId: string, bodyHash: string, result: unknown): Promise<void>;
}
