import * as z from 'zod';
import { byBeneficiary, type Invoice, standing, stands } from '../invoice/invoice.ts';
import type { InvoiceNumber } from '../invoice/number.ts';
import { type InvoiceState, moveInvoice } from '../invoice/states.ts';
import { lazy } from '../lazy.ts';
import { account, balanced, type LedgerLine } from '../ledger/ledger.ts';
import { Dong, dong, sum } from '../money/dong.ts';
import { BY_HAND, type Movement, MovementId, refundMovementId } from '../payment/movement.ts';
import { kinds } from '../payment/policy.ts';
import type { Instant } from '../time.ts';
import { proportionally } from './allocate.ts';
import { refundReasons } from './reasons.ts';
import {
  MAX_REFUNDS,
  type MoneyLeft,
  type Refund,
  RefundDecision,
  type RefundId,
  type Refunding,
  type RefundLine,
  refundReference,
  scopeOf,
} from './refund.ts';
import { canMoveRefund, holds, moveRefund, type RefundEvent } from './states.ts';

/** Decisions about refunds: each is one conditional write on the invoice item, and nothing else. Pure. */

/** States in which an invoice's own money can be given back. */
export const REFUNDABLE_STATES: readonly InvoiceState[] = ['paid', 'partially_refunded'];

/** A new refund: its amount is taken from what is left of its money and of its lines, in the same write. */
export type RequestRefund = {
  kind: 'request';
  number: InvoiceNumber;
  refund: Refund;
  /** What its money brought, and what each line of the invoice is: the remainders before the first refund. */
  brought: Dong;
  lineAmounts: readonly Dong[];
  /** Whether there were remainders already: of the invoice, and of this money. */
  first: 'ofInvoice' | 'ofMoney' | 'no';
};

/** What a refund that is done adds: its movement, and how the invoice moves where its own money went back. */
export type PaidOut = {
  movement: Movement;
  invoice?: { from: InvoiceState; to: InvoiceState; refundedBefore: Dong; refunded: Dong };
};

/** A refund that goes on. */
export type MoveRefund = {
  kind: 'move';
  number: InvoiceNumber;
  before: Refund;
  after: Refund;
  /** A person who must, or must not, have had a part in it: the write must see that. */
  person?: { must: 'be' | 'notBe'; the: 'requester' | 'reporter'; person: string };
  /** Only while its money has been neither reversed, nor moved. */
  whileStanding?: true;
  /** Only while no payment order of it was made out. */
  whileUnordered?: true;
  paidOut?: PaidOut;
};

export type RefundWrite = RequestRefund | MoveRefund;

/** What is asked for. Neither amount nor lines: all that is left. */
export type RefundWish = Pick<
  Refund,
  'refundId' | 'reason' | 'decision' | 'by' | 'clientId' | 'keyHash' | 'bodyHash' | 'account'
> & {
  movementId?: MovementId | undefined;
  amount?: Dong | undefined;
  lines?: readonly RefundLine[] | undefined;
};

/** Why nothing can be refunded: codes of problems. */
export type RefundRefusal =
  | 'invoice_not_paid'
  | 'money_not_named'
  | 'money_not_refundable'
  | 'reason_not_applicable'
  | 'line_unknown'
  | 'lines_differ'
  | 'lines_of_no_invoice'
  | 'refund_exceeds_remainder'
  | 'too_many_refunds';

const remainders = (invoice: Invoice): Refunding =>
  invoice.refunding ?? {
    refunds: {},
    money: {},
    lines: invoice.lines.map((line) => line.amount),
    refunded: dong(0),
  };

/** What can still be refunded of a money. */
export const leftOf = (invoice: Invoice, movement: Pick<Movement, 'movementId' | 'amount'>): Dong =>
  invoice.refunding?.money[movement.movementId]?.left ?? movement.amount;

/** The money that a refund would be of, or why there is none. */
function moneyFor(invoice: Invoice, wanted: MovementId | undefined): Movement | RefundRefusal {
  const there = standing(invoice);
  const isCounted = (movement: Movement) => kinds[movement.kind].counts;
  if (wanted === undefined) {
    const paying = there.filter(isCounted);
    if (!REFUNDABLE_STATES.includes(invoice.state) || paying.length === 0) return 'invoice_not_paid';
    return paying.length === 1 ? (paying[0] as Movement) : 'money_not_named';
  }
  const movement = there.find((one) => one.movementId === wanted);
  if (!movement) return 'money_not_refundable';
  return isCounted(movement) && !REFUNDABLE_STATES.includes(invoice.state) ? 'invoice_not_paid' : movement;
}

/**
 * Decides a request. Money that paid the invoice goes back by lines: those that are named, or all in proportion to what is
 * left of them. Surplus goes back from its own account, and has no lines.
 */
export function decideRequest(invoice: Invoice, wish: RefundWish, now: Instant): RequestRefund | RefundRefusal {
  const money = moneyFor(invoice, wish.movementId);
  if (typeof money === 'string') return money;
  const books = remainders(invoice);
  if (Object.keys(books.refunds).length >= MAX_REFUNDS) return 'too_many_refunds';
  const scope = kinds[money.kind].counts ? 'invoice' : 'surplus';
  if (!refundReasons[wish.reason].scopes.includes(scope)) return 'reason_not_applicable';

  if (scope === 'surplus' && wish.lines) return 'lines_of_no_invoice';

  const left = leftOf(invoice, money);
  const shared = scope === 'invoice' ? sharesOf(wish, left, books.lines) : { amount: wish.amount ?? left, lines: [] };
  if (typeof shared === 'string') return shared;
  if (shared.amount === 0 || shared.amount > left) return 'refund_exceeds_remainder';
  const { movementId, amount: _, lines: __, ...said } = wish;
  return {
    kind: 'request',
    number: invoice.number,
    refund: { ...said, ...shared, state: 'requested', movementId: money.movementId, requestedAt: now },
    brought: money.amount,
    lineAmounts: invoice.lines.map((line) => line.amount),
    first: !invoice.refunding ? 'ofInvoice' : invoice.refunding.money[money.movementId] ? 'no' : 'ofMoney',
  };
}

/** How much of which line. */
function sharesOf(
  { amount: wanted, lines }: Pick<RefundWish, 'amount' | 'lines'>,
  left: Dong,
  linesLeft: readonly Dong[],
): Pick<Refund, 'amount' | 'lines'> | RefundRefusal {
  if (lines) {
    if (lines.some(({ line }) => line > linesLeft.length)) return 'line_unknown';
    const amount = sum(lines.map((line) => line.amount));
    if (wanted !== undefined && wanted !== amount) return 'lines_differ';
    if (lines.some((line) => line.amount > (linesLeft[line.line - 1] ?? 0))) return 'refund_exceeds_remainder';
    return { amount, lines: [...lines] };
  }
  const most = dong(Math.min(left, sum(linesLeft)));
  const amount = wanted ?? most;
  if (amount > most) return 'refund_exceeds_remainder';
  const shares = proportionally(amount, linesLeft)
    .map((share, place) => ({ line: place + 1, amount: share }))
    .filter((share) => share.amount > 0);
  return { amount, lines: shares };
}

/** Decides that a refund goes on; `undefined` where its state knows no such move. */
export function decideMove(
  { number, refunding }: Pick<Invoice, 'number' | 'refunding'>,
  refundId: RefundId,
  event: RefundEvent,
  change: Partial<Refund>,
  conditions: Pick<MoveRefund, 'person' | 'whileStanding' | 'whileUnordered'> = {},
): MoveRefund | undefined {
  const before = refunding?.refunds[refundId];
  if (!before || !canMoveRefund(before.state, event)) return undefined;
  const after = { ...before, ...change, state: moveRefund(before.state, event) };
  return { kind: 'move', number, before, after, ...conditions };
}

/** How the money of a refund left: by its provider, or by hand from the agency's account or its cash box. */
export type GivenBack = 'provider' | 'transferred' | 'cash';

/** Decides that a refund is done: the ledger gives the money back, and the invoice says so. */
export function decideDone(
  invoice: Invoice,
  refundId: RefundId,
  event: 'Confirmed' | 'Returned',
  how: GivenBack,
  change: Partial<Refund>,
  now: Instant,
  conditions: Pick<MoveRefund, 'person'> = {},
): MoveRefund | undefined {
  const move = decideMove(invoice, refundId, event, { ...change, settledAt: now }, conditions);
  const original = move && invoice.movements[move.before.movementId];
  if (!move || !original) return undefined;
  const write = (refunded?: Dong) => refundMovement(invoice, move.after, original, { how, now, refunded });
  if (scopeOf(move.after) === 'surplus') return { ...move, paidOut: { movement: write() } };
  const refundedBefore = remainders(invoice).refunded;
  const refunded = dong(refundedBefore + move.after.amount);
  const to = moveInvoice(invoice.state, refunded === invoice.total ? 'Refunded' : 'PartlyRefunded');
  return {
    ...move,
    paidOut: { movement: write(refunded), invoice: { from: invoice.state, to, refundedBefore, refunded } },
  };
}

function refundMovement(
  { agencyCode, lines }: Pick<Invoice, 'agencyCode' | 'lines'>,
  refund: Refund,
  original: Movement,
  { how, now, refunded }: { how: GivenBack; now: Instant; refunded: Dong | undefined },
): Movement {
  const byHand = how !== 'provider';
  const givenFrom = {
    provider: account.clearing(original.merchantAccountId),
    transferred: account.returns(agencyCode),
    cash: account.desk(agencyCode, 'cash'),
  }[how];
  const providerId = byHand ? BY_HAND : original.providerId;
  return {
    movementId: refundMovementId(providerId, refundReference(refund.refundId)),
    kind: 'refund',
    amount: refund.amount,
    providerId,
    merchantAccountId: byHand ? `${BY_HAND}.${how}` : original.merchantAccountId,
    terminal: byHand ? paidFrom(refund, original, how) : original.terminal,
    transactionId: refundReference(refund.refundId),
    ...(original.attempt && { attempt: original.attempt }),
    paidAt: now,
    committedAt: now,
    lines: [
      ...balanced([
        ...takenFrom(agencyCode, lines, refund, original),
        { side: 'credit', account: givenFrom, amount: refund.amount },
      ]),
    ],
    evidence: JSON.stringify({
      v: 1,
      of: original.movementId,
      how,
      ...(refunded !== undefined && { refunded }),
      ...(refund.resultCode !== undefined && { resultCode: refund.resultCode }),
      ...(refund.providerRefundId !== undefined && { providerRefundId: refund.providerRefundId }),
      ...(refund.report && { document: refund.report.document, reportedBy: refund.report.by }),
    } satisfies RefundEvidence),
  };
}

/**
 * The account of ours whose bank is to show what was transferred by hand: the one that took the money. What the treasury
 * gives back leaves none of ours (Decree 347/2025/ND-CP, article 5).
 */
const paidFrom = ({ byHand }: Refund, { merchantAccountId }: Movement, how: GivenBack): string =>
  how === 'transferred' && byHand !== 'MONEY_AT_TREASURY' ? merchantAccountId : BY_HAND;

/** The accounts that held the money: the beneficiaries of the lines, or the one account of surplus. */
function takenFrom(agencyCode: string, lines: Invoice['lines'], refund: Refund, original: Movement): LedgerLine[] {
  if (scopeOf(refund) === 'surplus') {
    const held = original.lines.find((line) => line.side === 'credit');
    if (!held) throw new Error(`${original.movementId} is held nowhere`);
    return [{ side: 'debit', account: held.account, amount: refund.amount }];
  }
  const shares = refund.lines.map(({ line, amount }) => {
    const beneficiary = lines[line - 1]?.beneficiary;
    if (beneficiary === undefined) throw new RangeError(`no line ${line}`);
    return { beneficiary, amount };
  });
  return byBeneficiary(shares).map((part) => ({
    side: 'debit',
    account: account.payable(agencyCode, part.beneficiary),
    amount: part.amount,
  }));
}

/** What stands behind a refund's movement. */
const RefundEvidence = lazy(() =>
  z.object({
    v: z.literal(1),
    /** The money that went back. */
    of: MovementId,
    how: z.enum(['provider', 'transferred', 'cash']),
    /** All that has gone back of the invoice's own money with it; absent for surplus. */
    refunded: Dong.optional(),
    resultCode: z.string().optional(),
    providerRefundId: z.string().optional(),
    document: RefundDecision.optional(),
    reportedBy: z.string().optional(),
  }),
);
type RefundEvidence = z.infer<typeof RefundEvidence>;

/** Throws a ZodError for a movement that is no refund. */
export const refundEvidence = (movement: Pick<Movement, 'evidence'>): RefundEvidence =>
  RefundEvidence.parse(JSON.parse(movement.evidence));

/** How remainders change when a refund's money is held otherwise: signs of what is left, and of what is out. */
export function remainderChange(before: Refund, after: Refund): { left: 0 | 1; out: -1 | 0 | 1 } {
  const [was, is] = [holds[before.state], holds[after.state]];
  return {
    left: was !== 'free' && is === 'free' ? 1 : 0,
    out: ((is === 'out' ? 1 : 0) - (was === 'out' ? 1 : 0)) as -1 | 0 | 1,
  };
}

/**
 * The invoice after a write, or `undefined` where the write's condition does not hold: what a store's expression says, in
 * words of the domain. The contract of the books proves that both are the same.
 */
export function afterRefundWrite(invoice: Invoice, write: RefundWrite): Invoice | undefined {
  return write.kind === 'request' ? afterRequest(invoice, write) : afterMove(invoice, write);
}

function afterRequest(invoice: Invoice, { refund, brought, first }: RequestRefund): Invoice | undefined {
  const { movementId, amount, lines } = refund;
  const there = invoice.refunding;
  const isFirst = there ? (there.money[movementId] ? 'no' : 'ofMoney') : 'ofInvoice';
  const books = remainders(invoice);
  const left = there?.money[movementId]?.left ?? brought;
  const linesAfter = books.lines.map((line, place) => line - amountAt(lines, place));
  const holdsTrue =
    isFirst === first &&
    stands(invoice, movementId) &&
    (scopeOf(refund) === 'surplus' || REFUNDABLE_STATES.includes(invoice.state)) &&
    !books.refunds[refund.refundId] &&
    Object.keys(books.refunds).length < MAX_REFUNDS &&
    left >= amount &&
    linesAfter.every((line) => line >= 0);
  if (!holdsTrue) return undefined;
  const out = there?.money[movementId]?.out ?? dong(0);
  return {
    ...invoice,
    refunding: {
      ...books,
      refunds: { ...books.refunds, [refund.refundId]: refund },
      money: { ...books.money, [movementId]: { left: dong(left - amount), out } },
      lines: linesAfter.map(dong),
    },
  };
}

const amountAt = (lines: readonly RefundLine[], place: number): number =>
  lines.reduce((total, { line, amount }) => (line === place + 1 ? total + amount : total), 0);

function afterMove(invoice: Invoice, write: MoveRefund): Invoice | undefined {
  const { before, after, paidOut } = write;
  const books = invoice.refunding;
  const current = books?.refunds[before.refundId];
  if (!books || current?.state !== before.state || !personHolds(current, write.person)) return undefined;
  if (before.state === 'reported' && !isSameReport(current.report, before.report)) return undefined;
  if (write.whileUnordered && current.order) return undefined;
  if (write.whileStanding && !stands(invoice, before.movementId)) return undefined;
  const moved = paidOut?.invoice;
  if (moved && (invoice.state !== moved.from || books.refunded !== moved.refundedBefore)) return undefined;
  const { left, out } = remainderChange(before, after);
  const { movementId, amount, lines } = before;
  const money = books.money[movementId] as MoneyLeft;
  return {
    ...invoice,
    ...(moved && { state: moved.to }),
    ...(paidOut && { movements: { ...invoice.movements, [paidOut.movement.movementId]: paidOut.movement } }),
    refunding: {
      ...books,
      refunds: { ...books.refunds, [before.refundId]: { ...current, ...after } },
      money: {
        ...books.money,
        [movementId]: { left: dong(money.left + left * amount), out: dong(money.out + out * amount) },
      },
      lines: books.lines.map((line, place) => dong(line + left * amountAt(lines, place))),
      ...(moved && { refunded: moved.refunded }),
    },
  };
}

const isSameReport = (one: Refund['report'], other: Refund['report']): boolean =>
  one?.at === other?.at && one?.keyHash === other?.keyHash;

function personHolds(current: Refund, condition: MoveRefund['person']): boolean {
  if (!condition) return true;
  const had = condition.the === 'requester' ? current.by : current.report?.by;
  return (had === condition.person) === (condition.must === 'be');
}
