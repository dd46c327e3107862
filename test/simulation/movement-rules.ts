import type { Invoice } from '../../shared/domain/invoice/invoice.ts';
import type { InvoiceState } from '../../shared/domain/invoice/states.ts';
import type { Movement } from '../../shared/domain/payment/movement.ts';
import { DAY } from './clock.ts';
import { ACCOUNTS } from './country.ts';
import { MAX_SKEW } from './faults.ts';
import { must } from './process.ts';

/** What must hold of one movement, written down a second time: where it belongs, what it is called, that it balances. */

/** What the movement says of itself follows from the invoice at which it arrived. */
export function mustFit(before: Invoice, movement: Movement): void {
  const { number } = before;
  // What it must be follows from the movement that it takes back.
  if (movement.kind === 'reversal') return;
  const attempt = movement.attempt === undefined ? undefined : before.attempts[movement.attempt - 1];
  const exact =
    attempt?.providerId === movement.providerId &&
    attempt.terminal === movement.terminal &&
    movement.amount === before.total;
  // What we commit now was debited by now, whatever the bank's clock says.
  const late = Math.min(movement.paidAt, movement.committedAt) > before.expiresAt;
  const payable = ['open', 'expired'].includes(before.state) && !before.replacedBy && !late;
  const pays = exact && payable && movement.kind === 'payment' && movement.category === undefined;
  const tooMuch = exact && !payable && movement.kind === 'surplus' && movement.category === SURPLUS[before.state];
  // An attempt may be made between the decision and the write of money that somebody sent under a guessed reference.
  const unknown = movement.category === 'UNKNOWN_REFERENCE';
  const early = movement.category === 'REVERSED';
  const odd =
    movement.kind === 'unmatched' && (unknown || early || (!exact && movement.category === oddity(before, movement)));
  must(
    pays || tooMuch || odd,
    `${movement.movementId} is a ${movement.kind} ${movement.category} of ${number}, which was ${before.state}`,
  );
}

/** How far a bank's word on the time may lie from our own, in milliseconds, a wrong clock of ours counted in. */
const LONGEST_AGO = 400 * DAY + MAX_SKEW;
const FURTHEST_AHEAD = DAY + MAX_SKEW;

/** It stands at an account of the terminal that it came in at, and at a time that can be. */
export function mustBePlausible({
  movementId,
  merchantAccountId,
  providerId,
  terminal,
  paidAt,
  committedAt,
}: Movement): void {
  const accounts = ACCOUNTS.filter((one) => one.providerId === providerId && one.terminal === terminal);
  const known =
    accounts.some((one) => one.id === merchantAccountId) || merchantAccountId === `${providerId}.${terminal}`;
  must(known, `${movementId} came in at ${terminal}, and stands at ${merchantAccountId}`);
  const can = paidAt >= committedAt - LONGEST_AGO && paidAt <= committedAt + FURTHEST_AHEAD;
  must(can, `${movementId} was paid ${new Date(paidAt).toISOString()}, which cannot be`);
}

/** What money beyond what is due is called. */
const SURPLUS: Readonly<Partial<Record<InvoiceState, string>>> = {
  open: 'LATE_AFTER_EXPIRY',
  expired: 'LATE_AFTER_EXPIRY',
  paid: 'DUPLICATE_PAYMENT',
  cancelled: 'PAID_AFTER_CANCELLATION',
};

/** What money is called that is not what was asked for. */
function oddity({ attempts, total }: Invoice, { attempt, providerId, terminal, amount }: Movement): string {
  const named = attempt === undefined ? undefined : attempts[attempt - 1];
  if (!named) return 'UNKNOWN_REFERENCE';
  if (named.providerId !== providerId || named.terminal !== terminal) return 'WRONG_ACCOUNT';
  return amount < total ? 'AMOUNT_UNDER' : 'AMOUNT_OVER';
}

/** Money under a number that has no invoice is the terminal's agency's, if that is one alone. */
export function ownerOf({ providerId, terminal }: Movement): string {
  const users = ACCOUNTS.filter((one) => one.providerId === providerId && one.terminal === terminal);
  const [agency, ...others] = new Set(users.map((one) => one.agencyCode));
  return agency !== undefined && others.length === 0 ? agency : 'unassigned';
}

export const INVOICE_NUMBER = /^\d{12}$/;

/** Debit equals credit equals the amount, and the credit stands in accounts of exactly one kind: the movement's. */
export function mustBalance(movement: Movement, agencyCode: string): void {
  const total = (side: 'debit' | 'credit') =>
    movement.lines.filter((line) => line.side === side).reduce((sum, line) => sum + line.amount, 0);
  const { movementId, amount, kind } = movement;
  must(total('debit') === amount && total('credit') === amount, `${movementId} does not balance`);
  const wanted = {
    payment: `payable:${agencyCode}:`,
    surplus: `surplus:${agencyCode}`,
    unmatched: `unmatched:${agencyCode}`,
    part: `payable:${agencyCode}:`,
    reversal: '',
  };
  if (kind === 'reversal') return;
  for (const line of movement.lines)
    must(
      line.side === 'debit' ? /^(?:clearing|desk):/.test(line.account) : line.account.startsWith(wanted[kind]),
      `${movementId}, a ${kind}, stands in ${line.account}`,
    );
}
