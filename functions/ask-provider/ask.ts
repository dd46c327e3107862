import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import type { InvoiceBook } from '../../shared/domain/invoice/book.ts';
import type { Invoice } from '../../shared/domain/invoice/invoice.ts';
import type { InvoiceNumber } from '../../shared/domain/invoice/number.ts';
import { readPaymentReference } from '../../shared/domain/payment/reference.ts';
import { Question } from '../../shared/domain/payment/silent.ts';
import { describeError, type Log } from '../../shared/runtime/log.ts';
import { type AskDependencies, askProvider } from '../../shared/usecases/ask-provider.ts';

export type AskingDependencies = AskDependencies & {
  invoices: Pick<InvoiceBook, 'findMany'>;
  log: Log;
  count: (name: string, dimensions: Readonly<Record<string, string>>) => void;
};

/** Asks about payments on which no final word has come. Nearly all have been called back by now: one read for a batch. */
export const askProviders =
  (dependencies: AskingDependencies) =>
  async (event: SQSEvent): Promise<SQSBatchResponse> => {
    const { invoices, log } = dependencies;
    const read = event.Records.map((record) => ({ record, question: questionIn(record, log) }));
    const numbers = read.flatMap(({ question }) => (question ? (numberOf(question) ?? []) : []));
    const found = new Map((await invoices.findMany(numbers)).map((invoice) => [invoice.number, invoice]));
    const failed = await Promise.all(
      read.map(async ({ record, question }) =>
        question && (await ask(question, found, dependencies)) ? [] : [record.messageId],
      ),
    );
    return { batchItemFailures: failed.flat().map((itemIdentifier) => ({ itemIdentifier })) };
  };

const numberOf = ({ reference }: Question): InvoiceNumber | undefined => readPaymentReference(reference)?.invoice;

function questionIn({ messageId, body }: SQSRecord, log: Log): Question | undefined {
  try {
    return Question.parse(JSON.parse(body));
  } catch {
    log.error('question unreadable', { messageId });
    return undefined;
  }
}

/** False where the message must come back. A payment that was called back leaves no line: that is nearly every one. */
async function ask(
  question: Question,
  found: ReadonlyMap<string, Invoice>,
  { log, count, ...dependencies }: AskingDependencies,
): Promise<boolean> {
  const { providerId: provider, reference } = question;
  try {
    const { kind, ...more } = await askProvider(question, found.get(numberOf(question) ?? ''), dependencies);
    if (kind === 'nothingToAsk') return true;
    log.info('provider asked', { provider, payment: `pay_${reference}`, kind, ...more });
    count('ProviderAsked', { provider, kind });
    return true;
  } catch (error) {
    log.warn('provider not asked', { provider, payment: `pay_${reference}`, ...describeError(error) });
    return false;
  }
}
