import type { BookId } from '../../shared/domain/reconciliation/book-day.ts';
import {
  firstHead,
  type HeadChange,
  Looked,
  NOTHING_LOOKED_AT,
  placeOfRemittance,
  Remittance,
  type RemittanceBook,
  RemittanceHead,
  type RemittanceId,
} from '../../shared/domain/remittance/remittance.ts';

/** Batches in memory. Keeps copies, so that nothing changes behind its back. */
export class MemoryRemittances implements RemittanceBook {
  readonly #batches = new Map<RemittanceId, Remittance>();
  readonly #heads = new Map<BookId, RemittanceHead>();
  readonly #calls = new Map<string, RemittanceId>();
  readonly #looked = new Map<BookId, Looked>();
  readonly #followed = new Map<BookId, string>();

  async head(book: BookId): Promise<RemittanceHead> {
    return structuredClone(this.#heads.get(book) ?? firstHead(book));
  }

  async find(id: RemittanceId): Promise<Remittance | undefined> {
    return structuredClone(this.#batches.get(id));
  }

  async ofCall(book: BookId, keyHash: string): Promise<RemittanceId | undefined> {
    return this.#calls.get(`${book} ${keyHash}`);
  }

  async list({
    book,
    before,
    limit,
  }: {
    book: BookId;
    before?: number | undefined;
    limit: number;
  }): Promise<Remittance[]> {
    const sequence = ({ remittanceId }: Remittance) => placeOfRemittance(remittanceId).sequence;
    return structuredClone(
      [...this.#batches.values()]
        .filter((one) => one.book === book && (before === undefined || sequence(one) < before))
        .sort((one, other) => sequence(other) - sequence(one))
        .slice(0, limit),
    );
  }

  async followedTo(book: BookId): Promise<string | null> {
    return this.#followed.get(book) ?? null;
  }

  async markFollowed(book: BookId, day: string): Promise<void> {
    if ((this.#followed.get(book) ?? '') < day) this.#followed.set(book, day);
  }

  async looked(book: BookId): Promise<Looked> {
    return structuredClone(this.#looked.get(book) ?? NOTHING_LOOKED_AT);
  }

  async keepLooked(book: BookId, looked: Looked): Promise<void> {
    this.#looked.set(book, Looked.parse(structuredClone(looked)));
  }

  async propose(remittance: Remittance, head: HeadChange): Promise<'proposed' | 'overtaken'> {
    const call = `${remittance.book} ${remittance.calls[0]?.keyHash}`;
    if (this.#batches.has(remittance.remittanceId) || this.#calls.has(call) || !this.#isStill(head)) return 'overtaken';
    this.#calls.set(call, remittance.remittanceId);
    this.#keep(remittance, head);
    return 'proposed';
  }

  async change(
    before: Remittance,
    after: Remittance,
    { head, notBy }: { head?: HeadChange; notBy?: string } = {},
  ): Promise<'changed' | 'overtaken'> {
    const there = this.#batches.get(before.remittanceId);
    if (there?.version !== before.version || (notBy !== undefined && there.by === notBy)) return 'overtaken';
    if (head && !this.#isStill(head)) return 'overtaken';
    this.#keep(after, head);
    return 'changed';
  }

  /** Everything that it holds, in order. */
  contents() {
    return structuredClone({
      batches: [...this.#batches.values()].sort((one, other) => (one.remittanceId < other.remittanceId ? -1 : 1)),
      heads: [...this.#heads.values()],
      followed: [...this.#followed],
      looked: [...this.#looked],
    });
  }

  #isStill({ before }: HeadChange): boolean {
    return (this.#heads.get(before.book)?.version ?? 0) === before.version;
  }

  #keep(remittance: Remittance, head?: HeadChange): void {
    this.#batches.set(remittance.remittanceId, Remittance.parse(structuredClone(remittance)));
    if (head) this.#heads.set(head.after.book, RemittanceHead.parse(structuredClone(head.after)));
  }
}
