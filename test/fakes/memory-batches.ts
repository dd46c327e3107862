import type { Batch, BatchBook, BatchCounts, BatchId, BatchMove } from '../../shared/domain/batch/batch.ts';
import type { ObjectVersion } from '../../shared/domain/reconciliation/statement.ts';

/** Batches in memory. */
export class MemoryBatches implements BatchBook {
  readonly #batches = new Map<BatchId, Batch>();

  async create(batch: Batch): Promise<Batch> {
    const there = this.#batches.get(batch.batchId);
    if (!there) this.#batches.set(batch.batchId, structuredClone(batch));
    return structuredClone(there ?? batch);
  }

  async find(batchId: BatchId): Promise<Batch | undefined> {
    return structuredClone(this.#batches.get(batchId));
  }

  async begin(batchId: BatchId, object: ObjectVersion, readAt: number): Promise<BatchMove> {
    return this.#move(batchId, ({ state }) => state === 'AWAITING_FILE', { state: 'READING', object, readAt });
  }

  async note(batchId: BatchId, found: { sha256: string; rows: number }): Promise<BatchMove> {
    return this.#move(batchId, ({ state }) => state === 'READING', found);
  }

  async advance(batchId: BatchId, from: number, to: number, counts: BatchCounts): Promise<BatchMove> {
    const may = ({ state, done }: Batch) => state === 'READING' && done === from;
    return this.#move(batchId, may, { done: to, counts });
  }

  async end(batchId: BatchId, state: 'REFUSED' | 'DONE', endedAt: number, fault?: Batch['fault']): Promise<BatchMove> {
    return this.#move(batchId, (batch) => batch.state === 'READING', { state, endedAt, ...(fault && { fault }) });
  }

  #move(batchId: BatchId, may: (batch: Batch) => boolean, found: Partial<Batch>): BatchMove {
    const batch = this.#batches.get(batchId);
    if (!batch) throw new Error(`no batch ${batchId}`);
    if (!may(batch)) return { kind: 'refused', batch: structuredClone(batch) };
    const moved = { ...batch, ...structuredClone(found) };
    this.#batches.set(batchId, moved);
    return { kind: 'moved', batch: structuredClone(moved) };
  }
}
