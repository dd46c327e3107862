import type { ProviderManifest } from '../../domain/payment/provider.ts';

/** KeyPay for the national portal, 3.0 of 2020. Source: github VietOpenCPS/opencps-v2, modules/pay-gate-integration. */
export const manifest: ProviderManifest = {
  id: 'keypay-dvcqg',
  name: { vi: 'KeyPay – Cổng Dịch vụ công Quốc gia', en: 'KeyPay – National Public Service Portal' },
  kinds: ['form'],
  currencies: ['VND'],
  limits: { least: 1_000, most: 500_000_000 },
  attemptLifetimeMilliseconds: 15 * 60_000,
  stages: ['sandbox', 'production'],
  secret: 'JSON: {"hashKey1":"…","hashKey2":"…"}: for requests, and for callbacks. The terminal is the client_id.',
  capabilities: { query: false, refund: false },
  retry: 'unpublished',
  cutOff: '24:00',
  uncertain: [
    'the address of the payment page (PAY_URL) and whether the browser or the server posts the order',
    'the limits of one payment',
    'a callback’s checksum does not cover its status: paid is what a person has looked at (TRUST_UNSIGNED_STATUS)',
    'a callback has no transaction number of its own: ours stands for it',
    'the command of the query (GET_TRANSACTION_DETAIL) and the form of its answer',
    'the interface may have been replaced',
  ],
};

/** Where the citizen's browser posts the order, by stage: comes with the contract. */
export const PAY_URL = { sandbox: 'https://keypay.invalid/pay', production: 'https://keypay.invalid/pay' };

/**
 * Whether a status of 0 counts as paid although its checksum would hold over any other status too. Off: a person looks at
 * each, until the contract names a callback that is signed whole or a query to back it.
 */
export const TRUST_UNSIGNED_STATUS = false;
