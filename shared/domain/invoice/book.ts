import type { Dong } from '../money/dong.ts';
import type { AttemptState } from '../payment/advance.ts';
import type { MoveAttempt, ParkReversal, PostMovement, Review } from '../payment/decide.ts';
import type { InvoiceFacts } from '../payment/facts.ts';
import { type Movement, MovementId } from '../payment/movement.ts';
import type { ProviderNotice } from '../payment/provider.ts';
import type { ExceptionCategory } from '../reconciliation/exception.ts';
import type { RefundWrite } from '../refund/decide.ts';
import type { Day, Instant } from '../time.ts';
import type { Attempt, CallOrigin, Invoice, ReversalProposal } from './invoice.ts';
import type { InvoiceNumber } from './number.ts';
import type { InvoiceState } from './states.ts';

/**
 * Whatever stands among the invoices: invoices, receipts (money that no invoice bears), reviews (signed words that cannot
 * be entered as money), credits (under the name of a bank credit, which invoice bears it) and voids (numbers that shall
 * stay empty).
 */
export type BookItem =
  | { kind: 'invoice'; invoice: Invoice }
  | {
      kind: 'receipt';
      key: string;
      agencyCode: string;
      movements: Record<string, Movement>;
      /** The invoice to which its money, a bank credit, was moved. */
      movedTo?: InvoiceNumber;
    }
  | {
      kind: 'review';
      key: string;
      agencyCode: string;
      category: ExceptionCategory;
      notice: ProviderNotice;
      keptAt: Instant;
    }
  | { kind: 'credit'; key: string; number: InvoiceNumber; amount: Dong }
  | { kind: 'void' };

/** The bank credit that an item stands for, with the invoice that bears it; undefined where none does. */
export function bearerOf(item: BookItem): { credit: MovementId; number: InvoiceNumber } | undefined {
  if (item.kind === 'credit') return { credit: MovementId.parse(item.key), number: item.number };
  if (item.kind === 'receipt' && item.movedTo) return { credit: MovementId.parse(item.key), number: item.movedTo };
  return undefined;
}

/** Port: the invoices. Every write is conditional on what its decision used; a refused write answers what stands there. */
export interface InvoiceBook {
  /** `consistent`: sees every write that was acknowledged before. Without it the answer may lag by moments. */
  find(number: InvoiceNumber, how: { consistent: boolean }): Promise<Invoice | undefined>;

  /** As much of it as a decision about a notice needs: nothing of the payer. */
  findFacts(number: InvoiceNumber, how: { consistent: boolean }): Promise<InvoiceFacts | undefined>;

  /** In the order asked; numbers without an invoice are left out. At most {@link MAX_FIND_MANY} of them. */
  findMany(numbers: readonly InvoiceNumber[]): Promise<Invoice[]>;

  /**
   * Which invoice bears each of these bank credits, be it that it was entered there or moved there later; those that no
   * invoice bears are left out. At most {@link MAX_FIND_MANY} of them.
   */
  bearersOf(credits: readonly MovementId[]): Promise<Map<MovementId, InvoiceNumber>>;

  /** `occupied`: something that is no invoice stands at the number; numbers are never freed, so take the next one. */
  create(invoice: Invoice): Promise<{ kind: 'created' } | { kind: 'exists'; invoice: Invoice } | { kind: 'occupied' }>;

  /** Makes sure that no invoice will ever be created at a number that a lost call had claimed. */
  void(number: InvoiceNumber): Promise<{ kind: 'voided' } | { kind: 'exists'; invoice: Invoice }>;

  /** Appends the attempt that follows `after` attempts of an invoice that is open until `at`, and answers the invoice. */
  appendAttempt(
    number: InvoiceNumber,
    after: number,
    attempt: Attempt,
    /** How many further calls the attempts were shared with when this was decided. */
    shared?: number,
  ): Promise<{ kind: 'appended'; invoice: Invoice } | { kind: 'refused'; current: Invoice | undefined }>;

  /** Moves the state, and nothing else. `due`: only while so much is still to be paid. */
  move(
    number: InvoiceNumber,
    from: InvoiceState,
    to: InvoiceState,
    due?: Dong,
  ): Promise<{ kind: 'moved'; invoice: Invoice } | { kind: 'refused'; current: Invoice | undefined }>;

  /**
   * Notes, once, that another invoice stands for this one; one that was still open is expired by it. Refused when its
   * state is not `from` any more, or another one stands for it already.
   */
  supersede(
    number: InvoiceNumber,
    from: 'open' | 'expired' | 'cancelled',
    by: InvoiceNumber,
  ): Promise<{ kind: 'superseded' } | { kind: 'refused'; current: Invoice | undefined }>;

  /**
   * Remembers a further call that is answered with a waiting attempt, one of `after` of them, of an invoice that is open
   * and owes `due` still. Index from 0. `joins`: the client that began it so in the national platform's words.
   */
  shareAttempt(
    number: InvoiceNumber,
    index: number,
    call: CallOrigin,
    seen: { after: number; due: Dong },
    joins?: string,
  ): Promise<{ kind: 'shared'; invoice: Invoice } | { kind: 'refused'; current: Invoice | undefined }>;

  /**
   * Keeps, once, what the provider's preparation left with an attempt that is in the state `from`; one that was only
   * created is pending by it. Index from 0. Refused when it has left something already, or the attempt has moved on.
   */
  keepPrepared(
    number: InvoiceNumber,
    index: number,
    from: AttemptState,
    prepared: string,
  ): Promise<{ kind: 'kept'; invoice: Invoice } | { kind: 'refused'; current: Invoice | undefined }>;

  /**
   * The commit of a payment: one conditional write that moves the state and adds the movement, once. A bank credit is
   * written down under its own name by the same transaction, so that whoever tells of it again finds where it stands.
   */
  post(decided: PostMovement): Promise<Posted>;

  moveAttempt(
    decided: MoveAttempt,
  ): Promise<{ kind: 'moved' } | { kind: 'decideAgain'; current: Invoice } | { kind: 'unknownInvoice' }>;

  /**
   * A refund is asked for, or goes on: one conditional write, which takes its amount from the remainders or gives it back,
   * and, once the money is gone, adds the movement and moves the invoice.
   */
  writeRefund(decided: RefundWrite): Promise<RefundWritten>;

  /** Lets a reversal wait with the invoice for its money, unless that is there. */
  park(
    decided: ParkReversal,
  ): Promise<{ kind: 'parked' } | { kind: 'decideAgain'; current: Invoice } | { kind: 'unknownInvoice' }>;

  /** Writes down who wants a movement of the invoice taken back; refused while another proposal is open. */
  proposeReversal(
    number: InvoiceNumber,
    proposal: ReversalProposal,
  ): Promise<{ kind: 'proposed'; invoice: Invoice } | { kind: 'refused'; current: Invoice | undefined }>;

  /** Ends an open proposal; the movement stays. */
  rejectReversal(
    number: InvoiceNumber,
    movementId: MovementId,
    by: string,
  ): Promise<{ kind: 'rejected'; invoice: Invoice } | { kind: 'refused'; current: Invoice | undefined }>;

  /**
   * Keeps money that no invoice bears. With a number it occupies that number, so that no invoice can be created there
   * later and the same money be entered twice; without one it stands under the movement's own id, as bank credits must.
   */
  keepReceipt(receipt: Receipt): Promise<ReceiptKept>;

  /** Keeps a signed notice that cannot be entered as money. Keeping it again changes nothing. */
  keepReview(reviewId: string, review: Omit<Review, 'kind'>, keptAt: Instant): Promise<void>;

  /** Numbers of an agency's invoices created on a day, oldest first within a shard. */
  ofAgencyDay(query: {
    agencyCode: string;
    day: Day;
    shard: number;
    after?: { createdAt: Instant; number: InvoiceNumber } | undefined;
    limit: number;
  }): Promise<{ found: { number: InvoiceNumber; createdAt: Instant }[]; more: boolean }>;
}

export type Posted =
  | { kind: 'posted' }
  | { kind: 'alreadyPosted' }
  /** The same movement id stands there with other content: two truths about one transaction. */
  | { kind: 'contradicts'; current: Invoice }
  /** The bank credit lies alone, unmatched: it may be moved, and is not entered again. */
  | { kind: 'liesAlone'; credit: Movement }
  | { kind: 'decideAgain'; current: Invoice }
  | { kind: 'unknownInvoice' };

export type RefundWritten =
  | { kind: 'written'; invoice: Invoice }
  | { kind: 'decideAgain'; current: Invoice }
  | { kind: 'unknownInvoice' };

export type Receipt = {
  number?: InvoiceNumber;
  agencyCode: string;
  movement: Movement;
  /** A full invoice. In the same write it must prove not to bear this movement; if it does, that is answered. */
  overflowOf?: InvoiceNumber;
};
export type ReceiptKept =
  | { kind: 'kept' }
  | { kind: 'alreadyKept' }
  | { kind: 'contradicts' }
  /** An invoice stands at the number after all. */
  | { kind: 'decideAgain'; current: Invoice };

/** Most invoices that one call reads. */
export const MAX_FIND_MANY = 100;

/** Partitions of one agency and day in the index by day of creation: no hot key below 8,000 invoices a second. */
export const CREATION_SHARDS = 8;

/** Most invoices of one dossier. */
export const MAX_DOSSIER_INVOICES = 100;

/** Port: which invoices a dossier has, and which one holds the place of a procedure. Strongly consistent. */
export interface DossierBook {
  /**
   * Takes the procedure's place for `number` and lists it; with `additional` it takes the place only if that is free.
   * Claiming again for the same
   * number changes nothing, and answers `again`: the dossier's numbers, oldest first.
   */
  claim(
    claim: DossierClaim & { additional: boolean },
  ): Promise<
    { kind: 'claimed'; again?: readonly InvoiceNumber[] } | { kind: 'heldBy'; number: InvoiceNumber } | { kind: 'full' }
  >;
  /** Passes the place from one number to another and lists that. False when somebody was faster. */
  takeOver(claim: DossierClaim & { from: InvoiceNumber }): Promise<boolean>;
  /** Gives back what {@link claim} or {@link takeOver} took for a number at which nothing was created. */
  release(claim: DossierClaim & { restore?: InvoiceNumber | undefined }): Promise<void>;
  /** All numbers listed for a dossier, oldest first. */
  numbersOf(agencyCode: string, dossierCode: string): Promise<InvoiceNumber[]>;
}

export type DossierClaim = {
  agencyCode: string;
  dossierCode: string;
  procedureCode: string;
  number: InvoiceNumber;
};

/** Port: invoices whose deadline is not the usual one, by the day on which it passes. */
export interface DueDays {
  remember(due: { expiresAt: Instant; number: InvoiceNumber }): Promise<void>;
  onDay(day: Day): Promise<InvoiceNumber[]>;
  forget(day: Day, numbers: readonly InvoiceNumber[]): Promise<void>;
  /** Whether the invoices with the usual deadline of a day were all looked at. */
  isSwept(day: Day): Promise<boolean>;
  markSwept(day: Day): Promise<void>;
}

/** Port: all that stands among the invoices, page by page, in no order. An item that cannot be read is named. */
export interface BookPages {
  /** Those of the items that are there, by their keys; at most {@link MAX_FIND_MANY}. Strongly consistent. */
  at(keys: readonly string[]): Promise<{ key: string; item: BookItem | undefined }[]>;
  page(query: { segment: number; segments: number; after?: string | undefined }): Promise<{
    items: { key: string; item: BookItem | undefined }[];
    after: string | undefined;
  }>;
}

/** A dossier as it lies in its table. `places`: the number that holds the place of each procedure. */
export type LyingDossier = {
  numbers: readonly InvoiceNumber[];
  places: Readonly<Record<string, InvoiceNumber>>;
};

/** Port: the dossiers as they lie in their table, for proving them. One that cannot be read is named. */
export interface DossierPages {
  /** Those of some dossiers, {@link MAX_FIND_MANY} at most, in their order. Strongly consistent. */
  of(dossiers: readonly Pick<DossierClaim, 'agencyCode' | 'dossierCode'>[]): Promise<(LyingDossier | undefined)[]>;
  page(after: string | undefined): Promise<{
    dossiers: { key: string; dossier: LyingDossier | undefined }[];
    after: string | undefined;
  }>;
}
