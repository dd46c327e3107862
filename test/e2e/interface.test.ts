import { generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { type CryptoKey, importJWK, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import openapi from '../../docs/openapi.json' with { type: 'json' };
import type { LocalStack } from '../../infra/local/stack.ts';
import {
  cancelInvoice,
  createInvoice,
  createQuote,
  getInvoice,
  getPayment,
  getProcedure,
  listInvoices,
  startPayment,
  verifyQuote,
} from '../../shared/api/portal.ts';
import { removeTemporaryFolders, startTestStack } from '../stack.ts';
import { Caller, expectGateway, expectProblem } from './caller.ts';
import { AGENCY, newDossier, PAYER, RETURN_URL, tokenOf, vietnamDay, World } from './world.ts';

/** What callers send, kindly and otherwise, and what they are told. */

const ISSUER_KEY = 'issuer-key.json';
let stack: LocalStack;
let world: World;
let nobody: Caller;

beforeAll(async () => {
  stack = await startTestStack();
  world = await World.enter(stack);
  nobody = new Caller(stack.url, undefined);
});
afterAll(async () => {
  await world?.leave();
  await stack?.stop();
  removeTemporaryFolders();
});

const JSON_TYPE = { 'content-type': 'application/json' };
const keyed = () => ({ ...JSON_TYPE, 'idempotency-key': randomUUID() });
const quoteBody = {
  procedureCode: '3.000347',
  agencyCode: AGENCY,
  channel: 'online',
  submittedAt: '2026-11-22T09:00:00+07:00',
};
const invoiceBody = async (more: object = {}) => ({
  quote: await world.quote(),
  agencyCode: AGENCY,
  dossierCode: newDossier(),
  payer: PAYER,
  ...more,
});
const payment = { providerId: 'sandbox-bank', returnUrl: RETURN_URL };

describe('a body that is no good', () => {
  const text = JSON.stringify(quoteBody);
  const withQuantity = (number: string) => text.replace('}', `,"facts":{"quantity":${number}}}`);
  const bodies: Record<string, string | Uint8Array<ArrayBuffer>> = {
    empty: '',
    'no JSON': '{"procedureCode":',
    'two documents': `${text}${text}`,
    'a comma too many': text.replace('}', ',}'),
    'an array': '[]',
    'a text': '"text"',
    null: 'null',
    'wrong types': text.replace('"online"', '7'),
    'an unknown member': text.replace('}', ',"status":"paid"}'),
    'a member twice': text.replace('}', ',"channel":"counter"}'),
    'a member __proto__': text.replace('}', ',"__proto__":{"admin":true}}'),
    'a member constructor': text.replace('}', ',"facts":{"constructor":{"prototype":{}}}}'),
    '1e999': withQuantity('1e999'),
    '-0': withQuantity('-0'),
    '0.1': withQuantity('0.1'),
    '2^53+1': withQuantity('9007199254740993'),
    'a number as text': withQuantity('"1"'),
    'full-width digits': withQuantity('１'),
    'a day that is none': text.replace('2026-11-22', '2026-02-30'),
    'an instant without offset': text.replace('+07:00', ''),
    'a code in full-width digits': text.replace('3.000347', '３.000347'),
    NUL: text.replace('online', 'onli\u0000ne'),
    'an escaped NUL': text.replace('online', 'onli\\u0000ne'),
    'bad UTF-8': Buffer.from(text.replace('online', 'onli\u00ffne'), 'latin1'),
    'a byte order mark': `\uFEFF${text}`,
    'depth 30,000': '['.repeat(30_000) + ']'.repeat(30_000),
    'objects 10,000 deep': '{"a":'.repeat(10_000),
  };

  it.each(Object.keys(bodies))('%s: 400', async (name) => {
    const answer = await world.portal.send('POST', '/v1/quotes', { body: bodies[name] ?? '', headers: JSON_TYPE });
    expectProblem(answer, 'malformed_request');
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
  });

  it('70 KB, and depth 100,000: 413 by the service', async () => {
    for (const body of [`"${'x'.repeat(70_000)}"`, '['.repeat(100_000)])
      expectProblem(await world.portal.send('POST', '/v1/quotes', { body, headers: JSON_TYPE }), 'payload_too_large');
  });

  it('11 MB: 413 by the gateway', async () => {
    const body = 'x'.repeat(11 * 1024 * 1024);
    const answer = await world.portal.send('POST', '/v1/quotes', { body, headers: JSON_TYPE }).catch(() => undefined);
    // A caller that is still sending may find the connection closed instead of the answer.
    if (answer) expectGateway(answer, 413);
    expect((await nobody.send('GET', '/healthz')).status).toBe(200);
  });

  it.each([undefined, 'text/plain', 'application/x-www-form-urlencoded', 'application/json; charset=utf-16'])(
    'of type %s: 415',
    async (type) => {
      const headers: Record<string, string> = type ? { 'content-type': type } : {};
      const answer = await world.portal.send('POST', '/v1/quotes', { body: Buffer.from(text), headers });
      expectProblem(answer, 'unsupported_media_type');
    },
  );

  it('of a person’s name with control, direction or zero-width characters, half a surrogate pair: 400', async () => {
    const quote = await world.quote();
    for (const name of ['a\u0001b', 'a\u202eb', 'a\u200bb', '\ud800', '   ', 'x'.repeat(201)]) {
      const body = { quote, agencyCode: AGENCY, dossierCode: newDossier(), payer: { name } };
      const problem = await world.portal.refused(createInvoice, { body }, 'malformed_request');
      expect(problem.errors?.[0]?.pointer).toBe('/body/payer/name');
    }
  });

  it('of an invoice, with members that only we may set: 400 (scenario 57)', async () => {
    for (const more of [{ status: 'paid' }, { paidAt: '2026-11-22T09:00:00+07:00' }, { agencyId: 1 }, { total: 1 }])
      await world.portal.refused(createInvoice, { body: await invoiceBody(more) }, 'malformed_request');
  });

  it('on a call that takes none: 400', async () => {
    const { invoiceId } = await world.invoice();
    const answer = await world.portal.send('POST', `/v1/invoices/${invoiceId}/cancel`, {
      body: '{"reason":"x"}',
      headers: keyed(),
    });
    expectProblem(answer, 'malformed_request');
  });
});

describe('a query or a path that is no good', () => {
  it.each([
    '?limit=0',
    '?limit=101',
    '?limit=1e2',
    '?limit=%EF%BC%91',
    '?unknown=1',
    '?from=2026-13-01',
    '?state=PAID',
    '?dossierCode=%00',
    '?dossierCode=%ff',
    '?dossierCode=a&dossierCode=b',
    '?__proto__=1',
  ])('%s: 400', async (query) => {
    expectProblem(await world.portal.send('GET', `/v1/invoices${query}`), 'malformed_request');
  });

  it('names nothing: 404, the same for what is not there and what could not be', async () => {
    for (const invoiceId of [
      'inv_100000000000',
      'inv_1',
      'x',
      "inv_1' OR '1'='1",
      '../../etc/passwd',
      'inv_000000000000',
    ])
      await world.portal.refused(getInvoice, { params: { invoiceId } }, 'not_found');
    for (const paymentId of ['pay_100000000000014', 'pay_999999999999999', 'pay_x'])
      await world.portal.refused(getPayment, { params: { paymentId } }, 'not_found');
    await world.portal.refused(getProcedure, { params: { code: '9.999999' } }, 'not_found');
    expectGateway(await world.portal.send('GET', '/v1/nothing'), 404);
    expectGateway(await world.portal.send('DELETE', '/v1/invoices'), 404);
    expectProblem(await nobody.send('POST', '/callbacks/nobody', { body: '{}' }), 'not_found');
    expectProblem(await nobody.send('GET', '/callbacks/constructor'), 'not_found');
  });
});

describe('a problem', () => {
  it('is told in Vietnamese, or in English to those who ask, with the caller’s request id', async () => {
    const headers = { ...JSON_TYPE, 'x-request-id': 'my-own-id-1' };
    const vietnamese = expectProblem(
      await world.portal.send('POST', '/v1/quotes', { body: '{', headers }),
      'malformed_request',
    );
    const english = expectProblem(
      await world.portal.send('POST', '/v1/quotes', { body: '{', headers: { ...headers, 'accept-language': 'en' } }),
      'malformed_request',
    );
    expect([vietnamese.title, english.title]).toEqual(['Yêu cầu không đúng định dạng', 'Malformed request']);
    expect([vietnamese.requestId, vietnamese.instance]).toEqual(['my-own-id-1', '/v1/quotes']);
    const { pathname } = new URL(english.type);
    const page = await nobody.send('GET', pathname);
    expect([page.status, page.headers.get('content-type')]).toEqual([200, expect.stringMatching(/^text\/html/)]);
    expect(page.text).toContain('malformed');
  });

  it('echoes no request id that could forge a line (scenario 62)', async () => {
    for (const id of ['x'.repeat(65), 'a b', 'é']) {
      const answer = await world.portal
        .send('POST', '/v1/quotes', { body: '{', headers: { ...JSON_TYPE, 'x-request-id': encodeURI(id) } })
        .then((sent) => expectProblem(sent, 'malformed_request'));
      expect(answer.requestId).toMatch(/^[!-~]{1,64}$/);
    }
  });
});

describe('who may not', () => {
  it('no token, another’s, a forged or an expired one: 401 (scenario 67)', async () => {
    const { invoiceId } = await world.invoice();
    const [header = '', payload = '', signature = ''] = (world.portal.token ?? '').split('.');
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>;
    const file = path.join(path.dirname(stack.clientsFile), ISSUER_KEY);
    const jwk = JSON.parse(readFileSync(file, 'utf8')) as { kid: string };
    const signed = async (changed: object, key?: CryptoKey | KeyObject | Uint8Array, alg = 'RS256') =>
      new SignJWT({ ...claims, ...changed })
        .setProtectedHeader({ alg, kid: jwk.kid })
        .sign(key ?? ((await importJWK(jwk, 'RS256')) as CryptoKey));
    const seconds = Math.floor(Date.now() / 1_000);
    const foreign = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const publicText = JSON.stringify(jwk);
    const tokens: Record<string, string> = {
      none: '',
      words: 'not a token',
      'another signature': `${header}.${payload}.${signature.slice(0, -4)}AAAA`,
      'other claims': `${header}.${encoded({ ...claims, scope: 'thuphi/operations:write' })}.${signature}`,
      unsigned: `${encoded({ alg: 'none', typ: 'JWT' })}.${payload}.`,
      'signed with the public key': await signed({}, new TextEncoder().encode(publicText), 'HS256'),
      'another issuer’s key': await signed({}, foreign.privateKey),
      expired: await signed({ exp: seconds - 60 }),
      'another issuer': await signed({ iss: 'https://issuer.example' }),
      'another audience': await signed({ client_id: 'somebody' }),
    };
    // The way of signing is right: unchanged claims are let in.
    expect((await new Caller(stack.url, await signed({})).call(getInvoice, { params: { invoiceId } })).status).toBe(
      200,
    );
    for (const [what, token] of Object.entries(tokens)) {
      const answer = await nobody.send('GET', `/v1/invoices/${invoiceId}`, {
        headers: token ? { authorization: `Bearer ${token}` } : {},
      });
      expect([what, answer.status]).toEqual([what, 401]);
      expectGateway(answer, 401);
    }
  });

  it('a token without the scope, a portal’s at finance’s routes too: 403 (scenario 65)', async () => {
    const { invoiceId } = await world.invoice();
    const reader = new Caller(stack.url, await tokenOf(stack, 'local-portal', 'thuphi/invoices:read'));
    expect((await reader.call(getInvoice, { params: { invoiceId } })).status).toBe(200);
    expectGateway(await reader.call(cancelInvoice, { params: { invoiceId } }), 403);
    expectGateway(await reader.call(startPayment, { params: { invoiceId }, body: payment }), 403);
    for (const route of ['/v1/reports/daily?date=2026-11-22', '/v1/exceptions', '/v1/clients/local-portal'])
      expectGateway(await world.portal.send('GET', route), 403);
  });

  it('another agency’s portal: 404 for every object, as if there were none', async () => {
    const { invoiceId, dossierCode } = await world.invoice();
    const { paymentId } = await world.start(invoiceId, 'vnpay');
    const params = { invoiceId };
    const other = world.otherPortal;
    const absent = await other.refused(getInvoice, { params: { invoiceId: 'inv_100000000000' } }, 'not_found');
    const there = await other.refused(getInvoice, { params }, 'not_found');
    expect({ ...there, instance: '', requestId: '' }).toEqual({ ...absent, instance: '', requestId: '' });
    await other.refused(getPayment, { params: { paymentId } }, 'not_found');
    await other.refused(cancelInvoice, { params }, 'not_found');
    await other.refused(startPayment, { params, body: payment }, 'not_found');
    await other.refused(createQuote, { body: quoteBody }, 'not_found');
    await other.refused(listInvoices, { query: { agencyCode: AGENCY } }, 'not_found');
    await other.refused(listInvoices, { query: { agencyCode: AGENCY, dossierCode } }, 'not_found');
    expect((await other.done(listInvoices, { query: { dossierCode } })).data).toEqual([]);
    expect((await other.done(listInvoices)).data).toEqual([]);
    await other.refused(createInvoice, { body: await invoiceBody() }, 'not_found');
    await other.refused(createInvoice, { body: { ...(await invoiceBody()), agencyCode: 'H26.07' } }, 'quote_invalid');
    await other.refused(verifyQuote, { body: { quote: await world.quote() } }, 'quote_invalid');
    expect((await world.read(invoiceId)).state).toBe('open');
  });

  it('the agency may read its invoices but neither make nor cancel any', async () => {
    const { invoiceId } = await world.invoice();
    expect((await world.agency.call(getInvoice, { params: { invoiceId } })).status).toBe(200);
    expectGateway(await world.agency.call(cancelInvoice, { params: { invoiceId } }), 403);
  });
});

describe('an idempotency key', () => {
  it('is needed: 400 without, and in another form (scenario 23)', async () => {
    const body = JSON.stringify(await invoiceBody());
    const without = await world.portal.send('POST', '/v1/invoices', { body, headers: JSON_TYPE });
    expectProblem(without, 'idempotency_key_missing');
    for (const key of ['short', 'x'.repeat(65), 'with a space'])
      expectProblem(
        await world.portal.send('POST', '/v1/invoices', { body, headers: { ...JSON_TYPE, 'idempotency-key': key } }),
        'malformed_request',
      );
  });

  it('with the same body gives the same answer, marked as replayed; with another body 422', async () => {
    const body = await invoiceBody();
    const key = randomUUID();
    const first = await world.portal.call(createInvoice, { body, key });
    const again = await world.portal.call(createInvoice, { body, key });
    expect([first.status, again.status, again.text]).toEqual([201, 201, first.text]);
    expect([first, again].map(({ headers }) => headers.get('idempotent-replayed'))).toEqual([null, 'true']);
    const other = { ...body, dossierCode: newDossier() };
    await world.portal.refused(createInvoice, { body: other, key }, 'idempotency_key_reused');

    const { invoiceId } = JSON.parse(first.text) as { invoiceId: string };
    const started = await world.portal.call(startPayment, { params: { invoiceId }, body: payment, key });
    const restarted = await world.portal.call(startPayment, { params: { invoiceId }, body: payment, key });
    expect([started.status, restarted.text]).toEqual([201, started.text]);
    expect(restarted.headers.get('idempotent-replayed')).toBe('true');
    const vnpay = { ...payment, providerId: 'vnpay' };
    await world.portal.refused(startPayment, { params: { invoiceId }, body: vnpay, key }, 'idempotency_key_reused');
  });

  it('sent 50 times at once makes one invoice', async () => {
    const body = await invoiceBody();
    const key = randomUUID();
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => world.portal.call(createInvoice, { body, key })),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    expect(new Set(answers.map(({ text }) => (JSON.parse(text) as { invoiceId: string }).invoiceId)).size).toBe(1);
    expect(answers.filter(({ headers }) => headers.get('idempotent-replayed') === null)).toHaveLength(1);
  });
});

describe('a quote', () => {
  it('that was tampered with, or is no quote: 422', async () => {
    const quote = await world.quote();
    const [payload = '', signature = ''] = quote.split('.');
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as object;
    const cheaper = Buffer.from(JSON.stringify({ ...claims, total: 1 })).toString('base64url');
    for (const forged of [
      `${cheaper}.${signature}`,
      `${payload}.`,
      payload,
      `${quote}.x`,
      `${payload}.${signature}AA`,
      'x',
      '..',
    ])
      await world.portal.refused(createInvoice, { body: { ...(await invoiceBody()), quote: forged } }, 'quote_invalid');
  });

  it('is bound to its dossier, where it names one', async () => {
    const body = { ...(await invoiceBody()), quote: await world.quote(newDossier()) };
    await world.portal.refused(createInvoice, { body }, 'quote_invalid');
  });

  it('of an unknown procedure, or of the day after tomorrow: 422', async () => {
    const later = new Date(Date.now() + 48 * 60 * 60_000).toISOString();
    await world.portal.refused(createQuote, { body: { ...quoteBody, procedureCode: '9.999999' } }, 'unprocessable');
    await world.portal.refused(createQuote, { body: { ...quoteBody, submittedAt: later } }, 'unprocessable');
  });

  it('makes one open invoice for a dossier, whoever else tries with another key', async () => {
    const body = await invoiceBody();
    const { invoiceId } = await world.portal.done(createInvoice, { body });
    const problem = await world.portal.refused(createInvoice, { body }, 'invoice_already_open');
    expect(problem.detail).toContain(invoiceId);
  });

  it('sent 20 times at once with keys of their own makes exactly one open invoice', async () => {
    const body = await invoiceBody();
    const answers = await Promise.all(Array.from({ length: 20 }, () => world.portal.call(createInvoice, { body })));
    const statuses = answers.map(({ status }) => status).sort();
    expect(statuses).toEqual([201, ...Array.from({ length: 19 }, () => 409)]);
    for (const answer of answers) if (answer.status === 409) expectProblem(answer, 'invoice_already_open');
    const { data } = await world.portal.done(listInvoices, { query: { dossierCode: body.dossierCode, state: 'open' } });
    expect(data).toHaveLength(1);
  });
});

describe('a payment', () => {
  it('is not started on a cancelled invoice, at an unknown provider, or with a return address of nobody’s', async () => {
    const { invoiceId } = await world.invoice();
    const params = { invoiceId };
    const start = (body: object) => ({ params, body: { ...payment, ...body } });
    await world.portal.refused(startPayment, start({ providerId: 'nobody' }), 'unknown_provider');
    await world.portal.refused(startPayment, start({ providerId: '../vnpay' }), 'malformed_request');
    for (const returnUrl of [
      'https://evil.example/',
      'https://portal.example.gov.vn.evil.example/',
      'http://portal.example.gov.vn/',
      'https://u:p@portal.example.gov.vn/',
      'https://portal.example.gov.vn@evil.example/',
    ])
      await world.portal.refused(startPayment, start({ returnUrl }), 'return_url_refused');
    for (const returnUrl of ['javascript:alert(1)//xx', 'ftp://portal.example.gov.vn/', 'https://a b/', ''])
      await world.portal.refused(startPayment, start({ returnUrl }), 'malformed_request');
    await world.portal.refused(startPayment, start({ payerIp: '999.1.1.1' }), 'malformed_request');
    await world.portal.done(cancelInvoice, { params });
    const problem = await world.portal.refused(startPayment, start({}), 'invoice_not_open');
    expect(problem.detail).toContain('was cancelled');
  });

  it('of an invoice that is paid already is refused, and so is its cancellation', async () => {
    const { invoiceId } = await world.invoice();
    await world.decide((await world.start(invoiceId, 'sandbox-bank')).url, 'pay');
    await world.untilState(invoiceId, 'paid');
    const params = { invoiceId };
    await world.portal.refused(startPayment, { params, body: payment }, 'invoice_not_open');
    await world.portal.refused(cancelInvoice, { params }, 'invoice_not_open');
  });
});

describe('an invoice', () => {
  it('shows no more of the payer than is needed to recognise it', async () => {
    const { invoiceId } = await world.invoice();
    const { text } = await world.portal.call(getInvoice, { params: { invoiceId } });
    expect(text).not.toContain(PAYER.name);
    expect(text).not.toContain(PAYER.idNumber);
    expect(text).toContain(PAYER.idNumber.slice(-4));
  });

  it('is cancelled once, cancelled again the same, and then issued again, linked to the old one', async () => {
    const body = await invoiceBody();
    const { invoiceId } = await world.portal.done(createInvoice, { body });
    const params = { invoiceId };
    const replaces = { ...body, replaces: invoiceId };
    await world.portal.refused(createInvoice, { body: replaces }, 'invoice_not_replaceable');
    const cancelled = await world.portal.call(cancelInvoice, { params });
    const again = await world.portal.call(cancelInvoice, { params });
    expect([cancelled.status, again.status, again.text]).toEqual([200, 200, cancelled.text]);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    const next = await world.portal.done(createInvoice, { body: replaces });
    expect([next.state, next.replaces]).toEqual(['open', invoiceId]);
    const { data } = await world.portal.done(listInvoices, { query: { dossierCode: body.dossierCode } });
    expect(data.map(({ state }) => state).sort()).toEqual(['cancelled', 'open']);
  });

  it('is not replaced by one of another dossier', async () => {
    const { invoiceId } = await world.invoice();
    await world.portal.done(cancelInvoice, { params: { invoiceId } });
    const body = await invoiceBody({ replaces: invoiceId });
    await world.portal.refused(createInvoice, { body }, 'invoice_not_replaceable');
  });

  it('may be an additional one, where that is said', async () => {
    const body = await invoiceBody();
    await world.portal.done(createInvoice, { body });
    await world.portal.done(createInvoice, { body: { ...body, additional: true } });
    const query = { dossierCode: body.dossierCode, agencyCode: AGENCY, state: 'open' };
    expect((await world.portal.done(listInvoices, { query })).data).toHaveLength(2);
  });

  it('is found in its agency’s list of the day, page after page, each once', async () => {
    const made = [];
    for (let count = 0; count < 5; count++) made.push((await world.invoice()).invoiceId);
    const day = vietnamDay(new Date());
    const query = { agencyCode: AGENCY, from: day, to: day, limit: '3' };
    const listed: string[] = [];
    let cursor: string | null = '';
    for (let pages = 0; cursor !== null && pages < 200; pages++) {
      const page: Awaited<ReturnType<typeof list>> = await list(cursor ? { ...query, cursor } : query);
      listed.push(...page.data.map(({ invoiceId }) => invoiceId));
      cursor = page.nextCursor;
    }
    expect(cursor).toBeNull();
    expect(new Set(listed).size).toBe(listed.length);
    expect(listed).toEqual(expect.arrayContaining(made));
  });
  const list = (query: Record<string, string>) => world.portal.done(listInvoices, { query });

  it('hides behind no cursor that was changed, cut, made up, or made for another question or caller', async () => {
    for (let count = 0; count < 3; count++) await world.invoice();
    const day = vietnamDay(new Date());
    const query = { agencyCode: AGENCY, from: day, to: day, limit: '1' };
    const { nextCursor } = await list(query);
    const cursor = nextCursor ?? '';
    expect(cursor).not.toBe('');
    const flipped = `${cursor.slice(0, 4)}${cursor[4] === 'A' ? 'B' : 'A'}${cursor.slice(5)}`;
    for (const forged of [flipped, cursor.slice(0, -2), `${cursor}AA`, 'eyJpbmRleCI6MH0', '%00', 'é'])
      await world.portal.refused(listInvoices, { query: { ...query, cursor: forged } }, 'invalid_cursor');
    await world.portal.refused(listInvoices, { query: { ...query, state: 'paid', cursor } }, 'invalid_cursor');
    await world.agency.refused(listInvoices, { query: { ...query, cursor } }, 'invalid_cursor');
  });

  it('list of more than a month, or backwards: 422', async () => {
    for (const days of [
      { from: '2026-01-01', to: '2026-03-01' },
      { from: '2026-02-01', to: '2026-01-01' },
    ])
      await world.portal.refused(listInvoices, { query: { agencyCode: AGENCY, ...days } }, 'unprocessable');
  });
});

describe('the description of the interface', () => {
  type Operation = { security?: unknown[]; parameters?: { name: string; in: string }[] };
  const operations = Object.entries(openapi.paths).flatMap(([route, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      method: method.toUpperCase(),
      route: route.replaceAll(/\{\w+\}/g, 'x'),
      scoped: ((operation as Operation).security ?? []).length > 0,
    })),
  );

  it('is served as it is committed', async () => {
    const answer = await nobody.send('GET', '/v1/openapi.json');
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/json']);
    expect(JSON.parse(answer.text)).toEqual(openapi);
  });

  it('names no operation that is open to everybody though it has a scope', async () => {
    expect(operations.filter(({ scoped }) => scoped).length).toBeGreaterThan(20);
    for (const { method, route, scoped } of operations) {
      if (!scoped) continue;
      const answer = await nobody.send(method, route, method === 'GET' ? {} : { body: '{}', headers: keyed() });
      expect([method, route, answer.status]).toEqual([method, route, 401]);
    }
  });

  it('is a page, and each problem has one', async () => {
    const docs = await nobody.send('GET', '/docs');
    expect([docs.status, docs.headers.get('content-type')]).toEqual([200, expect.stringMatching(/^text\/html/)]);
    for (const { route } of operations.slice(0, 3)) expect(docs.text).toContain(route.split('/x')[0]);
    const problem = await nobody.send('GET', '/problems/invoice-not-open');
    expect([problem.status, problem.text.includes('Hóa đơn không còn mở')]).toEqual([200, true]);
    expect((await nobody.send('GET', '/problems/%3Cscript%3E')).status).toBe(404);
  });

  it('has a sign of life', async () => {
    const { status, text } = await nobody.send('GET', '/healthz');
    expect([status, JSON.parse(text)]).toEqual([200, { status: 'ok' }]);
  });
});

describe('in the end', () => {
  it('no log holds anybody’s name or number, nor a token, a secret or a signature', () => {
    world.expectSilentLogs(stack);
  });
});
