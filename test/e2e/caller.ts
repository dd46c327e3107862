import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import * as z from 'zod';
import type { Endpoint } from '../../shared/api/endpoint.ts';
import { PROBLEM_BASE } from '../../shared/api/problem-pages.ts';
import { problems } from '../../shared/api/problems.ts';

/** Calls over HTTP by the contract: every answer is checked against it, problems too. */

export const Problem = z.strictObject({
  type: z.string().startsWith(PROBLEM_BASE),
  title: z.string().min(1),
  status: z.int(),
  detail: z.string().min(1),
  code: z.enum(Object.keys(problems) as [keyof typeof problems, ...(keyof typeof problems)[]]),
  instance: z.string().startsWith('/'),
  errors: z.array(z.strictObject({ pointer: z.string(), message: z.string() })).optional(),
  requestId: z.string().min(1),
});
export type Problem = z.infer<typeof Problem>;

/** What must never be read in an answer: names of tables and services, addresses of resources, frames, keys. */
const INSIDES =
  /thuphi-sandbox-|arn:aws|dynamodb|amazonaws|node_modules|\bat [\w.<>]+ \(|[a-z-]+\.ts\b|ValidationException|ZodError|TypeError/i;

export type Answer = { status: number; headers: Headers; text: string };

type Input = { params?: Record<string, string>; query?: Record<string, string>; body?: unknown; key?: string };
type Schemas<E extends Endpoint> = E['answers'][keyof E['answers'] & number];
type BodyOf<E extends Endpoint> = Schemas<E> extends infer S ? (S extends z.ZodType ? z.infer<S> : never) : never;

export class Caller {
  readonly url: string;
  readonly token: string | undefined;

  constructor(url: string, token: string | undefined) {
    this.url = url;
    this.token = token;
  }

  /** Any request at all; headers come on top of the token. */
  async send(
    method: string,
    path: string,
    { body, headers = {} }: { body?: string | Uint8Array<ArrayBuffer>; headers?: Record<string, string> } = {},
  ): Promise<Answer> {
    const answer = await fetch(this.url + path, {
      method,
      redirect: 'manual',
      headers: { ...(this.token && { authorization: `Bearer ${this.token}` }), ...headers },
      ...(body !== undefined && { body }),
    });
    return { status: answer.status, headers: answer.headers, text: await answer.text() };
  }

  /** One call of the contract, whatever comes of it. */
  call(endpoint: Endpoint, { params = {}, query = {}, body, key }: Input = {}): Promise<Answer> {
    const path = endpoint.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(params[name] ?? ''));
    const asked = new URLSearchParams(query).toString();
    return this.send(endpoint.method, asked ? `${path}?${asked}` : path, {
      headers: {
        'accept-language': 'en',
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(endpoint.idempotent && { 'idempotency-key': key ?? randomUUID() }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  }

  /** A call that must succeed: the body as the contract has it. */
  async done<E extends Endpoint>(endpoint: E, input: Input = {}): Promise<BodyOf<E>> {
    const answer = await this.call(endpoint, input);
    const schema = endpoint.answers[answer.status];
    if (!schema || 'mediaType' in schema)
      throw new Error(`${endpoint.method} ${endpoint.path} was answered ${answer.status}: ${answer.text}`);
    return (schema as z.ZodType).parse(JSON.parse(answer.text)) as BodyOf<E>;
  }

  /** A call that must be refused so. */
  async refused(endpoint: Endpoint, input: Input, code: Problem['code']): Promise<Problem> {
    return expectProblem(await this.call(endpoint, input), code);
  }
}

/** The answer is a whole problem document with this code and the status that belongs to it, and tells nothing of inside. */
export function expectProblem(answer: Answer, code: Problem['code']): Problem {
  expect(answer.headers.get('content-type'), answer.text).toMatch(/^application\/problem\+json/);
  const problem = Problem.parse(JSON.parse(answer.text));
  expect([problem.code, answer.status], answer.text).toEqual([code, problems[code].status]);
  expect(problem.status).toBe(answer.status);
  expect(problem.type).toBe(`${PROBLEM_BASE}${code.replaceAll('_', '-')}`);
  expect(answer.text).not.toMatch(INSIDES);
  return problem;
}

/** The gateway's own answer, which the interface documents as such. */
export function expectGateway(answer: Answer, status: number): void {
  expect(answer.status, answer.text).toBe(status);
  expect(Object.keys(JSON.parse(answer.text) as object)).toEqual(['message']);
}
