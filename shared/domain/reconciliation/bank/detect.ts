import { Bai2Reader } from './bai2.ts';
import { CamtReader } from './camt.ts';
import type { BankReader, BankSink } from './model.ts';
import { Mt940Reader } from './mt940.ts';

/** Bytes by which a format is known. */
export const SNIFFED_BYTES = 4096;

/**
 * The reader for a content that begins with `head`: what stands in the file decides, not its name. Undefined for what only a
 * map can read.
 */
export function readerFor(head: Uint8Array, sink: BankSink): BankReader | undefined {
  // Bytes as letters: the marks of all formats are ASCII.
  const text = new TextDecoder('latin1').decode(head.subarray(0, SNIFFED_BYTES)).replace(/^\u00ef\u00bb\u00bf/, '');
  if (/^\s*</.test(text)) return new CamtReader(sink);
  if (/^\s*01,/.test(text)) return new Bai2Reader(sink);
  if (/(?:^|\n|\})\s*:20:/.test(text)) return new Mt940Reader(sink);
  return undefined;
}
