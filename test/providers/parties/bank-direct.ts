import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { formatInstant } from '../../../shared/domain/time.ts';
import { bankDirect } from '../../../shared/providers/bank-direct/adapter.ts';
import { NOW } from '../../dsl/world.ts';
import { ACCOUNT } from './bank-transfer.ts';
import { type Bent, doubledMember, type Party, post, type Said } from './party.ts';

/** A bank that speaks the profile of docs/guides/bank.md. */

export const spki = (key: KeyObject): string =>
  createPublicKey(key).export({ format: 'der', type: 'spki' }).toString('base64');

/** The key of RFC 8032, section 7.1, test 1: everybody knows it, so it keeps nothing. */
export const exampleKey = createPrivateKey({
  key: Buffer.from(
    '302e020100300506032b6570042204209d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
    'hex',
  ),
  format: 'der',
  type: 'pkcs8',
});
const otherKey = generateKeyPairSync('ed25519').privateKey;
export const rsaKey = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;

export const KEY_ID = 'bank-2026-1';
export const SECRET = JSON.stringify({ [KEY_ID]: spki(exampleKey) });
const OTHER = JSON.stringify({ [KEY_ID]: spki(otherKey) });

export type Signing = { key?: KeyObject; keyId?: string; at?: number; signature?: Bent['signature'] };

/** Any body, signed by the rule of section 2; `over` is what the signature is made of where that is something else. */
export function signed(body: string, signing: Signing = {}, over = body) {
  const { key = exampleKey, keyId = KEY_ID, at = NOW } = signing;
  const timestamp = String(Math.floor(at / 1000));
  const bytes = Buffer.from(`${timestamp}.${keyId}.${over}`);
  const made = sign(key.asymmetricKeyType === 'rsa' ? 'sha256' : null, bytes, key).toString('base64');
  const signature = (signing.signature ?? ((same) => same))(made);
  return post(body, body.startsWith('<') ? 'application/xml' : 'application/json', {
    headers: {
      'x-timestamp': timestamp,
      'x-key-id': keyId,
      ...(signature !== undefined && { 'x-signature': signature }),
    },
  });
}

export function write(said: Said, bent: Bent = {}, more: object = {}, signing: Signing = {}) {
  let body = JSON.stringify({
    account: said.terminal,
    bankReference: said.transactionId,
    amount: said.amount,
    currency: 'VND',
    direction: 'credit',
    text: `tp${said.reference} ${said.text}`,
    bookedAt: formatInstant(said.paidAt),
    noticeId: 'N1',
    ...(bent.unknownMember && { branch: { code: 7.5 } }),
    ...more,
  });
  if (bent.wireAmount) body = body.replace(`"amount":${said.amount}`, `"amount":${bent.wireAmount}`);
  if (bent.doubled) body = doubledMember(body, 'amount', '1');
  const over = bent.reordered ? JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(body)).reverse())) : body;
  const key = bent.secret && bent.secret !== SECRET ? otherKey : exampleKey;
  return signed(body, { key, ...(bent.signature && { signature: bent.signature }), ...signing }, over);
}

const answer = (status: number, result: string) => ({ status, body: { result } });

export const bankDirectParty: Party = {
  provider: bankDirect(),
  account: { merchantAccountId: 'land-bank-direct', terminal: ACCOUNT, secret: SECRET },
  otherSecret: OTHER,
  noSecrets: [
    '',
    spki(exampleKey),
    '{}',
    '{"a.b":"MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="}',
    '{"k":"MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo"}',
    '{"k":1}',
    JSON.stringify(Object.fromEntries([1, 2, 3, 4, 5, 6].map((id) => [`k${id}`, spki(exampleKey)]))),
    JSON.stringify({ k: spki(generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey) }),
    JSON.stringify({ k: spki(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey) }),
  ],
  unit: 1,
  tellsTime: true,
  signsBytes: true,
  callbacks: {
    write,
    codes: { paid: [''] },
    answers: {
      accepted: answer(200, 'ACCEPTED'),
      duplicate: answer(200, 'DUPLICATE'),
      wrongAmount: answer(200, 'WRONG_AMOUNT'),
      unknownOrder: answer(200, 'UNKNOWN_ORDER'),
      badSignature: answer(401, 'REFUSED'),
      tryAgain: answer(503, 'TRY_AGAIN'),
    },
    paidAt: { providerId: 'vietqr' },
  },
};
