import type { ProviderManifest } from '../../domain/payment/provider.ts';

/** VNPAY PAY 2.1.0. Source: sandbox.vnpayment.vn/apis/docs/thanh-toan-pay/pay.html. */
export const manifest: ProviderManifest = {
  id: 'vnpay',
  name: { vi: 'Cổng thanh toán VNPAY', en: 'VNPAY gateway' },
  kinds: ['redirect'],
  currencies: ['VND'],
  // vnp_Amount holds 12 digits of hundredths. The commonly quoted 5,000 to 1 billion dong stand in no document we have seen.
  limits: { least: 1_000, most: 9_999_999_999 },
  attemptLifetimeMilliseconds: 15 * 60_000,
  stages: ['sandbox', 'production'],
  capabilities: { query: true, refund: true },
  retry: 'RspCode 01, 04, 97, 99 or no answer: again, 5 minutes apart, at most 10 times; 00 and 02 end it',
  cutOff: '24:00',
  uncertain: [],
  secret: 'The hash secret of the terminal (vnp_HashSecret), as VNPAY handed it out.',
  // A second question within five minutes is answered 94, and 91 is its word for an order that nobody ever opened.
  asking: { leastGap: 5.5 * 60_000, neverHeard: ['91'] },
};
