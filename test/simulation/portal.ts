import type { Invoice } from '../../shared/domain/invoice/invoice.ts';
import type { InvoiceId } from '../../shared/domain/invoice/number.ts';
import { invoiceId } from '../../shared/domain/invoice/number.ts';
import type { Caller } from '../../shared/domain/registry/caller.ts';
import { formatInstant } from '../../shared/domain/time.ts';
import type { CreateInvoice } from '../../shared/usecases/create-invoice.ts';
import { bodyHash } from '../../shared/usecases/hashing.ts';
import type { StartPayment } from '../../shared/usecases/start-payment.ts';
import { EXTRACT, PERMIT } from '../dsl/invoicing.ts';
import { pageOf as urlOf } from '../dsl/next-step.ts';
import { type Clock, DAY, HOUR, MINUTE, SECOND } from './clock.ts';
import { AGENCIES, BANKS } from './country.ts';
import type { Invariants } from './invariants.ts';
import type { Network } from './network.ts';
import type { Process } from './process.ts';
import { must } from './process.ts';
import type { Banks } from './provider.ts';
import type { Random } from './random.ts';
import type { Scheduler } from './scheduler.ts';
import { type Answer, HASH_KEY, type Service } from './service.ts';
import { type PaymentPage, wireOf } from './wire.ts';

/** A dossier of a citizen, and what its portal knows of it. */
export type Dossier = { agencyCode: string; dossierCode: string; procedureCode: string; known: InvoiceId[] };

/** What a portal does next with a dossier. */
const ACTIONS = { create: 34, createTwice: 6, pay: 40, cancel: 8, repeat: 6, misuse: 2, forge: 4 };

/** How often a portal asks again, with the same key, before it gives up. */
const PATIENCE = 4;
const MAX_PAUSE = 90 * SECOND;
/** How often the button to pay is pressed in a row. */
const PRESSES = 4;
const SOON_AFTER = 200;
/** Of a call that others overtake. */
const SLOW_PACE = 20;
/** Before the calm begins. */
const SOON = 3 * MINUTE;
/** The night, and a weekend: now and then nothing happens for long. */
const LONG_PAUSES = [2 * HOUR, 14 * HOUR];

/** Refusals that say which invoice stands in the way; a dossier bears so many and no more. */
const SERVED = new Set(['invoice_already_open', 'invoice_already_paid', 'too_many_invoices']);

type Call<T> = {
  label: string;
  key: string;
  ask: (process: Process) => Promise<Answer<T>>;
  made: (value: T) => string | undefined;
};

/** A portal: makes invoices, retries with the same keys and with new ones, starts payments, cancels, issues again. */
export class Portal {
  readonly #caller: Caller;
  readonly #scheduler: Scheduler;
  readonly #clock: Clock;
  readonly #network: Network;
  readonly #random: Random;
  readonly #service: Service;
  readonly #banks: Banks;
  readonly #invariants: Invariants;
  readonly #dossiers: readonly Dossier[];
  readonly #quotes = new Map<string, string>();
  /** What each key was answered with. */
  readonly #answered = new Map<string, string>();
  readonly #past: (() => Promise<unknown>)[] = [];
  readonly #pages: PaymentPage[] = [];
  #keys = 0;
  /** All its invoices end soon. */
  isHurried = false;
  calm = false;

  constructor(
    caller: Caller,
    { scheduler, clock, network }: { scheduler: Scheduler; clock: Clock; network: Network },
    random: Random,
    { service, banks, invariants }: { service: Service; banks: Banks; invariants: Invariants },
    dossiers: readonly Dossier[],
  ) {
    this.#caller = caller;
    this.#scheduler = scheduler;
    this.#clock = clock;
    this.#network = network;
    this.#random = random;
    this.#service = service;
    this.#banks = banks;
    this.#invariants = invariants;
    this.#dossiers = dossiers;
  }

  /** One citizen after the other, until the calm begins. */
  async work(): Promise<void> {
    while (!this.calm) {
      const pause = this.#random.chance(0.01) ? this.#random.pick(LONG_PAUSES) : this.#random.whole(1, MAX_PAUSE);
      await this.#scheduler.pause(pause, `${this.#caller.clientId} waits`);
      if (!this.calm) await this.#act(this.#random.pick(this.#dossiers));
    }
  }

  /** Makes an invoice with a new key: the dossier must be served, or hold an invoice that says why not. */
  async serve(dossier: Dossier): Promise<void> {
    this.#quotes.delete(quoteName(dossier));
    const answer = await this.#create(dossier, this.#newKey(), {});
    const fine = answer?.kind === 'done' || SERVED.has(answer?.code ?? '');
    must(fine, `${dossier.dossierCode} cannot be served: ${answer?.kind === 'refused' ? answer.code : 'no answer'}`);
  }

  async #act(dossier: Dossier): Promise<void> {
    const known = dossier.known.at(this.#random.chance(3 / 4) ? -1 : 0);
    const action = known ? this.#random.weighted(ACTIONS) : 'create';
    switch (action) {
      case 'create':
        await this.#create(dossier);
        break;
      case 'createTwice':
        await Promise.all([this.#create(dossier), this.#create(dossier)]);
        break;
      case 'pay':
        if (known) await this.#pay(known);
        break;
      case 'cancel':
        if (known) await this.#cancel(known);
        break;
      case 'repeat':
        if (this.#past.length > 0) await this.#random.pick(this.#past)();
        break;
      case 'misuse':
        await this.#create(dossier, `${this.#caller.clientId}-key-${this.#random.whole(1, this.#keys)}`);
        break;
      default:
        if (this.#pages.length > 0) await this.#banks.forge(this.#random.pick(this.#pages));
    }
  }

  async #create(
    dossier: Dossier,
    key = this.#newKey(),
    more?: Partial<CreateInvoice>,
  ): Promise<Answer<{ invoice: Invoice }> | undefined> {
    const { agencyCode, dossierCode, procedureCode, known } = dossier;
    const quote = await this.#quote(dossier);
    if (!quote) return undefined;
    const payer = { name: 'Nguyễn Thử Nghiệm' };
    const command: CreateInvoice = { quote, dossierCode, agencyCode, payer, ...(more ?? this.#wishes(dossier)) };
    if (command.additional) this.#invariants.additional.add(bodyHash(HASH_KEY, command));
    const answer = await this.#insist({
      label: `${this.#caller.clientId} makes an invoice of ${dossierCode} ${procedureCode} with ${key}`,
      key: `create ${key} ${JSON.stringify(command)}`,
      ask: (process) => this.#service.create(process, command, this.#caller, key),
      made: ({ invoice }) => invoiceId(invoice.number),
    });
    if (answer?.kind === 'done') {
      const id = invoiceId(answer.value.invoice.number);
      if (!known.includes(id)) known.push(id);
    }
    if (answer?.kind === 'refused' && answer.code.startsWith('quote_')) this.#quotes.delete(quoteName(dossier));
    // Taking the silence for a failure, a portal may come again with a new key.
    if (!answer && !this.calm && this.#random.chance(1 / 2)) return this.#create(dossier);
    return answer;
  }

  #wishes({ known }: Dossier): Partial<CreateInvoice> {
    const old = this.#random.chance(0.3) ? known.at(-1) : undefined;
    const drawn = this.#random.pick([undefined, undefined, 90 * SECOND, 20 * MINUTE, 2 * HOUR, DAY]);
    const due = this.isHurried ? SOON : drawn;
    return {
      ...(this.#random.chance(0.06) && { additional: true }),
      ...(old && { replaces: old }),
      ...(due && { dueAt: formatInstant(this.#clock.at + due) }),
    };
  }

  async #quote(dossier: Dossier): Promise<string | undefined> {
    const name = quoteName(dossier);
    const there = this.#quotes.get(name);
    if (there && this.#random.chance(0.9)) return there;
    const { agencyCode, procedureCode } = dossier;
    const request = { procedureCode, agencyCode, channel: 'online' as const, submittedAt: this.#clock.at, facts: {} };
    const answer = await this.#insist({
      label: `${this.#caller.clientId} asks for a price`,
      key: this.#newKey(),
      ask: (process) => this.#service.quote(process, request, this.#caller),
      made: () => undefined,
    });
    if (answer?.kind === 'done') this.#quotes.set(name, answer.value);
    return answer?.kind === 'done' ? answer.value : undefined;
  }

  async #pay(id: InvoiceId): Promise<void> {
    const banks = this.#random.chance(0.15) ? BANKS : [this.#random.pick(BANKS)];
    await Promise.all(banks.map((bank) => this.#start(id, bank)));
  }

  async #start(invoice: InvoiceId, providerId: string, press?: { key: string; pace: number }): Promise<void> {
    const { key, pace } = press ?? { key: this.#newKey(), pace: 1 };
    const command: StartPayment = {
      invoiceId: invoice,
      providerId,
      returnUrl: 'https://portal.example.gov.vn/back',
      language: 'vi',
    };
    const answer = await this.#insist({
      label: `${this.#caller.clientId} starts a payment of ${invoice} at ${providerId} with ${key}`,
      key: `start ${key} ${invoice} ${providerId}`,
      ask: (process) => this.#service.start(atPace(process, pace), command, this.#caller, key),
      made: ({ index }) => `attempt ${index}`,
    });
    if (answer?.kind !== 'done' || this.calm) return;
    const page = wireOf(providerId).page(urlOf(answer.value.next));
    this.#pages.push(page);
    if (press || !this.#random.chance(0.85)) return;
    this.#banks.visit(page, {
      comesAgain: () => this.#issueAgain(invoice),
      paysAgain: () => this.#press(invoice, providerId),
      cancels: () => this.#cancel(invoice, SLOW_PACE),
    });
  }

  /** The button is pressed several times: each press sends the same call, the first is overtaken, and nobody waits for a page. */
  async #press(invoice: InvoiceId, providerId: string): Promise<void> {
    const key = this.#newKey();
    const presses = Array.from({ length: PRESSES }, async (_, press) => {
      await this.#scheduler.pause(press === 0 ? 0 : this.#random.whole(0, SOON_AFTER), 'the button is pressed');
      await this.#start(invoice, providerId, { key, pace: press === 0 ? SLOW_PACE : 1 });
    });
    await Promise.all(presses);
  }

  /** A citizen is back because the invoice counts no more. */
  async #issueAgain(id: InvoiceId): Promise<void> {
    const dossier = this.#dossiers.find(({ known }) => known.includes(id));
    if (!dossier) return;
    this.#quotes.delete(quoteName(dossier));
    await this.#create(dossier, this.#newKey(), this.#random.chance(1 / 2) ? { replaces: id } : {});
  }

  async #cancel(id: InvoiceId, pace = 1): Promise<void> {
    await this.#insist({
      label: `${this.#caller.clientId} cancels ${id}`,
      key: `cancel ${id}`,
      ask: (process) => this.#service.cancel(atPace(process, pace), id, this.#caller),
      made: () => 'cancelled',
    });
  }

  /** Asks until there is an answer, or patience ends. The same key and body must be answered alike for ever. */
  async #insist<T>(call: Call<T>): Promise<Answer<T> | undefined> {
    for (let tries = 0; this.calm || tries < PATIENCE; tries += 1) {
      const before = this.#answered.get(call.key);
      const answer = await this.#network.ask(call.label, 'portal-api', call.ask);
      // Nobody knows yet whether the bank has heard of it: to be asked again.
      const unsure = answer?.kind === 'refused' && answer.code === 'provider_unreachable';
      if (answer && !unsure) {
        this.#compare(call, answer, before);
        if (answer.kind === 'done' && tries === 0) this.#past.push(() => this.#insist(call));
        return answer;
      }
      await this.#scheduler.pause(this.#random.whole(SECOND, MINUTE), `${this.#caller.clientId} waits to ask again`);
    }
    return undefined;
  }

  /** `before`: what the call had been answered when it was sent; one that is sent beside another may be turned away. */
  #compare<T>({ label, key, made }: Call<T>, answer: Answer<T>, before: string | undefined): void {
    if (answer.kind === 'refused') {
      must(!before, `${label}: first answered ${before}, then refused ${answer.code}`);
      return;
    }
    const now = made(answer.value);
    if (now === undefined) return;
    const other = this.#answered.get(key);
    must(!other || other === now, `${label}: first answered ${other}, then ${now}`);
    this.#answered.set(key, now);
  }

  #newKey(): string {
    this.#keys += 1;
    return `${this.#caller.clientId}-key-${this.#keys}`;
  }
}

const quoteName = ({ agencyCode, procedureCode }: Dossier): string => `${agencyCode} ${procedureCode}`;

/** A process that takes so many times as long as it would. */
function atPace(process: Process, pace: number): Process {
  process.pace *= pace;
  return process;
}

const EVENTS_A_DOSSIER = 2_000;

/** A few dossiers, so that much happens to each. */
export function drawDossiers(random: Random, events: number): Dossier[] {
  return Array.from({ length: random.whole(1, 4) + Math.floor(events / EVENTS_A_DOSSIER) }, (_, index) => {
    const agencyCode = random.pick(AGENCIES);
    const dossierCode = `${agencyCode}-261120-${String(index + 1).padStart(4, '0')}`;
    return { agencyCode, dossierCode, procedureCode: random.pick([PERMIT, EXTRACT]), known: [] };
  });
}
