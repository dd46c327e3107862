import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'vitest';
import * as z from 'zod';

/** Cases that other implementations of the protocols agree on. They stand beside the project; without them tests skip. */
const FOLDER = path.resolve(import.meta.dirname, '../../../shared/domain/vectors');

const Case = z.looseObject({ id: z.string(), kind: z.string() });
const VectorFile = z.looseObject({ credentials: z.record(z.string(), z.unknown()).default({}), cases: z.array(Case) });
export type Case = z.infer<typeof Case>;

export const haveVectors = existsSync(FOLDER);

/** A file's cases, by kind. Which of them were taken is remembered: a case that no test reads is a slip. */
export function vectorsOf(name: string) {
  const file = path.join(FOLDER, `${name}.json`);
  const vectors = haveVectors ? VectorFile.parse(JSON.parse(readFileSync(file, 'utf8'))) : undefined;
  const taken = new Set<string>();
  return {
    credential: (key: string) => String(vectors?.credentials[key] ?? ''),
    take<S extends z.ZodType>(kind: string, schema: S): (z.infer<S> & { id: string })[] {
      const found = (vectors?.cases ?? []).filter((one) => one.kind === kind);
      for (const one of found) taken.add(one.id);
      return found.map(
        (one) => Object.assign(schema.parse(one) as object, { id: one.id }) as z.infer<S> & { id: string },
      );
    },
    /** Throws unless every case of the file has been taken. Answers how many there are. */
    allTaken(): number {
      const all = (vectors?.cases ?? []).map(({ id }) => id);
      expect([...taken].sort()).toEqual([...all].sort());
      return all.length;
    },
  };
}

/** What a callback's case expects of us. `new_state` are suggestions of whoever wrote the cases. */
export const Expected = z.looseObject({
  paid: z.boolean().nullish(),
  ack: z
    .union([z.looseObject({ http: z.union([z.number(), z.string()]), body: z.unknown().optional() }), z.null()])
    .optional(),
  ack_text: z.string().optional(),
  new_state: z.string().nullish(),
});
export type Expected = z.infer<typeof Expected>;

/** State of invoice and attempt for each suggestion. What a person looks at pays nothing. */
export const STATES: Readonly<Record<string, [invoice: string, attempt: string]>> = {
  PAID: ['paid', 'succeeded'],
  PENDING: ['open', 'pending'],
  FAILED: ['open', 'failed'],
  EXPIRED: ['open', 'failed'],
  AUTHORIZED: ['open', 'pending'],
  REVIEW: ['open', 'pending'],
  UNDERPAID_REVIEW: ['open', 'pending'],
  OVERPAID_REVIEW: ['open', 'pending'],
};

/** Whether an answer is what a case expects. */
export function expectAck(
  answer: { statusCode?: number | undefined; body?: string | undefined },
  { ack, ack_text }: Expected,
): void {
  if (ack_text !== undefined) expect([answer.statusCode, answer.body]).toEqual([200, ack_text]);
  if (!ack) return;
  if (ack.http === '4xx') expect(Math.floor((answer.statusCode ?? 0) / 100)).toBe(4);
  else expect(answer.statusCode).toBe(ack.http);
  if (ack.body === '') expect(answer.body).toBe('');
  else if (ack.body !== undefined) expect(JSON.parse(answer.body ?? '')).toEqual(ack.body);
}
