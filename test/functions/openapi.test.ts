import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { exampleOf } from '../../functions/api-docs/example.ts';
import { callsOf, type OpenApi, type Operation, type Schema } from '../../functions/api-docs/openapi.ts';
import type { Endpoint } from '../../shared/api/endpoint.ts';
import * as finance from '../../shared/api/finance.ts';
import { openApiDocument, problemCodesOf } from '../../shared/api/openapi.ts';
import * as portal from '../../shared/api/portal.ts';
import { type ProblemCode, problems } from '../../shared/api/problems.ts';
import { callbacksApi, docsApi } from '../../shared/api/public.ts';
import * as registry from '../../shared/api/registry.ts';

type Described = { headers?: Record<string, unknown>; content?: Record<string, unknown>; description: string };
const document = JSON.parse(JSON.stringify(openApiDocument())) as OpenApi;

const operation = (route: string): Operation => {
  const [method = '', path = ''] = route.split(' ');
  const found = document.paths[path]?.[method.toLowerCase()];
  if (!found) throw new Error(`${route} is not described`);
  return found;
};
const answer = (route: string, status: number | string) =>
  operation(route).responses?.[status] as Described | undefined;
const mediaTypes = (route: string, status: number | string) => Object.keys(answer(route, status)?.content ?? {});
const headers = (route: string, status: number | string) => Object.keys(answer(route, status)?.headers ?? {});

describe('the problems of a call', () => {
  it.each<[Endpoint, ProblemCode[]]>([
    [portal.listProcedures, ['invalid_cursor']],
    [portal.getProcedure, ['not_found']],
    [portal.createQuote, ['not_found', 'unknown_agency', 'facts_missing', 'not_priceable', 'unprocessable']],
    [portal.verifyQuote, ['quote_invalid']],
    [portal.createInvoice, ['not_found', 'quote_invalid', 'quote_expired', 'invoice_already_open']],
    [portal.listInvoices, ['not_found', 'unprocessable', 'invalid_cursor']],
    [portal.cancelInvoice, ['not_found', 'invoice_not_open', 'version_conflict']],
    [portal.startPayment, ['not_found', 'invoice_not_open', 'idempotency_key_reused', 'version_conflict']],
    [finance.listExceptions, ['not_found', 'invalid_cursor']],
    [finance.readDailyReport, ['not_found']],
  ])('$method $path are all told', (endpoint, codes) => {
    const route = `${endpoint.method} ${endpoint.path}`;
    for (const code of [...codes, 'malformed_request', 'forbidden', 'internal', 'unavailable'] as const) {
      expect(problemCodesOf(endpoint)).toContain(code);
      expect(answer(route, problems[code].status)?.description).toContain(`\`${code}\``);
      expect(mediaTypes(route, problems[code].status)[0]).toBe('application/problem+json');
    }
  });

  it('are those of the contract and no other words', () => {
    for (const { operation: described } of callsOf(document))
      for (const { description = '' } of Object.values(described.responses ?? {}))
        for (const [, code = ''] of description.matchAll(/`([a-z_]+)`/g)) expect(Object.keys(problems)).toContain(code);
  });
});

describe('answers beside JSON', () => {
  it('a provider’s own words, whichever status they have', () => {
    for (const method of ['GET', 'POST'])
      for (const status of [200, 401, 404, 503])
        expect(mediaTypes(`${method} /callbacks/{provider}`, status)).toContain('*/*');
    expect(mediaTypes('POST /callbacks/{provider}', 404)).toContain('application/problem+json');
  });

  it('the daily report as a table', () => {
    expect(mediaTypes('GET /v1/reports/daily', 200)).toEqual(['application/json', 'text/csv']);
  });

  it('pages, and the word that they have not changed', () => {
    expect(mediaTypes('GET /docs', 200)).toEqual(['text/html']);
    expect(mediaTypes('GET /problems/{slug}', 404)).toEqual(['text/html']);
    expect([answer('GET /docs', 304)?.content, headers('GET /docs', 304)]).toEqual([undefined, ['ETag']]);
    expect(mediaTypes('POST /sandbox-bank/decide', 400)).toEqual(['application/problem+json', 'text/html']);
    expect(headers('POST /sandbox-bank/decide', 303)).toEqual(['Location']);
  });
});

describe('headers of answers', () => {
  const scoped = callsOf(document).filter(({ operation: { security = [] } }) => security.length > 0);

  it('the request’s id on every answer of ours to a call with a token', () => {
    expect(scoped.length).toBeGreaterThan(20);
    for (const { method, path, operation: described } of scoped)
      for (const status of Object.keys(described.responses ?? {}))
        expect([method, path, status, headers(`${method} ${path}`, status).includes('X-Request-Id')]).toEqual([
          method,
          path,
          status,
          !['401', 'default'].includes(status),
        ]);
  });

  it('whether a call was answered before, where it takes a key', () => {
    for (const { method, path, operation: described } of scoped) {
      const takesKey = (described.parameters ?? []).some(({ name }) => name === 'Idempotency-Key');
      const success = Object.keys(described.responses ?? {}).find((status) => status.startsWith('2')) ?? '';
      expect([path, headers(`${method} ${path}`, success).includes('Idempotent-Replayed')]).toEqual([path, takesKey]);
    }
  });

  it('when to come again, and the version of an invoice', () => {
    for (const { method, path } of scoped) expect(headers(`${method} ${path}`, 503)).toContain('Retry-After');
    expect(headers('GET /v1/invoices/{invoiceId}', 200)).toContain('ETag');
    const { components } = openApiDocument() as { components: { headers: object } };
    for (const name of ['X-Request-Id', 'Idempotent-Replayed', 'Retry-After', 'ETag', 'Location', 'Content-Language'])
      expect(Object.keys(components.headers)).toContain(name);
  });
});

describe('the document', () => {
  it('leads nobody to a token endpoint on this host', () => {
    const { tokenUrl } = (
      document as unknown as {
        components: { securitySchemes: { oauth: { flows: { clientCredentials: { tokenUrl: string } } } } };
      }
    ).components.securitySchemes.oauth.flows.clientCredentials;
    expect(new URL(tokenUrl).hostname).toMatch(/\.example$/);
  });

  it('leaves out the patterns of formats that say all', () => {
    const formats = new Map<string, number>();
    JSON.stringify(document, (_, value: Schema) => {
      if (value && typeof value === 'object' && ['date-time', 'date', 'ipv4', 'ipv6'].includes(value.format ?? '')) {
        formats.set(value.format ?? '', (formats.get(value.format ?? '') ?? 0) + 1);
        expect(value.pattern).toBeUndefined();
      }
      return value;
    });
    expect([...formats.keys()].sort()).toEqual(['date', 'date-time', 'ipv4', 'ipv6']);
  });

  const described = [...portal.portalApi, ...finance.financeApi, ...docsApi, ...callbacksApi] as readonly Endpoint[];
  const sent = described.flatMap(({ method, path, params, body }) =>
    [params, body].flatMap((schema) => (schema ? [{ call: `${method} ${path}`, schema }] : [])),
  );
  it.each(sent)('shows for $call what the call would take', ({ schema }) => {
    const json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Schema;
    const example = exampleOf(document, json);
    expect(JSON.stringify(example)).not.toMatch(/<\w+>/);
    expect(schema.safeParse(example).error?.issues).toBeUndefined();
  });
});

describe('what an agency may choose in the policy table', () => {
  const body = registry.putAgency.body;
  const agency = { name: { vi: 'Sở', en: 'Office' }, active: true };

  it.each([{}, { late: 'accept' }, { late: 'surplus', parts: 'accumulate' }])('%j is allowed', (policy) =>
    expect(body.safeParse({ ...agency, policy }).success).toBe(true),
  );

  it.each([
    [{ late: 'forgive' }, ['policy', 'late']],
    [{ parts: true }, ['policy', 'parts']],
    [{ refunds: 'never' }, ['policy']],
    ['accept', ['policy']],
  ])('%j is refused, and the place is named', (policy, path) =>
    expect(body.safeParse({ ...agency, policy }).error?.issues[0]?.path).toEqual(path),
  );
});
