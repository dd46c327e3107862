import type { ProviderManifest } from '../../domain/payment/provider.ts';

/**
 * PayGov, a province's payment gateway behind its LGSP. Source: newer OpenCPS, which sends an order and a receipt request and
 * leaves the check of a callback to the gateway, and the page of api.tphcm.gov.vn. The rule of a checksum is known from the
 * receipt request alone.
 */
export const manifest: ProviderManifest = {
  id: 'paygov',
  name: { vi: 'Cổng thanh toán PayGov', en: 'PayGov gateway' },
  kinds: ['redirect'],
  currencies: ['VND'],
  limits: { least: 1_000, most: 499_999_999 },
  attemptLifetimeMilliseconds: 15 * 60_000,
  stages: ['sandbox', 'production'],
  secret:
    'JSON: {"accessKey":"…","secretKey":"…","serviceCode":"…","token":"…"} (Bearer of the LGSP); may hold "lgspAccessToken". ' +
    'The terminal is the partnerCode; register …/callbacks/paygov?terminal=<the terminal>.',
  capabilities: { query: false, refund: false },
  retry: 'unpublished',
  cutOff: '24:00',
  uncertain: [
    'the address (API_URL), which comes with the contract through the LGSP',
    'what the checksums of an order and of a callback are made over, and in which order (CHECKSUMS): as the receipt request is here',
    'errorCode: only 00 (paid) is known',
    'the values of type, payGate and transactionCode, and that they have the forms which keep the checksum unambiguous (FORMS)',
    'the limits of one payment and how long an order stays payable',
    'how often a callback is repeated, and what error_code FAILED brings about',
  ],
};

/** Where orders are told, by stage: comes with the contract. */
export const API_URL = { sandbox: 'https://paygov.invalid/create', production: 'https://paygov.invalid/create' };

/**
 * What a checksum is made over, in this order, nothing between the values. The receipt request begins with the secret key, the
 * partner's code and the access key, and goes on with the members as they stand in the message; so both of these do.
 */
export const CHECKSUMS = {
  order: ['returnUrl', 'orderId', 'amount', 'orderInfo', 'requestCode', 'ipAddress', 'serviceCode'],
  callback: [
    'amount',
    'orderId',
    'orderInfo',
    'requestCode',
    'transactionNo',
    'payDate',
    'payGate',
    'errorCode',
    'type',
    'transactionCode',
  ],
} as const;
