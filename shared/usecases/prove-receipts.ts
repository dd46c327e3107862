import type { BookBreach } from '../domain/ledger/breach.ts';
import type { ReceiptPages, ReceiptSigner } from '../domain/receipt/book.ts';
import type { KeptReceipt, ReceiptId, ReceiptRun } from '../domain/receipt/receipt.ts';
import { isAsSigned } from './sign-receipt.ts';

export type ReceiptsProof = { breach?: BookBreach; receipts: number; runs: number };

/** What is held of each receipt: enough to find it in its run and beside what took its place. */
type Known = Pick<KeptReceipt, 'number' | 'symbol' | 'replacedBy'> & {
  taxCode: string;
  replaces: ReceiptId | undefined;
};

/**
 * Proves of all receipts that each is what was signed, that every run counts from 1 without a gap and each number names the
 * receipt that bears it, and that what was replaced and what took its place name each other. A receipt that is numbered and
 * not signed yet is proved but for its document. Numbers cut off at the end of a run together with their receipts leave
 * nothing that could miss them here.
 */
export async function proveReceipts({
  book,
  signer,
}: {
  book: ReceiptPages;
  signer: Pick<ReceiptSigner, 'publicKey'>;
}): Promise<ReceiptsProof> {
  const receipts = new Map<ReceiptId, Known>();
  const runs = new Map<string, Map<number, ReceiptId>>();
  const proofAt = (breach?: BookBreach): ReceiptsProof => ({
    receipts: receipts.size,
    runs: runs.size,
    ...(breach && { breach }),
  });
  const key = await signer.publicKey();
  let after: string | undefined;
  do {
    const page = await book.page(after);
    for (const { key: at, item } of page.items) {
      if (!item)
        return proofAt({ kind: 'receipt_unreadable', key: at, detail: 'no version of this service wrote it so' });
      if (item.kind === 'number') {
        const run = nameOf(item.run);
        runs.set(run, (runs.get(run) ?? new Map()).set(item.number, item.receiptId));
        continue;
      }
      const { receiptId, number, symbol, replacedBy, replaces, collector, xml } = item.receipt;
      if (xml !== undefined && !isAsSigned(item.receipt, xml, key))
        return proofAt({
          kind: 'receipt_altered',
          key: receiptId,
          detail: 'it is not what its document was signed as',
        });
      receipts.set(receiptId, {
        ...{ number, symbol, replacedBy, taxCode: collector.taxCode },
        replaces: replaces?.receiptId,
      });
    }
    after = page.after;
  } while (after !== undefined);
  return proofAt(firstInRuns(runs, receipts) ?? firstOfReceipts(runs, receipts));
}

const nameOf = ({ taxCode, symbol }: ReceiptRun): string => `${taxCode} ${symbol}`;

function firstInRuns(
  runs: ReadonlyMap<string, ReadonlyMap<number, ReceiptId>>,
  receipts: ReadonlyMap<ReceiptId, Known>,
): BookBreach | undefined {
  for (const [run, numbers] of runs)
    for (let number = 1; number <= Math.max(...numbers.keys()); number += 1) {
      const id = numbers.get(number);
      const at = `${run} ${number}`;
      if (id === undefined) return { kind: 'receipt_number_missing', key: at, detail: 'the run has a gap' };
      const there = receipts.get(id);
      if (!there) return { kind: 'receipt_missing', key: at, detail: `there is no ${id}` };
      if (there.number !== number || nameOf(there) !== run)
        return { kind: 'receipt_altered', key: id, detail: `it is not number ${at}` };
    }
  return undefined;
}

function firstOfReceipts(
  runs: ReadonlyMap<string, ReadonlyMap<number, ReceiptId>>,
  receipts: ReadonlyMap<ReceiptId, Known>,
): BookBreach | undefined {
  for (const [id, known] of receipts) {
    const { number, replacedBy, replaces } = known;
    if (runs.get(nameOf(known))?.get(number) !== id)
      return { kind: 'receipt_number_missing', key: `${nameOf(known)} ${number}`, detail: `${id} bears it` };
    const broken =
      (replacedBy !== undefined && receipts.get(replacedBy)?.replaces !== id) ||
      (replaces !== undefined && receipts.get(replaces)?.replacedBy !== id);
    if (broken)
      return {
        kind: 'receipt_replacement_broken',
        key: id,
        detail: 'what took its place, or what it replaces, does not name it',
      };
  }
  return undefined;
}
