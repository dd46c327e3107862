import * as z from 'zod';
import { lazy } from '../lazy.ts';
import type { Instant } from '../time.ts';
import { ProviderId } from './provider.ts';
import { PaymentReference } from './reference.ts';

/** An attempt on which no final word has come. */
export const SilentPayment = lazy(() => z.object({ providerId: ProviderId, reference: PaymentReference }));
export type SilentPayment = z.infer<typeof SilentPayment>;

/** Message of the questions' queue: find out what became of it, unless that is known by now. */
export const Question = lazy(() => SilentPayment.extend({ v: z.literal(1) }));
export type Question = z.infer<typeof Question>;

/** Port: questions that are asked later. A message is hidden for so many seconds, {@link MAX_DELAY_SECONDS} at most. */
export interface Questions {
  sendLater(questions: readonly { message: Question; delaySeconds: number }[]): Promise<void>;
}

/** The longest that a queue holds a message back, in seconds (SQS Developer Guide, "Amazon SQS delay queues"). */
export const MAX_DELAY_SECONDS = 15 * 60;

/** The delay of a message for a wait in milliseconds. Never shorter, unless the queue holds none that long. */
export const delaySeconds = (milliseconds: number): number =>
  Math.min(MAX_DELAY_SECONDS, Math.max(0, Math.ceil(milliseconds / 1000)));

export type Watched = SilentPayment & { dueAt: Instant };

/** Partitions of the payments watched at one provider: no hot key when its callbacks fail in the busiest hour. */
export const WATCH_SHARDS = 8;

/** Port: payments that stayed silent beyond the first quarter of an hour, by provider and by when they are due. */
export interface WatchList {
  watch(payment: Watched): Promise<void>;
  /** Those of a shard that are due by then, longest due first, at most `limit` of them. */
  dueBy(query: { providerId: ProviderId; shard: number; by: Instant; limit: number }): Promise<Watched[]>;
  forget(payments: readonly Watched[]): Promise<void>;
}
