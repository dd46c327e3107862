import type { ProviderManifest } from '../../domain/payment/provider.ts';

const MINUTE_MILLISECONDS = 60_000;

/** A bank that moves no money: it does whatever the person on its page chooses. Never offered in production. */
export const manifest: ProviderManifest = {
  id: 'sandbox-bank',
  name: { vi: 'Ngân hàng thử nghiệm', en: 'Sandbox bank' },
  kinds: ['redirect'],
  currencies: ['VND'],
  limits: { least: 1_000, most: 5_000_000_000 },
  attemptLifetimeMilliseconds: 15 * MINUTE_MILLISECONDS,
  stages: ['sandbox'],
  capabilities: { query: true, refund: true },
  retry: '404 and 5xx: again; see the protocol, section 4',
  cutOff: '24:00',
  uncertain: [],
  secret:
    'The bank’s Ed25519 public key as GET /sandbox-bank/key shows it: base64 of its SPKI DER form, 60 characters.',
  asking: { neverHeard: ['NONE'] },
};
