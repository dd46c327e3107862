import * as z from 'zod';
import { ServiceFigures, TakingFigures } from '../domain/aggregates/aggregate.ts';
import { AgencyCode } from '../domain/identity/codes.ts';
import { lazy } from '../domain/lazy.ts';
import { UNASSIGNED } from '../domain/ledger/ledger.ts';
import { ProviderId } from '../domain/payment/provider.ts';
import { Sha256 } from '../domain/reconciliation/statement-id.ts';
import { ReportFault, ReportFormat, ReportJobId, ReportJobState } from '../domain/reports/job.ts';
import { ReportId } from '../domain/reports/reports.ts';
import { Bilingual, DayText, InstantText, Limit } from './common.ts';
import { endpoint } from './endpoint.ts';

/** Calls for finance staff: reports, answered at once where they are short, made by a job where they are long. */

/** An agency, or money that no agency could be found for (seen by those who see all agencies). */
const AgencyOrNone = lazy(() => z.union([AgencyCode, z.literal(UNASSIGNED)]));

const ColumnBody = lazy(() =>
  z.strictObject({
    key: z.string(),
    title: Bilingual,
    /** `amount`: whole dong; `hundredths`: text with two decimals; days and instants as everywhere. */
    kind: z.enum(['text', 'amount', 'count', 'hundredths', 'day', 'instant']),
  }),
);

export const listReports = endpoint({
  method: 'GET',
  path: '/v1/reports',
  summary: 'The reports that there are, with their columns',
  scope: 'reports:read',
  unlogged: 'nobodys',
  answers: {
    200: lazy(() =>
      z.strictObject({
        reports: z.array(
          z.strictObject({
            reportId: ReportId,
            title: Bilingual,
            notes: z.array(Bilingual),
            /** Whether it may be asked for one provider. */
            byProvider: z.boolean(),
            columns: z.array(ColumnBody),
          }),
        ),
        formats: z.array(ReportFormat),
      }),
    ),
  },
});

const ReportParams = lazy(() => z.strictObject({ reportId: ReportId.meta({ examples: ['remittance'] }) }));

export const readReport = endpoint({
  method: 'GET',
  path: '/v1/reports/{reportId}',
  summary: 'A report of at most 31 days and 5,000 rows, as the books stand now',
  scope: 'reports:read',
  params: ReportParams,
  query: lazy(() =>
    z.strictObject({
      /** Days in Viet Nam, both included. */
      from: DayText,
      to: DayText,
      agencyCode: AgencyOrNone.optional(),
      provider: ProviderId.optional(),
    }),
  ),
  answers: {
    200: lazy(() =>
      z.strictObject({
        reportId: ReportId,
        title: Bilingual,
        issuer: Bilingual,
        from: DayText,
        to: DayText,
        provider: z.string().nullable(),
        agencyCodes: z.array(z.string()),
        /** The books as they stood then. */
        asOf: InstantText,
        currency: z.literal('VND'),
        notes: z.array(Bilingual),
        columns: z.array(ColumnBody),
        /** By the keys of the columns, in their order. */
        rows: z.array(z.record(z.string(), z.union([z.string(), z.int(), z.null()]))),
        rowCount: z.int().min(0),
        totals: z.record(z.string(), z.union([z.string(), z.int()])),
        /** What the report says and what the ledger says of it: equal. */
        proofs: z.array(z.strictObject({ what: Bilingual, report: z.int(), ledger: z.int() })),
        /** SHA-256 over the rows, a line of JSON of the cells for each: the same in every format. */
        rowsSha256: Sha256,
      }),
    ),
  },
  problems: ['not_found', 'unprocessable', 'report_range_too_wide', 'report_too_long'],
});

const JobBody = lazy(() =>
  z.strictObject({
    jobId: ReportJobId,
    state: ReportJobState,
    reportId: ReportId,
    from: DayText,
    to: DayText,
    agencyCode: z.string().nullable(),
    provider: z.string().nullable(),
    format: ReportFormat,
    /** The instant of the books that it tells. */
    createdAt: InstantText,
    endedAt: InstantText.nullable(),
    /** Rows written so far. */
    rows: z.int().min(0),
    file: z
      .strictObject({
        /** Fetches the file with a plain GET until it expires; asking again gets a fresh one. */
        url: z.string(),
        expiresAt: InstantText,
        bytes: z.int(),
        sha256: Sha256,
        /** Of the rows: the same in every format. */
        rowsSha256: Sha256,
      })
      .nullable(),
    fault: z.strictObject({ code: ReportFault, message: Bilingual }).nullable(),
  }),
);

export const requestReport = endpoint({
  method: 'POST',
  path: '/v1/report-jobs',
  summary: 'Have a report of at most 366 days made as JSON, CSV, Excel or PDF, of the books as they stand now',
  scope: 'reports:read',
  body: lazy(() =>
    z.strictObject({
      reportId: ReportId,
      from: DayText,
      to: DayText,
      agencyCode: AgencyOrNone.optional(),
      provider: ProviderId.optional(),
      format: ReportFormat,
    }),
  ),
  idempotent: true,
  answers: { 202: JobBody },
  problems: ['not_found', 'unprocessable', 'report_range_too_wide'],
});

export const readReportJob = endpoint({
  method: 'GET',
  path: '/v1/report-jobs/{jobId}',
  summary: 'How far a report is; once it is done, a link to its file that works for 15 minutes',
  scope: 'reports:read',
  params: lazy(() => z.strictObject({ jobId: ReportJobId.meta({ examples: ['rpt_5f0c2a91d4e87b3610c9a2f4'] }) })),
  answers: { 200: JobBody },
  problems: ['not_found'],
});

const aggregate = () => ({
  day: DayText,
  agencyCode: z.string(),
  /** 1 as the row is first told; the last one counts, whole. */
  revision: z.int().min(1),
  toldAt: InstantText,
});

/** A row of the aggregate feed. The same shape is published as `docs/aggregate.v1.json`. */
export const AggregateBody = lazy(() =>
  z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('takings'), ...aggregate(), providerId: z.string(), figures: TakingFigures }),
    z.strictObject({ kind: z.literal('services'), ...aggregate(), figures: ServiceFigures }),
  ]),
);

export const readAggregates = endpoint({
  method: 'GET',
  path: '/v1/aggregates',
  summary:
    'Read what was told of each day: takings by agency and provider, dossiers by agency and procedure, without personal data. A day that changes is told again with its next revision; go on with after=. Pages may be short',
  scope: 'aggregates:read',
  unlogged: 'nobodys',
  query: lazy(() =>
    z.strictObject({
      /** Where the last page ended; 0 or nothing for the beginning. */
      after: z
        .string()
        .regex(/^(?:0|[1-9][0-9]{0,11})$/)
        .transform(Number)
        .default(0),
      limit: Limit,
    }),
  ),
  answers: {
    200: lazy(() =>
      z.strictObject({
        data: z.array(AggregateBody),
        /** Always there: ask with it again later. */
        next: z.int().min(0),
        /** Nothing more was there as this was answered. */
        caughtUp: z.boolean(),
      }),
    ),
  },
  problems: ['not_found'],
});

export const reportsApi = [listReports, readReport, requestReport, readReportJob, readAggregates] as const;
