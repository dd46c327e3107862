import { generateKeyPairSync, sign as signBytes } from 'node:crypto';
import { expect } from 'vitest';
import { formatInstant } from '../../../shared/domain/time.ts';
import { sandboxBank } from '../../../shared/providers/sandbox-bank/adapter.ts';
import { NOW } from '../../dsl/world.ts';
import { answered, type Bent, doubledMember, type Party, post, queryOf, type Said } from './party.ts';

const pair = () => generateKeyPairSync('ed25519');
const bank = pair();
const other = pair();
const publicText = ({ publicKey }: ReturnType<typeof pair>): string =>
  publicKey.export({ format: 'der', type: 'spki' }).toString('base64');
const SECRET = publicText(bank);
const OTHER = publicText(other);

function write(said: Said, bent: Bent = {}) {
  let body = JSON.stringify({
    terminal: said.terminal,
    txnId: said.transactionId,
    orderRef: said.reference,
    amount: said.amount,
    currency: 'VND',
    result: said.code,
    paidAt: formatInstant(said.paidAt),
    note: said.text,
    ...(bent.unknownMember && { branch: { code: 7.5 } }),
  });
  if (bent.wireAmount) body = body.replace(`"amount":${said.amount}`, `"amount":${bent.wireAmount}`);
  if (bent.doubled) body = doubledMember(body, 'amount', '1');
  const signed = bent.reordered ? JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(body)).reverse())) : body;
  const timestamp = String(Math.floor(NOW / 1000));
  const key = (bent.secret ?? SECRET) === SECRET ? bank.privateKey : other.privateKey;
  const signature = (bent.signature ?? ((same) => same))(
    signBytes(null, Buffer.from(`${timestamp}.${signed}`), key).toString('base64'),
  );
  const headers: Record<string, string> = { 'x-timestamp': timestamp };
  if (signature !== undefined) headers['x-signature'] = signature;
  return post(body, 'application/json', { headers });
}

/** The kind is part of what is signed: an answer of one kind is none of another. */
function signedAnswer(kind: 'answer' | 'refund', members: object, bent: Bent = {}) {
  const timestamp = String(Math.floor(NOW / 1000));
  const text = JSON.stringify(members);
  const key = (bent.secret ?? SECRET) === SECRET ? bank.privateKey : other.privateKey;
  const signature = signBytes(null, Buffer.from(`${timestamp}.${kind}.${text}`), key).toString('base64');
  return answered({ timestamp, answer: text, signature });
}

const answer = (status: number, result: string) => ({ status, body: { result } });

export const sandboxParty: Party = {
  provider: sandboxBank({ publicUrl: 'https://pay.example.gov.vn' }),
  account: { merchantAccountId: 'land-sandbox', terminal: 'SANDBOX01', secret: SECRET },
  otherSecret: OTHER,
  noSecrets: ['', SECRET.slice(1), `${SECRET}\n`],
  unit: 1,
  tellsTime: true,
  signsBytes: true,
  callbacks: {
    write,
    codes: { paid: ['OK'], declined: ['DECLINED'] },
    unknownCode: 'HELD',
    answers: {
      accepted: answer(200, 'ACCEPTED'),
      duplicate: answer(200, 'DUPLICATE'),
      wrongAmount: answer(200, 'WRONG_AMOUNT'),
      unknownOrder: answer(404, 'UNKNOWN_ORDER'),
      badSignature: answer(401, 'BAD_SIGNATURE'),
      tryAgain: answer(503, 'TRY_AGAIN'),
    },
  },
  query: {
    answer: (said, bent = {}) =>
      signedAnswer(
        'answer',
        {
          terminal: said.terminal,
          questionId: `${said.reference}-${NOW}`,
          txnId: said.transactionId,
          orderRef: said.reference,
          amount: said.amount,
          currency: 'VND',
          result: said.code,
          paidAt: formatInstant(said.paidAt),
        },
        bent,
      ),
    codes: { paid: ['OK'], declined: ['DECLINED'], review: ['HELD'] },
    unknownCode: 'NONE',
    signed: true,
    request: (request, said) =>
      expect(JSON.parse(request.body)).toMatchObject({ terminal: said.terminal, orderRef: said.reference }),
  },
  refund: {
    answer: (code) =>
      signedAnswer('refund', {
        terminal: 'SANDBOX01',
        orderRef: '480213567890012',
        refundReference: '48021356789001',
        amount: 20_000,
        result: code,
        refundId: 'SBR1',
      }),
    codes: { REFUNDED: 'refunded', REFUSED: 'refused', LATER: 'unknown' },
    request: (request) =>
      expect(JSON.parse(request.body)).toMatchObject({
        txnId: '14226112',
        refundReference: '48021356789001',
        amount: 20_000,
      }),
  },
  payments: {
    amount: (sent) => queryOf(sent).get('amount') ?? '',
    reference: (sent) => queryOf(sent).get('ref') ?? '',
  },
};
