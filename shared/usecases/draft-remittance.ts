import type { InvoiceBook } from '../domain/invoice/book.ts';
import { MAX_FIND_MANY } from '../domain/invoice/book.ts';
import type { Invoice } from '../domain/invoice/invoice.ts';
import { InvoiceNumber } from '../domain/invoice/number.ts';
import type { JournalEntry, JournalReader } from '../domain/ledger/journal.ts';
import { creditOf, isBankCredit, isMoved, type Movement, MovementId, reversalOf } from '../domain/payment/movement.ts';
import {
  accountOfBook,
  type BookDay,
  type BookDays,
  type BookId,
  providerBook,
} from '../domain/reconciliation/book-day.ts';
import { accountAtTerminal } from '../domain/reconciliation/payouts.ts';
import { parseResultLine, resultKey } from '../domain/reconciliation/results.ts';
import { RunLine } from '../domain/reconciliation/run-object.ts';
import { refundEvidence } from '../domain/refund/decide.ts';
import { refundReference } from '../domain/refund/refund.ts';
import { Refusal } from '../domain/refusal.ts';
import type { BeneficiaryReader, BeneficiaryRecord } from '../domain/registry/beneficiary.ts';
import type { RegistryReader } from '../domain/registry/book.ts';
import type { Caller } from '../domain/registry/caller.ts';
import type { TerminalAccount } from '../domain/registry/registry.ts';
import { type Counted, contentText, type Draft, draftOf } from '../domain/remittance/draft.ts';
import {
  MAX_COUNTED,
  MAX_DAYS,
  MAX_LINES,
  orderId,
  type RemittanceBook,
  type RemittanceHead,
  type RemittanceOrder,
  remittanceId,
} from '../domain/remittance/remittance.ts';
import { sharesOf } from '../domain/remittance/split.ts';
import { addDays, type Day, daysBetween, type Instant, vietnamDay } from '../domain/time.ts';
import { sha256 } from './hashing.ts';
import { inParallel } from './in-parallel.ts';
import { journalAround } from './journal-of-date.ts';
import { LOOK_BACK_DAYS, type MatchDependencies } from './match-account.ts';
import { movementKey, type RemittanceFiles, RemittedMovements } from './remitted-movements.ts';
import { accountsAtBank, seesBook } from './visible.ts';

/** The first day that an account's first batch may claim. */
const BEGINNING: Day = '2000-01-01';
/** What follows from money that was paid on is looked for this many days before the last batch, in case it came through late. */
const LATE_DAYS = 7;
const AGENCIES_AT_ONCE = 8;

export type DraftDependencies = {
  remittances: Pick<RemittanceBook, 'head' | 'find'>;
  /** Contents of batches. */
  contents: RemittanceFiles;
  days: Pick<BookDays, 'find' | 'between'>;
  runs: Pick<MatchDependencies['runs'], 'lines'>;
  journal: JournalReader;
  invoices: Pick<InvoiceBook, 'findMany'>;
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
  received: number;
  text: string;
  sha256: string;
  waiting: Waiting | null;
};

/**
 * What is due from a bank account: the money of its closed days, from the one after the last batch on and without a gap, as
 * far as every payout on them is of a closed day of its provider; less what went back of it, and of money that was paid on
 * before. `through`: the last day wanted. Changes nothing, and is the same until something of it changes.
 *
 * Refusals: not_found, remittance_day_open, remittance_too_large.
 */
export async function draftRemittance(
  { book, through }: { book: BookId; through?: Day | undefined },
  caller: Caller,
  dependencies: DraftDependencies,
): Promise<DueRemittance> {
  const account = accountOfBook(book);
  if (!account || !(await seesBook(caller, book, dependencies))) throw new Refusal('not_found');
  const head = await dependencies.remittances.head(book);
  const earlier = new RemittedMovements(head, dependencies.remittances, dependencies.contents);
  const accounts = await accountsAtBank(account.bankBin, account.account, dependencies);
  const claim = await claimDays(book, head, through, dependencies);
  const settled = await settledOn(claim, accounts, dependencies);
  const counted = await countAll(settled, { accounts, claim, earlier }, dependencies);
  const known = new Set(counted.map(({ key }) => key));
  const again = await returnedOrders(head, dependencies);
  const sequence = head.sequence + 1;
  const id = remittanceId(book, sequence);
  const input = {
    ...{ book, from: claim.days[0]?.day ?? null, through: claim.days.at(-1)?.day ?? null, previous: head.last },
    runs: claim.days.flatMap(({ day, run }) => (run ? [{ day, sha256: run.sha256 }] : [])),
    received: settled.received,
    settled: [...settled.keys.keys()].filter((key) => !known.has(key)),
    counted,
    carried: await earlier.left(),
    again,
    nameOrder: (number: number) => orderId(sha256(`${id}\n${number}`)),
  };
  const { orders, left, unplaced, lines } = draftOf(input);
  if (counted.length > MAX_COUNTED || orders.flatMap((order) => order.lines).length > MAX_LINES)
    throw new Refusal('remittance_too_large');
  const text = contentText(lines);
  return {
    ...{ head, from: input.from, through: input.through, received: input.received },
    ...{ orders, left, unplaced, text, sha256: sha256(text), waiting: claim.waiting },
  };
}

type Claim = { days: BookDay[]; payouts: Payout[]; direct: string[]; received: number; waiting: Waiting | null };
type Payout = { providerId: string; date: Day; accountNumber: string };

const PAYOUT = /^payout:([a-z][a-z0-9-]{1,23}):(\d{4}-\d{2}-\d{2}):([0-9]{6,19})$/;

/** The closed days that are next, in order, with what their runs matched for sure. */
async function claimDays(
  book: BookId,
  { through: claimed }: RemittanceHead,
  wanted: Day | undefined,
  { days, runs, now }: DraftDependencies,
): Promise<Claim> {
  const claim: Claim = { days: [], payouts: [], direct: [], received: 0, waiting: null };
  const first = claimed === null ? BEGINNING : addDays(claimed, 1);
  const last = wanted ?? vietnamDay(now());
  for (const day of await days.between(book, first, last)) {
    if (day.state !== 'CLOSED') {
      claim.waiting = { day: day.day, why: 'day_open', book };
      break;
    }
    if (claim.days.length === MAX_DAYS) break;
    const { payouts, direct, received } = await matchedIn(day, runs);
    const open = await openPayout(payouts, days);
    if (open) {
      claim.waiting = { day: day.day, why: 'provider_day_open', book: open };
      break;
    }
    claim.days.push(day);
    claim.payouts.push(...payouts);
    claim.direct.push(...direct);
    claim.received += received;
  }
  if (wanted !== undefined && claim.days.at(-1)?.day !== wanted)
    throw new Refusal('remittance_day_open', undefined, [], { waiting: claim.waiting });
  return claim;
}

async function matchedIn(
  { run }: BookDay,
  runs: DraftDependencies['runs'],
): Promise<Pick<Claim, 'payouts' | 'direct' | 'received'>> {
  const found: Pick<Claim, 'payouts' | 'direct' | 'received'> = { payouts: [], direct: [], received: 0 };
  if (!run) return found;
  for await (const text of runs.lines(run.key)) {
    if (!text.startsWith('{"match"')) continue;
    const line = RunLine.parse(JSON.parse(text));
    if (!('match' in line) || line.match.status !== 'confirmed') continue;
    let isMoney = false;
    for (const key of line.match.ours) {
      const [, providerId, date, accountNumber] = PAYOUT.exec(key) ?? [];
      if (providerId && date && accountNumber) found.payouts.push({ providerId, date, accountNumber });
      else if (/^mov_bank_[^~]/.test(key)) found.direct.push(key);
      else continue;
      isMoney = true;
    }
    if (isMoney) found.received += line.match.theirAmount;
  }
  return found;
}

/** The book of a provider whose day a payout is of, and may still change. */
async function openPayout(payouts: readonly Payout[], days: DraftDependencies['days']): Promise<BookId | undefined> {
  for (const { providerId, date } of payouts)
    if ((await days.find(providerBook(providerId), date))?.state !== 'CLOSED') return providerBook(providerId);
  return undefined;
}

/** Money that was settled, by the names of its movements; and the invoices that it stands on. */
type SettledMoney = { keys: Map<string, { movementId: MovementId; invoiceNumber: string }>; received: number };

async function settledOn(
  { payouts, direct, received }: Claim,
  accounts: readonly TerminalAccount[],
  { runs, journal, registry, now }: DraftDependencies,
): Promise<SettledMoney> {
  const keys: SettledMoney['keys'] = new Map();
  const add = (movementId: string, invoiceNumber: string) => {
    const id = MovementId.parse(movementId);
    keys.set(movementKey(id, invoiceNumber), { movementId: id, invoiceNumber });
  };
  for (const key of direct) {
    const at = key.lastIndexOf('@');
    add(key.slice(0, at), key.slice(at + 1));
  }
  for (const { providerId, date, accountNumber } of payouts) {
    const all = await registry.atProvider(providerId);
    const matched = await settledTransactions(resultKey(providerId, date), runs);
    const agencyCodes = [
      ...new Set(accounts.filter((one) => one.providerId === providerId).map((one) => one.agencyCode as string)),
    ];
    await journalAround({ agencyCodes, date, asOf: now() }, journal, (entry) => {
      const isOf = entry.providerId === providerId && bringsMoney(entry);
      if (!isOf || isBankCredit(entry.movementId) || !matched.has(entry.transactionId)) return;
      if (accountAtTerminal(entry.terminal, all)?.accountNumber === accountNumber)
        add(entry.movementId, entry.invoiceNumber ?? '');
    });
  }
  return { keys, received };
}

const bringsMoney = ({ kind }: JournalEntry): boolean =>
  kind === 'payment' || kind === 'part' || kind === 'surplus' || kind === 'unmatched';

/** The transactions of a provider's settlement file that our books have alike, on its day or on one beside it. */
async function settledTransactions(key: string, runs: DraftDependencies['runs']): Promise<Set<string>> {
  const settled = new Set<string>();
  let isHeader = true;
  for await (const line of runs.lines(key)) {
    if (!isHeader) {
      const { transactionId, matched, shifted } = parseResultLine(line);
      if (matched || shifted) settled.add(transactionId);
    }
    isHeader = false;
  }
  return settled;
}

type CountContext = { accounts: readonly TerminalAccount[]; claim: Claim; earlier: RemittedMovements };

/**
 * Every movement of purses that this batch counts: of the money settled now that money and all that followed from it; of
 * money settled before what followed since. None that a batch counted before.
 */
async function countAll(
  settled: SettledMoney,
  context: CountContext,
  dependencies: DraftDependencies,
): Promise<Counted[]> {
  const counted = new Map<string, Counted>();
  const records = recordsOf(dependencies.beneficiaries);
  const count = async (invoice: Invoice, movement: Movement, root: string) => {
    const shares = movesPurse(movement) ? sharesOf(movement, invoice, await records(invoice)) : [];
    const key = movementKey(movement.movementId, invoice.number);
    if (shares.length > 0) counted.set(key, { key, root, shares });
  };
  const numbers = new Set(
    [...settled.keys.values()].map(({ invoiceNumber }) => invoiceNumber).filter((one) => one !== ''),
  );
  const invoices = new Map((await findAll([...numbers], dependencies)).map((one) => [one.number as string, one]));
  for (const [key, { movementId, invoiceNumber }] of settled.keys) {
    const movement = invoices.get(invoiceNumber)?.movements[movementId];
    if (invoiceNumber !== '' && !movement) throw new Error(`${movementId} is settled, and stands on no invoice`);
    // Told twice, by files of two days or by two runs, it is the same money.
    if (movement && (await context.earlier.batchOf(key, shownSince(movement, SHIFT_DAYS)))) settled.keys.delete(key);
  }
  for (const invoice of invoices.values())
    for (const movement of Object.values(invoice.movements)) {
      const root = rootOf(movement, invoice);
      if (settled.keys.has(root.key)) await count(invoice, movement, root.key);
    }

  for (const { entry, invoice } of await followers(context, dependencies)) {
    const movement = invoice.movements[MovementId.parse(entry.movementId)];
    if (!movement) throw new Error(`${entry.movementId} is on no invoice`);
    const key = movementKey(movement.movementId, invoice.number);
    const root = rootOf(movement, invoice);
    if (counted.has(key) || (await context.earlier.batchOf(key, root.since))) continue;
    const wasPaidOn = async () =>
      !treasuryGaveBack(movement, invoice) && (await context.earlier.batchOf(root.key, root.since)) !== undefined;
    if (settled.keys.has(root.key) || (await wasPaidOn())) await count(invoice, movement, root.key);
  }
  return [...counted.values()];
}

const movesPurse = ({ lines }: Pick<Movement, 'lines'>): boolean =>
  lines.some(({ account }) => account.startsWith('payable:'));

/** How many days before our books have money it may be on a statement: clocks differ; what is moved came long before. */
const SHIFT_DAYS = 3;
const MOVED_DAYS = 30;

/** No statement shows a movement before this day. `before`: days that clocks may differ. */
const shownSince = ({ paidAt, committedAt }: Movement, before: number): Day =>
  addDays(vietnamDay(Math.min(paidAt, committedAt)), -before);

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
  const last = await earlier.lastProposedAt();
  const [day] = claim.days;
  const from = [
    ...(day ? [addDays(day.day, -LOOK_BACK_DAYS)] : []),
    ...(last === undefined ? [] : [addDays(vietnamDay(last), -LATE_DAYS)]),
  ].sort()[0];
  if (from === undefined) return [];
  const found: JournalEntry[] = [];
  await inParallel(
    [...new Set(accounts.map(({ agencyCode }) => agencyCode as string))],
    AGENCIES_AT_ONCE,
    async (agencyCode) => {
      for (const date of daysBetween(from, today))
        for await (const entry of dependencies.journal.ofDay({ agencyCode, day: date }))
          if (entry.invoiceNumber !== undefined && movesPurse(entry) && follows(entry)) found.push(entry);
    },
  );
  const invoices = await findAll([...new Set(found.map(({ invoiceNumber }) => invoiceNumber ?? ''))], dependencies);
  const byNumber = new Map(invoices.map((invoice) => [invoice.number as string, invoice]));
  return found.map((entry) => {
    const invoice = byNumber.get(entry.invoiceNumber ?? '');
    if (!invoice) throw new Error(`${entry.movementId} is of an invoice that is not there`);
    return { entry, invoice };
  });
}

const follows = ({ kind, movementId }: JournalEntry): boolean =>
  kind === 'reversal' || kind === 'refund' || isMoved(MovementId.parse(movementId));

async function findAll(numbers: readonly string[], { invoices }: DraftDependencies): Promise<Invoice[]> {
  const found: Invoice[] = [];
  for (let at = 0; at < numbers.length; at += MAX_FIND_MANY)
    found.push(
      ...(await invoices.findMany(numbers.slice(at, at + MAX_FIND_MANY).map((one) => InvoiceNumber.parse(one)))),
    );
  return found;
}

/** Who an invoice's purses were on the day when it was made; each looked up once. */
function recordsOf(beneficiaries: BeneficiaryReader) {
  const known = new Map<string, Promise<BeneficiaryRecord | undefined>>();
  return async ({ agencyCode, createdAt, lines }: Invoice): Promise<Map<string, BeneficiaryRecord>> => {
    const day = vietnamDay(createdAt);
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

async function returnedOrders({ returned }: RemittanceHead, { remittances }: DraftDependencies) {
  const again: { place: RemittanceHead['returned'][number]; order: RemittanceOrder }[] = [];
  for (const place of returned) {
    const order = (await remittances.find(place.remittanceId))?.orders.find((one) => one.orderId === place.orderId);
    if (!order) throw new Error(`${place.orderId} is gone`);
    again.push({ place, order });
  }
  return again;
}
