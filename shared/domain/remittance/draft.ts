import * as z from 'zod';
import { retainedOf } from '../invoice/slip.ts';
import { lazy } from '../lazy.ts';
import { dong } from '../money/dong.ts';
import { accountOfBook, BookId } from '../reconciliation/book-day.ts';
import { BusinessDate, Sha256 } from '../reconciliation/statement-id.ts';
import { type BeneficiaryRecord, bookingFor } from '../registry/beneficiary.ts';
import type { Day } from '../time.ts';
import {
  dueAgainOf,
  RemittanceOrder as Order,
  type OrderId,
  OrderPlace,
  type Payee,
  RemittanceId,
  type RemittanceOrder,
} from './remittance.ts';
import { addressOf, BudgetPlace, type BudgetShare, type Missing, missingIn } from './split.ts';

/**
 * What a batch would be: the shares of every movement that it counts, and of what earlier batches left, added up by place
 * in the budget. A place gets what is above zero; where more was given back than came in, the rest is left for the next
 * batch and nets against the same place there, never against another one; a place that nobody registered well enough is left
 * too. Pure: the same input gives the same text.
 */

/** A sum at one place. `retained` is the part of `amount` that the collector keeps; both in dong, below zero where owed back. */
const PlaceSum = lazy(() => z.strictObject({ place: BudgetPlace, amount: z.int(), retained: z.int() }));
export type PlaceSum = z.infer<typeof PlaceSum>;

/** Money that the bank credited, by its payout or its line, and that nobody can say yet whose it is. In dong. */
const Unaccounted = lazy(() => z.strictObject({ key: z.string(), amount: z.int().min(1) }));
export type Unaccounted = z.infer<typeof Unaccounted>;

/**
 * A movement that a batch counts. `key`: names it for good; `root`: the money that it is, moved or gave back, under the name
 * by which the bank's account showed it.
 */
export type Counted = { key: string; root: string; shares: readonly BudgetShare[] };

/** A purse whose record says too little for its money to be sent. */
export type Unplaced = {
  agencyCode: string;
  beneficiary: string;
  missing: Missing[];
};

export type DraftInput = {
  book: BookId;
  from: Day | null;
  through: Day | null;
  /** The day of which it claims some, and not the rest. */
  partOf?: Day | undefined;
  previous: RemittanceId | null;
  /** The runs of the claimed days, by day: hashes. */
  runs: readonly { day: Day; sha256: string }[];
  received: number;
  /** What providers kept of it, and what is counted beyond what the bank credited. */
  fees: number;
  uncovered: number;
  unaccounted: readonly Unaccounted[];
  /** Money that was settled on the claimed days and belongs to no purse: surplus, unmatched. */
  settled: readonly string[];
  counted: readonly Counted[];
  /** What the batch before left. */
  carried: readonly PlaceSum[];
  /** Orders whose money came back, or was not sent as they say, and what of them is due. */
  again: readonly { place: OrderPlace; sums: readonly PlaceSum[] }[];
  /** Names an order by its place in the batch, from 1. */
  nameOrder: (number: number) => OrderId;
};

export type Draft = {
  orders: RemittanceOrder[];
  left: PlaceSum[];
  unplaced: Unplaced[];
  /** The object of the content, line by line. */
  lines: ContentLine[];
};

/** Throws where it does not foot. */
export function draftOf(input: DraftInput): Draft {
  const { book, counted, carried, again, nameOrder } = input;
  const sums = new Map<string, PlaceSum>();
  const add = (place: BudgetPlace, amount: number, retained: number) => {
    const key = keyOf(place);
    const there = sums.get(key) ?? { place, amount: 0, retained: 0 };
    sums.set(key, { place, amount: whole(there.amount + amount), retained: whole(there.retained + retained) });
  };
  for (const { shares } of counted) for (const share of shares) add(share.place, share.amount, share.retained);
  for (const { place, amount, retained } of carried) add(place, amount, retained);
  for (const { sums: back } of again) for (const { place, amount, retained } of back) add(place, amount, retained);

  const all = [...sums].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, sum]) => sum);
  const isDue = ({ amount, retained }: PlaceSum) => amount > 0 && retained >= 0 && retained <= amount;
  const isPaid = (sum: PlaceSum) => isDue(sum) && missingIn(sum.place).length === 0;
  const due = all.filter(isPaid);
  const left = all.filter((sum) => !isPaid(sum) && (sum.amount !== 0 || sum.retained !== 0));
  const orders = ordersOf(due, book, nameOrder);
  const sumOf = (amounts: readonly { amount: number }[]) =>
    amounts.reduce((total, one) => whole(total + one.amount), 0);
  const into =
    sumOf(counted.flatMap(({ shares }) => shares)) + sumOf(carried) + sumOf(again.flatMap((one) => one.sums));
  const out = sumOf(orders.flatMap((order) => order.lines)) + sumOf(left);
  const unplaced = unplacedIn(all.filter(isDue));
  if (into !== out) throw new Error(`a batch of ${into} pays and leaves ${out}`);
  return { orders, left, unplaced, lines: contentOf(input, orders, left) };
}

/** A sum that was left because too little was registered, as its purse's record says now. */
export function completed(sum: PlaceSum, record: BeneficiaryRecord | undefined): PlaceSum {
  if (!record || missingIn(sum.place).length === 0) return sum;
  const { line, ...there } = sum.place;
  const booking = line && bookingFor(record, line);
  const place: BudgetPlace = {
    ...{ ...there, ...addressOf(record), subItem: booking?.subItem ?? there.subItem },
    ...{ chapter: record.chapter ?? there.chapter, area: record.area ?? there.area },
  };
  const kept = booking && retainedOf(dong(Math.abs(sum.amount)), booking.retainedPermille);
  return {
    place: line && missingIn(place).length > 0 ? { ...place, line } : place,
    amount: sum.amount,
    retained: kept === undefined ? sum.retained : Math.sign(sum.amount) * kept,
  };
}

/** What of an order is due again, to where its purse's record says now: the account may have been wrong. */
export const dueAgain = (
  order: RemittanceOrder,
  place: OrderPlace,
  record: BeneficiaryRecord | undefined,
): PlaceSum[] =>
  dueAgainOf(order, place).map((line) => ({
    place: { ...placeOfLine(order.payee, line), ...(record && addressOf(record)) },
    amount: line.amount,
    retained: line.retained,
  }));

function whole(value: number): number {
  if (!Number.isSafeInteger(value)) throw new RangeError(`sum out of range: ${value}`);
  return value;
}

/** The same for places that are alike, in whatever order their fields stand. Looked up once for each object. */
function keyOf(place: BudgetPlace): string {
  const known = keys.get(place) ?? JSON.stringify(BudgetPlace.parse(place));
  keys.set(place, known);
  return known;
}
const keys = new WeakMap<BudgetPlace, string>();

/** The account and the slip that a place is paid with. */
const payeeOf = ({ chapter: _, subItem: __, area: ___, line: ____, ...payee }: BudgetPlace) => payee;

/** The place in the budget that a line of an order pays. */
export const placeOfLine = (
  payee: Payee,
  line: { chapter: string | null; subItem: string | null; area: string | null },
): BudgetPlace => ({
  ...payee,
  chapter: line.chapter,
  subItem: line.subItem,
  area: line.area,
});

function unplacedIn(due: readonly PlaceSum[]): Unplaced[] {
  const found = new Map<string, Unplaced>();
  for (const { place } of due) {
    const { agencyCode, beneficiary } = place;
    const missing = missingIn(place);
    if (missing.length > 0)
      found.set(JSON.stringify([agencyCode, beneficiary, missing]), { agencyCode, beneficiary, missing });
  }
  return [...found.values()];
}

function ordersOf(due: readonly PlaceSum[], book: BookId, nameOrder: (number: number) => OrderId): RemittanceOrder[] {
  const groups = new Map<string, PlaceSum[]>();
  for (const sum of due) {
    const { name, accountNumber, bankBin } = sum.place;
    if (name === null || accountNumber === null || bankBin === null) continue;
    const key = JSON.stringify(payeeOf(sum.place));
    groups.set(key, [...(groups.get(key) ?? []), sum]);
  }
  const own = accountOfBook(book);
  return [...groups.values()].map((sums, at) => {
    const payee = payeeOf((sums[0] as PlaceSum).place) as Payee;
    const lines = sums.map(({ place: { chapter, subItem, area }, amount, retained }) => ({
      ...{ chapter, subItem, area },
      ...{ amount: dong(amount), retained: dong(retained), toBudget: dong(amount - retained) },
    }));
    const toTreasury = payee.treasury !== null;
    const amount = dong(lines.reduce((total, line) => total + (toTreasury ? line.toBudget : line.amount), 0));
    const isOwn = payee.accountNumber === own?.account && payee.bankBin === own?.bankBin;
    const how = isOwn || amount === 0 ? ('inPlace' as const) : ('transfer' as const);
    return { orderId: nameOrder(at + 1), how, payee, lines, amount, state: 'waiting' as const };
  });
}

/** One line of a batch's content. */
export const ContentLine = lazy(() =>
  z.union([
    z.strictObject({
      header: z.strictObject({
        v: z.literal(1),
        book: BookId,
        from: BusinessDate.nullable(),
        through: BusinessDate.nullable(),
        partOf: BusinessDate.optional(),
        previous: RemittanceId.nullable(),
        runs: z.array(z.strictObject({ day: BusinessDate, sha256: Sha256 })),
        received: z.int(),
        fees: z.int().default(0),
        uncovered: z.int().default(0),
        again: z.array(OrderPlace),
      }),
    }),
    z.strictObject({ place: BudgetPlace }),
    z.strictObject({ settled: z.string() }),
    z.strictObject({
      counted: z.strictObject({
        key: z.string(),
        root: z.string(),
        /** Which place, counting from 0; what of it; what of that the collector keeps. */
        shares: z.array(z.tuple([z.int(), z.int(), z.int()])),
      }),
    }),
    z.strictObject({ carried: PlaceSum }),
    z.strictObject({ order: Order }),
    z.strictObject({ left: PlaceSum }),
    z.strictObject({ unaccounted: Unaccounted }),
  ]),
);
export type ContentLine = z.infer<typeof ContentLine>;

function contentOf(input: DraftInput, orders: readonly RemittanceOrder[], left: readonly PlaceSum[]): ContentLine[] {
  const { book, from, through, partOf, previous, runs, received, fees, uncovered } = input;
  const { settled, counted, carried, again } = input;
  const places = new Map<string, number>();
  const placed: BudgetPlace[] = [];
  const at = (place: BudgetPlace): number => {
    const key = keyOf(place);
    const there = places.get(key);
    if (there !== undefined) return there;
    places.set(key, placed.push(place) - 1);
    return placed.length - 1;
  };
  const inOrder = [...counted].sort((one, other) => (one.key < other.key ? -1 : 1));
  const entries = inOrder.map(({ key, root, shares }) => ({
    counted: {
      key,
      root,
      shares: shares.map(({ place, amount, retained }): [number, number, number] => [at(place), amount, retained]),
    },
  }));
  return [
    {
      header: {
        v: 1,
        book,
        from,
        through,
        ...(partOf !== undefined && { partOf }),
        previous,
        runs: [...runs],
        received,
        fees,
        uncovered,
        again: again.map(({ place }) => place),
      },
    },
    ...placed.map((place) => ({ place })),
    ...[...settled].sort().map((key) => ({ settled: key })),
    ...entries,
    ...carried.map((sum) => ({ carried: sum })),
    ...orders.map((order) => ({ order })),
    ...left.map((sum) => ({ left: sum })),
    ...[...input.unaccounted].sort((one, other) => (one.key < other.key ? -1 : 1)).map((one) => ({ unaccounted: one })),
  ];
}

export const contentText = (lines: readonly ContentLine[]): string =>
  lines.map((line) => `${JSON.stringify(line)}\n`).join('');
