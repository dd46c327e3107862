import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import type { Invoice } from '../../shared/domain/invoice/invoice.ts';
import type { InvoiceNumber } from '../../shared/domain/invoice/number.ts';
import { readPaymentReference } from '../../shared/domain/payment/reference.ts';
import { Question } from '../../shared/domain/payment/silent.ts';
import { NOT_PLAYED, providersOf } from '../../shared/providers/index.ts';
import { documentClient } from '../../shared/runtime/aws.ts';
import { Circuit } from '../../shared/runtime/circuit.ts';
import { AskProviderEnvironment, readEnvironment } from '../../shared/runtime/environment.ts';
import { describeError, log } from '../../shared/runtime/log.ts';
import { count } from '../../shared/runtime/metrics.ts';
import { providerCaller } from '../../shared/runtime/provider-caller.ts';
import { MessageQueue } from '../../shared/runtime/queue.ts';
import { SecretStore } from '../../shared/runtime/secret-store.ts';
import { InvoiceStore } from '../../shared/store/invoice-store.ts';
import { WatchStore } from '../../shared/store/watch-store.ts';
import { WorkStore } from '../../shared/store/work-store.ts';
import { askProvider } from '../../shared/usecases/ask-provider.ts';

const environment = readEnvironment(AskProviderEnvironment, process.env);
const { STAGE, PUBLIC_URL, PLAYED_PROVIDERS_URL, WORK_TABLE } = environment;
const now = Date.now;
const db = documentClient();
const invoices = new InvoiceStore(db, environment.INVOICES_TABLE);
const dependencies = {
  providers: providersOf(STAGE, PUBLIC_URL, { played: PLAYED_PROVIDERS_URL }),
  secrets: new SecretStore(environment.SECRET_PREFIX, now),
  caller: providerCaller({ allowLocal: PLAYED_PROVIDERS_URL !== NOT_PLAYED }),
  circuit: new Circuit(now),
  inbox: new MessageQueue(environment.INBOX_QUEUE_URL),
  questions: new MessageQueue(environment.QUESTIONS_QUEUE_URL),
  watches: new WatchStore(db, WORK_TABLE),
  exceptions: new WorkStore(db, WORK_TABLE),
  speed: environment.ASKING_SPEED,
  now,
};

/** Asks about payments on which no final word has come. Nearly all have been called back by now: one read for a batch. */
export async function handler(event: SQSEvent): Promise<SQSBatchResponse> {
  const read = event.Records.map((record) => ({ record, question: questionIn(record) }));
  const numbers = read.flatMap(({ question }) => (question ? (numberOf(question) ?? []) : []));
  const found = new Map((await invoices.findMany(numbers)).map((invoice) => [invoice.number, invoice]));
  const failed = await Promise.all(
    read.map(async ({ record, question }) => (question && (await ask(question, found)) ? [] : [record.messageId])),
  );
  return { batchItemFailures: failed.flat().map((itemIdentifier) => ({ itemIdentifier })) };
}

const numberOf = ({ reference }: Question): InvoiceNumber | undefined => readPaymentReference(reference)?.invoice;

function questionIn({ messageId, body }: SQSRecord): Question | undefined {
  try {
    return Question.parse(JSON.parse(body));
  } catch {
    log.error('question unreadable', { messageId });
    return undefined;
  }
}

/** False where the message must come back. A payment that was called back leaves no line: that is nearly every one. */
async function ask(question: Question, found: ReadonlyMap<string, Invoice>): Promise<boolean> {
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
