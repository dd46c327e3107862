import { createHash } from 'node:crypto';
import { megapay } from '../../../shared/providers/megapay/adapter.ts';
import { type Bent, compact, doubledMember, fieldsOf, inOrder, type Party, post, type Said } from './party.ts';

const KEY = 'fakeEncodeKey';
const token = (values: readonly string[], key: string): string =>
  createHash('sha256')
    .update(values.join('') + key)
    .digest('hex');

function write(said: Said, bent: Bent = {}) {
  const signed: Record<string, string> = {
    resultCd: said.code,
    timeStamp: compact(said.paidAt),
    merTrxId: said.reference,
    trxId: said.transactionId,
    merId: said.terminal,
    amount: bent.wireAmount ?? String(said.amount),
  };
  const merchantToken = (bent.signature ?? ((same) => same))(
    token(inOrder(Object.values(signed), bent), bent.secret ?? KEY),
  );
  const body = JSON.stringify({ ...signed, ...(bent.unknownMember && { newMember: 'x' }), merchantToken });
  return post(bent.doubled ? doubledMember(body, 'amount', '"1"') : body, 'application/json');
}

export const megapayParty: Party = {
  provider: megapay({
    stage: 'sandbox',
    publicUrl: 'https://pay.example.gov.vn',
    payUrl: 'https://megapay.example/pay',
  }),
  account: { merchantAccountId: 'land-megapay', terminal: 'FAKEMER001', secret: KEY },
  otherSecret: 'anotherEncodeKey',
  noSecrets: ['', 'short', 'with a space', 'fakeEncodeKey\n'],
  unit: 1,
  tellsTime: false,
  callbacks: {
    write,
    codes: { paid: ['00_000'] },
    unknownCode: '77_777',
    answers: {
      accepted: { status: 200, body: 'OK' },
      duplicate: { status: 200, body: 'OK' },
      wrongAmount: { status: 200, body: 'OK' },
      unknownOrder: { status: 404, body: 'ORDER NOT FOUND' },
      badSignature: { status: 400, body: 'INVALID TOKEN' },
      tryAgain: { status: 503, body: 'TRY AGAIN' },
    },
  },
  payments: {
    amount: (sent) => fieldsOf(sent)['amount'] ?? '',
    reference: (sent) => fieldsOf(sent)['merTrxId'] ?? '',
    description: (sent) => fieldsOf(sent)['goodsNm'] ?? '',
    mostDescription: 100,
    signed: (sent) => {
      const fields = fieldsOf(sent);
      const values = ['timeStamp', 'merTrxId', 'merId', 'amount'].map((name) => fields[name] ?? '');
      return [fields['merchantToken'] ?? '', token(values, KEY)];
    },
  },
};
