import { expect } from 'vitest';
import type { Attempt, Invoice } from '../../shared/domain/invoice/invoice.ts';
import { standing, stateAt } from '../../shared/domain/invoice/invoice.ts';
import { InvoiceNumber } from '../../shared/domain/invoice/number.ts';
import type { InvoiceState } from '../../shared/domain/invoice/states.ts';
import { moveInvoice } from '../../shared/domain/invoice/states.ts';
import type { JournalEntry } from '../../shared/domain/ledger/journal.ts';
import { balanced, type LedgerLine } from '../../shared/domain/ledger/ledger.ts';
import { type Dong, ZERO } from '../../shared/domain/money/dong.ts';
import type { AttemptState } from '../../shared/domain/payment/advance.ts';
import { MAX_MOVEMENTS, type Movement, type MovementId } from '../../shared/domain/payment/movement.ts';
import type { ProviderNotice } from '../../shared/domain/payment/provider.ts';
import { paymentReference } from '../../shared/domain/payment/reference.ts';
import type { ExceptionCategory } from '../../shared/domain/reconciliation/exception.ts';
import { DAY_MILLISECONDS } from '../../shared/domain/time.ts';
import type { PostOutcome } from '../../shared/usecases/post-payment.ts';
import type { PaperNotice } from './paper-bank.ts';
import { aWorld, invoiceOf, LAND, LAND_AT_ONE, LAND_AT_TWO, NOW, TOTAL, type World } from './world.ts';

/**
 * The language of the posting rules: `given(anInvoice('open')).when(bankConfirms()).thenPosts(…)`. Every step runs the
 * use cases as they are: the callback is verified and put in the inbox, posted, and published twice.
 */

export const NUMBER = InvoiceNumber.parse('480213567890');
const MINUTE = 60_000;

/** Terminals of the land office, by bank. */
const terminals: Record<string, string> = { 'bank-one': LAND_AT_ONE, 'bank-two': LAND_AT_TWO };
const merchantAccounts: Record<string, string> = { 'bank-one': 'land-one', 'bank-two': 'land-two' };

type Given = (world: World) => void;
type Heard = { acknowledgements: string[]; outcomes: PostOutcome[] };
export type Step = (world: World, heard: Heard) => Promise<void>;

/** An attempt at the first bank, begun a minute ago, unless said otherwise. */
export function anAttempt(state: AttemptState, more: Partial<Attempt> = {}): Attempt {
  const providerId = more.providerId ?? 'bank-one';
  return {
    providerId,
    merchantAccountId: merchantAccounts[providerId] ?? '',
    terminal: terminals[providerId] ?? '',
    state,
    createdAt: NOW - MINUTE,
    expiresAt: NOW + 14 * MINUTE,
    returnUrl: 'https://portal.example.gov.vn/back',
    language: 'vi',
    payerIp: '192.0.2.7',
    keyHash: 'k',
    bodyHash: 'b',
    ...more,
  };
}

/** Money that the invoice bears already, under the transaction `BEFORE`. */
const paidBefore = (total: Dong): Movement => ({
  movementId: 'mov_bank-one_BEFORE',
  kind: 'payment',
  amount: total,
  providerId: 'bank-one',
  merchantAccountId: 'land-one',
  terminal: LAND_AT_ONE,
  transactionId: 'BEFORE',
  attempt: 1,
  paidAt: NOW - 30_000,
  committedAt: NOW - 29_000,
  lines: [
    { side: 'debit', account: 'clearing:land-one', amount: total },
    { side: 'credit', account: `payable:${LAND}:main`, amount: total },
  ],
  evidence: 'what the bank said before',
});

/** An invoice in a state, with one attempt at the first bank that fits the state. */
export function anInvoice(state: InvoiceState, more: Partial<Invoice> = {}): Given {
  const total = more.total ?? TOTAL;
  const settled = state === 'paid' || state === 'partially_refunded' || state === 'refunded';
  const before = paidBefore(total);
  const invoice = invoiceOf(NUMBER, {
    state,
    due: settled ? ZERO : total,
    ...(state === 'expired' && { expiresAt: NOW - MINUTE }),
    attempts: [anAttempt(settled ? 'succeeded' : 'pending')],
    movements: settled ? { [before.movementId as MovementId]: before } : {},
    version: Math.max(3, 1 + (more.attempts?.length ?? 1) + Object.keys(more.movements ?? {}).length),
    ...more,
  });
  return (world) => world.invoices.place(invoice);
}

/** An open invoice whose only attempt is in this state. */
export const anInvoiceWithAttempt = (state: AttemptState, more: Partial<Attempt> = {}): Given =>
  anInvoice('open', { attempts: [anAttempt(state, more)] });

/** Money that stands with the invoice already, under the transaction `BEFORE`. */
export function before(kind: 'payment' | 'part' | 'surplus' | 'unmatched', amount: Dong = TOTAL): Movement {
  const held = kind === 'payment' || kind === 'part' ? `payable:${LAND}:main` : `${kind}:${LAND}`;
  return {
    ...paidBefore(amount),
    kind,
    lines: [
      { side: 'debit', account: 'clearing:land-one', amount },
      { side: 'credit', account: held, amount },
    ],
  };
}

/** Nothing stands under the number. */
export const noInvoice: Given = () => undefined;

export type Said = Partial<PaperNotice> & { attempt?: number; provider?: string };

const noticeOf = (outcome: ProviderNotice['outcome'], { attempt = 1, provider = 'bank-one', ...said }: Said) => ({
  terminal: terminals[provider] ?? '',
  reference: paymentReference(NUMBER, attempt) as string,
  outcome,
  amount: TOTAL,
  currency: 'VND',
  transactionId: 'T1',
  paidAt: NOW - 1000,
  resultCode: outcome === 'paid' ? '00' : '24',
  ...said,
});

const says =
  (outcome: ProviderNotice['outcome'], said: Said): Step =>
  async (world, heard) => {
    heard.acknowledgements.push(await world.callback(said.provider ?? 'bank-one', noticeOf(outcome, said)));
  };

/** The bank says that the payer paid. */
export const bankConfirms = (said: Said = {}): Step => says('paid', said);
/** The bank says that money which it had went back. */
export const bankReverses = (said: Said = {}): Step => says('reversed', said);
export const bankDeclines = (said: Said = {}): Step => says('declined', { transactionId: 'D1', ...said });
export const bankSays = (outcome: ProviderNotice['outcome'], said: Said = {}): Step => says(outcome, said);

/** Everything that waits in the inbox is entered. Happens after each step anyway, unless the step is `together`. */
const posting: Step = async (world, heard) => {
  heard.outcomes.push(...(await world.post()));
};

/** All these are received before anything of them is entered, and then entered at the same time. */
export const together =
  (...steps: Step[]): Step =>
  async (world, heard) => {
    await Promise.all(steps.map((step) => step(world, heard)));
  };

export const times = (count: number, step: (index: number) => Step): Step[] =>
  Array.from({ length: count }, (_, index) => step(index));

export const timePasses =
  (milliseconds: number): Step =>
  async (world) => {
    world.clock.at += milliseconds;
  };

const moved =
  (event: 'Cancelled' | 'DeadlinePassed'): Step =>
  async (world) => {
    await world.invoices.move(NUMBER, 'open', moveInvoice('open', event));
  };
export const theInvoiceIsCancelled = moved('Cancelled');
export const theSweepExpiresIt = moved('DeadlinePassed');

const inWords = (lines: readonly LedgerLine[]): string[] =>
  lines.map(({ side, account, amount }) => `${side} ${account} ${amount}`);

type Outcome = { world: World; heard: Heard; entries: JournalEntry[] };

/** What came of it. Each `then…` looks at the same run; all of them have to hold. */
export class Told extends Promise<void> {
  static override get [Symbol.species]() {
    return Promise;
  }

  #outcome: Promise<Outcome> | undefined;

  static of(outcome: Promise<Outcome>): Told {
    const told = new Told((resolve, reject) => void outcome.then(() => resolve(), reject));
    told.#outcome = outcome;
    return told;
  }

  #also(look: (outcome: Outcome) => void | Promise<void>): Told {
    const after = async (): Promise<Outcome> => {
      const outcome = await this.#outcome;
      if (!outcome) throw new Error('nothing was told');
      await look(outcome);
      return outcome;
    };
    return Told.of(this.then(after));
  }

  /** Exactly these ledger lines, in order of commit. */
  thenPosts(...lines: string[]): Told {
    return this.#also(({ entries }) => expect(entries.flatMap((entry) => inWords(entry.lines))).toEqual(lines));
  }

  /** As everybody sees it now. */
  thenInvoiceIs(state: InvoiceState): Told {
    return this.#also(({ world }) => expect(stateAt(invoiceIn(world), world.now())).toBe(state));
  }

  thenAttemptIs(state: AttemptState, attempt = 1): Told {
    return this.#also(({ world }) => expect(invoiceIn(world).attempts[attempt - 1]?.state).toBe(state));
  }

  /** Exactly these work items, in any order. */
  thenOpens(...categories: ExceptionCategory[]): Told {
    return this.#also(({ world }) => {
      const opened = world.work.contents().exceptions.map((item) => item.category);
      expect(opened.sort()).toEqual([...categories].sort());
    });
  }

  thenAnswers(...acknowledgements: string[]): Told {
    return this.#also(({ heard }) => expect(heard.acknowledgements).toEqual(acknowledgements));
  }

  /** Types of the events told to the agency, in order. */
  thenTells(...types: string[]): Told {
    return this.#also(({ world }) => {
      const agency = world.told.filter((one) => one.owner === `agency:${LAND}`);
      expect(agency.map((one) => one.event.type)).toEqual(types);
    });
  }

  thenSees(look: (outcome: Outcome) => void | Promise<void>): Told {
    return this.#also(look);
  }
}

export const given = (...givens: Given[]) => ({
  when: (...steps: Step[]): Told => Told.of(run(givens, steps)),
});

async function run(givens: Given[], steps: Step[]): Promise<Outcome> {
  const world = aWorld();
  for (const one of givens) one(world);
  const begun = world.invoices.items();
  const heard: Heard = { acknowledgements: [], outcomes: [] };
  for (const step of steps) {
    await step(world, heard);
    await posting(world, heard);
    await world.publish();
  }
  const entries = world.journal.entries();
  mustBeSound(
    world,
    entries,
    begun.flatMap((item) => (item.kind === 'invoice' ? [item.invoice] : [])),
  );
  return { world, heard, entries };
}

/** What holds after every story, whatever it tells. */
export function mustBeSound(world: World, entries: readonly JournalEntry[], begun: readonly Invoice[] = []): void {
  for (const entry of entries) {
    balanced(entry.lines);
    const debit = entry.lines.filter((line) => line.side === 'debit').reduce((sum, line) => sum + line.amount, 0);
    expect(debit).toBe(entry.amount);
  }
  const ids = entries.map((entry) => entry.movementId);
  expect(new Set(ids).size, 'each movement is entered once').toBe(ids.length);

  const before = new Set(begun.flatMap((invoice) => Object.keys(invoice.movements)));
  const held = world.invoices
    .items()
    .flatMap((item) =>
      item.kind === 'invoice'
        ? Object.keys(item.invoice.movements)
        : item.kind === 'receipt'
          ? Object.keys(item.movements)
          : [],
    )
    .filter((id) => !before.has(id));
  expect(ids.toSorted(), 'the journal has what the book has').toEqual(held.toSorted());

  for (const item of world.invoices.items()) {
    if (item.kind === 'receipt')
      for (const movement of Object.values(item.movements)) expect(movement.kind).not.toBe('payment');
    if (item.kind !== 'invoice') continue;
    const { invoice } = item;
    const movements = Object.values(invoice.movements);
    const left = standing(invoice);
    const payments = left.filter((movement) => movement.kind === 'payment');
    const paid = left
      .filter(({ kind }) => kind === 'payment' || kind === 'part')
      .reduce((sum, one) => sum + one.amount, 0);
    expect(movements.filter(({ kind }) => kind !== 'reversal').length).toBeLessThanOrEqual(MAX_MOVEMENTS);
    expect(payments.length).toBeLessThanOrEqual(1);
    expect(invoice.due).toBe(invoice.total - paid);
    noAccountIsNegative(movements);
  }
}

/** What an invoice's movements leave in each account is never less than nothing. */
function noAccountIsNegative(movements: readonly Movement[]): void {
  const left = new Map<string, number>();
  for (const { side, account, amount } of movements.flatMap((movement) => movement.lines)) {
    const owed = account.startsWith('clearing:') || account.startsWith('desk:') ? side === 'debit' : side === 'credit';
    left.set(account, (left.get(account) ?? 0) + (owed ? amount : -amount));
  }
  for (const [account, amount] of left) expect(amount, account).toBeGreaterThanOrEqual(0);
}

function invoiceIn(world: World): Invoice {
  const item = world.invoices.at(NUMBER);
  if (item?.kind !== 'invoice') throw new Error('no invoice stands there');
  return item.invoice;
}

export const A_DAY = DAY_MILLISECONDS;
