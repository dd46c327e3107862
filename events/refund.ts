import * as z from 'zod';
import {
  aboutInvoice,
  aboutMoney,
  EventInstant,
  EventMoney,
  event,
  exampleInvoice,
  exampleMoney,
  MovementIdText,
  PaymentIdText,
} from './envelope.ts';

const subject = exampleInvoice.invoiceId;

const RefundIdText = z
  .string()
  .regex(/^rfd_[1-9][0-9]{19}$/)
  .meta({ description: 'The refund; its digits are the reference that the provider knows' });

const aboutRefund = {
  ...aboutInvoice,
  refundId: RefundIdText,
  amount: EventMoney.meta({ description: 'What is to go back, in whole dong' }),
  reason: z
    .string()
    .regex(/^[A-Z_]{1,40}$/)
    .meta({ description: 'The coded legal reason' }),
  of: MovementIdText.meta({ description: 'The money that goes back' }),
  /** By when it must have gone back, once it is approved. */
  dueBy: EventInstant.optional(),
  /** Why a person has to give it back. */
  byHand: z.enum(['PROVIDER_CANNOT', 'PROVIDER_REFUSED', 'MONEY_AT_TREASURY']).optional(),
};

const exampleRefund = {
  ...exampleInvoice,
  refundId: 'rfd_48021356789004711815',
  amount: { amount: 35000, currency: 'VND' },
  reason: 'EXEMPTION_GRANTED',
  of: exampleMoney.movementId,
};
const approved = { ...exampleRefund, dueBy: '2026-11-24T23:59:59.999+07:00' };

export const refundRequested = event({
  type: 'refund.requested.v1',
  title: 'A refund was asked for, and its money is set aside. Another person decides.',
  data: aboutRefund,
  example: { subject, sequence: 40, data: exampleRefund },
});

export const refundApproved = event({
  type: 'refund.approved.v1',
  title: 'Another person ordered the refund. It goes to the provider that took the money.',
  data: aboutRefund,
  example: { subject, sequence: 48, data: approved },
});

export const refundRejected = event({
  type: 'refund.rejected.v1',
  title: 'Another person rejected the refund. Its money is free again.',
  data: aboutRefund,
  example: { subject, sequence: 48, data: exampleRefund },
});

export const refundWithdrawn = event({
  type: 'refund.withdrawn.v1',
  title: 'Whoever had asked for the refund took the request back. Its money is free again.',
  data: aboutRefund,
  example: { subject, sequence: 48, data: exampleRefund },
});

export const refundByHand = event({
  type: 'refund.by_hand.v1',
  title: 'No provider gives the money back: the agency must, from its own account.',
  data: aboutRefund,
  example: { subject, sequence: 56, data: { ...approved, byHand: 'PROVIDER_REFUSED' } },
});

export const refundFailed = event({
  type: 'refund.failed.v1',
  title: 'An approved refund came to nothing: the bank took the money back first, or it could not be returned.',
  data: aboutRefund,
  example: { subject, sequence: 64, data: approved },
});

const gone = {
  ...aboutInvoice,
  ...aboutMoney,
  provider: aboutMoney.provider.meta({ description: '`manual` where the agency gave it back itself' }),
  paymentId: PaymentIdText.optional(),
  refundId: RefundIdText,
  amount: EventMoney.meta({ description: 'What went back, in whole dong' }),
};
const exampleGone = {
  ...exampleInvoice,
  ...exampleMoney,
  paymentId: 'pay_480213567890017',
  refundId: exampleRefund.refundId,
  providerTransactionId: '48021356789004711815',
  movementId: 'mov_vnpay_^48021356789004711815',
  amount: exampleRefund.amount,
};

export const refundCompleted = event({
  type: 'refund.completed.v1',
  title: 'Money went back to whoever had paid it.',
  data: gone,
  example: { subject, sequence: 64, data: exampleGone },
});

const refunded = EventMoney.meta({ description: 'All that has gone back of what had paid the invoice, in whole dong' });

export const invoicePartiallyRefunded = event({
  type: 'invoice.partially_refunded.v1',
  title: 'Some of what had paid the invoice went back.',
  data: { ...gone, refunded },
  example: { subject, sequence: 65, data: { ...exampleGone, refunded: exampleRefund.amount } },
});

export const invoiceRefunded = event({
  type: 'invoice.refunded.v1',
  title: 'All that had paid the invoice went back.',
  data: { ...gone, refunded },
  example: {
    subject,
    sequence: 65,
    data: { ...exampleGone, amount: exampleInvoice.total, refunded: exampleInvoice.total },
  },
});
