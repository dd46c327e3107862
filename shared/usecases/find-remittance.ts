import type { Movement } from '../domain/payment/movement.ts';
import { accountBook } from '../domain/reconciliation/book-day.ts';
import type { RegistryReader } from '../domain/registry/book.ts';
import type { Remittance, RemittanceBook } from '../domain/remittance/remittance.ts';
import type { Day } from '../domain/time.ts';
import { movementKey, type RemittanceFiles, readContent, SHIFT_DAYS, shownSince } from './remitted-movements.ts';

/** Batches that are looked back through at most: two months of daily ones. Of what was paid on before, nothing is said. */
const MAX_BATCHES = 60;
/** Batches whose contents are read at most. Money is claimed some days after it was paid. */
const MAX_CONTENTS = 8;

export type FindRemittanceDependencies = {
  registry: Pick<RegistryReader, 'merchantAccount'>;
  remittances: Pick<RemittanceBook, 'head' | 'find'>;
  contents: RemittanceFiles;
};

/** The batch by which a money of an invoice was, or is to be, paid on; `undefined` while none counts it. */
export async function findRemittance(
  movement: Pick<Movement, 'movementId' | 'merchantAccountId' | 'paidAt' | 'committedAt'>,
  invoiceNumber: string,
  { registry, remittances, contents }: FindRemittanceDependencies,
): Promise<Remittance | undefined> {
  const account = await registry.merchantAccount(movement.merchantAccountId);
  if (!account) return undefined;
  const book = accountBook(account.bankBin, account.accountNumber);
  const batches = await batchesSince(book, shownSince(movement, SHIFT_DAYS), remittances);
  const key = movementKey(movement.movementId, invoiceNumber);
  for (const batch of batches.slice(0, MAX_CONTENTS)) {
    const lines = await readContent(batch, contents);
    if (lines.some((line) => 'counted' in line && line.counted.key === key)) return batch;
  }
  return undefined;
}

/** States from which the bank has the orders of a batch: it gives nothing of them back any more. */
const SENT: readonly Remittance['state'][] = ['exported', 'confirmed', 'partly_returned'];

/** Whether a money of an invoice was paid on. */
export async function isPaidOn(
  ...[movement, invoiceNumber, dependencies]: Parameters<typeof findRemittance>
): Promise<boolean> {
  const batch = await findRemittance(movement, invoiceNumber, dependencies);
  return batch !== undefined && SENT.includes(batch.state);
}

/** Batches of an account that claim days from one on, oldest first. */
async function batchesSince(
  book: Remittance['book'],
  day: Day,
  remittances: Pick<RemittanceBook, 'head' | 'find'>,
): Promise<Remittance[]> {
  const found: Remittance[] = [];
  let id = (await remittances.head(book)).last;
  while (id !== null) {
    if (found.length === MAX_BATCHES) return [];
    const batch = await remittances.find(id);
    if (!batch || (batch.through !== null && batch.through < day)) break;
    found.push(batch);
    id = batch.previous;
  }
  return found.reverse();
}
