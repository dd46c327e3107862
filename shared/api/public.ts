import * as z from 'zod';
import { lazy } from '../domain/lazy.ts';
import { ProviderId } from '../domain/payment/provider.ts';
import { endpoint } from './endpoint.ts';

/** Calls that need no token. */

const html = { mediaType: 'text/html' } as const;
const json = { mediaType: 'application/json' } as const;
const PROBLEM = 'application/problem+json';

const CallbackParams = lazy(() => z.strictObject({ provider: ProviderId.meta({ examples: ['sandbox-bank'] }) }));

const callback = (method: 'GET' | 'POST') =>
  endpoint({
    method,
    path: '/callbacks/{provider}',
    summary: 'A provider’s signed word about a payment, answered in the provider’s own words',
    params: CallbackParams,
    answers: {
      200: {
        mediaType: '*/*',
        description: 'Taken, or taken before. Providers whose rule is to answer 200 always are told everything so.',
      },
      204: { mediaType: [], description: 'The same, in the words of a provider that wants no body.' },
      400: { mediaType: '*/*', description: 'As 401, in the words of a provider that has no 401.' },
      401: { mediaType: '*/*', description: 'Not the provider’s word: nothing was done.' },
      404: {
        mediaType: [PROBLEM, '*/*'],
        description: '`not_found`: no such provider. Or an unknown order, in the words of a provider that comes again.',
      },
      503: { mediaType: '*/*', description: 'Nothing was taken: the provider comes again.' },
    },
  });

export const callbacksApi = [callback('GET'), callback('POST')] as const;

const unchanged = { mediaType: [], description: 'As the caller has it by If-None-Match.', headers: ['ETag'] } as const;

export const docsApi = [
  endpoint({
    method: 'GET',
    path: '/v1/openapi.json',
    summary: 'This interface as OpenAPI 3.1',
    answers: { 200: json, 304: unchanged },
    headers: ['ETag'],
  }),
  endpoint({
    method: 'GET',
    path: '/docs',
    summary: 'This interface as a page',
    answers: { 200: html, 304: unchanged },
    headers: ['ETag'],
  }),
  endpoint({
    method: 'GET',
    path: '/problems/{slug}',
    summary: 'What a problem type means',
    params: lazy(() => z.strictObject({ slug: z.string().meta({ examples: ['invoice-not-open'] }) })),
    answers: { 200: html, 304: unchanged, 404: { ...html, description: 'There is no such problem type.' } },
    headers: ['ETag'],
  }),
  endpoint({ method: 'GET', path: '/healthz', summary: 'Whether the service answers', answers: { 200: json } }),
] as const;

const notJson = {
  mediaType: PROBLEM,
  description: '`unsupported_media_type`: JSON in another encoding than UTF-8.',
} as const;

/** Only outside production. */
export const sandboxBankApi = [
  endpoint({
    method: 'GET',
    path: '/sandbox-bank',
    summary: 'The sandbox bank’s page',
    answers: { 200: html, 400: { ...html, description: 'No order: a page that names the fields.' } },
  }),
  endpoint({
    method: 'POST',
    path: '/sandbox-bank/decide',
    summary: 'Choose what the sandbox bank does: a form of its page, or JSON from a program',
    answers: {
      200: { mediaType: ['application/json', 'text/html'], description: 'What was sent, and what was answered.' },
      303: { mediaType: [], description: 'Back to the return address, after a form.', headers: ['Location'] },
      400: {
        mediaType: [PROBLEM, 'text/html'],
        description: '`malformed_request` to programs; to a form a page that names the fields.',
      },
      415: notJson,
    },
  }),
  endpoint({
    method: 'POST',
    path: '/sandbox-bank/query',
    summary: 'Ask the sandbox bank what became of an order',
    answers: { 200: json, 400: { mediaType: PROBLEM, description: '`malformed_request`' }, 415: notJson },
  }),
  endpoint({
    method: 'POST',
    path: '/sandbox-bank/refund',
    summary: 'Have the sandbox bank give back what was never there',
    answers: { 200: json, 400: { mediaType: PROBLEM, description: '`malformed_request`' }, 415: notJson },
  }),
  endpoint({
    method: 'GET',
    path: '/sandbox-bank/key',
    summary: 'The sandbox bank’s public key',
    answers: { 200: json },
  }),
] as const;
