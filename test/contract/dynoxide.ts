import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type {
  AttributeDefinition,
  CreateTableCommandInput,
  GlobalSecondaryIndex,
  KeySchemaElement,
} from '@aws-sdk/client-dynamodb';
import { Command, DynamoDBDocumentClient } from '../../shared/aws/dynamodb.ts';

/** A DynamoDB-compatible engine for contract tests: a process of its own on a free port, on a database of its own. */

const BINARY = join(import.meta.dirname, `../../node_modules/@dynoxide/${process.platform}-${process.arch}/dynoxide`);
const START_MILLISECONDS = 120_000;
const POLL_MILLISECONDS = 20;

/** Where it is not installed, tests that need it are skipped. */
export const dynoxideIsThere = existsSync(BINARY);

export type Dynoxide = { endpoint: string; db: DynamoDBDocumentClient; stop(): Promise<void> };

export async function startDynoxide(): Promise<Dynoxide> {
  const folder = await mkdtemp(join(tmpdir(), 'thuphi-dynoxide-'));
  const port = await freePort();
  const child = spawn(BINARY, ['serve', '--port', String(port), '--db-path', join(folder, 'tables.db')], {
    stdio: 'ignore',
  });
  const endpoint = `http://127.0.0.1:${port}`;
  const db = new DynamoDBDocumentClient({
    AWS_REGION: 'ap-southeast-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_ENDPOINT_URL_DYNAMODB: endpoint,
  });
  const stop = async () => {
    await ended(child);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await answering(endpoint, child);
  } catch (error) {
    await stop();
    throw error;
  }
  return { endpoint, db, stop };
}

class CreateTable extends Command<CreateTableCommandInput, object> {
  override readonly operation = 'CreateTable';
}

/** Creates a table with the string keys named; `sort` may be left out. */
export async function createTable(
  db: DynamoDBDocumentClient,
  name: string,
  keys: { partition: string; sort?: string },
  more: { attributes?: AttributeDefinition[]; indexes?: GlobalSecondaryIndex[] } = {},
): Promise<string> {
  const schema: KeySchemaElement[] = [{ AttributeName: keys.partition, KeyType: 'HASH' }];
  if (keys.sort) schema.push({ AttributeName: keys.sort, KeyType: 'RANGE' });
  await db.send(
    new CreateTable({
      TableName: name,
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: schema,
      AttributeDefinitions: [
        ...schema.map(({ AttributeName }) => ({ AttributeName, AttributeType: 'S' as const })),
        ...(more.attributes ?? []),
      ],
      ...(more.indexes && { GlobalSecondaryIndexes: more.indexes }),
    }),
  );
  return name;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        address && typeof address === 'object' ? resolve(address.port) : reject(new Error('no port')),
      );
    });
  });
}

/** Resolves once the engine answers; throws when it ends first or stays silent. */
async function answering(endpoint: string, child: ChildProcess): Promise<void> {
  const deadline = Date.now() + START_MILLISECONDS;
  for (;;) {
    if (child.exitCode !== null) throw new Error(`dynoxide ended with ${child.exitCode}`);
    try {
      await fetch(endpoint, { method: 'POST' });
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MILLISECONDS));
  }
}

function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.kill('SIGTERM');
  });
}
