import * as z from 'zod';
import { lazy } from '../lazy.ts';
import { DAY_MILLISECONDS, type Instant } from '../time.ts';
import { ProviderId, type ProviderManifest } from './provider.ts';

/** Whether payments are begun at a provider now: what operators say of it, and what its silence says. */

/** The longest outage that is announced in one go, in milliseconds. Whoever is away longer is switched off. */
export const MAX_OUTAGE_MILLISECONDS = 31 * DAY_MILLISECONDS;

const words = lazy(() => z.string().min(1).max(500));

/** A time in which a provider takes no payments, by its own word or an operator's, and what citizens are told of it. */
export const Outage = lazy(() =>
  z.object({ from: z.int(), until: z.int(), words: z.object({ vi: words, en: words }) }),
);
export type Outage = z.infer<typeof Outage>;

/** What an operator said last of a provider, and who that was. */
export const ProviderStatus = lazy(() =>
  z.object({
    providerId: ProviderId,
    state: z.enum(['available', 'switched_off']),
    /** Until its end, from its beginning on: it may lie ahead. */
    outage: Outage.optional(),
    /** For the record; citizens do not see it. */
    reason: z.string().min(1).max(500),
    changedBy: z.object({ clientId: z.string(), subject: z.string() }),
    changedAt: z.int(),
  }),
);
export type ProviderStatus = z.infer<typeof ProviderStatus>;

export const Availability = lazy(() => z.enum(['available', 'switched_off', 'outage', 'not_answering']));
export type Availability = z.infer<typeof Availability>;

/** Port: what is known of providers beside their manifests. It may be some seconds old. */
export interface ProviderStates {
  /** By provider; none: nobody ever said anything of it. */
  statuses(): Promise<ReadonlyMap<ProviderId, ProviderStatus>>;
  /** Until when each is left alone because it did not answer. */
  silences(): Promise<ReadonlyMap<ProviderId, Instant>>;
}

/** Port: who is left alone because it does not answer, so that it costs the others, and whoever waits, nothing. */
export interface ProviderCircuit {
  allows(id: ProviderId): Promise<boolean>;
  answered(id: ProviderId): void;
  silent(id: ProviderId): Promise<void>;
}

/**
 * `silentUntil`: absent where its silence does not matter, or there is none. A provider's silence only counts where it must
 * answer for a payment to be begun, or to be shown.
 */
export function availabilityOf(
  status: Pick<ProviderStatus, 'state' | 'outage'> | undefined,
  silentUntil: Instant | undefined,
  at: Instant,
): Availability {
  if (status?.state === 'switched_off') return 'switched_off';
  if (status?.outage && status.outage.from <= at && at < status.outage.until) return 'outage';
  return silentUntil !== undefined && at < silentUntil ? 'not_answering' : 'available';
}

/** What there is to say of an announced outage: nothing once it is over. */
export const outageAhead = (status: ProviderStatus | undefined, at: Instant): Outage | undefined =>
  status?.outage && at < status.outage.until ? status.outage : undefined;

/** Whether a provider takes a payment of this amount, in dong. */
export const takes = ({ limits }: Pick<ProviderManifest, 'limits'>, amount: number): boolean =>
  amount >= limits.least && amount <= limits.most;
