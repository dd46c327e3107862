import { vietnamCalendar } from '../../shared/catalogue/calendar.ts';
import { banks } from '../../shared/catalogue/reference.ts';
import type { Invoice } from '../../shared/domain/invoice/invoice.ts';
import { invoiceId } from '../../shared/domain/invoice/number.ts';
import { dong, ZERO } from '../../shared/domain/money/dong.ts';
import type { Movement } from '../../shared/domain/payment/movement.ts';
import type { PaymentProvider, ProviderRequest, RefundAnswer } from '../../shared/domain/payment/provider.ts';
import type { CallOutcome } from '../../shared/domain/payment/provider-caller.ts';
import { faultOfAccount } from '../../shared/domain/refund/account.ts';
import type { RefundMessage } from '../../shared/domain/refund/open-refunds.ts';
import type { Refund, RefundDecision, RefundId } from '../../shared/domain/refund/refund.ts';
import type { Caller } from '../../shared/domain/registry/caller.ts';

import * as deciding from '../../shared/usecases/decide-refund.ts';
import { type AskRefund, type RefundChanged, requestRefund } from '../../shared/usecases/request-refund.ts';
import * as returning from '../../shared/usecases/return-by-hand.ts';
import { type RefundSent, type SendRefundDependencies, sendRefund } from '../../shared/usecases/send-refund.ts';
import { type TakeUpRefundsDependencies, takeUpRefunds } from '../../shared/usecases/take-up-refunds.ts';
import { watchRefunds } from '../../shared/usecases/watch-refunds.ts';
import { MemoryQueue } from '../fakes/memory-queue.ts';
import { MemoryRefundList } from '../fakes/memory-refund-list.ts';
import { standing as memoryStanding } from '../fakes/memory-states.ts';
import { type Around, through } from './crash-matrix.ts';
import { anAttempt, NUMBER } from './given.ts';
import { paperBank } from './paper-bank.ts';
import { aWorld, client, invoiceOf, LAND, LAND_AT_ONE, NOW } from './world.ts';

/** A paid invoice, the people who decide about its money, and a bank that gives money back. All names are invented. */

/** Two purses: 85,000 of the office, 15,000 of a fund. */
export const FEES = [
  { feeItem: '1.004222-01', kind: 'phi', quantity: 1, amount: dong(60_000), beneficiary: 'main' },
  { feeItem: '1.004222-02', kind: 'le_phi', quantity: 1, amount: dong(25_000), beneficiary: 'main' },
  { feeItem: '1.004222-03', kind: 'phi', quantity: 1, amount: dong(15_000), beneficiary: 'fund' },
] as const;
export const WHOLE = dong(100_000);

const person = (subject: string, kind: 'agency' | 'portal' | 'finance' = 'agency'): Caller => ({
  clientId: 'desk',
  subject,
  client: client('desk', { kind }),
});
export const LAN = person('clerk-lan');
export const MINH = person('clerk-minh');
export const HOA = person('clerk-hoa');

export const DECISION: RefundDecision = { number: '125/QĐ-SDV', date: '2026-11-20' };
export const ACCOUNT = { bankBin: '970436', number: '0123456789', name: 'NGUYEN VAN MAU' };

const money = (transactionId: string, kind: 'payment' | 'surplus', lines: Movement['lines']): Movement => ({
  movementId: `mov_bank-one_${transactionId}`,
  kind,
  amount: WHOLE,
  providerId: 'bank-one',
  merchantAccountId: 'land-one',
  terminal: LAND_AT_ONE,
  transactionId,
  attempt: 1,
  paidAt: NOW - 60_000,
  committedAt: NOW - 59_000,
  lines: [{ side: 'debit', account: 'clearing:land-one', amount: WHOLE }, ...lines],
  evidence: `what the bank said of ${transactionId}`,
});

/** What paid the invoice, and a second payment beyond it. */
export const PAYMENT = money('T1', 'payment', [
  { side: 'credit', account: `payable:${LAND}:main`, amount: dong(85_000) },
  { side: 'credit', account: `payable:${LAND}:fund`, amount: dong(15_000) },
]);
export const SECOND = money('T2', 'surplus', [{ side: 'credit', account: `surplus:${LAND}`, amount: WHOLE }]);

export const paidInvoice = (more: Partial<Invoice> = {}): Invoice =>
  invoiceOf(NUMBER, {
    state: 'paid',
    lines: [...FEES],
    total: WHOLE,
    due: ZERO,
    attempts: [anAttempt('succeeded')],
    movements: { [PAYMENT.movementId]: PAYMENT, [SECOND.movementId]: SECOND },
    version: 4,
    ...more,
  });

/** A bank that refunds: what it gave back stands in its books, by our reference, once. */
export class RefundingBank {
  readonly books = new Map<string, number>();
  readonly calls: string[] = [];
  /** What it says instead of carrying a refund out, or `lost`: it carries it out, and nobody hears. */
  moods: ('carry out' | 'lost' | 'deaf' | RefundAnswer['outcome'])[] = [];
  /** Whether it can be asked about a refund. */
  readonly provider: PaymentProvider;

  constructor(askable = false) {
    const bank = paperBank('bank-one');
    const post = (path: string, body: object): ProviderRequest => ({
      method: 'POST',
      url: `https://bank-one.example/${path}`,
      headers: {},
      body: JSON.stringify(body),
    });
    const read = ({ body }: { body: Uint8Array }) => JSON.parse(Buffer.from(body).toString()) as RefundAnswer;
    this.provider = {
      ...bank,
      refunds: {
        request: ({ refundReference, amount }) => post('refund', { refundReference, amount }),
        read,
        ...(askable && { ask: ({ refundReference }) => post('asked', { refundReference }), told: read }),
      },
    };
  }

  readonly caller = {
    call: async ({ url, body }: ProviderRequest): Promise<CallOutcome> => {
      const { refundReference, amount } = JSON.parse(body) as { refundReference: string; amount: number };
      this.calls.push(`${url.split('/').at(-1)} ${refundReference}`);
      const mood = this.moods.shift() ?? 'carry out';
      if (mood === 'deaf') return { kind: 'unreachable', why: 'timeout' };
      if (mood === 'carry out' || mood === 'lost') {
        const there = this.books.has(refundReference);
        if (url.endsWith('/refund')) this.books.set(refundReference, amount);
        if (mood === 'lost') return { kind: 'unreachable', why: 'timeout' };
        if (url.endsWith('/asked') && !there) return says({ outcome: 'unknown', resultCode: '91', unheardOf: true });
        return says({ outcome: 'refunded', resultCode: '00', providerRefundId: `B${refundReference}` });
      }
      return says({ outcome: mood, resultCode: '99' });
    },
  };
}

const says = (answer: RefundAnswer): CallOutcome => ({
  kind: 'answered',
  response: { status: 200, body: Buffer.from(JSON.stringify(answer)) },
});

export type RefundWorld = ReturnType<typeof aRefundWorld>;

export function aRefundWorld(invoice: Invoice = paidInvoice(), bank = new RefundingBank()) {
  const world = aWorld();
  const { invoices, now } = world;
  invoices.place(invoice);
  world.forgetChanges();
  const list = new MemoryRefundList();
  const refunds = new MemoryQueue<RefundMessage>();
  const standing = memoryStanding(now);
  const audited: deciding.OwnRefundApproval[] = [];
  /** Moneys that a batch went out with. */
  const paidOn = new Set<string>();
  /** Moneys of which no batch that is looked at says anything. */
  const unheardOf = new Set<string>();
  let watched = invoices.changes.length;

  const dependencies = (around: Around = (_, call) => call()) => ({
    invoices: through(invoices, around),
    calendar: vietnamCalendar,
    isPaidOn: async ({ movementId }: Movement) =>
      unheardOf.has(movementId) ? ('unknown' as const) : paidOn.has(movementId) ? ('yes' as const) : ('no' as const),
    checkAccount: (account: Parameters<typeof faultOfAccount>[0]) => faultOfAccount(account, banks()),
    audit: (tried: deciding.OwnRefundApproval) => void audited.push(tried),
    now,
  });
  const sending = (around: Around = (_, call) => call()): SendRefundDependencies => ({
    invoices: through(invoices, around),
    providers: new Map([
      ['bank-one', bank.provider],
      ['bank-two', paperBank('bank-two')],
    ]),
    secrets: world.secrets,
    caller: through(bank.caller, around),
    circuit: standing.circuit,
    refunds: through(refunds, around),
    speed: 1,
    now,
  });
  const takingUp = (around: Around = (_, call) => call()): TakeUpRefundsDependencies => ({
    invoices: through(invoices, around),
    list: through(list, around),
    refunds: through(refunds, around),
    exceptions: through(world.work, around),
    now,
  });

  const self = {
    ...world,
    bank,
    list,
    refunds,
    paidOn,
    unheardOf,
    audited,
    dependencies,
    sending,
    takingUp,

    invoice(): Invoice {
      const item = invoices.at(NUMBER);
      if (item?.kind !== 'invoice') throw new Error('no invoice');
      return item.invoice;
    },
    refund: (refundId: RefundId): Refund => self.invoice().refunding?.refunds[refundId] as Refund,

    ask(asked: Partial<AskRefund> = {}, { by = LAN, key = 'a key of a refund' } = {}): Promise<RefundChanged> {
      const command: AskRefund = {
        invoiceId: invoiceId(NUMBER),
        reason: asked.movementId ? 'DUPLICATE_PAYMENT' : 'EXEMPTION_GRANTED',
        decision: DECISION,
        ...asked,
      };
      return requestRefund(command, by, key, dependencies());
    },
    approve: (refundId: RefundId, by = MINH, moneyAt?: 'provider' | 'treasury') =>
      deciding.approveRefund({ refundId, moneyAt }, by, dependencies()),
    reject: (refundId: RefundId, by = MINH) =>
      deciding.rejectRefund({ refundId, why: 'Thiếu quyết định' }, by, dependencies()),
    withdraw: (refundId: RefundId, by = LAN) => deciding.withdrawRefund(refundId, by, dependencies()),
    report: (report: Omit<returning.ReportReturn, 'document'>, by = LAN, key = 'a key of a report') =>
      returning.reportReturn({ document: DECISION, ...report }, by, key, dependencies()),
    confirm: (refundId: RefundId, by = MINH, confirmed = true) =>
      returning.decideReturn({ refundId, confirmed }, by, dependencies()),

    /** What the stream leads to, each change twice. */
    async watch(): Promise<void> {
      for (const change of invoices.changes.slice(watched))
        for (const _ of ['once', 'again']) await watchRefunds(change, { refunds, list });
      watched = invoices.changes.length;
    },
    /** Carries out everything that waits to be sent, all at once. */
    send(): Promise<RefundSent[]> {
      return Promise.all(refunds.take().map(({ refundId }) => sendRefund(refundId, sending())));
    },
    takeUp: () => takeUpRefunds(takingUp()),

    /** Asked for, ordered and sent. */
    async refundOf(asked: Partial<AskRefund> = {}, key?: string): Promise<RefundId> {
      const { refund } = await self.ask(asked, key === undefined ? {} : { key });
      await self.approve(refund.refundId);
      await self.watch();
      await self.send();
      return refund.refundId;
    },
  };
  return self;
}

/** What an account holds over all movements, in dong: credits less debits. */
export const heldIn = ({ movements }: Pick<Invoice, 'movements'>, account: string): number =>
  Object.values(movements)
    .flatMap(({ lines }) => lines)
    .filter((line) => line.account === account)
    .reduce((held, { side, amount }) => held + (side === 'credit' ? amount : -amount), 0);
