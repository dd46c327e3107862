import type { RegistryReader } from '../domain/registry/book.ts';
import type { Instant } from '../domain/time.ts';

/** What was taken away is gone everywhere after this time. Milliseconds; the bound promised to callers is 60 s. */
const KEPT_MILLISECONDS = 30_000;
/** Most records that one process remembers; the oldest go first. */
const MAX_KEPT = 5_000;

/**
 * Remembers what the registry said for half a minute. Only what is there is remembered: a client, terminal or endpoint that
 * was registered a moment ago works at once.
 */
export function cachedRegistry(registry: RegistryReader, now: () => Instant): RegistryReader {
  const kept = new Map<string, { value: unknown; until: Instant }>();

  const cached =
    <A extends readonly string[], T>(name: string, read: (...keys: A) => Promise<T>) =>
    async (...keys: A): Promise<T> => {
      const key = [name, ...keys].join('\n');
      const known = kept.get(key);
      if (known && known.until > now()) return known.value as T;
      const value = await read(...keys);
      const absent = value === undefined || (Array.isArray(value) && value.length === 0);
      kept.delete(key);
      if (!absent) {
        const [oldest] = kept.keys();
        if (kept.size >= MAX_KEPT && oldest !== undefined) kept.delete(oldest);
        kept.set(key, { value, until: now() + KEPT_MILLISECONDS });
      }
      return value;
    };

  return {
    agency: cached('agency', (code) => registry.agency(code)),
    agencyCodes: cached('agencyCodes', () => registry.agencyCodes()),
    client: cached('client', (id) => registry.client(id)),
    merchantAccount: cached('merchantAccount', (id) => registry.merchantAccount(id)),
    payeeAccount: cached('payeeAccount', (provider, agency, beneficiary) =>
      registry.payeeAccount(provider, agency, beneficiary),
    ),
    accountsOf: cached('accountsOf', (provider, agency) => registry.accountsOf(provider, agency)),
    accountsAtTerminal: cached('accountsAtTerminal', (provider, terminal) =>
      registry.accountsAtTerminal(provider, terminal),
    ),
    atProvider: cached('atProvider', (provider) => registry.atProvider(provider)),
    endpointOf: cached('endpointOf', (owner) => registry.endpointOf(owner)),
  };
}
