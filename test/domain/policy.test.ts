import { describe, expect, it } from 'vitest';
import type { Invoice } from '../../shared/domain/invoice/invoice.ts';
import { InvoiceNumber } from '../../shared/domain/invoice/number.ts';
import type { InvoiceState } from '../../shared/domain/invoice/states.ts';
import { type Dong, dong, ZERO } from '../../shared/domain/money/dong.ts';
import type { AttemptState } from '../../shared/domain/payment/advance.ts';
import type { PolicyChoices } from '../../shared/domain/payment/choices.ts';
import type { Movement, ParkedReversal } from '../../shared/domain/payment/movement.ts';
import { type Arrival, arrivals, type Cell, type Column, columns, policy } from '../../shared/domain/payment/policy.ts';
import { policyPage } from '../../shared/domain/payment/policy-page.ts';
import { texts } from '../../shared/domain/payment/told.ts';
import type { ExceptionCategory } from '../../shared/domain/reconciliation/exception.ts';
import {
  anInvoice,
  bankConfirms,
  bankDeclines,
  bankReverses,
  bankSays,
  before,
  given,
  noInvoice,
  type Step,
} from '../dsl/given.ts';
import { LAND, LAND_AT_ONE, NOW, POLICE_AT_ONE, TOTAL } from '../dsl/world.ts';

/**
 * The whole table in words of its own: what arrives, while the invoice is what, under which choice; what then stands in the
 * ledger, what becomes of invoice and attempt, who must look, who is told. Each is walked through the use cases as they are.
 */
type Row = {
  arrival: Arrival;
  while: readonly Column[];
  choices?: PolicyChoices;
  posts?: 'payable' | 'surplus' | 'unmatched' | 'back' | 'both';
  opens?: ExceptionCategory;
  /** Where it moves; else it stays. */
  state?: InvoiceState;
  attempt?: AttemptState;
  tells?: readonly string[];
};

const settled = ['paid', 'partially_refunded', 'refunded'] as const;
const waiting = ['open', 'expired', 'cancelled', 'replaced'] as const;
const invoices: readonly Column[] = [...settled, ...waiting];
const all: readonly Column[] = [...invoices, 'none'];
const kept = { posts: 'unmatched', tells: ['money.unmatched.v1'] } as const;
const over = { posts: 'surplus', tells: ['payment.succeeded.v1', 'money.surplus.v1'] } as const;
const pays = {
  posts: 'payable',
  state: 'paid',
  attempt: 'succeeded',
  tells: ['payment.succeeded.v1', 'invoice.paid.v1'],
} as const;
const took = { posts: 'back', opens: 'REVERSED', tells: ['payment.reversed.v1'] } as const;
const accumulate: PolicyChoices = { parts: 'accumulate' };

const table: Row[] = [
  { arrival: 'exact', while: ['open'], ...pays },
  { arrival: 'exact', while: settled, ...over, opens: 'DUPLICATE_PAYMENT' },
  { arrival: 'exact', while: ['expired', 'replaced'], ...over, opens: 'LATE_AFTER_EXPIRY', attempt: 'succeeded' },
  { arrival: 'exact', while: ['expired'], choices: { late: 'accept' }, ...pays },
  { arrival: 'exact', while: ['cancelled'], ...over, opens: 'PAID_AFTER_CANCELLATION', attempt: 'succeeded' },
  { arrival: 'less', while: invoices, ...kept, opens: 'AMOUNT_UNDER' },
  { arrival: 'less', while: ['open'], choices: accumulate, posts: 'payable', tells: ['invoice.part_paid.v1'] },
  { arrival: 'more', while: invoices, ...kept, opens: 'AMOUNT_OVER' },
  { arrival: 'more', while: ['open'], choices: accumulate, ...over, opens: 'AMOUNT_OVER' },
  { arrival: 'hundredfold', while: invoices, ...kept, opens: 'AMOUNT_OVER' },
  { arrival: 'hundredth', while: invoices, ...kept, opens: 'AMOUNT_UNDER' },
  { arrival: 'otherCurrency', while: all, opens: 'WRONG_CURRENCY' },
  { arrival: 'otherTerminal', while: invoices, ...kept, opens: 'WRONG_ACCOUNT' },
  { arrival: 'unknownAttempt', while: all, ...kept, opens: 'UNKNOWN_REFERENCE' },
  {
    arrival: 'reversedBefore',
    while: invoices,
    posts: 'both',
    opens: 'REVERSED',
    tells: ['money.unmatched.v1', 'payment.reversed.v1'],
  },
  { arrival: 'noRoom', while: ['open'], ...kept, opens: 'TOO_MANY_MOVEMENTS' },
  { arrival: 'noRoom', while: ['expired'], choices: { late: 'accept' }, ...kept, opens: 'TOO_MANY_MOVEMENTS' },
  { arrival: 'again', while: invoices },
  { arrival: 'contradiction', while: invoices, opens: 'CONTRADICTION' },
  { arrival: 'paymentReversed', while: ['paid'], ...took, state: 'open', attempt: 'reversed' },
  { arrival: 'paymentReversed', while: waiting, ...took },
  { arrival: 'otherReversed', while: ['paid', ...waiting], ...took },
  { arrival: 'paymentReversed', while: ['partially_refunded', 'refunded'], opens: 'REVERSED' },
  { arrival: 'otherReversed', while: ['partially_refunded', 'refunded'], opens: 'REVERSED' },
  { arrival: 'reversedAndRefunded', while: invoices, opens: 'REVERSED' },
  { arrival: 'reversedFirst', while: all, opens: 'REVERSED' },
  { arrival: 'declined', while: waiting, attempt: 'failed', tells: ['payment.failed.v1'] },
  { arrival: 'declined', while: settled },
  { arrival: 'declinedElsewhere', while: all },
  { arrival: 'inLimbo', while: all, opens: 'DEBITED_NOT_CREDITED' },
  { arrival: 'unreadable', while: all, opens: 'UNREADABLE' },
  { arrival: 'notFinal', while: all },
];

const amounts: Partial<Record<Arrival, number>> = {
  less: TOTAL - 1,
  more: TOTAL + 1,
  hundredfold: TOTAL * 100,
  hundredth: TOTAL / 100,
};
const amountOf = (arrival: Arrival): Dong => dong(amounts[arrival] ?? TOTAL);

function stepOf(arrival: Arrival, column: Column): Step {
  switch (arrival) {
    case 'otherCurrency':
      return bankConfirms({ currency: 'USD' });
    case 'otherTerminal':
      return bankConfirms({ terminal: POLICE_AT_ONE });
    case 'unknownAttempt':
      return bankConfirms(column === 'none' ? {} : { attempt: 7 });
    case 'again':
      return bankConfirms({ transactionId: 'BEFORE' });
    case 'contradiction':
      return bankConfirms({ transactionId: 'BEFORE', amount: dong(TOTAL + 7) });
    case 'paymentReversed':
    case 'otherReversed':
    case 'reversedAndRefunded':
      return bankReverses({ transactionId: 'BEFORE' });
    case 'reversedFirst':
      return bankReverses();
    case 'declined':
      return bankDeclines();
    case 'declinedElsewhere':
      return bankDeclines(column === 'none' ? {} : { terminal: POLICE_AT_ONE });
    case 'inLimbo':
      return bankSays('limbo');
    case 'unreadable':
      return bankSays('review');
    case 'notFinal':
      return bankSays('pending');
    default:
      return bankConfirms({ amount: amountOf(arrival) });
  }
}

const waits: ParkedReversal = {
  movementId: 'mov_bank-one_T1',
  amount: TOTAL,
  terminal: LAND_AT_ONE,
  reversedAt: NOW - 2000,
  parkedAt: NOW - 1500,
  evidence: 'what the bank said of it before',
};

const holding = (...movements: Movement[]) => Object.fromEntries(movements.map((one) => [one.movementId, one]));

/** Four payments, each of which went back: an open invoice without a place. */
function full(): Record<string, Movement> {
  const pairs = Array.from({ length: 4 }, (_, index) => {
    const came: Movement = { ...before('payment'), movementId: `mov_bank-one_P${index}`, transactionId: `P${index}` };
    const lines = came.lines.map((line) => ({ ...line, side: line.side === 'debit' ? 'credit' : 'debit' }) as const);
    return [came, { ...came, movementId: `mov_bank-one_~P${index}`, kind: 'reversal', lines } satisfies Movement];
  });
  return holding(...pairs.flat());
}

/** What must be there before, so that this arrives. */
function contents(arrival: Arrival, column: Column): Partial<Invoice> {
  const isPaid = settled.some((one) => one === column);
  if (arrival === 'reversedBefore') return { parked: [waits] };
  if (arrival === 'noRoom') return { movements: full() };
  if (arrival === 'again' || arrival === 'contradiction')
    return isPaid ? {} : { movements: holding(before('unmatched')) };
  if (arrival === 'paymentReversed' && !isPaid) return { movements: holding(before('part')), due: ZERO };
  if (arrival === 'reversedAndRefunded')
    return {
      movements: holding(before(isPaid ? 'payment' : 'surplus')),
      refunding: {
        refunds: {},
        money: { 'mov_bank-one_BEFORE': { left: ZERO, out: TOTAL } },
        lines: [ZERO],
        refunded: ZERO,
      },
    };
  if (arrival !== 'otherReversed') return {};
  const paying: Movement = { ...before('payment'), movementId: 'mov_bank-one_PAID', transactionId: 'PAID' };
  return { movements: holding(before('unmatched'), ...(isPaid ? [paying] : [])) };
}

function startOf(arrival: Arrival, column: Column, choices: PolicyChoices | undefined) {
  if (column === 'none') return noInvoice;
  const replaced = column === 'replaced' && { replacedBy: InvoiceNumber.parse('999999999999') };
  return anInvoice(column === 'replaced' ? 'expired' : column, {
    ...contents(arrival, column),
    ...(choices && { choices }),
    ...replaced,
  });
}

function linesOf({ arrival, posts }: Row): string[] {
  const amount = amountOf(arrival);
  const clearing = `clearing:${arrival === 'otherTerminal' ? 'police-one' : 'land-one'}`;
  const held = posts === 'payable' ? `payable:${LAND}:main` : `${posts}:${LAND}`;
  const came = (account: string) => [`debit ${clearing} ${amount}`, `credit ${account} ${amount}`];
  const went = (account: string) => [`credit ${clearing} ${amount}`, `debit ${account} ${amount}`];
  if (posts === undefined) return [];
  if (posts === 'back') return went(arrival === 'otherReversed' ? `unmatched:${LAND}` : `payable:${LAND}:main`);
  return posts === 'both' ? [...came(`unmatched:${LAND}`), ...went(`unmatched:${LAND}`)] : came(held);
}

const cells = table.flatMap((row) => row.while.map((column) => ({ ...row, column })));
/** Of people, not of banks: walked with the payments at the desk. */
const banks = arrivals.filter((arrival) => arrival !== 'deskReversed');

describe('the policy for authentic money', () => {
  it('has the cells that these words have, and none beside', () => {
    const named = (arrival: Arrival, column: Column, choice = '') => `${arrival} ${column} ${choice}`;
    const words = cells.map(({ arrival, column, choices }) =>
      named(arrival, column, Object.values(choices ?? {}).join()),
    );
    const written = banks.flatMap((arrival) =>
      columns.flatMap((column) => {
        const cell = policy[arrival][column];
        if (!cell) return [];
        if (!('choice' in cell))
          return [named(arrival, column, arrival === 'noRoom' && column === 'expired' ? 'accept' : '')];
        const [, other] = Object.keys(cell.by);
        return [named(arrival, column), named(arrival, column, other)];
      }),
    );
    expect(words.toSorted()).toEqual(written.toSorted());
  });

  it.each(cells)(
    '$arrival while $column $choices: $posts, $opens, $state (scenarios 3, 4, 5, 6, 7, 8, 12, 19, 28)',
    async (row) => {
      const { arrival, column, choices, opens, tells = [] } = row;
      const told = given(startOf(arrival, column, choices))
        .when(stepOf(arrival, column))
        .thenPosts(...linesOf(row))
        .thenTells(...tells);
      await told.thenSees(({ world }) => {
        const categories = world.work.contents().exceptions.map((item) => item.category);
        expect([...new Set(categories)]).toEqual(opens ? [opens] : []);
      });
      if (column === 'none') return;
      await told.thenInvoiceIs(row.state ?? (column === 'replaced' ? 'expired' : column));
      const isPaid = settled.some((one) => one === column);
      await told.thenAttemptIs(row.attempt ?? (isPaid ? 'succeeded' : 'pending'));
    },
  );

  it.each(cells)('$arrival while $column $choices, told twice, is told once (scenarios 1, 2)', async (row) => {
    const { arrival, column, choices } = row;
    const step = stepOf(arrival, column);
    await given(startOf(arrival, column, choices))
      .when(step, step)
      .thenPosts(...linesOf(row))
      .thenTells(...(row.tells ?? []));
  });

  it('opens a work item for whatever is no plain payment', () => {
    const plain = new Set(['payment', 'part', 'nothing']);
    for (const [arrival, column, cell] of everyCell())
      expect(cell.category === undefined, `${arrival} ${column}`).toBe(
        plain.has(cell.enters) || arrival === 'deskReversed',
      );
  });

  it('has words for the citizen and the agency in two languages, and none that nobody says', () => {
    const said = new Set(everyCell().map(([, , cell]) => cell.told));
    expect([...said].toSorted()).toEqual(Object.keys(texts).toSorted());
    for (const { citizen, agency } of Object.values(texts))
      for (const words of [citizen.vi, citizen.en, agency.vi, agency.en]) expect(words.length).toBeGreaterThan(5);
  });

  it('is published whole', () => {
    const page = policyPage();
    for (const [, , cell] of everyCell()) {
      expect(page).toContain(texts[cell.told]?.citizen.vi);
      if (cell.category) expect(page).toContain(`\`${cell.category}\``);
    }
  });
});

function everyCell(): [Arrival, Column, Cell][] {
  return arrivals.flatMap((arrival) =>
    columns.flatMap((column): [Arrival, Column, Cell][] => {
      const cell = policy[arrival][column];
      if (!cell) return [];
      return ('choice' in cell ? Object.values(cell.by) : [cell]).map((one) => [arrival, column, one]);
    }),
  );
}
