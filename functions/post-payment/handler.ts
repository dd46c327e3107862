import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { documentClient } from '../../shared/runtime/aws.ts';
import { PostPaymentEnvironment, readEnvironment } from '../../shared/runtime/environment.ts';
import { describeError, log } from '../../shared/runtime/log.ts';
import { count } from '../../shared/runtime/metrics.ts';
import { InvoiceStore } from '../../shared/store/invoice-store.ts';
import { postPayment } from '../../shared/usecases/post-payment.ts';
import { InboxMessage } from '../../shared/usecases/receive-callback.ts';

const environment = readEnvironment(PostPaymentEnvironment, process.env);
const dependencies = {
  invoices: new InvoiceStore(documentClient(), environment.INVOICES_TABLE),
  now: Date.now,
};

/** Enters verified notices into the ledger. What fails comes back alone; its neighbours are done. */
export async function handler(event: SQSEvent): Promise<SQSBatchResponse> {
  const outcomes = await Promise.all(event.Records.map(enter));
  return { batchItemFailures: outcomes.flatMap((failed) => (failed ? [{ itemIdentifier: failed }] : [])) };
}

async function enter({ messageId, body }: SQSRecord): Promise<string | undefined> {
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
