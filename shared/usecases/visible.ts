import { UNASSIGNED } from '../domain/ledger/ledger.ts';
import { accountOfBook, type BookId } from '../domain/reconciliation/book-day.ts';
import type { Statement } from '../domain/reconciliation/statement.ts';
import { notFound } from '../domain/refusal.ts';
import type { RegistryReader } from '../domain/registry/book.ts';
import type { Caller } from '../domain/registry/caller.ts';
import { type MerchantAccount, mayActFor, type TerminalAccount } from '../domain/registry/registry.ts';

/**
 * The agencies whose figures a caller may see, in order of their codes; `wanted` narrows them to one, which is `not_found`
 * if it is another's. Money that no agency could be found for is seen by those who see all.
 */
export async function visibleAgencies(
  { client }: Caller,
  wanted: string | undefined,
  registry: Pick<RegistryReader, 'agencyCodes'>,
): Promise<string[]> {
  if (!client.active) throw notFound();
  const all = client.agencies === '*';
  if (wanted !== undefined) {
    if (!(all || mayActFor(client, wanted))) throw notFound();
    return [wanted];
  }
  const codes = client.agencies === '*' ? [...(await registry.agencyCodes()), UNASSIGNED] : client.agencies;
  return [...new Set(codes)].sort();
}

/** Whether a provider's file, which tells of all of its agencies, is wholly the caller's to see. */
export function seesProvider({ client }: Caller, accounts: readonly MerchantAccount[]): boolean {
  return accounts.length > 0 && accounts.every((account) => mayActFor(client, account.agencyCode));
}

/** The accounts of ours, active or not, that are paid out to one account at a bank. */
export async function accountsAtBank(
  bankBin: string,
  accountNumber: string,
  { registry, registeredAt }: { registry: Pick<RegistryReader, 'atProvider'>; registeredAt: readonly string[] },
): Promise<TerminalAccount[]> {
  const all = await Promise.all(registeredAt.map((providerId) => registry.atProvider(providerId)));
  return all.flat().filter((account) => account.bankBin === bankBin && account.accountNumber === accountNumber);
}

type FilePlaces = { registry: Pick<RegistryReader, 'atProvider'>; registeredAt: readonly string[] };

/** Our accounts at each place that a file tells of: at its provider, or at each of its bank accounts. */
export async function accountsOfFile(
  { providerId, bankBin, accounts }: Pick<Statement, 'providerId' | 'bankBin' | 'accounts'>,
  dependencies: FilePlaces,
): Promise<readonly (readonly TerminalAccount[])[]> {
  if (bankBin === undefined || accounts === undefined) return [await dependencies.registry.atProvider(providerId)];
  return Promise.all(accounts.map((account) => accountsAtBank(bankBin, account, dependencies)));
}

/** Whether all that a file tells of is the caller's to see. */
export async function seesFile(
  caller: Caller,
  file: Pick<Statement, 'providerId' | 'bankBin' | 'accounts'>,
  dependencies: FilePlaces,
): Promise<boolean> {
  return (await accountsOfFile(file, dependencies)).every((accounts) => seesProvider(caller, accounts));
}

/** Whether a book, which may tell of several agencies, is wholly the caller's to see. */
export async function seesBook(
  caller: Caller,
  book: BookId,
  dependencies: { registry: Pick<RegistryReader, 'atProvider'>; registeredAt: readonly string[] },
): Promise<boolean> {
  const bank = accountOfBook(book);
  const accounts = bank
    ? await accountsAtBank(bank.bankBin, bank.account, dependencies)
    : await dependencies.registry.atProvider(book.slice('provider:'.length));
  return seesProvider(caller, accounts);
}
