import type { BusinessCalendar } from '../domain/calendar.ts';
import type { InvoiceBook } from '../domain/invoice/book.ts';
import { type Invoice, standing } from '../domain/invoice/invoice.ts';
import type { InvoiceId } from '../domain/invoice/number.ts';
import { accountingDate } from '../domain/ledger/accounting-date.ts';
import type { TellingBook } from '../domain/notification/telling.ts';
import { COUNTER } from '../domain/payment/counter.ts';
import type { MovementId } from '../domain/payment/movement.ts';
import type { ReceiptBook } from '../domain/receipt/book.ts';
import type { KeptReceipt } from '../domain/receipt/receipt.ts';
import type { ResultFiles } from '../domain/reconciliation/results.ts';
import type { RegistryReader } from '../domain/registry/book.ts';
import type { Caller } from '../domain/registry/caller.ts';
import type { Remittance } from '../domain/remittance/remittance.ts';
import type { Instant } from '../domain/time.ts';
import { type ReportedMoney, type Trace, traceOf } from '../domain/trace/trace.ts';
import { type FindRemittanceDependencies, findRemittance } from './find-remittance.ts';
import { findReported } from './find-reported.ts';
import { sha256 } from './hashing.ts';
import { ownInvoice } from './read-invoices.ts';

export type TraceDependencies = {
  invoices: Pick<InvoiceBook, 'find'>;
  resultFiles: ResultFiles;
  receipts: Pick<ReceiptBook, 'ofInvoice'>;
  tellings: Pick<TellingBook, 'ofInvoice'>;
  registry: Pick<RegistryReader, 'agency'> & FindRemittanceDependencies['registry'];
  remittances: FindRemittanceDependencies['remittances'];
  contents: FindRemittanceDependencies['contents'];
  calendar: Pick<BusinessCalendar, 'workingDayAfter'>;
  now: () => Instant;
};

/** The trace of an invoice that the caller may see. At most some reads a movement: an item bears eight. Refusals: not_found. */
export async function readTrace(
  id: InvoiceId,
  caller: Caller,
  { invoices, resultFiles, calendar, now, ...dependencies }: TraceDependencies,
): Promise<{ invoice: Invoice; trace: Trace }> {
  const invoice = await ownInvoice(id, caller, invoices);
  const [receipts, tellings] = await Promise.all([
    receiptsOf(invoice, dependencies),
    dependencies.tellings.ofInvoice(invoice.number),
  ]);
  const found = await Promise.all(
    standing(invoice)
      .filter(({ providerId }) => providerId !== COUNTER)
      .map(async ({ movementId, providerId, transactionId, paidAt, committedAt }) => {
        const payment = { providerId, transactionId, accountingDate: accountingDate(paidAt, committedAt) };
        return [movementId, await findReported(payment, resultFiles)] as const;
      }),
  );
  const reported = new Map<MovementId, ReportedMoney>(
    found.flatMap(([movementId, one]) => (one ? [[movementId, one] as const] : [])),
  );
  const remitted = await remittancesOf(invoice, dependencies);
  return {
    invoice,
    trace: traceOf(invoice, { now: now(), calendar, reported, remitted, receipts, tellings, hash: sha256 }),
  };
}

async function remittancesOf(
  invoice: Invoice,
  dependencies: FindRemittanceDependencies,
): Promise<ReadonlyMap<MovementId, Remittance>> {
  const found = await Promise.all(
    standing(invoice)
      .filter(({ providerId }) => providerId !== COUNTER)
      .map(async (money) => [money.movementId, await findRemittance(money, invoice.number, dependencies)] as const),
  );
  return new Map(found.flatMap(([id, batch]) => (batch ? [[id, batch] as const] : [])));
}

/** The receipts of an invoice whose agency gives any, or gave some; `undefined` for others. */
async function receiptsOf(
  { number, agencyCode }: Invoice,
  { receipts, registry }: Pick<TraceDependencies, 'receipts' | 'registry'>,
): Promise<KeptReceipt[] | undefined> {
  const kept = await receipts.ofInvoice(number);
  return kept.length > 0 || (await registry.agency(agencyCode))?.receipts ? kept : undefined;
}
