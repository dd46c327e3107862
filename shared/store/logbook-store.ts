import { createHash } from 'node:crypto';
import * as z from 'zod';
import type { DynamoDBDocumentClient } from '../aws/dynamodb.ts';
import type { Act, EntryLog, LogName, LogPage } from '../domain/audit/audit.ts';
import { lazy } from '../domain/lazy.ts';
import {
  type Bundle,
  CALLBACK_SPAN_MILLISECONDS,
  type CallbackLog,
  type LogKeeper,
} from '../domain/logbook/logbook.ts';
import { CallbackRecord, ReadRecord } from '../domain/logbook/record.ts';
import type { ProviderId } from '../domain/payment/provider.ts';
import { DAY_MILLISECONDS, type Day, daysBetween, SECOND_MILLISECONDS, vietnamDay } from '../domain/time.ts';
import { instantOf, itemsBetween, itemsOf, itemsOfDay, placeAt, putOnce, whereNamed } from './log-entries.ts';

const ReadItem = lazy(() => z.object({ r: ReadRecord }));
const CallbackItem = lazy(() => z.object({ s: z.string(), r: z.array(CallbackRecord) }));

/** Reads are of use to whoever asks who looked; two years cover an audit, and then DynamoDB lets go of them. */
const READ_TERM_MILLISECONDS = 731 * DAY_MILLISECONDS;

/** Characters of the hash by which a bundle of callbacks is named. */
const BUNDLE_CHARACTERS = 22;

/** The logbook in the audit table: reads and acts as entries, callbacks as bundles of those that came together. */
export class LogbookStore implements LogKeeper, EntryLog<ReadRecord>, CallbackLog {
  readonly #db: DynamoDBDocumentClient;
  readonly #table: string;

  constructor(db: DynamoDBDocumentClient, table: string) {
    this.#db = db;
    this.#table = table;
  }

  async keepRead(record: ReadRecord): Promise<void> {
    const { at, by, subjects, id } = record;
    const until = Math.floor((at + READ_TERM_MILLISECONDS) / SECOND_MILLISECONDS);
    await this.#putAll(itemsOf('reads', { at, by, subjects, word: id, record }).map((item) => ({ ...item, until })));
  }

  async keepAct(act: Act, id: string): Promise<void> {
    const subjects = [act.subject, ...(act.about ?? [])];
    await this.#putAll(itemsOf('audit', { at: act.at, by: act.by, subjects, word: id, record: act }));
  }

  async keepCallbacks(records: readonly CallbackRecord[]): Promise<void> {
    const [first] = records;
    if (!first) return;
    const ids = records.map(({ id }) => id).join();
    const word = createHash('sha256').update(ids).digest('base64url').slice(0, BUNDLE_CHARACTERS);
    const p = `callback#${first.providerId}#${vietnamDay(first.at)}`;
    await putOnce(this.#db, this.#table, { p, s: `${placeAt(first.at)}#${word}`, r: records });
  }

  async named(name: LogName, page: LogPage) {
    const { items, next } = await itemsBetween(this.#db, this.#table, whereNamed('reads', name), page);
    return { entries: items.map((item) => ReadItem.parse(item).r), next };
  }

  async ofDay({ day, after, limit }: { day: Day; after?: string | undefined; limit: number }) {
    const { items, next } = await itemsOfDay(this.#db, this.#table, 'reads', { day, after, limit });
    return { entries: items.map((item) => ReadItem.parse(item).r), next };
  }

  async bundles(providerId: ProviderId, { from, to, after, limit }: LogPage) {
    const least = from - CALLBACK_SPAN_MILLISECONDS;
    const begun = after === undefined ? least : instantOf(after);
    const bundles: Bundle[] = [];
    for (const day of daysBetween(vietnamDay(begun), vietnamDay(to - 1))) {
      const { items, next } = await itemsBetween(
        this.#db,
        this.#table,
        { attribute: 'p', value: `callback#${providerId}#${day}` },
        { from: least, to, after: day === vietnamDay(begun) ? after : undefined, limit: limit - bundles.length },
      );
      bundles.push(...items.map((item) => CallbackItem.parse(item)).map(({ s, r }) => ({ place: s, records: r })));
      if (next !== undefined || bundles.length === limit) return { bundles, next: next ?? bundles.at(-1)?.place };
    }
    return { bundles, next: undefined };
  }

  async #putAll(items: readonly Record<string, unknown>[]): Promise<void> {
    await Promise.all(items.map((item) => putOnce(this.#db, this.#table, item)));
  }
}
