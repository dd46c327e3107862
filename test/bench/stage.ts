import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  DescribeStreamCommand,
  DynamoDBStreamsClient,
  GetRecordsCommand,
  GetShardIteratorCommand,
} from '@aws-sdk/client-dynamodb-streams';
import type { DynamoDBStreamEvent, SQSEvent } from 'aws-lambda';
import type { DynamoDBDocumentClient } from '../../shared/aws/dynamodb.ts';
import { RegistryStore } from '../../shared/store/registry-store.ts';
import { startDynoxide } from '../contract/dynoxide.ts';
import { countingQueues, countingTables, fixedSecrets } from './engines.ts';
import { AGENCY, CLIENT, httpEvent, TERMINAL, TERMINAL_SECRET } from './events.ts';

/** The functions of the hot path in this process, over counted engines: what one payment costs, without any waiting. */

const REGION = 'ap-southeast-1';
const TABLES = { invoices: 'Invoices', dossiers: 'Dossiers', registry: 'Registry', journal: 'Journal', work: 'Work' };

type Http = { statusCode: number; body: string };
type Handler = (event: never, context?: unknown) => Promise<unknown>;

export type Stage = Awaited<ReturnType<typeof openStage>>;

/** `direct`: the functions reach the tables themselves, and nothing of it is counted. */
export async function openStage({ direct = false } = {}) {
  const engine = await startDynoxide();
  const tables = await countingTables(engine.endpoint);
  const queues = await countingQueues();
  const key = (name: string) => name.padEnd(64, '0');
  const secrets = await fixedSecrets({
    'bench/keys/quote': key('1'),
    'bench/keys/invoice-number': key('2'),
    'bench/keys/cursor': key('3'),
    [`bench/merchant/vnpay/${TERMINAL}`]: TERMINAL_SECRET,
  });
  Object.assign(process.env, {
    AWS_REGION: REGION,
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_ENDPOINT_URL_DYNAMODB: direct ? engine.endpoint : tables.url,
    AWS_ENDPOINT_URL_SQS: queues.url,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.url,
    LOG_LEVEL: process.env['LOGS'] ?? 'SILENT',
    SERVICE_NAME: 'bench',
    STAGE: 'sandbox',
    INVOICES_TABLE: TABLES.invoices,
    DOSSIERS_TABLE: TABLES.dossiers,
    REGISTRY_TABLE: TABLES.registry,
    JOURNAL_TABLE: TABLES.journal,
    WORK_TABLE: TABLES.work,
    FILES_BUCKET: 'files',
    INBOX_QUEUE_URL: `${queues.url}/000000000000/inbox`,
    DELIVERIES_QUEUE_URL: `${queues.url}/000000000000/deliveries`,
    RECEIPTS_QUEUE_URL: `${queues.url}/000000000000/receipts`,
    REFUNDS_QUEUE_URL: `${queues.url}/000000000000/refunds`,
    QUESTIONS_QUEUES: JSON.stringify({ vnpay: `${queues.url}/000000000000/questions` }),
    ASKING_SPEED: '1',
    SECRET_PREFIX: 'bench/',
    PUBLIC_URL: 'http://localhost',
    PLAYED_PROVIDERS_URL: 'none',
  });
  const client = new DynamoDBClient({ endpoint: engine.endpoint });
  const streamArn = await createTables(client);
  await register(engine.db);

  const handlers = {
    portal: (await import('../../functions/portal-api/handler.ts')).handler as unknown as Handler,
    callback: (await import('../../functions/provider-callback/handler.ts')).handler as unknown as Handler,
    post: (await import('../../functions/post-payment/handler.ts')).handler as unknown as Handler,
    publish: (await import('../../functions/publish-events/handler.ts')).handler as unknown as Handler,
  };

  // Numbers of invoices follow from keys, and from numbers where entries lie: the same in every run, so that counts are.
  let calls = 0;
  const call = async (
    routeKey: string,
    path: Record<string, string>,
    body: unknown,
  ): Promise<Record<string, never>> => {
    const answer = (await handlers.portal(
      httpEvent(routeKey, path, body, '', String(++calls).padStart(36, '0')) as never,
      {},
    )) as Http;
    if (answer.statusCode >= 400) throw new Error(`${routeKey} answered ${answer.statusCode}: ${answer.body}`);
    return JSON.parse(answer.body);
  };

  return {
    tables,
    queues,
    client,
    call,
    async ipn(query: string): Promise<string> {
      const answer = (await handlers.callback(
        httpEvent('GET /callbacks/{provider}', { provider: 'vnpay' }, undefined, query) as never,
      )) as Http;
      return answer.body;
    },
    /** Posts everything that lies in the inbox, ten messages at a time, all batches at once. */
    async post(): Promise<void> {
      const waiting = queues.counts.messages.filter((message) => message.queue === 'inbox');
      queues.counts.messages = queues.counts.messages.filter((message) => message.queue !== 'inbox');
      const batches: SQSEvent[] = [];
      for (let start = 0; start < waiting.length; start += 10)
        batches.push({
          Records: waiting.slice(start, start + 10).map(({ body }, place) => ({ messageId: String(place), body })),
        } as SQSEvent);
      for (const answer of await Promise.all(batches.map((batch) => handlers.post(batch as never))))
        if ((answer as { batchItemFailures: unknown[] }).batchItemFailures.length > 0) throw new Error('not posted');
    },
    /** Publishes what the stream holds since the last call. */
    publish: streamReader(engine.endpoint, streamArn, async (event) => {
      const answer = (await handlers.publish(event as never)) as { batchItemFailures: unknown[] };
      if (answer.batchItemFailures.length > 0) throw new Error('not published');
    }),
    async stop(): Promise<void> {
      client.destroy();
      await Promise.all([tables.stop(), queues.stop(), secrets.stop(), engine.stop()]);
    },
  };
}

/** The five tables as the data stack defines them. Answers the stream of the invoices. */
export async function createTables(client: DynamoDBClient): Promise<string> {
  const text = (AttributeName: string) => ({ AttributeName, AttributeType: 'S' as const });
  const { TableDescription } = await client.send(
    new CreateTableCommand({
      TableName: TABLES.invoices,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [text('k'), text('g'), { AttributeName: 'c', AttributeType: 'N' }],
      KeySchema: [{ AttributeName: 'k', KeyType: 'HASH' }],
      GlobalSecondaryIndexes: [
        {
          IndexName: 'by-agency-day',
          KeySchema: [
            { AttributeName: 'g', KeyType: 'HASH' },
            { AttributeName: 'c', KeyType: 'RANGE' },
          ],
          Projection: { ProjectionType: 'KEYS_ONLY' },
        },
      ],
      StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' },
    }),
  );
  const plain = async (TableName: string, keys: readonly string[]) =>
    client.send(
      new CreateTableCommand({
        TableName,
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: keys.map(text),
        KeySchema: keys.map((AttributeName, place) => ({ AttributeName, KeyType: place === 0 ? 'HASH' : 'RANGE' })),
      }),
    );
  await plain(TABLES.dossiers, ['k']);
  for (const name of [TABLES.registry, TABLES.journal, TABLES.work]) await plain(name, ['p', 's']);
  return TableDescription?.LatestStreamArn ?? '';
}

export async function register(db: DynamoDBDocumentClient): Promise<void> {
  const registry = new RegistryStore(db, TABLES.registry);
  const origin = { keyHash: 'bench', bodyHash: 'bench' };
  const name = { vi: 'Mẫu', en: 'Sample' };
  await registry.putAgency({ code: AGENCY, name, active: true }, origin);
  await registry.putClient(
    { id: CLIENT, kind: 'portal', name, agencies: [AGENCY], returnHosts: ['portal.example.gov.vn'], active: true },
    origin,
  );
  await registry.putMerchantAccount(
    {
      id: 'vnpay-bench',
      providerId: 'vnpay',
      agencyCode: AGENCY,
      beneficiary: 'main',
      terminal: TERMINAL,
      accountNumber: '120010000001',
      bankBin: '970436',
      active: true,
    },
    origin,
  );
  const endpoint = { url: 'https://agency.example.gov.vn/hook', events: ['invoice.paid.v1' as const], updatedAt: 0 };
  for (const owner of [`agency:${AGENCY}`, `client:${CLIENT}`] as const)
    await registry.changeEndpoint(owner, () => ({ ...endpoint, owner }), origin);
}

export function streamReader(
  endpoint: string,
  streamArn: string,
  deliver: (event: DynamoDBStreamEvent) => Promise<void>,
) {
  const streams = new DynamoDBStreamsClient({ endpoint, region: REGION });
  const iterators = new Map<string, string>();
  return async (): Promise<number> => {
    const { StreamDescription } = await streams.send(new DescribeStreamCommand({ StreamArn: streamArn }));
    let delivered = 0;
    for (const { ShardId = '' } of StreamDescription?.Shards ?? []) {
      if (!iterators.has(ShardId)) {
        const first = await streams.send(
          new GetShardIteratorCommand({ StreamArn: streamArn, ShardId, ShardIteratorType: 'TRIM_HORIZON' }),
        );
        iterators.set(ShardId, first.ShardIterator ?? '');
      }
      for (let more = true; more; ) {
        const page = await streams.send(new GetRecordsCommand({ ShardIterator: iterators.get(ShardId), Limit: 100 }));
        if (page.NextShardIterator) iterators.set(ShardId, page.NextShardIterator);
        const Records = (page.Records ?? []).map((record) => ({
          ...record,
          dynamodb: {
            ...record.dynamodb,
            ApproximateCreationDateTime: (record.dynamodb?.ApproximateCreationDateTime?.getTime() ?? 0) / 1000,
          },
        }));
        if (Records.length > 0) await deliver({ Records } as unknown as DynamoDBStreamEvent);
        delivered += Records.length;
        more = Records.length > 0;
      }
    }
    return delivered;
  };
}
