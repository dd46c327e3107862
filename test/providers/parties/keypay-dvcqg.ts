import { createHmac } from 'node:crypto';
import { keypayDvcqg } from '../../../shared/providers/keypay-dvcqg/adapter.ts';
import { type Bent, doubledMember, fieldsOf, inOrder, type Party, post, type Said } from './party.ts';

const keys = { hashKey1: 'fakeHashKey1', hashKey2: 'fakeHashKey2' };
const TERMINAL = 'FAKECLIENT';
const sign = (values: readonly string[], key: string): string =>
  createHmac('sha256', key).update(values.join('|')).digest('hex');

export function write(said: Said, bent: Bent = {}) {
  const { hashKey2 } = bent.secret ? (JSON.parse(bent.secret) as typeof keys) : keys;
  const signed: Record<string, string> = {
    addition_fee: '0',
    client_id: said.terminal,
    command: 'PAY',
    trans_amount: bent.wireAmount ?? String(said.amount),
    transaction_id: said.reference,
    version: '3.0',
  };
  const check_sum = (bent.signature ?? ((same) => same))(sign(inOrder(Object.values(signed), bent), hashKey2));
  const body = JSON.stringify({
    ...signed,
    status: said.code,
    ...(bent.unknownMember && { new_member: 'x' }),
    check_sum,
  });
  return post(bent.doubled ? doubledMember(body, 'trans_amount', '"1"') : body, 'application/json');
}

export const keypayParty: Party = {
  // What its status says is trusted here, so that the rest can be seen to work; keypay-dvcqg.test.ts shows the default.
  provider: keypayDvcqg({ stage: 'sandbox', payUrl: 'https://keypay.example/pay', trustUnsignedStatus: true }),
  account: { merchantAccountId: 'land-keypay', terminal: TERMINAL, secret: JSON.stringify(keys) },
  otherSecret: JSON.stringify({ ...keys, hashKey2: 'anotherHashKey2' }),
  noSecrets: ['', '{"hashKey1":"a"}', '{"hashKey1":"a","hashKey2":"b","hashKey2":"c"}'],
  unit: 1,
  tellsTime: false,
  callbacks: {
    write,
    codes: { paid: ['0'] },
    unknownCode: '7',
    unsignedStatus: true,
    answers: {
      accepted: { status: 200, body: { return_code: 0, return_msg: 'success' } },
      duplicate: { status: 200, body: { return_code: 0, return_msg: 'duplicate' } },
      wrongAmount: { status: 200, body: { return_code: 0, return_msg: 'recorded' } },
      unknownOrder: { status: 200, body: { return_code: -1, return_msg: 'order not found' } },
      badSignature: { status: 200, body: { return_code: -1, return_msg: 'invalid check_sum' } },
      tryAgain: { status: 503, body: { return_code: -1, return_msg: 'try again' } },
    },
  },
  payments: {
    amount: (sent) => fieldsOf(sent)['trans_amount'] ?? '',
    reference: (sent) => fieldsOf(sent)['transaction_id'] ?? '',
    description: (sent) => fieldsOf(sent)['description'] ?? '',
    mostDescription: 255,
    signed: (sent) => {
      const fields = fieldsOf(sent);
      const names = ['addition_fee', 'client_id', 'command', 'trans_amount', 'transaction_id', 'version'];
      return [
        fields['check_sum'] ?? '',
        sign(
          names.map((name) => fields[name] ?? ''),
          keys.hashKey1,
        ),
      ];
    },
  },
};
