import { accountBook, type BookId, providerBook } from '../domain/reconciliation/book-day.ts';
import type { DeliveryBook } from '../domain/reconciliation/deliveries.ts';
import { readStatementKey, type Statement } from '../domain/reconciliation/statement.ts';
import { type ArrivedFile, type Ended, UnknownFile } from './file-moves.ts';
import { matchAccount } from './match-account.ts';
import { type ReconcileBankDependencies, reconcileBankFile } from './reconcile-bank-file.ts';
import { type ReconcileDependencies, reconcileSettlementFile } from './reconcile-settlement-file.ts';
import { clearDelivered } from './watch-deliveries.ts';

export type TakeInDependencies = ReconcileDependencies &
  ReconcileBankDependencies & { deliveries: Pick<DeliveryBook, 'begin' | 'openOf' | 'end'> };

/**
 * Takes in a file that came into the bucket, by what was announced. A provider's file says what it will pay out, so the
 * accounts that it pays to are matched again. Throws UnknownFile.
 */
export async function takeInFile(file: ArrivedFile, dependencies: TakeInDependencies): Promise<Ended> {
  const named = readStatementKey(file.key);
  const announced = named && (await dependencies.statements.find(named.statementId));
  if (!announced) throw new UnknownFile(file.key);
  const isBank = announced.kind !== 'settlement';
  const ended = await (isBank ? reconcileBankFile : reconcileSettlementFile)(file, dependencies);
  const { statement } = ended;
  if (statement.state !== 'RECONCILED') return ended;
  if (!isBank) await matchPaidAccounts(statement, dependencies);
  for (const { book, from, to } of toldOf(statement)) await clearDelivered(book, { from, to }, dependencies);
  return ended;
}

/** The days of which a file that was taken in tells. An advice tells of none: the statement is still to come. */
function toldOf({ kind, providerId, businessDate, bankBin = '', taken = [] }: Statement) {
  if (kind === 'settlement') return [{ book: providerBook(providerId), from: businessDate, to: businessDate }];
  return taken
    .filter(({ advice }) => !advice)
    .map(({ account, from, to }) => ({ book: accountBook(bankBin, account), from, to }));
}

async function matchPaidAccounts(
  { providerId, businessDate }: Statement,
  dependencies: TakeInDependencies,
): Promise<void> {
  const accounts = await dependencies.registry.atProvider(providerId);
  const books = new Set<BookId>(accounts.map(({ bankBin, accountNumber }) => accountBook(bankBin, accountNumber)));
  for (const book of books) await matchAccount(book, businessDate, dependencies, { anew: true });
}
