import type { Instant } from '../time.ts';
import type { InvoiceFacts, KnownMovement } from './facts.ts';
import {
  isBankCredit,
  movedFrom,
  type ReportedMovement,
  reportedMovement,
  reversalOf,
  sameMovement,
} from './movement.ts';
import { type Arrival, type Column, kinds } from './policy.ts';
import type { ProviderNotice } from './provider.ts';

/** Finds the row and the column of a notice in the policy table. */

const UNIT_MISTAKE = 100;

type Attempt = InvoiceFacts['attempts'][number];

/** What arrived, with the movement that it names and, for a reversal, the one that it takes back. */
export type Arrived = {
  arrival: Arrival;
  reported?: ReportedMovement;
  original?: KnownMovement;
  /** The same bank credit, which the invoice bears as unmatched: the arrival is what it would be if it came just now. */
  unmatched?: KnownMovement;
};

/** Sorts a verified notice. `attempt` is the one that its reference names. Pure. */
export function arrivalOf(
  notice: ProviderNotice,
  facts: InvoiceFacts | undefined,
  attempt: Attempt | undefined,
): Arrived {
  if (notice.outcome === 'review') return { arrival: 'unreadable' };
  if (notice.outcome === 'limbo') return { arrival: 'inLimbo' };
  if (notice.outcome === 'pending' || notice.outcome === 'ignored') return { arrival: 'notFinal' };
  if (notice.outcome === 'declined')
    return { arrival: facts && attempt && !isElsewhere(notice, attempt) ? 'declined' : 'declinedElsewhere' };
  if (notice.currency !== 'VND') return { arrival: 'otherCurrency' };
  const reported = reportedMovement(notice);
  if (!reported) return { arrival: 'unreadable' };
  return notice.outcome === 'reversed'
    ? reversalArrival(reported, facts)
    : { reported, ...moneyArrival(notice, reported, facts, attempt) };
}

function reversalArrival(reported: ReportedMovement, facts: InvoiceFacts | undefined): Arrived {
  const known = (id: string) => facts?.movements.find((movement) => movement.movementId === id);
  const original = known(reported.movementId);
  const parked = facts?.parked.find((one) => one.movementId === reported.movementId);
  // The reference of the payment is the payment's to say; amount and account are what must not differ.
  const before = known(reversalOf(reported.movementId)) ?? original ?? parked;
  if (before && (before.amount !== reported.amount || before.terminal !== reported.terminal))
    return { arrival: 'contradiction' };
  if (known(reversalOf(reported.movementId)) || parked) return { arrival: 'again' };
  if (!original) return { arrival: 'reversedFirst', reported };
  if (facts?.givenBack.includes(original.movementId)) return { arrival: 'reversedAndRefunded', reported, original };
  return { arrival: kinds[original.kind].counts ? 'paymentReversed' : 'otherReversed', reported, original };
}

function moneyArrival(
  notice: ProviderNotice,
  reported: ReportedMovement,
  facts: InvoiceFacts | undefined,
  attempt: Attempt | undefined,
): Pick<Arrived, 'arrival' | 'unmatched'> {
  const known = (id: string) => facts?.movements.find((movement) => movement.movementId === id);
  const bankCredit = isBankCredit(reported.movementId);
  const there = (bankCredit ? known(movedFrom(reported.movementId)) : undefined) ?? known(reported.movementId);
  if (there && !sameMovement(there, reported)) return { arrival: 'contradiction' };
  const gone = there && (known(reversalOf(there.movementId)) || facts?.promised.includes(there.movementId));
  const lies = bankCredit && there?.kind === 'unmatched' && !gone;
  if (there && !lies) return { arrival: 'again' };
  const fresh = freshArrival(notice, reported, facts, attempt);
  return there ? { arrival: fresh, unmatched: there } : { arrival: fresh };
}

function freshArrival(
  notice: ProviderNotice,
  reported: ReportedMovement,
  facts: InvoiceFacts | undefined,
  attempt: Attempt | undefined,
): Arrival {
  if (facts && isParked(facts, reported)) return 'reversedBefore';
  if (!facts || !attempt) return 'unknownAttempt';
  if (isElsewhere(notice, attempt)) return 'otherTerminal';
  return amountArrival(reported.amount, facts);
}

/** How an amount compares with what is due; once nothing is, with what the invoice asked for. */
export function amountArrival(
  amount: number,
  { due, total }: Pick<InvoiceFacts, 'due' | 'total'>,
): 'exact' | 'less' | 'more' | 'hundredfold' | 'hundredth' {
  // Less than the total is due only where parts are accumulated.
  const wanted = due > 0 ? due : total;
  if (amount === wanted) return 'exact';
  if (amount === wanted * UNIT_MISTAKE) return 'hundredfold';
  if (amount * UNIT_MISTAKE === wanted) return 'hundredth';
  return amount < wanted ? 'less' : 'more';
}

export const isParked = (
  facts: { parked?: InvoiceFacts['parked'] | undefined },
  { movementId, amount, terminal }: ReportedMovement,
): boolean =>
  (facts.parked ?? []).some(
    (one) => one.movementId === movementId && one.amount === amount && one.terminal === terminal,
  );

export function isElsewhere(notice: ProviderNotice, attempt: { providerId: string; terminal: string }): boolean {
  return attempt.providerId !== notice.providerId || attempt.terminal !== notice.terminal;
}

/** What the invoice was at an instant, whatever has been written down since. */
export function columnAt(facts: InvoiceFacts | undefined, at: Instant): Column {
  if (!facts) return 'none';
  const { state, expiresAt, replacedBy } = facts;
  if (state !== 'open' && state !== 'expired') return state;
  if (replacedBy !== undefined) return 'replaced';
  return at <= expiresAt ? 'open' : 'expired';
}
