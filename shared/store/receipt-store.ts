import * as z from 'zod';
import {
  ConditionalCheckFailedException,
  type DynamoDBDocumentClient,
  GetCommand,
  QueryCommand,
  TransactionCanceledException,
  TransactWriteCommand,
  type TransactWriteCommandInput,
  UpdateCommand,
} from '../aws/dynamodb.ts';
import type { InvoiceNumber } from '../domain/invoice/number.ts';
import { lazy } from '../domain/lazy.ts';
import type { ReceiptBook, ReceiptItem } from '../domain/receipt/book.ts';
import { Correction, type CorrectionsSeen } from '../domain/receipt/correction.ts';
import {
  type KeptReceipt,
  placeOf,
  Receipt,
  ReceiptId,
  type ReceiptRun,
  receiptId,
} from '../domain/receipt/receipt.ts';
import { batchGet } from './batch-get.ts';
import { allItems } from './every-item.ts';

/**
 * Receipts: one item each under its invoice and place, and one under its run and number that only names it. The run is its
 * own counter: a number can be written where it is free and the one before it is not, and nowhere else.
 */
type Key = { p: string; s: string };

const NUMBER_DIGITS = 8;
const RUN = 'run';
const runPartition = ({ taxCode, symbol }: ReceiptRun): string => `${RUN}#${taxCode}#${symbol}`;
const numberKey = (run: ReceiptRun, number: number): Key => ({
  p: runPartition(run),
  s: String(number).padStart(NUMBER_DIGITS, '0'),
});
const invoicePartition = (number: InvoiceNumber): string => `invoice#${number}`;
const receiptKey = (id: ReceiptId): Key => {
  const { invoice, place } = placeOf(id);
  return { p: invoicePartition(invoice), s: String(place).padStart(2, '0') };
};

/** `r`: as numbered. `x`: the signed document. `rb`: what took its place. `co`: what persons corrected. */
const Item = lazy(() =>
  z.object({
    r: Receipt,
    x: z.string().optional(),
    rb: ReceiptId.optional(),
    co: z.array(Correction).optional(),
  }),
);
const NumberItem = lazy(() => z.object({ s: z.string().regex(/^[0-9]{8}$/), i: ReceiptId }));

const parse = (raw: unknown): KeptReceipt => {
  const { r, x, rb, co } = Item.parse(raw);
  return { ...r, xml: x, replacedBy: rb, ...(co && { corrections: co }) };
};

const Keyed = lazy(() => z.object({ p: z.string(), s: z.string() }));

/** Reads whatever stands among the receipts. Throws a ZodError for anything else. */
export function parseReceiptItem(raw: unknown): ReceiptItem {
  const { p, s } = Keyed.parse(raw);
  const [kind, taxCode = '', symbol = ''] = p.split('#');
  if (kind === RUN)
    return { kind: 'number', run: { taxCode, symbol }, number: Number(s), receiptId: NumberItem.parse(raw).i };
  const receipt = parse(raw);
  const key = receiptKey(receipt.receiptId);
  if (key.p !== p || key.s !== s) throw new RangeError(`${receipt.receiptId} does not stand under its key`);
  return { kind: 'receipt', receipt };
}

/** A place in the list of corrections, from 1; a list index cannot be a placeholder, it is a checked integer. */
const correctionAt = (place: number): string => `co[${Math.trunc(place) - 1}]`;

/** A condition, and that a receipt's corrections are as they were seen; unseen ones are none. */
function whileSeen(
  seen: CorrectionsSeen = { count: 0 },
  condition: string,
  values: Record<string, unknown>,
): Pick<
  ConstructorParameters<typeof UpdateCommand>[0],
  'ConditionExpression' | 'ExpressionAttributeNames' | 'ExpressionAttributeValues'
> {
  const { count, last } = seen;
  if (count === 0)
    return {
      ConditionExpression: `${condition} AND attribute_not_exists(co)`,
      ExpressionAttributeValues: values,
    };
  return {
    ConditionExpression: `${condition} AND size(co) = :seen AND ${correctionAt(count)}.#state = :last`,
    ExpressionAttributeNames: { '#state': 'state' },
    ExpressionAttributeValues: { ...values, ':seen': count, ':last': last },
  };
}

/** What a refused transaction says where others were first. */
const LOST = new Set(['ConditionalCheckFailed', 'TransactionConflict']);

export class ReceiptStore implements ReceiptBook {
  readonly #db: DynamoDBDocumentClient;
  readonly #table: string;

  constructor(db: DynamoDBDocumentClient, table: string) {
    this.#db = db;
    this.#table = table;
  }

  async ofInvoice(number: InvoiceNumber): Promise<KeptReceipt[]> {
    const items = await allItems(this.#db, {
      TableName: this.#table,
      KeyConditionExpression: 'p = :p',
      ExpressionAttributeValues: { ':p': invoicePartition(number) },
      ConsistentRead: true,
    });
    return items.map(parse);
  }

  /** Places are taken from the first on: who has no receipt there has none. */
  async ofInvoices(numbers: readonly InvoiceNumber[]): Promise<ReadonlyMap<InvoiceNumber, readonly KeptReceipt[]>> {
    const firsts = numbers.map((number) => receiptKey(receiptId(number, 1)));
    const some = (await batchGet(this.#db, this.#table, firsts)).map((item) => placeOf(parse(item).receiptId).invoice);
    return new Map(await Promise.all(some.map(async (number) => [number, await this.ofInvoice(number)] as const)));
  }

  async find(id: ReceiptId): Promise<KeptReceipt | undefined> {
    const { Item: item } = await this.#db.send(
      new GetCommand({ TableName: this.#table, Key: receiptKey(id), ConsistentRead: true }),
    );
    return item && parse(item);
  }

  async lastNumber(run: ReceiptRun): Promise<number> {
    const { Items = [] } = await this.#db.send(
      new QueryCommand({
        TableName: this.#table,
        KeyConditionExpression: 'p = :p',
        ExpressionAttributeValues: { ':p': runPartition(run) },
        ConsistentRead: true,
        ScanIndexForward: false,
        Limit: 1,
      }),
    );
    return Items.length === 0 ? 0 : Number(NumberItem.parse(Items[0]).s);
  }

  async add(...[run, receipts, seen]: Parameters<ReceiptBook['add']>): Promise<'added' | 'lost'> {
    const TableName = this.#table;
    const first = receipts[0]?.number ?? 1;
    const before = first - 1;
    const items: NonNullable<TransactWriteCommandInput['TransactItems']> = receipts.flatMap((receipt) => [
      {
        Put: {
          TableName,
          Item: { ...receiptKey(receipt.receiptId), r: receipt },
          ConditionExpression: 'attribute_not_exists(p)',
        },
      },
      {
        Put: {
          TableName,
          Item: { ...numberKey(run, receipt.number), i: receipt.receiptId },
          ConditionExpression: 'attribute_not_exists(p)',
        },
      },
      ...(receipt.replaces
        ? [
            {
              Update: {
                TableName,
                Key: receiptKey(receipt.replaces.receiptId),
                UpdateExpression: 'SET rb = :by',
                ...whileSeen(
                  seen?.get(receipt.replaces.receiptId),
                  'attribute_exists(p) AND attribute_not_exists(rb)',
                  {
                    ':by': receipt.receiptId,
                  },
                ),
              },
            },
          ]
        : []),
    ]);
    if (before > 0)
      items.push({
        ConditionCheck: { TableName, Key: numberKey(run, before), ConditionExpression: 'attribute_exists(p)' },
      });
    try {
      await this.#db.send(new TransactWriteCommand({ TransactItems: items }));
      return 'added';
    } catch (error) {
      const reasons = error instanceof TransactionCanceledException ? (error.CancellationReasons ?? []) : [];
      if (reasons.some(({ Code = '' }) => LOST.has(Code))) return 'lost';
      throw error;
    }
  }

  async keepSigned(id: ReceiptId, xml: string): Promise<void> {
    await this.#update(id, {
      UpdateExpression: 'SET x = :xml',
      ConditionExpression: 'attribute_exists(p) AND attribute_not_exists(x)',
      ExpressionAttributeValues: { ':xml': xml },
    });
  }

  proposeCorrection(...[id, correction, seen]: Parameters<ReceiptBook['proposeCorrection']>): Promise<boolean> {
    const stands = 'attribute_exists(x) AND attribute_not_exists(rb)';
    return this.#update(id, {
      UpdateExpression: seen.count === 0 ? 'SET co = :added' : 'SET co = list_append(co, :added)',
      ...whileSeen(seen, stands, { ':added': [correction] }),
    });
  }

  decideCorrection(...[id, place, decision]: Parameters<ReceiptBook['decideCorrection']>): Promise<boolean> {
    const { to, decidedBy, decidedAt } = decision;
    const one = correctionAt(place);
    const isApproval = to === 'approved';
    return this.#update(id, {
      UpdateExpression: `SET ${one}.#state = :to, ${one}.decidedBy = :by, ${one}.decidedAt = :at${isApproval ? '' : `, ${one}.refusal = :why`}`,
      ConditionExpression: `attribute_not_exists(rb) AND ${one}.#state = :open${isApproval ? ` AND ${one}.#by <> :by` : ''}`,
      ExpressionAttributeNames: { '#state': 'state', ...(isApproval && { '#by': 'by' }) },
      ExpressionAttributeValues: {
        ...{ ':to': to, ':by': decidedBy, ':at': decidedAt },
        ':open': 'proposed' satisfies Correction['state'],
        ...(decision.to === 'rejected' && { ':why': decision.refusal }),
      },
    });
  }

  async keepNotice(id: ReceiptId, place: number, xml: string): Promise<void> {
    const one = correctionAt(place);
    await this.#update(id, {
      UpdateExpression: `SET ${one}.notice = :xml`,
      ConditionExpression: `${one}.#state = :approved AND attribute_not_exists(${one}.notice)`,
      ExpressionAttributeNames: { '#state': 'state' },
      ExpressionAttributeValues: { ':xml': xml, ':approved': 'approved' satisfies Correction['state'] },
    });
  }

  /** False where the condition did not hold. */
  async #update(
    id: ReceiptId,
    write: Omit<ConstructorParameters<typeof UpdateCommand>[0], 'TableName' | 'Key'>,
  ): Promise<boolean> {
    try {
      await this.#db.send(new UpdateCommand({ TableName: this.#table, Key: receiptKey(id), ...write }));
      return true;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return false;
      throw error;
    }
  }

  async inRun(run: ReceiptRun, after: number, limit: number): Promise<KeptReceipt[]> {
    const { Items = [] } = await this.#db.send(
      new QueryCommand({
        TableName: this.#table,
        KeyConditionExpression: 'p = :p AND s > :s',
        ExpressionAttributeValues: { ':p': runPartition(run), ':s': numberKey(run, after).s },
        Limit: limit,
      }),
    );
    const found = await Promise.all(Items.map((item) => this.find(NumberItem.parse(item).i)));
    return found.filter((one) => one !== undefined);
  }
}
