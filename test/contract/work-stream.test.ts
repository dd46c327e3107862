import { CreateTableCommand, DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import type { DynamoDBStreamEvent } from 'aws-lambda';
import { afterAll, beforeAll, describe } from 'vitest';
import type { FunctionPool } from '../../infra/local/functions.ts';
import { platformLimits } from '../../infra/local/limits.ts';
import { startStreamPoller } from '../../infra/local/stream-poller.ts';
import { eventually } from '../integration/local-runtime/fixture.ts';
import { type Dynoxide, dynoxideIsThere, startDynoxide } from './dynoxide.ts';
import { type StreamWorker, workStreamContract } from './work-stream.contract.ts';

/** The local runtime's stream, with its poller: what feeds the functions on one machine. */

const REGION = 'ap-southeast-1';

describe.skipIf(!dynoxideIsThere)('on a DynamoDB engine', () => {
  let engine: Dynoxide;
  let tables: DynamoDBClient;
  let streams: DynamoDBStreamsClient;
  let made = 0;

  beforeAll(async () => {
    engine = await startDynoxide();
    const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
    tables = new DynamoDBClient({ endpoint: engine.endpoint, region: REGION, credentials });
    streams = new DynamoDBStreamsClient({ endpoint: engine.endpoint, region: REGION, credentials });
  });
  afterAll(async () => {
    tables.destroy();
    streams.destroy();
    await engine.stop();
  });

  /** Runs the worker in place of a function's process. */
  const poolOf = (worker: StreamWorker) => ({
    definition: { shortName: 'Worker' },
    arn: 'arn:aws:lambda:local',
    invoke: async (event: DynamoDBStreamEvent) => {
      try {
        return { kind: 'answered' as const, requestId: 'r', payload: JSON.stringify((await worker(event)) ?? null) };
      } catch (error) {
        const { message } = error as Error;
        return { kind: 'failed' as const, requestId: 'r', error: { errorType: 'Error', errorMessage: message } };
      }
    },
  });

  workStreamContract('Dynoxide and the local poller', async (worker) => {
    made += 1;
    const name = `Stream${made}`;
    await tables.send(
      new CreateTableCommand({
        TableName: name,
        BillingMode: 'PAY_PER_REQUEST',
        KeySchema: [{ AttributeName: 'k', KeyType: 'HASH' }],
        AttributeDefinitions: [{ AttributeName: 'k', AttributeType: 'S' }],
        StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' },
      }),
    );
    const files = new Map<string, string>();
    const poller = startStreamPoller({
      mapping: {
        stack: 'Contract',
        logicalId: name,
        name,
        properties: {
          Enabled: true,
          BatchSize: 20,
          MaximumBatchingWindowInSeconds: 0,
          StartingPosition: 'TRIM_HORIZON',
          FunctionResponseTypes: ['ReportBatchItemFailures'],
          BisectBatchOnFunctionError: true,
          MaximumRetryAttempts: 3,
          MaximumRecordAgeInSeconds: -1,
        },
      } as unknown as Parameters<typeof startStreamPoller>[0]['mapping'],
      table: { name, shortName: name, attributes: {} } as unknown as Parameters<typeof startStreamPoller>[0]['table'],
      target: poolOf(worker) as unknown as FunctionPool,
      onFailure: undefined,
      tables,
      streams,
      data: {
        read: (file: string) => files.get(file),
        write: (file: string, text: string) => files.set(file, text),
      } as unknown as Parameters<typeof startStreamPoller>[0]['data'],
      region: REGION,
      limits: { ...platformLimits, streamIdleMilliseconds: 10, streamRetryFirstMilliseconds: 10 },
      log: () => undefined,
    });
    return {
      async put(k, v) {
        await tables.send(new PutItemCommand({ TableName: name, Item: { k: { S: k }, v: { N: String(v) } } }));
      },
      until: async (holds) => {
        await eventually(holds);
      },
      stop: () => poller.stop(),
    };
  });
});
