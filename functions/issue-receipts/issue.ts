import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import * as z from 'zod';
import { InvoiceNumber } from '../../shared/domain/invoice/number.ts';
import type { ReceiptOrder } from '../../shared/domain/receipt/book.ts';
import { describeError, type Log } from '../../shared/runtime/log.ts';
import { type IssueDependencies, issueReceipts, ReceiptsExhausted } from '../../shared/usecases/issue-receipts.ts';

const Order: z.ZodType<ReceiptOrder> = z.object({ invoiceNumber: InvoiceNumber });

/**
 * Brings the receipts of ordered invoices up to date, one after the other: beside each other they would only take numbers
 * from one another. What fails comes back alone; its neighbours are done.
 */
export const issueOrders =
  ({ log, ...dependencies }: IssueDependencies & { log: Log }) =>
  async (event: SQSEvent): Promise<SQSBatchResponse> => {
    const batchItemFailures: SQSBatchResponse['batchItemFailures'] = [];
    for (const { messageId, body } of event.Records) {
      try {
        const { invoiceNumber } = Order.parse(JSON.parse(body));
        const done = await issueReceipts(invoiceNumber, dependencies);
        log.info('receipts brought up to date', { invoice: invoiceNumber, ...done });
      } catch (error) {
        const loud = error instanceof ReceiptsExhausted;
        (loud ? log.error : log.warn).call(log, 'receipts not issued', { messageId, ...describeError(error) });
        batchItemFailures.push({ itemIdentifier: messageId });
      }
    }
    return { batchItemFailures };
  };
