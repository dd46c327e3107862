import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { InvalidCallback, type NoticeSource, type RawCallback } from '../../shared/domain/payment/provider.ts';
import { paymentReference } from '../../shared/domain/payment/reference.ts';
import { casso } from '../../shared/providers/casso/adapter.ts';
import { momo } from '../../shared/providers/momo/adapter.ts';
import { onepay } from '../../shared/providers/onepay/adapter.ts';
import { payos } from '../../shared/providers/payos/adapter.ts';
import { signedText as payosText } from '../../shared/providers/payos/signature.ts';
import { sepay } from '../../shared/providers/sepay/adapter.ts';
import { zalopay } from '../../shared/providers/zalopay/adapter.ts';
import { NUMBER } from '../dsl/given.ts';
import { callbackWorld } from './callback-world.ts';
import { get, post } from './parties/party.ts';
import { Expected, expectAck, haveVectors, STATES, vectorsOf } from './vector-file.ts';

/** Callbacks of other implementations: read byte for byte, and played over HTTP under a reference of ours. */

const OURS = paymentReference(NUMBER, 1);
const JSON_TYPE = 'application/json';
const place = { stage: 'sandbox', publicUrl: 'https://pay.example.gov.vn' } as const;

type Played = {
  id: string;
  valid: boolean;
  expect: Expected;
  raw: RawCallback;
  /** The same under a reference of ours, signed anew if it was genuine, as it was bent if not. Absent: no such order. */
  ours?: RawCallback;
  at?: number;
};

type Suite = {
  source: NoticeSource;
  account: { terminal: string; secret: string; providerId?: string };
  cases: Played[];
};

const Body = z.looseObject({ body: z.string(), expect: Expected, order_in_store: z.looseObject({}).nullish() });
const hmac = (hash: string, key: string | Buffer, text: string) => createHmac(hash, key).update(text).digest('hex');
const swapped = (text: string, of: string) => text.replaceAll(of, OURS);

const momoFile = vectorsOf('momo');
const MOMO_SIGNED =
  'amount extraData message orderId orderInfo orderType partnerCode payType requestId responseTime resultCode transId';
function momoSuite(): Suite {
  const accessKey = momoFile.credential('accessKey');
  const secretKey = momoFile.credential('secretKey');
  return {
    source: momo(place),
    account: { terminal: momoFile.credential('partnerCode'), secret: JSON.stringify({ accessKey, secretKey }) },
    cases: momoFile.take('ipn', Body).map((one) => {
      const valid = one.expect['signature_valid'] === true;
      const members = JSON.parse(swapped(one.body, 'DVC20260101000001')) as Record<string, unknown>;
      const pairs = MOMO_SIGNED.split(' ').map((name) => `${name}=${members[name]}`);
      const signature = hmac('sha256', secretKey, [`accessKey=${accessKey}`, ...pairs].join('&'));
      return {
        ...one,
        valid,
        raw: post(one.body, JSON_TYPE),
        ours: post(JSON.stringify(valid ? { ...members, signature } : members), JSON_TYPE),
      };
    }),
  };
}

const zalopayFile = vectorsOf('zalopay');
function zalopaySuite(): Suite {
  const [key1, key2] = [zalopayFile.credential('key1'), zalopayFile.credential('key2')];
  return {
    source: zalopay(place),
    account: { terminal: zalopayFile.credential('app_id'), secret: JSON.stringify({ key1, key2 }) },
    cases: zalopayFile.take('callback', Body).map((one) => {
      const valid = one.expect['mac_valid'] === true;
      const { data, mac, type } = JSON.parse(one.body) as { data: string; mac: string; type: number };
      const moved = data.replaceAll('260101_000001', `260101_${OURS}`);
      return {
        ...one,
        valid,
        raw: post(one.body, JSON_TYPE),
        ours: post(JSON.stringify({ data: moved, mac: valid ? hmac('sha256', key2, moved) : mac, type }), JSON_TYPE),
      };
    }),
  };
}

const payosFile = vectorsOf('payos');
function payosSuite(): Suite {
  const checksumKey = payosFile.credential('checksumKey');
  const secret = JSON.stringify({
    clientId: payosFile.credential('clientId'),
    apiKey: payosFile.credential('apiKey'),
    checksumKey,
  });
  return {
    source: payos(),
    account: { terminal: '113366668888', secret },
    cases: payosFile.take('webhook', Body).map((one) => {
      const valid = one.expect['signature_valid'] === true;
      const members = JSON.parse(swapped(one.body, '2026010100001')) as Record<string, unknown>;
      const signature = hmac('sha256', checksumKey, payosText(members['data'] as Record<string, unknown>));
      return {
        ...one,
        valid,
        raw: post(one.body, JSON_TYPE),
        ours: post(JSON.stringify(valid ? { ...members, signature } : members), JSON_TYPE),
      };
    }),
  };
}

const sepayFile = vectorsOf('sepay');
const Hook = z.looseObject({ raw_body: z.string(), headers: z.record(z.string(), z.string()), expect: Expected });
const lower = (headers: Record<string, string>) =>
  Object.fromEntries(Object.entries(headers).map(([name, text]) => [name.toLowerCase(), text]));

function sepaySuite(): Suite {
  const webhookSecret = sepayFile.credential('webhook_secret');
  return {
    source: sepay(),
    account: { terminal: '0123499999', secret: JSON.stringify({ webhookSecret }), providerId: 'vietqr' },
    cases: sepayFile.take('bank_webhook_hmac', Hook.extend({ now_unix: z.int() })).map((one) => {
      const valid = one.expect['signature_valid'] === true;
      const headers = lower(one.headers);
      const body = one.raw_body.replaceAll(
        /dvc20260101000001/gi,
        (code) => (code.startsWith('d') ? 'tp' : 'TP') + OURS,
      );
      const signature = `sha256=${hmac('sha256', webhookSecret, `${headers['x-sepay-timestamp']}.${body}`)}`;
      return {
        ...one,
        valid,
        at: one.now_unix * 1000,
        raw: post(one.raw_body, JSON_TYPE, { headers }),
        ours: post(body, JSON_TYPE, { headers: valid ? { ...headers, 'x-sepay-signature': signature } : headers }),
      };
    }),
  };
}

function sepayKeySuite(): Suite {
  return {
    source: sepay(),
    account: { terminal: '0123499999', secret: '{"apiKey":"fake_api_key_1"}', providerId: 'vietqr' },
    cases: sepayFile.take('bank_webhook_apikey', Hook.extend({ api_key: z.literal('fake_api_key_1') })).map((one) => {
      const headers = lower(one.headers);
      const body = one.raw_body.replaceAll('DVC20260101000001', `TP${OURS}`);
      return {
        ...one,
        valid: one.expect['auth_valid'] === true,
        raw: post(one.raw_body, JSON_TYPE, { headers }),
        ours: post(body, JSON_TYPE, { headers }),
      };
    }),
  };
}

const cassoFile = vectorsOf('casso');
function cassoSuite(): Suite {
  const key = cassoFile.credential('checksum_key');
  const Hooked = z.looseObject({
    body: z.string(),
    header: z.record(z.string(), z.string()),
    string_to_sign: z.string(),
    expect: Expected,
  });
  return {
    source: casso(),
    account: { terminal: '88888888', secret: key, providerId: 'vietqr' },
    cases: cassoFile.take('webhook_v2', Hooked).map((one) => {
      const valid = one.expect['signature_valid'] === true;
      const headers = lower(one.header);
      const text = one.string_to_sign.replaceAll('DVC20260101000001', `TP${OURS}`);
      const signed = { 'x-casso-signature': `t=${text.split('.')[0]},v1=${hmac('sha512', key, text)}` };
      return {
        ...one,
        valid,
        raw: post(one.body, JSON_TYPE, { headers }),
        ours: post(one.body.replaceAll('DVC20260101000001', `TP${OURS}`), JSON_TYPE, {
          headers: valid ? signed : headers,
        }),
      };
    }),
  };
}

const onepayFile = vectorsOf('onepay');
function onepaySuite(): Suite {
  const secureSecret = onepayFile.credential('secureSecret');
  const Ipn = z.looseObject({ query_string: z.string(), string_to_sign: z.string(), expect: Expected });
  return {
    source: onepay(place),
    account: {
      terminal: onepayFile.credential('merchant'),
      secret: JSON.stringify({ accessCode: onepayFile.credential('accessCode'), secureSecret }),
    },
    cases: onepayFile.take('ipn_or_return', Ipn).map((one) => {
      const valid = one.expect['signature_valid'] === true;
      const moved = swapped(one.query_string, 'DVC20260101000001');
      const text = swapped(one.string_to_sign, 'DVC20260101000001');
      const hash = hmac('sha256', Buffer.from(secureSecret, 'hex'), text).toUpperCase();
      const ours = valid ? moved.replace(/vpc_SecureHash=.*$/, `vpc_SecureHash=${hash}`) : moved;
      return { ...one, valid, raw: get(one.query_string), ours: get(ours) };
    }),
  };
}

const suites: [name: string, suite: () => Suite][] = [
  ['momo', momoSuite],
  ['zalopay', zalopaySuite],
  ['payos', payosSuite],
  ['sepay', sepaySuite],
  ['sepay with an API key', sepayKeySuite],
  ['casso', cassoSuite],
  ['onepay', onepaySuite],
];

for (const [name, suite] of haveVectors ? suites : [])
  describe(`the callbacks of other implementations: ${name}`, () => {
    const { source, account, cases } = suite();
    const id = source.manifest.id;

    it.each(cases)('$id is read as they read it, byte for byte', ({ raw, valid, expect: expected, at = 0 }) => {
      const read = () => source.read(raw, [account.secret], at);
      if (!valid) return expect(read).toThrow(InvalidCallback);
      // Where they leave open whether it pays, we may say so: the amount is another's affair.
      if (typeof expected.paid === 'boolean') expect(read().outcome === 'paid').toBe(expected.paid);
    });

    it.each(cases)('$id is answered and entered as they expect (scenarios 7, 9, 10, 13)', async (one) => {
      const paidInto = { ...account, providerId: account.providerId ?? id, merchantAccountId: 'land-here' };
      const keyed = { ...account, providerId: id, merchantAccountId: 'land-keyed' };
      const here = callbackWorld([source], account.providerId ? [paidInto, keyed] : [paidInto]);
      here.clock.at = one.at ?? here.clock.at;
      const unknown = 'order_in_store' in one && one.order_in_store === null;
      here.place(unknown ? { attempts: [] } : {});
      expectAck(await here.call(id, one.ours ?? one.raw), one.expect);
      await here.post();
      const state = STATES[one.expect.new_state ?? ''];
      if (state) expect([here.invoice()?.state, here.invoice()?.attempts[0]?.state]).toEqual(state);
      if (!one.valid) expect([here.inbox.sent, here.invoices.changes]).toEqual([0, []]);
    });
  });

describe.skipIf(!haveVectors)('the callbacks of other implementations', () => {
  it('are as many as were counted', () => {
    const counts = Object.fromEntries((haveVectors ? suites : []).map(([name, suite]) => [name, suite().cases.length]));
    console.info('callback cases read:', JSON.stringify(counts));
    for (const count of Object.values(counts)) expect(count).toBeGreaterThan(0);
  });
});
