import type { ProviderManifest } from '../../domain/payment/provider.ts';

/** Bank transfer by VietQR over NAPAS 247. Source: NAPAS QR Switching, Part IV, 1.5.2; EMVCo merchant-presented mode. */
export const manifest: ProviderManifest = {
  id: 'vietqr',
  name: { vi: 'Chuyển khoản bằng mã VietQR', en: 'Bank transfer by VietQR' },
  kinds: ['qr'],
  currencies: ['VND'],
  // A 247 transfer is commonly said to be below 500 million dong; the payload itself holds 13 digits.
  limits: { least: 1_000, most: 499_999_999 },
  // A bank account takes money at any time: the attempt only says how long the code is shown.
  attemptLifetimeMilliseconds: 24 * 3_600_000,
  stages: ['sandbox', 'production'],
  secret:
    'No secret, but JSON: {"bankBin":"970415"}, the BIN of the bank that holds the account. The terminal is the account ' +
    'number. Who tells of its credits (sepay, casso) is registered beside it, under the same account number.',
  capabilities: { query: false, refund: false },
  retry: 'nobody calls back under this name: see sepay and casso',
  cutOff: '24:00',
  uncertain: [],
};
