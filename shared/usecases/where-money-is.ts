import type { Invoice } from '../domain/invoice/invoice.ts';
import type { Movement } from '../domain/payment/movement.ts';
import { accountBook } from '../domain/reconciliation/book-day.ts';
import type { RegistryReader } from '../domain/registry/book.ts';
import type { Remittance, RemittanceBook } from '../domain/remittance/remittance.ts';
import { SHIFT_DAYS, shownSince } from './draft-remittance.ts';
import { movementKey, type RemittanceFiles, RemittedMovements } from './remitted-movements.ts';

/**
 * How far on its way to the budget a money is. `collected`: in no batch, so at its provider or on the collecting account;
 * `batched`: in a batch that the bank has not shown paid yet; `paid_on`: every order of its batch that it could be in was
 * paid, so that it can only come back from where it went.
 */
export type MoneyPlace = { place: 'collected' } | { place: 'batched' | 'paid_on'; remittance: Remittance };

/**
 * Where the money of a movement is. Reads batches, newest first, no further back than the movement itself. What of it went
 * back is no matter here. Money of the desk is on no bank's statement: `collected`.
 */
export async function whereMoneyIs(
  { number, agencyCode, lines }: Pick<Invoice, 'number' | 'agencyCode' | 'lines'>,
  movement: Movement,
  {
    remittances,
    contents,
    registry,
  }: {
    remittances: Pick<RemittanceBook, 'head' | 'find'>;
    contents: RemittanceFiles;
    registry: Pick<RegistryReader, 'merchantAccount'>;
  },
): Promise<MoneyPlace> {
  const account = await registry.merchantAccount(movement.merchantAccountId);
  if (!account) return { place: 'collected' };
  const head = await remittances.head(accountBook(account.bankBin, account.accountNumber));
  const batches = new RemittedMovements(head, remittances, contents);
  const key = movementKey(movement.movementId, number);
  const remittance = await batches.batchOf(key, shownSince(movement, SHIFT_DAYS));
  if (!remittance) return { place: 'collected' };
  const purses = new Set(lines.map(({ beneficiary }) => beneficiary));
  const orders = remittance.orders.filter(
    ({ payee }) => payee.agencyCode === agencyCode && purses.has(payee.beneficiary),
  );
  return { place: orders.every(({ state }) => state === 'paid') ? 'paid_on' : 'batched', remittance };
}
