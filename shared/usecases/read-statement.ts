import type { Statement, StatementBook } from '../domain/reconciliation/statement.ts';
import type { StatementId } from '../domain/reconciliation/statement-id.ts';
import { notFound } from '../domain/refusal.ts';
import type { RegistryReader } from '../domain/registry/book.ts';
import type { Caller } from '../domain/registry/caller.ts';
import { seesProvider } from './visible.ts';

/** Refusals: not_found, also where the provider's file tells of agencies that are not the caller's. */
export async function readStatement(
  statementId: StatementId,
  caller: Caller,
  { statements, registry }: { statements: Pick<StatementBook, 'find'>; registry: Pick<RegistryReader, 'atProvider'> },
): Promise<Statement> {
  const statement = await statements.find(statementId);
  if (!statement || !seesProvider(caller, await registry.atProvider(statement.providerId))) throw notFound();
  return statement;
}
