import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import * as z from 'zod';
import { lazy } from '../../shared/domain/lazy.ts';
import { Delivery, retryGapSeconds } from '../../shared/domain/notification/delivery.ts';
import type { Delivered } from '../../shared/usecases/deliver-event.ts';
import { deliverOrHold, type HoldDependencies } from '../../shared/usecases/deliver-or-hold.ts';

type Log = (message: string, fields: Record<string, string | number>) => void;

export type NotifyDependencies = HoldDependencies & {
  /** Hides a message for so many seconds, then it comes again. */
  hide: (receiptHandle: string, seconds: number) => Promise<void>;
  log: { warn: Log; error: Log };
  /** Told in another way than by webhook, by the delivery's type: no endpoint is blocked or held for it. */
  otherwise?: Readonly<Record<string, (delivery: Delivery) => Promise<Delivered>>>;
};

const jsonText = lazy(() =>
  z.string().transform((text, context) => {
    try {
      return JSON.parse(text) as unknown;
    } catch {
      context.addIssue({ code: 'custom', message: 'not JSON' });
      return z.NEVER;
    }
  }),
);
const Message = jsonText.pipe(Delivery);

/** Delivers each message of a batch on its own: one dead endpoint holds up nobody else’s events. */
export const notifyAgencies =
  (dependencies: NotifyDependencies) =>
  async (batch: SQSEvent): Promise<SQSBatchResponse> => {
    const failures = await Promise.all(batch.Records.map((record) => attempt(record, dependencies)));
    return { batchItemFailures: failures.filter((failure) => failure !== undefined) };
  };

/** Answers the record's place in the failure list, or nothing if the message is done with. */
async function attempt(record: SQSRecord, dependencies: NotifyDependencies) {
  const failure = { itemIdentifier: record.messageId };
  const attempts = Number(record.attributes.ApproximateReceiveCount);
  const message = Message.safeParse(record.body);
  if (!message.success) {
    // No later attempt can read it either, so it goes to the dead letters without waiting.
    dependencies.log.error('delivery.unreadable', { messageId: record.messageId });
    await bringBack(record, 0, dependencies);
    return failure;
  }

  const { owner, event } = message.data;
  const otherwise = dependencies.otherwise?.[event.type];
  const delivering = otherwise ? otherwise(message.data) : deliverOrHold(message.data, attempts, dependencies);
  const delivered = await delivering.catch((error: unknown) => ({
    kind: 'failed' as const,
    why: 'storeUnavailable' as const,
    code: error instanceof Error ? error.name : 'unknown',
  }));
  if (delivered.kind === 'held' && delivered.newlyBlocked)
    dependencies.log.warn('endpoint.blocked', { owner, eventId: event.id, attempts });
  if (delivered.kind !== 'failed') return undefined;

  const { kind: _kind, ...reason } = delivered;
  const gapSeconds = retryGapSeconds(attempts);
  dependencies.log.warn('delivery.failed', { owner, eventId: event.id, attempts, gapSeconds, ...reason });
  await bringBack(record, gapSeconds, dependencies);
  return failure;
}

async function bringBack(record: SQSRecord, seconds: number, { hide, log }: NotifyDependencies): Promise<void> {
  try {
    await hide(record.receiptHandle, seconds);
  } catch {
    // It comes back all the same, after the queue's own visibility timeout.
    log.warn('delivery.gapNotSet', { messageId: record.messageId });
  }
}
