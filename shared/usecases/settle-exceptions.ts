import type { BusinessCalendar } from '../domain/calendar.ts';
import { accountingDate } from '../domain/ledger/accounting-date.ts';
import { CORRECTION, type JournalAppender, type JournalEntry } from '../domain/ledger/journal.ts';
import { account, type LedgerLine, opposite, UNASSIGNED } from '../domain/ledger/ledger.ts';
import { accountOfBook, BookId } from '../domain/reconciliation/book-day.ts';
import type { DecisionBook } from '../domain/reconciliation/decisions.ts';
import {
  type Exception,
  type ExceptionDesk,
  type ExceptionPlace,
  MAX_COMMENTS,
  type Proposal,
  type Resolution,
  type ResolutionReason,
} from '../domain/reconciliation/exception.ts';
import { correctingLines, type ExceptionAction, stateAfter, suits } from '../domain/reconciliation/workflow.ts';
import { Refusal } from '../domain/refusal.ts';
import type { RegistryReader } from '../domain/registry/book.ts';
import type { Caller } from '../domain/registry/caller.ts';
import { mayActFor } from '../domain/registry/registry.ts';
import { addDays, type Instant, vietnamDay } from '../domain/time.ts';
import { sha256 } from './hashing.ts';
import { type MatchDependencies, openItems } from './match-account.ts';
import { originOf } from './register.ts';
import { accountsAtBank } from './visible.ts';

/** Calls that an exception remembers. */
const KEPT_CALLS = 20;
/** How often a change is decided again because somebody else changed the exception meanwhile. */
const MAX_TRIES = 4;
/** How far back the last run of an account is looked for, in days. */
const RUN_DAYS = 370;

export type Work =
  | { action: 'assign'; owner: string }
  | { action: 'comment'; text: string; evidence?: string | undefined }
  | { action: 'propose'; resolution: Resolution; reason: ResolutionReason }
  | { action: 'approve' | 'reject' };

/** A try to approve what one proposed oneself. Persons by the id in their tokens, never by name. */
export type OwnApproval = { exceptionId: string; by: string; clientId: string };

export type SettleDependencies = {
  desk: ExceptionDesk;
  decisions: DecisionBook;
  /** Correcting journals go straight there: no invoice bears them. */
  corrections: JournalAppender;
  registry: Pick<RegistryReader, 'atProvider'>;
  registeredAt: readonly string[];
  days: MatchDependencies['days'];
  runs: Pick<MatchDependencies['runs'], 'lines'>;
  calendar: Pick<BusinessCalendar, 'deadline'>;
  /** Writes down for good that somebody tried to be both pairs of eyes. */
  audit: (tried: OwnApproval) => void;
  now: () => Instant;
};

export type Settled = { place: ExceptionPlace } & (
  | { kind: 'done'; exception: Exception }
  | { kind: 'refused'; refusal: Refusal }
);

/**
 * Does one thing to several differences. Each stands for itself: what is refused of one leaves the others. The same call
 * under the same key changes nothing again. Refusals, one by one: not_found, exception_state, own_approval,
 * resolution_unsuitable, version_conflict, idempotency_key_reused.
 */
export async function settleExceptions(
  places: readonly ExceptionPlace[],
  work: Work,
  caller: Caller,
  idempotencyKey: string,
  dependencies: SettleDependencies,
): Promise<Settled[]> {
  const settled: Settled[] = [];
  for (const place of places) {
    try {
      settled.push({ place, kind: 'done', exception: await settle(place, work, caller, idempotencyKey, dependencies) });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      settled.push({ place, kind: 'refused', refusal: error });
    }
  }
  return settled;
}

async function settle(
  place: ExceptionPlace,
  work: Work,
  caller: Caller,
  idempotencyKey: string,
  dependencies: SettleDependencies,
): Promise<Exception> {
  const { desk } = dependencies;
  const call = originOf(caller, idempotencyKey, `exception ${place.exceptionId}`, work);
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const before = await visible(place, caller, desk);
    const repeated = before.calls?.find(({ keyHash }) => keyHash === call.keyHash);
    if (repeated && repeated.bodyHash !== call.bodyHash) throw new Refusal('idempotency_key_reused');
    if (repeated) return work.action === 'approve' ? carryOn(before, dependencies) : before;
    const after = await decide(before, work, caller, dependencies);
    const remembered = {
      ...after,
      version: (before.version ?? 0) + 1,
      calls: [...(before.calls ?? []), call].slice(-KEPT_CALLS),
    };
    const notBy = work.action === 'approve' ? caller.subject : undefined;
    if ((await desk.change(before, remembered, notBy)) === 'changed')
      return work.action === 'approve' ? carryOn(remembered, dependencies) : remembered;
  }
  throw new Refusal('version_conflict');
}

/** Another's exception cannot be told from one that is not there. */
async function visible(place: ExceptionPlace, { client }: Caller, desk: ExceptionDesk): Promise<Exception> {
  const seen =
    client.active &&
    (client.agencies === '*' || (place.agencyCode !== UNASSIGNED && mayActFor(client, place.agencyCode)));
  const exception = seen ? await desk.at(place) : undefined;
  if (!exception) throw new Refusal('not_found');
  return exception;
}

async function decide(
  before: Exception,
  work: Work,
  caller: Caller,
  dependencies: SettleDependencies,
): Promise<Exception> {
  const at = dependencies.now();
  const isUndoing = work.action === 'propose' && work.resolution.kind === 'undo';
  const state = stateAfter(before.state, isUndoing ? 'undo' : (work.action satisfies ExceptionAction));
  if (!state) throw new Refusal('exception_state');
  switch (work.action) {
    case 'assign':
      return { ...before, state, owner: work.owner };
    case 'comment': {
      const comments = before.comments ?? [];
      if (comments.length >= MAX_COMMENTS) throw new Refusal('exception_state');
      const { text, evidence } = work;
      return {
        ...before,
        comments: [...comments, { by: caller.subject, at, text, ...(evidence !== undefined && { evidence }) }],
      };
    }
    case 'propose': {
      if (!suits(before, work.resolution)) throw new Refusal('resolution_unsuitable');
      await proveMatch(before, work.resolution, dependencies);
      const { resolution, reason } = work;
      return {
        ...before,
        state,
        proposal: { resolution, reason, by: caller.subject, at, ...undoneBy(before, resolution) },
      };
    }
    case 'approve':
    case 'reject': {
      const { proposal } = before;
      if (!proposal) throw new Refusal('exception_state');
      if (work.action === 'approve' && proposal.by === caller.subject) {
        dependencies.audit({ exceptionId: before.exceptionId, by: caller.subject, clientId: caller.clientId });
        throw new Refusal('own_approval');
      }
      return { ...before, state, proposal: { ...proposal, decidedBy: caller.subject, decidedAt: at } };
    }
  }
}

function undoneBy({ proposal }: Exception, resolution: Resolution): Pick<Proposal, 'undoes'> {
  if (resolution.kind !== 'undo' || proposal?.decidedAt === undefined) return {};
  return { undoes: { resolution: proposal.resolution, decidedAt: proposal.decidedAt } };
}

/** Items that a person says belong together are open on that account now, and equal to the dong. */
async function proveMatch(
  exception: Exception,
  resolution: Resolution,
  dependencies: SettleDependencies,
): Promise<void> {
  if (resolution.kind !== 'match') return;
  const book = BookId.parse(exception.book);
  const { days, runs, now } = dependencies;
  const today = vietnamDay(now());
  const last = (await days.between(book, addDays(today, -RUN_DAYS), today)).findLast(({ run }) => run !== undefined);
  const open = last?.run ? await openItems(last.run, { runs }) : { ours: new Map(), theirs: new Map() };
  const sum = (keys: readonly string[], items: ReadonlyMap<string, { amount: number }>) =>
    new Set(keys).size === keys.length
      ? keys.reduce((all, key) => all + (items.get(key)?.amount ?? Number.NaN), 0)
      : Number.NaN;
  if (sum(resolution.ours, open.ours) !== sum(resolution.theirs, open.theirs))
    throw new Refusal('resolution_unsuitable');
}

/** What follows from an approval: its decision stands, its posting is entered, and the exception says so. Each once. */
async function carryOn(exception: Exception, dependencies: SettleDependencies): Promise<Exception> {
  if (exception.state !== 'APPROVED') return exception;
  const { proposal } = exception;
  if (!proposal || proposal.decidedAt === undefined) throw new Error(`${exception.exceptionId} was approved by nobody`);
  const { resolution, undoes } = proposal;
  const effective = resolution.kind === 'undo' ? undoes?.resolution : resolution;
  if (effective && exception.book !== undefined)
    await decideItems(exception, effective, resolution.kind === 'undo', dependencies);
  if (effective?.kind === 'write-off') {
    const entry = await correction(exception, proposal, dependencies);
    if ((await dependencies.corrections.append(entry)).kind === 'contradicts')
      throw new Error(`${entry.movementId} stands in the journal with another content`);
  }
  // Taken back, it is a difference again.
  const state = resolution.kind === 'undo' ? 'OPEN' : 'POSTED';
  const after: Exception = { ...exception, state, version: (exception.version ?? 0) + 1 };
  if ((await dependencies.desk.change(exception, after)) === 'changed') return after;
  return (await dependencies.desk.at(exception)) ?? after;
}

/** Matched or written off, items of a bank account are open no more; undone, they are again. */
async function decideItems(
  { exceptionId, book, items }: Exception,
  resolution: Resolution,
  undone: boolean,
  { decisions }: SettleDependencies,
): Promise<void> {
  if (resolution.kind !== 'match' && resolution.kind !== 'write-off') return;
  const { ours, theirs } = resolution.kind === 'match' ? resolution : (items ?? { ours: [], theirs: [] });
  const decision = { decisionId: exceptionId, kind: resolution.kind, ours, theirs };
  if (undone) await decisions.withdraw(BookId.parse(book), decision);
  else if ((await decisions.decide(BookId.parse(book), decision)) === 'taken')
    throw new Refusal('resolution_unsuitable');
}

/** The correcting journal of a written-off difference, or the one that takes it back. */
async function correction(
  exception: Exception,
  proposal: Proposal,
  dependencies: SettleDependencies,
): Promise<JournalEntry> {
  const { exceptionId, agencyCode, category } = exception;
  const { decidedAt = 0, decidedBy = '', undoes } = proposal;
  const merchantAccountId = await clearingOf(exception, dependencies);
  const { amount, lines } = correctingLines(exception, account.clearing(merchantAccountId));
  const entered: LedgerLine[] = undoes ? opposite(lines) : lines;
  return {
    // The version at which it was approved: undone and decided again, it is another posting.
    movementId: `mov_${CORRECTION}_${exceptionId}.${exception.version ?? 0}`,
    kind: 'correction',
    category,
    amount,
    providerId: CORRECTION,
    merchantAccountId,
    terminal: decidedBy,
    transactionId: exceptionId,
    paidAt: decidedAt,
    committedAt: decidedAt,
    lines: entered,
    agencyCode,
    evidenceHash: sha256(JSON.stringify(proposal)),
    accountingDate: accountingDate(decidedAt, decidedAt),
  };
}

/** The account at which the money of a difference is, in order of names where there are several. */
async function clearingOf(
  { book, providerId, agencyCode }: Exception,
  dependencies: SettleDependencies,
): Promise<string> {
  const bank = book === undefined ? undefined : accountOfBook(BookId.parse(book));
  const accounts = bank
    ? await accountsAtBank(bank.bankBin, bank.account, dependencies)
    : await dependencies.registry.atProvider(providerId);
  const own = accounts.filter((one) => agencyCode === UNASSIGNED || one.agencyCode === agencyCode);
  const [first] = own.map(({ id }) => id as string).sort();
  if (first === undefined) throw new Refusal('resolution_unsuitable');
  return first;
}
