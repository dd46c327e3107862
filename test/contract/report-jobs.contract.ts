import { beforeEach, describe, expect, it } from 'vitest';
import type { ReportJob, ReportJobs } from '../../shared/domain/reports/job.ts';
import { NOW } from '../dsl/world.ts';

const ID = `rpt_${'a'.repeat(24)}`;

export const aJob = (more: Partial<ReportJob> = {}): ReportJob => ({
  ...{ jobId: ID, state: 'WAITING', reportId: 'remittance', from: '2026-11-01', to: '2026-11-30', format: 'xlsx' },
  ...{ clientId: 'finance-maker', subject: 'clerk-7', bodyHash: 'b'.repeat(64), createdAt: NOW, rows: 0 },
  ...more,
});
const file = { bytes: 10, sha256: 'c'.repeat(64), rowsSha256: 'd'.repeat(64) };

/** What every book of jobs does, whatever it is made of. */
export function reportJobsContract(name: string, make: () => Promise<ReportJobs>): void {
  describe(`jobs of reports: ${name}`, () => {
    let jobs: ReportJobs;
    beforeEach(async () => {
      jobs = await make();
    });

    it('makes a job once, and answers what stands there', async () => {
      expect(await jobs.find(ID)).toBeUndefined();
      expect(await jobs.create(aJob({ agencyCode: 'H29.12', provider: 'vnpay' }))).toMatchObject({ provider: 'vnpay' });
      expect(await jobs.create(aJob())).toEqual(aJob({ agencyCode: 'H29.12', provider: 'vnpay' }));
      expect(await jobs.find(ID)).toEqual(aJob({ agencyCode: 'H29.12', provider: 'vnpay' }));
    });

    it('says how far it is, and ends once', async () => {
      await jobs.create(aJob());
      expect(await jobs.progress(ID, 500)).toBe(true);
      expect(await jobs.find(ID)).toEqual(aJob({ state: 'MAKING', rows: 500 }));
      const done = aJob({ state: 'DONE', rows: 700, file, endedAt: NOW + 9 });
      expect(await jobs.end(ID, { state: 'DONE', rows: 700, file, endedAt: NOW + 9 })).toEqual(done);
      expect(await jobs.progress(ID, 800)).toBe(false);
      expect(await jobs.end(ID, { state: 'FAILED', rows: 0, fault: 'too_many_rows', endedAt: NOW + 10 })).toEqual(done);
      expect(await jobs.find(ID)).toEqual(done);
    });

    it('ends with a reason', async () => {
      await jobs.create(aJob());
      const failed = await jobs.end(ID, { state: 'FAILED', rows: 3, fault: 'does_not_foot', endedAt: NOW + 1 });
      expect(failed).toEqual(aJob({ state: 'FAILED', rows: 3, fault: 'does_not_foot', endedAt: NOW + 1 }));
    });

    it('throws for a job that is not there', async () => {
      await expect(jobs.progress(ID, 1)).rejects.toThrow();
      await expect(jobs.end(ID, { state: 'DONE', rows: 0, endedAt: NOW })).rejects.toThrow();
    });
  });
}
