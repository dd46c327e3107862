import { createServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { ProviderRequest } from '../../shared/domain/payment/provider.ts';
import { isNoAnswer } from '../../shared/domain/payment/provider-caller.ts';
import { PROVIDER_LIMITS, providerCaller } from '../../shared/runtime/provider-caller.ts';
import { checkedLookup } from '../../shared/runtime/webhook-sender.ts';
import { selfSigned } from './self-signed.ts';
import { listen } from './servers.ts';

const provider = async (listener: RequestListener) => listen(createServer(listener));

const ask = (url: string, more: Partial<ProviderRequest> = {}): ProviderRequest => ({
  method: 'POST',
  url,
  headers: { 'content-type': 'application/json' },
  body: '{"note":"đã thu"}',
  ...more,
});

const local = providerCaller({ allowLocal: true });
const within = (limits: Partial<Record<keyof typeof PROVIDER_LIMITS, number>>) =>
  providerCaller({ allowLocal: true, limits: { ...PROVIDER_LIMITS, ...limits } });

describe('a call at a provider', () => {
  it('brings the request as it is and the answer as it is, whatever its status', async () => {
    const seen: { method: string | undefined; url: string | undefined; type: string | undefined; body: string }[] = [];
    const port = await provider(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const { method, url, headers } = request;
      seen.push({ method, url, type: headers['content-type'], body: Buffer.concat(chunks).toString() });
      response.writeHead(seen.length === 1 ? 200 : 400).end(Buffer.from([0xff, 0x00, 0x41]));
    });
    const first = await local.call(ask(`http://127.0.0.1:${port}/query?x=1`));
    expect(first).toEqual({ kind: 'answered', response: { status: 200, body: Buffer.from([0xff, 0x00, 0x41]) } });
    const second = await local.call(ask(`http://localhost:${port}/get`, { method: 'GET', body: '', headers: {} }));
    expect(second).toMatchObject({ kind: 'answered', response: { status: 400 } });
    expect(seen).toEqual([
      { method: 'POST', url: '/query?x=1', type: 'application/json', body: '{"note":"đã thu"}' },
      { method: 'GET', url: '/get', type: undefined, body: '' },
    ]);
  });

  it('goes over the connection that is there already', async () => {
    const sockets = new Set<Socket>();
    const port = await provider((request, response) => {
      sockets.add(request.socket);
      response.end('{}');
    });
    for (let time = 0; time < 3; time += 1) await local.call(ask(`http://127.0.0.1:${port}/`));
    expect(sockets.size).toBe(1);
  });

  it('follows no redirect and tries nothing again', async () => {
    let called = 0;
    const port = await provider((request, response) => {
      called += 1;
      if (request.url === '/fails') request.socket.destroy();
      else response.writeHead(307, { location: '/elsewhere' }).end();
    });
    expect(await local.call(ask(`http://127.0.0.1:${port}/`))).toMatchObject({ response: { status: 307 } });
    expect(await local.call(ask(`http://127.0.0.1:${port}/fails`))).toMatchObject({ kind: 'unreachable' });
    expect(called).toBe(2);
  });
});

describe('where a call may go', () => {
  it.each([
    'http://provider.example/',
    'http://127.0.0.2/',
    'http://127.0.0.1.example/',
    'ftp://127.0.0.1/',
    'https://user:pass@provider.example/',
    'no address',
    '',
  ])('not to %j, even in development', async (url) => {
    expect(await local.call(ask(url))).toEqual({ kind: 'unreachable', why: 'addressRefused' });
  });

  it('not to this machine without TLS, outside development', async () => {
    let called = 0;
    const port = await provider((_request, response) => response.end(String(called++)));
    const live = providerCaller({ allowLocal: false });
    for (const host of ['127.0.0.1', 'localhost'])
      expect(await live.call(ask(`http://${host}:${port}/`))).toEqual({ kind: 'unreachable', why: 'addressRefused' });
    expect(called).toBe(0);
  });

  it('not to where a name leads by now, if others chose the name (scenario 66)', async () => {
    let called = 0;
    const own = selfSigned(['localhost']);
    const port = await listen(createTlsServer(own, (_request, response) => response.end(String(called++))));
    const lookup = async () => [{ address: '127.0.0.1', family: 4 }];
    const callerTo = (allowLocal: boolean) =>
      providerCaller({ allowLocal, authorities: own.cert, lookup: checkedLookup({ allowLocal, lookup }) });
    const to = ask(`https://localhost:${port}/`);
    expect(await callerTo(false).call(to)).toMatchObject({ kind: 'unreachable', code: 'EADDRNOTAVAIL' });
    expect(called).toBe(0);
    expect(await callerTo(true).call(to)).toMatchObject({ response: { status: 200 } });
  });

  it('only to whom a trusted authority vouches for, by name', async () => {
    let called = 0;
    const own = selfSigned(['localhost']);
    const port = await listen(createTlsServer(own, (_request, response) => response.end(String(called++))));
    const trusting = providerCaller({ allowLocal: false, authorities: own.cert });
    expect(await providerCaller({ allowLocal: true }).call(ask(`https://localhost:${port}/`))).toMatchObject({
      kind: 'unreachable',
      code: 'DEPTH_ZERO_SELF_SIGNED_CERT',
    });
    expect(await trusting.call(ask(`https://127.0.0.1:${port}/`))).toMatchObject({
      kind: 'unreachable',
      code: 'ERR_TLS_CERT_ALTNAME_INVALID',
    });
    expect(called).toBe(0);
    expect(await trusting.call(ask(`https://localhost:${port}/`))).toMatchObject({ response: { status: 200 } });
  });

  it('shows our certificate to whoever wants one', async () => {
    const own = selfSigned(['localhost']);
    const ours = selfSigned(['client.example']);
    const port = await listen(
      createTlsServer({ ...own, requestCert: true, ca: ours.cert }, (_request, response) => response.end('{}')),
    );
    const trusted = { allowLocal: false, authorities: own.cert };
    const without = await providerCaller(trusted).call(ask(`https://localhost:${port}/`));
    expect(without.kind).toBe('unreachable');
    const withOurs = await providerCaller({ ...trusted, certificate: ours }).call(ask(`https://localhost:${port}/`));
    expect(withOurs).toMatchObject({ response: { status: 200 } });
  });
});

describe('a provider that does not answer', () => {
  it('is unreachable where nobody listens', async () => {
    expect(await local.call(ask('http://127.0.0.1:1/'))).toEqual({
      kind: 'unreachable',
      why: 'unreachable',
      code: 'ECONNREFUSED',
    });
  });

  it.each([
    ['nothing', () => undefined],
    ['one byte now and then', (response: Parameters<RequestListener>[1]) => response.writeHead(200).write('x')],
  ])('is given up after the total time, if it says %s', async (_, answer) => {
    const port = await provider((_request, response) => void answer(response));
    expect(await within({ totalMilliseconds: 100 }).call(ask(`http://127.0.0.1:${port}/`))).toEqual({
      kind: 'unreachable',
      why: 'timeout',
    });
  });

  it('is waited for as long as the provider asks, and no longer than anybody may', async () => {
    const port = await provider(() => undefined);
    const called = (limits: Parameters<typeof within>[0], patience: number) =>
      within(limits).call(ask(`http://127.0.0.1:${port}/`), patience);
    const timeout = { kind: 'unreachable', why: 'timeout' };
    expect(await called({ totalMilliseconds: 3_600_000 }, 50)).toEqual(timeout);
    expect(await called({ longestMilliseconds: 50 }, 3_600_000)).toEqual(timeout);
  });

  it('is given up when it never shakes hands', async () => {
    const port = await provider(() => undefined);
    // A plain server says nothing that TLS understands until it hangs up; the limit is what ends it here.
    const outcome = await within({ connectMilliseconds: 100 }).call(ask(`https://127.0.0.1:${port}/`));
    expect(outcome.kind).toBe('unreachable');
  });

  it('is cut off beyond the size that is read, exactly', async () => {
    const port = await provider((request, response) => response.end('x'.repeat(Number(request.url?.slice(1)))));
    const small = within({ answerBytes: 1_000 });
    expect(await small.call(ask(`http://127.0.0.1:${port}/1000`))).toMatchObject({ kind: 'answered' });
    expect(await small.call(ask(`http://127.0.0.1:${port}/1001`))).toEqual({ kind: 'unreachable', why: 'oversize' });
  });

  it('is told from one that speaks: 5xx and 429 come from what stands before it', () => {
    const answered = (status: number) => ({ kind: 'answered' as const, response: { status, body: new Uint8Array() } });
    expect([200, 302, 400, 404].map((status) => isNoAnswer(answered(status)))).toEqual([false, false, false, false]);
    expect([429, 500, 503].map((status) => isNoAnswer(answered(status)))).toEqual([true, true, true]);
    expect(isNoAnswer({ kind: 'unreachable', why: 'timeout' })).toBe(true);
  });
});
