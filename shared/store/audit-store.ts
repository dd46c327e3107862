import * as z from 'zod';
import {
  ConditionalCheckFailedException,
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  TransactionCanceledException,
  TransactWriteCommand,
  type TransactWriteCommandInput,
  UpdateCommand,
} from '../aws/dynamodb.ts';
import { Act, type AuditLog, type LogName, type LogPage } from '../domain/audit/audit.ts';
import { Proposal, type ProposalBook, type ProposalId, type ProposalState } from '../domain/audit/proposal.ts';
import { lazy } from '../domain/lazy.ts';
import type { Day, Instant } from '../domain/time.ts';
import { itemsBetween, itemsOf, itemsOfDay, whereNamed } from './log-entries.ts';

/**
 * The audit table. Entries: `audit#` and their Vietnamese day, then their instant and a random word, put once and never
 * again. Proposals: `proposal`, by their id; each write of one brings its entry with it.
 */
type Key = { p: string; s: string };
type Items = NonNullable<TransactWriteCommandInput['TransactItems']>;

const PROPOSALS = 'proposal';
const proposalKey = (id: ProposalId): Key => ({ p: PROPOSALS, s: id });
const ActItem = lazy(() => z.object({ r: Act }));
const ProposalItem = lazy(() => z.object({ r: Proposal }));

export class AuditStore implements AuditLog, ProposalBook {
  readonly #db: DynamoDBDocumentClient;
  readonly #table: string;
  readonly #word: () => string;

  /** `word`: characters that differ each time, so that two entries of one instant have two places, in the order of the words. */
  constructor(db: DynamoDBDocumentClient, table: string, word: () => string) {
    this.#db = db;
    this.#table = table;
    this.#word = word;
  }

  async append(act: Act): Promise<void> {
    await this.#db.send(new PutCommand(this.#entry(act)));
  }

  async ofDay({ day, after, limit }: { day: Day; after?: string | undefined; limit: number }) {
    const { items, next } = await itemsOfDay(this.#db, this.#table, 'audit', { day, after, limit });
    return { entries: items.map((item) => ActItem.parse(item).r), next };
  }

  async named(name: LogName, page: LogPage) {
    const { items, next } = await itemsBetween(this.#db, this.#table, whereNamed('audit', name), page);
    return { entries: items.map((item) => ActItem.parse(item).r), next };
  }

  async find(id: ProposalId): Promise<Proposal | undefined> {
    const { Item } = await this.#db.send(
      new GetCommand({ TableName: this.#table, Key: proposalKey(id), ConsistentRead: true }),
    );
    return Item && ProposalItem.parse(Item).r;
  }

  async propose(proposal: Proposal, act: Act) {
    const put = {
      TableName: this.#table,
      Item: { ...proposalKey(proposal.proposalId), r: proposal },
      ConditionExpression: 'attribute_not_exists(p)',
    };
    if (await this.#together([{ Put: put }], act)) return { kind: 'proposed' as const };
    const there = await this.find(proposal.proposalId);
    if (!there) throw new Error(`proposal ${proposal.proposalId} was refused and is not there`);
    return { kind: 'exists' as const, proposal: there };
  }

  async decide(id: ProposalId, to: 'approved' | 'rejected', by: string, at: Instant, act: Act) {
    const update = {
      TableName: this.#table,
      Key: proposalKey(id),
      // A rejected one needs its secret no more; an approved one until it is applied.
      UpdateExpression: `SET r.#state = :to, r.decidedBy = :by, r.decidedAt = :at${to === 'rejected' ? ' REMOVE r.sealed' : ', r.takenUpAt = :at'}`,
      ConditionExpression: `r.#state = :open${to === 'approved' ? ' AND r.#by <> :by' : ''}`,
      ExpressionAttributeNames: { '#state': 'state', ...(to === 'approved' && { '#by': 'by' }) },
      ExpressionAttributeValues: { ':to': to, ':by': by, ':at': at, ':open': 'proposed' satisfies ProposalState },
    };
    const decided = await this.#together([{ Update: update }], act);
    const current = await this.find(id);
    return decided && current ? { kind: 'decided' as const, proposal: current } : { kind: 'refused' as const, current };
  }

  async takeUp(id: ProposalId, at: Instant): Promise<boolean> {
    try {
      await this.#db.send(
        new UpdateCommand({
          TableName: this.#table,
          Key: proposalKey(id),
          UpdateExpression: 'SET r.takenUpAt = :at',
          ConditionExpression: 'r.#state = :approved',
          ExpressionAttributeNames: { '#state': 'state' },
          ExpressionAttributeValues: { ':at': at, ':approved': 'approved' satisfies ProposalState },
        }),
      );
      return true;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return false;
      throw error;
    }
  }

  withdraw(id: ProposalId, since: Instant, act: Act): Promise<boolean> {
    const update = {
      TableName: this.#table,
      Key: proposalKey(id),
      UpdateExpression: 'SET r.#state = :failed, r.reason = :reason REMOVE r.sealed',
      ConditionExpression: 'r.#state = :approved AND r.takenUpAt < :since',
      ExpressionAttributeNames: { '#state': 'state' },
      ExpressionAttributeValues: {
        ':failed': 'failed' satisfies ProposalState,
        ':reason': act.act,
        ':approved': 'approved' satisfies ProposalState,
        ':since': since,
      },
    };
    return this.#together([{ Update: update }], act);
  }

  async finish(id: ProposalId, to: 'applied' | 'failed', reason: string | undefined, act: Act): Promise<void> {
    const update = {
      TableName: this.#table,
      Key: proposalKey(id),
      UpdateExpression: `SET r.#state = :to${reason === undefined ? '' : ', r.reason = :reason'} REMOVE r.sealed`,
      ConditionExpression: 'r.#state = :approved',
      ExpressionAttributeNames: { '#state': 'state' },
      ExpressionAttributeValues: {
        ':to': to,
        ':approved': 'approved' satisfies ProposalState,
        ...(reason !== undefined && { ':reason': reason }),
      },
    };
    // Finished before, by the same call: nothing is left to note.
    await this.#together([{ Update: update }], act);
  }

  async inState(state: ProposalState, after: string | undefined, limit: number) {
    const proposals: Proposal[] = [];
    let from = after;
    for (;;) {
      const { Items: items = [] } = await this.#db.send(
        new QueryCommand({
          TableName: this.#table,
          KeyConditionExpression: from === undefined ? 'p = :p' : 'p = :p AND s > :s',
          ExpressionAttributeValues: { ':p': PROPOSALS, ...(from !== undefined && { ':s': from }) },
          Limit: limit,
        }),
      );
      for (const item of items) {
        const { r } = ProposalItem.parse(item);
        from = r.proposalId;
        if (r.state !== state) continue;
        proposals.push(r);
        if (proposals.length === limit) return { proposals, next: from };
      }
      if (items.length < limit) return { proposals, next: undefined };
    }
  }

  #entry(act: Act) {
    const [entry] = itemsOf('audit', {
      ...{ at: act.at, by: act.by, subjects: [act.subject], word: this.#word(), record: act },
    });
    return { TableName: this.#table, Item: entry, ConditionExpression: 'attribute_not_exists(p)' };
  }

  /** The writes and the entry, all or none. False where a condition of the writes did not hold. */
  async #together(items: Items, act: Act): Promise<boolean> {
    try {
      await this.#db.send(new TransactWriteCommand({ TransactItems: [...items, { Put: this.#entry(act) }] }));
      return true;
    } catch (error) {
      const reasons = error instanceof TransactionCanceledException ? (error.CancellationReasons ?? []) : [];
      if (reasons[0]?.Code === 'ConditionalCheckFailed') return false;
      throw error;
    }
  }
}
