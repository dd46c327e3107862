import { describe, expect, it } from 'vitest';
import { ThuphiEvent } from '../../events/index.ts';
import type { BookItem } from '../../shared/domain/invoice/book.ts';
import { Attempt, Invoice } from '../../shared/domain/invoice/invoice.ts';
import { EventId } from '../../shared/domain/notification/delivery.ts';
import { eventsOf } from '../../shared/domain/notification/outgoing.ts';
import { Movement } from '../../shared/domain/payment/movement.ts';
import { entriesOfChange } from '../../shared/usecases/publish-change.ts';

const AT = Date.parse('2026-11-22T09:14:04+07:00');

const attempt = Attempt.parse({
  providerId: 'sandbox-bank',
  merchantAccountId: 'tax-main',
  terminal: 'SANDBOX01',
  state: 'pending',
  createdAt: AT,
  expiresAt: AT + 900_000,
  returnUrl: 'https://portal.example/back',
  language: 'vi',
  payerIp: '203.0.113.9',
  keyHash: 'k',
  bodyHash: 'b',
});

const open = Invoice.parse({
  number: '480213567890',
  state: 'open',
  agencyCode: 'H29.12',
  dossierCode: 'H29.12-261122-0001',
  procedureCode: '1.004222',
  lines: [{ feeItem: '1.004222-01', kind: 'le_phi', quantity: 1, amount: 135000, beneficiary: 'main' }],
  total: 135000,
  due: 135000,
  payer: { name: 'Nguyễn Thử Nghiệm' },
  createdAt: AT,
  expiresAt: AT + 86_400_000,
  origin: { clientId: 'portal', keyHash: 'k', bodyHash: 'b' },
  attempts: [attempt],
  movements: {},
  version: 2,
});

const movement = (transactionId: string, of: Partial<Movement>): Movement =>
  Movement.parse({
    movementId: `mov_sandbox-bank_${transactionId}`,
    kind: 'payment',
    amount: 135000,
    providerId: 'sandbox-bank',
    merchantAccountId: 'tax-main',
    terminal: 'SANDBOX01',
    transactionId,
    attempt: 1,
    paidAt: AT - 1000,
    committedAt: AT,
    lines: [
      { side: 'debit', account: 'clearing:tax-main', amount: 135000 },
      { side: 'credit', account: 'payable:H29.12:main', amount: 135000 },
    ],
    evidence: '{}',
    ...of,
  });

const item = (change: Partial<Invoice>): BookItem => ({ kind: 'invoice', invoice: { ...open, ...change } });
const holding = (...movements: Movement[]) => Object.fromEntries(movements.map((one) => [one.movementId, one]));
const surplus = movement('SB2', { kind: 'surplus', category: 'DUPLICATE_PAYMENT' });
const unmatched = movement('SB3', { kind: 'unmatched', category: 'AMOUNT_UNDER' });
const { attempt: _none, ...unknown } = movement('SB4', { kind: 'unmatched', category: 'UNKNOWN_REFERENCE' });

describe('what the service sends', () => {
  it.each<[string, BookItem | undefined, BookItem, string[]]>([
    ['an invoice made', undefined, item({}), ['invoice.created.v1']],
    ['cancelled', item({}), item({ state: 'cancelled' }), ['invoice.cancelled.v1']],
    ['expired', item({}), item({ state: 'expired' }), ['invoice.expired.v1']],
    ['an attempt declined', item({}), item({ attempts: [{ ...attempt, state: 'failed' }] }), ['payment.failed.v1']],
    [
      'paid',
      item({}),
      item({ state: 'paid', attempts: [{ ...attempt, state: 'succeeded' }], movements: holding(movement('SB1', {})) }),
      ['payment.succeeded.v1', 'invoice.paid.v1'],
    ],
    [
      'paid again, late',
      item({ state: 'expired' }),
      item({ state: 'expired', attempts: [{ ...attempt, state: 'succeeded_late' }], movements: holding(surplus) }),
      ['payment.succeeded_late.v1', 'money.surplus.v1'],
    ],
    ['a wrong amount', item({}), item({ movements: holding(unmatched) }), ['money.unmatched.v1']],
    [
      'money under an unknown reference',
      undefined,
      { kind: 'receipt', key: 'x', agencyCode: 'unassigned', movements: holding(unknown) },
      ['money.unmatched.v1'],
    ],
  ])('%s: keeps the contract', (_name, before, after, types) => {
    const sent = eventsOf(before, after, AT, entriesOfChange(before, after), (text) =>
      String(text.length).padStart(12, '0'),
    );
    expect(sent.map(({ type }) => type)).toEqual(types);
    for (const event of sent) {
      expect(ThuphiEvent.parse(event)).toEqual(event);
      expect(EventId.safeParse(event.id).success).toBe(true);
      expect(JSON.stringify(event)).not.toContain('Nguyễn');
    }
  });
});
