import type { Act, EntryLog } from '../domain/audit/audit.ts';
import { type InvoiceBook, MAX_FIND_MANY } from '../domain/invoice/book.ts';
import type { Invoice } from '../domain/invoice/invoice.ts';
import { InvoiceNumber } from '../domain/invoice/number.ts';
import { COMMIT_DAYS_AFTER, COMMIT_DAYS_BEFORE } from '../domain/ledger/accounting-date.ts';
import { kindOf } from '../domain/ledger/balances.ts';
import { isOfPayers, type JournalEntry, type JournalReader } from '../domain/ledger/journal.ts';
import { UNASSIGNED } from '../domain/ledger/ledger.ts';
import { type BookDays, type BookId, providerBook } from '../domain/reconciliation/book-day.ts';
import type { Exception, ExceptionBook } from '../domain/reconciliation/exception.ts';
import type { ResultSummaries } from '../domain/reconciliation/results.ts';
import type { FileLog, Statement } from '../domain/reconciliation/statement.ts';
import type { BeneficiaryReader, BeneficiaryRecord } from '../domain/registry/beneficiary.ts';
import type { RegistryReader } from '../domain/registry/book.ts';
import { placeOfLine } from '../domain/remittance/draft.ts';
import { isReturn } from '../domain/remittance/entries.ts';
import { dueAgainOf, type RemittanceBook, RemittanceId } from '../domain/remittance/remittance.ts';
import type { LedgerSums, PaidOnShare, ReportQuery, ReportSources } from '../domain/reports/report.ts';
import type { Payout, SettledSum } from '../domain/reports/settlement-bridge.ts';
import { addDays, type Day, daysBetween, type Instant, vietnamDay } from '../domain/time.ts';
import { type ExpectedDependencies, expectedFiles, placeOfBook } from './expected-files.ts';
import { invoicesMade } from './invoices-made.ts';
import { lateFiles } from './late-files.ts';
import { dueOf, type MatchDependencies, type PaidOut, payoutKey, payoutsByAccount } from './match-account.ts';
import { payoutsAtBank } from './payouts-at-bank.ts';
import type { ProjectDependencies } from './project-balances.ts';
import { accountsAt } from './trial-balance.ts';
import { accountsOfFile } from './visible.ts';

/** Entries and differences that are handed on together. */
const PAGE = 500;

export type SourceDependencies = Pick<ProjectDependencies, 'journal' | 'balances'> &
  ExpectedDependencies & {
    journal: JournalReader;
    exceptions: Pick<ExceptionBook, 'ofAgency'>;
    summaries: ResultSummaries;
    invoices: Pick<InvoiceBook, 'findMany' | 'ofAgencyDay'>;
    beneficiaries: BeneficiaryReader;
    remittances: Pick<RemittanceBook, 'find'>;
    registry: Pick<RegistryReader, 'atProvider'>;
    days: Pick<BookDays, 'between'>;
    runs: Pick<MatchDependencies['runs'], 'lines'>;
    feeProcedures: (day: Day) => Promise<ReadonlySet<string>>;
    fileLog: FileLog;
    acts: Pick<EntryLog<Act>, 'ofDay'>;
    /** All providers at which an account may be registered. */
    registeredAt: readonly string[];
    /** All providers that may have sent a settlement file. */
    providerIds: readonly string[];
    /** The day before which the journal has nothing. */
    first: Day;
  };

/**
 * The ports behind a report, limited to its query. Whatever of the ledger is read is added to `ledger` too, apart from what
 * the report makes of it.
 */
export function reportSources(
  { from, to, agencyCodes, provider, asOf }: ReportQuery,
  ledger: LedgerSums,
  dependencies: SourceDependencies,
): ReportSources {
  const { journal, exceptions, summaries, invoices, beneficiaries, remittances, providerIds, first } = dependencies;
  const { registry, days, runs, fileLog, acts } = dependencies;
  const isWanted = ({ providerId }: { providerId: string }) => provider === undefined || providerId === provider;
  const isTold = (at: Instant) => at <= asOf;
  const untilNow = (days: readonly Day[]) => days.filter((day) => day <= vietnamDay(asOf));
  const visible = new Set(agencyCodes);
  // Money of no agency is seen by those who see all, and so is what is about none.
  const seesAll = visible.has(UNASSIGNED);
  const records = new Map<string, Promise<BeneficiaryRecord | undefined>>();

  const runsOf = new Map<string, ReturnType<typeof payoutsAtBank>>();
  const foundAt = (paidTo: string): ReturnType<typeof payoutsAtBank> => {
    const [bankBin = '', account = ''] = paidTo.split(':');
    const there = runsOf.get(paidTo) ?? payoutsAtBank({ bankBin, account, from, to, asOf }, { days, runs });
    runsOf.set(paidTo, there);
    return there;
  };

  async function* entries(): AsyncGenerator<readonly JournalEntry[]> {
    const committed = daysBetween(addDays(from, -COMMIT_DAYS_BEFORE), addDays(to, COMMIT_DAYS_AFTER));
    let page: JournalEntry[] = [];
    for (const day of untilNow(committed))
      for (const agencyCode of agencyCodes)
        for await (const entry of journal.ofDay({ agencyCode, day })) {
          const { accountingDate } = entry;
          if (!isOfPayers(entry)) continue;
          if (accountingDate < from || accountingDate > to || !isTold(entry.committedAt) || !isWanted(entry)) continue;
          ledger.addEntry(entry);
          page.push(entry);
          if (page.length < PAGE) continue;
          yield page;
          page = [];
        }
    if (page.length > 0) yield page;
  }

  async function* paidOn(): AsyncGenerator<readonly PaidOnShare[]> {
    if (provider !== undefined) return;
    const days = daysBetween(addDays(from, -COMMIT_DAYS_BEFORE), addDays(to, COMMIT_DAYS_AFTER));
    for (const day of untilNow(days))
      for (const agencyCode of agencyCodes)
        for await (const entry of journal.ofDay({ agencyCode, day })) {
          const { kind, accountingDate, committedAt } = entry;
          if (kind !== 'remittance' || accountingDate < from || accountingDate > to || !isTold(committedAt)) continue;
          // What the purse owed is told by the entries of payers' money.
          ledger.addEntry({ lines: entry.lines.filter(({ account }) => kindOf(account) !== 'payable') });
          yield await sharesOfOrder(entry, remittances);
        }
  }

  async function* found(): AsyncGenerator<readonly Exception[]> {
    for (const agencyCode of agencyCodes) {
      // Positions begin with the business date.
      let after: string | undefined = from;
      for (let more = true; more; ) {
        const read: Awaited<ReturnType<ExceptionBook['ofAgency']>> = await exceptions.ofAgency({
          ...{ agencyCode, after, limit: PAGE },
        });
        const page = read.exceptions.map(({ exception }) => exception);
        after = read.exceptions.at(-1)?.position;
        more = read.more && (page.at(-1)?.businessDate ?? '') <= to;
        const wanted = page.filter((one) => one.businessDate <= to && isTold(one.openedAt) && isWanted(one));
        if (wanted.length > 0) yield wanted;
      }
    }
  }

  const made = () => invoicesMade({ agencyCodes, days: untilNow(daysBetween(from, to)), asOf }, invoices);

  /** The log of the months of some days, oldest first. It has its newest first; a month has some thousands at most. */
  async function* logOf(days: readonly Day[]): AsyncGenerator<readonly Statement[]> {
    for (const month of new Set(days.map((day) => day.slice(0, 'YYYY-MM'.length)))) {
      const ofMonth: Statement[] = [];
      let after: string | undefined;
      for (let more = true; more; ) {
        const page = await fileLog.files({ month, after, limit: PAGE });
        ofMonth.push(...page.files.map(({ statement }) => statement));
        after = page.files.at(-1)?.position;
        more = page.more && after !== undefined;
      }
      yield ofMonth.reverse().filter(({ createdAt }) => isTold(createdAt));
    }
  }

  const isVisible = async (place: Parameters<typeof accountsOfFile>[0]): Promise<boolean> =>
    (await accountsOfFile(place, dependencies)).every(
      (accounts) => accounts.length > 0 && accounts.every(({ agencyCode }) => seesAll || visible.has(agencyCode)),
    );

  async function* files(): AsyncGenerator<readonly Statement[]> {
    for await (const ofMonth of logOf(untilNow(daysBetween(from, to)))) {
      const wanted: Statement[] = [];
      for (const file of ofMonth) {
        const day = vietnamDay(file.createdAt);
        if (day >= from && day <= to && isWanted(file) && (await isVisible(file))) wanted.push(file);
      }
      if (wanted.length > 0) yield wanted;
    }
  }

  const expected = () => {
    const isOfProvider = (book: BookId) => provider === undefined || book === providerBook(provider);
    const isWantedBook = async (book: BookId) => isOfProvider(book) && (await isVisible(placeOfBook(book)));
    const log = logOf(daysBetween(from, vietnamDay(asOf)));
    return expectedFiles({ from, to, asOf, isWanted: isWantedBook }, log, dependencies);
  };

  async function* done(): AsyncGenerator<readonly Act[]> {
    for (const day of untilNow(daysBetween(from, to))) {
      let after: string | undefined;
      do {
        const page = await acts.ofDay({ day, after, limit: PAGE });
        const wanted = page.entries.filter(
          ({ at, agencyCode }) => isTold(at) && (seesAll || (agencyCode !== undefined && visible.has(agencyCode))),
        );
        if (wanted.length > 0) yield wanted;
        after = page.next;
      } while (after !== undefined);
    }
  }

  return {
    entries,
    paidOn,
    exceptions: found,
    files,
    expectedFiles: expected,
    acts: done,
    invoicesMade: made,

    async reported(day) {
      const ofProviders = await Promise.all(
        providerIds.map(async (providerId) => ({
          providerId,
          summary: await summaries.summary(providerId, day),
          late: await lateFiles({ providerId, from: day, to: day }, dependencies),
        })),
      );
      return ofProviders
        .filter(isWanted)
        .flatMap(({ providerId, summary, late }) =>
          [summary, ...late]
            .flatMap((file) => (file && isTold(file.reportedAt) ? Object.entries(file.agencies) : []))
            .map(([agencyCode, { count, amount }]) => ({ agencyCode, providerId, count, amount })),
        )
        .filter(({ agencyCode }) => visible.has(agencyCode));
    },

    async settled(day) {
      const found: SettledSum[] = [];
      for (const providerId of providerIds.filter((id) => isWanted({ providerId: id }))) {
        const accounts = await registry.atProvider(providerId);
        const summary = await summaries.summary(providerId, day);
        const isVisible = accounts.every(({ agencyCode }) => visible.has(agencyCode));
        if (!isVisible) continue;
        const known = summary?.terminals && isTold(summary.reportedAt) ? summary.terminals : undefined;
        const late = (await lateFiles({ providerId, from: day, to: day }, dependencies)).filter(({ reportedAt }) =>
          isTold(reportedAt),
        );
        if (!known && late.length === 0) continue;
        const payoutAt = async (paidTo: string, due: number, key: (account: string) => string): Promise<Payout> => {
          const [, account = ''] = paidTo.split(':');
          const { atBank, overdue = false } = (await foundAt(paidTo)).get(key(account)) ?? {};
          return { due, atBank: atBank && { credited: due + atBank.above, adjusted: atBank.adjusted }, overdue };
        };
        const paidOut = [...payoutsByAccount(known ?? {}, accounts, day)];
        const ofDay = paidOut.map(([paidTo, paid]) =>
          payoutAt(paidTo, dueOf(paid), (account) => payoutKey(providerId, day, account)),
        );
        const ofLate = late.flatMap((file) =>
          [...payoutsByAccount(file.terminals, accounts, file.businessDate)].map(([paidTo, paid]) =>
            payoutAt(paidTo, dueOf(paid), (account) => payoutKey(providerId, file.businessDate, account, file)),
          ),
        );
        const cameLate = await Promise.all(ofLate);
        const payouts = [...(await Promise.all(ofDay)), ...cameLate];
        const sum = (of: (one: PaidOut) => number) => paidOut.reduce((all, [, one]) => all + of(one), 0);
        found.push({
          ...{ providerId, payouts },
          late: {
            net: cameLate.reduce((all, { due }) => all + due, 0),
            reported: late
              .flatMap(({ terminals }) => Object.values(terminals))
              .reduce((all, { amount, chargedBack = 0 }) => all + amount - chargedBack, 0),
          },
          gross: sum(({ amount }) => amount),
          fees: sum(({ fee }) => fee),
          refunded: sum(({ refunded }) => refunded),
          chargedBack: sum(({ chargedBack }) => chargedBack),
        });
      }
      return found;
    },

    async balances(day) {
      const accounts = await accountsAt(agencyCodes, day, asOf, { ...dependencies, first });
      for (const account of accounts) ledger.addBalance(account);
      return accounts;
    },

    async invoices(numbers) {
      const all = new Map<string, Invoice>();
      for (let at = 0; at < numbers.length; at += MAX_FIND_MANY) {
        const wanted = numbers.slice(at, at + MAX_FIND_MANY).map((number) => InvoiceNumber.parse(number));
        for (const invoice of await invoices.findMany(wanted)) all.set(invoice.number, invoice);
      }
      return all;
    },

    beneficiary(agencyCode, beneficiary, day) {
      const key = JSON.stringify([agencyCode, beneficiary, day]);
      const record = records.get(key) ?? beneficiaries.at(agencyCode, beneficiary, day);
      records.set(key, record);
      return record;
    },

    feeProcedures: dependencies.feeProcedures,
  };
}

/** The places that an entry about an order paid, or took back from. Throws where the entry is not its order's. */
async function sharesOfOrder(
  { movementId, merchantAccountId, transactionId, amount }: JournalEntry,
  remittances: Pick<RemittanceBook, 'find'>,
): Promise<PaidOnShare[]> {
  const id = RemittanceId.safeParse(merchantAccountId);
  const batch = id.success ? await remittances.find(id.data) : undefined;
  const order = batch?.orders.find((one) => one.orderId === transactionId);
  const sign = isReturn(movementId) ? -1 : 1;
  const shares = (order?.lines ?? []).map((line) => ({ ...line, amount: sign * line.amount }));
  // What is due again was not paid, or was paid too much.
  const unpaid = order?.ended ? dueAgainOf(order, {}).map((line) => ({ ...line, amount: -sign * line.amount })) : [];
  const all = [...shares, ...unpaid];
  if (!order || all.reduce((sum, line) => sum + line.amount, 0) !== sign * amount)
    throw new Error(`${movementId} is not what its order says`);
  return all.map((line) => ({ place: placeOfLine(order.payee, line), amount: line.amount }));
}
