import * as z from 'zod';
import * as api from '../../shared/api/refunds.ts';
import type { InvoiceBook } from '../../shared/domain/invoice/book.ts';
import type { InvoiceId } from '../../shared/domain/invoice/number.ts';
import { lazy } from '../../shared/domain/lazy.ts';
import { type CursorCodec, InvalidCursor } from '../../shared/domain/paging.ts';
import { type PaymentOrder, paymentOrdersCsv } from '../../shared/domain/refund/payment-order.ts';
import type { RefundId } from '../../shared/domain/refund/refund.ts';
import { answering, type Route } from '../../shared/runtime/http.ts';
import { preferredMediaType } from '../../shared/runtime/negotiation.ts';
import * as deciding from '../../shared/usecases/decide-refund.ts';
import { makeReturnOrders } from '../../shared/usecases/make-return-orders.ts';
import * as reading from '../../shared/usecases/read-refunds.ts';
import {
  type RefundChanged,
  type RequestRefundDependencies,
  requestRefund,
} from '../../shared/usecases/request-refund.ts';
import * as returning from '../../shared/usecases/return-by-hand.ts';
import { presentOrder, presentRefund } from './present.ts';

export type RefundsRoutesDependencies = RequestRefundDependencies &
  deciding.DecideRefundDependencies &
  Pick<Parameters<typeof reading.returnsToMake>[2], 'list' | 'registry'> & {
    invoices: Pick<InvoiceBook, 'find' | 'findMany' | 'writeRefund'>;
    /** Read when a list is asked for: its key stands in the secret store. */
    cursors: () => Promise<CursorCodec>;
  };

const Position = lazy(() => z.strictObject({ day: z.iso.date(), after: z.string().optional() }));

const csvAnswer = (orders: readonly PaymentOrder[], filename: string) => ({
  status: 200 as const,
  body: paymentOrdersCsv(orders),
  contentType: 'text/csv; charset=utf-8',
  headers: { 'content-disposition': `attachment; filename="${filename}"` },
});

export const refundsRoutes = (dependencies: RefundsRoutesDependencies): Route[] => {
  const { now } = dependencies;
  const changed = ({ replayed, ...one }: RefundChanged) => ({
    status: 200 as const,
    body: presentRefund(one, now()),
    replayed,
  });
  const idIn = (params: { refundId: string }) => params.refundId as RefundId;

  return [
    answering(api.createRefund, async ({ params, body, caller, idempotencyKey }) => {
      const command = { invoiceId: params.invoiceId as InvoiceId, ...body };
      const { replayed, ...one } = await requestRefund(command, caller, idempotencyKey, dependencies);
      return {
        status: 201,
        body: presentRefund(one, now()),
        replayed,
        headers: { location: `/v1/refunds/${one.refund.refundId}` },
      };
    }),

    answering(api.listInvoiceRefunds, async ({ params, caller }) => {
      const refunds = await reading.refundsOfInvoice(params.invoiceId as InvoiceId, caller, dependencies);
      return { status: 200, body: { data: refunds.map((one) => presentRefund(one, now())) } };
    }),

    answering(api.listRefunds, async ({ query: { cursor, ...filter }, caller }) => {
      const codec = await dependencies.cursors();
      const { limit: _, ...question } = filter;
      const boundTo = `refunds ${caller.clientId} ${JSON.stringify(question)}`;
      const position = cursor === undefined ? undefined : Position.safeParse(JSON.parse(codec.decode(cursor, boundTo)));
      if (position && !position.success) throw new InvalidCursor();
      const { refunds, next } = await reading.listRefunds(filter, position?.data, caller, dependencies);
      return {
        status: 200,
        body: {
          data: refunds.map((one) => presentRefund(one, now())),
          nextCursor: next ? codec.encode(JSON.stringify(next), boundTo) : null,
        },
      };
    }),

    answering(api.getRefund, async ({ params, caller }) => ({
      status: 200,
      body: presentRefund(await reading.readRefund(idIn(params), caller, dependencies), now()),
    })),

    answering(api.approveRefund, async ({ params, body, caller }) =>
      changed(await deciding.approveRefund({ refundId: idIn(params), ...body }, caller, dependencies)),
    ),

    answering(api.rejectRefund, async ({ params, body, caller }) =>
      changed(await deciding.rejectRefund({ refundId: idIn(params), ...body }, caller, dependencies)),
    ),

    answering(api.withdrawRefund, async ({ params, caller }) =>
      changed(await deciding.withdrawRefund(idIn(params), caller, dependencies)),
    ),

    answering(api.reportReturn, async ({ params, body, caller, idempotencyKey }) =>
      changed(await returning.reportReturn({ refundId: idIn(params), ...body }, caller, idempotencyKey, dependencies)),
    ),

    answering(api.approveReturn, async ({ params, caller }) =>
      changed(await returning.decideReturn({ refundId: idIn(params), confirmed: true }, caller, dependencies)),
    ),

    answering(api.makeReturnOrders, async ({ body, caller, idempotencyKey, accept }) => {
      const { batch, orders, more } = await makeReturnOrders(body, caller, idempotencyKey, dependencies);
      if (preferredMediaType(accept, ['application/json', 'text/csv']) === 'text/csv')
        return csvAnswer(orders, `orders-${batch}.csv`);
      return { status: 200, body: { batch, data: orders.map(presentOrder), more } };
    }),

    answering(api.listManualReturns, async ({ query: { format, ...filter }, caller, accept }) => {
      const orders = await reading.returnsToMake(filter, caller, dependencies);
      const asked =
        format ?? (preferredMediaType(accept, ['application/json', 'text/csv']) === 'text/csv' ? 'csv' : 'json');
      if (asked === 'csv') return csvAnswer(orders, 'manual-returns.csv');
      return { status: 200, body: { data: orders.map(presentOrder) } };
    }),

    answering(api.rejectReturn, async ({ params, caller }) =>
      changed(await returning.decideReturn({ refundId: idIn(params), confirmed: false }, caller, dependencies)),
    ),
  ];
};
