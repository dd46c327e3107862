import { batchKey } from '../../shared/domain/batch/batch.ts';
import { readStrictJson } from '../../shared/runtime/strict-json.ts';
import { requestInvoiceBatch } from '../../shared/usecases/request-invoice-batch.ts';
import { beginBatch, type RunBatchDependencies, runBatch } from '../../shared/usecases/run-invoice-batch.ts';
import { type Around, type CrashCase, through } from '../dsl/crash-matrix.ts';
import { aCounter, PERMIT } from '../dsl/invoicing.ts';
import { LAND, NOW, PORTAL } from '../dsl/world.ts';
import { MemoryBatches } from '../fakes/memory-batches.ts';
import { MemoryFiles } from '../fakes/memory-files.ts';

/** Cases of the crash matrix: files of invoices. */

const DOSSIERS = [`${LAND}-261120-0001`, `${LAND}-261120-0001`, `${LAND}-261120-0002`];
const FILE = DOSSIERS.map((dossier) => `${JSON.stringify({ dossier })}\n`).join('');

type Bureau = {
  counter: ReturnType<typeof aCounter>;
  batches: MemoryBatches;
  files: MemoryFiles;
  batchId?: string;
  seen?: unknown;
};

const announce = ({ counter: { world }, batches, files }: Bureau, around: Around) =>
  requestInvoiceBatch({ format: 'ndjson' }, PORTAL, 'key-number-1', {
    batches: through(batches, around),
    batchFiles: through(files, around),
    now: world.now,
  });
const straight: Around = (_, call) => call();

const parseRow: RunBatchDependencies['parseRow'] = (value) => {
  const { dossier } = value as { dossier: string };
  const request = { procedureCode: PERMIT, agencyCode: LAND, channel: 'online' as const, submittedAt: NOW, facts: {} };
  return { row: { request, order: { dossierCode: dossier, agencyCode: LAND, payer: { name: 'Nguyễn Thử' } } } };
};

async function bureau(uploaded: boolean): Promise<Bureau> {
  const there: Bureau = { counter: aCounter(), batches: new MemoryBatches(), files: new MemoryFiles() };
  if (!uploaded) return there;
  const { batch } = await announce(there, straight);
  there.files.put(batchKey(batch), FILE);
  there.batchId = batch.batchId;
  return there;
}

const wait = ({ counter: { world } }: Bureau, milliseconds: number): void => {
  world.clock.at += milliseconds;
};

const announcing: CrashCase<Bureau> = {
  useCase: 'request-invoice-batch',
  story: 'a file is announced',
  world: () => bureau(false),
  call: async (there, around) => {
    const answer = await announce(there, around);
    there.seen = await there.batches.find(answer.batch.batchId);
    return answer.batch;
  },
  state: ({ seen }) => seen,
  wait,
  answer: (batch) => batch,
};

const running: CrashCase<Bureau> = {
  useCase: 'run-invoice-batch',
  story: 'a file with two rows of one dossier',
  world: () => bureau(true),
  call: async (there, around) => {
    const { counter, batches, files, batchId = '' } = there;
    const { dependencies, quoting, world } = counter;
    const announced = await batches.find(batchId);
    if (!announced) throw new Error('nobody announced it');
    const key = batchKey(announced);
    const book = through(batches, around);
    // Each notice of the upload names the one object that lies there.
    await beginBatch({ key, version: { etag: '"1"' } }, { batches: book, now: world.now });
    await runBatch(batchId, {
      ...dependencies,
      ...quoting,
      invoices: through(dependencies.invoices, around),
      dossiers: through(dependencies.dossiers, around),
      dueDays: through(dependencies.dueDays, around),
      registry: through(world.registry, around),
      procedureOf: async (code) => quoting.procedure(code),
      batches: book,
      batchFiles: through(files, around),
      parseJson: readStrictJson,
      parseRow,
      timeLeft: () => Number.POSITIVE_INFINITY,
    });
    there.seen = await batches.find(batchId);
  },
  state: ({ counter, files, seen }) => ({
    invoices: [...counter.all()].sort((one, other) => (one.number < other.number ? -1 : 1)),
    files: files.contents(),
    seen,
  }),
  wait,
};

export const batchCases: readonly CrashCase<Bureau>[] = [announcing, running];
