import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { poster } from '../../functions/sandbox-bank/post.ts';
import { bankSigner } from '../../functions/sandbox-bank/signer.ts';

const headers = bankSigner('x').headers('{}', 0);
let server: Server | undefined;

async function answering(listener: RequestListener): Promise<string> {
  server = createServer(listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/callbacks/sandbox-bank`;
}

afterEach(async () => {
  server?.closeAllConnections();
  server?.close();
  server = undefined;
});

describe('posting a callback', () => {
  it('sends the bytes and headers as they were signed, and reads the acknowledgement', async () => {
    const seen: object[] = [];
    const address = await answering(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      seen.push({
        body: Buffer.concat(chunks).toString(),
        timestamp: request.headers['x-timestamp'],
        url: request.url,
      });
      response.writeHead(200).end('{"result":"DUPLICATE"}');
    });
    expect(await poster(address)('{"a":"đ"}', headers)).toEqual({ status: 200, result: 'DUPLICATE' });
    expect(seen).toEqual([{ body: '{"a":"đ"}', timestamp: '0', url: '/callbacks/sandbox-bank' }]);
  });

  it.each<[string, string, { status: number; result: string }]>([
    ['no JSON', 'oops', { status: 503, result: '' }],
    ['JSON of another shape', '[1]', { status: 503, result: '' }],
    ['null', 'null', { status: 503, result: '' }],
    ['too long', 'x'.repeat(100_000), { status: 503, result: '' }],
  ])('keeps the status of an answer that is %s', async (_name, body, expected) => {
    const address = await answering((_request, response) => response.writeHead(503).end(body));
    expect(await poster(address)('{}', headers)).toEqual(expected);
  });

  it('calls it no answer when the connection breaks or nobody listens', async () => {
    const broken = await answering((request) => request.socket.destroy());
    expect(await poster(broken)('{}', headers)).toEqual({ status: 0, result: 'NO_ANSWER' });
    expect(await poster('http://127.0.0.1:1/')('{}', headers)).toEqual({ status: 0, result: 'NO_ANSWER' });
  });
});
