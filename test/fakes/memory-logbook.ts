import type { Act, EntryLog, LogName, LogPage } from '../../shared/domain/audit/audit.ts';
import type { Bundle, CallbackLog, LogKeeper } from '../../shared/domain/logbook/logbook.ts';
import type { CallbackRecord, ReadRecord } from '../../shared/domain/logbook/record.ts';
import type { ProviderId } from '../../shared/domain/payment/provider.ts';
import { type Day, type Instant, vietnamDay } from '../../shared/domain/time.ts';
import { sha256 } from '../../shared/usecases/hashing.ts';

const PLACE_CHARACTERS = 22;
const SPAN_MILLISECONDS = 60_000;
const placeOf = (at: Instant, word: string): string => `${String(at).padStart(13, '0')}#${word}`;

/** The logbook in memory, under the conditions of the store. */
export class MemoryLogbook implements LogKeeper, EntryLog<ReadRecord>, CallbackLog {
  readonly reads = new Map<string, ReadRecord>();
  readonly acts = new Map<string, Act>();
  readonly kept = new Map<string, Bundle>();

  async keepRead(record: ReadRecord): Promise<void> {
    keepOnce(this.reads, placeOf(record.at, record.id), record);
  }

  async keepAct(act: Act, id: string): Promise<void> {
    keepOnce(this.acts, placeOf(act.at, id), act);
  }

  async keepCallbacks(records: readonly CallbackRecord[]): Promise<void> {
    const [first] = records;
    if (!first) return;
    const word = sha256(records.map(({ id }) => id).join()).slice(0, PLACE_CHARACTERS);
    const place = placeOf(first.at, word);
    keepOnce(this.kept, `${first.providerId} ${place}`, { place, records: [...records] });
  }

  async named(name: LogName, { from, to, after, limit }: LogPage) {
    const isNamed = ({ subjects, by }: ReadRecord) =>
      'person' in name
        ? by === name.person
        : subjects.some(({ kind, id }) => kind === name.subject.kind && id === name.subject.id);
    return pageOf(
      this.reads,
      (place, read) => read.at >= from && read.at < to && isNamed(read) && place > (after ?? ''),
      limit,
    );
  }

  async ofDay({ day, after, limit }: { day: Day; after?: string | undefined; limit: number }) {
    return pageOf(this.reads, (place, { at }) => vietnamDay(at) === day && place > (after ?? ''), limit);
  }

  async bundles(providerId: ProviderId, { from, to, after, limit }: LogPage) {
    const { entries, next } = pageOf(
      new Map([...this.kept.values()].map((bundle) => [bundle.place, bundle])),
      (place, { records }) =>
        records[0]?.providerId === providerId &&
        place >= String(from - SPAN_MILLISECONDS) &&
        place < String(to) &&
        place > (after === undefined ? '' : `${after}!`),
      limit,
    );
    return { bundles: entries, next };
  }
}

function keepOnce<T>(book: Map<string, T>, place: string, content: T): void {
  if (!book.has(place)) book.set(place, structuredClone(content));
}

function pageOf<T>(book: ReadonlyMap<string, T>, isWanted: (place: string, one: T) => boolean, limit: number) {
  const found = [...book]
    .filter(([place, one]) => isWanted(place, one))
    .sort(([one], [other]) => (one < other ? -1 : 1));
  const page = found.slice(0, limit);
  return {
    entries: page.map(([, one]) => structuredClone(one)),
    next: found.length > limit ? page.at(-1)?.[0] : undefined,
  };
}
