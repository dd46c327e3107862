import { CreateTableCommand } from '@aws-sdk/client-dynamodb';
import { InvoiceNumber } from '../../shared/domain/invoice/number.ts';
import { dong } from '../../shared/domain/money/dong.ts';
import { factsOf } from '../../shared/domain/payment/facts.ts';
import { paymentReference } from '../../shared/domain/payment/reference.ts';
import { documentClient } from '../../shared/runtime/aws.ts';
import { InvoiceStore } from '../../shared/store/invoice-store.ts';
import { ReceiptStore } from '../../shared/store/receipt-store.ts';
import { issueReceipts } from '../../shared/usecases/issue-receipts.ts';
import { postPayment } from '../../shared/usecases/post-payment.ts';
import { anAttempt } from '../dsl/given.ts';
import { REGISTERED } from '../dsl/receipts.ts';
import { invoiceOf, LAND, NOW, TOTAL } from '../dsl/world.ts';
import { MemorySigner } from '../fakes/memory-signer.ts';
import type { TableCount } from './engines.ts';
import { AGENCY } from './events.ts';
import { office } from './office.ts';
import type { Stage } from './stage.ts';
import { upkeep } from './upkeep.ts';

/** What happens beside posting, counted like it. */
export type Beside = {
  what: string;
  /** What it happens to, and to how many of it was counted. */
  of: string;
  number: number;
  /** How often it happens to each. */
  times: number;
  tables: ReadonlyMap<string, TableCount>;
  /** Objects that were put and read. */
  objects?: { put: number; read: number };
  /** Sends to queues. */
  sends?: number;
  /** Signatures of KMS: one for each receipt. */
  signatures?: number;
};

/** As many orders as a queue hands over at once. */
const BATCH = 10;
const CREDITS = 50;

/** Counts what follows from invoices that were paid on a stage, what clock and people do to them, and bank credits that are entered there. */
export async function besides(stage: Stage, paid: readonly string[]): Promise<Beside[]> {
  const db = documentClient();
  const invoices = new InvoiceStore(db, 'Invoices');
  return [
    await receipts(stage, invoices, new ReceiptStore(db, 'Receipts'), paid),
    ...(await upkeep(stage, paid)),
    await credits(stage, invoices),
    ...(await office(stage, paid.length)),
  ];
}

async function receipts(
  { client, tables }: Stage,
  invoices: InvoiceStore,
  book: ReceiptStore,
  paid: readonly string[],
): Promise<Beside> {
  const keys = ['p', 's'];
  await client.send(
    new CreateTableCommand({
      TableName: 'Receipts',
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: keys.map((AttributeName) => ({ AttributeName, AttributeType: 'S' as const })),
      KeySchema: keys.map((AttributeName, place) => ({ AttributeName, KeyType: place === 0 ? 'HASH' : 'RANGE' })),
    }),
  );
  const name = { vi: 'Mẫu', en: 'Sample' };
  const signer = new MemorySigner();
  const publicKey = await signer.publicKey();
  tables.reset();
  for (let start = 0; start < paid.length; start += BATCH)
    await issueReceipts(
      paid.slice(start, start + BATCH).map((number) => InvoiceNumber.parse(number)),
      {
        invoices,
        receipts: book,
        registry: { agency: async () => ({ code: AGENCY, name, active: true, receipts: REGISTERED }) },
        directory: { endpointOf: async () => undefined },
        deliveries: { sendAll: async () => undefined },
        signer: { publicKey: async () => publicKey, sign: (digest) => signer.sign(digest) },
        feeName: async () => 'Lệ phí đăng ký cư trú',
        providerName: () => 'VNPAY',
        secret: () => 'abcdefghijklmnopqrstuv',
        now: Date.now,
      },
    );
  const counts = { number: paid.length, times: 1, tables: copied(tables.counts), signatures: signer.signed };
  return { what: 'receipts', of: 'payment', ...counts };
}

/** Money that came to an account: its movement, and the bank's own name for it, in one transaction. */
async function credits({ tables }: Stage, invoices: InvoiceStore): Promise<Beside> {
  const invoice = (place: number) =>
    invoiceOf(String(480_213_570_000 + place), { attempts: [anAttempt('pending')], due: dong(TOTAL), version: 2 });
  for (let place = 0; place < CREDITS; place += 1) {
    const { attempts, ...made } = invoice(place);
    await invoices.create({ ...made, attempts: [], version: 1 });
    for (const attempt of attempts) await invoices.appendAttempt(made.number, 0, attempt);
  }
  tables.reset();
  for (let place = 0; place < CREDITS; place += 1) {
    const { number } = invoice(place);
    const notice = {
      ...{
        providerId: 'bank-one',
        terminal: 'ONE-LAND',
        reference: paymentReference(number, 1),
        outcome: 'paid' as const,
      },
      ...{ amount: TOTAL, currency: 'VND', transactionId: `FT${place}`, paidAt: NOW, resultCode: '00' },
      evidence: `{"id":${place},"amount":${TOTAL},"content":"${'x'.repeat(200)}"}`,
      bankCredit: { account: '120010000001', reference: `FT${place}` },
    } as const;
    const owner = { merchantAccountId: 'land-one', agencyCode: LAND };
    const entered = await postPayment(
      { v: 1, notice, facts: factsOf(invoice(place)), owner },
      { invoices, now: () => NOW },
    );
    if (entered !== 'posted') throw new Error(`a bank credit was ${entered}`);
  }
  return { what: 'a bank credit entered', of: 'credit', number: CREDITS, times: 1, tables: copied(tables.counts) };
}

export const copied = (counts: ReadonlyMap<string, TableCount>): Map<string, TableCount> =>
  new Map([...counts].map(([table, sums]) => [table, { ...sums }]));
