import { createHmac, timingSafeEqual } from 'node:crypto';
import * as z from 'zod';
import {
  type Acknowledgement,
  InvalidCallback,
  type PaymentProvider,
  type Prepared,
  type ProviderId,
  type ProviderManifest,
  ProviderNotice,
  type ProviderResponse,
  type RawCallback,
} from '../../shared/domain/payment/provider.ts';
import type { ProviderCaller } from '../../shared/domain/payment/provider-caller.ts';
import { pageOf } from './next-step.ts';

/** A bank whose callbacks are notices in our own terms, so that a rule can be tested for words that no real bank says. */

export type PaperNotice = Omit<ProviderNotice, 'providerId' | 'evidence'>;

const Paper = ProviderNotice.omit({ providerId: true, evidence: true });

const signatureOf = (text: Uint8Array | string, key: string): string =>
  createHmac('sha256', key).update(text).digest('hex');

/** A callback as the bank sends it. */
export function paperCallback(notice: PaperNotice, key: string): RawCallback {
  const text = JSON.stringify(notice);
  return {
    method: 'POST',
    rawQuery: '',
    headers: { 'x-signature': signatureOf(text, key) },
    body: Buffer.from(text),
  };
}

/** For those who call no provider. */
export const nobody: ProviderCaller = {
  call: () => {
    throw new Error('nobody is to be called');
  },
};

export function paperBank(
  id: ProviderId,
  limits: { least: number; most: number } = { least: 1, most: 999_999_999 },
): PaymentProvider {
  const peek = (callback: RawCallback) => {
    try {
      return z.object({ terminal: z.string().min(1) }).parse(JSON.parse(Buffer.from(callback.body).toString()));
    } catch {
      throw new InvalidCallback(id, 'malformed');
    }
  };
  return {
    manifest: {
      id,
      name: { vi: 'Ngân hàng giấy', en: 'Paper bank' },
      kinds: ['redirect'],
      currencies: ['VND'],
      limits,
      attemptLifetimeMilliseconds: 15 * 60_000,
      stages: ['sandbox'],
      secret: 'A key.',
      capabilities: { query: false, refund: false },
      retry: 'until it is told to stop',
      cutOff: '24:00',
      uncertain: [],
    },
    acceptsSecret: (secret) => secret !== '',
    begin: (order, account) => ({
      kind: 'redirect',
      url: `https://${id}.example/pay?${new URLSearchParams({
        ref: order.reference,
        amount: String(order.amount),
        at: String(order.createdAt),
        until: String(order.expiresAt),
        back: order.returnUrl,
        language: order.language,
        terminal: account.terminal,
        seal: signatureOf(order.reference, account.secret),
      })}`,
    }),
    terminalOf: (callback) => peek(callback).terminal,
    read(callback, keys) {
      const given = Buffer.from(callback.headers['x-signature'] ?? '', 'hex');
      const signed = keys.some((key) => {
        const expected = Buffer.from(signatureOf(callback.body, key), 'hex');
        return given.length === expected.length && timingSafeEqual(given, expected);
      });
      if (!signed) throw new InvalidCallback(id, 'signature');
      const evidence = Buffer.from(callback.body).toString();
      return { providerId: id, ...Paper.parse(JSON.parse(evidence)), evidence };
    },
    acknowledge: (acknowledgement: Acknowledgement) => ({
      status: 200,
      contentType: 'text/plain',
      body: acknowledgement,
    }),
  };
}

/** The same bank, where it must be told of a payment before the citizen comes. It prepares what its answer says. */
export const toldFirst = (bank: PaymentProvider): PaymentProvider => ({
  ...bank,
  prepare: {
    request: (order, account) => ({
      method: 'POST',
      url: `https://${bank.manifest.id}.example/prepare`,
      headers: {},
      body: JSON.stringify({
        ref: order.reference,
        amount: order.amount,
        seal: signatureOf(order.reference, account.secret),
      }),
    }),
    read({ body }) {
      try {
        return JSON.parse(Buffer.from(body).toString()) as Prepared;
      } catch {
        throw new InvalidCallback(bank.manifest.id, 'signature');
      }
    },
  },
  begin(order, account, prepared) {
    if (prepared === undefined) throw new Error('it was not told');
    const next = bank.begin(order, account);
    return { kind: 'redirect', url: `${pageOf(next)}&prepared=${encodeURIComponent(prepared)}` };
  },
});

/** The bank's answer when it is asked: the notice that it would have called back with, or any other words, sealed. */
export function paperAnswer(
  said: PaperNotice | { outcome: 'unknown'; resultCode: string },
  key: string,
): ProviderResponse {
  const text = JSON.stringify(said);
  return { status: 200, body: Buffer.from(`${signatureOf(text, key)} ${text}`) };
}

const PaperAnswer = z.union([Paper, z.object({ outcome: z.literal('unknown'), resultCode: z.string() })]);

/** The same bank, where it can be asked what became of a payment. */
export const askable = (
  bank: PaymentProvider,
  asking: NonNullable<ProviderManifest['asking']> = {},
): PaymentProvider => ({
  ...bank,
  manifest: { ...bank.manifest, asking },
  query: {
    request: ({ reference, askedAt }) => ({
      method: 'POST',
      url: `https://${bank.manifest.id}.example/query`,
      headers: {},
      body: JSON.stringify({ reference, askedAt }),
    }),
    read({ body }, _, { secret }) {
      const [seal, ...rest] = Buffer.from(body).toString().split(' ');
      const evidence = rest.join(' ');
      if (seal !== signatureOf(evidence, secret)) throw new InvalidCallback(bank.manifest.id, 'signature');
      const said = PaperAnswer.parse(JSON.parse(evidence));
      return said.outcome === 'unknown' ? said : { providerId: bank.manifest.id, ...said, evidence };
    },
  },
});
