import type { InvoiceBook } from '../domain/invoice/book.ts';
import { attemptStateAt, type Invoice } from '../domain/invoice/invoice.ts';
import { canMoveAttempt, moveAttempt } from '../domain/payment/advance.ts';
import type { ProviderCircuit } from '../domain/payment/availability.ts';
import {
  InvalidCallback,
  type PayableAccount,
  type PaymentOrder,
  type PaymentProvider,
  Prepared,
} from '../domain/payment/provider.ts';
import { isNoAnswer, type ProviderCaller } from '../domain/payment/provider-caller.ts';
import { Refusal } from '../domain/refusal.ts';
import type { Instant } from '../domain/time.ts';

/** A provider that must be told of an order. */
type Told = Pick<PaymentProvider, 'manifest'> & { prepare: NonNullable<PaymentProvider['prepare']> };

/** How often what was prepared is written again because the attempt moved in between. */
const MAX_TRIES = 4;

export type TellDependencies = {
  invoices: Pick<InvoiceBook, 'keepPrepared' | 'moveAttempt'>;
  caller: ProviderCaller;
  /** Leaves a provider alone that does not answer: whoever waits for it is told so at once. */
  circuit: ProviderCircuit;
  now: () => Instant;
};

/**
 * Tells a provider of an attempt that it must know before a citizen can be sent there, and keeps what it prepared. Told
 * again under the same reference as often as the call is repeated, until something is kept: the provider makes one payment
 * of it. Answers the invoice and what was kept first.
 *
 * Refusals: provider_refused (the attempt has failed by it), provider_unreachable (nothing is known: the attempt stays),
 * attempt_ended.
 */
export async function tellProvider(
  invoice: Invoice,
  index: number,
  provider: Told,
  { order, account }: { order: PaymentOrder; account: PayableAccount },
  { invoices, caller, circuit, now }: TellDependencies,
): Promise<{ invoice: Invoice; prepared: string }> {
  const attempt = invoice.attempts[index];
  if (!attempt) throw new RangeError(`invoice ${invoice.number} has no attempt ${index + 1}`);
  if (attempt.prepared !== undefined) return { invoice, prepared: attempt.prepared };
  if (attempt.state === 'failed') throw new Refusal('provider_refused');
  if (attemptStateAt(attempt, now()) === 'expired') throw new Refusal('attempt_ended');

  if (!(await circuit.allows(attempt.providerId))) throw new Refusal('provider_unreachable');
  const told = await tell(provider, order, account, { caller, circuit });
  if (told.kind === 'unknown') throw new Refusal('provider_unreachable');
  if (told.kind === 'refused') {
    if (!canMoveAttempt(attempt.state, 'ProviderDeclined')) throw new Refusal('provider_refused');
    const moved = await invoices.moveAttempt({
      kind: 'moveAttempt',
      number: invoice.number,
      index,
      from: attempt.state,
      to: moveAttempt(attempt.state, 'ProviderDeclined'),
    });
    // Another call may have been told otherwise in between: then its word stands.
    const there = moved.kind === 'decideAgain' ? moved.current.attempts[index]?.prepared : undefined;
    if (moved.kind !== 'decideAgain' || there === undefined) throw new Refusal('provider_refused');
    return { invoice: moved.current, prepared: there };
  }

  let current = invoice;
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const there = current.attempts[index];
    if (!there) throw new Error(`attempt ${index + 1} of invoice ${invoice.number} vanished`);
    if (there.prepared !== undefined) return { invoice: current, prepared: there.prepared };
    const kept = await invoices.keepPrepared(current.number, index, there.state, told.prepared);
    if (kept.kind === 'kept') return { invoice: kept.invoice, prepared: told.prepared };
    if (!kept.current) throw new Error(`invoice ${invoice.number} vanished`);
    current = kept.current;
  }
  throw new Refusal('version_conflict');
}

/** What the provider says. No answer, and one that is not its word, is the same as knowing nothing. */
async function tell(
  { manifest, prepare }: Told,
  order: PaymentOrder,
  account: PayableAccount,
  { caller, circuit }: Pick<TellDependencies, 'caller' | 'circuit'>,
): Promise<Prepared> {
  const outcome = await caller.call(prepare.request(order, account), manifest.patience?.told);
  if (outcome.kind === 'unreachable' || isNoAnswer(outcome)) {
    await circuit.silent(manifest.id);
    return { kind: 'unknown', resultCode: '' };
  }
  circuit.answered(manifest.id);
  try {
    return Prepared.parse(prepare.read(outcome.response, order, account));
  } catch (error) {
    if (!(error instanceof InvalidCallback)) throw error;
    return { kind: 'unknown', resultCode: error.reason };
  }
}
