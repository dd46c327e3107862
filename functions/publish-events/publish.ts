import type { DynamoDBBatchResponse, DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda';
import { unmarshall } from '../../shared/aws/dynamodb.ts';
import { SECOND_MILLISECONDS } from '../../shared/domain/time.ts';
import { describeError, type Log } from '../../shared/runtime/log.ts';
import { parseStored } from '../../shared/store/invoice-item.ts';
import { JournalContradiction, type PublishDependencies, publishChange } from '../../shared/usecases/publish-change.ts';
import { type WatchDependencies, watchAttempts } from '../../shared/usecases/watch-attempts.ts';

type StreamDependencies = PublishDependencies & { watching: WatchDependencies; log: Log };

/** The stream of the invoices is the outbox: journal, work items and events are made from it, in the order of the stream. */
export const publishChanges =
  ({ log, ...dependencies }: StreamDependencies) =>
  async (event: DynamoDBStreamEvent): Promise<DynamoDBBatchResponse> => {
    for (const record of event.Records) {
      const sequenceNumber = record.dynamodb?.SequenceNumber ?? '';
      try {
        await publish(record, dependencies);
      } catch (error) {
        const describe = error instanceof JournalContradiction ? log.error : log.warn;
        describe.call(log, 'change not published', { sequenceNumber, ...describeError(error) });
        // From here on the stream delivers again; what was done before stays done.
        return { batchItemFailures: [{ itemIdentifier: sequenceNumber }] };
      }
    }
    return { batchItemFailures: [] };
  };

async function publish(
  { dynamodb }: DynamoDBRecord,
  { watching, ...dependencies }: Omit<StreamDependencies, 'log'>,
): Promise<void> {
  if (!dynamodb?.NewImage) return; // Nothing is ever deleted here; if a person does, there is nothing to tell.
  const image = (raw: typeof dynamodb.NewImage) => parseStored(unmarshall(raw as Parameters<typeof unmarshall>[0]));
  const before = dynamodb.OldImage && image(dynamodb.OldImage);
  const after = image(dynamodb.NewImage);
  const at = (dynamodb.ApproximateCreationDateTime ?? 0) * SECOND_MILLISECONDS;
  await publishChange({ before, after, at }, dependencies);
  await watchAttempts({ before, after }, watching);
}
