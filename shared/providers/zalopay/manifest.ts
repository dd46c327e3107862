import type { ProviderManifest } from '../../domain/payment/provider.ts';

/** ZaloPay OpenAPI v2. Source: docs.zalopay.vn/docs/specs. */
export const manifest: ProviderManifest = {
  id: 'zalopay',
  name: { vi: 'Ví ZaloPay', en: 'ZaloPay wallet' },
  kinds: ['redirect'],
  currencies: ['VND'],
  // No document that we have seen names limits of an order; what ZaloPay does not take it refuses when it is told of it.
  limits: { least: 1_000, most: 9_999_999_999 },
  attemptLifetimeMilliseconds: 15 * 60_000,
  stages: ['sandbox', 'production'],
  secret: 'JSON: {"key1":"…","key2":"…"}, as ZaloPay handed them out. The terminal is the app_id.',
  capabilities: { query: true, refund: true },
  // It answers for 48 hours after creation, and not while its callback is being answered: later it would say of any order that
  // it has run out. -101: there is no such order.
  asking: { seldom: 6 * 3_600_000, bound: 47 * 3_600_000, neverHeard: ['2/-101'] },
  retry: 'return_code 0: again, at most 3 times; paid orders alone are called back',
  cutOff: '24:00',
  uncertain: [],
};

/** Where calls go, by stage. */
export const API_URL = { sandbox: 'https://sb-openapi.zalopay.vn', production: 'https://openapi.zalopay.vn' };
