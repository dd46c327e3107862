import { UNASSIGNED } from '../domain/ledger/ledger.ts';
import type { RegistryReader } from '../domain/registry/book.ts';

/** All agencies, and what is nobody's: in an order that is always the same. */
export const everyAgency = async (registry: Pick<RegistryReader, 'agencyCodes'>): Promise<string[]> =>
  [...new Set([...(await registry.agencyCodes()), UNASSIGNED])].sort();
