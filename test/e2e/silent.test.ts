import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LocalStack } from '../../infra/local/stack.ts';
import { eventually, removeTemporaryFolders, startTestStack } from '../stack.ts';
import { LICENCE, World } from './world.ts';

/** Payments that VNPAY never calls about: a played VNPAY is asked, over HTTP, and signs with a code of its own. */

const { amount } = LICENCE;
/** Payments that these tests bring about. */
const PAID = 6;
let stack: LocalStack;
let world: World;
/** What VNPAY is asked from now on, and how it answers. */
const asked: { path: string | undefined; body: string }[] = [];
const asItIs = (body: string): { status: number; text: string } => ({ status: 200, text: world.vnpay.answer(body) });
let answer = asItIs;

const server = createServer(async (request, response) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks).toString();
  const { status, text } = answer(body);
  asked.push({ path: request.url, body });
  response.writeHead(status, { 'content-type': 'application/json' }).end(text);
});

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  stack = await startTestStack(undefined, `http://127.0.0.1:${port}`);
  world = await World.enter(stack);
});
afterAll(async () => {
  await world?.leave();
  await stack?.stop();
  server.closeAllConnections();
  server.close();
  removeTemporaryFolders();
});

const askedAbout = (reference: string) => asked.filter(({ body }) => body.includes(reference)).length;

describe('a payment that VNPAY never calls about', () => {
  it('is found by asking VNPAY in its own words, and told like any other (scenario 17)', async () => {
    const { invoiceId } = await world.invoice();
    const order = await world.order(invoiceId);
    const { transactionNo } = world.transact(order);
    const paid = await world.untilState(invoiceId, 'paid');
    expect([paid.paid.amount, paid.surplus.amount, paid.payments[0]?.state]).toEqual([amount, 0, 'succeeded']);
    await world.untilHeard(invoiceId, 'payment.succeeded.v1', 'invoice.paid.v1');
    expect(asked.at(-1)?.path).toBe('/vnpay/merchant_webapi/api/transaction');
    expect(await world.workItems(transactionNo)).toEqual([]);
  });

  it('and was declined, ends its attempt', async () => {
    const { invoiceId } = await world.invoice();
    world.transact(await world.order(invoiceId), false);
    await eventually('the attempt failed', async () => (await world.read(invoiceId)).payments[0]?.state === 'failed');
    expect((await world.read(invoiceId)).state).toBe('open');
  });

  it('is asked about again while VNPAY is down, lies, or knows nothing; and found when it speaks', async () => {
    const { invoiceId } = await world.invoice();
    const order = await world.order(invoiceId);
    const lies = ['down', 'bent', 'nothing'] as const;
    let told = 0;
    answer = (body) => {
      if (!body.includes(order.reference)) return asItIs(body);
      const lie = lies[told++];
      if (lie === 'down') return { status: 503, text: '<html>' };
      if (lie === 'nothing') return asItIs(body);
      // Signed over 91, and bent into a success.
      return { status: 200, text: asItIs(body).text.replace('"91"', '"00"') };
    };
    try {
      await eventually('asked about twice', () => askedAbout(order.reference) >= 2);
      expect((await world.read(invoiceId)).payments[0]?.state).toBe('pending');
      world.transact(order);
      await world.untilState(invoiceId, 'paid');
    } finally {
      answer = asItIs;
    }
  });

  it('but after all, while it is asked: one posting (scenario 18)', async () => {
    const { invoiceId } = await world.invoice();
    const order = await world.order(invoiceId);
    const { query } = world.transact(order);
    let notified: Promise<unknown> | undefined;
    answer = (body) => {
      // The callback leaves in the very moment of the answer.
      if (body.includes(order.reference)) notified ??= world.vnpay.notify(query);
      return asItIs(body);
    };
    try {
      const paid = await world.untilState(invoiceId, 'paid');
      await eventually('VNPAY was asked', () => notified !== undefined);
      await notified;
      await world.untilHeard(invoiceId, 'payment.succeeded.v1', 'invoice.paid.v1');
      const now = await world.read(invoiceId);
      expect([now.paid.amount, now.surplus.amount, now.version]).toEqual([amount, 0, paid.version]);
    } finally {
      answer = asItIs;
    }
  });
});

describe('a payment that was called back', () => {
  it('is asked about no more', async () => {
    /** A later silent payment is found: a question that was due before has come and gone by then. */
    const laterIsFound = async () => {
      const { invoiceId } = await world.invoice();
      world.transact(await world.order(invoiceId));
      await world.untilState(invoiceId, 'paid');
    };
    const { invoiceId } = await world.invoice();
    const order = await world.order(invoiceId);
    await world.vnpay.notify(world.transact(order).query);
    await world.untilState(invoiceId, 'paid');
    // On a busy machine a question may have been on its way when the callback came.
    await laterIsFound();
    const before = askedAbout(order.reference);
    await laterIsFound();
    expect(askedAbout(order.reference)).toBe(before);
  });
});

it('no dong is lost, none counted twice, and no log holds a secret (scenario 71)', async () => {
  await eventually('the journal is whole', async () => (await world.journal()).count >= PAID);
  const { received, debit, credit, count } = await world.journal();
  expect([count, received, debit, credit]).toEqual([PAID, PAID * amount, PAID * amount, PAID * amount]);
  world.expectSilentLogs(stack);
});
