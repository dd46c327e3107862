import { CREATION_SHARDS, type DossierBook, type InvoiceBook, MAX_DOSSIER_INVOICES } from '../domain/invoice/book.ts';
import { type Invoice, stateAt } from '../domain/invoice/invoice.ts';
import { type InvoiceId, InvoiceNumber, numberOf } from '../domain/invoice/number.ts';
import type { InvoiceState } from '../domain/invoice/states.ts';
import { notFound, Refusal } from '../domain/refusal.ts';
import type { Caller } from '../domain/registry/caller.ts';
import { mayActFor } from '../domain/registry/registry.ts';
import { addDays, type Day, daysBetween, type Instant, vietnamDay } from '../domain/time.ts';

/** Longest span of days that one list may cover. */
const MAX_LIST_DAYS = 31;
/** Days that a list covers when none are named. */
const DEFAULT_LIST_DAYS = 7;
/** Partitions that one page looks into; what it did not reach comes with the next page. */
const MAX_PARTITIONS_A_PAGE = 64;
/** Most agencies over which a dossier is looked for when none is named. */
export const MAX_DOSSIER_AGENCIES = 25;

/** An invoice that the caller may see, or the refusal not_found. */
export async function ownInvoice(
  id: InvoiceId,
  caller: Caller,
  invoices: Pick<InvoiceBook, 'find'>,
  how: { consistent: boolean } = { consistent: true },
): Promise<Invoice> {
  const invoice = await invoices.find(numberOf(id), how);
  if (!invoice || !mayActFor(caller.client, invoice.agencyCode)) throw notFound();
  return invoice;
}

export type InvoiceFilter = {
  dossierCode?: string | undefined;
  agencyCode?: string | undefined;
  state?: InvoiceState | undefined;
  from?: Day | undefined;
  to?: Day | undefined;
  limit: number;
};

/** Where a page ended: a place among a dossier's invoices, or in an agency's partitions. */
export type ListPosition = { index: number } | { partition: number; createdAt?: Instant; number?: string };

export type InvoicePage = { invoices: Invoice[]; next: ListPosition | undefined };

export type ListDependencies = {
  invoices: Pick<InvoiceBook, 'findMany' | 'ofAgencyDay'>;
  dossiers: Pick<DossierBook, 'numbersOf'>;
  now: () => Instant;
};

/**
 * One page of invoices of a dossier, or of an agency by day of creation. Pages may be short, even empty, with more to come.
 * Refusals: not_found (another agency), unprocessable (nothing to look under, too many days).
 */
export async function listInvoices(
  filter: InvoiceFilter,
  position: ListPosition | undefined,
  caller: Caller,
  dependencies: ListDependencies,
): Promise<InvoicePage> {
  if (filter.agencyCode !== undefined && !mayActFor(caller.client, filter.agencyCode)) throw notFound();
  const page = filter.dossierCode
    ? await ofDossier(filter, filter.dossierCode, position, caller, dependencies)
    : await ofAgency(filter, position, caller, dependencies);
  const now = dependencies.now();
  const { state } = filter;
  return state ? { ...page, invoices: page.invoices.filter((invoice) => stateAt(invoice, now) === state) } : page;
}

async function ofDossier(
  { agencyCode, limit }: InvoiceFilter,
  dossierCode: string,
  position: ListPosition | undefined,
  caller: Caller,
  { invoices, dossiers }: ListDependencies,
): Promise<InvoicePage> {
  const agencies = agencyCode ? [agencyCode] : caller.client.agencies;
  if (agencies === '*' || agencies.length > MAX_DOSSIER_AGENCIES) throw needsAgency();
  const numbers = (await Promise.all(agencies.map((agency) => dossiers.numbersOf(agency, dossierCode)))).flat();
  const start = position && 'index' in position ? position.index : 0;
  const asked = numbers.slice(start, start + Math.min(limit, MAX_DOSSIER_INVOICES));
  const found = (await invoices.findMany(asked)).filter(
    (invoice) => invoice.dossierCode === dossierCode && mayActFor(caller.client, invoice.agencyCode),
  );
  const end = start + asked.length;
  return { invoices: found, next: end < numbers.length ? { index: end } : undefined };
}

async function ofAgency(
  filter: InvoiceFilter,
  position: ListPosition | undefined,
  caller: Caller,
  { invoices, now }: ListDependencies,
): Promise<InvoicePage> {
  const { agencies } = caller.client;
  const agencyCode = filter.agencyCode ?? (agencies !== '*' && agencies.length === 1 ? agencies[0] : undefined);
  if (!agencyCode) throw needsAgency();
  const days = listedDays(filter, now());
  const partitions = days.length * CREATION_SHARDS;

  let place = position && 'partition' in position ? position : { partition: 0 };
  const numbers: InvoiceNumber[] = [];
  for (let looked = 0; looked < MAX_PARTITIONS_A_PAGE && place.partition < partitions; looked += 1) {
    if (numbers.length >= filter.limit) break;
    const { found, more } = await invoices.ofAgencyDay({
      agencyCode,
      day: days[Math.floor(place.partition / CREATION_SHARDS)] ?? '',
      shard: place.partition % CREATION_SHARDS,
      after:
        place.createdAt !== undefined && place.number !== undefined
          ? { createdAt: place.createdAt, number: InvoiceNumber.parse(place.number) }
          : undefined,
      limit: filter.limit - numbers.length,
    });
    numbers.push(...found.map((one) => one.number));
    const last = found.at(-1);
    place = more && last ? { partition: place.partition, ...last } : { partition: place.partition + 1 };
  }
  return { invoices: await invoices.findMany(numbers), next: place.partition < partitions ? place : undefined };
}

/** The days that a list covers. Refusal: unprocessable (too many, or none). */
export function listedDays({ from, to }: Pick<InvoiceFilter, 'from' | 'to'>, now: Instant): Day[] {
  const last = to ?? (from ? addDays(from, DEFAULT_LIST_DAYS - 1) : vietnamDay(now));
  const first = from ?? addDays(last, 1 - DEFAULT_LIST_DAYS);
  const wrong = (message: string) => new Refusal('unprocessable', undefined, [{ pointer: '/query/from', message }]);
  if (first > last) throw wrong('lies after to');
  if (addDays(first, MAX_LIST_DAYS) <= last) throw wrong(`at most ${MAX_LIST_DAYS} days in one list`);
  return daysBetween(first, last);
}

export const needsAgency = (): Refusal =>
  new Refusal('unprocessable', undefined, [{ pointer: '/query/agencyCode', message: 'name one agency' }]);
