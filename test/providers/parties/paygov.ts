import { createHash } from 'node:crypto';
import { paygov } from '../../../shared/providers/paygov/adapter.ts';
import { answered, type Bent, bodyOf, compact, doubledMember, inOrder, type Party, post, type Said } from './party.ts';

/** PayGov with the checksums that its manifest assumes; shares no code with the adapter. */

const keys = { accessKey: 'fakeAccess', secretKey: 'fakeSecret', serviceCode: 'DVC01', token: 'fakeBearer' };
const TERMINAL = 'FAKEPARTNER';

export const sum = (values: readonly unknown[], { secretKey, accessKey } = keys, partner = TERMINAL): string =>
  createHash('sha256')
    .update(secretKey + partner + accessKey + values.join(''))
    .digest('hex');

export function write(said: Said, bent: Bent = {}) {
  const members: Record<string, string> = {
    amount: bent.wireAmount ?? String(said.amount),
    orderId: said.reference,
    orderInfo: `Thanh toan ${said.text}`,
    requestCode: said.reference,
    transactionNo: said.transactionId,
    payDate: compact(said.paidAt),
    payGate: 'VNPAY',
    errorCode: said.code,
    type: '1',
    transactionCode: 'TC1',
  };
  const used = bent.secret ? (JSON.parse(bent.secret) as typeof keys) : keys;
  const checksum = (bent.signature ?? ((same) => same))(
    sum(inOrder(Object.values(members), bent), used, said.terminal),
  );
  const body = JSON.stringify({ ...members, checksum, ...(bent.unknownMember && { newMember: 'x' }) });
  return post(bent.doubled ? doubledMember(body, 'amount', '"1"') : body, 'application/json', {
    rawQuery: `terminal=${said.terminal}`,
  });
}

export const paygovParty: Party = {
  provider: paygov({
    stage: 'sandbox',
    publicUrl: 'https://pay.example.gov.vn',
    apiUrl: 'https://lgsp.example/create',
  }),
  account: { merchantAccountId: 'land-paygov', terminal: TERMINAL, secret: JSON.stringify(keys) },
  otherSecret: JSON.stringify({ ...keys, secretKey: 'anotherSecret', lgspAccessToken: 'fakeLgsp' }),
  noSecrets: ['', '{"accessKey":"a"}', '{"accessKey":"a","secretKey":"b","serviceCode":"c d","token":"e"}'],
  unit: 1,
  tellsTime: true,
  callbacks: {
    write,
    codes: { paid: ['00'] },
    unknownCode: '24',
    answers: {
      accepted: { status: 200, body: { error_code: 'SUCCESSFUL' } },
      duplicate: { status: 200, body: { error_code: 'SUCCESSFUL' } },
      wrongAmount: { status: 200, body: { error_code: 'SUCCESSFUL' } },
      unknownOrder: { status: 200, body: { error_code: 'FAILED', error_message: 'order not found' } },
      badSignature: { status: 200, body: { error_code: 'FAILED', error_message: 'invalid checksum' } },
      tryAgain: { status: 503, body: { error_code: 'FAILED', error_message: 'try again' } },
    },
  },
  payments: {
    prepared: () => answered({ error_code: 'SUCCESSFUL', data: { url: 'https://paygov.example/pay?o=1' } }),
    amount: (sent) => String(bodyOf(sent)['amount']),
    reference: (sent) => String(bodyOf(sent)['orderId']),
    description: (sent) => String(bodyOf(sent)['orderInfo']),
    mostDescription: 255,
    signed: (sent) => {
      const body = bodyOf(sent);
      const names = 'returnUrl orderId amount orderInfo requestCode ipAddress serviceCode'.split(' ');
      return [String(body['checksum']), sum(names.map((name) => body[name]))];
    },
  },
};
