import type { JournalAppender } from '../domain/ledger/journal.ts';
import { dong } from '../domain/money/dong.ts';
import type { BookDay, BookDays } from '../domain/reconciliation/book-day.ts';
import { RunLine } from '../domain/reconciliation/run-object.ts';
import { Refusal } from '../domain/refusal.ts';
import type { Caller } from '../domain/registry/caller.ts';
import { entriesOfOrder } from '../domain/remittance/entries.ts';
import {
  isDueAgain,
  type OnStatement,
  ORDER_MARK,
  type OrderId,
  orderMark,
  orderOfItem,
  type Remittance,
  type RemittanceId,
  type RemittanceOrder,
  stateAfter,
} from '../domain/remittance/remittance.ts';
import { addDays, type Day, type Instant, vietnamDay } from '../domain/time.ts';
import {
  type ChangeDependencies,
  changeRemittance,
  headChange,
  type RemittanceChange,
  visibleRemittance,
} from './decide-remittance.ts';
import { sha256 } from './hashing.ts';
import type { MatchDependencies } from './match-account.ts';

/** How long after its export a batch's orders are looked for on the account's statements. */
export const LOOK_FORWARD_DAYS = 120;
/** How often the clock decides again because somebody else changed the batch meanwhile. */
const MAX_TRIES = 4;

export type FollowDependencies = {
  remittances: ChangeDependencies['remittances'];
  runs: Pick<MatchDependencies['runs'], 'lines'>;
  /** Entries about orders go straight there: no invoice bears them. */
  journal: JournalAppender;
  now: () => Instant;
};

export type ConfirmDependencies = ChangeDependencies & FollowDependencies & { days: Pick<BookDays, 'between'> };

/**
 * Looks what the account's closed days show of a batch's orders: a debit that the ladder matched is an order paid, a credit
 * of the same sum that bears its reference is an order whose money came back. A debit of another sum is written down, and
 * ends the order once two persons have settled it. What is shown is written down, then entered in the journal, once each
 * however often; what came back or was not sent is due again. What the statements do not show stays as it is.
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
  const changed = await changeRemittance(id, call, dependencies, async (there) =>
    changeBy(there, await daysSinceExport(there, dependencies), dependencies.now()),
  );
  return { ...changed, remittance: await enter(changed.remittance, dependencies) };
}

/** The same by the clock, from days that were read for all batches of the account; asked by nobody, so nobody's call is remembered. */
export async function followRemittance(
  seen: Remittance,
  shown: readonly ShownDay[],
  dependencies: FollowDependencies,
): Promise<Remittance> {
  const { remittances, now } = dependencies;
  let before = seen;
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const { after, head } = changeBy(before, shown, now());
    if (JSON.stringify(after) === JSON.stringify(before)) return enter(before, dependencies);
    const written = { ...after, version: before.version + 1 };
    const change = head && { head: await headChange(before, head, dependencies) };
    if ((await remittances.change(before, written, change)) === 'changed') return enter(written, dependencies);
    const there = await remittances.find(seen.remittanceId);
    if (!there) throw new Error(`${seen.remittanceId} is gone`);
    before = there;
  }
  throw new Error(`${seen.remittanceId} changes faster than it is followed`);
}

/** Whether anything of a batch may be new: its orders are shown, or what needs no statement was not entered yet. */
export const concerns = ({ state, orders }: Remittance, shown: readonly ShownDay[]): boolean =>
  (state === 'exported' && orders.some(({ how, state: at }) => how === 'inPlace' && at === 'waiting')) ||
  (state === 'exported' && orders.every(({ state: at }) => at !== 'waiting')) ||
  shown.some(({ debits, back }) =>
    orders.some(({ orderId }) => debits.has(orderId) || back.some(({ mark }) => mark === orderMark(orderId))),
  );

/** A batch with what closed days show of it. What was written down before stays as it was. */
function changeBy(there: Remittance, shown: readonly ShownDay[], readAt: Instant): RemittanceChange {
  const { exportedAt = 0, through, content, remittanceId } = there;
  const orders = new Map(there.orders.map((order) => [order.orderId, { ...order }]));
  for (const order of orders.values())
    if (order.how === 'inPlace' && order.state === 'waiting')
      pay(order, { day: through ?? vietnamDay(exportedAt), bankItem: 'inPlace', run: content.sha256, readAt });
  for (const day of shown) applyDay(day, orders, readAt);
  const after = { ...there, orders: [...orders.values()] };
  const places = after.orders
    .filter((order, at) => isDueAgain(order) && order.state !== there.orders[at]?.state)
    .map(({ orderId, ended, returned }) => ({
      ...{ remittanceId, orderId },
      ...(ended && returned && { afterEnd: true as const }),
    }));
  if (places.length === 0) return { after };
  return { after, head: (head) => ({ ...head, returned: [...head.returned, ...places] }) };
}

async function daysSinceExport(
  { book, exportedAt = 0 }: Remittance,
  { days, runs }: Pick<ConfirmDependencies, 'days' | 'runs'>,
): Promise<ShownDay[]> {
  const from = vietnamDay(exportedAt);
  const shown: ShownDay[] = [];
  // What is on its way crosses midnight: the bank may have booked it before our clock said that it was exported.
  for (const day of await days.between(book, addDays(from, -1), addDays(from, LOOK_FORWARD_DAYS)))
    if (day.state === 'CLOSED') shown.push(await readShown(day, runs));
  return shown;
}

/** The bank's line about an order. `settled`: matched; `instead`: its sum in dong, where that is not the order's. */
type Debit = { bankItem: string; settled: boolean; instead?: number };
/** What a day's run shows of orders: debits, and credits that bear the mark of one. */
export type ShownDay = {
  day: Day;
  run: string;
  debits: ReadonlyMap<OrderId, Debit>;
  back: readonly { mark: string; amount: number; bankItem: string }[];
};

/** Reads a closed day. A day without a run shows nothing. */
export async function readShown({ day, run }: BookDay, runs: FollowDependencies['runs']): Promise<ShownDay> {
  const debits = new Map<OrderId, Debit>();
  const back: { mark: string; amount: number; bankItem: string }[] = [];
  for await (const text of run ? runs.lines(run.key) : []) {
    if (!/^\{"(?:match|unsettled)"/.test(text) || !text.includes(ORDER_MARK)) continue;
    const line = RunLine.parse(JSON.parse(text));
    if ('match' in line) {
      const { status, ours, theirs, ourAmount, theirAmount } = line.match;
      if (status !== 'confirmed') continue;
      const ids = ours.flatMap((key) => orderOfItem(key) ?? []);
      const [bankItem = ''] = theirs;
      if (ourAmount === theirAmount) for (const id of ids) debits.set(id, { bankItem, settled: true });
      // Only two persons match what is not equal.
      else if (ours.length === 1 && ids[0] && theirAmount <= 0)
        debits.set(ids[0], { bankItem, settled: true, instead: 0 - theirAmount });
    } else if ('unsettled' in line) {
      const { category, evidence, ours, theirs, theirAmount } = line.unsettled;
      const [id] = ours.flatMap((key) => orderOfItem(key) ?? []);
      const [bankItem = ''] = theirs;
      if (category === 'REVERSED') back.push({ mark: String(evidence['mark']), amount: theirAmount, bankItem });
      else if (id && ours.length === 1 && theirs.length === 1 && theirAmount < 0)
        debits.set(id, { bankItem, settled: false, instead: -theirAmount });
    }
  }
  return { day, run: run?.sha256 ?? '', debits, back };
}

function applyDay({ day, run, debits, back }: ShownDay, orders: ReadonlyMap<string, RemittanceOrder>, readAt: Instant) {
  for (const [id, { bankItem, settled, instead }] of debits) {
    const order = orders.get(id);
    if (order?.state !== 'waiting') continue;
    const statement = { day, bankItem, run, readAt };
    if (instead === undefined) pay(order, statement);
    else if (settled) end(order, { ...statement, debited: dong(instead) });
    else order.differs ??= { ...statement, debited: dong(instead) };
  }
  // Behind all debits of the day: money may come back on the day on which it left.
  for (const { mark, amount, bankItem } of back) {
    const order = [...orders.values()].find((one) => orderMark(one.orderId) === mark);
    if (order?.how !== 'transfer' || debitedFor(order) !== amount) continue;
    order.state = 'returned';
    order.returned = { day, bankItem, run, readAt };
  }
}

/** What the bank debited for an order, in dong; `undefined` where nothing of it is there to come back. */
function debitedFor({ state, amount, ended }: RemittanceOrder): number | undefined {
  if (state === 'paid') return amount;
  return state === 'ended' && ended && ended.debited > 0 ? ended.debited : undefined;
}

function pay(order: RemittanceOrder, statement: OnStatement): void {
  order.state = 'paid';
  order.paid = statement;
  delete order.differs;
}

function end(order: RemittanceOrder, statement: NonNullable<RemittanceOrder['ended']>): void {
  order.state = 'ended';
  order.ended = statement;
  delete order.differs;
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
  return orders.some(isDueAgain) ? 'Returned' : 'Confirmed';
}
