import { vietnamCalendar } from '../../shared/catalogue/calendar.ts';
import { type Invoice, standing } from '../../shared/domain/invoice/invoice.ts';
import { InvoiceNumber, invoiceId } from '../../shared/domain/invoice/number.ts';
import { dong } from '../../shared/domain/money/dong.ts';
import { counterMovementId, decideCounterPayment } from '../../shared/domain/payment/counter.ts';
import { factsOf } from '../../shared/domain/payment/facts.ts';
import type { Movement, MovementId } from '../../shared/domain/payment/movement.ts';
import type { PaymentProvider } from '../../shared/domain/payment/provider.ts';
import type { CallOutcome, ProviderCaller } from '../../shared/domain/payment/provider-caller.ts';
import { refundEvidence } from '../../shared/domain/refund/decide.ts';
import { type Refund, type RefundId, refundReference } from '../../shared/domain/refund/refund.ts';
import { Refusal } from '../../shared/domain/refusal.ts';
import type { Caller } from '../../shared/domain/registry/caller.ts';
import { invoiceItem, parseStored } from '../../shared/store/invoice-item.ts';
import * as deciding from '../../shared/usecases/decide-refund.ts';
import { issueReceipts } from '../../shared/usecases/issue-receipts.ts';
import { postPayment } from '../../shared/usecases/post-payment.ts';
import { requestRefund } from '../../shared/usecases/request-refund.ts';
import { decideReturn, reportReturn } from '../../shared/usecases/return-by-hand.ts';
import { approveCounterReversal, proposeCounterReversal } from '../../shared/usecases/reverse-counter-payment.ts';
import { sendRefund } from '../../shared/usecases/send-refund.ts';
import { NUMBER } from '../dsl/given.ts';
import { registered, SECRET } from '../dsl/receipts.ts';
import {
  ACCOUNT,
  DECISION,
  FEES,
  HOA,
  LAN,
  MINH,
  PAYMENT,
  paidInvoice,
  RefundingBank,
  SECOND,
  WHOLE,
} from '../dsl/refunding.ts';
import { aWorld, LAND } from '../dsl/world.ts';
import { MemorySigner } from '../fakes/memory-signer.ts';
import { standing as memoryStanding } from '../fakes/memory-states.ts';
import { SECOND as A_SECOND, DAY, MINUTE } from './clock.ts';
import { takingBack } from './movement-rules.ts';
import { BrokenInvariant, must, type Process } from './process.ts';
import { Random } from './random.ts';
import { ReceiptRules } from './receipt-rules.ts';
import { Stage, type Told } from './stage.ts';
import { type Between, SimulatedTables, type Stores, storesOf } from './store.ts';

/**
 * One invoice that was paid twice, the first time perhaps at the desk, and everybody who would have its money back at once:
 * clerks who ask, approve, reject and withdraw, who return by hand what no provider gives back and confirm each other's word,
 * who take back in twos what was paid at the desk, messages that have it sent again and again, a bank that gives back once
 * under each reference, and may take the money back by itself, days later too.
 * Meanwhile receipts are issued over it and over other invoices, from one run of numbers. The use cases and the stores are
 * those that are deployed; what goes wrong is drawn from the seed.
 */

/** Where the story can be broken on purpose. */
export type RefundWiring = {
  between?: Between;
  invoices?: (invoices: Stores['invoices']) => Stores['invoices'];
  receipts?: (receipts: Stores['receipts']) => Stores['receipts'];
  refunds?: (refunds: Refunds) => Refunds;
};
type Refunds = NonNullable<PaymentProvider['refunds']>;

const CLERKS = [LAN, MINH, HOA];
/** Within how long all that people do happens, in milliseconds: drawn for each story. */
const WITHIN = [20 * MINUTE, 5 * A_SECOND];
/** How much is asked for at most, as a share of the whole: drawn for each story. */
const SHARES = [1, 1 / 8];
const MOST_REQUESTS = 8;
const TAKES_BACK = 0.3;
/** Of those that take money back, so many do so when all else has come to rest. */
const TAKES_BACK_LATE = 0.3;
const DAYS_LATER = 3 * DAY;
/** Share of the refunds that are ordered to be returned by hand: drawn for each story. */
const BY_HAND = [0.1, 0.1, 0.9];
const KEY = new MemorySigner();
/** Other invoices that wait for receipts of the same run. */
const OTHERS = ['480213567998', '480213568880', '480213569999'].map((number) => InvoiceNumber.parse(number));
/** In which the bank takes the money back while a refund of it is being sent. */
const MEANWHILE = 0.15;
const REFUSES = 0.1;
/** Stories whose invoice was paid at the desk. */
const AT_THE_DESK = 0.2;
/** Of what is not settled in the calm, each is taken up so often. */
const ROUNDS = 5;
/** States in which a refund's money is free again, and those in which it is gone or may be: written down a second time. */
const FREE: ReadonlySet<string> = new Set(['rejected', 'withdrawn', 'failed']);
const OUT: ReadonlySet<string> = new Set(['sent', 'manual', 'reported', 'done']);
const REPORTS = ['transferred', 'cash', 'not_returned'] as const;

/** Tells the story of a seed; counts as what refunds came to an end. */
export function refundStory(seed: number, wiring: RefundWiring = {}): Promise<Told> {
  const story = new RefundStory(seed, wiring);
  return story.stage.outcome(
    seed,
    () => story.tell(),
    () => story.ended(),
  );
}

/** What a clerk took for the same invoice. */
const DESK_PAYMENT = ((): Movement => {
  const unpaid = { ...paidInvoice(), state: 'open' as const, due: WHOLE, movements: {} };
  const slip = { method: 'cash' as const, receipt: { symbol: '01AA/26P', number: '0000001' }, desk: 'quay-01' };
  const evidence = { v: 1 as const, ...slip, clerk: LAN.subject, bodyHash: 'the body of the call' };
  const call = { movementId: counterMovementId(unpaid, 'the-call-of-the-clerk0'), amount: WHOLE, evidence };
  const decided = decideCounterPayment(unpaid, call, PAYMENT.committedAt);
  if (typeof decided === 'string') throw new Error(decided);
  return decided.movement;
})();

class RefundStory {
  readonly #random: Random;
  readonly stage: Stage;
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
  /** Who truly reported a return, and who confirmed one: refund and person. */
  readonly #reported = new Set<string>();
  readonly #confirmed = new Set<string>();
  /** Money of which the bank said that it took it back, and we that we have it. */
  readonly #takenBack = new Set<MovementId>();
  readonly #receipts = new ReceiptRules();
  readonly #payment: Movement;
  readonly #tookBack: { what: 'propose' | 'approve'; by: string }[] = [];
  readonly #within: number;
  readonly #most: number;
  readonly #byHand: number;
  #reports = 0;

  constructor(seed: number, wiring: RefundWiring) {
    this.#random = new Random(seed);
    this.#wiring = wiring;
    this.#within = this.#random.pick(WITHIN);
    this.#most = Math.floor(WHOLE * this.#random.pick(SHARES));
    this.#byHand = this.#random.pick(BY_HAND);
    this.stage = new Stage(this.#random);
    this.#payment = this.#random.chance(AT_THE_DESK) ? DESK_PAYMENT : PAYMENT;
    this.#tables = new SimulatedTables(
      this.stage.now,
      this.#random.fork(),
      () => this.stage.host.faults.lag,
      (table, commit) => {
        if (table === 'receipts') this.#receipts.look(commit);
        if (table === 'invoices' && commit.after) this.#look(commit.before, commit.after);
        const moved = Object.keys(commit.after?.['mv'] ?? {}).length > Object.keys(commit.before?.['mv'] ?? {}).length;
        if (table === 'invoices' && moved) this.#orderReceipts();
      },
    );
    const movements = { [this.#payment.movementId]: this.#payment, [SECOND.movementId]: SECOND };
    for (const number of [NUMBER, ...OTHERS]) {
      const { y: _, ...item } = invoiceItem({ ...paidInvoice({ movements }), number });
      this.#tables.tables.invoices.put(item, {});
    }
    const { provider } = new RefundingBank();
    const { refunds } = provider as PaymentProvider & { refunds: Refunds };
    this.#provider = { ...provider, refunds: wiring.refunds?.(refunds) ?? refunds };
  }

  async tell(): Promise<void> {
    const requests = this.#random.whole(1, MOST_REQUESTS);
    this.#orderReceipts();
    for (let request = 0; request < requests; request += 1) this.#later('a clerk asks', () => this.#ask(request));
    if (this.#isAtDesk && this.#random.chance(TAKES_BACK))
      this.#later('a clerk would take it back', () => this.#takeBackAtDesk());
    if (this.#random.chance(TAKES_BACK))
      this.#later(
        'the bank takes money back',
        () => this.#takeBack(),
        this.#random.chance(TAKES_BACK_LATE) ? DAYS_LATER : 0,
      );
    await this.stage.drain();
    this.stage.calmDown();
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const { refundId, state } of this.#refunds())
        if (state === 'approved' || state === 'sent') this.#later('it is taken up', () => this.#send(refundId));
        else if (state === 'manual') this.#later('a clerk returns it', () => this.#return(refundId));
      this.#orderReceipts();
      await this.stage.drain();
    }
    this.#mustBeSettled();
  }

  ended(): string[] {
    const back = this.#invoice().movements[takingBack(this.#payment.movementId)] !== undefined;
    return [
      ...this.#refunds().map(({ state }) => state),
      ...(this.#isAtDesk ? [back ? 'taken back at the desk' : 'at the desk'] : []),
    ];
  }

  get #isAtDesk(): boolean {
    return this.#payment === DESK_PAYMENT;
  }

  #later(label: string, act: () => Promise<unknown>, wait = 0): void {
    this.stage.in(wait + this.#random.whole(1, this.#within), label, act);
  }

  #invoice(number = NUMBER): Invoice {
    const stored = parseStored(this.#tables.tables.invoices.at(number));
    if (stored.kind !== 'invoice') throw new BrokenInvariant('the invoice is gone');
    return stored.invoice;
  }
  #refunds = (): Refund[] => Object.values(this.#invoice().refunding?.refunds ?? {});

  #invoices(process: Process): Stores['invoices'] {
    const { invoices } = storesOf(process, this.stage.host, this.#tables, this.#wiring.between);
    return this.#wiring.invoices?.(invoices) ?? invoices;
  }

  #dependencies = (process: Process) => ({
    invoices: this.#invoices(process),
    calendar: vietnamCalendar,
    isPaidOn: async () => 'no' as const,
    checkAccount: () => undefined,
    audit: () => undefined,
    now: process.now,
  });

  async #ask(request: number): Promise<void> {
    const by = this.#random.pick(CLERKS);
    const ofSecond = this.#random.chance(0.4);
    const asked = {
      invoiceId: invoiceId(NUMBER),
      movementId: ofSecond ? SECOND.movementId : this.#payment.movementId,
      ...(ofSecond || this.#random.chance(1 / 2) ? this.#someAmount() : this.#someOfALine()),
      reason: ofSecond ? ('DUPLICATE_PAYMENT' as const) : ('EXEMPTION_GRANTED' as const),
      decision: DECISION,
    };
    for (let tries = 0; tries < 3; tries += 1) {
      const done = await this.stage.host.live('refunds-api', (process) =>
        requestRefund(asked, by, `key-of-refund-${request}`, this.#dependencies(process)).then(
          ({ refund }) => refund.refundId,
          (error: unknown) => (error instanceof Refusal ? 'refused' : this.stage.host.mustPass(error)),
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

  #someAmount = () => (this.#random.chance(3 / 4) ? { amount: dong(this.#random.whole(1, this.#most)) } : {});

  #someOfALine() {
    const line = this.#random.whole(1, FEES.length);
    return { lines: [{ line, amount: dong(this.#random.whole(1, FEES[line - 1]?.amount ?? 1)) }] };
  }

  async #decide(refundId: RefundId, clerk: Caller): Promise<void> {
    const how = this.#random.weighted({ approve: 7, reject: 2, withdraw: 1 });
    if (how === 'approve') this.#approved.set(refundId, (this.#approved.get(refundId) ?? new Set()).add(clerk.subject));
    for (let copies = this.#random.whole(1, 3); how === 'approve' && copies > 0; copies -= 1)
      this.#later('a message has it sent', () => this.#send(refundId));
    if (how === 'approve') this.#later('a clerk returns it', () => this.#return(refundId));
    await this.stage.host.live('refunds-api', (process) => {
      const dependencies = this.#dependencies(process);
      const moneyAt = this.#random.chance(this.#byHand) ? 'treasury' : 'provider';
      if (how === 'approve') return deciding.approveRefund({ refundId, moneyAt }, clerk, dependencies);
      if (how === 'reject') return deciding.rejectRefund({ refundId, why: 'Thiếu quyết định' }, clerk, dependencies);
      return deciding.withdrawRefund(refundId, clerk, dependencies);
    });
  }

  /** Somebody says what became of a return by hand; all others confirm that or reject it, and perhaps he does himself. */
  async #return(refundId: RefundId): Promise<void> {
    const by = this.#random.pick(CLERKS);
    const outcome = this.#random.pick(REPORTS);
    this.#reported.add(`${refundId} ${by.subject} ${outcome}`);
    this.#reports += 1;
    const key = `key-of-report-${this.#reports}`;
    for (const clerk of CLERKS)
      if (this.#random.chance(0.6)) this.#later('a clerk confirms a return', () => this.#confirm(refundId, clerk));
    await this.stage.host.live('refunds-api', (process) =>
      reportReturn({ refundId, outcome, document: DECISION, account: ACCOUNT }, by, key, this.#dependencies(process)),
    );
  }

  async #confirm(refundId: RefundId, clerk: Caller): Promise<void> {
    const confirmed = this.#random.chance(2 / 3);
    if (confirmed) this.#confirmed.add(`${refundId} ${clerk.subject}`);
    await this.stage.host.live('refunds-api', (process) =>
      decideReturn({ refundId, confirmed }, clerk, this.#dependencies(process)),
    );
    // Whoever was not believed says it again at once.
    if (!confirmed) await this.#return(refundId);
  }

  /** Invoices wait for receipts, in messages that come more than once, of one invoice or several. */
  #orderReceipts(): void {
    for (let copies = this.#random.whole(1, 4); copies > 0; copies -= 1)
      this.#later('receipts are issued', () => this.#issue());
  }

  async #issue(): Promise<void> {
    const asked = [NUMBER, ...OTHERS].filter(() => this.stage.isCalm || this.#random.chance(1 / 2));
    await this.stage.host.live('issue-receipts', (process) => {
      const { receipts } = storesOf(process, this.stage.host, this.#tables, this.#wiring.between);
      return issueReceipts(asked, {
        invoices: this.#invoices(process),
        registry: { agency: async () => registered(undefined) },
        directory: { endpointOf: async () => undefined },
        deliveries: { sendAll: async () => undefined },
        receipts: this.#wiring.receipts?.(receipts) ?? receipts,
        signer: {
          publicKey: () => KEY.publicKey(),
          sign: (digest) => this.stage.host.call(process, 'sign a receipt', () => digest).then(() => KEY.sign(digest)),
        },
        feeName: async () => undefined,
        providerName: () => undefined,
        secret: () => SECRET,
        now: process.now,
      });
    });
  }

  async #send(refundId: RefundId): Promise<void> {
    if (!this.stage.isCalm && this.#random.chance(MEANWHILE))
      this.stage.scheduler.in(this.#random.whole(1, A_SECOND), 'the bank takes money back meanwhile', () => {
        this.#takeBack().catch((error: unknown) => this.stage.host.mustPass(error));
        return undefined;
      });
    await this.stage.host.live('send-refund', (process) =>
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
      this.stage.host
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
    const money = this.#isAtDesk ? SECOND : this.#random.pick([PAYMENT, SECOND]);
    const { providerId, terminal, transactionId, merchantAccountId } = money;
    const notice = {
      ...{
        providerId,
        terminal,
        transactionId,
        currency: 'VND',
        resultCode: '00',
        evidence: `${transactionId} went back`,
      },
      ...{ reference: `${NUMBER}015`, outcome: 'reversed' as const, amount: money.amount, paidAt: this.stage.clock.at },
    };
    const facts = factsOf(this.#invoice());
    for (let copies = 0; copies < 3; copies += 1) {
      await this.stage.scheduler.pause(this.#random.pick([1, 20, A_SECOND, MINUTE]), 'the callback waits in the inbox');
      await this.stage.host.live('inbox', (process) =>
        postPayment(
          { v: 1, notice, facts, owner: { merchantAccountId, agencyCode: LAND } },
          { invoices: this.#invoices(process), now: process.now },
        ).then(
          () => void this.#takenBack.add(money.movementId),
          (error: unknown) => this.stage.host.mustPass(error),
        ),
      );
    }
  }

  /** After every write: no dong of a money is given twice, and two persons ordered each. */
  #look(before: object | undefined, item: object): void {
    const [old, stored] = [before && parseStored(before), parseStored(item)];
    if (stored.kind !== 'invoice') return;
    this.#receipts.knows(stored.invoice);
    if (old?.kind === 'invoice') mustDecideWhatWasReported(old.invoice, stored.invoice);
    const { movements, refunding, total, state } = stored.invoice;
    const refunds = Object.values(refunding?.refunds ?? {});
    for (const { movementId, amount } of [this.#payment, SECOND]) {
      const its = refunds.filter((one) => one.movementId === movementId);
      const held = sumOf(its.filter((one) => !FREE.has(one.state)));
      must(held <= amount, `${held} of the ${amount} dong of ${movementId} are to be refunded`);
      const back = Object.values(movements).some((one) => takingBack(movementId) === one.movementId);
      const gone = sumOf(its.filter((one) => OUT.has(one.state)));
      const out = gone + (back ? amount : 0);
      must(out <= amount, `${out} of the ${amount} dong of ${movementId} went back`);
      const kept = refunding?.money[movementId];
      must(
        kept ? kept.left === amount - held && kept.out === gone : its.length === 0,
        `${kept?.left} dong of ${movementId} are left and ${kept?.out} out; ${amount - held} and ${gone} should be`,
      );
    }
    mustLeaveOfLines(stored.invoice);
    if (this.#isAtDesk) this.#mustBeTakenBackInTwos(stored.invoice);
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
      const { how } = refundEvidence(movement);
      const bank = this.#given.get(movement.transactionId);
      if (how === 'provider') must(bank?.amount === movement.amount, `no bank ever gave ${movement.movementId} back`);
      else this.#mustBeReturned(movement, how, refund);
    }
    const own = sumOf(given.filter((one) => refundEvidence(one).of === this.#payment.movementId));
    must((refunding?.refunded ?? 0) === own, `${refunding?.refunded} dong are called refunded, and ${own} are`);
    const paid = standing(stored.invoice).some(({ kind }) => kind === 'payment');
    const wanted = own === 0 ? 'paid' : own === total ? 'refunded' : 'partially_refunded';
    must(!paid || state === wanted, `the invoice is ${state} with ${own} of ${total} dong given back`);
  }

  /** A clerk would take back what was paid at the desk; another one says yes, or the same does. */
  async #takeBackAtDesk(): Promise<void> {
    const name = { invoiceId: invoiceId(NUMBER), counterPaymentId: this.#payment.movementId };
    const by = this.#random.pick(CLERKS);
    this.#tookBack.push({ what: 'propose', by: by.subject });
    const key = `key-of-reversal-${this.#tookBack.length}`;
    for (const clerk of CLERKS)
      if (this.#random.chance(1 / 2)) this.#later('a clerk takes it back', () => this.#approveReversal(clerk));
    await this.stage.host.live('counter-api', (process) =>
      proposeCounterReversal({ ...name, reason: 'WRONG_AMOUNT' }, by, key, this.#dependencies(process)),
    );
  }

  async #approveReversal(clerk: Caller): Promise<void> {
    const name = { invoiceId: invoiceId(NUMBER), counterPaymentId: this.#payment.movementId };
    this.#tookBack.push({ what: 'approve', by: clerk.subject });
    await this.stage.host.live('counter-api', (process) =>
      approveCounterReversal(name, clerk, this.#dependencies(process)),
    );
  }

  #mustBeTakenBackInTwos({ movements }: Invoice): void {
    const reversal = movements[takingBack(this.#payment.movementId)];
    if (!reversal) return;
    const { by, decidedBy = '' } = JSON.parse(reversal.evidence) as { by: string; decidedBy?: string };
    must(by !== decidedBy, `${by} took ${reversal.movementId} back alone`);
    const asked = (what: string, who: string) => this.#tookBack.some((one) => one.what === what && one.by === who);
    must(asked('propose', by) && asked('approve', decidedBy), `${by} and ${decidedBy} never took it back`);
  }

  /** By hand goes back what no bank gave, by the word of one person and another's consent. */
  #mustBeReturned({ movementId, transactionId }: Movement, how: string, refund: Refund | undefined): void {
    const { by = '', decidedBy = '', outcome } = refund?.report ?? {};
    must(!this.#given.has(transactionId), `${movementId} went back by a bank, and by hand`);
    must(by !== decidedBy, `${by} alone returned ${movementId}`);
    must(outcome === how, `${movementId} went ${how}, and was reported as ${outcome}`);
    must(this.#reported.has(`${refund?.refundId} ${by} ${how}`), `${by} never reported ${movementId}`);
    must(this.#confirmed.has(`${refund?.refundId} ${decidedBy}`), `${decidedBy} never confirmed ${movementId}`);
  }

  #mustBeSettled(): void {
    const stored = [...this.#tables.tables.invoices.items()].map((item) => parseStored(item));
    const invoices = stored.flatMap((one) => (one.kind === 'invoice' ? [one.invoice] : []));
    this.#receipts.mustBeSettled(this.#tables.tables.receipts.items(), invoices);
    const { movements } = this.#invoice();
    for (const id of this.#takenBack) {
      const looked = stored.some(
        (one) => one.kind === 'review' && one.category === 'REVERSED' && id.endsWith(`_${one.notice.transactionId}`),
      );
      must(looked || movements[takingBack(id)] !== undefined, `the bank took ${id} back, and it is forgotten`);
    }
    for (const { refundId, state, amount, report } of this.#refunds()) {
      must(state !== 'approved' && state !== 'sent', `${refundId} is ${state} for ever`);
      const given = this.#given.get(refundReference(refundId));
      must(
        (state === 'done' && report === undefined) === (given !== undefined),
        `the bank gave ${given?.amount ?? 0} for ${refundId}, which is ${state}`,
      );
      must(
        given === undefined || given.amount === amount,
        `the bank gave ${given?.amount} of ${amount} for ${refundId}`,
      );
    }
  }
}

/** What is confirmed or rejected is the report that stood there, in its own words. */
function mustDecideWhatWasReported({ refunding: before }: Invoice, { refunding: after }: Invoice): void {
  for (const { refundId, state, report } of Object.values(before?.refunds ?? {})) {
    const now = after?.refunds[refundId];
    if (state !== 'reported' || !now || now.state === 'reported') continue;
    const { decidedBy: _, ...decided } = now.report ?? {};
    must(
      JSON.stringify(decided) === JSON.stringify(report),
      `another report of ${refundId} was decided than stood there`,
    );
  }
}

/** What is left of each line is what no refund holds of it. */
function mustLeaveOfLines({ number, lines, refunding }: Invoice): void {
  const held = Object.values(refunding?.refunds ?? {}).filter(({ state }) => !FREE.has(state));
  for (const [place, { amount }] of lines.entries()) {
    const taken = sumOf(held.flatMap((one) => one.lines).filter(({ line }) => line === place + 1));
    const left = refunding?.lines[place] ?? amount;
    must(left === amount - taken, `${left} dong are left of line ${place + 1} of ${number}, not ${amount - taken}`);
  }
}

const sumOf = (list: readonly { amount: number }[]): number => list.reduce((sum, { amount }) => sum + amount, 0);
