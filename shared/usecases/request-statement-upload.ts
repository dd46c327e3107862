import { type ColumnMapId, columnMapFor } from '../domain/reconciliation/column-maps.ts';
import {
  type SettlementFiles,
  type Statement,
  type StatementBook,
  statementKey,
} from '../domain/reconciliation/statement.ts';
import type { StatementId } from '../domain/reconciliation/statement-id.ts';
import { keyReused, Refusal } from '../domain/refusal.ts';
import type { RegistryReader } from '../domain/registry/book.ts';
import type { Caller } from '../domain/registry/caller.ts';
import type { Day, Instant } from '../domain/time.ts';
import { vietnamDay } from '../domain/time.ts';
import { canonicalJson, sha256 } from './hashing.ts';
import { seesProvider } from './visible.ts';

/** How long an upload link works. */
export const UPLOAD_LINK_MILLISECONDS = 15 * 60_000;

const ID_DIGITS = 24;

export type RequestStatementUpload = {
  providerId: string;
  businessDate: Day;
  fileName?: string | undefined;
  columnMap?: ColumnMapId | undefined;
  sha256?: string | undefined;
};

export type RequestStatementUploadDependencies = {
  statements: StatementBook;
  files: Pick<SettlementFiles, 'uploadLink'>;
  registry: Pick<RegistryReader, 'atProvider'>;
  /** Whether a day may be reconciled before it is over. Only where no real money moves. */
  admitsOpenDay: boolean;
  now: () => Instant;
};

export type UploadLink = { url: string; headers: Record<string, string>; expiresAt: Instant };

/**
 * Opens a statement for a provider's day and says where to put its file. The id is derived from caller and key, so the
 * item itself is the record of the call; a repeat gets a fresh link while the file is still awaited.
 *
 * Refusals: unknown_provider (also where its file would tell of agencies that are not the caller's), unprocessable,
 * idempotency_key_reused.
 */
export async function requestStatementUpload(
  command: RequestStatementUpload,
  caller: Caller,
  idempotencyKey: string,
  dependencies: RequestStatementUploadDependencies,
): Promise<{ statement: Statement; upload: UploadLink | undefined; replayed: boolean }> {
  const { statements, now } = dependencies;
  const statementId = statementIdFor(caller.clientId, idempotencyKey);
  const bodyHash = sha256(canonicalJson(command));
  const earlier = await statements.find(statementId);
  const statement =
    earlier ??
    (await statements.create(await newStatement(command, caller, { statementId, bodyHash, at: now() }, dependencies)));
  if (statement.bodyHash !== bodyHash || statement.clientId !== caller.clientId) throw keyReused();
  return { statement, upload: await uploadLink(statement, dependencies), replayed: earlier !== undefined };
}

const statementIdFor = (clientId: string, idempotencyKey: string): StatementId =>
  `stm_${sha256(JSON.stringify(['statement', clientId, idempotencyKey])).slice(0, ID_DIGITS)}`;

async function newStatement(
  command: RequestStatementUpload,
  caller: Caller,
  { statementId, bodyHash, at }: { statementId: StatementId; bodyHash: string; at: Instant },
  { registry, admitsOpenDay }: RequestStatementUploadDependencies,
): Promise<Statement> {
  const { providerId, businessDate } = command;
  if (!seesProvider(caller, await registry.atProvider(providerId))) throw new Refusal('unknown_provider');

  const columnMap = columnMapFor(providerId, command.columnMap);
  if (!columnMap) throw wrong('/body/columnMap', 'no such column map at this provider');

  const today = vietnamDay(at);
  if (businessDate > today || (businessDate === today && !admitsOpenDay))
    throw wrong('/body/businessDate', 'the day is not over');

  return {
    statementId,
    state: 'AWAITING_FILE',
    providerId,
    businessDate,
    columnMap: columnMap.id,
    ...(command.fileName !== undefined && { fileName: command.fileName }),
    ...(command.sha256 !== undefined && { announcedSha256: command.sha256 }),
    clientId: caller.clientId,
    bodyHash,
    createdAt: at,
  };
}

const wrong = (pointer: string, message: string) => new Refusal('unprocessable', undefined, [{ pointer, message }]);

async function uploadLink(
  statement: Statement,
  { files, now }: RequestStatementUploadDependencies,
): Promise<UploadLink | undefined> {
  if (statement.state !== 'AWAITING_FILE') return undefined;
  const at = now();
  const link = await files.uploadLink(statementKey(statement), UPLOAD_LINK_MILLISECONDS, at);
  return { ...link, expiresAt: at + UPLOAD_LINK_MILLISECONDS };
}
