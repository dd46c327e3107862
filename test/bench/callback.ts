import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { marshall } from '@aws-sdk/util-dynamodb';
import * as z from 'zod';
import { apart } from './apart.ts';
import { httpEvent } from './events.ts';
import { genuine, type Sample, sampleOf } from './genuine.ts';
import { counted, median, ROUNDS, type Row, timed } from './rows.ts';
import { REFERENCE, stored, useEnvironment } from './warm.ts';

/**
 * What a callback of each provider costs once its function is warm: one read, one send, and hardly more processor time than
 * its signature with the same two calls. The bare loop makes them by the same clients; whoever answers is another process.
 */

const MOST_TIMES = 1.5;
const CALLS = 200;
/** Under whom citizens pay where another tells of the credit. */
const PAID_AT: Readonly<Record<string, string>> = { sepay: 'vietqr', casso: 'vietqr', 'bank-direct': 'vietqr' };

const Measured = z.object({ ours: z.number(), bare: z.number(), reads: z.number(), sends: z.number() });
type Measured = z.infer<typeof Measured>;

export async function callback(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const provider of Object.keys(genuine)) {
    const { ours, bare, reads, sends } = await measuredApart(provider);
    const what = `processor time, beside the signature with the same two calls (${bare.toFixed(0)} µs)`;
    rows.push(
      counted('callback', `${provider}: reads of a warm callback`, reads, 1),
      counted('callback', `${provider}: sends of a warm callback`, sends, 1),
      timed('callback', `${provider}: ${what}`, ours / bare, MOST_TIMES),
    );
  }
  return rows;
}

/** In a process of its own, whose services answer from this one. */
async function measuredApart(provider: string): Promise<Measured> {
  const { terminal, secret, amount } = sampleOf(provider);
  const { account, invoice } = await stored({ providerId: PAID_AT[provider] ?? provider, terminal, total: amount });
  const answers: Readonly<Record<string, (body: string) => object>> = {
    GetItem: () => ({ Item: marshall(invoice, { removeUndefinedValues: true }) }),
    Query: () => ({ Items: [marshall({ r: account })] }),
    GetSecretValue: () => ({ SecretString: secret }),
    SendMessage: (body) => {
      const { MessageBody } = z.object({ MessageBody: z.string() }).parse(JSON.parse(body));
      return { MessageId: '1', MD5OfMessageBody: createHash('md5').update(MessageBody).digest('hex') };
    },
  };
  const server = createServer(async (incoming, outgoing) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const operation = String(incoming.headers['x-amz-target']).split('.').at(-1) ?? '';
    const answer = answers[operation]?.(Buffer.concat(chunks).toString());
    outgoing.writeHead(answer ? 200 : 400, { 'content-type': 'application/x-amz-json-1.0' });
    outgoing.end(JSON.stringify(answer ?? {}));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  try {
    const { port } = server.address() as AddressInfo;
    return Measured.parse(JSON.parse(await apart(import.meta.filename, `http://127.0.0.1:${port}`, provider)));
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

function eventOf(provider: string, { query, headers, body }: Sample): object {
  const event = httpEvent(`${body === '' ? 'GET' : 'POST'} /callbacks/{provider}`, { provider }, undefined, query);
  return { ...event, headers, ...(body !== '' && { body }) };
}

async function measure(endpoint: string, provider: string): Promise<Measured> {
  const sample = sampleOf(provider);
  const isGenuine = genuine[provider];
  if (!isGenuine) throw new Error(`no rule of ${provider}`);
  // The samples were signed when they were: some are refused once they are old.
  Date.now = () => sample.at;
  useEnvironment(endpoint, provider === 'dvcqg' ? provider : '');
  const { DynamoDBDocumentClient, GetCommand } = await import('../../shared/aws/dynamodb.ts');
  const { JsonService } = await import('../../shared/aws/json-service.ts');
  const { Queue } = await import('../../shared/aws/sqs.ts');
  const { handler } = await import('../../functions/provider-callback/handler.ts');
  const event = eventOf(provider, sample);
  const handle = handler as unknown as (event: object) => Promise<{ statusCode: number }>;
  const db = new DynamoDBDocumentClient();
  const inbox = new Queue(process.env['INBOX_QUEUE_URL'] ?? '');
  let message = '';
  const bareCallback = async () => {
    if (!isGenuine(sample)) throw new Error(`the sample of ${provider} is not genuine`);
    await db.send(new GetCommand({ TableName: 'Invoices', Key: { k: REFERENCE.slice(0, 12) }, ConsistentRead: false }));
    await inbox.send(message);
  };

  const made: string[] = [];
  const { call } = JsonService.prototype;
  await handle(event); // Reads the registry and the key; later calls remember them.
  JsonService.prototype.call = function (this: InstanceType<typeof JsonService>, operation, body, url = this.endpoint) {
    made.push(operation);
    if (operation === 'SendMessage')
      message = z.object({ MessageBody: z.string() }).parse(JSON.parse(body)).MessageBody;
    return call.call(this, operation, body, url);
  };
  const { statusCode } = await handle(event);
  const { notice, facts } = z
    .object({ notice: z.object({ outcome: z.string() }), facts: z.object({}).optional() })
    .parse(JSON.parse(message));
  if (statusCode >= 300 || notice.outcome !== 'paid' || !facts)
    throw new Error(`${provider} was answered ${statusCode}`);
  JsonService.prototype.call = call;
  const sends = made.filter((operation) => operation === 'SendMessage').length;

  const times = { ours: [] as number[], bare: [] as number[] };
  for (let round = 0; round < 2 * ROUNDS; round += 1) {
    times.ours.push(await processorTime(() => handle(event)));
    times.bare.push(await processorTime(bareCallback));
  }
  // The first rounds warm both.
  const [ours, bare] = [median(times.ours.slice(ROUNDS)), median(times.bare.slice(ROUNDS))];
  return { ours, bare, reads: made.length - sends, sends };
}

/** Microseconds of one call. */
async function processorTime(work: () => Promise<unknown>): Promise<number> {
  const began = process.cpuUsage();
  for (let call = 0; call < CALLS; call += 1) await work();
  const { user, system } = process.cpuUsage(began);
  return (user + system) / CALLS;
}

if (import.meta.main) process.stderr.write(JSON.stringify(await measure(process.argv[2] ?? '', process.argv[3] ?? '')));
