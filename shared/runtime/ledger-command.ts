import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { DynamoDBDocumentClient } from '../aws/dynamodb.ts';
import { KmsKey } from '../aws/kms.ts';
import type { BookBreach } from '../domain/ledger/breach.ts';
import { UnreadableEntry } from '../domain/ledger/journal.ts';
import type { SealHead } from '../domain/ledger/seal.ts';
import { addDays, daysBetween, type Instant, startOfDay, vietnamDay } from '../domain/time.ts';
import { AuditStore } from '../store/audit-store.ts';
import { BalanceStore } from '../store/balance-store.ts';
import { BookDayStore } from '../store/book-day-store.ts';
import { BookScan } from '../store/book-pages.ts';
import { DecisionStore } from '../store/decision-store.ts';
import { DeliveryStore } from '../store/delivery-store.ts';
import { DossierScan } from '../store/dossier-pages.ts';
import { FilesStore } from '../store/files-store.ts';
import { InvoiceStore } from '../store/invoice-store.ts';
import { DynamoJournalReader } from '../store/journal-reader.ts';
import { DynamoJournalScanner } from '../store/journal-scanner.ts';
import { ReceiptScan } from '../store/receipt-pages.ts';
import { RegistryScan } from '../store/registry-pages.ts';
import { RegistryStore } from '../store/registry-store.ts';
import { RemittanceStore } from '../store/remittance-store.ts';
import { SealStore } from '../store/seal-store.ts';
import { WorkScan } from '../store/work-pages.ts';
import { WorkStore } from '../store/work-store.ts';
import { projectBalances } from '../usecases/project-balances.ts';
import { proveDays, proveMovements } from '../usecases/prove-books.ts';
import { firstUnclaimed, proveDossiers } from '../usecases/prove-dossiers.ts';
import { proveReceipts } from '../usecases/prove-receipts.ts';
import { proveRegistry } from '../usecases/prove-registry.ts';
import { proveDeliveries, SettledWork } from '../usecases/prove-settling.ts';
import { OwedWork, proveWorkList } from '../usecases/prove-work.ts';
import { sealLateEntries, sealLedger } from '../usecases/seal-ledger.ts';
import { verifyLedger } from '../usecases/verify-ledger.ts';
import { LedgerCommandEnvironment, readEnvironment } from './environment.ts';
import { recordId } from './logbook.ts';

/**
 * `npm run ledger -- …`: an auditor's tool. Reads the tables and the bucket themselves, by what stands in its environment;
 * without that, those of the stack that `npm start` runs on this machine.
 */
const USAGE = `npm run ledger -- verify [--known SEGMENT:ROOT]   proves the journal by its seals, then invoices, journal, balances, work
                                                list, registry, receipts and dossiers by each other; names the
                                                first breach
npm run ledger -- rebuild [--from DAY]          makes the balances anew from the journal; names days that differed
npm run ledger -- seal [--now] [--late]         seals quiet hours; --now to the moment; --late all that came late, however late

Exit code 1: a breach, or a balance that differed. 2: misused, or it cannot be read.`;

/** Where the local stack leaves the environment that a command needs. */
const LOCAL = path.resolve(import.meta.dirname, '../../.thuphi/auditor.json');

/** Of a day, YYYY-MM-DD, those that name its month. */
const MONTH_CHARACTERS = 7;

/** What a command may touch. */
export type Surroundings = { print(line: string): unknown; environment: NodeJS.ProcessEnv; now: () => number };

/** Carries out a command. Answers its exit code. */
export async function ledgerCommand(words: readonly string[], around: Surroundings): Promise<number> {
  try {
    const { values, positionals } = parseArgs({
      args: [...words],
      allowPositionals: true,
      options: {
        known: { type: 'string' },
        from: { type: 'string' },
        now: { type: 'boolean', default: false },
        late: { type: 'boolean', default: false },
      },
    });
    const [command, ...more] = positionals;
    if (more.length > 0) throw new Error(USAGE);
    if (command === 'verify') return await verify(knownHead(values.known), around);
    if (command === 'rebuild') return await rebuild(values.from, around);
    if (command === 'seal') return await seal(values, around);
    throw new Error(USAGE);
  } catch (error) {
    around.print(error instanceof Error ? error.message : String(error));
    return 2;
  }
}

function knownHead(text: string | undefined): SealHead | undefined {
  if (text === undefined) return undefined;
  const [, segment, root = ''] = /^([1-9][0-9]{0,9}):([0-9a-f]{64})$/.exec(text) ?? [];
  if (segment === undefined) throw new Error('--known is SEGMENT:ROOT, as verify prints it');
  return { segment: Number(segment), root, to: 0 };
}

async function verify(known: SealHead | undefined, around: Surroundings): Promise<number> {
  const ports = wired(around);
  const upTo = around.now();
  const { breach, segments, supplements, entries, root, late } = await verifyLedger(ports, known && { known });
  around.print(`${segments} segments (${supplements} supplements), ${entries} entries`);
  if (breach) {
    around.print(`BREACH ${breach.kind}: segment ${breach.segment ?? 'none'}, ${breach.detail}`);
    if (breach.key) around.print(`entry ${breach.key.p} ${breach.key.s}`);
    return 1;
  }
  const told = (found: BookBreach | undefined, line: string): boolean => {
    around.print(line);
    if (found) around.print(`BREACH ${found.kind}: ${found.key}, ${found.detail}`);
    return found !== undefined;
  };
  try {
    const owed = new OwedWork(ports, upTo);
    const of = await proveMovements({
      ...ports,
      work: { prove: async (page) => (await owed.prove(page)) ?? (await firstUnclaimed(page, ports.dossiers)) },
    });
    const { items, movements, onTheirWay, ofNoInvoice } = of;
    const waiting = onTheirWay > 0 ? ` (${onTheirWay} more are on their way into the journal)` : '';
    if (told(of.breach, `${items} items of invoices and other money, ${movements} movements${waiting}`)) return 1;
    const settled = new SettledWork();
    const list = await proveWorkList(ports.work, { ...ports, ofNoInvoice: owed, settled });
    const wrong =
      list.breach ??
      (await settled.corrections(ports.journal)) ??
      (await settled.accounts(ports.work, ports)) ??
      (await settled.files(monthsOf(ports.first, upTo), ports.files, upTo)) ??
      (await proveDeliveries(ports.deliveries, ports.work));
    if (told(wrong, `${list.items} items of the work list, ${owed.owed} of which must be there`)) return 1;
    const { versions } = settled;
    const days = await proveDays({ first: vietnamDay(ports.first), ofNoInvoice, upTo, late, versions }, ports);
    if (
      told(
        days.breach,
        `${days.days} days of agencies, ${days.balances} balances${days.waiting > 0 ? ` (${days.waiting} lack what came late, until the night)` : ''}`,
      )
    )
      return 1;
    const registry = await proveRegistry(vietnamDay(ports.first), ports);
    if (told(registry.breach, `${registry.records} records of who takes part`)) return 1;
    const receipts = await proveReceipts({ book: ports.receipts, signer: ports.signer });
    if (told(receipts.breach, `${receipts.receipts} receipts in ${receipts.runs} runs`)) return 1;
    // The last: a call that died may have left one that lists an invoice which was never made.
    const dossiers = await proveDossiers(ports);
    if (told(dossiers.breach, `${dossiers.dossiers} dossiers`)) return 1;
  } catch (error) {
    if (!(error instanceof UnreadableEntry)) throw error;
    around.print(`BREACH entry_unreadable: ${error.key}, no version of this service wrote it so`);
    return 1;
  }
  around.print(`proved. Write this down where nobody here can change it: ${segments}:${root}`);
  return 0;
}

/** The months of the log of files, YYYY-MM, from an instant to another. */
const monthsOf = (first: Instant, last: Instant): string[] => [
  ...new Set(daysBetween(vietnamDay(first), vietnamDay(last)).map((day) => day.slice(0, MONTH_CHARACTERS))),
];

async function rebuild(asked: string | undefined, around: Surroundings): Promise<number> {
  const ports = wired(around);
  const first = vietnamDay(ports.first);
  const to = addDays(vietnamDay(around.now()), -1);
  if (asked !== undefined && !/^\d{4}-\d{2}-\d{2}$/.test(asked)) throw new Error('--from is a day, YYYY-MM-DD');
  const from = asked === undefined || asked < first ? first : asked;
  const { written, differed } = await projectBalances({ from, to, first }, ports);
  around.print(`balances of ${from} to ${to}: ${written} written, ${differed.length} differed`);
  for (const { agencyCode, day } of differed) around.print(`differed ${agencyCode} ${day}`);
  return differed.length > 0 ? 1 : 0;
}

async function seal({ now, late }: { now: boolean; late: boolean }, around: Surroundings): Promise<number> {
  const ports = wired(around);
  const sealed = await sealLedger({ ...ports, pace: now ? 'atOnce' : 'quietHours' });
  around.print(`${sealed.segments} segments sealed, ${sealed.entries} entries`);
  if (late) around.print(`${(await sealLateEntries(ports, around.now() - ports.first)).entries} late entries sealed`);
  return 0;
}

function wired({ environment: given, now }: Surroundings) {
  const environment = given['JOURNAL_TABLE'] ? given : localEnvironment();
  const read = readEnvironment(LedgerCommandEnvironment, environment);
  const db = new DynamoDBDocumentClient(environment);
  const reader = new DynamoJournalReader(db, read.JOURNAL_TABLE);
  const scanner = new DynamoJournalScanner(db, read.JOURNAL_TABLE);
  return {
    journal: {
      ofDay: reader.ofDay.bind(reader),
      between: scanner.between.bind(scanner),
      at: scanner.at.bind(scanner),
      allAt: reader.allAt.bind(reader),
    },
    invoices: new InvoiceStore(db, read.INVOICES_TABLE),
    work: new WorkScan(db, read.WORK_TABLE),
    log: new AuditStore(db, read.AUDIT_TABLE, recordId),
    book: new BookScan(db, read.INVOICES_TABLE),
    dossiers: new DossierScan(db, read.DOSSIERS_TABLE),
    receipts: new ReceiptScan(db, read.RECEIPTS_TABLE),
    signer: new KmsKey(read.RECEIPT_SIGNER_ID, environment),
    seals: new SealStore(read.SEALS_BUCKET, db, read.WORK_TABLE, environment),
    balances: new BalanceStore(read.FILES_BUCKET, environment),
    remittances: new RemittanceStore(db, read.WORK_TABLE),
    days: new BookDayStore(db, read.WORK_TABLE),
    decisions: new DecisionStore(db, read.WORK_TABLE),
    deliveries: new DeliveryStore(db, read.WORK_TABLE),
    files: new WorkStore(db, read.WORK_TABLE),
    runs: new FilesStore(read.FILES_BUCKET, environment),
    registry: new RegistryStore(db, read.REGISTRY_TABLE),
    rows: new RegistryScan(db, read.REGISTRY_TABLE),
    first: startOfDay(read.LEDGER_BEGINS),
    now,
  };
}

function localEnvironment(): NodeJS.ProcessEnv {
  try {
    return JSON.parse(readFileSync(LOCAL, 'utf8')) as NodeJS.ProcessEnv;
  } catch {
    throw new Error('no stack has run here: start one, or name tables and buckets in the environment');
  }
}

if (import.meta.main)
  process.exitCode = await ledgerCommand(process.argv.slice(2), {
    print: (line) => process.stdout.write(`${line}\n`),
    environment: process.env,
    now: Date.now,
  });
