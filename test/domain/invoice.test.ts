import { describe, expect, it } from 'vitest';
import {
  attemptStateAt,
  byBeneficiary,
  Invoice,
  maskedPayer,
  moneyOf,
  stateAt,
} from '../../shared/domain/invoice/invoice.ts';
import { IllegalMove, InvoiceEvent, InvoiceState, moveInvoice } from '../../shared/domain/invoice/states.ts';
import { dong } from '../../shared/domain/money/dong.ts';
import type { Movement } from '../../shared/domain/payment/movement.ts';
import { invoiceOf, NOW } from '../dsl/world.ts';

/** Every legal move, in words of its own. */
const legal: Record<string, InvoiceState> = {
  'open Paid': 'paid',
  'expired Paid': 'paid',
  'open DeadlinePassed': 'expired',
  'open Cancelled': 'cancelled',
  'paid PartlyRefunded': 'partially_refunded',
  'paid Refunded': 'refunded',
  'partially_refunded PartlyRefunded': 'partially_refunded',
  'partially_refunded Refunded': 'refunded',
  'open Reversed': 'open',
  'paid Reversed': 'open',
  'expired Reversed': 'expired',
  'cancelled Reversed': 'cancelled',
};

describe('the states of an invoice', () => {
  const cells = InvoiceState.options.flatMap((state) => InvoiceEvent.options.map((event) => [state, event] as const));

  it.each(cells)('%s, %s', (state, event) => {
    const to = legal[`${state} ${event}`];
    if (to) expect(moveInvoice(state, event)).toBe(to);
    else expect(() => moveInvoice(state, event)).toThrow(IllegalMove);
  });

  it('expire to the millisecond, whether or not anybody wrote it down', () => {
    expect(stateAt({ state: 'open', expiresAt: NOW }, NOW)).toBe('open');
    expect(stateAt({ state: 'open', expiresAt: NOW }, NOW + 1)).toBe('expired');
    for (const state of ['paid', 'cancelled', 'refunded'] as const)
      expect(stateAt({ state, expiresAt: NOW }, NOW + 1)).toBe(state);
  });

  it('of an attempt expire likewise, only while it waits', () => {
    for (const state of ['created', 'pending'] as const) {
      expect(attemptStateAt({ state, expiresAt: NOW }, NOW)).toBe(state);
      expect(attemptStateAt({ state, expiresAt: NOW }, NOW + 1)).toBe('expired');
    }
    expect(attemptStateAt({ state: 'succeeded', expiresAt: NOW }, NOW + 1)).toBe('succeeded');
  });
});

describe('what an invoice shows', () => {
  const line = (beneficiary: string, amount: number) => ({ beneficiary, amount: dong(amount) });

  it('its amounts by beneficiary, in the order of the lines, without those of nothing', () => {
    expect(byBeneficiary([line('b', 1), line('a', 0), line('c', 5), line('b', 2)])).toEqual([
      { beneficiary: 'b', amount: 3 },
      { beneficiary: 'c', amount: 5 },
    ]);
    expect(byBeneficiary([])).toEqual([]);
  });

  it('what was paid, what came in beyond it, and what fits nothing', () => {
    const movement = (id: string, kind: Movement['kind'], amount: number) => ({
      [`mov_bank-one_${id}`]: { movementId: `mov_bank-one_${id}`, kind, amount: dong(amount), paidAt: NOW } as Movement,
    });
    const movements = {
      ...movement('1', 'payment', 10),
      ...movement('2', 'surplus', 3),
      ...movement('3', 'unmatched', 4),
    };
    expect(moneyOf({ movements })).toEqual({
      paid: 10,
      surplus: 3,
      unmatched: 4,
      reversed: 0,
      refunded: 0,
      paidAt: NOW,
    });
    expect(moneyOf({ movements: {} })).toEqual({ paid: 0, surplus: 0, unmatched: 0, reversed: 0, refunded: 0 });
    const back = { ...movements, ...movement('~1', 'reversal', 10), ...movement('4', 'part', 6) };
    expect(moneyOf({ movements: back })).toEqual({ paid: 6, surplus: 3, unmatched: 4, reversed: 10, refunded: 0 });
  });

  it('enough of a payer to recognise, too little to copy', () => {
    expect(maskedPayer({ name: 'Nguyễn Thử Nghiệm', idNumber: '001099000123', taxCode: '0101234567' })).toEqual({
      name: 'N• T• Nghiệm',
      idNumber: '••••••••0123',
      taxCode: '••••••4567',
    });
    expect(maskedPayer({ name: 'An' })).toEqual({ name: 'An' });
  });

  it('is refused with a total that is no amount, or without lines', () => {
    expect(Invoice.safeParse(invoiceOf('480213567890')).success).toBe(true);
    expect(Invoice.safeParse({ ...invoiceOf('480213567890'), total: 0.5 }).success).toBe(false);
    expect(Invoice.safeParse({ ...invoiceOf('480213567890'), lines: [] }).success).toBe(false);
  });
});
