import * as z from 'zod';
import { AgencyCode } from '../domain/identity/codes.ts';
import { UNASSIGNED } from '../domain/ledger/ledger.ts';
import { ProviderId } from '../domain/payment/provider.ts';
import { ColumnMapId } from '../domain/reconciliation/column-maps.ts';
import { Exception, ExceptionCategory, ExceptionState } from '../domain/reconciliation/exception.ts';
import { FaultCode, MAX_FAULTS } from '../domain/reconciliation/faults.ts';
import { StatementState, StatementTotals } from '../domain/reconciliation/statement.ts';
import { Sha256, StatementId } from '../domain/reconciliation/statement-id.ts';
import { DailyFigures, DailyRow } from '../domain/reports/daily.ts';
import { Bilingual, Cursor, DayText, InstantText, Limit, page, writtenText } from './common.ts';
import { endpoint } from './endpoint.ts';

/** Calls for finance staff: settlement files in, differences and reports out. */

const MAX_FILE_NAME = 200;

/** An agency, or money that no agency could be found for (seen by those who see all agencies). */
const AgencyOrNone = z.lazy(() => z.union([AgencyCode, z.literal(UNASSIGNED)]));

/** The link is null once the file has come. It takes one PUT, with exactly these headers. */
const StatementUpload = z.lazy(() =>
  z.strictObject({
    statementId: StatementId,
    state: StatementState,
    columnMap: ColumnMapId,
    uploadUrl: z.string().nullable(),
    uploadHeaders: z.record(z.string(), z.string()),
    expiresAt: InstantText.nullable(),
  }),
);

export const requestStatementUpload = endpoint({
  method: 'POST',
  path: '/v1/statements',
  summary: 'Announce a provider’s settlement file for one day; answers where to upload it',
  scope: 'statements:write',
  body: z.lazy(() =>
    z.strictObject({
      providerId: ProviderId.meta({ examples: ['vnpay'] }),
      businessDate: DayText,
      fileName: writtenText(MAX_FILE_NAME).optional(),
      columnMap: ColumnMapId.optional(),
      sha256: Sha256.optional(),
    }),
  ),
  idempotent: true,
  answers: { 201: StatementUpload },
  problems: ['unknown_provider', 'unprocessable'],
});

const StatementError = z.lazy(() =>
  z.strictObject({
    /** Line of the file, counting from 1; 0 for the file as a whole. */
    line: z.int().min(0),
    code: FaultCode,
    message: Bilingual,
  }),
);

const StatementBody = z.lazy(() =>
  z.strictObject({
    statementId: StatementId,
    state: StatementState,
    providerId: ProviderId,
    businessDate: DayText,
    columnMap: ColumnMapId,
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

export const readStatement = endpoint({
  method: 'GET',
  path: '/v1/statements/{statementId}',
  summary: 'Read what became of a settlement file: state, totals, errors by line',
  scope: 'reconciliation:read',
  params: z.lazy(() =>
    z.strictObject({ statementId: StatementId.meta({ examples: ['stm_5f0c2a91d4e87b3610c9a2f4'] }) }),
  ),
  answers: { 200: StatementBody },
});

const ExceptionBody = z.lazy(() =>
  z.strictObject({
    ...Exception.omit({ openedAt: true, invoiceId: true, paymentReference: true, statementId: true }).shape,
    openedAt: InstantText,
    ours: z.int().nullable(),
    theirs: z.int().nullable(),
    invoiceId: z.string().nullable(),
    paymentReference: z.string().nullable(),
    statementId: z.string().nullable(),
  }),
);

export const listExceptions = endpoint({
  method: 'GET',
  path: '/v1/exceptions',
  summary: 'List differences between our books and a partner’s, by agency, oldest first; pages may be short',
  scope: 'reconciliation:read',
  query: z.lazy(() =>
    z.strictObject({
      category: ExceptionCategory.optional(),
      state: ExceptionState.optional(),
      agencyCode: AgencyOrNone.optional(),
      provider: ProviderId.optional(),
      cursor: Cursor.optional(),
      limit: Limit,
    }),
  ),
  answers: { 200: z.lazy(() => page(ExceptionBody)) },
  problems: ['invalid_cursor', 'not_found'],
});

const DailyReportBody = z.lazy(() =>
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
  query: z.lazy(() =>
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

export const financeApi = [requestStatementUpload, readStatement, listExceptions, readDailyReport] as const;
