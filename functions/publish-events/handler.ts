import type { DynamoDBBatchResponse, DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda';
import { unmarshall } from '../../shared/aws/dynamodb.ts';
import { SECOND_MILLISECONDS } from '../../shared/domain/time.ts';
import { providersOf } from '../../shared/providers/index.ts';
import { documentClient } from '../../shared/runtime/aws.ts';
import { PublishEventsEnvironment, readEnvironment } from '../../shared/runtime/environment.ts';
import { describeError, log } from '../../shared/runtime/log.ts';
import { MessageQueue } from '../../shared/runtime/queue.ts';
import { cachedRegistry } from '../../shared/runtime/registry-cache.ts';
import { parseStored } from '../../shared/store/invoice-item.ts';
import { JournalStore } from '../../shared/store/journal-store.ts';
import { RegistryStore } from '../../shared/store/registry-store.ts';
import { WorkStore } from '../../shared/store/work-store.ts';
import { JournalContradiction, publishChange } from '../../shared/usecases/publish-change.ts';
import { watchAttempts } from '../../shared/usecases/watch-attempts.ts';

const environment = readEnvironment(PublishEventsEnvironment, process.env);
const db = documentClient();
const dependencies = {
  journal: new JournalStore(db, environment.JOURNAL_TABLE),
  exceptions: new WorkStore(db, environment.WORK_TABLE),
  directory: cachedRegistry(new RegistryStore(db, environment.REGISTRY_TABLE), Date.now),
  deliveries: new MessageQueue(environment.DELIVERIES_QUEUE_URL),
};
const watching = {
  // Only whether a provider can be asked, and when: nothing is called from here.
  providers: providersOf(environment.STAGE, ''),
  questions: new MessageQueue(environment.QUESTIONS_QUEUE_URL),
  speed: environment.ASKING_SPEED,
  now: Date.now,
};

/** The stream of the invoices is the outbox: journal, work items and events are made from it, in the order of the stream. */
export async function handler(event: DynamoDBStreamEvent): Promise<DynamoDBBatchResponse> {
  for (const record of event.Records) {
    const sequenceNumber = record.dynamodb?.SequenceNumber ?? '';
    try {
      await publish(record);
    } catch (error) {
      const describe = error instanceof JournalContradiction ? log.error : log.warn;
      describe.call(log, 'change not published', { sequenceNumber, ...describeError(error) });
      // From here on the stream delivers again; what was done before stays done.
      return { batchItemFailures: [{ itemIdentifier: sequenceNumber }] };
    }
  }
  return { batchItemFailures: [] };
}

async function publish({ dynamodb }: DynamoDBRecord): Promise<void> {
  if (!dynamodb?.NewImage) return; // Nothing is ever deleted here; if a person does, there is nothing to tell.
  const image = (raw: typeof dynamodb.NewImage) => parseStored(unmarshall(raw as Parameters<typeof unmarshall>[0]));
  const before = dynamodb.OldImage && image(dynamodb.OldImage);
  const after = image(dynamodb.NewImage);
  const at = (dynamodb.ApproximateCreationDateTime ?? 0) * SECOND_MILLISECONDS;
  await publishChange({ before, after, at }, dependencies);
  await watchAttempts({ before, after }, watching);
}
