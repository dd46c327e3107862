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
  type UpdateCommandInput,
  unmarshall,
} from '../aws/dynamodb.ts';
import {
  type BookItem,
  bearerOf,
  type InvoiceBook,
  MAX_FIND_MANY,
  type Posted,
  type Receipt,
  type ReceiptKept,
  type RefundWritten,
} from '../domain/invoice/book.ts';
import {
  type Attempt,
  type CallOrigin,
  type Invoice,
  MAX_SHARED_CALLS,
  type ReversalProposal,
} from '../domain/invoice/invoice.ts';
import { InvoiceNumber } from '../domain/invoice/number.ts';
import { type InvoiceState, moveInvoice } from '../domain/invoice/states.ts';
import type { Dong } from '../domain/money/dong.ts';
import { type AttemptState, preparedState } from '../domain/payment/advance.ts';
import type { MoveAttempt, ParkReversal, PostMovement, Review } from '../domain/payment/decide.ts';
import type { InvoiceFacts } from '../domain/payment/facts.ts';
import {
  creditOf,
  isBankCredit,
  type Movement,
  type MovementId,
  reversalOf,
  sameMovement,
} from '../domain/payment/movement.ts';
import { MAX_ATTEMPTS } from '../domain/payment/reference.ts';
import type { RefundWrite } from '../domain/refund/decide.ts';
import { type Day, type Instant, startOfDay } from '../domain/time.ts';
import { batchGet } from './batch-get.ts';
import {
  attemptItem,
  BY_AGENCY_DAY,
  creationPartition,
  creditItem,
  FACTS,
  invoiceItem,
  invoiceKey,
  parseFacts,
  parseStored,
  receiptItem,
  reviewItem,
  sharedCall,
  voidItem,
} from './invoice-item.ts';
import { type PostUpdate, postUpdate } from './post-update.ts';
import { refundUpdate } from './refund-update.ts';
import { movementKey, parkedItem, proposalItem } from './reversal-item.ts';

/** What a refused condition found, or `undefined` when nothing stood there. */
type Refused = { refused: BookItem | undefined };

/** Invoices in DynamoDB. No call reads before it writes what money depends on: the condition is the check. */
export class InvoiceStore implements InvoiceBook {
  readonly #db: DynamoDBDocumentClient;
  readonly #table: string;

  constructor(db: DynamoDBDocumentClient, table: string) {
    this.#db = db;
    this.#table = table;
  }

  async find(number: InvoiceNumber, { consistent }: { consistent: boolean }): Promise<Invoice | undefined> {
    const { Item } = await this.#db.send(
      new GetCommand({ TableName: this.#table, Key: invoiceKey(number), ConsistentRead: consistent }),
    );
    return Item && invoiceOf(parseStored(Item));
  }

  async findFacts(number: InvoiceNumber, { consistent }: { consistent: boolean }): Promise<InvoiceFacts | undefined> {
    const { Item } = await this.#db.send(
      new GetCommand({ TableName: this.#table, Key: invoiceKey(number), ConsistentRead: consistent, ...FACTS }),
    );
    return Item && parseFacts(Item);
  }

  async findMany(numbers: readonly InvoiceNumber[]): Promise<Invoice[]> {
    if (numbers.length > MAX_FIND_MANY) throw new RangeError(`at most ${MAX_FIND_MANY} invoices at once`);
    const found = new Map<string, Invoice>();
    for (const item of await batchGet(this.#db, this.#table, [...new Set(numbers)].map(invoiceKey))) {
      const invoice = invoiceOf(parseStored(item));
      if (invoice) found.set(invoice.number, invoice);
    }
    return numbers.flatMap((number) => found.get(number) ?? []);
  }

  async bearersOf(credits: readonly MovementId[]): Promise<Map<MovementId, InvoiceNumber>> {
    if (credits.length > MAX_FIND_MANY) throw new RangeError(`at most ${MAX_FIND_MANY} credits at once`);
    const found = new Map<MovementId, InvoiceNumber>();
    const keys = [...new Set(credits)].map((k) => ({ k }));
    for (const raw of await batchGet(this.#db, this.#table, keys)) {
      const item = parseStored(raw);
      const bearer = bearerOf(item);
      if (bearer) found.set(bearer.credit, bearer.number);
    }
    return found;
  }

  async create(invoice: Invoice) {
    const { y: _, ...item } = invoiceItem(invoice);
    const written = await this.#putNew(item);
    if (!written) return { kind: 'created' as const };
    return written.kind === 'invoice'
      ? { kind: 'exists' as const, invoice: written.invoice }
      : { kind: 'occupied' as const };
  }

  async void(number: InvoiceNumber) {
    const written = await this.#putNew(voidItem(number));
    return written?.kind === 'invoice'
      ? { kind: 'exists' as const, invoice: written.invoice }
      : { kind: 'voided' as const };
  }

  async appendAttempt(number: InvoiceNumber, after: number, attempt: Attempt, shared = 0) {
    const result = await this.#update({
      Key: invoiceKey(number),
      UpdateExpression: 'SET #at = list_append(#at, :attempt), v = v + :one',
      ConditionExpression: `st = :open AND x >= :now AND size(#at) = :after AND size(#at) < :most AND ${
        shared === 0 ? 'attribute_not_exists(sc)' : 'sc = :shared'
      }`,
      ExpressionAttributeNames: { '#at': 'at' },
      ExpressionAttributeValues: {
        ':attempt': [attemptItem(attempt)],
        ':open': 'open' satisfies InvoiceState,
        ':now': attempt.createdAt,
        ':after': after,
        ':most': MAX_ATTEMPTS,
        ':one': 1,
        ...(shared > 0 && { ':shared': shared }),
      },
      ReturnValues: 'ALL_NEW',
    });
    if ('refused' in result) return { kind: 'refused' as const, current: invoiceOf(result.refused) };
    return { kind: 'appended' as const, invoice: mustBeInvoice(result.item) };
  }

  async move(number: InvoiceNumber, from: InvoiceState, to: InvoiceState, due?: Dong) {
    const result = await this.#update({
      Key: invoiceKey(number),
      UpdateExpression: 'SET st = :to, v = v + :one',
      ConditionExpression: due === undefined ? 'st = :from' : 'st = :from AND du = :due',
      ExpressionAttributeValues: {
        ':from': from,
        ':to': to,
        ':one': 1,
        ...(due !== undefined && { ':due': due }),
      },
      ReturnValues: 'ALL_NEW',
    });
    if ('refused' in result) return { kind: 'refused' as const, current: invoiceOf(result.refused) };
    return { kind: 'moved' as const, invoice: mustBeInvoice(result.item) };
  }

  async supersede(number: InvoiceNumber, from: 'open' | 'expired' | 'cancelled', by: InvoiceNumber) {
    const to: InvoiceState = from === 'open' ? moveInvoice(from, 'DeadlinePassed') : from;
    const result = await this.#update({
      Key: invoiceKey(number),
      UpdateExpression: 'SET st = :to, rb = :by, v = v + :one',
      ConditionExpression: 'st = :from AND attribute_not_exists(rb)',
      ExpressionAttributeValues: { ':from': from, ':to': to, ':by': by, ':one': 1 },
    });
    if ('refused' in result) return { kind: 'refused' as const, current: invoiceOf(result.refused) };
    return { kind: 'superseded' as const };
  }

  async shareAttempt(
    number: InvoiceNumber,
    index: number,
    call: CallOrigin,
    { after, due }: { after: number; due: Dong },
    joins?: string,
  ) {
    const place = `#at[${Math.trunc(index)}]`;
    const joined = joins === undefined ? '' : `${place}.j = list_append(if_not_exists(${place}.j, :none), :joins), `;
    const result = await this.#update({
      Key: invoiceKey(number),
      UpdateExpression: `SET ${place}.w = list_append(if_not_exists(${place}.w, :none), :call), ${joined}sc = if_not_exists(sc, :zero) + :one, v = v + :one`,
      ConditionExpression: `st = :open AND du = :due AND ${place}.s IN (:created, :pending) AND size(#at) = :after AND (attribute_not_exists(${place}.w) OR size(${place}.w) < :most)`,
      ExpressionAttributeNames: { '#at': 'at' },
      ExpressionAttributeValues: {
        ':none': [],
        ':zero': 0,
        ':open': 'open' satisfies InvoiceState,
        ':due': due,
        ':after': after,
        ':call': [sharedCall(call)],
        ...(joins !== undefined && { ':joins': [joins] }),
        ':one': 1,
        ':created': 'created' satisfies AttemptState,
        ':pending': 'pending' satisfies AttemptState,
        ':most': MAX_SHARED_CALLS,
      },
      ReturnValues: 'ALL_NEW',
    });
    if ('refused' in result) return { kind: 'refused' as const, current: invoiceOf(result.refused) };
    return { kind: 'shared' as const, invoice: mustBeInvoice(result.item) };
  }

  async keepPrepared(number: InvoiceNumber, index: number, from: AttemptState, prepared: string) {
    const place = `#at[${Math.trunc(index)}]`;
    const result = await this.#update({
      Key: invoiceKey(number),
      UpdateExpression: `SET ${place}.s = :to, ${place}.pr = :prepared, v = v + :one`,
      ConditionExpression: `${place}.s = :from AND attribute_not_exists(${place}.pr)`,
      ExpressionAttributeNames: { '#at': 'at' },
      ExpressionAttributeValues: { ':from': from, ':to': preparedState(from), ':prepared': prepared, ':one': 1 },
      ReturnValues: 'ALL_NEW',
    });
    if ('refused' in result) return { kind: 'refused' as const, current: invoiceOf(result.refused) };
    return { kind: 'kept' as const, invoice: mustBeInvoice(result.item) };
  }

  async post(decided: PostMovement): Promise<Posted> {
    const { number, movement } = decided;
    const update = postUpdate(decided);
    if (isBankCredit(movement.movementId) && decided.moves?.keptAlone !== false)
      return this.#postCredit(decided, update);
    const result = decided.takesLastPlace ? await this.#updateUnlessKept(update, movement) : await this.#update(update);
    if ('keptElsewhere' in result) {
      if (result.keptElsewhere && sameMovement(result.keptElsewhere, movement)) return { kind: 'alreadyPosted' };
      const current = await this.find(number, { consistent: true });
      return current ? { kind: 'contradicts', current } : { kind: 'unknownInvoice' };
    }
    return 'refused' in result ? refusedAt(result.refused, movement) : { kind: 'posted' };
  }

  /**
   * A bank credit and the item under its own name are one transaction: the credit is written down there, or the receipt that
   * stands there gives its money to the invoice. So it cannot stand in two places, whoever tells of it first.
   */
  async #postCredit(decided: PostMovement, update: PostUpdate): Promise<Posted> {
    const { number, movement, moves } = decided;
    const credit = creditOf(movement.movementId);
    const common = { TableName: this.#table, ReturnValuesOnConditionCheckFailure: 'ALL_OLD' } as const;
    const [invoice, under] = await this.#together([
      { Update: { ...common, ...update } },
      moves
        ? {
            Update: {
              ...common,
              Key: { k: credit },
              UpdateExpression: 'SET #to = :number',
              ConditionExpression: 'mv.#credit.a = :amount AND attribute_not_exists(#to)',
              ExpressionAttributeNames: { '#to': 'to', '#credit': movementKey(credit) },
              ExpressionAttributeValues: { ':number': number, ':amount': movement.amount },
            },
          }
        : { Put: { ...common, Item: creditItem(movement, number), ConditionExpression: 'attribute_not_exists(k)' } },
    ]);
    if (invoice?.failed) return refusedAt(invoice.item, movement);
    if (!under?.failed) return { kind: 'posted' };
    const lies = under.item?.kind === 'receipt' ? under.item.movements[credit] : undefined;
    const alone = under.item?.kind === 'receipt' && under.item.movedTo === undefined;
    if (alone && lies && sameMovement(lies, { ...movement, movementId: credit }))
      return { kind: 'liesAlone', credit: lies };
    const current = await this.find(number, { consistent: true });
    return current ? { kind: 'contradicts', current } : { kind: 'unknownInvoice' };
  }

  async moveAttempt({ number, index, from, to }: MoveAttempt) {
    const place = `#at[${Math.trunc(index)}].s`;
    const result = await this.#update({
      Key: invoiceKey(number),
      UpdateExpression: `SET ${place} = :to, v = v + :one`,
      ConditionExpression: `${place} = :from`,
      ExpressionAttributeNames: { '#at': 'at' },
      ExpressionAttributeValues: { ':from': from, ':to': to, ':one': 1 },
    });
    if (!('refused' in result)) return { kind: 'moved' as const };
    const current = invoiceOf(result.refused);
    return current ? { kind: 'decideAgain' as const, current } : { kind: 'unknownInvoice' as const };
  }

  async park({ number, parked, after }: ParkReversal) {
    const result = await this.#update({
      Key: invoiceKey(number),
      UpdateExpression: 'SET pk = list_append(if_not_exists(pk, :none), :parked), v = v + :one',
      ConditionExpression: `attribute_exists(st) AND attribute_not_exists(mv.#id) AND ${
        after === 0 ? 'attribute_not_exists(pk)' : 'size(pk) = :after'
      }`,
      ExpressionAttributeNames: { '#id': movementKey(parked.movementId) },
      ExpressionAttributeValues: {
        ':none': [],
        ':parked': [parkedItem(parked)],
        ':one': 1,
        ...(after > 0 && { ':after': after }),
      },
    });
    if (!('refused' in result)) return { kind: 'parked' as const };
    const current = invoiceOf(result.refused);
    return current ? { kind: 'decideAgain' as const, current } : { kind: 'unknownInvoice' as const };
  }

  async proposeReversal(number: InvoiceNumber, proposal: ReversalProposal) {
    const result = await this.#update({
      Key: invoiceKey(number),
      UpdateExpression: 'SET rv = :proposal, v = v + :one',
      ConditionExpression:
        'attribute_exists(mv.#id) AND attribute_not_exists(mv.#reversal) AND (attribute_not_exists(rv) OR rv.s = :rejected)',
      ExpressionAttributeNames: {
        '#id': movementKey(proposal.movementId),
        '#reversal': movementKey(reversalOf(proposal.movementId)),
      },
      ExpressionAttributeValues: {
        ':proposal': proposalItem(proposal),
        ':rejected': 'rejected' satisfies ReversalProposal['state'],
        ':one': 1,
      },
      ReturnValues: 'ALL_NEW',
    });
    if ('refused' in result) return { kind: 'refused' as const, current: invoiceOf(result.refused) };
    return { kind: 'proposed' as const, invoice: mustBeInvoice(result.item) };
  }

  async rejectReversal(number: InvoiceNumber, movementId: MovementId, by: string) {
    const result = await this.#update({
      Key: invoiceKey(number),
      UpdateExpression: 'SET rv.s = :rejected, rv.w = :by, v = v + :one',
      ConditionExpression: 'rv.i = :id AND rv.s = :proposed',
      ExpressionAttributeValues: {
        ':id': movementKey(movementId),
        ':proposed': 'proposed' satisfies ReversalProposal['state'],
        ':rejected': 'rejected' satisfies ReversalProposal['state'],
        ':by': by,
        ':one': 1,
      },
      ReturnValues: 'ALL_NEW',
    });
    if ('refused' in result) return { kind: 'refused' as const, current: invoiceOf(result.refused) };
    return { kind: 'rejected' as const, invoice: mustBeInvoice(result.item) };
  }

  async writeRefund(decided: RefundWrite): Promise<RefundWritten> {
    const result = await this.#update({ ...refundUpdate(decided), ReturnValues: 'ALL_NEW' });
    if (!('refused' in result)) return { kind: 'written', invoice: mustBeInvoice(result.item) };
    const current = invoiceOf(result.refused);
    return current ? { kind: 'decideAgain', current } : { kind: 'unknownInvoice' };
  }

  async keepReceipt({ number, agencyCode, movement, overflowOf }: Receipt): Promise<ReceiptKept> {
    const key = number ?? movement.movementId;
    const item = receiptItem(key, agencyCode, movement);
    const found = overflowOf ? await this.#putUnlessBorne(item, overflowOf, movement) : await this.#putNew(item);
    if (!found) return { kind: 'kept' };
    if (found.kind === 'invoice') return { kind: 'decideAgain', current: found.invoice };
    if (found.kind === 'credit') return { kind: found.amount === movement.amount ? 'alreadyKept' : 'contradicts' };
    const kept = found.kind === 'receipt' ? found.movements[movement.movementId] : undefined;
    if (kept) return sameMovement(kept, movement) ? { kind: 'alreadyKept' } : { kind: 'contradicts' };
    // Something else occupies the number, for ever: this money gets an item under its own name.
    if (number) return this.keepReceipt({ agencyCode, movement });
    return { kind: 'contradicts' };
  }

  async keepReview(reviewId: string, { agencyCode, category, notice }: Omit<Review, 'kind'>, keptAt: Instant) {
    await this.#putNew(reviewItem(reviewId, agencyCode, category, notice, keptAt));
  }

  async ofAgencyDay({
    agencyCode,
    day,
    shard,
    after,
    limit,
  }: {
    agencyCode: string;
    day: Day;
    shard: number;
    after?: { createdAt: Instant; number: InvoiceNumber } | undefined;
    limit: number;
  }) {
    const partition = creationPartition(agencyCode, startOfDay(day), shard);
    const { Items, LastEvaluatedKey } = await this.#db.send(
      new QueryCommand({
        TableName: this.#table,
        IndexName: BY_AGENCY_DAY,
        KeyConditionExpression: 'g = :partition',
        ExpressionAttributeValues: { ':partition': partition },
        Limit: limit,
        ...(after && { ExclusiveStartKey: { g: partition, c: after.createdAt, k: after.number } }),
      }),
    );
    return {
      found: (Items ?? []).map((item) => ({
        number: InvoiceNumber.parse(item['k']),
        createdAt: Number(item['c']),
      })),
      more: LastEvaluatedKey !== undefined,
    };
  }

  /**
   * The rare paths of a full invoice go over two items, so that one movement cannot stand in both: the payment that takes
   * the last place sees that no receipt holds it, and the receipt sees that the invoice does not.
   */
  async #updateUnlessKept(
    update: PostUpdate,
    movement: Movement,
  ): Promise<{ item: unknown } | Refused | { keptElsewhere: Movement | undefined }> {
    const [invoice, receipt] = await this.#together([
      { Update: { TableName: this.#table, ReturnValuesOnConditionCheckFailure: 'ALL_OLD', ...update } },
      {
        ConditionCheck: {
          TableName: this.#table,
          Key: { k: movement.movementId },
          ConditionExpression: 'attribute_not_exists(k)',
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        },
      },
    ]);
    if (invoice?.failed) return { refused: invoice.item };
    if (!receipt?.failed) return { item: undefined };
    const kept = receipt.item?.kind === 'receipt' ? receipt.item.movements[movement.movementId] : undefined;
    return { keptElsewhere: kept };
  }

  async #putUnlessBorne(
    item: Record<string, unknown>,
    number: InvoiceNumber,
    movement: Movement,
  ): Promise<BookItem | undefined> {
    const [receipt, invoice] = await this.#together([
      {
        Put: {
          TableName: this.#table,
          Item: item,
          ConditionExpression: 'attribute_not_exists(k)',
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        },
      },
      {
        ConditionCheck: {
          TableName: this.#table,
          Key: invoiceKey(number),
          ConditionExpression: 'attribute_not_exists(mv.#id)',
          ExpressionAttributeNames: { '#id': movementKey(movement.movementId) },
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        },
      },
    ]);
    return receipt?.failed ? receipt.item : invoice?.failed ? invoice.item : undefined;
  }

  /** Writes all or nothing. Answers, in order, what each refused condition found; anything but a condition is thrown. */
  async #together(
    items: NonNullable<TransactWriteCommandInput['TransactItems']>,
  ): Promise<{ failed: boolean; item: BookItem | undefined }[]> {
    try {
      await this.#db.send(new TransactWriteCommand({ TransactItems: items }));
      return [];
    } catch (error) {
      if (!(error instanceof TransactionCanceledException)) throw error;
      const reasons = error.CancellationReasons ?? [];
      const conditions = reasons.every(({ Code }) => Code === 'ConditionalCheckFailed' || Code === 'None' || !Code);
      if (!conditions || !reasons.some(({ Code }) => Code === 'ConditionalCheckFailed')) throw error;
      return reasons.map(({ Code, Item }) => ({
        failed: Code === 'ConditionalCheckFailed',
        item: Item && parseStored(unmarshall(Item)),
      }));
    }
  }

  /** Puts where nothing stands; answers what stood there otherwise. */
  async #putNew(item: Record<string, unknown>): Promise<BookItem | undefined> {
    try {
      await this.#db.send(
        new PutCommand({
          TableName: this.#table,
          Item: item,
          ConditionExpression: 'attribute_not_exists(k)',
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        }),
      );
      return undefined;
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException) || !error.Item) throw error;
      return parseStored(unmarshall(error.Item));
    }
  }

  /** Updates under a condition; throttling and the like are thrown, and whoever called brings it back. */
  async #update(input: Omit<UpdateCommandInput, 'TableName'>): Promise<{ item: unknown } | Refused> {
    try {
      const { Attributes } = await this.#db.send(
        new UpdateCommand({
          TableName: this.#table,
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
          ...input,
        } as UpdateCommandInput),
      );
      return { item: Attributes };
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
      return { refused: error.Item && parseStored(unmarshall(error.Item)) };
    }
  }
}

function invoiceOf(stored: BookItem | undefined): Invoice | undefined {
  return stored?.kind === 'invoice' ? stored.invoice : undefined;
}

/** What an invoice that refused a movement says of it. */
function refusedAt(refused: BookItem | undefined, movement: Movement): Posted {
  const current = invoiceOf(refused);
  if (!current) return { kind: 'unknownInvoice' };
  const there = current.movements[movement.movementId];
  if (!there) return { kind: 'decideAgain', current };
  return sameMovement(there, movement) ? { kind: 'alreadyPosted' } : { kind: 'contradicts', current };
}

function mustBeInvoice(raw: unknown): Invoice {
  const invoice = invoiceOf(parseStored(raw));
  if (!invoice) throw new Error('an invoice was updated, yet none came back');
  return invoice;
}
