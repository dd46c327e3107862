import { vietnamCalendar } from '../../shared/catalogue/calendar.ts';
import { type Invoice, standing } from '../../shared/domain/invoice/invoice.ts';
import { invoiceId } from '../../shared/domain/invoice/number.ts';
import { dong } from '../../shared/domain/money/dong.ts';
import { factsOf } from '../../shared/domain/payment/facts.ts';
import type { PaymentProvider } from '../../shared/domain/payment/provider.ts';
import type { CallOutcome, ProviderCaller } from '../../shared/domain/payment/provider-caller.ts';
import { refundEvidence } from '../../shared/domain/refund/decide.ts';
import { type Refund, type RefundId, refundReference } from '../../shared/domain/refund/refund.ts';
import { Refusal } from '../../shared/domain/refusal.ts';
import type { Caller } from '../../shared/domain/registry/caller.ts';
import { invoiceItem, parseStored } from '../../shared/store/invoice-item.ts';
import * as deciding from '../../shared/usecases/decide-refund.ts';
import { postPayment } from '../../shared/usecases/post-payment.ts';
import { requestRefund } from '../../shared/usecases/request-refund.ts';
import { sendRefund } from '../../shared/usecases/send-refund.ts';
import { NUMBER } from '../dsl/given.ts';
import { DECISION, HOA, LAN, MINH, PAYMENT, paidInvoice, RefundingBank, SECOND, WHOLE } from '../dsl/refunding.ts';
import { aWorld, LAND } from '../dsl/world.ts';
import { standing as memoryStanding } from '../fakes/memory-states.ts';
import { SECOND as A_SECOND, Clock, MINUTE } from './clock.ts';
import { CALM, drawFaults } from './faults.ts';
import { History } from './history.ts';
import { takingBack } from './movement-rules.ts';
import { BrokenInvariant, Host, must, type Process } from './process.ts';
import { Random } from './random.ts';
import { Scheduler } from './scheduler.ts';
import type { Between, Stores } from './store.ts';
import { SimulatedTables, storesOf } from './store.ts';

/**
 * One invoice that was paid twice, and everybody who would have its money back at once: clerks who ask, approve, reject and
 * withdraw, messages that have it sent again and again, a bank that gives back once under each reference, and may take the
 * money back by itself. The use cases and the store are those that are deployed; what goes wrong is drawn from the seed.
 */

/** Where the story can be broken on purpose. */
export type RefundWiring = {
  between?: Between;
  invoices?: (invoices: Stores['invoices']) => Stores['invoices'];
  refunds?: (refunds: Refunds) => Refunds;
};
type Refunds = NonNullable<PaymentProvider['refunds']>;

const CLERKS = [LAN, MINH, HOA];
const LONGEST = 20 * MINUTE;
const MOST_REQUESTS = 8;
const MOST_STEPS = 20_000;
const TAKES_BACK = 0.3;
/** In which the bank takes the money back while a refund of it is being sent. */
const MEANWHILE = 0.15;
const REFUSES = 0.1;
/** Of what is not settled in the calm, each is taken up so often. */
const ROUNDS = 5;
/** States in which a refund's money is free again, and those in which it is gone or may be: written down a second time. */
const FREE: ReadonlySet<string> = new Set(['rejected', 'withdrawn', 'failed']);
const OUT: ReadonlySet<string> = new Set(['sent', 'manual', 'reported', 'done']);

/** Tells the story of a seed; answers what broke, if anything did, and how many refunds came to an end as what. */
export async function refundStory(
  seed: number,
  wiring: RefundWiring = {},
): Promise<{ broken?: string; ended: string[] }> {
  const story = new RefundStory(seed, wiring);
  try {
    await story.tell();
    return { ended: story.ended() };
  } catch (error) {
    if (!(error instanceof BrokenInvariant)) throw error;
    return { broken: error.message, ended: [] };
  }
}

class RefundStory {
  readonly #clock = new Clock();
  readonly #random: Random;
  readonly #scheduler = new Scheduler(this.#clock, new History());
  readonly #host: Host;
  readonly #tables: SimulatedTables;
  readonly #wiring: RefundWiring;
  readonly #paper = aWorld();
  readonly #provider: PaymentProvider;
  /** What the bank gave back, by our reference: of which money, and how much. */
  readonly #given = new Map<string, { transactionId: string; amount: number }>();
  readonly #refused = new Set<string>();
  /** Who truly asked for, and approved, what. */
  readonly #asked = new Map<string, string>();
  readonly #approved = new Map<string, Set<string>>();

  constructor(seed: number, wiring: RefundWiring) {
    this.#random = new Random(seed);
    this.#wiring = wiring;
    this.#host = new Host(this.#scheduler, this.#clock, this.#random.fork(), drawFaults(this.#random.fork()));
    this.#tables = new SimulatedTables(
      () => this.#clock.at,
      this.#random.fork(),
      () => this.#host.faults.lag,
      (table, { after }) => {
        if (table === 'invoices' && after) this.#look(after);
      },
    );
    const { y: _, ...item } = invoiceItem(paidInvoice());
    this.#tables.tables.invoices.put(item, {});
    const { provider } = new RefundingBank();
    const { refunds } = provider as PaymentProvider & { refunds: Refunds };
    this.#provider = { ...provider, refunds: wiring.refunds?.(refunds) ?? refunds };
  }

  async tell(): Promise<void> {
    const requests = this.#random.whole(1, MOST_REQUESTS);
    for (let request = 0; request < requests; request += 1) this.#later('a clerk asks', () => this.#ask(request));
    if (this.#random.chance(TAKES_BACK)) this.#later('the bank takes money back', () => this.#takeBack());
    await this.#drain();
    this.#host.faults = CALM;
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const { refundId, state } of this.#refunds())
        if (state === 'approved' || state === 'sent') this.#later('it is taken up', () => this.#send(refundId));
      await this.#drain();
    }
    this.#mustBeSettled();
  }

  ended(): string[] {
    return this.#refunds().map(({ state }) => state);
  }

  #later(label: string, act: () => Promise<unknown>): void {
    this.#scheduler.in(this.#random.whole(1, LONGEST), label, () => {
      act().catch((error: unknown) => {
        if (error instanceof BrokenInvariant) this.#host.break(error.message);
        else if (!(error instanceof Refusal)) this.#host.mustPass(error);
      });
      return undefined;
    });
  }

  async #drain(): Promise<void> {
    for (let steps = 0; await this.#scheduler.step(); steps += 1) {
      if (this.#host.broken) throw this.#host.broken;
      must(steps < MOST_STEPS, 'it does not come to rest');
    }
    if (this.#host.broken) throw this.#host.broken;
  }

  #invoice(): Invoice {
    const stored = parseStored(this.#tables.tables.invoices.at(NUMBER));
    if (stored.kind !== 'invoice') throw new BrokenInvariant('the invoice is gone');
    return stored.invoice;
  }
  #refunds = (): Refund[] => Object.values(this.#invoice().refunding?.refunds ?? {});

  #invoices(process: Process): Stores['invoices'] {
    const { invoices } = storesOf(process, this.#host, this.#tables, this.#wiring.between);
    return this.#wiring.invoices?.(invoices) ?? invoices;
  }

  #dependencies = (process: Process) => ({
    invoices: this.#invoices(process),
    calendar: vietnamCalendar,
    checkAccount: () => undefined,
    audit: () => undefined,
    now: process.now,
  });

  async #ask(request: number): Promise<void> {
    const by = this.#random.pick(CLERKS);
    const ofSecond = this.#random.chance(0.4);
    const asked = {
      invoiceId: invoiceId(NUMBER),
      movementId: ofSecond ? SECOND.movementId : PAYMENT.movementId,
      ...(this.#random.chance(3 / 4) && { amount: dong(this.#random.whole(1, WHOLE)) }),
      reason: ofSecond ? ('DUPLICATE_PAYMENT' as const) : ('EXEMPTION_GRANTED' as const),
      decision: DECISION,
    };
    for (let tries = 0; tries < 3; tries += 1) {
      const done = await this.#host.live('refunds-api', (process) =>
        requestRefund(asked, by, `key-of-refund-${request}`, this.#dependencies(process)).then(
          ({ refund }) => refund.refundId,
          (error: unknown) => (error instanceof Refusal ? 'refused' : this.#host.mustPass(error)),
        ),
      );
      if (done === 'refused') return;
      if (!done) continue;
      const before = this.#asked.get(done);
      must(before === undefined || before === by.subject, `${done} was asked for by ${before} and by ${by.subject}`);
      this.#asked.set(done, by.subject);
      for (const clerk of CLERKS)
        if (this.#random.chance(0.6)) this.#later('a clerk decides', () => this.#decide(done, clerk));
      return;
    }
  }

  async #decide(refundId: RefundId, clerk: Caller): Promise<void> {
    const how = this.#random.weighted({ approve: 7, reject: 2, withdraw: 1 });
    if (how === 'approve') this.#approved.set(refundId, (this.#approved.get(refundId) ?? new Set()).add(clerk.subject));
    for (let copies = this.#random.whole(1, 3); how === 'approve' && copies > 0; copies -= 1)
      this.#later('a message has it sent', () => this.#send(refundId));
    await this.#host.live('refunds-api', (process) => {
      const dependencies = this.#dependencies(process);
      if (how === 'approve') return deciding.approveRefund({ refundId, moneyAt: 'provider' }, clerk, dependencies);
      if (how === 'reject') return deciding.rejectRefund({ refundId, why: 'Thiếu quyết định' }, clerk, dependencies);
      return deciding.withdrawRefund(refundId, clerk, dependencies);
    });
  }

  async #send(refundId: RefundId): Promise<void> {
    if (this.#host.faults !== CALM && this.#random.chance(MEANWHILE))
      this.#scheduler.in(this.#random.whole(1, A_SECOND), 'the bank takes money back meanwhile', () => {
        this.#takeBack().catch((error: unknown) => this.#host.mustPass(error));
        return undefined;
      });
    await this.#host.live('send-refund', (process) =>
      sendRefund(refundId, {
        invoices: this.#invoices(process),
        providers: new Map([['bank-one', this.#provider]]),
        secrets: this.#paper.secrets,
        caller: this.#bankOf(process),
        circuit: memoryStanding(process.now).circuit,
        refunds: { sendLater: async () => undefined },
        speed: 1,
        now: process.now,
      }),
    );
  }

  /** Gives back once under each reference, or refuses for good; its answer may be lost. */
  #bankOf = (process: Process): ProviderCaller => ({
    call: ({ body }) =>
      this.#host
        .call(process, 'tell the bank', (): CallOutcome => {
          const { refundReference: reference, amount } = JSON.parse(String(body)) as {
            refundReference: string;
            amount: number;
          };
          const refund = this.#refunds().find((one) => refundReference(one.refundId) === reference);
          const allowed = refund !== undefined && refund.state === 'sent' && refund.amount === amount;
          const known = this.#given.has(reference) || this.#refused.has(reference);
          must(known || allowed, `the bank was told to give back ${amount} under ${reference}, which nobody ordered`);
          if (!known && this.#random.chance(REFUSES)) this.#refused.add(reference);
          if (!known && !this.#refused.has(reference) && refund) {
            const transactionId = refund.movementId === SECOND.movementId ? 'T2' : 'T1';
            this.#given.set(reference, { transactionId, amount });
            const sum = [...this.#given.values()].reduce(
              (all, one) => (one.transactionId === transactionId ? all + one.amount : all),
              0,
            );
            must(sum <= WHOLE, `the bank gave back ${sum} of the ${WHOLE} dong of ${transactionId}`);
          }
          const outcome = this.#refused.has(reference) ? ('refused' as const) : ('refunded' as const);
          const said = JSON.stringify({ outcome, resultCode: '00', providerRefundId: `B${reference}` });
          return { kind: 'answered', response: { status: 200, body: Buffer.from(said) } };
        })
        .catch((error: unknown): CallOutcome => {
          if (error instanceof BrokenInvariant) throw error;
          return { kind: 'unreachable', why: 'timeout' };
        }),
  });

  /** The payer's bank takes one of the two back, and is believed where nothing of it has gone back. */
  async #takeBack(): Promise<void> {
    const money = this.#random.pick([PAYMENT, SECOND]);
    const { providerId, terminal, transactionId, merchantAccountId } = money;
    const notice = {
      ...{ providerId, terminal, transactionId, currency: 'VND', resultCode: '00', evidence: 'taken back' },
      ...{ reference: `${NUMBER}015`, outcome: 'reversed' as const, amount: money.amount, paidAt: this.#clock.at },
    };
    const facts = factsOf(this.#invoice());
    for (let copies = 0; copies < 3; copies += 1) {
      await this.#scheduler.pause(this.#random.pick([1, 20, A_SECOND, MINUTE]), 'the callback waits in the inbox');
      await this.#host.live('inbox', (process) =>
        postPayment(
          { v: 1, notice, facts, owner: { merchantAccountId, agencyCode: LAND } },
          { invoices: this.#invoices(process), now: process.now },
        ).catch((error: unknown) => this.#host.mustPass(error)),
      );
    }
  }

  /** After every write: no dong of a money is given twice, and two persons ordered each. */
  #look(item: object): void {
    const stored = parseStored(item);
    if (stored.kind !== 'invoice') return;
    const { movements, refunding, total, state } = stored.invoice;
    const refunds = Object.values(refunding?.refunds ?? {});
    for (const { movementId, amount } of [PAYMENT, SECOND]) {
      const its = refunds.filter((one) => one.movementId === movementId);
      const held = sumOf(its.filter((one) => !FREE.has(one.state)));
      must(held <= amount, `${held} of the ${amount} dong of ${movementId} are to be refunded`);
      const back = Object.values(movements).some((one) => takingBack(movementId) === one.movementId);
      const out = sumOf(its.filter((one) => OUT.has(one.state))) + (back ? amount : 0);
      must(out <= amount, `${out} of the ${amount} dong of ${movementId} went back`);
    }
    for (const { refundId, by, decidedBy, state: is } of refunds) {
      const ordered = is !== 'requested' && is !== 'withdrawn';
      must(!ordered || (decidedBy !== undefined && decidedBy !== by), `${by} alone decided about ${refundId}`);
      const asker = this.#asked.get(refundId);
      must(asker === undefined || asker === by, `${refundId} was asked for by ${asker}, and stands as ${by}’s`);
      const approved = OUT.has(is) || is === 'approved' ? this.#approved.get(refundId)?.has(decidedBy ?? '') : true;
      must(approved === true, `${decidedBy} never approved ${refundId}`);
    }
    const given = Object.values(movements).filter(({ kind }) => kind === 'refund');
    for (const movement of given) {
      const refund = refunds.find((one) => refundReference(one.refundId) === movement.transactionId);
      must(
        refund?.state === 'done' && refund.amount === movement.amount,
        `${movement.movementId} stands for no refund that is done`,
      );
      must(
        this.#given.get(movement.transactionId)?.amount === movement.amount,
        `no bank ever gave ${movement.movementId} back`,
      );
    }
    const own = sumOf(given.filter((one) => refundEvidence(one).of === PAYMENT.movementId));
    must((refunding?.refunded ?? 0) === own, `${refunding?.refunded} dong are called refunded, and ${own} are`);
    const paid = standing(stored.invoice).some(({ kind }) => kind === 'payment');
    const wanted = own === 0 ? 'paid' : own === total ? 'refunded' : 'partially_refunded';
    must(!paid || state === wanted, `the invoice is ${state} with ${own} of ${total} dong given back`);
  }

  #mustBeSettled(): void {
    for (const { refundId, state, amount } of this.#refunds()) {
      must(state !== 'approved' && state !== 'sent', `${refundId} is ${state} for ever`);
      const given = this.#given.get(refundReference(refundId));
      must(
        (state === 'done') === (given !== undefined),
        `the bank gave ${given?.amount ?? 0} for ${refundId}, which is ${state}`,
      );
      must(
        given === undefined || given.amount === amount,
        `the bank gave ${given?.amount} of ${amount} for ${refundId}`,
      );
    }
  }
}

const sumOf = (list: readonly { amount: number }[]): number => list.reduce((sum, { amount }) => sum + amount, 0);
