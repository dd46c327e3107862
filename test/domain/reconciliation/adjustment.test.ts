import { describe, expect, it } from 'vitest';
import { adjustmentOf } from '../../../shared/domain/reconciliation/results.ts';

const agencies = { 'H29.14': { count: 2, amount: 270_000 } };
const terminals = { T1: { count: 2, amount: 270_000, fee: 2_000 } };

describe('what a file says otherwise of a closed day', () => {
  it('is all of it where the day was closed without one, and nothing where it says the same', () => {
    const nothing = { refunded: 0, chargedBack: 0 };
    expect(adjustmentOf({ agencies, terminals }, undefined)).toEqual({
      agencies,
      terminals: { T1: { ...terminals.T1, ...nothing } },
    });
    expect(adjustmentOf({ agencies, terminals }, { agencies, terminals })).toEqual({ agencies: {}, terminals: {} });
  });

  it('changes no payout of a file that was read before terminals were kept', () => {
    const before = { 'H29.14': { count: 1, amount: 135_000 } };
    expect(adjustmentOf({ agencies, terminals }, { agencies: before })).toEqual({
      agencies: { 'H29.14': { count: 1, amount: 135_000 } },
      terminals: {},
    });
  });
});
