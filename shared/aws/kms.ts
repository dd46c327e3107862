import * as z from 'zod';
import { JsonService } from './json-service.ts';
import type { Machine } from './retries.ts';

const Signed = z.object({ Signature: z.base64() });
const PublicKey = z.object({ PublicKey: z.base64() });

/** An RSA key in KMS. It signs there; the private half never leaves the service. */
export class KmsKey {
  readonly #id: string;
  readonly #service: JsonService;
  #public: Promise<Uint8Array> | undefined;

  /** `id`: the key's id or ARN. `environment`: region, credentials, and `AWS_ENDPOINT_URL_KMS` if KMS is elsewhere. */
  constructor(id: string, environment: NodeJS.ProcessEnv = process.env, machine?: Machine) {
    this.#id = id;
    this.#service = new JsonService('kms', 'TrentService', environment, machine, '1.1');
  }

  /** Signs a SHA-256 digest by RSASSA-PKCS1-v1_5. */
  async sign(digest: Uint8Array): Promise<Uint8Array> {
    const answer = await this.#call('Sign', {
      Message: Buffer.from(digest).toString('base64'),
      MessageType: 'DIGEST',
      SigningAlgorithm: 'RSASSA_PKCS1_V1_5_SHA_256',
    });
    return Buffer.from(Signed.parse(answer).Signature, 'base64');
  }

  /** SubjectPublicKeyInfo, DER. Asked for once: a key never changes. */
  publicKey(): Promise<Uint8Array> {
    this.#public ??= this.#call('GetPublicKey', {}).then(
      (answer) => Buffer.from(PublicKey.parse(answer).PublicKey, 'base64'),
      (error: unknown) => {
        this.#public = undefined;
        throw error;
      },
    );
    return this.#public;
  }

  async #call(operation: string, input: object): Promise<unknown> {
    return JSON.parse(await this.#service.call(operation, JSON.stringify({ KeyId: this.#id, ...input })));
  }
}
