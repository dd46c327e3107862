import { hmac, isOneOf } from '../wire.ts';

/** How SePay proves a notice: HMAC-SHA256 over `timestamp.rawBody` in hex, or a key of ours sent back as it is. */

const SIGNATURE_FORM = /^sha256=[0-9a-f]{64}$/;

/** `timestamp` in seconds, as sent; `body` byte by byte. */
export function isSigned(timestamp: string, body: Uint8Array, given: string, secrets: readonly string[]): boolean {
  const signed = Buffer.concat([Buffer.from(`${timestamp}.`, 'ascii'), body]);
  return (
    SIGNATURE_FORM.test(given) &&
    isOneOf(
      given,
      secrets.map((secret) => `sha256=${hmac('sha256', secret, signed).toString('hex')}`),
    )
  );
}

export const bearsKey = (authorization: string, apiKeys: readonly string[]): boolean =>
  isOneOf(
    authorization,
    apiKeys.map((key) => `Apikey ${key}`),
  );
