import type { ProviderManifest } from '../../domain/payment/provider.ts';

/** The profile that Thuphi publishes for a bank without a protocol of its own: docs/guides/bank.md. */
export const manifest: ProviderManifest = {
  id: 'bank-direct',
  name: { vi: 'Báo có trực tiếp từ ngân hàng', en: 'Credit notices straight from the bank' },
  kinds: [],
  currencies: ['VND'],
  limits: { least: 1, most: 999_999_999_999_999 },
  attemptLifetimeMilliseconds: 0,
  stages: ['sandbox', 'production'],
  secret:
    'JSON: {"<key id>":"<public key, base64 of SPKI DER>"}, one to five, Ed25519 or RSA of 2048 to 4096 bits. The terminal is the account number.',
  capabilities: { query: false, refund: false },
  retry: 'after 503 and after no answer, signed anew, at growing gaps for at least a day; 200 and 401 end it',
  cutOff: '24:00',
  uncertain: [],
};
