import { describe, expect, it } from 'vitest';
import { InvoiceState } from '../../shared/domain/invoice/states.ts';
import { type Arrival, type Outcome, policy } from '../../shared/domain/payment/policy.ts';
import type { ExceptionCategory } from '../../shared/domain/reconciliation/exception.ts';
import { anInvoice, bankConfirms, given, type Said } from '../dsl/given.ts';
import { LAND, POLICE_AT_ONE, TOTAL } from '../dsl/world.ts';

/** The whole table in words of its own: what arrives, when, and where it lands. */
type Row = [arrival: Arrival, state: InvoiceState, kind: Outcome['kind'], category?: ExceptionCategory];

const states = InvoiceState.options;
const always = (arrival: Arrival, category: ExceptionCategory): Row[] =>
  states.map((state) => [arrival, state, 'unmatched', category]);

const table: Row[] = [
  ['exact', 'open', 'payment'],
  ['exact', 'paid', 'surplus', 'DUPLICATE_PAYMENT'],
  ['exact', 'partially_refunded', 'surplus', 'DUPLICATE_PAYMENT'],
  ['exact', 'refunded', 'surplus', 'DUPLICATE_PAYMENT'],
  ['exact', 'expired', 'surplus', 'LATE_AFTER_EXPIRY'],
  ['exact', 'cancelled', 'surplus', 'PAID_AFTER_CANCELLATION'],
  ...always('less', 'AMOUNT_UNDER'),
  ...always('more', 'AMOUNT_OVER'),
  ...always('otherTerminal', 'WRONG_ACCOUNT'),
  ...always('unknownAttempt', 'UNKNOWN_REFERENCE'),
];

const said: Record<Arrival, Said> = {
  exact: {},
  less: { amount: (TOTAL - 1) as typeof TOTAL },
  more: { amount: (TOTAL + 1) as typeof TOTAL },
  otherTerminal: { terminal: POLICE_AT_ONE },
  unknownAttempt: { attempt: 7 },
};

const clearing: Record<Arrival, string> = {
  exact: 'clearing:land-one',
  less: 'clearing:land-one',
  more: 'clearing:land-one',
  otherTerminal: 'clearing:police-one',
  unknownAttempt: 'clearing:land-one',
};

describe('the policy for authentic money', () => {
  it('has an outcome for every arrival in every state, and none twice', () => {
    expect(table).toHaveLength(Object.keys(policy).length * states.length);
    expect(new Set(table.map(([arrival, state]) => `${arrival} ${state}`)).size).toBe(table.length);
  });

  it.each(table)(
    '%s while the invoice is %s: %s %s (scenarios 5, 6, 7, 12)',
    async (arrival, state, kind, category) => {
      const amount = said[arrival].amount ?? TOTAL;
      const held = kind === 'payment' ? `payable:${LAND}:main` : `${kind}:${LAND}`;
      await given(anInvoice(state))
        .when(bankConfirms(said[arrival]))
        .thenPosts(`debit ${clearing[arrival]} ${amount}`, `credit ${held} ${amount}`)
        .thenOpens(...(category ? [category] : []))
        .thenInvoiceIs(kind === 'payment' ? 'paid' : state);
    },
  );

  it('pays by the exact amount of an open invoice alone', () => {
    const paying = Object.entries(policy).flatMap(([arrival, cells]) =>
      Object.entries(cells).flatMap(([state, cell]) => (cell.pays ? [`${arrival} ${state}`] : [])),
    );
    expect(paying).toEqual(['exact open']);
  });

  it('opens a work item for everything that is no plain payment', () => {
    for (const cells of Object.values(policy))
      for (const cell of Object.values(cells)) expect(cell.kind === 'payment').toBe(cell.category === undefined);
  });
});
