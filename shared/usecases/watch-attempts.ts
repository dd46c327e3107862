import type { BookItem } from '../domain/invoice/book.ts';
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
 * twice, and the second question finds it answered. A provider that cannot be asked gets no message. Several changes at
 * once cost few messages.
 */
export async function watchAttempts(
  changes: readonly { before: BookItem | undefined; after: BookItem }[],
  { providers, questions, speed, now }: WatchDependencies,
): Promise<void> {
  const fresh = changes.flatMap(({ before, after }) => {
    if (after.kind !== 'invoice') return [];
    const known = before?.kind === 'invoice' ? before.invoice.attempts.length : 0;
    const { number, attempts } = after.invoice;
    return attempts.flatMap(({ providerId, createdAt }, index) => {
      const provider = index < known ? undefined : providers.get(providerId);
      if (!provider?.query) return [];
      const wait = untilFirstQuestion(askingRule(provider.manifest.asking, speed), createdAt, now());
      const reference = paymentReference(number, index + 1);
      return [{ message: { v: 1 as const, providerId, reference }, delaySeconds: delaySeconds(wait) }];
    });
  });
  if (fresh.length > 0) await questions.sendLater(fresh);
}
