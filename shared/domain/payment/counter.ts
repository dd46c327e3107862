import * as z from 'zod';
import { type Invoice, standing } from '../invoice/invoice.ts';
import { lazy } from '../lazy.ts';
import { account } from '../ledger/ledger.ts';
import type { Dong } from '../money/dong.ts';
import type { Instant } from '../time.ts';
import { amountArrival, columnAt } from './arrival.ts';
import { type PostMovement, posting } from './decide.ts';
import { linesOf } from './entries.ts';
import { factsOf } from './facts.ts';
import { type Movement, type MovementId, movementId, roomFor } from './movement.ts';
import { cellOf, kinds } from './policy.ts';

/** Payments at an agency's desk: the clerk's slip stands where a bank's signed text stands otherwise. */

/** Stands for the provider in movements at the desk. */
export const COUNTER = 'counter';

/** The receipt that the citizen was given, as printed on it (Decree 123/2020/ND-CP, article 32: symbol and number). */
export const CounterReceipt = lazy(() =>
  z.strictObject({
    book: z
      .string()
      .regex(/^[A-Za-z0-9/.-]{1,20}$/)
      .optional(),
    symbol: z
      .string()
      .regex(/^[A-Za-z0-9/.-]{1,20}$/)
      .meta({ examples: ['01AA/26P'] }),
    number: z
      .string()
      .regex(/^[0-9]{1,12}$/)
      .meta({ examples: ['0000123'] }),
  }),
);
export type CounterReceipt = z.infer<typeof CounterReceipt>;

/** What a clerk writes down. `cardSlip`: the card terminal's own number. */
export const CounterSlip = lazy(() =>
  z.strictObject({
    method: z.enum(['cash', 'card']),
    receipt: CounterReceipt,
    desk: z
      .string()
      .regex(/^[A-Za-z0-9._-]{1,32}$/)
      .meta({ examples: ['quay-01'] }),
    cardSlip: z
      .string()
      .regex(/^[A-Za-z0-9-]{1,32}$/)
      .optional(),
  }),
);
export type CounterSlip = z.infer<typeof CounterSlip>;

/** The evidence of a payment at the desk: the slip, the clerk (a person's id) and the hash of the call's body. */
export const CounterEvidence = lazy(() =>
  CounterSlip.extend({ v: z.literal(1), clerk: z.string(), bodyHash: z.string() }),
);
export type CounterEvidence = z.infer<typeof CounterEvidence>;

/** Throws a ZodError for a movement that was not made at the desk. */
export const counterEvidence = (movement: Movement): CounterEvidence =>
  CounterEvidence.parse(JSON.parse(movement.evidence));

/** Named by the call: the same slip sent twice is one movement. `call`: 22 characters that stand for caller and key. */
export function counterMovementId(invoice: Pick<Invoice, 'number'>, call: string): MovementId {
  const id = movementId(COUNTER, `${invoice.number}-${call}`);
  if (!id) throw new RangeError('a call that can name a movement');
  return id;
}

export type CounterPayment = { movementId: MovementId; amount: Dong; evidence: CounterEvidence };

/** Why nothing can be taken at the desk: codes of problems. */
export type CounterRefusal = 'invoice_not_open' | 'amount_not_due' | 'receipt_taken' | 'too_many_movements';

/**
 * Decides a payment at the desk by the policy table: what would not count towards the invoice is refused, because the
 * citizen still stands there. Pure.
 */
export function decideCounterPayment(
  invoice: Invoice,
  { movementId: id, amount, evidence }: CounterPayment,
  now: Instant,
): PostMovement | CounterRefusal {
  const facts = factsOf(invoice);
  const column = columnAt(facts, now);
  const whole = cellOf('exact', column, facts.choices);
  if (!kinds[whole.enters as Movement['kind']].counts) return 'invoice_not_open';
  const cell = cellOf(amountArrival(amount, facts), column, facts.choices);
  if (cell.enters !== 'payment' && cell.enters !== 'part') return 'amount_not_due';
  if (standing(invoice).some((movement) => isReceipt(movement, evidence.receipt))) return 'receipt_taken';
  if (facts.movements.length >= roomFor({ kind: cell.enters })) return 'too_many_movements';
  const movement: Movement = {
    movementId: id,
    kind: cell.enters,
    amount,
    providerId: COUNTER,
    merchantAccountId: `${COUNTER}.${evidence.method}`,
    terminal: evidence.desk,
    transactionId: id.slice(`mov_${COUNTER}_`.length),
    paidAt: now,
    committedAt: now,
    lines: linesOf(cell.enters, amount, account.desk(invoice.agencyCode, evidence.method), invoice.agencyCode, facts),
    evidence: JSON.stringify(evidence),
  };
  return posting(facts, movement, cell, now);
}

function isReceipt(movement: Movement, { book, symbol, number }: CounterReceipt): boolean {
  if (movement.providerId !== COUNTER) return false;
  const { receipt } = counterEvidence(movement);
  return receipt.book === book && receipt.symbol === symbol && receipt.number === number;
}
