import type { InvoiceBook } from '../domain/invoice/book.ts';
import { type Invoice, stands } from '../domain/invoice/invoice.ts';
import { askingRule, untilNextQuestion } from '../domain/payment/asking.ts';
import { isBankCredit, type Movement } from '../domain/payment/movement.ts';
import {
  InvalidCallback,
  type ProviderManifest,
  type RefundAnswer,
  type RefundOrder,
} from '../domain/payment/provider.ts';
import { isNoAnswer } from '../domain/payment/provider-caller.ts';
import { paymentReference } from '../domain/payment/reference.ts';
import { delaySeconds } from '../domain/payment/silent.ts';
import { decideDone, decideMove, type MoveRefund } from '../domain/refund/decide.ts';
import { REFUND_ASKING, type RefundQueue } from '../domain/refund/open-refunds.ts';
import { invoiceOfRefund, type Refund, type RefundId, refundReference } from '../domain/refund/refund.ts';
import { signingKey } from '../domain/registry/terminal-secret.ts';
import type { Instant } from '../domain/time.ts';
import type { AskDependencies } from './ask-provider.ts';
import { StillContended } from './post-payment.ts';
import { MAX_REFUND_TRIES } from './request-refund.ts';

export type SendRefundDependencies = Pick<AskDependencies, 'providers' | 'secrets' | 'caller' | 'circuit'> & {
  invoices: Pick<InvoiceBook, 'find' | 'writeRefund'>;
  refunds: RefundQueue;
  /** How many times faster than usual it is asked about; 1 outside development. */
  speed: number;
  now: () => Instant;
};

export type RefundSent =
  /** Settled, or not approved, or with a person. */
  | { kind: 'nothingToSend' }
  | { kind: 'done' }
  /** The bank took the money back first, or it was moved. */
  | { kind: 'overtaken' }
  | { kind: 'byHand'; why: string }
  /** No final word: it is asked about again. */
  | { kind: 'again'; why: string };

/**
 * Has an approved refund given back by the provider that took the money. That it may be on its way is written down before
 * the provider hears of it, under the condition that the money still stands; whoever comes back to it, after a
 * crash too, asks under the same reference, which the provider carries out once (scenario 29). Time alone never ends it.
 *
 * Throws what the tables, the queue and the secret store throw, and {@link StillContended}; the message comes back then.
 */
export async function sendRefund(refundId: RefundId, dependencies: SendRefundDependencies): Promise<RefundSent> {
  const { invoices, providers, secrets, circuit, now } = dependencies;
  let found = await invoices.find(invoiceOfRefund(refundId), { consistent: true });
  let refund = found?.refunding?.refunds[refundId];
  const money = refund && found?.movements[refund.movementId];
  if (!found || !refund || !money || (refund.state !== 'approved' && refund.state !== 'sent'))
    return { kind: 'nothingToSend' };
  const fresh = refund.state === 'approved';

  if (fresh && !stands(found, money.movementId))
    return moved('overtaken', await write(found, (invoice) => overtaken(invoice, refundId, now()), invoices));
  const provider = providers.get(money.providerId);
  // Who tells of money that came straight to a bank account never had it.
  if (fresh && (!provider?.refunds || isBankCredit(money.movementId) || money.attempt === undefined)) {
    const impossible = (invoice: Invoice) =>
      decideMove(invoice, refundId, 'Impossible', { byHand: 'PROVIDER_CANNOT' }, { whileStanding: true });
    return moved('byHand', await write(found, impossible, invoices), 'PROVIDER_CANNOT');
  }
  if (!provider?.refunds) return later(refund, 'notOffered', dependencies);
  if (!(await circuit.allows(money.providerId))) return later(refund, 'leftAlone', dependencies);
  const secret = await signingKey(secrets, money.providerId, money.terminal);
  if (secret === undefined) return later(refund, 'noSecret', dependencies);

  if (fresh) {
    const send = (invoice: Invoice) =>
      decideMove(invoice, refundId, 'Sent', { sentAt: now() }, { whileStanding: true });
    const sent = await write(found, send, invoices);
    if (!sent) return later(refund, 'decidedOtherwise', dependencies);
    found = sent.invoice;
    refund = sent.refund;
  }

  const account = { merchantAccountId: money.merchantAccountId, terminal: money.terminal, secret };
  const order = orderOf(found, refund, money);
  const answer = await ask(
    { manifest: provider.manifest, refunds: provider.refunds },
    order,
    account,
    { fresh, twin: hasTwin(found, refund) },
    dependencies,
  );
  const told = {
    resultCode: answer.resultCode,
    ...(answer.providerRefundId !== undefined && { providerRefundId: answer.providerRefundId }),
  };
  switch (answer.outcome) {
    case 'refunded': {
      const done = (invoice: Invoice) => decideDone(invoice, refundId, 'Confirmed', 'provider', told, now());
      return moved('done', await write(found, done, invoices));
    }
    case 'refused': {
      const change = { ...told, byHand: 'PROVIDER_REFUSED' as const };
      const refused = (invoice: Invoice) => decideMove(invoice, refundId, 'Refused', change);
      return moved('byHand', await write(found, refused, invoices), answer.resultCode);
    }
    default:
      return later(refund, answer.resultCode, dependencies);
  }
}

const overtaken = (invoice: Invoice, refundId: RefundId, settledAt: Instant) =>
  decideMove(invoice, refundId, 'Overtaken', { settledAt });

function moved(kind: 'done' | 'overtaken', written: object | undefined): RefundSent;
function moved(kind: 'byHand', written: object | undefined, why: string): RefundSent;
function moved(kind: 'done' | 'overtaken' | 'byHand', written: object | undefined, why = ''): RefundSent {
  // Another run of the same message was faster; it wrote what there was to write.
  if (!written) return { kind: 'nothingToSend' };
  return kind === 'byHand' ? { kind, why } : { kind };
}

/** Writes what is decided from the invoice as it stands; `undefined` where its state knows no such move any more. */
async function write(
  found: Invoice,
  decide: (invoice: Invoice) => MoveRefund | undefined,
  invoices: SendRefundDependencies['invoices'],
): Promise<{ invoice: Invoice; refund: Refund } | undefined> {
  let invoice = found;
  for (let tries = 0; tries < MAX_REFUND_TRIES; tries += 1) {
    const decided = decide(invoice);
    if (!decided) return undefined;
    const written = await invoices.writeRefund(decided);
    if (written.kind === 'written') return { invoice: written.invoice, refund: decided.after };
    if (written.kind === 'unknownInvoice') return undefined;
    invoice = written.current;
    // Taken meanwhile: whoever takes the refund up again finds that out.
    if (decided.whileStanding && !stands(invoice, decided.before.movementId)) return undefined;
  }
  throw new StillContended();
}

/** Whether another refund of the same money and amount was sent. */
const hasTwin = ({ refunding }: Invoice, { refundId, movementId, amount }: Refund): boolean =>
  Object.values(refunding?.refunds ?? {}).some(
    (other) =>
      other.refundId !== refundId &&
      other.movementId === movementId &&
      other.amount === amount &&
      other.sentAt !== undefined,
  );

const orderOf = ({ number, attempts }: Invoice, refund: Refund, money: Movement): RefundOrder => ({
  refundReference: refundReference(refund.refundId),
  reference: paymentReference(number, money.attempt ?? 1),
  transactionId: money.transactionId,
  paid: money.amount,
  amount: refund.amount,
  attemptCreatedAt: attempts[(money.attempt ?? 1) - 1]?.createdAt ?? money.paidAt,
  requestedAt: refund.sentAt ?? refund.requestedAt,
  description: `Hoan phi ${number}`,
});

type Refunds = NonNullable<NonNullable<ReturnType<SendRefundDependencies['providers']['get']>>['refunds']>;
type Account = Parameters<Refunds['request']>[1];

/**
 * What the provider says. It is told under the same reference each time; one that may have had it before, and does not say
 * what became of it, is then asked. A silence, and words that are not its own, mean nothing.
 *
 * `twin`: another refund of the same money and amount may be what it speaks of (VNPAY tells of the last one only), so it
 * must first have said that it has this one.
 */
async function ask(
  { manifest, refunds }: { manifest: ProviderManifest; refunds: Refunds },
  order: RefundOrder,
  account: Account,
  { fresh, twin }: { fresh: boolean; twin: boolean },
  { caller, circuit, now }: SendRefundDependencies,
): Promise<RefundAnswer> {
  const call = async (
    request: ReturnType<Refunds['request']>,
    read: (response: Parameters<Refunds['read']>[0]) => RefundAnswer,
  ): Promise<RefundAnswer> => {
    const outcome = await caller.call(request, manifest.patience?.asked);
    if (isNoAnswer(outcome)) await circuit.silent(manifest.id);
    else circuit.answered(manifest.id);
    if (outcome.kind === 'unreachable') return { outcome: 'unknown', resultCode: outcome.why };
    try {
      return read(outcome.response);
    } catch (error) {
      if (!(error instanceof InvalidCallback)) throw error;
      return { outcome: 'unknown', resultCode: error.reason };
    }
  };
  const answer = await call(refunds.request(order, account), (response) => refunds.read(response, order, account));
  const { ask: question, told: read } = refunds;
  if (fresh || !question || !read || answer.outcome === 'refunded') return answer;
  const told = await call(question(order, account, now()), (response) => read(response, order, account));
  if (answer.outcome === 'pending') return told;
  const mayBeTwin = twin && told.outcome === 'refunded';
  if (mayBeTwin) return { outcome: 'unknown', resultCode: 'ambiguous' };
  // It may refuse a second call for what the first call has made it do: only its own word that it did nothing says otherwise.
  return answer.outcome === 'refused' && told.unheardOf ? answer : told;
}

/** Taken up again: by a delayed message first, then by the clock, which looks through what is open. */
async function later(
  refund: Refund,
  why: string,
  { refunds, speed, now }: SendRefundDependencies,
): Promise<RefundSent> {
  const since = refund.sentAt ?? refund.decidedAt ?? refund.requestedAt;
  const wait = untilNextQuestion(askingRule(REFUND_ASKING, speed), since, now());
  if (wait?.soon)
    await refunds.sendLater([
      { message: { v: 1, refundId: refund.refundId }, delaySeconds: delaySeconds(wait.milliseconds) },
    ]);
  return { kind: 'again', why };
}
