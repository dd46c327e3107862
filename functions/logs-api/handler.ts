import * as api from '../../shared/api/logs.ts';
import type { CallbackRecord, ReadRecord } from '../../shared/domain/logbook/record.ts';
import { formatInstant } from '../../shared/domain/time.ts';
import { documentClient } from '../../shared/runtime/aws.ts';
import { callerOf, operatorOf } from '../../shared/runtime/callers.ts';
import { LogsApiEnvironment, readEnvironment } from '../../shared/runtime/environment.ts';
import { answering, httpFunction } from '../../shared/runtime/http.ts';
import { recordId } from '../../shared/runtime/logbook.ts';
import { AuditStore } from '../../shared/store/audit-store.ts';
import { LogbookStore } from '../../shared/store/logbook-store.ts';
import { RegistryStore } from '../../shared/store/registry-store.ts';
import { readCallbacks } from '../../shared/usecases/read-callbacks.ts';
import { MAX_DAYS_OF_ACTS, MAX_DAYS_OF_READS, readLog } from '../../shared/usecases/read-log.ts';

const environment = readEnvironment(LogsApiEnvironment, process.env);
const db = documentClient();
const registry = new RegistryStore(db, environment.REGISTRY_TABLE);
const logbook = new LogbookStore(db, environment.AUDIT_TABLE);
const audit = new AuditStore(db, environment.AUDIT_TABLE, recordId);

const presentRead = ({ at, by, clientId, step, call, subjects, agencyCode }: ReadRecord) => ({
  ...{ at: formatInstant(at), by, clientId, step, call, subjects, agencyCode: agencyCode ?? null },
});

const presentCallback = ({ at, outcome, reason, sha256, bytes, told, status, answer }: CallbackRecord) => ({
  ...{ at: formatInstant(at), outcome, reason: reason ?? null, sha256, bytes },
  told: told.map(({ reference, transactionId, outcome: said, amount, resultCode }) => ({
    ...{ reference: reference ?? null, transactionId, outcome: said, amount, resultCode },
  })),
  answer: { status, body: answer },
});

/** Auditors read the logbook; a bank reads what it sent. */
export const handler = httpFunction(
  [
    answering(api.readAudit, async ({ query }) => {
      const { entries, nextAfter = null } = await readLog(query, audit, MAX_DAYS_OF_ACTS);
      return { status: 200, body: { data: entries.map((act) => ({ ...act, at: formatInstant(act.at) })), nextAfter } };
    }),

    answering(api.readReads, async ({ query }) => {
      const { entries, nextAfter = null } = await readLog(query, logbook, MAX_DAYS_OF_READS);
      return { status: 200, body: { data: entries.map(presentRead), nextAfter } };
    }),

    answering(api.readCallbacks, async ({ params, query, caller }) => {
      const asked = { ...params, ...query, from: Date.parse(query.from), to: Date.parse(query.to) };
      const { callbacks, nextAfter = null } = await readCallbacks(asked, caller, { callbacks: logbook });
      return { status: 200, body: { data: callbacks.map(presentCallback), nextAfter } };
    }),
  ],
  (claims, endpoint) => (endpoint.scope === 'audit:read' ? operatorOf(claims, registry) : callerOf(claims, registry)),
);
