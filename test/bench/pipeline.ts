import { Agent, request } from 'node:http';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { apart } from './apart.ts';
import { median, ROUNDS, type Row, timed } from './rows.ts';

/**
 * G7: payments a second from quote to event, beside a bare loop that sends the same requests, written down before, to the
 * same kind of engine. What an engine of this machine does in a second says nothing about AWS; the ratio says what is ours.
 */

const LEAST_SHARE = 0.7;
const PAYMENTS = 10;
/**
 * Rounds before the clock counts: a function that carries such a load has long been compiled by it. The engine, too, is
 * slower by then, for both loops alike, because of what it holds.
 */
const WARM_ROUNDS = 40;

export async function pipeline(): Promise<Row[]> {
  const { ours, bare } = JSON.parse(await apart(import.meta.filename)) as { ours: number; bare: number };
  const rate = (milliseconds: number) => ((PAYMENTS / milliseconds) * 1_000).toFixed(0);
  return [
    timed('G7', `payments a second (${rate(ours)}), beside a bare loop (${rate(bare)})`, bare / ours, LEAST_SHARE),
  ];
}

type Sent = { target: string; body: string };

async function measure(): Promise<{ ours: number; bare: number }> {
  const { openStage, createTables, register, streamReader } = await import('./stage.ts');
  const { begin } = await import('./life.ts');
  const { signedIpn } = await import('./events.ts');
  const { JsonService } = await import('../../shared/aws/json-service.ts');
  const { countingQueues } = await import('./engines.ts');
  const { startDynoxide } = await import('../contract/dynoxide.ts');

  const stage = await openStage({ direct: true });
  let place = 0;
  const written: Sent[][] = [];
  const payment = async () => {
    written.push([]);
    place += 1;
    const paid = await begin(stage, place);
    await stage.ipn(signedIpn(paid.reference, paid.total, String(17_000_000 + place)));
    await stage.post();
    await stage.publish();
  };
  // Written down: what the functions send for each payment, to be sent by the bare loop afterwards.
  const { call } = JsonService.prototype;
  JsonService.prototype.call = function (this: InstanceType<typeof JsonService>, operation, body, url = this.endpoint) {
    const isQueue = url.href.startsWith(stage.queues.url);
    written.at(-1)?.push({ target: `${isQueue ? 'AmazonSQS' : 'DynamoDB_20120810'}.${operation}`, body });
    return call.call(this, operation, body, url);
  };
  const engine = await startDynoxide();
  const queues = await countingQueues();
  const client = new DynamoDBClient({ endpoint: engine.endpoint });
  const poll = streamReader(engine.endpoint, await createTables(client), async () => undefined);
  client.destroy();
  await register(engine.db);
  const agent = new Agent({ keepAlive: true });
  const barePayment = async () => {
    for (const { target, body } of written.shift() ?? [])
      await post(agent, target.startsWith('AmazonSQS') ? queues.url : engine.endpoint, target, body);
    await poll(); // In both loops: the stream's reader is the bench's, not the functions'.
  };

  const times = { ours: [] as number[], bare: [] as number[] };
  for (let round = 0; round < WARM_ROUNDS + ROUNDS; round += 1) {
    times.ours.push(await elapsed(payment));
    times.bare.push(await elapsed(barePayment)); // The same payments: both tables are as full.
  }
  agent.destroy();
  await Promise.all([stage.stop(), engine.stop(), queues.stop()]);
  return { ours: median(times.ours.slice(WARM_ROUNDS)), bare: median(times.bare.slice(WARM_ROUNDS)) };
}

async function elapsed(payment: () => Promise<void>): Promise<number> {
  const began = performance.now();
  for (let count = 0; count < PAYMENTS; count += 1) await payment();
  return performance.now() - began;
}

function post(agent: Agent, url: string, target: string, body: string): Promise<void> {
  const headers = {
    'content-type': 'application/x-amz-json-1.0',
    'x-amz-target': target,
    'x-amz-date': '20261122T000000Z',
    authorization:
      'AWS4-HMAC-SHA256 Credential=local/20261122/ap-southeast-1/dynamodb/aws4_request, SignedHeaders=host;x-amz-date;x-amz-target, Signature=0',
    'content-length': Buffer.byteLength(body),
  };
  return new Promise((resolve, reject) => {
    const call = request(url, { method: 'POST', headers, agent }, (answer) => {
      answer.resume();
      // A stand-in queue answers a send alone, the table a write whose condition holds: anything else measures nothing.
      answer.on('end', () =>
        answer.statusCode === 200 ? resolve() : reject(new Error(`${target}: ${answer.statusCode}`)),
      );
    });
    call.on('error', reject);
    call.end(body);
  });
}

if (import.meta.main) process.stderr.write(JSON.stringify(await measure()));
