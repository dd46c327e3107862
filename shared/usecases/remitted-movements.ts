import { isBankCredit, type Movement, type MovementId } from '../domain/payment/movement.ts';
import { ContentLine, type PlaceSum, type Unaccounted } from '../domain/remittance/draft.ts';
import type { Remittance, RemittanceBook, RemittanceHead, RemittanceId } from '../domain/remittance/remittance.ts';
import { addDays, type Day, vietnamDay } from '../domain/time.ts';
import { sha256 } from './hashing.ts';

export type RemittanceFiles = {
  /** An object as text, or `undefined`. */
  readText(key: string): Promise<string | undefined>;
};

/** Names a movement among batches. A bank credit is named by account and reference, on whatever invoice it stands. */
export const movementKey = (movementId: MovementId, invoiceNumber: string | undefined): string =>
  isBankCredit(movementId) ? movementId : `${movementId}@${invoiceNumber ?? ''}`;

/** How many days before our books have money it may be on a statement: clocks differ. */
export const SHIFT_DAYS = 3;

/** No statement shows a movement before this day. `before`: days that it may be shown earlier. */
export const shownSince = ({ paidAt, committedAt }: Pick<Movement, 'paidAt' | 'committedAt'>, before: number): Day =>
  addDays(vietnamDay(Math.min(paidAt, committedAt)), -before);

/** A batch's content does not bear the hash that the batch was decided with. Never paid; somebody must look. */
export class ContentAltered extends Error {
  constructor(remittanceId: RemittanceId) {
    super(`the content of ${remittanceId} is not what was frozen`);
    this.name = 'ContentAltered';
  }
}

/** The lines of a batch's content, as they were frozen. Throws {@link ContentAltered}. */
async function frozenLines(
  { remittanceId, content }: Pick<Remittance, 'remittanceId' | 'content'>,
  files: RemittanceFiles,
): Promise<string[]> {
  const text = await files.readText(content.key);
  if (text === undefined || sha256(text) !== content.sha256) throw new ContentAltered(remittanceId);
  return text.split('\n').slice(0, -1);
}

/** What a batch counts, settles and leaves. Throws {@link ContentAltered}. */
export const readContent = async (
  batch: Pick<Remittance, 'remittanceId' | 'content'>,
  files: RemittanceFiles,
): Promise<ContentLine[]> => (await frozenLines(batch, files)).map((line) => ContentLine.parse(JSON.parse(line)));

/** What the newest batch leaves to the next: read without what it counts, which may be a hundred thousand lines. */
type Rest = { left: PlaceSum[]; unaccounted: Unaccounted[] };

/** Something that a batch may have counted, or settled without a purse. `since`: no day before shows it. */
export type Wanted = { key: string; since: Day };

/**
 * The batches of an account. What one of them counted no other one may, and what follows from money that one of them settled
 * is counted by the next.
 */
export class RemittedMovements {
  readonly #head: RemittanceHead;
  readonly #book: Pick<RemittanceBook, 'find'>;
  readonly #files: RemittanceFiles;
  /** Newest first, as far as somebody asked. */
  readonly #chain: Remittance[] = [];
  #rest: Promise<Rest> | undefined;

  constructor(head: RemittanceHead, book: Pick<RemittanceBook, 'find'>, files: RemittanceFiles) {
    this.#head = head;
    this.#book = book;
    this.#files = files;
  }

  /** The newest batch. */
  newest(): Promise<Remittance | undefined> {
    return this.#at(0);
  }

  /** What the newest batch left, and could not account for. */
  rest(): Promise<Rest> {
    this.#rest ??= this.#readRest();
    return this.#rest;
  }

  /** Batches that claimed some of a day whose rest is not claimed yet. */
  async partsOf(day: Day): Promise<Remittance[]> {
    const parts: Remittance[] = [];
    for (let at = 0; ; at += 1) {
      const batch = await this.#at(at);
      if (!batch || batch.through !== null) return parts;
      if (batch.partOf === day) parts.push(batch);
    }
  }

  /** What these batches counted or settled. */
  async countedBy(batches: readonly Remittance[]): Promise<Set<string>> {
    const found = new Set<string>();
    for (const batch of batches)
      for (const line of await frozenLines(batch, this.#files)) {
        const key = keyIn(line);
        if (key !== undefined) found.add(key);
      }
    return found;
  }

  /**
   * The keys of those that a batch counted or settled. Each batch that may have one is read once, the oldest first, and kept
   * no longer: money is counted soon after it was shown, so what is old is found soon.
   */
  async among(wanted: readonly Wanted[]): Promise<Set<string>> {
    const found = new Set<string>();
    const pending = new Map<string, Day>();
    for (const { key, since } of wanted) if (since < (pending.get(key) ?? '9999')) pending.set(key, since);
    const first = [...pending.values()].reduce((least, one) => (one < least ? one : least), '9999');
    for (const batch of (await this.#since(first)).reverse()) {
      const mayHave = (since: Day): boolean => batch.through === null || since <= batch.through;
      if (![...pending.values()].some(mayHave)) continue;
      for (const line of await frozenLines(batch, this.#files)) {
        const key = keyIn(line);
        const since = key === undefined ? undefined : pending.get(key);
        if (key === undefined || since === undefined || !mayHave(since)) continue;
        found.add(key);
        pending.delete(key);
      }
    }
    return found;
  }

  /** Newest first, down to the last that claims a day from one on. */
  async #since(day: Day): Promise<Remittance[]> {
    const batches: Remittance[] = [];
    for (let at = 0; ; at += 1) {
      const batch = await this.#at(at);
      if (!batch || (batch.through ?? day) < day) return batches;
      batches.push(batch);
    }
  }

  async #readRest(): Promise<Rest> {
    const newest = await this.newest();
    const rest: Rest = { left: [], unaccounted: [] };
    if (!newest) return rest;
    for (const text of await frozenLines(newest, this.#files)) {
      if (!/^\{"(?:left|unaccounted)"/.test(text)) continue;
      const line = ContentLine.parse(JSON.parse(text));
      if ('left' in line) rest.left.push(line.left);
      else if ('unaccounted' in line) rest.unaccounted.push(line.unaccounted);
    }
    return rest;
  }

  async #at(place: number): Promise<Remittance | undefined> {
    while (this.#chain.length <= place) {
      const last = this.#chain.at(-1);
      const id = last ? last.previous : this.#head.last;
      if (id === null) return undefined;
      const remittance = await this.#book.find(id);
      if (!remittance) throw new Error(`${id} is gone`);
      this.#chain.push(remittance);
    }
    return this.#chain[place];
  }
}

/** What a line of a content counts or settles. Written by us and proved by its hash, so that its first word tells what it is. */
function keyIn(line: string): string | undefined {
  if (line.startsWith('{"counted"')) return (JSON.parse(line) as { counted: { key: string } }).counted.key;
  return line.startsWith('{"settled"') ? (JSON.parse(line) as { settled: string }).settled : undefined;
}
