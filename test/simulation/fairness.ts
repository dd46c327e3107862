import { MAX_MOVEMENTS } from '../../shared/domain/payment/movement.ts';
import type { Item } from './expression.ts';
import { BrokenInvariant } from './process.ts';

/**
 * Money may only be turned away from an invoice if something has changed that its place there was decided from: the state,
 * what is due, what the agency has chosen (which an older release does not tell), the state of its attempt, whether another invoice stands for this one, whether the money is there already, or
 * whether there is room; where lines or the end of an attempt were reckoned from other money, that other money; what waits to be taken back;
 * for what is taken back, whether it is there and somebody else proposed it; and for what is moved, whether any of it was promised back. A condition on anything else makes real money
 * lose races, and in the end wait among the dead letters.
 */
export function mustBeFair(
  words: {
    UpdateExpression?: string | undefined;
    ExpressionAttributeNames?: Record<string, string> | undefined;
    ExpressionAttributeValues?: Record<string, unknown> | undefined;
  },
  there: Item | undefined,
): void {
  const { UpdateExpression = '', ExpressionAttributeNames: names = {}, ExpressionAttributeValues: values = {} } = words;
  if (!there || !UpdateExpression.includes('mv.#id')) return;
  const movements = (there['mv'] ?? {}) as Record<string, unknown>;
  const parked = (there['pk'] ?? []) as unknown[];
  const proposal = there['rv'] as { i?: string; s?: string; b?: string } | undefined;
  const attempts = there['at'] as { s: string }[] | undefined;
  const reversed = names['#reverses'];
  const [, index] = /#at\[(\d+)\]\.s = :attempt/.exec(UpdateExpression) ?? [];
  const changed =
    there['st'] !== values[':state'] ||
    there['du'] !== values[':was'] ||
    movements[names['#id'] ?? ''] !== undefined ||
    (index !== undefined && attempts?.[Number(index)]?.s !== values[':attemptWas']) ||
    (reversed === undefined
      ? hasNewCompany(there, values, movements, parked)
      : movements[reversed] === undefined || isOut(there, reversed)) ||
    (':after' in values && Object.keys(movements).length !== values[':after']) ||
    isPromised(there, names['#moved'], values[':whole']) ||
    (there['po'] ?? '') !== (values[':chosen'] ?? '') ||
    (':approver' in values &&
      (proposal?.i !== values[':proposed'] || proposal?.s !== 'proposed' || proposal?.b === values[':approver']));
  if (!changed)
    throw new BrokenInvariant(`${names['#id']} was turned away from ${there['k']}, of which nothing had changed`);
}

/** What was refunded, or may be on its way, cannot be taken back as well. */
function isOut(there: Item, movement: string): boolean {
  const money = (there['ra'] ?? {}) as Record<string, { o: number }>;
  return (money[movement]?.o ?? 0) > 0;
}

/** Money of which a refund has set something aside cannot be moved. */
function isPromised(there: Item, movement: string | undefined, whole: unknown): boolean {
  if (movement === undefined) return false;
  const money = (there['ra'] ?? {}) as Record<string, { l: number; o: number }>;
  const left = money[movement];
  return left !== undefined && (left.l !== whole || left.o > 0);
}

/** What comes in is placed by what else came: another invoice, other money, and what waits to be taken back. */
function hasNewCompany(
  there: Item,
  values: Record<string, unknown>,
  movements: Record<string, unknown>,
  parked: readonly unknown[],
): boolean {
  return (
    there['rb'] !== undefined ||
    // The last place is kept for the payment.
    Object.keys(movements).length >= MAX_MOVEMENTS - 1 ||
    parked.length !== (values[':parked'] ?? 0)
  );
}
