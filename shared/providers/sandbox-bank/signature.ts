import { createPublicKey, type KeyObject, verify } from 'node:crypto';

const SIGNATURE_BYTES = 64;
/** 64 bytes in base64: 86 characters and two signs of padding. */
const SIGNATURE_FORM = /^[A-Za-z0-9+/]{86}==$/;

/**
 * Verifies an Ed25519 signature (RFC 8032) in its only base64 spelling over `timestamp.body` with any of the keys (base64 of
 * SPKI DER). The algorithm is fixed by the key's type here, never by the message. A key that does not read is passed over:
 * another may still be good.
 */
export function isSigned(
  message: { timestamp: string; body: Uint8Array; signature: string },
  keys: readonly string[],
): boolean {
  const signature = canonicalSignature(message.signature);
  if (!signature) return false;
  const signed = Buffer.concat([Buffer.from(`${message.timestamp}.`, 'ascii'), message.body]);
  return keys.some((key) => {
    const publicKey = ed25519Key(key);
    return publicKey !== undefined && verify(null, signed, publicKey, signature);
  });
}

function canonicalSignature(text: string): Buffer | undefined {
  if (!SIGNATURE_FORM.test(text)) return undefined;
  const bytes = Buffer.from(text, 'base64');
  return bytes.length === SIGNATURE_BYTES && bytes.toString('base64') === text ? bytes : undefined;
}

function ed25519Key(text: string): KeyObject | undefined {
  try {
    const key = createPublicKey({ key: Buffer.from(text, 'base64'), format: 'der', type: 'spki' });
    return key.asymmetricKeyType === 'ed25519' ? key : undefined;
  } catch {
    return undefined;
  }
}
