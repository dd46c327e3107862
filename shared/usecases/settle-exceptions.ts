import type { BusinessCalendar } from '../domain/calendar.ts';
import { accountingDate } from '../domain/ledger/accounting-date.ts';
import { CORRECTION, type JournalAppender, type JournalEntry, type JournalReader } from '../domain/ledger/journal.ts';
import { account, type LedgerLine, opposite, UNASSIGNED } from '../domain/ledger/ledger.ts';
import { accountOfBook, BookId, type DayRun, type RematchOrder } from '../domain/reconciliation/book-day.ts';
import type { DecisionBook } from '../domain/reconciliation/decisions.ts';
import type { DeliveryRules } from '../domain/reconciliation/deliveries.ts';
import { depositOf } from '../domain/reconciliation/desk-deposits.ts';
import {
  type Exception,
  type ExceptionDesk,
  type ExceptionPlace,
  type ExceptionState,
  MAX_COMMENTS,
  Proposal,
  type Resolution,
  type ResolutionReason,
} from '../domain/reconciliation/exception.ts';
import type { BankItem, OurItem } from '../domain/reconciliation/matching/items.ts';
import {
  correctingLines,
  differenceOf,
  type ExceptionAction,
  isOfOrder,
  itemsOf,
  stateAfter,
  suits,
} from '../domain/reconciliation/workflow.ts';
import { Refusal } from '../domain/refusal.ts';
import type { RegistryReader } from '../domain/registry/book.ts';
import type { Caller } from '../domain/registry/caller.ts';
import { mayActFor } from '../domain/registry/registry.ts';
import { addDays, type Instant, vietnamDay } from '../domain/time.ts';
import { sha256 } from './hashing.ts';
import { leftAccount, type MatchDependencies, openedBy, openItems, transfersSince } from './match-account.ts';
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
  /** Has an account matched anew. */
  rematching: { send(order: RematchOrder): Promise<void> };
  registry: Pick<RegistryReader, 'agencyCodes' | 'atProvider'>;
  registeredAt: readonly string[];
  journal: JournalReader;
  days: MatchDependencies['days'];
  runs: Pick<MatchDependencies['runs'], 'lines'>;
  calendar: Pick<BusinessCalendar, 'deadline'>;
  rules: DeliveryRules;
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
    if (repeated) return work.action === 'approve' ? carryOnLater(before, dependencies) : before;
    const after = await decide(before, work, caller, dependencies);
    const remembered = {
      ...after,
      version: versionAfter(before),
      calls: [...(before.calls ?? []), call].slice(-KEPT_CALLS),
    };
    const notBy = work.action === 'approve' ? caller.subject : undefined;
    if ((await desk.change(before, remembered, notBy)) !== 'changed') continue;
    if (work.action !== 'approve') return remembered;
    return before.state === 'APPROVED' ? carryOnLater(remembered, dependencies) : carryOn(remembered, dependencies);
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
  const state = stateAfter(before.state, actionOf(work, before));
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
      const { resolution, reason } = work;
      const { direction } = await prove(before, resolution, dependencies);
      return {
        ...{ ...before, ...(direction && { direction }), state },
        proposal: { resolution, reason, by: caller.subject, at, ...undoneBy(before, resolution) },
      };
    }
    case 'approve': {
      const { proposal } = before;
      if (!proposal) throw new Refusal('exception_state');
      if (proposal.by === caller.subject) {
        dependencies.audit({ exceptionId: before.exceptionId, by: caller.subject, clientId: caller.clientId });
        throw new Refusal('own_approval');
      }
      // Approved again, it stays as it was approved, so that its posting stays the same.
      if (before.state === 'APPROVED') return before;
      const { direction, ...account } = proposal.undoes ? {} : await prove(before, proposal.resolution, dependencies);
      const decided = { decidedBy: caller.subject, decidedAt: at, approvedAs: versionAfter(before) };
      return {
        ...{ ...before, ...(direction && { direction }), state },
        proposal: { ...proposal, ...decided, ...account },
      };
    }
    case 'reject': {
      const { proposal } = before;
      if (!proposal) throw new Refusal('exception_state');
      if (proposal.undoes) return { ...before, state, proposal: proposal.undoes };
      return { ...before, state, proposal: { ...proposal, decidedBy: caller.subject, decidedAt: at } };
    }
  }
}

const versionAfter = ({ version = 0 }: Exception): number => version + 1;

function actionOf(work: Work, { proposal }: Exception): ExceptionAction {
  if (work.action === 'propose' && work.resolution.kind === 'undo') return 'undo';
  if (work.action === 'reject' && proposal?.undoes) return 'keep';
  return work.action;
}

function undoneBy({ proposal }: Exception, resolution: Resolution): Pick<Proposal, 'undoes'> {
  if (resolution.kind !== 'undo') return {};
  if (proposal?.approvedAs === undefined) throw new Refusal('exception_state');
  const { undoes: _, ...posted } = proposal;
  return { undoes: posted };
}

/**
 * Proves a resolution by the account's last run; nothing is written. Items of a match are open there and equal to the dong;
 * a difference that is written off is one there still, of the same sum, and one account of ours alone is to bear it.
 */
async function prove(
  exception: Exception,
  resolution: Resolution,
  dependencies: SettleDependencies,
): Promise<Pick<Proposal, 'merchantAccountId'> & Pick<Exception, 'direction'>> {
  if (!suits(exception, resolution)) throw new Refusal('resolution_unsuitable');
  if (resolution.kind !== 'match' && resolution.kind !== 'write-off') return {};
  const isWrittenOff = resolution.kind === 'write-off';
  const book = BookId.parse(exception.book);
  const { days, runs, now } = dependencies;
  const today = vietnamDay(now());
  const last = (await days.between(book, addDays(today, -RUN_DAYS), today)).findLast(({ run }) => run !== undefined);
  if (!last?.run) throw new Refusal('resolution_unsuitable');
  const open = await openItems(last.run, { runs });
  // What is not open, or no dong, makes a sum that equals none.
  const sum = (keys: readonly string[], items: ReadonlyMap<string, { amount: number; currency?: string }>) =>
    keys.reduce((all, key) => {
      const item = items.get(key);
      return all + (item && item.currency === undefined ? item.amount : Number.NaN);
    }, 0);
  const { ours, theirs } = itemsOf(exception, resolution);
  const [ourSum, theirSum] = [sum(ours, open.ours), sum(theirs, open.theirs)];
  if (!isWrittenOff && theirSum !== ourSum) throw new Refusal('resolution_unsuitable');
  if (!isWrittenOff) return {};
  // Differences that a former release opened do not say that the money left the account.
  const direction = leftAccount(ourSum, theirSum) ? { direction: 'out' as const } : {};
  const directed = { ...exception, ...direction };
  if (!suits(directed, resolution) || theirSum - ourSum !== differenceOf(directed))
    throw new Refusal('resolution_unsuitable');
  await proveNothingCame(
    exception,
    book,
    { run: last.run, theirs: theirs.map((key) => open.theirs.get(key)) },
    dependencies,
  );
  // An item that a run only suggests a match for is open and no difference.
  const differences = await openedBy(last.run, { runs });
  if (!differences.some(({ exceptionId }) => exceptionId === exception.exceptionId))
    throw new Refusal('resolution_unsuitable');
  if (isOfOrder(exception)) return direction;
  return {
    ...direction,
    merchantAccountId: await clearingOf(book, exception, resolution.merchantAccountId, dependencies),
  };
}

/**
 * Money that was entered after the run may be the very money that it missed: by its name, or by nothing but its amount. The
 * account is matched anew then, and the next try knows.
 */
async function proveNothingCame(
  { businessDate }: Exception,
  book: BookId,
  { run, theirs }: { run: DayRun; theirs: readonly (BankItem | undefined)[] },
  dependencies: SettleDependencies,
): Promise<void> {
  const missed = theirs.filter((item) => item !== undefined);
  if (missed.length === 0) return;
  const came = await transfersSince(book, run, dependencies);
  const isPerhaps = ({ amount, bankReference, reference, mark }: OurItem) =>
    missed.some(
      (item) =>
        item.amount === amount ||
        (mark !== undefined && item.marks.includes(mark)) ||
        (bankReference !== '' && item.bankReference === bankReference) ||
        item.structured.includes(reference) ||
        item.text.includes(reference),
    );
  if (!came.some(isPerhaps)) return;
  await dependencies.rematching.send({ rematch: book, from: businessDate });
  throw new Refusal('resolution_unsuitable');
}

/**
 * Carries on what died after its approval. A write-off whose decision does not stand yet is proved again: meanwhile the money
 * that it missed may have come.
 */
async function carryOnLater(exception: Exception, dependencies: SettleDependencies): Promise<Exception> {
  const { state, proposal, exceptionId, book } = exception;
  if (state === 'APPROVED' && proposal && !proposal.undoes && proposal.resolution.kind === 'write-off') {
    const standing = await dependencies.decisions.of(BookId.parse(book));
    if (!standing.some(({ decisionId }) => decisionId === exceptionId))
      try {
        await prove(exception, proposal.resolution, dependencies);
      } catch (error) {
        if (error instanceof Refusal) await leave(exception, 'REJECTED', dependencies);
        throw error;
      }
  }
  return carryOn(exception, dependencies);
}

/**
 * What follows from an approval: its decision stands, its posting is entered, and the exception says so. Each once, however
 * often and by whomever it is carried on.
 */
async function carryOn(exception: Exception, dependencies: SettleDependencies): Promise<Exception> {
  if (exception.state !== 'APPROVED') return exception;
  const { proposal } = exception;
  if (!proposal) throw new Error(`${exception.exceptionId} was approved by nobody`);
  const { resolution } = proposal.undoes ?? proposal;
  const isUndone = proposal.undoes !== undefined;
  if ((await decideItems(exception, resolution, isUndone, dependencies)) === 'taken') {
    // Nothing was posted: the decision comes before its posting.
    await leave(exception, 'REJECTED', dependencies);
    throw new Refusal('resolution_unsuitable');
  }
  if (resolution.kind === 'write-off' && !isOfOrder(exception)) {
    const entry = correction(exception, proposal);
    if ((await dependencies.corrections.append(entry)).kind === 'contradicts')
      throw new Error(`${entry.movementId} stands in the journal with another content`);
  }
  // Before it says so: whoever carries on after a crash asks once more, which changes nothing.
  if (resolution.kind !== 'close' && exception.book !== undefined)
    await dependencies.rematching.send({ rematch: BookId.parse(exception.book), from: exception.businessDate });
  // Taken back, it is a difference again.
  return leave(exception, isUndone ? 'OPEN' : 'POSTED', dependencies);
}

/** Ends an approval, even if somebody approved it again meanwhile; another approval is left alone. */
async function leave(
  approved: Exception,
  state: ExceptionState,
  { desk }: Pick<SettleDependencies, 'desk'>,
): Promise<Exception> {
  let before = approved;
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const after: Exception = { ...before, state, version: versionAfter(before) };
    if ((await desk.change(before, after)) === 'changed') return after;
    before = (await desk.at(before)) ?? after;
    if (before.state !== 'APPROVED' || before.proposal?.approvedAs !== approved.proposal?.approvedAs) break;
  }
  return before;
}

/** Matched or written off, items of a bank account are open no more; undone, they are again. */
async function decideItems(
  exception: Exception,
  resolution: Resolution,
  isUndone: boolean,
  { decisions }: SettleDependencies,
): Promise<'decided' | 'taken'> {
  if (resolution.kind !== 'match' && resolution.kind !== 'write-off') return 'decided';
  const book = BookId.parse(exception.book);
  const { ours, theirs } = itemsOf(exception, resolution);
  const decision = { decisionId: exception.exceptionId, kind: resolution.kind, ours, theirs };
  if (!isUndone) return decisions.decide(book, decision);
  await decisions.withdraw(book, decision);
  return 'decided';
}

/** The ledger's account in which our books have the money of a difference: what a desk deposits is still in its drawer there. */
function moneyOf({ items }: Exception, merchantAccountId: string): string {
  const deposits = items?.ours.map(depositOf) ?? [];
  const [first] = deposits;
  return first && deposits.every((one) => one?.agencyCode === first.agencyCode)
    ? account.desk(first.agencyCode, 'cash')
    : account.clearing(merchantAccountId);
}

/** The correcting journal of a written-off difference, or the one that takes it back: the same whenever it is made. */
export function correction(exception: Exception, proposal: Proposal): JournalEntry {
  const { exceptionId, agencyCode, category } = exception;
  const { by, decidedAt, decidedBy, approvedAs, undoes, reason } = proposal;
  const { merchantAccountId } = undoes ?? proposal;
  if (decidedAt === undefined || !decidedBy || approvedAs === undefined || !merchantAccountId)
    throw new Error(`${exceptionId} was approved by nobody, or for no account`);
  const { amount, lines } = correctingLines(exception, moneyOf(exception, merchantAccountId));
  const entered: LedgerLine[] = undoes ? opposite(lines) : lines;
  return {
    // The version at which it was approved: undone and decided again, it is another posting.
    movementId: `mov_${CORRECTION}_${exceptionId}.${approvedAs}`,
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
    act: { step: 'finance-api', persons: [by, decidedBy], reason },
    // In the order of the schema, whatever the one in which it was written.
    evidenceHash: sha256(JSON.stringify(Proposal.parse(proposal))),
    accountingDate: accountingDate(decidedAt, decidedAt),
  };
}

/**
 * The one account of ours at which the money of a difference is: the one that its items tell of, or that the proposal names.
 * Where neither does, several that could be are refused, as is none.
 */
async function clearingOf(
  book: BookId,
  { agencyCode, merchantAccountId }: Exception,
  named: string | undefined,
  dependencies: SettleDependencies,
): Promise<string> {
  const bank = accountOfBook(book);
  const accounts = bank ? await accountsAtBank(bank.bankBin, bank.account, dependencies) : [];
  const own = accounts.filter((one) => agencyCode === UNASSIGNED || one.agencyCode === agencyCode);
  const told = merchantAccountId ?? named;
  if (named !== undefined && named !== told) throw new Refusal('resolution_unsuitable');
  const possible = new Set(own.map(({ id }) => id as string).filter((id) => told === undefined || id === told));
  const [only, ...others] = possible;
  if (only === undefined || others.length > 0) throw new Refusal('resolution_unsuitable');
  return only;
}
