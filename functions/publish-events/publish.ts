import type { DynamoDBBatchResponse, DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda';
import { ImplausibleItem } from '../../shared/domain/ledger/plausible.ts';
import { describeError, type Log } from '../../shared/runtime/log.ts';
import { changeOf } from '../../shared/store/outbox.ts';
import {
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

/**
 * The stream of the invoices is the outbox: journal, work items and events are made from it, in the order of the stream.
 * What a batch entered is settled in the feed and told at its end, at once: the records before a failed one too.
 */
export const publishChanges =
  ({ log, watching, refunds, ...dependencies }: StreamDependencies) =>
  async (event: DynamoDBStreamEvent): Promise<DynamoDBBatchResponse> => {
    const failedAt = (record: DynamoDBRecord | undefined, error: unknown): string => {
      const sequenceNumber = record?.dynamodb?.SequenceNumber ?? '';
      const loud = error instanceof JournalContradiction || error instanceof ImplausibleItem;
      (loud ? log.error : log.warn).call(log, 'change not published', { sequenceNumber, ...describeError(error) });
      return sequenceNumber;
    };
    const entered: Entered[] = [];
    let failed: string | undefined;
    for (const record of event.Records) {
      try {
        const change = changeOf(record);
        if (!change) continue;
        entered.push(await enterChange(change, dependencies));
        await watchAttempts(change, watching);
        await watchRefunds(change, refunds);
      } catch (error) {
        failed = failedAt(record, error);
        break;
      }
    }
    try {
      await tellChanges(entered, dependencies);
    } catch (error) {
      failed = failedAt(event.Records[0], error);
    }
    // From there on the stream delivers again; what was done before stays done.
    return { batchItemFailures: failed === undefined ? [] : [{ itemIdentifier: failed }] };
  };
