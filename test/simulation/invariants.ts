import { createHash } from 'node:crypto';
import type { BookItem } from '../../shared/domain/invoice/book.ts';
import type { Attempt, Invoice } from '../../shared/domain/invoice/invoice.ts';
import type { InvoiceState } from '../../shared/domain/invoice/states.ts';
import type { JournalEntry } from '../../shared/domain/ledger/journal.ts';
import type { AttemptState } from '../../shared/domain/payment/advance.ts';
import { MAX_MOVEMENTS, MAX_PARKED, type Movement, MovementKind } from '../../shared/domain/payment/movement.ts';
import { MAX_ATTEMPTS, paymentReference, readPaymentReference } from '../../shared/domain/payment/reference.ts';
import type { Instant } from '../../shared/domain/time.ts';
import { parseStored } from '../../shared/store/invoice-item.ts';
import { parseJournalItem } from '../../shared/store/journal-item.ts';
import { Desks } from './desk-rules.ts';
import type { Item } from './expression.ts';
import { MAX_SKEW } from './faults.ts';
import {
  DESK,
  INVOICE_NUMBER,
  mustBalance,
  mustBePlausible,
  mustFillPurses,
  mustFit,
  ownerOf,
  takingBack,
} from './movement-rules.ts';
import { BrokenInvariant, must } from './process.ts';
import type { TableName } from './store.ts';
import type { Commit } from './table.ts';
import type { Said } from './wire.ts';

/**
 * What must hold after every write, checked on what the write changed. Nothing of the rules of the service is used here:
 * the tables of moves and the names of accounts are written down a second time, so that a mistake in one is seen.
 */

const INVOICE_MOVES: Readonly<Record<InvoiceState, readonly InvoiceState[]>> = {
  open: ['paid', 'expired', 'cancelled'],
  // Its money went back: payable again, unless the deadline has passed.
  paid: ['open', 'expired'],
  partially_refunded: [],
  refunded: [],
  // Money that was debited in time pays, although we heard of it later.
  expired: ['paid'],
  cancelled: [],
};

const ATTEMPT_MOVES: Readonly<Record<AttemptState, readonly AttemptState[]>> = {
  created: ['pending', 'succeeded', 'failed', 'succeeded_late'],
  pending: ['succeeded', 'failed', 'succeeded_late'],
  succeeded: ['reversed'],
  failed: ['succeeded_late'],
  expired: [],
  succeeded_late: ['reversed'],
  reversed: ['succeeded_late'],
};

/** What may take the last place: the payment, and what takes money back. */
const TAKES_LAST: ReadonlySet<Movement['kind']> = new Set(['payment', 'reversal']);

/** What a bank said of one transaction; it may say two things. */
export type Authentic = { amount: number; terminal: string; reference: string; taken: boolean };

/** What a bank said that moves no money: a decline, another currency, a text that nobody can read. */
export type Word = Said & { bank: string; taken: boolean };

export class Invariants {
  readonly #now: () => Instant;
  /** Where each movement stands: the key of its item. */
  readonly movements = new Map<string, { key: string; movement: Movement }>();
  /** What the journal holds of each movement. */
  readonly journal = new Map<string, JournalEntry>();
  /** What the banks truly said of money, by movement. */
  readonly authentic = new Map<string, Authentic[]>();
  /** What they truly said of money that went back, by the movement that they took back. */
  readonly takenBack = new Map<string, Authentic[]>();
  /** What clerks wrote down. */
  readonly desks = new Desks();
  /** What else they truly said. */
  readonly words: Word[] = [];
  /** Attempts of which a bank knows the outcome, and never tells. */
  readonly silent: { bank: string; reference: string; terminal: string; transactionId: string }[] = [];
  /** What a bank prepared under a reference, each time that it was told. */
  readonly prepared = new Map<string, Set<string>>();
  /** Hashes of idempotency keys, and the invoice or attempt that each made. */
  readonly #made = new Map<string, string>();
  /** Invoices whose call said that they come beside another one: by the hash of its body. */
  readonly additional = new Set<string>();
  /** Open invoices by dossier and procedure. */
  readonly #open = new Map<string, Map<string, Instant>>();
  /** Attempts that failed once, by invoice and index: they may succeed later. */
  readonly failed = new Set<string>();
  /** How often each invoice expired: once more after its money went back late. */
  readonly expired = new Map<string, number>();

  constructor(now: () => Instant) {
    this.#now = now;
  }

  /** Looks at one write. Throws {@link BrokenInvariant}. */
  look(table: TableName, { key, before, after }: Commit): void {
    if (table === 'journal') this.#lookAtJournal(before, after);
    // Somebody may be at work on it: what is open is never opened again.
    if (table === 'work' && key.startsWith('exception#')) must(!before, `${key} was opened over another one`);
    if (table !== 'invoices') return;
    if (!after) throw new BrokenInvariant(`${key} was deleted`);
    this.#lookAtBook(key, before && parseStored(before), parseStored(after));
  }

  /** References whose bank knows the outcome, and whose attempts still wait. */
  unanswered(invoices: { at(key: string): Item | undefined }): string[] {
    return this.silent.flatMap(({ bank, reference, terminal, transactionId }) => {
      // Money beyond what its invoice bears stands elsewhere, and is known all the same.
      if (this.movements.has(`mov_${bank}_${transactionId}`)) return [];
      // Asked by its reference a bank tells of one payment: of two, the other one stands in its settlement file.
      if (this.#isHeard(reference)) return [];
      const read = readPaymentReference(reference);
      const item = read && invoices.at(read.invoice);
      const stored = item && parseStored(item);
      const invoice = stored?.kind === 'invoice' ? stored.invoice : undefined;
      const attempt = read && invoice?.attempts[read.attempt - 1];
      if (!invoice || !attempt) return [`${reference} was never made`];
      const waits = attempt.state === 'created' || attempt.state === 'pending';
      const its = Object.values(invoice.movements).some((movement) => movement.attempt === read.attempt);
      return waits && !its && attempt.providerId === bank && attempt.terminal === terminal ? [reference] : [];
    });
  }

  /** Whether any money stands anywhere that came under a reference. */
  #isHeard(reference: string): boolean {
    for (const id of this.movements.keys())
      if (this.authentic.get(id)?.some((one) => one.reference === reference)) return true;
    return false;
  }

  #lookAtBook(key: string, before: BookItem | undefined, after: BookItem): void {
    must(!before || before.kind === after.kind, `${key} turned from ${before?.kind} into ${after.kind}`);
    must(!before || before.kind === 'invoice', `${key}, a ${before?.kind}, was written twice`);
    if (after.kind === 'invoice') {
      const old = before?.kind === 'invoice' ? before.invoice : undefined;
      this.#lookAtInvoice(old, after.invoice);
      this.#lookAtMovements(key, old?.movements, after.invoice.movements, after.invoice.agencyCode);
    }
    if (after.kind === 'receipt') {
      for (const movement of Object.values(after.movements)) {
        must(movement.kind !== 'payment', `${key} is a receipt, yet it pays`);
        const strange = INVOICE_NUMBER.test(key) && after.agencyCode !== ownerOf(movement);
        must(!strange, `${key} is kept for ${after.agencyCode}, and is money of ${ownerOf(movement)}`);
      }
      this.#lookAtMovements(key, undefined, after.movements, after.agencyCode);
    }
  }

  #lookAtInvoice(before: Invoice | undefined, after: Invoice): void {
    const { number, state } = after;
    const movements = Object.values(after.movements);
    const brought = movements.filter((movement) => movement.kind !== 'reversal');
    const standing = brought.filter((movement) => !after.movements[takingBack(movement.movementId)]);
    const paying = standing.filter((movement) => movement.kind === 'payment' || movement.kind === 'part');
    const payments = paying.filter((movement) => movement.kind === 'payment');
    // A part that is taken back opens the invoice again, and its last payment stands.
    const opened = movements.filter(({ kind }) => kind === 'reversal').length;
    must(payments.length <= 1 + opened, `${number} was paid ${payments.length} times`);
    const paid = paying.reduce((sum, movement) => sum + movement.amount, 0);
    must((state === 'paid') === (paid === after.total), `${number} is ${state} with ${paid} of ${after.total} dong`);
    must(after.due === after.total - paid, `${number} is ${state}, and ${after.due} are due`);
    must(brought.length <= MAX_MOVEMENTS, `${number} bears ${brought.length} movements`);
    mustFillPurses(after);
    must(after.attempts.length <= MAX_ATTEMPTS, `${number} has ${after.attempts.length} attempts`);
    this.#lookAtOpen(after);
    if (!before) {
      must(state === 'open', `${number} begins ${state}`);
      this.#lookAtKey(after.origin.keyHash, `invoice ${number}`);
      return;
    }
    must(
      before.state === state || INVOICE_MOVES[before.state].includes(state),
      `${number} went from ${before.state} to ${state}`,
    );
    must(
      before.state !== 'open' || state !== 'cancelled' || paid === 0,
      `${number} was cancelled with ${paid} dong paid`,
    );
    if (state === 'expired' && before.state !== state) this.expired.set(number, (this.expired.get(number) ?? 0) + 1);
    must(after.version === before.version + 1, `${number} was written without counting`);
    this.#lookAtAttempts(before, after);
    must(same(lasting(before), lasting(after)), `${number} changed what never changes`);
    must(!before.replacedBy || before.replacedBy === after.replacedBy, `${number} was replaced twice`);
    const fresh = movements.filter((movement) => !before.movements[movement.movementId]);
    for (const movement of fresh) mustFit(before, movement, after);
    const last = Object.keys(before.movements).length >= MAX_MOVEMENTS - 1;
    for (const { kind, movementId } of fresh)
      must(
        !last || TAKES_LAST.has(kind),
        `${movementId}, a ${kind}, took the place that ${number} keeps for its payment`,
      );
    for (const movement of fresh) if (movement.providerId === DESK) this.desks.mustKnow(number, movement, before);
    this.#lookAtParked(before, after);
    this.desks.mustBeProposed(before, after);
    this.#lookAtMoves(before, after, fresh);
  }

  #lookAtAttempts(invoice: Invoice, { number, attempts: after, expiresAt }: Invoice): void {
    const before = invoice.attempts;
    must(after.length >= before.length, `${number} lost an attempt`);
    must(after.length <= before.length + 1, `${number} got two attempts at once`);
    for (const [index, attempt] of after.entries()) {
      const old = before[index];
      const { state, sharedWith, joinedBy: _, prepared, ...rest } = attempt;
      const reference = paymentReference(number, index + 1);
      must(
        prepared === undefined || this.prepared.get(reference)?.has(prepared) === true,
        `no bank prepared ${prepared} for ${reference}`,
      );
      for (const { keyHash } of sharedWith ?? []) this.#lookAtKey(keyHash, `attempt ${index + 1} of ${number}`);
      if (state === 'failed') this.failed.add(`${number} ${index}`);
      if (!old) {
        const began = attempt.createdAt <= expiresAt && attempt.expiresAt <= expiresAt;
        must(invoice.state === 'open' && began, `attempt ${index + 1} of ${number} began too late: ${invoice.state}`);
        must(
          before.every((one) => !isShared(one, attempt)),
          `attempt ${index + 1} of ${number} repeats another one’s call`,
        );
        this.#lookAtKey(attempt.keyHash, `attempt ${index + 1} of ${number}`);
        continue;
      }
      const { state: was, sharedWith: oldCalls = [], joinedBy: __, prepared: oldPrepared, ...oldRest } = old;
      must(
        oldPrepared === undefined || oldPrepared === prepared,
        `${reference} was prepared as ${oldPrepared}, then as ${prepared}`,
      );
      const joined = (sharedWith?.length ?? 0) - oldCalls.length;
      must(
        joined === 0 || (joined === 1 && (was === 'pending' || was === 'created')),
        `attempt ${index + 1} of ${number}, ${was}, was shared`,
      );
      must(
        same(oldCalls, sharedWith?.slice(0, oldCalls.length) ?? []),
        `attempt ${index + 1} of ${number} forgot a call`,
      );
      must(same(rest, oldRest), `attempt ${index + 1} of ${number} changed`);
      must(
        was === state || ATTEMPT_MOVES[was].includes(state),
        `attempt ${index + 1} of ${number}: ${was} to ${state}`,
      );
    }
  }

  /** An attempt succeeds with its own money and with nothing else, and fails by its own bank's word. */
  #lookAtMoves(before: Invoice, { number, attempts, movements }: Invoice, fresh: readonly Movement[]): void {
    for (const [index, { state, providerId, terminal, expiresAt }] of attempts.entries()) {
      const was = before.attempts[index]?.state ?? state;
      const name = `attempt ${index + 1} of ${number}, ${was}, then ${state},`;
      const its = fresh.filter((one) => one.attempt === index + 1);
      const money = its.find(
        (one) =>
          one.providerId === providerId &&
          one.terminal === terminal &&
          (one.kind === 'payment' || (one.kind === 'surplus' && one.category !== 'AMOUNT_OVER')),
      );
      const again = was === 'failed' || was === 'reversed';
      const late = money !== undefined && (again || Math.min(money.paidAt, money.committedAt) > expiresAt);
      const open = was === 'pending' || was === 'created' || again;
      const accepted = was === 'created' && state === 'pending' && attempts[index]?.prepared !== undefined;
      if (money && open) must(state === (late ? 'succeeded_late' : 'succeeded'), `${name} is told wrongly`);
      // All that had come under its reference has gone back.
      const left = Object.values(movements).some(
        (one) =>
          one.attempt === index + 1 &&
          (one.kind === 'payment' || one.kind === 'surplus') &&
          !movements[takingBack(one.movementId)],
      );
      const back = its.some((one) => one.kind === 'reversal' && isOf(before.movements, one, ['payment', 'surplus']));
      const reversed = back && !left && (was === 'succeeded' || was === 'succeeded_late');
      must(!reversed || state === 'reversed', `${name} has no money left`);
      if (state !== was && !money && !accepted && !reversed) {
        const declined = this.words.some(
          (word) =>
            word.outcome === 'declined' &&
            word.bank === providerId &&
            word.terminal === terminal &&
            word.reference === paymentReference(before.number, index + 1),
        );
        must(state === 'failed' && declined, `${name} moved by nobody’s word`);
      }
    }
  }

  /** What waits to be taken back is what a bank said, and is never forgotten. */
  #lookAtParked({ parked: before = [] }: Invoice, { number, parked: after = [] }: Invoice): void {
    must(same(before, after.slice(0, before.length)), `${number} forgot what a bank took back`);
    must(after.length <= MAX_PARKED, `${after.length} reversals wait with ${number}`);
    for (const { movementId, amount, terminal } of after.slice(before.length)) {
      const said = this.takenBack.get(movementId) ?? [];
      must(
        said.some((one) => one.amount === amount && one.terminal === terminal),
        `no bank ever took back ${movementId} of ${amount} dong`,
      );
    }
    const ids = new Set(after.map(({ movementId }) => movementId));
    must(ids.size === after.length, `a reversal waits twice with ${number}`);
  }

  #lookAtMovements(
    key: string,
    before: Readonly<Record<string, Movement>> = {},
    after: Readonly<Record<string, Movement>>,
    agencyCode: string,
  ): void {
    for (const [id, movement] of Object.entries(before)) must(same(movement, after[id]), `${id} of ${key} changed`);
    for (const movement of Object.values(after)) {
      if (before[movement.movementId]) continue;
      const there = this.movements.get(movement.movementId);
      must(!there, `${movement.movementId} stands at ${there?.key} and at ${key}: the same dong twice`);
      this.movements.set(movement.movementId, { key, movement });
      mustBalance(movement, agencyCode);
      mustBePlausible(movement);
      const reversal = movement.kind === 'reversal';
      const its = movement.movementId.replace('~', '');
      const said = (reversal ? this.takenBack.get(its) : this.authentic.get(movement.movementId)) ?? [];
      if (movement.providerId !== DESK)
        must(
          said.some(({ amount, terminal }) => amount === movement.amount && terminal === movement.terminal),
          `no bank ever said ${movement.movementId} of ${movement.amount} dong`,
        );
    }
  }

  /** One key makes one thing. */
  #lookAtKey(keyHash: string, made: string): void {
    const there = this.#made.get(keyHash);
    must(!there || there === made, `one idempotency key made ${there} and ${made}`);
    this.#made.set(keyHash, made);
  }

  /**
   * At most one open invoice a dossier and procedure. One that a wrong clock may already see expired does not count: its
   * deadline is less than the greatest skew away.
   */
  #lookAtOpen(invoice: Invoice): void {
    if (this.additional.has(invoice.origin.bodyHash)) return;
    const place = `${invoice.agencyCode} ${invoice.dossierCode} ${invoice.procedureCode}`;
    const open = this.#open.get(place) ?? new Map<string, Instant>();
    this.#open.set(place, open);
    if (invoice.state !== 'open') open.delete(invoice.number);
    else open.set(invoice.number, invoice.expiresAt);
    const certain = [...open].filter(([, expiresAt]) => expiresAt > this.#now() + MAX_SKEW).map(([number]) => number);
    must(certain.length <= 1, `${place} has ${certain.length} open invoices: ${certain.join(' ')}`);
  }

  #lookAtJournal(before: Commit['before'], after: Commit['after']): void {
    must(!before && after !== undefined, 'the journal was changed');
    const entry = parseJournalItem(after);
    const { key, movement: book } = this.movements.get(entry.movementId) ?? {};
    must(entry.kind !== 'correction', `nobody corrected anything here: ${entry.movementId}`);
    must(book !== undefined, `the journal tells of ${entry.movementId}, of which the book knows nothing`);
    must(!this.journal.has(entry.movementId), `${entry.movementId} stands in the journal twice`);
    must(
      same(toldOf(book), toldOf({ ...entry, kind: MovementKind.parse(entry.kind) })) &&
        (entry.invoiceNumber === undefined || entry.invoiceNumber === key) &&
        entry.evidenceHash === createHash('sha256').update(book.evidence).digest('hex'),
      `journal and book tell two stories of ${entry.movementId}`,
    );
    this.journal.set(entry.movementId, entry);
  }
}

/** What journal and book both tell of one movement. */
function toldOf(one: Omit<Movement, 'evidence'>): unknown[] {
  const { movementId, kind, category, amount, lines, paidAt, committedAt, providerId, transactionId, terminal } = one;
  const { merchantAccountId, attempt } = one;
  const whose = [merchantAccountId, attempt, terminal, providerId, transactionId];
  return [movementId, kind, category, amount, lines, paidAt, committedAt, ...whose];
}

/** Whether an attempt answers a call of which another one was made. */
const isShared = ({ sharedWith = [] }: Attempt, { keyHash }: Attempt): boolean =>
  sharedWith.some((call) => call.keyHash === keyHash);

/** What an invoice keeps for ever. */
function lasting(invoice: Invoice): Partial<Invoice> {
  const { state: _, due: __, attempts: ___, movements: ____, version: _____, replacedBy: ______, ...rest } = invoice;
  const { parked: _______, proposal: ________, ...kept } = rest;
  return kept;
}

/** Whether a reversal takes back a movement of one of these kinds. */
const isOf = (movements: Invoice['movements'], { movementId }: Movement, kinds: readonly Movement['kind'][]): boolean =>
  Object.values(movements).some((one) => takingBack(one.movementId) === movementId && kinds.includes(one.kind));

const same = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);
