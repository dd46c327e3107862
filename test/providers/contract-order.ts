import { dong } from '../../shared/domain/money/dong.ts';
import type { PaymentOrder, RefundOrder } from '../../shared/domain/payment/provider.ts';
import { paymentReference } from '../../shared/domain/payment/reference.ts';
import { NUMBER } from '../dsl/given.ts';
import { NOW } from '../dsl/world.ts';
import { AMOUNT } from './callback-world.ts';
import type { Party, Said } from './parties/party.ts';

/** The order that every provider of the contract is given, and what it says about it. */

/** What is paid with it, in two lines. */
export const BILL: PaymentOrder['bill'] = {
  agencyCode: 'H29.1',
  dossierCode: 'H29.1-261120-0001',
  procedureCode: '2.000815',
  lines: [
    { feeItem: '2.000815-01', kind: 'phi', amount: dong(AMOUNT - 20_000) },
    { feeItem: '2.000815-02', kind: 'le_phi', amount: dong(20_000) },
  ],
  payer: { name: 'Nguyễn Văn An' },
};

export const ORDER: PaymentOrder = {
  reference: paymentReference(NUMBER, 1),
  amount: dong(AMOUNT),
  createdAt: NOW - 60_000,
  expiresAt: NOW + 14 * 60_000,
  returnUrl: 'https://portal.example.gov.vn/ket-qua',
  language: 'vi',
  payerIp: '203.0.113.7',
  description: `Thanh toan hoa don ${NUMBER}`,
  bill: BILL,
};

const ZONES = ['UTC', 'America/Los_Angeles', 'Etc/GMT+7', 'Asia/Ho_Chi_Minh'];

/** The same wherever the process runs. */
export function inEveryZone<T>(act: () => T): T[] {
  const before = process.env['TZ'];
  try {
    return ZONES.map((zone) => {
      process.env['TZ'] = zone;
      return act();
    });
  } finally {
    if (before === undefined) delete process.env['TZ'];
    else process.env['TZ'] = before;
  }
}

export const saidBy = ({ account, callbacks, query }: Party, more: Partial<Said> = {}): Said => ({
  reference: ORDER.reference,
  amount: AMOUNT,
  transactionId: '14226112',
  code: callbacks?.codes.paid?.[0] ?? query?.codes.paid?.[0] ?? '',
  terminal: account.terminal,
  paidAt: NOW - 60_000,
  createdAt: ORDER.createdAt,
  text: 'Nộp lệ phí',
  ...more,
});

export const REFUND: RefundOrder = {
  refundReference: '48021356789001',
  reference: ORDER.reference,
  transactionId: '14226112',
  paid: ORDER.amount,
  amount: dong(20_000),
  attemptCreatedAt: ORDER.createdAt,
  requestedAt: NOW,
  description: 'Hoan tien',
};
