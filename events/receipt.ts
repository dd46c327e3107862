import * as z from 'zod';
import { aboutInvoice, EventMoney, event, exampleInvoice } from './envelope.ts';

const ReceiptIdText = z.string().regex(/^rct_[1-9][0-9]{13}$/);

export const receiptIssued = event({
  type: 'receipt.issued.v1',
  title: 'An electronic receipt has its number. Another one may have been replaced by it.',
  subject: ReceiptIdText,
  data: {
    ...aboutInvoice,
    receiptId: ReceiptIdText,
    kind: z.enum(['phi', 'le_phi', 'an_phi']).meta({ description: 'What it is a receipt of' }),
    form: z.string().min(1).max(20).meta({ description: 'Mẫu số' }),
    symbol: z.string().min(1).max(20).meta({ description: 'Ký hiệu' }),
    number: z.int().min(1).meta({ description: 'Số; from 1 each year in each symbol of a collector' }),
    amount: EventMoney.meta({ description: 'What the receipt is over, in whole dong' }),
    /** The receipt whose place it takes. */
    replaces: ReceiptIdText.optional(),
    reason: z.enum(['MONEY_WENT_BACK', 'WRONG_DETAILS']).optional(),
  },
  example: {
    subject: 'rct_48021356789001',
    sequence: 1,
    data: {
      ...exampleInvoice,
      receiptId: 'rct_48021356789001',
      kind: 'le_phi',
      form: 'EBL01',
      symbol: '26TAA',
      number: 1,
      amount: { amount: 135000, currency: 'VND' },
    },
  },
});
