import {
  constants,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  privateEncrypt,
} from 'node:crypto';
import { createServer } from 'node:http';
import * as z from 'zod';
import { listen } from './addresses.ts';
import type { DataDirectory } from './data-directory.ts';
import { closeServer, readText } from './secrets.ts';
import type { Declared } from './system.ts';

/** Keys of this machine by their ARN, as PKCS #8; readable by the owner only. */
const FILE = 'keys.json';
const Stored = z.record(z.string(), z.string());

const Request = z.looseObject({
  KeyId: z.string(),
  Message: z.base64().optional(),
  MessageType: z.string().optional(),
  SigningAlgorithm: z.string().optional(),
});

/** What PKCS #1 puts before a SHA-256 digest (RFC 8017, section 9.2, note 1). */
const DIGEST_INFO = Buffer.from('3031300d060960864801650304020105000420', 'hex');
const DIGEST_BYTES = 32;
const ALGORITHM = 'RSASSA_PKCS1_V1_5_SHA_256';

class Refused extends Error {
  readonly type: string;
  constructor(type: string, message: string) {
    super(message);
    this.type = type;
  }
}

export type Keys = {
  /** Makes the signing keys of the template that are not there yet. */
  create(keys: readonly Declared<'AWS::KMS::Key'>[]): void;
  stop(): Promise<void>;
};

/** Answers the part of KMS's JSON protocol that functions use: Sign over a digest, and GetPublicKey. */
export async function startKeys(port: number, data: DataDirectory): Promise<Keys> {
  const stored = Stored.parse(JSON.parse(data.read(FILE) ?? '{}'));
  const opened = new Map<string, KeyObject>();

  /** A key by its ARN. Reading one takes longer than a signature does. */
  function keyOf(arn: string): KeyObject {
    const pem = stored[arn];
    if (pem === undefined) throw new Refused('NotFoundException', `Key '${arn}' does not exist`);
    const key = opened.get(arn) ?? createPrivateKey(pem);
    opened.set(arn, key);
    return key;
  }

  function answer(
    operation: string,
    { KeyId, Message, MessageType, SigningAlgorithm }: z.infer<typeof Request>,
  ): object {
    const key = keyOf(KeyId);
    if (operation === 'GetPublicKey') {
      const PublicKey = createPublicKey(key).export({ format: 'der', type: 'spki' }).toString('base64');
      return { KeyId, PublicKey, KeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY', SigningAlgorithms: [ALGORITHM] };
    }
    if (operation !== 'Sign') throw new Refused('UnsupportedOperationException', `${operation} is not provided here.`);
    const digest = Buffer.from(Message ?? '', 'base64');
    if (MessageType !== 'DIGEST' || SigningAlgorithm !== ALGORITHM || digest.length !== DIGEST_BYTES)
      throw new Refused('ValidationException', `only ${ALGORITHM} over a digest is provided here.`);
    const padded = { key, padding: constants.RSA_PKCS1_PADDING };
    const Signature = privateEncrypt(padded, Buffer.concat([DIGEST_INFO, digest])).toString('base64');
    return { KeyId, Signature, SigningAlgorithm };
  }

  const server = createServer((request, response) => {
    void readText(request)
      .then((body) => {
        const operation = String(request.headers['x-amz-target'] ?? '').replace('TrentService.', '');
        return { status: 200, body: answer(operation, Request.parse(JSON.parse(body))) };
      })
      .catch((error: unknown) => {
        const type = error instanceof Refused ? error.type : 'ValidationException';
        return { status: 400, body: { __type: type, message: String(error) } };
      })
      .then(({ status, body }) => {
        response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' });
        response.end(JSON.stringify(body));
      });
  });
  await listen(server, port);
  return {
    create(keys) {
      for (const { attributes, properties } of keys) {
        const arn = attributes['Arn'] ?? '';
        if (properties.KeyUsage !== 'SIGN_VERIFY' || stored[arn]) continue;
        const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
        stored[arn] = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
      }
      data.write(FILE, JSON.stringify(stored, null, 2));
    },
    stop: () => closeServer(server),
  };
}
