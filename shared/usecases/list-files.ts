import type { CursorCodec } from '../domain/paging.ts';
import type { FileLog, Statement } from '../domain/reconciliation/statement.ts';
import type { RegistryReader } from '../domain/registry/book.ts';
import type { Caller } from '../domain/registry/caller.ts';
import { seesFile } from './visible.ts';

export type ListFiles = { month: string; cursor?: string | undefined; limit: number };

/** One page of the log of files of which a caller may see all that they tell of. Throws InvalidCursor. */
export async function listFiles(
  { month, cursor, limit }: ListFiles,
  caller: Caller,
  dependencies: {
    fileLog: FileLog;
    registry: Pick<RegistryReader, 'atProvider'>;
    registeredAt: readonly string[];
    cursors: CursorCodec;
  },
): Promise<{ files: Statement[]; nextCursor: string | null }> {
  const { fileLog, cursors } = dependencies;
  const boundTo = JSON.stringify(['files', caller.clientId, month]);
  const after = cursor === undefined ? undefined : cursors.decode(cursor, boundTo);
  const page = await fileLog.files({ month, after, limit });
  const files: Statement[] = [];
  for (const { statement } of page.files) if (await seesFile(caller, statement, dependencies)) files.push(statement);
  const last = page.files.at(-1)?.position;
  return { files, nextCursor: page.more && last !== undefined ? cursors.encode(last, boundTo) : null };
}
