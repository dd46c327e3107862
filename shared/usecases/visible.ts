import { UNASSIGNED } from '../domain/ledger/ledger.ts';
import { notFound } from '../domain/refusal.ts';
import type { RegistryReader } from '../domain/registry/book.ts';
import type { Caller } from '../domain/registry/caller.ts';
import { type MerchantAccount, mayActFor } from '../domain/registry/registry.ts';

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
