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
  readonly #codes: BalanceCodes;
  readonly #file: { entries: number };
  readonly balances: Balance[] = [];
  readonly declared: { entries: number | null; sum: bigint | null } = { entries: null, sum: null };
  readonly #findings = new Map<BankFindingCode, BankFinding>();
  readonly head: StatementHead;
  #told = false;
  #entries = 0;
  #details = 0;
  #credit = 0n;
  #debit = 0n;
  #absolute = 0n;
  #notBooked = 0;
  #reversals = 0;

  constructor(sink: BankSink, codes: BalanceCodes, head: StatementHead, file: { entries: number }) {
    this.#sink = sink;
    this.#codes = codes;
    this.head = head;
    this.#file = file;
  }

  get entries(): number {
    return this.#entries;
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
    this.#absolute += entry.minor < 0n ? -entry.minor : entry.minor;
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
    const opening = this.#balance(this.#codes.opening);
    const closing = this.#balance([...this.#codes.closing]);
    const closes =
      opening && closing
        ? opening.currency === closing.currency && opening.minor + this.#credit - this.#debit === closing.minor
        : null;
    if (closes === false && opening && closing)
      this.find('balance_break', {
        opening: String(opening.minor),
        booked: String(this.#credit - this.#debit),
        closing: String(closing.minor),
      });
    const { entries, sum } = this.declared;
    if (entries !== null && entries !== this.#entries)
      this.find('declared_entries', { declared: String(entries), counted: String(this.#entries) });
    if (sum !== null && sum !== this.#absolute)
      this.find('declared_sum', { declared: String(sum), added: String(this.#absolute) });
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

  #balance(codes: readonly string[]): Balance | null {
    for (const code of codes) {
      const found = this.balances.find((balance) => balance.code === code);
      if (found) return found;
    }
    return null;
  }

  #tellHead(line: number): void {
    if (this.#told) return;
    if (this.head.account === '') throw new BankFileFault(line, 'account_missing');
    this.#told = true;
    this.#sink.begin(this.head);
  }
}
