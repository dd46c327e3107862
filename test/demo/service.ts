import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import * as z from 'zod';

/** The service as its callers see it: tokens, calls, and the members of its answers that the demo reads. */

const Money = z.looseObject({ amount: z.int(), currency: z.literal('VND') });
const Words = z.looseObject({ vi: z.string(), en: z.string() });
const Sum = z.looseObject({ count: z.int(), amount: z.int() });

export const Token = z.looseObject({ access_token: z.string() });
export const Procedures = z.looseObject({ data: z.array(z.looseObject({ code: z.string(), name: Words })) });
export const Quote = z.looseObject({
  quote: z.string(),
  total: Money,
  lines: z.array(z.looseObject({ amount: z.int(), explanation: Words })),
});
export const Invoice = z.looseObject({
  invoiceId: z.string(),
  printedNumber: z.string(),
  state: z.string(),
  total: Money,
  paid: Money,
  surplus: Money,
  version: z.int(),
  payer: z.looseObject({ name: z.string() }),
  payments: z.array(z.looseObject({ paymentId: z.string(), providerId: z.string(), state: z.string() })),
});
export type Invoice = z.infer<typeof Invoice>;
export const Started = z.looseObject({
  paymentId: z.string(),
  next: z.looseObject({ kind: z.literal('redirect'), url: z.string() }),
});
export const Payment = z.looseObject({ state: z.string(), reportedAt: z.string().optional() });
export const WebhookRegistered = z.looseObject({ secret: z.string().startsWith('whsec_') });
export const Decided = z.looseObject({
  sent: z
    .array(
      z.looseObject({
        txnId: z.string(),
        amount: z.int(),
        result: z.string(),
        answers: z.array(z.looseObject({ status: z.int(), result: z.string() })),
      }),
    )
    .min(1),
});
export const BankKey = z.looseObject({ publicKey: z.string() });
export const Upload = z.looseObject({
  statementId: z.string(),
  uploadUrl: z.string(),
  uploadHeaders: z.record(z.string(), z.string()),
});
export const Statement = z.looseObject({
  state: z.string(),
  totals: z.looseObject({ lines: z.int(), amount: z.int(), matched: z.int(), exceptions: z.int() }).nullable(),
  errors: z.array(z.looseObject({ line: z.int(), message: Words })),
});
export const Exceptions = z.looseObject({
  data: z.array(
    z.looseObject({
      exceptionId: z.string(),
      category: z.string(),
      providerId: z.string(),
      transactionId: z.string(),
      ours: z.int().nullable(),
      theirs: z.int().nullable(),
    }),
  ),
});
const figures = {
  collected: Sum,
  surplus: Sum,
  unmatched: Sum,
  received: Sum,
  reported: Sum,
  difference: z.int(),
  openExceptions: z.int(),
};
export const DailyReport = z.looseObject({
  rows: z.array(z.looseObject({ agencyCode: z.string(), providerId: z.string(), ...figures })),
  totals: z.looseObject(figures),
  ledger: z.looseObject({ debit: z.int(), credit: z.int() }),
});
export type DailyReport = z.infer<typeof DailyReport>;

type Call = { method?: string; body?: unknown; accept?: string };

/** One caller of the service, with its token. */
export class Caller {
  readonly name: string;
  readonly #url: string;
  readonly #token: string;

  private constructor(name: string, url: string, token: string) {
    this.name = name;
    this.#url = url;
    this.#token = token;
  }

  /** Signs in by client credentials (RFC 6749 section 4.4). */
  static async signIn(client: { id: string; secret: string }, url: string, tokenEndpoint: string): Promise<Caller> {
    const answer = await fetch(tokenEndpoint, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(`${client.id}:${client.secret}`).toString('base64')}` },
      body: new URLSearchParams({ grant_type: 'client_credentials' }),
    });
    return new Caller(client.id, url, Token.parse(await answer.json()).access_token);
  }

  /** Calls and reads the answer by a schema. Throws on any answer that is no success. */
  async call<S extends z.ZodType>(schema: S, path: string, call: Call = {}): Promise<z.infer<S>> {
    return schema.parse(JSON.parse(await this.text(path, call)));
  }

  async text(path: string, call: Call = {}): Promise<string> {
    return new TextDecoder().decode(await this.bytes(path, call));
  }

  /** The answer as it came: a byte order mark is a part of it. */
  async bytes(path: string, { method, body, accept = 'application/json' }: Call = {}): Promise<Uint8Array> {
    const answer = await fetch(this.#url + path, {
      method: method ?? (body === undefined ? 'GET' : 'POST'),
      headers: {
        authorization: `Bearer ${this.#token}`,
        accept,
        'accept-language': 'en',
        // A key of its own: each of these calls is meant once.
        ...(body !== undefined && { 'content-type': 'application/json', 'idempotency-key': randomUUID() }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const bytes = new Uint8Array(await answer.arrayBuffer());
    if (!answer.ok)
      throw new Error(`${method ?? 'call'} ${path} was answered ${answer.status}: ${Buffer.from(bytes).toString()}`);
    return bytes;
  }
}

const POLL_MILLISECONDS = 50;

/** Asks until the answer is there; throws after `seconds`, saying what did not come. */
export async function until<T>(what: string, seconds: number, ask: () => Promise<T | undefined> | T | undefined) {
  const deadline = Date.now() + seconds * 1_000;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() > deadline) throw new Error(`waited ${seconds} s in vain: ${what}`);
    await delay(POLL_MILLISECONDS);
  }
}
