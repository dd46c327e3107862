import { randomBytes, randomInt } from 'node:crypto';
import { expect } from 'vitest';
import type * as z from 'zod';
import type { LocalStack } from '../../infra/local/stack.ts';
import {
  closeBookDay,
  listBookDays,
  listExceptions,
  readDailyReport,
  readStatement,
  requestStatementUpload,
} from '../../shared/api/finance.ts';
import { createInvoice, createQuote, getInvoice, type InvoiceBody, startPayment } from '../../shared/api/portal.ts';
import {
  getAgency,
  putAgency,
  putAgencyWebhook,
  putBeneficiary,
  putMerchantAccount,
} from '../../shared/api/registry.ts';
import { Receiver } from '../demo/receiver.ts';
import { PlayedVnpay, type VnpayOrder, type VnpayTransaction, vnpayTime } from '../demo/vnpay.ts';
import { pageOf } from '../dsl/next-step.ts';
import { eventually, logsOf } from '../stack.ts';
import { Caller } from './caller.ts';

/** A running service, everybody who calls it, and a VNPAY whose secret the tests know. */

export type Stack = Pick<LocalStack, 'url' | 'tokenEndpoint' | 'clients' | 'logDirectory'>;
export type Invoice = z.infer<typeof InvoiceBody>;

export const AGENCY = 'H29.12';
export const LICENCE = { procedureCode: '3.000347', amount: 135_000 } as const;
export const RETURN_URL = 'https://portal.example.gov.vn/done';
/** Invented people; no log may ever hold them. */
export const PAYER = { name: 'Nguyễn Thị Ẩn Danh', idNumber: '001099123456' } as const;

const EVENTS = [
  'invoice.paid.v1',
  'invoice.cancelled.v1',
  'payment.succeeded.v1',
  'payment.failed.v1',
  'payment.succeeded_late.v1',
  'money.surplus.v1',
  'money.unmatched.v1',
] as const;

/** A token of a local client; of some of its scopes, if any are named. */
export async function tokenOf({ tokenEndpoint, clients }: Stack, id: string, scope?: string): Promise<string> {
  const client = clients.find((one) => one.id === id);
  const answer = await fetch(tokenEndpoint, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(`${id}:${client?.secret}`).toString('base64')}` },
    body: new URLSearchParams({ grant_type: 'client_credentials', ...(scope && { scope }) }),
  });
  const { access_token } = (await answer.json()) as { access_token: string };
  return access_token;
}

export class World {
  readonly url: string;
  readonly portal: Caller;
  readonly otherPortal: Caller;
  readonly agency: Caller;
  readonly finance: Caller;
  readonly operator: Caller;
  readonly vnpay: PlayedVnpay;
  readonly receiver: Receiver;
  readonly #began = new Date();
  /** Texts that no log may hold. */
  readonly #confidential: string[];

  private constructor(url: string, callers: Record<string, Caller>, vnpay: PlayedVnpay, receiver: Receiver) {
    const caller = (id: string) => callers[id] ?? new Caller(url, undefined);
    this.url = url;
    this.portal = caller('local-portal');
    this.otherPortal = caller('local-other-portal');
    this.agency = caller('local-agency');
    this.finance = caller('local-finance-maker');
    this.operator = caller('local-operator');
    this.vnpay = vnpay;
    this.receiver = receiver;
    this.#confidential = [
      ...Object.values(PAYER),
      vnpay.secretForTheOperator(),
      ...Object.values(callers).flatMap(({ token }) => (token ? [token] : [])),
    ];
  }

  /**
   * Signs everybody in. `known`: the world before the stack was started again, whose VNPAY and receiver go on. Else the
   * agency's VNPAY account gets a terminal and a secret that the tests know, and the agency a webhook.
   */
  static async enter(stack: Stack, known?: World): Promise<World> {
    const callers = Object.fromEntries(
      await Promise.all(
        stack.clients.map(async ({ id }) => [id, new Caller(stack.url, await tokenOf(stack, id))] as const),
      ),
    );
    const { terminal, secret } = known
      ? { terminal: known.vnpay.terminal, secret: known.vnpay.secretForTheOperator() }
      : { terminal: 'E2ETERM1', secret: randomBytes(16).toString('hex').toUpperCase() };
    const vnpay = new PlayedVnpay({ terminal, secret, noticeAddress: `${stack.url}/callbacks/vnpay` });
    const receiver = known?.receiver ?? new Receiver({ failFirst: false });
    const world = new World(stack.url, callers, vnpay, receiver);
    for (const { secret: clientSecret } of stack.clients) world.#confidential.push(clientSecret);
    if (known) world.#confidential.push(...known.#confidential);
    else await world.#register();
    return world;
  }

  async #register(): Promise<void> {
    await this.operator.done(putMerchantAccount, {
      params: { id: 'vnpay-h29-12' },
      body: {
        providerId: 'vnpay',
        agencyCode: AGENCY,
        beneficiary: 'main',
        terminal: this.vnpay.terminal,
        accountNumber: '120010000001',
        paidOnFrom: '2020-01-01',
        bankBin: '970436',
        active: true,
        secret: this.vnpay.secretForTheOperator(),
      },
    });
    await this.receiver.start();
    const { secret = '' } = await this.agency.done(putAgencyWebhook, {
      params: { code: AGENCY },
      body: { url: this.receiver.addressOf('agency'), events: EVENTS },
    });
    this.receiver.trust('agency', secret);
    this.#confidential.push(secret);
  }

  leave(): Promise<void> {
    return this.receiver.stop();
  }

  confide(...texts: string[]): void {
    this.#confidential.push(...texts);
  }

  async quote(
    dossierCode?: string,
    { procedureCode }: { procedureCode: string } = LICENCE,
    agencyCode: string = AGENCY,
  ): Promise<string> {
    const { quote } = await this.portal.done(createQuote, {
      body: {
        procedureCode,
        agencyCode,
        ...(dossierCode && { dossierCode }),
        channel: 'online',
        submittedAt: new Date().toISOString(),
      },
    });
    this.#confidential.push(quote);
    return quote;
  }

  /** An open invoice over 135,000 dong for a dossier of its own. */
  async invoice(dossierCode = newDossier(), agencyCode: string = AGENCY): Promise<Invoice> {
    const quote = await this.quote(dossierCode, LICENCE, agencyCode);
    const body = { quote, agencyCode, dossierCode, payer: PAYER };
    return this.portal.done(createInvoice, { body });
  }

  read(invoiceId: string): Promise<Invoice> {
    return this.portal.done(getInvoice, { params: { invoiceId } });
  }

  /** Starts a payment. Answers the payment's id and where the citizen is sent. */
  async start(invoiceId: string, providerId: 'vnpay' | 'sandbox-bank'): Promise<{ paymentId: string; url: string }> {
    const body = { providerId, returnUrl: RETURN_URL, payerIp: '203.0.113.7' };
    const { paymentId, next } = await this.portal.done(startPayment, { params: { invoiceId }, body });
    return { paymentId, url: pageOf(next) };
  }

  /** Starts at VNPAY, and what VNPAY was asked for. */
  async order(invoiceId: string): Promise<VnpayOrder> {
    return this.vnpay.open((await this.start(invoiceId, 'vnpay')).url);
  }

  /** A transaction in VNPAY's books; its signature is nothing for a log. */
  transact(order: VnpayOrder, succeeds = true): VnpayTransaction {
    const transaction = this.vnpay.settle(order, { succeeds });
    this.#confidential.push(new URLSearchParams(transaction.query).get('vnp_SecureHash') ?? '');
    return transaction;
  }

  /** What the sandbox bank does with a started payment; the answers to its callbacks. */
  async decide(
    url: string,
    outcome: 'pay' | 'decline' | 'pay_twice' | 'wrong_amount' | 'silent',
    more: { copies?: number; difference?: number; ref?: string } = {},
  ): Promise<BankSent[]> {
    const query = new URL(url).searchParams;
    const answer = await new Caller(this.url, undefined).send('POST', '/sandbox-bank/decide', {
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        terminal: query.get('terminal'),
        ref: query.get('ref'),
        amount: Number(query.get('amount')),
        outcome,
        ...more,
      }),
    });
    expect(answer.status, answer.text).toBe(200);
    return (JSON.parse(answer.text) as { sent: BankSent[] }).sent;
  }

  untilState(invoiceId: string, state: Invoice['state']): Promise<Invoice> {
    return eventually(`${invoiceId} is ${state}`, async () => {
      const invoice = await this.read(invoiceId);
      return invoice.state === state && invoice;
    });
  }

  /** Types of the events that the agency heard of an invoice, in order. */
  heardOf(invoiceId: string): string[] {
    return this.receiver.eventsTo('agency').flatMap(({ subject, type }) => (subject === invoiceId ? [type] : []));
  }

  untilHeard(invoiceId: string, ...types: string[]): Promise<true> {
    const wanted = types.toSorted().join();
    return eventually(`${invoiceId}: heard of ${wanted}`, () => this.heardOf(invoiceId).toSorted().join() === wanted);
  }

  /** The journal of all days since the tests began, added up over all agencies. */
  async journal(): Promise<{ count: number; received: number; debit: number; credit: number }> {
    const sums = { count: 0, received: 0, debit: 0, credit: 0 };
    for (const date of new Set([vietnamDay(this.#began), vietnamDay(new Date())])) {
      const { totals, ledger } = await this.finance.done(readDailyReport, { query: { date } });
      sums.count += totals.received.count;
      sums.received += totals.received.amount;
      sums.debit += ledger.debit;
      sums.credit += ledger.credit;
    }
    return sums;
  }

  /** Work items about an invoice, or about a transaction. */
  async workItems(about: string) {
    const { data } = await this.finance.done(listExceptions, { query: { limit: '100' } });
    return data.filter(({ invoiceId, transactionId }) => invoiceId === about || transactionId === about);
  }

  untilWorkItem(about: string, category: string) {
    return eventually(`work item ${category} about ${about}`, async () =>
      (await this.workItems(about)).find((item) => item.category === category),
    );
  }

  /** Uploads a provider's or a bank's file, and waits until it is taken in or refused. */
  async upload(announced: object, content: string | Uint8Array<ArrayBuffer>) {
    const { statementId, uploadUrl, uploadHeaders } = await this.finance.done(requestStatementUpload, {
      body: announced,
    });
    const put = await fetch(uploadUrl ?? '', { method: 'PUT', headers: uploadHeaders, body: content });
    expect(put.status, await put.text()).toBe(200);
    return eventually(`a verdict on ${statementId}`, async () => {
      const statement = await this.finance.done(readStatement, { params: { statementId } });
      return statement.endedAt !== null && statement;
    });
  }

  bookDays(book: string, from: string, to: string = from) {
    return this.finance.done(listBookDays, { query: { book, from, to } }).then(({ data }) => data);
  }

  /** Closes a book's day as it stands. A statement is taken in before its account is matched: until then it cannot be closed. */
  closeDay(book: string, day: string) {
    return eventually(`${book} ${day} is closed`, async () => {
      const [there] = await this.bookDays(book, day);
      const body = { book, day, sha256: there?.run?.sha256 ?? null };
      return (await this.finance.call(closeBookDay, { body })).status === 200;
    });
  }

  /** Changes an agency, and leaves the rest of its registration as it is. */
  async changeAgency(code: string, change: Record<string, unknown>): Promise<void> {
    const { code: _, ...registered } = await this.operator.done(getAgency, { params: { code } });
    await this.operator.done(putAgency, { params: { code }, body: { ...registered, ...change } as never });
  }

  /** An agency's money is paid on to an account of the treasury, with its places in the budget. */
  async paidOnToTreasury(code: string, bankBin: string): Promise<void> {
    await this.operator.done(putBeneficiary, {
      params: { code, beneficiary: 'main', effectiveFrom: '2026-01-01' },
      body: {
        name: { vi: 'Sở Mẫu', en: 'Sample department' },
        account: { kind: 'treasury', number: '7111', treasury: '0111', treasuryName: 'KBNN mẫu', bankBin },
        ...{ collectingAuthority: '1054321', chapter: '426', area: '26734' },
        bookings: [
          { kind: 'le_phi', subItem: '2771', retainedPermille: 0 },
          { kind: 'phi', subItem: '2716', retainedPermille: 0 },
        ],
      },
    });
  }

  /** No log of any process holds a name, a number, a token, a secret or a signature. */
  expectSilentLogs(stack: Stack): void {
    const logs = logsOf(stack);
    expect([...logs.keys()].length).toBeGreaterThan(3);
    expect([...logs.values()].join('').length).toBeGreaterThan(1_000);
    for (const { body } of this.receiver.deliveries) expect(body).not.toContain(PAYER.idNumber);
    for (const [name, text] of logs) {
      for (const word of this.#confidential)
        expect(word.length >= 8 && text.includes(word), `${name} holds ${word}`).toBe(false);
      expect(text, name).not.toMatch(/vnp_SecureHash|whsec_|Bearer |eyJ[A-Za-z0-9_-]{8,}\.|[0-9a-f]{128}/);
    }
  }
}

export type BankSent = { txnId: string; amount: number; answers: { status: number; result: string; tries: number }[] };

export const newDossier = (): string => `H29.12-E2E-${randomInt(1e12).toString().padStart(12, '0')}`;

export function vietnamDay(at: Date): string {
  const time = vnpayTime(at);
  return `${time.slice(0, 4)}-${time.slice(4, 6)}-${time.slice(6, 8)}`;
}
