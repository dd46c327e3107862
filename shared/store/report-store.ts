import * as z from 'zod';
import {
  ConditionalCheckFailedException,
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  UpdateCommand,
  unmarshall,
} from '../aws/dynamodb.ts';
import { lazy } from '../domain/lazy.ts';
import { ReportJob, type ReportJobId, type ReportJobs } from '../domain/reports/job.ts';

/** Jobs in the work table, an item each: the state stands beside the record `r` under `st`, the rows written under `n`. */
const jobKey = (jobId: ReportJobId) => ({ p: `report#${jobId}`, s: 'report' });

const JobItem = lazy(() => z.object({ r: z.record(z.string(), z.unknown()), st: z.string(), n: z.int() }));

/** The states that a job may still leave. */
const UNFINISHED = { ':waiting': 'WAITING', ':making': 'MAKING' };

export class ReportStore implements ReportJobs {
  readonly #db: DynamoDBDocumentClient;
  readonly #table: string;

  constructor(db: DynamoDBDocumentClient, table: string) {
    this.#db = db;
    this.#table = table;
  }

  async create(job: ReportJob): Promise<ReportJob> {
    const { state, rows, ...record } = job;
    try {
      await this.#db.send(
        new PutCommand({
          TableName: this.#table,
          Item: { ...jobKey(job.jobId), st: state, n: rows, r: record },
          ConditionExpression: 'attribute_not_exists(p)',
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        }),
      );
      return job;
    } catch (error) {
      return parse(thereInstead(error));
    }
  }

  async find(jobId: ReportJobId): Promise<ReportJob | undefined> {
    const { Item } = await this.#db.send(
      new GetCommand({ TableName: this.#table, Key: jobKey(jobId), ConsistentRead: true }),
    );
    return Item && parse(Item);
  }

  async progress(jobId: ReportJobId, rows: number): Promise<boolean> {
    try {
      await this.#update(jobId, 'st = :to, n = :rows', { ':to': 'MAKING', ':rows': rows });
      return true;
    } catch (error) {
      thereInstead(error);
      return false;
    }
  }

  async end(jobId: ReportJobId, { state, rows, ...found }: Parameters<ReportJobs['end']>[1]): Promise<ReportJob> {
    const members = Object.entries(found).filter(([, value]) => value !== undefined);
    try {
      const { Attributes } = await this.#update(
        jobId,
        ['st = :to, n = :rows', ...members.map(([name]) => `r.#${name} = :${name}`)].join(', '),
        { ':to': state, ':rows': rows, ...Object.fromEntries(members.map(([name, value]) => [`:${name}`, value])) },
        Object.fromEntries(members.map(([name]) => [`#${name}`, name])),
      );
      return parse(Attributes);
    } catch (error) {
      return parse(thereInstead(error));
    }
  }

  #update(jobId: ReportJobId, set: string, values: Record<string, unknown>, names: Record<string, string> = {}) {
    return this.#db.send(
      new UpdateCommand({
        TableName: this.#table,
        Key: jobKey(jobId),
        UpdateExpression: `SET ${set}`,
        ConditionExpression: 'attribute_exists(p) AND st IN (:waiting, :making)',
        ...(Object.keys(names).length > 0 && { ExpressionAttributeNames: names }),
        ExpressionAttributeValues: { ...UNFINISHED, ...values },
        ReturnValues: 'ALL_NEW',
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      }),
    );
  }
}

/** The item that made a condition fail; any other error, and one without an item, is thrown on. */
function thereInstead(error: unknown): Record<string, unknown> {
  if (error instanceof ConditionalCheckFailedException && error.Item) return unmarshall(error.Item);
  throw error;
}

function parse(raw: unknown): ReportJob {
  const { st, n, r } = JobItem.parse(raw);
  return ReportJob.parse({ ...r, state: st, rows: n });
}
