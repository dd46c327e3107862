import { money } from '../../shared/api/common.ts';
import * as api from '../../shared/api/trace.ts';
import { stateAt } from '../../shared/domain/invoice/invoice.ts';
import { type InvoiceId, invoiceId } from '../../shared/domain/invoice/number.ts';
import type { RefundId } from '../../shared/domain/refund/refund.ts';
import { formatInstant } from '../../shared/domain/time.ts';
import { answering, type Route } from '../../shared/runtime/http.ts';
import { readTrace, type TraceDependencies } from '../../shared/usecases/read-trace.ts';

export const traceRoutes = (dependencies: TraceDependencies): Route[] => [
  answering(api.readTrace, async ({ params, caller }) => {
    const { invoice, trace } = await readTrace(params.invoiceId as InvoiceId, caller, dependencies);
    return {
      status: 200,
      body: {
        invoiceId: invoiceId(invoice.number),
        dossierCode: invoice.dossierCode,
        agencyCode: invoice.agencyCode,
        state: stateAt(invoice, dependencies.now()),
        hops: trace.hops.map(({ at, amount, refundId, ...hop }) => ({
          ...hop,
          at: formatInstant(at),
          ...(amount !== undefined && { amount: money(amount) }),
          ...(refundId !== undefined && { refundId: refundId as RefundId }),
        })),
        awaited: trace.awaited.map(({ by, amount, refundId, ...step }) => ({
          ...step,
          ...(by !== undefined && { by: formatInstant(by) }),
          ...(amount !== undefined && { amount: money(amount) }),
          ...(refundId !== undefined && { refundId: refundId as RefundId }),
        })),
      },
    };
  }),
];
