import type { Invoice, InvoiceLine } from '../../shared/domain/invoice/invoice.ts';
import { account } from '../../shared/domain/ledger/ledger.ts';
import { dong, sum } from '../../shared/domain/money/dong.ts';
import { COUNTER, type CounterEvidence, counterMovementId } from '../../shared/domain/payment/counter.ts';
import { linesOf, reversalMovement } from '../../shared/domain/payment/entries.ts';
import { BANK_CREDIT, type Movement, MovementId, movedFrom } from '../../shared/domain/payment/movement.ts';
import { accountBook, accountOfBook, type BookId, providerBook } from '../../shared/domain/reconciliation/book-day.ts';
import { afterRefundWrite, decideDone, decideRequest, type GivenBack } from '../../shared/domain/refund/decide.ts';
import { type HandReason, refundIdFrom } from '../../shared/domain/refund/refund.ts';
import type { Caller } from '../../shared/domain/registry/caller.ts';
import type { Remittance, RemittanceId } from '../../shared/domain/remittance/remittance.ts';
import { addDays, type Day, startOfDay, vietnamDay } from '../../shared/domain/time.ts';
import { closeDay } from '../../shared/usecases/close-day.ts';
import { confirmRemittance } from '../../shared/usecases/confirm-remittance.ts';
import { decideRemittance } from '../../shared/usecases/decide-remittance.ts';
import { intoDrawer } from '../../shared/usecases/desk-deposits.ts';
import { draftRemittance } from '../../shared/usecases/draft-remittance.ts';
import { exportRemittance } from '../../shared/usecases/export-remittance.ts';
import { isPaidOn } from '../../shared/usecases/find-remittance.ts';
import { followRemittances } from '../../shared/usecases/follow-remittances.ts';
import { overdueFor } from '../../shared/usecases/overdue-remittances.ts';
import { proposeRemittance } from '../../shared/usecases/propose-remittance.ts';
import { entriesOfChange } from '../../shared/usecases/publish-change.ts';
import { aRecord } from '../contract/beneficiary-book.contract.ts';
import { DAY, fileOf, LAND, LAND_TERMINAL } from '../domain/reconciliation/samples.ts';
import { invoiceOf } from '../dsl/world.ts';
import { MemoryBeneficiaries } from '../fakes/memory-beneficiaries.ts';
import { ACCOUNT, BANK_BIN, everyone, type FinanceWorld, financeWorld, PROVIDER } from './finance-world.ts';
import { type PaperLine, statementOf, transferOf } from './paper-statement.ts';

/** Paying out, from the money on invoices to the bank's word: one account of one agency, at the sandbox bank. */

export const BOOK = accountBook(BANK_BIN, ACCOUNT);
export const maker: Caller = { ...everyone, subject: 'maker-1' };
export const checker: Caller = { ...everyone, subject: 'checker-2' };

/** The day from which all accounts are paid on from. */
export const PAID_ON_FROM: Day = '2020-01-01';
const HOUR = 3_600_000;
const KINDS = ['phi', 'le_phi', 'thue'] as const;
type Kind = (typeof KINDS)[number];
export type Fee = { kind: Kind; amount: number; beneficiary?: string };

export async function remittanceWorld() {
  const finance: FinanceWorld = financeWorld();
  for (const one of finance.accounts) one.paidOnFrom = PAID_ON_FROM;
  const book = new Map<string, Invoice>();
  const invoices = {
    findMany: async (numbers: readonly string[]) => numbers.flatMap((one) => structuredClone(book.get(one)) ?? []),
    bearersOf: async (credits: readonly MovementId[]) =>
      new Map(
        [...book.values()].flatMap(({ number, movements }) =>
          credits
            .filter((credit) => [credit, movedFrom(credit)].some((id) => movements[id]))
            .map((credit) => [credit, number] as const),
        ),
      ),
  };
  const beneficiaries = new MemoryBeneficiaries();
  for (const [beneficiary, number] of [
    ['main', '7111'],
    ['fund', '3511.0.1234567'],
  ] as const)
    await beneficiaries.add(
      aRecord({
        ...{ agencyCode: LAND, beneficiary, effectiveFrom: '2020-01-01' },
        account: { kind: 'treasury', number, treasury: '0111', treasuryName: 'KBNN mẫu', bankBin: '970436' },
        bookings: [
          { kind: 'phi', subItem: '2716', retainedPermille: 333 },
          { kind: 'le_phi', subItem: '2771', retainedPermille: 0 },
          { kind: 'thue', subItem: '1701', retainedPermille: 0 },
        ],
      }),
      undefined,
    );
  const dependencies = {
    ...finance.dependencies,
    contents: finance.files,
    invoices,
    beneficiaries,
    audit: () => undefined,
  };
  let made = 0;
  let keys = 0;
  const openings = new Map<BookId, number>();
  const key = () => `key-remit-${keys++}`;

  const world = {
    ...finance,
    invoices,
    beneficiaries,
    dependencies,

    /** Somebody pays an invoice: by the provider, or straight to the account. Answers its number and transaction. */
    async paid(
      fees: readonly Fee[],
      {
        day = DAY,
        by = 'provider',
        as,
        enter = true,
      }: { day?: Day; by?: 'provider' | 'transfer'; as?: string; enter?: boolean } = {},
    ) {
      const index = made++;
      const number = String(100_000_000_000 + index);
      const transactionId = as ?? `T${index}`;
      const createdAt = startOfDay(day) + 8 * HOUR;
      const lines: InvoiceLine[] = fees.map((fee, at) => ({
        ...{ feeItem: `1.004222-0${at + 1}`, kind: fee.kind, quantity: 1 },
        ...{ amount: dong(fee.amount), beneficiary: fee.beneficiary ?? 'main' },
      }));
      const total = sum(lines.map(({ amount }) => amount));
      const at = createdAt + HOUR;
      const movement: Movement = {
        movementId: by === 'provider' ? `mov_${PROVIDER}_${transactionId}` : `mov_bank_${ACCOUNT}_${transactionId}`,
        ...{ kind: 'payment', amount: total, providerId: by === 'provider' ? PROVIDER : BANK_CREDIT },
        ...{ merchantAccountId: 'land-main', terminal: LAND_TERMINAL, transactionId, attempt: 1 },
        ...{ paidAt: at, committedAt: at, evidence: `said ${index}` },
        lines: linesOf('payment', total, account.clearing('land-main'), LAND, { lines, movements: [] }),
      };
      const invoice = invoiceOf(number, {
        ...{ agencyCode: LAND, dossierCode: `${LAND}-261101-${String(index).padStart(4, '0')}` },
        ...{ lines, total, due: dong(0), state: 'paid', createdAt, expiresAt: createdAt + 24 * HOUR },
        movements: { [movement.movementId]: movement } as Invoice['movements'],
      });
      if (enter) await this.keep(invoice);
      return { number, transactionId, amount: total as number, invoice };
    },

    /** Somebody pays an invoice in cash at the desk. */
    async cash(fees: readonly Fee[], day: Day = DAY) {
      const paid = await this.paid(fees, { day, enter: false });
      const [movement] = Object.values(paid.invoice.movements);
      if (!movement) throw new Error('no movement');
      const movementId = counterMovementId(paid.invoice, 'slip');
      const evidence: CounterEvidence = {
        ...{ v: 1, method: 'cash', receipt: { symbol: '26P', number: '1' }, desk: 'quay-01' },
        ...{ clerk: 'clerk-1', bodyHash: 'b' },
      };
      const atDesk: Movement = {
        ...{ ...movement, movementId, providerId: COUNTER, merchantAccountId: `${COUNTER}.cash`, terminal: 'quay-01' },
        ...{ transactionId: `${paid.number}-slip`, evidence: JSON.stringify(evidence) },
        lines: movement.lines.map((line) =>
          line.side === 'debit' ? { ...line, account: account.desk(LAND, 'cash') } : line,
        ),
      };
      await this.keep({ ...paid.invoice, movements: { [movementId]: atDesk } });
      return { number: paid.number, transactionId: atDesk.transactionId, amount: paid.amount };
    },

    /** From a day on the land office's desk deposits its cash in the account. */
    deposits(from: Day = DAY): void {
      const deskAccounts = [{ from, bankBin: BANK_BIN, accountNumber: ACCOUNT }];
      finance.agencies.set(LAND, { code: LAND, name: { vi: 'Sở', en: 'Office' }, active: true, deskAccounts });
    },

    /** What the drawer of the land office is to deposit of a day, as the bank's statement shows it; nothing where it is nothing. */
    depositOf(day: Day) {
      const amount = finance.journal
        .entries()
        .filter(({ committedAt }) => vietnamDay(committedAt) === day)
        .reduce((sum, entry) => sum + intoDrawer(entry, LAND), 0);
      const text = `NOP TIEN QUAY ${LAND} NGAY ${day.split('-').reverse().join('')}`;
      return amount === 0 ? [] : [{ reference: `DEP${day}`.replaceAll('-', ''), amount, text }];
    },

    /** From a day on the land office's terminal is paid out to another bank account; its book. */
    paidOutTo(accountNumber: string, accountSince: Day): BookId {
      const at = finance.accounts.findIndex(({ id, former }) => id === 'land-main' && !former);
      const [before] = finance.accounts.splice(at, 1);
      if (!before) throw new Error('no account');
      finance.accounts.push({ ...before, accountNumber, accountSince }, { ...before, former: true });
      return accountBook(BANK_BIN, accountNumber);
    },

    /** What is answered to whoever orders a refund of an invoice's payment. */
    isPaidOn(number: string) {
      const [movement] = Object.values(this.invoice(number).movements);
      if (!movement) throw new Error('no movement');
      return isPaidOn(movement, number, {
        ...{ remittances: finance.remittances, contents: finance.files },
        registry: {
          ...finance.dependencies.registry,
          merchantAccount: async (id) => finance.accounts.find((one) => one.id === id && !one.former),
          accountsAtTerminal: async (providerId, terminal) =>
            finance.accounts.filter((one) => one.providerId === providerId && one.terminal === terminal),
        },
      });
    },

    /** A credit that came without an invoice and was moved to one on the day on which it came. */
    async moved(fees: readonly Fee[], day: Day = DAY) {
      const transactionId = `FTMOVED${made}`;
      const credit = MovementId.parse(`mov_bank_${ACCOUNT}_${transactionId}`);
      const paid = await this.paid(fees, { day, by: 'transfer', as: transactionId, enter: false });
      const [movement] = Object.values(paid.invoice.movements);
      if (!movement) throw new Error('no movement');
      const amount = movement.amount;
      const lines = [
        { side: 'debit' as const, account: account.unmatched(LAND), amount },
        ...movement.lines.filter(({ side }) => side === 'credit'),
      ];
      const { invoiceNumber: _, ...alone } = transferOf(transactionId, {
        ...{ kind: 'unmatched', amount, paidAt: movement.paidAt, committedAt: movement.committedAt },
      });
      await finance.journal.append(alone);
      const movementId = movedFrom(credit);
      await this.keep({ ...paid.invoice, movements: { [movementId]: { ...movement, movementId, lines } } });
      return paid;
    },

    /** The invoice as it is now, and the entries of what is new on it. */
    async keep(invoice: Invoice): Promise<void> {
      book.set(invoice.number, structuredClone(invoice));
      for (const entry of entriesOfChange(undefined, { kind: 'invoice', invoice })) await finance.journal.append(entry);
    },

    invoice(number: string): Invoice {
      const found = structuredClone(book.get(number));
      if (!found) throw new Error(`no invoice ${number}`);
      return found;
    },

    /** All or some of an invoice's money goes back now. */
    async givenBack(
      number: string,
      { amount, how = 'provider', byHand }: { amount?: number; how?: GivenBack; byHand?: HandReason } = {},
    ) {
      const before = this.invoice(number);
      const now = finance.clock.at;
      const refundId = refundIdFrom(before.number, Buffer.from(String(keys++).padStart(8, '0')));
      const asked = decideRequest(
        before,
        {
          ...{ refundId, reason: 'WRONG_PAYMENT', by: 'x', clientId: 'c', keyHash: 'k', bodyHash: 'b' },
          decision: { number: '1/QĐ', date: DAY },
          ...(amount !== undefined && { amount: dong(amount) }),
        },
        now,
      );
      if (typeof asked === 'string') return undefined;
      const requested = afterRefundWrite(before, asked);
      if (!requested) throw new Error('not requested');
      const refund = requested.refunding?.refunds[refundId];
      if (!refund) throw new Error('no refund');
      const sent: Invoice = {
        ...requested,
        refunding: {
          ...(requested.refunding as NonNullable<Invoice['refunding']>),
          refunds: {
            ...requested.refunding?.refunds,
            [refundId]: { ...refund, state: 'sent', ...(byHand && { byHand }) },
          },
        },
      };
      const done = decideDone(sent, refundId, 'Confirmed', how, {}, now);
      const after = done && afterRefundWrite(sent, done);
      if (!after) throw new Error('not done');
      await this.keep(after);
      return refund.amount as number;
    },

    /** The provider takes an invoice's payment back. */
    async reversed(number: string): Promise<void> {
      const before = this.invoice(number);
      const original = Object.values(before.movements).find(({ kind }) => kind === 'payment');
      if (!original || before.refunding) return;
      const reversal = reversalMovement(original, {
        ...{ providerId: original.providerId, reversedAt: finance.clock.at, committedAt: finance.clock.at },
        evidence: 'took it back',
      });
      if (before.movements[reversal.movementId]) return;
      await this.keep({
        ...before,
        ...{ state: 'open', due: before.total },
        movements: { ...before.movements, [reversal.movementId]: reversal },
      });
    },

    /** The morning after a day. */
    morning(day: Day): void {
      finance.clock.at = Math.max(finance.clock.at, startOfDay(addDays(day, 1)) + 8 * HOUR);
    },

    /** The provider's file of a day comes, and its day is closed. */
    async settled(
      day: Day,
      lines: readonly { id: string; amount: number }[],
      { close = true, fee = 0 } = {},
    ): Promise<void> {
      this.morning(day);
      const content = fileOf(...lines.map((line) => ({ ...line, paidAt: `${day} 09:00:00` })));
      await finance.takeInSettlement(content, key(), { businessDate: day });
      const summary = await finance.files.summary(PROVIDER, day);
      const terminal = summary?.terminals?.[LAND_TERMINAL];
      if (summary && terminal && fee > 0)
        await finance.files.writeSummary({ ...summary, terminals: { [LAND_TERMINAL]: { ...terminal, fee } } });
      if (close) await this.closed(providerBook(PROVIDER), day);
    },

    /** Two persons write a difference off, or say what belongs together. */
    writtenOff: (ours: readonly string[], theirs: readonly string[]) =>
      finance.decisions.decide(BOOK, { decisionId: `exc-${keys++}`, kind: 'write-off', ours, theirs }),

    /** The bank's statement of a day comes, and the day is closed. */
    async stated(
      day: Day,
      lines: readonly Omit<PaperLine, 'day'>[],
      { close = true, book = BOOK } = {},
    ): Promise<void> {
      this.morning(day);
      const account = accountOfBook(book)?.account ?? '';
      const opening = openings.get(book) ?? 1_000_000;
      const content = statementOf(
        lines.map((line) => ({ ...line, day })),
        { day, account, opening, sequence: `${day.slice(5).replace('-', '')}/1` },
      );
      const ended = await finance.takeIn(content, key(), { businessDate: day, accounts: [account] });
      if (ended.state !== 'RECONCILED') throw new Error(JSON.stringify(ended.faults));
      openings.set(book, opening + lines.reduce((total, { amount }) => total + amount, 0));
      if (close) await this.closed(book, day);
    },

    async closed(book: BookId, day: Day): Promise<void> {
      const sha256 = (await finance.days.find(book, day))?.run?.sha256 ?? null;
      await closeDay({ book, day, sha256 }, everyone, finance.dependencies);
    },

    due: (through?: Day, book = BOOK) => draftRemittance({ book, through }, maker, dependencies),

    async proposed(through?: Day, caller = maker, book = BOOK): Promise<Remittance> {
      const { sha256, uncovered } = await this.due(through, book);
      return this.proposedAs(sha256, through, caller, uncovered, book);
    },

    async proposedAs(sha256: string, through?: Day, caller = maker, coveredBy = 0, book = BOOK): Promise<Remittance> {
      const command = { book, sha256, through, ...(coveredBy > 0 && { coveredBy }) };
      return (await proposeRemittance(command, caller, key(), dependencies)).remittance;
    },

    async decided(id: RemittanceId, action: 'approve' | 'reject', caller = checker): Promise<Remittance> {
      const sha256 = (await finance.remittances.find(id))?.content.sha256 ?? '';
      const decision = action === 'approve' ? { action, sha256 } : { action, reason: 'sai' };
      return (await decideRemittance(id, decision, caller, key(), dependencies)).remittance;
    },

    exported: async (id: RemittanceId) =>
      (await exportRemittance(id, maker, key(), { ...dependencies, files: finance.files })).remittance,

    async confirmed(id: RemittanceId): Promise<Remittance> {
      finance.clock.at += 1000;
      return (await confirmRemittance(id, maker, key(), dependencies)).remittance;
    },

    /** The clock comes by. */
    followed: () =>
      followRemittances({ ...dependencies, lists: finance.files }, (_, error) => {
        throw error;
      }),

    /** What it found last, as finance staff reads it. */
    overdue: async (caller: Caller = maker) =>
      (await overdueFor(undefined, caller, dependencies)).overdue.map(
        ({ agencyCode, amount, credited, holder }) => `${agencyCode} ${amount} since ${credited}: ${holder}`,
      ),

    /** Proposed, approved and given to the bank. */
    async ordered(through?: Day, book = BOOK): Promise<Remittance> {
      const { remittanceId } = await this.proposed(through, maker, book);
      await this.decided(remittanceId, 'approve');
      return this.exported(remittanceId);
    },
  };
  return world;
}

export type RemittanceWorld = Awaited<ReturnType<typeof remittanceWorld>>;
