import { describe, expect, it } from 'vitest';
import { listQueues, redriveQueue, showDeadLetters, startRepair } from '../../shared/usecases/operate.ts';
import { REPAIR_SEGMENTS } from '../../shared/usecases/repair.ts';
import { anInvoice } from '../dsl/given.ts';
import { aWorld, callerOf, client, LAND_AT_ONE, NOW, TOTAL } from '../dsl/world.ts';
import { MemoryCalls } from '../fakes/memory-calls.ts';
import { aDesk } from '../fakes/memory-desk.ts';

const operator = callerOf(client('operator', { kind: 'operator', agencies: '*' }));

/** A message of the inbox as the callback function writes it. */
async function callbackMessage(): Promise<string> {
  const world = aWorld();
  anInvoice('open')(world);
  await world.callback('bank-one', {
    ...{ reference: '480213567890015', outcome: 'paid', transactionId: 'T1', amount: TOTAL, currency: 'VND' },
    ...{ terminal: LAND_AT_ONE, paidAt: NOW, resultCode: '00' },
  });
  return JSON.stringify(world.inbox.take()[0]);
}

describe('what was put aside', () => {
  it('is listed by queue with its count and its age', async () => {
    const { desk } = aDesk(['{', '{}']);
    expect(await listQueues({ desk })).toEqual([
      { name: 'inbox', queue: { waiting: 0, inHand: 0 }, deadLetters: 2, oldest: NOW - 1 },
      { name: 'sweep', queue: undefined, deadLetters: 0, oldest: undefined },
    ]);
  });

  it('is told by kind and ids, of any version, and never as a whole', async () => {
    const callback = await callbackMessage();
    const delivery = { owner: 'agency:H29.14', event: { id: 'evt_1_paid', type: 'invoice.paid.v7', later: 1 } };
    const file = { Records: [{ s3: { object: { key: 'aws/lambda/x' } } }] };
    const question = { v: 1, providerId: 'bank-one', reference: '480213567890012' };
    const batchId = `bat_${'0'.repeat(24)}`;
    const foreign = { v: 2, payer: 'Nguyễn Văn A' };
    const bodies = [
      ...[callback, JSON.stringify(delivery), JSON.stringify(file), '{"kind":"repair"}', 'not json'],
      ...[question, { goOnWith: batchId }, foreign].map((body) => JSON.stringify(body)),
    ];
    const { desk } = aDesk(bodies);
    const shown = await showDeadLetters('inbox', 10, { desk });
    expect(shown.map(({ kind, ids }) => [kind, ids])).toEqual([
      ['callback', { provider: 'bank-one', reference: '480213567890015', transactionId: 'T1' }],
      ['invoice.paid.v7', { owner: 'agency:H29.14', eventId: 'evt_1_paid' }],
      ['file', { key: 'aws/lambda/x' }],
      ['repair', {}],
      ['unreadable', {}],
      ['question', { provider: 'bank-one', reference: '480213567890012' }],
      ['batch', { batchId }],
      ['unreadable', {}],
    ]);
  });

  it('is put back once for a call, some or all of it (scenario 43)', async () => {
    const parts = aDesk(['1', '2', '3', '4']);
    const first = await redriveQueue('inbox', 1, operator, 'redrive-some', parts);
    expect(first).toEqual({ moved: 1, left: 3, replayed: false });
    expect(await redriveQueue('inbox', 1, operator, 'redrive-some', parts)).toEqual({ ...first, replayed: true });
    await expect(redriveQueue('inbox', 2, operator, 'redrive-some', parts)).rejects.toMatchObject({
      code: 'idempotency_key_reused',
    });
    expect(await redriveQueue('inbox', undefined, operator, 'redrive-all1', parts)).toMatchObject({
      moved: 3,
      left: 0,
    });
    expect(parts.inbox).toEqual(['1', '2', '3', '4']);
  });

  it('is not found under a name that is not ours, and nothing changes', async () => {
    const parts = aDesk(['1']);
    for (const name of ['other', '__proto__', 'constructor']) {
      await expect(redriveQueue(name, 1, operator, 'a-key-12345', parts)).rejects.toMatchObject({ code: 'not_found' });
      await expect(showDeadLetters(name, 1, parts)).rejects.toMatchObject({ code: 'not_found' });
    }
    await expect(redriveQueue('sweep', 1, operator, 'a-key-12345', parts)).rejects.toMatchObject({
      code: 'queue_not_redrivable',
    });
    expect(parts.inbox).toEqual([]);
  });
});

describe('a repair that an operator starts', () => {
  it('is a piece for each part of the book and each agency’s day, once a call', async () => {
    const sent: unknown[] = [];
    const dependencies = {
      calls: new MemoryCalls(),
      registry: { agencyCodes: async () => ['H29.14', 'A02.3'] },
      work: { sendAll: async (pieces: readonly unknown[]) => void sent.push(...pieces) },
      now: () => NOW,
    };
    const asked = { from: NOW - 86_400_000, to: NOW };
    const { pieces } = await startRepair(asked, operator, 'repair-a-day', dependencies);
    // The registry; two agencies and money without one, on two days, and the work list of each.
    expect(pieces).toBe(REPAIR_SEGMENTS + 1 + 2 * 3 + 3);
    expect((await startRepair(asked, operator, 'repair-a-day', dependencies)).replayed).toBe(true);
    expect(sent).toHaveLength(pieces);
    await expect(startRepair({ from: NOW, to: NOW - 1 }, operator, 'repair-back', dependencies)).rejects.toMatchObject({
      code: 'unprocessable',
    });
  });
});
