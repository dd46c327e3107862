import { canonicalJson } from '../canonical-json.ts';
import type { BookItem } from '../invoice/book.ts';
import { type Invoice, sharedCalls, standing } from '../invoice/invoice.ts';
import type { InvoiceState } from '../invoice/states.ts';
import { kinds } from '../payment/policy.ts';
import { type Refund, refundReference, scopeOf } from '../refund/refund.ts';
import { holds } from '../refund/states.ts';
import { balanced, UnbalancedJournal } from './ledger.ts';

/** An item that no write of this service can have left so. It is never published; somebody must look. */
export class ImplausibleItem extends Error {
  constructor(why: string) {
    super(`no write of this service leaves an item so: ${why}`);
    this.name = 'ImplausibleItem';
  }
}

/**
 * Why an item cannot be what this service wrote, or `undefined`. Every write counts the version on, and a movement comes
 * with lines that balance: whoever adds one by hand must know both.
 */
export function implausible(item: BookItem): string | undefined {
  const movements = item.kind === 'invoice' ? item.invoice.movements : item.kind === 'receipt' ? item.movements : {};
  for (const movement of Object.values(movements))
    try {
      balanced(movement.lines);
    } catch (error) {
      if (!(error instanceof UnbalancedJournal)) throw error;
      return 'a movement does not balance';
    }
  if (item.kind === 'invoice' && !isOfItsMoney(item.invoice)) return 'state and due do not follow from its movements';
  if (item.kind === 'invoice' && item.invoice.version < leastVersion(item.invoice))
    return 'it holds more than was written to it';
  return undefined;
}

/** What is due is what the money that counts and stands has left of the total; nothing is due of what is paid, and else something. */
function isOfItsMoney(invoice: Invoice): boolean {
  const { state, due, total } = invoice;
  const paid = standing(invoice).reduce((sum, { kind, amount }) => (kinds[kind].counts ? sum + amount : sum), 0);
  return due === total - paid && (due === 0) === SETTLED.includes(state);
}

const SETTLED: readonly InvoiceState[] = ['paid', 'partially_refunded', 'refunded'];

/**
 * One for its creation, one for each attempt, each call that shares one, each refund that was asked for, and each movement
 * but reversals, which may come in the same write as what they take back.
 */
const leastVersion = ({ attempts, movements, refunding }: Invoice): number =>
  1 +
  attempts.length +
  sharedCalls(attempts) +
  Object.keys(refunding?.refunds ?? {}).length +
  Object.values(movements).filter((movement) => movement.kind !== 'reversal').length;

/** What an invoice is made with: no write of this service changes any of it. */
const MADE_WITH = [
  ...(['number', 'agencyCode', 'dossierCode', 'procedureCode', 'lines', 'payer', 'owner', 'debtor'] as const),
  ...(['notice', 'createdAt', 'expiresAt', 'origin', 'replaces', 'choices', 'metadata'] as const),
];

/**
 * The same of a change: what is there was not written anew, what is new was counted, and what an invoice was made with
 * stays. An invoice comes into the books with nothing paid and nobody at the bank.
 */
export function implausibleChange(before: BookItem | undefined, after: BookItem): string | undefined {
  const why = implausible(after);
  if (why) return why;
  if (!before) return after.kind === 'invoice' && !isNew(after.invoice) ? 'it was not made open and unpaid' : undefined;
  if (before.kind !== after.kind) return 'it was something else before';
  if (after.kind === 'credit' || after.kind === 'void' || after.kind === 'review')
    return isSame(before, after) ? undefined : 'it is written once, and was changed';
  if (before.kind !== 'invoice' || after.kind !== 'invoice') return undefined;
  const [old, now] = [before.invoice, after.invoice];
  const changed = MADE_WITH.find((name) => !isSame(old[name], now[name]));
  if (changed) return `its ${changed} was changed after it was made`;
  const added = Object.keys(now.movements).some((id) => !old.movements[id]);
  return added && now.version <= old.version ? 'a movement came without a write being counted' : undefined;
}

/** What is free is paid when it is made. */
function isNew({ version, state, due, total, attempts, movements }: Invoice): boolean {
  const isUnpaid = due === total && state === (total === 0 ? 'paid' : 'open');
  return isUnpaid && version === 1 && attempts.length === 0 && Object.keys(movements).length === 0;
}

/** Whether two contents are the same, in whatever order their members stand. */
const isSame = (one: unknown, other: unknown): boolean => canonicalJson(one) === canonicalJson(other);

/**
 * Why an invoice's refunds cannot be what this service wrote, or `undefined`: what is left of each money and of each line
 * follows from them, and those that are done, and no others, have their movements.
 */
export function implausibleRefunds({ state, total, refunding, movements, lines }: Invoice): string | undefined {
  const refunds = Object.values(refunding?.refunds ?? {});
  const entered = Object.values(movements).filter(({ kind }) => kind === 'refund');
  const done = refunds.filter(({ state }) => state === 'done');
  const isEntered = ({ refundId, amount }: Refund) =>
    entered.some((one) => one.transactionId === refundReference(refundId) && one.amount === amount);
  if (entered.length !== done.length || !done.every(isEntered)) return 'refunds and what was given back differ';
  const went = refunding?.refunded ?? 0;
  const isSaid = state === 'refunded' ? went === total : (state === 'partially_refunded') === went > 0;
  if (!isSaid) return 'its state is not what went back';
  if (!refunding) return undefined;
  for (const [movementId, { left, out }] of Object.entries(refunding.money)) {
    const ofIt = refunds.filter((one) => one.movementId === movementId);
    const brought = movements[movementId]?.amount ?? 0;
    if (left !== brought - amountOf(ofIt, (how) => how !== 'free') || out !== amountOf(ofIt, (how) => how === 'out'))
      return `what is left of ${movementId} does not follow from its refunds`;
  }
  const held = refunds.filter(({ state }) => holds[state] !== 'free').flatMap((one) => one.lines);
  const isLeft = (line: Invoice['lines'][number], place: number) =>
    refunding.lines[place] === line.amount - sumOf(held.filter((one) => one.line === place + 1));
  if (!lines.every(isLeft)) return 'what is left of its lines does not follow from its refunds';
  const back = sumOf(done.filter((one) => scopeOf(one) === 'invoice'));
  return refunding.refunded === back ? undefined : 'what went back is not the sum of its refunds';
}

const sumOf = (some: readonly { amount: number }[]): number => some.reduce((sum, { amount }) => sum + amount, 0);
const amountOf = (refunds: readonly Refund[], isWanted: (how: 'reserved' | 'out' | 'free') => boolean): number =>
  sumOf(refunds.filter(({ state }) => isWanted(holds[state])));
