import type { ProviderManifest } from '../../domain/payment/provider.ts';

/** VNPT ePay MegaPay, hosted page. Only the rule of the request's token is public. */
export const manifest: ProviderManifest = {
  id: 'megapay',
  name: { vi: 'VNPT ePay MegaPay', en: 'VNPT ePay MegaPay' },
  kinds: ['form'],
  currencies: ['VND'],
  limits: { least: 1_000, most: 500_000_000 },
  attemptLifetimeMilliseconds: 15 * 60_000,
  stages: ['sandbox', 'production'],
  secret: 'The encodeKey of the merchant, as VNPT ePay handed it out. The terminal is the merId.',
  capabilities: { query: false, refund: false },
  retry: 'unpublished',
  cutOff: '24:00',
  uncertain: [
    'the address of the payment page (PAY_URL) and the names of the posted fields beside those of the token',
    'the limits of one payment',
    'the whole notice: its members, what its token covers and in which order (NOTICE_TOKEN), what answers it',
    'resultCd: only 00_000 (paid) is assumed',
  ],
};

/** Where the citizen's browser posts the order, by stage: comes with the contract. */
export const PAY_URL = {
  sandbox: 'https://megapay.invalid/pg_was/order',
  production: 'https://megapay.invalid/pg_was/order',
};

/** Members of a notice under its token, in order; the key comes last. */
export const NOTICE_TOKEN = ['resultCd', 'timeStamp', 'merTrxId', 'trxId', 'merId', 'amount'] as const;
