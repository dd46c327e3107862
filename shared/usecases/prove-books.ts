import type { BookItem, BookPages, InvoiceBook } from '../domain/invoice/book.ts';
import type { BalanceBook, DayBalance } from '../domain/ledger/balances.ts';
import type { BookBreach } from '../domain/ledger/breach.ts';
import { type JournalEntry, type JournalProver, type JournalReader, sameEntry } from '../domain/ledger/journal.ts';
import { implausible, implausibleRefunds } from '../domain/ledger/plausible.ts';
import type { RegistryReader } from '../domain/registry/book.ts';
import type { RemittanceBook } from '../domain/remittance/remittance.ts';
import { DAY_MILLISECONDS, type Day, daysBetween, type Instant, vietnamDay } from '../domain/time.ts';
import { everyAgency } from './every-agency.ts';
import { balanceOf } from './project-balances.ts';
import { entriesOfChange } from './publish-change.ts';
import { PROVED_AT_ONCE, strayEntries } from './stray-entries.ts';
import { isStrayRemittance } from './stray-remittances.ts';
import { entryName } from './verify-ledger.ts';

/**
 * Proves that invoices, journal and balances say the same, beside what the seals prove: a hand in any of the tables leaves
 * two that differ. Reads and nothing else. The first breach ends a proof.
 */

/** A movement may be younger than its entry by so long, in milliseconds: longer, and the entry is missing. */
export const ON_ITS_WAY_MILLISECONDS = 5 * 60_000;

export type MovementsProof = {
  breach?: BookBreach;
  items: number;
  movements: number;
  /** Movements whose entries are still being made. */
  onTheirWay: number;
  /** Entries of money that no invoice bears: nothing in an entry leads back to its item. */
  ofNoInvoice: ReadonlySet<string>;
};

/**
 * Of everything that stands among the invoices: that it can be read, that state, remainders and refunds follow from its
 * movements, and that each movement has its entry in the journal with the same content; and what `work` says of it.
 */
export async function proveMovements({
  book,
  journal,
  work,
  now,
}: {
  book: Pick<BookPages, 'page'>;
  journal: JournalProver;
  /** Looks at what was proved of each page. */
  work?: { prove(page: readonly { key: string; item: BookItem }[]): Promise<BookBreach | undefined> };
  now: () => Instant;
}): Promise<MovementsProof> {
  const ofNoInvoice = new Set<string>();
  const proof = { items: 0, movements: 0, onTheirWay: 0, ofNoInvoice };
  let after: string | undefined;
  do {
    const page = await book.page({ segment: 0, segments: 1, after });
    const items: { key: string; item: BookItem }[] = [];
    for (const { key, item } of page.items) {
      const breach = wrongItem(key, item);
      if (breach) return { ...proof, breach };
      proof.items += 1;
      if (item) items.push({ key, item });
    }
    const expected = items.flatMap(({ key, item }) =>
      entriesOfChange(undefined, item).map((entry) => ({ key, entry })),
    );
    const there = await journal.allAt(expected.map(({ entry }) => entry));
    for (const [place, { key, entry }] of expected.entries()) {
      const found = there[place];
      const { movementId, committedAt, invoiceNumber } = entry;
      if (!found && committedAt > now() - ON_ITS_WAY_MILLISECONDS) {
        proof.onTheirWay += 1;
        continue;
      }
      const at = `${key} ${movementId}`;
      if (!found)
        return { ...proof, breach: { kind: 'movement_unentered', key: at, detail: 'the journal does not have it' } };
      if (!sameEntry(found, entry))
        return { ...proof, breach: { kind: 'movement_differs', key: at, detail: 'the journal says something else' } };
      proof.movements += 1;
      if (invoiceNumber === undefined) ofNoInvoice.add(nameOf(entry));
    }
    const breach = await work?.prove(items);
    if (breach) return { ...proof, breach };
    after = page.after;
  } while (after !== undefined);
  return proof;
}

function wrongItem(key: string, item: BookItem | undefined): BookBreach | undefined {
  if (!item) return { kind: 'item_unreadable', key, detail: 'no version of this service wrote it so' };
  const why = implausible(item) ?? (item.kind === 'invoice' ? implausibleRefunds(item.invoice) : undefined);
  return why === undefined ? undefined : { kind: 'item_implausible', key, detail: why };
}

const nameOf = ({ agencyCode, committedAt, movementId }: JournalEntry): string =>
  entryName(agencyCode, committedAt, movementId);

/** What came late is in the balances after the night's work: so long ago it was sealed at most, in milliseconds. */
const UNTIL_PROJECTED_MILLISECONDS = 2 * DAY_MILLISECONDS;

/** `waiting`: balances of those that lack what came late, and nothing else, until the night. */
export type DaysProof = { breach?: BookBreach; days: number; balances: number; waiting: number };

/**
 * Of every agency's every day: that each entry stands on its invoice, in its batch of what is paid on, or is one of
 * `ofNoInvoice`, and that the balances of
 * the day are what its entries come to. `upTo`: when `ofNoInvoice` began to be made; younger ones are not in it. `late`: what
 * came after its hour was sealed, and when it was; a balance may lack it until the night. `versions`: of the work items, by
 * which corrections are named; without them those are believed.
 */
export async function proveDays(
  {
    first,
    ofNoInvoice,
    upTo,
    late = new Map(),
    versions,
  }: {
    first: Day;
    ofNoInvoice: ReadonlySet<string>;
    upTo: Instant;
    late?: ReadonlyMap<string, Instant>;
    versions?: ReadonlyMap<string, number>;
  },
  {
    journal,
    invoices,
    remittances,
    balances,
    registry,
  }: {
    journal: JournalReader;
    invoices: Pick<InvoiceBook, 'findMany'>;
    remittances: Pick<RemittanceBook, 'find'>;
    balances: Pick<BalanceBook, 'find' | 'projectedTo'>;
    registry: Pick<RegistryReader, 'agencyCodes'>;
  },
): Promise<DaysProof> {
  const proof = { days: 0, balances: 0, waiting: 0 };
  const projectedTo = await balances.projectedTo();
  const agencies = await everyAgency(registry);
  for (const agencyCode of agencies) {
    let closing: DayBalance['closing'] = {};
    const before = withoutLate(agencyCode, late, upTo, journal);
    for (const day of daysBetween(first, vietnamDay(upTo))) {
      const strays = new Strays(journal, { invoices, remittances }, { ofNoInvoice, upTo, versions });
      const balance = await balanceOf(agencyCode, day, closing, strays);
      const stray = await strays.first();
      if (stray)
        return {
          ...proof,
          breach: {
            kind: 'entry_of_no_movement',
            key: nameOf(stray),
            detail: `on ${stray.invoiceNumber ? `invoice ${stray.invoiceNumber}` : 'no item'} stands no such movement`,
          },
        };
      proof.days += 1;
      closing = balance.closing;
      const earlier = await Promise.all(before.map((one) => one(day)));
      if (projectedTo === undefined || day > projectedTo) continue;
      const there = await balances.find(agencyCode, day);
      if (isBalance(there, balance)) {
        proof.balances += there ? 1 : 0;
        continue;
      }
      if (!earlier.some((one) => isBalance(there, one)))
        return {
          ...proof,
          breach: {
            kind: 'balance_differs',
            key: `${agencyCode} ${day}`,
            detail: there ? 'it is not what the journal comes to' : 'it is missing',
          },
        };
      proof.balances += 1;
      proof.waiting += 1;
    }
  }
  return proof;
}

/** A day before an agency's first entry needs no balance of its own. */
const isBalance = (there: DayBalance | undefined, expected: DayBalance): boolean =>
  there ? JSON.stringify(there) === JSON.stringify(expected) : Object.keys(expected.closing).length === 0;

/** An agency's balances as they were before each supplement of the last days, made day after day. */
function withoutLate(
  agencyCode: string,
  late: ReadonlyMap<string, Instant>,
  upTo: Instant,
  journal: JournalReader,
): ((day: Day) => Promise<DayBalance>)[] {
  const ofAgency = [...late].filter(([name]) => name.startsWith(`${agencyCode} `));
  const sealed = new Set(ofAgency.map(([, at]) => at).filter((at) => at > upTo - UNTIL_PROJECTED_MILLISECONDS));
  return [...sealed].map((cut) => {
    let closing: DayBalance['closing'] = {};
    const ofDay: JournalReader['ofDay'] = async function* (query) {
      for await (const entry of journal.ofDay(query)) if ((late.get(nameOf(entry)) ?? 0) < cut) yield entry;
    };
    return async (day) => {
      const balance = await balanceOf(agencyCode, day, closing, { ofDay });
      closing = balance.closing;
      return balance;
    };
  });
}

type Known = {
  ofNoInvoice: ReadonlySet<string>;
  upTo: Instant;
  versions: ReadonlyMap<string, number> | undefined;
};

/** A correction is named by its work item, and by the version at which that was approved. */
export function isOfNoItem({ movementId, transactionId }: JournalEntry, versions: Known['versions']): boolean {
  if (!versions) return false;
  const approvedAs = Number(movementId.slice(movementId.lastIndexOf('.') + 1));
  return !(approvedAs <= (versions.get(transactionId) ?? 0));
}

/** A journal that looks at each entry it hands on. */
class Strays implements JournalReader {
  readonly #journal: JournalReader;
  readonly #books: { invoices: Pick<InvoiceBook, 'findMany'>; remittances: Pick<RemittanceBook, 'find'> };
  readonly #known: Known;
  #some: JournalEntry[] = [];
  #stray: JournalEntry | undefined;

  constructor(
    journal: JournalReader,
    books: { invoices: Pick<InvoiceBook, 'findMany'>; remittances: Pick<RemittanceBook, 'find'> },
    known: Known,
  ) {
    this.#journal = journal;
    this.#books = books;
    this.#known = known;
  }

  async *ofDay(query: { agencyCode: string; day: Day }): AsyncIterable<JournalEntry> {
    for await (const entry of this.#journal.ofDay(query)) {
      if (entry.invoiceNumber !== undefined) this.#some.push(entry);
      else if (await this.#isOfNothing(entry)) this.#stray ??= entry;
      if (this.#some.length === PROVED_AT_ONCE) await this.#look();
      yield entry;
    }
  }

  /** The first entry of no movement, of all that was handed on. */
  async first(): Promise<JournalEntry | undefined> {
    if (this.#some.length > 0) await this.#look();
    return this.#stray;
  }

  async #isOfNothing(entry: JournalEntry): Promise<boolean> {
    const { ofNoInvoice, upTo, versions } = this.#known;
    if (entry.kind === 'remittance') return isStrayRemittance(entry, this.#books.remittances);
    if (entry.committedAt > upTo) return false;
    return entry.kind === 'correction' ? isOfNoItem(entry, versions) : !ofNoInvoice.has(nameOf(entry));
  }

  async #look(): Promise<void> {
    const [stray] = await strayEntries(this.#some, this.#books.invoices);
    this.#stray ??= stray;
    this.#some = [];
  }
}
