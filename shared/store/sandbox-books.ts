import * as z from 'zod';
import {
  ConditionalCheckFailedException,
  type DynamoDBDocumentClient,
  PutCommand,
  QueryCommand,
  UpdateCommand,
  unmarshall,
} from '../aws/dynamodb.ts';
import { lazy } from '../domain/lazy.ts';

/** A transaction in the sandbox bank's own books: no money, and none of Thuphi's. Amounts in dong, `paidAt` as it is told. */
export type SandboxTransaction = {
  terminal: string;
  orderRef: string;
  txnId: string;
  amount: number;
  currency: string;
  result: 'OK' | 'DECLINED';
  paidAt: string;
};

export type SandboxRefund = {
  terminal: string;
  orderRef: string;
  txnId: string;
  refundReference: string;
  amount: number;
};

/** What the sandbox bank remembers. */
export interface SandboxBooks {
  enter(transaction: SandboxTransaction): Promise<void>;
  /** All of an order, in no particular order. */
  ofOrder(terminal: string, orderRef: string): Promise<SandboxTransaction[]>;
  /** Gives back once for each reference, and never more than was paid. False where it does not. */
  refund(refund: SandboxRefund): Promise<boolean>;
}

const Item = lazy(() =>
  z.object({
    s: z.string(),
    a: z.number(),
    c: z.string(),
    r: z.enum(['OK', 'DECLINED']),
    t: z.string(),
    /** Refunds by reference, and their sum. */
    rf: z.record(z.string(), z.number()),
    rs: z.number(),
  }),
);

const partition = (terminal: string, orderRef: string): string => `sandbox#${terminal}#${orderRef}`;

/** The books in the work table, in partitions of their own. */
export class SandboxBookStore implements SandboxBooks {
  readonly #db: DynamoDBDocumentClient;
  readonly #table: string;

  constructor(db: DynamoDBDocumentClient, table: string) {
    this.#db = db;
    this.#table = table;
  }

  async enter({ terminal, orderRef, txnId, amount, currency, result, paidAt }: SandboxTransaction): Promise<void> {
    const item: z.infer<typeof Item> = { s: txnId, a: amount, c: currency, r: result, t: paidAt, rf: {}, rs: 0 };
    await this.#db.send(
      new PutCommand({ TableName: this.#table, Item: { p: partition(terminal, orderRef), ...item } }),
    );
  }

  async ofOrder(terminal: string, orderRef: string): Promise<SandboxTransaction[]> {
    const { Items } = await this.#db.send(
      new QueryCommand({
        TableName: this.#table,
        KeyConditionExpression: 'p = :p',
        ExpressionAttributeValues: { ':p': partition(terminal, orderRef) },
        ConsistentRead: true,
      }),
    );
    return (Items ?? []).map((raw) => {
      const { s: txnId, a: amount, c: currency, r: result, t: paidAt } = Item.parse(raw);
      return { terminal, orderRef, txnId, amount, currency, result, paidAt };
    });
  }

  async refund({ terminal, orderRef, txnId, refundReference, amount }: SandboxRefund): Promise<boolean> {
    const paid = (await this.ofOrder(terminal, orderRef)).find((one) => one.txnId === txnId && one.result === 'OK');
    if (!paid) return false;
    try {
      await this.#db.send(
        new UpdateCommand({
          TableName: this.#table,
          Key: { p: partition(terminal, orderRef), s: txnId },
          UpdateExpression: 'SET rf.#ref = :amount, rs = rs + :amount',
          // What was paid never changes, so the sum that is left room for can be written down in the condition.
          ConditionExpression: 'attribute_not_exists(rf.#ref) AND rs <= :room',
          ExpressionAttributeNames: { '#ref': refundReference },
          ExpressionAttributeValues: { ':amount': amount, ':room': paid.amount - amount },
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        }),
      );
      return true;
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException) || !error.Item) throw error;
      return Item.parse(unmarshall(error.Item)).rf[refundReference] === amount;
    }
  }
}
