import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import type { InvoiceBook } from '../../shared/domain/invoice/book.ts';
import type { Instant } from '../../shared/domain/time.ts';
import { describeError, type Log } from '../../shared/runtime/log.ts';
import { postPayment } from '../../shared/usecases/post-payment.ts';
import { InboxMessage } from '../../shared/usecases/receive-callback.ts';

export type EnterDependencies = {
  invoices: InvoiceBook;
  now: () => Instant;
  log: Log;
  count: (name: string, dimensions: Readonly<Record<string, string>>) => void;
};

/** Enters verified notices into the ledger. What fails comes back alone; its neighbours are done. */
export const enterNotices =
  (dependencies: EnterDependencies) =>
  async (event: SQSEvent): Promise<SQSBatchResponse> => {
    const outcomes = await Promise.all(event.Records.map((record) => enter(record, dependencies)));
    return { batchItemFailures: outcomes.flatMap((failed) => (failed ? [{ itemIdentifier: failed }] : [])) };
  };

async function enter(
  { messageId, body }: SQSRecord,
  { log, count, ...dependencies }: EnterDependencies,
): Promise<string | undefined> {
  try {
    const message = InboxMessage.parse(JSON.parse(body));
    const outcome = await postPayment(message, dependencies);
    log.info('notice entered', { outcome, invoice: message.facts?.number, provider: message.notice.providerId });
    count('NoticeEntered', { provider: message.notice.providerId, outcome });
    return undefined;
  } catch (error) {
    log.warn('notice not entered', { messageId, ...describeError(error) });
    return messageId;
  }
}
