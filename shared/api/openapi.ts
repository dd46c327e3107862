import * as z from 'zod';
import type { AnswerHeader, Endpoint, OtherAnswer } from './endpoint.ts';
import { pricingMembers } from './fees.ts';
import { httpApi, scopes } from './index.ts';
import { type ProblemCode, problems } from './problems.ts';

/** The HTTP interface as an OpenAPI 3.1 document, made from the contract and nothing else. */

type Json = Record<string, unknown>;

/** Stands for the identity service's, which is another one on each stage: the document is the same on all. */
const TOKEN_URL = 'https://identity.example/oauth2/token';

const COMMON_PROBLEMS: readonly ProblemCode[] = ['malformed_request', 'internal', 'unavailable'];

/** Formats that say all, so that the pattern behind them (hundreds of characters, leap years and all) may be left out. */
const SPEAKING_FORMATS = new Set(['date-time', 'date', 'ipv4', 'ipv6']);

const mapped = (members: Record<string, z.ZodType>): Json =>
  Object.fromEntries(Object.entries(members).map(([name, schema]) => [name, schemaOf(schema, 'output')]));

const schemaOf = (schema: z.ZodType, io: 'input' | 'output'): Json => {
  const { $schema: _, ...json } = z.toJSONSchema(schema, {
    target: 'draft-2020-12',
    io,
    unrepresentable: 'any',
    override: ({ jsonSchema }) => {
      if (SPEAKING_FORMATS.has(jsonSchema.format ?? '')) delete jsonSchema.pattern;
    },
  });
  return json;
};

/** Problems that a call with a token may answer: the common ones, those of its kind, its own. */
export function problemCodesOf(endpoint: Endpoint): ReadonlySet<ProblemCode> {
  return new Set<ProblemCode>([
    ...COMMON_PROBLEMS,
    ...(endpoint.scope ? (['forbidden'] as const) : []),
    ...(endpoint.params ? (['not_found'] as const) : []),
    ...(endpoint.body ? (['payload_too_large', 'unsupported_media_type'] as const) : []),
    ...(endpoint.idempotent
      ? (['idempotency_key_missing', 'idempotency_key_reused', 'version_conflict'] as const)
      : []),
    ...((endpoint.problems ?? []) as readonly ProblemCode[]),
  ]);
}

const PROBLEM_TYPE = 'application/problem+json';
const problemContent = { [PROBLEM_TYPE]: { schema: { $ref: '#/components/schemas/Problem' } } };
const gatewayContent = { 'application/json': { schema: { $ref: '#/components/schemas/GatewayAnswer' } } };
const gatewayAnswers = {
  NoToken: { description: 'No valid token. The gateway’s own answer.', content: gatewayContent },
  Gateway: {
    description: 'The gateway’s own answer: too large (413), too many calls (429), headers too large (431), 500, 503.',
    content: gatewayContent,
  },
} as const;
/** Statuses of problems that the gateway gives as well, in a body of its own. */
const GATEWAY_STATUSES = new Set([403, 413, 500, 503]);

type Header = AnswerHeader | 'X-Request-Id' | 'Content-Language' | 'Idempotent-Replayed' | 'Retry-After';

const headerText = (description: string, schema: Json = { type: 'string' }): Json => ({ description, schema });

const headers: Readonly<Record<Header, Json>> = {
  'X-Request-Id': headerText('The caller’s X-Request-Id, if it is 1 to 64 visible ASCII characters; else one of ours.'),
  'Content-Language': headerText('The language of title and detail.', { type: 'string', enum: ['vi', 'en'] }),
  'Idempotent-Replayed': headerText('The call was answered before; nothing happened now. Absent otherwise.', {
    const: 'true',
  }),
  'Retry-After': headerText('When to come again, in seconds.', { type: 'integer', minimum: 1 }),
  ETag: headerText('Another one where what is shown is another.'),
  Location: headerText('Where to go next.', { type: 'string', format: 'uri' }),
};

const headersOf = (names: readonly Header[] | undefined): Json =>
  names && names.length > 0
    ? { headers: Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }])) }
    : {};

const isOther = (answer: z.ZodType | OtherAnswer): answer is OtherAnswer => 'mediaType' in answer;

function otherAnswerOf(answer: OtherAnswer, { summary, headers = [] }: Endpoint, status: string): Json {
  const content = [answer.mediaType].flat().map((type) => [type, type === PROBLEM_TYPE ? problemContent[type] : {}]);
  return {
    description: answer.description ?? summary,
    ...headersOf(answer.headers ?? (status === '200' ? headers : [])),
    ...(content.length > 0 && { content: Object.fromEntries(content) }),
  };
}

function answersOf(endpoint: Endpoint): Json {
  const { scope, summary, idempotent } = endpoint;
  const answers: Json = {};
  for (const [status, answer] of Object.entries(endpoint.answers))
    answers[status] = isOther(answer)
      ? otherAnswerOf(answer, endpoint, status)
      : {
          description: summary,
          ...headersOf([
            ...(scope ? (['X-Request-Id'] as const) : []),
            ...(idempotent ? (['Idempotent-Replayed'] as const) : []),
            ...(endpoint.headers ?? []),
          ]),
          content: {
            'application/json': { schema: schemaOf(answer, 'output') },
            ...Object.fromEntries((endpoint.alsoAs ?? []).map((type) => [type, { schema: { type: 'string' } }])),
          },
        };
  // A public page is no API call: it answers no problem documents beyond what its own answers say.
  if (scope) {
    answers['401'] = { $ref: '#/components/responses/NoToken' };
    Object.assign(answers, problemAnswersOf(endpoint));
  }
  answers['default'] = { $ref: '#/components/responses/Gateway' };
  return answers;
}

function problemAnswersOf(endpoint: Endpoint): Json {
  const byStatus = Map.groupBy(problemCodesOf(endpoint), (code) => problems[code].status);
  const answers = [...byStatus].map(([status, codes]) => [
    String(status),
    {
      description: codes.map((code) => `\`${code}\`: ${problems[code].title.en}`).join('; '),
      ...headersOf(['X-Request-Id', 'Content-Language', ...(status === 503 ? (['Retry-After'] as const) : [])]),
      content: { ...problemContent, ...(GATEWAY_STATUSES.has(status) && gatewayContent) },
    },
  ]);
  return Object.fromEntries(answers);
}

function parametersOf(endpoint: Endpoint): Json[] {
  const members = (schema: z.ZodType | undefined, place: 'path' | 'query'): Json[] => {
    if (!schema) return [];
    const { properties = {}, required = [] } = schemaOf(schema, 'input') as {
      properties?: Record<string, Json>;
      required?: string[];
    };
    return Object.entries(properties).map(([name, member]) => ({
      name,
      in: place,
      required: place === 'path' || required.includes(name),
      schema: member,
    }));
  };
  const key = {
    name: 'Idempotency-Key',
    in: 'header',
    required: true,
    description: 'Chosen by the caller. The same key and body have the same answer.',
    schema: { type: 'string', minLength: 8, maxLength: 64, pattern: '^[!-~]+$' },
  };
  return [
    ...members(endpoint.params, 'path'),
    ...members(endpoint.query, 'query'),
    ...(endpoint.idempotent ? [key] : []),
  ];
}

function operationOf(endpoint: Endpoint, tag: string): Json {
  const parameters = parametersOf(endpoint);
  return {
    operationId: operationId(endpoint),
    tags: [tag],
    summary: endpoint.summary,
    security: endpoint.scope ? [{ oauth: [`thuphi/${endpoint.scope}`] }] : [],
    ...(parameters.length > 0 && { parameters }),
    ...(endpoint.body && {
      requestBody: { required: true, content: { 'application/json': { schema: schemaOf(endpoint.body, 'input') } } },
    }),
    responses: answersOf(endpoint),
  };
}

/** `POST /v1/invoices/{invoiceId}/cancel` → `postInvoicesInvoiceIdCancel`. */
function operationId({ method, path }: Endpoint): string {
  const words = path
    .replace(/^\/v1/, '')
    .split(/[^A-Za-z0-9]+/)
    .filter(Boolean);
  return method.toLowerCase() + words.map((word) => (word[0] ?? '').toUpperCase() + word.slice(1)).join('');
}

/** The whole document. Deterministic: the same contract gives the same bytes. */
export function openApiDocument(): Json {
  const paths: Record<string, Json> = {};
  for (const [tag, endpoints] of Object.entries(httpApi))
    for (const endpoint of endpoints)
      paths[endpoint.path] = {
        ...paths[endpoint.path],
        [endpoint.method.toLowerCase()]: operationOf(endpoint, tag),
      };
  return {
    openapi: '3.1.0',
    info: {
      title: 'Thuphi',
      version: '1',
      summary: 'Payment and fee service for public services',
      description:
        'Amounts are whole dong. Instants are RFC 3339 with +07:00, days are of Asia/Ho_Chi_Minh. Errors are problem documents (RFC 9457) in Vietnamese, or in English where Accept-Language weighs it more; 401, 403 for want of a scope, 404 of unknown paths, 413, 429, 431, 500 and 503 may come from the gateway as {"message": …}. A caller may send X-Request-Id. Tokens come from the identity service, whose address a caller is told when it is registered.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    paths,
    components: {
      securitySchemes: {
        oauth: {
          type: 'oauth2',
          description:
            'The token endpoint is the identity service’s, not this host’s. A caller is told its address together with its client id; the address that stands here only shows the form.',
          flows: {
            clientCredentials: {
              tokenUrl: TOKEN_URL,
              scopes: Object.fromEntries(Object.entries(scopes).map(([scope, words]) => [`thuphi/${scope}`, words])),
            },
          },
        },
      },
      headers,
      responses: gatewayAnswers,
      schemas: {
        GatewayAnswer: { type: 'object', required: ['message'], properties: { message: { type: 'string' } } },
        Problem: {
          type: 'object',
          required: ['type', 'title', 'status', 'detail', 'instance', 'code', 'requestId'],
          properties: {
            type: { type: 'string', format: 'uri' },
            title: { type: 'string' },
            status: { type: 'integer' },
            detail: { type: 'string' },
            instance: { type: 'string', format: 'uri-reference' },
            code: { type: 'string', enum: Object.keys(problems) },
            errors: {
              type: 'array',
              items: {
                type: 'object',
                required: ['pointer', 'message'],
                properties: { pointer: { type: 'string' }, message: { type: 'string' } },
              },
            },
            requestId: { type: 'string' },
            // Of problems about prices only: facts to supply, tariffs that there are.
            ...mapped(pricingMembers),
          },
        },
      },
    },
  };
}
