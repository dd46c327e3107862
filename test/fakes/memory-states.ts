import type { ProviderStates, ProviderStatus } from '../../shared/domain/payment/availability.ts';
import type { ProviderId } from '../../shared/domain/payment/provider.ts';
import type { Instant } from '../../shared/domain/time.ts';
import { Circuit } from '../../shared/runtime/circuit.ts';

/** What is known of providers, in memory. */
export class MemoryStates implements ProviderStates {
  readonly said = new Map<ProviderId, ProviderStatus>();
  readonly silent = new Map<ProviderId, Instant>();

  statuses = async () => new Map(this.said);
  silences = async () => new Map(this.silent);
  noteSilence = async (id: ProviderId, until: Instant) => {
    this.silent.set(id, until);
  };
}

/** What a process knows of providers, and its circuit. */
export function standing(now: () => Instant, states = new MemoryStates()) {
  return { states, circuit: new Circuit(now, states) };
}
