import {
  BrokenSegment,
  canonicalText,
  committedAtOf,
  GENESIS,
  type JournalScanner,
  type LyingEntry,
  readSegment,
  type SealBreach,
  type SealedEntry,
  type SealHead,
  type SealKeeper,
  type Segment,
} from '../domain/ledger/seal.ts';
import type { RegistryReader } from '../domain/registry/book.ts';
import type { Instant } from '../domain/time.ts';
import { everyAgency } from './every-agency.ts';
import { sha256 } from './hashing.ts';

/** Entries that are read at once. */
const PAGE = 100;

export type VerifyLedgerDependencies = {
  journal: JournalScanner;
  seals: Pick<SealKeeper, 'read' | 'head'>;
  registry: Pick<RegistryReader, 'agencyCodes'>;
};

export type LedgerProof = {
  /** The first thing that is wrong; absent if nothing is. */
  breach?: SealBreach;
  segments: number;
  entries: number;
  supplements: number;
  /** Root of the last segment: whoever wrote one down elsewhere compares it. */
  root: string;
  /** Entries that came only after their hour was sealed, and when each was sealed. */
  late: Map<string, Instant>;
};

/** Names an entry wherever it lies: by agency, instant of commit and movement. */
export const entryName = (agencyCode: string, committedAt: Instant, movementId: string): string =>
  `${agencyCode} ${committedAt} ${movementId}`;

const sealedName = ({ p, s }: SealedEntry): string =>
  entryName(p.slice(0, p.indexOf('#')), committedAtOf({ s }), s.slice(s.indexOf('#') + 1));

/**
 * Proves that the journal is what was sealed, from the first segment to the last: the chain of roots, every line, every
 * entry's content, and that nothing stands in a sealed hour that no segment knows. `known` is a root that somebody wrote
 * down elsewhere, with its segment: a chain that was cut before it, or made anew, does not lead there. `since` is a segment
 * that was proved before, with its root: only what comes after it is proved then.
 */
export async function verifyLedger(
  { journal, seals, registry }: VerifyLedgerDependencies,
  { known, since }: { known?: SealHead; since?: SealHead } = {},
): Promise<LedgerProof> {
  const proof: LedgerProof = { segments: 0, entries: 0, supplements: 0, root: since?.root ?? GENESIS, late: new Map() };
  const remembered = await seals.head();
  const last = Math.max(known?.segment ?? 0, remembered?.segment ?? 0);
  const keys = new Map<string, number>();
  let span: { from: Instant; to: Instant } | undefined;

  for (let number = (since?.segment ?? 0) + 1; ; number += 1) {
    const text = await seals.read(number);
    if (text === undefined) {
      if (number > last) break;
      const later = await seals.read(number + 1);
      return { ...proof, breach: breach(later ? 'segment_missing' : 'tail_cut', number, null, `of ${last}`) };
    }
    const segment = read(text, number);
    if ('kind' in segment) return { ...proof, breach: segment };
    if (segment.header.segment !== number || segment.header.previous !== proof.root)
      return { ...proof, breach: breach('segment_swapped', number, null, 'it does not follow the one before it') };
    for (const head of [known, remembered])
      if (head?.segment === number && head.root !== segment.footer.root)
        return { ...proof, breach: breach('segment_broken', number, null, 'its root is not the one written down') };
    const wrong = await firstWrongEntry(segment, journal, keys);
    if (wrong) return { ...proof, breach: wrong };
    const { supplement, sealedAt } = segment.header;
    for (const entry of segment.entries) {
      keys.set(keyOf(entry), number);
      if (supplement) proof.late.set(sealedName(entry), sealedAt);
    }
    proof.segments += 1;
    proof.entries += segment.entries.length;
    if (supplement) proof.supplements += 1;
    else span = { from: span?.from ?? segment.header.from, to: segment.header.to };
    proof.root = segment.footer.root;
  }
  const unsealed = span && (await firstUnsealed(span, keys, journal, registry));
  return unsealed ? { ...proof, breach: unsealed } : proof;
}

/**
 * The same for what was committed from an instant on, trusting the seals before it: for every day, where proving years would
 * take too long.
 */
export async function verifyRecent(dependencies: VerifyLedgerDependencies, from: Instant): Promise<LedgerProof> {
  const { seals } = dependencies;
  for (let number = (await seals.head())?.segment ?? 0; number > 0; number -= 1) {
    const text = await seals.read(number);
    const segment = text === undefined ? undefined : read(text, number);
    // What cannot be read is named by the proof, when it comes there.
    if (!segment || 'kind' in segment) continue;
    const { header, footer } = segment;
    if (!header.supplement && header.to <= from)
      return verifyLedger(dependencies, { since: { segment: number, root: footer.root, to: header.to } });
  }
  return verifyLedger(dependencies);
}

const keyOf = ({ p, s }: { p: string; s: string }): string => `${p}\n${s}`;

const breach = (
  kind: SealBreach['kind'],
  segment: number | null,
  entry: { p: string; s: string } | null,
  detail: string,
): SealBreach => ({ kind, segment, key: entry && { p: entry.p, s: entry.s }, detail });

function read(text: string, number: number): Segment | SealBreach {
  try {
    return readSegment(text, sha256);
  } catch (error) {
    if (!(error instanceof BrokenSegment)) throw error;
    return breach('segment_broken', number, null, error.message);
  }
}

async function firstWrongEntry(
  { header: { segment }, entries }: Segment,
  journal: JournalScanner,
  sealedBefore: ReadonlyMap<string, number>,
): Promise<SealBreach | undefined> {
  for (let start = 0; start < entries.length; start += PAGE) {
    const page = entries.slice(start, start + PAGE);
    const lying = new Map((await journal.at(page)).map((entry) => [keyOf(entry), entry]));
    for (const sealed of page) {
      if (sealedBefore.has(keyOf(sealed))) return breach('segment_broken', segment, sealed, 'an entry is sealed twice');
      const there = lying.get(keyOf(sealed));
      if (!there) return breach('entry_missing', segment, sealed, 'it is sealed and not in the journal');
      if (contentHash(there) !== sealed.h) return breach(...(await wrongContent(segment, sealed, there, entries)));
    }
  }
  return undefined;
}

const contentHash = (entry: LyingEntry): string => sha256(canonicalText(entry));

/** Contents that changed places still are what was sealed, each under the other's key. */
async function wrongContent(
  segment: number,
  sealed: SealedEntry,
  there: LyingEntry,
  entries: readonly SealedEntry[],
): Promise<Parameters<typeof breach>> {
  const other = entries.find(
    (one) => keyOf(one) !== keyOf(sealed) && contentHash({ ...there, p: one.p, s: one.s }) === one.h,
  );
  return other
    ? ['entry_swapped', segment, sealed, `it has the content of ${other.p} ${other.s}`]
    : ['entry_broken', segment, sealed, 'its content is not what was sealed'];
}

async function firstUnsealed(
  span: { from: Instant; to: Instant },
  keys: ReadonlyMap<string, number>,
  journal: JournalScanner,
  registry: Pick<RegistryReader, 'agencyCodes'>,
): Promise<SealBreach | undefined> {
  const agencies = await everyAgency(registry);
  for (const agencyCode of agencies)
    for await (const entry of journal.between({ agencyCode, ...span }))
      if (!keys.has(keyOf(entry)))
        return breach('entry_unsealed', null, entry, 'it stands in a sealed hour and no segment knows it yet');
  return undefined;
}
