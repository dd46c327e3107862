import * as z from 'zod';
import { AgencyCode } from '../domain/identity/codes.ts';
import { InvoiceId } from '../domain/invoice/number.ts';
import { lazy } from '../domain/lazy.ts';
import { UNASSIGNED } from '../domain/ledger/ledger.ts';
import { ProviderId } from '../domain/payment/provider.ts';
import { StatementMapId } from '../domain/reconciliation/bank/maps.ts';
import { BookId } from '../domain/reconciliation/book-day.ts';
import { ColumnMapId } from '../domain/reconciliation/column-maps.ts';
import {
  Exception,
  ExceptionCategory,
  ExceptionState,
  Resolution,
  ResolutionReason,
} from '../domain/reconciliation/exception.ts';
import { FaultCode, MAX_FAULTS } from '../domain/reconciliation/faults.ts';
import {
  AccountNumber,
  BankBin,
  StatementKind,
  StatementState,
  StatementTotals,
  TakenStatement,
} from '../domain/reconciliation/statement.ts';
import { Sha256, StatementId } from '../domain/reconciliation/statement-id.ts';
import { ageBands } from '../domain/reconciliation/workflow.ts';
import { DailyFigures, DailyRow } from '../domain/reports/daily.ts';
import { Bilingual, Cursor, DayText, InstantText, Limit, MAX_PAGE, page, writtenText } from './common.ts';
import { endpoint } from './endpoint.ts';

/** Calls for finance staff: settlement files in, differences and reports out. */

const MAX_FILE_NAME = 200;
/** Most accounts that one file may tell of. */
const MAX_ACCOUNTS = 50;

const AnyMapId = lazy(() => z.union([ColumnMapId, StatementMapId]));

/** An agency, or money that no agency could be found for (seen by those who see all agencies). */
const AgencyOrNone = lazy(() => z.union([AgencyCode, z.literal(UNASSIGNED)]));

/** The link is null once the file has come. It takes one PUT, with exactly these headers. */
const StatementUpload = lazy(() =>
  z.strictObject({
    statementId: StatementId,
    state: StatementState,
    /** Null where the format says by itself what its fields are. */
    columnMap: AnyMapId.nullable(),
    uploadUrl: z.string().nullable(),
    uploadHeaders: z.record(z.string(), z.string()),
    expiresAt: InstantText.nullable(),
  }),
);

const anyFile = () => ({
  businessDate: DayText,
  fileName: writtenText(MAX_FILE_NAME).optional(),
  sha256: Sha256.optional(),
  /** The file of the same partner and day in whose place this one shall stand. */
  supersedes: StatementId.optional(),
});

export const requestStatementUpload = endpoint({
  method: 'POST',
  path: '/v1/statements',
  summary: 'Announce a settlement file, or a statement of a bank or treasury, for one day; answers where to upload it',
  scope: 'statements:write',
  body: lazy(() =>
    z.union([
      z.strictObject({
        kind: z.literal('settlement').optional(),
        providerId: ProviderId.meta({ examples: ['vnpay'] }),
        ...anyFile(),
        columnMap: ColumnMapId.optional(),
      }),
      z.strictObject({
        kind: z.enum(['bank', 'treasury']),
        bankBin: BankBin.meta({ examples: ['970415'] }),
        /** The accounts that the file may tell of; one that tells of another is refused. */
        accounts: z.array(AccountNumber).min(1).max(MAX_ACCOUNTS),
        ...anyFile(),
        /** Needed for delimited and fixed-width files only. */
        columnMap: StatementMapId.optional(),
      }),
    ]),
  ),
  idempotent: true,
  answers: { 201: StatementUpload },
  problems: ['unknown_provider', 'unknown_account', 'unprocessable'],
});

const StatementError = lazy(() =>
  z.strictObject({
    /** Line of the file, counting from 1; 0 for the file as a whole. */
    line: z.int().min(0),
    code: FaultCode,
    message: Bilingual,
  }),
);

/** Amounts in minor units of the currency, as text. */
const StatementInside = lazy(() =>
  z.strictObject({
    ...TakenStatement.omit({ parts: true, findings: true }).shape,
    findings: z.array(z.strictObject({ code: z.string(), figures: z.record(z.string(), z.string()) })),
  }),
);

const StatementBody = lazy(() =>
  z.strictObject({
    statementId: StatementId,
    kind: StatementKind,
    state: StatementState,
    providerId: ProviderId,
    businessDate: DayText,
    columnMap: AnyMapId.nullable(),
    bankBin: BankBin.nullable(),
    accounts: z.array(AccountNumber),
    format: z.string().nullable(),
    revision: z.int().min(1),
    supersedes: StatementId.nullable(),
    supersededBy: StatementId.nullable(),
    /** Bytes of the content that was read. */
    size: z.int().min(0).nullable(),
    /** Of a bank's file: what it said. */
    statements: z.array(StatementInside),
    fileName: z.string().nullable(),
    createdAt: InstantText,
    readAt: InstantText.nullable(),
    endedAt: InstantText.nullable(),
    /** Of the content that was read. */
    sha256: Sha256.nullable(),
    totals: z.strictObject(StatementTotals.shape).nullable(),
    /** The first of them, in order of lines. */
    errors: z.array(StatementError).max(MAX_FAULTS),
  }),
);

export const listStatements = endpoint({
  method: 'GET',
  path: '/v1/statements',
  summary: 'The log of files announced in a month, newest first; pages may be short',
  scope: 'reconciliation:read',
  query: lazy(() =>
    z.strictObject({
      month: z
        .string()
        .regex(/^20[0-9]{2}-(?:0[1-9]|1[0-2])$/)
        .meta({ examples: ['2026-11'] }),
      cursor: Cursor.optional(),
      limit: Limit,
    }),
  ),
  answers: { 200: lazy(() => page(StatementBody)) },
  problems: ['invalid_cursor'],
});

export const readStatement = endpoint({
  method: 'GET',
  path: '/v1/statements/{statementId}',
  summary: 'Read what became of a file: state, totals, errors by line',
  scope: 'reconciliation:read',
  params: lazy(() => z.strictObject({ statementId: StatementId.meta({ examples: ['stm_5f0c2a91d4e87b3610c9a2f4'] }) })),
  answers: { 200: StatementBody },
});

const ExceptionBody = lazy(() =>
  z.strictObject({
    ...Exception.omit({
      openedAt: true,
      invoiceId: true,
      paymentReference: true,
      statementId: true,
      book: true,
      items: true,
      owner: true,
      comments: true,
      proposal: true,
      calls: true,
      version: true,
    }).shape,
    openedAt: InstantText,
    ours: z.int().nullable(),
    theirs: z.int().nullable(),
    invoiceId: z.string().nullable(),
    paymentReference: z.string().nullable(),
    statementId: z.string().nullable(),
    owner: z.string().nullable(),
    comments: z.array(
      z.strictObject({ by: z.string(), at: InstantText, text: z.string(), evidence: z.string().nullable() }),
    ),
    proposal: z
      .strictObject({
        resolution: Resolution,
        reason: ResolutionReason,
        by: z.string(),
        at: InstantText,
        decidedBy: z.string().nullable(),
        decidedAt: InstantText.nullable(),
      })
      .nullable(),
    /** In days of the calendar since it was opened. */
    age: z.enum(ageBands),
    /** Until when it is to be settled. */
    dueAt: InstantText,
    overdue: z.boolean(),
    /** The bank account whose matching found it. */
    book: z.string().nullable(),
    /** Names of what our books and the bank's statement have there. */
    items: z.strictObject({ ours: z.array(z.string()), theirs: z.array(z.string()) }),
    /** The account of ours whose money it is; null where the items do not tell, and a write-off may have to name it. */
    merchantAccountId: z.string().nullable(),
  }),
);

export const listExceptions = endpoint({
  method: 'GET',
  path: '/v1/exceptions',
  summary: 'List differences between our books and a partner’s, by agency, oldest first; pages may be short',
  scope: 'reconciliation:read',
  query: lazy(() =>
    z.strictObject({
      category: ExceptionCategory.optional(),
      state: ExceptionState.optional(),
      agencyCode: AgencyOrNone.optional(),
      provider: ProviderId.optional(),
      cursor: Cursor.optional(),
      limit: Limit,
    }),
  ),
  answers: { 200: lazy(() => page(ExceptionBody)) },
  problems: ['invalid_cursor', 'not_found'],
});

const ExceptionName = lazy(() =>
  z.strictObject({
    agencyCode: AgencyOrNone.meta({ examples: ['H29.12'] }),
    businessDate: DayText,
    exceptionId: Exception.shape.exceptionId.meta({ examples: ['exc_5f0c2a91d4e87b3610c9a2f4'] }),
  }),
);

/** What became of each, in the order of the call. */
const SettledBody = lazy(() =>
  z.strictObject({
    results: z.array(
      z.strictObject({
        exceptionId: z.string(),
        exception: ExceptionBody.nullable(),
        /** The code of the problem for which this one was refused. */
        refused: z.string().nullable(),
      }),
    ),
  }),
);

const FileName = lazy(() =>
  z.strictObject({
    statementId: StatementId,
    fileName: z.string().nullable(),
    sha256: Sha256.nullable(),
    businessDate: DayText,
  }),
);

const EvidenceBody = lazy(() =>
  z.strictObject({
    invoiceId: InvoiceId,
    payments: z.array(
      z.strictObject({
        paymentId: z.string(),
        provider: z.string(),
        transactionId: z.string(),
        amount: z.int(),
        paidAt: InstantText,
        accountingDate: DayText,
        /** `RECORDED`: our books have it; `REPORTED`: the provider's file, too; `SETTLED`: its money is at the bank. */
        state: z.enum(['RECORDED', 'REPORTED', 'SETTLED']),
        /** The line of the provider's file under the transaction id; null where no file tells of it. */
        settlement: z
          .strictObject({
            file: FileName,
            columnMap: z.string().nullable(),
            amount: z.int(),
            matched: z.boolean(),
            reportedAt: InstantText,
          })
          .nullable(),
        /** What the last run of the bank account says that knew of it; null where none does. */
        bank: z
          .strictObject({
            book: BookId,
            day: DayText,
            run: z.strictObject({ sha256: Sha256, revision: z.int(), asOf: InstantText }),
            /** What our books expect there: the transfer, or the payout that the payment is in. */
            item: z.string(),
            rule: z.string().nullable(),
            version: z.int().nullable(),
            status: z.enum(['confirmed', 'suggested']).nullable(),
            /** Why it is not matched. */
            category: ExceptionCategory.nullable(),
            evidence: z.record(z.string(), z.union([z.string(), z.number()])),
            amount: z.int().nullable(),
            /** Entries of the bank's statement, and the file that brought each. */
            entries: z.array(z.strictObject({ entry: z.string(), file: FileName.nullable() })),
          })
          .nullable(),
      }),
    ),
  }),
);

export const readEvidence = endpoint({
  method: 'GET',
  path: '/v1/reconciliation/evidence',
  summary: 'What proves each payment of an invoice: file, line, rule, run and the bank’s entry',
  scope: 'reconciliation:read',
  query: lazy(() => z.strictObject({ invoice: InvoiceId })),
  answers: { 200: EvidenceBody },
});

const SUBJECT_CHARACTERS = 128;
const COMMENT_CHARACTERS = 1000;

export const workOnExceptions = endpoint({
  method: 'POST',
  path: '/v1/exceptions/work',
  summary: 'Assign, comment or propose how to settle: one exception, or up to a hundred at once',
  scope: 'reconciliation:write',
  body: lazy(() =>
    z.strictObject({
      exceptions: z.array(ExceptionName).min(1).max(MAX_PAGE),
      work: z.discriminatedUnion('action', [
        z.strictObject({ action: z.literal('assign'), owner: writtenText(SUBJECT_CHARACTERS, 'clerk-7') }),
        z.strictObject({
          action: z.literal('comment'),
          text: writtenText(COMMENT_CHARACTERS, 'Bank confirms a double transfer'),
          evidence: Sha256.optional(),
        }),
        z.strictObject({ action: z.literal('propose'), resolution: Resolution, reason: ResolutionReason }),
      ]),
    }),
  ),
  idempotent: true,
  answers: { 200: SettledBody },
});

export const decideExceptions = endpoint({
  method: 'POST',
  path: '/v1/exceptions/decisions',
  summary: 'Approve or reject what another person proposed: one exception, or up to a hundred at once',
  scope: 'reconciliation:approve',
  body: lazy(() =>
    z.strictObject({
      exceptions: z.array(ExceptionName).min(1).max(MAX_PAGE),
      decision: z.enum(['approve', 'reject']),
    }),
  ),
  idempotent: true,
  answers: { 200: SettledBody },
});

const SumBody = lazy(() => z.strictObject({ count: z.int().min(0), amount: z.int() }));

const BookDayBody = lazy(() =>
  z.strictObject({
    book: BookId,
    day: DayText,
    state: z.enum(['OPEN', 'CLOSED']),
    files: z.array(
      z.strictObject({ statementId: StatementId, place: z.int().min(1), days: z.array(DayText), late: z.boolean() }),
    ),
    run: z
      .strictObject({
        revision: z.int().min(1),
        sha256: Sha256,
        previous: Sha256.nullable(),
        asOf: InstantText,
        totals: z.strictObject({
          ours: SumBody,
          theirs: SumBody,
          confirmed: SumBody,
          suggested: SumBody,
          waiting: z.strictObject({ ours: SumBody, theirs: SumBody }),
          exceptions: z.record(z.string(), SumBody),
        }),
      })
      .nullable(),
    closedAt: InstantText.nullable(),
    closedBy: z.string().nullable(),
    /** Files that tell of this day and count on a later one, since they came when it was closed. */
    later: z.array(z.strictObject({ statementId: StatementId, place: z.int().min(1), countsOn: DayText })),
    /** Of a closed day: the first open one behind it that is known, whose run knows what is decided about it from now on. */
    decidedOn: DayText.nullable(),
  }),
);

export const listBookDays = endpoint({
  method: 'GET',
  path: '/v1/book-days',
  summary: 'The days of a bank account or of a provider: files, what matching came to, closings',
  scope: 'reconciliation:read',
  query: lazy(() =>
    z.strictObject({
      book: BookId.meta({ examples: ['account:970415:1234567890'] }),
      from: DayText,
      to: DayText,
    }),
  ),
  answers: { 200: lazy(() => z.strictObject({ data: z.array(BookDayBody) })) },
  problems: ['not_found'],
});

export const closeBookDay = endpoint({
  method: 'POST',
  path: '/v1/book-days/closings',
  summary: 'Close a partner’s day as it was seen; what comes late counts on the next open day',
  scope: 'reconciliation:write',
  body: lazy(() =>
    z.strictObject({
      book: BookId.meta({ examples: ['account:970415:1234567890'] }),
      day: DayText,
      /** Hash of the run that was seen; null for a provider's day, which has none. */
      sha256: Sha256.nullable().meta({ examples: ['0'.repeat(64)] }),
    }),
  ),
  idempotent: true,
  answers: { 200: BookDayBody },
  problems: ['not_found', 'day_changed', 'unprocessable'],
});

const DailyReportBody = lazy(() =>
  z.strictObject({
    date: DayText,
    /** The journal as it stood then. */
    asOf: InstantText,
    currency: z.literal('VND'),
    rows: z.array(DailyRow),
    totals: DailyFigures,
    /** Sums of the ledger lines themselves: equal to each other and to what was received and what went back. */
    ledger: z.strictObject({ debit: z.int().min(0), credit: z.int().min(0) }),
  }),
);

export const readDailyReport = endpoint({
  method: 'GET',
  path: '/v1/reports/daily',
  summary:
    'Report of an accounting date, agency by provider: collected, reported, difference. As text/csv with format=csv or Accept: text/csv',
  scope: 'reports:read',
  query: lazy(() =>
    z
      .strictObject({
        date: DayText,
        agency: AgencyOrNone.optional(),
        /** The same as `agency`. */
        agencyCode: AgencyOrNone.optional(),
        provider: ProviderId.optional(),
        format: z.enum(['json', 'csv']).optional(),
      })
      .refine(({ agency, agencyCode }) => agency === undefined || agencyCode === undefined || agency === agencyCode, {
        message: 'agency and agencyCode name two agencies',
      }),
  ),
  answers: { 200: DailyReportBody },
  alsoAs: ['text/csv'],
  problems: ['not_found'],
});

export const financeApi = [
  requestStatementUpload,
  listStatements,
  readStatement,
  listExceptions,
  workOnExceptions,
  decideExceptions,
  listBookDays,
  closeBookDay,
  readDailyReport,
] as const;
