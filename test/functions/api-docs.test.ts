import { execFileSync } from 'node:child_process';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { describe, expect, it } from 'vitest';
import { docsRoutes } from '../../functions/api-docs/docs-routes.ts';
import { exampleOf } from '../../functions/api-docs/example.ts';
import { callsOf, type OpenApi } from '../../functions/api-docs/openapi.ts';
import { openApiDocument } from '../../shared/api/openapi.ts';
import { PROBLEM_BASE, problemSlug } from '../../shared/api/problem-pages.ts';
import { problems } from '../../shared/api/problems.ts';

const document = openApiDocument() as unknown as OpenApi;
const publicUrl = 'https://pay.example';
const routes = (given: OpenApi = document) =>
  docsRoutes({ document: given, problems, publicUrl, problemBase: PROBLEM_BASE });
const handle = routes();

const get = (routeKey: string, { slug, headers = {} }: { slug?: string; headers?: Record<string, string> } = {}) =>
  ({
    routeKey: `GET ${routeKey}`,
    headers,
    pathParameters: slug === undefined ? undefined : { slug },
  }) as unknown as APIGatewayProxyEventV2;

/** Elements that were opened and never closed, or the other way round. */
function unbalanced(html: string): string[] {
  const open: string[] = [];
  for (const [, close, name = '', attributes = ''] of html.matchAll(/<(\/?)([a-z][a-z0-9]*)((?:\s[^<>]*)?)>/g)) {
    if (['meta', 'br', 'input', 'link'].includes(name) || attributes.endsWith('/')) continue;
    if (!close) open.push(name);
    else if (open.pop() !== name) return [name, ...open];
  }
  return open;
}

describe('the interface as a page', () => {
  it('shows every call with its scope, and every anchor that it leads to', async () => {
    const { statusCode, body = '' } = await handle(get('/docs'));
    expect(statusCode).toBe(200);
    const calls = callsOf(document);
    expect(calls.length).toBeGreaterThan(20);
    const anchors = new Set([...body.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id));
    for (const { anchor, path, operation } of calls) {
      expect(anchors).toContain(anchor);
      expect(body).toContain(path);
      for (const scope of (operation.security ?? []).flatMap((way) => Object.values(way).flat()))
        expect(body).toContain(`<code>${scope}</code>`);
    }
    for (const [, target] of body.matchAll(/href="#([^"]+)"/g)) expect(anchors).toContain(target);
    expect(new Set(calls.map(({ anchor }) => anchor)).size).toBe(calls.length);
    expect(unbalanced(body)).toEqual([]);
  });

  it('needs nothing from elsewhere and runs nothing', async () => {
    const { body = '', headers } = await handle(get('/docs'));
    expect(body).not.toMatch(/<script|<img|<link|@import|url\(|\son[a-z]+=/);
    for (const [, target = ''] of body.matchAll(/(?:href|src)="([^"]+)"/g)) expect(target).toMatch(/^[#/]/);
    expect(headers).toMatchObject({
      'content-security-policy': expect.stringMatching(/^default-src 'none'; style-src 'sha256-[A-Za-z0-9+/]{43}='; /),
      'x-content-type-options': 'nosniff',
      'cache-control': 'public, max-age=300',
    });
  });

  it('leads from each problem to its page', async () => {
    const { body = '' } = await handle(get('/docs'));
    for (const code of Object.keys(problems) as (keyof typeof problems)[])
      expect(body).toContain(`href="/problems/${problemSlug(code)}"`);
  });

  it('shows a curl command for every call that a shell reads as it is meant', async () => {
    const { body = '' } = await handle(get('/docs'));
    const commands = [...body.matchAll(/<summary>curl<\/summary><pre><code>([^<]+)<\/code>/g)].map(([, text = '']) =>
      text
        .replaceAll('&lt;', '<')
        .replaceAll('&gt;', '>')
        .replaceAll('&quot;', '"')
        .replaceAll('&#39;', "'")
        .replaceAll('&amp;', '&'),
    );
    expect(commands).toHaveLength(callsOf(document).length);
    for (const command of commands) execFileSync('sh', ['-n', '-c', command]);
    const invoice = commands.find(
      (command) => command.includes("'https://pay.example/v1/invoices'") && command.includes('POST'),
    );
    const [, sent = ''] = /-d '([\s\S]+)'$/.exec(invoice ?? '') ?? [];
    expect(Object.keys(JSON.parse(sent) as object)).toContain('dossierCode');
  });

  it('escapes whatever stands in the document', async () => {
    const hostile = '</code><script>alert(1)</script>"\'&';
    const answer = await routes({
      openapi: '3.1.0',
      info: { title: hostile, version: hostile, description: hostile },
      paths: {
        '/x': {
          post: {
            summary: hostile,
            description: hostile,
            tags: [hostile],
            security: [{ oauth: [hostile] }],
            parameters: [
              { name: hostile, in: 'query', required: true, description: hostile, schema: { pattern: hostile } },
            ],
            requestBody: {
              content: {
                [hostile]: {
                  schema: {
                    type: 'object',
                    properties: { [hostile]: { enum: [hostile], description: hostile, default: hostile } },
                  },
                },
              },
            },
            responses: { 200: { description: hostile, content: { [hostile]: {} } } },
          },
        },
      },
    })(get('/docs'));
    expect(answer.body).not.toContain('<script');
    expect(unbalanced(answer.body ?? '')).toEqual([]);
  });

  it('ends, also for a schema that holds itself', async () => {
    const node = { type: 'object', properties: { next: { $ref: '#/components/schemas/Node' } } };
    const schema = { $ref: '#/components/schemas/Node' };
    const looped: OpenApi = {
      ...document,
      paths: { '/x': { post: { requestBody: { content: { 'application/json': { schema } } } } } },
      components: { schemas: { Node: node } },
    };
    expect((await routes(looped)(get('/docs'))).statusCode).toBe(200);
    expect(exampleOf(looped, schema)).toBeDefined();
  });
});

describe('the document itself', () => {
  it('is served as it was made, and only once to whoever keeps it', async () => {
    const first = await handle(get('/v1/openapi.json'));
    expect(JSON.parse(first.body ?? '')).toEqual(JSON.parse(JSON.stringify(document)));
    const etag = String(first.headers?.['etag']);
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`]) {
      const again = await handle(get('/v1/openapi.json', { headers: { 'if-none-match': known } }));
      expect(again).toMatchObject({ statusCode: 304, body: '', headers: { etag } });
    }
    expect((await handle(get('/v1/openapi.json', { headers: { 'if-none-match': '"other"' } }))).statusCode).toBe(200);
  });
});

describe('the page of a problem', () => {
  it.each(Object.entries(problems))(
    '%s: in both languages, with its type',
    async (code, { status, title, meaning }) => {
      const slug = code.replaceAll('_', '-');
      const { statusCode, body = '' } = await handle(get('/problems/{slug}', { slug }));
      expect(statusCode).toBe(200);
      for (const text of [code, String(status), title.vi, title.en, `${PROBLEM_BASE}${slug}`])
        expect(body).toContain(text);
      expect(body.replace(/<\/?code>/g, '`')).toContain(meaning.vi.slice(0, 20));
      expect(unbalanced(body)).toEqual([]);
    },
  );

  it.each(['nothing', 'invoice_not_open', '__proto__', 'constructor', '<script>', ''])(
    'there is none for %j',
    async (slug) => {
      const { statusCode, body } = await handle(get('/problems/{slug}', { slug }));
      expect(statusCode).toBe(404);
      expect(body).not.toContain('<script');
    },
  );
});

describe('a sign of life', () => {
  it('is never kept', async () => {
    const answer = await handle(get('/healthz'));
    expect(answer).toMatchObject({
      statusCode: 200,
      body: '{"status":"ok"}',
      headers: { 'cache-control': 'no-store' },
    });
  });
});
