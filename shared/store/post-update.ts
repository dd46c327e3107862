import type { ReversalProposal } from '../domain/invoice/invoice.ts';
import type { PostMovement } from '../domain/payment/decide.ts';
import { MAX_MOVEMENTS, PLACES_FOR_ALL } from '../domain/payment/movement.ts';
import { choicesText, invoiceKey, movementItem } from './invoice-item.ts';
import { movementKey } from './reversal-item.ts';

export type PostUpdate = {
  Key: { k: string };
  UpdateExpression: string;
  ConditionExpression: string;
  ExpressionAttributeNames: Record<string, string>;
  ExpressionAttributeValues: Record<string, unknown>;
};

/** The commit of a payment as one update: its condition is what the decision used, and never a version. */
export function postUpdate(decided: PostMovement): PostUpdate {
  const {
    number,
    from,
    to,
    movement,
    also,
    attempt,
    takesLastPlace,
    reverses,
    moves,
    after,
    unreplaced,
    parked = 0,
    choices = {},
    approvedBy,
  } = decided;
  const chosen = choicesText(choices);
  // A list index cannot be a placeholder; it is a checked integer.
  const place = attempt && `#at[${Math.trunc(attempt.index)}].s`;
  const moved = moves && !moves.keptAlone ? moves.credit : undefined;
  const conditions = [
    'st = :state AND du = :was AND attribute_not_exists(mv.#id)',
    // What is taken back must be there, and not given back already; and it was taken in, so there is room.
    reverses
      ? 'attribute_exists(mv.#reverses) AND (attribute_not_exists(ra.#reverses) OR ra.#reverses.o = :nothing)'
      : 'size(mv) < :most',
    // What is moved was seen there (`after`); nothing of it may be promised to whoever paid it.
    ...(moved ? ['(attribute_not_exists(ra.#moved) OR (ra.#moved.l = :whole AND ra.#moved.o = :nothing))'] : []),
    ...(place ? [`${place} = :attemptWas`] : []),
    ...(unreplaced ? ['attribute_not_exists(rb)'] : []),
    ...(after === undefined ? [] : ['size(mv) = :after']),
    ...(reverses ? [] : [parked === 0 ? 'attribute_not_exists(pk)' : 'size(pk) = :parked']),
    chosen === '' ? 'attribute_not_exists(po)' : 'po = :chosen',
    ...(approvedBy === undefined ? [] : ['rv.i = :proposed AND rv.s = :open AND rv.b <> :approver']),
  ];
  const changes = [
    'st = :next, du = :due, mv.#id = :movement, v = v + :one',
    ...(also ? ['mv.#also = :also'] : []),
    ...(place ? [`${place} = :attempt`] : []),
  ];
  return {
    Key: invoiceKey(number),
    UpdateExpression: `SET ${changes.join(', ')}${approvedBy === undefined ? '' : ' REMOVE rv'}`,
    ConditionExpression: conditions.join(' AND '),
    ExpressionAttributeNames: {
      '#id': movementKey(movement.movementId),
      ...(also && { '#also': movementKey(also.movementId) }),
      ...(reverses && { '#reverses': movementKey(reverses) }),
      ...(moved && { '#moved': movementKey(moved.movementId) }),
      ...(place && { '#at': 'at' }),
    },
    ExpressionAttributeValues: {
      ':state': from.state,
      ':next': to.state,
      ':was': from.due,
      ':due': to.due,
      ':movement': movementItem(movement),
      ':one': 1,
      ...((reverses || moved) && { ':nothing': 0 }),
      ...(moved && { ':whole': moved.amount }),
      ...(!reverses && { ':most': takesLastPlace ? MAX_MOVEMENTS : PLACES_FOR_ALL }),
      ...(also && { ':also': movementItem(also) }),
      ...(attempt && { ':attempt': attempt.to, ':attemptWas': attempt.from }),
      ...(after !== undefined && { ':after': after }),
      ...(!reverses && parked > 0 && { ':parked': parked }),
      ...(chosen !== '' && { ':chosen': chosen }),
      ...(approvedBy !== undefined &&
        reverses && {
          ':proposed': movementKey(reverses),
          ':open': 'proposed' satisfies ReversalProposal['state'],
          ':approver': approvedBy,
        }),
    },
  };
}
