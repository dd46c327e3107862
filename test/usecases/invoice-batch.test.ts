import { describe, expect, it } from 'vitest';
import { type Batch, batchKey } from '../../shared/domain/batch/batch.ts';
import type { Caller } from '../../shared/domain/registry/caller.ts';
import { readStrictJson } from '../../shared/runtime/strict-json.ts';
import {
  type RequestInvoiceBatch,
  readBatchReport,
  readInvoiceBatch,
  requestInvoiceBatch,
} from '../../shared/usecases/request-invoice-batch.ts';
import {
  BATCH_CHUNK_ROWS,
  type BatchRow,
  beginBatch,
  type RunBatchDependencies,
  runBatch,
  UnknownBatch,
} from '../../shared/usecases/run-invoice-batch.ts';
import { aCounter, Crash, crashAt, EXTRACT, everyCall, PERMIT, refusalOf } from '../dsl/invoicing.ts';
import { callerOf, client, LAND, NOW, OTHER_PORTAL, POLICE, PORTAL } from '../dsl/world.ts';
import { MemoryBatches } from '../fakes/memory-batches.ts';
import { MemoryFiles } from '../fakes/memory-files.ts';

type Row = { dossier: string; procedure?: string; agency?: string; payer?: string; additional?: boolean };

const lineOf = ({ dossier, procedure = PERMIT, agency = LAND, payer = 'Nguyễn Thử', additional }: Row) =>
  JSON.stringify({ dossier, procedure, agency, payer, additional });
const fileOf = (rows: readonly Row[]) => rows.map((row) => `${lineOf(row)}\n`).join('');
const manyRows = (count: number): Row[] =>
  Array.from({ length: count }, (_, index) => ({ dossier: `${LAND}-261120-${String(index).padStart(4, '0')}` }));

/** Rows of the tests are short; what the contract reads of real ones is the function's. */
const parseRow: RunBatchDependencies['parseRow'] = (value) => {
  const { dossier, procedure, agency, payer, additional } = value as Required<Row>;
  if (!payer) return { errors: [{ pointer: '/payer', message: 'required: object' }] };
  const order: BatchRow['order'] = {
    dossierCode: dossier,
    agencyCode: agency,
    payer: { name: payer },
    ...(additional && { additional }),
  };
  return {
    row: {
      request: { procedureCode: procedure, agencyCode: agency, channel: 'online', submittedAt: NOW, facts: {} },
      order,
    },
  };
};

function aBureau(counter = aCounter()) {
  const { world } = counter;
  const batches = new MemoryBatches();
  const files = new MemoryFiles();
  const dependencies: RunBatchDependencies = {
    ...counter.dependencies,
    ...counter.quoting,
    procedureOf: async (code) => counter.quoting.procedure(code),
    batches,
    batchFiles: files,
    registry: world.registry,
    parseJson: readStrictJson,
    parseRow,
    timeLeft: () => Number.POSITIVE_INFINITY,
  };
  const asking = { batches, batchFiles: files, now: world.now };
  let keys = 0;
  return {
    counter,
    batches,
    files,
    dependencies,
    asking,

    announce: (more: Partial<RequestInvoiceBatch> = {}, key = `key-number-${keys++}`, caller: Caller = PORTAL) =>
      requestInvoiceBatch({ format: 'ndjson', ...more }, caller, key, asking),

    /** Announces and uploads a file; its batch has begun. */
    async upload(rows: readonly Row[] | string, more: Partial<RequestInvoiceBatch> = {}, caller = PORTAL) {
      const { batch } = await this.announce(more, undefined, caller);
      const key = batchKey(batch);
      const version = files.put(key, typeof rows === 'string' ? rows : fileOf(rows));
      return beginBatch({ key, version }, dependencies);
    },

    run: (batchId: string, more: Partial<RunBatchDependencies> = {}) => runBatch(batchId, { ...dependencies, ...more }),

    async report(batchId: string, caller = PORTAL) {
      return (await readBatchReport(batchId, caller, asking)).results;
    },
  };
}

const countsOf = (batch: Batch) => [batch.state, batch.counts.created, batch.counts.existing, batch.counts.refused];

describe('a file of invoices', () => {
  it('makes what is valid and reports every row', async () => {
    const bureau = aBureau();
    const batchId = await bureau.upload([
      { dossier: `${LAND}-261120-0001` },
      { dossier: `${LAND}-261120-0001` },
      { dossier: `${LAND}-261120-0001`, procedure: EXTRACT },
      { dossier: `${LAND}-261120-0002`, payer: '' },
      { dossier: `${POLICE}-261120-0001`, agency: POLICE },
      { dossier: `${LAND}-261120-0003`, procedure: '9.999999' },
      { dossier: `${LAND}-261120-0001`, additional: true },
    ]);
    const { kind, batch } = await bureau.run(batchId);
    expect([kind, ...countsOf(batch)]).toEqual(['ended', 'DONE', 3, 0, 4]);
    const report = await bureau.report(batchId);
    expect(report.map(({ row, outcome, code, total }) => [row, outcome, code ?? total])).toEqual([
      [1, 'created', 50_000],
      [2, 'refused', 'invoice_already_open'],
      [3, 'created', 8_000],
      [4, 'refused', 'malformed_request'],
      [5, 'refused', 'not_found'],
      [6, 'refused', 'unprocessable'],
      [7, 'created', 50_000],
    ]);
    expect(JSON.stringify(report)).not.toContain('Nguyễn');
    expect(bureau.counter.all()).toHaveLength(3);
  });

  it('makes nothing twice when the same file comes again, though the law has changed meanwhile', async () => {
    const bureau = aBureau();
    const rows = manyRows(20);
    await bureau.run(await bureau.upload(rows));
    bureau.counter.world.clock.at += 60_000;
    bureau.counter.prices.set(PERMIT, 77_000);
    const again = await bureau.upload(rows);
    const { batch } = await bureau.run(again);
    expect(countsOf(batch)).toEqual(['DONE', 0, 20, 0]);
    expect(bureau.counter.all()).toHaveLength(20);
    expect(new Set((await bureau.report(again)).map(({ total }) => total))).toEqual(new Set([50_000]));
  });

  it('of another client makes other numbers, and finds the dossiers taken', async () => {
    const bureau = aBureau();
    await bureau.run(await bureau.upload(manyRows(3)));
    const { batch } = await bureau.run(await bureau.upload(manyRows(3), {}, OTHER_PORTAL));
    expect(countsOf(batch)).toEqual(['DONE', 0, 0, 3]);
  });

  it('goes on from its checkpoint when time is up', async () => {
    const bureau = aBureau();
    const batchId = await bureau.upload(manyRows(BATCH_CHUNK_ROWS * 2 + 10));
    let left = 2;
    const once = { timeLeft: () => (left-- > 1 ? 600_000 : 0) };
    const first = await bureau.run(batchId, once);
    expect([first.kind, first.batch.done]).toEqual(['unfinished', BATCH_CHUNK_ROWS]);
    expect(await bureau.report(batchId)).toHaveLength(BATCH_CHUNK_ROWS);
    const { kind, batch } = await bureau.run(batchId);
    expect([kind, ...countsOf(batch)]).toEqual(['ended', 'DONE', BATCH_CHUNK_ROWS * 2 + 10, 0, 0]);
    expect((await bureau.report(batchId)).map(({ row }) => row)).toEqual(
      Array.from({ length: BATCH_CHUNK_ROWS * 2 + 10 }, (_, index) => index + 1),
    );
  });

  it('killed at any call, and begun again, ends as if nothing had happened (scenarios 33, 37)', async () => {
    const rows: Row[] = [...manyRows(3), { dossier: `${LAND}-261120-0001` }, { dossier: 'x-261120-0009', payer: '' }];
    const undisturbed = aBureau();
    const whole = await undisturbed.upload(rows);
    await undisturbed.run(whole);
    const expected = await undisturbed.report(whole);

    for (const when of ['before', 'after'] as const) {
      for (let at = 0; ; at += 1) {
        const bureau = aBureau();
        const batchId = await bureau.upload(rows);
        const crash = crashAt(at, when);
        const ports = {
          batches: everyCall(bureau.dependencies.batches, crash.around),
          batchFiles: everyCall(bureau.files, crash.around),
          invoices: everyCall(bureau.dependencies.invoices, crash.around),
          dossiers: everyCall(bureau.dependencies.dossiers, crash.around),
        };
        const killed = await bureau.run(batchId, ports).then(
          () => false,
          (error: unknown) => error instanceof Crash,
        );
        bureau.counter.world.clock.at += 30_000;
        await bureau.run(batchId);
        expect(await bureau.report(batchId), `killed ${when} call ${at}`).toEqual(expected);
        expect(bureau.counter.all()).toHaveLength(3);
        if (!killed) break;
      }
    }
  });

  it('worked on by two runs at once makes each invoice once', async () => {
    const bureau = aBureau();
    const batchId = await bureau.upload(manyRows(40));
    await Promise.all([bureau.run(batchId), bureau.run(batchId)]);
    expect(bureau.counter.all()).toHaveLength(40);
    expect(countsOf((await bureau.batches.find(batchId)) as Batch)).toEqual(['DONE', 40, 0, 0]);
  });

  it('is refused whole where it is malformed, and makes nothing', async () => {
    const bureau = aBureau();
    const faults = async (text: string, more: Partial<RequestInvoiceBatch> = {}) => {
      const { batch } = await bureau.run(await bureau.upload(text, more));
      return [batch.state, batch.fault?.code, batch.fault?.line];
    };
    expect(await faults('\n\n')).toEqual(['REFUSED', 'no_rows', 0]);
    expect(await faults(`${fileOf(manyRows(3))}${'x'.repeat(20_000)}\n`)).toEqual(['REFUSED', 'line_too_long', 4]);
    expect(await faults('a,b\n', { format: 'csv' })).toEqual(['REFUSED', 'header_wrong', 1]);
    expect(await faults(fileOf(manyRows(1)), { sha256: '0'.repeat(64) })).toEqual(['REFUSED', 'hash_other', 0]);
    expect(await faults('{}\n'.repeat(10_001))).toEqual(['REFUSED', 'too_many_rows', 10_001]);
    expect(await faults(' '.repeat(21 * 1024 * 1024))).toEqual(['REFUSED', 'file_too_large', 0]);
    expect(bureau.counter.all()).toEqual([]);
  });

  it('makes no more when its client is switched off or has lost the agency', async () => {
    const bureau = aBureau();
    const { registry } = bureau.counter.world;
    const origin = { keyHash: 'k', bodyHash: 'b' };
    const first = await bureau.upload(manyRows(1));
    await registry.putClient(client('portal', { agencies: [POLICE] }), origin);
    expect(countsOf((await bureau.run(first)).batch)).toEqual(['DONE', 0, 0, 1]);
    const second = await bureau.upload(manyRows(1));
    await registry.putClient(client('portal', { active: false }), { keyHash: 'k2', bodyHash: 'b' });
    expect((await bureau.run(second)).batch).toMatchObject({ state: 'REFUSED', fault: { code: 'client_inactive' } });
    expect(bureau.counter.all()).toEqual([]);
  });

  it('uploaded a second time changes nothing: the version of the first notice counts (scenario 61)', async () => {
    const bureau = aBureau();
    const batchId = await bureau.upload(manyRows(2));
    const batch = (await bureau.batches.find(batchId)) as Batch;
    const version = bureau.files.put(batchKey(batch), fileOf(manyRows(9)));
    await beginBatch({ key: batchKey(batch), version }, bureau.dependencies);
    expect((await bureau.run(batchId)).batch).toMatchObject({ state: 'REFUSED', fault: { code: 'content_changed' } });
  });

  it('that nobody announced is nobody’s', async () => {
    const bureau = aBureau();
    for (const key of [`batches/bat_${'0'.repeat(24)}.csv`, 'batches/whatever'])
      await expect(beginBatch({ key, version: { etag: 'e' } }, bureau.dependencies)).rejects.toThrow(UnknownBatch);
  });
});

describe('announcing a file', () => {
  it('is answered alike when it comes again, and refused with other words (scenarios 20, 21)', async () => {
    const bureau = aBureau();
    const first = await bureau.announce({}, 'the-same-key');
    const again = await bureau.announce({}, 'the-same-key');
    expect([first.replayed, again.replayed]).toEqual([false, true]);
    expect(again.batch.batchId).toBe(first.batch.batchId);
    expect(await refusalOf(bureau.announce({ format: 'csv' }, 'the-same-key'))).toBe('idempotency_key_reused');
    expect((await bureau.announce({}, 'the-same-key', OTHER_PORTAL)).batch.batchId).not.toBe(first.batch.batchId);
  });

  it('gives no link once the file has come', async () => {
    const bureau = aBureau();
    const { batch, upload } = await bureau.announce({}, 'the-same-key');
    expect(upload?.headers).toEqual({ 'If-None-Match': '*' });
    await beginBatch({ key: batchKey(batch), version: bureau.files.put(batchKey(batch), '{}') }, bureau.dependencies);
    expect((await bureau.announce({}, 'the-same-key')).upload).toBeUndefined();
  });

  it('shows a batch to its client alone (scenario 64)', async () => {
    const bureau = aBureau();
    const batchId = await bureau.upload(manyRows(1));
    for (const caller of [OTHER_PORTAL, callerOf(client('all', { agencies: '*' }))]) {
      expect(await refusalOf(readInvoiceBatch(batchId, caller, bureau.asking))).toBe('not_found');
      expect(await refusalOf(readBatchReport(batchId, caller, bureau.asking))).toBe('not_found');
    }
    expect(await readInvoiceBatch(batchId, PORTAL, bureau.asking)).toMatchObject({ batchId });
  });
});
