import { DeleteObjectCommand, GetObjectCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import { DeleteCommand, PutCommand, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LocalStack } from '../../infra/local/stack.ts';
import { recordCounterPayment } from '../../shared/api/counter.ts';
import { readDailyReport } from '../../shared/api/finance.ts';
import { listLedgerAccounts, listLedgerEntries, readTrialBalance } from '../../shared/api/ledger.ts';
import { DAY_MILLISECONDS, startOfDay } from '../../shared/domain/time.ts';
import { eventually, removeTemporaryFolders, startTestStack } from '../stack.ts';
import { Caller, expectGateway } from './caller.ts';
import { Inside } from './inside.ts';
import { AGENCY, LICENCE, tokenOf, vietnamDay, World } from './world.ts';

/** The ledger of a running stack: read, sealed, touched by hand in the tables, and proved. */

const PAYMENTS = 4;
type Item = Record<string, unknown> & { p: string; s: string };

let stack: LocalStack;
let world: World;
let inside: Inside;

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

const journal = () => inside.table('JournalTable');
const seals = () => inside.bucket('SealsBucket');

const entries = async (): Promise<Item[]> => {
  const { Items = [] } = await inside.db.send(new ScanCommand({ TableName: journal(), ConsistentRead: true }));
  return (Items as Item[]).sort((one, other) => (`${one.p} ${one.s}` < `${other.p} ${other.s}` ? -1 : 1));
};
const put = (Item: Item) => inside.db.send(new PutCommand({ TableName: journal(), Item }));
const remove = ({ p, s }: Item) => inside.db.send(new DeleteCommand({ TableName: journal(), Key: { p, s } }));
const segments = async (): Promise<string[]> => {
  const { Contents = [] } = await inside.clients.buckets.send(new ListObjectsV2Command({ Bucket: seals() }));
  return Contents.map(({ Key = '' }) => Key).sort();
};
const segment = async (Key: string): Promise<string> => {
  const { Body } = await inside.clients.buckets.send(new GetObjectCommand({ Bucket: seals(), Key }));
  return (await Body?.transformToString()) ?? '';
};
const putSegment = (Key: string, Body: string) =>
  inside.clients.buckets.send(new PutObjectCommand({ Bucket: seals(), Key, Body }));

const ledger = (...words: string[]) => inside.ledger(words);

/** Who a token is of. */
const subjectOf = (token: string): string =>
  (JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { sub: string }).sub;

async function first(): Promise<[Item, Item]> {
  const [one, other] = await entries();
  if (!one || !other) throw new Error('the journal is empty');
  return [one, other];
}

describe('the ledger', () => {
  it('shows what was paid, at a provider and at the desk, with reason and actor', async () => {
    for (let one = 0; one < PAYMENTS; one += 1) {
      const { invoiceId } = await world.invoice();
      expect((await world.vnpay.notify(world.transact(await world.order(invoiceId)).query)).RspCode).toBe('00');
    }
    const names = { vi: 'Sở Dịch vụ mẫu số một', en: 'First sample department' };
    await world.changeAgency(AGENCY, { name: names });
    const clerkToken = await tokenOf(stack, 'local-clerk-one');
    const lan = new Caller(stack.url, clerkToken);
    const { invoiceId } = await world.invoice();
    const slip = { amount: LICENCE.amount, method: 'cash', receipt: { symbol: '01AA/26P', number: '1' }, desk: 'q-01' };
    await lan.done(recordCounterPayment, { params: { invoiceId }, body: slip });
    await eventually('the journal has them', async () => (await world.journal()).count === PAYMENTS + 1);

    const today = vietnamDay(new Date());
    const query = { from: today, to: today };
    const { data } = await world.finance.done(listLedgerEntries, { query });
    expect(data.length).toBe(PAYMENTS + 1);
    // Whichever of them was committed last.
    const atDesk = data.find((one) => one.invoiceId === invoiceId);
    expect(atDesk).toMatchObject({
      reason: { kind: 'payment', category: null },
      actor: { kind: 'desk', id: 'q-01', step: 'counter-api', persons: [subjectOf(clerkToken)] },
      invoiceId,
    });
    expect(data.find((one) => one !== atDesk)?.actor).toMatchObject({
      kind: 'provider',
      id: 'vnpay',
      step: 'post-payment',
      persons: [],
    });
    const { accounts, kinds } = await world.finance.done(listLedgerAccounts);
    expect(accounts.map(({ kind }) => kind)).toEqual(['clearing', 'desk', 'payable']);
    expect(kinds.map(({ kind }) => kind)).toEqual(expect.arrayContaining(accounts.map(({ kind }) => kind)));
  });

  it('foots with the daily report', async () => {
    const date = vietnamDay(new Date());
    const { totals, rows } = await world.finance.done(readTrialBalance, { query: { date } });
    const report = await world.finance.done(readDailyReport, { query: { date } });
    expect(totals).toEqual(report.ledger);
    expect(totals.debit).toBe((PAYMENTS + 1) * LICENCE.amount);
    expect(rows.reduce((sum, { balance }) => sum + balance, 0)).toBe(0);
  });

  it('refuses what is too wide, reversed, not known or not yours, and lets nobody in without the scope', async () => {
    const wide = { from: '2026-01-01', to: '2026-11-01' };
    await world.finance.refused(listLedgerEntries, { query: wide }, 'range_too_wide');
    const bad = [
      { from: '2026-11-02', to: '2026-11-01' },
      { from: '2026-02-30', to: '2026-03-01' },
      { from: '2026-11-01', to: '2026-11-01', limit: '0' },
      { from: '2026-11-01', to: '2026-11-01', colour: 'red' },
      { from: '2026-11-01' },
    ];
    for (const query of bad) await world.finance.refused(listLedgerEntries, { query }, 'malformed_request');
    const cursor = 'made-up';
    const range = { from: '2026-11-01', to: '2026-11-01' };
    await world.finance.refused(listLedgerEntries, { query: { ...range, cursor } }, 'invalid_cursor');
    for (const endpoint of [listLedgerEntries, listLedgerAccounts, readTrialBalance])
      for (const caller of [world.portal, world.agency]) expectGateway(await caller.call(endpoint), 403);
  });

  it('is sealed by the clock, and proved', async () => {
    await stack.runSchedule('SealLedgerHourlySchedule');
    expect((await segments()).length).toBeGreaterThan(0);
    const { code, said } = await ledger('verify');
    expect(said).toContain(`${PAYMENTS + 1} entries`);
    expect(code).toBe(0);
  });
});

describe('a hand in the tables is found out (scenario 72)', () => {
  it('an amount that was edited', async () => {
    const [one] = await first();
    await put({ ...one, a: 1 });
    const { code, said } = await ledger('verify');
    expect([code, said]).toEqual([1, expect.stringContaining('BREACH entry_broken')]);
    expect(said).toContain(`entry ${one.p} ${one.s}`);
    await put(one);
    expect((await ledger('verify')).code).toBe(0);
  });

  it('an entry that was removed', async () => {
    const [one] = await first();
    await remove(one);
    const { code, said } = await ledger('verify');
    expect([code, said]).toEqual([1, expect.stringContaining('BREACH entry_missing')]);
    expect(said).toContain(`entry ${one.p} ${one.s}`);
    await put(one);
  });

  it('two entries whose contents were swapped', async () => {
    const [one, other] = await first();
    await put({ ...other, p: one.p, s: one.s });
    await put({ ...one, p: other.p, s: other.s });
    const { code, said } = await ledger('verify');
    expect([code, said]).toEqual([1, expect.stringContaining('BREACH entry_swapped')]);
    await put(one);
    await put(other);
  });

  it('a movement of an invoice, its state, or its row', async () => {
    const table = inside.table('InvoicesTable');
    const { Items = [] } = await inside.db.send(new ScanCommand({ TableName: table, ConsistentRead: true }));
    const invoice = Items.find((item) => item['st'] === 'paid') as Record<string, Record<string, unknown>> | undefined;
    if (!invoice) throw new Error('no invoice was paid');
    const [[id, movement] = ['', {}]] = Object.entries(invoice['mv'] ?? {}) as [string, Record<string, unknown>][];
    const hands: [string, Record<string, unknown> | undefined][] = [
      ['BREACH item_implausible', { ...invoice, st: 'open' }],
      ['BREACH item_implausible', { ...invoice, mv: {} }],
      ['BREACH movement_differs', { ...invoice, mv: { [id]: { ...movement, te: 'ANOTHER' } } }],
      ['BREACH entry_of_no_movement', undefined],
    ];
    for (const [said, Item] of hands) {
      await (Item
        ? inside.db.send(new PutCommand({ TableName: table, Item }))
        : inside.db.send(new DeleteCommand({ TableName: table, Key: { k: invoice['k'] } })));
      expect(await ledger('verify'), said).toMatchObject({ code: 1, said: expect.stringContaining(said) });
      await inside.db.send(new PutCommand({ TableName: table, Item: invoice }));
    }
    expect((await ledger('verify')).code).toBe(0);
  });

  it('an entry that was put into a sealed hour', async () => {
    const [one] = await first();
    const made = { ...one, s: `${one.s}9` };
    await put(made);
    const { code, said } = await ledger('verify');
    expect([code, said]).toEqual([1, expect.stringContaining('BREACH entry_unsealed')]);
    await remove(made);
  });

  it('a chain that was cut, has a gap, or was altered', async () => {
    await ledger('seal', '--now');
    const keys = await segments();
    const [one = ''] = keys;
    const last = keys.at(-1) ?? '';
    expect(keys.length).toBeGreaterThan(1);
    const texts = new Map(await Promise.all(keys.map(async (key) => [key, await segment(key)] as const)));
    const breaches: Record<string, () => Promise<unknown>> = {
      tail_cut: () => inside.clients.buckets.send(new DeleteObjectCommand({ Bucket: seals(), Key: last })),
      segment_missing: () => inside.clients.buckets.send(new DeleteObjectCommand({ Bucket: seals(), Key: one })),
      segment_broken: () => putSegment(one, (texts.get(one) ?? '').replace('"p":"H', '"p":"G')),
      segment_swapped: () => putSegment(one, texts.get(last) ?? ''),
    };
    for (const [kind, touch] of Object.entries(breaches)) {
      await touch();
      expect(await ledger('verify')).toMatchObject({ code: 1, said: expect.stringContaining(`BREACH ${kind}`) });
      for (const [key, text] of texts) await putSegment(key, text);
    }
    const proved = await ledger('verify');
    expect(proved.code).toBe(0);
    const known = /\d+:[0-9a-f]{64}/.exec(proved.said)?.[0] ?? '';
    expect((await ledger('verify', '--known', known)).code).toBe(0);
    expect((await ledger('verify', '--known', known.replace(/.$/, known.endsWith('0') ? '1' : '0'))).code).toBe(1);
  });

  it('balances that were altered are named and made right', async () => {
    const date = vietnamDay(new Date());
    const yesterday = vietnamDay(new Date(Date.now() - DAY_MILLISECONDS));
    const [one] = await first();
    await put({ ...one, p: `${AGENCY}#${yesterday}#0`, s: `${startOfDay(yesterday) + 1000}#mov_vnpay_1` });
    expect(await ledger('rebuild')).toMatchObject({ code: 0, said: expect.stringContaining(' 1 written, 0 differed') });
    expect(await ledger('rebuild')).toMatchObject({ code: 0, said: expect.stringContaining(' 0 written, 0 differed') });
    const { totals } = await world.finance.done(readTrialBalance, { query: { date } });
    expect(totals.debit).toBe((PAYMENTS + 2) * LICENCE.amount);

    const at = { Bucket: inside.bucket('FilesBucket'), Key: `balances/${AGENCY}/${yesterday}.json` };
    const { Body } = await inside.clients.buckets.send(new GetObjectCommand(at));
    const text = (await Body?.transformToString()) ?? '';
    await inside.clients.buckets.send(
      new PutObjectCommand({ ...at, Body: text.replace('"entries":1', '"entries":2') }),
    );
    expect(await ledger('rebuild')).toMatchObject({
      code: 1,
      said: expect.stringContaining(`differed ${AGENCY} ${yesterday}`),
    });
    expect((await ledger('rebuild')).code).toBe(0);
  });

  it('a command that is none, or badly put, touches nothing', async () => {
    expect((await ledger('rebuild', '--from', 'yesterday')).code).toBe(2);
    expect((await ledger('verify', '--known', '1')).code).toBe(2);
    expect((await ledger()).code).toBe(2);
  });
});
