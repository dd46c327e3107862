import type { JournalAppender } from '../domain/ledger/journal.ts';
import type { BookDay, BookDays } from '../domain/reconciliation/book-day.ts';
import { RunLine } from '../domain/reconciliation/run-object.ts';
import { Refusal } from '../domain/refusal.ts';
import type { Caller } from '../domain/registry/caller.ts';
import { entriesOfOrder } from '../domain/remittance/entries.ts';
import {
  type OnStatement,
  ORDER_MARK,
  orderMark,
  orderOfItem,
  type Remittance,
  type RemittanceId,
  type RemittanceOrder,
  stateAfter,
} from '../domain/remittance/remittance.ts';
import { addDays, vietnamDay } from '../domain/time.ts';
import { type ChangeDependencies, changeRemittance, visibleRemittance } from './decide-remittance.ts';
import { sha256 } from './hashing.ts';
import type { MatchDependencies } from './match-account.ts';

/** How long after its export a batch's orders are looked for on the account's statements. */
const LOOK_FORWARD_DAYS = 120;

export type ConfirmDependencies = ChangeDependencies & {
  days: Pick<BookDays, 'between'>;
  runs: Pick<MatchDependencies['runs'], 'lines'>;
  /** Entries about orders go straight there: no invoice bears them. */
  journal: JournalAppender;
};

/**
 * Looks what the account's closed days show of a batch's orders: a debit that the ladder matched is an order paid, a credit
 * of the same sum that bears its reference is an order whose money came back. What is shown is written down, then entered in
 * the journal, once each however often; an order that came back is due again. What the statements do not show stays as it is.
 *
 * Refusals: not_found, remittance_state, idempotency_key_reused, version_conflict.
 */
export async function confirmRemittance(
  id: RemittanceId,
  caller: Caller,
  idempotencyKey: string,
  dependencies: ConfirmDependencies,
): Promise<{ remittance: Remittance; replayed: boolean }> {
  const before = await visibleRemittance(id, caller, dependencies);
  if (before.exportedAt === undefined) throw new Refusal('remittance_state', undefined, [], { state: before.state });
  const call = { caller, idempotencyKey, words: { action: 'confirm' } };
  const changed = await changeRemittance(id, call, dependencies, async (there) => {
    const orders = await shownOrders(there, dependencies);
    const places = orders
      .filter(({ returned }, at) => returned && !there.orders[at]?.returned)
      .map(({ orderId }) => ({ remittanceId: id, orderId }));
    if (places.length === 0) return { after: { ...there, orders } };
    return {
      after: { ...there, orders },
      head: (head) => ({ ...head, returned: [...head.returned, ...places] }),
    };
  });
  return { ...changed, remittance: await enter(changed.remittance, dependencies) };
}

/** The orders as the statements show them by now. What was written down before stays as it was. */
async function shownOrders(there: Remittance, { days, runs, now }: ConfirmDependencies): Promise<RemittanceOrder[]> {
  const { orders, book, exportedAt = 0, through, content } = there;
  const readAt = now();
  const from = vietnamDay(exportedAt);
  const to = addDays(from, LOOK_FORWARD_DAYS);
  const shown = new Map(orders.map((order) => [order.orderId, { ...order }]));
  for (const order of shown.values())
    if (order.how === 'inPlace' && order.state === 'waiting')
      pay(order, { day: through ?? from, bankItem: 'inPlace', run: content.sha256, readAt });
  // What is on its way crosses midnight: the bank may have booked it before our clock said that it was exported.
  for (const day of await days.between(book, addDays(from, -1), to))
    if (day.state === 'CLOSED' && day.run) await readDay(day, day.run, readAt, shown, runs);
  return [...shown.values()];
}

async function readDay(
  { day }: BookDay,
  { key, sha256: run }: NonNullable<BookDay['run']>,
  readAt: number,
  orders: ReadonlyMap<string, RemittanceOrder>,
  runs: ConfirmDependencies['runs'],
): Promise<void> {
  const back: { mark: string; amount: number; bankItem: string }[] = [];
  for await (const text of runs.lines(key)) {
    if (!/^\{"(?:match|unsettled)"/.test(text) || !text.includes(ORDER_MARK)) continue;
    const line = RunLine.parse(JSON.parse(text));
    if ('match' in line) {
      const { status, ours, theirs, ourAmount, theirAmount } = line.match;
      const [bankItem] = theirs;
      if (status !== 'confirmed' || ourAmount !== theirAmount || bankItem === undefined) continue;
      for (const one of ours) {
        const order = orders.get(orderOfItem(one) ?? '');
        if (order?.state === 'waiting') pay(order, { day, bankItem, run, readAt });
      }
    } else if ('unsettled' in line && line.unsettled.category === 'REVERSED') {
      const { evidence, theirAmount, theirs } = line.unsettled;
      back.push({ mark: String(evidence['mark']), amount: theirAmount, bankItem: theirs[0] ?? '' });
    }
  }
  // Behind all debits of the day: money may come back on the day on which it left.
  for (const { mark, amount, bankItem } of back) {
    const order = [...orders.values()].find((one) => orderMark(one.orderId) === mark);
    if (order?.state !== 'paid' || order.amount !== amount || order.how !== 'transfer') continue;
    order.state = 'returned';
    order.returned = { day, bankItem, run, readAt };
  }
}

function pay(order: RemittanceOrder, statement: OnStatement): void {
  order.state = 'paid';
  order.paid = statement;
}

/**
 * Enters what is written down, and says so in the batch's state once all of it is in the journal and nothing is waiting.
 * Carried on by whoever comes next where it died in between.
 */
async function enter(
  written: Remittance,
  { journal, remittances }: Pick<ConfirmDependencies, 'journal' | 'remittances'>,
): Promise<Remittance> {
  for (const order of written.orders)
    for (const entry of entriesOfOrder(written, order, sha256))
      if ((await journal.append(entry)).kind === 'contradicts')
        throw new Error(`${entry.movementId} stands in the journal with another content`);
  const event = eventOf(written.orders);
  const state = event && stateAfter(written.state, event);
  if (!state) return written;
  const after = { ...written, state, version: written.version + 1 };
  // Somebody else may have carried it on, or have more to enter: then the batch is theirs to end.
  if ((await remittances.change(written, after)) === 'changed') return after;
  return (await remittances.find(written.remittanceId)) ?? after;
}

function eventOf(orders: readonly RemittanceOrder[]): 'Confirmed' | 'Returned' | undefined {
  if (orders.some(({ state }) => state === 'waiting')) return undefined;
  return orders.some(({ state }) => state === 'returned') ? 'Returned' : 'Confirmed';
}
