import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { RefundMessage } from '../../shared/domain/refund/open-refunds.ts';
import { describeError, type Log } from '../../shared/runtime/log.ts';
import { type SendRefundDependencies, sendRefund } from '../../shared/usecases/send-refund.ts';

export type SendingDependencies = SendRefundDependencies & {
  log: Log;
  count: (name: string, dimensions: Readonly<Record<string, string>>) => void;
};

/** Has approved refunds given back, each on its own: one that fails comes back, its neighbours do not. */
export const sendRefunds =
  (dependencies: SendingDependencies) =>
  async (event: SQSEvent): Promise<SQSBatchResponse> => {
    const failed = await Promise.all(
      event.Records.map(async (record) => ((await send(record, dependencies)) ? [] : [record.messageId])),
    );
    return { batchItemFailures: failed.flat().map((itemIdentifier) => ({ itemIdentifier })) };
  };

/** False where the message must come back. */
async function send({ messageId, body }: SQSRecord, dependencies: SendingDependencies): Promise<boolean> {
  const { log, count } = dependencies;
  const message = readMessage(body);
  if (!message) {
    log.error('refund message unreadable', { messageId });
    return false;
  }
  const { refundId } = message;
  try {
    const { kind, ...more } = await sendRefund(refundId, dependencies);
    log.info('refund taken up', { refund: refundId, kind, ...more });
    count('RefundTakenUp', { kind });
    return true;
  } catch (error) {
    log.warn('refund not taken up', { refund: refundId, ...describeError(error) });
    return false;
  }
}

function readMessage(body: string): RefundMessage | undefined {
  try {
    return RefundMessage.parse(JSON.parse(body));
  } catch {
    return undefined;
  }
}
