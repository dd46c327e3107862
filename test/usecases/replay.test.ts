import { describe, expect, it } from 'vitest';
import { InvoiceNumber } from '../../shared/domain/invoice/number.ts';
import { MAX_REPLAY_MILLISECONDS } from '../../shared/domain/notification/replay.ts';
import { replayEvent, replayInvoice, replayRange } from '../../shared/usecases/replay-events.ts';
import { runReplays } from '../../shared/usecases/run-replays.ts';
import { NUMBER } from '../dsl/given.ts';
import { aTown, blockedEndpoint, LAND, LAND_OWNER, NOW, POLICE, paymentOf } from '../dsl/notifying.ts';
import { callerOf, client, PORTAL, LAND as WORLD_LAND } from '../dsl/world.ts';
import { paidWorld } from './replay-world.ts';

const HOUR = 3_600_000;
const agency = callerOf(client('land', { kind: 'agency', agencies: [LAND] }));

const landAgency = callerOf(client('land', { kind: 'agency', agencies: [WORLD_LAND] }));
const refusedAs = (code: string) => expect.objectContaining({ code });

describe('replaying an event or an invoice', () => {
  it('sends the very same events to the caller’s own endpoint, and no other', async () => {
    const { world, dependencies, told } = await paidWorld();
    await replayInvoice(NUMBER, landAgency, 'a-key-of-land', dependencies);
    expect(world.deliveries.take()).toEqual(told.filter(({ owner }) => owner === `agency:${WORLD_LAND}`));
    await replayInvoice(NUMBER, PORTAL, 'a-key-of-portal', dependencies);
    expect(world.deliveries.take()).toEqual(told.filter(({ owner }) => owner === 'client:portal'));
  });

  it('sends once for a call, however often it comes; another body under its key is refused', async () => {
    const { world, dependencies, told } = await paidWorld();
    const id = told[0]?.event.id ?? '';
    const first = await replayEvent(id, landAgency, 'one-key-for-all', dependencies);
    const again = await replayEvent(id, landAgency, 'one-key-for-all', dependencies);
    expect([first.replayed, again.replayed, first.replay.sent]).toEqual([false, true, 1]);
    expect(world.deliveries.take().map(({ event }) => event.id)).toEqual([id]);
    await expect(replayInvoice(NUMBER, landAgency, 'one-key-for-all', dependencies)).rejects.toEqual(
      refusedAs('idempotency_key_reused'),
    );
  });

  it('sends again when the call died before it was done', async () => {
    const { world, dependencies } = await paidWorld();
    world.deliveries.outage = new Error('no queue');
    await expect(replayInvoice(NUMBER, landAgency, 'dies-once-here', dependencies)).rejects.toThrow('no queue');
    world.deliveries.outage = undefined;
    const { replayed } = await replayInvoice(NUMBER, landAgency, 'dies-once-here', dependencies);
    expect([replayed, world.deliveries.take().length]).toEqual([false, 2]);
  });

  it('finds nothing of others, and nothing that is not about money (scenario 64)', async () => {
    const { dependencies } = await paidWorld();
    const stranger = callerOf(client('stranger', { kind: 'agency', agencies: ['H26.07'] }));
    const otherPortal = callerOf(client('other-portal'));
    for (const caller of [stranger, otherPortal])
      await expect(replayInvoice(NUMBER, caller, 'a-key-12345', dependencies)).rejects.toEqual(refusedAs('not_found'));
    const absent = InvoiceNumber.parse('999999999999');
    await expect(replayInvoice(absent, landAgency, 'a-key-12345', dependencies)).rejects.toEqual(
      refusedAs('not_found'),
    );
    for (const id of [`evt_${NUMBER}_created`, 'evt_mov_0123456789ab'])
      await expect(replayEvent(id, landAgency, 'a-key-12345', dependencies)).rejects.toEqual(
        refusedAs('event_not_replayable'),
      );
  });
});

describe('replaying a range', () => {
  async function town() {
    const made = aTown([LAND_OWNER]);
    for (let place = 0; place < 250; place += 1) await made.publish(paymentOf(place));
    made.clock.at += HOUR;
    const dependencies = { ...made.dependencies, invoices: { findMany: async () => [] } };
    return { town: made, dependencies };
  }

  it('sends what was committed in it, in order, some pages a run, and ends', async () => {
    const { town: made, dependencies } = await town();
    const range = { agencyCode: LAND, from: NOW + 10, to: NOW + 219 };
    const { replay } = await replayRange(range, agency, 'a-range-of-time', dependencies);
    expect([replay.state, made.deliveries.take()]).toEqual(['running', []]);
    const { sent } = await runReplays(dependencies);
    const ids = made.deliveries.take().map(({ event }) => event.id);
    expect([sent, ids.length, new Set(ids).size]).toEqual([420, 420, 420]);
    expect(ids[0]).toContain('480000000010');
    expect(ids.at(-1)).toContain('480000000219');
    expect(await made.replays.running()).toEqual([]);
    expect((await runReplays(dependencies)).sent).toBe(0);
    const again = await replayRange(range, agency, 'a-range-of-time', dependencies);
    expect([again.replayed, again.replay.state, again.replay.sent]).toEqual([true, 'done', 420]);
  });

  it('waits for an endpoint that is blocked, and has one that is disabled asked again', async () => {
    const { town: made, dependencies } = await town();
    await made.endpoints.block(blockedEndpoint(LAND_OWNER, NOW, { state: 'disabled', nextProbeAt: NOW * 2 }));
    await replayRange({ agencyCode: LAND, from: NOW, to: NOW + 5 }, agency, 'to-be-rearmed', dependencies);
    expect(await made.endpoints.all()).toMatchObject([{ state: 'blocked', nextProbeAt: made.clock.at }]);
    expect((await runReplays(dependencies)).sent).toBe(0);
    await made.minutes(3);
    expect((await runReplays(dependencies)).sent).toBe(12);
  });

  it('refuses a range that is too wide, backwards, to come, or another agency’s: nothing has changed', async () => {
    const { town: made, dependencies } = await town();
    const now = made.clock.at;
    const tries = [
      [{ agencyCode: LAND, from: now - MAX_REPLAY_MILLISECONDS - 1, to: now }, 'range_too_wide'],
      [{ agencyCode: LAND, from: now, to: now - 1 }, 'unprocessable'],
      [{ agencyCode: LAND, from: now, to: now + 1 }, 'unprocessable'],
      [{ agencyCode: POLICE, from: now, to: now }, 'not_found'],
    ] as const;
    for (const [range, code] of tries)
      await expect(replayRange(range, agency, 'a-key-12345', dependencies)).rejects.toEqual(refusedAs(code));
    expect(await made.replays.running()).toEqual([]);
  });
});
