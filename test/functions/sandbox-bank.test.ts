import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { describe, expect, it } from 'vitest';
import type { BankDependencies, CallbackAnswer, Sent } from '../../functions/sandbox-bank/bank.ts';
import { sandboxBankRoutes } from '../../functions/sandbox-bank/bank-routes.ts';
import { formatDong } from '../../functions/sandbox-bank/page.ts';
import { bankSigner, type SignedHeaders } from '../../functions/sandbox-bank/signer.ts';
import type { Acknowledgement } from '../../shared/domain/payment/provider.ts';
import { sandboxBank } from '../../shared/providers/sandbox-bank/adapter.ts';
import { pageOf } from '../dsl/next-step.ts';
import { MemorySandboxBooks } from '../fakes/memory-sandbox-books.ts';
import { BILL } from '../providers/contract-order.ts';
import { httpEvent } from './http-events.ts';

const NOW = Date.parse('2026-11-22T09:14:05+07:00');
const signer = bankSigner('x'.repeat(64));
const adapter = sandboxBank({ publicUrl: 'https://pay.example' });
const taken: CallbackAnswer = { status: 200, result: 'ACCEPTED' };

type Posted = { body: string; headers: SignedHeaders };

/** The bank on a fake wire that answers from a list, the last answer for ever. */
function given(...answers: CallbackAnswer[]) {
  const posted: Posted[] = [];
  const waited: number[] = [];
  let random = 0;
  const dependencies: BankDependencies = {
    signer,
    post: async (body, headers) => {
      posted.push({ body, headers });
      return answers[Math.min(posted.length, answers.length) - 1] ?? taken;
    },
    now: () => NOW + waited.length * 1000,
    random: () => String(random++),
    wait: async (milliseconds) => void waited.push(milliseconds),
    books: new MemorySandboxBooks(),
  };
  return { handle: sandboxBankRoutes(async () => dependencies), posted, waited };
}

type Asked = { query?: string; body?: string; type?: string; base64?: boolean; headers?: Record<string, string> };
const request = (routeKey: string, { type, headers, ...rest }: Asked) =>
  httpEvent(routeKey, { ...rest, headers: { ...headers, ...(type !== undefined && { 'content-type': type }) } });

const order = { terminal: 'SANDBOX01', ref: '480213567890017', amount: '135000', currency: 'VND' };
const form = (fields: Record<string, string>) =>
  request('POST /sandbox-bank/decide', {
    body: new URLSearchParams({ ...order, ...fields }).toString(),
    type: 'application/x-www-form-urlencoded',
  });
const machine = (fields: object) =>
  request('POST /sandbox-bank/decide', {
    body: JSON.stringify({ ...order, amount: 135000, ...fields }),
    type: 'application/json; charset=utf-8',
  });

/** What Thuphi reads of a callback. */
const readByThuphi = ({ body, headers }: Posted) =>
  adapter.read({ method: 'POST', rawQuery: '', headers, body: Buffer.from(body) }, [signer.publicKey], NOW);

describe('the page', () => {
  const show = (query: Record<string, string>) =>
    given().handle(request('GET /sandbox-bank', { query: new URLSearchParams(query).toString() }));

  it('shows what is to be paid, Vietnamese first', async () => {
    const page = await show({ ...order, expiresAt: '2026-11-22T02:29:05Z', returnUrl: 'https://portal.example/back' });
    expect(page.statusCode).toBe(200);
    for (const text of ['135.000 ₫', '480213567890017', 'SANDBOX01', '09:29 22/11/2026', '<html lang="vi">'])
      expect(page.body).toContain(text);
    expect(page.body).not.toMatch(/<script|https?:\/\/(?!portal\.example)/);
  });

  it('is what the adapter’s own link leads to', async () => {
    const next = adapter.begin(
      {
        reference: order.ref as never,
        amount: 135000 as never,
        createdAt: NOW,
        expiresAt: NOW + 900_000,
        returnUrl: 'http://127.0.0.1:4000/back?x=1',
        language: 'en',
        payerIp: '203.0.113.9',
        description: 'Thu phi',
        bill: BILL,
      },
      { merchantAccountId: 'x', terminal: 'SANDBOX01', secret: '' },
    );
    const page = await given().handle(request('GET /sandbox-bank', { query: new URL(pageOf(next)).search.slice(1) }));
    expect(page.statusCode).toBe(200);
    expect(page.headers?.['content-security-policy']).toContain("form-action 'self' https: http://127.0.0.1:4000;");
  });

  it('keeps everything else out by its headers', async () => {
    const { headers } = await show(order);
    expect(headers).toMatchObject({
      'content-security-policy': expect.stringMatching(
        /^default-src 'none'; style-src 'sha256-[A-Za-z0-9+/]{43}='; form-action 'self' https:; base-uri 'none'; frame-ancestors 'none'$/,
      ),
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    });
  });

  it.each([
    [{ terminal: '"><script>alert(1)</script>' }, 'terminal'],
    [{ ref: '<b>' }, 'ref'],
    [{ amount: '-135000' }, 'amount'],
    [{ amount: '1e5' }, 'amount'],
    [{ amount: '１３５０００' }, 'amount'],
    [{ currency: 'dong' }, 'currency'],
    [{ returnUrl: 'javascript:alert(1)' }, 'returnUrl'],
    [{ returnUrl: 'https://' }, 'returnUrl'],
    [{ expiresAt: 'soon' }, 'expiresAt'],
    [{ colour: 'shocking pink' }, 'colour'],
    [{ ['__proto__']: 'shocking pink' }, '__proto__'],
  ])('refuses %j, names the field and does not show the value', async (change, field) => {
    const page = await show({ ...order, ...change });
    expect(page.statusCode).toBe(400);
    expect(page.body).toContain(`<li>${field}</li>`);
    expect(page.body).not.toContain(Object.values(change)[0]);
  });

  it('escapes what it shows', async () => {
    const page = await show({ ...order, returnUrl: `https://portal.example/?q='"><script>alert(1)</script>` });
    expect(page.statusCode).toBe(200);
    expect(page.body).not.toContain('<script');
    expect(page.body).toContain('?q=&#39;&quot;&gt;&lt;script&gt;');
  });

  it('refuses a field that stands twice', async () => {
    const page = await given().handle(request('GET /sandbox-bank', { query: 'amount=1&amount=2' }));
    expect(page.statusCode).toBe(400);
    expect(page.body).toContain('<li>amount</li>');
  });

  it.each([
    ['http://127.0.0.1:4000/back', ' http://127.0.0.1:4000'],
    ['http://Portal.example/back', ' http://portal.example'],
    ["http://x;sandbox'unsafe-inline'/", ''],
    ['http://x;script-src/', ''],
    ['http://*/', ''],
    ['http://a,b/', ''],
    ['http://a_b/', ''],
    ['http://[::1]:4000/', ''],
    ['http://user:pass@portal.example/', ' http://portal.example'],
  ])('lets a form lead to %s only where its host is a plain one', async (returnUrl, source) => {
    const page = await show({ ...order, returnUrl });
    expect(page.statusCode).toBe(200);
    const policy = String(page.headers?.['content-security-policy']);
    const directives = policy.split(';').map((directive) => directive.trim());
    expect(directives).toContain(`form-action 'self' https:${source}`);
    expect(directives.map((directive) => directive.split(' ')[0])).toEqual([
      'default-src',
      'style-src',
      'form-action',
      'base-uri',
      'frame-ancestors',
    ]);
  });

  it.each([
    [0, '0 ₫'],
    [999, '999 ₫'],
    [1000, '1.000 ₫'],
    [135000, '135.000 ₫'],
    [5_000_000_000, '5.000.000.000 ₫'],
  ])('writes %i as %s', (amount, text) => expect(formatDong(amount)).toBe(text));
});

describe('what the bank does', () => {
  const decide = async (fields: object, ...answers: CallbackAnswer[]) => {
    const world = given(...answers);
    const answer = await world.handle(machine(fields));
    expect(answer.statusCode).toBe(200);
    return { ...world, sent: (JSON.parse(answer.body ?? '') as { sent: Sent[] }).sent };
  };

  it('pay: one callback that Thuphi reads as paid', async () => {
    const { posted, sent } = await decide({ outcome: 'pay' });
    expect(posted).toHaveLength(1);
    expect(posted.map(readByThuphi)).toMatchObject([
      {
        outcome: 'paid',
        amount: 135000,
        reference: order.ref,
        terminal: 'SANDBOX01',
        paidAt: NOW,
        transactionId: sent[0]?.txnId,
      },
    ]);
    expect(sent[0]?.answers).toEqual([{ ...taken, tries: 1 }]);
  });

  it('decline: a callback that Thuphi reads as declined', async () => {
    const { posted } = await decide({ outcome: 'decline' });
    expect(posted.map(readByThuphi)).toMatchObject([{ outcome: 'declined' }]);
  });

  it('pay_twice: two different transactions', async () => {
    const { posted, sent } = await decide({ outcome: 'pay_twice' });
    expect(posted.map(readByThuphi)).toMatchObject([{ outcome: 'paid' }, { outcome: 'paid' }]);
    expect(new Set(sent.map(({ txnId }) => txnId)).size).toBe(2);
  });

  it.each([
    [undefined, 134999],
    [-100, 134900],
    [1, 135001],
  ])('wrong_amount with a difference of %s: %i dong', async (difference, amount) => {
    const { posted } = await decide({ outcome: 'wrong_amount', difference });
    expect(posted.map(readByThuphi)).toMatchObject([{ outcome: 'paid', amount }]);
  });

  it('silent: nothing at all', async () => {
    const { posted, sent } = await decide({ outcome: 'silent' });
    expect([posted, sent]).toEqual([[], []]);
  });

  it('copies: the very same bytes, each time', async () => {
    const { posted, sent } = await decide({ outcome: 'pay', copies: 10 });
    expect(posted).toHaveLength(10);
    expect(new Set(posted.map((copy) => JSON.stringify(copy))).size).toBe(1);
    expect(sent[0]?.answers).toHaveLength(10);
  });

  it('a later payment of the same order is another transaction', async () => {
    const { handle, posted } = given();
    await handle(machine({ outcome: 'pay' }));
    await handle(machine({ outcome: 'pay' }));
    expect(new Set(posted.map((copy) => readByThuphi(copy).transactionId)).size).toBe(2);
  });

  it.each([
    [[{ status: 503, result: 'TRY_AGAIN' }, taken], 2],
    [[{ status: 404, result: 'UNKNOWN_ORDER' }, { status: 0, result: 'NO_ANSWER' }, taken], 3],
    [[{ status: 503, result: 'TRY_AGAIN' }], 3],
    [[{ status: 401, result: 'BAD_SIGNATURE' }], 1],
    [[{ status: 200, result: 'WRONG_AMOUNT' }], 1],
  ])('comes again after %j, %i tries in all, signed anew each time', async (answers, tries) => {
    const { posted, sent } = await decide({ outcome: 'pay' }, ...answers);
    expect(posted).toHaveLength(tries);
    expect(sent[0]?.answers).toEqual([{ ...answers.at(-1), tries }]);
    expect(new Set(posted.map(({ body }) => body)).size).toBe(1);
    expect(new Set(posted.map(({ headers }) => headers['x-timestamp'])).size).toBe(tries);
    for (const copy of posted) expect(readByThuphi(copy).outcome).toBe('paid');
  });

  it('stops and goes on exactly as Thuphi’s acknowledgements mean it', async () => {
    const again: Record<Acknowledgement, boolean> = {
      accepted: false,
      duplicate: false,
      wrongAmount: false,
      badSignature: false,
      unknownOrder: true,
      tryAgain: true,
    };
    for (const [word, expected] of Object.entries(again)) {
      const { status, body } = adapter.acknowledge(word as Acknowledgement);
      const { posted } = await decide(
        { outcome: 'pay' },
        { status, result: (JSON.parse(body) as { result: string }).result },
      );
      expect(posted.length > 1).toBe(expected);
    }
  });

  it.each([
    [{ outcome: 'steal' }, 'outcome'],
    [{ outcome: 'pay', copies: 11 }, 'copies'],
    [{ outcome: 'pay', copies: 0 }, 'copies'],
    [{ outcome: 'wrong_amount', difference: 0 }, 'difference'],
    [{ outcome: 'wrong_amount', difference: -135000 }, 'difference'],
    [{ outcome: 'pay', amount: '135000' }, 'amount'],
    [{ outcome: 'pay', colour: 'red' }, 'colour'],
  ])('refuses %j and sends nothing', async (fields, field) => {
    const { handle, posted } = given();
    expectMalformed(await handle(machine(fields)), `/body/${field}`);
    expect(posted).toEqual([]);
  });

  const whole = JSON.stringify({ ...order, amount: 135000, outcome: 'pay' });
  it.each<[string, string, string]>([
    ['cut', '{', '/body'],
    ['null', 'null', '/body'],
    ['a list', '[]', '/body'],
    ['too long', `"${'x'.repeat(9000)}"`, '/body'],
    ['with a member twice', whole.replace('}', ',"outcome":"decline"}'), '/body/outcome'],
    ['with a member __proto__', whole.replace('}', ',"__proto__":{}}'), '/body/__proto__'],
    ['with a fraction', whole.replace('135000', '135000.0'), '/body/amount'],
  ])('refuses a body that is %s', async (_name, body, pointer) => {
    const { handle, posted } = given();
    const answer = await handle(request('POST /sandbox-bank/decide', { body, type: 'application/json' }));
    expectMalformed(answer, pointer);
    expect(posted).toEqual([]);
  });

  it('refuses JSON in another encoding, and takes a quoted one', async () => {
    const typed = (type: string) => given().handle(request('POST /sandbox-bank/decide', { body: whole, type }));
    expect((await typed('application/json;charset="utf-8"')).statusCode).toBe(200);
    const refused = await typed('application/json;charset=utf-16');
    expect(JSON.parse(refused.body ?? '')).toMatchObject({ status: 415, code: 'unsupported_media_type' });
  });

  it('tells a program in its language and under its request id what is wrong', async () => {
    const headers = { 'accept-language': 'en', 'x-request-id': 'my-own-id-1' };
    const event = request('POST /sandbox-bank/decide', { body: '{', type: 'application/json', headers });
    expect(JSON.parse((await given().handle(event)).body ?? '')).toMatchObject({
      title: 'Malformed request',
      instance: '/sandbox-bank/decide',
      requestId: 'my-own-id-1',
    });
  });

  it.each([
    [{ outcome: 'steal' }, 'outcome'],
    [{ outcome: 'pay', colour: 'shocking pink' }, 'colour'],
    [{ outcome: 'pay', ['__proto__']: 'shocking pink' }, '__proto__'],
    [{ outcome: 'pay', '<script>': 'x' }, '&lt;script&gt;'],
  ])('refuses a form with %j by a page in both languages, and sends nothing', async (fields, field) => {
    const { handle, posted } = given();
    const { statusCode, headers, body } = await handle(form(fields));
    expect(statusCode).toBe(400);
    expect(headers).toMatchObject({ 'content-type': 'text/html; charset=utf-8', 'x-content-type-options': 'nosniff' });
    for (const text of ['Yêu cầu không hợp lệ', 'The request is not valid', `<li>${field}</li>`])
      expect(body).toContain(text);
    expect(body).not.toMatch(/<script|shocking pink/);
    expect(posted).toEqual([]);
  });

  it('lets no browser guess at the type of what it answers', async () => {
    for (const event of [
      machine({ outcome: 'pay' }),
      machine({}),
      form({ outcome: 'pay', returnUrl: 'https://a.example' }),
    ])
      expect((await given().handle(event)).headers).toMatchObject({ 'x-content-type-options': 'nosniff' });
  });
});

function expectMalformed({ statusCode, headers, body = '' }: APIGatewayProxyStructuredResultV2, pointer: string) {
  expect(statusCode).toBe(400);
  expect(headers).toMatchObject({ 'content-type': 'application/problem+json; charset=utf-8' });
  const problem = JSON.parse(body) as { code: string; errors: { pointer: string }[] };
  expect([problem.code, problem.errors[0]?.pointer]).toEqual(['malformed_request', pointer]);
}

describe('the way back', () => {
  const returnUrl = 'https://portal.example/back?case=7';

  it('leads to the return address once the callback is taken, with what is for display only', async () => {
    const answer = await given().handle(form({ outcome: 'pay', returnUrl, copies: '2' }));
    expect(answer).toMatchObject({
      statusCode: 303,
      headers: { location: 'https://portal.example/back?case=7&ref=480213567890017&outcome=paid' },
    });
  });

  it.each([
    ['decline', 'declined'],
    ['silent', 'paid'],
  ])('after %s says %s', async (outcome, shown) => {
    const answer = await given().handle(form({ outcome, returnUrl }));
    expect(new URL(String(answer.headers?.['location'])).searchParams.get('outcome')).toBe(shown);
  });

  it('shows what was answered instead when there is no return address', async () => {
    const answer = await given().handle(form({ outcome: 'pay' }));
    expect(answer.statusCode).toBe(200);
    expect(answer.body).toContain('ACCEPTED');
    expect(answer.body).not.toContain('href=');
  });

  it('stops at the answers, with a link onwards, when a callback was not taken', async () => {
    const answer = await given({ status: 503, result: '<b>' }).handle(form({ outcome: 'pay', returnUrl }));
    expect(answer.statusCode).toBe(200);
    expect(answer.body).toContain('&lt;b&gt;');
    expect(answer.body).toContain('href="https://portal.example/back?case=7&amp;ref=480213567890017&amp;outcome=paid"');
  });

  it('reads a form that the gateway encoded', async () => {
    const body = Buffer.from(new URLSearchParams({ ...order, outcome: 'pay', returnUrl }).toString()).toString(
      'base64',
    );
    const event = request('POST /sandbox-bank/decide', {
      body,
      base64: true,
      type: 'application/x-www-form-urlencoded',
    });
    expect((await given().handle(event)).statusCode).toBe(303);
  });
});

describe('the key', () => {
  it('is shown as a merchant account needs it, and is the same for the same secret', async () => {
    const answer = await given().handle(request('GET /sandbox-bank/key', {}));
    expect(JSON.parse(answer.body ?? '')).toEqual({ publicKey: signer.publicKey, terminalHint: 'SANDBOX01' });
    expect(signer.publicKey).toHaveLength(60);
    expect(bankSigner('x'.repeat(64)).publicKey).toBe(signer.publicKey);
    expect(bankSigner('y'.repeat(64)).publicKey).not.toBe(signer.publicKey);
  });
});
