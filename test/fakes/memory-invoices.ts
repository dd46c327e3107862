import {
  type BookItem,
  bearerOf,
  CREATION_SHARDS,
  type InvoiceBook,
  MAX_FIND_MANY,
  type Posted,
  type Receipt,
  type ReceiptKept,
  type RefundWritten,
} from '../../shared/domain/invoice/book.ts';
import {
  type Attempt,
  type CallOrigin,
  type Invoice,
  MAX_SHARED_CALLS,
  type ReversalProposal,
  sharedCalls,
} from '../../shared/domain/invoice/invoice.ts';
import type { InvoiceNumber } from '../../shared/domain/invoice/number.ts';
import type { InvoiceState } from '../../shared/domain/invoice/states.ts';
import type { Dong } from '../../shared/domain/money/dong.ts';
import { type AttemptState, preparedState } from '../../shared/domain/payment/advance.ts';
import { chosen } from '../../shared/domain/payment/choices.ts';
import type { MoveAttempt, ParkReversal, PostMovement, Review } from '../../shared/domain/payment/decide.ts';
import { factsOf, type InvoiceFacts, isWhole } from '../../shared/domain/payment/facts.ts';
import {
  creditOf,
  isBankCredit,
  MAX_MOVEMENTS,
  type MovementId,
  PLACES_FOR_ALL,
  reversalOf,
  sameMovement,
} from '../../shared/domain/payment/movement.ts';
import { MAX_ATTEMPTS } from '../../shared/domain/payment/reference.ts';
import { afterRefundWrite, type RefundWrite } from '../../shared/domain/refund/decide.ts';
import { type Instant, vietnamDay } from '../../shared/domain/time.ts';

/** One committed write, as the table's stream tells it. */
export type CommittedChange = { before: BookItem | undefined; after: BookItem };

/**
 * The invoices in memory: one write at a time, as one item of a table takes them, and copies in and out. Whether two
 * implementations agree is what the contract suite proves.
 */
export class MemoryInvoices implements InvoiceBook {
  readonly #items = new Map<string, BookItem>();
  /** Every committed write in order: the outbox. */
  readonly changes: CommittedChange[] = [];

  async find(number: InvoiceNumber, _how?: { consistent: boolean }): Promise<Invoice | undefined> {
    return invoiceOf(this.at(number));
  }

  async findFacts(number: InvoiceNumber, _how?: { consistent: boolean }): Promise<InvoiceFacts | undefined> {
    const invoice = invoiceOf(this.at(number));
    return invoice && factsOf(invoice);
  }

  async findMany(numbers: readonly InvoiceNumber[]): Promise<Invoice[]> {
    if (numbers.length > MAX_FIND_MANY) throw new RangeError(`at most ${MAX_FIND_MANY} invoices at once`);
    return numbers.flatMap((number) => invoiceOf(this.at(number)) ?? []);
  }

  async bearersOf(credits: readonly MovementId[]): Promise<Map<MovementId, InvoiceNumber>> {
    if (credits.length > MAX_FIND_MANY) throw new RangeError(`at most ${MAX_FIND_MANY} credits at once`);
    const items = credits.flatMap((credit) => this.at(credit) ?? []);
    return new Map(items.flatMap((item) => bearerOf(item) ?? []).map(({ credit, number }) => [credit, number]));
  }

  async create(invoice: Invoice) {
    const there = this.#putNew(invoice.number, { kind: 'invoice', invoice });
    if (!there) return { kind: 'created' as const };
    return there.kind === 'invoice'
      ? { kind: 'exists' as const, invoice: there.invoice }
      : { kind: 'occupied' as const };
  }

  async void(number: InvoiceNumber) {
    const there = this.#putNew(number, { kind: 'void' });
    return there?.kind === 'invoice'
      ? { kind: 'exists' as const, invoice: there.invoice }
      : { kind: 'voided' as const };
  }

  async appendAttempt(number: InvoiceNumber, after: number, attempt: Attempt, shared = 0) {
    const current = invoiceOf(this.at(number));
    const open = current?.state === 'open' && current.expiresAt >= attempt.createdAt;
    if (!open || current.attempts.length !== after || after >= MAX_ATTEMPTS || sharedCalls(current.attempts) !== shared)
      return { kind: 'refused' as const, current };
    return { kind: 'appended' as const, invoice: this.#change(current, { attempts: [...current.attempts, attempt] }) };
  }

  async move(number: InvoiceNumber, from: InvoiceState, to: InvoiceState, due?: Dong) {
    const current = invoiceOf(this.at(number));
    if (current?.state !== from || (due !== undefined && current.due !== due))
      return { kind: 'refused' as const, current };
    return { kind: 'moved' as const, invoice: this.#change(current, { state: to }) };
  }

  async supersede(number: InvoiceNumber, from: 'open' | 'expired' | 'cancelled', by: InvoiceNumber) {
    const current = invoiceOf(this.at(number));
    if (current?.state !== from || current.replacedBy) return { kind: 'refused' as const, current };
    this.#change(current, { state: from === 'open' ? 'expired' : from, replacedBy: by });
    return { kind: 'superseded' as const };
  }

  async shareAttempt(
    number: InvoiceNumber,
    index: number,
    call: CallOrigin,
    { after, due }: { after: number; due: Dong },
    joins?: string,
  ) {
    const current = invoiceOf(this.at(number));
    const attempt = current?.attempts[index];
    const shared = attempt?.sharedWith ?? [];
    if (
      current?.state !== 'open' ||
      current.due !== due ||
      current.attempts.length !== after ||
      (attempt?.state !== 'pending' && attempt?.state !== 'created') ||
      shared.length >= MAX_SHARED_CALLS
    )
      return { kind: 'refused' as const, current };
    const joined = joins !== undefined && { joinedBy: [...(attempt.joinedBy ?? []), joins] };
    const attempts = current.attempts.map((one, place) =>
      place === index ? { ...one, sharedWith: [...shared, call], ...joined } : one,
    );
    return { kind: 'shared' as const, invoice: this.#change(current, { attempts }) };
  }

  async keepPrepared(number: InvoiceNumber, index: number, from: AttemptState, prepared: string) {
    const current = invoiceOf(this.at(number));
    const attempt = current?.attempts[index];
    if (!current || attempt?.state !== from || attempt.prepared !== undefined)
      return { kind: 'refused' as const, current };
    const attempts = current.attempts.map((one, place) =>
      place === index ? { ...one, state: preparedState(from), prepared } : one,
    );
    return { kind: 'kept' as const, invoice: this.#change(current, { attempts }) };
  }

  async post(decided: PostMovement): Promise<Posted> {
    const { number, from, to, movement, also, attempt, takesLastPlace, reverses, after, parked = 0 } = decided;
    const current = invoiceOf(this.at(number));
    if (!current) return { kind: 'unknownInvoice' };
    const there = current.movements[movement.movementId];
    if (there) return sameMovement(there, movement) ? { kind: 'alreadyPosted' } : { kind: 'contradicts', current };
    const holds =
      current.state === from.state &&
      current.due === from.due &&
      (reverses
        ? current.movements[reverses] !== undefined && !(current.refunding?.money[reverses]?.out ?? 0)
        : Object.keys(current.movements).length < (takesLastPlace ? MAX_MOVEMENTS : PLACES_FOR_ALL) &&
          (current.parked ?? []).length === parked) &&
      (!decided.moves || decided.moves.keptAlone || isWhole(current, decided.moves.credit)) &&
      (['late', 'parts'] as const).every((one) => chosen(one, current.choices) === chosen(one, decided.choices)) &&
      (after === undefined || Object.keys(current.movements).length === after) &&
      (!decided.unreplaced || current.replacedBy === undefined) &&
      (decided.approvedBy === undefined || mayApprove(current.proposal, reverses, decided.approvedBy)) &&
      (!attempt || current.attempts[attempt.index]?.state === attempt.from);
    if (!holds) return { kind: 'decideAgain', current };
    const credit = isBankCredit(movement.movementId) && decided.moves?.keptAlone !== false;
    if (credit) {
      const refused = this.#writeCredit(decided, current);
      if (refused) return refused;
    }
    const receipt = takesLastPlace && !credit ? this.at(movement.movementId) : undefined;
    const kept = receipt?.kind === 'receipt' ? receipt.movements[movement.movementId] : undefined;
    if (kept) return sameMovement(kept, movement) ? { kind: 'alreadyPosted' } : { kind: 'contradicts', current };
    const { proposal, ...rest } = current;
    this.#change(decided.approvedBy === undefined || !proposal ? current : rest, {
      state: to.state,
      due: to.due,
      movements: {
        ...current.movements,
        [movement.movementId]: movement,
        ...(also && { [also.movementId]: also }),
      },
      attempts: current.attempts.map((one, index) => (index === attempt?.index ? { ...one, state: attempt.to } : one)),
    });
    return { kind: 'posted' };
  }

  /** The item under the credit's own name, in one with the invoice; or why that refuses. */
  #writeCredit({ number, movement, moves }: PostMovement, current: Invoice): Posted | undefined {
    const id = creditOf(movement.movementId);
    const there = this.at(id);
    const lies = there?.kind === 'receipt' ? there.movements[id] : undefined;
    const alone = there?.kind === 'receipt' && there.movedTo === undefined && lies?.amount === movement.amount;
    if (moves && alone) this.#commit(id, there, { ...there, movedTo: number });
    else if (!moves && !there)
      this.#commit(id, undefined, { kind: 'credit', key: id, number, amount: movement.amount });
    else if (alone && lies && sameMovement(lies, { ...movement, movementId: id }))
      return { kind: 'liesAlone', credit: lies };
    else return { kind: 'contradicts', current };
    return undefined;
  }

  async moveAttempt({ number, index, from, to }: MoveAttempt) {
    const current = invoiceOf(this.at(number));
    if (!current) return { kind: 'unknownInvoice' as const };
    if (current.attempts[index]?.state !== from) return { kind: 'decideAgain' as const, current };
    this.#change(current, {
      attempts: current.attempts.map((one, place) => (place === index ? { ...one, state: to } : one)),
    });
    return { kind: 'moved' as const };
  }

  async park({ number, parked, after }: ParkReversal) {
    const current = invoiceOf(this.at(number));
    if (!current) return { kind: 'unknownInvoice' as const };
    const waiting = current.parked ?? [];
    if (current.movements[parked.movementId] || waiting.length !== after)
      return { kind: 'decideAgain' as const, current };
    this.#change(current, { parked: [...waiting, parked] });
    return { kind: 'parked' as const };
  }

  async proposeReversal(number: InvoiceNumber, proposal: ReversalProposal) {
    const current = invoiceOf(this.at(number));
    const there = current?.movements[proposal.movementId];
    const open = current?.proposal?.state === 'proposed';
    if (!current || !there || open || current.movements[reversalOf(proposal.movementId)])
      return { kind: 'refused' as const, current };
    return { kind: 'proposed' as const, invoice: this.#change(current, { proposal }) };
  }

  async rejectReversal(number: InvoiceNumber, movementId: MovementId, by: string) {
    const current = invoiceOf(this.at(number));
    if (current?.proposal?.state !== 'proposed' || current.proposal.movementId !== movementId)
      return { kind: 'refused' as const, current };
    const proposal: ReversalProposal = { ...current.proposal, state: 'rejected', decidedBy: by };
    return { kind: 'rejected' as const, invoice: this.#change(current, { proposal }) };
  }

  async writeRefund(decided: RefundWrite): Promise<RefundWritten> {
    const current = invoiceOf(this.at(decided.number));
    if (!current) return { kind: 'unknownInvoice' };
    const after = afterRefundWrite(current, decided);
    return after ? { kind: 'written', invoice: this.#change(current, after) } : { kind: 'decideAgain', current };
  }

  async keepReceipt({ number, agencyCode, movement, overflowOf }: Receipt): Promise<ReceiptKept> {
    const key = number ?? movement.movementId;
    const full = overflowOf && invoiceOf(this.at(overflowOf));
    if (full?.movements[movement.movementId] && !this.at(key)) return { kind: 'decideAgain', current: full };
    const there = this.#putNew(key, {
      kind: 'receipt',
      key,
      agencyCode,
      movements: { [movement.movementId]: movement },
    });
    if (!there) return { kind: 'kept' };
    if (there.kind === 'invoice') return { kind: 'decideAgain', current: there.invoice };
    if (there.kind === 'credit') return { kind: there.amount === movement.amount ? 'alreadyKept' : 'contradicts' };
    const kept = there.kind === 'receipt' ? there.movements[movement.movementId] : undefined;
    if (kept) return sameMovement(kept, movement) ? { kind: 'alreadyKept' } : { kind: 'contradicts' };
    return number ? this.keepReceipt({ agencyCode, movement }) : { kind: 'contradicts' };
  }

  async keepReview(reviewId: string, { agencyCode, category, notice }: Omit<Review, 'kind'>, keptAt: Instant) {
    this.#putNew(reviewId, { kind: 'review', key: reviewId, agencyCode, category, notice, keptAt });
  }

  async ofAgencyDay({ agencyCode, day, shard, after, limit }: Parameters<InvoiceBook['ofAgencyDay']>[0]) {
    const order = (one: { number: string; createdAt: Instant }) => `${one.createdAt} ${one.number}`;
    const all = this.items()
      .flatMap((item) => (item.kind === 'invoice' ? [item.invoice] : []))
      .filter((invoice) => invoice.agencyCode === agencyCode && vietnamDay(invoice.createdAt) === day)
      .filter((invoice) => Number(invoice.number.slice(-3)) % CREATION_SHARDS === shard)
      .map(({ number, createdAt }) => ({ number, createdAt }))
      .filter((one) => !after || order(one) > order(after))
      .sort((one, other) => (order(one) < order(other) ? -1 : 1));
    return { found: all.slice(0, limit), more: all.length > limit };
  }

  /** What stands under a key, as a copy. */
  at(key: string): BookItem | undefined {
    return structuredClone(this.#items.get(key));
  }

  items(): BookItem[] {
    return structuredClone([...this.#items.values()]);
  }

  /** Puts an invoice of any state there, as if it had come about; nothing is told of it. */
  place(invoice: Invoice): void {
    this.#items.set(invoice.number, { kind: 'invoice', invoice: structuredClone(invoice) });
  }

  #putNew(key: string, item: BookItem): BookItem | undefined {
    const there = this.at(key);
    if (!there) this.#commit(key, undefined, item);
    return there;
  }

  #change(current: Invoice, change: Partial<Invoice>): Invoice {
    const invoice = { ...current, ...change, version: current.version + 1 };
    this.#commit(current.number, { kind: 'invoice', invoice: current }, { kind: 'invoice', invoice });
    return structuredClone(invoice);
  }

  #commit(key: string, before: BookItem | undefined, after: BookItem): void {
    this.#items.set(key, structuredClone(after));
    this.changes.push(structuredClone({ before, after }));
  }
}

/** Another person must have proposed to take just this back. */
const mayApprove = (proposal: ReversalProposal | undefined, reverses: MovementId | undefined, by: string): boolean =>
  proposal?.state === 'proposed' && proposal.movementId === reverses && proposal.by !== by;

function invoiceOf(item: BookItem | undefined): Invoice | undefined {
  return item?.kind === 'invoice' ? item.invoice : undefined;
}
