import type { ProviderManifest } from '../../domain/payment/provider.ts';

/**
 * Refunds: three independent integrations send them alike, but which answers refuse for good, and whether a second call
 * under one vpc_MerchTxnRef gives money back twice, no public document says. Off until OnePay has confirmed both.
 */
export const REFUNDS: 'off' | 'on' = 'off';

/** OnePay domestic gateway, vpc version 2. Source: vn-payments 1.1.0 and omnipay-onepay, two independent integrations. */
export const manifest: ProviderManifest = {
  id: 'onepay',
  name: { vi: 'Cổng thanh toán OnePay', en: 'OnePay gateway' },
  kinds: ['redirect'],
  currencies: ['VND'],
  // No public document names limits: 12 digits of hundredths, as others of the vpc family have them.
  limits: { least: 1_000, most: 9_999_999_999 },
  attemptLifetimeMilliseconds: 15 * 60_000,
  stages: ['sandbox', 'production'],
  secret:
    'JSON: {"accessCode":"…","secureSecret":"…"}, and "user" and "password" of queryDR where OnePay gave them; the secure secret in hexadecimal digits. The terminal is the merchant id.',
  // queryDR as several independent integrations send it. An account without its user and password is asked about nothing.
  capabilities: { query: true, refund: false },
  retry: 'unpublished; responsecode=0 says that the callback was not taken in',
  cutOff: '24:00',
  uncertain: [],
  // The signed word that there is no such transaction: nobody got as far as choosing a card.
  asking: { neverHeard: ['DRExists=N'] },
};

/** Where OnePay is called, by stage. */
export const API_URL = { sandbox: 'https://mtf.onepay.vn', production: 'https://onepay.vn' };

/** Where citizens are sent, by stage. */
export const PAY_URL = {
  sandbox: 'https://mtf.onepay.vn/paygate/vpcpay.op',
  production: 'https://onepay.vn/paygate/vpcpay.op',
};

/**
 * vpc_TxnResponseCode of a payment that failed for good: refusals of the bank, wrong card data, the payer's cancelling (99)
 * and running out of time (253). 300 is under way.
 */
export const DECLINED = '1 3 4 5 6 7 8 9 10 11 12 13 21 22 23 24 25 99 253'.split(' ');
