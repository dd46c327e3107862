import * as api from '../../shared/api/remittances.ts';
import type { CursorCodec } from '../../shared/domain/paging.ts';
import { accountBook } from '../../shared/domain/reconciliation/book-day.ts';
import { type OnStatement, type Remittance, sentBy } from '../../shared/domain/remittance/remittance.ts';
import { formatInstant, type Instant } from '../../shared/domain/time.ts';
import { answering, type Route } from '../../shared/runtime/http.ts';
import { type ConfirmDependencies, confirmRemittance } from '../../shared/usecases/confirm-remittance.ts';
import {
  type DecideDependencies,
  decideRemittance,
  visibleRemittance,
} from '../../shared/usecases/decide-remittance.ts';
import { draftRemittance } from '../../shared/usecases/draft-remittance.ts';
import { type ExportDependencies, exportRemittance } from '../../shared/usecases/export-remittance.ts';
import { type OverdueReadDependencies, overdueFor } from '../../shared/usecases/overdue-remittances.ts';
import { type ProposeDependencies, proposeRemittance } from '../../shared/usecases/propose-remittance.ts';
import {
  listRemittances,
  type ReadRemittanceDependencies,
  remittanceLinks,
} from '../../shared/usecases/read-remittances.ts';

export type RemittanceDependencies = ProposeDependencies &
  DecideDependencies &
  ExportDependencies &
  ConfirmDependencies &
  OverdueReadDependencies &
  ReadRemittanceDependencies & {
    /** Read when a list is asked for: its key stands in the secret store. */
    cursors: () => Promise<CursorCodec>;
  };

export const remittanceRoutes = (dependencies: RemittanceDependencies): Route[] => [
  answering(api.readDue, async ({ query: { bankBin, account, through }, caller }) => {
    const book = accountBook(bankBin, account);
    const due = await draftRemittance({ book, through }, caller, dependencies);
    const { from, received, fees, uncovered, unaccounted, orders, left, unplaced, waiting, head, sha256 } = due;
    return {
      status: 200,
      body: {
        ...{
          book,
          from,
          through: due.through,
          partOf: due.partOf,
          received,
          fees,
          uncovered,
          unaccounted,
          left,
          waiting,
          sha256,
        },
        orders: orders.map(({ payee, lines, amount }) => ({ payee, lines, amount })),
        incomplete: unplaced,
        open: head.open,
      },
    };
  }),

  answering(api.readOverdue, async ({ query: { agencyCode }, caller }) => {
    const { asOf, overdue } = await overdueFor(agencyCode, caller, dependencies);
    return {
      status: 200,
      body: {
        asOf: asOf === null ? null : formatInstant(asOf),
        overdue: overdue.map((one) => ({ ...one, dueAt: formatInstant(one.dueAt) })),
      },
    };
  }),

  answering(api.proposeRemittance, async ({ body: { bankBin, account, ...wish }, caller, idempotencyKey }) => {
    const command = { book: accountBook(bankBin, account), ...wish };
    const { remittance, replayed } = await proposeRemittance(command, caller, idempotencyKey, dependencies);
    const location = `/v1/remittances/${remittance.remittanceId}`;
    return { status: 201, body: remittanceBody(remittance), headers: { location }, replayed };
  }),

  answering(api.listRemittances, async ({ query: { bankBin, account, cursor, limit }, caller }) => {
    const cursors = await dependencies.cursors();
    const query = { book: accountBook(bankBin, account), cursor, limit };
    const { remittances, nextCursor } = await listRemittances(query, caller, { ...dependencies, cursors });
    return { status: 200, body: { data: remittances.map(remittanceBody), nextCursor } };
  }),

  answering(api.readRemittance, async ({ params, caller }) => ({
    status: 200,
    body: remittanceBody(await visibleRemittance(params.remittanceId, caller, dependencies)),
  })),

  answering(api.approveRemittance, async ({ params, body: { sha256 }, caller, idempotencyKey }) => {
    const decision = { action: 'approve' as const, sha256 };
    return changed(await decideRemittance(params.remittanceId, decision, caller, idempotencyKey, dependencies));
  }),

  answering(api.rejectRemittance, async ({ params, body: { reason }, caller, idempotencyKey }) => {
    const decision = { action: 'reject' as const, reason };
    return changed(await decideRemittance(params.remittanceId, decision, caller, idempotencyKey, dependencies));
  }),

  answering(api.exportRemittance, async ({ params, caller, idempotencyKey }) =>
    changed(await exportRemittance(params.remittanceId, caller, idempotencyKey, dependencies)),
  ),

  answering(api.readRemittanceFiles, async ({ params, caller }) => {
    const links = await remittanceLinks(params.remittanceId, caller, dependencies);
    return { status: 200, body: { files: links && { ...links, expiresAt: formatInstant(links.expiresAt) } } };
  }),

  answering(api.confirmRemittance, async ({ params, caller, idempotencyKey }) =>
    changed(await confirmRemittance(params.remittanceId, caller, idempotencyKey, dependencies)),
  ),
];

const changed = ({ remittance, replayed }: { remittance: Remittance; replayed: boolean }) => ({
  status: 200 as const,
  body: remittanceBody(remittance),
  replayed,
});

const instant = (at: Instant | undefined): string | null => (at === undefined ? null : formatInstant(at));
const shown = <Statement extends OnStatement>(statement: Statement | undefined) =>
  statement ? { ...statement, readAt: formatInstant(statement.readAt) } : null;

function remittanceBody(remittance: Remittance) {
  const { remittanceId, book, state, from, through, previous, again, received, orders, left, content } = remittance;
  const { fees, uncovered, unaccounted } = remittance;
  const { by, proposedAt, decidedBy, decidedAt, refusal, exportedBy, exportedAt, files } = remittance;
  return {
    partOf: remittance.partOf ?? null,
    ...{ remittanceId, book, state, from, through, previous, again, received, left, fees, uncovered, unaccounted },
    orders: orders.map(({ paid, returned, differs, ended, ...order }) => ({
      ...{ ...order, paid: shown(paid), returned: shown(returned), differs: shown(differs), ended: shown(ended) },
    })),
    sent: sentBy(remittance),
    sha256: content.sha256,
    proposedBy: by,
    proposedAt: formatInstant(proposedAt),
    decidedBy: decidedBy ?? null,
    decidedAt: instant(decidedAt),
    refusal: refusal ?? null,
    exportedBy: exportedBy ?? null,
    exportedAt: instant(exportedAt),
    files: files ? { pain001: files.pain001.sha256, csv: files.csv.sha256 } : null,
  };
}
