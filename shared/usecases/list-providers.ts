import {
  type Availability,
  availabilityOf,
  type Outage,
  outageAhead,
  type ProviderStates,
} from '../domain/payment/availability.ts';
import type { PaymentProvider, ProviderId } from '../domain/payment/provider.ts';
import { notFound } from '../domain/refusal.ts';
import type { RegistryReader } from '../domain/registry/book.ts';
import type { Caller } from '../domain/registry/caller.ts';
import { mayActFor } from '../domain/registry/registry.ts';
import type { Instant } from '../domain/time.ts';

export type ListedProvider = {
  provider: PaymentProvider;
  availability: Availability;
  /** Announced, also where it lies ahead. */
  outage: Outage | undefined;
};

/**
 * The providers of the stage, in the order in which portals show them: all, or those at which an agency has an account.
 * Refusals: not_found for an agency that is not the caller's.
 */
export async function listProviders(
  agencyCode: string | undefined,
  { client }: Caller,
  dependencies: {
    providers: ReadonlyMap<ProviderId, PaymentProvider>;
    registry: Pick<RegistryReader, 'accountsOf'>;
    states: ProviderStates;
    now: () => Instant;
  },
): Promise<ListedProvider[]> {
  const { providers, registry, states, now } = dependencies;
  if (agencyCode !== undefined && !mayActFor(client, agencyCode)) throw notFound();
  const [statuses, silences, offered] = await Promise.all([
    states.statuses(),
    states.silences(),
    Promise.all(
      [...providers].map(async ([id, provider]) => {
        if (agencyCode === undefined) return provider;
        const accounts = await registry.accountsOf(id, agencyCode);
        return accounts.some(({ active }) => active) ? provider : undefined;
      }),
    ),
  ]);
  const at = now();
  return offered
    .filter((provider) => provider !== undefined)
    .map((provider) => {
      const { id } = provider.manifest;
      const status = statuses.get(id);
      return {
        provider,
        availability: availabilityOf(status, silences.get(id), at),
        outage: outageAhead(status, at),
      };
    });
}
