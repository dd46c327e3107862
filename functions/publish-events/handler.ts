import type { DynamoDBBatchResponse, DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda';
import { ImplausibleItem } from '../../shared/domain/ledger/plausible.ts';
import { documentClient } from '../../shared/runtime/aws.ts';
import { PublishEventsEnvironment, readEnvironment } from '../../shared/runtime/environment.ts';
import { describeError, log } from '../../shared/runtime/log.ts';
import { MessageQueue } from '../../shared/runtime/queue.ts';
import { cachedRegistry } from '../../shared/runtime/registry-cache.ts';
import { FeedStore } from '../../shared/store/feed-store.ts';
import { JournalStore } from '../../shared/store/journal-store.ts';
import { changeOf } from '../../shared/store/outbox.ts';
import { RegistryStore } from '../../shared/store/registry-store.ts';
import { WorkStore } from '../../shared/store/work-store.ts';
import { type Entered, enterChange, JournalContradiction, tellChanges } from '../../shared/usecases/publish-change.ts';

const environment = readEnvironment(PublishEventsEnvironment, process.env);
const db = documentClient();
const feed = new FeedStore(db, environment.WORK_TABLE);
const dependencies = {
  watermark: feed,
  late: feed,
  journal: new JournalStore(db, environment.JOURNAL_TABLE),
  exceptions: new WorkStore(db, environment.WORK_TABLE),
  directory: cachedRegistry(new RegistryStore(db, environment.REGISTRY_TABLE), Date.now),
  deliveries: new MessageQueue(environment.DELIVERIES_QUEUE_URL),
};

/**
 * The stream of the invoices is the outbox: journal, work items and events are made from it, in the order of the stream.
 * What a batch entered is settled in the feed and told at its end, at once: the records before a failed one too.
 */
export async function handler(event: DynamoDBStreamEvent): Promise<DynamoDBBatchResponse> {
  const entered: Entered[] = [];
  let failed: string | undefined;
  for (const record of event.Records) {
    try {
      const change = changeOf(record);
      if (change) entered.push(await enterChange(change, dependencies));
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
}

function failedAt(record: DynamoDBRecord | undefined, error: unknown): string {
  const sequenceNumber = record?.dynamodb?.SequenceNumber ?? '';
  const describe = error instanceof JournalContradiction || error instanceof ImplausibleItem ? log.error : log.warn;
  describe.call(log, 'change not published', { sequenceNumber, ...describeError(error) });
  return sequenceNumber;
}
