import { createHash, createPublicKey, verify } from 'node:crypto';
import type { ReceiptSigner } from '../domain/receipt/book.ts';
import type { Receipt } from '../domain/receipt/receipt.ts';
import { signatureElement, signedInfo } from '../domain/receipt/signature.ts';
import { receiptDocument, type UnsignedDocument } from '../domain/receipt/xml.ts';
import { sha256 } from './hashing.ts';

const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>';
const digestOf = (text: string): Buffer => createHash('sha256').update(text).digest();

/** The signed document. The same receipt under the same key always gives the same bytes. Throws what the signer throws. */
export const signReceipt = (receipt: Receipt, signer: ReceiptSigner): Promise<string> =>
  signDocument(receiptDocument(receipt), signer);

/** The signed document. Throws what the signer throws. */
export async function signDocument({ before, after }: UnsignedDocument, signer: ReceiptSigner): Promise<string> {
  const digest = digestOf(before + after).toString('base64');
  const [signature, key] = await Promise.all([signer.sign(digestOf(signedInfo(digest))), signer.publicKey()]);
  const element = signatureElement({ digest, value: Buffer.from(signature).toString('base64'), ...partsOf(key) });
  return DECLARATION + before + element + after;
}

type KeyParts = { keyName: string; modulus: string; exponent: string };

/** What a signature says of its key. Taking a key apart takes a tenth of a millisecond, and a signer has one. */
const taken = new WeakMap<Uint8Array, KeyParts>();

function partsOf(key: Uint8Array): KeyParts {
  const known = taken.get(key);
  if (known) return known;
  const { n = '', e = '' } = createPublicKey({ key: Buffer.from(key), format: 'der', type: 'spki' }).export({
    format: 'jwk',
  });
  const base64 = (text: string) => Buffer.from(text, 'base64url').toString('base64');
  const parts = { keyName: sha256(key), modulus: base64(n), exponent: base64(e) };
  taken.set(key, parts);
  return parts;
}

const VALUE = /<SignatureValue>([A-Za-z0-9+/=]+)<\/SignatureValue>/;

/** Whether a document is this receipt as it was signed under the key (SubjectPublicKeyInfo, DER), and nothing else. */
export function isAsSigned(receipt: Receipt, xml: string, key: Uint8Array): boolean {
  const { before, after } = receiptDocument(receipt);
  const digest = digestOf(before + after).toString('base64');
  const value = VALUE.exec(xml)?.[1];
  if (value === undefined || !xml.startsWith(DECLARATION + before) || !xml.endsWith(after)) return false;
  return verify(
    'sha256',
    Buffer.from(signedInfo(digest)),
    createPublicKey({ key: Buffer.from(key), format: 'der', type: 'spki' }),
    Buffer.from(value, 'base64'),
  );
}
