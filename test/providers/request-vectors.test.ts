import { createHash, createHmac } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { dong } from '../../shared/domain/money/dong.ts';
import { InvalidCallback } from '../../shared/domain/payment/provider.ts';
import type { PaymentReference } from '../../shared/domain/payment/reference.ts';
import { signedText as cassoText } from '../../shared/providers/casso/signature.ts';
import { checksum as keypayChecksum } from '../../shared/providers/keypay-dvcqg/signature.ts';
import { token } from '../../shared/providers/megapay/signature.ts';
import { momo } from '../../shared/providers/momo/adapter.ts';
import { manifest as momoManifest } from '../../shared/providers/momo/manifest.ts';
import {
  isSigned as isMomoSigned,
  sign as momoSign,
  signedText as momoText,
} from '../../shared/providers/momo/signature.ts';
import { payAddress } from '../../shared/providers/onepay/adapter.ts';
import { sign as onepaySign, signedText as onepayText } from '../../shared/providers/onepay/signature.ts';
import { noticeChecksum, orderChecksum } from '../../shared/providers/payoo/signature.ts';
import { payos } from '../../shared/providers/payos/adapter.ts';
import { sign as payosSign, signedText as payosText } from '../../shared/providers/payos/signature.ts';
import { RECEIVING_BANKS } from '../../shared/providers/vietqr/banks.ts';
import { crc, UnprintableTransfer, vietQr } from '../../shared/providers/vietqr/payload.ts';
import { viettelMoney } from '../../shared/providers/viettel-money/adapter.ts';
import { checksum as viettelChecksum } from '../../shared/providers/viettel-money/signature.ts';
import { mac, signedText as zalopayText } from '../../shared/providers/zalopay/signature.ts';
import { ORDER } from './contract-order.ts';
import { answered, post } from './parties/party.ts';
import { haveVectors, vectorsOf } from './vector-file.ts';

/**
 * Requests, answers and codes as other implementations make them. Every case of every file of ours is taken here or in
 * callback-vectors.test.ts; the last test counts them.
 */

const Texts = z.record(z.string(), z.union([z.string(), z.number()]).transform(String));
const Values = z.record(z.string(), z.union([z.string(), z.number()]));
const SignedBody = z.looseObject({ request_body: Values, string_to_sign: z.string() });
const hmac = (hash: string, key: string, text: string) => createHmac(hash, key).update(text).digest('hex');

/** Files whose every case is read, with how many there are. */
const files = Object.fromEntries(
  ['momo', 'zalopay', 'payos', 'sepay', 'casso', 'onepay', 'viettel', 'payoo', 'megapay', 'dvcqg-keypay', 'vietqr'].map(
    (name) => [name, vectorsOf(name)],
  ),
) as Record<string, ReturnType<typeof vectorsOf>>;
const of = (name: string) => files[name] ?? vectorsOf(name);

describe.skipIf(!haveVectors)('MoMo as others speak it', () => {
  const file = of('momo');
  const Create = z.looseObject({
    credentials: z.object({ accessKey: z.string(), secretKey: z.string() }),
    request_body_from_sample: Texts,
    string_to_sign: z.string(),
    signature: z.string(),
  });
  it.each(file.take('create', Create))('$id', ({ credentials, request_body_from_sample: body, ...one }) => {
    const value = (name: string) => body[name] ?? '';
    expect(momoText('create', value, credentials.accessKey)).toBe(one.string_to_sign);
    expect(momoSign('create', value, credentials)).toBe(one.signature);
  });

  const keys = { accessKey: file.credential('accessKey'), secretKey: file.credential('secretKey') };
  it.each([...file.take('query', SignedBody), ...file.take('refund', SignedBody)])('$id', (one) => {
    const value = (name: string) => String(one.request_body[name] ?? '');
    const message = one.id === 'query' ? 'query' : 'refund';
    expect(momoText(message, value, keys.accessKey)).toBe(one.string_to_sign);
    expect(momoSign(message, value, keys)).toBe(one.request_body['signature']);
  });

  const Answer = z.looseObject({
    body: Values,
    variants: z.array(z.object({ string_to_sign: z.string(), signature: z.string() })),
  });
  it.each(file.take('create_response', Answer))(
    '$id in both of its forms, the wrong one refused',
    ({ body, variants }) => {
      const texts = ['createdWithoutMessage', 'createdWithMessage'] as const;
      const account = {
        merchantAccountId: 'land',
        terminal: String(body['partnerCode']),
        secret: JSON.stringify(keys),
      };
      const order = { ...ORDER, reference: body['orderId'] as PaymentReference, amount: dong(Number(body['amount'])) };
      for (const [index, { string_to_sign, signature }] of variants.entries()) {
        const value = (name: string) => String(body[name] ?? '');
        expect(momoText(texts[index] ?? 'create', value, keys.accessKey)).toBe(string_to_sign);
        expect(isMomoSigned(texts[index] ?? 'create', value, signature, [keys])).toBe(true);
        const place = { stage: 'sandbox', publicUrl: 'https://pay.example.gov.vn' } as const;
        const answer = answered({ ...body, requestId: body['orderId'], signature });
        // The sample's request id is not the order's; with ours, the printed signature no longer holds.
        const checked = momo({ ...place, createAnswer: index === 0 ? 'withoutMessage' : 'withMessage' });
        expect(() => checked.prepare?.read(answer, order, account)).toThrow(InvalidCallback);
        expect(momo(place).prepare?.read(answer, order, account)).toMatchObject({ kind: 'prepared' });
      }
    },
  );

  const Printed = z.looseObject({ body: Values });
  it.each(file.take('ipn_format', Printed))(
    '$id: what the documents print is understood, its key is not public',
    ({ body }) => {
      const place = { stage: 'sandbox', publicUrl: 'https://pay.example.gov.vn' } as const;
      const secret = '{"accessKey":"unknown","secretKey":"unknown"}';
      const signature = momoSign('notice', (name) => String(body[name] ?? ''), {
        accessKey: 'unknown',
        secretKey: 'unknown',
      });
      const raw = post(JSON.stringify({ ...body, signature }), 'application/json');
      expect(momo(place).terminalOf(raw)).toBe(body['partnerCode']);
      expect(momo(place).read(raw, [secret], 0)).toMatchObject({
        outcome: 'paid',
        amount: 1000,
        reference: body['orderId'],
        transactionId: '4088878653',
        paidAt: 1721720663942,
      });
    },
  );
  file.take('ipn', z.looseObject({}));

  it('has its limits between the least and the most of the samples', () => {
    expect(momoManifest.limits).toEqual({ least: 1_000, most: 50_000_000 });
  });
});

describe.skipIf(!haveVectors)('ZaloPay as others speak it', () => {
  const file = of('zalopay');
  const key2 = file.credential('key2');
  const Create = SignedBody.extend({ credentials: z.looseObject({ key1: z.string() }) });
  it.each(file.take('create', Create))('$id', ({ credentials, request_body: body, string_to_sign }) => {
    expect(zalopayText('create', body)).toBe(string_to_sign);
    expect(mac(credentials.key1, string_to_sign)).toBe(body['mac']);
  });
  it.each([...file.take('refund', SignedBody), ...file.take('query_refund', SignedBody)])('$id', (one) => {
    const call = one.id === 'query-refund' ? 'queryRefund' : 'refund';
    expect(zalopayText(call, one.request_body)).toBe(one.string_to_sign);
    expect(mac(file.credential('key1'), one.string_to_sign)).toBe(one.request_body['mac']);
  });
  const Redirect = z.looseObject({ string_to_sign: z.string(), query_string: z.string() });
  it.each(file.take('redirect', Redirect))('$id: a checksum for display alone', ({ string_to_sign, query_string }) => {
    expect(mac(key2, string_to_sign)).toBe(new URLSearchParams(query_string).get('checksum'));
  });
  file.take('callback', z.looseObject({}));
});

describe.skipIf(!haveVectors)('payOS as others speak it', () => {
  const file = of('payos');
  const checksumKey = file.credential('checksumKey');
  const secret = JSON.stringify({ clientId: 'fake-client-0001', apiKey: 'fake-api-key-0001', checksumKey });
  const account = { merchantAccountId: 'land', terminal: '113366668888', secret };
  const Signed = z.looseObject({ data: z.record(z.string(), z.unknown()), signature: z.string() });
  const Create = SignedBody.extend({ response_body: Signed, response_string_to_sign: z.string() });
  it.each(file.take('create', Create))('$id', ({ request_body: body, string_to_sign, ...one }) => {
    const { signature, ...signed } = body;
    expect(payosText(signed)).toBe(string_to_sign);
    expect(payosSign(signed, checksumKey)).toBe(signature);
    const { data, signature: theirs } = one.response_body;
    expect(payosText(data)).toBe(one.response_string_to_sign);
    expect(payosSign(data, checksumKey)).toBe(theirs);
  });
  const Refused = z.looseObject({ response_body: Signed });
  it.each(file.take('create_response', Refused))('$id is refused', ({ response_body }) => {
    expect(() => payos().prepare?.read(answered(response_body), ORDER, account)).toThrow(InvalidCallback);
  });
  const Get = z.looseObject({ path: z.string(), response_body: Signed, response_string_to_sign: z.string() });
  it.each(file.take('get', Get))('$id', ({ path: asked, response_body, response_string_to_sign }) => {
    const reference = asked.split('/').at(-1) as PaymentReference;
    const question = { ...ORDER, reference, askedAt: 0 };
    expect(payosText(response_body.data)).toBe(response_string_to_sign);
    expect(payos().query?.request(question, account).url).toBe(`https://api-merchant.payos.vn${asked}`);
    expect(payos().query?.read(answered(response_body), question, account)).toMatchObject({
      outcome: 'paid',
      amount: 500000,
      bankCredit: { account: '113366668888', reference: 'FT26001000001' },
      paidAt: Date.parse('2026-01-01T08:35:12+07:00'),
    });
  });
  file.take('webhook', z.looseObject({}));
});

describe.skipIf(!haveVectors)('SePay and Casso as others speak them', () => {
  const Form = z.looseObject({ fields_in_order: z.array(z.tuple([z.string(), z.union([z.string(), z.number()])])) });
  const listed =
    'merchant operation payment_method order_amount currency order_invoice_number order_description success_url error_url cancel_url'.split(
      ' ',
    );
  // We take transfers by VietQR, not over SePay's own page: read to know its rule, not to speak it.
  it.each(of('sepay').take('pg_checkout_form', Form))(
    '$id: the page of SePay, which we do not use',
    ({ fields_in_order }) => {
      const text = fields_in_order
        .filter(([name]) => listed.includes(name))
        .map(([name, value]) => `${name}=${value}`)
        .join(',');
      const signature = createHmac('sha256', of('sepay').credential('secret_key')).update(text).digest('base64');
      expect(fields_in_order.at(-1)).toEqual(['signature', signature]);
    },
  );
  of('sepay').take('bank_webhook_hmac', z.looseObject({}));
  of('sepay').take('bank_webhook_apikey', z.looseObject({}));

  const Hook = z.looseObject({ body: z.string(), string_to_sign: z.string() });
  it.each(of('casso').take('webhook_v2', Hook))('$id', ({ body, string_to_sign }) => {
    expect(cassoText(string_to_sign.split('.')[0] ?? '', body)).toBe(string_to_sign);
  });
});

describe.skipIf(!haveVectors)('OnePay as others speak it', () => {
  const file = of('onepay');
  const secureSecret = file.credential('secureSecret');
  const Pay = z.looseObject({ fields_on_wire: Texts, string_to_sign: z.string(), url: z.string() });
  it.each(file.take('pay_url', Pay))('$id', ({ fields_on_wire, string_to_sign, url }) => {
    const { vpc_SecureHash: hash, ...fields } = fields_on_wire;
    const map = new Map(Object.entries(fields));
    expect(onepayText(map)).toBe(string_to_sign);
    expect(onepaySign(map, secureSecret)).toBe(hash);
    expect(payAddress(url.split('?')[0] ?? '', map, secureSecret)).toBe(url);
  });
  file.take('ipn_or_return', z.looseObject({}));
});

describe.skipIf(!haveVectors)('Viettel Money as others speak it', () => {
  const file = of('viettel');
  const keys = { accessCode: file.credential('access_code'), hashKey: file.credential('hash_key') };
  const provider = viettelMoney({ stage: 'sandbox' });
  const Pay = z.looseObject({ fields: Texts, check_sum_hex_2020_variant: z.string() });
  it.each(file.take('pay_url', Pay))('$id, and the older form in hexadecimal', ({ fields, ...one }) => {
    const names = ['billcode', 'command', 'merchant_code', 'order_id', 'trans_amount', 'version'];
    const values = names.map((name) => fields[name] ?? '');
    expect(viettelChecksum(values, keys)).toBe(fields['check_sum']);
    expect(viettelChecksum(values, keys, 'hex')).toBe(one.check_sum_hex_2020_variant);
  });
  const Form = z.looseObject({ form: Texts, ack: Texts.optional() });
  const form = (fields: Record<string, string>) =>
    post(new URLSearchParams(fields).toString(), 'application/x-www-form-urlencoded');
  it.each(file.take('inbound_confirm', Form))('$id', (one) => {
    const raw = form(one.form);
    expect(provider.confirmation?.asksAbout(raw)).toBe(one.form['order_id']);
    const order = { amount: dong(500_000), payable: true };
    const answer = provider.confirmation?.answer(raw, [JSON.stringify(keys)], order);
    expect(JSON.parse(answer?.body ?? '')).toMatchObject({ error_code: '00', order_id: one.form['order_id'] });
    expect(() => provider.confirmation?.answer(raw, [JSON.stringify(keys)], { ...order, amount: dong(5) })).toThrow(
      InvalidCallback,
    );
  });
  it.each(file.take('inbound_result', Form))('$id, and its signed answer', (one) => {
    const notice = provider.read(form(one.form), [JSON.stringify(keys)], 0);
    expect(notice).toMatchObject({ amount: 500000, reference: one.form['order_id'], transactionId: 'VT0001' });
    const answer = provider.acknowledge('accepted', { notice, keys: [JSON.stringify(keys)], at: 0 });
    expect(JSON.parse(answer.body)).toEqual(one.ack);
  });
});

describe.skipIf(!haveVectors)('Payoo, MegaPay and KeyPay as others speak them', () => {
  const payooKey = of('payoo').credential('secret');
  it.each(of('payoo').take('create', z.looseObject({ xml: z.string(), checksum: z.string() })))('$id', (one) => {
    expect(orderChecksum(one.xml, payooKey)).toBe(one.checksum);
  });
  const Return = z.looseObject({ query: Texts, string_to_hash: z.string() });
  it.each(of('payoo').take('return', Return))('$id: a checksum for display alone', ({ query, string_to_hash }) => {
    expect(createHash('sha512').update(string_to_hash).digest('hex')).toBe(query['checksum']);
  });
  const Ipn = z.looseObject({ key_fields: z.string(), values: Texts, signature: z.string() });
  it.each(of('payoo').take('ipn', Ipn))('$id', ({ key_fields, values, signature }) => {
    const signed = key_fields.split('|').map((name) => values[name] ?? '');
    expect(noticeChecksum(signed, payooKey)).toBe(signature);
  });

  const encodeKey = of('megapay').credential('encodeKey');
  const Token = z.looseObject({ string_to_hash: z.string(), merchantToken: z.string() });
  it.each([...of('megapay').take('create', Token), ...of('megapay').take('payment_link', Token)])('$id', (one) => {
    expect(token([one.string_to_hash.slice(0, -encodeKey.length)], encodeKey)).toBe(one.merchantToken);
  });

  const keypay = of('dvcqg-keypay');
  it.each(keypay.take('create', SignedBody))('$id', ({ request_body: body, string_to_sign }) => {
    expect(keypayChecksum(string_to_sign.split('|'), keypay.credential('hash_key_1'))).toBe(body['check_sum']);
  });
  const Sum = z.looseObject({ string_to_sign: z.string(), check_sum: z.string() });
  it.each(keypay.take('query', Sum))('$id: a question that we do not ask, by the same rule', (one) => {
    expect(hmac('sha256', keypay.credential('hash_key_1'), one.string_to_sign)).toBe(one.check_sum);
  });
  it.each(keypay.take('callback', Sum))('$id', (one) => {
    expect(keypayChecksum(one.string_to_sign.split('|'), keypay.credential('hash_key_2'))).toBe(one.check_sum);
  });
});

describe.skipIf(!haveVectors)('VietQR as others write it', () => {
  const file = of('vietqr');
  const Input = z.object({
    bankBin: z.string(),
    bankNumber: z.string(),
    amount: z.string().optional(),
    purpose: z.string().optional(),
  });
  const Payload = z.looseObject({ input: Input, payload: z.string(), must_refuse: z.boolean().default(false) });
  it.each(file.take('vietqr', Payload))('$id', ({ input, payload, must_refuse }) => {
    const { bankBin, bankNumber: account, amount, purpose } = input;
    const write = () =>
      vietQr({ bankBin, account, ...(amount && { amount: Number(amount) }), ...(purpose && { purpose }) });
    if (must_refuse) expect(write).toThrow(UnprintableTransfer);
    else expect(write()).toBe(payload);
  });
  const Written = z.looseObject({ payload: z.string() });
  it.each(file.take('vietqr_promptparse', Written))('$id', ({ payload }) => {
    const transfer = { bankBin: '970415', account: '113366668888', amount: 500000 };
    const additional = { bill: 'HD0001', reference: 'DVC20260101000001', terminal: 'QUAY01', purpose: 'LE PHI' };
    expect(vietQr({ ...transfer, ...additional })).toBe(payload);
  });
  it.each(file.take('vnpayqr', Written))('$id has our check value', ({ payload }) => {
    expect(crc(payload.slice(0, -4))).toBe(payload.slice(-4));
  });
  it.each(file.take('parse_reject', Written))('$id has not', ({ payload }) => {
    expect(crc(payload.slice(0, -4))).not.toBe(payload.slice(-4));
  });
  it.each(file.take('parse_note', Written))('$id: we write it in capitals', ({ payload }) => {
    expect(crc(payload.slice(0, -4))).toBe(payload.slice(-4).toUpperCase());
  });
  it.each(file.take('crc', z.looseObject({ input: z.string(), output: z.string() })))('$id', ({ input, output }) => {
    expect(crc(input)).toBe(output);
  });

  const BANKS = path.resolve(import.meta.dirname, '../../../shared/domain/data/bank-bins.csv');
  it.skipIf(!existsSync(BANKS))('knows every bank of the list that is not given up', () => {
    const rows = readFileSync(BANKS, 'utf8').trim().split('\n').slice(1);
    const bins = rows.filter((row) => !/,true,"/.test(row)).map((row) => row.slice(0, 6));
    expect([...RECEIVING_BANKS.keys()]).toEqual([...new Set(bins)].sort());
  });
});

describe.skipIf(!haveVectors)('the cases of other implementations', () => {
  const counts: Record<string, number> = {};
  it.each(Object.keys(files))('of %s are all read', (name) => {
    counts[name] = of(name).allTaken();
  });
  afterAll(() => console.info('cases read:', JSON.stringify(counts)));
});
