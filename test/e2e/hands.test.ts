import { DeleteCommand, PutCommand, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LocalStack } from '../../infra/local/stack.ts';
import { listExceptions } from '../../shared/api/finance.ts';
import { startRepair } from '../../shared/api/operations.ts';
import { eventually, logsOf, removeTemporaryFolders, startTestStack } from '../stack.ts';
import { Inside } from './inside.ts';
import { AGENCY, type Invoice, World } from './world.ts';

/** One row after the other of a running stack is edited, taken out, put in or put under another's key, past the service. */

const HOUR = 3_600_000;
type Row = Record<string, unknown>;
type Members = Record<string, unknown>;

let stack: LocalStack;
let world: World;
let inside: Inside;
let unpaid: Invoice;

beforeAll(async () => {
  stack = await startTestStack();
  world = await World.enter(stack);
  inside = new Inside(stack);
  const { invoiceId } = await world.invoice();
  await world.decide((await world.start(invoiceId, 'sandbox-bank')).url, 'pay_twice');
  await world.untilWorkItem(invoiceId, 'DUPLICATE_PAYMENT');
  unpaid = await world.invoice();
});
afterAll(async () => {
  inside?.close();
  await world?.leave();
  await stack?.stop();
  removeTemporaryFolders();
});

/** Tables by the beginning of their names, and the names of their keys. */
const KEYS = {
  Invoices: ['k'],
  Dossiers: ['k'],
  Journal: ['p', 's'],
  Work: ['p', 's'],
  Receipts: ['p', 's'],
  Registry: ['p', 's'],
  Audit: ['p', 's'],
} as const;
type TableName = keyof typeof KEYS;

const table = (name: TableName): string => inside.table(`${name}Table`);
const put = (name: TableName, Item: Row) => inside.db.send(new PutCommand({ TableName: table(name), Item }));
const remove = (name: TableName, row: Row) =>
  inside.db.send(
    new DeleteCommand({
      TableName: table(name),
      Key: Object.fromEntries(KEYS[name].map((key) => [key, row[key]])),
    }),
  );
const rows = async (name: TableName): Promise<Row[]> =>
  ((await inside.db.send(new ScanCommand({ TableName: table(name), ConsistentRead: true }))).Items ?? []) as Row[];

async function row(name: TableName, is: (row: Row) => boolean): Promise<Row> {
  const found = (await rows(name)).find(is);
  if (!found) throw new Error(`no such row among ${name}`);
  return found;
}
const at =
  (p: string, s = '') =>
  (one: Row): boolean =>
    one['p'] === p && String(one['s']).startsWith(s);
const within = (one: Row, more: Members): Row => ({ ...one, r: { ...(one['r'] as Members), ...more } });

/** The auditor's command an hour from now, when stream and logbook have had their time. */
async function verify(): Promise<string> {
  const { said } = await inside.ledger(['verify'], () => Date.now() + HOUR);
  return said.slice(said.lastIndexOf('\n') + 1);
}

const ACCOUNT = at('account', 'sandbox-bank-h29-13');
const numberOf = ({ invoiceId }: Invoice): string => invoiceId.slice('inv_'.length);
const isOfUnpaid = (one: Row): boolean => ((one['n'] as string[] | undefined) ?? []).includes(numberOf(unpaid));
const isApplied = (one: Row): boolean => {
  const act = (one['r'] ?? {}) as { act?: string; subject?: { id?: string } };
  return act.act === 'applied' && act.subject?.id === 'sandbox-bank-h29-13';
};

/** A hand: the row, and what is put in its place; nothing: it is taken out. */
type Hand = [said: string, name: TableName, is: (row: Row) => boolean, edited?: (row: Row) => Row];

const hands: Hand[] = [
  ['registry_altered', 'Registry', ACCOUNT, (one) => within(one, { accountNumber: '120019999999' })],
  ['registry_altered', 'Registry', ACCOUNT, (one) => within(one, { terminal: 'ANOTHER1' })],
  ['registry_altered', 'Registry', at('payee#sandbox-bank', 'H29.13#'), (one) => within(one, { terminal: 'ANOTHER1' })],
  ['registry_altered', 'Registry', at('client', 'local-portal'), (one) => within(one, { agencies: '*' })],
  ['registry_altered', 'Registry', at('agency', AGENCY), (one) => within(one, { policy: { late: 'accept' } })],
  ['registry_altered', 'Registry', at('webhook'), (one) => within(one, { url: 'https://other.example/hook' })],
  ['registry_unreadable', 'Registry', at('client', 'local-desk'), (one) => within(one, { id: 'local-portal' })],
  ['registry_missing', 'Registry', ACCOUNT],
  ['registry_missing', 'Registry', at('agency', 'H26.07')],
  ['registry_missing', 'Registry', at('client', 'local-monitor')],
  ['registry_missing', 'Registry', at('terminal#sandbox-bank', 'SANDBOX1#sandbox-bank-h29-13')],
  ['registry_altered', 'Audit', isApplied, (one) => within(one, { after: 'a'.repeat(22) })],
  ['dossier_unclaimed', 'Dossiers', isOfUnpaid],
  ['dossier_unclaimed', 'Dossiers', isOfUnpaid, (one) => ({ ...one, n: [] })],
  ['dossier_unclaimed', 'Dossiers', isOfUnpaid, ({ k, n }) => ({ k, n })],
  ['invoice_missing', 'Dossiers', isOfUnpaid, (one) => ({ ...one, n: [...(one['n'] as string[]), '999999999999'] })],
  ['dossier_unclaimed', 'Dossiers', isOfUnpaid, (one) => ({ ...one, n: ['none'] })],
  ['movement_differs', 'Journal', () => true, (one) => ({ ...one, a: 1 })],
  ['movement_unentered', 'Journal', () => true],
  ['work_altered', 'Work', at(`exception#${AGENCY}`), (one) => within(one, { theirs: 1 })],
  ['work_missing', 'Work', at(`exception#${AGENCY}`)],
  ['item_implausible', 'Invoices', (one) => one['st'] === 'paid', (one) => ({ ...one, st: 'open' })],
  ['work_of_nothing', 'Invoices', (one) => one['st'] === 'paid'],
];

describe('a hand in the tables', () => {
  it('has every table of the stack within its reach', () => {
    const known = Object.keys(KEYS).map((name) => `${name}Table`);
    const others = Object.keys(stack.tables).filter((name) => !known.some((one) => name.startsWith(one)));
    expect(others).toEqual([]);
  });

  it('is named by the auditor’s command, row by row', async () => {
    await eventually('everything is proved', async () => (await verify()).startsWith('proved.'));
    const found: string[] = [];
    for (const [said, name, is, edited] of hands) {
      const there = await row(name, is);
      await (edited ? put(name, edited(there)) : remove(name, there));
      const last = await verify();
      found.push(/^BREACH (\w+)/.exec(last)?.[1] ?? `${said} of ${name}: ${last}`);
      await put(name, there);
    }
    expect(found).toEqual(hands.map(([said]) => said));
    expect(await verify()).toMatch(/^proved\./);
  });

  it('that puts a client into the registry, or swaps two accounts, is named', async () => {
    const portal = await row('Registry', at('client', 'local-portal'));
    const made = { ...within(portal, { id: 'nobodys-portal', agencies: '*' }), s: 'nobodys-portal' };
    await put('Registry', made);
    expect(await verify()).toContain('BREACH registry_undecided: client nobodys-portal');
    await remove('Registry', made);
    const [one, other] = [await row('Registry', ACCOUNT), await row('Registry', at('account', 'sandbox-bank-h29-12'))];
    await put('Registry', { ...one, r: other['r'] });
    await put('Registry', { ...other, r: one['r'] });
    expect(await verify()).toContain('BREACH registry_unreadable: account sandbox-bank-h29-1');
    for (const account of [one, other]) await put('Registry', account);
    expect(await verify()).toMatch(/^proved\./);
  });

  it('is told of at night: where money would have gone, and the work list shows it', async () => {
    const there = await row('Registry', ACCOUNT);
    await put('Registry', within(there, { accountNumber: '120019999999' }));
    await world.operator.done(startRepair, { body: {} });
    const key = 'account sandbox-bank-h29-13';
    const item = await eventually('it is on the work list', async () => {
      const { data } = await world.finance.done(listExceptions, { query: { category: 'BOOKS_ALTERED', limit: '100' } });
      return data.find(({ transactionId }) => transactionId === key);
    });
    expect(item).toMatchObject({ state: 'OPEN', source: 'repair' });
    await eventually('its line says so', () => [...logsOf(stack).values()].join('').includes('registry_altered'));
    await put('Registry', there);
  });

  it('on an invoice that nobody paid is told of by the stream', async () => {
    const isUnpaid = (one: Row): boolean => one['k'] === numberOf(unpaid);
    const there = await row('Invoices', isUnpaid);
    await put('Invoices', { ...there, x: Number(there['x']) + HOUR });
    const logs = () => [...logsOf(stack).values()].join('');
    await eventually('its deadline', () => logs().includes('its expiresAt was changed after it was made'));
    await remove('Invoices', there);
    await eventually('it was taken out', () => logs().includes('an item was taken out of the invoices'));
    const item = await eventually('it is on the work list', async () => {
      const { data } = await world.finance.done(listExceptions, { query: { category: 'BOOKS_ALTERED', limit: '100' } });
      return data.find(({ invoiceId }) => invoiceId === unpaid.invoiceId);
    });
    expect(item).toMatchObject({ agencyCode: AGENCY, state: 'OPEN' });
    expect(await verify()).toContain('BREACH invoice_missing');
    await put('Invoices', there);
    expect(await verify()).toMatch(/^proved\./);
  });
});
