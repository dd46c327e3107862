import { createHash, createHmac, createPublicKey, timingSafeEqual, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import * as z from 'zod';
import { signedIpn, TERMINAL, TERMINAL_SECRET } from './events.ts';

/** The callbacks of each provider's samples, and what any reader of its protocol must do: the signature, and no more. */

const Samples = z.object({
  secret: z.string(),
  now: z.string().optional(),
  samples: z.array(
    z.object({
      query: z.string().optional(),
      headers: z.record(z.string(), z.string()).default({}),
      body: z.string().default(''),
      expect: z.object({ amount: z.number().nullish() }).optional(),
    }),
  ),
  terminal: z.string(),
});

export type Sample = {
  terminal: string;
  secret: string;
  amount: number;
  query: string;
  headers: Readonly<Record<string, string>>;
  body: string;
  at: number;
};

/** The first sample of a provider: a payment that succeeded. VNPAY's names no order of ours, so its is made here. */
export function sampleOf(provider: string): Sample {
  if (provider === 'vnpay') return ipn;
  const file = path.resolve(import.meta.dirname, '../../shared/providers', provider, 'samples/callbacks.json');
  const { samples, now, secret, terminal } = Samples.parse(JSON.parse(readFileSync(file, 'utf8')));
  const [first] = samples;
  if (!first) throw new Error(`no sample of ${provider}`);
  const { query = '', headers, body, expect } = first;
  return {
    terminal,
    secret,
    amount: expect?.amount ?? 0,
    query,
    headers,
    body,
    at: now ? Date.parse(now) : Date.now(),
  };
}

const ipn: Sample = {
  terminal: TERMINAL,
  secret: TERMINAL_SECRET,
  amount: 50_000,
  query: signedIpn('480213567890012', 50_000, '14000001'),
  headers: {},
  body: '',
  at: Date.now(),
};

type Text = Record<string, unknown>;
const parts = (secret: string) => JSON.parse(secret) as Record<string, string>;
const object = (json: string) => JSON.parse(json) as Text;

function same(given: unknown, expected: string): boolean {
  const [one, other] = [Buffer.from(String(given)), Buffer.from(expected)];
  return one.length === other.length && timingSafeEqual(one, other);
}
const hex = (hash: string, key: string | Buffer, text: string): string =>
  createHmac(hash, key).update(text).digest('hex');

const sortedPairs = (fields: Text): string =>
  Object.keys(fields)
    .sort()
    .map((name) => `${name}=${fields[name] ?? ''}`)
    .join('&');

const sorted = (value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(
        Object.keys(value)
          .sort()
          .map((name) => [name, sorted((value as Text)[name])]),
      )
    : value;

const MOMO =
  'amount extraData message orderId orderInfo orderType partnerCode payType requestId responseTime resultCode transId'.split(
    ' ',
  );
const CONFIRM =
  'LoaiBanTin MaLoi MaDoiTac MaThamChieu SoTien MaTienTe MaGiaoDich MaNganHang ThoiGianGD ThongTinGiaoDich'.split(' ');

/** Whether a sample is genuine, by the provider's rule alone. */
export const genuine: Readonly<Record<string, (sample: Sample) => boolean>> = {
  vnpay({ query, secret }) {
    const fields = new URLSearchParams(query);
    const signature = fields.get('vnp_SecureHash');
    fields.delete('vnp_SecureHash');
    fields.sort();
    return same(signature, hex('sha512', secret, fields.toString()));
  },
  momo({ body, secret }) {
    const { accessKey, secretKey = '' } = parts(secret);
    const of = object(body);
    const text = [`accessKey=${accessKey}`, ...MOMO.map((name) => `${name}=${of[name]}`)].join('&');
    return same(of['signature'], hex('sha256', secretKey, text));
  },
  zalopay({ body, secret }) {
    const { data, mac } = object(body);
    return same(mac, hex('sha256', parts(secret)['key2'] ?? '', String(data))) && 'amount' in object(String(data));
  },
  payos({ body, secret }) {
    const { data, signature } = object(body);
    return same(signature, hex('sha256', parts(secret)['checksumKey'] ?? '', sortedPairs(data as Text)));
  },
  onepay({ query, secret }) {
    const fields = Object.fromEntries(new URLSearchParams(query));
    const { vpc_SecureHash: signature, ...signed } = fields;
    const kept = Object.fromEntries(Object.entries(signed).filter(([name, text]) => /^(vpc|user)_/.test(name) && text));
    const key = Buffer.from(parts(secret)['secureSecret'] ?? '', 'hex');
    return same(signature, hex('sha256', key, sortedPairs(kept)).toUpperCase());
  },
  sepay({ body, headers, secret }) {
    const text = `${headers['x-sepay-timestamp']}.${body}`;
    const expected = `sha256=${hex('sha256', parts(secret)['webhookSecret'] ?? '', text)}`;
    return same(headers['x-sepay-signature'], expected) && 'transferAmount' in object(body);
  },
  casso({ body, headers, secret }) {
    const [, time, signature] = /^t=(\d+),v1=(.+)$/.exec(headers['x-casso-signature'] ?? '') ?? [];
    return same(signature, hex('sha512', secret, `${time}.${JSON.stringify(sorted(object(body)))}`));
  },
  'bank-direct'({ body, headers, secret }) {
    const id = headers['x-key-id'] ?? '';
    const der = Buffer.from(parts(secret)[id] ?? '', 'base64');
    const key = createPublicKey({ key: der, format: 'der', type: 'spki' });
    const signed = Buffer.from(`${headers['x-timestamp']}.${id}.${body}`);
    const signature = Buffer.from(headers['x-signature'] ?? '', 'base64');
    return verify(null, signed, key, signature) && 'amount' in object(body);
  },
  dvcqg({ body, secret }) {
    const of = object(body);
    const text = [...CONFIRM.map((name) => of[name]), parts(secret)['secret']].join('|');
    return same(of['MaXacThuc'], createHash('sha256').update(text).digest('hex'));
  },
};
