import fc from 'fast-check';
import { vietnamCalendar } from '../../shared/catalogue/calendar.ts';
import { deliveries as agreed } from '../../shared/catalogue/deliveries.ts';
import type { Invoice, InvoiceLine } from '../../shared/domain/invoice/invoice.ts';
import { account } from '../../shared/domain/ledger/ledger.ts';
import { type Dong, dong, sum } from '../../shared/domain/money/dong.ts';
import { linesOf, reversalMovement } from '../../shared/domain/payment/entries.ts';
import type { Movement } from '../../shared/domain/payment/movement.ts';
import { deliveryRules } from '../../shared/domain/reconciliation/deliveries.ts';
import type { Exception } from '../../shared/domain/reconciliation/exception.ts';
import type { TerminalAccount } from '../../shared/domain/registry/registry.ts';
import { addDays, startOfDay, vietnamDay } from '../../shared/domain/time.ts';
import { projectBalances } from '../../shared/usecases/project-balances.ts';
import { entriesOfChange } from '../../shared/usecases/publish-change.ts';
import { aRecord } from '../contract/beneficiary-book.contract.ts';
import { MemoryAudit } from '../fakes/memory-audit.ts';
import { MemoryBalances } from '../fakes/memory-balances.ts';
import { MemoryBeneficiaries } from '../fakes/memory-beneficiaries.ts';
import { MemoryBookDays } from '../fakes/memory-book-days.ts';
import { MemoryDeliveries } from '../fakes/memory-deliveries.ts';
import { MemoryFiles } from '../fakes/memory-files.ts';
import { MemoryInvoices } from '../fakes/memory-invoices.ts';
import { MemoryJournal } from '../fakes/memory-journal.ts';
import { MemoryRemittances } from '../fakes/memory-remittances.ts';
import { MemoryWork } from '../fakes/memory-work.ts';
import { invoiceOf } from './world.ts';

/** A month of books: invoices with the money that came and went, and the journal that the outbox makes of them. */

export const MONTH = { from: '2026-11-01', to: '2026-11-30' } as const;
/** A morning after the month, when all that is late has come. */
export const AFTERWARDS = startOfDay('2026-12-05') + 9 * 3_600_000;
export const AGENCIES = ['H29.12', 'H29.13'] as const;

type Lines = readonly { kind: InvoiceLine['kind']; amount: number; beneficiary: string }[];
export type Paid = {
  /** What of the total comes in each part; the last part pays what is left. Nothing: nobody pays. */
  parts: number;
  provider: 'vnpay' | 'momo' | 'counter';
  surplus?: number | undefined;
  /** Whether the last part, or the surplus, goes back. */
  goesBack: boolean;
};
export type Order = { agency: (typeof AGENCIES)[number]; day: number; procedure: string; lines: Lines; paid: Paid };

const line = fc.record({
  kind: fc.constantFrom('phi' as const, 'le_phi' as const, 'thue' as const),
  amount: fc.integer({ min: 0, max: 2_000_000 }),
  beneficiary: fc.constantFrom('main', 'fund'),
});

export const anOrder: fc.Arbitrary<Order> = fc.record({
  agency: fc.constantFrom(...AGENCIES),
  day: fc.integer({ min: 0, max: 29 }),
  procedure: fc.constantFrom('1.004222', '3.000347', '1.001456'),
  lines: fc.array(line, { minLength: 1, maxLength: 4 }),
  paid: fc.record({
    parts: fc.integer({ min: 0, max: 3 }),
    provider: fc.constantFrom('vnpay' as const, 'momo' as const, 'counter' as const),
    surplus: fc.option(fc.integer({ min: 1, max: 500_000 }), { nil: undefined }),
    goesBack: fc.boolean(),
  }),
});

/** The invoice of an order, with every movement on it. */
export function invoiceFor(order: Order, index: number): Invoice {
  const createdAt = startOfDay(addDays(MONTH.from, order.day)) + 8 * 3_600_000 + index * 1000;
  const lines = order.lines.map((one, at) => ({
    ...{ feeItem: `${order.procedure}-0${at + 1}`, kind: one.kind, quantity: 1 },
    ...{ amount: dong(one.amount), beneficiary: one.beneficiary },
  }));
  const total = sum(lines.map(({ amount }) => amount));
  const number = String(100_000_000_000 + index);
  const movements: Movement[] = [];
  const add = (kind: Movement['kind'], amount: Dong) => {
    const { provider } = order.paid;
    const merchantAccountId = `${provider}.${order.agency}`;
    const receivedAt =
      provider === 'counter' ? account.desk(order.agency, 'cash') : account.clearing(merchantAccountId);
    const at = createdAt + (movements.length + 1) * 60_000;
    movements.push({
      movementId: `mov_${provider}_T${index}x${movements.length}`,
      ...{ kind, amount, providerId: provider, merchantAccountId, terminal: 'T1' },
      ...(kind === 'surplus' && { category: 'DUPLICATE_PAYMENT' as const }),
      transactionId: `T${index}x${movements.length}`,
      paidAt: at - 30_000,
      committedAt: at,
      lines: linesOf(kind, amount, receivedAt, order.agency, { lines, movements }),
      evidence: `said ${index} ${movements.length}`,
    });
  };
  let due: number = total;
  for (let part = order.paid.parts; part > 0 && due > 0; part -= 1) {
    const amount = part === 1 ? due : Math.floor(due / 2);
    if (amount === 0) continue;
    due -= amount;
    add(due === 0 ? 'payment' : 'part', dong(amount));
  }
  if (order.paid.surplus !== undefined) add('surplus', dong(order.paid.surplus));
  const last = movements.at(-1);
  if (order.paid.goesBack && last)
    movements.push(
      reversalMovement(last, {
        providerId: last.providerId,
        reversedAt: last.committedAt + 60_000,
        committedAt: last.committedAt + 90_000,
        evidence: `took back ${index}`,
      }),
    );
  return invoiceOf(number, {
    agencyCode: order.agency,
    dossierCode: `${order.agency}-261101-${String(index).padStart(4, '0')}`,
    procedureCode: order.procedure,
    ...{ lines, total, due: total, createdAt, expiresAt: createdAt + 1 },
    movements: Object.fromEntries(movements.map((one) => [one.movementId, one])) as Invoice['movements'],
  });
}

const accountOf = (agencyCode: string, providerId: string): TerminalAccount => ({
  ...{ id: `${providerId}-${agencyCode.toLowerCase().replace('.', '-')}`, providerId, agencyCode, beneficiary: 'main' },
  ...{ terminal: 'TERMINAL', accountNumber: '120010000001', bankBin: '970436', active: true },
});

/** The books of these orders, and all that a report may ask for. */
export async function booksOf(orders: readonly Order[]) {
  const invoices = new MemoryInvoices();
  const journal = new MemoryJournal();
  const balances = new MemoryBalances();
  const beneficiaries = new MemoryBeneficiaries();
  const work = new MemoryWork();
  const files = new MemoryFiles();
  const audit = new MemoryAudit();
  const days = new MemoryBookDays();
  const deliveries = new MemoryDeliveries();
  for (const agencyCode of AGENCIES)
    for (const beneficiary of ['main', 'fund'])
      await beneficiaries.add(
        aRecord({
          agencyCode,
          beneficiary,
          account: {
            ...{ kind: 'treasury', number: beneficiary === 'main' ? '7111' : '3511', treasury: '0111' },
            ...{ treasuryName: 'KBNN mẫu', bankBin: '970436' },
          },
          bookings: [
            { kind: 'phi', subItem: '2716', retainedPermille: 333 },
            { kind: 'le_phi', subItem: '2771', retainedPermille: 0 },
            { kind: 'thue', subItem: '1701', retainedPermille: 0 },
          ],
        }),
        undefined,
      );
  for (const [index, order] of orders.entries()) {
    const invoice = invoiceFor(order, index);
    await invoices.create(invoice);
    for (const entry of entriesOfChange(undefined, { kind: 'invoice', invoice })) {
      await journal.append(entry);
      if (!entry.category) continue;
      await work.open(exceptionFor(entry, index));
    }
  }
  const registry = {
    agencyCodes: async () => [...AGENCIES],
    agency: async () => undefined,
    client: async () => undefined,
    atProvider: async (providerId: string) =>
      providerId === 'momo' ? [accountOf('H29.13', providerId)] : AGENCIES.map((code) => accountOf(code, providerId)),
  };
  const first = MONTH.from;
  await projectBalances({ from: first, to: '2026-12-01', first }, { journal, balances, registry });
  return {
    journal,
    work,
    files,
    audit,
    days,
    deliveries,
    invoices,
    dependencies: {
      ...{ journal, balances, beneficiaries, invoices, registry, first },
      exceptions: work,
      fileLog: work,
      acts: audit,
      registeredAt: ['vnpay', 'momo'],
      summaries: files,
      remittances: new MemoryRemittances(),
      runs: files,
      days,
      deliveries,
      rules: deliveryRules(agreed, new Map()),
      calendar: vietnamCalendar,
      statements: work,
      withFiles: new Set(['vnpay', 'momo']),
      providerIds: ['vnpay', 'momo'],
      feeProcedures: async () => new Set(['1.004222', '3.000347', '1.001456', '2.000815']),
    },
  };
}

const exceptionFor = (
  entry: { agencyCode: string; providerId: string; transactionId: string; amount: Dong; committedAt: number },
  index: number,
): Exception => ({
  exceptionId: `exc_${String(index).padStart(24, '0')}`,
  category: 'DUPLICATE_PAYMENT',
  state: 'OPEN',
  source: 'posting',
  agencyCode: entry.agencyCode,
  providerId: entry.providerId,
  transactionId: entry.transactionId,
  businessDate: vietnamDay(entry.committedAt),
  openedAt: entry.committedAt,
  ours: entry.amount,
  theirs: entry.amount,
});
