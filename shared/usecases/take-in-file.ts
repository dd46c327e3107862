import { accountBook, type BookId } from '../domain/reconciliation/book-day.ts';
import { readStatementKey, type Statement } from '../domain/reconciliation/statement.ts';
import { type ArrivedFile, type Ended, UnknownFile } from './file-moves.ts';
import { matchAccount } from './match-account.ts';
import { type ReconcileBankDependencies, reconcileBankFile } from './reconcile-bank-file.ts';
import { type ReconcileDependencies, reconcileSettlementFile } from './reconcile-settlement-file.ts';

export type TakeInDependencies = ReconcileDependencies & ReconcileBankDependencies;

/**
 * Takes in a file that came into the bucket, by what was announced. A provider's file says what it will pay out, so the
 * accounts that it pays to are matched again. Throws UnknownFile.
 */
export async function takeInFile(file: ArrivedFile, dependencies: TakeInDependencies): Promise<Ended> {
  const named = readStatementKey(file.key);
  const announced = named && (await dependencies.statements.find(named.statementId));
  if (!announced) throw new UnknownFile(file.key);
  if (announced.kind !== 'settlement') return reconcileBankFile(file, dependencies);
  const ended = await reconcileSettlementFile(file, dependencies);
  if (ended.statement.state === 'RECONCILED') await matchPaidAccounts(ended.statement, dependencies);
  return ended;
}

async function matchPaidAccounts(
  { providerId, businessDate }: Statement,
  dependencies: TakeInDependencies,
): Promise<void> {
  const accounts = await dependencies.registry.atProvider(providerId);
  const books = new Set<BookId>(accounts.map(({ bankBin, accountNumber }) => accountBook(bankBin, accountNumber)));
  for (const book of books) await matchAccount(book, businessDate, dependencies, { anew: true });
}
