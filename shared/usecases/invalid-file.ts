import { UNASSIGNED } from '../domain/ledger/ledger.ts';
import { accountBook, type BookId, providerBook } from '../domain/reconciliation/book-day.ts';
import type { DeliveryBook } from '../domain/reconciliation/deliveries.ts';
import type { Exception, ExceptionBook } from '../domain/reconciliation/exception.ts';
import type { FaultCode, FileFault } from '../domain/reconciliation/faults.ts';
import type { Statement } from '../domain/reconciliation/statement.ts';
import type { RegistryReader } from '../domain/registry/book.ts';
import type { Instant } from '../domain/time.ts';
import { exceptionIdOf } from './hashing.ts';
import { accountsAtBank } from './visible.ts';

/** What was there before: the day has its file, and no other one will come that settles it. */
const REPEATS: ReadonlySet<FaultCode> = new Set(['content_reconciled', 'day_reconciled', 'statement_taken']);

export type InvalidDependencies = {
  registry: Pick<RegistryReader, 'atProvider'>;
  registeredAt: readonly string[];
  exceptions: Pick<ExceptionBook, 'open'>;
  deliveries: Pick<DeliveryBook, 'begin'>;
  now: () => Instant;
};

/**
 * A file that is wrong as a whole is a difference, too: nobody knows what it would have said. It clears when a file that
 * tells of its day is taken in.
 */
export async function openInvalidFile(
  statement: Statement,
  faults: readonly FileFault[],
  dependencies: InvalidDependencies,
): Promise<void> {
  const { deliveries, exceptions } = dependencies;
  for (const book of booksOf(statement)) {
    const exception = await fileException(
      book,
      { category: 'FILE_INVALID', statement, names: [statement.statementId] },
      dependencies,
    );
    const { agencyCode, businessDate, exceptionId } = exception;
    if (!faults.some(({ code }) => REPEATS.has(code)))
      await deliveries.begin({ book, day: businessDate, place: { agencyCode, businessDate, exceptionId } });
    await exceptions.open(exception);
  }
}

const booksOf = ({ kind, providerId, bankBin = '', accounts = [] }: Statement): BookId[] =>
  kind === 'settlement' ? [providerBook(providerId)] : accounts.map((account) => accountBook(bankBin, account));

/** A difference of a file as a whole, at the agency whose alone it is. Its id follows from `names`. */
export async function fileException(
  book: BookId,
  {
    category,
    statement,
    names,
    day = statement.businessDate,
  }: { category: Exception['category']; statement: Statement; names: readonly string[]; day?: string },
  { registry, registeredAt, now }: Pick<InvalidDependencies, 'registry' | 'registeredAt' | 'now'>,
): Promise<Exception> {
  const [, bankBin = '', account] = book.split(':');
  const accounts =
    account === undefined
      ? await registry.atProvider(statement.providerId)
      : await accountsAtBank(bankBin, account, { registry, registeredAt });
  const agencies = new Set(accounts.map((one) => one.agencyCode as string));
  const [only] = agencies;
  return {
    exceptionId: exceptionIdOf([category, book, names]),
    category,
    state: 'OPEN',
    source: 'reconciliation',
    agencyCode: agencies.size === 1 && only !== undefined ? only : UNASSIGNED,
    providerId: statement.providerId,
    transactionId: '',
    businessDate: day,
    openedAt: now(),
    ours: null,
    theirs: null,
    statementId: statement.statementId,
    book,
  };
}
