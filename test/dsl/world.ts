import type { Invoice } from '../../shared/domain/invoice/invoice.ts';
import type { InvoiceNumber } from '../../shared/domain/invoice/number.ts';
import type { Dong } from '../../shared/domain/money/dong.ts';
import type { Delivery } from '../../shared/domain/notification/delivery.ts';
import { DEFAULT_EVENTS, type WebhookEndpoint, WebhookEventType } from '../../shared/domain/notification/webhook.ts';
import type { ReceiptOrder } from '../../shared/domain/receipt/book.ts';
import type { Caller } from '../../shared/domain/registry/caller.ts';
import {
  type Agency,
  type Client,
  type MerchantAccount,
  terminalSecretName,
} from '../../shared/domain/registry/registry.ts';
import { DAY_MILLISECONDS } from '../../shared/domain/time.ts';
import { postPayment } from '../../shared/usecases/post-payment.ts';
import { publishChange } from '../../shared/usecases/publish-change.ts';
import { InboxMessage, receiveCallback } from '../../shared/usecases/receive-callback.ts';
import { MemoryDossiers } from '../fakes/memory-dossiers.ts';
import { MemoryDueDays } from '../fakes/memory-due-days.ts';
import { MemoryFeed } from '../fakes/memory-feed.ts';
import { type CommittedChange, MemoryInvoices } from '../fakes/memory-invoices.ts';
import { MemoryJournal } from '../fakes/memory-journal.ts';
import { MemoryQueue } from '../fakes/memory-queue.ts';
import { MemoryRegistry } from '../fakes/memory-registry.ts';
import { MemorySecrets } from '../fakes/memory-secrets.ts';
import { MemoryWork } from '../fakes/memory-work.ts';
import { type PaperNotice, paperBank, paperCallback } from './paper-bank.ts';

/** A small country in memory: two agencies, two banks, a portal. All names are invented. */

export const LAND = 'H29.14';
export const POLICE = 'A02.3';
export const PROCEDURE = '1.004222';
/** Noon of a working day in Viet Nam. */
export const NOW = Date.parse('2026-11-20T12:00:00+07:00');
export const TOTAL = 50_000 as Dong;

/** Terminals: one a bank for the land office, one that both agencies share, one of the police. */
export const LAND_AT_ONE = 'ONE-LAND';
export const LAND_AT_TWO = 'TWO-LAND';
export const SHARED_AT_ONE = 'ONE-SHARED';
export const POLICE_AT_ONE = 'ONE-POLICE';

const keyOf = (terminal: string): string => `key of ${terminal}`;

const account = (id: string, providerId: string, agencyCode: string, terminal: string): MerchantAccount => ({
  id,
  providerId,
  agencyCode,
  beneficiary: terminal === SHARED_AT_ONE ? 'shared' : 'main',
  terminal,
  accountNumber: '1234567890',
  bankBin: '970415',
  active: true,
});

const accounts = [
  account('land-one', 'bank-one', LAND, LAND_AT_ONE),
  account('land-two', 'bank-two', LAND, LAND_AT_TWO),
  account('police-one', 'bank-one', POLICE, POLICE_AT_ONE),
  account('land-shared', 'bank-one', LAND, SHARED_AT_ONE),
  account('police-shared', 'bank-one', POLICE, SHARED_AT_ONE),
];

const agency = (code: string, active = true): Agency => ({ code, name: { vi: code, en: code }, active });

export const client = (id: string, more: Partial<Client> = {}): Client => ({
  id,
  kind: 'portal',
  name: { vi: id, en: id },
  agencies: [LAND],
  returnHosts: ['portal.example.gov.vn'],
  active: true,
  ...more,
});

export const callerOf = (one: Client): Caller => ({ clientId: one.id, subject: one.id, client: one });

export const PORTAL = callerOf(client('portal'));
export const OTHER_PORTAL = callerOf(client('other-portal'));

const endpoint = (owner: WebhookEndpoint['owner'], events: readonly WebhookEventType[]): WebhookEndpoint => ({
  owner,
  url: 'https://hooks.example.gov.vn/thuphi',
  events: [...events],
  updatedAt: NOW,
});

export type World = ReturnType<typeof aWorld>;

export function aWorld() {
  const clock = { at: NOW };
  const now = () => clock.at;
  const invoices = new MemoryInvoices();
  const dossiers = new MemoryDossiers();
  const dueDays = new MemoryDueDays();
  const journal = new MemoryJournal();
  const work = new MemoryWork();
  const feed = new MemoryFeed();
  const inbox = new MemoryQueue<InboxMessage>();
  const deliveries = new MemoryQueue<Delivery>();
  const receiptOrders = new MemoryQueue<ReceiptOrder>();
  const registry = new MemoryRegistry({
    agencies: [agency(LAND), agency(POLICE), agency('X99', false)],
    clients: [PORTAL.client, OTHER_PORTAL.client],
    accounts,
    endpoints: [endpoint(`agency:${LAND}`, WebhookEventType.options), endpoint('client:portal', DEFAULT_EVENTS)],
  });
  const secrets = new MemorySecrets(
    Object.fromEntries(accounts.map((one) => [terminalSecretName(one.providerId, one.terminal), keyOf(one.terminal)])),
  );
  const providers = new Map([paperBank('bank-one'), paperBank('bank-two')].map((one) => [one.manifest.id, one]));
  const told: Delivery[] = [];
  let published = 0;

  const publishOne = (change: CommittedChange, at: number) =>
    publishChange(
      { ...change, at },
      {
        ...{ journal, exceptions: work, directory: registry, deliveries, receiptOrders },
        ...{ watermark: feed, late: feed },
      },
    );

  return {
    clock,
    now,
    invoices,
    dossiers,
    dueDays,
    journal,
    feed,
    work,
    inbox,
    deliveries,
    receiptOrders,
    registry,
    secrets,
    providers,
    told,

    /** The bank calls; answers what we said. The money is not entered before {@link World.post}. */
    async callback(providerId: string, notice: PaperNotice, key = keyOf(notice.terminal)): Promise<string> {
      const provider = providers.get(providerId);
      if (!provider) throw new Error(`no bank ${providerId}`);
      const dependencies = { registry, secrets, invoices, inbox, now };
      return (await receiveCallback(provider, paperCallback(notice, key), dependencies)).acknowledgement;
    },

    /** Enters everything that waits in the inbox, all at once. Answers the outcomes. */
    post() {
      return Promise.all(inbox.take().map((message) => postPayment(InboxMessage.parse(message), { invoices, now })));
    },

    /** Publishes what was committed, each change twice, as the stream may. */
    async publish(): Promise<void> {
      for (const change of invoices.changes.slice(published)) {
        await publishOne(change, clock.at);
        told.push(...deliveries.take());
        await publishOne(change, clock.at + 1);
        deliveries.take();
      }
      published = invoices.changes.length;
    },

    /** Takes nothing of what was committed so far into the journal: it was there before the story begins. */
    forgetChanges(): void {
      published = invoices.changes.length;
    },
  };
}

/** An invoice of the land office as the store holds it. */
export function invoiceOf(number: string, more: Partial<Invoice> = {}): Invoice {
  const total = more.total ?? TOTAL;
  return {
    number: number as InvoiceNumber,
    state: 'open',
    agencyCode: LAND,
    dossierCode: `${LAND}-261120-0001`,
    procedureCode: PROCEDURE,
    lines: [{ feeItem: `${PROCEDURE}-01`, kind: 'le_phi', quantity: 1, amount: total, beneficiary: 'main' }],
    total,
    due: total,
    payer: { name: 'Nguyễn Thử Nghiệm' },
    createdAt: NOW - DAY_MILLISECONDS,
    expiresAt: NOW + DAY_MILLISECONDS,
    origin: { clientId: 'portal', keyHash: 'k'.repeat(22), bodyHash: 'b'.repeat(22) },
    attempts: [],
    movements: {},
    version: 1,
    ...more,
  };
}
