import * as z from 'zod';
import { lazy } from '../domain/lazy.ts';
import { type AddressRefusal, addressRefusals } from '../domain/notification/address.ts';
import {
  DEFAULT_EVENTS,
  type WebhookEndpoint,
  type WebhookEventType,
  type WebhookOwner,
  WebhookSecrets,
  webhookSecretName,
} from '../domain/notification/webhook.ts';
import { notFound, Refusal } from '../domain/refusal.ts';
import type { RegistryWriter } from '../domain/registry/book.ts';
import type { Caller } from '../domain/registry/caller.ts';
import type { ChangeOrigin } from '../domain/registry/origin.ts';
import { mayActFor } from '../domain/registry/registry.ts';
import { DAY_MILLISECONDS, type Instant } from '../domain/time.ts';
import { changedRecord } from './register.ts';

/** How long an old secret signs beside a new one, in milliseconds. */
const OVERLAP_MILLISECONDS = DAY_MILLISECONDS;
/** Secrets that are kept; the oldest go when someone rotates again and again. */
const MAX_SECRETS = 3;
const SECRET_BYTES = 32;
/** How often a secret is stored anew because another call came between. Each time one call gets through. */
const MAX_TRIES = 5;

/** Each secret with the call that made it, hashed: it is shown to nobody else, and not twice. */
const MadeSecrets = lazy(() => z.array(WebhookSecrets.element.extend({ madeBy: z.string().optional() })));
type MadeSecrets = z.infer<typeof MadeSecrets>;

/** Port: a secret that several calls may change at once. */
export interface SharedSecrets {
  /** The value as it is now, never from memory, and which one it is. */
  current(name: string): Promise<{ value: string; version: string } | undefined>;
  /** Writes, unless somebody has since `version` was current (`undefined`: since there was none): then false. */
  replace(name: string, value: string, version: string | undefined): Promise<boolean>;
}

export type WebhookDependencies = {
  registry: Pick<RegistryWriter, 'endpointOf' | 'changeEndpoint'>;
  secrets: SharedSecrets;
  /** Why an address may not be called, or undefined; it looks the name up. */
  refuseAddress: (url: string) => Promise<AddressRefusal | undefined>;
  randomBytes: (count: number) => Uint8Array;
  now: () => Instant;
};

/** Agencies speak for themselves, so do clients; an operator may speak for anybody. Others see nothing there. */
export function requireOwner(owner: WebhookOwner, caller: Caller): void {
  const [kind, name = ''] = [owner.slice(0, owner.indexOf(':')), owner.slice(owner.indexOf(':') + 1)];
  const { client } = caller;
  const own =
    client.kind === 'operator' ||
    (kind === 'client' && caller.clientId === name) ||
    (kind === 'agency' && client.kind === 'agency' && mayActFor(client, name));
  if (!own) throw notFound();
}

export async function readWebhook(
  owner: WebhookOwner,
  caller: Caller,
  { registry }: Pick<WebhookDependencies, 'registry'>,
): Promise<WebhookEndpoint> {
  requireOwner(owner, caller);
  const endpoint = await registry.endpointOf(owner);
  if (!endpoint) throw notFound();
  return endpoint;
}

export type RegisteredWebhook = { endpoint: WebhookEndpoint; secret?: string; replayed: boolean };

/**
 * Registers where an owner's events go. The first registration makes a secret and answers it, once. Refusals: not_found,
 * webhook_address_refused, idempotency_key_reused, version_conflict.
 */
export async function registerWebhook(
  { owner, url, events }: { owner: WebhookOwner; url: string; events?: readonly WebhookEventType[] | undefined },
  caller: Caller,
  origin: ChangeOrigin,
  dependencies: WebhookDependencies,
): Promise<RegisteredWebhook> {
  requireOwner(owner, caller);
  const refused = await dependencies.refuseAddress(url);
  if (refused) {
    const words = addressRefusals[refused];
    throw new Refusal('webhook_address_refused', words, [{ pointer: '/body/url', message: words.en }]);
  }
  const at = dependencies.now();
  const decide = (before: WebhookEndpoint | undefined): WebhookEndpoint => ({
    // The first registration is the first to make a secret.
    ...(before ?? { lastRotation: origin.keyHash }),
    owner,
    url,
    events: [...(events ?? before?.events ?? DEFAULT_EVENTS)],
    updatedAt: at,
  });
  return withSecret(
    changedRecord(await dependencies.registry.changeEndpoint(owner, decide, origin)),
    origin,
    dependencies,
  );
}

/** Makes a new secret; the old one signs too for a day. Refusals: not_found, version_conflict. */
export async function rotateWebhookSecret(
  owner: WebhookOwner,
  caller: Caller,
  origin: ChangeOrigin,
  dependencies: WebhookDependencies,
): Promise<RegisteredWebhook> {
  const { registry, now } = dependencies;
  const known = await readWebhook(owner, caller, { registry });
  const at = now();
  const decide = (before: WebhookEndpoint = known) => ({ ...before, updatedAt: at, lastRotation: origin.keyHash });
  return withSecret(changedRecord(await registry.changeEndpoint(owner, decide, origin)), origin, dependencies);
}

/**
 * The answer to a call, with a new secret if the endpoint's record says that this call is to make it. The record is won
 * first, by its condition, so there is one such call at a time; the secret is stored next and then shown. When the call
 * ends between, no event is signed with what nobody knows, and the same call again makes the secret and shows it.
 */
async function withSecret(
  { record, replayed }: { record: WebhookEndpoint; replayed: boolean },
  { keyHash }: ChangeOrigin,
  dependencies: WebhookDependencies,
): Promise<RegisteredWebhook> {
  if (record.lastRotation !== keyHash) return { endpoint: record, replayed };
  const secret = await makeSecret(record.owner, keyHash, dependencies);
  return secret === undefined ? { endpoint: record, replayed: true } : { endpoint: record, secret, replayed: false };
}

/** Undefined: this call has made its secret already. Refusals: version_conflict. */
async function makeSecret(
  owner: WebhookOwner,
  madeBy: string,
  { registry, secrets, randomBytes, now }: WebhookDependencies,
): Promise<string | undefined> {
  const name = webhookSecretName(owner);
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const current = await secrets.current(name);
    const there = MadeSecrets.parse(JSON.parse(current?.value ?? '[]'));
    if (there.some((one) => one.madeBy === madeBy)) return undefined;
    // Asked after the secrets were read: whoever wins the record after this stores on top of ours, or makes us try again.
    if ((await registry.endpointOf(owner))?.lastRotation !== madeBy) throw new Refusal('version_conflict');
    const at = now();
    const secret = newSecret(randomBytes);
    const older = there
      .filter((one) => one.endsAt === null || one.endsAt > at)
      .map((one) => ({ ...one, endsAt: one.endsAt ?? at + OVERLAP_MILLISECONDS }));
    const all: MadeSecrets = [{ secret, endsAt: null, madeBy }, ...older].slice(0, MAX_SECRETS);
    if (await secrets.replace(name, JSON.stringify(all), current?.version)) return secret;
  }
  throw new Refusal('version_conflict');
}

const newSecret = (randomBytes: WebhookDependencies['randomBytes']): string =>
  `whsec_${Buffer.from(randomBytes(SECRET_BYTES)).toString('base64')}`;
