import * as z from 'zod';
import {
  aboutInvoice,
  aboutMoney,
  EventInstant,
  EventMoney,
  event,
  exampleInvoice,
  exampleMoney,
  PaymentIdText,
} from './envelope.ts';

const subject = exampleInvoice.invoiceId;

const received = { ...aboutInvoice, ...aboutMoney, paymentId: PaymentIdText, amount: EventMoney };
const exampleAttempt = { paymentId: 'pay_480213567890017', amount: { amount: 135000, currency: 'VND' } };

export const paymentSucceeded = event({
  type: 'payment.succeeded.v1',
  title: 'The provider confirmed an attempt to pay.',
  data: received,
  example: { subject, sequence: 24, data: { ...exampleInvoice, ...exampleMoney, ...exampleAttempt } },
});

export const paymentFailed = event({
  type: 'payment.failed.v1',
  title: 'The provider declined an attempt to pay. The invoice stays open; another attempt may be made.',
  data: {
    ...aboutInvoice,
    paymentId: PaymentIdText,
    provider: aboutMoney.provider,
    amount: EventMoney.meta({ description: 'What the attempt was for, in whole dong' }),
    failedAt: EventInstant,
  },
  example: {
    subject,
    sequence: 16,
    data: {
      ...exampleInvoice,
      ...exampleAttempt,
      provider: exampleMoney.provider,
      failedAt: '2026-11-22T09:12:40+07:00',
    },
  },
});

export const paymentReversed = event({
  type: 'payment.reversed.v1',
  title:
    'Money that had been received went back to the payer’s bank. What the invoice is now says whether it can be paid again.',
  data: {
    ...aboutInvoice,
    ...aboutMoney,
    /** Absent where it was paid at the agency’s desk. */
    paymentId: PaymentIdText.optional(),
    amount: EventMoney.meta({ description: 'What went back, in whole dong' }),
    due: EventMoney.meta({ description: 'What is to be paid now, in whole dong' }),
    invoiceState: z.enum(['open', 'paid', 'partially_refunded', 'refunded', 'expired', 'cancelled']),
  },
  example: {
    subject,
    sequence: 40,
    data: {
      ...exampleInvoice,
      ...exampleMoney,
      ...exampleAttempt,
      movementId: 'mov_vnpay_~14900123',
      due: { amount: 135000, currency: 'VND' },
      invoiceState: 'open',
    },
  },
});

export const paymentSucceededLate = event({
  type: 'payment.succeeded_late.v1',
  title: 'The provider confirmed an attempt that had expired or failed here. The money is real and is kept.',
  data: received,
  example: { subject, sequence: 32, data: { ...exampleInvoice, ...exampleMoney, ...exampleAttempt } },
});
