import * as z from 'zod';
import { lazy } from '../domain/lazy.ts';
import { Refusal } from '../domain/refusal.ts';
import type { RegistryReader } from '../domain/registry/book.ts';
import type { Caller } from '../domain/registry/caller.ts';
import type { Client } from '../domain/registry/registry.ts';

/** What the gateway's authorizer has verified and passes on. Cognito's access tokens carry the client's id so. */
const Claims = lazy(() => z.object({ client_id: z.string().min(1), sub: z.string().optional() }));

/**
 * The caller behind a verified token: its client as our registry knows it. A client that is not registered, or switched
 * off, is refused whatever its token says. Refusals: forbidden.
 */
export async function callerOf(claims: unknown, registry: Pick<RegistryReader, 'client'>): Promise<Caller> {
  const parsed = Claims.safeParse(claims);
  const client = parsed.success ? await registry.client(parsed.data.client_id) : undefined;
  if (!parsed.success || !client?.active) throw new Refusal('forbidden');
  return { clientId: client.id, subject: parsed.data.sub ?? client.id, client };
}

/**
 * The operator behind a verified token. Somebody must be the first to register others, so a client that nobody has
 * registered is let in by its scope alone, granted at the issuer. Once it is registered the registry decides: it must be
 * an operator, and active. Refusals: forbidden.
 */
export async function operatorOf(claims: unknown, registry: Pick<RegistryReader, 'client'>): Promise<Caller> {
  const parsed = Claims.safeParse(claims);
  if (!parsed.success) throw new Refusal('forbidden');
  const id = parsed.data.client_id;
  const client = (await registry.client(id)) ?? unregisteredOperator(id);
  if (!client.active || client.kind !== 'operator') throw new Refusal('forbidden');
  return { clientId: id, subject: parsed.data.sub ?? id, client };
}

const unregisteredOperator = (id: string): Client => ({
  id,
  kind: 'operator',
  name: { vi: 'Vận hành', en: 'Operator' },
  agencies: '*',
  returnHosts: [],
  active: true,
});
