import { createHmac } from 'node:crypto';
import { expect } from 'vitest';
import { zalopay } from '../../../shared/providers/zalopay/adapter.ts';
import { answered, type Bent, bodyOf, compact, doubledMember, type Party, post, type Said } from './party.ts';

const keys = { key1: 'FAKEZLPKEY1abcdefghijklmnop01234', key2: 'FAKEZLPKEY2abcdefghijklmnop56789' };
const TERMINAL = '99001';
const hmac = (key: string, text: string): string => createHmac('sha256', key).update(text).digest('hex');
const transId = (said: Said): string => `${compact(said.createdAt).slice(2, 8)}_${said.reference}`;

function write(said: Said, bent: Bent = {}) {
  const { key2 } = JSON.parse(bent.secret ?? JSON.stringify(keys)) as typeof keys;
  const members = {
    app_id: Number(said.terminal),
    app_trans_id: transId(said),
    app_time: said.createdAt,
    app_user: 'thuphi',
    amount: said.amount,
    embed_data: JSON.stringify({ note: said.text }),
    item: '[]',
    zp_trans_id: Number(said.transactionId),
    server_time: said.paidAt,
    channel: 38,
    ...(bent.unknownMember && { loyalty: { points: 0.5 } }),
  };
  // Signed as it was written: with spaces that nobody would write again.
  let data = JSON.stringify(members, undefined, 1);
  if (bent.wireAmount) data = data.replace(`"amount": ${said.amount}`, `"amount": ${bent.wireAmount}`);
  if (bent.doubled) data = doubledMember(data, 'amount', '1');
  const signed = bent.reordered ? JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(data)).reverse())) : data;
  const mac = (bent.signature ?? ((same) => same))(hmac(key2, signed));
  return post(JSON.stringify({ data, mac, type: 1 }), 'application/json');
}

const macOf = (body: Record<string, unknown>, names: string): string =>
  hmac(
    keys.key1,
    names
      .split(' ')
      .map((name) => body[name])
      .join('|'),
  );

/** By return_code, and sub_return_code where one follows a `/`: the tables of the documents' status codes. */
function coded(code: string, more: object = {}) {
  const [return_code, sub_return_code] = code.split('/').map(Number);
  return answered({ return_code, ...(sub_return_code !== undefined && { sub_return_code }), ...more });
}

export const zalopayParty: Party = {
  provider: zalopay({ stage: 'sandbox', publicUrl: 'https://pay.example.gov.vn' }),
  account: { merchantAccountId: 'land-zalopay', terminal: TERMINAL, secret: JSON.stringify(keys) },
  otherSecret: JSON.stringify({ ...keys, key2: 'ANOTHERKEY2abcdefghijklmnop56789' }),
  noSecrets: ['', '{"key1":"a"}', '{"key1":"a","key2":""}', '{"key1":"a","key2":"b","key3":"c"}'],
  unit: 1,
  tellsTime: true,
  callbacks: {
    write,
    codes: { paid: [''] },
    answers: {
      accepted: { status: 200, body: { return_code: 1, return_message: 'success' } },
      duplicate: { status: 200, body: { return_code: 2, return_message: 'duplicate' } },
      wrongAmount: { status: 200, body: { return_code: 1, return_message: 'success' } },
      unknownOrder: { status: 200, body: { return_code: 0, return_message: 'order not found' } },
      badSignature: { status: 200, body: { return_code: -1, return_message: 'mac not equal' } },
      tryAgain: { status: 200, body: { return_code: 0, return_message: 'please call again' } },
    },
  },
  payments: {
    prepared: () => answered({ return_code: 1, order_url: 'https://sbgateway.zalopay.vn/openinapp?order=abc' }),
    amount: (sent) => String(bodyOf(sent)['amount']),
    reference: (sent) => String(bodyOf(sent)['app_trans_id']).split('_')[1] ?? '',
    description: (sent) => String(bodyOf(sent)['description']),
    mostDescription: 256,
    signed: (sent) => {
      const body = bodyOf(sent);
      return [String(body['mac']), macOf(body, 'app_id app_trans_id app_user amount app_time embed_data item')];
    },
  },
  query: {
    answer: (said) => coded(said.code, { amount: said.amount, zp_trans_id: Number(said.transactionId) }),
    codes: { paid: ['1'], declined: ['2', '2/-54', '2/-217'], pending: ['3', '2/-63'] },
    unknownCode: '7',
    signed: false,
    request(request, said) {
      const body = JSON.parse(request.body) as Record<string, unknown>;
      expect(request.url).toBe('https://sb-openapi.zalopay.vn/v2/query');
      expect(body['app_trans_id']).toBe(transId(said));
      expect(body['mac']).toBe(hmac(keys.key1, `${TERMINAL}|${body['app_trans_id']}|${keys.key1}`));
    },
  },
  refund: {
    answer: (code) => coded(code, { refund_id: 260102000000011 }),
    // A refusal without a documented reason may be that of a second call for the same refund: asking about it decides.
    codes: {
      ...{ 1: 'refunded', 3: 'pending', 2: 'unknown', 9: 'unknown', '2/-23': 'unknown' },
      ...{ '2/-13': 'refused', '2/-14': 'refused', '2/-101': 'refused' },
    },
    request(request) {
      const body = JSON.parse(request.body) as Record<string, unknown>;
      expect(request.url).toBe('https://sb-openapi.zalopay.vn/v2/refund');
      expect(body).toMatchObject({ amount: 20_000, zp_trans_id: '14226112' });
      expect(body['m_refund_id']).toMatch(/^\d{6}_99001_48021356789001$/);
      expect(body['mac']).toBe(macOf(body, 'app_id zp_trans_id amount description timestamp'));
    },
    told: {
      answer: (code) => coded(code),
      // A failure is the refund's only where its reason is not one of the question's own.
      codes: {
        1: 'refunded',
        3: 'pending',
        9: 'unknown',
        ...{ '2/-13': 'refused', '2/-14': 'refused', '2/-32': 'refused' },
        ...{ 2: 'unknown', '2/0': 'unknown', '2/-101': 'unknown', '2/-7': 'unknown', '3/-1': 'pending' },
        ...{ '-401': 'unknown', '-402': 'unknown', '-429': 'unknown', '-500': 'unknown', '-999': 'unknown' },
      },
    },
  },
};
