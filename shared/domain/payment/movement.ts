import * as z from 'zod';
import { lazy } from '../lazy.ts';
import { LedgerLine } from '../ledger/ledger.ts';
import { Dong } from '../money/dong.ts';
import { ExceptionCategory } from '../reconciliation/exception.ts';
import { ProviderId, type ProviderNotice } from './provider.ts';
import { readPaymentReference } from './reference.ts';

/** Most movements that bring an invoice money; further money becomes an item of its own with a work item. */
export const MAX_MOVEMENTS = 8;

/** Begins the name of a reversal, and of a refund. No transaction may be named so, or one name could mean two movements. */
export const REVERSAL = '~';
export const REFUND = '^';

/** The provider and its transaction id: the same money has the same name, whoever tells of it. `~` names its reversal. */
export const MovementId = lazy(() => z.string().regex(/^mov_[a-z0-9-]{2,24}_~?[!-~]{1,64}$/));
export type MovementId = z.infer<typeof MovementId>;

/** Stands where a provider's id would, in the name of a bank credit. No provider is called so. */
export const BANK_CREDIT = 'bank';
const OF_BANK_CREDITS = `mov_${BANK_CREDIT}_`;

/** Begins the name of a movement that moves a bank credit to where it belongs. No account is written so. */
const MOVED = '=';
const MOVED_CREDITS = `${OF_BANK_CREDITS}${MOVED}`;

/** Whether a movement is a credit on a bank account, which several may tell of. */
export const isBankCredit = (id: MovementId): boolean => id.startsWith(OF_BANK_CREDITS);

/** The name of the movement that moves a bank credit out of what was unmatched: one and no more for each. */
export const movedFrom = (credit: MovementId): MovementId => `${MOVED_CREDITS}${credit.slice(OF_BANK_CREDITS.length)}`;

/** Whether a movement only moved money that another one had brought. */
export const isMoved = (id: MovementId): boolean => id.startsWith(MOVED_CREDITS);

/** The bank credit that a movement is, or moved. */
export const creditOf = (id: MovementId): MovementId => (isMoved(id) ? id.replace(MOVED, '') : id);

const CREDITED = new RegExp(`^${OF_BANK_CREDITS}([0-9]{6,19})_`);

/** The bank account that a bank credit came in on, wherever it was moved; `undefined` for every other movement. */
export const creditedAccount = (id: MovementId): string | undefined => CREDITED.exec(creditOf(id))?.[1];

/** Stands where a provider's id would, in the name of money that people gave back. No provider is called so. */
export const BY_HAND = 'manual';
/** The account of what people gave back by a transfer; its terminal is the account of ours that it left, where one did. */
export const TRANSFERRED_BY_HAND = `${BY_HAND}.transferred`;

/** `undefined` where the provider's text cannot name a movement. */
export function movementId(providerId: ProviderId, transactionId: string): MovementId | undefined {
  if (transactionId.startsWith(REVERSAL) || transactionId.startsWith(REFUND)) return undefined;
  const parsed = MovementId.safeParse(`mov_${providerId}_${transactionId}`);
  return parsed.success ? parsed.data : undefined;
}

/** The name of the movement that takes another one back: one and no more for each. */
export const reversalOf = (original: MovementId): MovementId => original.replace(/^(mov_[a-z0-9-]+_)/, `$1${REVERSAL}`);

/** The names of the movements that take all of a money from where it lies: what takes it back, and what moves a bank credit. */
export const takersOf = (id: MovementId): MovementId[] => [
  reversalOf(id),
  ...(isBankCredit(id) && !isMoved(id) ? [movedFrom(id)] : []),
];

/** The name of the movement that gives money back under a refund's reference. */
export const refundMovementId = (providerId: ProviderId, reference: string): MovementId =>
  MovementId.parse(`mov_${providerId}_${REFUND}${reference}`);

/** The transaction that a movement's key (provider, `_`, transaction) names, the same for a movement and its reversal. */
export const transactionOf = (key: string): string => {
  const named = key.slice(key.indexOf('_') + 1);
  return [REVERSAL, REFUND, MOVED].some((mark) => named.startsWith(mark)) ? named.slice(1) : named;
};

/**
 * `payment`: the whole of what was due. `part`: some of it. `surplus`: beyond what was due, or after it was. `unmatched`:
 * fits nothing. `reversal`: takes back what another movement of the invoice brought. `refund`: gives some of it back to
 * whoever paid, by an order of the agency.
 */
export const MovementKind = lazy(() => z.enum(['payment', 'part', 'surplus', 'unmatched', 'reversal', 'refund']));
export type MovementKind = z.infer<typeof MovementKind>;

/**
 * The name of the money of which a notice tells. A bank credit is named by the receiving account and the bank's own
 * reference, so that two notifiers and a statement name it alike; everything else by the provider's own transaction id.
 * Both differ between notifiers in case and spaces at most.
 */
export function movementIdOf(notice: Pick<ProviderNotice, 'providerId' | 'transactionId' | 'bankCredit'>) {
  if (!notice.bankCredit) return movementId(notice.providerId, notice.transactionId);
  const { account, reference } = notice.bankCredit;
  return movementId(BANK_CREDIT, `${account}_${reference}`.replaceAll(/\s/g, '').toUpperCase());
}

/**
 * Money that moved, with its balanced ledger lines and its evidence. Added to an invoice by the same write that moves the
 * invoice's state; never changed afterwards. Amounts in dong, instants in milliseconds.
 */
export const Movement = lazy(() =>
  z.object({
    movementId: MovementId,
    kind: MovementKind,
    /** Why somebody must look at it; absent where nobody must. */
    category: ExceptionCategory.optional(),
    amount: Dong,
    providerId: ProviderId,
    merchantAccountId: z.string(),
    terminal: z.string(),
    /** The provider's own id; a reversal bears that of the movement which it takes back. */
    transactionId: z.string(),
    /** Which attempt its reference names, counting from 1, made or not; absent if the reference is none of ours. */
    attempt: z.int().min(1).optional(),
    /** Legal payment time: the payer's bank succeeded, by the provider's word. */
    paidAt: z.int(),
    /** When we committed it. */
    committedAt: z.int(),
    lines: z.array(LedgerLine).min(2),
    evidence: z.string(),
  }),
);
export type Movement = z.infer<typeof Movement>;

/** What two reports of one movement must agree on. When we committed it is ours to say, so it does not count. */
export const ReportedMovement = lazy(() =>
  Movement.pick({ movementId: true, amount: true, terminal: true, attempt: true }),
);
export type ReportedMovement = z.infer<typeof ReportedMovement>;

/**
 * Whether two reports of one movement say the same; otherwise there are two truths about one transaction. Of a bank credit
 * one may have lost the payment code, and each calls the terminal by its own name: its account stands in the id.
 */
export function sameMovement(one: ReportedMovement, other: ReportedMovement): boolean {
  if (isBankCredit(one.movementId))
    return (
      creditOf(one.movementId) === creditOf(other.movementId) &&
      one.amount === other.amount &&
      (one.attempt === undefined || other.attempt === undefined || one.attempt === other.attempt)
    );
  return (
    one.movementId === other.movementId &&
    one.amount === other.amount &&
    one.terminal === other.terminal &&
    one.attempt === other.attempt
  );
}

/** The movement of which a notice tells; `undefined` where it has no readable amount or name. */
export function reportedMovement(notice: ProviderNotice): ReportedMovement | undefined {
  const id = movementIdOf(notice);
  if (!id || !notice.amount) return undefined;
  const attempt = readPaymentReference(notice.reference)?.attempt;
  return { movementId: id, amount: notice.amount, terminal: notice.terminal, ...(attempt && { attempt }) };
}

/**
 * A reversal that came before its money. It names the movement that it will take back, and waits with the invoice; nothing
 * is entered before there is something to take back.
 */
export const ParkedReversal = lazy(() =>
  ReportedMovement.pick({ movementId: true, amount: true, terminal: true }).extend({
    /** When the bank says that it reversed. */
    reversedAt: z.int(),
    parkedAt: z.int(),
    evidence: z.string(),
  }),
);
export type ParkedReversal = z.infer<typeof ParkedReversal>;

/** Most reversals that wait with one invoice; a person looks at further ones. */
export const MAX_PARKED = 8;

/** Places on an invoice that any movement may take. */
export const PLACES_FOR_ALL = MAX_MOVEMENTS - 1;

/**
 * How many movements an invoice may hold before this one: the last place is kept for the payment, so that no number of odd
 * transfers can turn away the money that pays. A reversal always has room: each movement has one and no more.
 */
export const roomFor = ({ kind }: Pick<Movement, 'kind'>): number =>
  kind === 'reversal' ? Number.POSITIVE_INFINITY : kind === 'payment' ? MAX_MOVEMENTS : PLACES_FOR_ALL;
