import type { BookId } from '../domain/reconciliation/book-day.ts';
import { keyReused, Refusal } from '../domain/refusal.ts';
import type { Caller } from '../domain/registry/caller.ts';
import { contentKey, type Remittance, type RemittanceBook, remittanceId } from '../domain/remittance/remittance.ts';
import type { Day } from '../domain/time.ts';
import { type DraftDependencies, draftRemittance } from './draft-remittance.ts';
import { originOf } from './register.ts';

export type ProposeRemittance = {
  book: BookId;
  through?: Day | undefined;
  /** Hash of what the caller has seen to be due. */
  sha256: string;
  /** What the caller covers of it, because the bank did not credit it: what providers kept, in dong. */
  coveredBy?: number | undefined;
};

export type ProposeDependencies = DraftDependencies & {
  remittances: RemittanceBook;
  contents: { writeText(key: string, contentType: string, text: string): Promise<void> };
};

export const CONTENT_TYPE = 'application/x-ndjson';

/**
 * Freezes what is due from an account as the caller has seen it, and claims its days. One batch of an account waits for the
 * second person at a time. The same call under the same key answers the same batch.
 *
 * Refusals: not_found, idempotency_key_reused, remittance_open, remittance_changed, remittance_day_open,
 * remittance_too_large, remittance_not_covered, beneficiary_incomplete, nothing_due.
 */
export async function proposeRemittance(
  command: ProposeRemittance,
  caller: Caller,
  idempotencyKey: string,
  dependencies: ProposeDependencies,
): Promise<{ remittance: Remittance; replayed: boolean }> {
  const { remittances, contents, now } = dependencies;
  const { book } = command;
  const call = originOf(caller, idempotencyKey, `remittance of ${book}`, command);
  const made = await earlierCall(book, call, remittances);
  if (made) return { remittance: made, replayed: true };

  const due = await draftRemittance(command, caller, dependencies);
  const { head } = due;
  if (head.open !== null) throw new Refusal('remittance_open', undefined, [], { remittanceId: head.open });
  if (due.orders.length === 0 && due.unplaced.length > 0)
    throw new Refusal('beneficiary_incomplete', undefined, [], { beneficiaries: due.unplaced });
  if (due.orders.length === 0) throw new Refusal('nothing_due');
  if (due.sha256 !== command.sha256) throw new Refusal('remittance_changed', undefined, [], { sha256: due.sha256 });

  const { received, fees, uncovered } = due;
  if (uncovered !== (command.coveredBy ?? 0))
    throw new Refusal('remittance_not_covered', undefined, [], { received, fees, uncovered });

  const sequence = head.sequence + 1;
  const id = remittanceId(book, sequence);
  const key = contentKey(book, sequence, due.sha256);
  // Named by its hash: written again it is the same, and a proposal that comes to nothing leaves it to nobody.
  await contents.writeText(key, CONTENT_TYPE, due.text);
  const remittance: Remittance = {
    ...{ remittanceId: id, book, state: 'proposed', from: due.from, through: due.through, previous: head.last },
    ...(due.partOf !== null && { partOf: due.partOf }),
    ...{ again: head.returned, received, fees, uncovered, unaccounted: due.unaccounted, orders: due.orders },
    left: due.left.reduce((sum, { amount }) => sum + amount, 0),
    content: { key, sha256: due.sha256, bytes: Buffer.byteLength(due.text) },
    ...{ by: caller.subject, clientId: caller.clientId, proposedAt: now(), version: 1, calls: [call] },
  };
  const after = {
    ...head,
    ...{ sequence, last: id, through: due.through ?? head.through, open: id, returned: [], version: head.version + 1 },
  };
  if ((await remittances.propose(remittance, { before: head, after })) === 'proposed')
    return { remittance, replayed: false };
  // The same call may have overtaken itself.
  const other = await earlierCall(book, call, remittances);
  if (other) return { remittance: other, replayed: true };
  throw new Refusal('remittance_changed');
}

async function earlierCall(
  book: BookId,
  { keyHash, bodyHash }: Remittance['calls'][number],
  remittances: RemittanceBook,
): Promise<Remittance | undefined> {
  const id = await remittances.ofCall(book, keyHash);
  const made = id === undefined ? undefined : await remittances.find(id);
  if (made && made.calls[0]?.bodyHash !== bodyHash) throw keyReused();
  return made;
}
