import { type JournalEntry, sameEntry } from '../domain/ledger/journal.ts';
import { entriesOfOrder } from '../domain/remittance/entries.ts';
import { type RemittanceBook, RemittanceId } from '../domain/remittance/remittance.ts';
import { sha256 } from './hashing.ts';

/**
 * Whether an entry about money that was paid on is of no order, or of one that no statement showed so, or that one person
 * alone decided: put there by other hands.
 */
export async function isStrayRemittance(
  entry: JournalEntry,
  remittances: Pick<RemittanceBook, 'find'>,
): Promise<boolean> {
  const id = RemittanceId.safeParse(entry.merchantAccountId);
  const remittance = id.success ? await remittances.find(id.data) : undefined;
  if (!remittance?.decidedBy || remittance.decidedBy === remittance.by) return true;
  const expected = remittance.orders
    .flatMap((order) => entriesOfOrder(remittance, order, sha256))
    .find(({ movementId }) => movementId === entry.movementId);
  return expected?.committedAt !== entry.committedAt || !sameEntry(expected, entry);
}
