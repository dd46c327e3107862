import * as z from 'zod';
import { AgencyCode } from '../identity/codes.ts';
import { lazy } from '../lazy.ts';
import { DAY_MILLISECONDS } from '../time.ts';
import { FeedCursor } from './feed.ts';
import { WebhookOwner } from './webhook.ts';

/** Events that are told again because somebody asked: the same ids and contents, to the owner's endpoint. */

/** The widest range that one replay may have. */
export const MAX_REPLAY_DAYS = 31;
export const MAX_REPLAY_MILLISECONDS = MAX_REPLAY_DAYS * DAY_MILLISECONDS;

/** Movements that one run sends again at most for one replay. */
export const REPLAYED_A_RUN = 2_000;

/** Derived from the call that asked, so that the same call again is the same replay. */
export const ReplayId = lazy(() => z.string().regex(/^rpl_[A-Za-z0-9_-]{22}$/));

export const Replay = lazy(() =>
  z.object({
    replayId: ReplayId,
    owner: WebhookOwner,
    bodyHash: z.string(),
    agencyCode: AgencyCode,
    /** From when to when the movements were committed, both included; for an event or an invoice, nothing. */
    range: z.object({ from: z.int(), to: z.int() }).optional(),
    cursor: FeedCursor.optional(),
    state: z.enum(['running', 'done']),
    /** Events handed to the deliveries so far. */
    sent: z.int().min(0),
    requestedAt: z.int(),
    version: z.int().min(1),
  }),
);
export type Replay = z.infer<typeof Replay>;

/** Port: replays, those that run and those that are done. */
export interface Replays {
  /** Begins it; answers what stands there if the same call has begun it before. */
  begin(replay: Replay): Promise<{ replay: Replay; begun: boolean }>;
  /** Replaces it if it still has that version; `undefined` if another run has it in hand. */
  save(replay: Replay): Promise<Replay | undefined>;
  running(): Promise<Replay[]>;
}
