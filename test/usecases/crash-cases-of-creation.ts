import type { Invoice } from '../../shared/domain/invoice/invoice.ts';
import { InvoiceNumber } from '../../shared/domain/invoice/number.ts';
import { createInvoice } from '../../shared/usecases/create-invoice.ts';
import { type CrashCase, through } from '../dsl/crash-matrix.ts';
import { aCounter, DOSSIER, PERMIT } from '../dsl/invoicing.ts';
import { LAND, PORTAL } from '../dsl/world.ts';

/** Cases of the crash matrix: an invoice is made, whatever has happened to its dossier before. */

type Made = { invoice: Pick<Invoice, 'number' | 'state' | 'total'> };
export const made = (answer: unknown) => {
  const { number, state, total } = (answer as Made).invoice;
  return { number, state, total };
};

type Counter = ReturnType<typeof aCounter>;

/** Makes an invoice at a counter at which something has happened before. */
function creating(
  story: string,
  before: (counter: Counter) => Promise<unknown>,
  more: Parameters<Counter['command']>[0] = {},
): CrashCase<Counter> {
  return {
    useCase: 'create-invoice',
    story,
    world: async () => {
      const counter = aCounter();
      await before(counter);
      return counter;
    },
    call: async (counter, around) => {
      const { dependencies } = counter;
      // A caller repeats the very same words, its quote among them.
      const command = { ...(await counter.command({ ...more, quote: await quoteOf(counter) })) };
      return createInvoice(command, PORTAL, 'my-key-long', {
        ...dependencies,
        invoices: through(dependencies.invoices, around),
        dossiers: through(dependencies.dossiers, around),
        dueDays: through(dependencies.dueDays, around),
        registry: through(dependencies.registry, around),
      });
    },
    state: ({ world }) => ({
      open: world.invoices.items().filter((item) => item.kind === 'invoice'),
      place: world.dossiers.holderOf({ agencyCode: LAND, dossierCode: DOSSIER, procedureCode: PERMIT }),
    }),
    wait: ({ world }, milliseconds) => {
      world.clock.at += milliseconds;
    },
    answer: made,
  };
}

const quotes = new WeakMap<Counter, string>();
async function quoteOf(counter: Counter): Promise<string> {
  const quote = quotes.get(counter) ?? (await counter.quote());
  quotes.set(counter, quote);
  return quote;
}

const withQuote = (make: (counter: Counter) => Promise<unknown>) => async (counter: Counter) => {
  await quoteOf(counter);
  await make(counter);
};

export const creationCases: readonly CrashCase<Counter>[] = [
  creating(
    'a new dossier',
    withQuote(async () => undefined),
  ),
  creating(
    'with a deadline of its own',
    withQuote(async () => undefined),
    { dueAt: '2026-11-25T17:00:00+07:00' },
  ),
  creating(
    'in place of a cancelled one',
    withQuote(async (counter) => {
      const { invoice } = await counter.create(await counter.command(), 'old-key-long');
      await counter.cancel(invoice);
    }),
  ),
  creating(
    'in place of a call that never came to write',
    withQuote(async ({ world }) => {
      const number = InvoiceNumber.parse('300000000000');
      await world.dossiers.claim({
        agencyCode: LAND,
        dossierCode: DOSSIER,
        procedureCode: PERMIT,
        number,
        additional: false,
      });
    }),
  ),
  creating(
    'in place of a call that took that of a cancelled one and never came to write',
    withQuote(async (counter) => {
      const { invoice } = await counter.create(await counter.command(), 'old-key-long');
      await counter.cancel(invoice);
      await counter.world.dossiers.takeOver({
        agencyCode: LAND,
        dossierCode: DOSSIER,
        procedureCode: PERMIT,
        number: InvoiceNumber.parse('300000000000'),
        from: invoice.number,
      });
    }),
  ),
  creating(
    'beside another one',
    withQuote(async (counter) => counter.create(await counter.command(), 'old-key-long')),
    { additional: true },
  ),
];
