import { createHmac, createSecretKey, hash, type KeyObject } from 'node:crypto';
import { credentialsFrom } from './credentials.ts';

/** What differs from call to call. `url`: its path of plain characters, without a query. */
type JsonCall = { url: URL; type: string; target: string; body: string; signedAt: Date };

/**
 * Signature version 4 of calls in the AWS JSON protocol, which always sign the same few headers (AWS General Reference,
 * "Create a signed AWS API request"). The key of a day is derived once; the general signer derives and sorts at each call,
 * which took an eighth of a warm function's time.
 */
export class JsonSigner {
  readonly #service: string;
  readonly #environment: NodeJS.ProcessEnv;
  #derived: { from: string; key: KeyObject } | undefined;

  /** `environment`: region and credentials. */
  constructor(service: string, environment: NodeJS.ProcessEnv) {
    this.#service = service;
    this.#environment = environment;
  }

  /** The headers of the call, signature included. Throws where there are no credentials. */
  headers({ url, type, target, body, signedAt }: JsonCall): Record<string, string> {
    const { accessKeyId, secretAccessKey, sessionToken } = credentialsFrom(this.#environment);
    const time = signedAt.toISOString().replace(/[-:]|\.\d+/g, '');
    const scope = `${time.slice(0, 8)}/${this.#environment['AWS_REGION'] ?? ''}/${this.#service}/aws4_request`;
    const signed: Record<string, string> = {
      'content-type': type,
      host: url.host,
      'x-amz-date': time,
      ...(sessionToken && { 'x-amz-security-token': sessionToken }),
      'x-amz-target': target,
    };
    const names = Object.keys(signed).join(';');
    const lines = Object.entries(signed).map(([name, value]) => `${name}:${value}\n`);
    const canonical = `POST\n${url.pathname}\n\n${lines.join('')}\n${names}\n${hash('sha256', body)}`;
    const signature = hmac(
      this.#key(secretAccessKey, scope),
      `AWS4-HMAC-SHA256\n${time}\n${scope}\n${hash('sha256', canonical)}`,
    );
    return {
      ...signed,
      authorization: `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${signature.toString('hex')}`,
    };
  }

  #key(secret: string, scope: string): KeyObject {
    const from = `${secret} ${scope}`;
    if (this.#derived?.from !== from) {
      const bytes = scope.split('/').reduce<string | Buffer>(hmac, `AWS4${secret}`);
      this.#derived = { from, key: createSecretKey(bytes as Buffer) };
    }
    return this.#derived.key;
  }
}

const hmac = (key: string | Buffer | KeyObject, text: string): Buffer =>
  createHmac('sha256', key).update(text).digest();
