import type { WebhookEndpoint } from '../../shared/domain/notification/webhook.ts';
import { DEFAULT_EVENTS, WebhookEventType, webhookSecretName } from '../../shared/domain/notification/webhook.ts';
import { type Agency, type MerchantAccount, terminalSecretName } from '../../shared/domain/registry/registry.ts';
import { paperBank } from '../dsl/paper-bank.ts';
import { callerOf, client } from '../dsl/world.ts';
import { MemoryRegistry } from '../fakes/memory-registry.ts';
import { MemorySecrets } from '../fakes/memory-secrets.ts';
import { BEGIN } from './clock.ts';

/** Who takes part in the simulation: two agencies, two banks, two portals. All names are invented. */

export const LAND = 'H29.14';
export const POLICE = 'A02.3';
export const AGENCIES = [LAND, POLICE] as const;
export const BANKS = ['bank-one', 'bank-two'] as const;

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
  account('land-one', 'bank-one', LAND, 'ONE-LAND'),
  account('police-one', 'bank-one', POLICE, 'ONE-POLICE'),
  account('land-two', 'bank-two', LAND, 'TWO-LAND'),
  account('police-two', 'bank-two', POLICE, 'TWO-POLICE'),
  // One terminal that serves both agencies: who owns unknown money there, nobody can say.
  account('land-shared', 'bank-one', LAND, 'ONE-SHARED'),
  account('police-shared', 'bank-one', POLICE, 'ONE-SHARED'),
];

export const keyOf = (terminal: string): string => `key of ${terminal}`;

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

export const registryOfCountry = () =>
  new MemoryRegistry({
    agencies: AGENCIES.map((code): Agency => ({ code, name: { vi: code, en: code }, active: true })),
    clients: PORTALS.map((portal) => portal.client),
    accounts: [...ACCOUNTS],
    endpoints: [...ENDPOINTS],
  });

export const secretsOfCountry = () =>
  new MemorySecrets({
    ...Object.fromEntries(
      ACCOUNTS.map((one) => [terminalSecretName(one.providerId, one.terminal), keyOf(one.terminal)]),
    ),
    ...Object.fromEntries(ENDPOINTS.map(({ owner }) => [webhookSecretName(owner), WEBHOOK_SECRET])),
  });

export const providersOfCountry = () => new Map(BANKS.map((id) => [id as string, paperBank(id)]));
