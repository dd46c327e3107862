import {
  committedAtOf,
  GENESIS,
  type JournalScanner,
  nextSpan,
  readSegment,
  type SealHead,
  type SealingPace,
  type SealKeeper,
  SegmentWriter,
  sealedEntry,
  startOfHour,
} from '../domain/ledger/seal.ts';
import type { RegistryReader } from '../domain/registry/book.ts';
import { DAY_MILLISECONDS, type Instant } from '../domain/time.ts';
import { everyAgency } from './every-agency.ts';
import { sha256 } from './hashing.ts';

/** How far back late entries are looked for: longer than a stream or a bank keeps anything back. Milliseconds. */
export const LATE_MILLISECONDS = 7 * DAY_MILLISECONDS;
/** Most segments of one run: a service that was off catches up over several runs. */
const MAX_SEGMENTS_A_RUN = 200;

export type SealDependencies = {
  journal: JournalScanner;
  seals: SealKeeper;
  registry: Pick<RegistryReader, 'agencyCodes'>;
  /** The instant before which the journal has nothing. */
  first: Instant;
  now: () => Instant;
  /** `quietHours` where none is named. */
  pace?: SealingPace;
};

/**
 * Seals every hour that has become quiet, in order, once. A run that dies is taken up by the next: a segment is one object
 * that is never replaced, and what the keeper remembers is only a hint to where the chain ends.
 */
export async function sealLedger(dependencies: SealDependencies): Promise<{ segments: number; entries: number }> {
  const { seals } = dependencies;
  // One now for the whole run: sealing at once would else seal what it takes to seal, again and again.
  const at = dependencies.now();
  const run = { ...dependencies, now: () => at };
  let head = await truth(seals);
  let segments = 0;
  let entries = 0;
  for (; segments < MAX_SEGMENTS_A_RUN; segments += 1) {
    const hour = await nextOf(head, run);
    if (!hour) break;
    const sealed = await sealHour(hour, head, dependencies);
    if (!sealed) break;
    head = sealed.head;
    entries += sealed.entries;
  }
  return { segments, entries };
}

/** The first segment reaches from the beginning of the ledger to the end of the hour of its first entry. */
async function nextOf(head: SealHead | undefined, dependencies: SealDependencies) {
  const { now, pace = 'quietHours' } = dependencies;
  if (head) return nextSpan({ from: head.to, last: head.to }, now(), pace);
  const from = startOfHour(dependencies.first);
  for (let day = from; day < now(); day += DAY_MILLISECONDS) {
    let last: Instant | undefined;
    for await (const entry of entriesOf({ from: day, to: Math.min(day + DAY_MILLISECONDS, now()) }, dependencies))
      last = Math.min(last ?? committedAtOf(entry), committedAtOf(entry));
    if (last !== undefined) return nextSpan({ from, last }, now(), pace);
  }
  return undefined;
}

/**
 * Seals what came through only after its hour had been sealed, as a supplement. Nothing to add makes no segment. Looks
 * back from the last sealed hour for `lateMilliseconds`; an operator who knows of older ones says from how far.
 */
export async function sealLateEntries(
  dependencies: SealDependencies,
  lateMilliseconds = LATE_MILLISECONDS,
): Promise<{ entries: number }> {
  const { seals, first, now } = dependencies;
  const head = await truth(seals);
  if (!head) return { entries: 0 };
  const to = head.to;
  const from = Math.max(startOfHour(first), to - lateMilliseconds);
  const known = await sealedKeys(seals, head, from);
  const writer = new SegmentWriter(
    { v: 1, segment: head.segment + 1, from, to, supplement: true, sealedAt: now(), previous: head.root },
    sha256,
  );
  for await (const entry of entriesOf({ from, to }, dependencies))
    if (!known.has(keyOf(entry))) writer.add(sealedEntry(entry, sha256));
  const { text, footer } = writer.end();
  if (footer.entries === 0) return { entries: 0 };
  if (!(await seals.keep(head.segment + 1, text))) return { entries: 0 };
  await seals.remember({ segment: head.segment + 1, root: footer.root, to });
  return { entries: footer.entries };
}

const keyOf = ({ p, s }: { p: string; s: string }): string => `${p}\n${s}`;

/** Keys in all segments that reach back to `from`. Late entries may stand in any segment after their hour. */
async function sealedKeys(seals: SealKeeper, head: SealHead, from: Instant): Promise<Set<string>> {
  const keys = new Set<string>();
  for (let number = head.segment; number > 0; number -= 1) {
    const text = await seals.read(number);
    if (text === undefined) throw new Error(`segment ${number} of the ledger’s seals is missing`);
    const { header, entries } = readSegment(text, sha256);
    for (const entry of entries) keys.add(keyOf(entry));
    if (!header.supplement && header.to <= from) break;
  }
  return keys;
}

/** Where the chain really ends: the keeper's memory, and what was kept after it by a run that died. */
async function truth(seals: SealKeeper): Promise<SealHead | undefined> {
  let head = await seals.head();
  for (;;) {
    const text = await seals.read((head?.segment ?? 0) + 1);
    if (text === undefined) return head;
    const { header, footer } = readSegment(text, sha256);
    head = { segment: header.segment, root: footer.root, to: Math.max(header.to, head?.to ?? 0) };
    await seals.remember(head);
  }
}

async function sealHour(
  hour: { from: Instant; to: Instant },
  head: SealHead | undefined,
  dependencies: SealDependencies,
): Promise<{ head: SealHead; entries: number } | undefined> {
  const { seals, now } = dependencies;
  const segment = (head?.segment ?? 0) + 1;
  const writer = new SegmentWriter(
    { v: 1, segment, ...hour, supplement: false, sealedAt: now(), previous: head?.root ?? GENESIS },
    sha256,
  );
  for await (const entry of entriesOf(hour, dependencies)) writer.add(sealedEntry(entry, sha256));
  const { text, footer } = writer.end();
  // Somebody else sealed it first, perhaps with other entries: theirs stands, and the next run goes on from it.
  if (!(await seals.keep(segment, text))) return undefined;
  const after = { segment, root: footer.root, to: hour.to };
  await seals.remember(after);
  return { head: after, entries: footer.entries };
}

/** Agencies in order, so that the same hour always gives the same segment. */
async function* entriesOf(span: { from: Instant; to: Instant }, { journal, registry }: SealDependencies) {
  const agencies = await everyAgency(registry);
  for (const agencyCode of agencies) yield* journal.between({ agencyCode, ...span });
}
