import { createHmac, timingSafeEqual } from 'node:crypto';
import * as z from 'zod';
import { dong } from '../../shared/domain/money/dong.ts';
import { apart } from './apart.ts';
import { AGENCY, httpEvent, signedIpn, TERMINAL, TERMINAL_SECRET } from './events.ts';
import { median, ROUNDS, type Row, timed } from './rows.ts';

/**
 * G4: processor time of a warm provider-callback without its AWS calls, beside what the protocol itself asks for: the
 * signature, the fields, the terminal, the amount.
 */

const MOST_TIMES = 6;
const CALLS = 2_000;
const TOTAL = 50_000;
export const REFERENCE = '480213567890012';

export async function warm(): Promise<Row[]> {
  const said = await apart(import.meta.filename);
  const { handler, core } = z.object({ handler: z.number(), core: z.number() }).parse(JSON.parse(said));
  return [
    timed(
      'G4',
      `processor time of a warm callback, beside its bare core (${core.toFixed(1)} µs)`,
      handler / core,
      MOST_TIMES,
    ),
  ];
}

/** What any reader of this protocol must do. */
function bareCore(rawQuery: string): boolean {
  const fields = new URLSearchParams(rawQuery);
  const signature = Buffer.from(fields.get('vnp_SecureHash') ?? '', 'hex');
  fields.delete('vnp_SecureHash');
  fields.sort();
  const digest = createHmac('sha512', TERMINAL_SECRET).update(fields.toString()).digest();
  return (
    timingSafeEqual(digest, signature) &&
    fields.get('vnp_TmnCode') === TERMINAL &&
    Number(fields.get('vnp_Amount')) === TOTAL * 100 &&
    fields.get('vnp_TxnRef') === REFERENCE
  );
}

async function measure(): Promise<{ handler: number; core: number }> {
  const handler = await readyHandler();
  const query = signedIpn(REFERENCE, TOTAL, '14000001');
  const event = httpEvent('GET /callbacks/{provider}', { provider: 'vnpay' }, undefined, query);
  const times = { handler: [] as number[], core: [] as number[] };
  for (let round = 0; round < ROUNDS; round += 1) {
    let began = process.cpuUsage();
    for (let call = 0; call < CALLS; call += 1) await handler(event);
    times.handler.push(microseconds(began));
    began = process.cpuUsage();
    for (let call = 0; call < CALLS; call += 1) if (!bareCore(query)) throw new Error('not genuine');
    times.core.push(microseconds(began));
  }
  return { handler: median(times.handler), core: median(times.core) };
}

function microseconds(began: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(began);
  return (user + system) / CALLS;
}

/** What the function finds in its environment; its services are at `endpoint`. */
export function useEnvironment(endpoint: string, switchedOn = ''): void {
  Object.assign(process.env, {
    AWS_REGION: 'ap-southeast-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_ENDPOINT_URL: endpoint,
    STAGE: 'sandbox',
    INVOICES_TABLE: 'Invoices',
    REGISTRY_TABLE: 'Registry',
    INBOX_QUEUE_URL: `${endpoint}/0/inbox`,
    SECRET_PREFIX: 'bench/',
    SWITCHED_ON_PROVIDERS: switchedOn,
    PLAYED_PROVIDERS_URL: endpoint,
  });
}

/** The invoice that is paid, as the table has it, and the account at whose terminal. */
export async function stored({ providerId = 'vnpay', terminal = TERMINAL, total = TOTAL } = {}) {
  const { invoiceItem } = await import('../../shared/store/invoice-item.ts');
  const { anAttempt, NUMBER } = await import('../dsl/given.ts');
  const { invoiceOf } = await import('../dsl/world.ts');
  const account = {
    id: 'bench-account',
    providerId,
    agencyCode: AGENCY,
    beneficiary: 'main',
    terminal,
    accountNumber: '120010000001',
    bankBin: '970436',
    active: true,
  };
  const attempt = { ...anAttempt('pending'), providerId, terminal, merchantAccountId: account.id };
  const due = dong(total);
  return { account, invoice: invoiceItem(invoiceOf(NUMBER, { total: due, due, attempts: [attempt] })) };
}

/** The function with its tables, queue and secrets answering at once, from memory. */
async function readyHandler() {
  useEnvironment('http://127.0.0.1:9');
  const { DynamoDBDocumentClient, GetCommand } = await import('../../shared/aws/dynamodb.ts');
  const { Queue } = await import('../../shared/aws/sqs.ts');
  const { SecretStore } = await import('../../shared/runtime/secret-store.ts');
  const { account, invoice } = await stored();
  DynamoDBDocumentClient.prototype.send = async (command) =>
    (command instanceof GetCommand ? { Item: invoice } : { Items: [{ r: account }] }) as never;
  Queue.prototype.send = async () => undefined;
  SecretStore.prototype.read = async () => TERMINAL_SECRET;
  const { handler } = await import('../../functions/provider-callback/handler.ts');
  return handler as unknown as (event: object) => Promise<{ statusCode: number; body: string }>;
}

if (import.meta.main) process.stderr.write(JSON.stringify(await measure()));
