import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type * as z from 'zod';
import { PROBLEM_BASE, problemSlug } from '../api/problem-pages.ts';
import type { ProblemCode } from '../api/problems.ts';
import { shippedProblems } from '../api/shipped-problems.ts';
import { issueWords } from '../domain/issue-words.ts';
import type { RefusalWords, WrongPlace } from '../domain/refusal.ts';

/** An RFC 9457 problem document. */
type ProblemDocument = {
  type: string;
  title: string;
  status: number;
  detail: string;
  instance: string;
  code: ProblemCode;
  errors?: readonly WrongPlace[];
  requestId: string;
};

/** `instance` is a URI reference. */
export type ProblemContext = { language: 'vi' | 'en'; instance: string; requestId: string };

/** Fills in a problem in the caller's language. Says nothing of our insides. */
function problemDocument(
  code: ProblemCode,
  { language, instance, requestId }: ProblemContext,
  detail?: RefusalWords,
  errors: readonly WrongPlace[] = [],
  members: Readonly<Record<string, unknown>> = {},
): ProblemDocument {
  const { status, title, meaning } = shippedProblems()[code];
  return {
    ...members,
    type: `${PROBLEM_BASE}${problemSlug(code)}`,
    title: title[language],
    status,
    detail: (detail ?? meaning)[language],
    instance,
    code,
    ...(errors.length > 0 && { errors }),
    requestId,
  };
}

/** When a caller should come again after a 503, in seconds. */
const RETRY_AFTER_SECONDS = 2;

/** A problem as the answer to a call. */
export function problemAnswer(
  code: ProblemCode,
  context: ProblemContext,
  detail?: RefusalWords,
  errors: readonly WrongPlace[] = [],
  members: Readonly<Record<string, unknown>> = {},
): APIGatewayProxyStructuredResultV2 {
  const problem = problemDocument(code, context, detail, errors, members);
  return {
    statusCode: problem.status,
    headers: {
      'content-type': 'application/problem+json; charset=utf-8',
      'content-language': context.language,
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'x-request-id': context.requestId,
      ...(problem.status === 503 && { 'retry-after': String(RETRY_AFTER_SECONDS) }),
    },
    body: JSON.stringify(problem),
  };
}

export const isProblemCode = (code: string): code is ProblemCode => Object.hasOwn(shippedProblems(), code);

/** Most places that one problem names. */
const MAX_PLACES = 20;

/** What a schema found wrong, each place by JSON pointer below `root` (`/body`, `/query`, `/path`). */
export function placesOf(error: z.ZodError, root: string): WrongPlace[] {
  const places: WrongPlace[] = [];
  for (const issue of error.issues) {
    const here = `${root}${issue.path.map((part) => `/${String(part).slice(0, 64)}`).join('')}`;
    if (issue.code === 'unrecognized_keys')
      for (const key of issue.keys.slice(0, MAX_PLACES))
        places.push({ pointer: `${here}/${key.slice(0, 64)}`, message: 'unknown member' });
    else places.push({ pointer: here, message: issueWords(issue) });
  }
  return places.slice(0, MAX_PLACES);
}
