import type { BlockedEndpoints } from '../domain/notification/blocked.ts';
import type { Instant } from '../domain/time.ts';

/** How long an endpoint counts as open without being looked up again, in milliseconds. */
const KEPT_MILLISECONDS = 10_000;
/** Most endpoints that one process remembers. */
const MAX_KEPT = 5_000;

type Blocked = Pick<BlockedEndpoints, 'find' | 'block'>;

/**
 * Remembers for a moment that an endpoint stands open, so that most deliveries ask nothing. One that is blocked is never
 * remembered: a delivery that is not sent must know that it is held back now. The other mistake costs one failed attempt.
 */
export function openEndpointsRemembered(endpoints: Blocked, now: () => Instant): Blocked {
  const open = new Map<string, Instant>();
  return {
    async find(owner) {
      const until = open.get(owner);
      if (until !== undefined && until > now()) return undefined;
      open.delete(owner);
      const found = await endpoints.find(owner);
      const [oldest] = open.keys();
      if (open.size >= MAX_KEPT && oldest !== undefined) open.delete(oldest);
      if (!found) open.set(owner, now() + KEPT_MILLISECONDS);
      return found;
    },
    block(endpoint) {
      open.delete(endpoint.owner);
      return endpoints.block(endpoint);
    },
  };
}
