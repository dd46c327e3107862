import { money } from '../../shared/api/common.ts';
import * as api from '../../shared/api/finance.ts';
import { invoiceId } from '../../shared/domain/invoice/number.ts';
import type { CursorCodec } from '../../shared/domain/paging.ts';
import type { Exception, Proposal } from '../../shared/domain/reconciliation/exception.ts';
import { explain } from '../../shared/domain/reconciliation/faults.ts';
import type { FileLog, Statement } from '../../shared/domain/reconciliation/statement.ts';
import { ageBand, dueAt } from '../../shared/domain/reconciliation/workflow.ts';
import { dailyCsv } from '../../shared/domain/reports/daily.ts';
import { formatInstant, type Instant } from '../../shared/domain/time.ts';
import { answering, type Route } from '../../shared/runtime/http.ts';
import { preferredMediaType } from '../../shared/runtime/negotiation.ts';
import { type CloseDependencies, closeDay, listDays, type ShownBookDay } from '../../shared/usecases/close-day.ts';
import { type DailyReportDependencies, dailyReport } from '../../shared/usecases/daily-report.ts';
import {
  type BankFound,
  type EvidenceDependencies,
  findEvidence,
  type PaymentEvidence,
} from '../../shared/usecases/find-evidence.ts';
import { listExceptions } from '../../shared/usecases/list-exceptions.ts';
import { listFiles } from '../../shared/usecases/list-files.ts';
import { readStatement } from '../../shared/usecases/read-statement.ts';
import {
  type RequestStatementUploadDependencies,
  requestStatementUpload,
} from '../../shared/usecases/request-statement-upload.ts';
import { type SettleDependencies, type Settled, settleExceptions } from '../../shared/usecases/settle-exceptions.ts';

export type FinanceDependencies = RequestStatementUploadDependencies &
  DailyReportDependencies &
  SettleDependencies &
  CloseDependencies &
  EvidenceDependencies & {
    exceptions: Parameters<typeof listExceptions>[2]['exceptions'];
    fileLog: FileLog;
    /** Read when a list is asked for: its key stands in the secret store. */
    cursors: () => Promise<CursorCodec>;
  };

export const financeRoutes = (dependencies: FinanceDependencies): Route[] => [
  answering(api.requestStatementUpload, async ({ body, caller, idempotencyKey }) => {
    const { statement, upload, replayed } = await requestStatementUpload(body, caller, idempotencyKey, dependencies);
    return {
      status: 201,
      body: {
        statementId: statement.statementId,
        state: statement.state,
        columnMap: statement.columnMap ?? null,
        uploadUrl: upload?.url ?? null,
        uploadHeaders: upload?.headers ?? {},
        expiresAt: instant(upload?.expiresAt),
      },
      replayed,
    };
  }),

  answering(api.listStatements, async ({ query, caller }) => {
    const page = await listFiles(query, caller, { ...dependencies, cursors: await dependencies.cursors() });
    return { status: 200, body: { data: page.files.map(statementBody), nextCursor: page.nextCursor } };
  }),

  answering(api.readStatement, async ({ params, caller }) => ({
    status: 200,
    body: statementBody(await readStatement(params.statementId, caller, dependencies)),
  })),

  answering(api.listExceptions, async ({ query, caller }) => {
    const page = await listExceptions(query, caller, { ...dependencies, cursors: await dependencies.cursors() });
    const body = (exception: Exception) => exceptionBody(exception, dependencies);
    return { status: 200, body: { data: page.exceptions.map(body), nextCursor: page.nextCursor } };
  }),

  answering(api.workOnExceptions, async ({ body: { exceptions, work }, caller, idempotencyKey }) => {
    const settled = await settleExceptions(exceptions, work, caller, idempotencyKey, dependencies);
    return { status: 200, body: settledBody(settled, dependencies) };
  }),

  answering(api.decideExceptions, async ({ body: { exceptions, decision }, caller, idempotencyKey }) => {
    const settled = await settleExceptions(exceptions, { action: decision }, caller, idempotencyKey, dependencies);
    return { status: 200, body: settledBody(settled, dependencies) };
  }),

  answering(api.readEvidence, async ({ query, caller }) => {
    const { invoice, payments } = await findEvidence(query.invoice, caller, dependencies);
    return { status: 200, body: { invoiceId: invoiceId(invoice.number), payments: payments.map(evidenceBody) } };
  }),

  answering(api.listBookDays, async ({ query, caller }) => ({
    status: 200,
    body: { data: (await listDays(query, caller, dependencies)).map(bookDayBody) },
  })),

  answering(api.closeBookDay, async ({ body, caller }) => ({
    status: 200,
    body: bookDayBody(await closeDay(body, caller, dependencies)),
  })),

  answering(api.readDailyReport, async ({ query, caller, accept }) => {
    const { date, provider, agency, agencyCode = agency } = query;
    const report = await dailyReport({ date, agencyCode, provider }, caller, dependencies);
    const format =
      query.format ?? (preferredMediaType(accept, ['application/json', 'text/csv']) === 'text/csv' ? 'csv' : 'json');
    if (format === 'csv') {
      return {
        status: 200,
        body: dailyCsv(date, report),
        contentType: 'text/csv; charset=utf-8',
        headers: { 'content-disposition': `attachment; filename="daily-${date}.csv"` },
      };
    }
    const { rows, totals, ledger, asOf } = report;
    const { currency } = money(0);
    return { status: 200, body: { date, asOf: formatInstant(asOf), currency, rows: [...rows], totals, ledger } };
  }),
];

const instant = (at: Instant | undefined): string | null => (at === undefined ? null : formatInstant(at));

function statementBody(statement: Statement) {
  const { statementId, kind, state, providerId, businessDate, revision, accounts = [], taken = [] } = statement;
  return {
    statementId,
    kind,
    state,
    providerId,
    businessDate,
    columnMap: statement.columnMap ?? null,
    bankBin: statement.bankBin ?? null,
    accounts,
    format: statement.format ?? null,
    revision,
    supersedes: statement.supersedes ?? null,
    supersededBy: statement.supersededBy ?? null,
    size: statement.size ?? null,
    statements: taken.map(({ parts: _, ...inside }) => inside),
    fileName: statement.fileName ?? null,
    createdAt: formatInstant(statement.createdAt),
    readAt: instant(statement.readAt),
    endedAt: instant(statement.endedAt),
    sha256: statement.sha256 ?? null,
    totals: statement.totals ?? null,
    errors: (statement.faults ?? []).map((fault) => ({ line: fault.line, code: fault.code, message: explain(fault) })),
  };
}

const fileBody = ({ statementId, fileName, sha256, businessDate }: Statement) => ({
  ...{ statementId, businessDate },
  fileName: fileName ?? null,
  sha256: sha256 ?? null,
});

const evidenceBody = ({ movement, accountingDate, state, settlement, bank }: PaymentEvidence) => ({
  paymentId: movement.movementId,
  provider: movement.providerId,
  transactionId: movement.transactionId,
  amount: movement.amount,
  paidAt: formatInstant(movement.paidAt),
  accountingDate,
  state,
  settlement: settlement
    ? {
        file: fileBody(settlement.file),
        columnMap: settlement.file.columnMap ?? null,
        amount: settlement.line.amount,
        matched: settlement.line.matched,
        reportedAt: formatInstant(settlement.line.reportedAt),
      }
    : null,
  bank: bank ? bankEvidenceBody(bank) : null,
});

function bankEvidenceBody({ book, day, run: { sha256, revision, asOf }, item, found, entries }: BankFound) {
  const match = typeof found === 'object' ? found : undefined;
  return {
    ...{ book, day, item },
    run: { sha256, revision, asOf: formatInstant(asOf) },
    rule: match?.rule ?? null,
    version: match?.version ?? null,
    status: match?.status ?? null,
    category: typeof found === 'string' ? found : null,
    evidence: match?.evidence ?? {},
    amount: match?.theirAmount ?? null,
    entries: entries.map(({ entry, file }) => ({ entry, file: file ? fileBody(file) : null })),
  };
}

type Clock = Pick<SettleDependencies, 'calendar' | 'now'>;

function exceptionBody(exception: Exception, { calendar, now }: Clock) {
  const { openedAt, invoiceId, paymentReference, statementId, book, items, owner, comments = [], proposal } = exception;
  const { calls: _, version: __, ...facts } = exception;
  const due = dueAt(exception, calendar);
  return {
    ...facts,
    openedAt: formatInstant(openedAt),
    invoiceId: invoiceId ?? null,
    paymentReference: paymentReference ?? null,
    statementId: statementId ?? null,
    owner: owner ?? null,
    comments: comments.map(({ at, evidence, ...comment }) => ({
      ...comment,
      at: formatInstant(at),
      evidence: evidence ?? null,
    })),
    proposal: proposal ? proposalBody(proposal) : null,
    age: ageBand(exception, now()),
    dueAt: formatInstant(due),
    overdue: now() > due && ['OPEN', 'ASSIGNED', 'PROPOSED', 'REJECTED'].includes(exception.state),
    book: book ?? null,
    items: items ?? { ours: [], theirs: [] },
    merchantAccountId: exception.merchantAccountId ?? null,
  };
}

const proposalBody = ({ resolution, reason, by, at, decidedBy, decidedAt }: Proposal) => ({
  resolution,
  reason,
  by,
  at: formatInstant(at),
  decidedBy: decidedBy ?? null,
  decidedAt: instant(decidedAt),
});

const settledBody = (settled: readonly Settled[], clock: Clock) => ({
  results: settled.map((one) => ({
    exceptionId: one.place.exceptionId,
    exception: one.kind === 'done' ? exceptionBody(one.exception, clock) : null,
    refused: one.kind === 'refused' ? one.refusal.code : null,
  })),
});

const bookDayBody = ({ book, day, state, files, run, closedAt, closedBy, later, decidedOn }: ShownBookDay) => ({
  book,
  day,
  state,
  files: files.map(({ statementId, place, days }) => ({
    statementId,
    place,
    days,
    late: days.some((one) => one !== day),
  })),
  run: run
    ? {
        revision: run.revision,
        sha256: run.sha256,
        previous: run.previous,
        asOf: formatInstant(run.asOf),
        totals: run.totals,
      }
    : null,
  closedAt: instant(closedAt),
  closedBy: closedBy ?? null,
  later,
  decidedOn,
});
