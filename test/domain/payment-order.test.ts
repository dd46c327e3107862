import { describe, expect, it } from 'vitest';
import { paymentOrderOf, paymentOrdersCsv } from '../../shared/domain/refund/payment-order.ts';
import type { HandReason, Refund } from '../../shared/domain/refund/refund.ts';
import { ACCOUNT, DECISION, PAYMENT, paidInvoice, WHOLE } from '../dsl/refunding.ts';

const COLLECTING = { bankBin: '970415', accountNumber: '1100220033' };

const orderByHand = (byHand: HandReason) =>
  paymentOrderOf(
    paidInvoice(),
    {
      ...{ refundId: 'rfn_480213567890_1', state: 'manual', amount: WHOLE, movementId: PAYMENT.movementId, lines: [] },
      ...{ reason: 'EXEMPTION_GRANTED', decision: DECISION, by: 'clerk-lan', requestedAt: 1, byHand, account: ACCOUNT },
    } as unknown as Refund,
    COLLECTING,
  );

const cell = (csv: string, title: string): string | undefined => {
  const [titles = [], row = []] = csv.split('\r\n').map((line) => line.replace(/^\uFEFF/, '').split(','));
  return row[titles.indexOf(title)];
};

describe('a payment order', () => {
  it('of money that reached the treasury debits no account of ours: the treasury gives it back by its own order', () => {
    const order = orderByHand('MONEY_AT_TREASURY');
    expect(order.payer).toBeUndefined();
    const csv = paymentOrdersCsv([order]);
    expect(cell(csv, 'Ngân hàng trả (BIN) / Payer bank')).toBe('');
    expect(cell(csv, 'Tài khoản trả / Payer account')).toBe('');
    expect(cell(csv, 'Lý do hoàn thủ công / By hand because')).toBe(
      'Tiền đã vào kho bạc / Money at the treasury (MONEY_AT_TREASURY)',
    );
  });

  it('of money that its provider cannot give back debits the account that took it', () => {
    const order = orderByHand('PROVIDER_REFUSED');
    expect(order.payer).toEqual({ bankBin: COLLECTING.bankBin, number: COLLECTING.accountNumber });
    expect(cell(paymentOrdersCsv([order]), 'Lý do hoàn thủ công / By hand because')).toBe(
      'Nhà cung cấp từ chối / Provider refused (PROVIDER_REFUSED)',
    );
  });
});
