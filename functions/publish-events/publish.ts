import type { DynamoDBBatchResponse, DynamoDBStreamEvent } from 'aws-lambda';
import { ImplausibleItem } from '../../shared/domain/ledger/plausible.ts';
import type { WebhookOwner } from '../../shared/domain/notification/webhook.ts';
import type { Instant } from '../../shared/domain/time.ts';
import { describeError, type Log } from '../../shared/runtime/log.ts';
import { changeOf, takenOutIn } from '../../shared/store/outbox.ts';
import { takenOutException } from '../../shared/usecases/altered-books.ts';
import { inParallel } from '../../shared/usecases/in-parallel.ts';
import {
  type Change,
  type Entered,
  enterChange,
  JournalContradiction,
  type PublishDependencies,
  tellChanges,
} from '../../shared/usecases/publish-change.ts';
import { type WatchDependencies, watchAttempts } from '../../shared/usecases/watch-attempts.ts';
import { type WatchRefundsDependencies, watchRefunds } from '../../shared/usecases/watch-refunds.ts';

type StreamDependencies = PublishDependencies & {
  watching: WatchDependencies;
  refunds: WatchRefundsDependencies;
  log: Log;
};

/** Items whose changes are entered at the same time; each by itself in its order. */
const ITEMS_AT_ONCE = 8;

/**
 * The stream of the invoices is the outbox: journal, work items and events are made from it, of each item in the order of
 * the stream. What a batch entered is settled in the feed and told at its end, at once, up to the first record that failed.
 */
export const publishChanges =
  ({ log, watching, refunds, ...others }: StreamDependencies) =>
  async ({ Records }: DynamoDBStreamEvent): Promise<DynamoDBBatchResponse> => {
    const dependencies = { ...others, directory: askedOnce(others.directory) };
    const entered = new Map<number, { change: Change; told: Entered }>();
    let failed = Records.length;
    const fail = (place: number, error: unknown): void => {
      failed = Math.min(failed, place);
      const sequenceNumber = Records[place]?.dynamodb?.SequenceNumber ?? '';
      const loud = error instanceof JournalContradiction || error instanceof ImplausibleItem;
      (loud ? log.error : log.warn).call(log, 'change not published', { sequenceNumber, ...describeError(error) });
    };
    const items = Map.groupBy(Records.keys(), (place) => JSON.stringify(Records[place]?.dynamodb?.Keys));
    await inParallel(items.values(), ITEMS_AT_ONCE, async (places) => {
      for (const place of places.filter((one) => one < failed)) {
        try {
          const change = changeOf(Records[place] ?? {});
          if (!change) {
            await tellTakenOut(Records[place] ?? {}, { ...others, log, now: watching.now });
            continue;
          }
          entered.set(place, { change, told: await enterChange(change, dependencies) });
          await watchRefunds(change, refunds);
        } catch (error) {
          return fail(place, error);
        }
      }
    });
    const whole = [...entered].sort(([one], [other]) => one - other).filter(([place]) => place < failed);
    try {
      await tellChanges(
        whole.map(([, { told }]) => told),
        dependencies,
      );
      await watchAttempts(
        whole.map(([, { change }]) => change),
        watching,
      );
    } catch (error) {
      fail(0, error);
    }
    // From there on the stream delivers again; what was done before stays done.
    const itemIdentifier = Records[failed]?.dynamodb?.SequenceNumber;
    return { batchItemFailures: failed < Records.length ? [{ itemIdentifier: itemIdentifier ?? '' }] : [] };
  };

/** Nobody takes an item out but past this service: that wakes somebody, whether or not the work list takes it, and is there. */
async function tellTakenOut(
  record: Parameters<typeof takenOutIn>[0],
  { exceptions, log, now }: Pick<StreamDependencies, 'exceptions' | 'log'> & { now: () => Instant },
): Promise<void> {
  const gone = takenOutIn(record);
  if (!gone) return;
  log.error('an item was taken out of the invoices', { key: gone.key });
  await exceptions.open(takenOutException(gone.key, gone.before, now()));
}

/**
 * A directory that is asked once a batch for each endpoint, an absent one too: what is in a batch was committed before, so
 * whoever registered before that is found.
 */
function askedOnce(directory: PublishDependencies['directory']): PublishDependencies['directory'] {
  const asked = new Map<WebhookOwner, ReturnType<typeof directory.endpointOf>>();
  return {
    agency: (code) => directory.agency(code),
    endpointOf(owner) {
      const endpoint = asked.get(owner) ?? directory.endpointOf(owner);
      asked.set(owner, endpoint);
      return endpoint;
    },
  };
}
