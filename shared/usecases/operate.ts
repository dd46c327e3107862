import * as z from 'zod';
import { BatchContinuation } from '../domain/batch/batch.ts';
import { lazy } from '../domain/lazy.ts';
import { Delivery } from '../domain/notification/delivery.ts';
import { Question } from '../domain/payment/silent.ts';
import type { CallRecords, DeadLetter, QueueDesk } from '../domain/queues.ts';
import { keyReused, notFound, Refusal } from '../domain/refusal.ts';
import type { RegistryReader } from '../domain/registry/book.ts';
import type { Caller } from '../domain/registry/caller.ts';
import type { Instant } from '../domain/time.ts';
import { bodyHash, keyedText } from './hashing.ts';
import { type AskedRepair, planRepair } from './plan-repair.ts';
import { InboxMessage } from './receive-callback.ts';

/** What operators do about what was put aside. */

/** Messages that one call puts back where it does not say how many. */
export const REDRIVEN_AT_ONCE = 1_000;
/** Messages looked at for the age of the oldest. */
const LOOKED_AT = 10;

export type OperateDependencies = { desk: QueueDesk; calls: CallRecords };

export async function listQueues({ desk }: Pick<OperateDependencies, 'desk'>) {
  return Promise.all(
    desk.names().map(async (name) => {
      const counts = await desk.counts(name);
      const seen = counts?.deadLetters ? ((await desk.peek(name, LOOKED_AT)) ?? []) : [];
      const oldest = seen.length > 0 ? Math.min(...seen.map(({ sentAt }) => sentAt)) : undefined;
      return { name, queue: counts?.queue, deadLetters: counts?.deadLetters ?? 0, oldest };
    }),
  );
}

/** Refusals: not_found for a name that is none of ours. */
export async function showDeadLetters(name: string, limit: number, { desk }: Pick<OperateDependencies, 'desk'>) {
  const letters = await desk.peek(name, limit);
  if (!letters) throw notFound();
  return letters.map((letter) => ({ ...letter, ...describe(letter) }));
}

/**
 * Puts messages back into their queue. Whoever takes them there decides anew, so that one that comes twice changes nothing.
 * Refusals: not_found, queue_not_redrivable, idempotency_key_reused.
 */
export async function redriveQueue(
  name: string,
  count: number | undefined,
  caller: Caller,
  idempotencyKey: string,
  { desk, calls }: OperateDependencies,
): Promise<{ moved: number; left: number; replayed: boolean }> {
  if (!desk.names().includes(name)) throw notFound();
  const call = callOf(caller, idempotencyKey, 'redrive', { name, count });
  const done = await settled(call, Redriven, calls);
  if (done) return { ...done, replayed: true };
  const moved = await desk.redrive(name, count ?? REDRIVEN_AT_ONCE);
  if (moved === undefined) throw notFound();
  if (moved === 'notRedrivable') throw new Refusal('queue_not_redrivable');
  const result = { moved, left: (await desk.counts(name))?.deadLetters ?? 0 };
  await calls.finish(call.id, call.bodyHash, result);
  return { ...result, replayed: false };
}

const Redriven = lazy(() => z.object({ moved: z.int(), left: z.int() }));
const Started = lazy(() => z.object({ from: z.int(), to: z.int(), pieces: z.int() }));

/** Puts a repair's pieces into the queue of those who carry them out. Refusals: unprocessable, idempotency_key_reused. */
export async function startRepair(
  asked: AskedRepair,
  caller: Caller,
  idempotencyKey: string,
  {
    calls,
    registry,
    work,
    now,
  }: Pick<OperateDependencies, 'calls'> & {
    registry: Pick<RegistryReader, 'agencyCodes'>;
    work: { sendAll(messages: readonly unknown[]): Promise<void> };
    now: () => Instant;
  },
): Promise<z.infer<typeof Started> & { replayed: boolean }> {
  const at = now();
  if (asked.from !== undefined && asked.from > (asked.to ?? at))
    throw new Refusal('unprocessable', undefined, [{ pointer: '/body/from', message: 'before to' }]);
  const call = callOf(caller, idempotencyKey, 'repair', asked);
  const done = await settled(call, Started, calls);
  if (done) return { ...done, replayed: true };
  const pieces = await planRepair(asked, at, registry);
  await work.sendAll(pieces);
  const [first] = pieces;
  const range = first?.kind === 'repair' ? { from: first.from, to: first.to } : { from: at, to: at };
  const result = { ...range, pieces: pieces.length };
  await calls.finish(call.id, call.bodyHash, result);
  return { ...result, replayed: false };
}

type Call = { id: string; bodyHash: string };

const callOf = ({ clientId }: Caller, idempotencyKey: string, what: string, body: unknown): Call => ({
  id: keyedText(idempotencyKey, what, clientId),
  bodyHash: bodyHash(idempotencyKey, body),
});

async function settled<S extends z.ZodType>(
  call: Call,
  result: S,
  calls: Pick<CallRecords, 'find'>,
): Promise<z.infer<S> | undefined> {
  const there = await calls.find(call.id);
  if (!there) return undefined;
  if (there.bodyHash !== call.bodyHash) throw keyReused();
  return result.parse(there.result);
}

const Notice = lazy(() =>
  z.object({
    Records: z.array(z.object({ s3: z.object({ object: z.object({ key: z.string() }) }) })),
  }),
);
const Piece = lazy(() => z.object({ kind: z.enum(['repair', 'proof']) }));

/** What a message is about, by ids: the message itself may hold what is nobody's to read. */
function describe({ body }: DeadLetter): { kind: string; ids: Record<string, string> } {
  const message = readJson(body);
  const callback = InboxMessage.safeParse(message);
  if (callback.success) {
    const { providerId, reference, transactionId } = callback.data.notice;
    return { kind: 'callback', ids: { provider: providerId, reference, transactionId } };
  }
  const delivery = Delivery.safeParse(message);
  if (delivery.success) {
    const { owner, event } = delivery.data;
    return { kind: event.type, ids: { owner, eventId: event.id } };
  }
  const question = Question.safeParse(message);
  if (question.success) {
    const { providerId, reference } = question.data;
    return { kind: 'question', ids: { provider: providerId, reference } };
  }
  const continuation = BatchContinuation.safeParse(message);
  if (continuation.success) return { kind: 'batch', ids: { batchId: continuation.data.goOnWith } };
  const notice = Notice.safeParse(message);
  if (notice.success)
    return {
      kind: 'file',
      ids: {
        key: notice.data.Records.map(({ s3 }) => s3.object.key)
          .join(' ')
          .slice(0, 1024),
      },
    };
  const piece = Piece.safeParse(message);
  return { kind: piece.success ? piece.data.kind : 'unreadable', ids: {} };
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
