import type { InvoiceNumber } from '../../shared/domain/invoice/number.ts';
import type { Dong } from '../../shared/domain/money/dong.ts';
import type { RawCallback } from '../../shared/domain/payment/provider.ts';
import { paymentReference, readPaymentReference } from '../../shared/domain/payment/reference.ts';
import { type PaperNotice, paperCallback } from '../dsl/paper-bank.ts';
import { type Clock, DAY, HOUR, MINUTE, SECOND } from './clock.ts';
import { ACCOUNTS, keyOf } from './country.ts';
import type { Invariants } from './invariants.ts';
import type { Network } from './network.ts';
import { BrokenInvariant } from './process.ts';
import type { Random } from './random.ts';
import type { Scheduler } from './scheduler.ts';
import type { Service } from './service.ts';

/** How a bank repeats a callback: until it hears one of these words, so often, with such gaps in milliseconds. */
type RepeatRule = { until: readonly string[]; most: number; gap: number };

/** The first as VNPAY does (PAY 2.1.0, IPN), the second as the sandbox bank's protocol says. */
const RULES: Readonly<Record<string, RepeatRule>> = {
  'bank-one': { until: ['accepted', 'duplicate'], most: 10, gap: 5 * MINUTE },
  'bank-two': { until: ['accepted', 'duplicate', 'wrongAmount'], most: 8, gap: 40 * SECOND },
};

/** Words that say: we have it. */
const TAKEN = new Set(['accepted', 'duplicate', 'wrongAmount', 'unknownOrder']);

/** What a payer and a bank may do with one payment page. */
const STORIES = {
  pays: 40,
  declines: 8,
  declinesThenPays: 6,
  paysTwice: 8,
  paysLate: 6,
  tooLittle: 4,
  tooMuch: 4,
  otherTerminal: 3,
  otherAttempt: 3,
  unknownAttempt: 3,
  contradicts: 3,
  pendingThenPays: 3,
  inDollars: 1,
  unreadable: 1,
  crowd: 2,
  nothing: 6,
};

export type PaymentPage = { bank: string; reference: string; amount: number; terminal: string; until: number };

/** The banks: they take money, tell of it by callbacks, and repeat those until they hear what they want to hear. */
export class Banks {
  readonly #scheduler: Scheduler;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #network: Network;
  readonly #service: Service;
  readonly #invariants: Invariants;
  /** Callbacks that no bank will repeat by itself, and that were never taken. */
  readonly #unheard: { bank: string; notice: PaperNotice }[] = [];
  #transactions = 0;
  calm = false;

  constructor(
    { scheduler, clock, network }: { scheduler: Scheduler; clock: Clock; network: Network },
    random: Random,
    service: Service,
    invariants: Invariants,
  ) {
    this.#scheduler = scheduler;
    this.#clock = clock;
    this.#network = network;
    this.#random = random;
    this.#service = service;
    this.#invariants = invariants;
  }

  /** A citizen stands at the bank's page. */
  async visit(page: PaymentPage): Promise<void> {
    await this.#scheduler.pause(this.#random.whole(SECOND, 3 * MINUTE), `a citizen thinks at ${page.reference}`);
    const { amount, reference } = page;
    const pays = (more: Partial<PaperNotice> = {}) => this.#tell(page, { outcome: 'paid', ...more });
    switch (this.#random.weighted(STORIES)) {
      case 'pays':
        return pays();
      case 'declines':
        return this.#tell(page, { outcome: 'declined', resultCode: '24' });
      case 'declinesThenPays':
        await both(this.#tell(page, { outcome: 'declined', resultCode: '51' }), pays());
        return;
      case 'paysTwice':
        await both(pays(), pays());
        return;
      case 'paysLate':
        await this.#scheduler.pause(
          Math.max(0, page.until - this.#clock.at) + this.#random.whole(1, this.#random.pick([MINUTE, HOUR, DAY])),
          'a payment is late',
        );
        return pays();
      case 'tooLittle':
        return pays({ amount: (amount - this.#random.pick([1, 1000])) as Dong });
      case 'tooMuch':
        return pays({ amount: (this.#random.chance(1 / 2) ? amount + 1 : amount * 100) as Dong });
      case 'otherTerminal':
        return pays({ terminal: this.#random.pick(terminalsOf(page.bank)) });
      case 'otherAttempt':
        return pays({ reference: otherAttempt(reference, this.#random.whole(1, 3)) });
      case 'unknownAttempt':
        return pays({ reference: otherAttempt(reference, this.#random.whole(4, 20)) });
      case 'contradicts': {
        const transactionId = this.#transaction();
        const other = this.#random.chance(1 / 2)
          ? { amount: (amount + this.#random.whole(1, 9)) as Dong }
          : { reference: otherAttempt(reference, this.#random.whole(1, 3)) };
        await both(pays({ transactionId }), pays({ transactionId, ...other }));
        return;
      }
      case 'pendingThenPays': {
        const transactionId = this.#transaction();
        await this.#tell(page, { outcome: 'pending', transactionId, resultCode: '05' });
        return pays({ transactionId });
      }
      case 'inDollars':
        return pays({ currency: 'USD' });
      case 'unreadable':
        return this.#tell(page, { outcome: 'review', amount: null });
      case 'crowd':
        await Promise.all(
          Array.from({ length: this.#random.whole(6, 12) }, (_, index) =>
            pays(this.#random.chance(3 / 4) ? { amount: (index + 1) as Dong } : {}),
          ),
        );
        return;
      default:
        return undefined;
    }
  }

  /** Somebody transfers money under a reference of his own making. */
  stray(number: InvoiceNumber): Promise<void> {
    const account = this.#random.pick(ACCOUNTS);
    const reference = this.#random.chance(3 / 4)
      ? paymentReference(number, 1)
      : this.#random.pick(['', 'le phi ho so', `${number}019`, '999999999999999']);
    const amount = this.#random.pick([50_000, 8_000, 1]);
    const page = { bank: account.providerId, reference, amount, terminal: account.terminal, until: this.#clock.at };
    return this.#tell(page, { outcome: 'paid' });
  }

  /** Somebody pretends to be a bank. Nothing may come of it but a refusal. */
  async forge(page: PaymentPage): Promise<void> {
    const notice = this.#notice(page, { outcome: 'paid', transactionId: `FORGED${this.#transaction()}` });
    const genuine = paperCallback(notice, keyOf(page.terminal));
    const forged = this.#random.pick<RawCallback>([
      paperCallback(notice, 'a guessed key'),
      paperCallback(notice, keyOf(this.#random.pick(terminalsOf(page.bank).filter((one) => one !== page.terminal)))),
      { ...genuine, headers: {} },
      { ...genuine, body: Buffer.from(Buffer.from(genuine.body).toString().replace('"amount":', '"amount":9')) },
      { ...genuine, headers: { 'x-signature': flipped(genuine.headers['x-signature'] ?? '') } },
    ]);
    const answer = await this.#ask(page.bank, forged, 'a forged callback');
    if (answer !== undefined && answer !== 'badSignature' && answer !== 'tryAgain')
      throw new BrokenInvariant(`a forged callback was answered ${answer}`);
  }

  /** Tells again whatever was never taken. Answers how much that was. */
  repeatUnheard(): number {
    const unheard = this.#unheard.splice(0);
    for (const { bank, notice } of unheard) void this.#deliver(bank, notice);
    return unheard.length;
  }

  async #tell(page: PaymentPage, said: Partial<PaperNotice> & Pick<PaperNotice, 'outcome'>): Promise<void> {
    const notice = this.#notice(page, said);
    await this.#deliver(page.bank, notice);
  }

  #notice(page: PaymentPage, said: Partial<PaperNotice> & Pick<PaperNotice, 'outcome'>): PaperNotice {
    const ago = this.#random.whole(0, 20 * SECOND);
    const ahead = this.#random.chance(0.1) ? this.#random.whole(0, 3 * MINUTE) : 0;
    return {
      terminal: page.terminal,
      reference: page.reference,
      amount: page.amount as Dong,
      currency: 'VND',
      transactionId: this.#transaction(),
      paidAt: this.#random.chance(0.05) ? null : this.#clock.at - ago + ahead,
      resultCode: '00',
      ...said,
    };
  }

  #transaction(): string {
    this.#transactions += 1;
    return `T${this.#transactions}`;
  }

  async #deliver(bank: string, notice: PaperNotice): Promise<void> {
    const rule = RULES[bank];
    if (!rule) throw new Error(`no bank ${bank}`);
    const authentic = this.#remember(bank, notice);
    const callback = paperCallback(notice, keyOf(notice.terminal));
    const label = `${bank} tells ${notice.outcome} ${notice.transactionId} of ${notice.reference}`;
    let taken = false;
    for (let tries = 0; tries < rule.most; tries += 1) {
      const answer = await this.#ask(bank, callback, label);
      if (answer !== undefined && TAKEN.has(answer)) {
        taken = true;
        if (authentic) authentic.taken = true;
      }
      if (answer === 'badSignature') throw new BrokenInvariant(`a genuine callback was refused: ${label}`);
      if (answer !== undefined && rule.until.includes(answer) && !this.#again()) return;
      if (this.calm && taken) return;
      await this.#scheduler.pause(rule.gap * (1 + this.#random.fraction()), `${bank} waits to repeat`);
    }
    if (!taken) this.#unheard.push({ bank, notice });
  }

  /** Banks repeat even what was acknowledged. */
  #again(): boolean {
    return !this.calm && this.#random.chance(0.15);
  }

  /** What counts as money: it must be in the books once we said that we have it. */
  #remember(bank: string, { outcome, currency, transactionId, amount, terminal, reference }: PaperNotice) {
    if (outcome !== 'paid' || currency !== 'VND' || amount === null) return undefined;
    const id = `mov_${bank}_${transactionId}`;
    const said = this.#invariants.authentic.get(id) ?? [];
    this.#invariants.authentic.set(id, said);
    const there = said.find((one) => one.amount === amount && one.terminal === terminal && one.reference === reference);
    if (there) return there;
    const authentic = { amount: amount as number, terminal, reference, taken: false };
    said.push(authentic);
    return authentic;
  }

  #ask(bank: string, callback: RawCallback, label: string): Promise<string | undefined> {
    return this.#network.ask(label, 'callback', (process) => this.#service.callback(process, bank, callback));
  }
}

const both = (one: Promise<void>, other: Promise<void>): Promise<unknown> => Promise.all([one, other]);

const terminalsOf = (bank: string): string[] => [
  ...new Set(ACCOUNTS.filter((account) => account.providerId === bank).map((account) => account.terminal)),
];

/** The reference of another attempt of the same invoice. */
function otherAttempt(reference: string, attempt: number): string {
  const read = readPaymentReference(reference);
  return read ? paymentReference(read.invoice, attempt) : reference;
}

const flipped = (hex: string): string => `${hex.slice(0, -1)}${hex.endsWith('0') ? '1' : '0'}`;
