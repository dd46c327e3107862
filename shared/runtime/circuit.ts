import type { ProviderId } from '../domain/payment/provider.ts';
import type { Instant } from '../domain/time.ts';

/** Silences in a row after which a provider is left alone. */
const MAX_SILENCES = 5;
/** For how long. After it one question tries again, and its silence begins another such time. Milliseconds. */
const LEFT_ALONE_MILLISECONDS = 60_000;

/** Which providers a process leaves alone because they do not answer. Each process finds out for itself. */
export class Circuit {
  readonly #now: () => Instant;
  readonly #silences = new Map<ProviderId, { count: number; until: Instant }>();

  constructor(now: () => Instant) {
    this.#now = now;
  }

  /** Whether the provider may be asked now. Once its time alone is over, the first who wants to know tries. */
  allows(providerId: ProviderId): boolean {
    const known = this.#silences.get(providerId);
    if (!known || known.count < MAX_SILENCES) return true;
    const at = this.#now();
    if (at < known.until && known.until <= at + LEFT_ALONE_MILLISECONDS) return false;
    known.until = at + LEFT_ALONE_MILLISECONDS;
    return true;
  }

  answered(providerId: ProviderId): void {
    this.#silences.delete(providerId);
  }

  silent(providerId: ProviderId): void {
    const count = (this.#silences.get(providerId)?.count ?? 0) + 1;
    this.#silences.set(providerId, { count, until: this.#now() + LEFT_ALONE_MILLISECONDS });
  }
}
