import * as z from 'zod';
import { lazy } from '../lazy.ts';
import { ProviderId } from '../payment/provider.ts';
import type { Day, Instant } from '../time.ts';
import { StatementMapId } from './bank/maps.ts';
import { ColumnMapId } from './column-maps.ts';
import { FileFault } from './faults.ts';
import { BusinessDate, Sha256, StatementId } from './statement-id.ts';

/**
 * A file that a partner delivers for one day, from the upload link to the verdict: a provider's settlement file, or the
 * statement of a bank or treasury.
 */

export const StatementKind = lazy(() => z.enum(['settlement', 'bank', 'treasury']));
export type StatementKind = z.infer<typeof StatementKind>;

export const StatementState = lazy(() => z.enum(['AWAITING_FILE', 'READING', 'REFUSED', 'RECONCILED', 'SUPERSEDED']));
export type StatementState = z.infer<typeof StatementState>;

/** Every legal move; what is absent is refused. The store's conditions follow from it. */
export const statementMoves: Readonly<Record<StatementState, readonly StatementState[]>> = {
  AWAITING_FILE: ['READING'],
  READING: ['REFUSED', 'RECONCILED'],
  REFUSED: [],
  // A later revision of the same day's file stands in its place; what it said stays readable.
  RECONCILED: ['SUPERSEDED'],
  SUPERSEDED: [],
};

/** A state that is reached by a move. */
export type LaterState = Exclude<StatementState, 'AWAITING_FILE'>;

/** The states from which a state may be reached. */
export const statesBefore = (state: LaterState): StatementState[] =>
  StatementState.options.filter((from) => statementMoves[from].includes(state));

/** Which content of an uploaded object is meant, so that a second upload cannot change what a crash made us read again. */
export const ObjectVersion = lazy(() =>
  z.object({
    etag: z.string().min(1).max(128),
    /** Present where the bucket keeps versions. */
    versionId: z.string().min(1).max(1024).optional(),
  }),
);
export type ObjectVersion = z.infer<typeof ObjectVersion>;

/** Counts, and amounts in dong. `amount`: what the provider collected by its file. */
export const StatementTotals = lazy(() =>
  z.object({
    lines: z.int().min(0),
    collected: z.int().min(0),
    amount: z.int().min(0),
    matched: z.int().min(0),
    matchedAmount: z.int().min(0),
    exceptions: z.int().min(0),
  }),
);
export type StatementTotals = z.infer<typeof StatementTotals>;

/** The work items that a file led to: how many, and the sum of their hashes, in hex. */
export const FileDifferences = lazy(() => z.object({ count: z.int().min(0), sum: Sha256 }));
export type FileDifferences = z.infer<typeof FileDifferences>;

/** One statement inside a bank's file. Amounts as text: minor units of its currency, whatever their size. */
export const TakenStatement = lazy(() =>
  z.object({
    account: z.string(),
    /** Names the statement for good: bank, account, closing day and the bank's own number. */
    name: z.string(),
    sequence: z.string(),
    currency: z.string(),
    from: BusinessDate,
    to: BusinessDate,
    opening: z.string().nullable(),
    closing: z.string().nullable(),
    credit: z.string(),
    debit: z.string(),
    entries: z.int().min(0),
    lines: z.int().min(0),
    notBooked: z.int().min(0),
    /** Of its lines, those that count on a later day because their own was closed. */
    late: z.int().min(0),
    findings: z.array(z.object({ code: z.string(), figures: z.record(z.string(), z.string()) })),
    /** Tells of entries before the statement does. */
    advice: z.literal(true).optional(),
    /** How many objects its lines lie in; see {@link linesKey}. */
    parts: z.int().min(0),
  }),
);
export type TakenStatement = z.infer<typeof TakenStatement>;

export const BankBin = lazy(() => z.string().regex(/^[0-9]{6}$/));
/** A domestic account: digits only, no IBAN. */
export const AccountNumber = lazy(() => z.string().regex(/^[0-9]{6,19}$/));

export const Statement = lazy(() =>
  z.object({
    statementId: StatementId,
    kind: StatementKind.default('settlement'),
    state: StatementState,
    /** Who delivers it; {@link BANK_CREDIT} for banks and treasury, which no provider is called. */
    providerId: ProviderId,
    businessDate: BusinessDate,
    /** Absent where the format says by itself what its fields are. */
    columnMap: z.union([ColumnMapId, StatementMapId]).optional(),
    /** Of a bank's file: the accounts that it may tell of. */
    bankBin: BankBin.optional(),
    accounts: z.array(AccountNumber).optional(),
    /** As the content showed. */
    format: z.string().optional(),
    /** Which file of its day it is, counting from 1; and the one in whose place it stands. */
    revision: z.int().min(1).default(1),
    supersedes: StatementId.optional(),
    supersededBy: StatementId.optional(),
    /** Bytes of the content that was read. */
    size: z.int().min(0).optional(),
    taken: z.array(TakenStatement).optional(),
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
    /** Of a settlement file, what proves the work items that it led to. Absent in files of before. */
    differences: FileDifferences.optional(),
    faults: z.array(FileFault).optional(),
    endedAt: z.int().optional(),
  }),
);
export type Statement = z.infer<typeof Statement>;

/** Prefix under which the bucket tells of new objects. */
export const STATEMENT_PREFIX = 'statements/';

/** Where the file of a statement lies. What format it has its content says, not its name. */
export const statementKey = (statement: { providerId: string; businessDate: Day; statementId: string }): string =>
  `${STATEMENT_PREFIX}${statement.providerId}/${statement.businessDate}/${statement.statementId}.csv`;

/** Objects with the lines of one statement inside a bank's file, `part` counting from 1. */
export const linesKey = ({ statementId, place, part }: { statementId: string; place: number; part: number }): string =>
  `results/bank/lines/${statementId}/${place}-${part}.ndjson`;

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
/** A bank's statement by its account and number: taken in once, whatever file it comes in. */
export const statementClaim = (name: string): string => `statement#${name}`;
/** Most claims of one file: those of one transaction. */
export const MAX_CLAIMS = 100;

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
  /**
   * Takes all of the claims or none. What the same statement holds already counts as taken by it, and what `from` holds, the
   * one in whose place it stands, passes over to it.
   */
  claim(claims: readonly string[], statementId: StatementId, from?: StatementId): Promise<Claimed>;
}

/** Port: the log of files, newest first. */
export interface FileLog {
  /** One page. `after`: the position that the last page answered. */
  files(query: { month: string; after?: string | undefined; limit: number }): Promise<{
    files: { statement: Statement; position: string }[];
    more: boolean;
  }>;
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
    | { kind: 'open'; size: number; chunks: AsyncIterable<Uint8Array> }
    | { kind: 'tooLarge'; size: number }
    | { kind: 'changed' }
  >;
  /** Bytes from `from` to before `to` of exactly this version of the object. Throws where it is there no more. */
  part(key: string, version: ObjectVersion, from: number, to: number): AsyncIterable<Uint8Array>;
}
