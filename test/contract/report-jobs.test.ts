import { afterAll, beforeAll, describe } from 'vitest';
import { ReportStore } from '../../shared/store/report-store.ts';
import { MemoryReports } from '../fakes/memory-reports.ts';
import { createTable, type Dynoxide, dynoxideIsThere, startDynoxide } from './dynoxide.ts';
import { reportJobsContract } from './report-jobs.contract.ts';

reportJobsContract('memory', async () => new MemoryReports());

describe.skipIf(!dynoxideIsThere)('on a DynamoDB engine', () => {
  let dynoxide: Dynoxide;
  let tables = 0;
  beforeAll(async () => {
    dynoxide = await startDynoxide();
  });
  afterAll(() => dynoxide?.stop());

  reportJobsContract('DynamoDB', async () => {
    const table = await createTable(dynoxide.db, `Table${tables++}`, { partition: 'p', sort: 's' });
    return new ReportStore(dynoxide.db, table);
  });
});
