import { type AddressRefusal, addressRefusals } from '../domain/notification/address.ts';
import type { ProviderId } from '../domain/payment/provider.ts';
import { notFound, Refusal } from '../domain/refusal.ts';
import type { RegistryReader } from '../domain/registry/book.ts';
import { type DialectConnection, dialectSecretName } from '../domain/registry/dialect.ts';
import type { ChangeOrigin } from '../domain/registry/origin.ts';

export type RegisterDialectDependencies = {
  registry: Pick<RegistryReader, 'client'>;
  providers: { has(id: ProviderId): boolean };
  secrets: { write(name: string, value: string, call: string): Promise<void> };
  refuseAddress: (url: string) => Promise<AddressRefusal | undefined>;
};

/**
 * Lets a client speak the national platform's message set, or changes how. The same call again changes nothing. Refusals:
 * not_found, unknown_provider, webhook_address_refused.
 */
export async function registerDialect(
  clientId: string,
  connection: DialectConnection,
  origin: ChangeOrigin,
  { registry, providers, secrets, refuseAddress }: RegisterDialectDependencies,
): Promise<DialectConnection> {
  if (!(await registry.client(clientId))) throw notFound();
  if (!providers.has(connection.providerId)) throw new Refusal('unknown_provider');
  const refused = await refuseAddress(connection.confirmUrl);
  if (refused) {
    const words = addressRefusals[refused];
    throw new Refusal('webhook_address_refused', words, [{ pointer: '/body/confirmUrl', message: words.en }]);
  }
  await secrets.write(dialectSecretName(clientId), JSON.stringify(connection), `${origin.keyHash}.${origin.bodyHash}`);
  return connection;
}
