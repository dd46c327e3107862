import type { ProviderStates } from '../domain/payment/availability.ts';
import type { Instant } from '../domain/time.ts';

/** An operator's word is in effect everywhere after this time. Milliseconds. */
const KEPT_MILLISECONDS = 10_000;

/** Remembers what was known of providers for ten seconds, also that nothing was. */
export function rememberedStates(states: ProviderStates, now: () => Instant): ProviderStates {
  const remember = <T>(read: () => Promise<T>): (() => Promise<T>) => {
    let kept: { value: Promise<T>; until: Instant } | undefined;
    return () => {
      const at = now();
      if (kept && at < kept.until && kept.until <= at + KEPT_MILLISECONDS) return kept.value;
      const value = read();
      const here = { value, until: at + KEPT_MILLISECONDS };
      kept = here;
      // What failed is asked again.
      value.catch(() => {
        if (kept === here) kept = undefined;
      });
      return value;
    };
  };
  return { statuses: remember(() => states.statuses()), silences: remember(() => states.silences()) };
}
