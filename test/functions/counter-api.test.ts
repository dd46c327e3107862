import { beforeEach, describe, expect, it } from 'vitest';
import { counterRoutes } from '../../functions/counter-api/routes.ts';
import type { Caller } from '../../shared/domain/registry/caller.ts';
import { callerOf } from '../../shared/runtime/callers.ts';
import { httpFunction } from '../../shared/runtime/http.ts';
import type { OwnApproval } from '../../shared/usecases/reverse-counter-payment.ts';
import { anInvoice, NUMBER } from '../dsl/given.ts';
import { aWorld, client, TOTAL, type World } from '../dsl/world.ts';
import { httpEvent } from './http-events.ts';

const desk = client('desk', { kind: 'agency' });
const INVOICE = `inv_${NUMBER}`;
const slip = {
  amount: TOTAL,
  method: 'cash',
  receipt: { symbol: '01AA/26P', number: '0000123' },
  desk: 'quay-01',
};
const BASE = '/v1/invoices/{invoiceId}/counter-payments';

let world: World;
let audited: OwnApproval[];
beforeEach(() => {
  world = aWorld();
  audited = [];
  anInvoice('open')(world);
});

async function call(
  route: string,
  person: string,
  more: { body?: unknown; key?: string; id?: string; language?: string } = {},
) {
  const registry = { client: async (id: string) => (id === 'desk' ? desk : undefined) };
  const routes = counterRoutes({
    invoices: world.invoices,
    audit: (tried) => audited.push(tried),
    now: world.now,
  });
  const caller = (): Promise<Caller> => callerOf({ client_id: 'desk', sub: person }, registry);
  const event = httpEvent(route, {
    headers: {
      'content-type': 'application/json',
      'idempotency-key': more.key ?? 'a-key-of-the-desk',
      'accept-language': more.language ?? 'en',
    },
    ...(more.body !== undefined && { body: JSON.stringify(more.body) }),
  });
  event.pathParameters = { invoiceId: INVOICE, ...(more.id !== undefined && { counterPaymentId: more.id }) };
  const answer = await httpFunction(routes, caller)(event, {} as never);
  return { status: answer.statusCode, headers: answer.headers, body: JSON.parse(answer.body ?? '{}') };
}

describe('the desk over HTTP', () => {
  it('records, proposes, approves, each once, by two persons of one client', async () => {
    const recorded = await call(`POST ${BASE}`, 'lan', { body: slip });
    expect(recorded).toMatchObject({
      status: 201,
      body: {
        state: 'recorded',
        recordedBy: 'lan',
        invoiceState: 'paid',
        due: { amount: 0 },
        amount: { amount: TOTAL },
      },
    });
    const again = await call(`POST ${BASE}`, 'lan', { body: slip });
    expect(again).toMatchObject({ status: 201, headers: { 'idempotent-replayed': 'true' }, body: recorded.body });

    const id = recorded.body.counterPaymentId;
    const reversal = `${BASE}/{counterPaymentId}/reversal`;
    const proposed = await call(`POST ${reversal}`, 'lan', { id, body: { reason: 'WRONG_INVOICE' } });
    expect(proposed).toMatchObject({
      status: 201,
      body: { state: 'reversal_proposed', reversal: { proposedBy: 'lan' } },
    });

    const own = await call(`POST ${reversal}/approve`, 'lan', { id, language: 'vi' });
    expect(own).toMatchObject({ status: 403, body: { code: 'own_approval', title: 'Không được tự duyệt' } });
    expect(audited).toMatchObject([{ by: 'lan', movement: id }]);

    const approved = await call(`POST ${reversal}/approve`, 'minh', { id });
    expect(approved).toMatchObject({
      status: 200,
      body: {
        state: 'reversed',
        invoiceState: 'open',
        due: { amount: TOTAL },
        reversal: { state: 'approved', proposedBy: 'lan', decidedBy: 'minh', reason: 'WRONG_INVOICE' },
      },
    });
    const listed = await call(`GET ${BASE}`, 'minh');
    expect(listed.body.data).toEqual([approved.body]);
  });

  it('rejects, and the payment stands', async () => {
    const { body } = await call(`POST ${BASE}`, 'lan', { body: slip });
    const at = `${BASE}/{counterPaymentId}/reversal`;
    await call(`POST ${at}`, 'lan', { id: body.counterPaymentId, body: { reason: 'PAID_TWICE' } });
    const rejected = await call(`POST ${at}/reject`, 'minh', { id: body.counterPaymentId });
    expect(rejected).toMatchObject({
      status: 200,
      body: { state: 'recorded', invoiceState: 'paid', reversal: { state: 'rejected', decidedBy: 'minh' } },
    });
  });

  it.each([
    ['a fraction', { ...slip, amount: 0.5 }, 400],
    ['nothing', { ...slip, amount: 0 }, 400],
    ['a member that is not known', { ...slip, paidAt: 'now' }, 400],
    ['a card without its slip', { ...slip, method: 'card' }, 400],
    ['cash with a card’s slip', { ...slip, cardSlip: '1' }, 400],
    ['a receipt number with letters', { ...slip, receipt: { symbol: 'A', number: 'x' } }, 400],
    ['more than what is due', { ...slip, amount: TOTAL + 1 }, 422],
  ])('answers %s with a problem, and nothing has changed', async (_, body, status) => {
    const answer = await call(`POST ${BASE}`, 'lan', { body });
    expect(answer.status).toBe(status);
    expect(answer.headers).toMatchObject({ 'content-type': expect.stringContaining('application/problem+json') });
    if (status === 400) expect(answer.body.errors[0].pointer).toMatch(/^\/body/);
    else expect(answer.body).toMatchObject({ code: 'amount_not_due', detail: `${TOTAL} dong are due.` });
    expect(world.invoices.changes).toEqual([]);
  });

  it('knows no payment under a name that is none of the desk’s', async () => {
    const answer = await call(`POST ${BASE}/{counterPaymentId}/reversal/approve`, 'minh', { id: 'mov_bank-one_T1' });
    expect(answer.status).toBe(404);
  });
});
