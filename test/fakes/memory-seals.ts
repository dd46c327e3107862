import type { JournalScanner, LyingEntry, SealHead, SealKeeper } from '../../shared/domain/ledger/seal.ts';
import type { Instant } from '../../shared/domain/time.ts';

/** Segments in memory; a test may do to them what nobody may do to real ones. */
export class MemorySeals implements SealKeeper {
  readonly segments = new Map<number, string>();
  remembered: SealHead | undefined;

  async keep(segment: number, text: string): Promise<boolean> {
    if (this.segments.has(segment)) return false;
    this.segments.set(segment, text);
    return true;
  }

  async read(segment: number): Promise<string | undefined> {
    return this.segments.get(segment);
  }

  async head(): Promise<SealHead | undefined> {
    return this.remembered && { ...this.remembered };
  }

  async remember(head: SealHead): Promise<void> {
    this.remembered = { ...head };
  }
}

/** The journal as it lies, in memory: agency and commit time are read from the key as the table has them. */
export class MemoryJournalScanner implements JournalScanner {
  readonly items = new Map<string, LyingEntry>();

  put(entry: LyingEntry): void {
    this.items.set(`${entry.p}\n${entry.s}`, structuredClone(entry));
  }

  async *between({ agencyCode, from, to }: { agencyCode: string; from: Instant; to: Instant }) {
    const inside = [...this.items.values()].filter(({ p, s }) => {
      const committedAt = Number(s.split('#', 1)[0]);
      return p.startsWith(`${agencyCode}#`) && committedAt >= from && committedAt < to;
    });
    yield* structuredClone(inside.sort((one, other) => (`${one.p} ${one.s}` < `${other.p} ${other.s}` ? -1 : 1)));
  }

  async at(keys: readonly { p: string; s: string }[]): Promise<LyingEntry[]> {
    return keys.flatMap(({ p, s }) => structuredClone(this.items.get(`${p}\n${s}`)) ?? []);
  }
}
