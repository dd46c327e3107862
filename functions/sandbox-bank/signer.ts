import { createHash, createPrivateKey, createPublicKey, sign } from 'node:crypto';

/** What precedes the 32 bytes of an Ed25519 private key in PKCS#8 DER (RFC 8410). */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');
const KEY_ID_DIGITS = 16;

export type SignedHeaders = { 'x-timestamp': string; 'x-signature': string; 'x-key-id': string };

export type Signer = {
  /** Base64 of the public key's SPKI DER form. */
  publicKey: string;
  /** Signs `timestamp.body`, the timestamp being whole seconds. */
  headers: (body: string, atMilliseconds: number) => SignedHeaders;
};

/**
 * The bank's side of the signature, written apart from the adapter's, so that one mistake cannot hide in both. The key's
 * seed is SHA-256 of the secret's text, so a plain random secret of any form will do.
 */
export function bankSigner(secret: string): Signer {
  const seed = createHash('sha256').update(secret, 'utf8').digest();
  const privateKey = createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, seed]), format: 'der', type: 'pkcs8' });
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  const keyId = createHash('sha256').update(spki).digest('hex').slice(0, KEY_ID_DIGITS);
  return {
    publicKey: spki.toString('base64'),
    headers: (body, atMilliseconds) => {
      const timestamp = Math.floor(atMilliseconds / 1000).toString();
      const signature = sign(null, Buffer.from(timestamp.concat('.', body), 'utf8'), privateKey);
      return { 'x-timestamp': timestamp, 'x-signature': signature.toString('base64'), 'x-key-id': keyId };
    },
  };
}
