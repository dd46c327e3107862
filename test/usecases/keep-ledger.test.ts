import { describe, expect, it } from 'vitest';
import { QUIET_MILLISECONDS } from '../../shared/domain/ledger/seal.ts';
import { addDays, DAY_MILLISECONDS, startOfDay, vietnamDay } from '../../shared/domain/time.ts';
import { keepLedger } from '../../shared/usecases/keep-ledger.ts';
import { sealLedger } from '../../shared/usecases/seal-ledger.ts';
import { verifyLedger, verifyRecent } from '../../shared/usecases/verify-ledger.ts';
import { anEntry, ledgerWorld } from './crash-cases-of-ledger.ts';

const HOUR = 3_600_000;
const FIRST = Date.parse('2026-11-22T20:10:00+07:00');
const MIDNIGHT = startOfDay(addDays(vietnamDay(FIRST), 1));

describe('the hour’s work on the ledger', () => {
  it('begins the chain with the beginning of the ledger and ends its first segment with the first entry’s hour', async () => {
    const world = ledgerWorld(FIRST + 3 * DAY_MILLISECONDS);
    expect(await sealLedger(world.dependencies)).toEqual({ segments: 0, entries: 0 });
    await world.append(anEntry(FIRST + DAY_MILLISECONDS, 1));
    await sealLedger(world.dependencies);
    const [header = ''] = (world.seals.segments.get(1) ?? '').split('\n');
    expect(JSON.parse(header)).toMatchObject({
      from: FIRST - (FIRST % HOUR),
      to: FIRST - (FIRST % HOUR) + DAY_MILLISECONDS + HOUR,
    });
    // What is put in before the first entry is found out too.
    world.lying.put({ p: 'H29.12#2026-11-22#0', s: `${FIRST + 1}#mov_x_1` });
    expect((await verifyLedger(world.dependencies)).breach?.kind).toBe('entry_unsealed');
  });

  it('at once seals to the moment, and goes on with the rest of the hour', async () => {
    const world = ledgerWorld(FIRST + 1);
    await world.append(anEntry(FIRST, 1));
    // Time passes while it works.
    let ticks = 0;
    const atOnce = { ...world.dependencies, pace: 'atOnce' as const, now: () => world.clock.at + ticks++ };
    expect(await sealLedger(atOnce)).toEqual({ segments: 1, entries: 1 });
    await world.append(anEntry(FIRST + 20, 2));
    world.clock.at = FIRST - (FIRST % HOUR) + HOUR + QUIET_MILLISECONDS;
    expect(await sealLedger(world.dependencies)).toEqual({ segments: 1, entries: 1 });
    expect((await verifyLedger(world.dependencies)).breach).toBeUndefined();
  });

  it('proves and adds up a day once, from three in the morning', async () => {
    const world = ledgerWorld(MIDNIGHT + 3 * HOUR - 1);
    await world.append(anEntry(FIRST, 1));
    expect(await keepLedger(world.dependencies)).not.toHaveProperty('day');
    world.clock.at += 1;
    const { day } = await keepLedger(world.dependencies);
    expect(day).toEqual({ late: 0, proved: 1, balances: 1, differed: 0 });
    world.clock.at += HOUR;
    expect(await keepLedger(world.dependencies)).not.toHaveProperty('day');
  });

  it('takes late entries in: sealed as a supplement, and in the balances of their day and those after it', async () => {
    const world = ledgerWorld(MIDNIGHT + 4 * HOUR);
    await world.append(anEntry(FIRST, 1));
    await keepLedger(world.dependencies);
    await world.append(anEntry(FIRST + HOUR, 2));
    world.clock.at += DAY_MILLISECONDS;
    const { day } = await keepLedger(world.dependencies);
    expect(day).toEqual({ late: 1, proved: 2, balances: 2, differed: 1 });
    expect((await verifyLedger(world.dependencies)).breach).toBeUndefined();
  });

  it('makes no balances of books that were touched, and says so every hour (scenario 72)', async () => {
    const world = ledgerWorld(MIDNIGHT + 2 * HOUR);
    await world.append(anEntry(FIRST, 1));
    await keepLedger(world.dependencies);
    for (const entry of world.lying.items.values()) entry['a'] = 7;
    for (let hour = 3; hour < 6; hour += 1) {
      world.clock.at = MIDNIGHT + hour * HOUR;
      await expect(keepLedger(world.dependencies)).rejects.toThrow('entry_broken 1');
    }
    expect(world.balances.days.size).toBe(0);
  });

  it('proves recent days without the years before, and names what stands in them', async () => {
    const world = ledgerWorld(FIRST + 12 * DAY_MILLISECONDS);
    for (let day = 0; day < 12; day += 1) await world.append(anEntry(FIRST + day * DAY_MILLISECONDS, day));
    while ((await sealLedger(world.dependencies)).segments > 0);
    const since = FIRST + 10 * DAY_MILLISECONDS - HOUR;
    expect(await verifyRecent(world.dependencies, since)).toMatchObject({ entries: 2 });
    for (const [key, entry] of world.lying.items) if (key.includes(String(FIRST))) entry['a'] = 7;
    expect((await verifyRecent(world.dependencies, since)).breach).toBeUndefined();
    const missing = (world.seals.remembered?.segment ?? 0) - 5;
    const text = world.seals.segments.get(missing) ?? '';
    world.seals.segments.delete(missing);
    expect((await verifyRecent(world.dependencies, since)).breach).toMatchObject({
      kind: 'segment_missing',
      segment: missing,
    });
    world.seals.segments.set(missing, text);
    for (const [key, entry] of world.lying.items)
      if (key.includes(String(FIRST + 11 * DAY_MILLISECONDS))) entry['a'] = 7;
    expect((await verifyRecent(world.dependencies, since)).breach?.kind).toBe('entry_broken');
  });
});
