import type { WebhookEndpoint } from '../../shared/domain/notification/webhook.ts';
import { DEFAULT_EVENTS, WebhookEventType, webhookSecretName } from '../../shared/domain/notification/webhook.ts';
import type { PolicyChoices } from '../../shared/domain/payment/choices.ts';
import { type Agency, type MerchantAccount, terminalSecretName } from '../../shared/domain/registry/registry.ts';
import { providersOf } from '../../shared/providers/index.ts';
import { callerOf, client } from '../dsl/world.ts';
import { MemoryRegistry } from '../fakes/memory-registry.ts';
import { MemorySecrets } from '../fakes/memory-secrets.ts';
import { BEGIN } from './clock.ts';
import { PAPER_BANK, paperBank } from './paper-wire.ts';
import { secretOf } from './wire.ts';

/** Who takes part in the simulation: two agencies, two portals, two banks whose protocols are real,
 * and one on paper that must be told first. All names are invented. */

export const LAND = 'H29.14';
export const POLICE = 'A02.3';
export const AGENCIES = [LAND, POLICE] as const;
export const BANKS = ['vnpay', 'sandbox-bank', PAPER_BANK] as const;

const account = (id: string, providerId: string, agencyCode: string, terminal: string): MerchantAccount => ({
  id,
  providerId,
  agencyCode,
  beneficiary: id.endsWith('shared') ? 'shared' : 'main',
  terminal,
  accountNumber: '1234567890',
  bankBin: '970415',
  active: true,
});

export const ACCOUNTS: readonly MerchantAccount[] = [
  account('land-one', 'vnpay', LAND, 'ONELAND1'),
  account('police-one', 'vnpay', POLICE, 'ONEPOLI1'),
  account('land-two', 'sandbox-bank', LAND, 'TWO-LAND'),
  account('police-two', 'sandbox-bank', POLICE, 'TWO-POLICE'),
  account('land-paper', PAPER_BANK, LAND, 'PAPER-LAND'),
  // One terminal that serves both agencies: who owns unknown money there, nobody can say.
  account('land-shared', 'vnpay', LAND, 'ONESHAR1'),
  account('police-shared', 'vnpay', POLICE, 'ONESHAR1'),
];

const agencies = [...AGENCIES];
export const PORTALS = ['portal', 'other-portal'].map((id) => callerOf(client(id, { agencies })));

/** The land office hears everything, the first portal what moved money; the others registered nothing. */
export const ENDPOINTS: readonly WebhookEndpoint[] = [
  {
    owner: `agency:${LAND}`,
    url: 'https://land.example.gov.vn/thuphi',
    events: [...WebhookEventType.options],
    updatedAt: BEGIN,
  },
  {
    owner: 'client:portal',
    url: 'https://portal.example.gov.vn/thuphi',
    events: [...DEFAULT_EVENTS],
    updatedAt: BEGIN,
  },
];

const WEBHOOK_SECRET = JSON.stringify([{ secret: 'whsec_c2ltdWxhdGlvbnNlY3JldHNpbXVsYXRpb24=', endsAt: null }]);

/** `policies`: what each agency has chosen. */
export const registryOfCountry = (policies: Readonly<Record<string, PolicyChoices>> = {}) =>
  new MemoryRegistry({
    agencies: AGENCIES.map(
      (code): Agency => ({ code, name: { vi: code, en: code }, active: true, policy: policies[code] }),
    ),
    clients: PORTALS.map((portal) => portal.client),
    accounts: [...ACCOUNTS],
    endpoints: [...ENDPOINTS],
  });

export const secretsOfCountry = () =>
  new MemorySecrets({
    ...Object.fromEntries(
      ACCOUNTS.map((one) => [terminalSecretName(one.providerId, one.terminal), secretOf(one.providerId, one.terminal)]),
    ),
    ...Object.fromEntries(ENDPOINTS.map(({ owner }) => [webhookSecretName(owner), WEBHOOK_SECRET])),
  });

/** Their adapters, as a sandbox offers them. */
export const providersOfCountry = () =>
  new Map([...providersOf('sandbox', 'https://thuphi.example.gov.vn'), [PAPER_BANK, paperBank]]);
