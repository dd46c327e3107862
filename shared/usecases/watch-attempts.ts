import type { BookItem } from '../domain/invoice/book.ts';
import { type Attempt, attemptStateAt, type Invoice, isWanted } from '../domain/invoice/invoice.ts';
import { askingRule, untilFirstQuestion } from '../domain/payment/asking.ts';
import type { PaymentProvider, ProviderId } from '../domain/payment/provider.ts';
import { paymentReference } from '../domain/payment/reference.ts';
import { delaySeconds, type Questions } from '../domain/payment/silent.ts';
import type { Instant } from '../domain/time.ts';

export type WatchDependencies = {
  providers: ReadonlyMap<ProviderId, Pick<PaymentProvider, 'manifest' | 'query'>>;
  questions: Questions;
  /** How many times faster than usual silent payments are asked about; 1 outside development. */
  speed: number;
  now: () => Instant;
};

/**
 * Has every attempt that committed changes added asked about when its provider's rule says so, by a delayed message. Made
 * from the stream, so that no crash after the attempt was written down can lose it; published twice, it is asked about
 * twice, and the second question finds it answered. One that can be withdrawn at its provider is asked about at once when
 * its invoice does not want it any more. A provider that cannot be asked gets no message. Several changes at once cost few
 * messages.
 */
export async function watchAttempts(
  changes: readonly { before: BookItem | undefined; after: BookItem }[],
  { providers, questions, speed, now }: WatchDependencies,
): Promise<void> {
  const at = now();
  const asked = changes.flatMap(({ before, after }) => {
    if (after.kind !== 'invoice') return [];
    const earlier = before?.kind === 'invoice' ? before.invoice : undefined;
    const { invoice } = after;
    return invoice.attempts.flatMap((attempt, index) => {
      const { providerId, createdAt } = attempt;
      const { manifest, query } = providers.get(providerId) ?? {};
      const known = earlier?.attempts[index];
      if (!manifest || !query) return [];
      const forsaken = query.withdraw && earlier && known && isForsaken(known, earlier, attempt, invoice, at);
      if (known && !forsaken) return [];
      const wait = known ? 0 : untilFirstQuestion(askingRule(manifest.asking, speed), createdAt, at);
      const reference = paymentReference(invoice.number, index + 1);
      return [{ message: { v: 1 as const, providerId, reference }, delaySeconds: delaySeconds(wait) }];
    });
  });
  if (asked.length > 0) await questions.sendLater(asked);
}

/** Whether a payment that was wanted before the change is not after it, though its page can still be paid on. */
const isForsaken = (known: Attempt, earlier: Invoice, attempt: Attempt, invoice: Invoice, at: Instant): boolean =>
  ['created', 'pending'].includes(attemptStateAt(attempt, at)) &&
  isWanted(known, earlier, at) &&
  !isWanted(attempt, invoice, at);
