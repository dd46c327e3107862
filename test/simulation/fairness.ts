import { MAX_MOVEMENTS } from '../../shared/domain/payment/movement.ts';
import type { Item } from './expression.ts';
import { BrokenInvariant } from './process.ts';

/**
 * Money may only be turned away from an invoice if something has changed that its place there was decided from: the state,
 * what is due, the state of its attempt, whether another invoice stands for this one, whether the money is there already, or
 * whether there is room. A condition on anything else makes real money lose races, and in the end wait among the dead letters.
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
  const movements = there['mv'] as Record<string, unknown> | undefined;
  const attempts = there['at'] as { s: string }[] | undefined;
  const [, index] = /#at\[(\d+)\]\.s = :attempt/.exec(UpdateExpression) ?? [];
  const changed =
    there['st'] !== values[':state'] ||
    there['du'] !== values[':was'] ||
    there['rb'] !== undefined ||
    movements?.[names['#id'] ?? ''] !== undefined ||
    // The last place is kept for the payment.
    Object.keys(movements ?? {}).length >= MAX_MOVEMENTS - 1 ||
    (index !== undefined && attempts?.[Number(index)]?.s !== values[':attemptWas']);
  if (!changed)
    throw new BrokenInvariant(`${names['#id']} was turned away from ${there['k']}, of which nothing had changed`);
}
