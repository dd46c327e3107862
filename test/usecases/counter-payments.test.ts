import { beforeEach, describe, expect, it } from 'vitest';
import { ThuphiEvent } from '../../events/index.ts';
import { type Invoice, moneyOf } from '../../shared/domain/invoice/invoice.ts';
import { invoiceId } from '../../shared/domain/invoice/number.ts';
import { dong } from '../../shared/domain/money/dong.ts';
import type { CounterSlip } from '../../shared/domain/payment/counter.ts';
import type { MovementId } from '../../shared/domain/payment/movement.ts';
import { columns, policy } from '../../shared/domain/payment/policy.ts';
import type { Caller } from '../../shared/domain/registry/caller.ts';
import { recordCounterPayment } from '../../shared/usecases/record-counter-payment.ts';
import {
  approveCounterReversal,
  listCounterPayments,
  type OwnApproval,
  proposalOf,
  proposeCounterReversal,
  rejectCounterReversal,
} from '../../shared/usecases/reverse-counter-payment.ts';
import { A_DAY, anInvoice, bankConfirms, before, mustBeSound, NUMBER } from '../dsl/given.ts';
import { Crash, crashAt, everyCall, refusalOf } from '../dsl/invoicing.ts';
import { aWorld, callerOf, client, LAND, NOW, POLICE, PORTAL, TOTAL, type World } from '../dsl/world.ts';

const desk = client('desk', { kind: 'agency' });
/** Two people who sign in at one client. */
const LAN: Caller = { clientId: 'desk', subject: 'clerk-lan', client: desk };
const MINH: Caller = { clientId: 'desk', subject: 'clerk-minh', client: desk };
const KEY = 'a key of the desk';
const slip: CounterSlip = { method: 'cash', receipt: { symbol: '01AA/26P', number: '0000123' }, desk: 'quay-01' };
const other: CounterSlip = { ...slip, receipt: { symbol: '01AA/26P', number: '0000124' } };

let world: World;
let audited: OwnApproval[];
beforeEach(() => {
  world = aWorld();
  audited = [];
});

const dependencies = (more: object = {}) => ({
  invoices: world.invoices,
  audit: (tried: OwnApproval) => audited.push(tried),
  now: world.now,
  ...more,
});
const command = (amount: number = TOTAL, of: CounterSlip = slip) => ({
  invoiceId: invoiceId(NUMBER),
  amount: dong(amount),
  slip: of,
});
const record = (more: { caller?: Caller; key?: string; amount?: number; slip?: CounterSlip } = {}) =>
  recordCounterPayment(command(more.amount, more.slip), more.caller ?? LAN, more.key ?? KEY, dependencies());
const named = (id: MovementId) => ({ invoiceId: invoiceId(NUMBER), counterPaymentId: id });
const propose = (id: MovementId, caller = LAN, key = 'a key of the proposal') =>
  proposeCounterReversal({ ...named(id), reason: 'WRONG_AMOUNT' }, caller, key, dependencies());
const approve = (id: MovementId, caller = MINH) => approveCounterReversal(named(id), caller, dependencies());
const reject = (id: MovementId, caller = MINH) => rejectCounterReversal(named(id), caller, dependencies());

function theInvoice(): Invoice {
  const item = world.invoices.at(NUMBER);
  if (item?.kind !== 'invoice') throw new Error('no invoice stands there');
  return item.invoice;
}
const begin = (state: Parameters<typeof anInvoice>[0] = 'open', more: Partial<Invoice> = {}) =>
  anInvoice(state, more)(world);
async function published(): Promise<string[]> {
  await world.publish();
  mustBeSound(world, world.journal.entries());
  for (const { event } of world.told) expect(ThuphiEvent.parse(event)).toEqual(event);
  return world.journal.entries().flatMap(({ lines }) => lines.map((one) => `${one.side} ${one.account} ${one.amount}`));
}

describe('a payment at the desk', () => {
  it.each([
    ['cash', slip],
    ['card', { ...slip, method: 'card', cardSlip: '004512' }],
  ] as const)('by %s pays the invoice, like any payment', async (method, of) => {
    begin();
    const { movement, replayed } = await record({ slip: of });
    expect(replayed).toBe(false);
    expect(theInvoice()).toMatchObject({ state: 'paid', due: 0, attempts: [{ state: 'pending' }] });
    expect(JSON.parse(movement.evidence)).toMatchObject({ ...of, clerk: 'clerk-lan' });
    expect(await published()).toEqual([
      `debit desk:${LAND}:${method} ${TOTAL}`,
      `credit payable:${LAND}:main ${TOTAL}`,
    ]);
    expect(world.told.filter(({ owner }) => owner === `agency:${LAND}`).map(({ event }) => event.type)).toEqual([
      'invoice.paid.v1',
    ]);
    expect(world.work.contents().exceptions).toEqual([]);
    expect(world.journal.entries()[0]).toMatchObject({ providerId: 'counter', terminal: 'quay-01', kind: 'payment' });
  });

  it('is one, however often its slip is sent, in turn or at once (scenario 20)', async () => {
    begin();
    const answers = await Promise.all(Array.from({ length: 50 }, () => record()));
    expect(answers.filter(({ replayed }) => !replayed)).toHaveLength(1);
    expect((await record()).replayed).toBe(true);
    world.clock.at += 30 * A_DAY;
    expect((await record()).replayed).toBe(true);
    expect(Object.keys(theInvoice().movements)).toHaveLength(1);
    expect(world.invoices.changes).toHaveLength(1);
  });

  it('is refused for the same key with another body, and is another one from another client (scenarios 21, 22)', async () => {
    begin('open', { choices: { parts: 'accumulate' } });
    await record({ amount: 10_000 });
    expect(await refusalOf(record({ amount: 20_000 }))).toBe('idempotency_key_reused');
    const elsewhere = callerOf(client('desk-two', { kind: 'agency' }));
    expect(await refusalOf(record({ amount: 10_000, caller: elsewhere, slip: other }))).toBe('done');
    expect(theInvoice().due).toBe(TOTAL - 20_000);
  });

  it.each([
    ['a dong above', TOTAL + 1],
    ['a dong below', TOTAL - 1],
    ['a hundredfold', TOTAL * 100],
  ])('%s what is due is refused, and nothing has changed', async (_, amount) => {
    begin();
    expect(await refusalOf(record({ amount }))).toBe('amount_not_due');
    expect(world.invoices.changes).toEqual([]);
  });

  it('in parts, where the agency accumulates them, never above what is left', async () => {
    begin('open', { choices: { parts: 'accumulate' } });
    await record({ amount: 20_000 });
    expect(await refusalOf(record({ amount: 30_001, key: 'another key of it', slip: other }))).toBe('amount_not_due');
    expect(await refusalOf(record({ amount: 20_000, key: 'the same receipt again' }))).toBe('receipt_taken');
    await record({ amount: 30_000, key: 'another key of it', slip: other });
    expect(theInvoice()).toMatchObject({ state: 'paid', due: 0 });
    expect(moneyOf(theInvoice()).paid).toBe(TOTAL);
    await published();
  });

  it.each(['paid', 'expired', 'cancelled', 'refunded'] as const)('is refused when the invoice is %s', async (state) => {
    begin(state);
    expect(await refusalOf(record())).toBe('invoice_not_open');
    expect(world.invoices.changes).toEqual([]);
  });

  it('is taken late by an agency that accepts late money', async () => {
    begin('expired', { choices: { late: 'accept' } });
    await record();
    expect(theInvoice().state).toBe('paid');
  });

  it('is recorded by clerks of the agency alone', async () => {
    begin();
    expect(await refusalOf(record({ caller: PORTAL }))).toBe('forbidden');
    const police = callerOf(client('police-desk', { kind: 'agency', agencies: [POLICE] }));
    expect(await refusalOf(record({ caller: police }))).toBe('not_found');
    expect(world.invoices.changes).toEqual([]);
  });

  it('before money from a bank pays, and that is surplus', async () => {
    begin();
    await record();
    const heard = { acknowledgements: [], outcomes: [] };
    await bankConfirms()(world, heard);
    await world.post();
    expect(moneyOf(theInvoice())).toEqual({
      paid: TOTAL,
      surplus: TOTAL,
      unmatched: 0,
      reversed: 0,
      refunded: 0,
      paidAt: NOW,
    });
  });

  it('that loses against money from a bank is refused: the citizen keeps the cash', async () => {
    begin();
    const heard = { acknowledgements: [], outcomes: [] };
    const invoices = everyCall(world.invoices, async (name, call) => {
      if (name === 'post') {
        await bankConfirms()(world, heard);
        await world.post();
      }
      return call();
    });
    const call = recordCounterPayment(command(), LAN, KEY, dependencies({ invoices }));
    expect(await refusalOf(call)).toBe('invoice_not_open');
    expect(moneyOf(theInvoice())).toMatchObject({ paid: TOTAL, surplus: 0 });
  });

  it('ends the same wherever it is killed and begun again (scenario 33)', async () => {
    for (const when of ['before', 'after'] as const)
      for (let at = 0; at < 4; at += 1) {
        world = aWorld();
        begin();
        const { around } = crashAt(at, when);
        const invoices = everyCall(world.invoices, around);
        await recordCounterPayment(command(), LAN, KEY, dependencies({ invoices })).catch((error: unknown) => {
          if (!(error instanceof Crash)) throw error;
        });
        await record();
        expect(Object.keys(theInvoice().movements)).toHaveLength(1);
        expect(theInvoice()).toMatchObject({ state: 'paid', version: 4 });
      }
  });
});

describe('taking a payment at the desk back', () => {
  async function paidAtDesk(): Promise<MovementId> {
    begin();
    return (await record()).movement.movementId;
  }

  it('needs two persons, and leaves the invoice payable', async () => {
    const id = await paidAtDesk();
    expect((await propose(id)).invoice.proposal).toMatchObject({ by: 'clerk-lan', reason: 'WRONG_AMOUNT' });
    expect(theInvoice().state).toBe('paid');
    const { invoice } = await approve(id);
    expect(invoice).toMatchObject({ state: 'open', due: TOTAL });
    expect(invoice.proposal).toBeUndefined();
    expect(proposalOf(invoice, id)).toMatchObject({ by: 'clerk-lan', decidedBy: 'clerk-minh', state: 'proposed' });
    expect(moneyOf(invoice)).toEqual({ paid: 0, surplus: 0, unmatched: 0, reversed: TOTAL, refunded: 0 });
    expect(await published()).toEqual([
      `debit desk:${LAND}:cash ${TOTAL}`,
      `credit payable:${LAND}:main ${TOTAL}`,
      `credit desk:${LAND}:cash ${TOTAL}`,
      `debit payable:${LAND}:main ${TOTAL}`,
    ]);
    expect(world.work.contents().exceptions).toEqual([]);
    expect(world.told.at(-1)?.event.type).toBe('payment.reversed.v1');
    await record({ key: 'taken once more', slip: other });
    expect(theInvoice().state).toBe('paid');
  });

  it('is never approved by who proposed it, and the try is audited (scenario 30)', async () => {
    const id = await paidAtDesk();
    await propose(id);
    const changes = world.invoices.changes.length;
    expect(await refusalOf(approve(id, LAN))).toBe('own_approval');
    expect(audited).toEqual([{ invoice: NUMBER, movement: id, by: 'clerk-lan', clientId: 'desk' }]);
    expect(await refusalOf(approve(id, { ...LAN, clientId: 'another-client' }))).toBe('own_approval');
    expect(world.invoices.changes).toHaveLength(changes);
    expect(theInvoice().state).toBe('paid');
  });

  it('is never approved by who proposed it meanwhile: the write itself looks (scenario 30)', async () => {
    const id = await paidAtDesk();
    await propose(id);
    const invoices = everyCall(world.invoices, async (name, call) => {
      if (name === 'post' && theInvoice().proposal?.by === 'clerk-lan') {
        await reject(id, MINH);
        await propose(id, MINH, 'a proposal of his own');
      }
      return call();
    });
    const call = approveCounterReversal(named(id), MINH, dependencies({ invoices }));
    expect(await refusalOf(call)).toBe('own_approval');
    expect(theInvoice().state).toBe('paid');
  });

  it('is one, however often and by how many it is approved', async () => {
    const id = await paidAtDesk();
    await propose(id);
    const clerks = Array.from({ length: 20 }, (_, index) => ({ ...MINH, subject: `clerk-${index}` }));
    const outcomes = await Promise.all(clerks.map((clerk) => refusalOf(approve(id, clerk))));
    expect(outcomes.filter((outcome) => outcome === 'done')).toHaveLength(1);
    expect(new Set(outcomes)).toEqual(new Set(['done', 'reversal_not_pending']));
    const winner = clerks[outcomes.indexOf('done')] ?? MINH;
    expect(await approve(id, winner)).toMatchObject({ replayed: true });
    expect(await refusalOf(approve(id, LAN))).toBe('reversal_not_pending');
    expect(Object.keys(theInvoice().movements)).toHaveLength(2);
  });

  it('is proposed once for a key; another one waits until it is decided', async () => {
    const id = await paidAtDesk();
    await propose(id);
    expect(await propose(id)).toMatchObject({ replayed: true });
    expect(await refusalOf(propose(id, MINH, 'a proposal of his own'))).toBe('reversal_pending');
    const otherWords = proposeCounterReversal(
      { ...named(id), reason: 'PAID_TWICE' },
      LAN,
      'a key of the proposal',
      dependencies(),
    );
    expect(await refusalOf(otherWords)).toBe('idempotency_key_reused');
    await approve(id);
    expect(await propose(id)).toMatchObject({ replayed: true });
    expect(await refusalOf(propose(id, MINH, 'a proposal of his own'))).toBe('not_reversible');
  });

  it('is rejected by one, and may be proposed anew', async () => {
    const id = await paidAtDesk();
    expect(await refusalOf(reject(id))).toBe('reversal_not_pending');
    await propose(id);
    expect(await reject(id)).toMatchObject({ replayed: false, invoice: { state: 'paid' } });
    expect(await reject(id)).toMatchObject({ replayed: true });
    expect(await refusalOf(reject(id, LAN))).toBe('reversal_not_pending');
    expect(await refusalOf(approve(id))).toBe('reversal_not_pending');
    expect(await propose(id)).toMatchObject({ replayed: true });
    await propose(id, MINH, 'a proposal of his own');
    await approve(id, LAN);
    expect(theInvoice().state).toBe('open');
  });

  it('of money that came from a bank, or of nothing, does not exist here', async () => {
    begin('paid');
    expect(await refusalOf(propose('mov_bank-one_BEFORE'))).toBe('not_found');
    expect(await refusalOf(propose('mov_counter_nothing'))).toBe('not_found');
    expect(await refusalOf(approve('mov_bank-one_BEFORE'))).toBe('not_found');
  });

  it('is not for portals, and of another agency’s invoice does not exist (scenario 64)', async () => {
    const id = await paidAtDesk();
    expect(await refusalOf(propose(id, PORTAL))).toBe('forbidden');
    const police = callerOf(client('police-desk', { kind: 'agency', agencies: [POLICE] }));
    for (const call of [propose(id, police), approve(id, police), reject(id, police)])
      expect(await refusalOf(call)).toBe('not_found');
    expect(await refusalOf(listCounterPayments(invoiceId(NUMBER), police, dependencies()))).toBe('not_found');
  });

  it('after the deadline leaves the invoice expired', async () => {
    const id = await paidAtDesk();
    world.clock.at = theInvoice().expiresAt + 1;
    await propose(id);
    await approve(id);
    expect(theInvoice().state).toBe('expired');
  });

  it('is refused once the invoice is refunded (scenario 28)', async () => {
    const id = await paidAtDesk();
    await propose(id);
    await world.invoices.move(NUMBER, 'paid', 'refunded');
    expect(await refusalOf(approve(id))).toBe('not_reversible');
  });

  it('has a cell in the table for whatever it can be', () =>
    expect(columns.filter((column) => policy.deskReversed[column])).toEqual([
      'open',
      'paid',
      'expired',
      'cancelled',
      'replaced',
    ]));

  it('ends the same wherever it is killed and begun again (scenario 33)', async () => {
    for (const when of ['before', 'after'] as const)
      for (let at = 0; at < 4; at += 1) {
        world = aWorld();
        const id = await paidAtDesk();
        await propose(id);
        const { around } = crashAt(at, when);
        const invoices = everyCall(world.invoices, around);
        await approveCounterReversal(named(id), MINH, dependencies({ invoices })).catch((error: unknown) => {
          if (!(error instanceof Crash)) throw error;
        });
        await approve(id);
        expect(theInvoice()).toMatchObject({ state: 'open', due: TOTAL, version: 6 });
      }
  });

  it('is listed with what it came to, money from banks aside', async () => {
    begin('open', { choices: { parts: 'accumulate' }, movements: { 'mov_bank-one_BEFORE': before('unmatched') } });
    const first = (await record({ amount: 10_000 })).movement.movementId;
    world.clock.at += 1;
    const second = (await record({ amount: 20_000, key: 'the second slip', slip: other })).movement.movementId;
    await propose(first);
    await approve(first);
    const { movements } = await listCounterPayments(invoiceId(NUMBER), LAN, dependencies());
    expect(movements.map(({ movementId }) => movementId)).toEqual([first, second]);
  });
});
