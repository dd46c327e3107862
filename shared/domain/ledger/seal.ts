import * as z from 'zod';
import { lazy } from '../lazy.ts';
import type { Instant } from '../time.ts';

/**
 * Seals: proof that nobody has touched the books. The entries of every quiet hour are listed, each with the hash of its
 * content, and chained: each line's link covers the line and the link before it, the first covers the header, and the
 * header names the root of the segment before. Whoever changes, removes, swaps or cuts anything must change every root
 * after it, and the roots lie where nobody can replace them. Instants in milliseconds; hashes are SHA-256, hex.
 */

const Hash = lazy(() => z.string().regex(/^[0-9a-f]{64}$/));

/** Hashing stands outside of the domain; it is passed in. */
export type HashText = (text: string) => string;

/** The root before the first segment. */
export const GENESIS = '0'.repeat(64);

/** An hour is sealed once it has been over for this long: by then its entries have come through, or it is an alarm. */
export const QUIET_MILLISECONDS = 2 * 3_600_000;

export const HOUR_MILLISECONDS = 3_600_000;

export const SegmentHeader = lazy(() =>
  z.strictObject({
    v: z.literal(1),
    /** Counts from 1, without gaps. */
    segment: z.int().min(1),
    /** Entries committed from `from` (included) to `to` (not included). */
    from: z.int(),
    to: z.int(),
    /** Holds entries that came through only after the segments of their hours had been sealed. */
    supplement: z.boolean(),
    sealedAt: z.int(),
    /** Root of the segment before, {@link GENESIS} for the first. */
    previous: Hash,
  }),
);
export type SegmentHeader = z.infer<typeof SegmentHeader>;

/** One entry: its key in the journal, and the hash of everything that stands there. */
export const SealedEntry = lazy(() => z.strictObject({ p: z.string().min(1), s: z.string().min(1), h: Hash }));
export type SealedEntry = z.infer<typeof SealedEntry>;

export const SegmentFooter = lazy(() => z.strictObject({ entries: z.int().min(0), root: Hash }));
export type SegmentFooter = z.infer<typeof SegmentFooter>;

/** What the keeper of the seals remembers of the last segment. */
export const SealHead = lazy(() => z.object({ segment: z.int().min(0), root: Hash, to: z.int() }));
export type SealHead = z.infer<typeof SealHead>;

/** An entry as it lies in the journal, every attribute of it. */
export type LyingEntry = { p: string; s: string; [attribute: string]: unknown };

/** The same text for the same content, whatever the order in which a store tells its attributes. */
export function canonicalText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalText).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([one], [other]) => (one < other ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonicalText(member)}`).join(',')}}`;
}

export const sealedEntry = (entry: LyingEntry, hash: HashText): SealedEntry => ({
  p: entry.p,
  s: entry.s,
  h: hash(canonicalText(entry)),
});

/** Writes a segment line by line; the root is known when the last line is written. */
export class SegmentWriter {
  readonly #hash: HashText;
  readonly header: SegmentHeader;
  readonly lines: string[];
  #link: string;

  constructor(header: SegmentHeader, hash: HashText) {
    this.#hash = hash;
    this.header = SegmentHeader.parse(header);
    const line = JSON.stringify(this.header);
    this.lines = [line];
    this.#link = hash(line);
  }

  add(entry: SealedEntry): void {
    const line = JSON.stringify({ p: entry.p, s: entry.s, h: entry.h });
    this.#link = this.#hash(`${this.#link}\n${line}`);
    this.lines.push(line);
  }

  end(): { text: string; footer: SegmentFooter } {
    const footer = { entries: this.lines.length - 1, root: this.#link };
    return { text: `${[...this.lines, JSON.stringify(footer)].join('\n')}\n`, footer };
  }
}

/** Where a segment is broken: the line counts from 1. */
export class BrokenSegment extends Error {
  readonly line: number;
  constructor(line: number, what: string) {
    super(`line ${line}: ${what}`);
    this.name = 'BrokenSegment';
    this.line = line;
  }
}

export type Segment = { header: SegmentHeader; entries: SealedEntry[]; footer: SegmentFooter };

/** Reads a segment and proves its chain. Throws {@link BrokenSegment} at the first line that is not as it was sealed. */
export function readSegment(text: string, hash: HashText): Segment {
  const lines = text.split('\n');
  if (lines.pop() !== '') throw new BrokenSegment(lines.length + 1, 'it is cut');
  const [first, ...rest] = lines;
  const last = rest.pop();
  if (first === undefined || last === undefined) throw new BrokenSegment(lines.length, 'it is cut');
  const header = parsed(SegmentHeader, first, 1);
  const footer = parsed(SegmentFooter, last, lines.length);
  let link = hash(first);
  const entries = rest.map((line, place) => {
    link = hash(`${link}\n${line}`);
    return parsed(SealedEntry, line, place + 2);
  });
  if (entries.length !== footer.entries) throw new BrokenSegment(lines.length, 'entries are cut out or added');
  if (link !== footer.root) throw new BrokenSegment(lines.length, 'the chain does not lead to its root');
  return { header, entries, footer };
}

function parsed<S extends z.ZodType>(schema: S, line: string, number: number): z.infer<S> {
  try {
    return schema.parse(JSON.parse(line));
  } catch {
    throw new BrokenSegment(number, 'it cannot be read');
  }
}

/** Instant of an entry's commit, as its key has it. */
export const committedAtOf = ({ s }: { s: string }): Instant => Number(s.split('#', 1)[0]);

export const startOfHour = (at: Instant): Instant => at - (at % HOUR_MILLISECONDS);

/** `quietHours`: whole hours that have been over for {@link QUIET_MILLISECONDS}. `atOnce`: whatever is over, to the moment. */
export type SealingPace = 'quietHours' | 'atOnce';

/**
 * What is sealed next: from `from` to the end of the hour in which `last` lies, or undefined while that is not quiet yet.
 * Where something was sealed at once, its hour's rest comes next, so that segments end with hours again.
 */
export function nextSpan(
  { from, last }: { from: Instant; last: Instant },
  now: Instant,
  pace: SealingPace,
): { from: Instant; to: Instant } | undefined {
  const hourEnds = startOfHour(last) + HOUR_MILLISECONDS;
  if (pace === 'quietHours') return hourEnds + QUIET_MILLISECONDS <= now ? { from, to: hourEnds } : undefined;
  const to = Math.min(hourEnds, now);
  return from < to ? { from, to } : undefined;
}

/** What the verifier found wrong first. `at` is the segment and, where one is concerned, the entry's key. */
export type SealBreach = {
  kind:
    | 'segment_missing'
    | 'segment_broken'
    | 'segment_swapped'
    | 'tail_cut'
    | 'entry_missing'
    | 'entry_broken'
    | 'entry_swapped'
    | 'entry_unsealed';
  segment: number | null;
  key: { p: string; s: string } | null;
  detail: string;
};

/** Port: segments, written once and never replaced. */
export interface SealKeeper {
  /** False when a segment of this number is there already. */
  keep(segment: number, text: string): Promise<boolean>;
  read(segment: number): Promise<string | undefined>;
  /** The last segment that was kept, as far as this remembers; it may lag behind what {@link SealKeeper.read} finds. */
  head(): Promise<SealHead | undefined>;
  remember(head: SealHead): Promise<void>;
}

/** Port: the journal as it lies, for sealing and proving. */
export interface JournalScanner {
  /** Every entry committed in `[from, to)` for an agency, in order of partition and key. */
  between(query: { agencyCode: string; from: Instant; to: Instant }): AsyncIterable<LyingEntry>;
  /** The entries under these keys, at most 100; absent ones are left out. */
  at(keys: readonly { p: string; s: string }[]): Promise<LyingEntry[]>;
}
