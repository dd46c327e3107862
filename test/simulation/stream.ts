import { marshall } from '@aws-sdk/util-dynamodb';
import type { AttributeValue, DynamoDBBatchResponse, DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda';
import { failedItems } from '../../infra/local/batch-response.ts';
import type { Instant } from '../../shared/domain/time.ts';
import { HOUR, SECOND } from './clock.ts';
import type { Host, Process } from './process.ts';
import type { Random } from './random.ts';
import type { Scheduler } from './scheduler.ts';
import type { Commit } from './table.ts';

type StreamRecord = Commit & { sequence: number };

/** What reads a stream: one process a batch. Answers the record that failed, if any: from it on all comes again. */
export type StreamReader = (event: DynamoDBStreamEvent, process: Process) => Promise<DynamoDBBatchResponse>;

type Shard = { records: StreamRecord[]; checkpoint: number; failures: number; busy: boolean; batch: number };

/** A record is gone after so long (Amazon DynamoDB Developer Guide, "Change data capture for DynamoDB Streams"). */
const REMEMBERED = 24 * HOUR;
const SHARDS = 3;
const MAX_BATCH = 20;
/** After so long without an answer the reader counts as dead. */
const TIMEOUT = 60 * SECOND;
/** Failures of one batch after which it is halved, and after which one record alone is put aside. */
const HALVE_AFTER = 3;
const MAX_RETRIES = 10;

/**
 * The stream of a table: every change, in order per item, at least once. A shard has one reader at a time; a batch is
 * passed when its reader says so, and comes again when the reader fails or dies. A record that never goes through is put
 * aside for somebody to bring back, so that its neighbours flow.
 */
export class SimulatedStream {
  readonly #scheduler: Scheduler;
  readonly #host: Host;
  readonly #random: Random;
  readonly #reader: StreamReader;
  readonly #shards: Shard[] = Array.from({ length: SHARDS }, () => ({
    records: [],
    checkpoint: 0,
    failures: 0,
    busy: false,
    batch: MAX_BATCH,
  }));
  #aside: StreamRecord[] = [];
  #off = false;
  #sequence = 0;

  constructor(scheduler: Scheduler, host: Host, random: Random, reader: StreamReader) {
    this.#scheduler = scheduler;
    this.#host = host;
    this.#random = random;
    this.#reader = reader;
  }

  /** Records that were not passed yet, or were put aside. */
  get size(): number {
    return this.#shards.reduce((sum, shard) => sum + shard.records.length - shard.checkpoint, this.#aside.length);
  }

  /** Nobody reads any more: readers that are at work end, and no other begins. */
  stop(): void {
    this.#off = true;
  }

  /** It is read again. What is older than the stream remembers is gone: answers the keys of its items. */
  goOn(now: Instant): ReadonlySet<string> {
    this.#off = false;
    const lost = new Set<string>();
    for (const shard of this.#shards) {
      const waits = shard.records.splice(shard.checkpoint);
      for (const { at, key } of waits) if (at < now - REMEMBERED) lost.add(key);
      shard.records.push(...waits.filter(({ at }) => at >= now - REMEMBERED));
      this.#poll(shard);
    }
    return lost;
  }

  get isOff(): boolean {
    return this.#off;
  }

  add(commit: Commit): void {
    this.#sequence += 1;
    // The shard is found by the item's key, so that its changes stay in order.
    const shard = this.#shards[shardOf(commit.key)];
    shard?.records.push({ ...commit, sequence: this.#sequence });
    if (shard) this.#poll(shard);
  }

  /** Brings back what was put aside, however late. */
  redrive(): number {
    const records = this.#aside;
    this.#aside = [];
    for (const record of records) this.#readAlone(record);
    return records.length;
  }

  /**
   * A reader that dies, or is out of time, has passed nothing: the record is put aside again. Its beginning is a step of its
   * own, for whoever drains the world asks right after `redrive` whether anything waits.
   */
  #readAlone(record: StreamRecord): void {
    this.#scheduler.in(this.#host.hop(), `record ${record.sequence} is brought back`, () => {
      let ended = false;
      const end = (failed: boolean) => {
        if (ended) return;
        ended = true;
        inTime();
        if (failed) this.#aside.push(record);
      };
      const process = this.#host.start('publish', () => end(true));
      const inTime = this.#scheduler.in(TIMEOUT, `${process.name} is out of time`, () => {
        this.#host.kill(process);
        return undefined;
      });
      this.#reader(eventOf([record]), process).then(
        (answer) => end(firstFailed([record], answer) === 0),
        () => end(true),
      );
      return process.name;
    });
  }

  #poll(shard: Shard): void {
    if (this.#off || shard.busy || shard.checkpoint === shard.records.length) return;
    shard.busy = true;
    this.#scheduler.in(this.#host.hop(), 'the stream is polled', () => this.#read(shard));
  }

  #read(shard: Shard): string {
    if (this.#off) {
      shard.busy = false;
      return 'nobody reads';
    }
    const most = this.#random.whole(1, shard.batch);
    const records = shard.records.slice(shard.checkpoint, shard.checkpoint + most);
    let ended = false;
    const end = (failed: number) => {
      if (ended) return;
      ended = true;
      inTime();
      shard.busy = false;
      this.#pass(shard, records, failed);
      this.#poll(shard);
    };
    const gone = () => {
      this.#scheduler.in(this.#host.hop(), `${process.name} is missed`, () => {
        end(0);
        return undefined;
      });
    };
    const process = this.#host.start('publish', gone);
    const inTime = this.#scheduler.in(TIMEOUT, `${process.name} is out of time`, () => {
      this.#host.kill(process);
      return undefined;
    });
    this.#reader(eventOf(records), process).then(
      (answer) => {
        if (process.alive) end(firstFailed(records, answer));
      },
      () => end(0),
    );
    return `${process.name} gets ${records.map((record) => record.sequence).join(' ')}`;
  }

  /** `failed`: place of the first record that did, or less than 0. */
  #pass(shard: Shard, records: readonly StreamRecord[], failed: number): void {
    if (failed < 0) {
      // The checkpoint may be lost: then all of it comes again.
      if (!this.#random.chance(this.#host.faults.duplicates / 2)) shard.checkpoint += records.length;
      shard.failures = 0;
      shard.batch = MAX_BATCH;
      return;
    }
    shard.checkpoint += failed;
    shard.failures = failed > 0 ? 1 : shard.failures + 1;
    if (shard.failures > HALVE_AFTER) shard.batch = Math.max(1, Math.floor(shard.batch / 2));
    if (shard.failures <= MAX_RETRIES) return;
    const poison = records[failed];
    if (poison) this.#aside.push(poison);
    shard.checkpoint += 1;
    shard.failures = 0;
  }
}

/** As Lambda hands a batch over. The stream tells whole seconds. */
const eventOf = (records: readonly StreamRecord[]): DynamoDBStreamEvent => ({ Records: records.map(recordOf) });

function recordOf({ sequence, key, before, after, at }: StreamRecord): DynamoDBRecord {
  const image = (item: object) => marshall(item) as Record<string, AttributeValue>;
  return {
    eventID: String(sequence),
    eventName: before ? (after ? 'MODIFY' : 'REMOVE') : 'INSERT',
    eventSource: 'aws:dynamodb',
    dynamodb: {
      ApproximateCreationDateTime: Math.floor(at / SECOND),
      Keys: { k: { S: key } },
      SequenceNumber: String(sequence),
      StreamViewType: 'NEW_AND_OLD_IMAGES',
      ...(before && { OldImage: image(before) }),
      ...(after && { NewImage: image(after) }),
    },
  };
}

/** Place of the lowest record that the answer names; 0 where it makes no sense, for then all of it has failed. */
function firstFailed(records: readonly StreamRecord[], answer: DynamoDBBatchResponse): number {
  const numbers = records.map(({ sequence }) => String(sequence));
  const failed = failedItems(JSON.stringify(answer ?? null), numbers);
  return failed === 'all' ? 0 : numbers.findIndex((number) => failed.has(number));
}

function shardOf(key: string): number {
  let sum = 0;
  for (let index = 0; index < key.length; index += 1) sum += key.charCodeAt(index);
  return sum % SHARDS;
}
