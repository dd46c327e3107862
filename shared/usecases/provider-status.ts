import { MAX_OUTAGE_MILLISECONDS, type Outage, type ProviderStatus } from '../domain/payment/availability.ts';
import type { PaymentProvider, ProviderId } from '../domain/payment/provider.ts';
import { Refusal } from '../domain/refusal.ts';
import type { RegistryWriter } from '../domain/registry/book.ts';
import type { Caller } from '../domain/registry/caller.ts';
import type { ChangeOrigin } from '../domain/registry/origin.ts';
import type { Instant } from '../domain/time.ts';
import { changedRecord } from './register.ts';

export type StatusDependencies = {
  registry: Pick<RegistryWriter, 'providerStatus' | 'providerChanges' | 'changeProviderStatus'>;
  providers: ReadonlyMap<ProviderId, Pick<PaymentProvider, 'manifest'>>;
  now: () => Instant;
};

export type SaidStatus = { state: ProviderStatus['state']; outage?: Outage | undefined; reason: string };

/**
 * An operator switches a provider off or on, or announces an outage. Replaces what was said before; who said it and why is
 * kept for good. No payment that was begun is touched: money that still comes is entered as ever.
 *
 * Refusals: unknown_provider, unprocessable, idempotency_key_reused, version_conflict.
 */
export async function sayProviderStatus(
  providerId: ProviderId,
  { state, outage, reason }: SaidStatus,
  { clientId, subject }: Caller,
  origin: ChangeOrigin,
  { registry, providers, now }: StatusDependencies,
): Promise<{ record: ProviderStatus; replayed: boolean }> {
  requireKnown(providerId, providers);
  const changedAt = now();
  const decide = (): ProviderStatus => {
    // Judged only where something is written: a call that comes again after the outage is still the same call.
    if (outage) checkOutage(outage, changedAt);
    return { providerId, state, ...(outage && { outage }), reason, changedBy: { clientId, subject }, changedAt };
  };
  return changedRecord(await registry.changeProviderStatus(providerId, decide, origin));
}

/** What stands, and the last changes, newest first. Refusals: unknown_provider. */
export async function readProviderStatus(
  providerId: ProviderId,
  { registry, providers }: StatusDependencies,
): Promise<{ status: ProviderStatus | undefined; changes: ProviderStatus[] }> {
  requireKnown(providerId, providers);
  const [status, changes] = await Promise.all([
    registry.providerStatus(providerId),
    registry.providerChanges(providerId),
  ]);
  return { status, changes };
}

function requireKnown(providerId: ProviderId, providers: StatusDependencies['providers']): void {
  if (!providers.has(providerId)) throw new Refusal('unknown_provider');
}

function checkOutage({ from, until }: Outage, at: Instant): void {
  const refuse = (message: string) => {
    throw new Refusal('unprocessable', undefined, [{ pointer: '/body/outage/until', message }]);
  };
  if (until <= from) refuse('after its beginning');
  if (until <= at) refuse('not over already');
  if (until - from > MAX_OUTAGE_MILLISECONDS) refuse('at most 31 days long');
}
