import type { Invoice } from '../../shared/domain/invoice/invoice.ts';
import type { Movement, MovementId } from '../../shared/domain/payment/movement.ts';
import { DAY } from './clock.ts';
import { ACCOUNTS } from './country.ts';
import { MAX_SKEW } from './faults.ts';
import { must } from './process.ts';

/** What must hold of one movement, written down a second time: where it belongs, what it is called, that it balances. */

/** What a movement says of itself follows from the invoice at which it arrived, and from nothing else. */
export function mustFit(before: Invoice, movement: Movement, after: Invoice): void {
  if (movement.kind === 'reversal') {
    mustReverse(before, movement, after);
    return;
  }
  const told = `${movement.kind} ${movement.category ?? 'PAID'}`;
  const wanted = movement.providerId === DESK ? atDesk(before, movement) : fromBank(before, movement);
  // An attempt may be made between the decision and the write of money that somebody sent under a guessed reference.
  const guessed = told === 'unmatched UNKNOWN_REFERENCE' && movement.providerId !== DESK;
  must(
    told === wanted || guessed,
    `${movement.movementId} is a ${told} of ${before.number}, which was ${before.state}; it should be a ${wanted}`,
  );
  const reversed = after.movements[takingBack(movement.movementId)] !== undefined;
  must(
    reversed === (told === 'unmatched REVERSED'),
    `${movement.movementId}, a ${told}, ${reversed ? 'went back at once' : 'should have gone back at once'}`,
  );
}

/** The name of the movement that takes this one back. */
export const takingBack = (movementId: string): MovementId =>
  movementId.replace(/^(mov_[a-z0-9-]+_)/, '$1~') as MovementId;

export const DESK = 'counter';

/** What the invoice was when the payer's bank debited: what we commit now was debited by now, whatever its clock says. */
function columnOf({ state, replacedBy, expiresAt }: Invoice, { paidAt, committedAt }: Movement): string {
  if (state !== 'open' && state !== 'expired') return state;
  if (replacedBy) return 'replaced';
  return Math.min(paidAt, committedAt) > expiresAt ? 'expired' : 'open';
}

/** An agency that takes parts asks for what is left, as long as something is. */
const wantedOf = ({ choices, due, total }: Invoice): number =>
  choices?.parts === 'accumulate' && due > 0 ? due : total;

function fromBank(before: Invoice, movement: Movement): string {
  const { attempts, choices, parked = [] } = before;
  const { movementId, attempt, providerId, terminal, amount } = movement;
  if (parked.some((one) => one.movementId === movementId && one.amount === amount && one.terminal === terminal))
    return 'unmatched REVERSED';
  const named = attempt === undefined ? undefined : attempts[attempt - 1];
  if (!named) return 'unmatched UNKNOWN_REFERENCE';
  if (named.providerId !== providerId || named.terminal !== terminal) return 'unmatched WRONG_ACCOUNT';
  const column = columnOf(before, movement);
  const wanted = wantedOf(before);
  const takesParts = column === 'open' && choices?.parts === 'accumulate';
  if (amount < wanted) return takesParts && amount * 100 !== wanted ? 'part PAID' : 'unmatched AMOUNT_UNDER';
  if (amount > wanted) return takesParts && amount !== wanted * 100 ? 'surplus AMOUNT_OVER' : 'unmatched AMOUNT_OVER';
  if (column === 'open' || (column === 'expired' && choices?.late === 'accept')) return 'payment PAID';
  return `surplus ${SURPLUS[column]}`;
}

/** What a clerk takes counts, or is not taken. */
function atDesk(before: Invoice, movement: Movement): string {
  const column = columnOf(before, movement);
  const wanted = wantedOf(before);
  if (column !== 'open' && !(column === 'expired' && before.choices?.late === 'accept')) return 'refusal';
  if (movement.amount === wanted) return 'payment PAID';
  const takesParts = column === 'open' && before.choices?.parts === 'accumulate';
  return takesParts && movement.amount < wanted && movement.amount * 100 !== wanted ? 'part PAID' : 'refusal';
}

/** What money beyond what is due is called. */
const SURPLUS: Readonly<Record<string, string>> = {
  expired: 'LATE_AFTER_EXPIRY',
  replaced: 'LATE_AFTER_EXPIRY',
  paid: 'DUPLICATE_PAYMENT',
  cancelled: 'PAID_AFTER_CANCELLATION',
};

/** A reversal is its original seen in a mirror, and opens what the original had closed. */
function mustReverse(before: Invoice, reversal: Movement, after: Invoice): void {
  const { movementId: name, committedAt } = reversal;
  const originals = Object.values(after.movements).filter((one) => takingBack(one.movementId) === name);
  const [original] = originals;
  must(originals.length === 1 && original !== undefined, `${name} takes back what never came`);
  const mirrored = original.lines.map((line) => ({ ...line, side: line.side === 'debit' ? 'credit' : 'debit' }));
  must(same(reversal.lines, mirrored), `${name} takes back other dong than ${original.movementId} brought`);
  const told = ({ amount, providerId, merchantAccountId, terminal, transactionId, attempt }: Movement) => [
    amount,
    providerId,
    merchantAccountId,
    terminal,
    transactionId,
    attempt,
  ];
  must(same(told(reversal), told(original)), `${name} tells of another movement than ${original.movementId}`);
  const early = before.movements[original.movementId] === undefined;
  const counted = original.kind === 'payment' || original.kind === 'part';
  // Of money that went back before it came, the money itself opens the work item; at the desk two persons have looked.
  const category = early || original.providerId === DESK ? undefined : 'REVERSED';
  must(reversal.category === category, `${name} is told as ${reversal.category}, not ${category}`);
  const reopened = counted && before.state === 'paid';
  const state = reopened ? (committedAt > before.expiresAt ? 'expired' : 'open') : before.state;
  must(after.state === state, `${name} left ${before.number} ${after.state}, not ${state}`);
}

const same = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);

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
    (providerId === DESK && /^counter\.(?:cash|card)$/.test(merchantAccountId)) ||
    accounts.some((one) => one.id === merchantAccountId) ||
    merchantAccountId === `${providerId}.${terminal}`;
  must(known, `${movementId} came in at ${terminal}, and stands at ${merchantAccountId}`);
  const can = paidAt >= committedAt - LONGEST_AGO && paidAt <= committedAt + FURTHEST_AHEAD;
  must(can, `${movementId} was paid ${new Date(paidAt).toISOString()}, which cannot be`);
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
  const held = movement.lines.filter((line) => !/^(?:clearing|desk):/.test(line.account));
  const received = movement.lines.filter((line) => !held.includes(line));
  const side = kind === 'reversal' ? 'debit' : 'credit';
  must(
    received.length === 1 && held.length > 0 && held.every((line) => line.side === side),
    `${movementId}, a ${kind}, has no two sides`,
  );
  const at = (prefix: string) => held.every((line) => line.account.startsWith(prefix));
  const counts = kind === 'payment' || kind === 'part';
  const [payable, surplus, unmatched] = ['payable', 'surplus', 'unmatched'].map((name) => `${name}:${agencyCode}`);
  const fits = {
    payment: at(`${payable}:`),
    part: at(`${payable}:`),
    surplus: at(`${surplus}`),
    unmatched: at(`${unmatched}`),
    reversal: at(`${payable}:`) || at(`${surplus}`) || at(`${unmatched}`),
    refund: at(`${payable}:`) || at(`${surplus}`) || at(`${unmatched}`),
  };
  must(fits[kind], `${movementId}, a ${kind}, stands in ${held.map((line) => line.account).join(', ')}`);
  must(counts || held.length === 1 || kind === 'reversal', `${movementId}, a ${kind}, is spread over accounts`);
  const from = movement.providerId === DESK ? `desk:${agencyCode}:` : `clearing:${movement.merchantAccountId}`;
  must(received[0]?.account.startsWith(from) === true, `${movementId} came in at ${received[0]?.account}`);
}

/** No purse gets more than its lines ask for, and each gets all of it once the invoice is paid. */
export function mustFillPurses({ number, state, lines, movements, agencyCode }: Invoice): void {
  const held = new Map<string, number>();
  for (const line of Object.values(movements).flatMap((movement) => movement.lines))
    if (line.account.startsWith('payable:'))
      held.set(line.account, (held.get(line.account) ?? 0) + (line.side === 'credit' ? line.amount : -line.amount));
  const asked = new Map<string, number>();
  for (const { beneficiary, amount } of lines) {
    const purse = `payable:${agencyCode}:${beneficiary}`;
    asked.set(purse, (asked.get(purse) ?? 0) + amount);
  }
  for (const [purse, amount] of held) {
    const most = asked.get(purse) ?? 0;
    must(amount >= 0 && amount <= most, `${purse} holds ${amount} of the ${most} dong of ${number}`);
    must(state !== 'paid' || amount === most, `${number} is paid, and ${purse} holds ${amount} of ${most} dong`);
  }
}
