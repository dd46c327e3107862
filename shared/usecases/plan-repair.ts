import type { RegistryReader } from '../domain/registry/book.ts';
import { addDays, daysBetween, type Instant, startOfDay, vietnamDay } from '../domain/time.ts';
import { everyAgency } from './every-agency.ts';
import {
  type ProofPiece,
  REPAIR_SEGMENTS,
  REPAIR_SPARES_MILLISECONDS,
  type RegistryPiece,
  type RepairPiece,
  type WorkPiece,
} from './repair.ts';

/** How far back the clock's own repair looks, in days: two of them miss a movement only if both fail. */
const USUAL_DAYS = 3;

/** The widest time whose journal one call has proved entry by entry, in days. */
export const MAX_PROVED_DAYS = 31;

/** What a repair is asked for; `again`: what stands in the journal is told again, and what waits is asked about. */
export type AskedRepair = { from?: Instant | undefined; to?: Instant | undefined; again?: boolean | undefined };

/**
 * The pieces of a repair. Without a time: of what was committed in the last days. The newest is spared, because the stream
 * may still have it in hand; asked for with a time of its own, a repair spares nothing.
 */
export async function planRepair(
  { from, to, again }: AskedRepair,
  now: Instant,
  registry: Pick<RegistryReader, 'agencyCodes'>,
): Promise<(RepairPiece | ProofPiece | WorkPiece | RegistryPiece)[]> {
  const since = from ?? startOfDay(addDays(vietnamDay(now), -USUAL_DAYS));
  const until = to ?? now - REPAIR_SPARES_MILLISECONDS;
  const parts = Array.from({ length: REPAIR_SEGMENTS }, (_, segment) => ({
    ...{ kind: 'repair' as const, from: since, to: until },
    ...{ segment, segments: REPAIR_SEGMENTS },
    ...(again && { again }),
  }));
  const days = daysBetween(vietnamDay(since), vietnamDay(until)).slice(-MAX_PROVED_DAYS);
  const agencies = await everyAgency(registry);
  return [
    ...parts,
    { kind: 'registry' },
    ...agencies.map((agencyCode) => ({ kind: 'work' as const, agencyCode })),
    ...days.flatMap((day) => agencies.map((agencyCode) => ({ kind: 'proof' as const, agencyCode, day }))),
  ];
}
