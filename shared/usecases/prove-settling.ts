import { createHash } from 'node:crypto';
import type { BookBreach } from '../domain/ledger/breach.ts';
import { type JournalEntry, type JournalProver, sameEntry } from '../domain/ledger/journal.ts';
import { accountOfBook, type BookDays, BookId, type DayRun } from '../domain/reconciliation/book-day.ts';
import type { DecisionBook } from '../domain/reconciliation/decisions.ts';
import type { DeliveryBook } from '../domain/reconciliation/deliveries.ts';
import type { Exception, ExceptionPlace, Proposal } from '../domain/reconciliation/exception.ts';
import { differsIn } from '../domain/reconciliation/plausible-work.ts';
import { type LyingWork, MAX_WORK_AT_ONCE, type WorkPages } from '../domain/reconciliation/ports.ts';
import type { FileLog } from '../domain/reconciliation/statement.ts';
import { itemsOf } from '../domain/reconciliation/workflow.ts';
import { addDays, type Instant, vietnamDay } from '../domain/time.ts';
import { DifferencesDigest } from './differences-digest.ts';
import { foundBy, type MatchDependencies } from './match-account.ts';
import { correction } from './settle-exceptions.ts';

/**
 * Proves what people settled and what bank accounts leave open by each other: each decision about items of an account, each
 * correction in the journal and each difference of an account's last run by its work item, and the reverse.
 */

/** A run opens its differences within so long after it was recorded, in milliseconds. */
const RUN_SETTLES_MILLISECONDS = 15 * 60_000;
/** How far back the last run of an account is looked for, in days. */
const RUN_DAYS = 370;
/** Files that are read at once. */
const FILES_AT_ONCE = 100;
/** What a run does not tell of its items; of those that were opened before items had a direction, that neither. */
const FREE = ['openedAt', 'merchantAccountId'] as const;
const FREE_OF_FORMER = [...FREE, 'direction'] as const;

type Corrected = { exception: Exception; proposal: Proposal };

/** Goes along with a proof of the work list, and knows afterwards what was settled and what is open. */
export class SettledWork {
  /** How often each work item that people worked on was changed: corrections are named by it. */
  readonly versions = new Map<string, number>();
  readonly #corrected: Corrected[] = [];
  /** By account: decisions that stand, or may; and differences that nobody has settled. */
  readonly #decided = new Map<string, Map<string, { text: string; isSure: boolean; exception: Exception }>>();
  readonly #open = new Map<string, Map<string, Exception>>();

  /** By settlement file: the differences that it led to. */
  readonly #ofFiles = new Map<string, DifferencesDigest>();

  add(exception: Exception): void {
    const { exceptionId, version, state, proposal, book, source, statementId } = exception;
    if (source === 'reconciliation' && book === undefined && statementId !== undefined) {
      const of = this.#ofFiles.get(statementId) ?? new DifferencesDigest();
      of.add(exception);
      this.#ofFiles.set(statementId, of);
    }
    if (version !== undefined) this.versions.set(exceptionId, version);
    const posted = postedOf(exception);
    // Approved, and perhaps posted: whoever approves again carries it on.
    if (posted) this.#decide(exception, posted, state !== 'APPROVED');
    if (posted && state !== 'APPROVED') this.#corrected.push({ exception, proposal: posted });
    // Taken back: both postings stand, and the last is of the taking back.
    if (state === 'OPEN' && proposal?.undoes)
      this.#corrected.push({ exception, proposal: proposal.undoes }, { exception, proposal });
    if (book === undefined || exception.items === undefined || posted) return;
    if (state === 'AUTO_CLEARED' || state === 'POSTED' || state === 'APPROVED') return;
    this.#open.set(book, (this.#open.get(book) ?? new Map()).set(exceptionId, exception));
  }

  #decide(exception: Exception, { resolution }: Proposal, isSure: boolean): void {
    if (exception.book === undefined || (resolution.kind !== 'match' && resolution.kind !== 'write-off')) return;
    const { ours, theirs } = itemsOf(exception, resolution);
    const of = this.#decided.get(exception.book) ?? new Map();
    of.set(exception.exceptionId, { text: JSON.stringify([resolution.kind, ours, theirs]), isSure, exception });
    this.#decided.set(exception.book, of);
  }

  /** The first correction that was posted, and is not in the journal as it was. */
  async corrections(journal: JournalProver): Promise<BookBreach | undefined> {
    const expected = this.#corrected.flatMap(({ exception, proposal }) => correctionOf(exception, proposal));
    const there = await journal.allAt(expected);
    for (const [place, entry] of expected.entries()) {
      const found = there[place];
      if (found && sameEntry(found, entry)) continue;
      const key = `${entry.agencyCode} ${entry.movementId}`;
      return found
        ? { kind: 'movement_differs', key, detail: 'the journal says something else than its work item' }
        : { kind: 'movement_unentered', key, detail: 'its work item is settled, and the journal does not have it' };
    }
    return undefined;
  }

  /** The first decision that must stand by what was heard of, and does not, or not so. */
  async decisions(decisions: Pick<DecisionBook, 'of'>): Promise<BookBreach | undefined> {
    for (const [book, expected] of this.#decided) {
      const standing = await decisions.of(BookId.parse(book));
      const wrong = this.#wrongDecision(
        book,
        standing.filter(({ decisionId }) => expected.has(decisionId)),
      );
      if (wrong) return wrong;
    }
    return undefined;
  }

  /**
   * The first settlement file of some months that led to other work items than were heard of, or more or fewer. `until`:
   * those that ended later are believed.
   */
  async files(months: readonly string[], log: FileLog, until: Instant): Promise<BookBreach | undefined> {
    const none = new DifferencesDigest();
    for (const month of months) {
      let after: string | undefined;
      do {
        const page = await log.files({ month, after, limit: FILES_AT_ONCE });
        for (const { statement } of page.files) {
          const { statementId, differences, endedAt = until } = statement;
          if (!differences || endedAt >= until) continue;
          const there = (this.#ofFiles.get(statementId) ?? none).value();
          const key = `statement#${statementId}`;
          if (there.count < differences.count)
            return { kind: 'work_missing', key, detail: `${there.count} of the ${differences.count} that it led to` };
          if (there.count > differences.count || there.sum !== differences.sum)
            return { kind: 'work_altered', key, detail: 'the work items of this file are not what it led to' };
        }
        after = page.more ? page.files.at(-1)?.position : undefined;
      } while (after !== undefined);
    }
    return undefined;
  }

  /** Of every bank account: its decisions, and the differences of its last run. */
  async accounts(
    work: Pick<WorkPages, 'at'>,
    dependencies: {
      days: Pick<BookDays, 'books' | 'between'>;
      decisions: Pick<DecisionBook, 'of'>;
      runs: Pick<MatchDependencies['runs'], 'lines'>;
      now: () => Instant;
    },
  ): Promise<BookBreach | undefined> {
    const { days, decisions, runs, now } = dependencies;
    for (const book of new Set([...(await days.books()), ...this.#decided.keys(), ...this.#open.keys()])) {
      if (!accountOfBook(book as BookId)) continue;
      const decisionsOf = () => decisions.of(BookId.parse(book));
      const wrong =
        this.#wrongDecision(book, await decisionsOf()) &&
        (await this.#again(book, work)).#wrongDecision(book, await decisionsOf());
      if (wrong) return wrong;
      const today = vietnamDay(now());
      const lastRun = async () =>
        (await days.between(book as BookId, addDays(today, -RUN_DAYS), today)).findLast(({ run }) => run);
      const last = await lastRun();
      if (!last?.run || last.run.asOf > now() - RUN_SETTLES_MILLISECONDS) continue;
      const breach = await this.#ofRun(last.run, last.state === 'OPEN', {
        book: book as BookId,
        work,
        runs,
      });
      // Another run, which came between, has opened and cleared what it found.
      if (breach && (await lastRun())?.run?.key === last.run.key) return breach;
    }
    return undefined;
  }

  /** What was heard of an account, as it is now: people settle and runs clear while a long list is read. */
  async #again(book: string, work: Pick<WorkPages, 'at'>): Promise<SettledWork> {
    const known = [
      ...[...(this.#decided.get(book)?.values() ?? [])].map(({ exception }) => exception),
      ...(this.#open.get(book)?.values() ?? []),
    ];
    const again = new SettledWork();
    for (let start = 0; start < known.length; start += MAX_WORK_AT_ONCE)
      for (const lying of await work.at(known.slice(start, start + MAX_WORK_AT_ONCE)))
        if (lying?.exception) again.add(lying.exception);
    return again;
  }

  #wrongDecision(book: string, there: Awaited<ReturnType<DecisionBook['of']>>): BookBreach | undefined {
    const expected =
      this.#decided.get(book) ?? new Map<string, { text: string; isSure: boolean; exception: Exception }>();
    for (const { decisionId, kind, ours, theirs } of there)
      if (expected.get(decisionId)?.text !== JSON.stringify([kind, ours, theirs]))
        return {
          kind: 'decision_of_nothing',
          key: `${book} ${decisionId}`,
          detail: 'its work item was not settled so',
        };
    const found = new Set(there.map(({ decisionId }) => decisionId));
    for (const [decisionId, { isSure }] of expected)
      if (isSure && !found.has(decisionId))
        return { kind: 'decision_missing', key: `${book} ${decisionId}`, detail: 'its work item is settled by items' };
    return undefined;
  }

  async #ofRun(
    run: DayRun,
    isOpen: boolean,
    { book, work, runs }: { book: BookId; work: Pick<WorkPages, 'at'>; runs: Pick<MatchDependencies['runs'], 'lines'> },
  ): Promise<BookBreach | undefined> {
    const hash = createHash('sha256');
    const found = await foundBy(run, book, {
      async *lines(key) {
        for await (const line of runs.lines(key)) {
          hash.update(`${line}\n`);
          yield line;
        }
      },
    });
    if (hash.digest('hex') !== run.sha256)
      return { kind: 'run_altered', key: run.key, detail: 'it has not the hash that names it' };
    const tells = `the last run of ${book}`;
    for (let start = 0; start < found.length; start += MAX_WORK_AT_ONCE) {
      const expected = found.slice(start, start + MAX_WORK_AT_ONCE);
      const lying = await work.at(expected);
      for (const [place, exception] of expected.entries()) {
        const there = lying[place]?.exception;
        const key = nameOf(exception);
        if (!there) return { kind: 'work_missing', key, detail: `${tells} found it` };
        const differs = differsIn(there, exception, there.direction === undefined ? FREE_OF_FORMER : FREE);
        if (differs) return { kind: 'work_altered', key, detail: `its ${differs} is not what ${tells} found` };
        if (there.state === 'AUTO_CLEARED')
          return { kind: 'work_altered', key, detail: `it has cleared, and ${tells} found it` };
      }
    }
    const known = new Set(found.map(({ exceptionId }) => exceptionId));
    // A closed day's run stays as it is, and what was taken back since is found by the next.
    const isOfNothing = ([exceptionId, exception]: [string, Exception]) =>
      isOpen && !known.has(exceptionId) && lastTouched(exception) <= run.asOf;
    if (![...(this.#open.get(book) ?? [])].some(isOfNothing)) return undefined;
    for (const [exceptionId, exception] of (await this.#again(book, work)).#open.get(book) ?? [])
      if (isOfNothing([exceptionId, exception]))
        return { kind: 'work_of_nothing', key: nameOf(exception), detail: `${tells} does not know it` };
    return undefined;
  }
}

/**
 * Those of some settled work items, {@link MAX_WORK_AT_ONCE} at most, whose correction or decision does not stand as it was settled. People may
 * have taken one back between two looks: they are read once more, each by itself, since one that is wrong hides no other.
 */
export async function wrongSettled(
  items: readonly LyingWork[],
  {
    work,
    journal,
    decisions,
  }: { work: Pick<WorkPages, 'at'>; journal: JournalProver; decisions: Pick<DecisionBook, 'of'> },
): Promise<BookBreach[]> {
  const look = async (some: readonly (LyingWork | undefined)[]) => {
    const settled = new SettledWork();
    for (const one of some) if (one?.exception) settled.add(one.exception);
    return (await settled.corrections(journal)) ?? (await settled.decisions(decisions));
  };
  if (!(await look(items))) return [];
  const wrong: BookBreach[] = [];
  for (const again of await work.at(items.flatMap(({ exception }) => exception ?? []))) {
    const found = await look([again]);
    if (found) wrong.push(found);
  }
  return wrong;
}

const nameOf = ({ agencyCode, businessDate, exceptionId }: ExceptionPlace): string =>
  `exception#${agencyCode} ${businessDate}#${exceptionId}`;

const lastTouched = ({ openedAt, proposal }: Exception): Instant => Math.max(openedAt, proposal?.decidedAt ?? 0);

/** The proposal that a work item is settled by, also while somebody wants it taken back. */
function postedOf({ state, proposal }: Exception): Proposal | undefined {
  if (state === 'PROPOSED') return proposal?.undoes;
  if (state === 'APPROVED') return proposal?.undoes ?? proposal;
  return state === 'POSTED' ? proposal : undefined;
}

/** The correcting entry of a difference that was written off, or of its taking back. */
function correctionOf(exception: Exception, proposal: Proposal): JournalEntry[] {
  const { resolution } = proposal.undoes ?? proposal;
  return resolution.kind === 'write-off' ? [correction(exception, proposal)] : [];
}

/** Each file that is missing or refused has its work item, which has not cleared. */
export async function proveDeliveries(
  deliveries: Pick<DeliveryBook, 'open'>,
  work: Pick<WorkPages, 'at'>,
): Promise<BookBreach | undefined> {
  for (const { place, book, day } of await deliveries.open()) {
    const [there] = await work.at([place]);
    const key = nameOf(place);
    if (!there?.exception) return { kind: 'work_missing', key, detail: `a file of ${book} for ${day} is not there` };
    if (there.exception.state === 'AUTO_CLEARED')
      return { kind: 'work_altered', key, detail: `it has cleared, and a file of ${book} for ${day} is not there` };
  }
  return undefined;
}
