import type { BusinessCalendar } from '../../calendar.ts';
import type { Day } from '../../time.ts';
import type { ExceptionCategory } from '../exception.ts';
import type { BankItem, OurItem } from './items.ts';
import { byAmountInWindow } from './rules/amount-in-window.ts';
import { byBatch } from './rules/batch.ts';
import { byDecision, type Decision } from './rules/decision.ts';
import { differences } from './rules/differences.ts';
import { byNearCode } from './rules/near-code.ts';
import { bySplit } from './rules/split.ts';
import { byStructuredCode } from './rules/structured-code.ts';
import { byTextCode } from './rules/text-code.ts';
import { byTransactionId } from './rules/transaction-id.ts';
import { dayCount, type Evidence, type Found, isOwnMark, NONE, payoutName, Sides } from './sides.ts';
import { type Window, windowOf } from './window.ts';

/**
 * One bank account, up to the end of a day: everything that is open on either side goes down the ladder, the surest rule
 * first. What a rule takes no later rule sees; what is in doubt is never decided by a guess.
 */

/** Version of the ladder as a whole: which rules there are, and in which order. */
export const LADDER_VERSION = 5;

export type LadderInput = {
  account: string;
  /** The day at whose end we look. */
  day: Day;
  calendar: Pick<BusinessCalendar, 'workingDayAfter'>;
  ours: Iterable<OurItem>;
  theirs: Iterable<BankItem>;
  /** Money of the days around that is settled already, or that our books have at other accounts; and at which. */
  elsewhere?: Iterable<{ item: OurItem; account: string }>;
  /** What people decided and approved. */
  decisions?: Iterable<Decision>;
};

/** Items that belong together. Keys are sorted; amounts are sums in dong. */
export type Match = {
  rule: string;
  version: number;
  status: 'confirmed' | 'suggested';
  ours: string[];
  theirs: string[];
  ourAmount: number;
  theirAmount: number;
  agencyCode: string;
  evidence: Evidence;
};

/** A difference that somebody must decide, or that waits (`DATE_SHIFT`): money of one side that may still clear. */
export type Unsettled = Omit<Match, 'rule' | 'version' | 'status'> & { category: ExceptionCategory };

export class Ladder {
  readonly sides: Sides;
  readonly #unassigned: string;

  private constructor(sides: Sides, unassigned: string) {
    this.sides = sides;
    this.#unassigned = unassigned;
  }

  /** `unassigned`: stands for the agency where the account serves several. Throws RangeError if an item comes twice. */
  static run(
    { account, day, calendar, ours, theirs, elsewhere = [], decisions = [] }: LadderInput,
    unassigned: string,
  ): Ladder {
    const sides = new Sides(account);
    for (const item of ours) sides.addOurs(item);
    for (const item of theirs) sides.addTheirs(item);
    for (const { item, account: other } of elsewhere) sides.addElsewhere(item, other);
    sides.forgetUnknownOrders();
    const window = windowOf(calendar);
    byDecision(sides, decisions);
    // Money of another currency is nobody's payment, whatever it names: a number alone is no amount.
    for (const [row, evidence] of sides.foreign)
      if (sides.isOpen('theirs', row)) sides.contradict('WRONG_CURRENCY', [], [row], evidence);
    byTransactionId(sides);
    byStructuredCode(sides);
    byTextCode(sides);
    byBatch(sides, window);
    bySplit(sides);
    differences(sides);
    byAmountInWindow(sides, window);
    byNearCode(sides);
    leftOver(sides, { today: dayCount(day), window });
    return new Ladder(sides, unassigned);
  }

  /** Every match, in an order that does not depend on that of the input. */
  *matches(): Generator<Match, void, undefined> {
    const found = new Map<number, Found>();
    for (const one of this.sides.found) found.set(this.#first(one.theirs, 'theirs') ?? -1, one);
    const without = this.sides.found.filter(({ theirs }) => theirs.length === 0);
    for (const row of this.sides.theirs.keys.sorted()) {
      const pair = this.sides.pairOf(row);
      if (pair)
        yield this.#match({ by: pair.by, ours: [pair.ours], theirs: [row], evidence: this.#evidence(pair.ours, row) });
      const many = found.get(row);
      if (many && many.theirs.length > 0) yield this.#match(many);
    }
    yield* without.map((one) => this.#match(one)).sort((one, other) => compare(one.ours[0] ?? '', other.ours[0] ?? ''));
  }

  /** Every difference and everything that waits, in an order that does not depend on that of the input. */
  unsettled(): Unsettled[] {
    return this.sides.contradictions
      .map(({ category, ...rows }) => ({ category, ...this.#sums(rows) }))
      .sort((one, other) => compare(orderOf(one), orderOf(other)));
  }

  #match({ by, ...rows }: Found): Match {
    return { ...by, ...this.#sums(rows) };
  }

  #sums({ ours, theirs, evidence }: Omit<Found, 'by'>) {
    const { sides } = this;
    const sum = (side: 'ours' | 'theirs', rows: readonly number[]) =>
      rows.reduce((total, row) => total + (sides[side].amounts[row] as number), 0);
    const agencies = new Set(ours.map((row) => sides.agency(row)));
    const [agency] = agencies;
    return {
      ours: ours.map((row) => sides.ours.keys.text(row)).sort(),
      theirs: theirs.map((row) => sides.theirs.keys.text(row)).sort(),
      ourAmount: sum('ours', ours),
      theirAmount: sum('theirs', theirs),
      agencyCode: agencies.size === 1 && agency !== undefined ? agency : this.#unassigned,
      evidence,
    };
  }

  #first(rows: readonly number[], side: 'ours' | 'theirs'): number | undefined {
    const text = (row: number) => this.sides[side].keys.text(row);
    return rows.reduce<number | undefined>(
      (first, row) => (first === undefined || text(row) < text(first) ? row : first),
      undefined,
    );
  }

  /** What a pair rests on: the name that both sides have, and the days between them. */
  #evidence(ours: number, theirs: number): Evidence {
    const { sides } = this;
    const named = (column: 'references' | 'codes') => {
      const name = sides.theirs[column][theirs] as number;
      return name >= 0 && name === sides.ours[column][ours] ? sides.nameText(name) : undefined;
    };
    const [bankReference, paymentReference, mark] = [named('references'), named('codes'), sides.rare.get(ours)?.mark];
    const days = (sides.theirs.days[theirs] as number) - (sides.ours.days[ours] as number);
    return {
      ...(bankReference !== undefined && { bankReference }),
      ...(paymentReference !== undefined && { paymentReference }),
      ...(mark !== undefined && { mark }),
      ...(days !== 0 && { days }),
    };
  }
}

/** What no rule took: it waits as long as its money may still come, and after that somebody must look. */
function leftOver(sides: Sides, { today, window }: { today: number; window: Window }): void {
  const { account } = sides;
  const known = paidNames(sides);
  const paidOut = paidMarks(sides);
  for (const row of [...sides.open('ours')]) {
    const isOrder = sides.kind(row) === 'remittance';
    const refund = !isOrder && (sides.kind(row) === 'refund' || (sides.ours.amounts[row] as number) < 0);
    const overdue = today > window(sides.ours.days[row] as number);
    sides.contradict(overdue ? (refund ? 'REFUND_UNMATCHED' : 'MISSING_AT_BANK') : 'DATE_SHIFT', [row], []);
  }
  for (const row of [...sides.open('theirs')]) {
    const overdue = today > window(sides.theirs.days[row] as number);
    const debit = (sides.theirs.amounts[row] as number) < 0;
    const where = accountOf(sides, row);
    const { reversal = false, was, marks = [] } = sides.odd.get(row) ?? {};
    const isOfAnother = where !== undefined && where !== account;
    const again =
      known.has(sides.theirs.codes[row] as number) ||
      where === account ||
      (!payoutElsewhere(sides, row) && marks.some((mark) => paidOut.has(mark)));
    const order = marks.find(isOwnMark);
    const told = order === undefined ? {} : { mark: order };
    const left = order === undefined ? undefined : sides.elsewhere.get(`m${order}`);
    if (!debit && order !== undefined) sides.contradict('REVERSED', [], [row], told);
    else if (debit && left !== undefined)
      sides.contradict(left === account ? 'DUPLICATE_PAYMENT' : 'WRONG_ACCOUNT', [], [row], { account: left, ...told });
    else if (reversal) sides.contradict('REVERSED', [], [row]);
    else if (!debit && again) sides.contradict('DUPLICATE_PAYMENT', [], [row], { account });
    else if (!debit && isOfAnother) sides.contradict('WRONG_ACCOUNT', [], [row], { account: where });
    else if (was) sides.contradict(was.category, [], [row], { account: was.account });
    else sides.contradict(overdue ? (debit ? 'REFUND_UNMATCHED' : 'MISSING_AT_US') : 'DATE_SHIFT', [], [row], told);
  }
}

/** Payment references whose money was matched in this run. */
function paidNames(sides: Sides): Set<number> {
  const names = new Set<number>();
  if ([...sides.open('theirs')].every((row) => sides.theirs.codes[row] === NONE)) return names;
  for (const { ours } of sides.pairs()) names.add(sides.ours.codes[ours] as number);
  names.delete(NONE);
  return names;
}

/** Marks of payouts that were matched in this run. */
function paidMarks(sides: Sides): Set<string> {
  const paid = new Set<string>();
  const isNamed = [...sides.odd].some(([row, { marks }]) => marks.length > 0 && sides.isOpen('theirs', row));
  if (!isNamed) return paid;
  const add = (row: number) => {
    const { kind, mark } = sides.rare.get(row) ?? {};
    if (kind === 'batch' && mark !== undefined) paid.add(mark);
  };
  for (const { ours } of sides.pairs()) add(ours);
  for (const { by, ours } of sides.found) if (by.status === 'confirmed') for (const row of ours) add(row);
  return paid;
}

/** The account to which a provider was to pay this very sum under the mark of a line. */
const payoutElsewhere = (sides: Sides, theirs: number): string | undefined =>
  (sides.odd.get(theirs)?.marks ?? [])
    .map((mark) => sides.elsewhere.get(payoutName(mark, sides.theirs.amounts[theirs] as number)))
    .find((account) => account !== undefined);

/** The account at which our books have the money that a line names. */
function accountOf(sides: Sides, theirs: number): string | undefined {
  if (sides.elsewhere.size === 0) return undefined;
  const payout = payoutElsewhere(sides, theirs);
  if (payout !== undefined) return payout;
  const text = (column: 'references' | 'codes') => {
    const name = sides.theirs[column][theirs] as number;
    return name >= 0 ? sides.names.text(name) : '';
  };
  const names = [text('references'), text('codes'), ...(sides.odd.get(theirs)?.marks ?? []).map((mark) => `m${mark}`)];
  return names.map((name) => sides.elsewhere.get(name)).find((account) => account !== undefined);
}

const compare = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);
const orderOf = ({ category, ours, theirs }: Unsettled): string => JSON.stringify([category, ours, theirs]);
