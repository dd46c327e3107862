import type { ProviderManifest } from '../../domain/payment/provider.ts';

/** Payoo merchant interface of 2018. Source: github dilab/omnipay-payoo. */
export const manifest: ProviderManifest = {
  id: 'payoo',
  name: { vi: 'Payoo', en: 'Payoo' },
  kinds: ['form'],
  currencies: ['VND'],
  limits: { least: 1_000, most: 500_000_000 },
  attemptLifetimeMilliseconds: 60 * 60_000,
  stages: ['sandbox', 'production'],
  secret: 'JSON: {"username":"…","key":"…"}: the business user name and the checksum key. The terminal is the shop id.',
  capabilities: { query: false, refund: false },
  retry: 'unpublished; NOTIFY_RECEIVED ends it',
  cutOff: '24:00',
  uncertain: [
    'the address of the payment page (PAY_URL) and the names of the posted fields',
    'the limits of one payment',
    'how a notice wraps its members, and which of them it signs in which order (KEY_FIELDS)',
    'State: only PAYMENT_RECEIVED (paid) is known',
    'a notice has no transaction number of its own: the order number stands for it',
  ],
};

/** Where the citizen's browser posts the order, by stage: comes with the contract. */
export const PAY_URL = { sandbox: 'https://payoo.invalid/v2/paynow', production: 'https://payoo.invalid/v2/paynow' };

/**
 * The only list of signed members that is taken. A notice brings its own list, unsigned: taken as it is, it could give one
 * member the value of another.
 */
export const KEY_FIELDS = 'Session|BusinessUsername|ShopID|OrderNo|OrderCashAmount|State';
