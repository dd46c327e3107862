import { CreateTableCommand } from '@aws-sdk/client-dynamodb';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { startFauxqs } from 'fauxqs';
import { vietnamCalendar } from '../../shared/catalogue/calendar.ts';
import type { Act } from '../../shared/domain/audit/audit.ts';
import { InvoiceNumber, invoiceId } from '../../shared/domain/invoice/number.ts';
import { dong } from '../../shared/domain/money/dong.ts';
import { factsOf } from '../../shared/domain/payment/facts.ts';
import { paymentReference } from '../../shared/domain/payment/reference.ts';
import { addDays, MINUTE_MILLISECONDS, startOfDay, vietnamDay } from '../../shared/domain/time.ts';
import { documentClient } from '../../shared/runtime/aws.ts';
import { feeProcedures } from '../../shared/runtime/fee-procedures.ts';
import { LightObjectReader } from '../../shared/runtime/light-object-reader.ts';
import { recordId } from '../../shared/runtime/logbook.ts';
import { reportDependencies } from '../../shared/runtime/report-dependencies.ts';
import { AggregateStore } from '../../shared/store/aggregate-store.ts';
import { AuditStore } from '../../shared/store/audit-store.ts';
import { BookDayStore } from '../../shared/store/book-day-store.ts';
import { DecisionStore } from '../../shared/store/decision-store.ts';
import { DeliveryStore } from '../../shared/store/delivery-store.ts';
import { FeedStore } from '../../shared/store/feed-store.ts';
import { FilesStore } from '../../shared/store/files-store.ts';
import { InvoiceStore } from '../../shared/store/invoice-store.ts';
import { DynamoJournalReader } from '../../shared/store/journal-reader.ts';
import { JournalStore } from '../../shared/store/journal-store.ts';
import { RegistryScan } from '../../shared/store/registry-pages.ts';
import { RegistryStore } from '../../shared/store/registry-store.ts';
import { RemittanceStore } from '../../shared/store/remittance-store.ts';
import { ReportFileStore } from '../../shared/store/report-files.ts';
import { ReportStore } from '../../shared/store/report-store.ts';
import { WorkStore } from '../../shared/store/work-store.ts';
import { tagOf } from '../../shared/usecases/change-registry.ts';
import { findEvidence } from '../../shared/usecases/find-evidence.ts';
import { followRemittances } from '../../shared/usecases/follow-remittances.ts';
import { makeReport } from '../../shared/usecases/make-report.ts';
import { postPayment } from '../../shared/usecases/post-payment.ts';
import { proveRegistryPiece } from '../../shared/usecases/repair.ts';
import { requestReport } from '../../shared/usecases/request-report.ts';
import { takeInFile } from '../../shared/usecases/take-in-file.ts';
import { tellAggregates } from '../../shared/usecases/tell-aggregates.ts';
import { DAY, fileOf, LAND, LAND_TERMINAL, NOON } from '../domain/reconciliation/samples.ts';
import { client as clientOf, invoiceOf, TOTAL } from '../dsl/world.ts';
import { everyone, financeWorld, PROVIDER } from '../usecases/finance-world.ts';
import { statementOf } from '../usecases/paper-statement.ts';
import { type Beside, copied } from './beside.ts';
import { countingObjects } from './engines.ts';
import { AGENCY, CLIENT } from './events.ts';
import type { Stage } from './stage.ts';

/**
 * What offices have of it, counted over the same engines and over a counted bucket: figures that are told, money that is
 * paid on, the proof of who takes part, evidence and reports. Comes last, because it moves the watermark of the feed to the
 * end of the day.
 */

const HOUR = 60 * MINUTE_MILLISECONDS;
const BUCKET = 'files';
/** Of each of which there is one client and one merchant account. */
const AGENCIES = 10;
/** Two whole parts of an upload, and one that is not. */
const LONG_FILE_BYTES = 17 * 1024 * 1024;
const CHUNK_BYTES = 65_536;

type Objects = { put: number; read: number };
type Office = { stage: Stage; objects: { counts: Objects; reset(): void }; environment: NodeJS.ProcessEnv };

/** The stage must hold `paid` invoices of today that were paid, and no others of their agency but one that was begun. */
export async function office(stage: Stage, paid: number): Promise<Beside[]> {
  const bucket = await startFauxqs({ port: 0, logger: false });
  const objects = await countingObjects(bucket.address);
  const environment = { ...process.env, AWS_ENDPOINT_URL_S3: objects.url };
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const s3 = new S3Client({ forcePathStyle: true, endpoint: bucket.address, region: 'ap-southeast-1', credentials });
  try {
    await s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
    const there = { stage, objects, environment };
    return [
      ...(await aggregates(there, paid)),
      await remittances(there),
      await registryProof(there),
      ...(await evidence(there)),
      ...(await reports(there)),
    ];
  } finally {
    s3.destroy();
    await objects.stop();
    await bucket.stop();
  }
}

async function counted({ stage, objects }: Office, does: () => Promise<unknown>) {
  stage.tables.reset();
  stage.queues.reset();
  objects.reset();
  await does();
  return { tables: copied(stage.tables.counts), objects: { ...objects.counts }, sends: stage.queues.counts.sends };
}

const failing = (what: string, error: unknown): never => {
  throw new Error(`${what} failed`, { cause: error });
};

/** An hour in which money came, one in which none did, and the first one of the next day, in which dossiers are counted. */
async function aggregates(there: Office, paid: number): Promise<Beside[]> {
  const db = documentClient();
  const today = vietnamDay(Date.now());
  const feed = new FeedStore(db, 'Work');
  const journal = new DynamoJournalReader(db, 'Journal');
  const clock = { at: startOfDay(today) + HOUR };
  const dependencies = {
    aggregates: new AggregateStore(db, 'Work'),
    journal,
    // By this clock and not by that of the tables, so that nobody waits until entries may be told.
    watermark: { clock: undefined, read: () => feed.read(), advance: (to: number) => feed.advance(to) },
    late: feed,
    invoices: new InvoiceStore(db, 'Invoices'),
    registry: { agencyCodes: async () => [AGENCY] },
    feeProcedures,
    first: today,
    now: () => clock.at,
  };
  const told = async (rows: number) => {
    const run = await tellAggregates(Number.MAX_SAFE_INTEGER, dependencies, failing);
    if (run.rows !== rows || run.behind > 0) throw new Error(`told ${JSON.stringify(run)} and not ${rows} rows`);
  };
  let entries = 0;
  for await (const _ of journal.ofDay({ agencyCode: AGENCY, day: today })) entries += 1;
  await told(0);
  clock.at = startOfDay(addDays(today, 1)) - 1;
  const takings = await counted(there, () => told(1));
  const idle = await counted(there, () => told(0));
  clock.at += HOUR;
  const dossiers = await counted(there, () => told(1));
  return [
    { what: 'tell-aggregates: its takings', of: 'payment', number: entries, times: 1, ...takings },
    { what: 'tell-aggregates: its dossier, the day after', of: 'payment', number: paid, times: 1, ...dossiers },
    { what: 'tell-aggregates: an hour in which nothing came', of: 'agency, an hour', number: 2, times: 1, ...idle },
  ];
}

/** A quarter of an hour's look, in which nothing had happened. */
async function remittances(there: Office): Promise<Beside> {
  const db = documentClient();
  const files = new FilesStore(BUCKET, there.environment);
  const dependencies = {
    remittances: new RemittanceStore(db, 'Work'),
    days: new BookDayStore(db, 'Work'),
    runs: files,
    contents: files,
    lists: files,
    journal: new JournalStore(db, 'Journal'),
    registry: new RegistryStore(db, 'Registry'),
    registeredAt: ['vnpay'],
    calendar: vietnamCalendar,
    now: Date.now,
  };
  const look = () => followRemittances(dependencies, failing);
  await look();
  const idle = await counted(there, look);
  return {
    what: 'follow-remittances: a look, with one bank account',
    of: 'quarter of an hour',
    number: 1,
    times: 1,
    ...idle,
  };
}

/** Each record by the logbook, and a merchant account by what it is found by. */
async function registryProof(there: Office): Promise<Beside> {
  const table = 'Registered';
  const key = (AttributeName: string) => ({ AttributeName, AttributeType: 'S' as const });
  await there.stage.client.send(
    new CreateTableCommand({
      TableName: table,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [key('p'), key('s')],
      KeySchema: [
        { AttributeName: 'p', KeyType: 'HASH' },
        { AttributeName: 's', KeyType: 'RANGE' },
      ],
    }),
  );
  const db = documentClient();
  const registry = new RegistryStore(db, table);
  const log = new AuditStore(db, 'Audit', recordId);
  const origin = { keyHash: 'bench', bodyHash: 'bench' };
  const at = Date.now();
  const knownAs = async (kind: string, id: string, record: object) => {
    const act = { subject: { kind, id }, clientId: 'desk', at, proposalId: `chg_${kind}_${id}`, before: 'none' };
    const acts: Act[] = [
      { ...act, act: 'proposed', by: 'clerk-lan', change: record },
      { ...act, act: 'approved', by: 'clerk-minh', at: at + 1 },
      { ...act, act: 'applied', by: 'clerk-minh', at: at + 2, after: tagOf(record) },
    ];
    for (const one of acts) await log.append(one);
  };
  const name = { vi: 'Mẫu', en: 'Sample' };
  for (let place = 10; place < 10 + AGENCIES; place += 1) {
    const agency = { code: `H30.${place}`, name, active: true };
    const client = clientOf(`desk-${place}`, { kind: 'agency', agencies: [agency.code] });
    const account = {
      ...{ id: `vnpay-${place}`, providerId: 'vnpay', agencyCode: agency.code, beneficiary: 'main', active: true },
      ...{ terminal: `PROVED${place}`, accountNumber: '120010000001', bankBin: '970436' },
    };
    await registry.putAgency(agency, origin);
    await registry.putClient(client, origin);
    await registry.putMerchantAccount(account, origin);
    await knownAs('agencies', agency.code, agency);
    await knownAs('clients', client.id, client);
    await knownAs('merchant-accounts', account.id, account);
  }
  const dependencies = {
    ...{ rows: new RegistryScan(db, table), registry, log, exceptions: new WorkStore(db, 'Work') },
    found: (wrong: object) => failing(JSON.stringify(wrong), undefined),
    now: () => at + 3,
  };
  const { tables, ...rest } = await counted(there, () => proveRegistryPiece({ kind: 'registry' }, dependencies));
  return {
    what: 'the night’s proof of an agency, its client and its account',
    of: 'agency, a night',
    number: AGENCIES,
    times: 1,
    ...rest,
    tables: new Map([...tables].map(([of, count]) => [of === table ? 'Registry' : of, count])),
  };
}

/** A provider's file of one payment and the statement with its payout are taken in; somebody asks what proves the payment. */
async function evidence(there: Office): Promise<Beside[]> {
  const db = documentClient();
  const world = financeWorld();
  const files = new FilesStore(BUCKET, there.environment);
  const work = new WorkStore(db, 'Work');
  const invoices = new InvoiceStore(db, 'Invoices');
  const stores = {
    ...{ statements: work, exceptions: work, fileLog: work, invoices, journal: new DynamoJournalReader(db, 'Journal') },
    ...{ days: new BookDayStore(db, 'Work'), decisions: new DecisionStore(db, 'Work') },
    ...{ deliveries: new DeliveryStore(db, 'Work'), remittances: new RemittanceStore(db, 'Work') },
    ...{ files, results: files, summaries: files, lines: files, runs: files },
    resultFiles: new LightObjectReader(BUCKET, there.environment),
  };
  const dependencies = Object.assign(world.dependencies, stores);

  const number = InvoiceNumber.parse('480213579999');
  const made = invoiceOf(number, { agencyCode: LAND, due: dong(TOTAL) });
  await invoices.create(made);
  const notice = {
    ...{
      providerId: PROVIDER,
      terminal: LAND_TERMINAL,
      reference: paymentReference(number, 1),
      outcome: 'paid' as const,
    },
    ...{ amount: TOTAL, currency: 'VND', transactionId: 'T1', paidAt: NOON, resultCode: '00', evidence: 'T1' },
  };
  const owner = { merchantAccountId: 'land-main', agencyCode: LAND };
  await postPayment({ v: 1, notice, facts: factsOf(made), owner }, { invoices, now: () => NOON + 1000 });
  await there.stage.publish();

  const next = addDays(DAY, 3);
  world.clock.at = startOfDay(addDays(next, 1)) + 8 * HOUR;
  const takenIn = async (text: string, { file: { key } }: { file: { key: string } }) => {
    await files.writeText(key, 'text/plain', text);
    const answer = await fetch(await files.downloadLink(key, 60_000, Date.now()));
    await answer.arrayBuffer();
    const version = { etag: (answer.headers.get('etag') ?? '').replaceAll('"', '') };
    return counted(there, async () => {
      const { statement } = await takeInFile({ key, version }, dependencies);
      if (statement.state !== 'RECONCILED') throw new Error(`the file is ${statement.state}`);
    });
  };
  const lines = fileOf({ id: 'T1', amount: TOTAL });
  const settled = await takenIn(lines, await world.upload(lines, 'settle-key-1'));
  const payout = {
    reference: 'PO1',
    amount: TOTAL,
    day: next,
    text: `SANDBOX BANK PAYOUT ${DAY.replaceAll('-', '')}`,
  };
  const text = statementOf([payout], { day: next });
  const stated = await takenIn(text, await world.uploadBank(text, 'bank-key-1', { businessDate: next }));
  const asked = await counted(there, async () => {
    const { payments } = await findEvidence(invoiceId(number), everyone, dependencies);
    if (payments[0]?.state !== 'SETTLED') throw new Error(`the payment is ${payments[0]?.state}`);
  });
  return [
    { what: 'a provider’s file taken in', of: 'file', number: 1, times: 1, ...settled },
    { what: 'a bank’s statement matched, with its index', of: 'statement', number: 1, times: 1, ...stated },
    { what: 'what proves a payment, by files and index', of: 'question', number: 1, times: 1, ...asked },
  ];
}

/** A register of the day, asked for, made and sent in one part; and a file of three parts. */
async function reports(there: Office): Promise<Beside[]> {
  const db = documentClient();
  const today = vietnamDay(Date.now());
  process.env['AWS_ENDPOINT_URL_S3'] = there.environment['AWS_ENDPOINT_URL_S3'];
  const files = new ReportFileStore(BUCKET);
  const dependencies = {
    ...reportDependencies(db, {
      ...{ SERVICE_NAME: 'bench', STAGE: 'sandbox', LOG_LEVEL: 'SILENT', FILES_BUCKET: BUCKET, LEDGER_BEGINS: today },
      ...{ INVOICES_TABLE: 'Invoices', JOURNAL_TABLE: 'Journal', WORK_TABLE: 'Work', REGISTRY_TABLE: 'Registry' },
      AUDIT_TABLE: 'Audit',
    }),
    ...{ jobs: new ReportStore(db, 'Work'), files, now: Date.now },
    queue: { send: async () => undefined },
  };
  delete process.env['AWS_ENDPOINT_URL_S3'];
  const command = { reportId: 'payment-register', from: today, to: today, agencyCode: AGENCY, format: 'csv' } as const;
  const caller = { clientId: CLIENT, subject: CLIENT, client: clientOf(CLIENT, { agencies: [AGENCY] }) };
  const short = await counted(there, async () => {
    const { job } = await requestReport(command, caller, 'bench-report', dependencies);
    const made = await makeReport(job.jobId, dependencies);
    if (made.job.state !== 'DONE' || made.job.rows === 0) throw new Error(`the report is ${JSON.stringify(made.job)}`);
  });
  async function* chunks() {
    for (let sent = 0; sent < LONG_FILE_BYTES; sent += CHUNK_BYTES) yield new Uint8Array(CHUNK_BYTES);
  }
  const long = await counted(there, () => files.write('reports/long.csv', 'text/csv', chunks()));
  return [
    { what: 'a register of a day, in one part', of: 'report', number: 1, times: 1, ...short, sends: 1 },
    { what: 'the file of a report of 17 MiB, in three parts', of: 'file', number: 1, times: 1, ...long },
  ];
}
