import * as z from 'zod';
import { simulators } from './players.ts';
import type { Merchant, Notice, Office, Order, Simulator, Transaction } from './speech.ts';
import { Refused } from './speech.ts';

/** The simulated providers' common house: their books, and how they tell what is in them, with faults on demand. */

/** Who may tell of a bank transfer. */
const TELLERS = ['sepay', 'casso', 'bank-direct'] as const;
/** Who tells of it where nobody says who. */
const USUAL_TELLERS: readonly (typeof TELLERS)[number][] = ['sepay', 'casso'];

export const FAULTS = ['none', 'delay', 'duplicate', 'reorder', 'drop', 'tamper', 'wrong_amount', 'flood'] as const;
const MAX_COPIES = 1_000;
const MAX_DELAY_SECONDS = 86_400;
/** Calls of a flood that are under way at once. */
const FLOOD_AT_ONCE = 50;
/** What a bent amount differs by, in dong. */
const BENT_BY = 10_000;
const ANSWER_MILLISECONDS = 30_000;
const MAX_ANSWER_KEPT = 500;

const whole = (least: number, most: number) => z.coerce.number().int().min(least).max(most);

/** What the payer and the provider do with an order. Difference in dong; `tellers` matter to bank transfers only. */
export const Decision = z.strictObject({
  provider: z.string(),
  reference: z.string(),
  outcome: z.enum(['pay', 'decline']).default('pay'),
  fault: z.enum(FAULTS).default('none'),
  delaySeconds: whole(0, MAX_DELAY_SECONDS).default(600),
  copies: whole(1, MAX_COPIES).optional(),
  difference: whole(-1_000_000_000, 1_000_000_000).default(-1),
  tellers: z
    .array(z.enum(TELLERS))
    .min(1)
    .default([...USUAL_TELLERS]),
});
export type Decision = z.infer<typeof Decision>;

/** Equal answers to copies of one notice. Status 0: nobody answered. */
export type Told = { provider: string; status: number; answer: string; times: number };
export type Decided = { transactionId: string; amount: number; paid: boolean; told: Told[] };

type Held = { provider: string; notices: Notice[]; timer?: NodeJS.Timeout };

export class House {
  /** Where the service takes callbacks, without a slash at the end. */
  readonly #service: () => string;
  readonly #url: () => string;
  readonly #now: () => number;
  readonly #merchants = new Map<string, Merchant[]>();
  readonly #orders = new Map<string, Order>();
  readonly #transactions: Transaction[] = [];
  readonly #refunds = new Map<string, { of: string; request: string; id: string; amount: number }>();
  /** Notices that wait: for their time, or, without a timer, for the next one of their provider. */
  readonly #held = new Set<Held>();
  readonly #down = new Set<string>();
  /** Providers that take a call and answer nothing: whoever is let go when they do again. */
  readonly #hanging = new Map<string, (() => void)[]>();
  #lastId = 0;

  constructor(options: { service: () => string; url: () => string; now?: () => number }) {
    this.#service = options.service;
    this.#url = options.url;
    this.#now = options.now ?? Date.now;
  }

  /** Makes a merchant known to its provider. The same terminal again replaces its keys. */
  employ(provider: string, merchant: Merchant): void {
    const others = (this.#merchants.get(provider) ?? []).filter(({ terminal }) => terminal !== merchant.terminal);
    this.#merchants.set(provider, [...others, merchant]);
  }

  office(provider: string): Office {
    const ofOrder = (reference: string) => this.order(provider, reference);
    const ours = () => this.#transactions.filter(({ order }) => order.provider === provider);
    return {
      merchants: this.#merchants.get(provider) ?? [],
      url: `${this.#url()}/${provider}`,
      now: this.#now,
      newId: () => this.#newId(),
      order: ofOrder,
      open: (order) => {
        // Told of twice, an order is the first.
        if (!ofOrder(order.reference)) this.#orders.set(`${provider}/${order.reference}`, order);
      },
      withdraw: (order) => {
        order.withdrawn = true;
      },
      transactions: ours,
      transaction: (id) => ours().find((one) => one.id === id),
      transactionOf: (reference) => ours().findLast(({ order }) => order.reference === reference),
      refunded: (request) => this.#refunds.has(`${provider}/${request}`),
      refundsOf: ({ id }) => [...this.#refunds.values()].filter((one) => one.of === id),
      refund: (request, of, amount) => {
        const key = `${provider}/${request}`;
        if (this.#refunds.has(key)) return true;
        const before = [...this.#refunds.values()].filter((one) => one.of === of.id);
        if (before.reduce((sum, one) => sum + one.amount, amount) > of.amount) return false;
        this.#refunds.set(key, { of: of.id, request, id: this.#newId(), amount });
        return true;
      },
    };
  }

  order(provider: string, reference: string): Order | undefined {
    return this.#orders.get(`${provider}/${reference}`);
  }

  /** The last first. */
  orders(): (Order & { transactions: Transaction[] })[] {
    return [...this.#orders.values()].reverse().map((order) => ({
      ...order,
      transactions: this.#transactions.filter((one) => one.order === order),
    }));
  }

  transactionsOf(provider: string): Transaction[] {
    return this.#transactions.filter(({ order }) => order.provider === provider);
  }

  /** Calls that wait for an answer there. */
  heldAt = (provider: string): number => this.#hanging.get(provider)?.length ?? 0;

  /** Resolves at once, or when the provider answers again. */
  answering(provider: string): Promise<void> {
    const held = this.#hanging.get(provider);
    return held ? new Promise((resolve) => held.push(resolve)) : Promise.resolve();
  }

  setHanging(provider: string, hangs: boolean): void {
    const held = this.#hanging.get(provider) ?? [];
    if (hangs) this.#hanging.set(provider, held);
    else this.#hanging.delete(provider);
    if (!hangs) for (const letGo of held) letGo();
  }

  isDown = (provider: string): boolean => this.#down.has(provider);

  setDown(provider: string, down: boolean): void {
    if (down) this.#down.add(provider);
    else this.#down.delete(provider);
  }

  /** Enters what the payer does and tells it, with the fault. Throws {@link Refused} for an order that nobody has opened. */
  async decide(decision: Decision): Promise<Decided> {
    const { provider, reference, fault } = decision;
    const order = this.order(provider, reference);
    if (!order) throw new Refused(`no order ${reference} at ${provider}`);
    if (order.withdrawn) throw new Refused(`order ${reference} was withdrawn`);
    const paid = decision.outcome === 'pay';
    const amount = order.amount + (fault === 'wrong_amount' ? decision.difference : 0);
    if (amount <= 0) throw new Refused('nothing would be paid');
    const transaction: Transaction = { id: this.#newId(), order, amount, paid, at: this.#now() };
    this.#transactions.push(transaction);
    const tellers = provider === 'vietqr' ? decision.tellers : [provider];
    const told: Told[] = [];
    for (const teller of tellers) {
      const notice = this.#notice(teller, transaction, fault);
      if (notice) told.push(...(await this.#tell(teller, notice, decision)));
    }
    return { transactionId: transaction.id, amount, paid, told };
  }

  /** Tells now what waits, in the order in which it came. */
  async release(): Promise<Told[]> {
    const told: Told[] = [];
    for (const held of [...this.#held]) told.push(...(await this.#letGo(held)));
    return told;
  }

  stop(): void {
    for (const { timer } of this.#held) clearTimeout(timer);
    this.#held.clear();
    for (const provider of this.#hanging.keys()) this.setHanging(provider, false);
  }

  #notice(teller: string, transaction: Transaction, fault: Decision['fault']): Notice | undefined {
    const simulator = simulators.get(teller);
    const merchant = this.#merchants.get(teller)?.find(({ terminal }) => terminal === transaction.order.terminal);
    if (!simulator || !merchant) throw new Refused(`${teller} does not know ${transaction.order.terminal}`);
    const callback = `${this.#service()}/callbacks/${teller}`;
    const notice = simulator.notice(transaction, merchant, callback, this.#now());
    return notice && fault === 'tamper' ? bent(notice, simulator, transaction.amount) : notice;
  }

  async #tell(provider: string, notice: Notice, { fault, copies, delaySeconds }: Decision): Promise<Told[]> {
    if (fault === 'drop') return [];
    if (fault === 'reorder') {
      this.#held.add({ provider, notices: [notice] });
      return [];
    }
    if (fault === 'delay') {
      const held: Held = { provider, notices: [notice] };
      held.timer = setTimeout(() => void this.#letGo(held), delaySeconds * 1_000);
      this.#held.add(held);
      return [];
    }
    const times = copies ?? (fault === 'flood' ? MAX_COPIES : fault === 'duplicate' ? 2 : 1);
    const told = await send(provider, Array<Notice>(times).fill(notice));
    const waiting = [...this.#held].filter((one) => one.provider === provider && one.timer === undefined);
    for (const held of waiting) told.push(...(await this.#letGo(held)));
    return told;
  }

  async #letGo(held: Held): Promise<Told[]> {
    if (!this.#held.delete(held)) return [];
    clearTimeout(held.timer);
    return send(held.provider, held.notices);
  }

  /** Thirteen digits, the time of day in them: never given twice, a start later neither. */
  #newId(): string {
    this.#lastId = Math.max(this.#lastId + 1, this.#now());
    return String(this.#lastId);
  }
}

/** The amount changed after it was signed. */
function bent(notice: Notice, { amountOnTheWire, bend }: Simulator, amount: number): Notice {
  const from = amountOnTheWire(amount);
  const to = amountOnTheWire(amount + BENT_BY);
  if (bend) return bend(notice, from, to);
  return { ...notice, url: notice.url.replaceAll(from, to), body: notice.body.replaceAll(from, to) };
}

async function send(provider: string, notices: readonly Notice[]): Promise<Told[]> {
  const waiting = [...notices];
  const heard = new Map<string, Told>();
  const worker = async () => {
    for (let notice = waiting.shift(); notice; notice = waiting.shift()) {
      const { status, answer } = await call(notice);
      const key = `${status} ${answer}`;
      const same = heard.get(key);
      heard.set(key, { provider, status, answer, times: (same?.times ?? 0) + 1 });
    }
  };
  await Promise.all(Array.from({ length: Math.min(FLOOD_AT_ONCE, waiting.length) }, worker));
  return [...heard.values()];
}

async function call({ method, url, headers, body }: Notice): Promise<{ status: number; answer: string }> {
  try {
    const signal = AbortSignal.timeout(ANSWER_MILLISECONDS);
    const answer = await fetch(url, { method, headers, signal, ...(method === 'POST' && { body }) });
    return { status: answer.status, answer: (await answer.text()).slice(0, MAX_ANSWER_KEPT) };
  } catch {
    return { status: 0, answer: '' };
  }
}
