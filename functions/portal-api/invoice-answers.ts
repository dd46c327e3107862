import * as z from 'zod';
import { money } from '../../shared/api/common.ts';
import {
  cancelInvoice,
  createBasket,
  createInvoice,
  getBasket,
  getInvoice,
  listInvoices,
} from '../../shared/api/portal.ts';
import type { InvoiceId } from '../../shared/domain/invoice/number.ts';
import { lazy } from '../../shared/domain/lazy.ts';
import { InvalidCursor } from '../../shared/domain/paging.ts';
import { formatInstant } from '../../shared/domain/time.ts';
import { answering } from '../../shared/runtime/http.ts';
import { log } from '../../shared/runtime/log.ts';
import * as baskets from '../../shared/usecases/baskets.ts';
import { slipsFor } from '../../shared/usecases/beneficiaries.ts';
import * as cancelling from '../../shared/usecases/cancel-invoice.ts';
import * as creating from '../../shared/usecases/create-invoice.ts';
import * as reading from '../../shared/usecases/read-invoices.ts';
import { dependencies, keys } from './dependencies.ts';
import { presentInvoice } from './present.ts';

const { now } = dependencies;

const Position = lazy(() =>
  z.union([
    z.object({ index: z.int().min(0) }),
    lazy(() => z.object({ partition: z.int().min(0), createdAt: z.int().optional(), number: z.string().optional() })),
  ]),
);

function presentBasket({ basket, invoices, figures }: baskets.FilledBasket) {
  const { basketId, dossierCode, createdAt } = basket;
  return {
    basketId,
    dossierCode,
    state: figures.state,
    total: money(figures.total),
    paid: money(figures.paid),
    due: money(figures.due),
    invoices: invoices.map((invoice) => presentInvoice(invoice, now())),
    createdAt: formatInstant(createdAt),
  };
}

export const invoiceAnswers = [
  answering(createInvoice, async ({ body, caller, idempotencyKey }) => {
    const [quoteKey, numberKeys] = await Promise.all([keys.quote(), keys.numbers()]);
    const { invoice, replayed } = await creating.createInvoice(body, caller, idempotencyKey, {
      ...dependencies,
      quoteKey,
      numberKeys,
    });
    if (!replayed) log.info('invoice created', { invoice: invoice.number, agency: invoice.agencyCode });
    return { status: 201, body: presentInvoice(invoice, now()), replayed };
  }),

  answering(getInvoice, async ({ params, caller }) => {
    const invoice = await reading.ownInvoice(params.invoiceId, caller, dependencies.invoices);
    const [slips, law] = await Promise.all([
      slipsFor(invoice, dependencies.beneficiaries),
      dependencies.laws.at(now()),
    ]);
    const body = { ...presentInvoice(invoice, now(), await law.procedure(invoice.procedureCode)), slips };
    return { status: 200, body, headers: { etag: `"${invoice.version}"` } };
  }),

  answering(listInvoices, async ({ query: { cursor, ...filter }, caller }) => {
    const codec = await keys.cursors();
    const { limit: _, ...question } = filter;
    const boundTo = `invoices ${caller.clientId} ${JSON.stringify(question)}`;
    const position = cursor === undefined ? undefined : Position.safeParse(JSON.parse(codec.decode(cursor, boundTo)));
    if (position && !position.success) throw new InvalidCursor();
    const page = await reading.listInvoices(
      filter,
      position?.data as reading.ListPosition | undefined,
      caller,
      dependencies,
    );
    return {
      status: 200,
      body: {
        data: page.invoices.map((invoice) => presentInvoice(invoice, now())),
        nextCursor: page.next ? codec.encode(JSON.stringify(page.next), boundTo) : null,
      },
    };
  }),

  answering(createBasket, async ({ body, caller, idempotencyKey }) => {
    const command = { ...body, invoices: body.invoices as InvoiceId[] };
    const { replayed, ...filled } = await baskets.createBasket(command, caller, idempotencyKey, dependencies);
    return { status: 201, body: presentBasket(filled), replayed };
  }),

  answering(getBasket, async ({ params, caller }) => ({
    status: 200,
    body: presentBasket(await baskets.readBasket(params.basketId, caller, dependencies)),
  })),

  answering(cancelInvoice, async ({ params, caller }) => {
    const { invoice, replayed } = await cancelling.cancelInvoice(params.invoiceId, caller, dependencies);
    if (!replayed) log.info('invoice cancelled', { invoice: invoice.number });
    return { status: 200, body: presentInvoice(invoice, now()), replayed };
  }),
];
