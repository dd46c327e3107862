import * as z from 'zod';
import {
  aboutInvoice,
  aboutMoney,
  EventMoney,
  event,
  exampleInvoice,
  exampleMoney,
  MovementIdText,
  PaymentIdText,
} from './envelope.ts';

const amount = EventMoney.meta({ description: 'What arrived, in whole dong' });

const surplusCategories = ['DUPLICATE_PAYMENT', 'LATE_AFTER_EXPIRY', 'PAID_AFTER_CANCELLATION', 'AMOUNT_OVER'] as const;

export const moneySurplus = event({
  type: 'money.surplus.v1',
  title: 'Money arrived that the invoice no longer needs. Somebody must decide what becomes of it.',
  data: {
    ...aboutInvoice,
    ...aboutMoney,
    paymentId: PaymentIdText.optional(),
    amount,
    category: z.enum(surplusCategories),
  },
  example: {
    subject: exampleInvoice.invoiceId,
    sequence: 32,
    data: {
      ...exampleInvoice,
      ...exampleMoney,
      paymentId: 'pay_480213567890025',
      amount: { amount: 135000, currency: 'VND' },
      category: 'DUPLICATE_PAYMENT',
    },
  },
});

export const moneyUnmatched = event({
  type: 'money.unmatched.v1',
  title: 'Money arrived that pays no invoice: of a wrong amount, at a wrong account, or under an unknown reference.',
  /** The invoice where the reference leads to one, else the movement. */
  subject: z.string().regex(/^(?:inv_[1-9][0-9]{11}|mov_[a-z0-9-]{2,24}_~?[!-~]{1,64})$/),
  data: {
    ...aboutMoney,
    movementId: MovementIdText,
    agencyCode: aboutInvoice.agencyCode.meta({ description: '`unassigned` where the account serves several agencies' }),
    /** Absent where the reference leads to no invoice. */
    invoiceId: aboutInvoice.invoiceId.optional(),
    dossierCode: aboutInvoice.dossierCode.optional(),
    total: aboutInvoice.total.optional(),
    paymentId: PaymentIdText.optional(),
    amount,
    /** An invoice bears so many movements; what comes after them is unmatched, whatever else it is. */
    category: z.enum([
      'AMOUNT_UNDER',
      'WRONG_ACCOUNT',
      'UNKNOWN_REFERENCE',
      'REVERSED',
      'TOO_MANY_MOVEMENTS',
      ...surplusCategories,
    ]),
  },
  example: {
    subject: exampleMoney.movementId,
    sequence: 1,
    data: {
      ...exampleMoney,
      agencyCode: exampleInvoice.agencyCode,
      amount: { amount: 120000, currency: 'VND' },
      category: 'UNKNOWN_REFERENCE',
    },
  },
});
