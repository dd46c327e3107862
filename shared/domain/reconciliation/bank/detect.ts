import { Bai2Reader } from './bai2.ts';
import { CamtReader } from './camt.ts';
import { FixedReader } from './fixed.ts';
import type { StatementMap } from './maps.ts';
import type { BankReader, BankSink } from './model.ts';
import { Mt940Reader } from './mt940.ts';
import { DelimitedReader } from './table.ts';

/** Bytes by which a format is known. */
export const SNIFFED_BYTES = 4096;

/** What was announced: the map of a table or of fixed width, and the account of a file that names none. */
export type Announced = { map?: StatementMap | undefined; account?: string | undefined };

/** Whether a content is a zip, as spreadsheets are. */
export const isZip = (head: Uint8Array): boolean =>
  head[0] === 0x50 && head[1] === 0x4b && head[2] === 0x03 && head[3] === 0x04;

/**
 * The reader for a content that begins with `head`: what stands in the file decides, not its name. Undefined for what only a
 * map can read.
 */
export function readerFor(head: Uint8Array, sink: BankSink, { map, account }: Announced = {}): BankReader | undefined {
  if (map) return map.kind === 'table' ? new DelimitedReader(map, sink, account) : new FixedReader(map, sink, account);
  // Bytes as letters: the marks of all formats are ASCII.
  const text = new TextDecoder('latin1').decode(head.subarray(0, SNIFFED_BYTES)).replace(/^\u00ef\u00bb\u00bf/, '');
  if (/^\s*</.test(text)) return new CamtReader(sink);
  if (/^\s*01,/.test(text)) return new Bai2Reader(sink);
  if (/(?:^|\n|\})\s*:20:/.test(text)) return new Mt940Reader(sink);
  return undefined;
}
