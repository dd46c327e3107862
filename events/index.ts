import * as z from 'zod';
import { invoiceCancelled, invoiceCreated, invoiceExpired, invoicePaid, invoicePartPaid } from './invoice.ts';
import { moneySurplus, moneyUnmatched } from './money.ts';
import { paymentFailed, paymentReversed, paymentSucceeded, paymentSucceededLate } from './payment.ts';
import { receiptIssued } from './receipt.ts';
import {
  invoicePartiallyRefunded,
  invoiceRefunded,
  refundApproved,
  refundByHand,
  refundCompleted,
  refundFailed,
  refundRejected,
  refundRequested,
  refundWithdrawn,
} from './refund.ts';

/**
 * The events of this service as a product: versioned, each with a schema and an example, depending on nothing else here. A
 * change that a careful receiver would notice is a new type with the next version, sent beside the old one for a while.
 */
export const events = [
  invoiceCreated,
  invoicePaid,
  invoicePartPaid,
  invoiceExpired,
  invoiceCancelled,
  paymentSucceeded,
  paymentFailed,
  paymentSucceededLate,
  paymentReversed,
  moneySurplus,
  moneyUnmatched,
  invoicePartiallyRefunded,
  invoiceRefunded,
  refundRequested,
  refundApproved,
  refundRejected,
  refundWithdrawn,
  refundByHand,
  refundCompleted,
  refundFailed,
  receiptIssued,
] as const;

/** Any event of this service. */
export const ThuphiEvent = z.discriminatedUnion('type', [
  invoiceCreated.schema,
  invoicePaid.schema,
  invoicePartPaid.schema,
  invoiceExpired.schema,
  invoiceCancelled.schema,
  paymentSucceeded.schema,
  paymentFailed.schema,
  paymentSucceededLate.schema,
  paymentReversed.schema,
  moneySurplus.schema,
  moneyUnmatched.schema,
  invoicePartiallyRefunded.schema,
  invoiceRefunded.schema,
  refundRequested.schema,
  refundApproved.schema,
  refundRejected.schema,
  refundWithdrawn.schema,
  refundByHand.schema,
  refundCompleted.schema,
  refundFailed.schema,
  receiptIssued.schema,
]);
export type ThuphiEvent = z.infer<typeof ThuphiEvent>;

/**
 * File name in `schemas/` and JSON Schema (2020-12), with its example, of every event. What we send is checked strictly;
 * what is published leaves room for members to come, so that a receiver who validates does not refuse them.
 */
export function jsonSchemas(): Map<string, object> {
  return new Map(
    events.map(({ type, schema, example }) => [
      `${type}.json`,
      {
        $id: `https://thuphi.dev/events/${type}.json`,
        ...z.toJSONSchema(schema, { override: open }),
        examples: [example],
      },
    ]),
  );
}

function open({ jsonSchema }: { jsonSchema: { additionalProperties?: unknown } }): void {
  delete jsonSchema.additionalProperties;
}
