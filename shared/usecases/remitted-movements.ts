import { isBankCredit, type Movement, type MovementId } from '../domain/payment/movement.ts';
import { ContentLine, type PlaceSum, type Unaccounted } from '../domain/remittance/draft.ts';
import type { Remittance, RemittanceBook, RemittanceHead, RemittanceId } from '../domain/remittance/remittance.ts';
import { addDays, type Day, vietnamDay } from '../domain/time.ts';
import { sha256 } from './hashing.ts';

/** The newest batch's place in the chain. */
const NEWEST = 1;

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

/** What a batch counts, settles and leaves. Throws {@link ContentAltered}. */
export async function readContent(
  { remittanceId, content }: Pick<Remittance, 'remittanceId' | 'content'>,
  files: RemittanceFiles,
): Promise<ContentLine[]> {
  const text = await files.readText(content.key);
  if (text === undefined || sha256(text) !== content.sha256) throw new ContentAltered(remittanceId);
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => ContentLine.parse(JSON.parse(line)));
}

type Contents = {
  counted: ReadonlySet<string>;
  settled: ReadonlySet<string>;
  left: PlaceSum[];
  unaccounted: Unaccounted[];
};

/**
 * The batches of an account, newest first, read only as far as somebody asks: what one of them counted no other one may,
 * and what follows from money that one of them settled is counted by the next.
 */
export class RemittedMovements {
  readonly #head: RemittanceHead;
  readonly #book: Pick<RemittanceBook, 'find'>;
  readonly #files: RemittanceFiles;
  readonly #read: { remittance: Remittance; contents: Contents }[] = [];

  constructor(head: RemittanceHead, book: Pick<RemittanceBook, 'find'>, files: RemittanceFiles) {
    this.#head = head;
    this.#book = book;
    this.#files = files;
  }

  /** What the newest batch left. */
  async left(): Promise<PlaceSum[]> {
    return (await this.#at(NEWEST))?.contents.left ?? [];
  }

  /** What the newest batch could not account for. */
  async unaccounted(): Promise<Unaccounted[]> {
    return (await this.#at(NEWEST))?.contents.unaccounted ?? [];
  }

  /** When the newest batch was proposed. */
  async lastProposedAt(): Promise<number | undefined> {
    return (await this.#at(NEWEST))?.remittance.proposedAt;
  }

  /** The batch that counts a movement, or settled a money that no purse has. `since`: no day before settled it. */
  async batchOf(key: string, since: Day): Promise<Remittance | undefined> {
    for (let number = NEWEST; ; number += 1) {
      const batch = await this.#at(number);
      if (!batch || (batch.remittance.through ?? since) < since) return undefined;
      if (batch.contents.counted.has(key) || batch.contents.settled.has(key)) return batch.remittance;
    }
  }

  /** Batch by batch, the newest is the first. */
  async #at(number: number): Promise<{ remittance: Remittance; contents: Contents } | undefined> {
    while (this.#read.length < number) {
      const newest = this.#read.at(-1);
      const id = newest ? newest.remittance.previous : this.#head.last;
      if (id === null) return undefined;
      const remittance = await this.#book.find(id);
      if (!remittance) throw new Error(`${id} is gone`);
      const counted = new Set<string>();
      const settled = new Set<string>();
      const left: PlaceSum[] = [];
      const unaccounted: Unaccounted[] = [];
      for (const line of await readContent(remittance, this.#files))
        if ('counted' in line) counted.add(line.counted.key);
        else if ('settled' in line) settled.add(line.settled);
        else if ('left' in line) left.push(line.left);
        else if ('unaccounted' in line) unaccounted.push(line.unaccounted);
      this.#read.push({ remittance, contents: { counted, settled, left, unaccounted } });
    }
    return this.#read[number - 1];
  }
}
