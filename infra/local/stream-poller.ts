import { setTimeout as delay } from 'node:timers/promises';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  DescribeStreamCommand,
  type DynamoDBStreamsClient,
  GetRecordsCommand,
  GetShardIteratorCommand,
  type _Record as StreamRecord,
} from '@aws-sdk/client-dynamodb-streams';
import * as z from 'zod';
import { failedItems } from './batch-response.ts';
import type { DataDirectory } from './data-directory.ts';
import { eventFilter } from './event-filter.ts';
import { type FailureDestination, failureObjectName } from './failure-destination.ts';
import { reasonOf } from './failures.ts';
import type { FunctionPool, Outcome } from './functions.ts';
import type { Limits } from './limits.ts';
import type { Poller } from './queue-poller.ts';
import type { Declared } from './system.ts';
import { streamArnOf } from './tables.ts';

/** Lambda's default for streams, and what one read gives at most. */
const DEFAULT_BATCH = 100;
const READ_COUNT = 1_000;

/** How far each shard is done. Written to disk after each batch. */
const Checkpoint = z.strictObject({
  streamArn: z.string(),
  shards: z.record(z.string(), z.strictObject({ done: z.string().optional(), closed: z.boolean() })),
});
type Checkpoint = z.infer<typeof Checkpoint>;

/** What was written down; nothing, where there is none or the machine fell while it was written: then all comes again. */
function savedCheckpoint(text: string | undefined): Checkpoint | undefined {
  return text ? Checkpoint.safeParse(JSON.parse(text)).data : undefined;
}

type Abort = { abortSignal: AbortSignal };

/**
 * Feeds a function from the stream of a table, shard by shard, parents before children, in order. A failed batch is tried
 * again from its first failed record; with bisect it is split so that its good records go on; what has used up its tries
 * or its age goes to the failure destination, and the stream goes on.
 */
export function startStreamPoller(options: {
  mapping: Declared<'AWS::Lambda::EventSourceMapping'>;
  table: Declared<'AWS::DynamoDB::Table'>;
  target: FunctionPool;
  onFailure: FailureDestination | undefined;
  tables: DynamoDBClient;
  streams: Pick<DynamoDBStreamsClient, 'send'>;
  data: DataDirectory;
  region: string;
  limits: Limits;
  log(line: string): void;
}): Poller {
  const { mapping, table, target, tables, streams, data, limits, log } = options;
  const { properties } = mapping;
  const file = `streams/${mapping.stack}-${mapping.logicalId}.json`;
  const passes = eventFilter((properties.FilterCriteria?.Filters ?? []).map(({ Pattern }) => Pattern));
  const batchSize = properties.BatchSize ?? DEFAULT_BATCH;
  const stopping = new AbortController();
  const abort: Abort = { abortSignal: stopping.signal };
  const pause = (milliseconds: number) =>
    delay(milliseconds, undefined, { signal: stopping.signal }).catch(() => undefined);
  let checkpoint: Checkpoint = { streamArn: '', shards: {} };

  function mark(shardId: string, change: { done?: string | undefined; closed?: boolean }): void {
    const before = checkpoint.shards[shardId] ?? { closed: false };
    const done = change.done ?? before.done;
    const shard = { ...(done === undefined ? {} : { done }), closed: change.closed ?? before.closed };
    checkpoint = { ...checkpoint, shards: { ...checkpoint.shards, [shardId]: shard } };
    data.note(file, JSON.stringify(checkpoint));
  }

  async function iteratorOf(shardId: string): Promise<string | undefined> {
    const done = checkpoint.shards[shardId]?.done;
    const shard = { StreamArn: checkpoint.streamArn, ShardId: shardId };
    const start = properties.StartingPosition ?? 'TRIM_HORIZON';
    if (done !== undefined) {
      try {
        const after = { ...shard, ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', SequenceNumber: done } as const;
        return (await streams.send(new GetShardIteratorCommand(after), abort)).ShardIterator;
      } catch (error) {
        // What was done is older than what the stream keeps: everything that it keeps is new.
        if (!(error instanceof Error && error.name === 'TrimmedDataAccessException')) throw error;
      }
    }
    const type = done === undefined ? start : 'TRIM_HORIZON';
    return (await streams.send(new GetShardIteratorCommand({ ...shard, ShardIteratorType: type }), abort))
      .ShardIterator;
  }

  async function followShard(shardId: string): Promise<void> {
    let iterator: string | undefined;
    while (!stopping.signal.aborted) {
      try {
        iterator ??= await iteratorOf(shardId);
        if (iterator === undefined) break;
        const { Records: records = [], NextShardIterator: next } = await readBatch(iterator);
        const last = records.at(-1)?.dynamodb?.SequenceNumber;
        if (last !== undefined) {
          if (!(await processBatch(shardId, records))) return;
          mark(shardId, { done: last });
        }
        if (next === undefined) {
          mark(shardId, { closed: true });
          return;
        }
        iterator = next;
        if (records.length === 0) await pause(limits.streamIdleMilliseconds);
      } catch (error) {
        if (stopping.signal.aborted) return;
        log(`stream of ${table.shortName}: ${reasonOf(error)}`);
        iterator = undefined; // From the checkpoint again.
        await pause(limits.engineRetryMilliseconds);
      }
    }
  }

  /** One read; when it is not full and there is a batching window, what comes until the window is over. */
  async function readBatch(
    iterator: string,
  ): Promise<{ Records: StreamRecord[]; NextShardIterator: string | undefined }> {
    const limit = Math.min(batchSize, READ_COUNT);
    const windowEnds = Date.now() + properties.MaximumBatchingWindowInSeconds * 1_000;
    const records: StreamRecord[] = [];
    let next: string | undefined = iterator;
    do {
      const read: { Records?: StreamRecord[] | undefined; NextShardIterator?: string | undefined } = await streams.send(
        new GetRecordsCommand({ ShardIterator: next, Limit: limit - records.length }),
        abort,
      );
      records.push(...(read.Records ?? []));
      next = read.NextShardIterator;
      if (records.length === 0 || records.length >= limit || Date.now() >= windowEnds) break;
      await pause(limits.streamIdleMilliseconds);
    } while (next !== undefined && !stopping.signal.aborted);
    return { Records: records, NextShardIterator: next };
  }

  /** True when every record is done or put aside; false when the stack stopped before. */
  async function processBatch(shardId: string, records: readonly StreamRecord[]): Promise<boolean> {
    const events = records.map((record) => streamEvent(record, table.attributes['StreamArn'] ?? '', options.region));
    const work: { events: StreamEvent[]; tries: number }[] = [{ events: events.filter(passes), tries: 0 }];
    for (let piece = work.shift(); piece !== undefined; piece = work.shift()) {
      const [young, old] = byAge(piece.events, properties.MaximumRecordAgeInSeconds);
      if (old.length > 0) {
        await giveUp(shardId, old, 'RecordAgeExceeded', piece.tries, undefined);
        if (stopping.signal.aborted) return false; // Perhaps not put aside.
      }
      if (young.length === 0) continue;
      const outcome = await target.invoke({ Records: young });
      const good = succeeded(outcome, young);
      const rest = young.slice(good);
      if (rest.length === 0) continue;
      if (stopping.signal.aborted) return false;
      if (properties.BisectBatchOnFunctionError && rest.length > 1) {
        // Splitting is no try (Lambda developer guide). Behind what succeeded a new piece begins; else halves.
        const middle = Math.ceil(rest.length / 2);
        if (good > 0) work.unshift({ events: rest, tries: piece.tries });
        else {
          const second = { events: rest.slice(middle), tries: piece.tries };
          work.unshift({ events: rest.slice(0, middle), tries: piece.tries }, second);
        }
        continue;
      }
      const tries = good > 0 ? 1 : piece.tries + 1;
      const most = properties.MaximumRetryAttempts;
      if (most >= 0 && tries > most) await giveUp(shardId, rest, 'RetryAttemptsExhausted', tries, outcome);
      else {
        work.unshift({ events: rest, tries });
        await pause(
          Math.min(limits.streamRetryFirstMilliseconds * 2 ** (tries - 1), limits.streamRetryLastMilliseconds),
        );
      }
      if (stopping.signal.aborted) return false;
    }
    return true;
  }

  /** How many records from the first one on are done. */
  function succeeded(outcome: Outcome, events: readonly StreamEvent[]): number {
    if (outcome.kind !== 'answered') return 0;
    if (properties.FunctionResponseTypes.length === 0) return events.length;
    const numbers = events.map(({ dynamodb }) => dynamodb.SequenceNumber);
    const failed = failedItems(outcome.payload, numbers);
    if (failed === 'all') return 0;
    const lowest = numbers.findIndex((number) => failed.has(number));
    return lowest < 0 ? events.length : lowest;
  }

  /** Puts the records aside; tries until the destination has them, because the checkpoint moves past them. */
  async function giveUp(
    shardId: string,
    events: readonly StreamEvent[],
    condition: string,
    tries: number,
    outcome: Outcome | undefined,
  ): Promise<void> {
    const why = outcome?.kind === 'failed' ? outcome.error.errorMessage : condition;
    log(`${target.definition.shortName}: gives up ${events.length} records of ${table.shortName}: ${why}`);
    if (!options.onFailure) return;
    const now = new Date();
    const at = (event: StreamEvent | undefined) =>
      new Date((event?.dynamodb.ApproximateCreationDateTime ?? 0) * 1_000).toISOString();
    const report = {
      requestContext: {
        requestId: outcome && 'requestId' in outcome ? outcome.requestId : undefined,
        functionArn: target.arn,
        condition,
        approximateInvokeCount: tries,
      },
      responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
      version: '1.0',
      timestamp: now.toISOString(),
      DDBStreamBatchInfo: {
        shardId,
        startSequenceNumber: events[0]?.dynamodb.SequenceNumber,
        endSequenceNumber: events.at(-1)?.dynamodb.SequenceNumber,
        approximateArrivalOfFirstRecord: at(events[0]),
        approximateArrivalOfLastRecord: at(events.at(-1)),
        batchSize: events.length,
        streamArn: table.attributes['StreamArn'],
      },
    };
    const name = failureObjectName(mapping.name, shardId, now);
    while (!stopping.signal.aborted) {
      try {
        await options.onFailure(report, JSON.stringify({ Records: events }), name);
        return;
      } catch (error) {
        log(`failure destination of ${target.definition.shortName}: ${reasonOf(error)}`);
        await pause(limits.engineRetryMilliseconds);
      }
    }
  }

  async function run(): Promise<void> {
    const following = new Map<string, Promise<void>>();
    while (!stopping.signal.aborted) {
      try {
        const streamArn = await streamArnOf(tables, table.name);
        if (checkpoint.streamArn !== streamArn) {
          const saved = savedCheckpoint(data.read(file));
          // Another stream is another table: nothing of it is done.
          checkpoint = saved?.streamArn === streamArn ? saved : { streamArn, shards: {} };
        }
        for (const { ShardId: id, ParentShardId: parent } of await shardsOf(streams, streamArn, abort)) {
          const parentDone = parent === undefined || checkpoint.shards[parent]?.closed !== false;
          if (!id || following.has(id) || checkpoint.shards[id]?.closed || !parentDone) continue;
          const follow = followShard(id).finally(() => following.delete(id));
          following.set(id, follow);
        }
      } catch (error) {
        if (!stopping.signal.aborted) log(`stream of ${table.shortName}: ${reasonOf(error)}`);
      }
      const wait = following.size > 0 ? limits.shardDiscoveryMilliseconds : limits.engineRetryMilliseconds;
      // A shard that ends may have children that wait for it.
      await Promise.race([pause(wait), ...following.values()]);
    }
    await Promise.all(following.values());
  }

  const running = properties.Enabled ? run() : Promise.resolve();
  return {
    async stop() {
      stopping.abort();
      await Promise.race([running, delay(limits.stopMilliseconds, undefined, { ref: false })]);
    },
  };
}

async function shardsOf(client: Pick<DynamoDBStreamsClient, 'send'>, StreamArn: string, abort: Abort) {
  const shards = [];
  let after: string | undefined;
  do {
    const page = await client.send(
      new DescribeStreamCommand({ StreamArn, ...(after ? { ExclusiveStartShardId: after } : {}) }),
      abort,
    );
    shards.push(...(page.StreamDescription?.Shards ?? []));
    after = page.StreamDescription?.LastEvaluatedShardId;
  } while (after !== undefined);
  return shards;
}

type StreamEvent = {
  eventID: string | undefined;
  eventName: string | undefined;
  dynamodb: { SequenceNumber: string; ApproximateCreationDateTime: number };
};

/** As Lambda hands it over: attribute values as the engine wrote them, which is DynamoDB's JSON, times in seconds. */
function streamEvent(record: StreamRecord, eventSourceARN: string, awsRegion: string): StreamEvent {
  const { dynamodb } = record;
  return {
    eventID: record.eventID,
    eventName: record.eventName,
    eventVersion: record.eventVersion,
    eventSource: record.eventSource,
    awsRegion,
    dynamodb: {
      ...dynamodb,
      SequenceNumber: dynamodb?.SequenceNumber ?? '',
      ApproximateCreationDateTime: Math.floor((dynamodb?.ApproximateCreationDateTime?.getTime() ?? 0) / 1_000),
    },
    eventSourceARN,
  } as StreamEvent;
}

/** Records young enough, and those that are too old; -1 seconds: any age. */
function byAge(events: readonly StreamEvent[], seconds: number): [StreamEvent[], StreamEvent[]] {
  if (seconds < 0) return [[...events], []];
  const oldest = Date.now() / 1_000 - seconds;
  const old = events.filter(({ dynamodb }) => dynamodb.ApproximateCreationDateTime < oldest);
  return [events.filter((event) => !old.includes(event)), old];
}
