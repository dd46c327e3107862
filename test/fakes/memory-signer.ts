import { constants, generateKeyPairSync, type KeyObject, privateEncrypt } from 'node:crypto';
import type { ReceiptSigner } from '../../shared/domain/receipt/book.ts';

/** What PKCS #1 puts before a SHA-256 digest (RFC 8017, section 9.2, note 1). */
const DIGEST_INFO = Buffer.from('3031300d060960864801650304020105000420', 'hex');

/** A key of this process. */
export class MemorySigner implements ReceiptSigner {
  readonly #private: KeyObject;
  readonly key: KeyObject;
  signed = 0;

  constructor() {
    const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
    this.#private = pair.privateKey;
    this.key = pair.publicKey;
  }

  async publicKey(): Promise<Uint8Array> {
    return this.key.export({ format: 'der', type: 'spki' });
  }

  async sign(digest: Uint8Array): Promise<Uint8Array> {
    this.signed += 1;
    return privateEncrypt(
      { key: this.#private, padding: constants.RSA_PKCS1_PADDING },
      Buffer.concat([DIGEST_INFO, digest]),
    );
  }
}
