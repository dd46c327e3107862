import type { ProviderManifest } from '../../domain/payment/provider.ts';

/** SePay's bank webhooks: it tells of credits on a bank account. Source: developer.sepay.vn/en/sepay-webhooks. */
export const manifest: ProviderManifest = {
  id: 'sepay',
  name: { vi: 'Báo có ngân hàng qua SePay', en: 'Bank credit notices through SePay' },
  kinds: [],
  currencies: ['VND'],
  limits: { least: 1, most: 999_999_999_999_999 },
  attemptLifetimeMilliseconds: 0,
  stages: ['sandbox', 'production'],
  secret:
    'JSON: {"webhookSecret":"…"} for signed notices (HMAC), or {"apiKey":"…"} where the account knows none; never both. ' +
    'The terminal is the account number.',
  capabilities: { query: false, refund: false },
  retry: '7 times, after 1, 1, 2, 3, 5, 8 and 13 minutes; 30 seconds for an answer',
  cutOff: '24:00',
  uncertain: [],
};
