import type { BookItem } from '../../shared/domain/invoice/book.ts';
import type { InvoiceNumber } from '../../shared/domain/invoice/number.ts';
import type { WebhookEventType, WebhookOwner } from '../../shared/domain/notification/webhook.ts';
import type { Movement } from '../../shared/domain/payment/movement.ts';
import { paymentReference, readPaymentReference } from '../../shared/domain/payment/reference.ts';
import { parseStored } from '../../shared/store/invoice-item.ts';
import type { Agency } from './agency.ts';
import { ENDPOINTS } from './country.ts';
import type { Invariants, Word } from './invariants.ts';
import { DESK, takingBack } from './movement-rules.ts';
import { must } from './process.ts';
import type { SimulatedTables } from './store.ts';

type Books = {
  invariants: Invariants;
  tables: SimulatedTables;
  agencies: ReadonlyMap<string, Agency>;
  /** Items of which the stream lost a change: of those only what moved money is certain to be told. */
  lost: ReadonlySet<string>;
};

/** Told from the stream alone. */
const MOVES_NO_MONEY: ReadonlySet<string> = new Set([
  'invoice.created.v1',
  'invoice.cancelled.v1',
  'invoice.expired.v1',
  'payment.failed.v1',
] satisfies WebhookEventType[]);

/** What must hold in the end, when nothing is under way any more. Throws a broken invariant. */
export function mustBeSettled({ invariants, tables, agencies, lost }: Books): void {
  const items = [...tables.tables.invoices.items()].map((item) => parseStored(item));
  const work = [...tables.tables.work.items()].flatMap((item) => (item['r'] ? [item['r'] as WorkItem] : []));
  everyDongIsThere(invariants, items);
  const silent = invariants.unanswered(tables.tables.invoices);
  must(silent.length === 0, `${silent.join(', ')} waits, and its bank knows what became of it`);
  everyReplacementIsNamed(items, invariants);
  for (const word of invariants.words) if (word.taken) isKept(word, items);
  for (const [id, { movement }] of invariants.movements) {
    must(invariants.journal.has(id), `${id} never came into the journal`);
    if (!movement.category) continue;
    const { category, transactionId } = movement;
    const opened = work.filter((one) => one.category === category && one.transactionId === transactionId);
    // A part that lies with an ended invoice may be called so too, and money that came after its reversal is two matters.
    const most = category === 'AMOUNT_UNDER' || category === 'REVERSED' ? 2 : 1;
    must(
      opened.length >= 1 && opened.length <= most,
      `${id} opened ${opened.length} work items ${category}, not ${most}`,
    );
  }
  everyReversalIsKept(invariants, items, work);
  everyPartIsLookedAt(items, work);
  for (const id of invariants.desks.entered)
    must(invariants.movements.has(id), `${id} was taken at the desk, and is nowhere`);
  for (const id of invariants.desks.reversed)
    must(invariants.movements.has(takingBack(id)), `${id} was approved to go back, and did not`);
  for (const item of items)
    if (item.kind === 'review') {
      const { category, notice } = item;
      const opened = work.some((one) => one.category === category && one.transactionId === notice.transactionId);
      must(opened, `the review ${item.key} opened no work item`);
    }
  for (const { owner, url, events } of ENDPOINTS)
    everyoneIsTold(owner, events, agencies.get(url), items, invariants, lost);
}

type WorkItem = { category: string; transactionId: string };

/** Money that a bank told of, and of which we said that we have it, stands in the books exactly once. */
function everyDongIsThere(invariants: Invariants, items: readonly BookItem[]): void {
  for (const [id, said] of invariants.authentic) {
    const taken = said.filter((one) => one.taken);
    if (taken.length === 0) continue;
    const there = invariants.movements.get(id);
    must(there !== undefined, `${id} was acknowledged, and is nowhere`);
    const { amount, terminal, attempt } = there.movement;
    const others = taken.filter(
      (one) =>
        one.amount !== amount || one.terminal !== terminal || readPaymentReference(one.reference)?.attempt !== attempt,
    );
    const reviews = items.filter(
      (item) => item.kind === 'review' && item.category === 'CONTRADICTION' && idOf(item.notice) === id,
    );
    must(reviews.length >= others.length, `a bank contradicted itself about ${id}, and nobody will look`);
  }
}

/** As what a person may look at a reversal; the first release of all could not read it. */
const LOOKED_AT: ReadonlySet<string> = new Set(['REVERSED', 'CONTRADICTION', 'UNREADABLE']);

/** What a bank took back, and of which we said that we have it, went back, or waits for its money, or is looked at. */
function everyReversalIsKept(
  { takenBack, movements }: Invariants,
  items: readonly BookItem[],
  work: readonly WorkItem[],
): void {
  const parked = new Map<string, { key: string; amount: number; terminal: string }>();
  for (const item of items)
    if (item.kind === 'invoice')
      for (const { movementId, amount, terminal } of item.invoice.parked ?? [])
        parked.set(movementId, { key: item.invoice.number, amount, terminal });
  for (const [id, said] of takenBack) {
    if (!said.some(({ taken }) => taken)) continue;
    const back = movements.has(takingBack(id));
    const looked = items.some(
      (item) => item.kind === 'review' && LOOKED_AT.has(item.category) && idOf(item.notice) === id,
    );
    const waits = parked.get(id);
    must(back || looked || waits !== undefined, `a bank took ${id} back, and we said that we have it: it is forgotten`);
    const opened = work.some((one) => one.category === 'REVERSED' && id.endsWith(`_${one.transactionId}`));
    must(waits === undefined || opened, `${id} waits at ${waits?.key} to be taken back, and nobody will look`);
    const there = movements.get(id);
    const { amount, terminal } = there?.movement ?? {};
    // Of another amount than its money it stays before a person.
    const met =
      waits !== undefined && there?.key === waits.key && amount === waits.amount && terminal === waits.terminal;
    must(back || looked || !met, `${id} waits at ${waits?.key} to be taken back, and stands there`);
  }
}

/** Parts of an invoice that ended lie with the agency, and somebody must decide about each. */
function everyPartIsLookedAt(items: readonly BookItem[], work: readonly WorkItem[]): void {
  for (const item of items) {
    if (item.kind !== 'invoice' || item.invoice.state !== 'expired') continue;
    for (const { kind, movementId, transactionId } of Object.values(item.invoice.movements)) {
      if (kind !== 'part' || item.invoice.movements[takingBack(movementId)]) continue;
      const opened = work.some((one) => one.category === 'AMOUNT_UNDER' && one.transactionId === transactionId);
      must(opened, `${movementId}, a part of ${item.invoice.number}, lies there, and nobody will look`);
    }
  }
}

/** An invoice that stands for another one names it. */
function everyReplacementIsNamed(items: readonly BookItem[], { additional }: Invariants): void {
  const invoices = new Map(
    items.flatMap((item) => (item.kind === 'invoice' ? [[item.invoice.number, item.invoice]] : [])),
  );
  for (const { number, replacedBy, dossierCode } of invoices.values()) {
    const newer = replacedBy && invoices.get(replacedBy);
    // A key that is used again for something else, after its first call had died, makes that other thing.
    const other = newer && (additional.has(newer.origin.bodyHash) || newer.dossierCode !== dossierCode);
    must(!newer || other || newer.replaces !== undefined, `${replacedBy} stands for ${number}, and does not say so`);
  }
}

/** What a bank said without money, and of which we said that we have it: a decline moves its attempt, the rest is looked at. */
function isKept({ bank, outcome, reference, transactionId }: Word, items: readonly BookItem[]): void {
  const read = readPaymentReference(reference);
  if (outcome === 'declined') {
    const item = items.find((one) => one.kind === 'invoice' && one.invoice.number === read?.invoice);
    const attempt = item?.kind === 'invoice' && read ? item.invoice.attempts[read.attempt - 1] : undefined;
    const moved = attempt && attempt.state !== 'pending' && attempt.state !== 'created';
    must(moved === true, `the decline of ${reference} was acknowledged, and is forgotten`);
    return;
  }
  // The sandbox bank has no word for "not yet": that is one that nobody knows.
  if (outcome === 'pending' && bank !== 'sandbox-bank') return;
  const category = outcome === 'limbo' ? 'DEBITED_NOT_CREDITED' : outcome === 'paid' ? 'WRONG_CURRENCY' : 'UNREADABLE';
  const reviews = items.filter(
    ({ kind, ...item }) =>
      kind === 'review' &&
      'notice' in item &&
      (item.category === category || (outcome === 'limbo' && item.category === 'UNREADABLE')) &&
      item.notice.providerId === bank &&
      item.notice.transactionId === transactionId,
  );
  // A release that has no word for it keeps it as what nobody can read.
  const most = outcome === 'limbo' ? 2 : 1;
  must(
    reviews.length >= 1 && reviews.length <= most,
    `${bank} ${transactionId}, ${category}, stands ${reviews.length} times for review`,
  );
}

const idOf = ({ providerId, transactionId }: { providerId: string; transactionId: string }): string =>
  `mov_${providerId}_${transactionId}`;

/** Each fact that an owner asked for was applied once, and nothing else was. */
function everyoneIsTold(
  owner: WebhookOwner,
  asked: readonly WebhookEventType[],
  agency: Agency | undefined,
  items: readonly BookItem[],
  { failed, expired }: Invariants,
  lost: ReadonlySet<string>,
): void {
  const facts = items
    .flatMap((item) => factsOf(item, owner, { failed, expired }))
    .filter(({ type }) => asked.includes(type))
    .map(({ type, about }) => `${nameOf(type)} ${about}`);
  const heard = (agency?.applied ?? []).map(({ type, subject, data }) => {
    const about = 'movementId' in data ? data.movementId : 'failedAt' in data ? data.paymentId : subject;
    return `${nameOf(type)} ${about}`;
  });
  areInOrder(agency?.applied ?? []);
  const missing = difference(facts, heard).filter((fact) => {
    const [type = '', about = ''] = fact.split(' ');
    const number = /^(?:inv|pay)_(\d{12})/.exec(about)?.[1];
    return !(MOVES_NO_MONEY.has(type) && number !== undefined && lost.has(number));
  });
  must(missing.length === 0, `${owner} never heard ${missing.join(', ')}`);
  const extra = difference(heard, facts);
  must(extra.length === 0, `${owner} heard what it should not, or twice: ${extra.join(', ')}`);
}

/** The events of one subject bear numbers of their own, and nothing comes before the beginning or a payment after its end. */
function areInOrder(applied: Agency['applied']): void {
  const subjects = new Map<string, Agency['applied'][number][]>();
  for (const event of applied) subjects.set(event.subject, [...(subjects.get(event.subject) ?? []), event]);
  for (const [subject, events] of subjects) {
    const sorted = events.toSorted((one, other) => one.sequence - other.sequence);
    must(
      new Set(sorted.map((event) => event.sequence)).size === sorted.length,
      `two events of ${subject} bear one number`,
    );
    const created = sorted.findIndex(({ type }) => type === 'invoice.created.v1');
    must(created <= 0, `${subject} begins after its event ${created}`);
    const paid = sorted.findIndex(({ type }) => type === 'invoice.paid.v1');
    const ended = sorted.findIndex(({ type }) => type === 'invoice.cancelled.v1');
    const back = sorted.some(({ type }) => type === 'payment.reversed.v1');
    must(paid < 0 || ended < 0 || back, `${subject} was cancelled and paid`);
  }
}

type Fact = { type: WebhookEventType; about: string };

/** Whether an attempt was late is told by the event's type; here both count as its success. */
const nameOf = (type: string): string => type.replace('succeeded_late', 'succeeded');

function factsOf(
  item: BookItem,
  owner: WebhookOwner,
  { failed, expired }: Pick<Invariants, 'failed' | 'expired'>,
): Fact[] {
  if (item.kind === 'receipt' && owner === `agency:${item.agencyCode}`)
    return Object.keys(item.movements).map((about) => ({ type: 'money.unmatched.v1', about }));
  if (item.kind !== 'invoice') return [];
  const { invoice } = item;
  if (owner !== `agency:${invoice.agencyCode}` && owner !== `client:${invoice.origin.clientId}`) return [];
  const id = `inv_${invoice.number}`;
  const facts: Fact[] = [{ type: 'invoice.created.v1', about: id }];
  if (invoice.state === 'cancelled') facts.push({ type: 'invoice.cancelled.v1', about: id });
  for (let times = expired.get(invoice.number) ?? 0; times > 0; times -= 1)
    facts.push({ type: 'invoice.expired.v1', about: id });
  invoice.attempts.forEach((attempt, index) => {
    const hasFailed = attempt.state === 'failed' || failed.has(`${invoice.number} ${index}`);
    if (hasFailed) facts.push({ type: 'payment.failed.v1', about: paymentId(invoice.number, index) });
  });
  for (const movement of Object.values(invoice.movements)) facts.push(...factsOfMovement(movement));
  return facts;
}

function factsOfMovement({ kind, movementId, providerId }: Movement): Fact[] {
  const about = movementId;
  if (kind === 'unmatched') return [{ type: 'money.unmatched.v1', about }];
  if (kind === 'part') return [{ type: 'invoice.part_paid.v1', about }];
  if (kind === 'reversal') return [{ type: 'payment.reversed.v1', about }];
  const success: Fact = { type: 'payment.succeeded.v1', about };
  // At the desk nobody attempts.
  if (providerId === DESK) return [{ type: 'invoice.paid.v1', about }];
  return [success, { type: kind === 'payment' ? 'invoice.paid.v1' : 'money.surplus.v1', about }];
}

function paymentId(number: InvoiceNumber, index: number): string {
  return `pay_${paymentReference(number, index + 1)}`;
}

/** What stands in the first list and not in the second, counting repeats. */
function difference(one: readonly string[], other: readonly string[]): string[] {
  const left = new Map<string, number>();
  for (const text of other) left.set(text, (left.get(text) ?? 0) + 1);
  return one.filter((text) => {
    const count = left.get(text) ?? 0;
    left.set(text, count - 1);
    return count <= 0;
  });
}
