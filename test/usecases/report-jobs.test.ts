import { describe, expect, it, vi } from 'vitest';
import type { Client } from '../../shared/domain/registry/registry.ts';
import { mostRows, reportKey } from '../../shared/domain/reports/job.ts';
import { makeReport } from '../../shared/usecases/make-report.ts';
import { type RequestReport, readReportJob, requestReport } from '../../shared/usecases/request-report.ts';
import { AFTERWARDS, AGENCIES, booksOf, MONTH, type Order } from '../dsl/books.ts';
import { refusalOf } from '../dsl/invoicing.ts';
import { MemoryReportFiles, MemoryReports } from '../fakes/memory-reports.ts';
import { callerFor, everyone } from './finance-world.ts';

/** With PDFs of at most a hundred rows. */
vi.mock(import('../../shared/domain/reports/job.ts'), async (original) => {
  const job = await original();
  return { ...job, mostRows: { ...job.mostRows, pdf: 100 } };
});

const ORDERS: readonly Order[] = [3, 4, 5].map((day) => ({
  ...{ agency: 'H29.12', day, procedure: '1.004222' },
  lines: [{ kind: 'phi', amount: 100_000, beneficiary: 'main' }],
  paid: { parts: 1, provider: 'vnpay', goesBack: false },
}));

async function bureau(client: Partial<Client> | undefined = {}) {
  const books = await booksOf(ORDERS);
  const jobs = new MemoryReports();
  const files = new MemoryReportFiles();
  const told: unknown[] = [];
  const clock = { at: AFTERWARDS };
  const registry = {
    ...books.dependencies.registry,
    client: async () => (client ? { ...everyone.client, ...client } : undefined),
  };
  const dependencies = {
    ...{ ...books.dependencies, registry, jobs, files, now: () => clock.at },
    queue: { send: async (order: unknown) => void told.push(order) },
  };
  const ask = (more: Partial<RequestReport> = {}, key = 'key-number-1', caller = everyone) =>
    requestReport({ reportId: 'payment-register', ...MONTH, format: 'xlsx', ...more }, caller, key, dependencies);
  return { books, jobs, files, told, clock, dependencies, ask };
}

describe('asking for a report', () => {
  it('writes the job down and tells the maker; the same call is the same job', async () => {
    const { ask, told } = await bureau();
    const { job, replayed } = await ask();
    expect(job).toMatchObject({ state: 'WAITING', reportId: 'payment-register', format: 'xlsx', rows: 0 });
    expect(replayed).toBe(false);
    expect(await ask()).toEqual({ job, replayed: true });
    // Its first word may have been lost: as long as it waits, the maker is told again.
    expect(told).toEqual([{ make: job.jobId }, { make: job.jobId }]);
  });

  it('refuses another body under the key, and what no report can be made of', async () => {
    const { ask, told } = await bureau();
    await ask();
    expect(await refusalOf(ask({ format: 'pdf' }))).toBe('idempotency_key_reused');
    expect(await refusalOf(ask({ from: '2025-11-29' }, 'key-number-2'))).toBe('report_range_too_wide');
    expect(await refusalOf(ask({ agencyCode: AGENCIES[0] }, 'key-number-3', callerFor(['H29.13'])))).toBe('not_found');
    expect(told).toHaveLength(1);
  });
});

describe('making a report', () => {
  it('ends the job with the file, which a link fetches', async () => {
    const { ask, dependencies, files } = await bureau();
    const { job } = await ask();
    const { job: made } = await makeReport(job.jobId, dependencies);
    expect(made).toMatchObject({ state: 'DONE', rows: 3, file: { bytes: expect.any(Number) } });
    expect([...files.objects.keys()]).toEqual([`reports/${job.jobId}/payment-register_2026-11-01_2026-11-30.xlsx`]);
    const { link } = await readReportJob(job.jobId, everyone, dependencies);
    expect(link?.url).toContain(reportKey(made));
    expect(link?.expiresAt).toBe(AFTERWARDS + 900_000);
  });

  it('is for the client that asked: to others the job does not exist', async () => {
    const { ask, dependencies } = await bureau();
    const { job } = await ask();
    const other = callerFor('*', 'finance-checker');
    expect(await refusalOf(readReportJob(job.jobId, other, dependencies))).toBe('not_found');
    expect((await readReportJob(job.jobId, everyone, dependencies)).link).toBeUndefined();
  });

  it('is of the books as they stood when it was asked for', async () => {
    const { ask, dependencies, books, clock } = await bureau();
    const { job } = await ask({ to: '2026-12-31' });
    const [entry] = await entriesOf(books);
    if (!entry) throw new Error('no entry');
    const committedAt = AFTERWARDS + 1;
    await books.journal.append({ ...entry, movementId: 'mov_vnpay_later', accountingDate: '2026-12-05', committedAt });
    clock.at += 60_000;
    expect((await makeReport(job.jobId, dependencies)).job.rows).toBe(3);
  });

  it('makes no file of a report that does not foot, and says so', async () => {
    const { ask, dependencies, books, files } = await bureau();
    const [entry] = await entriesOf(books);
    if (!entry) throw new Error('no entry');
    await books.journal.append({ ...entry, movementId: 'mov_vnpay_planted', lines: entry.lines.slice(0, 1) });
    const { job, broken } = await makeReport((await ask()).job.jobId, dependencies);
    expect(job).toMatchObject({ state: 'FAILED', fault: 'does_not_foot' });
    expect(broken?.message).toContain('does not foot');
    expect(files.objects.size).toBe(0);
  });

  it.each([[undefined], [{ active: false }], [{ agencies: ['H29.13'] }]] as const)(
    'ends where the client may not see it any more: %j',
    async (client) => {
      const there = await bureau(client as Partial<Client> | undefined);
      const { job } = await there.ask({ agencyCode: 'H29.12' });
      const dependencies =
        client === undefined
          ? { ...there.dependencies, registry: { ...there.dependencies.registry, client: async () => undefined } }
          : there.dependencies;
      expect((await makeReport(job.jobId, dependencies)).job).toMatchObject({
        state: 'FAILED',
        fault: 'client_inactive',
      });
    },
  );

  it('ends where it is longer than its format takes', async () => {
    const { ask, dependencies } = await bureau();
    const { job } = await ask({ format: 'pdf' });
    async function* many() {
      for (let row = 0; row <= mostRows.pdf; row += 1)
        yield { ...(await firstOf(dependencies.journal)), movementId: `mov_vnpay_${row}` };
    }
    const journal = { ...dependencies.journal, ofDay: many };
    expect((await makeReport(job.jobId, { ...dependencies, journal })).job).toMatchObject({
      state: 'FAILED',
      fault: 'too_many_rows',
    });
  });

  it('leaves a job alone that has ended', async () => {
    const { ask, dependencies, files } = await bureau();
    const { job } = await ask();
    const first = await makeReport(job.jobId, dependencies);
    files.objects.clear();
    expect(await makeReport(job.jobId, dependencies)).toEqual(first);
    expect(files.objects.size).toBe(0);
  });
});

type Journal = Awaited<ReturnType<typeof booksOf>>['journal'];

async function firstOf(journal: Journal) {
  for await (const entry of journal.ofDay({ agencyCode: 'H29.12', day: '2026-11-04' })) return entry;
  throw new Error('no entry');
}
const entriesOf = async ({ journal }: { journal: Journal }) => [await firstOf(journal)];
