import * as z from 'zod';
import { IllegalMove } from '../invoice/states.ts';
import { lazy } from '../lazy.ts';

export const AttemptState = lazy(() =>
  z.enum(['created', 'pending', 'succeeded', 'failed', 'expired', 'succeeded_late', 'reversed']),
);
export type AttemptState = z.infer<typeof AttemptState>;

export const AttemptEvent = lazy(() =>
  z.enum(['ProviderAccepted', 'ProviderConfirmed', 'ProviderDeclined', 'ProviderReversed', 'DeadlinePassed']),
);
export type AttemptEvent = z.infer<typeof AttemptEvent>;

/** Every legal move of an attempt. A missing cell is a refused move. */
const moves: Record<AttemptState, Partial<Record<AttemptEvent, AttemptState>>> = {
  created: {
    ProviderAccepted: 'pending',
    ProviderConfirmed: 'succeeded',
    ProviderDeclined: 'failed',
    DeadlinePassed: 'expired',
  },
  pending: { ProviderConfirmed: 'succeeded', ProviderDeclined: 'failed', DeadlinePassed: 'expired' },
  // Banks do confirm after our deadline, and after a decline. The money is real, so it is kept and flagged.
  expired: { ProviderConfirmed: 'succeeded_late' },
  failed: { ProviderConfirmed: 'succeeded_late' },
  // A further confirmation of a finished attempt moves nothing here; further money is a movement of its own.
  succeeded: { ProviderReversed: 'reversed' },
  succeeded_late: { ProviderReversed: 'reversed' },
  // All its money went back. Other money may still come under its reference.
  reversed: { ProviderConfirmed: 'succeeded_late' },
};

/** Whether the event is a move from this state. */
export function canMoveAttempt(from: AttemptState, event: AttemptEvent): boolean {
  return moves[from][event] !== undefined;
}

/**
 * The state once what the provider prepared is kept. The provider may have told the outcome before we had written its
 * acceptance down: then nothing moves.
 */
export const preparedState = (from: AttemptState): AttemptState =>
  from === 'created' ? moveAttempt(from, 'ProviderAccepted') : from;

/** The state after an event. Throws {@link IllegalMove} for a missing cell. */
export function moveAttempt(from: AttemptState, event: AttemptEvent): AttemptState {
  const to = moves[from][event];
  if (!to) throw new IllegalMove(from, event);
  return to;
}
