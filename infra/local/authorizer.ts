import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTPayload, jwtVerify } from 'jose';
import { gatewayAnswer, type HttpAnswer } from './http-answer.ts';
import type { Caller } from './http-event.ts';

/** Checks a bearer token as the JWT authorizer of an HTTP API does. */
export type Authorizer = (authorization: string | undefined, scopes: readonly string[]) => Promise<Caller | HttpAnswer>;

/** Tokens whose signature was checked already, newest last; clients send the same one until it expires. */
const MOST_REMEMBERED = 1_000;

/**
 * RS256 only, with the keys of the one issuer; `aud`, or where there is none `client_id`, must be an audience; one of the
 * route's scopes suffices. Answers 401 or 403 as the gateway does.
 */
export function jwtAuthorizer(issuer: { url: string; keys: JSONWebKeySet }, audience: ReadonlySet<string>): Authorizer {
  const keys = createLocalJWKSet(issuer.keys);
  const remembered = new Map<string, JWTPayload>();
  const claimsOf = async (token: string): Promise<JWTPayload> => {
    const known = remembered.get(token);
    if (known && (known.exp ?? 0) * 1_000 > Date.now()) return known;
    const { payload } = await jwtVerify(token, keys, {
      issuer: issuer.url,
      algorithms: ['RS256'],
      requiredClaims: ['exp', 'iss'],
    });
    const [oldest] = remembered.keys();
    if (oldest !== undefined && remembered.size >= MOST_REMEMBERED) remembered.delete(oldest);
    remembered.set(token, payload);
    return payload;
  };
  return async (authorization, scopes) => {
    if (!authorization) return unauthorized('Bearer');
    const token = authorization.replace(/^bearer +/i, '');
    let claims: JWTPayload;
    try {
      claims = await claimsOf(token);
    } catch (error) {
      return invalid(error instanceof errors.JWTExpired ? 'the token has expired' : 'the token is not valid');
    }
    const meant = claims.aud ?? claims['client_id'];
    const audiences = Array.isArray(meant) ? meant : [meant];
    if (!audiences.some((one) => typeof one === 'string' && audience.has(one))) {
      return invalid('the token does not have a valid audience');
    }
    const held = String(claims['scope'] ?? claims['scp'] ?? '')
      .split(' ')
      .filter(Boolean);
    if (scopes.length > 0 && !scopes.some((scope) => held.includes(scope))) {
      return gatewayAnswer(403, 'Forbidden', {
        'www-authenticate': `Bearer scope="${scopes.join(' ')}" error="insufficient_scope"`,
      });
    }
    const texts = Object.entries(claims).map(([name, value]) => [name, textOf(value)] as const);
    return { claims: Object.fromEntries(texts), scopes: scopes.length > 0 ? held : null };
  };
}

const unauthorized = (challenge: string): HttpAnswer =>
  gatewayAnswer(401, 'Unauthorized', { 'www-authenticate': challenge });

const invalid = (description: string): HttpAnswer =>
  unauthorized(`Bearer error="invalid_token" error_description="${description}"`);

/** Claims reach a function as texts; a list as `[a b]`. */
function textOf(claim: unknown): string {
  if (Array.isArray(claim)) return `[${claim.map(textOf).join(' ')}]`;
  return typeof claim === 'object' ? JSON.stringify(claim) : String(claim);
}
