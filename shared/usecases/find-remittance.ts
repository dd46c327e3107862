import { COUNTER } from '../domain/payment/counter.ts';
import { creditedAccount, type Movement } from '../domain/payment/movement.ts';
import { accountBook, type BookId } from '../domain/reconciliation/book-day.ts';
import type { RegistryReader } from '../domain/registry/book.ts';
import type { TerminalAccount } from '../domain/registry/registry.ts';
import type { Remittance, RemittanceBook } from '../domain/remittance/remittance.ts';
import { type Day, vietnamDay } from '../domain/time.ts';
import { movementKey, type RemittanceFiles, readContent, SHIFT_DAYS, shownSince } from './remitted-movements.ts';
import { startedAt } from './started-at.ts';

/** Batches that are looked back through at most: two months of daily ones. Of what was paid on before, nothing is known. */
const MAX_BATCHES = 60;
/** Batches whose contents are read at most. Money is claimed some days after it was paid, and may be shown some before. */
const MAX_CONTENTS = 8 + SHIFT_DAYS;

export type FindRemittanceDependencies = {
  registry: Pick<RegistryReader, 'accountsAtTerminal' | 'agency' | 'merchantAccount'>;
  remittances: Pick<RemittanceBook, 'head' | 'find'>;
  contents: RemittanceFiles;
};

type Money = Pick<
  Movement,
  'movementId' | 'providerId' | 'merchantAccountId' | 'terminal' | 'paidAt' | 'committedAt' | 'lines'
>;

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
  const atDesk = movement.providerId === COUNTER;
  const books = atDesk
    ? await booksOfDesk(movement, registry)
    : booksOf(movement, await accountsOf(movement, registry));
  // What its desk took is at no bank account of ours, unless the agency says so.
  if (atDesk && books.size === 0) return { isSure: true };
  const key = movementKey(movement.movementId, invoiceNumber);
  let isSure = books.size > 0;
  for (const [book, start] of books) {
    const { batches, isWhole } = await batchesSince(book, shownSince(movement, SHIFT_DAYS), remittances);
    for (const batch of batches.slice(0, MAX_CONTENTS)) {
      const lines = await readContent(batch, contents);
      if (lines.some((line) => 'counted' in line && line.counted.key === key)) return { batch, isSure: true };
    }
    isSure &&= isWhole && batches.length <= MAX_CONTENTS && beginsBy(movement, batches, start);
  }
  return { isSure };
}

async function accountsOf(money: Money, registry: FindRemittanceDependencies['registry']): Promise<TerminalAccount[]> {
  const providerId = await startedAt(money, registry);
  return providerId === undefined ? [] : registry.accountsAtTerminal(providerId, money.terminal);
}

/**
 * The books that may have a money, with the day from which it was said that each is paid on from: a transfer's is of the
 * account that its name bears; a provider's payout went to any bank account that was ever registered for the terminal, since a
 * provider may change over some days early or late.
 */
function booksOf(
  { movementId, merchantAccountId }: Money,
  atTerminal: readonly TerminalAccount[],
): Map<BookId, Day | undefined> {
  const accounts = atTerminal.filter(({ id }) => id === merchantAccountId);
  const transferredTo = creditedAccount(movementId);
  return new Map(
    accounts
      .reverse()
      .map(({ bankBin, accountNumber, paidOnFrom }) => [
        accountBook(bankBin, transferredTo ?? accountNumber),
        paidOnFrom,
      ]),
  );
}

/** Those where the desk that took it deposits its cash, with the day from which it does. */
async function booksOfDesk(
  { lines }: Money,
  registry: Pick<RegistryReader, 'agency'>,
): Promise<Map<BookId, Day | undefined>> {
  const [, agencyCode] = lines.flatMap((line) => /^desk:(.+):cash$/.exec(line.account) ?? []);
  const { deskAccounts = [] } = (agencyCode && (await registry.agency(agencyCode))) || {};
  return new Map(deskAccounts.map(({ bankBin, accountNumber, from }) => [accountBook(bankBin, accountNumber), from]));
}

/**
 * Whether an account's money was paid on by batches when this came: before the first of them, or before the day that was said,
 * it may have been by others.
 */
function beginsBy({ paidAt, committedAt }: Money, [first]: readonly Remittance[], start: Day | undefined): boolean {
  const known = vietnamDay(Math.max(paidAt, committedAt));
  if (start !== undefined && start <= known) return true;
  return first !== undefined && !(first.previous === null && first.from !== null && first.from > known);
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
