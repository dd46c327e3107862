import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as z from 'zod';

/** Small stand-ins between the functions and the engines, that count what passes. */

const Capacity = z.object({ ConsumedCapacity: z.unknown().optional() });
const Consumed = z.object({ TableName: z.string(), CapacityUnits: z.number() });

const WRITES = new Set(['PutItem', 'UpdateItem', 'DeleteItem', 'BatchWriteItem', 'TransactWriteItems']);

export type TableCount = { calls: number; writeUnits: number; readUnits: number };

export type Counted<T> = { url: string; counts: T; reset(): void; stop(): Promise<void> };

async function listen(server: Server): Promise<{ url: string; stop(): Promise<void> }> {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    stop: () =>
      new Promise((done) => {
        server.closeAllConnections();
        server.close(() => done());
      }),
  };
}

async function bodyOf(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

/** A client that opens its connection before it needs it asks for nothing, which is no call. */
const opensOnly = (incoming: IncomingMessage): boolean => incoming.method !== 'POST';

/** Passes calls on to the tables and counts them by table, in the units that the tables themselves report. */
export async function countingTables(endpoint: string): Promise<Counted<Map<string, TableCount>>> {
  const counts = new Map<string, TableCount>();
  const count = (operation: string, answer: string) => {
    const { ConsumedCapacity } = Capacity.parse(JSON.parse(answer || '{}'));
    const parts = Array.isArray(ConsumedCapacity) ? ConsumedCapacity : [ConsumedCapacity];
    for (const part of parts) {
      const consumed = Consumed.safeParse(part);
      if (!consumed.success) continue;
      const { TableName, CapacityUnits } = consumed.data;
      const known = counts.get(TableName) ?? { calls: 0, writeUnits: 0, readUnits: 0 };
      known.calls += 1;
      known[WRITES.has(operation) ? 'writeUnits' : 'readUnits'] += CapacityUnits;
      counts.set(TableName, known);
    }
  };
  const server = createServer(async (incoming, outgoing) => {
    if (opensOnly(incoming)) return void outgoing.writeHead(404).end();
    const operation = String(incoming.headers['x-amz-target']).split('.').at(-1) ?? '';
    const body = JSON.stringify({ ...JSON.parse(await bodyOf(incoming)), ReturnConsumedCapacity: 'INDEXES' });
    const { 'content-length': _, host: __, ...headers } = incoming.headers;
    const forward = request(endpoint, {
      method: 'POST',
      headers: { ...headers, 'content-length': Buffer.byteLength(body) },
    });
    forward.on('response', async (answer) => {
      const text = await bodyOf(answer);
      if (answer.statusCode === 200) count(operation, text);
      outgoing.writeHead(answer.statusCode ?? 500, { 'content-type': 'application/x-amz-json-1.0' }).end(text);
    });
    forward.on('error', () => outgoing.writeHead(500).end());
    forward.end(body);
  });
  return { ...(await listen(server)), counts, reset: () => counts.clear() };
}

type Sent = { queue: string; body: string };

const Send = z.object({ QueueUrl: z.string(), MessageBody: z.string() });
const SendBatch = z.object({
  QueueUrl: z.string(),
  Entries: z.array(z.object({ Id: z.string(), MessageBody: z.string() })),
});

/** Takes messages, keeps them, and counts the calls that brought them. */
export async function countingQueues(): Promise<Counted<{ sends: number; messages: Sent[] }>> {
  const counts = { sends: 0, messages: [] as Sent[] };
  const take = (queue: string, body: string) => {
    counts.messages.push({ queue: queue.split('/').at(-1) ?? queue, body });
    return {
      MessageId: String(counts.messages.length),
      MD5OfMessageBody: createHash('md5').update(body).digest('hex'),
    };
  };
  const server = createServer(async (incoming, outgoing) => {
    if (opensOnly(incoming)) return void outgoing.writeHead(404).end();
    const call: unknown = JSON.parse(await bodyOf(incoming));
    const batch = SendBatch.safeParse(call);
    counts.sends += 1;
    const answer = batch.success
      ? {
          Successful: batch.data.Entries.map(({ Id, MessageBody }) => ({
            Id,
            ...take(batch.data.QueueUrl, MessageBody),
          })),
        }
      : take(Send.parse(call).QueueUrl, Send.parse(call).MessageBody);
    outgoing.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' }).end(JSON.stringify(answer));
  });
  const reset = () => {
    counts.sends = 0;
    counts.messages = [];
  };
  return { ...(await listen(server)), counts, reset };
}

/** Passes requests on to buckets and counts them as they are paid for: parts of an upload, its begin and its end are puts. */
export async function countingObjects(endpoint: string): Promise<Counted<{ put: number; read: number }>> {
  const counts = { put: 0, read: 0 };
  const server = createServer((incoming, outgoing) => {
    const { method, headers } = incoming;
    if (method === 'PUT' || method === 'POST') counts.put += 1;
    else if (method === 'GET') counts.read += 1;
    const forward = request(`${endpoint}${incoming.url}`, { method, headers });
    forward.on('response', (answer) => {
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(outgoing);
    });
    forward.on('error', () => outgoing.writeHead(500).end());
    incoming.pipe(forward);
  });
  return { ...(await listen(server)), counts, reset: () => Object.assign(counts, { put: 0, read: 0 }) };
}

/** A secret store with the secrets given. */
export async function fixedSecrets(secrets: Record<string, string>): Promise<{ url: string; stop(): Promise<void> }> {
  const server = createServer(async (incoming, outgoing) => {
    const { SecretId } = z.object({ SecretId: z.string() }).parse(JSON.parse(await bodyOf(incoming)));
    const SecretString = secrets[SecretId];
    const answer = SecretString === undefined ? { __type: 'ResourceNotFoundException' } : { SecretString };
    outgoing.writeHead(SecretString === undefined ? 400 : 200).end(JSON.stringify(answer));
  });
  return listen(server);
}
