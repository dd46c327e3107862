import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import * as z from 'zod';
import { InvoiceNumber } from '../../shared/domain/invoice/number.ts';
import type { ReceiptOrder } from '../../shared/domain/receipt/book.ts';
import { describeError, type Log } from '../../shared/runtime/log.ts';
import { type IssueDependencies, issueReceipts, ReceiptsExhausted } from '../../shared/usecases/issue-receipts.ts';

const Order: z.ZodType<ReceiptOrder> = z.object({ invoiceNumber: InvoiceNumber });

/**
 * Brings the receipts of ordered invoices up to date, all at once: one after the other each would need numbers of its own,
 * and beside each other they would take them from one another. Where that fails, each is tried alone: what fails then comes
 * back alone.
 */
export const issueOrders =
  ({ log, ...dependencies }: IssueDependencies & { log: Log }) =>
  async (event: SQSEvent): Promise<SQSBatchResponse> => {
    const issue = async (records: readonly SQSRecord[]): Promise<void> => {
      const numbers = records.map(({ body }) => Order.parse(JSON.parse(body)).invoiceNumber);
      const done = await issueReceipts(numbers, dependencies);
      log.info('receipts brought up to date', { invoices: numbers, ...done });
    };
    const batchItemFailures: SQSBatchResponse['batchItemFailures'] = [];
    try {
      await issue(event.Records);
    } catch (error) {
      log.warn('receipts not issued together', { orders: event.Records.length, ...describeError(error) });
      for (const record of event.Records) {
        try {
          await issue([record]);
        } catch (alone) {
          const loud = alone instanceof ReceiptsExhausted;
          const { messageId } = record;
          (loud ? log.error : log.warn).call(log, 'receipts not issued', { messageId, ...describeError(alone) });
          batchItemFailures.push({ itemIdentifier: messageId });
        }
      }
    }
    return { batchItemFailures };
  };
