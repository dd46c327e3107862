import { vietnamCalendar } from '../../shared/catalogue/calendar.ts';
import { deliveries } from '../../shared/catalogue/deliveries.ts';
import type { JournalEntry } from '../../shared/domain/ledger/journal.ts';
import type { RematchOrder } from '../../shared/domain/reconciliation/book-day.ts';
import { deliveryRules } from '../../shared/domain/reconciliation/deliveries.ts';
import type { Statement } from '../../shared/domain/reconciliation/statement.ts';
import { statementKey } from '../../shared/domain/reconciliation/statement.ts';
import { mapSwitch } from '../../shared/domain/reconciliation/switched-maps.ts';
import type { Caller } from '../../shared/domain/registry/caller.ts';
import type { Agency, Client, TerminalAccount } from '../../shared/domain/registry/registry.ts';
import { addDays, startOfDay } from '../../shared/domain/time.ts';
import { cursorCodec } from '../../shared/runtime/cursor.ts';
import { SpilledTexts } from '../../shared/store/spilled-texts.ts';
import { matchAccount } from '../../shared/usecases/match-account.ts';
import { reconcileSettlementFile } from '../../shared/usecases/reconcile-settlement-file.ts';
import {
  type BankUpload,
  requestStatementUpload,
  type SettlementUpload,
} from '../../shared/usecases/request-statement-upload.ts';
import type { OwnApproval } from '../../shared/usecases/settle-exceptions.ts';
import { takeInFile } from '../../shared/usecases/take-in-file.ts';
import { DAY, LAND, LAND_TERMINAL, POLICE, SHARED_TERMINAL } from '../domain/reconciliation/samples.ts';
import { MemoryBookDays } from '../fakes/memory-book-days.ts';
import { MemoryDecisions } from '../fakes/memory-decisions.ts';
import { MemoryDeliveries } from '../fakes/memory-deliveries.ts';
import { MemoryFiles } from '../fakes/memory-files.ts';
import { MemoryInvoices } from '../fakes/memory-invoices.ts';
import { MemoryJournal } from '../fakes/memory-journal.ts';
import { MemoryRemittances } from '../fakes/memory-remittances.ts';
import { MemoryWork } from '../fakes/memory-work.ts';

/** The morning after the day of all samples. */
export const MORNING = startOfDay(addDays(DAY, 1)) + 8 * 3_600_000;

export const PROVIDER = 'sandbox-bank';
export const BANK_BIN = '970415';
export const ACCOUNT = '1234567890';

export const callerFor = (agencies: Client['agencies'], clientId = 'finance-maker'): Caller => ({
  clientId,
  subject: 'clerk-7',
  client: {
    id: clientId,
    kind: 'finance',
    name: { vi: 'Tài vụ', en: 'Finance' },
    agencies,
    returnHosts: [],
    active: true,
  },
});

export const everyone = callerFor('*');

const account = (id: string, agencyCode: string, terminal: string): TerminalAccount => ({
  id,
  providerId: PROVIDER,
  agencyCode,
  beneficiary: 'main',
  terminal,
  accountNumber: ACCOUNT,
  bankBin: BANK_BIN,
  active: true,
});

/** The finance side in memory: two agencies at the sandbox bank. */
export function financeWorld() {
  const work = new MemoryWork();
  const files = new MemoryFiles();
  const days = new MemoryBookDays();
  const invoices = new MemoryInvoices();
  const decisions = new MemoryDecisions();
  const remittances = new MemoryRemittances();
  const tried: OwnApproval[] = [];
  const orders: RematchOrder[] = [];
  const cutOffs = new Map<string, string>();
  const journal = new MemoryJournal();
  const accounts = [
    account('land-main', LAND, LAND_TERMINAL),
    account('police-main', POLICE, 'POLICE01'),
    account('land-shared', LAND, SHARED_TERMINAL),
    account('police-shared', POLICE, SHARED_TERMINAL),
  ];
  const agencies = new Map<string, Agency>();
  const registry = {
    atProvider: async (providerId: string) => (providerId === PROVIDER ? accounts : []),
    merchantAccount: async (id: string) => accounts.find((one) => one.id === id && !one.former),
    agencyCodes: async () => [LAND, POLICE],
    agency: async (code: string) => agencies.get(code),
  };
  const clock = { at: MORNING };
  const now = () => clock.at;
  const dependencies = {
    statements: work,
    exceptions: work,
    files,
    fileLog: work,
    results: files,
    summaries: files,
    lines: files,
    texts: () => new SpilledTexts(),
    runs: files,
    resultFiles: files,
    invoices,
    days,
    decisions,
    remittances,
    desk: work,
    rematching: { send: async (order: RematchOrder) => void orders.push(order) },
    corrections: journal,
    audit: (one: OwnApproval) => tried.push(one),
    calendar: vietnamCalendar,
    rules: deliveryRules(deliveries, cutOffs),
    deliveries: new MemoryDeliveries(),
    withFiles: new Set([PROVIDER]),
    isOn: mapSwitch(
      ['bank-table.statement.v1', 'treasury-table.statement.v1', 'napas-dat.statement.v1'].map(
        (id) => `${BANK_BIN}:${id}`,
      ),
    ),
    journal,
    registry,
    registeredAt: [PROVIDER, 'vietqr'],
    providerIds: ['vnpay', PROVIDER],
    admitsOpenDay: false,
    cursors: cursorCodec('k'.repeat(64)),
    now,
  };

  return {
    work,
    days,
    remittances,
    decisions,
    tried,
    orders,
    cutOffs,
    files,
    journal,
    invoices,
    accounts,
    agencies,
    clock,
    dependencies,
    request: (body: Partial<SettlementUpload> = {}, key = 'key-00001', caller = everyone) =>
      requestStatementUpload({ providerId: PROVIDER, businessDate: DAY, ...body }, caller, key, dependencies),

    async record(...entries: JournalEntry[]): Promise<void> {
      for (const entry of entries) await journal.append(entry);
    },

    /** From now on there is no account of that name. */
    closes(id: string): void {
      accounts.splice(0, accounts.length, ...accounts.filter((one) => one.id !== id));
    },

    /** From now on there is one more account at the same bank account. */
    alsoHas(id: string): void {
      accounts.push(account(id, LAND, 'LAND02'));
    },

    /** Announces a file under a key and puts it into the bucket. */
    async upload(content: string | Uint8Array, key = 'key-00001', body: Partial<SettlementUpload> = {}) {
      const { statement } = await this.request(body, key);
      const at = statementKey(statement);
      return { statement, file: { key: at, version: files.put(at, content) } };
    },

    /** Announces a bank's file of {@link ACCOUNT} and puts it into the bucket. */
    async uploadBank(content: string | Uint8Array, key: string, body: Partial<BankUpload> = {}) {
      const command = { kind: 'bank' as const, bankBin: BANK_BIN, accounts: [ACCOUNT], businessDate: DAY, ...body };
      const { statement } = await requestStatementUpload(command, everyone, key, dependencies);
      const at = statementKey(statement);
      return { statement, file: { key: at, version: files.put(at, content) } };
    },

    /** Announces it, uploads it and takes it in; what became of it. */
    async takeIn(content: string | Uint8Array, key: string, body: Partial<BankUpload> = {}): Promise<Statement> {
      const { statement, file } = await this.uploadBank(content, key, body);
      await takeInFile(file, dependencies);
      const ended = await work.find(statement.statementId);
      if (!ended) throw new Error('the statement is gone');
      return ended;
    },

    /** Matches anew whatever was asked for since. */
    async rematch(): Promise<void> {
      for (const { rematch, from } of orders.splice(0)) await matchAccount(rematch, from, dependencies);
    },

    /** The same for a settlement file, and for the accounts that are paid from it. */
    async takeInSettlement(content: string, key: string, body: Partial<SettlementUpload> = {}): Promise<void> {
      const { file } = await this.upload(content, key, body);
      await takeInFile(file, dependencies);
    },

    /** The exceptions that stand, by category and the keys of their items. */
    open: () =>
      work
        .contents()
        .exceptions.filter(({ state }) => state === 'OPEN')
        .map(({ category, items }) => [category, ...(items?.ours ?? []), ...(items?.theirs ?? [])].join(' ')),

    /** Announces, uploads and reconciles. */
    async reconcile(content: string | Uint8Array, key?: string, body?: Partial<SettlementUpload>): Promise<Statement> {
      const { file } = await this.upload(content, key, body);
      return (await reconcileSettlementFile(file, dependencies)).statement;
    },

    /** Everything that anybody could see of it. */
    state: () => ({
      work: work.contents(),
      files: files.contents(),
      days: days.contents(),
      decisions: decisions.contents(),
    }),
  };
}

export type FinanceWorld = ReturnType<typeof financeWorld>;
