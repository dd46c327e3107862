import type { Delivery } from '../domain/notification/delivery.ts';
import type { ProviderRequest, ProviderResponse } from '../domain/payment/provider.ts';
import type { ProviderCaller } from '../domain/payment/provider-caller.ts';
import { DialectConfirmation, DialectConnection, dialectSecretName } from '../domain/registry/dialect.ts';
import type { SecretReader } from '../domain/secrets.ts';
import type { Delivered } from './deliver-event.ts';

/** How a confirmation is written and what counts as taken, in the dialect's words. */
export type ConfirmingWords = {
  write(confirmation: DialectConfirmation, clientId: string, connection: DialectConnection): ProviderRequest;
  isTaken(response: ProviderResponse): boolean;
};

export type ConfirmPortalDependencies = { secrets: SecretReader; caller: ProviderCaller; words: ConfirmingWords };

/** Tells a portal once, by CONFIRM, that its order is paid. The same words on every try. Throws what the secret store throws. */
export async function confirmPortal(
  { owner, event }: Delivery,
  { secrets, caller, words }: ConfirmPortalDependencies,
): Promise<Delivered> {
  const clientId = owner.slice('client:'.length);
  const text = await secrets.read(dialectSecretName(clientId));
  // It does not speak the dialect (any more).
  if (text === undefined) return { kind: 'nothingToDo' };
  const connection = DialectConnection.parse(JSON.parse(text));
  const confirmation = DialectConfirmation.parse(event['data']);
  const outcome = await caller.call(words.write(confirmation, clientId, connection));
  if (outcome.kind === 'unreachable') return { ...outcome, kind: 'failed' };
  const { response } = outcome;
  return words.isTaken(response) ? { kind: 'delivered' } : { kind: 'failed', why: 'refused', status: response.status };
}
