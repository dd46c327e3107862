import * as z from 'zod';
import {
  ConditionalCheckFailedException,
  DeleteCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
} from '../aws/dynamodb.ts';
import { lazy } from '../domain/lazy.ts';
import { Replay, type Replays } from '../domain/notification/replay.ts';

/** Replays in the work table, each under its own id; those that run are listed beside. */
const replayKey = (replayId: string) => ({ p: `replay#${replayId}`, s: 'replay' });
const RUNNING = 'replay#running';

const ReplayItem = lazy(() => z.object({ r: Replay }));

export class ReplayStore implements Replays {
  readonly #db: DynamoDBDocumentClient;
  readonly #table: string;

  constructor(db: DynamoDBDocumentClient, table: string) {
    this.#db = db;
    this.#table = table;
  }

  async begin(replay: Replay): Promise<{ replay: Replay; begun: boolean }> {
    const begun = await this.#put(replay, 'attribute_not_exists(p)');
    const there = begun ? replay : await this.#find(replay.replayId);
    if (!there) throw new Error('a replay that cannot be begun is not there');
    // Written after the replay itself: a call that died between the two comes again and writes it.
    if (there.state === 'running') await this.#list(there.replayId);
    return { replay: there, begun };
  }

  async save(replay: Replay): Promise<Replay | undefined> {
    const saved = { ...replay, version: replay.version + 1 };
    if (!(await this.#put(saved, 'v = :was', replay.version))) return undefined;
    if (saved.state === 'done') await this.#unlist(saved.replayId);
    return saved;
  }

  async running(): Promise<Replay[]> {
    const { Items = [] } = await this.#db.send(
      new QueryCommand({
        TableName: this.#table,
        KeyConditionExpression: 'p = :p',
        ExpressionAttributeValues: { ':p': RUNNING },
        ConsistentRead: true,
      }),
    );
    const found = await Promise.all(Items.map((item) => this.#find(String(item['s']))));
    const listed = found.filter((replay) => replay !== undefined);
    // One that ended before it was taken off the list.
    for (const { state, replayId } of listed) if (state === 'done') await this.#unlist(replayId);
    return listed.filter(({ state }) => state === 'running');
  }

  async #find(replayId: string): Promise<Replay | undefined> {
    const { Item } = await this.#db.send(
      new GetCommand({ TableName: this.#table, Key: replayKey(replayId), ConsistentRead: true }),
    );
    return Item && ReplayItem.parse(Item).r;
  }

  async #put(replay: Replay, condition: string, was?: number): Promise<boolean> {
    try {
      await this.#db.send(
        new PutCommand({
          TableName: this.#table,
          Item: { ...replayKey(replay.replayId), v: replay.version, r: replay },
          ConditionExpression: condition,
          ...(was !== undefined && { ExpressionAttributeValues: { ':was': was } }),
        }),
      );
      return true;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return false;
      throw error;
    }
  }

  async #list(replayId: string): Promise<void> {
    await this.#db.send(new PutCommand({ TableName: this.#table, Item: { p: RUNNING, s: replayId } }));
  }

  async #unlist(replayId: string): Promise<void> {
    await this.#db.send(new DeleteCommand({ TableName: this.#table, Key: { p: RUNNING, s: replayId } }));
  }
}
