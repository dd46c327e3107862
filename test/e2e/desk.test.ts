import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LocalStack } from '../../infra/local/stack.ts';
import {
  approveCounterReversal,
  listCounterPayments,
  proposeCounterReversal,
  recordCounterPayment,
} from '../../shared/api/counter.ts';
import { cancelInvoice } from '../../shared/api/portal.ts';
import { putAgency } from '../../shared/api/registry.ts';
import { eventually, removeTemporaryFolders, startTestStack } from '../stack.ts';
import { Caller, expectGateway, expectProblem } from './caller.ts';
import { AGENCY, LICENCE, tokenOf, World } from './world.ts';

/** Cash at the agency’s desk, by two people who sign in at one client. */

let stack: LocalStack;
let world: World;
let lan: Caller;
let minh: Caller;
beforeAll(async () => {
  stack = await startTestStack();
  world = await World.enter(stack);
  // Before anybody has read what the agency had chosen before.
  await world.changeAgency(AGENCY, { policy: { parts: 'accumulate' } });
  lan = new Caller(stack.url, await tokenOf(stack, 'local-clerk-one'));
  minh = new Caller(stack.url, await tokenOf(stack, 'local-clerk-two'));
});
afterAll(async () => {
  await world?.leave();
  await stack?.stop();
  removeTemporaryFolders();
});

const { amount } = LICENCE;
const slip = (number: string, value: number = amount) => ({
  amount: value,
  method: 'cash',
  receipt: { symbol: '01AA/26P', number },
  desk: 'quay-01',
});

describe('a payment at the desk', () => {
  it('pays, is taken back by two persons, and is told', async () => {
    const { invoiceId } = await world.invoice();
    const taken = { params: { invoiceId }, body: slip('0000001'), key: 'the-slip-of-the-desk' };
    await lan.refused(recordCounterPayment, { ...taken, body: slip('0000001', amount + 1) }, 'amount_not_due');
    const recorded = await lan.done(recordCounterPayment, taken);
    expect(recorded).toMatchObject({ state: 'recorded', recordedBy: 'local-clerk-one', invoiceState: 'paid' });
    expect(await lan.done(recordCounterPayment, taken)).toEqual(recorded);
    await world.untilHeard(invoiceId, 'invoice.paid.v1');

    const params = { invoiceId, counterPaymentId: recorded.counterPaymentId };
    await lan.done(proposeCounterReversal, { params, body: { reason: 'WRONG_INVOICE' } });
    expectProblem(await lan.call(approveCounterReversal, { params }), 'own_approval');
    expect((await world.read(invoiceId)).state).toBe('paid');
    const reversed = await minh.done(approveCounterReversal, { params });
    expect(reversed).toMatchObject({
      state: 'reversed',
      invoiceState: 'open',
      reversal: { proposedBy: 'local-clerk-one', decidedBy: 'local-clerk-two' },
    });
    expect(await world.read(invoiceId)).toMatchObject({
      state: 'open',
      paid: { amount: 0 },
      due: { amount },
      reversed: { amount },
    });

    await minh.done(recordCounterPayment, { params: { invoiceId }, body: slip('0000002') });
    expect((await world.read(invoiceId)).state).toBe('paid');
    const { data } = await minh.done(listCounterPayments, { params: { invoiceId } });
    expect(data.map(({ state }) => state)).toEqual(['reversed', 'recorded']);
  });

  it('before the bank’s makes that surplus', async () => {
    const { invoiceId } = await world.invoice();
    const { query } = world.transact(await world.order(invoiceId));
    await lan.done(recordCounterPayment, { params: { invoiceId }, body: slip('0000003') });
    expect((await world.vnpay.notify(query)).RspCode).toBe('00');
    await eventually(
      'the bank’s money is surplus',
      async () => (await world.read(invoiceId)).surplus.amount === amount,
    );
    expect((await world.read(invoiceId)).paid.amount).toBe(amount);
  });

  it('is not for portals, nor for clerks of other agencies', async () => {
    const { invoiceId } = await world.invoice();
    const asked = { params: { invoiceId }, body: slip('0000004') };
    expectGateway(await world.portal.call(recordCounterPayment, asked), 403);
    expect((await world.read(invoiceId)).state).toBe('open');
  });
});

describe('an agency’s choices', () => {
  it('beyond the alternatives are refused, and the place is named', async () => {
    const problem = await world.operator.refused(
      putAgency,
      {
        params: { code: AGENCY },
        body: {
          name: { vi: 'Sở Dịch vụ mẫu số một', en: 'First sample department' },
          active: true,
          policy: { late: 'forgive' },
        } as never,
      },
      'malformed_request',
    );
    expect(problem.errors?.[0]?.pointer).toBe('/body/policy/late');
  });

  it('let parts accumulate, and say what is left', async () => {
    const { invoiceId } = await world.invoice();
    const part = { params: { invoiceId }, body: slip('0000005', 35_000) };
    expect(await lan.done(recordCounterPayment, part)).toMatchObject({
      invoiceState: 'open',
      due: { amount: 100_000 },
    });
    expectProblem(await world.portal.call(cancelInvoice, { params: { invoiceId } }), 'invoice_partly_paid');
    const { query } = world.transact(await world.order(invoiceId));
    await world.vnpay.notify(query);
    expect((await world.untilState(invoiceId, 'paid')).paid.amount).toBe(amount);
  });
});
