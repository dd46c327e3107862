import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import type { InvoiceNumber } from '../../shared/domain/invoice/number.ts';
import type { Acknowledgement } from '../../shared/domain/payment/provider.ts';
import { paymentReference, readPaymentReference } from '../../shared/domain/payment/reference.ts';
import type { Instant } from '../../shared/domain/time.ts';
import { EXPIRY_GRACE_MILLISECONDS } from '../../shared/usecases/expire-invoices.ts';
import type { BankBooks } from './bank-books.ts';
import { type Clock, DAY, HOUR, MINUTE, SECOND } from './clock.ts';
import { ACCOUNTS } from './country.ts';
import type { Item } from './expression.ts';
import { MAX_SKEW } from './faults.ts';
import type { Authentic, Invariants, Word } from './invariants.ts';
import type { Network } from './network.ts';
import { BrokenInvariant } from './process.ts';
import type { Random } from './random.ts';
import type { Scheduler } from './scheduler.ts';
import type { Service } from './service.ts';
import { keyOf, type PaymentPage, type Said, wireOf } from './wire.ts';

/** Words that say: we have it. */
const TAKEN: ReadonlySet<Acknowledgement> = new Set(['accepted', 'duplicate', 'wrongAmount', 'unknownOrder']);

/** What a payer and a bank may do with one payment page. */
const STORIES = {
  pays: 40,
  declines: 8,
  declinesThenPays: 6,
  paysTwice: 8,
  paysLate: 9,
  declinesElsewhere: 3,
  wrongClock: 3,
  toldAtTheEnd: 5,
  tooLittle: 4,
  tooMuch: 4,
  otherTerminal: 3,
  otherAttempt: 3,
  unknownAttempt: 3,
  contradicts: 3,
  pendingThenPays: 4,
  inDollars: 5,
  unreadable: 5,
  crowd: 7,
  forgedFirst: 3,
  replayed: 3,
  paysAndTakesBack: 8,
  takesBackAndPays: 14,
  takesBackOther: 2,
  takesBackBesideAnother: 6,
  inParts: 6,
  inLimbo: 8,
  neverTells: 11,
  asksAndTells: 4,
  nothing: 6,
};

/** What some runs are full of, drawn by numbers of its own: banks that never tell or that
 * nobody understands, invoices without a place left, citizens who pay in the last moment, who come again because
 * nobody has heard of their payment, or who try again the moment they are declined, banks that have all of it go back, and
 * payments that go back before their invoice ends. */
type Habits = Partial<
  Record<'silent' | 'crowding' | 'doubting' | 'punctual' | 'returning' | 'impatient' | 'muddled' | 'swept', Random>
>;

/** What a citizen may do at the portal: have the invoice issued anew or cancelled, start to pay again at the same bank. */
export type Citizen = Record<'comesAgain' | 'paysAgain' | 'cancels', () => Promise<unknown>>;
const HABIT = 0.5;
const IMPATIENCE = 0.8;

/** The banks: they take money, tell of it by callbacks, and repeat those until they hear what they want to hear. */
export class Banks {
  readonly #scheduler: Scheduler;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #network: Network;
  readonly #service: Service;
  readonly #invariants: Invariants;
  readonly #books: BankBooks;
  /** Callbacks that no bank will repeat by itself, and that were never taken. */
  readonly #unheard: { bank: string; said: Said }[] = [];
  /** Callbacks that were sent, as they were sent: whoever saw one may send it again. */
  readonly #sent: { bank: string; event: APIGatewayProxyEventV2 }[] = [];
  #transactions = 0;
  /** Numbers of invoices, and what a bank does when somebody reads many at once with this one among them. */
  readonly toldWhenRead = new Map<string, () => void>();
  /** Has what breaks in an actor end the run. */
  watch: (actor: Promise<unknown>) => void = () => undefined;
  /** Lets a slow sweep run. */
  sweep: () => void = () => undefined;
  /** What stands under an invoice's number. */
  invoiceAt: (number: string) => Item | undefined = () => undefined;
  /** Has clocks be wrong in so many milliseconds, for a moment. */
  clocksDisagreeIn: (wait: number) => void = () => undefined;
  /** Whether no clock is wrong. */
  clocksAgree: () => boolean = () => true;
  habits: Habits = {};
  calm = false;

  constructor(
    { scheduler, clock, network }: { scheduler: Scheduler; clock: Clock; network: Network },
    random: Random,
    { service, invariants, books }: { service: Service; invariants: Invariants; books: BankBooks },
  ) {
    this.#scheduler = scheduler;
    this.#clock = clock;
    this.#network = network;
    this.#random = random;
    this.#service = service;
    this.#invariants = invariants;
    this.#books = books;
  }

  /** A citizen stands at the bank's page, in nobody's way. */
  visit(page: PaymentPage, citizen: Citizen): void {
    this.watch(this.#tellStory(page, citizen));
  }

  async #tellStory(page: PaymentPage, citizen: Citizen): Promise<void> {
    const { silent, crowding, doubting, punctual, returning, impatient, muddled, swept } = this.habits;
    if (punctual) return punctual.chance(HABIT) ? this.#paysInTheLastMoment(page) : this.#isToldAtTheEnd(page);
    if (returning) return this.#isToldWhenIssuedAnew(page, returning, citizen);
    if (impatient?.chance(IMPATIENCE)) return this.#isImpatient(page, impatient, citizen);
    if (swept && takesBack(page.bank)) return this.#goesBackBeforeTheEnd(page, swept);
    if (muddled?.chance(HABIT) && takesBack(page.bank)) return this.#takesAllBack(page, muddled);
    const habit = silent?.chance(HABIT) ? 'neverTells' : undefined;
    if (doubting?.chance(HABIT)) return this.#tellsInNewWords(page, doubting);
    if (crowding?.chance(HABIT)) return this.#takesLastPlace(page, crowding);
    await this.#scheduler.pause(this.#random.whole(SECOND, 3 * MINUTE), `a citizen thinks at ${page.reference}`);
    const { amount, reference } = page;
    const pays = (more: Partial<Said> = {}) => this.#tell(page, { outcome: 'paid', ...more });
    switch (habit ?? this.#random.weighted(STORIES)) {
      case 'pays':
        return pays();
      case 'declines':
        return this.#tell(page, { outcome: 'declined' });
      case 'declinesElsewhere':
        return this.#tell(page, { outcome: 'declined', terminal: this.#random.pick(terminalsOf(page.bank)) });
      case 'wrongClock':
        return pays({ paidAt: this.#clock.at + this.#random.pick([-3 * YEAR, -401 * DAY, 2 * DAY, YEAR]) });
      case 'declinesThenPays':
        await both(this.#tell(page, { outcome: 'declined' }), pays());
        return;
      case 'paysTwice':
        await both(pays(), pays());
        return;
      case 'paysLate':
        await this.#scheduler.pause(
          Math.max(0, page.until - this.#clock.at) + this.#random.whole(1, this.#random.pick([MINUTE, HOUR, DAY])),
          'a payment is late',
        );
        return pays(this.#random.chance(1 / 3) ? { paidAt: this.#atTheDeadline(page) } : {});
      case 'toldAtTheEnd':
        return this.#isToldAtTheEnd(page);
      case 'tooLittle':
        return pays({ amount: Math.max(1, amount - this.#random.pick([1, 1000])) });
      case 'tooMuch':
        return pays({ amount: this.#random.chance(1 / 2) ? amount + 1 : amount * 100 });
      case 'otherTerminal':
        return pays({ terminal: this.#random.pick(terminalsOf(page.bank)) });
      case 'otherAttempt':
        return pays({ reference: otherAttempt(reference, this.#random.whole(1, 3)) });
      case 'unknownAttempt':
        return pays({ reference: otherAttempt(reference, this.#random.whole(4, 20)) });
      case 'contradicts': {
        const transactionId = this.#transaction();
        const other = this.#random.pick<Partial<Said>>([
          { amount: amount + this.#random.whole(1, 9) },
          { reference: otherAttempt(reference, this.#random.whole(1, 3)) },
          { terminal: this.#random.pick(terminalsOf(page.bank)) },
        ]);
        await both(pays({ transactionId }), pays({ transactionId, ...other }));
        return;
      }
      case 'pendingThenPays': {
        const transactionId = this.#transaction();
        await this.#tell(page, { outcome: 'pending', transactionId });
        return pays({ transactionId });
      }
      case 'inDollars':
        return pays({ currency: 'USD' });
      case 'unreadable':
        return this.#tell(page, { outcome: 'unreadable' });
      case 'crowd':
        await Promise.all(
          Array.from({ length: this.#random.whole(6, 12) }, (_, index) =>
            pays(this.#random.chance(3 / 4) ? { amount: index + 1 } : {}),
          ),
        );
        return;
      case 'forgedFirst': {
        const transactionId = this.#transaction();
        await this.forge(page, transactionId);
        return pays({ transactionId });
      }
      case 'paysAndTakesBack':
      case 'takesBackAndPays': {
        // In whatever order they come: before, after, or at once.
        const transactionId = this.#transaction();
        if (!takesBack(page.bank)) return pays();
        const back = async () => {
          await this.#scheduler.pause(this.#random.pick([0, SECOND, MINUTE, DAY]), 'a bank takes money back');
          await this.#tell(page, { outcome: 'reversed', transactionId });
        };
        const first = this.#random.chance(1 / 3) ? { amount: Math.max(1, amount - this.#random.pick([1, 1000])) } : {};
        const money = () => pays({ transactionId, ...first });
        const backOf = async () => {
          await this.#scheduler.pause(this.#random.pick([0, SECOND, MINUTE, DAY]), 'a bank takes money back');
          await this.#tell(page, { outcome: 'reversed', transactionId, ...first });
        };
        await both(this.#random.chance(1 / 2) ? money().then(backOf) : backOf(), money());
        if (this.#random.chance(1 / 4)) await back();
        if (this.#random.chance(1 / 2)) await pays();
        return;
      }
      case 'takesBackBesideAnother': {
        // Of an attempt that was paid, the money goes back while more comes under its reference.
        const transactionId = this.#transaction();
        if (!takesBack(page.bank)) return pays();
        await pays({ transactionId });
        await both(this.#tell(page, { outcome: 'reversed', transactionId }), pays());
        return;
      }
      case 'takesBackOther': {
        // Another amount than it had brought, or what never comes.
        const transactionId = this.#transaction();
        if (!takesBack(page.bank)) return pays();
        if (this.#random.chance(1 / 2)) await pays({ transactionId });
        return this.#tell(page, { outcome: 'reversed', transactionId, amount: amount + this.#random.whole(0, 1) });
      }
      case 'inParts': {
        const part = this.#random.whole(1, Math.max(1, amount - 1));
        await both(pays({ amount: part }), pays({ amount: Math.max(1, amount - part) }));
        return;
      }
      case 'inLimbo':
        return page.bank === 'vnpay' ? this.#tell(page, { outcome: 'limbo' }) : undefined;
      case 'neverTells': {
        // Its callbacks never reach us: whoever asks will know.
        if (this.#clock.at > page.until) return undefined;
        const outcome = this.#random.chance(3 / 4) ? 'paid' : 'declined';
        const said = this.#said(page, { outcome });
        this.#remember(page.bank, said);
        this.#books.enter(page.bank, said);
        const { transactionId, terminal } = said;
        this.#invariants.silent.push({ bank: page.bank, reference, terminal, transactionId });
        return undefined;
      }
      case 'asksAndTells': {
        // We ask, and it tells, in the same minute.
        const said = this.#said(page, { outcome: 'paid' });
        this.#remember(page.bank, said);
        this.#books.enter(page.bank, said);
        const age = this.#random.pick([2 * MINUTE, 8 * MINUTE]) + this.#random.whole(0, 10 * SECOND);
        await this.#scheduler.pause(age, `${page.bank} is asked, and tells`);
        return this.#deliver(page.bank, said);
      }
      case 'replayed':
        await pays();
        await this.#scheduler.pause(this.#random.whole(SECOND, DAY), 'a callback is sent again by a stranger');
        return this.#replay();
      default:
        return undefined;
    }
  }

  /**
   * Too much is paid until the invoice has one place left; then what is due comes at the deadline, told several times at
   * once. Whoever enters it looks at a clock of his own, or knows nothing of what the agency has chosen.
   */
  async #takesLastPlace(page: PaymentPage, random: Random): Promise<void> {
    const end = this.#deadlineOf(page.reference) - this.#clock.at;
    if (end > 2 * DAY) return this.#tell(page, { outcome: 'paid' });
    const borne = Object.keys(this.invoiceAt(page.reference.slice(0, 12))?.['mv'] ?? {}).length;
    const places = Array.from({ length: Math.max(0, PLACES_BUT_ONE - borne) }, (_, place) => page.amount + 1 + place);
    await Promise.all(places.map((amount) => this.#tell(page, { outcome: 'paid', amount })));
    await this.#scheduler.pause(
      Math.max(end, 0) + random.whole(-10, 20) * SECOND,
      'a payment comes at the last moment',
    );
    const said = this.#said(page, { outcome: 'paid', paidAt: random.chance(1 / 2) ? null : this.#clock.at });
    await Promise.all(Array.from({ length: random.whole(3, 5) }, () => this.#deliver(page.bank, said)));
  }

  /** The bank debited in time, and tells us when the sweep has read the invoice and is about to write. */
  async #isToldAtTheEnd(page: PaymentPage): Promise<void> {
    const deadline = this.#deadlineOf(page.reference);
    const end = deadline + EXPIRY_GRACE_MILLISECONDS - this.#clock.at;
    if (end > 2 * DAY) return this.#tell(page, { outcome: 'paid' });
    const paidAt = this.#random.chance(1 / 2) ? deadline : Math.min(this.#clock.at, page.until);
    await new Promise<void>((resolve) => {
      this.#scheduler.in(end - 1, 'a sweep is about to come', () => {
        this.toldWhenRead.set(page.reference.slice(0, 12), resolve);
        return undefined;
      });
      this.#sweepIn(end);
      this.#scheduler.in(end + HOUR, 'a bank tells at last', () => {
        resolve();
        return undefined;
      });
    });
    return this.#tell(page, { outcome: 'paid', paidAt });
  }

  /** Paid in time, and taken back while there is time to pay again; nobody does. */
  async #goesBackBeforeTheEnd(page: PaymentPage, random: Random): Promise<void> {
    const transactionId = this.#transaction();
    await this.#tell(page, { outcome: 'paid', transactionId });
    await this.#scheduler.pause(random.whole(0, MINUTE), `${page.bank} keeps it for a moment`);
    await this.#tell(page, { outcome: 'reversed', transactionId });
  }

  /** The last moment that is in time, of the attempt or of the invoice, and the first that is not; in the past all of them. */
  #atTheDeadline({ reference, until }: PaymentPage): Instant {
    const end = this.#random.pick([until, this.#deadlineOf(reference)]) + this.#random.pick([0, 0, 1]);
    return Math.min(end, this.#clock.at);
  }

  #isImpatient(page: PaymentPage, random: Random, citizen: Citizen): Promise<void> {
    const ways = ['tries again', 'cancels', 'presses at the end'] as const;
    switch (random.pick(ways)) {
      case 'tries again':
        return this.#isDeclinedAndTriesAgain(page, random, citizen);
      case 'cancels':
        return this.#paysAPartAndCancels(page, random, citizen);
      default:
        return this.#pressesAtTheEnd(page, random, citizen);
    }
  }

  /** The attempt is about to end, and for some clocks it has ended. */
  async #pressesAtTheEnd(page: PaymentPage, random: Random, { paysAgain }: Citizen): Promise<void> {
    const left = Math.max(0, page.until - this.#clock.at - random.whole(2 * MINUTE, MAX_SKEW));
    this.clocksDisagreeIn(left);
    await this.#scheduler.pause(left + SECOND, 'a citizen hesitates until it is nearly too late');
    await paysAgain();
  }

  /** The button to pay is pressed again and again while the decline is on its way to us. */
  async #isDeclinedAndTriesAgain(page: PaymentPage, random: Random, { paysAgain }: Citizen): Promise<void> {
    const declines = async () => {
      await this.#scheduler.pause(random.whole(0, random.pick([AT_ONCE, SECOND])), `${page.bank} declines`);
      await this.#tell(page, { outcome: 'declined' });
    };
    await both(declines(), paysAgain());
  }

  /** Some of it is on its way to us when the citizen would rather not. */
  async #paysAPartAndCancels(page: PaymentPage, random: Random, { cancels }: Citizen): Promise<void> {
    const pays = async () => {
      const soon = random.whole(0, random.pick([AT_ONCE, SECOND, 20 * SECOND]));
      await this.#scheduler.pause(soon, 'a citizen has changed his mind, and his bank pays');
      await this.#tell(page, { outcome: 'paid', amount: random.whole(1, page.amount) });
    };
    await both(pays(), cancels());
  }

  /** All that came under one reference goes back, at once or piece by piece; more may come afterwards. */
  async #takesAllBack(page: PaymentPage, random: Random): Promise<void> {
    const came = Array.from({ length: random.whole(1, 3) }, () => this.#transaction());
    await Promise.all(came.map((transactionId) => this.#tell(page, { outcome: 'paid', transactionId })));
    await this.#scheduler.pause(random.pick([0, 3 * MINUTE]), `${page.bank} keeps it for a while`);
    const backs = came.map(async (transactionId) => {
      await this.#scheduler.pause(random.pick([0, 0, SECOND, MINUTE]), `${page.bank} takes money back`);
      await this.#tell(page, { outcome: 'reversed', transactionId });
    });
    await Promise.all(backs);
    if (random.chance(HABIT)) await this.#tell(page, { outcome: 'paid' });
  }

  /** A bank has changed its words, and nobody knows the new ones yet. */
  async #tellsInNewWords(page: PaymentPage, random: Random): Promise<void> {
    const words = Array.from({ length: random.whole(2, 6) }, async () => {
      await this.#scheduler.pause(random.whole(0, 5 * MINUTE), `${page.bank} speaks in new words`);
      return this.#tell(page, { outcome: 'unreadable' });
    });
    await Promise.all(words);
  }

  async #paysInTheLastMoment(page: PaymentPage): Promise<void> {
    const paidAt = this.#deadlineOf(page.reference);
    await this.#scheduler.pause(Math.max(0, paidAt - this.#clock.at), 'a citizen pays in the last moment');
    return this.#tell(page, { outcome: 'paid', paidAt });
  }

  /**
   * Paid in time, and told only when the invoice has been written down as expired: in the moment in which the citizen, who
   * sees it expired, is at the portal again.
   */
  async #isToldWhenIssuedAnew(page: PaymentPage, random: Random, { comesAgain }: Citizen): Promise<void> {
    const paidAt = Math.min(this.#clock.at, this.#deadlineOf(page.reference));
    const end = this.#deadlineOf(page.reference) + EXPIRY_GRACE_MILLISECONDS - this.#clock.at;
    if (end > 2 * DAY) return this.#tell(page, { outcome: 'paid' });
    this.#sweepIn(end);
    await this.#scheduler.pause(end + HOUR, `a citizen sees ${page.reference} expired`);
    const tells = async () => {
      await this.#scheduler.pause(random.whole(0, AT_ONCE), `${page.bank} tells at last`);
      await this.#tell(page, { outcome: 'paid', paidAt });
    };
    await both(tells(), comesAgain());
  }

  #sweepIn(wait: number): void {
    this.#scheduler.in(wait, 'the hour of the sweep', () => {
      this.sweep();
      return undefined;
    });
  }

  #deadlineOf = (reference: string): Instant => Number(this.invoiceAt(reference.slice(0, 12))?.['x']);

  /** Somebody transfers money under a reference of his own making. */
  stray(number: InvoiceNumber): Promise<void> {
    const account = this.#random.pick(ACCOUNTS);
    const reference = this.#random.chance(3 / 4)
      ? paymentReference(number, 1)
      : this.#random.pick(['', 'le-phi-ho-so', `${number}019`, '999999999999999']);
    const amount = this.#random.pick([50_000, 8_000, 1]);
    const page = { bank: account.providerId, reference, amount, terminal: account.terminal, until: this.#clock.at };
    return this.habits.muddled ? this.#saysTwoThings(page) : this.#tell(page, { outcome: 'paid' });
  }

  /** Of one transaction that belongs to nobody. */
  async #saysTwoThings(page: PaymentPage): Promise<void> {
    const transactionId = this.#transaction();
    await this.#tell(page, { outcome: 'paid', transactionId });
    await this.#tell(page, { outcome: 'paid', transactionId, amount: page.amount + 1 });
  }

  /** Somebody pretends to be a bank, perhaps of money that will truly come. Nothing may come of it but a refusal. */
  async forge(page: PaymentPage, transactionId = `9${this.#transaction()}`): Promise<void> {
    const said = this.#said(page, { outcome: 'paid', transactionId });
    const wire = wireOf(page.bank);
    const others = terminalsOf(page.bank).filter((one) => one !== page.terminal);
    const genuine = wire.callback(said, this.#clock.at);
    const forged = this.#random.chance(1 / 2)
      ? wire.callback(said, this.#clock.at, this.#random.pick(['A-GUESSED-KEY', ...others.map(keyOf)]))
      : this.#random.pick(wire.spoilt)(genuine);
    const answer = await this.#ask(page.bank, forged, 'a forged callback', false);
    if (answer !== undefined && answer !== 'badSignature' && answer !== 'tryAgain')
      throw new BrokenInvariant(`a forged callback was answered ${answer}`);
  }

  /** Tells again whatever was never taken. Answers how much that was. */
  repeatUnheard(): number {
    const unheard = this.#unheard.splice(0);
    for (const { bank, said } of unheard) this.watch(this.#deliver(bank, said));
    return unheard.length;
  }

  async #replay(): Promise<void> {
    const { bank, event } = this.#random.pick(this.#sent);
    await this.#ask(bank, event, `${bank}'s callback of old comes again`);
  }

  async #tell(page: PaymentPage, more: Partial<Said> & Pick<Said, 'outcome'>): Promise<void> {
    await this.#deliver(page.bank, this.#said(page, more));
  }

  #said(page: PaymentPage, more: Partial<Said> & Pick<Said, 'outcome'>): Said {
    const ago = this.#random.whole(0, 20 * SECOND);
    const ahead = this.#random.chance(0.1) ? this.#random.whole(0, 3 * MINUTE) : 0;
    return {
      terminal: page.terminal,
      reference: page.reference,
      amount: page.amount,
      currency: 'VND',
      transactionId: this.#transaction(),
      paidAt: this.#random.chance(0.05) ? null : this.#clock.at - ago + ahead,
      ...more,
    };
  }

  #transaction(): string {
    this.#transactions += 1;
    return String(FIRST_TRANSACTION + this.#transactions);
  }

  async #deliver(bank: string, said: Said): Promise<void> {
    const { rule, callback, signsTime } = wireOf(bank);
    const record = this.#remember(bank, said);
    this.#books.enter(bank, said);
    const label = `${bank} tells ${said.outcome} ${said.transactionId} of ${said.reference}`;
    let taken = false;
    for (let tries = 0; tries < rule.most; tries += 1) {
      const strict = (this.calm && this.clocksAgree()) || !signsTime;
      const event = callback(said, this.#clock.at);
      if (tries === 0) this.#keep(bank, event);
      const answer = await this.#ask(bank, event, label);
      if (answer !== undefined && TAKEN.has(answer)) {
        taken = true;
        record(answer);
      }
      // Where the time is signed and one of the clocks is wrong, a genuine callback may be refused too.
      if (answer === 'badSignature' && strict) throw new BrokenInvariant(`a genuine callback was refused: ${label}`);
      if (answer !== undefined && rule.until.includes(answer) && !this.#again()) break;
      if (this.calm && taken) break;
      await this.#scheduler.pause(rule.gap * (1 + this.#random.fraction()), `${bank} waits to repeat`);
    }
    if (!taken) this.#unheard.push({ bank, said });
  }

  #keep(bank: string, event: APIGatewayProxyEventV2): void {
    this.#sent.push({ bank, event });
    if (this.#sent.length > OVERHEARD) this.#sent.shift();
  }

  /** Banks repeat even what was acknowledged. */
  #again(): boolean {
    return !this.calm && this.#random.chance(0.15);
  }

  /** What the books must hold once we said that we have it. Answers what to do when we say so. */
  #remember(bank: string, said: Said): (answer: Acknowledgement) => void {
    const { outcome, currency, transactionId, amount, terminal, reference } = said;
    if ((outcome !== 'paid' && outcome !== 'reversed') || currency !== 'VND') {
      const word: Word = { bank, ...said, taken: false };
      this.#invariants.words.push(word);
      return (answer) => {
        word.taken ||= outcome !== 'declined' || answer === 'accepted' || answer === 'duplicate';
      };
    }
    const id = `mov_${bank}_${transactionId}`;
    const book = outcome === 'paid' ? this.#invariants.authentic : this.#invariants.takenBack;
    const all = book.get(id) ?? [];
    book.set(id, all);
    const there = all.find((one) => one.amount === amount && one.terminal === terminal && one.reference === reference);
    const authentic: Authentic = there ?? { amount, terminal, reference, taken: false };
    if (!there) all.push(authentic);
    return () => {
      authentic.taken = true;
    };
  }

  async #ask(
    bank: string,
    event: APIGatewayProxyEventV2,
    label: string,
    genuine = true,
  ): Promise<Acknowledgement | undefined> {
    const answer = await this.#network.ask(label, 'callback', (process) => {
      process.mayTouch = genuine;
      return this.#service.callback(process, event);
    });
    return answer && wireOf(bank).heard(answer);
  }
}

/** Within which two things count as done at once, in milliseconds. */
const AT_ONCE = 50;
const PLACES_BUT_ONE = 7;
const YEAR = 365 * DAY;
/** Callbacks that a stranger remembers. */
const OVERHEARD = 50;
const FIRST_TRANSACTION = 14_000_000;

/** VNPAY has no word for it. */
const takesBack = (bank: string): boolean => bank !== 'vnpay';

const both = (one: Promise<unknown>, other: Promise<unknown>): Promise<unknown> => Promise.all([one, other]);

const terminalsOf = (bank: string): string[] => [
  ...new Set(ACCOUNTS.filter((account) => account.providerId === bank).map((account) => account.terminal)),
];

/** The reference of another attempt of the same invoice. */
function otherAttempt(reference: string, attempt: number): string {
  const read = readPaymentReference(reference);
  return read ? paymentReference(read.invoice, attempt) : reference;
}
