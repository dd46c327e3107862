import { marshall } from '@aws-sdk/util-dynamodb';
import type { DynamoDBRecord } from 'aws-lambda';
import { describe, expect, it, vi } from 'vitest';
import { publishChanges } from '../../functions/publish-events/publish.ts';
import type { Invoice } from '../../shared/domain/invoice/invoice.ts';
import type { Delivery } from '../../shared/domain/notification/delivery.ts';
import type { Question } from '../../shared/domain/payment/silent.ts';
import { invoiceItem } from '../../shared/store/invoice-item.ts';
import { anAttempt } from '../dsl/given.ts';
import { askable, paperBank } from '../dsl/paper-bank.ts';
import { aMovement, paidInvoice, withMovements } from '../dsl/receipts.ts';
import { aWorld, LAND, NOW } from '../dsl/world.ts';

const image = (invoice: Invoice) =>
  marshall(invoiceItem(invoice), { removeUndefinedValues: true }) as NonNullable<
    DynamoDBRecord['dynamodb']
  >['NewImage'];

/** As it was made. */
const made = (invoice: Invoice): Invoice => ({
  ...invoice,
  ...{ state: 'open', due: invoice.total, attempts: [], movements: {}, version: 1 },
});

/** A record of the stream; `sequence` names it. */
const changed = (sequence: string, after: Invoice, before: Invoice | null = made(after)): DynamoDBRecord => ({
  dynamodb: {
    ApproximateCreationDateTime: NOW / 1_000,
    Keys: { k: { S: after.number } },
    SequenceNumber: sequence,
    NewImage: image(after),
    ...(before && { OldImage: image(before) }),
  },
});
const broken = (sequence: string, number: string): DynamoDBRecord => ({
  dynamodb: { Keys: { k: { S: number } }, SequenceNumber: sequence, NewImage: { k: { S: number } } },
});

const numberOf = (index: number): string => String(480_213_560_000 + index);
const paid = (index: number): Invoice =>
  paidInvoice(numberOf(index), {
    version: 4,
    attempts: [anAttempt('succeeded')],
    movements: withMovements(aMovement(`T${index}`)),
  });

function aPublisher() {
  const world = aWorld();
  const endpointOf = vi.fn(world.registry.endpointOf.bind(world.registry));
  const asked: Question[][] = [];
  const told: string[][] = [];
  const { journal, work: exceptions, feed } = world;
  const log = { info: vi.fn(), warn: vi.fn(), error: vi.fn() };
  const publish = publishChanges({
    ...{ journal, exceptions, watermark: feed, late: feed },
    directory: { agency: (code) => world.registry.agency(code), endpointOf },
    deliveries: {
      sendAll: async (all: readonly Delivery[]) =>
        void told.push([...new Set(all.map(({ event }) => ('subject' in event ? String(event.subject) : '')))]),
    },
    receiptOrders: { sendAll: async () => undefined },
    watching: {
      providers: new Map([['bank-one', askable(paperBank('bank-one'))]]),
      questions: { sendLater: async (all) => void asked.push(all.map(({ message }) => message)) },
      speed: 1,
      now: world.now,
    },
    refunds: { refunds: { sendLater: async () => undefined }, list: { note: async () => undefined } },
    log,
  });
  return { world, endpointOf, asked, told, publish, log };
}

describe('a batch of the stream', () => {
  it('is entered, told and asked about at once, and each owner of a webhook is looked up once', async () => {
    const { world, endpointOf, asked, told, publish } = aPublisher();
    const Records = [1, 2, 3].map((index) => changed(`s${index}`, paid(index)));
    expect(await publish({ Records })).toEqual({ batchItemFailures: [] });
    expect(world.journal.entries().map(({ transactionId }) => transactionId)).toEqual(['T1', 'T2', 'T3']);
    expect(told).toEqual([[1, 2, 3].map((index) => `inv_${numberOf(index)}`)]);
    expect(asked.map((all) => all.length)).toEqual([3]);
    expect(endpointOf.mock.calls.map(([owner]) => owner).sort()).toEqual([`agency:${LAND}`, 'client:portal']);
  });

  it('comes again from its first bad record on, and what stands before that is told', async () => {
    const { told, publish } = aPublisher();
    const Records = [
      changed('s1', paid(1)),
      changed('s2', paid(2)),
      broken('s3', numberOf(3)),
      changed('s4', paid(4)),
      broken('s5', numberOf(5)),
    ];
    expect(await publish({ Records })).toEqual({ batchItemFailures: [{ itemIdentifier: 's3' }] });
    expect(told.flat()).toEqual([`inv_${numberOf(1)}`, `inv_${numberOf(2)}`]);
  });

  it('enters the changes of an item in their order, and none behind one that failed', async () => {
    const { world, publish } = aPublisher();
    const append = world.journal.append.bind(world.journal);
    const order: string[] = [];
    world.journal.append = async (entry) => {
      order.push(entry.transactionId);
      if (entry.transactionId === 'T1') await Promise.resolve();
      return append(entry);
    };
    const one = paid(1);
    const none = { ...one, state: 'open', due: one.total, movements: {}, version: 3 } as const;
    const two = { ...one, version: 5, movements: withMovements(aMovement('T1'), aMovement('T2', { kind: 'surplus' })) };
    const [first, second] = [changed('s1', one, none), changed('s2', two, one)];
    expect(await publish({ Records: [first, second] })).toEqual({ batchItemFailures: [] });
    expect(order).toEqual(['T1', 'T2']);
    order.length = 0;
    const Records = [broken('s1', numberOf(1)), second];
    expect(await publish({ Records })).toEqual({ batchItemFailures: [{ itemIdentifier: 's1' }] });
    expect(order).toEqual([]);
  });

  it('comes again whole when it cannot be told', async () => {
    const { publish, world } = aPublisher();
    vi.spyOn(world.feed, 'read').mockRejectedValue(new Error('out of reach'));
    const late = paid(1);
    const old = { ...late, movements: withMovements(aMovement('T1', { committedAt: NOW - 86_400_000 })) };
    expect(await publish({ Records: [changed('s1', old), changed('s2', paid(2))] })).toEqual({
      batchItemFailures: [{ itemIdentifier: 's1' }],
    });
  });

  it('goes on over an item that somebody took out, and says loudly which: paid or not', async () => {
    const { world, publish, log } = aPublisher();
    const gone = (sequence: string, before: Invoice): DynamoDBRecord => ({
      dynamodb: { Keys: { k: { S: before.number } }, SequenceNumber: sequence, OldImage: image(before) },
    });
    const Records = [gone('s1', made(paid(1))), changed('s2', paid(2)), gone('s3', paid(3))];
    expect(await publish({ Records })).toEqual({ batchItemFailures: [] });
    expect(await publish({ Records })).toEqual({ batchItemFailures: [] });
    const items = world.work.contents().exceptions;
    expect(items.map(({ category, agencyCode, invoiceId }) => [category, agencyCode, invoiceId]).sort()).toEqual(
      [1, 3].map((index) => ['BOOKS_ALTERED', LAND, `inv_${numberOf(index)}`]),
    );
    expect(log.error.mock.calls[0]).toEqual(['an item was taken out of the invoices', { key: numberOf(1) }]);
    expect(world.journal.entries().map(({ transactionId }) => transactionId)).toEqual(['T2']);
  });

  it('says so also where the work list does not take it, and comes again', async () => {
    const { world, publish, log } = aPublisher();
    vi.spyOn(world.work, 'open').mockRejectedValue(new Error('out of reach'));
    const before = made(paid(1));
    const Records = [
      { dynamodb: { Keys: { k: { S: before.number } }, SequenceNumber: 's1', OldImage: image(before) } },
    ];
    expect(await publish({ Records })).toEqual({ batchItemFailures: [{ itemIdentifier: 's1' }] });
    expect(log.error.mock.calls).toEqual([['an item was taken out of the invoices', { key: numberOf(1) }]]);
  });

  it('does not enter an invoice that comes whole, with its money', async () => {
    const { world, publish, log } = aPublisher();
    expect(await publish({ Records: [changed('s1', paid(1), null)] })).toEqual({
      batchItemFailures: [{ itemIdentifier: 's1' }],
    });
    expect(world.journal.entries()).toEqual([]);
    expect(log.error.mock.calls).toHaveLength(1);
  });
});
