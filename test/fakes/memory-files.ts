import type { BatchFiles } from '../../shared/domain/batch/batch.ts';
import {
  type ResultFiles,
  type ResultSummaries,
  ResultSummary,
  type ResultWriter,
  summaryKey,
} from '../../shared/domain/reconciliation/results.ts';
import type { ObjectVersion, SettlementFiles } from '../../shared/domain/reconciliation/statement.ts';

/** Bytes of one chunk of a read: small and odd, so that lines and characters are cut anywhere. */
const CHUNK_BYTES = 61;

/** The files bucket in memory. */
export class MemoryFiles implements SettlementFiles, ResultWriter, ResultSummaries, ResultFiles, BatchFiles {
  readonly #objects = new Map<string, { bytes: Uint8Array; etag: string }>();
  /** Ranged reads so far. */
  reads = 0;

  /** Uploads as a provider's staff does. */
  put(key: string, content: string | Uint8Array): ObjectVersion {
    const etag = `"${this.#objects.size + 1}"`;
    this.#objects.set(key, { bytes: typeof content === 'string' ? Buffer.from(content) : content, etag });
    return { etag };
  }

  /** As a life-cycle rule would, or an older release that did not write it. */
  remove(key: string): void {
    this.#objects.delete(key);
  }

  async uploadLink(key: string, validMilliseconds: number, now: number) {
    return {
      url: `https://files.example.test/${key}?until=${now + validMilliseconds}`,
      headers: { 'If-None-Match': '*' },
    };
  }

  async downloadLink(key: string, validMilliseconds: number, now: number) {
    return `https://files.example.test/${key}?until=${now + validMilliseconds}`;
  }

  async open(key: string, { etag }: ObjectVersion, most: number) {
    const object = this.#objects.get(key);
    if (object?.etag !== etag) return { kind: 'changed' as const };
    if (object.bytes.length > most) return { kind: 'tooLarge' as const, size: object.bytes.length };
    return { kind: 'open' as const, size: object.bytes.length, chunks: chunksOf(object.bytes) };
  }

  async *part(key: string, { etag }: ObjectVersion, from: number, to: number) {
    const object = this.#objects.get(key);
    if (object?.etag !== etag) throw new Error(`${key} is there no more`);
    yield* chunksOf(object.bytes.subarray(from, to));
  }

  async writeLines(key: string, bytes: number, chunks: Iterable<Uint8Array>): Promise<void> {
    const content = Buffer.concat([...chunks].map((chunk) => Buffer.from(chunk)));
    if (content.length !== bytes) throw new Error(`announced ${bytes} bytes, wrote ${content.length}`);
    this.put(key, content);
  }

  async *lines(key: string): AsyncGenerator<string, void, undefined> {
    const text = this.text(key);
    if (text === undefined) throw new Error(`no object ${key}`);
    yield* text.split('\n').slice(0, -1);
  }

  async writeSummary(summary: ResultSummary, late?: number): Promise<void> {
    this.put(summaryKey(summary.providerId, summary.businessDate, late), JSON.stringify(summary));
  }

  async summary(providerId: string, businessDate: string, late?: number): Promise<ResultSummary | undefined> {
    const text = this.text(summaryKey(providerId, businessDate, late));
    return text === undefined ? undefined : ResultSummary.parse(JSON.parse(text));
  }

  async range(key: string, from: number, to: number) {
    this.reads++;
    const object = this.#objects.get(key);
    return object && { bytes: object.bytes.subarray(from, to + 1), size: object.bytes.length };
  }

  async writeText(key: string, _contentType: string, text: string): Promise<void> {
    this.put(key, text);
  }

  async readText(key: string): Promise<string | undefined> {
    return this.text(key);
  }

  text(key: string): string | undefined {
    const object = this.#objects.get(key);
    return object && Buffer.from(object.bytes).toString();
  }

  /** All objects as text. */
  contents(): Record<string, string> {
    return Object.fromEntries([...this.#objects.keys()].sort().map((key) => [key, this.text(key) ?? '']));
  }
}

async function* chunksOf(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  for (let from = 0; from < bytes.length; from += CHUNK_BYTES) yield bytes.subarray(from, from + CHUNK_BYTES);
}
