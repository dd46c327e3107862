import type { Delivery } from '../domain/notification/delivery.ts';
import type { SendFailure, WebhookDirectory, WebhookSender } from '../domain/notification/ports.ts';
import { type WebhookEndpoint, WebhookSecrets, webhookSecretName } from '../domain/notification/webhook.ts';
import type { SecretReader } from '../domain/secrets.ts';
import type { Instant } from '../domain/time.ts';

export type DeliverDependencies = {
  directory: WebhookDirectory;
  secrets: SecretReader;
  sender: WebhookSender;
  now: () => Instant;
};

export type Delivered =
  | { kind: 'delivered' }
  /** Nobody wants it: no endpoint (any more), or one that did not ask for this type. */
  | { kind: 'nothingToDo' }
  | { kind: 'failed'; why: SendFailure['why'] | 'noSecret' | 'refused'; status?: number; code?: string };

/**
 * Tells one event to one endpoint, once. Only a 2xx is a delivery: a redirect is not followed and 410 Gone stops nothing,
 * because whether an endpoint still stands is decided where it is registered.
 *
 * Throws what the directory and the secret store throw; the message comes back then.
 */
export async function deliverEvent({ owner, event }: Delivery, dependencies: DeliverDependencies): Promise<Delivered> {
  const endpoint = await dependencies.directory.endpointOf(owner);
  if (!endpoint || !asksFor(endpoint, event.type)) return { kind: 'nothingToDo' };

  const at = dependencies.now();
  const secrets = validSecrets(await dependencies.secrets.read(webhookSecretName(owner)), at);
  if (secrets.length === 0) return { kind: 'failed', why: 'noSecret' };

  const body = JSON.stringify(event);
  const answer = await dependencies.sender.send({ url: endpoint.url, eventId: event.id, body, secrets, at });
  if (answer.kind === 'failed') return answer;
  const { status } = answer;
  return status >= 200 && status < 300 ? { kind: 'delivered' } : { kind: 'failed', why: 'refused', status };
}

const asksFor = (endpoint: WebhookEndpoint, type: string): boolean => endpoint.events.some((asked) => asked === type);

function validSecrets(text: string | undefined, at: Instant): string[] {
  if (text === undefined) return [];
  return WebhookSecrets.parse(JSON.parse(text))
    .filter(({ endsAt }) => endsAt === null || endsAt > at)
    .map(({ secret }) => secret);
}
