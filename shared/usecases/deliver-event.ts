import type { Delivery } from '../domain/notification/delivery.ts';
import type { SendFailure, WebhookDirectory, WebhookSender } from '../domain/notification/ports.ts';
import type { TellingBook } from '../domain/notification/telling.ts';
import { type WebhookEndpoint, WebhookSecrets, webhookSecretName } from '../domain/notification/webhook.ts';
import type { SecretReader } from '../domain/secrets.ts';
import type { Instant } from '../domain/time.ts';

export type DeliverDependencies = {
  directory: WebhookDirectory;
  secrets: SecretReader;
  sender: WebhookSender;
  tellings: Pick<TellingBook, 'note'>;
  now: () => Instant;
};

export type Delivered =
  | { kind: 'delivered' }
  /** Nobody wants it: no endpoint (any more), or one that did not ask for this type. */
  | { kind: 'nothingToDo' }
  | { kind: 'failed'; why: SendFailure['why'] | 'noSecret' | 'refused'; status?: number; code?: string };

/** What an event is called where its telling is noted. */
export const namedAs = ({ id, type }: Delivery['event']): { id: string; type: string } => ({ id, type });

/**
 * Tells one event to one endpoint, once, and notes what became of it. Only a 2xx is a delivery: a redirect is not followed and 410 Gone stops nothing,
 * because whether an endpoint still stands is decided where it is registered.
 *
 * Throws what the directory, the secret store and the notes throw; the message comes back then, and is told again under
 * the same id.
 */
export async function deliverEvent({ owner, event }: Delivery, dependencies: DeliverDependencies): Promise<Delivered> {
  const endpoint = await dependencies.directory.endpointOf(owner);
  if (!endpoint || !asksFor(endpoint, event.type)) return { kind: 'nothingToDo' };

  const at = dependencies.now();
  const delivered = await tell({ owner, event }, endpoint, at, dependencies);
  const told = delivered.kind === 'delivered' ? ({ kind: 'told' } as const) : delivered;
  await dependencies.tellings.note(namedAs(event), owner, told, at);
  return delivered;
}

async function tell(
  { owner, event }: Delivery,
  { url }: WebhookEndpoint,
  at: Instant,
  { secrets, sender }: Pick<DeliverDependencies, 'secrets' | 'sender'>,
): Promise<Exclude<Delivered, { kind: 'nothingToDo' }>> {
  const valid = validSecrets(await secrets.read(webhookSecretName(owner)), at);
  if (valid.length === 0) return { kind: 'failed', why: 'noSecret' };
  const answer = await sender.send({ url, eventId: event.id, body: JSON.stringify(event), secrets: valid, at });
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
