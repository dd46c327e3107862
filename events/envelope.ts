import * as z from 'zod';

/** Members that several events share, and the envelope around all of them. Nothing here is personal data. */

/** Instants as this service writes them: RFC 3339 in Vietnam time, milliseconds only where there are any. */
export const EventInstant = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{3})?\+07:00$/)
  .meta({ format: 'date-time', description: 'RFC 3339 with +07:00' });

export const EventMoney = z
  .strictObject({ amount: z.int().min(0), currency: z.literal('VND') })
  .meta({ description: 'Whole dong' });

export const InvoiceIdText = z.string().regex(/^inv_[1-9][0-9]{11}$/);
export const PaymentIdText = z
  .string()
  .regex(/^pay_[1-9][0-9]{14}$/)
  .meta({ description: 'The attempt; its digits are the reference that the provider knows' });
export const MovementIdText = z
  .string()
  .regex(/^mov_[a-z0-9-]{2,24}_~?[!-~]{1,64}$/)
  .meta({ description: 'The money itself: the same in every event, report and journal entry about it' });

/** What every event about an invoice says. */
export const aboutInvoice = {
  invoiceId: InvoiceIdText,
  dossierCode: z.string().min(1).max(64),
  agencyCode: z.string().min(1).max(35),
  total: EventMoney.meta({ description: 'What the invoice asks for, in whole dong' }),
};

/** The provider's word about money that moved. */
export const aboutMoney = {
  provider: z.string().regex(/^[a-z][a-z0-9-]{1,23}$/),
  providerTransactionId: z.string().min(1).max(64),
  movementId: MovementIdText,
  paidAt: EventInstant.meta({
    description: 'Legal payment time: when the payer’s bank debited, by the provider’s word',
  }),
};

type Contract<Type extends string, Data extends z.ZodRawShape> = {
  type: Type;
  /** One sentence: what has happened. */
  title: string;
  subject?: z.ZodString;
  data: Data;
  example: { subject: string; sequence: number; data: Record<string, unknown> };
};

/**
 * One event: its schema in the shape of CloudEvents 1.0 (structured, JSON) and an example that satisfies it. Receivers must
 * pass over members that they do not know: a new member is no new version.
 */
export function event<const Type extends string, const Data extends z.ZodRawShape>(contract: Contract<Type, Data>) {
  const { type, title, subject = InvoiceIdText, data, example } = contract;
  const schema = z
    .strictObject({
      id: z
        .string()
        .regex(/^evt_[A-Za-z0-9_-]{1,100}$/)
        .meta({ description: 'The same on every retry and replay: keep the ids that you have handled' }),
      type: z.literal(type),
      time: EventInstant.meta({ description: 'When it happened here, RFC 3339 with +07:00' }),
      source: z.literal('thuphi'),
      subject,
      sequence: z
        .int()
        .min(1)
        .meta({ description: 'Grows with every event of one subject, with gaps: puts them in order' }),
      data: z.strictObject(data),
    })
    .meta({ title: type, description: title });
  return {
    type,
    title,
    schema,
    example: { id: `evt_480213567890_${type.split('.')[1]}`, type, time: EXAMPLE_TIME, source: 'thuphi', ...example },
  };
}

const EXAMPLE_TIME = '2026-11-22T09:14:04+07:00';

export const exampleInvoice = {
  invoiceId: 'inv_480213567890',
  dossierCode: 'H29.12-261122-0001',
  agencyCode: 'H29.12',
  total: { amount: 135000, currency: 'VND' },
};

export const exampleMoney = {
  provider: 'vnpay',
  providerTransactionId: '14900123',
  movementId: 'mov_vnpay_14900123',
  paidAt: '2026-11-22T09:14:03+07:00',
};
