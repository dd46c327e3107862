import type { Statement, StatementBook } from '../domain/reconciliation/statement.ts';
import type { StatementId } from '../domain/reconciliation/statement-id.ts';
import { notFound } from '../domain/refusal.ts';
import type { RegistryReader } from '../domain/registry/book.ts';
import type { Caller } from '../domain/registry/caller.ts';
import { seesFile } from './visible.ts';

/** Refusals: not_found, also where the file tells of agencies that are not the caller's. */
export async function readStatement(
  statementId: StatementId,
  caller: Caller,
  dependencies: {
    statements: Pick<StatementBook, 'find'>;
    registry: Pick<RegistryReader, 'atProvider'>;
    registeredAt: readonly string[];
  },
): Promise<Statement> {
  const statement = await dependencies.statements.find(statementId);
  if (!statement || !(await seesFile(caller, statement, dependencies))) throw notFound();
  return statement;
}
