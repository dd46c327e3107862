import type { ReportJobId } from '../../shared/domain/reports/job.ts';
import { makeReport } from '../../shared/usecases/make-report.ts';
import { requestReport } from '../../shared/usecases/request-report.ts';
import { tellAggregates } from '../../shared/usecases/tell-aggregates.ts';
import { AFTERWARDS, booksOf, MONTH, type Order } from '../dsl/books.ts';
import { type Around, type CrashCase, through } from '../dsl/crash-matrix.ts';
import { MemoryAggregates } from '../fakes/memory-aggregates.ts';
import { MemoryFeed } from '../fakes/memory-feed.ts';
import { MemoryReportFiles, MemoryReports } from '../fakes/memory-reports.ts';
import { everyone } from './finance-world.ts';

/** Cases of the crash matrix: reports that are made by jobs. */

const ORDERS: readonly Order[] = [3, 9].map((day) => ({
  ...{ agency: 'H29.12', day, procedure: '1.004222' },
  lines: [{ kind: 'phi', amount: 100_000, beneficiary: 'main' }],
  paid: { parts: 1, provider: 'vnpay', goesBack: false },
}));

type Bureau = {
  books: Awaited<ReturnType<typeof booksOf>>;
  jobs: MemoryReports;
  files: MemoryReportFiles;
  told: Set<string>;
  clock: { at: number };
  jobId?: ReportJobId;
  seen?: unknown;
};

const ask = ({ books, jobs, told, clock }: Bureau, around: Around) =>
  requestReport({ reportId: 'remittance', ...MONTH, format: 'xlsx' }, everyone, 'key-number-1', {
    jobs: through(jobs, around),
    queue: through({ send: async (order: unknown) => void told.add(JSON.stringify(order)) }, around),
    registry: books.dependencies.registry,
    now: () => clock.at,
  });

async function bureau(asked: boolean): Promise<Bureau> {
  const there: Bureau = {
    ...{ books: await booksOf(ORDERS), jobs: new MemoryReports(), files: new MemoryReportFiles() },
    ...{ told: new Set<string>(), clock: { at: AFTERWARDS } },
  };
  if (asked) there.jobId = (await ask(there, (_, call) => call())).job.jobId;
  return there;
}

const wait = ({ clock }: Bureau, milliseconds: number): void => {
  clock.at += milliseconds;
};

const requesting: CrashCase<Bureau> = {
  useCase: 'request-report',
  story: 'a report is asked for',
  world: () => bureau(false),
  call: async (there, around) => {
    const { job } = await ask(there, around);
    there.seen = await there.jobs.find(job.jobId);
    return job;
  },
  state: ({ seen, told }) => ({ seen, told: [...told] }),
  wait,
  answer: (job) => job,
};

const making: CrashCase<Bureau> = {
  useCase: 'make-report',
  story: 'a workbook is made',
  world: () => bureau(true),
  call: async (there, around) => {
    const { books, jobs, files, clock, jobId = '' } = there;
    const { dependencies } = books;
    await makeReport(jobId, {
      ...dependencies,
      journal: through(dependencies.journal, around, ['ofDay']),
      invoices: through(dependencies.invoices, around),
      beneficiaries: through(dependencies.beneficiaries, around),
      registry: through({ ...dependencies.registry, client: async () => everyone.client }, around),
      jobs: through(jobs, around),
      files: through(files, around),
      now: () => clock.at,
    });
    there.seen = await jobs.find(jobId);
  },
  state: ({ seen, files }) => ({
    seen,
    files: [...files.objects].map(([key, { contentType, bytes }]) => [key, contentType, bytes.toString('base64')]),
  }),
  wait,
};

type Monitor = { books: Bureau['books']; aggregates: MemoryAggregates; feed: MemoryFeed; clock: { at: number } };

const telling: CrashCase<Monitor> = {
  useCase: 'tell-aggregates',
  story: 'a payment and its dossier are told',
  world: async () => ({
    ...{ books: await booksOf(ORDERS), aggregates: new MemoryAggregates() },
    // Two days to count and one agency: each call of a port is a place to die.
    ...{ feed: new MemoryFeed(), clock: { at: Date.parse('2026-11-06T09:00:00+07:00') } },
  }),
  call: async ({ books, aggregates, feed, clock }, around) => {
    const { journal, invoices, feeProcedures } = books.dependencies;
    const late = through(feed, around);
    const dependencies = {
      ...{ feeProcedures, first: '2026-11-04', late, now: () => clock.at },
      watermark: { read: late.read.bind(late), advance: late.advance.bind(late), clock: undefined },
      aggregates: through(aggregates, around),
      journal: through(journal, around),
      invoices: through(invoices, around),
      registry: through({ agencyCodes: async () => ['H29.12'] }, around),
    };
    return tellAggregates(Number.MAX_SAFE_INTEGER, dependencies, (_, error) => {
      throw error;
    });
  },
  state: ({ aggregates }) => {
    const { told, progress } = aggregates.contents();
    // Agencies are read at the same time: which of them is first is nobody's business.
    return { told: told.map(({ toldAt: _, ...row }) => row), progress: progress.sort() };
  },
  wait: ({ clock }, milliseconds) => {
    clock.at += milliseconds;
  },
};

export const reportCases = [requesting, making, telling];
