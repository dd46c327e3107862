import {
  type ObjectVersion,
  readStatementKey,
  type Statement,
  type StatementBook,
  statementKey,
} from '../domain/reconciliation/statement.ts';
import type { Instant } from '../domain/time.ts';

/** What taking in a file has in common, whoever delivers it: it begins once, and ends once. */

/** An object that came into the bucket. */
export type ArrivedFile = { key: string; version: ObjectVersion };

type Dependencies = { statements: Pick<StatementBook, 'find' | 'move'>; now: () => Instant };

export type Ended =
  | { kind: 'reconciled' | 'refused'; statement: Statement }
  /** The notice came again, or for a content that another one replaced: nothing to do. */
  | { kind: 'alreadyDone' | 'superseded'; statement: Statement };

/** Something lies where partners' files belong that no statement was opened for. Somebody must look. */
export class UnknownFile extends Error {
  constructor(key: string) {
    super(`no statement awaits ${key}`);
    this.name = 'UnknownFile';
  }
}

/** Finds the statement and moves it to READING, once; the version and the instant of the first time stay. */
export async function beginFile({ key, version }: ArrivedFile, { statements, now }: Dependencies): Promise<Statement> {
  const named = readStatementKey(key);
  const statement = named && (await statements.find(named.statementId));
  if (!statement || statementKey(statement) !== key) throw new UnknownFile(key);
  if (statement.state !== 'AWAITING_FILE') return statement;
  return (await statements.move(statement.statementId, 'READING', { object: version, readAt: now() })).statement;
}

export async function endFile(
  { statementId }: Statement,
  to: 'REFUSED' | 'RECONCILED',
  found: Partial<Statement>,
  { statements, now }: Dependencies,
): Promise<Ended> {
  const { kind, statement } = await statements.move(statementId, to, { ...found, endedAt: now() });
  if (kind === 'refused') return { kind: 'alreadyDone', statement };
  return { kind: to === 'REFUSED' ? 'refused' : 'reconciled', statement };
}

export const isVersion = (stored: ObjectVersion | undefined, arrived: ObjectVersion): boolean =>
  stored?.etag === arrived.etag && stored.versionId === arrived.versionId;

/** The file in whose place this one shall stand, if that still stands or was taken out of its place by this one. */
export async function standing(
  { supersedes, statementId }: Statement,
  { statements }: Pick<Dependencies, 'statements'>,
): Promise<Statement | undefined> {
  const before = supersedes === undefined ? undefined : await statements.find(supersedes);
  if (before?.state === 'RECONCILED') return before;
  return before?.state === 'SUPERSEDED' && before.supersededBy === statementId ? before : undefined;
}
