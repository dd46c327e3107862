import { isReturnMark } from '../../refund/return-mark.ts';
import { isOrderMark } from '../../remittance/remittance.ts';
import { BytesIndex, grown } from '../bytes-index.ts';
import type { ExceptionCategory } from '../exception.ts';
import type { BankItem, OurItem } from './items.ts';

/**
 * Both sides of an account in columns: a million items of each are matched in some hundred megabytes. What a rule decides
 * follows from the sets alone, never from the order in which items came.
 */

const FIRST_ROWS = 1024;
export const NONE = -1;

/** Why two items belong together. A rule that decides otherwise than before gets another version. */
export type RuleName = { rule: string; version: number; status: 'confirmed' | 'suggested' };

/** Rows of both sides that belong together. */
export type Found = { by: RuleName; ours: number[]; theirs: number[]; evidence: Evidence };
/** Rows that somebody must decide about. */
export type Contradiction = {
  category: ExceptionCategory;
  ours: number[];
  theirs: number[];
  evidence: Evidence;
};
export type Evidence = Record<string, string | number>;

/** Whether a mark is of an order of ours: to pay on, or to return money. */
export const isOwnMark = (mark: string): boolean => isOrderMark(mark) || isReturnMark(mark);

/** What left under an order's mark and what came back under it are two things. */
export const markName = (mark: string, amount: number): string =>
  isOwnMark(mark) ? `${mark} ${amount < 0 ? 'out' : 'in'}` : mark;

/** A payout by its mark and its sum. */
export const payoutName = (mark: string, amount: number): string => `p${mark} ${amount}`;

/** Days are counted from 1970-01-01. */
export const dayCount = (day: string): number => Math.round(Date.parse(`${day}T00:00:00Z`) / 86_400_000);
export const dayFrom = (count: number): string => new Date(count * 86_400_000).toISOString().slice(0, 10);

/** One side: amounts, days and names by row. */
export class Side {
  readonly keys = new BytesIndex();
  amounts = new Float64Array(FIRST_ROWS);
  days = new Int32Array(FIRST_ROWS);
  /** Rows of the names that both sides share, or {@link NONE}: the bank's reference, our payment reference. */
  references = new Int32Array(FIRST_ROWS);
  codes = new Int32Array(FIRST_ROWS);
  /** Whether a rule has taken the row. */
  taken = new Uint8Array(FIRST_ROWS);

  get size(): number {
    return this.keys.size;
  }

  /** The row of a new key. Throws RangeError for a key that is there: an item has one place. */
  add(key: string): number {
    const row = this.keys.addText(key);
    if (row < this.size - 1) throw new RangeError('an item was added twice');
    if (row >= this.amounts.length) {
      const length = 2 * this.amounts.length;
      this.amounts = grown(this.amounts, new Float64Array(length));
      this.days = grown(this.days, new Int32Array(length));
      this.references = grown(this.references, new Int32Array(length));
      this.codes = grown(this.codes, new Int32Array(length));
      this.taken = grown(this.taken, new Uint8Array(length));
    }
    return row;
  }
}

/** What few items have is kept apart, by row. */
type Rare = Pick<OurItem, 'kind' | 'fee' | 'mark'>;

export class Sides {
  readonly ours = new Side();
  readonly theirs = new Side();
  /** Texts that both sides name: bank references, and payment references. */
  readonly names = new BytesIndex();
  /** What is no plain payment, by row of ours. */
  readonly rare = new Map<number, Rare>();
  /** Lines that name several payments, or nearly one, or a payout, or take something back, by row of theirs. */
  readonly odd = new Map<
    number,
    Pick<BankItem, 'near' | 'marks' | 'reversal' | 'was'> & { codes: readonly string[] }
  >();
  /** Lines in another currency, by row of theirs, in its minor units. */
  readonly foreign = new Map<number, { currency: string; minor: number }>();
  /** Of lines that name one payment: whether a structured field does. */
  readonly structured = new Set<number>();
  /** Payouts and orders of this account by {@link markName}. */
  readonly batches = new Map<string, number[]>();
  /** The account that is matched. */
  readonly account: string;
  /** Payment references and bank references of items that belong on other accounts, by the account. */
  readonly elsewhere = new Map<string, string>();
  readonly agencies: string[] = [];
  readonly #agencyRows = new Map<string, number>();
  #agencyOf = new Int32Array(FIRST_ROWS);

  readonly found: Found[] = [];
  readonly contradictions: Contradiction[] = [];
  /** Rules by which single items were paired, and by row of theirs which of them (from 1) and with which row of ours. */
  readonly pairedBy: RuleName[] = [];
  #pairRule = new Uint8Array(FIRST_ROWS);
  #partner = new Int32Array(FIRST_ROWS);

  constructor(account: string) {
    this.account = account;
  }

  addOurs(item: OurItem): void {
    const row = this.ours.add(item.key);
    this.ours.amounts[row] = item.amount;
    this.ours.days[row] = dayCount(item.day);
    this.ours.references[row] = this.#name('b', item.bankReference);
    this.ours.codes[row] = this.#name('c', item.reference);
    if (row >= this.#agencyOf.length) this.#agencyOf = grown(this.#agencyOf, new Int32Array(2 * this.#agencyOf.length));
    this.#agencyOf[row] = this.#agencyRow(item.agencyCode);
    if (item.kind === 'payment') return;
    this.rare.set(row, {
      kind: item.kind,
      ...(item.fee !== undefined && { fee: item.fee }),
      ...(item.mark && { mark: item.mark }),
    });
    if (item.mark) {
      const name = markName(item.mark, item.amount);
      this.batches.set(name, [...(this.batches.get(name) ?? []), row]);
    }
  }

  addTheirs(item: BankItem): void {
    const row = this.theirs.add(item.key);
    if (row >= this.#partner.length) {
      this.#partner = grown(this.#partner, new Int32Array(2 * this.#partner.length));
      this.#pairRule = grown(this.#pairRule, new Uint8Array(2 * this.#pairRule.length));
    }
    // What is no dong adds nothing to sums of dong, and equals no sum of them.
    this.theirs.amounts[row] = item.currency === undefined ? item.amount : 0;
    if (item.currency !== undefined) this.foreign.set(row, { currency: item.currency, minor: item.amount });
    this.theirs.days[row] = dayCount(item.day);
    this.theirs.references[row] = this.#name('b', item.bankReference);
    const codes = [...new Set(item.structured.length > 0 ? item.structured : item.text)];
    this.theirs.codes[row] = codes.length === 1 ? this.#name('c', codes[0] as string) : NONE;
    if (codes.length === 1 && item.structured.length > 0) this.structured.add(row);
    if (codes.length > 1 || item.near.length > 0 || item.marks.length > 0 || item.reversal || item.was)
      this.odd.set(row, {
        ...{ near: item.near, marks: item.marks, reversal: item.reversal, codes },
        ...(item.was && { was: item.was }),
      });
  }

  /**
   * Money that our books have at another account: a line that names it came to the wrong one. A provider's payouts of a day
   * to several accounts bear one mark; the sum tells them apart. Of several accounts under one name it is this one, or the
   * first.
   */
  addElsewhere({ kind, amount, reference, bankReference, mark }: OurItem, account: string): void {
    for (const name of [
      reference && `c${reference}`,
      bankReference && `b${bankReference}`,
      mark && `m${mark}`,
      mark && kind === 'batch' && payoutName(mark, amount),
    ]) {
      const there = name ? this.elsewhere.get(name) : undefined;
      if (name && there !== this.account && (there === undefined || account === this.account || account < there))
        this.elsewhere.set(name, account);
    }
  }

  /**
   * Whoever pays may write the reference of an order that never was, or is not ours: what a credit says of orders that our
   * books do not know is no name, unless an earlier run knew it. Once all items are there.
   */
  forgetUnknownOrders(): void {
    for (const [row, line] of this.odd) {
      if ((this.theirs.amounts[row] as number) <= 0 || line.was?.category === 'REVERSED') continue;
      const known = line.marks.filter((mark) => !isOwnMark(mark) || this.#knowsOrder(mark));
      if (known.length < line.marks.length) this.odd.set(row, { ...line, marks: known });
    }
  }

  #knowsOrder(mark: string): boolean {
    return this.batches.has(markName(mark, -1)) || this.elsewhere.has(`m${mark}`);
  }

  agency(row: number): string {
    return this.agencies[this.#agencyOf[row] as number] as string;
  }

  kind(row: number): OurItem['kind'] {
    return this.rare.get(row)?.kind ?? 'payment';
  }

  /** One to one, which is what nearly all items are: kept in columns. */
  pair(by: RuleName, ours: number, theirs: number): void {
    this.#takeRow(this.ours, ours);
    this.#takeRow(this.theirs, theirs);
    let rule = this.pairedBy.indexOf(by);
    if (rule < 0) rule = this.pairedBy.push(by) - 1;
    this.#pairRule[theirs] = rule + 1;
    this.#partner[theirs] = ours;
  }

  /** The pairs, by row of theirs. */
  *pairs(): Generator<{ by: RuleName; ours: number; theirs: number }, void, undefined> {
    for (let row = 0; row < this.theirs.size; row++) {
      const rule = this.#pairRule[row] as number;
      if (rule > 0) yield { by: this.pairedBy[rule - 1] as RuleName, ours: this.#partner[row] as number, theirs: row };
    }
  }

  /** The row of ours that a row of theirs was paired with, and by which rule. */
  pairOf(theirs: number): { by: RuleName; ours: number } | undefined {
    const rule = this.#pairRule[theirs] as number;
    return rule > 0 ? { by: this.pairedBy[rule - 1] as RuleName, ours: this.#partner[theirs] as number } : undefined;
  }

  /** Takes items for good: no later rule sees them. */
  match(by: RuleName, ours: number[], theirs: number[], evidence: Evidence): void {
    this.#take(ours, theirs);
    this.found.push({ by, ours, theirs, evidence });
  }

  contradict(category: ExceptionCategory, ours: number[], theirs: number[], evidence: Evidence = {}): void {
    this.#take(ours, theirs);
    this.contradictions.push({ category, ours, theirs, evidence });
  }

  isOpen(side: 'ours' | 'theirs', row: number): boolean {
    return this[side].taken[row] === 0;
  }

  /** Rows that no rule has taken. */
  *open(side: 'ours' | 'theirs'): Generator<number, void, undefined> {
    const { taken, size } = this[side];
    for (let row = 0; row < size; row++) if (taken[row] === 0) yield row;
  }

  /** The bank's reference or our payment reference behind a row of {@link names}. */
  nameText(row: number): string {
    return this.names.text(row).slice(1);
  }

  #take(ours: readonly number[], theirs: readonly number[]): void {
    for (const row of ours) this.#takeRow(this.ours, row);
    for (const row of theirs) this.#takeRow(this.theirs, row);
  }

  #takeRow(side: Side, row: number): void {
    if (side.taken[row] !== 0) throw new RangeError('an item was used twice');
    side.taken[row] = 1;
  }

  #name(kind: 'b' | 'c', text: string): number {
    return text === '' ? NONE : this.names.addText(kind + text);
  }

  #agencyRow(code: string): number {
    const there = this.#agencyRows.get(code);
    if (there !== undefined) return there;
    this.#agencyRows.set(code, this.agencies.length);
    return this.agencies.push(code) - 1;
  }
}

/** Open rows of both sides that share the mark of a payout or of an order, mark by mark: lines that bear this one alone. */
export function* sharingMark(
  sides: Sides,
): Generator<{ mark: string; ours: number[]; theirs: number[] }, void, undefined> {
  const lines = new Map<string, number[]>();
  for (const [row, { marks }] of sides.odd) {
    const [mark] = marks;
    if (mark === undefined || marks.length > 1 || !sides.isOpen('theirs', row)) continue;
    const name = markName(mark, sides.theirs.amounts[row] as number);
    lines.set(name, [...(lines.get(name) ?? []), row]);
  }
  for (const [mark, theirs] of lines) {
    const ours = (sides.batches.get(mark) ?? []).filter((row) => sides.isOpen('ours', row));
    if (ours.length > 0) yield { mark, ours, theirs };
  }
}

/**
 * Open rows of both sides that share a name, group by group. `column`: which name. The groups' members are in no particular
 * order, so nothing may follow from it.
 */
export function* sharing(
  sides: Sides,
  column: 'references' | 'codes',
): Generator<{ name: number; ours: number[]; theirs: number[] }, void, undefined> {
  const { ours, theirs, names } = sides;
  const chain = (side: Side) => {
    const heads = new Int32Array(names.size).fill(NONE);
    const next = new Int32Array(side.size).fill(NONE);
    for (let row = 0; row < side.size; row++) {
      const name = side[column][row] as number;
      if (name === NONE || side.taken[row] !== 0) continue;
      next[row] = heads[name] as number;
      heads[name] = row;
    }
    return { heads, next };
  };
  const [mine, bank] = [chain(ours), chain(theirs)];
  const members = ({ heads, next }: typeof mine, name: number): number[] => {
    const rows: number[] = [];
    for (let row = heads[name] as number; row !== NONE; row = next[row] as number) rows.push(row);
    return rows;
  };
  for (let name = 0; name < mine.heads.length; name++)
    if (mine.heads[name] !== NONE && bank.heads[name] !== NONE)
      yield { name, ours: members(mine, name), theirs: members(bank, name) };
}

/** Members by amount, smallest first. */
export function byAmount(side: Side, rows: readonly number[]): Map<number, number[]> {
  const groups = new Map<number, number[]>();
  for (const row of rows) {
    const amount = side.amounts[row] as number;
    groups.set(amount, [...(groups.get(amount) ?? []), row]);
  }
  return groups;
}

export const sumOf = (side: Side, rows: readonly number[]): number =>
  rows.reduce((sum, row) => sum + (side.amounts[row] as number), 0);
