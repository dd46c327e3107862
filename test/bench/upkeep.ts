import { CreateTableCommand } from '@aws-sdk/client-dynamodb';
import { vietnamCalendar } from '../../shared/catalogue/calendar.ts';
import { deliveries } from '../../shared/catalogue/deliveries.ts';
import { InvoiceNumber, invoiceId } from '../../shared/domain/invoice/number.ts';
import type { LogRecord } from '../../shared/domain/logbook/record.ts';
import { deliveryRules } from '../../shared/domain/reconciliation/deliveries.ts';
import type { Caller } from '../../shared/domain/registry/caller.ts';
import { terminalSecretName } from '../../shared/domain/registry/registry.ts';
import { addDays, startOfDay, vietnamDay } from '../../shared/domain/time.ts';
import { documentClient } from '../../shared/runtime/aws.ts';
import { recordId } from '../../shared/runtime/logbook.ts';
import { AuditStore } from '../../shared/store/audit-store.ts';
import { BookDayStore } from '../../shared/store/book-day-store.ts';
import { BookScan } from '../../shared/store/book-pages.ts';
import { DecisionStore } from '../../shared/store/decision-store.ts';
import { DeliveryStore } from '../../shared/store/delivery-store.ts';
import { InvoiceStore } from '../../shared/store/invoice-store.ts';
import { DynamoJournalReader } from '../../shared/store/journal-reader.ts';
import { DynamoJournalScanner } from '../../shared/store/journal-scanner.ts';
import { BY_PERSON, BY_SUBJECT } from '../../shared/store/log-entries.ts';
import { LogbookStore } from '../../shared/store/logbook-store.ts';
import { RegistryStore } from '../../shared/store/registry-store.ts';
import { RemittanceStore } from '../../shared/store/remittance-store.ts';
import { WatchStore } from '../../shared/store/watch-store.ts';
import { WorkScan } from '../../shared/store/work-pages.ts';
import { WorkStore } from '../../shared/store/work-store.ts';
import { approveRefund } from '../../shared/usecases/decide-refund.ts';
import { keepRecords } from '../../shared/usecases/keep-records.ts';
import { projectBalances } from '../../shared/usecases/project-balances.ts';
import { proveDay, proveWorkPiece, repairPiece } from '../../shared/usecases/repair.ts';
import { requestRefund } from '../../shared/usecases/request-refund.ts';
import { sealLedger } from '../../shared/usecases/seal-ledger.ts';
import { sendRefund } from '../../shared/usecases/send-refund.ts';
import { verifyLedger } from '../../shared/usecases/verify-ledger.ts';
import { watchDeliveries } from '../../shared/usecases/watch-deliveries.ts';
import { RefundingBank } from '../dsl/refunding.ts';
import { client as clientOf } from '../dsl/world.ts';
import { MemoryBalances } from '../fakes/memory-balances.ts';
import { MemorySeals } from '../fakes/memory-seals.ts';
import { MemorySecrets } from '../fakes/memory-secrets.ts';
import { standing } from '../fakes/memory-states.ts';
import { type Beside, copied } from './beside.ts';
import type { TableCount } from './engines.ts';
import { AGENCY, TERMINAL, TERMINAL_SECRET } from './events.ts';
import type { Stage } from './stage.ts';

/**
 * What the clock and people have done beside payments, counted over the same engines: refunds, the night's repair and proof,
 * seals, the logbook and the watch over files.
 */

/** What the look through the whole book costs by. */
export const IN_THE_BOOK = 'invoice there, a night';

const REFUNDS = 10;
const ACTS = 50;
const CALLBACKS = 100;
/** Nights in which an entry of the journal is proved against its invoice, and days in which its seal and its balance are. */
const PROVED_NIGHTS = 3;
const PROVED_DAYS = 8;

type Counting = { tables: ReadonlyMap<string, TableCount>; objects: { put: number; read: number } };

/** The stage must hold `paid` invoices and what followed from them, and nothing else but one that was begun. */
export async function upkeep(stage: Stage, paid: readonly string[]): Promise<Beside[]> {
  const stores = storesOf();
  return [
    ...(await nightly(stage, stores)),
    ...(await ledger(stage, stores, paid.length)),
    await refunds(stage, stores, paid.slice(0, REFUNDS)),
    ...(await logbook(stage)),
    await files(stage, stores),
  ];
}

function storesOf() {
  const db = documentClient();
  const reader = new DynamoJournalReader(db, 'Journal');
  const scanner = new DynamoJournalScanner(db, 'Journal');
  return {
    invoices: new InvoiceStore(db, 'Invoices'),
    book: new BookScan(db, 'Invoices'),
    entries: reader,
    journal: {
      ofDay: reader.ofDay.bind(reader),
      between: scanner.between.bind(scanner),
      at: scanner.at.bind(scanner),
      allAt: reader.allAt.bind(reader),
    },
    remittances: new RemittanceStore(db, 'Work'),
    exceptions: new WorkStore(db, 'Work'),
    work: new WorkScan(db, 'Work'),
    decisions: new DecisionStore(db, 'Work'),
    watches: new WatchStore(db, 'Work'),
    log: new AuditStore(db, 'Audit', recordId),
    registry: { agencyCodes: async () => [AGENCY] },
  };
}

type Stores = ReturnType<typeof storesOf>;

async function counted(
  { tables }: Pick<Stage, 'tables'>,
  does: () => Promise<unknown>,
  objects = { put: 0, read: 0 },
): Promise<Counting> {
  tables.reset();
  await does();
  return { tables: new Map([...copied(tables.counts)].filter(([name]) => name !== 'Registry')), objects };
}

/** Every night: each item of the book is read; each entry of the last days is looked up on its invoice. */
async function nightly(stage: Stage, stores: Stores): Promise<Beside[]> {
  const found = (finding: object) => {
    throw new Error(`the night found ${JSON.stringify(finding)}`);
  };
  const dependencies = { ...stores, found, now: Date.now, pieces: { sendAll: async () => undefined } };
  const [from, to] = [startOfDay(addDays(vietnamDay(Date.now()), -PROVED_NIGHTS)), Date.now()];
  const piece = { kind: 'repair' as const, to, segment: 0, segments: 1 };
  let looked = 0;
  const scan = await counted(stage, async () => {
    ({ looked } = await repairPiece({ ...piece, from: to + 1 }, dependencies));
  });
  const { tables } = await counted(stage, () => repairPiece({ ...piece, from }, dependencies));
  const lookedUp = new Map([...tables].filter(([name]) => name === 'Journal'));
  let proved = 0;
  const proof = await counted(stage, async () => {
    const day = vietnamDay(Date.now());
    ({ proved } = await proveDay({ kind: 'proof', agencyCode: AGENCY, day }, dependencies));
  });
  const list = await counted(stage, () => proveWorkPiece({ kind: 'work', agencyCode: AGENCY }, dependencies));
  return [
    { what: 'the repair’s look through the book', of: IN_THE_BOOK, number: looked, times: 1, ...scan },
    {
      what: 'its look-up of movements in the journal',
      of: 'payment',
      number: proved,
      times: PROVED_NIGHTS,
      tables: lookedUp,
    },
    { what: 'the night’s proof of the journal', of: 'payment', number: proved, times: PROVED_NIGHTS, ...proof },
    { what: 'the night’s proof of a work list, empty', of: 'agency, a night', number: 1, times: 1, ...list },
  ];
}

/** Seals, their proof and the balances, of as many entries as were paid. */
async function ledger(stage: Stage, stores: Stores, number: number): Promise<Beside[]> {
  const seals = new MemorySeals();
  const objects = { put: 0, read: 0 };
  const counting = {
    head: () => seals.head(),
    remember: seals.remember.bind(seals),
    keep: (...[segment, text]: Parameters<MemorySeals['keep']>) => {
      objects.put += 1;
      return seals.keep(segment, text);
    },
    read: (segment: number) => {
      objects.read += 1;
      return seals.read(segment);
    },
  };
  const first = startOfDay(vietnamDay(Date.now()));
  const dependencies = { ...stores, seals: counting, first, now: Date.now, pace: 'atOnce' as const };
  const sealed = await counted(stage, () => sealLedger(dependencies), objects);
  const ofSeal = { ...sealed, objects: { ...objects } };
  Object.assign(objects, { put: 0, read: 0 });
  const proof = await counted(
    stage,
    async () => {
      const { breach, entries } = await verifyLedger(dependencies);
      if (breach || entries !== number) throw new Error(`${entries} of ${number} entries are sealed: ${breach?.kind}`);
    },
    objects,
  );
  const day = vietnamDay(Date.now());
  const projected = await counted(stage, () =>
    projectBalances({ from: day, to: day, first: day }, { ...stores, balances: new MemoryBalances() }),
  );
  return [
    { what: 'its seal', of: 'payment', number, times: 1, ...ofSeal },
    { what: 'the daily proof of its seal', of: 'payment', number, times: PROVED_DAYS, ...proof },
    {
      what: 'its part of the balances, made daily',
      of: 'payment',
      number,
      times: PROVED_DAYS,
      ...projected,
      objects: { put: 1, read: 1 },
    },
  ];
}

const person = (subject: string): Caller => ({
  clientId: 'desk',
  subject,
  client: clientOf('desk', { kind: 'agency', agencies: [AGENCY] }),
});

/** Asked for by one person, ordered by another, given back by the provider, published each time. */
async function refunds(stage: Stage, { invoices }: Stores, paid: readonly string[]): Promise<Beside> {
  const bank = new RefundingBank();
  const deciding = {
    invoices,
    calendar: vietnamCalendar,
    isPaidOn: async () => 'no' as const,
    checkAccount: () => undefined,
    audit: () => undefined,
    now: Date.now,
  };
  const sending = {
    invoices,
    providers: new Map([['vnpay', bank.provider]]),
    secrets: new MemorySecrets({ [terminalSecretName('vnpay', TERMINAL)]: TERMINAL_SECRET }),
    caller: bank.caller,
    circuit: standing(Date.now).circuit,
    refunds: { sendLater: async () => undefined },
    speed: 1,
    now: Date.now,
  };
  const decision = { number: '125/QĐ-SDV', date: '2026-11-20' };
  stage.queues.reset();
  const counting = await counted(stage, async () => {
    for (const number of paid) {
      const asked = {
        invoiceId: invoiceId(InvoiceNumber.parse(number)),
        reason: 'EXEMPTION_GRANTED' as const,
        decision,
      };
      const { refund } = await requestRefund(asked, person('clerk-lan'), `refund of ${number}`, deciding);
      await approveRefund({ refundId: refund.refundId, moneyAt: undefined }, person('clerk-minh'), deciding);
      await stage.publish();
      await sendRefund(refund.refundId, sending);
      await stage.publish();
    }
  });
  if (bank.books.size !== paid.length) throw new Error(`${bank.books.size} of ${paid.length} were given back`);
  return {
    what: 'a refund through its provider',
    of: 'refund',
    number: paid.length,
    times: 1,
    ...counting,
    sends: stage.queues.counts.sends,
  };
}

/** What functions wrote down: a person's act, and callbacks that came within a minute. */
async function logbook(stage: Stage): Promise<Beside[]> {
  const text = (AttributeName: string) => ({ AttributeName, AttributeType: 'S' as const });
  const keys = (hash: string) => [
    { AttributeName: hash, KeyType: 'HASH' as const },
    { AttributeName: 's', KeyType: 'RANGE' as const },
  ];
  await stage.client.send(
    new CreateTableCommand({
      TableName: 'Audit',
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: ['p', 's', 'k', 'w'].map(text),
      KeySchema: keys('p'),
      GlobalSecondaryIndexes: [
        [BY_SUBJECT, 'k'],
        [BY_PERSON, 'w'],
      ].map(([IndexName, hash = '']) => ({
        IndexName,
        KeySchema: keys(hash),
        Projection: { ProjectionType: 'ALL' as const },
      })),
    }),
  );
  const kept = new LogbookStore(documentClient(), 'Audit');
  const at = Date.now();
  const call = { by: 'clerk-lan', clientId: 'desk', step: 'refunds-api', call: 'POST /v1/refunds/{refundId}/approve' };
  const subjects = [{ kind: 'refunds', id: 'rfd_48021356789012345678' }];
  const acts: LogRecord[] = Array.from({ length: ACTS }, () => recordId()).flatMap((callId) =>
    (['asked', 'applied'] as const).map((act) => ({
      book: 'acts',
      id: recordId(),
      at,
      ...call,
      subjects,
      act,
      callId,
    })),
  );
  const callbacks: LogRecord[] = Array.from({ length: CALLBACKS }, () => ({
    ...{ book: 'callbacks' as const, id: recordId(), at, providerId: 'vnpay', outcome: 'accepted' as const },
    ...{ sha256: 'a'.repeat(64), bytes: 400, status: 200, answer: '{"RspCode":"00","Message":"Confirm Success"}' },
    told: [
      {
        ...{
          reference: '480213567890017',
          transactionId: '14000001',
          outcome: 'paid',
          amount: 30_000,
          resultCode: '00',
        },
      },
    ],
  }));
  const keep = (records: readonly LogRecord[]) =>
    counted(stage, () =>
      keepRecords(
        records.map((one) => JSON.stringify(one)),
        { logbook: kept },
      ),
    );
  return [
    { what: 'keep-log: an act with its two entries', of: 'act', number: ACTS, times: 1, ...(await keep(acts)) },
    {
      what: 'keep-log: a callback, a hundred a minute',
      of: 'payment',
      number: CALLBACKS,
      times: 1,
      ...(await keep(callbacks)),
    },
  ];
}

/** An hour's look whether a bank's files are there, of which none was due. */
async function files(stage: Stage, { exceptions }: Stores): Promise<Beside> {
  const db = documentClient();
  const dependencies = {
    deliveries: new DeliveryStore(db, 'Work'),
    rules: deliveryRules(deliveries, new Map()),
    calendar: vietnamCalendar,
    days: new BookDayStore(db, 'Work'),
    statements: exceptions,
    exceptions,
    registry: new RegistryStore(db, 'Registry'),
    registeredAt: ['vnpay'],
    withFiles: new Set<string>(),
    now: Date.now,
  };
  await watchDeliveries(dependencies);
  const looking = await counted(stage, () => watchDeliveries(dependencies));
  return {
    what: 'watch-files: an hour’s look at one bank account',
    of: 'account, an hour',
    number: 1,
    times: 1,
    ...looking,
  };
}
