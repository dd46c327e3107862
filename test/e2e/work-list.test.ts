import { DeleteCommand, PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LocalStack } from '../../infra/local/stack.ts';
import { decideExceptions, listExceptions, workOnExceptions } from '../../shared/api/finance.ts';
import { startRepair } from '../../shared/api/operations.ts';
import { eventually, logsOf, removeTemporaryFolders, startTestStack } from '../stack.ts';
import { Caller } from './caller.ts';
import { Inside } from './inside.ts';
import { tokenOf, World } from './world.ts';

/** The work list of a running stack: worked on by two persons, touched by hand in its table, and found out. */

const HOUR = 3_600_000;
type Item = { p: string; s: string; r: Record<string, unknown> };

let stack: LocalStack;
let world: World;
let inside: Inside;
let table: string;

beforeAll(async () => {
  stack = await startTestStack();
  world = await World.enter(stack);
  inside = new Inside(stack);
  table = inside.table('WorkTable');
});
afterAll(async () => {
  inside?.close();
  await world?.leave();
  await stack?.stop();
  removeTemporaryFolders();
});

const place = (item: Item) => inside.db.send(new PutCommand({ TableName: table, Item: item }));
const remove = ({ p, s }: Item) => inside.db.send(new DeleteCommand({ TableName: table, Key: { p, s } }));

async function item(of: { agencyCode: string; exceptionId: string }): Promise<Item> {
  const { Items = [] } = await inside.db.send(
    new QueryCommand({
      TableName: table,
      KeyConditionExpression: 'p = :p',
      ExpressionAttributeValues: { ':p': `exception#${of.agencyCode}` },
      ConsistentRead: true,
    }),
  );
  const found = (Items as Item[]).find(({ s }) => s.endsWith(of.exceptionId));
  if (!found) throw new Error(`no ${of.exceptionId}`);
  return found;
}

/** The auditor's command an hour from now, when stream and logbook have had their time. */
const verify = () => inside.ledger(['verify'], () => Date.now() + HOUR);

/** Money beyond what was due, twice: a work item each. */
async function surplus() {
  const { invoiceId } = await world.invoice();
  await world.decide((await world.start(invoiceId, 'sandbox-bank')).url, 'pay_twice');
  return world.untilWorkItem(invoiceId, 'DUPLICATE_PAYMENT');
}

const whose = ({ r }: Item) => r as { agencyCode: string; exceptionId: string };

let open: Item;
let closed: Item;

describe('a work list', () => {
  it('that follows from the books, and on which two persons closed an item, is proved', async () => {
    open = await item(await surplus());
    const { agencyCode, businessDate, exceptionId } = await surplus();
    const exceptions = [{ agencyCode, businessDate, exceptionId }];
    const maker = new Caller(stack.url, await tokenOf(stack, 'local-finance-maker'));
    const checker = new Caller(stack.url, await tokenOf(stack, 'local-finance-checker'));
    const work = { action: 'propose', resolution: { kind: 'close' }, reason: 'same_money' };
    await maker.done(workOnExceptions, { body: { exceptions, work } });
    await checker.done(decideExceptions, { body: { exceptions, decision: 'approve' } });
    closed = await item({ agencyCode, exceptionId });
    expect(closed.r).toMatchObject({ state: 'POSTED' });
    await stack.runSchedule('SealLedgerHourlySchedule');
    const proved = await eventually('the logbook knows both persons', async () => {
      const { code, said } = await verify();
      return code === 0 && said;
    });
    expect(proved).toContain('2 items of the work list, 2 of which must be there');
  });

  it('that a hand touched in its table is found out, item by item', async () => {
    const proposal = closed.r['proposal'] as Record<string, unknown>;
    const { state, version, calls } = closed.r;
    const hands: [string, Item, Item?][] = [
      ['work_missing', open],
      ['work_altered', open, { ...open, r: { ...open.r, ours: 1 } }],
      ['work_altered', open, { ...open, r: { ...open.r, state: 'AUTO_CLEARED' } }],
      ['work_altered', open, { ...open, r: { ...open.r, state: 'POSTED' } }],
      ['work_undecided', open, { ...open, r: { ...open.r, state, version, calls, proposal } }],
      ['work_altered', closed, { ...closed, r: { ...closed.r, proposal: { ...proposal, decidedBy: proposal['by'] } } }],
      ['work_undecided', closed, { ...closed, r: { ...closed.r, proposal: { ...proposal, decidedBy: 'somebody' } } }],
      ['work_unreadable', open, { ...open, r: { ...open.r, category: 'NONE' } }],
      ['work_unreadable', open, { ...open, r: closed.r }],
      ['work_of_nothing', { ...open, s: `${open.s}`.replace(/.{24}$/, '0'.repeat(24)) }],
    ];
    for (const [breach, there, touched] of hands) {
      const isAdded = breach === 'work_of_nothing';
      if (isAdded) await place({ ...there, r: { ...open.r, exceptionId: `exc_${'0'.repeat(24)}` } });
      else await (touched ? place(touched) : remove(there));
      const { code, said } = await verify();
      expect([code, said], breach).toEqual([1, expect.stringContaining(`BREACH ${breach}: `)]);
      expect(said).toContain(there.s.slice(-24));
      await (isAdded ? remove(there) : place(there));
    }
    expect((await verify()).code).toBe(0);
  });

  it('is mended by the repair where an item was taken out, and tells of one that was edited', async () => {
    await remove(open);
    await place({ ...closed, r: { ...closed.r, theirs: 1 } });
    const [from, to] = [Date.now() - HOUR, Date.now()].map((at) => new Date(at).toISOString()) as [string, string];
    await world.operator.done(startRepair, { body: { from, to } });
    await eventually('it is open again', async () => (await item(whose(open)).catch(() => undefined)) !== undefined);
    const told = await eventually('it tells of the edited one', async () => {
      const { data } = await world.finance.done(listExceptions, { query: { category: 'BOOKS_ALTERED' } });
      return data.length > 0 && data;
    });
    expect(told).toHaveLength(1);
    await eventually('its line says so', () => [...logsOf(stack).values()].join('').includes('work_altered'));
  });
});
