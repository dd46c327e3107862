import type { InvoiceState } from '../domain/invoice/states.ts';
import { type MovementId, takersOf } from '../domain/payment/movement.ts';
import {
  type MoveRefund,
  REFUNDABLE_STATES,
  type RefundWrite,
  type RequestRefund,
  remainderChange,
} from '../domain/refund/decide.ts';
import { MAX_REFUNDS, scopeOf } from '../domain/refund/refund.ts';
import { invoiceKey, movementItem } from './invoice-item.ts';
import type { PostUpdate } from './post-update.ts';
import { type RefundItem, refundItem, refundKey } from './refund-item.ts';
import { movementKey } from './reversal-item.ts';

/** A refund's write as one update: its condition is what the decision used, and never a version. */
export const refundUpdate = (write: RefundWrite): PostUpdate =>
  write.kind === 'request' ? requestUpdate(write) : moveUpdate(write);

/** A place in the list of what is left of the lines; a list index cannot be a placeholder, it is a checked integer. */
const lineLeft = (line: number): string => `rl[${Math.trunc(line) - 1}]`;

/** That a money still lies where it was entered. */
const notTaken = (id: MovementId): string[] =>
  takersOf(id).map((_, place) => `attribute_not_exists(mv.#taker${place})`);
const takerNames = (id: MovementId): Record<string, string> =>
  Object.fromEntries(takersOf(id).map((taker, place) => [`#taker${place}`, movementKey(taker)]));

function requestUpdate({ number, refund, brought, lineAmounts, first }: RequestRefund): PostUpdate {
  const item = refundItem(refund);
  const conditions = ['attribute_exists(mv.#money)', ...notTaken(refund.movementId)];
  const changes = ['v = v + :one'];
  const values: Record<string, unknown> = { ':one': 1 };
  if (scopeOf(refund) === 'invoice') {
    conditions.push(`st IN (${REFUNDABLE_STATES.map((_, place) => `:st${place}`).join(', ')})`);
    REFUNDABLE_STATES.forEach((state, place) => {
      values[`:st${place}`] = state satisfies InvoiceState;
    });
  }
  if (first === 'ofInvoice') {
    conditions.push('attribute_not_exists(rf)');
    changes.push('rf = :refunds, ra = :money, rl = :lines, rd = :none');
    const lines = lineAmounts.map(Number);
    for (const { line, amount } of refund.lines) lines[line - 1] = (lines[line - 1] ?? 0) - amount;
    values[':refunds'] = { [refundKey(refund.refundId)]: item };
    values[':money'] = { [movementKey(refund.movementId)]: { l: brought - refund.amount, o: 0 } };
    values[':lines'] = lines;
    values[':none'] = 0;
  } else {
    conditions.push('attribute_exists(rf) AND attribute_not_exists(rf.#id) AND size(rf) < :most');
    changes.push('rf.#id = :refund');
    values[':refund'] = item;
    values[':most'] = MAX_REFUNDS;
    if (first === 'ofMoney') {
      conditions.push('attribute_not_exists(ra.#money)');
      changes.push('ra.#money = :left');
      values[':left'] = { l: brought - refund.amount, o: 0 };
    } else {
      conditions.push('ra.#money.l >= :amount');
      changes.push('ra.#money.l = ra.#money.l - :amount');
      values[':amount'] = refund.amount;
    }
    refund.lines.forEach(({ line, amount }, place) => {
      conditions.push(`${lineLeft(line)} >= :l${place}`);
      changes.push(`${lineLeft(line)} = ${lineLeft(line)} - :l${place}`);
      values[`:l${place}`] = amount;
    });
  }
  return {
    Key: invoiceKey(number),
    UpdateExpression: `SET ${changes.join(', ')}`,
    ConditionExpression: conditions.join(' AND '),
    ExpressionAttributeNames: {
      '#money': movementKey(refund.movementId),
      ...takerNames(refund.movementId),
      ...(first !== 'ofInvoice' && { '#id': refundKey(refund.refundId) }),
    },
    ExpressionAttributeValues: values,
  };
}

function moveUpdate(write: MoveRefund): PostUpdate {
  const { number, before, after, person, whileStanding, whileUnordered, paidOut } = write;
  const names: Record<string, string> = { '#id': refundKey(before.refundId) };
  const values: Record<string, unknown> = { ':one': 1, ':was': before.state };
  const conditions = ['rf.#id.s = :was'];
  const changes = ['v = v + :one'];
  const removed: string[] = [];

  const [old, now] = [refundItem(before), refundItem(after)];
  for (const attribute of new Set([...Object.keys(old), ...Object.keys(now)]) as Set<keyof RefundItem>) {
    if (JSON.stringify(old[attribute]) === JSON.stringify(now[attribute])) continue;
    if (now[attribute] === undefined) {
      removed.push(`rf.#id.${attribute}`);
      continue;
    }
    changes.push(`rf.#id.${attribute} = :a_${attribute}`);
    values[`:a_${attribute}`] = now[attribute];
  }
  if (before.state === 'reported' && before.report) {
    // Another report may have taken the place of the one that was decided about.
    conditions.push('rf.#id.rp.t = :reportedAt AND rf.#id.rp.h = :reportedIn');
    Object.assign(values, { ':reportedAt': before.report.at, ':reportedIn': before.report.keyHash });
  }
  if (person) {
    const part = person.the === 'requester' ? 'rf.#id.b' : 'rf.#id.rp.b';
    conditions.push(`${part} ${person.must === 'be' ? '=' : '<>'} :person`);
    values[':person'] = person.person;
  }
  if (whileUnordered) conditions.push('attribute_not_exists(rf.#id.od)');
  if (whileStanding) {
    conditions.push(...notTaken(before.movementId));
    Object.assign(names, takerNames(before.movementId));
  }
  const { left, out } = remainderChange(before, after);
  if (left !== 0 || out !== 0) {
    names['#money'] = movementKey(before.movementId);
    values[':amount'] = before.amount;
    if (left !== 0) changes.push('ra.#money.l = ra.#money.l + :amount');
    if (out !== 0) changes.push(`ra.#money.o = ra.#money.o ${out > 0 ? '+' : '-'} :amount`);
  }
  if (left !== 0)
    before.lines.forEach(({ line, amount }, place) => {
      changes.push(`${lineLeft(line)} = ${lineLeft(line)} + :l${place}`);
      values[`:l${place}`] = amount;
    });
  if (paidOut) {
    changes.push('mv.#movement = :movement');
    names['#movement'] = movementKey(paidOut.movement.movementId);
    values[':movement'] = movementItem(paidOut.movement);
  }
  if (paidOut?.invoice) {
    const { from, to, refundedBefore, refunded } = paidOut.invoice;
    conditions.push('st = :state AND rd = :refundedBefore');
    changes.push('st = :next, rd = :refunded');
    Object.assign(values, {
      ':state': from,
      ':next': to,
      ':refundedBefore': refundedBefore,
      ':refunded': refunded,
    });
  }
  return {
    Key: invoiceKey(number),
    UpdateExpression: `SET ${changes.join(', ')}${removed.length > 0 ? ` REMOVE ${removed.join(', ')}` : ''}`,
    ConditionExpression: conditions.join(' AND '),
    ExpressionAttributeNames: names,
    ExpressionAttributeValues: values,
  };
}
