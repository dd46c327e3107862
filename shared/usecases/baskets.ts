import { canonicalJson } from '../domain/canonical-json.ts';
import {
  type Basket,
  type BasketBook,
  type BasketFigures,
  type BasketId,
  basketFigures,
} from '../domain/invoice/basket.ts';
import type { InvoiceBook } from '../domain/invoice/book.ts';
import type { Invoice } from '../domain/invoice/invoice.ts';
import { type InvoiceId, type InvoiceNumber, numberOf } from '../domain/invoice/number.ts';
import { keyReused, notFound, Refusal } from '../domain/refusal.ts';
import type { Caller } from '../domain/registry/caller.ts';
import { mayActFor } from '../domain/registry/registry.ts';
import type { Instant } from '../domain/time.ts';
import { sha256 } from './hashing.ts';

const ID_DIGITS = 24;
/** How often an invoice that was issued again is followed to the one that stands for it. */
const MAX_REPLACEMENTS = 5;

export type BasketDependencies = {
  baskets: BasketBook;
  invoices: Pick<InvoiceBook, 'findMany'>;
  now: () => Instant;
};

export type FilledBasket = { basket: Basket; invoices: Invoice[]; figures: BasketFigures };

/**
 * Groups invoices of one dossier. All of them must be the caller's to see. The id is derived from caller and key, so the
 * item itself is the record of the call. Refusals: idempotency_key_reused, unprocessable (each invoice).
 */
export async function createBasket(
  command: { dossierCode: string; invoices: readonly InvoiceId[] },
  caller: Caller,
  idempotencyKey: string,
  dependencies: BasketDependencies,
): Promise<FilledBasket & { replayed: boolean }> {
  const { baskets, invoices, now } = dependencies;
  const basketId: BasketId = `bsk_${sha256(JSON.stringify(['basket', caller.clientId, idempotencyKey])).slice(0, ID_DIGITS)}`;
  const bodyHash = sha256(canonicalJson(command));
  const earlier = await baskets.find(basketId);
  if (!earlier) {
    const numbers = command.invoices.map(numberOf);
    const found = new Map((await invoices.findMany(numbers)).map((invoice) => [invoice.number, invoice]));
    const errors = numbers.flatMap((number, index) => {
      const invoice = found.get(number);
      const own = invoice && mayActFor(caller.client, invoice.agencyCode);
      const pointer = `/body/invoices/${index}`;
      if (!own) return [{ pointer, message: 'no such invoice' }];
      return invoice.dossierCode === command.dossierCode ? [] : [{ pointer, message: 'is of another dossier' }];
    });
    if (errors.length > 0) throw new Refusal('unprocessable', undefined, errors);
    const basket = {
      basketId,
      clientId: caller.clientId,
      bodyHash,
      dossierCode: command.dossierCode,
      numbers,
      createdAt: now(),
    };
    await baskets.create(basket);
  }
  const basket = earlier ?? (await baskets.find(basketId));
  if (!basket || basket.clientId !== caller.clientId) throw new Error(`basket ${basketId} is not there`);
  if (basket.bodyHash !== bodyHash) throw keyReused();
  return { ...(await filled(basket, caller, dependencies)), replayed: earlier !== undefined };
}

/** A basket of the caller's own, with its invoices as they are now. Refusals: not_found, also for another client's. */
export async function readBasket(
  basketId: BasketId,
  caller: Caller,
  dependencies: BasketDependencies,
): Promise<FilledBasket> {
  const basket = await dependencies.baskets.find(basketId);
  if (!basket || basket.clientId !== caller.clientId) throw notFound();
  return filled(basket, caller, dependencies);
}

/** The invoices, each as the one that stands for it now. What was taken away from the caller is left out. */
async function filled(basket: Basket, caller: Caller, { invoices, now }: BasketDependencies): Promise<FilledBasket> {
  const latest = new Map<InvoiceNumber, InvoiceNumber>(basket.numbers.map((number) => [number, number]));
  const found = new Map<InvoiceNumber, Invoice>();
  for (let round = 0; round <= MAX_REPLACEMENTS; round += 1) {
    const wanted = [...new Set(latest.values())].filter((number) => !found.has(number));
    if (wanted.length === 0) break;
    for (const invoice of await invoices.findMany(wanted)) found.set(invoice.number, invoice);
    for (const [first, number] of latest) {
      const by = found.get(number)?.replacedBy;
      // A replacement that was never written stands for nothing.
      if (by && round < MAX_REPLACEMENTS) latest.set(first, by);
    }
  }
  const current = basket.numbers.flatMap(
    (number) => found.get(latest.get(number) ?? number) ?? found.get(number) ?? [],
  );
  const visible = [...new Map(current.map((invoice) => [invoice.number, invoice])).values()].filter((invoice) =>
    mayActFor(caller.client, invoice.agencyCode),
  );
  return { basket, invoices: visible, figures: basketFigures(visible, now()) };
}
