import * as z from 'zod';
import { lazy } from '../domain/lazy.ts';
import type { ResultFiles } from '../domain/reconciliation/results.ts';
import type { OutboxRecord } from './outbox.ts';

/** A batch of the outbox as Lambda leaves it in a bucket: what it was given stands in `payload`, as text. */
const Left = lazy(() => z.object({ payload: z.string() }));
const Payload = lazy(() =>
  z.object({
    Records: z.array(
      z.looseObject({
        dynamodb: z
          .looseObject({
            ApproximateCreationDateTime: z.number().optional(),
            OldImage: z.record(z.string(), z.unknown()).optional(),
            NewImage: z.record(z.string(), z.unknown()).optional(),
            SequenceNumber: z.string().optional(),
          })
          .optional(),
      }),
    ),
  }),
);

/** More than Lambda hands over at once, 6 MB, written as text in text. Bytes. */
const MAX_BYTES = 32 * 1024 * 1024;

/** A batch that was announced and is not there. It may have been looked after by hand. */
export class MissingBatch extends Error {
  constructor(key: string) {
    super(`there is no batch ${key}`);
    this.name = 'MissingBatch';
  }
}

/** Batches of the outbox that were put aside. */
export class FailedBatches {
  readonly #files: Pick<ResultFiles, 'range'>;

  constructor(files: Pick<ResultFiles, 'range'>) {
    this.#files = files;
  }

  /** The records of a batch, in their order. Throws {@link MissingBatch}, and a ZodError for what Lambda did not leave. */
  async read(key: string): Promise<OutboxRecord[]> {
    const found = await this.#files.range(key, 0, MAX_BYTES - 1);
    if (!found) throw new MissingBatch(key);
    const { payload } = Left.parse(JSON.parse(Buffer.from(found.bytes).toString('utf8')));
    return Payload.parse(JSON.parse(payload)).Records;
  }
}
