import { PutObjectCommand } from '@aws-sdk/client-s3';
import { SetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { DeleteCommand, GetCommand, ScanCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LocalStack } from '../../infra/local/stack.ts';
import { readEvents, replayEvent, replayInvoice, replayRange } from '../../shared/api/events.ts';
import {
  listBlockedEndpoints,
  listQueues,
  redriveQueue,
  showDeadLetters,
  startRepair,
} from '../../shared/api/operations.ts';
import { eventually, logsOf, removeTemporaryFolders, startTestStack } from '../stack.ts';
import { Inside } from './inside.ts';
import { World } from './world.ts';

/** Endpoints that go down and come back, lost batches, altered books, and what operators do about it, on the whole stack. */

const AGENCY = 'H29.12';

let stack: LocalStack;
let world: World;
let inside: Inside;
let paid = 0;

beforeAll(async () => {
  stack = await startTestStack();
  world = await World.enter(stack);
  inside = new Inside(stack);
});
afterAll(async () => {
  inside?.close();
  await world?.leave();
  await stack?.stop();
  removeTemporaryFolders();
});

/** Pays invoices at VNPAY, and waits until the journal has them. */
async function pay(count: number): Promise<string[]> {
  const made: string[] = [];
  for (let one = 0; one < count; one += 1) {
    const { invoiceId } = await world.invoice();
    expect((await world.vnpay.notify(world.transact(await world.order(invoiceId)).query)).RspCode).toBe('00');
    made.push(invoiceId);
  }
  paid += count;
  await eventually('the journal has them', async () => (await world.journal()).count === paid);
  return made;
}

/** The whole feed of the agency, page by page. */
async function feed(limit = '3') {
  const events: { id: string; type: string; subject: string; time: string }[] = [];
  let after: string | undefined;
  for (;;) {
    const page = await world.agency.done(readEvents, {
      query: { agencyCode: AGENCY, limit, ...(after !== undefined && { after }) },
    });
    events.push(...page.data);
    after = page.nextCursor;
    if (page.caughtUp) return { events, after };
  }
}

const untilFed = (count: number) =>
  eventually(`the feed tells of ${count}`, async () => (await feed('100')).events.length === count * 2);

/** Verified deliveries that were taken, told more than once or not. */
const taken = () => world.receiver.deliveries.filter(({ answered }) => answered === 204);

describe('the feed', () => {
  it('tells what the webhook told, the same ids and words, in pages that join', async () => {
    await pay(4);
    await untilFed(paid);
    const { events } = await feed();
    await eventually('all were told', () => world.receiver.eventsTo('agency').length === paid * 2);
    const told = new Map(world.receiver.eventsTo('agency').map((event) => [event.id, event]));
    expect(events.map(({ id }) => id).sort()).toEqual([...told.keys()].sort());
    for (const event of events) expect(event).toEqual(told.get(event.id));
    expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
  });

  it('takes no cursor of another kind (scenario 63), and shows nobody another agency (scenario 64)', async () => {
    const { after } = await feed();
    const query = { agencyCode: AGENCY, after: `${after.slice(0, -3)}AAA` };
    await world.agency.refused(readEvents, { query }, 'invalid_cursor');
    await world.agency.refused(readEvents, { query: { agencyCode: 'H26.07' } }, 'not_found');
    await world.otherPortal.refused(readEvents, { query: { agencyCode: AGENCY } }, 'not_found');
    await world.portal.refused(readEvents, { query: { agencyCode: AGENCY, after } }, 'invalid_cursor');
    expect((await world.portal.done(readEvents, { query: { agencyCode: AGENCY } })).data.length).toBe(paid * 2);
  });
});

describe('an endpoint that is down (scenario 48)', () => {
  it('is one item; what follows is held back, told once it is back, and everything is heard by its id', async () => {
    world.receiver.down = true;
    const before = taken().length;
    const { length: fed } = (await feed('100')).events;
    await pay(3);
    await untilFed(paid);
    // The fifth attempt of the first of them comes after a quarter of an hour; here it comes now.
    const event = (await feed('100')).events[fed];
    const attempt = (receives: number) => ({
      Records: [
        {
          messageId: 'm1',
          receiptHandle: 'none',
          body: JSON.stringify({ owner: `agency:${AGENCY}`, event }),
          attributes: { ApproximateReceiveCount: String(receives) },
        },
      ],
    });
    expect(await stack.invoke('notify-agency', attempt(5))).toEqual({ batchItemFailures: [] });
    const { data } = await world.operator.done(listBlockedEndpoints);
    expect(data).toMatchObject([{ owner: `agency:${AGENCY}`, state: 'blocked', why: 'refused' }]);

    stack.killFunction('notify-agency');
    await pay(6);
    expect(taken().length).toBe(before);

    world.receiver.down = false;
    const work = inside.table('WorkTable');
    const { Items = [] } = await inside.db.send(new ScanCommand({ TableName: work }));
    const [item] = Items.filter(({ p }) => String(p).startsWith('endpoint#'));
    await inside.db.send(
      new UpdateCommand({
        TableName: work,
        Key: { p: item?.['p'], s: item?.['s'] },
        UpdateExpression: 'SET r.nextProbeAt = :now',
        ExpressionAttributeValues: { ':now': 0 },
      }),
    );
    await eventually('it stands open', async () => {
      await stack.invoke('replay-events', {});
      return (await world.operator.done(listBlockedEndpoints)).data.length === 0;
    });
    await untilFed(paid);
    const all = (await feed('100')).events.map(({ id }) => id);
    await eventually(
      'everything was heard',
      () => new Set(world.receiver.eventsTo('agency').map(({ id }) => id)).size === all.length,
    );
    expect(
      world.receiver
        .eventsTo('agency')
        .map(({ id }) => id)
        .sort(),
    ).toEqual(all.toSorted());
  });

  it('every delivery of one id had one body', () => {
    const bodies = new Map<string, string>();
    for (const { id, body } of world.receiver.deliveries) {
      expect(body).toBe(bodies.get(id) ?? body);
      bodies.set(id, body);
    }
  });
});

describe('replay', () => {
  const timesHeard = (id: string) => taken().filter((one) => one.id === id).length;

  it('tells an event, an invoice and a range again, under the same ids, once a call', async () => {
    const { events } = await feed('100');
    const [event] = events;
    if (!event) throw new Error('nothing was told');
    const count = timesHeard(event.id);
    const first = await world.agency.call(replayEvent, { params: { id: event.id }, key: 'replay-one-event' });
    expect(first.status).toBe(202);
    const again = await world.agency.call(replayEvent, { params: { id: event.id }, key: 'replay-one-event' });
    expect([again.headers.get('idempotent-replayed'), again.text]).toEqual(['true', first.text]);
    await eventually('heard again', () => timesHeard(event.id) === count + 1);

    const { sent } = await world.agency.done(replayInvoice, { params: { invoiceId: event.subject } });
    expect(sent).toBe(2);
    await eventually('heard again', () => timesHeard(event.id) === count + 2);

    const range = { agencyCode: AGENCY, from: event.time, to: event.time };
    const replay = await world.agency.done(replayRange, { body: range });
    expect(replay).toMatchObject({ state: 'running', sent: 0 });
    await eventually('heard again', async () => {
      await stack.invoke('replay-events', {});
      return timesHeard(event.id) === count + 3;
    });
  });

  it('refuses what is too wide, not money, and not yours', async () => {
    const { events } = await feed('100');
    const [event] = events;
    const wide = { agencyCode: AGENCY, from: '2025-01-01T00:00:00+07:00', to: '2025-06-01T00:00:00+07:00' };
    const problem = await world.agency.refused(replayRange, { body: wide }, 'range_too_wide');
    expect(JSON.stringify(problem.errors)).toContain('31 days');
    const created = { id: `${event?.id.slice(0, 16)}_created` };
    await world.agency.refused(replayEvent, { params: created }, 'event_not_replayable');
    await world.otherPortal.refused(replayEvent, { params: { id: event?.id ?? '' } }, 'not_found');
    await world.agency.refused(replayRange, { body: { ...wide, agencyCode: 'H26.07' } }, 'not_found');
    await world.portal.refused(replayInvoice, { params: { invoiceId: event?.subject ?? '' } }, 'webhook_missing');
  });
});

describe('what the stream lost', () => {
  /** Takes the entry of an invoice out of the journal, by hand. */
  async function lose(invoiceId: string) {
    const { Items = [] } = await inside.db.send(new ScanCommand({ TableName: inside.table('JournalTable') }));
    const item = Items.find(({ i }) => `inv_${i}` === invoiceId);
    await inside.db.send(
      new DeleteCommand({ TableName: inside.table('JournalTable'), Key: { p: item?.['p'], s: item?.['s'] } }),
    );
    expect((await world.journal()).count).toBe(paid - 1);
  }
  const stored = async (invoiceId: string) =>
    (await inside.db.send(new GetCommand({ TableName: inside.table('InvoicesTable'), Key: { k: invoiceId.slice(4) } })))
      .Item ?? {};

  it('a batch that was put aside is published by itself (scenario 39)', async () => {
    const [invoiceId = ''] = await pay(1);
    await lose(invoiceId);
    const item = await stored(invoiceId);
    const NewImage = marshall(item);
    const OldImage = marshall({ ...item, mv: {}, v: Number(item['v']) - 1 });
    const at = Math.floor(Date.now() / 1_000);
    const poison = { dynamodb: { SequenceNumber: '1', NewImage: { k: { S: 'x' } }, ApproximateCreationDateTime: at } };
    const record = { dynamodb: { SequenceNumber: '2', NewImage, OldImage, ApproximateCreationDateTime: at } };
    const bucket = inside.bucket('FailedBatches');
    await inside.clients.queues.send(
      new SetQueueAttributesCommand({
        QueueUrl: inside.queue('FailedBatchesRepublishQueue'),
        Attributes: { VisibilityTimeout: '1' },
      }),
    );
    await inside.clients.buckets.send(
      new PutObjectCommand({
        Bucket: bucket,
        Key: 'aws/lambda/mapping/shard/2026/11/27/one',
        Body: JSON.stringify({ version: '1.0', payload: JSON.stringify({ Records: [poison, record] }) }),
      }),
    );
    await eventually('the journal is whole', async () => (await world.journal()).count === paid);
    // Its neighbour is poison: that stays, and wakes somebody.
    await eventually('the batch lies among the dead letters', async () =>
      (await world.operator.done(listQueues)).data.some((one) => one.name === 'republish' && one.deadLetters === 1),
    );
  });

  it('operators see what it is about, put it back, and know no queue that is not theirs', async () => {
    const name = { name: 'republish' };
    const { data } = await world.operator.done(showDeadLetters, { params: name });
    expect(data).toMatchObject([{ kind: 'file', ids: { key: 'aws/lambda/mapping/shard/2026/11/27/one' } }]);
    await world.operator.refused(redriveQueue, { params: { name: 'somebody-elses' }, body: {} }, 'not_found');
    await world.operator.refused(showDeadLetters, { params: { name: 'somebody-elses' } }, 'not_found');
    await world.operator.refused(redriveQueue, { params: { name: 'sweep' }, body: {} }, 'queue_not_redrivable');
    const key = 'redrive-republish';
    const moved = await eventually('it is put back', async () => {
      const result = await world.operator.done(redriveQueue, { params: name, body: { count: 1 } });
      return result.moved === 1 && result;
    });
    expect(moved).toEqual({ name: 'republish', moved: 1, left: 0 });
    expect(await world.operator.done(redriveQueue, { params: name, body: {}, key })).toMatchObject({
      name: 'republish',
    });
    await world.operator.refused(redriveQueue, { params: name, body: { count: 7 }, key }, 'idempotency_key_reused');
    expect((await world.portal.call(listQueues)).status).toBe(403);
  });

  it('a movement without its entry is found by a repair, entered, and said loudly (scenario 40)', async () => {
    const [invoiceId = ''] = await pay(1);
    await lose(invoiceId);
    const to = new Date().toISOString();
    const { pieces } = await world.operator.done(startRepair, { body: { to } });
    expect(pieces).toBeGreaterThan(4);
    await eventually('the journal is whole', async () => (await world.journal()).count === paid);
    const said = 'movement was not in the journal and is entered';
    await eventually('its line says so', () => [...logsOf(stack).values()].join('').includes(said));
  });

  it('a movement that was added by hand is neither entered nor told; its neighbours flow', async () => {
    const [invoiceId = ''] = await pay(1);
    const item = await stored(invoiceId);
    const [[key = '', movement] = []] = Object.entries((item['mv'] ?? {}) as Record<string, unknown>);
    await inside.db.send(
      new UpdateCommand({
        TableName: inside.table('InvoicesTable'),
        Key: { k: invoiceId.slice(4) },
        UpdateExpression: 'SET mv.#id = :movement',
        ExpressionAttributeNames: { '#id': `${key}9` },
        ExpressionAttributeValues: { ':movement': movement },
      }),
    );
    await pay(2);
    await world.operator.done(startRepair, { body: { to: new Date().toISOString() } });
    await world.untilWorkItem(invoiceId, 'BOOKS_ALTERED');
    expect((await world.journal()).count).toBe(paid);
  });
});
