import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { type JWK, type MutableToken, OAuth2Server } from 'oauth2-mock-server';
import * as z from 'zod';
import { LOOPBACK, portOf } from './addresses.ts';
import type { DataDirectory } from './data-directory.ts';

/** A caller that the local issuer knows. Scopes are our own words, without the resource server's `thuphi/`. */
export type LocalClient = {
  id: string;
  kind: string;
  scopes: readonly string[];
  /** Of a person who signs in: the client that the token is for. The token's `sub` is then the id here. */
  signsInAt?: string;
};
export type RegisteredClient = LocalClient & { secret: string };

/** Scopes carry the identifier of the resource server, as Cognito's do. */
export const SCOPE_PREFIX = 'thuphi/';
export const CLIENTS_FILE = 'clients.json';
const KEY_FILE = 'issuer-key.json';
const SECRET_BYTES = 24;
const TOKEN_PATH = '/oauth2/token';
const KEYS_PATH = '/.well-known/jwks.json';

const Clients = z.array(
  z.object({
    id: z.string(),
    kind: z.string(),
    secret: z.string(),
    scopes: z.array(z.string()),
    signsInAt: z.string().optional(),
  }),
);

export type Issuer = {
  url: string;
  tokenEndpoint: string;
  clients: readonly RegisteredClient[];
  /** Public keys, for the gateway. */
  keys: { keys: JWK[] };
  stop(): Promise<void>;
};

/**
 * Stands in for the user pool: tokens like Cognito's access tokens, for client credentials only; a person has credentials
 * as well, instead of a sign-in page. The signing key and the
 * clients' secrets are made at the first start and kept, so tokens live across restarts.
 */
export async function startIssuer(
  address: string,
  wanted: readonly LocalClient[],
  data: DataDirectory,
): Promise<Issuer> {
  const clients = registerClients(wanted, data);
  const server = new OAuth2Server(undefined, undefined, { endpoints: { token: TOKEN_PATH, jwks: KEYS_PATH } });
  const saved = data.read(KEY_FILE);
  if (saved === undefined) data.write(KEY_FILE, JSON.stringify(await server.issuer.keys.generate('RS256')));
  else await server.issuer.keys.add(JSON.parse(saved) as Record<string, unknown>);
  server.issuer.url = address;

  const decisions = new WeakMap<object, Decision>();
  const decide = (request: object): Decision => {
    const known = decisions.get(request);
    if (known) return known;
    const decision = grant(request as TokenRequest, clients);
    decisions.set(request, decision);
    return decision;
  };
  server.service.on('beforeTokenSigning', (token: MutableToken, request: object) => {
    const decision = decide(request);
    if ('error' in decision) return;
    const { payload } = token;
    delete payload['aud']; // Cognito's access tokens have none.
    payload['sub'] = decision.client.id;
    payload['client_id'] = decision.client.signsInAt ?? decision.client.id;
    payload['token_use'] = 'access';
    payload['scope'] = decision.scopes.map((scope) => `${SCOPE_PREFIX}${scope}`).join(' ');
    payload['version'] = 2;
    payload['jti'] = randomBytes(16).toString('hex');
  });
  server.service.on('beforeResponse', (answer: { body: unknown; statusCode: number }, request: object) => {
    const decision = decide(request);
    if ('error' in decision) {
      answer.statusCode = 400;
      answer.body = { error: decision.error };
      return;
    }
    const { access_token, expires_in } = answer.body as { access_token: string; expires_in: number };
    answer.body = { access_token, expires_in, token_type: 'Bearer' };
  });
  await server.start(portOf(address), LOOPBACK);
  return {
    url: address,
    tokenEndpoint: `${address}${TOKEN_PATH}`,
    clients,
    keys: { keys: server.issuer.keys.toJSON() },
    stop: () => server.stop(),
  };
}

type TokenRequest = { headers: { authorization?: string }; body: Record<string, unknown> };
type Decision = { client: RegisteredClient; scopes: readonly string[] } | { error: string };

/** RFC 6749 sections 2.3.1 and 4.4: who asks, and for which of its scopes; all of them when it names none. */
function grant({ headers, body }: TokenRequest, clients: readonly RegisteredClient[]): Decision {
  if (body['grant_type'] !== 'client_credentials') return { error: 'unsupported_grant_type' };
  const [scheme, encoded] = (headers.authorization ?? '').split(' ');
  const basic = scheme?.toLowerCase() === 'basic' ? Buffer.from(encoded ?? '', 'base64').toString('utf8') : undefined;
  const separator = basic?.indexOf(':') ?? -1;
  const id = basic === undefined ? body['client_id'] : decode(basic.slice(0, separator));
  const secret = basic === undefined ? body['client_secret'] : decode(basic.slice(separator + 1));
  const client = clients.find((one) => one.id === id);
  if (!client || typeof secret !== 'string' || !sameText(secret, client.secret)) return { error: 'invalid_client' };
  const asked = typeof body['scope'] === 'string' ? body['scope'].split(' ').filter(Boolean) : [];
  if (asked.length === 0) return { client, scopes: client.scopes };
  const scopes = client.scopes.filter((scope) => asked.includes(`${SCOPE_PREFIX}${scope}`));
  return scopes.length === asked.length ? { client, scopes } : { error: 'invalid_scope' };
}

/** The form encoding of RFC 6749 section 2.3.1; what is not encoded stands for itself. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}

function sameText(one: string, other: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}

function registerClients(wanted: readonly LocalClient[], data: DataDirectory): RegisteredClient[] {
  const before = Clients.parse(JSON.parse(data.read(CLIENTS_FILE) ?? '[]'));
  const clients = wanted.map(({ id, kind, scopes, signsInAt }) => ({
    id,
    kind,
    ...(signsInAt && { signsInAt }),
    secret: before.find((one) => one.id === id)?.secret ?? randomBytes(SECRET_BYTES).toString('hex'),
    scopes: [...scopes],
  }));
  data.write(CLIENTS_FILE, `${JSON.stringify(clients, null, 2)}\n`);
  return clients;
}
