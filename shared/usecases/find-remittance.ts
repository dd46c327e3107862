import type { Movement } from '../domain/payment/movement.ts';
import { accountBook } from '../domain/reconciliation/book-day.ts';
import type { RegistryReader } from '../domain/registry/book.ts';
import type { Remittance, RemittanceBook } from '../domain/remittance/remittance.ts';
import { type Day, vietnamDay } from '../domain/time.ts';
import { movementKey, type RemittanceFiles, readContent, SHIFT_DAYS, shownSince } from './remitted-movements.ts';

/** Batches that are looked back through at most: two months of daily ones. Of what was paid on before, nothing is known. */
const MAX_BATCHES = 60;
/** Batches whose contents are read at most. Money is claimed some days after it was paid, and may be shown some before. */
const MAX_CONTENTS = 8 + SHIFT_DAYS;

export type FindRemittanceDependencies = {
  registry: Pick<RegistryReader, 'merchantAccount'>;
  remittances: Pick<RemittanceBook, 'head' | 'find'>;
  contents: RemittanceFiles;
};

type Money = Pick<Movement, 'movementId' | 'merchantAccountId' | 'terminal' | 'paidAt' | 'committedAt'>;

/** The batch by which a money of an invoice was, or is to be, paid on; `undefined` where none is found that counts it. */
export const findRemittance = async (
  ...[movement, invoiceNumber, dependencies]: Parameters<typeof lookFor>
): Promise<Remittance | undefined> => (await lookFor(movement, invoiceNumber, dependencies)).batch;

/** `isSure`: all batches that may count it were looked at. */
async function lookFor(
  movement: Money,
  invoiceNumber: string,
  { registry, remittances, contents }: FindRemittanceDependencies,
): Promise<{ batch?: Remittance; isSure: boolean }> {
  const account = await registry.merchantAccount(movement.merchantAccountId);
  if (!account) return { isSure: true };
  const book = accountBook(account.bankBin, account.accountNumber);
  const { batches, isWhole } = await batchesSince(book, shownSince(movement, SHIFT_DAYS), remittances);
  const key = movementKey(movement.movementId, invoiceNumber);
  for (const batch of batches.slice(0, MAX_CONTENTS)) {
    const lines = await readContent(batch, contents);
    if (lines.some((line) => 'counted' in line && line.counted.key === key)) return { batch, isSure: true };
  }
  // An account whose first batch begins after the money was known, or that has moved, may have been another when it came.
  const [first] = batches;
  const known = vietnamDay(Math.max(movement.paidAt, movement.committedAt));
  const isYounger = first?.previous === null && first.from !== null && first.from > known;
  const isSameAccount = account.terminal === movement.terminal && !isYounger;
  return { isSure: isWhole && batches.length <= MAX_CONTENTS && isSameAccount };
}

/** States from which the bank has the orders of a batch: it gives nothing of them back any more. */
const SENT: readonly Remittance['state'][] = ['exported', 'confirmed', 'partly_returned'];

/** `unknown`: it may have been, in a batch that is not looked at. */
export type PaidOn = 'yes' | 'no' | 'unknown';

/** Whether a money of an invoice was paid on. */
export async function isPaidOn(
  ...[movement, invoiceNumber, dependencies]: Parameters<typeof lookFor>
): Promise<PaidOn> {
  const { batch, isSure } = await lookFor(movement, invoiceNumber, dependencies);
  if (batch) return SENT.includes(batch.state) ? 'yes' : 'no';
  return isSure ? 'no' : 'unknown';
}

/** Batches of an account that claim days from one on, oldest first; not `isWhole` where they are too many. */
async function batchesSince(
  book: Remittance['book'],
  day: Day,
  remittances: Pick<RemittanceBook, 'head' | 'find'>,
): Promise<{ batches: Remittance[]; isWhole: boolean }> {
  const found: Remittance[] = [];
  let id = (await remittances.head(book)).last;
  while (id !== null) {
    if (found.length === MAX_BATCHES) return { batches: [], isWhole: false };
    const batch = await remittances.find(id);
    if (!batch || (batch.through !== null && batch.through < day)) break;
    found.push(batch);
    id = batch.previous;
  }
  return { batches: found.reverse(), isWhole: true };
}
