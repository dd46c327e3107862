import type { ReceiptBook, ReceiptOrder } from '../domain/receipt/book.ts';
import {
  awaitsReplacement,
  type Correction,
  correctionKind,
  correctionsSeen,
  MAX_CORRECTIONS,
  type RightPayer,
} from '../domain/receipt/correction.ts';
import { type KeptReceipt, placeOf, type ReceiptId } from '../domain/receipt/receipt.ts';
import { keyReused, notFound, Refusal } from '../domain/refusal.ts';
import type { Caller } from '../domain/registry/caller.ts';
import type { Instant } from '../domain/time.ts';
import { ownReceipt } from './read-receipts.ts';
import { originOf } from './register.ts';

/** A try to approve what one proposed oneself. Persons by the id in their tokens, never by name. */
export type OwnCorrectionApproval = { receipt: string; by: string; clientId: string };

export type CorrectDependencies = {
  receipts: Pick<ReceiptBook, 'find' | 'proposeCorrection' | 'decideCorrection'>;
  receiptOrders: { sendAll(messages: readonly ReceiptOrder[]): Promise<void> };
  /** Writes down for good that somebody tried to be both pairs of eyes. */
  audit: (tried: OwnCorrectionApproval) => void;
  now: () => Instant;
};

/** `place`: the correction's place among those of its receipt, from 1. */
export type Corrected = { receipt: KeptReceipt; place: number; replayed: boolean };

/**
 * One person says what a receipt ought to say of its payer, and why. What it says decides whether a notice of errors or
 * another receipt follows. Refusals: not_found, forbidden, receipt_not_signed, receipt_replaced, correction_pending,
 * too_many_corrections, unprocessable (nothing would change), idempotency_key_reused, version_conflict.
 */
export async function proposeCorrection(
  { receiptId, payer, why }: { receiptId: ReceiptId; payer: RightPayer; why: string },
  caller: Caller,
  idempotencyKey: string,
  { receipts, now }: Pick<CorrectDependencies, 'receipts' | 'now'>,
): Promise<Corrected> {
  requireCollector(caller);
  const receipt = await ownReceipt(receiptId, caller, { receipts });
  const call = originOf(caller, idempotencyKey, `corrections of ${receiptId}`, { payer, why });
  const earlier = placeOfCall(receipt, call);
  if (earlier !== undefined) return { receipt, place: earlier, replayed: true };
  const { corrections = [] } = receipt;
  if (receipt.xml === undefined) throw new Refusal('receipt_not_signed');
  if (receipt.replacedBy) throw new Refusal('receipt_replaced');
  if (corrections.at(-1)?.state === 'proposed' || awaitsReplacement(receipt)) throw new Refusal('correction_pending');
  if (corrections.length >= MAX_CORRECTIONS) throw new Refusal('too_many_corrections');
  const kind = correctionKind(receipt, payer);
  if (!kind)
    throw new Refusal('unprocessable', undefined, [{ pointer: '/body/payer', message: 'the receipt says so already' }]);
  const correction: Correction = {
    ...{ state: 'proposed', kind, payer, why, by: caller.subject, clientId: caller.clientId },
    ...{ proposedAt: now(), ...call },
  };
  if (await receipts.proposeCorrection(receiptId, correction, correctionsSeen(receipt)))
    return { ...(await at(receiptId, receipts)), place: corrections.length + 1, replayed: false };
  const current = await ownReceipt(receiptId, caller, { receipts });
  const place = placeOfCall(current, call);
  if (place === undefined) throw new Refusal('version_conflict');
  return { receipt: current, place, replayed: true };
}

/**
 * Another person approves, by a write that compares the persons; the notice or the other receipt is made from what stands
 * there then. Approving again orders it once more, whoever does: two persons have decided. Refusals: not_found, forbidden, own_approval, correction_not_pending.
 */
export async function approveCorrection(
  { receiptId, place }: { receiptId: ReceiptId; place: number },
  caller: Caller,
  { receipts, receiptOrders, audit, now }: CorrectDependencies,
): Promise<Corrected> {
  const { receipt, correction } = await pending({ receiptId, place }, caller, receipts);
  const isDecided = correction.state === 'approved';
  if (correction.state === 'proposed' && correction.by === caller.subject) {
    audit({ receipt: receiptId, by: caller.subject, clientId: caller.clientId });
    throw new Refusal('own_approval');
  }
  const decision = { to: 'approved', decidedBy: caller.subject, decidedAt: now() } as const;
  if (!isDecided && !(await receipts.decideCorrection(receiptId, place, decision)))
    throw new Refusal('correction_not_pending');
  await receiptOrders.sendAll([{ invoiceNumber: placeOf(receiptId).invoice }]);
  return isDecided
    ? { receipt, place, replayed: true }
    : { ...(await at(receiptId, receipts)), place, replayed: false };
}

/** Anybody who may propose lets it fall, and says why. Refusals: not_found, forbidden, correction_not_pending. */
export async function rejectCorrection(
  { receiptId, place, why }: { receiptId: ReceiptId; place: number; why: string },
  caller: Caller,
  { receipts, now }: Pick<CorrectDependencies, 'receipts' | 'now'>,
): Promise<Corrected> {
  const { receipt, correction } = await pending({ receiptId, place }, caller, receipts);
  if (correction.state === 'rejected' && correction.decidedBy === caller.subject)
    return { receipt, place, replayed: true };
  const decision = { to: 'rejected', decidedBy: caller.subject, decidedAt: now(), refusal: why } as const;
  if (!(await receipts.decideCorrection(receiptId, place, decision))) throw new Refusal('correction_not_pending');
  return { ...(await at(receiptId, receipts)), place, replayed: false };
}

async function pending(
  { receiptId, place }: { receiptId: ReceiptId; place: number },
  caller: Caller,
  receipts: CorrectDependencies['receipts'],
): Promise<{ receipt: KeptReceipt; correction: Correction }> {
  requireCollector(caller);
  const receipt = await ownReceipt(receiptId, caller, { receipts });
  const correction = receipt.corrections?.[place - 1];
  if (!correction) throw notFound();
  return { receipt, correction };
}

async function at(id: ReceiptId, receipts: Pick<ReceiptBook, 'find'>): Promise<{ receipt: KeptReceipt }> {
  const receipt = await receipts.find(id);
  if (!receipt) throw notFound();
  return { receipt };
}

/** The receipt is the collector's word: no portal corrects it. */
function requireCollector({ client }: Caller): void {
  if (client.kind !== 'agency' && client.kind !== 'finance') throw new Refusal('forbidden');
}

function placeOfCall(
  { corrections = [] }: KeptReceipt,
  call: { keyHash: string; bodyHash: string },
): number | undefined {
  const index = corrections.findIndex(({ keyHash }) => keyHash === call.keyHash);
  if (index < 0) return undefined;
  if (corrections[index]?.bodyHash !== call.bodyHash) throw keyReused();
  return index + 1;
}
