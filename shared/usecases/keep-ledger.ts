import type { SealBreach } from '../domain/ledger/seal.ts';
import { addDays, DAY_MILLISECONDS, type Instant, startOfDay, vietnamDay } from '../domain/time.ts';
import { type ProjectDependencies, projectClosedDays } from './project-balances.ts';
import { LATE_MILLISECONDS, type SealDependencies, sealLateEntries, sealLedger } from './seal-ledger.ts';
import { verifyRecent } from './verify-ledger.ts';

/** A day's work begins so long after the day: its last hour is quiet and sealed by then. Milliseconds. */
const DAY_WORK_AFTER_MILLISECONDS = 3 * 3_600_000;
/** How far back the books are proved every day: farther than late entries are looked for. Milliseconds. */
const PROVED_MILLISECONDS = LATE_MILLISECONDS + DAY_MILLISECONDS;

/** The books are not what was sealed. Whoever is woken by it reads which entry or segment is the first. */
export class BooksWereTouched extends Error {
  readonly breach: SealBreach;
  constructor(breach: SealBreach) {
    super(`${breach.kind} ${breach.segment ?? ''} ${breach.key?.p ?? ''} ${breach.key?.s ?? ''}: ${breach.detail}`);
    this.name = 'BooksWereTouched';
    this.breach = breach;
  }
}

export type Kept = {
  segments: number;
  entries: number;
  /** Absent where the day's work was done before. */
  day?: { late: number; proved: number; balances: number; differed: number };
};

/**
 * The hour's work: seals what is quiet. Once a day, as soon as yesterday is sealed: seals late entries, proves the last days
 * and makes the balances of days that are over. Throws {@link BooksWereTouched} before balances are made of such books, and
 * again every hour until somebody has looked.
 */
export async function keepLedger(dependencies: SealDependencies & ProjectDependencies): Promise<Kept> {
  const { balances, now, first } = dependencies;
  const sealed = await sealLedger(dependencies);
  if (!isDayWorkDue(now(), await balances.projectedTo())) return sealed;
  const late = await sealLateEntries(dependencies);
  const { breach, entries: proved } = await verifyRecent(dependencies, now() - PROVED_MILLISECONDS);
  if (breach) throw new BooksWereTouched(breach);
  const { written, differed } = await projectClosedDays(vietnamDay(first), dependencies);
  return { ...sealed, day: { late: late.entries, proved, balances: written, differed: differed.length } };
}

function isDayWorkDue(now: Instant, projectedTo: string | undefined): boolean {
  const today = vietnamDay(now);
  if (now < startOfDay(today) + DAY_WORK_AFTER_MILLISECONDS) return false;
  return projectedTo === undefined || projectedTo < addDays(today, -1);
}
