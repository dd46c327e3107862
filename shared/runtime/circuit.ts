import type { ProviderCircuit, ProviderStates } from '../domain/payment/availability.ts';
import type { ProviderId } from '../domain/payment/provider.ts';
import type { Instant } from '../domain/time.ts';

/** Silences in a row after which a provider is left alone. */
const MAX_SILENCES = 5;
/** For how long. After it one call tries again, and its silence begins another such time. Milliseconds. */
const LEFT_ALONE_MILLISECONDS = 60_000;

type Shared = Pick<ProviderStates, 'silences'> & { noteSilence(id: ProviderId, until: Instant): Promise<void> };

/**
 * Which providers are left alone because they do not answer. Whoever finds out writes it down, so that the other processes
 * need not find out for themselves, and portals are shown it. What cannot be written down or read holds for this process.
 */
export class Circuit implements ProviderCircuit {
  readonly #now: () => Instant;
  readonly #shared: Shared;
  readonly #silences = new Map<ProviderId, { count: number; until: Instant }>();

  constructor(now: () => Instant, shared: Shared) {
    this.#now = now;
    this.#shared = shared;
  }

  /** Whether the provider may be called now. Once its time alone is over, the first who wants to know tries. */
  async allows(providerId: ProviderId): Promise<boolean> {
    const known = this.#silences.get(providerId);
    if (!known || known.count < MAX_SILENCES) return !(await this.#foundSilent(providerId));
    const at = this.#now();
    if (at < known.until && known.until <= at + LEFT_ALONE_MILLISECONDS) return false;
    known.until = at + LEFT_ALONE_MILLISECONDS;
    return true;
  }

  answered(providerId: ProviderId): void {
    this.#silences.delete(providerId);
  }

  async silent(providerId: ProviderId): Promise<void> {
    const count = (this.#silences.get(providerId)?.count ?? 0) + 1;
    const until = this.#now() + LEFT_ALONE_MILLISECONDS;
    this.#silences.set(providerId, { count, until });
    if (count >= MAX_SILENCES) await this.#shared.noteSilence(providerId, until).catch(() => undefined);
  }

  /** By another process, a while ago at most. A clock that was set wrong closes nothing for longer than that. */
  async #foundSilent(providerId: ProviderId): Promise<boolean> {
    const until = (await this.#shared.silences().catch(() => undefined))?.get(providerId) ?? 0;
    const at = this.#now();
    return at < until && until <= at + LEFT_ALONE_MILLISECONDS;
  }
}
