import * as z from 'zod';
import { IllegalMove } from '../invoice/states.ts';
import { lazy } from '../lazy.ts';

export const RefundState = lazy(() =>
  z.enum([
    /** One person asked for it; its money is set aside. */
    'requested',
    /** Another person ordered it. */
    'approved',
    /** The provider may have it: it is asked about under its reference until it answers. */
    'sent',
    /** No provider gives it back: a person does. */
    'manual',
    /** One person says what became of the return by hand. */
    'reported',
    'done',
    /** The money stays where it was, after somebody had ordered its return. */
    'failed',
    'rejected',
    'withdrawn',
  ]),
);
export type RefundState = z.infer<typeof RefundState>;

export type RefundEvent =
  | 'Approved'
  /** Approved, and the money is where no provider can give it back from. */
  | 'ApprovedByHand'
  | 'Rejected'
  | 'Withdrawn'
  | 'Sent'
  | 'Impossible'
  /** The payer's bank took the money back first. */
  | 'Overtaken'
  | 'Confirmed'
  | 'Refused'
  /** A payment order of it was made out: nobody makes out another one. */
  | 'OrderedOut'
  | 'Reported'
  | 'ReportRejected'
  | 'Returned'
  | 'NotReturned';

/** Every legal move of a refund. A missing cell is a refused move; the store's condition is the state moved from. */
const moves: Record<RefundState, Partial<Record<RefundEvent, RefundState>>> = {
  requested: { Approved: 'approved', ApprovedByHand: 'manual', Rejected: 'rejected', Withdrawn: 'withdrawn' },
  approved: { Sent: 'sent', Impossible: 'manual', Overtaken: 'failed' },
  sent: { Confirmed: 'done', Refused: 'manual' },
  manual: { OrderedOut: 'manual', Reported: 'reported' },
  reported: { Returned: 'done', NotReturned: 'failed', ReportRejected: 'manual' },
  done: {},
  failed: {},
  rejected: {},
  withdrawn: {},
};

/** Whether the event is a move from this state. */
export const canMoveRefund = (from: RefundState, event: RefundEvent): boolean => moves[from][event] !== undefined;

/** The state after an event. Throws {@link IllegalMove} for a missing cell. */
export function moveRefund(from: RefundState, event: RefundEvent): RefundState {
  const to = moves[from][event];
  if (!to) throw new IllegalMove(from, event);
  return to;
}

/**
 * Where a refund's money is: `reserved`: set aside, nobody else can be given it. `out`: gone, or perhaps on its way, so that
 * it cannot be reversed any more as well. `free`: back in what can be refunded.
 */
export const holds: Readonly<Record<RefundState, 'reserved' | 'out' | 'free'>> = {
  requested: 'reserved',
  approved: 'reserved',
  sent: 'out',
  manual: 'out',
  reported: 'out',
  done: 'out',
  failed: 'free',
  rejected: 'free',
  withdrawn: 'free',
};

/** Whether nothing will happen to it any more. */
export const isSettled = (state: RefundState): boolean => Object.keys(moves[state]).length === 0;
