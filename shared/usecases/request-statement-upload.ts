import { canonicalJson } from '../domain/canonical-json.ts';
import { BANK_CREDIT } from '../domain/payment/movement.ts';
import { type StatementMapId, statementMapFor } from '../domain/reconciliation/bank/maps.ts';
import { type ColumnMapId, columnMapFor } from '../domain/reconciliation/column-maps.ts';
import {
  type SettlementFiles,
  type Statement,
  type StatementBook,
  Statement as StatementSchema,
  statementKey,
} from '../domain/reconciliation/statement.ts';
import type { StatementId } from '../domain/reconciliation/statement-id.ts';
import type { MapSwitch } from '../domain/reconciliation/switched-maps.ts';
import { keyReused, Refusal } from '../domain/refusal.ts';
import type { RegistryReader } from '../domain/registry/book.ts';
import type { Caller } from '../domain/registry/caller.ts';
import type { Day, Instant } from '../domain/time.ts';
import { vietnamDay } from '../domain/time.ts';
import { sha256 } from './hashing.ts';
import { accountsAtBank, seesProvider } from './visible.ts';

/** How long an upload link works. */
export const UPLOAD_LINK_MILLISECONDS = 15 * 60_000;

const ID_DIGITS = 24;

type AnyUpload = {
  businessDate: Day;
  fileName?: string | undefined;
  sha256?: string | undefined;
  /** The file in whose place this one shall stand. */
  supersedes?: StatementId | undefined;
};
export type SettlementUpload = AnyUpload & {
  kind?: 'settlement' | undefined;
  providerId: string;
  columnMap?: ColumnMapId | undefined;
};
/** A statement of a bank or treasury, with the accounts that it may tell of. */
export type BankUpload = AnyUpload & {
  kind: 'bank' | 'treasury';
  bankBin: string;
  accounts: readonly string[];
  columnMap?: StatementMapId | undefined;
};
export type RequestStatementUpload = SettlementUpload | BankUpload;

export type RequestStatementUploadDependencies = {
  statements: StatementBook;
  files: Pick<SettlementFiles, 'uploadLink'>;
  registry: Pick<RegistryReader, 'atProvider'>;
  /** Which layouts that nothing confirms may be used for whom. */
  isOn: MapSwitch;
  /** All providers at which an account may be registered. */
  registeredAt: readonly string[];
  /** Whether a day may be reconciled before it is over. Only where no real money moves. */
  admitsOpenDay: boolean;
  now: () => Instant;
};

export type UploadLink = { url: string; headers: Record<string, string>; expiresAt: Instant };

/**
 * Opens a statement for a partner's day and says where to put its file. The id is derived from caller and key, so the
 * item itself is the record of the call; a repeat gets a fresh link while the file is still awaited.
 *
 * Refusals: unknown_provider and unknown_account (also where the file would tell of agencies that are not the caller's),
 * unprocessable, idempotency_key_reused.
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
  dependencies: RequestStatementUploadDependencies,
): Promise<Statement> {
  const { businessDate } = command;
  const partner =
    'bankBin' in command
      ? await bankFile(command, caller, dependencies)
      : await settlementFile(command, caller, dependencies);
  const today = vietnamDay(at);
  if (businessDate > today || (businessDate === today && !dependencies.admitsOpenDay))
    throw wrong('/body/businessDate', 'the day is not over');
  const statement = StatementSchema.parse({
    statementId,
    state: 'AWAITING_FILE',
    revision: 1,
    ...partner,
    businessDate,
    ...(command.fileName !== undefined && { fileName: command.fileName }),
    ...(command.sha256 !== undefined && { announcedSha256: command.sha256 }),
    clientId: caller.clientId,
    bodyHash,
    createdAt: at,
  });
  return command.supersedes === undefined ? statement : await inPlaceOf(command.supersedes, statement, dependencies);
}

async function settlementFile(
  { providerId, columnMap: wanted }: SettlementUpload,
  caller: Caller,
  { registry, isOn }: RequestStatementUploadDependencies,
) {
  if (!seesProvider(caller, await registry.atProvider(providerId))) throw new Refusal('unknown_provider');
  const columnMap = columnMapFor(providerId, wanted);
  if (!columnMap) throw wrong('/body/columnMap', 'no such column map at this provider');
  if (!isOn(providerId, columnMap)) throw unverified();
  return { kind: 'settlement' as const, providerId, columnMap: columnMap.id };
}

async function bankFile(
  { kind, bankBin, accounts, columnMap }: BankUpload,
  caller: Caller,
  dependencies: RequestStatementUploadDependencies,
) {
  for (const account of accounts)
    if (!seesProvider(caller, await accountsAtBank(bankBin, account, dependencies)))
      throw new Refusal('unknown_account');
  const map = columnMap === undefined ? undefined : statementMapFor(columnMap);
  if (columnMap !== undefined && !map) throw wrong('/body/columnMap', 'no such column map');
  if (map && !dependencies.isOn(bankBin, map)) throw unverified();
  return {
    kind,
    providerId: BANK_CREDIT,
    bankBin,
    accounts: [...new Set(accounts)].sort(),
    ...(columnMap !== undefined && { columnMap }),
  };
}

/** Only a file that still stands, of the same partner and day, may be replaced. */
async function inPlaceOf(
  supersedes: StatementId,
  statement: Statement,
  { statements }: RequestStatementUploadDependencies,
): Promise<Statement> {
  const before = await statements.find(supersedes);
  const same = (one: Statement) =>
    JSON.stringify([one.kind, one.providerId, one.businessDate, one.bankBin ?? null, one.accounts ?? null]);
  if (before?.state !== 'RECONCILED' || same(before) !== same(statement))
    throw wrong('/body/supersedes', 'no such file of this partner and day stands');
  return StatementSchema.parse({ ...statement, supersedes, revision: before.revision + 1 });
}

/** What no contract has settled yet is not read: it might be money in another column. */
const unverified = () => wrong('/body/columnMap', 'this layout is not confirmed for this partner');

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
