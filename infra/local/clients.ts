import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import { engineClient } from './engine-client.ts';

/** The engines take any credentials, and everybody on this machine may speak to them. */
export const LOCAL_CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' };

/** AWS clients of the platform itself: pollers, notifications, creation of resources. */
export type Clients = {
  tables: DynamoDBClient;
  queues: SQSClient;
  buckets: S3Client;
  /** What pollers ask without end. */
  polledQueues: ReturnType<typeof engineClient<SQSClient>>;
  polledStreams: ReturnType<typeof engineClient<DynamoDBStreamsClient>>;
};

export function clientsFor(endpoints: { tables: string; storage: string }, region: string): Clients {
  const common = { region, credentials: LOCAL_CREDENTIALS };
  return {
    tables: new DynamoDBClient({ ...common, endpoint: endpoints.tables }),
    queues: new SQSClient({ ...common, endpoint: endpoints.storage }),
    buckets: new S3Client({ ...common, endpoint: endpoints.storage, forcePathStyle: true }),
    polledQueues: engineClient<SQSClient>(endpoints.storage, 'AmazonSQS'),
    polledStreams: engineClient<DynamoDBStreamsClient>(endpoints.tables, 'DynamoDBStreams_20120810'),
  };
}

export function closeClients(clients: Clients): void {
  for (const client of Object.values(clients)) client.destroy();
}
