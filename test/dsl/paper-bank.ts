import { createHmac, timingSafeEqual } from 'node:crypto';
import * as z from 'zod';
import {
  type Acknowledgement,
  InvalidCallback,
  type PaymentProvider,
  type ProviderId,
  ProviderNotice,
  type RawCallback,
} from '../../shared/domain/payment/provider.ts';

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
