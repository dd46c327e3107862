import { getPayment, startPayment } from '../../shared/api/portal.ts';
import { type InvoiceId, invoiceId } from '../../shared/domain/invoice/number.ts';
import { accountingDate } from '../../shared/domain/ledger/accounting-date.ts';
import { readPaymentReference } from '../../shared/domain/payment/reference.ts';
import { notFound } from '../../shared/domain/refusal.ts';
import { answering } from '../../shared/runtime/http.ts';
import { count } from '../../shared/runtime/metrics.ts';
import { findReported } from '../../shared/usecases/find-reported.ts';
import { ownInvoice } from '../../shared/usecases/read-invoices.ts';
import * as starting from '../../shared/usecases/start-payment.ts';
import { dependencies, keys } from './dependencies.ts';
import { movementOf, presentNext, presentPayment } from './present.ts';

const { now } = dependencies;

export const paymentAnswers = [
  answering(startPayment, async ({ params, body, caller, idempotencyKey }) => {
    const [newest, ...older] = await keys.numbers();
    const { invoice, index, next, replayed } = await starting.startPayment(
      { invoiceId: params.invoiceId as InvoiceId, ...body },
      caller,
      idempotencyKey,
      { ...dependencies, hashKeys: [newest.key, ...older.map(({ key }) => key)] },
    );
    if (!replayed) count('PaymentStarted', { provider: body.providerId });
    return { status: 201, body: { ...presentPayment(invoice, index, now()), next: await presentNext(next) }, replayed };
  }),

  answering(getPayment, async ({ params, caller }) => {
    const reference = readPaymentReference(params.paymentId.slice('pay_'.length));
    if (!reference) throw notFound();
    const invoice = await ownInvoice(invoiceId(reference.invoice), caller, dependencies.invoices);
    const index = reference.attempt - 1;
    if (!invoice.attempts[index]) throw notFound();
    const movement = movementOf(invoice, index);
    const reported =
      movement &&
      (await findReported(
        {
          providerId: movement.providerId,
          accountingDate: accountingDate(movement.paidAt, movement.committedAt),
          transactionId: movement.transactionId,
        },
        dependencies.resultFiles,
      ));
    return { status: 200, body: presentPayment(invoice, index, now(), reported?.reportedAt) };
  }),
];
