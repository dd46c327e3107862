import type { ProviderManifest } from '../../domain/payment/provider.ts';

/** Viettel Money web gateway 2.0, as one public integration of 2020 speaks it (OpenCPS). */
export const manifest: ProviderManifest = {
  id: 'viettel-money',
  name: { vi: 'Viettel Money', en: 'Viettel Money' },
  kinds: ['redirect'],
  currencies: ['VND'],
  limits: { least: 1_000, most: 100_000_000 },
  attemptLifetimeMilliseconds: 15 * 60_000,
  stages: ['sandbox', 'production'],
  secret: 'JSON: {"accessCode":"…","hashKey":"…"}, as Viettel handed them out. The terminal is the merchant_code.',
  capabilities: { query: false, refund: false },
  retry: 'unpublished',
  cutOff: '24:00',
  uncertain: [
    'the address of the gateway (PAY_URL)',
    'the limits of one payment',
    'how a checksum is written: base64, in one integration hexadecimal (CHECKSUM_FORM)',
    'which members the answer to a confirmation echoes and signs',
    'payment_status: only 1 (paid) is known',
    'that a billcode may be 12 digits, A, the amount and Z, and is echoed as it is',
    'a newer interface exists that is not public',
  ],
};

/** Where citizens are sent, by stage: comes with the contract. */
export const PAY_URL = {
  sandbox: 'https://viettel-money.invalid/PaymentGateway/payment',
  production: 'https://viettel-money.invalid/PaymentGateway/payment',
};

export const CHECKSUM_FORM: 'base64' | 'hex' = 'base64';
