import type { Endpoint } from '../api/endpoint.ts';
import type { LogSubject } from '../domain/audit/audit.ts';
import type { ActRecord } from '../domain/logbook/record.ts';
import { MAX_SUBJECTS } from '../domain/logbook/record.ts';
import { Refusal } from '../domain/refusal.ts';
import type { Caller } from '../domain/registry/caller.ts';
import { type Keep, recordId } from './logbook.ts';

/** Members of calls and answers that name something, and what they name. */
const NAMING: Readonly<Record<string, string>> = {
  invoiceId: 'invoices',
  paymentId: 'payments',
  refundId: 'refunds',
  receiptId: 'receipts',
  dossierCode: 'dossiers',
  statementId: 'statements',
  exceptionId: 'exceptions',
  remittanceId: 'remittances',
  batchId: 'invoice-batches',
  basketId: 'baskets',
  jobId: 'report-jobs',
  reportId: 'reports',
  version: 'versions',
};

type Called = { params: unknown; query: unknown; body: unknown; caller: Caller | undefined };
type Answered = { body: unknown; replayed?: boolean };

/**
 * Answers a call, and writes down in the logbook who was shown or did what. Every call with a scope is in it, unless the
 * contract says why not: a new route cannot forget it. An act is written down before it begins and when it is over, so
 * that a call that was killed has a first half; a read when there is something to show.
 */
export async function inLogbook<A extends Answered>(
  endpoint: Endpoint,
  called: Called,
  keep: Keep,
  answer: () => Promise<A>,
): Promise<A> {
  const { caller } = called;
  if (!caller || endpoint.unlogged) return answer();
  const record = (answered?: unknown) => recordOf(endpoint, { ...called, caller }, answered);
  if (endpoint.method === 'GET') {
    const answered = await answer();
    if (!showsNothing(answered.body)) keep({ book: 'reads', ...record(answered.body) });
    return answered;
  }
  const callId = recordId();
  const act = (name: ActRecord['act'], answered?: unknown, more: Partial<ActRecord> = {}): void =>
    keep({ book: 'acts', ...record(answered), act: name, callId, ...more });
  act('asked');
  try {
    const answered = await answer();
    act('applied', answered.body, answered.replayed ? { replayed: true } : {});
    return answered;
  } catch (error) {
    act('failed', undefined, { reason: error instanceof Refusal ? error.code : 'internal' });
    throw error;
  }
}

/** A read of a call that is answered in words of another house. `called.body`: what it named, in ours. */
export function keepRead(endpoint: Endpoint, called: Called & { caller: Caller }, shown: object, keep: Keep): void {
  keep({ book: 'reads', ...recordOf(endpoint, called, shown) });
}

const recordOf = (endpoint: Endpoint, called: Called & { caller: Caller }, answered: unknown) => ({
  ...{ id: recordId(), at: Date.now(), by: called.caller.subject, clientId: called.caller.clientId },
  ...{ step: process.env['SERVICE_NAME'] ?? 'unknown', call: `${endpoint.method} ${endpoint.path}` },
  subjects: subjectsOf(endpoint.path, called, answered),
  ...agencyOf(called, answered),
});

/** What a call is about: what its path names first, then what is named in it and in its answer, row by row. */
export function subjectsOf(path: string, { params, query, body }: Called, answered: unknown): LogSubject[] {
  const found = new Map<string, LogSubject>();
  const add = (kind: string, id: string): void => {
    if (found.size < MAX_SUBJECTS) found.set(`${kind} ${id}`, { kind, id });
  };
  for (const { kind, id } of [...inPath(path, params), ...searchedFor(query)]) add(kind, id);
  for (const named of [query, body, answered].flatMap(withRows))
    for (const [member, kind] of Object.entries(NAMING)) {
      const id = named[member];
      if (typeof id === 'string') add(kind, id);
    }
  return [...found.values()];
}

/** `/v1/invoices/{invoiceId}/trace` names an invoice; `/v1/reports/daily` names itself. */
function inPath(path: string, params: unknown): LogSubject[] {
  const [kind = '', ...rest] = path.split('/').slice(2);
  const named: LogSubject[] = [];
  let literal = kind;
  for (const part of rest) {
    const member = /^\{(.+)\}$/.exec(part)?.[1];
    if (member === undefined) literal = part;
    else named.push({ kind: literal, id: String((params as Record<string, unknown>)[member]) });
  }
  return named.length > 0 ? named : [{ kind, id: rest.join('/') || '*' }];
}

/** Whom or what somebody looked up in a log. */
function searchedFor(query: unknown): LogSubject[] {
  const { kind, id, person } = isObject(query) ? query : {};
  return [
    ...(typeof kind === 'string' && typeof id === 'string' ? [{ kind, id }] : []),
    ...(typeof person === 'string' ? [{ kind: 'persons', id: person }] : []),
  ];
}

type Members = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);

/** An object, and the objects in its lists. */
const withRows = (value: unknown): Members[] =>
  isObject(value)
    ? [value, ...Object.values(value).flatMap((one) => (Array.isArray(one) ? one.filter(isObject) : []))]
    : [];

const showsNothing = (body: unknown): boolean =>
  isObject(body) && Array.isArray(body['data']) && body['data'].length === 0;

function agencyOf({ query, body }: Called, answered: unknown): { agencyCode?: string } {
  const agencyCode = [query, body, answered]
    .map((one) => (isObject(one) ? one['agencyCode'] : undefined))
    .find((code) => typeof code === 'string');
  return typeof agencyCode === 'string' ? { agencyCode } : {};
}
