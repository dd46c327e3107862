import type { ProviderManifest } from '../../domain/payment/provider.ts';

/** payOS merchant API v2. Source: payos.vn/docs. */
export const manifest: ProviderManifest = {
  id: 'payos',
  name: { vi: 'Chuyển khoản qua payOS', en: 'Bank transfer through payOS' },
  kinds: ['redirect'],
  currencies: ['VND'],
  // No document that we have seen names limits; the most is that of one NAPAS 247 transfer.
  limits: { least: 1_000, most: 499_999_999 },
  attemptLifetimeMilliseconds: 60 * 60_000,
  stages: ['sandbox', 'production'],
  secret:
    'JSON: {"clientId":"…","apiKey":"…","checksumKey":"…"} of the payment channel. The terminal is the receiving account; ' +
    'register …/callbacks/payos?terminal=<the terminal> at payOS. The account must be linked through payOS: its payments ' +
    'carry 17 characters of text.',
  capabilities: { query: true, refund: false },
  retry: 'unpublished; the address is tested at registration with an order 123',
  cutOff: '24:00',
  uncertain: [],
};

export const API_URL = 'https://api-merchant.payos.vn';
