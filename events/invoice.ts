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

export const invoiceCreated = event({
  type: 'invoice.created.v1',
  title: 'An invoice was made and can be paid.',
  data: { ...aboutInvoice, expiresAt: EventInstant.meta({ description: 'Until when the invoice can be paid' }) },
  example: { subject, sequence: 8, data: { ...exampleInvoice, expiresAt: '2026-12-07T23:59:59.999+07:00' } },
});

export const invoicePaid = event({
  type: 'invoice.paid.v1',
  title: 'The whole amount of an invoice was received.',
  data: {
    ...aboutInvoice,
    ...aboutMoney,
    /** Absent where it was paid at the agency’s desk. */
    paymentId: PaymentIdText.optional(),
  },
  example: { subject, sequence: 25, data: { ...exampleInvoice, ...exampleMoney, paymentId: 'pay_480213567890017' } },
});

export const invoicePartPaid = event({
  type: 'invoice.part_paid.v1',
  title: 'A part of an invoice was received; the rest is still due. Only of agencies that accept parts.',
  data: {
    ...aboutInvoice,
    ...aboutMoney,
    paymentId: PaymentIdText.optional(),
    amount: EventMoney.meta({ description: 'What arrived, in whole dong' }),
    due: EventMoney.meta({ description: 'What is still to be paid, in whole dong' }),
  },
  example: {
    subject,
    sequence: 24,
    data: {
      ...exampleInvoice,
      ...exampleMoney,
      paymentId: 'pay_480213567890017',
      amount: { amount: 35000, currency: 'VND' },
      due: { amount: 100000, currency: 'VND' },
    },
  },
});

export const invoiceExpired = event({
  type: 'invoice.expired.v1',
  title: 'An invoice was not paid in time. Money that still arrives is surplus.',
  data: { ...aboutInvoice, expiredAt: EventInstant.meta({ description: 'Until when it could be paid' }) },
  example: { subject, sequence: 16, data: { ...exampleInvoice, expiredAt: '2026-12-07T23:59:59.999+07:00' } },
});

export const invoiceCancelled = event({
  type: 'invoice.cancelled.v1',
  title: 'An invoice was withdrawn. Money that still arrives is surplus.',
  data: { ...aboutInvoice, cancelledAt: EventInstant },
  example: { subject, sequence: 16, data: { ...exampleInvoice, cancelledAt: '2026-11-22T10:00:00+07:00' } },
});
