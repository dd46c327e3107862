import { CREATION_SHARDS, type DueDays, type InvoiceBook } from '../domain/invoice/book.ts';
import { DEFAULT_VALIDITY_DAYS } from '../domain/invoice/invoice.ts';
import type { InvoiceNumber } from '../domain/invoice/number.ts';
import { moveInvoice } from '../domain/invoice/states.ts';
import type { RegistryReader } from '../domain/registry/book.ts';
import { addDays, type Day, daysBetween, endOfDay, type Instant, vietnamDay } from '../domain/time.ts';
import { inParallel } from './in-parallel.ts';

/**
 * How long after its deadline an invoice is written down as expired, in milliseconds. Longer than providers keep repeating
 * a callback (VNPAY: 10 times, 5 minutes apart), so that money paid in time is entered as paid.
 */
export const EXPIRY_GRACE_MILLISECONDS = 60 * 60_000;
/** Invoices read at once. */
const PAGE = 100;
/** Writes at once for one agency, and agencies at once. */
const WRITES_AT_ONCE = 8;
const AGENCIES_AT_ONCE = 8;

export type ExpireDependencies = {
  invoices: Pick<InvoiceBook, 'ofAgencyDay' | 'findMany' | 'move'>;
  registry: Pick<RegistryReader, 'agencyCodes'>;
  dueDays: DueDays;
  now: () => Instant;
};

/**
 * Writes down which invoices have expired, so that the event goes out; readers never wait for it. The usual deadline
 * follows from the day of creation, so its invoices are found by the index that exists anyway, once the day and its grace
 * are over, and then never again; the others are remembered by the day of their deadline. Running again changes nothing.
 */
export async function expireInvoices(day: Day, dependencies: ExpireDependencies): Promise<{ expired: number }> {
  const { invoices, registry, dueDays, now } = dependencies;
  let expired = 0;
  const expire = async (numbers: readonly InvoiceNumber[]) => {
    const settled: InvoiceNumber[] = [];
    const found = await invoices.findMany(numbers);
    await inParallel(found, WRITES_AT_ONCE, async (invoice) => {
      const passed = now() > invoice.expiresAt + EXPIRY_GRACE_MILLISECONDS;
      // Also what is paid by now: its money may go back before the deadline, and then it expires after all.
      if (!passed && (invoice.state === 'open' || invoice.state === 'paid')) return;
      settled.push(invoice.number);
      if (invoice.state !== 'open') return;
      const moved = await invoices.move(invoice.number, 'open', moveInvoice('open', 'DeadlinePassed'));
      if (moved.kind === 'moved') expired += 1;
    });
    // Where a call remembered a deadline and died before it made the invoice, there is nothing to wait for either.
    const there = new Set(found.map((invoice) => invoice.number));
    const dead = endOfDay(day) + EXPIRY_GRACE_MILLISECONDS < now() ? numbers.filter((one) => !there.has(one)) : [];
    return [...settled, ...dead];
  };

  const remembered = await dueDays.onDay(day);
  for (let start = 0; start < remembered.length; start += PAGE)
    await dueDays.forget(day, await expire(remembered.slice(start, start + PAGE)));

  if (now() <= endOfDay(day) + EXPIRY_GRACE_MILLISECONDS || (await dueDays.isSwept(day))) return { expired };
  await inParallel(await registry.agencyCodes(), AGENCIES_AT_ONCE, async (agencyCode) => {
    for (let shard = 0; shard < CREATION_SHARDS; shard += 1) {
      let after: { createdAt: Instant; number: InvoiceNumber } | undefined;
      do {
        const createdOn = addDays(day, -DEFAULT_VALIDITY_DAYS);
        const page = await invoices.ofAgencyDay({ agencyCode, day: createdOn, shard, after, limit: PAGE });
        await expire(page.found.map((one) => one.number));
        after = page.more ? page.found.at(-1) : undefined;
      } while (after);
    }
  });
  await dueDays.markSwept(day);
  return { expired };
}

/** Days that one sweep looks back, so that a service which was off catches up. */
const SWEPT_DAYS = 7;

/** The days whose deadlines may have passed by now, oldest first. */
export function daysToSweep(now: Instant): Day[] {
  const today = vietnamDay(now);
  return daysBetween(addDays(today, 1 - SWEPT_DAYS), today);
}
