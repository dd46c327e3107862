import { accountOfBook } from '../domain/reconciliation/book-day.ts';
import type { RegistryReader } from '../domain/registry/book.ts';
import type { Caller } from '../domain/registry/caller.ts';
import { orderTable } from '../domain/remittance/order-table.ts';
import { pain001 } from '../domain/remittance/pain001.ts';
import {
  fileKey,
  placeOfRemittance,
  type Remittance,
  type RemittanceId,
  sentBy,
} from '../domain/remittance/remittance.ts';
import { type ChangeDependencies, changeRemittance, movedTo } from './decide-remittance.ts';
import { sha256 } from './hashing.ts';
import { accountsAtBank } from './visible.ts';

export type ExportDependencies = ChangeDependencies & {
  files: {
    writeText(key: string, contentType: string, text: string): Promise<void>;
  };
  registry: Pick<RegistryReader, 'agency'>;
};

/**
 * Makes the files of an approved batch, from its frozen content: a message for the bank (pain.001.001.09) and a table. Made
 * again they are the same to the byte, and named by their hashes. A batch that sends nothing has none.
 *
 * Refusals: not_found, remittance_state, idempotency_key_reused, version_conflict.
 */
export async function exportRemittance(
  id: RemittanceId,
  caller: Caller,
  idempotencyKey: string,
  dependencies: ExportDependencies,
): Promise<{ remittance: Remittance; replayed: boolean }> {
  const call = { caller, idempotencyKey, words: { action: 'export' } };
  return changeRemittance(id, call, dependencies, async (before) => {
    const state = movedTo(before, 'Exported');
    const exported = { ...before, state, exportedBy: caller.subject, exportedAt: dependencies.now() };
    if (sentBy(before) === 0) return { after: exported };
    const texts = { pain001: pain001(before, { name: await holderOf(before, dependencies) }), csv: orderTable(before) };
    const pain = await keep(before, 'xml', 'application/xml', texts.pain001, dependencies);
    const csv = await keep(before, 'csv', 'text/csv; charset=utf-8', texts.csv, dependencies);
    return { after: { ...exported, files: { pain001: pain, csv } } };
  });
}

async function keep(
  { remittanceId, book }: Remittance,
  ending: string,
  contentType: string,
  text: string,
  { files }: ExportDependencies,
): Promise<{ key: string; sha256: string; bytes: number }> {
  const hash = sha256(text);
  const { sequence } = placeOfRemittance(remittanceId);
  const key = fileKey(book, sequence, `${hash}.${ending}`);
  await files.writeText(key, contentType, text);
  return { key, sha256: hash, bytes: Buffer.byteLength(text) };
}

/** Who holds the account: the agency whose it is, or the account itself where several share it. */
async function holderOf({ book }: Remittance, dependencies: ExportDependencies): Promise<string> {
  const account = accountOfBook(book);
  const all = account ? await accountsAtBank(account.bankBin, account.account, dependencies) : [];
  const [only, ...others] = new Set(all.map(({ agencyCode }) => agencyCode as string));
  const agency = only !== undefined && others.length === 0 ? await dependencies.registry.agency(only) : undefined;
  return agency?.name.vi ?? `TK ${account?.account ?? ''}`;
}
