import type { ProviderManifest } from '../../domain/payment/provider.ts';

/** MoMo AIO v2. Source: developers.momo.vn v3; github momo-wallet/payment. */
export const manifest: ProviderManifest = {
  id: 'momo',
  name: { vi: 'Ví MoMo', en: 'MoMo wallet' },
  kinds: ['redirect', 'deeplink'],
  currencies: ['VND'],
  limits: { least: 1_000, most: 50_000_000 },
  attemptLifetimeMilliseconds: 100 * 60_000,
  stages: ['sandbox', 'production'],
  secret: 'JSON: {"accessKey":"…","secretKey":"…"}, as MoMo handed them out. The terminal is the partner code.',
  capabilities: { query: true, refund: true },
  retry: 'unpublished; anything but 2xx within 15 seconds does not give the money back',
  cutOff: '24:00',
  uncertain: [],
  // Its documents want 30 seconds at least of whoever calls. A citizen's own call ends before that.
  patience: { told: 25_000, asked: 30_000 },
};

/**
 * How the answer to `create` is signed: the documents show two texts, one with `message` and one without. It comes over TLS
 * from a fixed host, so the check is an addition, off until MoMo has said which it is.
 */
export const CREATE_ANSWER_SIGNATURE: 'unchecked' | 'withMessage' | 'withoutMessage' = 'unchecked';

/** Where calls go, by stage. */
export const API_URL = { sandbox: 'https://test-payment.momo.vn', production: 'https://payment.momo.vn' };

/** Source: table of resultCode. What stands in neither list is not final: it is asked about. */
export const DECLINED = [
  98, 99, 1001, 1002, 1003, 1004, 1005, 1006, 1007, 1017, 1026, 1080, 1081, 1088, 2019, 4001, 4002, 4100,
] as const;
