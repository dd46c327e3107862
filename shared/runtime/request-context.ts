import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { preferredLanguage } from './negotiation.ts';
import type { ProblemContext } from './problem.ts';

/** What every HTTP function reads of a request in the same way, whatever it answers. */

const VISIBLE = /^[!-~]{1,64}$/;
/** Longest `instance` of a problem, in characters. */
export const MAX_INSTANCE_LENGTH = 512;

/** The caller's own request id if it is one, else the gateway's. */
export function requestIdOf({ headers, requestContext }: APIGatewayProxyEventV2): string {
  const given = headers['x-request-id'];
  return given && VISIBLE.test(given) ? given : requestContext.requestId;
}

/** The language in which to answer. */
export const languageOf = ({ headers }: APIGatewayProxyEventV2): 'vi' | 'en' =>
  preferredLanguage(headers['accept-language']);

/** In which language to answer, where, and under which id. */
export const contextOf = (event: APIGatewayProxyEventV2): ProblemContext => ({
  language: languageOf(event),
  instance: instanceOf(event.rawPath),
  requestId: requestIdOf(event),
});

/**
 * The path as a URI reference (RFC 9457, section 3.1.5). The gateway decodes it, so it may hold spaces, line feeds, marks
 * that would begin a query or a fragment, and halves of surrogate pairs.
 */
export function instanceOf(path: string): string {
  const reference = encodeURI(path.toWellFormed()).replace(/[?#]/g, (mark) => (mark === '?' ? '%3F' : '%23'));
  // No escape is cut in two; and `//name` would be a reference to another host.
  return reference
    .replace(/^\/{2,}/, '/')
    .slice(0, MAX_INSTANCE_LENGTH)
    .replace(/%[0-9A-F]?$/, '');
}

const JSON_TYPE = /^application\/json(?:\s*;\s*charset=(?:utf-8|"utf-8"))?\s*$/i;

/** Whether a body is said to be JSON in UTF-8; a parameter may be quoted (RFC 9110, section 5.6.6). */
export const isJson = ({ headers }: APIGatewayProxyEventV2): boolean => JSON_TYPE.test(headers['content-type'] ?? '');
