import { type CursorCodec, InvalidCursor } from '../domain/paging.ts';
import type { BookId } from '../domain/reconciliation/book-day.ts';
import { Refusal } from '../domain/refusal.ts';
import type { RegistryReader } from '../domain/registry/book.ts';
import type { Caller } from '../domain/registry/caller.ts';
import {
  placeOfRemittance,
  type Remittance,
  type RemittanceBook,
  type RemittanceId,
} from '../domain/remittance/remittance.ts';
import { type Instant, MINUTE_MILLISECONDS } from '../domain/time.ts';
import { visibleRemittance } from './decide-remittance.ts';
import { seesBook } from './visible.ts';

export type ReadRemittanceDependencies = {
  remittances: Pick<RemittanceBook, 'find' | 'head' | 'list'> & Parameters<typeof visibleRemittance>[2]['remittances'];
  registry: Pick<RegistryReader, 'atProvider'>;
  registeredAt: readonly string[];
  links: { downloadLink(key: string, validMilliseconds: number, now: Instant): Promise<string> };
  now: () => Instant;
};

/** The batches of an account, newest first. Refusal: not_found. Throws InvalidCursor. */
export async function listRemittances(
  { book, cursor, limit }: { book: BookId; cursor?: string | undefined; limit: number },
  caller: Caller,
  { cursors, ...dependencies }: ReadRemittanceDependencies & { cursors: CursorCodec },
): Promise<{ remittances: Remittance[]; nextCursor: string | null }> {
  if (!(await seesBook(caller, book, dependencies))) throw new Refusal('not_found');
  const boundTo = JSON.stringify(['remittances', caller.clientId, book]);
  const before = cursor === undefined ? undefined : Number(cursors.decode(cursor, boundTo));
  if (before !== undefined && !Number.isSafeInteger(before)) throw new InvalidCursor();
  const found = await dependencies.remittances.list({ book, before, limit: limit + 1 });
  const remittances = found.slice(0, limit);
  const last = remittances.at(-1);
  const more = last && found.length > limit;
  return {
    remittances,
    nextCursor: more ? cursors.encode(String(placeOfRemittance(last.remittanceId).sequence), boundTo) : null,
  };
}

/** How long a link to a file can be followed. */
const LINK_MILLISECONDS = 15 * MINUTE_MILLISECONDS;

export type RemittanceLinks = { pain001: string; csv: string; expiresAt: Instant };

/** Links to the files of a batch, for a while; `null` where it has none. Refusal: not_found. */
export async function remittanceLinks(
  id: RemittanceId,
  caller: Caller,
  dependencies: ReadRemittanceDependencies,
): Promise<RemittanceLinks | null> {
  const { files } = await visibleRemittance(id, caller, dependencies);
  if (!files) return null;
  const at = dependencies.now();
  const link = (key: string) => dependencies.links.downloadLink(key, LINK_MILLISECONDS, at);
  return { pain001: await link(files.pain001.key), csv: await link(files.csv.key), expiresAt: at + LINK_MILLISECONDS };
}
