import type { InvoiceBook } from '../domain/invoice/book.ts';
import { MAX_FIND_MANY } from '../domain/invoice/book.ts';
import type { Invoice } from '../domain/invoice/invoice.ts';
import { InvoiceNumber } from '../domain/invoice/number.ts';
import type { FollowerReader, JournalEntry, JournalReader } from '../domain/ledger/journal.ts';
import { COUNTER } from '../domain/payment/counter.ts';
import {
  creditOf,
  isBankCredit,
  isMoved,
  type Movement,
  MovementId,
  REFUND,
  REVERSAL,
  reversalOf,
} from '../domain/payment/movement.ts';
import { ProviderId } from '../domain/payment/provider.ts';
import {
  accountOfBook,
  type BookDay,
  type BookDays,
  type BookId,
  providerBook,
} from '../domain/reconciliation/book-day.ts';
import { depositOf } from '../domain/reconciliation/desk-deposits.ts';
import { accountAtTerminal } from '../domain/reconciliation/payouts.ts';
import {
  mayComeLate,
  parseResultLine,
  type ResultSummaries,
  resultKey,
  type TerminalSum,
} from '../domain/reconciliation/results.ts';
import { MatchOfRun } from '../domain/reconciliation/run-object.ts';
import { refundEvidence } from '../domain/refund/decide.ts';
import { refundReference } from '../domain/refund/refund.ts';
import { Refusal } from '../domain/refusal.ts';
import type { BeneficiaryReader, BeneficiaryRecord } from '../domain/registry/beneficiary.ts';
import type { RegistryReader } from '../domain/registry/book.ts';
import type { Caller } from '../domain/registry/caller.ts';
import { paidOnSince, type TerminalAccount } from '../domain/registry/registry.ts';
import {
  type Counted,
  completed,
  contentText,
  type Draft,
  type DraftInput,
  draftOf,
  dueAgain,
  type Unaccounted,
} from '../domain/remittance/draft.ts';
import {
  bytesOf,
  MAX_BYTES,
  MAX_COUNTED,
  MAX_DAYS,
  orderId,
  type RemittanceBook,
  type RemittanceHead,
  remittanceId,
} from '../domain/remittance/remittance.ts';
import { type BudgetPlace, sharesOf } from '../domain/remittance/split.ts';
import { addDays, type Day, daysBetween, type Instant, vietnamDay } from '../domain/time.ts';
import { cashOfDay, intoDrawer } from './desk-deposits.ts';
import { sha256 } from './hashing.ts';
import { inParallel } from './in-parallel.ts';
import { journalAround } from './journal-of-date.ts';
import { type Late, LOOK_BACK_DAYS, type MatchDependencies, payoutKey, payoutsByAccount } from './match-account.ts';
import {
  movementKey,
  type RemittanceFiles,
  RemittedMovements,
  SHIFT_DAYS,
  shownSince,
  type Wanted,
} from './remitted-movements.ts';
import { accountsAtBank, seesBook } from './visible.ts';

/** The first day that an account's first batch may claim, where nobody has said from which day on it is paid on from. */
const BEGINNING: Day = '2000-01-01';
/** What follows from money that was paid on is looked for this many days before the last batch, in case it came through late. */
const LATE_DAYS = 7;
/** An entry that our books lacked is waited for this many days after the day of its payout; its sum is shown for good. */
const LATE_ENTRY_DAYS = 31;
const QUERIES_AT_ONCE = 8;
const FINDS_AT_ONCE = 8;

export type DraftDependencies = {
  remittances: Pick<RemittanceBook, 'head' | 'find'>;
  /** Contents of batches. */
  contents: RemittanceFiles;
  days: Pick<BookDays, 'find' | 'between'>;
  runs: Pick<MatchDependencies['runs'], 'lines'>;
  /** What providers' files came to. */
  summaries: ResultSummaries;
  journal: JournalReader & FollowerReader;
  invoices: Pick<InvoiceBook, 'findMany' | 'bearersOf'>;
  beneficiaries: BeneficiaryReader;
  registry: Pick<RegistryReader, 'atProvider'>;
  registeredAt: readonly string[];
  now: () => Instant;
};

/** Why a day is not claimed yet, and with it no later one. */
export type Waiting = { day: Day; why: 'day_open' | 'provider_day_open'; book: BookId };

/** What a batch would be if it were proposed now. `sha256`: of its content, by which a proposal names what it has seen. */
export type DueRemittance = Pick<Draft, 'orders' | 'left' | 'unplaced'> & {
  head: RemittanceHead;
  from: Day | null;
  through: Day | null;
  /** The day of which it would claim some, because all of it is too much for one batch. */
  partOf: Day | null;
  received: number;
  /** What providers kept of payouts on these days. */
  fees: number;
  /**
   * What is counted beyond what the bank credited, which whoever pays out has to cover: fees, what was credited short, and what
   * a provider's file keeps back for refunds and chargebacks that our books lack.
   */
  uncovered: number;
  /** What the bank credited and nobody can say yet whose it is; it is in no order. */
  unaccounted: number;
  text: string;
  sha256: string;
  waiting: Waiting | null;
};

/**
 * What is due from a bank account: the money of its closed days, from the one after the last batch on and without a gap, as
 * far as every payout on them is of a closed day of its provider; less what went back of it, and of money that was paid on
 * before. `through`: the last day wanted; unless it is given, the first half of the days as often as it takes, until
 * one batch holds them, or some of the first day. Changes nothing, and is the same until something of it changes.
 *
 * Refusals: not_found, remittance_day_open, remittance_too_large.
 */
export async function draftRemittance(
  { book, through }: { book: BookId; through?: Day | undefined },
  caller: Caller,
  dependencies: DraftDependencies,
): Promise<DueRemittance> {
  if (!accountOfBook(book) || !(await seesBook(caller, book, dependencies))) throw new Refusal('not_found');
  return draft(book, through, { isWish: through !== undefined }, dependencies);
}

/** `isWish`: all days up to `through`, or none. */
async function draft(
  book: BookId,
  through: Day | undefined,
  { isWish }: { isWish: boolean },
  dependencies: DraftDependencies,
): Promise<DueRemittance> {
  const { bankBin, account } = accountOfBook(book) ?? { bankBin: '', account: '' };
  const head = await dependencies.remittances.head(book);
  const earlier = new RemittedMovements(head, dependencies.remittances, dependencies.contents);
  const accounts = await accountsAtBank(bankBin, account, dependencies);
  const claim = await claimDays(book, firstDue(head, accounts), through, dependencies);
  const { unaccounted } = await earlier.rest();
  const settled = await settledOn(claim, unaccounted, { book, accounts }, dependencies);
  settled.uncovered += await missingInDeposits(settled, earlier);
  const { days } = claim;
  const [first] = days;
  // The first half of the days, as often as it takes; of one day as much as one batch holds.
  const fewer = () => {
    if (!first || (isWish && days.length > 1)) throw new Refusal('remittance_too_large');
    return days.length > 1
      ? draft(book, days[(days.length >> 1) - 1]?.day, { isWish: false }, dependencies)
      : undefined;
  };
  const parts = first ? await earlier.partsOf(first.day) : [];
  for (const key of await earlier.countedBy(parts)) settled.keys.delete(key);
  const isCut = cut(settled);
  const halved = isCut && (await fewer());
  if (halved) return halved;

  const units = await countAll(settled, { accounts, claim, earlier }, dependencies);
  const inForce = recordsInForce(dependencies);
  const again = await returnedOrders(head, inForce, dependencies);
  const { left } = await earlier.rest();
  const carried = await Promise.all(left.map(async (sum) => completed(sum, await inForce(sum.place))));
  const frame = { book, head, claim, settled, carried, again };
  const claimed = parts.reduce((sum, { received }) => sum + received, 0);
  const whole = isCut ? undefined : frozen(units, frame, { claimed });
  if (whole && isOneItem(whole, head)) return whole;
  const less = await fewer();
  if (less || !first) return less ?? frozen(units, frame, { claimed });
  const some = (count: number) => frozen(units.slice(0, count), frame, { partOf: first.day, unaccounted });
  const all = some(units.length);
  if (units.length > 0 && isOneItem(all, head)) return all;
  let [fits, above] = [0, units.length];
  while (above - fits > 1) {
    const middle = (fits + above) >> 1;
    if (isOneItem(some(middle), head)) fits = middle;
    else above = middle;
  }
  if (fits === 0) throw new Refusal('remittance_too_large');
  return some(fits);
}

type Frame = Pick<DraftInput, 'book' | 'carried' | 'again'> & {
  head: RemittanceHead;
  claim: Claim;
  settled: SettledMoney;
};

/** Leaves no more money than one batch may count, in the order of its names; whether there was more. */
function cut({ keys }: SettledMoney): boolean {
  if (keys.size <= MAX_COUNTED) return false;
  const beyond = [...keys.keys()].sort().slice(MAX_COUNTED);
  for (const key of beyond) keys.delete(key);
  return true;
}

/**
 * A batch of these units as it would be frozen: of all that is claimed, or of some of a day. What the day's money came to
 * beyond its movements (fees, what nobody can attribute) stands in the batch that ends it.
 */
function frozen(
  units: readonly Unit[],
  { book, head, claim, settled, carried, again }: Frame,
  as: { claimed: number } | { partOf: Day; unaccounted: readonly Unaccounted[] },
): DueRemittance & { counted: number } {
  const counted = units.flatMap((unit) => unit.counted);
  const known = new Set(counted.map(({ key }) => key));
  const id = remittanceId(book, head.sequence + 1);
  const isPart = 'partOf' in as;
  const input: DraftInput = {
    ...{ book, previous: head.last, counted, carried, again },
    ...(isPart
      ? { from: null, through: null, partOf: as.partOf, received: sumOfRoots(units), fees: 0, uncovered: 0 }
      : {
          ...{ from: claim.days[0]?.day ?? null, through: claim.days.at(-1)?.day ?? null },
          ...{ received: claim.received - as.claimed, fees: settled.fees, uncovered: settled.uncovered },
        }),
    runs: claim.days.flatMap(({ day, run }) => (run ? [{ day, sha256: run.sha256 }] : [])),
    unaccounted: isPart ? as.unaccounted : settled.unaccounted,
    settled: units.flatMap(({ settles }) => (settles !== undefined && !known.has(settles) ? settles : [])),
    nameOrder: (number: number) => orderId(sha256(`${id}\n${number}`)),
  };
  const { orders, left, unplaced, lines } = draftOf(input);
  const text = contentText(lines);
  return {
    ...{ head, from: input.from, through: input.through, partOf: input.partOf ?? null, received: input.received },
    ...{ fees: input.fees, uncovered: input.uncovered },
    unaccounted: input.unaccounted.reduce((sum, { amount }) => sum + amount, 0),
    ...{ orders, left, unplaced, text, sha256: sha256(text), waiting: claim.waiting, counted: counted.length },
  };
}

const sumOfRoots = (units: readonly Unit[]): number => units.reduce((sum, { amount }) => sum + amount, 0);

/** Whether a batch stays one item, with what its statements add. */
const isOneItem = ({ orders, counted }: { orders: Draft['orders']; counted: number }, { returned }: RemittanceHead) =>
  counted <= MAX_COUNTED && bytesOf({ orders, again: returned }) <= MAX_BYTES;

/**
 * Money that the runs of closed days matched for sure; `unaccounted`: credited above what our books have; `short`: below it,
 * accepted by two persons.
 */
type Matched = {
  payouts: Payout[];
  direct: string[];
  received: number;
  short: number;
  /** What of `received` is which agency's. */
  byAgency: Map<string, number>;
  unaccounted: Unaccounted[];
};
type Claim = Omit<Matched, 'byAgency'> & { days: BookDay[]; waiting: Waiting | null };
/** What a provider paid out for a day; or of {@link COUNTER} what an agency's desk deposited. */
type Payout = { providerId: string; date: Day; accountNumber: string; late?: Late; agencyCode?: string };

const PAYOUT = /^payout:([a-z][a-z0-9-]{1,23}):(\d{4}-\d{2}-\d{2}):([0-9]{6,19})(?::late:(\d{4}-\d{2}-\d{2}):(\d+))?$/;

function payoutOf(key: string): Payout | undefined {
  const deposit = depositOf(key);
  if (deposit) return { providerId: COUNTER, ...deposit };
  const [, providerId, date, accountNumber, countsOn, revision] = PAYOUT.exec(key) ?? [];
  if (!providerId || !date || !accountNumber) return undefined;
  const late = countsOn === undefined ? {} : { late: { countsOn, revision: Number(revision) } };
  return { providerId, date, accountNumber, ...late };
}

/** The first day of an account that no batch claims. */
export const firstDue = ({ through }: RemittanceHead, accounts: readonly TerminalAccount[]): Day =>
  through === null ? (paidOnSince(accounts) ?? BEGINNING) : addDays(through, 1);

/** The closed days that are next, in order, with what their runs matched for sure. */
async function claimDays(
  book: BookId,
  first: Day,
  wanted: Day | undefined,
  { days, runs, now }: DraftDependencies,
): Promise<Claim> {
  const claim: Claim = { days: [], payouts: [], direct: [], received: 0, short: 0, unaccounted: [], waiting: null };
  const last = wanted ?? vietnamDay(now());
  for (const day of await days.between(book, first, last)) {
    if (day.state !== 'CLOSED') {
      claim.waiting = { day: day.day, why: 'day_open', book };
      break;
    }
    if (claim.days.length === MAX_DAYS) break;
    const { payouts, direct, received, short, unaccounted } = await matchedIn(day, runs);
    const open = await openPayout(payouts, days);
    if (open) {
      claim.waiting = { day: day.day, why: 'provider_day_open', book: open };
      break;
    }
    claim.days.push(day);
    claim.payouts.push(...payouts);
    claim.direct.push(...direct);
    claim.received += received;
    claim.short += short;
    claim.unaccounted.push(...unaccounted);
  }
  if (wanted !== undefined && claim.days.at(-1)?.day !== wanted)
    throw new Refusal('remittance_day_open', undefined, [], { waiting: claim.waiting });
  return claim;
}

/**
 * A difference that was written off is matched too. Of what the bank never credited nothing is paid on. Where it credited
 * less than our books have, two persons accepted that: the purses are owed the whole, and whoever pays out covers the rest.
 * What it credited above is owed to no purse.
 */
export async function matchedIn({ run }: BookDay, runs: DraftDependencies['runs']): Promise<Matched> {
  const found: Matched = { payouts: [], direct: [], received: 0, short: 0, byAgency: new Map(), unaccounted: [] };
  if (!run) return found;
  for await (const text of runs.lines(run.key)) {
    if (!text.startsWith('{"match"')) continue;
    const { status, ours, theirs, ourAmount, theirAmount, agencyCode } = MatchOfRun.parse(JSON.parse(text)).match;
    if (status !== 'confirmed') continue;
    const [credit] = theirs;
    const payouts = ours.flatMap((key) => payoutOf(key) ?? []);
    const direct = ours.filter((key) => /^mov_bank_[^~]/.test(key));
    if (payouts.length + direct.length === 0 || (credit === undefined && ourAmount !== 0)) continue;
    found.received += theirAmount;
    found.byAgency.set(agencyCode, (found.byAgency.get(agencyCode) ?? 0) + theirAmount);
    if (credit !== undefined && theirAmount > ourAmount)
      found.unaccounted.push({ key: credit, amount: theirAmount - ourAmount });
    found.short += Math.max(0, ourAmount - theirAmount);
    found.payouts.push(...payouts);
    found.direct.push(...direct);
  }
  return found;
}

/** The book of a provider whose day a payout is of, and may still change. */
export async function openPayout(
  payouts: readonly Pick<Payout, 'providerId' | 'date' | 'late'>[],
  days: DraftDependencies['days'],
): Promise<BookId | undefined> {
  for (const { providerId, date, late } of payouts)
    if (
      providerId !== COUNTER &&
      (await days.find(providerBook(providerId), late?.countsOn ?? date))?.state !== 'CLOSED'
    )
      return providerBook(providerId);
  return undefined;
}

/** Money that was settled, by the names of its movements; and the invoices that it stands on. */
type SettledMoney = {
  /** `isLate`: its payout was claimed before, and the bank's credit with it. */
  keys: Map<string, { movementId: MovementId; invoiceNumber: string; isLate: boolean }>;
  fees: number;
  uncovered: number;
  unaccounted: Unaccounted[];
  /** What desks took out of their drawers on these days. */
  takenOut: TakenOut[];
};
/** `root`: of the money that it gives back; `isAtTreasury`: by the treasury's word, so that it nets nowhere. In dong. */
type TakenOut = { root: Wanted; isAtTreasury: boolean; amount: number };

/**
 * What is claimed now, and what was entered since of payouts that earlier batches could not account for. A payout brings its
 * provider's whole sum: what of it is not counted is unaccounted, so that no dong of it is forgotten.
 */
async function settledOn(
  claim: Claim,
  carried: readonly Unaccounted[],
  { book, accounts }: { book: BookId; accounts: readonly TerminalAccount[] },
  dependencies: DraftDependencies,
): Promise<SettledMoney> {
  const keys: SettledMoney['keys'] = new Map();
  const money: SettledMoney = {
    keys,
    fees: 0,
    uncovered: claim.short,
    unaccounted: [...claim.unaccounted],
    takenOut: [],
  };
  const add = (movementId: string, invoiceNumber: string, isLate = false) => {
    const id = MovementId.parse(movementId);
    keys.set(movementKey(id, invoiceNumber), { movementId: id, invoiceNumber, isLate });
  };
  for (const key of claim.direct) {
    const at = key.lastIndexOf('@');
    add(key.slice(0, at), key.slice(at + 1));
  }
  const take = async (payout: Payout, isLate: boolean) => {
    const { agencyCode, date } = payout;
    const {
      entries,
      late,
      gross,
      fee,
      unknown,
      takenOut = [],
    } = agencyCode === undefined
      ? await payoutIn(payout, { book, accounts }, dependencies)
      : await depositIn({ agencyCode, day: date }, dependencies);
    for (const { movementId, invoiceNumber } of isLate ? late : entries) add(movementId, invoiceNumber ?? '', isLate);
    const rest = gross - entries.reduce((sum, { amount }) => sum + amount, 0);
    const key = payoutKey(payout.providerId, payout.date, payout.accountNumber, payout.late);
    if (rest > 0) money.unaccounted.push({ key, amount: rest });
    if (!isLate) money.fees += fee;
    if (!isLate) money.takenOut.push(...takenOut);
    if (!isLate) money.uncovered += fee + unknown + Math.max(0, -rest);
  };
  for (const payout of claim.payouts) await take(payout, false);
  for (const one of carried) {
    const payout = payoutOf(one.key);
    if (payout && addDays(payout.date, LATE_ENTRY_DAYS) >= vietnamDay(dependencies.now())) await take(payout, true);
    else money.unaccounted.push(one);
  }
  return money;
}

type InPayout = {
  entries: JournalEntry[];
  late: JournalEntry[];
  gross: number;
  fee: number;
  unknown: number;
  takenOut?: TakenOut[];
};

/** The same of a desk's deposit: what it took in cash, and what it took out again, which the deposit lacks. */
async function depositIn(
  query: { agencyCode: string; day: Day },
  { journal, invoices }: DraftDependencies,
): Promise<InPayout> {
  const moved = await cashOfDay(query, journal);
  const entries = moved.filter(bringsMoney);
  const gross = entries.reduce((sum, { amount }) => sum + amount, 0);
  const out = moved.filter((entry) => intoDrawer(entry, query.agencyCode) < 0);
  const takenOut: TakenOut[] = [];
  for await (const invoice of findAll([...new Set(out.map(({ invoiceNumber = '' }) => invoiceNumber))], { invoices }))
    for (const { movementId, invoiceNumber, lines } of out) {
      const movement = invoice.movements[MovementId.parse(movementId)];
      if (invoiceNumber !== invoice.number || !movement) continue;
      const isAtTreasury = treasuryGaveBack(movement, invoice);
      const amount = -intoDrawer({ lines }, query.agencyCode);
      takenOut.push({ root: rootOf(movement, invoice), isAtTreasury, amount });
    }
  return { entries, late: [], gross, fee: 0, unknown: 0, takenOut };
}

/**
 * What deposits lack of what is counted: what was taken out of a drawer for money that is not this account's to pay on, now or
 * before, and so does not net here. In dong.
 */
async function missingInDeposits({ keys, takenOut }: SettledMoney, earlier: RemittedMovements): Promise<number> {
  const before = await earlier.among(takenOut.map(({ root }) => root));
  const nets = ({ root, isAtTreasury }: TakenOut) => keys.has(root.key) || (before.has(root.key) && !isAtTreasury);
  return takenOut.filter((one) => !nets(one)).reduce((sum, { amount }) => sum + amount, 0);
}

/**
 * The entries of a payout: those that our books and the provider's file have alike, and those that were entered after the
 * file was read, of the same transaction and sum, as far as the payout has room for them. `late`: the latter alone;
 * `unknown`: what the file keeps back that our books lack, in dong.
 */
async function payoutIn(
  payout: Payout,
  { book, accounts }: { book: BookId; accounts: readonly TerminalAccount[] },
  dependencies: DraftDependencies,
): Promise<InPayout> {
  const { providerId, date, accountNumber } = payout;
  const { journal, registry, now } = dependencies;
  const all = await registry.atProvider(providerId);
  const { terminals, alike, missed } = await linesOfPayout(payout, dependencies);
  const paidTo = `${accountOfBook(book)?.bankBin}:${accountNumber}`;
  const {
    amount: gross = 0,
    fee = 0,
    refunded = 0,
    chargedBack = 0,
  } = payoutsByAccount(terminals, all, date).get(paidTo) ?? {};
  let unknown = refunded + chargedBack;
  const agencyCodes = [
    ...new Set(accounts.filter((one) => one.providerId === providerId).map((one) => one.agencyCode as string)),
  ];
  const entries: JournalEntry[] = [];
  const late = new Map<string, JournalEntry[]>();
  const numbers = new Map<string, string | undefined>();
  const numberAt = (terminal: string): string | undefined => {
    if (!numbers.has(terminal)) numbers.set(terminal, accountAtTerminal(terminal, all, date)?.accountNumber);
    return numbers.get(terminal);
  };
  const query = { agencyCodes, date, asOf: now(), ...(missed.size > 0 && { until: addDays(date, LATE_ENTRY_DAYS) }) };
  await journalAround(query, journal, (entry) => {
    const { transactionId } = entry;
    if (entry.providerId !== providerId || isBankCredit(entry.movementId)) return;
    if (numberAt(entry.terminal) !== accountNumber) return;
    const back = entry.kind === 'refund' ? REFUND : entry.kind === 'reversal' ? REVERSAL : undefined;
    if (back !== undefined && alike.has(`${back}${transactionId}`)) unknown -= entry.amount;
    if (!bringsMoney(entry)) return;
    if (alike.has(transactionId)) entries.push(entry);
    else if (missed.has(transactionId)) late.set(transactionId, [...(late.get(transactionId) ?? []), entry]);
  });
  const came: JournalEntry[] = [];
  let room = gross - entries.reduce((sum, { amount }) => sum + amount, 0);
  for (const [transactionId, [entry, ...others]] of [...late].sort(([one], [other]) => (one < other ? -1 : 1))) {
    if (!entry || others.length > 0 || entry.amount !== missed.get(transactionId) || entry.amount > room) continue;
    entries.push(entry);
    came.push(entry);
    room -= entry.amount;
  }
  return { entries, late: came, gross, fee, unknown: Math.max(0, unknown) };
}

/** What a provider's file of the day says; of one that came late only what the one before it did not say. */
async function linesOfPayout(
  { providerId, date, late }: Payout,
  { runs, summaries }: Pick<DraftDependencies, 'runs' | 'summaries'>,
): Promise<{ terminals: Readonly<Record<string, TerminalSum>>; alike: Set<string>; missed: Map<string, number> }> {
  const provider = ProviderId.parse(providerId);
  const summary = await summaries.summary(provider, date, late?.revision);
  const lines = await settledTransactions(resultKey(provider, date, late?.revision), runs);
  if (!late) return { terminals: summary?.terminals ?? {}, ...lines };
  // The one before it came late, too, or in time; or there was none when the day was closed.
  let before = late.revision - 1;
  while (before > 0 && !(await summaries.summary(provider, date, before))) before -= 1;
  const revision = before > 0 ? before : undefined;
  if (await summaries.summary(provider, date, revision)) {
    const said = await settledTransactions(resultKey(provider, date, revision), runs);
    for (const transaction of [...said.alike, ...said.missed.keys()]) {
      lines.alike.delete(transaction);
      lines.missed.delete(transaction);
    }
  }
  return { terminals: summary?.adjusts?.terminals ?? {}, ...lines };
}

const bringsMoney = ({ kind }: JournalEntry): boolean =>
  kind === 'payment' || kind === 'part' || kind === 'surplus' || kind === 'unmatched';

/**
 * The transactions of a provider's settlement file that our books have alike, on its day or on one beside it; and those that
 * they lacked when it was read, with their amounts.
 */
async function settledTransactions(
  key: string,
  runs: DraftDependencies['runs'],
): Promise<{ alike: Set<string>; missed: Map<string, number> }> {
  const alike = new Set<string>();
  const missed = new Map<string, number>();
  let isHeader = true;
  for await (const line of runs.lines(key)) {
    if (!isHeader) {
      const { transactionId, amount, matched, shifted } = parseResultLine(line);
      if (matched || shifted) alike.add(transactionId);
      else if (mayComeLate(line)) missed.set(transactionId, amount);
    }
    isHeader = false;
  }
  return { alike, missed };
}

type CountContext = { accounts: readonly TerminalAccount[]; claim: Claim; earlier: RemittedMovements };

/**
 * What is counted together or not at all: a money that was settled now, and all that followed from it; or what followed since
 * from money that was settled before. `settles`: the name of the money; `amount`: what of it the bank credited, in dong.
 */
type Unit = { settles?: string; amount: number; counted: Counted[] };

/**
 * Every movement of purses that this batch counts: of the money settled now that money and all that followed from it; of
 * money settled before what followed since. None that a batch counted before. In the order in which parts of a day take them:
 * what followed before, then place by place in the budget, so that a part has few of them.
 */
async function countAll(
  settled: SettledMoney,
  context: CountContext,
  dependencies: DraftDependencies,
): Promise<Unit[]> {
  const records = recordsOf(dependencies.beneficiaries);
  const today = vietnamDay(dependencies.now());
  const places = new Map<string, BudgetPlace>();
  const shared = (place: BudgetPlace): BudgetPlace => {
    const key = JSON.stringify(place);
    const there = places.get(key) ?? place;
    places.set(key, there);
    return there;
  };
  const countedAs = async (invoice: Invoice, movement: Movement, root: string): Promise<Counted[]> => {
    if (!movesPurse(movement)) return [];
    const then = await records(invoice, vietnamDay(invoice.createdAt));
    const shares = sharesOf(movement, invoice, then, await records(invoice, today));
    const key = movementKey(movement.movementId, invoice.number);
    return shares.length > 0
      ? [{ key, root, shares: shares.map((one) => ({ ...one, place: shared(one.place) })) }]
      : [];
  };

  const units = new Map<string, Unit>();
  const wanted: Wanted[] = [];
  const named = [...settled.keys.values()].map(({ invoiceNumber }) => invoiceNumber);
  const numbers = [...new Set([...named, ...(await bearers(settled, dependencies))])];
  for await (const invoice of findAll(numbers, dependencies)) {
    for (const movement of Object.values(invoice.movements)) {
      const key = movementKey(movement.movementId, invoice.number);
      if (settled.keys.has(key)) wanted.push({ key, since: shownSince(movement, SHIFT_DAYS) });
      const root = rootOf(movement, invoice);
      const money = settled.keys.get(root.key);
      if (!money) continue;
      const unit = units.get(root.key) ?? { settles: root.key, amount: 0, counted: [] };
      if (!money.isLate && (root.key === key || isMoved(movement.movementId))) unit.amount = movement.amount;
      unit.counted.push(...(await countedAs(invoice, movement, root.key)));
      units.set(root.key, unit);
    }
  }
  for (const [key, { movementId, invoiceNumber }] of settled.keys)
    if (invoiceNumber !== '' && !units.has(key)) throw new Error(`${movementId} is settled, and stands on no invoice`);
    else if (!units.has(key)) units.set(key, { settles: key, amount: 0, counted: [] });
  // Told twice, by files of two days or by two runs, or claimed with another part of its day, it is the same money.
  for (const key of await context.earlier.among(wanted)) units.delete(key);

  const follow: { key: string; root: { key: string; since: Day }; invoice: Invoice; movement: Movement }[] = [];
  const isCounted = new Set([...units.values()].flatMap(({ counted }) => counted.map(({ key }) => key)));
  for (const { entry, invoice } of await followers(context, dependencies)) {
    const movement = invoice.movements[MovementId.parse(entry.movementId)];
    if (!movement) throw new Error(`${entry.movementId} is on no invoice`);
    const key = movementKey(movement.movementId, invoice.number);
    if (!isCounted.has(key)) follow.push({ key, root: rootOf(movement, invoice), invoice, movement });
  }
  const before = await context.earlier.among(follow.flatMap(({ key, root }) => [{ key, since: root.since }, root]));
  const since: Unit = { amount: 0, counted: [] };
  for (const { key, root, invoice, movement } of follow) {
    if (before.has(key)) continue;
    const unit = units.get(root.key);
    const wasPaidOn = before.has(root.key) && !treasuryGaveBack(movement, invoice);
    if (unit || wasPaidOn) (unit ?? since).counted.push(...(await countedAs(invoice, movement, root.key)));
  }
  const rank = new Map([...places.keys()].sort().map((key, at) => [places.get(key), at]));
  const placeOf = ({ counted }: Unit): number => rank.get(counted[0]?.shares[0]?.place) ?? rank.size;
  const inOrder = [...units.values()].sort(
    (one, other) => placeOf(one) - placeOf(other) || ((one.settles ?? '') < (other.settles ?? '') ? -1 : 1),
  );
  return since.counted.length > 0 ? [since, ...inOrder] : inOrder;
}

/** The invoices to which credits that came without one were moved, however long before their day was matched. */
async function bearers({ keys }: SettledMoney, { invoices }: DraftDependencies): Promise<InvoiceNumber[]> {
  const alone = [...keys.values()]
    .filter(({ invoiceNumber }) => invoiceNumber === '')
    .map(({ movementId }) => movementId);
  const found: InvoiceNumber[] = [];
  for (let at = 0; at < alone.length; at += MAX_FIND_MANY)
    found.push(...(await invoices.bearersOf(alone.slice(at, at + MAX_FIND_MANY))).values());
  return found;
}

const movesPurse = ({ lines }: Pick<Movement, 'lines'>): boolean =>
  lines.some(({ account }) => account.startsWith('payable:'));

/** What is moved may be on a statement long before. */
const MOVED_DAYS = 30;

/**
 * The money that a movement is, moved, took back or gave back: by the name under which the bank's account showed it, and the
 * day before which no statement showed it.
 */
function rootOf(movement: Movement, invoice: Invoice): { key: string; since: Day } {
  const { movementId, kind } = movement;
  const of =
    kind === 'reversal'
      ? Object.values(invoice.movements).find((one) => reversalOf(one.movementId) === movementId)
      : kind === 'refund'
        ? invoice.movements[refundEvidence(movement).of]
        : undefined;
  if (of) return rootOf(of, invoice);
  if (kind === 'reversal' || kind === 'refund') throw new Error(`${movementId} takes back what never came`);
  return isMoved(movementId)
    ? { key: movementKey(creditOf(movementId), invoice.number), since: shownSince(movement, MOVED_DAYS) }
    : { key: movementKey(movementId, invoice.number), since: shownSince(movement, SHIFT_DAYS) };
}

/** Paid back out of the budget by the treasury itself: the collecting account never had it to give. */
function treasuryGaveBack({ kind, transactionId }: Movement, { refunding }: Invoice): boolean {
  if (kind !== 'refund') return false;
  const refund = Object.values(refunding?.refunds ?? {}).find((one) => refundReference(one.refundId) === transactionId);
  return refund?.byHand === 'MONEY_AT_TREASURY';
}

/** What went back or was moved since the last batch, with its invoice. */
async function followers(
  { accounts, claim, earlier }: CountContext,
  dependencies: DraftDependencies,
): Promise<{ entry: JournalEntry; invoice: Invoice }[]> {
  const today = vietnamDay(dependencies.now());
  const last = (await earlier.newest())?.proposedAt;
  const [day] = claim.days;
  const from = [
    ...(day ? [addDays(day.day, -LOOK_BACK_DAYS)] : []),
    ...(last === undefined ? [] : [addDays(vietnamDay(last), -LATE_DAYS)]),
  ].sort()[0];
  if (from === undefined) return [];
  const found: JournalEntry[] = [];
  const agencyCodes = new Set(accounts.map(({ agencyCode }) => agencyCode as string));
  const queries = [...agencyCodes].flatMap((agencyCode) =>
    daysBetween(from, today).map((date) => ({ agencyCode, date })),
  );
  await inParallel(queries, QUERIES_AT_ONCE, async ({ agencyCode, date }) => {
    for await (const entry of dependencies.journal.followersOfDay({ agencyCode, day: date }))
      if (entry.invoiceNumber !== undefined && movesPurse(entry)) found.push(entry);
  });
  const byNumber = new Map<string, Invoice>();
  for await (const invoice of findAll(
    [...new Set(found.map(({ invoiceNumber }) => invoiceNumber ?? ''))],
    dependencies,
  ))
    byNumber.set(invoice.number, invoice);
  return found.map((entry) => {
    const invoice = byNumber.get(entry.invoiceNumber ?? '');
    if (!invoice) throw new Error(`${entry.movementId} is of an invoice that is not there`);
    return { entry, invoice };
  });
}

/** Invoices of these numbers, some calls at a time; they are not kept. An empty number is none. */
async function* findAll(
  numbers: readonly string[],
  { invoices }: Pick<DraftDependencies, 'invoices'>,
): AsyncGenerator<Invoice, void, undefined> {
  const wanted = numbers.filter((one) => one !== '').map((one) => InvoiceNumber.parse(one));
  const pages = Array.from({ length: Math.ceil(wanted.length / MAX_FIND_MANY) }, (_, at) =>
    wanted.slice(at * MAX_FIND_MANY, (at + 1) * MAX_FIND_MANY),
  );
  for (let at = 0; at < pages.length; at += FINDS_AT_ONCE)
    for (const found of await Promise.all(pages.slice(at, at + FINDS_AT_ONCE).map((page) => invoices.findMany(page))))
      yield* found;
}

/** Who an invoice's purses are on a day; each looked up once. */
function recordsOf(beneficiaries: BeneficiaryReader) {
  const known = new Map<string, Promise<BeneficiaryRecord | undefined>>();
  return async ({ agencyCode, lines }: Invoice, day: Day): Promise<Map<string, BeneficiaryRecord>> => {
    const records = new Map<string, BeneficiaryRecord>();
    for (const beneficiary of new Set(lines.map((line) => line.beneficiary))) {
      const key = JSON.stringify([agencyCode, beneficiary, day]);
      const looked = known.get(key) ?? beneficiaries.at(agencyCode, beneficiary, day);
      known.set(key, looked);
      const record = await looked;
      if (record) records.set(beneficiary, record);
    }
    return records;
  };
}

/** Who a purse is now. */
const recordsInForce =
  ({ beneficiaries, now }: Pick<DraftDependencies, 'beneficiaries' | 'now'>) =>
  ({ agencyCode, beneficiary }: { agencyCode: string; beneficiary: string }) =>
    beneficiaries.at(agencyCode, beneficiary, vietnamDay(now()));

async function returnedOrders(
  { returned }: RemittanceHead,
  inForce: ReturnType<typeof recordsInForce>,
  { remittances }: DraftDependencies,
): Promise<DraftInput['again']> {
  const again: DraftInput['again'][number][] = [];
  for (const place of returned) {
    const order = (await remittances.find(place.remittanceId))?.orders.find((one) => one.orderId === place.orderId);
    if (!order) throw new Error(`${place.orderId} is gone`);
    again.push({ place, sums: dueAgain(order, place, await inForce(order.payee)) });
  }
  return again;
}
