import {
  type Balance,
  type BankEntry,
  BankFileFault,
  type BankFinding,
  type BankFindingCode,
  type BankSink,
  MAX_ENTRIES,
  type StatementHead,
} from './model.ts';

/** Codes of the balances with which a statement begins and ends, the better ones first. */
export type BalanceCodes = { opening: readonly string[]; closing: readonly string[] };

/**
 * Adds up what every statement has in common, whatever its format, and tells it to the sink: sums, counts, whether it
 * closes. The head is told with the first entry, so that whatever stands before it can still be learnt.
 */
export class StatementBuilder {
  readonly #sink: BankSink;
  readonly #codes: { opening: string[]; closing: string[] };
  readonly #file: { entries: number };
  readonly balances: Balance[] = [];
  /** `credit`, `debit`: sums of the entries of each direction. */
  readonly declared: { entries: number | null } & Record<'sum' | 'credit' | 'debit', bigint | null> = {
    ...{ entries: null, sum: null },
    ...{ credit: null, debit: null },
  };
  /** What the entries come to, credits less debits, as the statement says; without a sign. */
  declaredNet: bigint | null = null;
  readonly #findings = new Map<BankFindingCode, BankFinding>();
  readonly head: StatementHead;
  #told = false;
  #entries = 0;
  #details = 0;
  #credit = 0n;
  #debit = 0n;
  /** Sums over all entries, booked or not. */
  readonly #all = { credit: 0n, debit: 0n };
  /** Of the first entry. */
  #currency = '';
  /** Whether some booked entry is of another currency than the first one. */
  #isMixed = false;
  #notBooked = 0;
  #reversals = 0;

  constructor(sink: BankSink, codes: BalanceCodes, head: StatementHead, file: { entries: number }) {
    this.#sink = sink;
    this.#codes = { opening: [...codes.opening], closing: [...codes.closing] };
    this.head = head;
    this.#file = file;
  }

  get entries(): number {
    return this.#entries;
  }

  /** The account's currency, as its head, else a balance, else an entry names it; empty where none does. */
  get currency(): string {
    return this.head.currency || this.balances[0]?.currency || this.#currency;
  }

  /** The first balance of this code is the opening one, where there is no better one. */
  opensAlsoWith(code: string): void {
    this.#codes.opening.push(code);
  }

  /** The last balance of this code is the closing one, where there is no better one. */
  closesAlsoWith(code: string): void {
    this.#codes.closing.push(code);
  }

  /** Each kind of finding once a statement, with the figures of the first. */
  find(code: BankFindingCode, figures: Record<string, string> = {}): void {
    if (!this.#findings.has(code)) this.#findings.set(code, { code, figures });
  }

  /** The entry gets its place. Throws {@link BankFileFault} beyond {@link MAX_ENTRIES}. */
  add(entry: Omit<BankEntry, 'position'>, line: number): void {
    this.#tellHead(line);
    this.#entries += 1;
    this.#file.entries += 1;
    if (this.#file.entries > MAX_ENTRIES) throw new BankFileFault(line, 'too_many_entries');
    this.#details += entry.details.length;
    if (entry.minor < 0n) this.#all.debit -= entry.minor;
    else this.#all.credit += entry.minor;
    this.#currency ||= entry.currency;
    if (entry.booked && entry.currency !== this.#currency) this.#isMixed = true;
    if (entry.reversal) this.#reversals += 1;
    if (!entry.booked) this.#notBooked += 1;
    else if (entry.minor < 0n) this.#debit -= entry.minor;
    else this.#credit += entry.minor;
    this.#proveDetails(entry);
    this.#sink.entry({ position: this.#entries, ...entry });
  }

  /** One entry with many payments is matched on the payments and proved on the entry. */
  #proveDetails({ details, minor, currency }: Omit<BankEntry, 'position'>): void {
    if (details.length === 0 || details.some((detail) => detail.minor === null || detail.currency !== currency)) return;
    const sum = details.reduce((total, detail) => total + (detail.minor ?? 0n), 0n);
    if (sum !== minor)
      this.find('details_differ', { position: String(this.#entries), entry: String(minor), details: String(sum) });
  }

  end(line: number): void {
    this.#tellHead(line);
    const found = this.#found();
    // One interim balance in the middle of a statement is not where it begins and where it ends.
    const { opening, closing } = found.opening === found.closing ? { opening: null, closing: null } : found;
    const inOneCurrency = opening?.currency === closing?.currency && this.#isOf(opening?.currency);
    const closes =
      opening && closing ? inOneCurrency && opening.minor + this.#credit - this.#debit === closing.minor : null;
    if (closes === null && !this.#isProvedOtherwise()) this.find('balance_missing');
    if (closes === false && opening && closing)
      this.find('balance_break', {
        opening: String(opening.minor),
        booked: String(this.#credit - this.#debit),
        closing: String(closing.minor),
        // The figures may fit, and still be of different moneys.
        ...(!inOneCurrency && { currencies: [opening.currency, this.#currency, closing.currency].join(' ') }),
      });
    const { entries, sum } = this.declared;
    if (entries !== null && entries !== this.#entries)
      this.find('declared_entries', { declared: String(entries), counted: String(this.#entries) });
    this.#proveSum(sum, this.#all.credit + this.#all.debit);
    this.#proveSum(this.declared.credit, this.#all.credit);
    this.#proveSum(this.declared.debit, this.#all.debit);
    const net = this.#all.credit - this.#all.debit;
    this.#proveSum(this.declaredNet, net < 0n ? -net : net);
    this.#sink.end({
      balances: this.balances,
      opening,
      closing,
      entries: this.#entries,
      details: this.#details,
      credit: this.#credit,
      debit: this.#debit,
      notBooked: this.#notBooked,
      reversals: this.#reversals,
      closes,
      declared: this.declared,
      findings: [...this.#findings.values()],
    });
  }

  /** An advice has no balances, and may say what its entries add up to; formats without balances have trailers. */
  #isProvedOtherwise(): boolean {
    if (this.head.kind === 'statement') return this.#codes.closing.length === 0;
    const { sum, credit, debit } = this.declared;
    return this.head.kind === 'intraday' || sum !== null || (credit !== null && debit !== null);
  }

  #proveSum(declared: bigint | null, added: bigint): void {
    if (declared !== null && declared !== added)
      this.find('declared_sum', { declared: String(declared), added: String(added) });
  }

  /** Whether every booked entry is of this currency. */
  #isOf(currency: string | undefined): boolean {
    const named = [this.head.currency, this.#currency].filter((one) => one !== '');
    return !this.#isMixed && named.every((one) => one === currency);
  }

  /** The better codes first. */
  #found(): { opening: Balance | null; closing: Balance | null } {
    const of = (code: string) => this.balances.filter((balance) => balance.code === code);
    const best = (codes: readonly string[]) => codes.map(of).find(({ length }) => length > 0) ?? [];
    const [opening, closing] = [best(this.#codes.opening), best(this.#codes.closing)];
    return { opening: opening[0] ?? null, closing: closing.at(-1) ?? null };
  }

  #tellHead(line: number): void {
    if (this.#told) return;
    if (this.head.account === '') throw new BankFileFault(line, 'account_missing');
    this.head.currency ||= this.balances[0]?.currency ?? '';
    this.#told = true;
    this.#sink.begin(this.head);
  }
}
