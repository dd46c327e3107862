import * as z from 'zod';
import { lazyObject } from '../lazy-object.ts';
import { ProviderId } from '../payment/provider.ts';
import type { Day, Instant } from '../time.ts';
import { ColumnMapId } from './column-maps.ts';
import { FileFault } from './faults.ts';
import { BusinessDate, Sha256, StatementId } from './statement-id.ts';

/** A provider's settlement file for one day, from the upload link to the verdict. */

export const StatementState = z.enum(['AWAITING_FILE', 'READING', 'REFUSED', 'RECONCILED']);
export type StatementState = z.infer<typeof StatementState>;

/** Every legal move; what is absent is refused. The store's conditions follow from it. */
export const statementMoves: Readonly<Record<StatementState, readonly StatementState[]>> = {
  AWAITING_FILE: ['READING'],
  READING: ['REFUSED', 'RECONCILED'],
  REFUSED: [],
  RECONCILED: [],
};

/** A state that is reached by a move. */
export type LaterState = Exclude<StatementState, 'AWAITING_FILE'>;

/** The states from which a state may be reached. */
export const statesBefore = (state: LaterState): StatementState[] =>
  StatementState.options.filter((from) => statementMoves[from].includes(state));

/** Which content of an uploaded object is meant, so that a second upload cannot change what a crash made us read again. */
export const ObjectVersion = lazyObject(() => ({
  etag: z.string().min(1).max(128),
  /** Present where the bucket keeps versions. */
  versionId: z.string().min(1).max(1024).optional(),
}));
export type ObjectVersion = z.infer<typeof ObjectVersion>;

/** Counts, and amounts in dong. `amount`: what the provider collected by its file. */
export const StatementTotals = lazyObject(() => ({
  lines: z.int().min(0),
  collected: z.int().min(0),
  amount: z.int().min(0),
  matched: z.int().min(0),
  matchedAmount: z.int().min(0),
  exceptions: z.int().min(0),
}));
export type StatementTotals = z.infer<typeof StatementTotals>;

export const Statement = lazyObject(() => ({
  statementId: StatementId,
  state: StatementState,
  providerId: ProviderId,
  businessDate: BusinessDate,
  columnMap: ColumnMapId,
  fileName: z.string().max(200).optional(),
  /** What the caller said that the content would be. */
  announcedSha256: Sha256.optional(),
  clientId: z.string(),
  /** SHA-256 of the request body: the same key with another body is refused. */
  bodyHash: Sha256,
  createdAt: z.int(),
  /** When its reading began. Entries committed later take no part, so that a second run sees what the first one saw. */
  readAt: z.int().optional(),
  object: ObjectVersion.optional(),
  sha256: Sha256.optional(),
  totals: StatementTotals.optional(),
  faults: z.array(FileFault).optional(),
  endedAt: z.int().optional(),
}));
export type Statement = z.infer<typeof Statement>;

/** Prefix under which the bucket tells of new objects. */
export const STATEMENT_PREFIX = 'statements/';

/** Where the file of a statement lies. */
export const statementKey = (statement: { providerId: string; businessDate: Day; statementId: string }): string =>
  `${STATEMENT_PREFIX}${statement.providerId}/${statement.businessDate}/${statement.statementId}.csv`;

/** Reads {@link statementKey} back; undefined for any other key. */
export function readStatementKey(
  key: string,
): { providerId: string; businessDate: Day; statementId: string } | undefined {
  const parts = /^statements\/([a-z][a-z0-9-]{1,23})\/(\d{4}-\d{2}-\d{2})\/(stm_[0-9a-f]{24})\.csv$/.exec(key);
  if (!parts) return undefined;
  const [, providerId, businessDate, statementId] = parts as unknown as [string, string, string, string];
  return { providerId, businessDate, statementId };
}

/** A claim says that something is taken in by one statement, for good. */
export const dayClaim = (providerId: ProviderId, businessDate: Day): string => `day#${providerId}#${businessDate}`;
export const contentClaim = (providerId: ProviderId, sha256: string): string => `content#${providerId}#${sha256}`;

export type Claimed = { kind: 'claimed' } | { kind: 'taken'; claim: string; by: StatementId };

/** Port: statements and their claims. */
export interface StatementBook {
  /** Creates once; answers what stands there, which is another statement's body only if the key was used before. */
  create(statement: Statement): Promise<Statement>;
  find(statementId: StatementId): Promise<Statement | undefined>;
  /**
   * Moves a statement and adds what the move found, if its state may become `to`. `refused`: it may not (any more), with
   * the statement as it stands.
   */
  move(
    statementId: StatementId,
    to: LaterState,
    found: Partial<Statement>,
  ): Promise<{ kind: 'moved' | 'refused'; statement: Statement }>;
  /** Takes all of the claims or none. What the same statement holds already counts as taken by it. */
  claim(claims: readonly string[], statementId: StatementId): Promise<Claimed>;
}

/** A file that was uploaded, and the files with what it came to. */
export interface SettlementFiles {
  /** A link that takes one PUT of the file, with the headers that must come with it. */
  uploadLink(
    key: string,
    validMilliseconds: number,
    now: Instant,
  ): Promise<{ url: string; headers: Record<string, string> }>;
  /**
   * Exactly this version of the object; `changed` when it is there no more, `tooLarge` when it has more than `most` bytes.
   * Sizes in bytes.
   */
  open(
    key: string,
    version: ObjectVersion,
    most: number,
  ): Promise<
    { kind: 'open'; chunks: AsyncIterable<Uint8Array> } | { kind: 'tooLarge'; size: number } | { kind: 'changed' }
  >;
}
