import { createHash } from 'node:crypto';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { OpenApi } from './openapi.ts';
import { pageHeaders } from './page.ts';
import { problemPage, unknownProblemPage } from './problem-page.ts';
import { type Problems, problemPath, referencePage } from './reference.ts';

type Answer = APIGatewayProxyStructuredResultV2;

export type DocsDependencies = {
  document: OpenApi;
  problems: Problems;
  publicUrl: string;
  /** What comes before a problem's slug in `type`. */
  problemBase: string;
};

/** Seconds that browsers and caches keep what changes only with a deployment. */
const MAX_AGE_SECONDS = 300;
const TAG_CHARACTERS = 22;

type Made = { headers: Record<string, string>; body: string; etag: string };

/** Answers the public routes that describe the service. Each text is made once, when it is first asked for. */
export function docsRoutes({ document, problems, publicUrl, problemBase }: DocsDependencies) {
  const codes = new Map(Object.keys(problems).map((code) => [problemPath(code).slice('/problems/'.length), code]));
  const made = new Map<string, Made>();
  const once = (name: string, headers: Record<string, string>, make: () => string): Made => {
    const before = made.get(name);
    if (before) return before;
    const body = make();
    const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, TAG_CHARACTERS)}"`;
    const now = { headers, body, etag };
    made.set(name, now);
    return now;
  };

  return async (event: APIGatewayProxyEventV2): Promise<Answer> => {
    switch (event.routeKey) {
      case 'GET /v1/openapi.json':
        return answer(
          event,
          once('openapi', jsonHeaders, () => JSON.stringify(document)),
        );
      case 'GET /docs':
        return answer(
          event,
          once('docs', pageHeaders, () => referencePage(document, problems, publicUrl)),
        );
      case 'GET /problems/{slug}': {
        const slug = event.pathParameters?.['slug'] ?? '';
        const code = codes.get(slug);
        const problem = code === undefined ? undefined : problems[code];
        if (code === undefined || !problem)
          return { statusCode: 404, headers: pageHeaders, body: unknownProblemPage() };
        return answer(
          event,
          once(code, pageHeaders, () => problemPage(code, problem, `${problemBase}${slug}`)),
        );
      }
      case 'GET /healthz':
        return { statusCode: 200, headers: { ...jsonHeaders, 'cache-control': 'no-store' }, body: '{"status":"ok"}' };
      default:
        return { statusCode: 404, headers: jsonHeaders, body: '{"message":"Not Found"}' };
    }
  };
}

const jsonHeaders = { 'content-type': 'application/json', 'x-content-type-options': 'nosniff' };

/** The text, or only the word that it has not changed. */
function answer(event: APIGatewayProxyEventV2, { headers, body, etag }: Made): Answer {
  const cached = { 'cache-control': `public, max-age=${MAX_AGE_SECONDS}`, etag };
  const known = (event.headers['if-none-match'] ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  if (known.includes(etag)) return { statusCode: 304, headers: cached, body: '' };
  return { statusCode: 200, headers: { ...headers, ...cached }, body };
}
