import {
  RESULT_LINE_BYTES,
  type ResultFiles,
  readResultHeader,
  readResultLine,
  resultKey,
} from '../domain/reconciliation/results.ts';
import type { StatementId } from '../domain/reconciliation/statement-id.ts';
import { addDays, type Day, type Instant } from '../domain/time.ts';

/** Lines that are read at once: a smaller file costs one read, one of a million lines about twelve. */
const LINES_AT_ONCE = 512;

/** A payment as the provider's settlement file has it. Amount in dong; `matched` is false where it differs from ours. */
export type Reported = { reportedAt: Instant; amount: number; matched: boolean; statementId: StatementId };

/**
 * Finds a payment in the provider's file of its accounting date, and where it is not in that file, in the next day's:
 * what is paid close to midnight may be counted there. Undefined as long as no file names it.
 */
export async function findReported(
  payment: { providerId: string; accountingDate: Day; transactionId: string },
  files: ResultFiles,
): Promise<Reported | undefined> {
  const { providerId, accountingDate, transactionId } = payment;
  for (const day of [accountingDate, addDays(accountingDate, 1)]) {
    const found = await findInFile(resultKey(providerId, day), transactionId, files);
    if (found === 'noFile') return undefined; // While the day itself is not reconciled the next one is not either.
    if (found !== 'noLine') return found;
  }
  return undefined;
}

async function findInFile(
  key: string,
  transactionId: string,
  files: ResultFiles,
): Promise<Reported | 'noFile' | 'noLine'> {
  const read = (firstLine: number, lines: number) =>
    files.range(key, firstLine * RESULT_LINE_BYTES, (firstLine + lines) * RESULT_LINE_BYTES - 1);

  const first = await read(0, LINES_AT_ONCE);
  if (!first) return 'noFile';
  const header = readResultHeader(first.bytes);
  const inFirst = findInBytes(first.bytes.subarray(RESULT_LINE_BYTES), transactionId);
  if (inFirst) return { ...inFirst, ...header };

  // The wanted line is among `from` to `to` - 1, if it is there.
  let from = LINES_AT_ONCE;
  let to = first.size / RESULT_LINE_BYTES;
  while (from < to) {
    // The middle of what is left, as the middle of one read.
    const start = Math.max(from, Math.floor((from + to - LINES_AT_ONCE) / 2));
    const block = await read(start, Math.min(LINES_AT_ONCE, to - start));
    if (!block) return 'noFile';
    const found = findInBytes(block.bytes, transactionId);
    if (found) return { ...found, ...header };
    if (transactionId < readResultLine(block.bytes, 0).transactionId) to = start;
    else from = start + block.bytes.length / RESULT_LINE_BYTES;
  }
  return 'noLine';
}

function findInBytes(lines: Uint8Array, transactionId: string): Pick<Reported, 'amount' | 'matched'> | undefined {
  for (let offset = 0; offset < lines.length; offset += RESULT_LINE_BYTES) {
    const line = readResultLine(lines, offset);
    if (line.transactionId === transactionId) return { amount: line.amount, matched: line.matched };
  }
  return undefined;
}
