import { vietnamCalendar } from '../../shared/catalogue/calendar.ts';
import type { BookItem } from '../../shared/domain/invoice/book.ts';
import type { Invoice } from '../../shared/domain/invoice/invoice.ts';
import { InvoiceNumber, invoiceId } from '../../shared/domain/invoice/number.ts';
import { dong } from '../../shared/domain/money/dong.ts';
import { factsOf, type InvoiceFacts } from '../../shared/domain/payment/facts.ts';
import { MovementId } from '../../shared/domain/payment/movement.ts';
import type { ProviderNotice } from '../../shared/domain/payment/provider.ts';
import { paymentReference } from '../../shared/domain/payment/reference.ts';
import type { RefundId } from '../../shared/domain/refund/refund.ts';
import type { Caller } from '../../shared/domain/registry/caller.ts';
import { invoiceItem, parseStored } from '../../shared/store/invoice-item.ts';
import { approveRefund, rejectRefund } from '../../shared/usecases/decide-refund.ts';
import { postPayment } from '../../shared/usecases/post-payment.ts';
import { requestRefund } from '../../shared/usecases/request-refund.ts';
import { anAttempt } from '../dsl/given.ts';
import { DECISION, HOA, LAN, MINH } from '../dsl/refunding.ts';
import { invoiceOf, LAND, TOTAL } from '../dsl/world.ts';
import { DAY, HOUR, MINUTE, SECOND } from './clock.ts';
import { BrokenInvariant, must, type Process } from './process.ts';
import { Random } from './random.ts';
import { Stage, type Told } from './stage.ts';
import { type Between, SimulatedTables, storesOf } from './store.ts';

/**
 * Credits on one bank account, each told of by two notifiers and a statement: at once or days apart, with the payment code or
 * without, again and again. Clerks meanwhile would give back what lies unmatched. Each dong must stand in one place.
 */

const ACCOUNT = '0011004455667';
const NUMBERS = ['480213567890', '480213567998'].map((number) => InvoiceNumber.parse(number));
/** Who tells: the first is the one at which the attempts were made. */
const TELLERS = ['sepay', 'casso', 'statement'] as const;
const MOST_CREDITS = 5;
const WITHIN = [5 * SECOND, 10 * MINUTE];
/** How many days after the others a teller may come. */
const DAYS_APART = 3;
const TRIES = 6;
/** States of a refund in which its money is free again: written down a second time. */
const FREE: ReadonlySet<string> = new Set(['rejected', 'withdrawn', 'failed']);

/** The name of the movement that carries a credit on. */
const movedName = (id: MovementId): MovementId => id.replace('mov_bank_', 'mov_bank_=') as MovementId;

type Credit = { id: MovementId; reference: string; amount: number; of: InvoiceNumber | undefined; told: boolean };

/** Tells the story of a seed; counts in which accounts the credits lie in the end. */
export function creditStory(seed: number, between?: Between): Promise<Told> {
  const story = new CreditStory(seed, between);
  return story.stage.outcome(
    seed,
    () => story.tell(),
    () => story.lie(),
  );
}

class CreditStory {
  readonly #random: Random;
  readonly stage: Stage;
  readonly #tables: SimulatedTables;
  readonly #between: Between | undefined;
  readonly #within: number;
  readonly #credits: readonly Credit[];
  #requests = 0;

  constructor(seed: number, between: Between | undefined) {
    this.#random = new Random(seed);
    this.#between = between;
    this.#within = this.#random.pick(WITHIN);
    this.stage = new Stage(this.#random);
    this.#tables = new SimulatedTables(
      this.stage.now,
      this.#random.fork(),
      () => this.stage.host.faults.lag,
      () => this.#look(),
    );
    this.#credits = Array.from({ length: this.#random.whole(1, MOST_CREDITS) }, (_, place) => {
      const reference = `FT2632${place}`;
      const amount = this.#random.chance(3 / 4) ? TOTAL : TOTAL - 1;
      const of = this.#random.chance(3 / 4) ? this.#random.pick(NUMBERS) : undefined;
      return { id: MovementId.parse(`mov_bank_${ACCOUNT}_${reference}`), reference, amount, of, told: false };
    });
    for (const number of NUMBERS) {
      const ends = this.stage.clock.at + this.#random.pick([MINUTE, 10 * DAY]);
      const attempt = { providerId: TELLERS[0], terminal: ACCOUNT, merchantAccountId: 'land-account' };
      const times = { createdAt: this.stage.clock.at - HOUR, expiresAt: ends };
      const { y: _, ...item } = invoiceItem(
        invoiceOf(number, { attempts: [anAttempt('pending', { ...attempt, ...times })], expiresAt: ends }),
      );
      this.#tables.tables.invoices.put(item, {});
    }
  }

  async tell(): Promise<void> {
    for (const credit of this.#credits)
      for (const teller of TELLERS)
        for (let copies = this.#random.whole(0, 2); copies > 0; copies -= 1)
          this.#later(`${teller} tells of ${credit.reference}`, () => this.#hears(credit, teller, TRIES));
    for (let asked = this.#random.whole(0, 4); asked > 0; asked -= 1)
      this.#later('a clerk would give back', () => this.#giveBack(), this.#within / 4);
    await this.stage.drain();
    this.stage.calmDown();
    for (const credit of this.#credits)
      this.#later('all of it is told again', () => this.#hears(credit, TELLERS[0], TRIES, credit.of));
    await this.stage.drain();
    this.#mustBeSettled();
  }

  /** Of each credit, the account that holds it. */
  lie(): string[] {
    return this.#credits.flatMap(({ id }) => [...this.#held(id)].map(([account]) => account.split(':')[0] ?? ''));
  }

  #later(label: string, act: () => Promise<unknown>, wait = 0): void {
    const apart = this.#random.chance(1 / 4) ? this.#random.whole(0, DAYS_APART) * DAY : 0;
    this.stage.in(wait + apart + this.#random.whole(1, this.#within), label, act);
  }

  /** One teller's word, with what was seen of the invoice a while ago; the queue brings it back a few times. */
  async #hears(credit: Credit, teller: string, tries: number, code = this.#codeOf(credit)): Promise<void> {
    const seen = code && this.#invoice(code);
    const facts: InvoiceFacts | undefined = seen && factsOf(seen);
    const notice: ProviderNotice = {
      providerId: teller,
      terminal: teller === TELLERS[0] ? ACCOUNT : `${teller}-1`,
      reference: code === undefined ? '' : paymentReference(code, 1),
      outcome: 'paid',
      amount: dong(credit.amount),
      currency: 'VND',
      transactionId: `${teller}-${credit.reference}`,
      paidAt: this.stage.clock.at - SECOND,
      resultCode: '00',
      evidence: `${teller} tells of ${credit.reference}`,
      bankCredit: { account: ACCOUNT, reference: credit.reference },
    };
    await this.stage.scheduler.pause(this.#random.pick([1, 50, SECOND, MINUTE]), 'it waits in the inbox');
    for (let left = tries; left > 0; left -= 1) {
      const done = await this.stage.host.live('inbox', (process) =>
        postPayment(
          { v: 1, notice, facts, owner: { merchantAccountId: 'land-account', agencyCode: LAND } },
          { invoices: this.#stores(process).invoices, now: process.now },
        ).catch((error: unknown) => void this.stage.host.mustPass(error)),
      );
      if (done !== undefined) {
        credit.told = true;
        return;
      }
      await this.stage.scheduler.pause(this.#random.whole(1, MINUTE), 'the queue brings it back');
    }
  }

  /** Every third teller loses the code. */
  #codeOf = ({ of }: Credit): InvoiceNumber | undefined => (this.#random.chance(1 / 3) ? undefined : of);

  /** A clerk asks for what lies unmatched with an invoice; another orders it, or says no. */
  async #giveBack(): Promise<void> {
    const number = this.#random.pick(NUMBERS);
    const money = Object.values(this.#invoice(number).movements).filter(({ kind }) => kind === 'unmatched');
    if (money.length === 0) return;
    const { movementId } = this.#random.pick(money);
    this.#requests += 1;
    const key = `key-of-refund-${this.#requests}`;
    const asked = { invoiceId: invoiceId(number), movementId, reason: 'OVERPAYMENT' as const, decision: DECISION };
    const refundId = await this.stage.host.live('refunds-api', (process) =>
      requestRefund(asked, LAN, key, this.#dependencies(process)).then(({ refund }) => refund.refundId),
    );
    if (refundId) this.#later('another clerk decides', () => this.#decide(refundId, this.#random.pick([MINH, HOA])));
  }

  async #decide(refundId: RefundId, clerk: Caller): Promise<void> {
    const approves = this.#random.chance(1 / 2);
    await this.stage.host.live('refunds-api', (process) =>
      approves
        ? approveRefund({ refundId, moneyAt: 'treasury' }, clerk, this.#dependencies(process))
        : rejectRefund({ refundId, why: 'Thiếu quyết định' }, clerk, this.#dependencies(process)),
    );
  }

  #stores = (process: Process) => storesOf(process, this.stage.host, this.#tables, this.#between);
  #dependencies = (process: Process) => ({
    invoices: this.#stores(process).invoices,
    calendar: vietnamCalendar,
    isPaidOn: async () => 'no' as const,
    checkAccount: () => undefined,
    audit: () => undefined,
    now: process.now,
  });

  #invoice(number: InvoiceNumber): Invoice {
    const stored = parseStored(this.#tables.tables.invoices.at(number));
    if (stored.kind !== 'invoice') throw new BrokenInvariant(`${number} is gone`);
    return stored.invoice;
  }

  #items = (): BookItem[] => [...this.#tables.tables.invoices.items()].map((item) => parseStored(item));

  /** What brought a credit and what moved it, wherever it stands. */
  #linesOf(id: MovementId, items: readonly BookItem[]) {
    const names = new Set<string>([id, movedName(id)]);
    return items
      .flatMap((item) => (item.kind === 'invoice' ? item.invoice : item.kind === 'receipt' ? item : []))
      .flatMap(({ movements }) => Object.values(movements))
      .filter(({ movementId }) => names.has(movementId))
      .flatMap(({ lines }) => lines);
  }

  /** What each account holds of a credit, those that hold nothing left out. */
  #held(id: MovementId, items = this.#items()): ReadonlyMap<string, number> {
    const held = new Map<string, number>();
    for (const { side, account, amount } of this.#linesOf(id, items))
      if (!account.startsWith('clearing:'))
        held.set(account, (held.get(account) ?? 0) + (side === 'credit' ? amount : -amount));
    return new Map([...held].filter(([, amount]) => amount !== 0));
  }

  /** After every write: a credit came in once, is held once, and is not moved while it is promised to whoever paid it. */
  #look(): void {
    const items = this.#items();
    const refunds = items.flatMap((item) =>
      item.kind === 'invoice' ? Object.values(item.invoice.refunding?.refunds ?? {}) : [],
    );
    for (const { id, amount } of this.#credits) {
      const came = this.#linesOf(id, items).filter(({ account }) => account.startsWith('clearing:'));
      const sum = came.reduce((all, line) => all + line.amount, 0);
      must(sum === 0 || sum === amount, `${sum} of the ${amount} dong of ${id} came in`);
      const held = [...this.#held(id, items).values()];
      must(
        held.every((one) => one > 0) && held.reduce((all, one) => all + one, 0) === sum,
        `${id} of ${sum} dong is held as ${held.join(', ')}`,
      );
      const moved = items.some((item) => item.kind === 'invoice' && item.invoice.movements[movedName(id)]);
      const promised = refunds.some(({ movementId, state }) => movementId === id && !FREE.has(state));
      must(!moved || !promised, `${id} was moved, and is promised to whoever paid it`);
    }
  }

  /** Told at last with its code, a credit lies where it belongs, unless it is promised, or fits nothing. */
  #mustBeSettled(): void {
    const items = this.#items();
    for (const { id, amount, of, told } of this.#credits) {
      must(told, `nobody could tell of ${id}`);
      const held = [...this.#held(id, items).keys()];
      must(held.length > 0, `${id} was told, and is nowhere`);
      for (const item of items) {
        if (item.kind !== 'receipt' || !item.movements[id]) continue;
        const to = NUMBERS.find((number) => this.#invoice(number).movements[movedName(id)]);
        must(item.movedTo === to, `${id} lies alone as moved to ${item.movedTo}, and was moved to ${to}`);
      }
      if (of === undefined || amount !== TOTAL) continue;
      const refunds = Object.values(this.#invoice(of).refunding?.refunds ?? {});
      const promised = refunds.some(({ movementId, state }) => movementId === id && !FREE.has(state));
      const lies = held.some((account) => account.startsWith('unmatched:'));
      must(!lies || promised, `${id} fits ${of}, and lies in ${held.join(', ')}`);
    }
  }
}
