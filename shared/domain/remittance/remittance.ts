import * as z from 'zod';
import { SlipForm } from '../invoice/line-kind.ts';
import { lazy } from '../lazy.ts';
import { Dong } from '../money/dong.ts';
import { accountOfBook, BookId } from '../reconciliation/book-day.ts';
import { BusinessDate, Sha256 } from '../reconciliation/statement-id.ts';
import type { Day } from '../time.ts';

/**
 * Paying out: what came in on one bank account and was settled there goes on to the accounts of the budget, or of others
 * whom it belongs to, in batches that two persons decide. The batches of an account are a chain behind one head: each
 * claims the closed days after those of the one before, so that no dong stands in two of them and no item for each payment
 * is needed.
 */

/** Most days that one batch claims. */
export const MAX_DAYS = 31;
/** Most bytes of one batch with what its statements add, so that it stays one item: DynamoDB takes 400 KB. */
export const MAX_BYTES = 300_000;
/** Most movements of one batch: so many are drafted in the time that a call has. */
export const MAX_COUNTED = 10_000;

/** `rem_`, bank, account, and its number among the account's batches, from 1; so that the id leads to the item. */
export const RemittanceId = lazy(() => z.string().regex(/^rem_[0-9]{6}_[0-9]{6,19}_[1-9][0-9]{0,8}$/));
export type RemittanceId = z.infer<typeof RemittanceId>;

export function remittanceId(book: BookId, sequence: number): RemittanceId {
  const account = accountOfBook(book);
  if (!account) throw new RangeError(`${book} is no bank account`);
  return RemittanceId.parse(`rem_${account.bankBin}_${account.account}_${sequence}`);
}

/** The account and the number that an id is made of. */
export function placeOfRemittance(id: RemittanceId): { book: BookId; sequence: number } {
  const [, bankBin, account, sequence] = id.split('_') as [string, string, string, string];
  return { book: BookId.parse(`account:${bankBin}:${account}`), sequence: Number(sequence) };
}

/**
 * The end-to-end reference of an order: `NTK` and sixteen letters. No digit is in it, so that it is never taken for a
 * payment's code, and none of the letters is one that people or banks read for another.
 */
const LETTERS = 'BCDFGHJKMNQRSVWX';
const PREFIX = 'NTK';
const OWN_LETTERS = 16;
export const OrderId = lazy(() => z.string().regex(new RegExp(`^${PREFIX}[${LETTERS}]{${OWN_LETTERS}}$`)));
export type OrderId = z.infer<typeof OrderId>;

/** `hash`: hex digits of a hash of the batch and the order's place, at least 16. */
export const orderId = (hash: string): OrderId =>
  OrderId.parse(
    `${PREFIX}${[...hash.slice(0, OWN_LETTERS)].map((digit) => LETTERS[Number.parseInt(digit, 16)]).join('')}`,
  );

const IN_TEXT = new RegExp(`${PREFIX}[${LETTERS}]{${OWN_LETTERS}}`, 'g');

/** Begins the mark of an order in a bank's lines; see bank-line.ts. */
export const ORDER_MARK = 'remittance:';
export const orderMark = (id: OrderId): string => `${ORDER_MARK}${id}`;
export const isOrderMark = (mark: string): boolean => mark.startsWith(ORDER_MARK);

/** The marks of orders that plain texts (capitals and digits alone) name. */
export const orderMarksIn = (plain: string): string[] =>
  (plain.match(IN_TEXT) ?? []).map((id) => orderMark(OrderId.parse(id)));

/** What our books expect of an order where a bank account is matched: the debit, and the credit of what came back. */
export const orderItemKey = (id: OrderId, what: 'paid' | 'returned'): string =>
  what === 'paid' ? orderMark(id) : `${orderMark(id)}:returned`;

/** The order whose debit an item is. */
export const orderOfItem = (key: string): OrderId | undefined => OrderId.safeParse(key.slice(ORDER_MARK.length)).data;

/** Whom an order pays: one account, on one slip (Decree 347/2025/NĐ-CP, forms 02 and 03). */
export const Payee = lazy(() =>
  z.strictObject({
    agencyCode: z.string(),
    beneficiary: z.string(),
    name: z.strictObject({ vi: z.string(), en: z.string() }),
    taxCode: z.string().nullable(),
    /** Null where the money goes to no budget: insurance, an account of the collector. */
    form: SlipForm.nullable(),
    accountNumber: z.string(),
    treasury: z.string().nullable(),
    treasuryName: z.string().nullable(),
    /** The bank where the account is; of an account at the treasury the bank where that treasury holds its own. */
    bankBin: z.string(),
    collectingAuthority: z.string().nullable(),
  }),
);
export type Payee = z.infer<typeof Payee>;

/** One place in the budget. `retained` and `toBudget` together are `amount`, in dong. */
export const OrderLine = lazy(() =>
  z.strictObject({
    chapter: z.string().nullable(),
    subItem: z.string().nullable(),
    area: z.string().nullable(),
    amount: Dong,
    retained: Dong,
    toBudget: Dong,
  }),
);
export type OrderLine = z.infer<typeof OrderLine>;

/** What a bank account's closed day shows of an order: the bank's line, the day's run, and when we read it. */
export const OnStatement = lazy(() =>
  z.strictObject({
    day: BusinessDate,
    bankItem: z.string(),
    run: Sha256,
    readAt: z.int(),
  }),
);
export type OnStatement = z.infer<typeof OnStatement>;

/** The bank's line about an order with another sum than it has, in dong; nothing where two persons say that none will come. */
const OtherSum = lazy(() => OnStatement.extend({ debited: Dong }));

/**
 * `transfer`: the bank is to send it. `inPlace`: there is nothing to send: the money came in on the very account it belongs
 * to, or all of it is kept by the collector.
 */
export const RemittanceOrder = lazy(() =>
  z.strictObject({
    orderId: OrderId,
    how: z.enum(['transfer', 'inPlace']),
    payee: Payee,
    lines: z.array(OrderLine).min(1),
    /** What is sent, in dong: to the treasury without what the collector keeps, to other accounts all of it. */
    amount: Dong,
    /** `ended`: two persons settled that the bank debited another sum, or nothing; the difference is due again. */
    state: z.enum(['waiting', 'paid', 'returned', 'ended']),
    paid: OnStatement.optional(),
    returned: OnStatement.optional(),
    /** What the bank debited instead of the order's sum, as long as nobody has settled it. */
    differs: OtherSum.optional(),
    ended: OtherSum.optional(),
  }),
);
export type RemittanceOrder = z.infer<typeof RemittanceOrder>;

type DueLine = Pick<OrderLine, 'chapter' | 'subItem' | 'area'> & { amount: number; retained: number };

/**
 * What of an order is due again: all of it where its money came back or was never sent. Of one that two persons ended the
 * rest alone, and of money that came back after that (`afterEnd`) what was not in that rest, so that nothing is due twice.
 */
export function dueAgainOf(order: RemittanceOrder, { afterEnd }: Pick<OrderPlace, 'afterEnd'>): DueLine[] {
  const whole = order.lines.map(({ toBudget: _, ...line }) => line);
  const { ended } = order;
  if (!ended || ended.debited === 0) return whole;
  const rest = restOf(order, ended.debited);
  return whole
    .map((line, at) => ({ line, due: rest[at] as number }))
    .map(({ line, due }) => (afterEnd ? { ...line, amount: line.amount - due } : { ...line, amount: due, retained: 0 }))
    .filter(({ amount, retained }) => amount !== 0 || retained !== 0);
}

/**
 * What of each line the bank did not debit, in dong: less is missing from the last lines on; more is what the last one was
 * overpaid, below zero, so that it nets there.
 */
function restOf({ lines, payee, amount }: RemittanceOrder, debited: number): number[] {
  let rest = amount - debited;
  const due: number[] = [];
  for (const line of [...lines].reverse()) {
    const share = Math.min(rest, payee.treasury === null ? line.amount : line.toBudget);
    due.unshift(share);
    rest -= share;
  }
  return due;
}

/** Whether something of an order is to be paid by a later batch. */
export const isDueAgain = (order: RemittanceOrder): boolean =>
  order.state === 'returned' || (order.state === 'ended' && order.ended?.debited !== order.amount);

export const RemittanceState = lazy(() =>
  z.enum(['proposed', 'rejected', 'approved', 'exported', 'confirmed', 'partly_returned']),
);
export type RemittanceState = z.infer<typeof RemittanceState>;

export type RemittanceEvent = 'Approved' | 'Rejected' | 'Exported' | 'Confirmed' | 'Returned';

/** Every legal move; a missing cell is refused. */
const moves: Readonly<Record<RemittanceState, Partial<Record<RemittanceEvent, RemittanceState>>>> = {
  proposed: { Approved: 'approved', Rejected: 'rejected' },
  rejected: {},
  approved: { Exported: 'exported' },
  exported: { Confirmed: 'confirmed', Returned: 'partly_returned' },
  // A bank may send money back long after it had taken it.
  confirmed: { Returned: 'partly_returned' },
  partly_returned: {},
};

export const stateAfter = (state: RemittanceState, event: RemittanceEvent): RemittanceState | undefined =>
  moves[state][event];

/**
 * An order by the batch that it stands in. `afterEnd`: the money that came back after two persons had ended it; what was due
 * when they did has a place of its own, which another batch may have paid already.
 */
export const OrderPlace = lazy(() =>
  z.strictObject({ remittanceId: RemittanceId, orderId: OrderId, afterEnd: z.literal(true).optional() }),
);
export type OrderPlace = z.infer<typeof OrderPlace>;

const File = lazy(() => z.strictObject({ key: z.string(), sha256: Sha256, bytes: z.int() }));

/** A batch. Persons by the ids in their tokens, instants in milliseconds, amounts in dong. */
export const Remittance = lazy(() =>
  z.object({
    remittanceId: RemittanceId,
    book: BookId,
    state: RemittanceState,
    /** The closed days whose money it claims, both included; null where it claims only what was returned or left before. */
    from: BusinessDate.nullable(),
    through: BusinessDate.nullable(),
    /** A day too large for one batch, of which it claims some: the last of them claims the rest, and with it the day. */
    partOf: BusinessDate.optional(),
    /** The batch before it, by whose content it goes on. */
    previous: RemittanceId.nullable(),
    /** Orders of earlier batches whose money came back, which this one pays again. */
    again: z.array(OrderPlace),
    /** What the bank credited for what it claims. */
    received: z.int(),
    /** What providers kept of it. */
    fees: z.int().default(0),
    /** What is counted beyond it, and covered by whoever pays out. */
    uncovered: z.int().default(0),
    /** What the bank credited and nobody can say yet whose it is: in no order, and looked at again by the next batch. */
    unaccounted: z.int().default(0),
    orders: z.array(RemittanceOrder),
    /** What is claimed and stays behind for the next batch, because more was given back in its place than came in, or because too little is registered to pay it. */
    left: z.int(),
    /** Frozen: the object that tells every movement of it, named by its hash. */
    content: File,
    by: z.string(),
    clientId: z.string(),
    proposedAt: z.int(),
    decidedBy: z.string().optional(),
    decidedAt: z.int().optional(),
    refusal: z.string().optional(),
    exportedBy: z.string().optional(),
    exportedAt: z.int().optional(),
    files: z.strictObject({ pain001: File, csv: File }).optional(),
    /** Counts each change. */
    version: z.int().min(1),
    calls: z.array(z.strictObject({ keyHash: z.string(), bodyHash: z.string() })),
  }),
);
export type Remittance = z.infer<typeof Remittance>;

/** Where the chain of an account's batches ends. */
export const RemittanceHead = lazy(() =>
  z.object({
    book: BookId,
    /** The number of the newest batch, rejected ones included. */
    sequence: z.int().min(0),
    /** The newest batch that was not rejected. */
    last: RemittanceId.nullable(),
    /** The last day that is claimed. */
    through: BusinessDate.nullable(),
    /** The batch that waits for the second person: there is one at most. */
    open: RemittanceId.nullable(),
    /** Orders whose money came back, and that no later batch pays again yet. */
    returned: z.array(OrderPlace),
    version: z.int().min(0),
  }),
);
export type RemittanceHead = z.infer<typeof RemittanceHead>;

export const firstHead = (book: BookId): RemittanceHead => ({
  ...{ book, sequence: 0, last: null, through: null, open: null, returned: [], version: 0 },
});

/**
 * What the clock found at an account when it looked last, so that it reads nothing twice: objects are named by their hashes
 * and never change. Without it everything is read again.
 */
export const Looked = lazy(() =>
  z.object({
    /** The newest batch that it saw, by its number. */
    sequence: z.int().min(0),
    /** Which of those were on their way, however old: to be approved, exported, or shown by the bank. */
    underWay: z.array(z.int().min(1)),
    /** The oldest days that no batch claims: what the run matched, by agency in dong, and the providers' days that its payouts are of. */
    days: z
      .array(
        z.object({
          run: Sha256,
          payouts: z.array(z.object({ providerId: z.string(), date: BusinessDate })),
          byAgency: z.array(z.tuple([z.string(), z.int()])),
        }),
      )
      .max(MAX_DAYS),
    /** What a batch left because its purse's record says too little, by its content. */
    left: z.object({ content: Sha256, byAgency: z.array(z.tuple([z.string(), z.int()])) }).nullable(),
    /** What desks have not deposited by the account's newest run: agency, day, and dong. */
    atDesk: z.object({ run: Sha256, deposits: z.array(z.tuple([z.string(), BusinessDate, z.int()])) }).nullable(),
  }),
);
export type Looked = z.infer<typeof Looked>;

export const NOTHING_LOOKED_AT: Looked = { sequence: 0, underWay: [], days: [], left: null, atDesk: null };

/** Most bytes of it: of an account for very many agencies it is not kept, and read again. */
export const MAX_LOOKED_BYTES = 300_000;

export type HeadChange = { before: RemittanceHead; after: RemittanceHead };

/** Port: batches. Every write is conditional on what it was decided on. */
export interface RemittanceBook {
  /** Strongly consistent. */
  head(book: BookId): Promise<RemittanceHead>;
  /** Strongly consistent. */
  find(id: RemittanceId): Promise<Remittance | undefined>;
  /** What a call made, by the hash of its key. */
  ofCall(book: BookId, keyHash: string): Promise<RemittanceId | undefined>;
  /** Newest first, those before `before`. */
  list(query: { book: BookId; before?: number | undefined; limit: number }): Promise<Remittance[]>;
  /** The closed day up to which the account's statements were looked through for orders; null before the first look. */
  followedTo(book: BookId): Promise<Day | null>;
  /** Moves that day on; never back. */
  markFollowed(book: BookId, day: Day): Promise<void>;
  /** What the look before found; nothing, before the first. */
  looked(book: BookId): Promise<Looked>;
  /** Of two looks at once either may stand: each is true, and the next goes on from it. */
  keepLooked(book: BookId, looked: Looked): Promise<void>;
  /** Adds a batch and moves the head, both or neither. `overtaken`: the head is not as it was seen. */
  propose(remittance: Remittance, head: HeadChange): Promise<'proposed' | 'overtaken'>;
  /**
   * Changes a batch, and with it the head where that moves, both or neither. `notBy`: a person who must not have proposed
   * it. `overtaken`: it, or the head, is not as it was seen.
   */
  change(
    before: Remittance,
    after: Remittance,
    conditions?: { head?: HeadChange; notBy?: string },
  ): Promise<'changed' | 'overtaken'>;
}

/** Where the object of a batch's content lies. */
export const contentKey = (book: BookId, sequence: number, sha256: string): string =>
  `${folderOf(book)}/${sequence}-${sha256}.ndjson`;

/** Where a batch's files for the bank lie. */
export const fileKey = (book: BookId, sequence: number, name: string): string =>
  `${folderOf(book)}/${sequence}/${name}`;

const folderOf = (book: BookId): string => `remittances/${book.slice('account:'.length).replace(':', '-')}`;

/** What a batch sends, in dong. */
export const sentBy = ({ orders }: Pick<Remittance, 'orders'>): number =>
  orders.reduce((sum, { how, amount }) => (how === 'transfer' ? sum + amount : sum), 0);

/** What is written to an order later, the batch's own fields, and its calls: bytes at most. */
const SHOWN_BYTES = 700;
const OWN_BYTES = 10_000;

/** Bytes of a batch once all is written to it, at most. */
export const bytesOf = (batch: { orders: readonly RemittanceOrder[]; again: readonly OrderPlace[] }): number =>
  OWN_BYTES + batch.orders.length * SHOWN_BYTES + new TextEncoder().encode(JSON.stringify(batch)).length;
