import type {
  Exception,
  ExceptionBook,
  ExceptionDesk,
  ExceptionPlace,
} from '../../shared/domain/reconciliation/exception.ts';
import type { ExceptionsOfDay, LyingWork, WorkPages } from '../../shared/domain/reconciliation/ports.ts';
import {
  type Claimed,
  type FileLog,
  type LaterState,
  Statement,
  type StatementBook,
  statementMoves,
} from '../../shared/domain/reconciliation/statement.ts';
import type { StatementId } from '../../shared/domain/reconciliation/statement-id.ts';
import { vietnamDay } from '../../shared/domain/time.ts';

/** The work table in memory. Keeps copies, so that nothing changes behind its back. */
export class MemoryWork implements ExceptionBook, ExceptionDesk, ExceptionsOfDay, StatementBook, FileLog {
  readonly #exceptions = new Map<string, Exception>();
  readonly #statements = new Map<StatementId, Statement>();
  readonly #claims = new Map<string, StatementId>();

  async open(exception: Exception): Promise<'opened' | 'alreadyOpen'> {
    const key = `${exception.agencyCode} ${positionOf(exception)}`;
    const there = this.#exceptions.get(key);
    if (there && there.state !== 'AUTO_CLEARED') return 'alreadyOpen';
    this.#exceptions.set(key, there ? { ...there, state: 'OPEN' } : structuredClone(exception));
    return 'opened';
  }

  async clear(place: ExceptionPlace): Promise<'cleared' | 'kept'> {
    const key = `${place.agencyCode} ${positionOf(place)}`;
    const there = this.#exceptions.get(key);
    if (there?.state !== 'OPEN' && there?.state !== 'ASSIGNED') return 'kept';
    this.#exceptions.set(key, { ...there, state: 'AUTO_CLEARED' });
    return 'cleared';
  }

  async at(place: ExceptionPlace): Promise<Exception | undefined> {
    return structuredClone(this.#exceptions.get(`${place.agencyCode} ${positionOf(place)}`));
  }

  async change(before: Exception, after: Exception, notBy?: string): Promise<'changed' | 'refused'> {
    const key = `${before.agencyCode} ${positionOf(before)}`;
    const there = this.#exceptions.get(key);
    if (there?.state !== before.state || there.version !== before.version) return 'refused';
    if (notBy !== undefined && there.proposal?.by === notBy) return 'refused';
    this.#exceptions.set(key, structuredClone(after));
    return 'changed';
  }

  async ofAgency({ agencyCode, after, limit }: Parameters<ExceptionBook['ofAgency']>[0]) {
    const all = this.#of(agencyCode)
      .map((exception) => ({ exception, position: positionOf(exception) }))
      .filter(({ position }) => after === undefined || position > after);
    return { exceptions: all.slice(0, limit), more: all.length > limit };
  }

  /** The list as it lies there. */
  readonly pages: WorkPages = {
    page: async ({ agencyCode, after }) => {
      const all = this.#of(agencyCode).filter((one) => after === undefined || positionOf(one) > after);
      const items = all.slice(0, 2);
      return { items: items.map(lying), after: all.length > 2 ? positionOf(items[1] as Exception) : undefined };
    },
    at: async (places) =>
      Promise.all(
        places.map(async (place) => {
          const there = await this.at(place);
          return there && lying(there);
        }),
      ),
  };

  /** What somebody with access to the table does: puts an item, or takes one away. */
  place(exception: Exception): void {
    this.#exceptions.set(`${exception.agencyCode} ${positionOf(exception)}`, structuredClone(exception));
  }
  remove(place: ExceptionPlace): void {
    this.#exceptions.delete(`${place.agencyCode} ${positionOf(place)}`);
  }

  async *ofDay({ agencyCode, day }: { agencyCode: string; day: string }): AsyncIterable<Exception> {
    yield* this.#of(agencyCode).filter((exception) => exception.businessDate === day);
  }

  async create(statement: Statement): Promise<Statement> {
    const there = this.#statements.get(statement.statementId);
    if (there) return structuredClone(there);
    this.#statements.set(statement.statementId, Statement.parse(structuredClone(statement)));
    return structuredClone(statement);
  }

  async find(statementId: StatementId): Promise<Statement | undefined> {
    return structuredClone(this.#statements.get(statementId));
  }

  async move(statementId: StatementId, to: LaterState, found: Partial<Statement>) {
    const there = this.#statements.get(statementId);
    if (!there) throw new Error(`no statement ${statementId}`);
    if (!statementMoves[there.state].includes(to))
      return { kind: 'refused' as const, statement: structuredClone(there) };
    const statement = Statement.parse(structuredClone({ ...there, ...found, state: to }));
    this.#statements.set(statementId, statement);
    return { kind: 'moved' as const, statement: structuredClone(statement) };
  }

  async files({ month, after, limit }: Parameters<FileLog['files']>[0]): ReturnType<FileLog['files']> {
    const all = [...this.#statements.values()]
      .filter(({ createdAt }) => vietnamDay(createdAt).startsWith(month))
      .map((statement) => ({
        statement: structuredClone(statement),
        position: `${String(statement.createdAt).padStart(13, '0')}#${statement.statementId}`,
      }))
      .filter(({ position }) => after === undefined || position < after)
      .sort((one, other) => (one.position < other.position ? 1 : -1));
    return { files: all.slice(0, limit), more: all.length > limit };
  }

  async claim(claims: readonly string[], statementId: StatementId, from?: StatementId): Promise<Claimed> {
    for (const claim of claims) {
      const by = this.#claims.get(claim) ?? statementId;
      if (by !== statementId && by !== from) return { kind: 'taken', claim, by };
    }
    for (const claim of claims) this.#claims.set(claim, statementId);
    return { kind: 'claimed' };
  }

  /** Everything that it holds, in an order of its own. */
  contents() {
    return structuredClone({
      exceptions: [...this.#exceptions.values()].sort((one, other) => (one.exceptionId < other.exceptionId ? -1 : 1)),
      statements: [...this.#statements.values()].sort((one, other) => (one.statementId < other.statementId ? -1 : 1)),
      claims: Object.fromEntries([...this.#claims].sort()),
    });
  }

  #of(agencyCode: string): Exception[] {
    return structuredClone([...this.#exceptions.values()])
      .filter((exception) => exception.agencyCode === agencyCode)
      .sort((one, other) => (positionOf(one) < positionOf(other) ? -1 : 1));
  }
}

const positionOf = ({ businessDate, exceptionId }: Pick<Exception, 'businessDate' | 'exceptionId'>): string =>
  `${businessDate}#${exceptionId}`;

const lying = (exception: Exception): LyingWork => ({
  key: `exception#${exception.agencyCode} ${positionOf(exception)}`,
  exception,
});
