import { describe, expect, it } from 'vitest';
import { IllegalMove } from '../../shared/domain/invoice/states.ts';
import { dong } from '../../shared/domain/money/dong.ts';
import { AttemptEvent, AttemptState, canMoveAttempt, moveAttempt } from '../../shared/domain/payment/advance.ts';
import {
  MAX_MOVEMENTS,
  movementId,
  type ReportedMovement,
  reportedMovement,
  roomFor,
  sameMovement,
} from '../../shared/domain/payment/movement.ts';
import { ProviderNotice } from '../../shared/domain/payment/provider.ts';
import { paymentReference } from '../../shared/domain/payment/reference.ts';
import { NUMBER } from '../dsl/given.ts';
import { NOW } from '../dsl/world.ts';

const legal: Record<string, AttemptState> = {
  'created ProviderAccepted': 'pending',
  'created ProviderConfirmed': 'succeeded',
  'created ProviderDeclined': 'failed',
  'created DeadlinePassed': 'expired',
  'pending ProviderConfirmed': 'succeeded',
  'pending ProviderDeclined': 'failed',
  'pending DeadlinePassed': 'expired',
  'expired ProviderConfirmed': 'succeeded_late',
  'failed ProviderConfirmed': 'succeeded_late',
  'succeeded ProviderReversed': 'reversed',
  'succeeded_late ProviderReversed': 'reversed',
  'reversed ProviderConfirmed': 'succeeded_late',
};

describe('the states of an attempt', () => {
  const cells = AttemptState.options.flatMap((state) => AttemptEvent.options.map((event) => [state, event] as const));

  it.each(cells)('%s, %s', (state, event) => {
    const to = legal[`${state} ${event}`];
    expect(canMoveAttempt(state, event)).toBe(to !== undefined);
    if (to) expect(moveAttempt(state, event)).toBe(to);
    else expect(() => moveAttempt(state, event)).toThrow(IllegalMove);
  });
});

describe('the name of a movement', () => {
  it('is the provider and its transaction', () => expect(movementId('vnpay', '14226112')).toBe('mov_vnpay_14226112'));

  it('never is the same for two providers', () =>
    expect(movementId('bank', 'a_b')).not.toBe(movementId('bank-a', 'b')));

  it.each(['', ' ', 'T 1', 'T\n1', 'Tẻ', 'x'.repeat(65)])('cannot be made of %j', (text) =>
    expect(movementId('vnpay', text)).toBeUndefined(),
  );
});

describe('two reports of one movement', () => {
  const one: ReportedMovement = { movementId: 'mov_vnpay_1', amount: dong(5), terminal: 'T', attempt: 1 };

  it('are the same when amount, terminal and attempt are', () => expect(sameMovement(one, { ...one })).toBe(true));

  it.each([
    ['amount', { amount: dong(6) }],
    ['terminal', { terminal: 'U' }],
    ['attempt', { attempt: 2 }],
    ['name', { movementId: 'mov_vnpay_2' }],
  ])('differ by %s', (_, more) => expect(sameMovement(one, { ...one, ...more })).toBe(false));
});

describe('what a notice reports', () => {
  const notice = ProviderNotice.parse({
    providerId: 'vnpay',
    terminal: 'T',
    reference: paymentReference(NUMBER, 3),
    outcome: 'paid',
    amount: 5,
    currency: 'VND',
    transactionId: '1',
    paidAt: NOW,
    resultCode: '00',
    evidence: '',
  });

  it('names the attempt that its reference names, made or not', () =>
    expect(reportedMovement(notice)).toEqual({ movementId: 'mov_vnpay_1', amount: 5, terminal: 'T', attempt: 3 }));

  it('names none where the reference is none of ours', () =>
    expect(reportedMovement({ ...notice, reference: 'ABC' })).toEqual({
      movementId: 'mov_vnpay_1',
      amount: 5,
      terminal: 'T',
    }));

  it('is no movement without amount or name', () => {
    expect(reportedMovement({ ...notice, amount: null })).toBeUndefined();
    expect(reportedMovement({ ...notice, amount: dong(0) })).toBeUndefined();
    expect(reportedMovement({ ...notice, transactionId: '' })).toBeUndefined();
  });
});

describe('the room on an invoice', () => {
  it('keeps its last place for the payment', () => {
    expect(roomFor({ kind: 'payment' })).toBe(MAX_MOVEMENTS);
    expect(roomFor({ kind: 'surplus' })).toBe(MAX_MOVEMENTS - 1);
    expect(roomFor({ kind: 'unmatched' })).toBe(MAX_MOVEMENTS - 1);
  });
});
