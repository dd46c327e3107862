import * as z from 'zod';

/** `ReportBatchItemFailures`: what a handler says about each item of its batch. */
const BatchResponse = z.object({
  batchItemFailures: z.array(z.object({ itemIdentifier: z.string().min(1) })).nullish(),
});

/**
 * The identifiers that failed; `all` when the answer is malformed or names an item that was not in the batch, for which
 * Lambda takes the whole batch as failed. An empty or absent list is a success.
 */
export function failedItems(payload: string, identifiers: readonly string[]): ReadonlySet<string> | 'all' {
  const answer: unknown = JSON.parse(payload);
  if (answer === null) return new Set();
  const parsed = BatchResponse.safeParse(answer);
  if (!parsed.success) return 'all';
  const failed = (parsed.data.batchItemFailures ?? []).map(({ itemIdentifier }) => itemIdentifier);
  return failed.every((one) => identifiers.includes(one)) ? new Set(failed) : 'all';
}
