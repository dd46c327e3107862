import type { Act } from '../domain/audit/audit.ts';
import { CALLBACK_SPAN_MILLISECONDS, type LogKeeper, MAX_KEPT_TOGETHER } from '../domain/logbook/logbook.ts';
import type { ActRecord, CallbackRecord } from '../domain/logbook/record.ts';
import { LogRecord } from '../domain/logbook/record.ts';
import { inParallel } from './in-parallel.ts';

/** How many records are kept at the same time. */
const AT_ONCE = 16;

/** Lines that say they are records and are none that this version reads: the others of the batch are kept. */
export class UnreadableRecords extends Error {
  constructor(count: number, first: string) {
    super(`${count} records of the logbook cannot be read: ${first}`);
    this.name = 'UnreadableRecords';
  }
}

export type KeptRecords = { reads: number; acts: number; callbacks: number };

/**
 * Keeps the records that lines of functions' logs hold. The same lines again keep nothing more: every record has its name,
 * and of callbacks that came together so has the bundle. Throws {@link UnreadableRecords} once the others are kept, and
 * whatever the store throws; then the batch comes again.
 */
export async function keepRecords(lines: readonly string[], { logbook }: { logbook: LogKeeper }): Promise<KeptRecords> {
  const records: LogRecord[] = [];
  const unreadable: string[] = [];
  for (const line of lines) {
    const record = LogRecord.safeParse(parsed(line));
    if (record.success) records.push(record.data);
    else unreadable.push(record.error.issues[0]?.message ?? '');
  }
  const callbacks = records.filter((one) => one.book === 'callbacks');
  const reads = records.filter((one) => one.book === 'reads');
  const acts = records.filter((one) => one.book === 'acts');
  await inParallel(
    [
      ...reads.map((read) => () => logbook.keepRead(read)),
      ...acts.map((act) => () => logbook.keepAct(actOf(act), act.id)),
      ...bundles(callbacks).map((bundle) => () => logbook.keepCallbacks(bundle)),
    ],
    AT_ONCE,
    (keep) => keep(),
  );
  if (unreadable.length > 0) throw new UnreadableRecords(unreadable.length, unreadable[0] ?? '');
  return { reads: reads.length, acts: acts.length, callbacks: callbacks.length };
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** The record as an entry of the audit log. */
function actOf({ act, subjects, by, clientId, at, call, callId, agencyCode, reason, replayed }: ActRecord): Act {
  const [subject, ...about] = subjects;
  if (!subject) throw new Error('a record without a subject');
  return {
    ...{ act, subject, by, clientId, at, call, callId },
    ...(about.length > 0 && { about }),
    ...(agencyCode !== undefined && { agencyCode }),
    ...(reason !== undefined && { reason }),
    ...(replayed && { replayed }),
  };
}

/** Of one provider and one minute each, in the order of their instants, and not more than are kept together. */
function bundles(records: readonly CallbackRecord[]): CallbackRecord[][] {
  const sorted = [...records].sort((one, other) => one.at - other.at || (one.id < other.id ? -1 : 1));
  const byMinute = Map.groupBy(
    sorted,
    ({ providerId, at }) => `${providerId} ${Math.floor(at / CALLBACK_SPAN_MILLISECONDS)}`,
  );
  return [...byMinute.values()].flatMap((bundle) =>
    Array.from({ length: Math.ceil(bundle.length / MAX_KEPT_TOGETHER) }, (_, place) =>
      bundle.slice(place * MAX_KEPT_TOGETHER, (place + 1) * MAX_KEPT_TOGETHER),
    ),
  );
}
