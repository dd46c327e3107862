import { constants, createPublicKey, type KeyObject, verify } from 'node:crypto';
import { rawMembers } from '../json-members.ts';

/** Section 2 of docs/guides/bank.md: Ed25519 (RFC 8032), or RSASSA-PKCS1-v1_5 with SHA-256 (RS256 of RFC 7518, section 3.3). */

/** Most keys of one account: what is in use, what comes next, and some room. */
export const MAX_KEYS = 5;
/** Bits of an RSA key: fewer are too weak (RFC 7518, section 3.3), more cost too much of every callback. */
const RSA_BITS = { least: 2048, most: 4096 };
const KEY_ID_FORM = /^[A-Za-z0-9_-]{1,32}$/;
const BASE64_FORM = /^[A-Za-z0-9+/]+={0,2}$/;

type Message = { timestamp: string; keyId: string; signature: string; body: Uint8Array };

/** The public keys of an account by their ids; `undefined` for a text that is no such list. */
export function keysIn(secret: string): ReadonlyMap<string, KeyObject> | undefined {
  try {
    const keys = new Map<string, KeyObject>();
    for (const [id, text] of rawMembers(secret)) {
      const key = publicKey(JSON.parse(text) as unknown);
      if (!KEY_ID_FORM.test(id) || !key) return undefined;
      keys.set(id, key);
    }
    return keys.size >= 1 && keys.size <= MAX_KEYS ? keys : undefined;
  } catch {
    return undefined;
  }
}

/** The bytes that are signed: `<timestamp>.<key id>.` and the body as it is. Neither of the two holds a point. */
export const signedBytes = ({ timestamp, keyId, body }: Omit<Message, 'signature'>): Buffer =>
  Buffer.concat([Buffer.from(`${timestamp}.${keyId}.`, 'ascii'), body]);

/** The named key alone verifies, by the algorithm of its own type: a message chooses neither. */
export function isSigned(message: Message, secrets: readonly string[]): boolean {
  if (!KEY_ID_FORM.test(message.keyId)) return false;
  return secrets.some((secret) => {
    const key = keysIn(secret)?.get(message.keyId);
    return key !== undefined && verifies(key, signedBytes(message), message.signature);
  });
}

/** `signature` in the only base64 spelling of its bytes. */
export function verifies(key: KeyObject, signed: Uint8Array, signature: string): boolean {
  if (!BASE64_FORM.test(signature)) return false;
  const bytes = Buffer.from(signature, 'base64');
  if (bytes.toString('base64') !== signature) return false;
  return key.asymmetricKeyType === 'ed25519'
    ? verify(null, signed, key, bytes)
    : verify('sha256', signed, { key, padding: constants.RSA_PKCS1_PADDING }, bytes);
}

function publicKey(text: unknown): KeyObject | undefined {
  if (typeof text !== 'string' || !BASE64_FORM.test(text)) return undefined;
  const der = Buffer.from(text, 'base64');
  const key = createPublicKey({ key: der, format: 'der', type: 'spki' });
  // A key has one spelling, so that two entries cannot be the same key unseen.
  if (!key.export({ format: 'der', type: 'spki' }).equals(der) || der.toString('base64') !== text) return undefined;
  if (key.asymmetricKeyType === 'ed25519') return key;
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  return key.asymmetricKeyType === 'rsa' && bits >= RSA_BITS.least && bits <= RSA_BITS.most ? key : undefined;
}
