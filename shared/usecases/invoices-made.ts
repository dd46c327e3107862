import { CREATION_SHARDS, type InvoiceBook, MAX_FIND_MANY } from '../domain/invoice/book.ts';
import type { Invoice } from '../domain/invoice/invoice.ts';
import type { InvoiceNumber } from '../domain/invoice/number.ts';
import type { Day, Instant } from '../domain/time.ts';

/** The invoices that agencies made on some days, agency by agency and day by day, as they stood at an instant. */
export async function* invoicesMade(
  { agencyCodes, days, asOf }: { agencyCodes: readonly string[]; days: readonly Day[]; asOf: Instant },
  invoices: Pick<InvoiceBook, 'findMany' | 'ofAgencyDay'>,
): AsyncGenerator<readonly Invoice[]> {
  for (const agencyCode of agencyCodes)
    for (const day of days)
      for (let shard = 0; shard < CREATION_SHARDS; shard += 1) {
        let after: { createdAt: Instant; number: InvoiceNumber } | undefined;
        for (let more = true; more; ) {
          const listed = await invoices.ofAgencyDay({ agencyCode, day, shard, after, limit: MAX_FIND_MANY });
          const page = await invoices.findMany(listed.found.map(({ number }) => number));
          const told = page.filter(({ createdAt }) => createdAt <= asOf).map((invoice) => asItWas(invoice, asOf));
          if (told.length > 0) yield told;
          after = listed.found.at(-1);
          more = listed.more && after !== undefined;
        }
      }
}

/** An invoice with the movements that it had at an instant. */
function asItWas(invoice: Invoice, at: Instant): Invoice {
  const there = Object.entries(invoice.movements).filter(([, { committedAt }]) => committedAt <= at);
  return { ...invoice, movements: Object.fromEntries(there) as Invoice['movements'] };
}
