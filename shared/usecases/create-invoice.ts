import { type DossierBook, type DueDays, type InvoiceBook, MAX_DOSSIER_INVOICES } from '../domain/invoice/book.ts';
import {
  DEFAULT_VALIDITY_DAYS,
  type Invoice,
  MAX_VALIDITY_DAYS,
  type NoticeReference,
  type Payer,
  stateAt,
} from '../domain/invoice/invoice.ts';
import { type InvoiceId, type InvoiceNumber, invoiceNumberFrom, numberOf } from '../domain/invoice/number.ts';
import { ZERO } from '../domain/money/dong.ts';
import { differing, type PolicyChoices } from '../domain/payment/choices.ts';
import { keyReused, Refusal } from '../domain/refusal.ts';
import type { RegistryReader } from '../domain/registry/book.ts';
import type { Caller } from '../domain/registry/caller.ts';
import { mayActFor } from '../domain/registry/registry.ts';
import { addDays, endOfDay, type Instant, vietnamDay } from '../domain/time.ts';
import { bodyHash, keyedHash, keyedText } from './hashing.ts';
import { openQuote, type QuoteClaims, requireAgency } from './quote.ts';

/** How many numbers in a row may be held by others before we give up; one collision already is a matter of years. */
const MAX_PROBES = 8;

/** What an invoice is to be, but for its price. */
export type InvoiceOrder = {
  dossierCode: string;
  agencyCode: string;
  payer: Payer;
  owner?: Payer | undefined;
  debtor?: Payer | undefined;
  notice?: NoticeReference | undefined;
  dueAt?: string | undefined;
  additional?: boolean | undefined;
  replaces?: InvoiceId | undefined;
  metadata?: Record<string, string> | undefined;
};

export type CreateInvoice = InvoiceOrder & { quote: string };

/** An order with where its price comes from. `body`: the caller's words, by which a repeat is told from misuse. */
export type PricedOrder = { order: InvoiceOrder; body: unknown; price: () => QuoteClaims | Promise<QuoteClaims> };

/** A key of the invoice numbers. Old versions are still probed, so that a repeated call finds what an older key made. */
export type NumberKey = { version: number; key: string };

export type CreateInvoiceDependencies = {
  invoices: Pick<InvoiceBook, 'create' | 'find' | 'findMany' | 'supersede' | 'void'>;
  dossiers: DossierBook;
  registry: Pick<RegistryReader, 'agency'>;
  /** Told of invoices whose deadline is not the usual one, so that the sweep of that day finds them. */
  dueDays: Pick<DueDays, 'remember'>;
  quoteKey: string;
  /** Newest first. */
  numberKeys: readonly [NumberKey, ...NumberKey[]];
  now: () => Instant;
};

type Origin = Invoice['origin'];

/**
 * Makes an invoice from a quote, once for a caller's key. The number is derived from caller and key, so the item itself is
 * the record of the call; the dossier's item holds one place a procedure, so two calls cannot both open an invoice.
 *
 * Refusals: not_found, unknown_agency, quote_invalid, quote_expired, invoice_already_open, invoice_already_paid,
 * invoice_not_replaceable, too_many_invoices, idempotency_key_reused, unprocessable.
 */
export function createInvoice(
  command: CreateInvoice,
  caller: Caller,
  idempotencyKey: string,
  dependencies: CreateInvoiceDependencies,
): Promise<{ invoice: Invoice; replayed: boolean }> {
  const price = () => openQuote(command.quote, dependencies.quoteKey);
  return createPricedInvoice({ order: command, body: command, price }, caller, idempotencyKey, dependencies);
}

/** The same for a price that comes from elsewhere than a quote. Refusals: those of {@link createInvoice} and the price's own. */
export async function createPricedInvoice(
  command: PricedOrder,
  caller: Caller,
  idempotencyKey: string,
  dependencies: CreateInvoiceDependencies,
): Promise<{ invoice: Invoice; replayed: boolean }> {
  const { numberKeys } = dependencies;
  const origin: Origin = {
    clientId: caller.clientId,
    keyHash: keyedText(numberKeys[0].key, 'invoice', caller.clientId, idempotencyKey),
    bodyHash: bodyHash(numberKeys[0].key, command.body),
  };
  const numbers = numbersFor(caller.clientId, idempotencyKey, numberKeys[0]);

  const earlierKeys = numberKeys.slice(1);
  const earlier = await findEarlier(command, caller, idempotencyKey, earlierKeys, dependencies);
  if (earlier && mayActFor(caller.client, earlier.agencyCode)) return { invoice: earlier, replayed: true };
  try {
    return await createNew(command, caller, idempotencyKey, origin, numbers, dependencies);
  } catch (refusal) {
    if (!(refusal instanceof Refusal) || refusal.code === 'idempotency_key_reused') throw refusal;
    // The world may have moved since the first call with this key succeeded: it is answered as then.
    const made = await findEarlier(command, caller, idempotencyKey, numberKeys, dependencies);
    // What was taken away from the caller stays away, also in answers to old calls.
    if (made && mayActFor(caller.client, made.agencyCode)) return { invoice: made, replayed: true };
    throw refusal;
  }
}

/** The numbers that a call may get, in the order in which they are tried. */
function numbersFor(clientId: string, idempotencyKey: string, { version, key }: NumberKey): InvoiceNumber[] {
  return Array.from({ length: MAX_PROBES }, (_, probe) =>
    invoiceNumberFrom(keyedHash(key, 'number', version, clientId, idempotencyKey, probe)),
  );
}

/** The invoice that a client's call with this key made, whatever its words were. */
export async function invoiceOfCall(
  { clientId }: Pick<Caller, 'clientId'>,
  idempotencyKey: string,
  numberKeys: readonly NumberKey[],
  invoices: Pick<InvoiceBook, 'findMany'>,
): Promise<Invoice | undefined> {
  for (const numberKey of numberKeys) {
    const keyHash = keyedText(numberKey.key, 'invoice', clientId, idempotencyKey);
    // All of them, because something that is no invoice may stand at the first.
    const found = await invoices.findMany(numbersFor(clientId, idempotencyKey, numberKey));
    const made = found.find(({ origin }) => origin.clientId === clientId && origin.keyHash === keyHash);
    if (made) return made;
  }
  return undefined;
}

/** The invoice that an earlier call with this key made, under any of these versions of the key of numbers. */
async function findEarlier(
  { body }: PricedOrder,
  caller: Caller,
  idempotencyKey: string,
  numberKeys: readonly NumberKey[],
  { invoices }: Pick<CreateInvoiceDependencies, 'invoices'>,
): Promise<Invoice | undefined> {
  for (const numberKey of numberKeys) {
    const made = await invoiceOfCall(caller, idempotencyKey, [numberKey], invoices);
    if (!made) continue;
    if (made.origin.bodyHash !== bodyHash(numberKey.key, body)) throw keyReused();
    return made;
  }
  return undefined;
}

async function createNew(
  call: PricedOrder,
  caller: Caller,
  idempotencyKey: string,
  origin: Origin,
  numbers: readonly InvoiceNumber[],
  dependencies: CreateInvoiceDependencies,
): Promise<{ invoice: Invoice; replayed: boolean }> {
  const { invoices, registry, dueDays, now } = dependencies;
  const command = call.order;
  const agency = await requireAgency(command.agencyCode, caller, registry);
  const at = now();
  const claims = await call.price();
  checkQuote(claims, command, caller, at);
  const expiresAt = deadline(command.dueAt, at);

  const earlier = () => findEarlier(call, caller, idempotencyKey, dependencies.numberKeys, dependencies);
  const place = await takePlace(command, claims.procedureCode, numbers, earlier, dependencies, at);
  for (const number of numbers.slice(numbers.indexOf(place.number))) {
    if (number !== place.number) await place.moveTo(number);
    const invoice = newInvoice(
      command,
      claims,
      origin,
      number,
      at,
      expiresAt,
      place.replaces,
      differing(agency.policy),
    );
    if (command.dueAt) await dueDays.remember({ expiresAt, number });
    const created = await invoices.create(invoice);
    if (created.kind === 'created') return { invoice, replayed: false };
    if (created.kind === 'occupied') continue;
    const there = created.invoice.origin;
    if (there.clientId !== origin.clientId || there.keyHash !== origin.keyHash) continue;
    if (there.bodyHash === origin.bodyHash) return { invoice: created.invoice, replayed: true };
    // The key made another invoice. If that is of another dossier, this one was taken for nothing.
    if (!isOfDossier(created.invoice, command)) await place.giveBack(number);
    throw keyReused();
  }
  throw new Error('every number of this call is held by another one');
}

function checkQuote(claims: QuoteClaims, command: InvoiceOrder, caller: Caller, at: Instant): void {
  const foreign =
    claims.clientId !== caller.clientId ||
    claims.agencyCode !== command.agencyCode ||
    (claims.dossierCode !== undefined && claims.dossierCode !== command.dossierCode);
  if (foreign) throw new Refusal('quote_invalid');
  if (at > claims.expiresAt) throw new Refusal('quote_expired');
}

function deadline(dueAt: string | undefined, at: Instant): Instant {
  if (dueAt === undefined) return endOfDay(addDays(vietnamDay(at), DEFAULT_VALIDITY_DAYS));
  const due = Date.parse(dueAt);
  const latest = endOfDay(addDays(vietnamDay(at), MAX_VALIDITY_DAYS));
  if (due <= at || due > latest)
    throw new Refusal('unprocessable', undefined, [
      { pointer: '/body/dueAt', message: `must lie ahead, at most ${MAX_VALIDITY_DAYS} days` },
    ]);
  return due;
}

type Place = {
  number: InvoiceNumber;
  replaces: InvoiceNumber | undefined;
  moveTo(number: InvoiceNumber): Promise<void>;
  giveBack(number: InvoiceNumber): Promise<void>;
};

/** Takes the procedure's place in the dossier, or refuses because an invoice that still counts holds it. */
async function takePlace(
  command: InvoiceOrder,
  procedureCode: string,
  numbers: readonly InvoiceNumber[],
  earlier: () => Promise<Invoice | undefined>,
  { invoices, dossiers }: CreateInvoiceDependencies,
  at: Instant,
): Promise<Place> {
  const [number] = numbers;
  if (!number) throw new Error('no number to claim');
  const claim = { agencyCode: command.agencyCode, dossierCode: command.dossierCode, procedureCode, number };
  const additional = command.additional === true;
  const place = (held: InvoiceNumber, replaces: InvoiceNumber | undefined): Place => {
    let current = held;
    return {
      number: held,
      replaces,
      async moveTo(next) {
        const moved = additional
          ? (await dossiers.claim({ ...claim, number: next, additional })).kind === 'claimed'
          : await dossiers.takeOver({ ...claim, number: next, from: current });
        if (!moved) throw new Refusal('invoice_already_open');
        current = next;
      },
      giveBack: (taken) => dossiers.release({ ...claim, number: taken, restore: replaces }),
    };
  };

  const wanted = command.replaces && numberOf(command.replaces);
  // A call that has its invoice already is only answered, or refused for its other words: it ends no other one's invoice.
  const mustBeNew = async () => {
    const made = await earlier();
    if (made) throw new Refusal('invoice_already_open', pointTo(made.number));
  };
  if (wanted) await mustBeNew();
  if (wanted) await endReplaced(wanted, number, command, procedureCode, invoices, at);

  const claimed = await dossiers.claim({ ...claim, additional });
  // A call that comes again ended the one before it when it came first: it must still name that one.
  const replacedBefore = async (listed: readonly InvoiceNumber[]) => {
    const others = wanted || additional ? [] : await invoices.findMany(listed.filter((one) => !numbers.includes(one)));
    const ended = others.filter((one) => isOf(one, command, procedureCode) && one.replacedBy === number);
    return wanted ?? ended.at(-1)?.number;
  };
  if (claimed.kind === 'claimed') return place(number, claimed.again ? await replacedBefore(claimed.again) : wanted);
  if (claimed.kind === 'full') throw new Refusal('too_many_invoices');
  // A repeated call that had moved on from an occupied number finds its own later number here.
  const numbersThere = await dossiers.numbersOf(command.agencyCode, command.dossierCode);
  if (numbers.includes(claimed.number)) return place(claimed.number, await replacedBefore(numbersThere));
  await mustBeNew();

  if (numbersThere.length >= MAX_DOSSIER_INVOICES) throw new Refusal('too_many_invoices');
  const listed = await invoices.findMany(numbersThere);
  const others = listed.filter((invoice) => isOf(invoice, command, procedureCode));
  for (const other of others) await endOf(other, number, invoices, at);
  const holder = listed.find((invoice) => invoice.number === claimed.number);
  if (!holder) {
    // Asked again, because a copy of this call may have made it meanwhile; that must keep no other one from writing.
    await mustBeNew();
    // Claimed by a call that never came to write. It must not write later either.
    const voided = await invoices.void(claimed.number);
    if (voided.kind === 'exists' && isOf(voided.invoice, command, procedureCode))
      throw new Refusal('invoice_already_open', pointTo(claimed.number));
  }
  if (!(await dossiers.takeOver({ ...claim, from: claimed.number }))) throw new Refusal('invoice_already_open');
  // Where the place was held by nothing, it is the newest of those that this call has ended, now or before it died.
  const mine = others.filter(({ replacedBy }) => replacedBy === undefined || replacedBy === number);
  const ended = holder && isOf(holder, command, procedureCode) ? holder : mine.at(-1);
  return place(number, wanted ?? ended?.number);
}

/**
 * Makes sure that an invoice which counts no more stays so: it notes what stands for it, and from then on not even money
 * that was paid in time pays it. One that still counts is a refusal.
 */
async function endOf(
  other: Invoice,
  by: InvoiceNumber,
  invoices: Pick<InvoiceBook, 'supersede'>,
  at: Instant,
): Promise<void> {
  const state = stateAt(other, at);
  if (state === 'open') throw new Refusal('invoice_already_open', pointTo(other.number));
  const ended = other.state === 'open' || other.state === 'expired' || other.state === 'cancelled';
  if (!ended) throw new Refusal('invoice_already_paid', pointTo(other.number));
  if (other.replacedBy) return;
  const superseded = await invoices.supersede(other.number, other.state as 'open' | 'expired' | 'cancelled', by);
  // Somebody was faster: another call that replaces it too, or the money itself.
  if (superseded.kind === 'refused' && superseded.current && !superseded.current.replacedBy)
    await endOf(superseded.current, by, invoices, at);
}

const isOfDossier = (invoice: Invoice, command: InvoiceOrder): boolean =>
  invoice.agencyCode === command.agencyCode && invoice.dossierCode === command.dossierCode;

const isOf = (invoice: Invoice, command: InvoiceOrder, procedureCode: string): boolean =>
  isOfDossier(invoice, command) && invoice.procedureCode === procedureCode;

const pointTo = (number: InvoiceNumber) => ({ vi: `Hóa đơn inv_${number}.`, en: `Invoice inv_${number}.` });

/** The invoice that the caller wants replaced must be over, and of the same dossier and procedure. */
async function endReplaced(
  number: InvoiceNumber,
  by: InvoiceNumber,
  command: InvoiceOrder,
  procedureCode: string,
  invoices: Pick<InvoiceBook, 'find' | 'supersede'>,
  at: Instant,
): Promise<void> {
  const old = await invoices.find(number, { consistent: true });
  const over = old && ['expired', 'cancelled'].includes(stateAt(old, at));
  if (!over || !isOf(old, command, procedureCode)) throw new Refusal('invoice_not_replaceable');
  await endOf(old, by, invoices, at);
}

function newInvoice(
  command: InvoiceOrder,
  claims: QuoteClaims,
  origin: Origin,
  number: InvoiceNumber,
  at: Instant,
  expiresAt: Instant,
  replaces: InvoiceNumber | undefined,
  choices: PolicyChoices | undefined,
): Invoice {
  const free = claims.total === ZERO;
  return {
    number,
    // Nothing is due for an exempt dossier: its zero lines stand, and there is nothing to wait for.
    state: free ? 'paid' : 'open',
    agencyCode: command.agencyCode,
    dossierCode: command.dossierCode,
    procedureCode: claims.procedureCode,
    lines: claims.lines,
    total: claims.total,
    due: claims.total,
    payer: command.payer,
    ...(command.owner && { owner: command.owner }),
    ...(command.debtor && { debtor: command.debtor }),
    ...(command.notice && { notice: command.notice }),
    createdAt: at,
    expiresAt,
    origin,
    ...(replaces && { replaces }),
    ...(command.metadata && { metadata: command.metadata }),
    ...(choices && { choices }),
    attempts: [],
    movements: {},
    version: 1,
  };
}
