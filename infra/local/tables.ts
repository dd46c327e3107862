import { spawn } from 'node:child_process';
import { accessSync, constants, existsSync, mkdirSync, openSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import {
  CreateTableCommand,
  DescribeTableCommand,
  type DynamoDBClient,
  ResourceNotFoundException,
} from '@aws-sdk/client-dynamodb';
import { portOf } from './addresses.ts';
import type { DataDirectory } from './data-directory.ts';
import { type Engine, startEngine } from './engine.ts';
import { NoTableEngine, reasonOf } from './failures.ts';
import type { Declared } from './system.ts';

/** Names an endpoint that speaks DynamoDB; nothing is spawned then. */
export const ENDPOINT_VARIABLE = 'THUPHI_DYNAMODB_ENDPOINT';

/**
 * The binary that holds the tables. Dynoxide keeps them in one SQLite file, streams included, and flushes before it
 * answers: an item that was acknowledged is there after SIGKILL. Throws {@link NoTableEngine}.
 */
export function tableEngineBinary(): string {
  const platform = `${process.platform}-${process.arch}`;
  try {
    const manifest = createRequire(import.meta.url).resolve(`@dynoxide/${platform}/package.json`);
    const binary = path.join(path.dirname(manifest), 'dynoxide');
    if (existsSync(binary)) return binary;
  } catch {
    // Not installed for this platform: the PATH may have it.
  }
  for (const directory of (process.env['PATH'] ?? '').split(path.delimiter)) {
    const binary = path.join(directory, 'dynoxide');
    try {
      accessSync(binary, constants.X_OK);
      return binary;
    } catch {
      // Not here.
    }
  }
  throw new NoTableEngine(platform);
}

/** What the engine looks through to give a change of a table its number, and to read on from one. */
const STREAM_INDEX = `CREATE INDEX IF NOT EXISTS stream_in_order
  ON _stream_records (table_name, CAST(sequence_number AS INTEGER))`;
/** The engine may be writing just then. */
const LOCK_MILLISECONDS = 5_000;

/**
 * Dynoxide numbers each change of a table one above the highest of all that it keeps, and has no index to find that by: a
 * write took 0.6 ms of its processor at first, and 8 ms after 14,000 changes. With one it takes 0.5 ms always. The index
 * stays in the file. An engine that lays its file out differently goes without.
 */
function indexStream(file: string, log: (line: string) => void): void {
  try {
    const database = new DatabaseSync(file);
    database.exec(`PRAGMA busy_timeout = ${LOCK_MILLISECONDS}; ${STREAM_INDEX}`);
    database.close();
  } catch (error) {
    log(`tables: the stream has no index: ${reasonOf(error)}`);
  }
}

/** Starts the engine of the tables at that address. */
export async function startTableEngine(options: {
  binary: string;
  address: string;
  data: DataDirectory;
  startMilliseconds: number;
  onProcess(pid: number): void;
  log(line: string): void;
}): Promise<Engine> {
  const { data, address, binary } = options;
  mkdirSync(data.file('logs'), { recursive: true });
  const output = openSync(data.file('logs', 'tables.log'), 'a');
  const port = String(portOf(address));
  const file = data.file('tables.db');
  const engine = await startEngine({
    ...options,
    name: 'tables',
    spawn: () =>
      spawn(binary, ['serve', '--port', port, '--db-path', file], {
        stdio: ['ignore', output, output],
        env: {},
        // A process group of its own: Ctrl-C in the terminal shall not end it before the stack has finished.
        detached: true,
      }),
    ready: () => answers(address),
  });
  indexStream(file, options.log);
  return engine;
}

/** Whether anything answers HTTP there. */
export async function answers(address: string): Promise<boolean> {
  try {
    await (await fetch(address)).arrayBuffer();
    return true;
  } catch {
    return false;
  }
}

/**
 * Creates the table unless it is there. Throws when it is there in another shape: its items would not fit, and the local
 * platform does not migrate.
 */
export async function createTable(client: DynamoDBClient, table: Declared<'AWS::DynamoDB::Table'>): Promise<void> {
  const { properties, name } = table;
  const indexes = properties.GlobalSecondaryIndexes;
  const existing = await describe(client, name);
  if (existing) {
    const shape = (keys: readonly { AttributeName?: string | undefined }[] | undefined) =>
      (keys ?? []).map((key) => key.AttributeName).join('+');
    const wanted = [shape(properties.KeySchema), ...indexes.map((one) => `${one.IndexName}:${shape(one.KeySchema)}`)];
    const found = [
      shape(existing.KeySchema),
      ...(existing.GlobalSecondaryIndexes ?? []).map((one) => `${one.IndexName}:${shape(one.KeySchema)}`),
    ];
    const streamed = existing.StreamSpecification?.StreamEnabled === true;
    const same =
      wanted.sort().join() === found.sort().join() && streamed === (properties.StreamSpecification !== undefined);
    if (!same) throw new Error(`table ${name} has other keys, indexes or stream than the template; start with --fresh`);
    return;
  }
  await client.send(
    new CreateTableCommand({
      TableName: name,
      AttributeDefinitions: properties.AttributeDefinitions,
      KeySchema: properties.KeySchema,
      BillingMode: properties.BillingMode,
      ...(indexes.length > 0
        ? {
            GlobalSecondaryIndexes: indexes.map(({ IndexName, KeySchema, Projection }) => ({
              IndexName,
              KeySchema,
              Projection: {
                ProjectionType: Projection.ProjectionType,
                ...(Projection.NonKeyAttributes ? { NonKeyAttributes: Projection.NonKeyAttributes } : {}),
              },
            })),
          }
        : {}),
      ...(properties.StreamSpecification
        ? {
            StreamSpecification: {
              StreamEnabled: true,
              StreamViewType: properties.StreamSpecification.StreamViewType,
            },
          }
        : {}),
    }),
  );
}

async function describe(client: DynamoDBClient, name: string) {
  try {
    return (await client.send(new DescribeTableCommand({ TableName: name }))).Table;
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return undefined;
    throw error;
  }
}

/** The stream of a table at its engine, whose name differs from the one that the template sees. */
export async function streamArnOf(client: DynamoDBClient, table: string): Promise<string> {
  const arn = (await describe(client, table))?.LatestStreamArn;
  if (arn === undefined) throw new Error(`table ${table} has no stream`);
  return arn;
}
