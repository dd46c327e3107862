import { type Attempt, amountOf, attemptStateAt, type Invoice, isWanted } from '../domain/invoice/invoice.ts';
import { type AskingRule, askingRule, isLastWord, untilNextQuestion } from '../domain/payment/asking.ts';
import type { ProviderCircuit } from '../domain/payment/availability.ts';
import { factsOf } from '../domain/payment/facts.ts';
import {
  InvalidCallback,
  type PayableAccount,
  type PaymentProvider,
  type PaymentQuestion,
  type ProviderId,
  type ProviderManifest,
  ProviderNotice,
  type ProviderRequest,
  type ProviderResponse,
} from '../domain/payment/provider.ts';
import { isNoAnswer, type ProviderCaller } from '../domain/payment/provider-caller.ts';
import { readPaymentReference } from '../domain/payment/reference.ts';
import { delaySeconds, type Question, type Questions, type WatchList } from '../domain/payment/silent.ts';
import type { Exception, ExceptionBook } from '../domain/reconciliation/exception.ts';
import { signingKey } from '../domain/registry/terminal-secret.ts';
import type { SecretReader } from '../domain/secrets.ts';
import { type Instant, vietnamDay } from '../domain/time.ts';
import { exceptionId } from './hashing.ts';
import type { InboxMessage } from './receive-callback.ts';

export type AskDependencies = {
  providers: ReadonlyMap<ProviderId, PaymentProvider>;
  secrets: SecretReader;
  caller: ProviderCaller;
  /** Leaves a provider alone that does not answer, so that it costs the others nothing. */
  circuit: ProviderCircuit;
  inbox: { send(message: InboxMessage): Promise<void> };
  questions: Questions;
  watches: Pick<WatchList, 'watch'>;
  exceptions: Pick<ExceptionBook, 'open'>;
  /** How many times faster than usual silent payments are asked about; 1 outside development. */
  speed: number;
  now: () => Instant;
};

export type Asked =
  /** Its outcome is known already, or there is nothing to ask, or nobody. */
  | { kind: 'nothingToAsk' }
  /** The provider told the outcome, and the inbox has it. */
  | { kind: 'told'; outcome: 'paid' | 'declined' | 'review' }
  /** No final word: it is asked about again. `why` is the provider's code, or why it gave none. */
  | { kind: 'again'; why: string }
  /** The provider has never heard of it, and the citizen cannot pay it any more. */
  | { kind: 'neverMade' }
  /** Asked about up to its bound, and still no final word: a person decides. */
  | { kind: 'handedOver'; why: string };

/**
 * Asks what became of a payment on which no final word has come, once. One that can be paid, though its invoice is over or
 * owes another sum by now, is withdrawn instead, where the provider lets us: nobody should pay twice. An outcome goes where a callback's goes, so that
 * callback and answer are one posting, whichever is first (scenario 18); anything else is asked about again when the
 * provider's rule says so. Time alone never fails a payment: beyond the bound it becomes a work item.
 *
 * `invoice`: as it stands, by a strongly consistent read. Throws what the inbox, the queue, the tables and the secret store
 * throw; the message comes back then.
 */
export async function askProvider(
  question: Question,
  invoice: Invoice | undefined,
  dependencies: AskDependencies,
): Promise<Asked> {
  const { providers, speed, now, inbox } = dependencies;
  const index = (readPaymentReference(question.reference)?.attempt ?? 0) - 1;
  const attempt = invoice?.attempts[index];
  const provider = attempt && providers.get(attempt.providerId);
  if (!invoice || !attempt || !provider?.query || hasOutcome(invoice, index)) return { kind: 'nothingToAsk' };

  const rule = askingRule(provider.manifest.asking, speed);
  const answer = await ask(question, invoice, attempt, provider, dependencies);
  if (!answer) return { kind: 'nothingToAsk' };
  if (answer.outcome === 'paid' || answer.outcome === 'declined' || answer.outcome === 'review') {
    const owner = { merchantAccountId: attempt.merchantAccountId, agencyCode: invoice.agencyCode };
    await inbox.send({ v: 1, notice: answer, facts: factsOf(invoice), owner });
    return { kind: 'told', outcome: answer.outcome };
  }
  if (answer.outcome === 'unknown' && isLastWord(rule, answer.resultCode, attempt.expiresAt, now()))
    return { kind: 'neverMade' };
  return later(question, invoice, attempt, rule, answer.resultCode, dependencies);
}

/** A waiting attempt has one once money has come under its reference, whatever became of that money. */
function hasOutcome({ attempts, movements }: Invoice, index: number): boolean {
  const state = attempts[index]?.state;
  if (state !== 'created' && state !== 'pending') return true;
  return Object.values(movements).some((movement) => movement.attempt === index + 1);
}

type Answer = ProviderNotice | { outcome: 'unknown'; resultCode: string };
const unknown = (why: string): Answer => ({ outcome: 'unknown', resultCode: why });

/** What the provider says to a question. `undefined` where it cannot be asked with this account. */
async function ask(
  { reference }: Question,
  invoice: Invoice,
  attempt: Attempt,
  { manifest, query }: PaymentProvider,
  { secrets, caller, circuit, now }: AskDependencies,
): Promise<Answer | undefined> {
  const { providerId, terminal, merchantAccountId, createdAt, payerIp } = attempt;
  const secret = await signingKey(secrets, providerId, terminal);
  if (secret === undefined) return unknown('noSecret');
  const account = { merchantAccountId, terminal, secret };
  if (!query || query.admits?.(account) === false) return undefined;
  if (!(await circuit.allows(providerId))) return unknown('leftAlone');
  const question: PaymentQuestion = {
    reference,
    amount: amountOf(attempt, invoice),
    createdAt,
    askedAt: now(),
    payerIp,
  };

  const hear = async (request: ProviderRequest): Promise<Answer> => {
    const outcome = await caller.call(request, manifest.patience?.asked);
    if (isNoAnswer(outcome)) await circuit.silent(providerId);
    else circuit.answered(providerId);
    if (outcome.kind === 'unreachable') return unknown(outcome.why);
    return answerIn(outcome.response, question, account, { manifest, query });
  };
  const withdrawn = mayBePaidInVain(attempt, invoice, question.askedAt)
    ? query.withdraw?.(question, account)
    : undefined;
  const answer = withdrawn && (await hear(withdrawn));
  // Refused, or not heard: it may be that it is being paid just now.
  return answer && answer.outcome !== 'unknown' ? answer : hear(query.request(question, account));
}

const mayBePaidInVain = (attempt: Attempt, invoice: Invoice, at: Instant): boolean =>
  attemptStateAt(attempt, at) !== 'expired' && !isWanted(attempt, invoice, at);

/** What an answer says. Words that are not the provider's own, and what it signed of something else, are no answer. */
function answerIn(
  response: ProviderResponse,
  question: PaymentQuestion,
  account: PayableAccount,
  { manifest, query }: { manifest: ProviderManifest; query: NonNullable<PaymentProvider['query']> },
): Answer {
  try {
    const answer = query.read(response, question, account);
    if (answer.outcome === 'unknown') return answer;
    const notice = ProviderNotice.parse(answer);
    // Signed, but about something else: it decides nothing about the payment that we asked about.
    const elsewhere =
      notice.reference !== question.reference ||
      notice.terminal !== account.terminal ||
      notice.providerId !== manifest.id;
    return elsewhere ? unknown('elsewhere') : notice;
  } catch (error) {
    if (!(error instanceof InvalidCallback)) throw error;
    return unknown(error.reason);
  }
}

/** Asked about again: by a delayed message while a citizen may be waiting, then from the watch list, then by nobody. */
async function later(
  question: Question,
  invoice: Invoice,
  attempt: Attempt,
  rule: AskingRule,
  why: string,
  { questions, watches, exceptions, now }: AskDependencies,
): Promise<Asked> {
  const at = now();
  const { providerId, reference } = question;
  const wait = untilNextQuestion(rule, attempt.createdAt, at);
  if (!wait) {
    await exceptions.open(unansweredItem(reference, invoice, attempt, at));
    return { kind: 'handedOver', why };
  }
  if (wait.soon) await questions.sendLater([{ message: question, delaySeconds: delaySeconds(wait.milliseconds) }]);
  else await watches.watch({ providerId, reference, dueAt: at + wait.milliseconds });
  return { kind: 'again', why };
}

/** The work item of a payment whose provider never said what became of it. `at`: when it was asked about for the last time. */
export function unansweredItem(reference: string, invoice: Invoice, attempt: Attempt, at: Instant): Exception {
  const { providerId, createdAt } = attempt;
  return {
    exceptionId: exceptionId('silent', reference),
    category: 'UNANSWERED',
    state: 'OPEN',
    source: 'posting',
    agencyCode: invoice.agencyCode,
    providerId,
    transactionId: '',
    businessDate: vietnamDay(createdAt),
    openedAt: at,
    ours: amountOf(attempt, invoice),
    theirs: null,
    invoiceId: `inv_${invoice.number}`,
    paymentReference: reference,
  };
}
