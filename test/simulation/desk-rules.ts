import type { Invoice, ReversalProposal } from '../../shared/domain/invoice/invoice.ts';
import type { Movement } from '../../shared/domain/payment/movement.ts';
import { takingBack } from './movement-rules.ts';
import { must } from './process.ts';

/** A slip that a clerk filled in: which invoice, how much, by what means, and who. */
export type Slip = { invoice: string; amount: number; method: string; clerk: string };

/** What clerks truly did, and what must hold of it: two persons, and each slip once. */
export class Desks {
  /** By the number on the receipt; one number may have been written on two slips. */
  readonly #slips = new Map<string, Slip[]>();
  /** Who asked for what, by invoice and movement. */
  readonly #asked = new Map<string, Set<string>>();
  /** Movements of which a clerk heard that they were entered, or taken back. */
  readonly entered = new Set<string>();
  readonly reversed = new Set<string>();

  fillIn(receipt: string, slip: Slip): void {
    this.#slips.set(receipt, [...(this.#slips.get(receipt) ?? []), slip]);
  }

  ask(what: 'propose' | 'approve' | 'reject', movementId: string, clerk: string): void {
    const key = `${what} ${movementId}`;
    this.#asked.set(key, (this.#asked.get(key) ?? new Set()).add(clerk));
  }

  /** A movement at the desk stands on a slip, its reversal on two persons. */
  mustKnow(number: string, movement: Movement, before: Invoice): void {
    if (movement.kind === 'reversal') {
      const { by, decidedBy = '', movementId } = JSON.parse(movement.evidence) as ReversalProposal;
      must(takingBack(movementId) === movement.movementId, `${movement.movementId} was proposed for ${movementId}`);
      must(by !== decidedBy, `${by} took ${movementId} back alone`);
      must(this.#has('propose', movementId, by), `${by} never proposed to take ${movementId} back`);
      must(this.#has('approve', movementId, decidedBy), `${decidedBy} never approved to take ${movementId} back`);
      must(
        before.proposal?.state === 'proposed' && before.proposal.by === by,
        `nobody proposed to take ${movementId} back`,
      );
      return;
    }
    const receipt = receiptOf(movement);
    const { clerk, method } = JSON.parse(movement.evidence) as { clerk: string; method: string };
    const slips = this.#slips.get(receipt) ?? [];
    must(
      slips.some(
        (one) =>
          one.invoice === number && one.amount === movement.amount && one.method === method && one.clerk === clerk,
      ),
      `no clerk ever wrote ${movement.movementId} of ${movement.amount} dong down`,
    );
    const others = Object.values(before.movements).filter(
      (one) =>
        one.providerId === movement.providerId &&
        one.kind !== 'reversal' &&
        !before.movements[takingBack(one.movementId)] &&
        receiptOf(one) === receipt,
    );
    must(others.length === 0, `receipt ${receipt} stands for two payments of ${number}`);
  }

  /** A proposal is made and decided by those who asked for it, and goes away with what it takes back alone. */
  mustBeProposed({ proposal: before }: Invoice, { number, proposal: after, movements }: Invoice): void {
    if (JSON.stringify(before) === JSON.stringify(after)) return;
    if (!after) {
      const gone = before?.state === 'proposed' && movements[takingBack(before.movementId)] !== undefined;
      must(gone, `a proposal of ${number} is forgotten`);
      return;
    }
    const { movementId, state, by, decidedBy = '' } = after;
    if (state === 'rejected') {
      const decided = before?.state === 'proposed' && before.movementId === movementId && before.by === by;
      must(decided, `what nobody proposed of ${number} was rejected`);
      must(this.#has('reject', movementId, decidedBy), `${decidedBy} never rejected to take ${movementId} back`);
      return;
    }
    must(before?.state !== 'proposed', `a proposal of ${number} was replaced`);
    must(this.#has('propose', movementId, by), `${by} never proposed to take ${movementId} back`);
    must(!movements[takingBack(movementId)], `${movementId} was taken back already`);
  }

  #has(what: string, movementId: string, clerk: string): boolean {
    return this.#asked.get(`${what} ${movementId}`)?.has(clerk) === true;
  }
}

function receiptOf(movement: Movement): string {
  const { receipt } = JSON.parse(movement.evidence) as { receipt: { number: string } };
  return receipt.number;
}
