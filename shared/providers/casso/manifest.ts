import type { ProviderManifest } from '../../domain/payment/provider.ts';

/** Casso's webhooks, version 2: it tells of credits on a bank account. Source: developer.casso.vn, webhook v2. */
export const manifest: ProviderManifest = {
  id: 'casso',
  name: { vi: 'Báo có ngân hàng qua Casso', en: 'Bank credit notices through Casso' },
  kinds: [],
  currencies: ['VND'],
  limits: { least: 1, most: 999_999_999_999_999 },
  attemptLifetimeMilliseconds: 0,
  stages: ['sandbox', 'production'],
  secret: 'The checksum key of the webhook (version 2), as Casso shows it. The terminal is the account number.',
  capabilities: { query: false, refund: false },
  retry: 'unpublished; 200 with {"success":true} ends it',
  cutOff: '24:00',
  uncertain: [],
};
