import { describe, expect, it } from 'vitest';
import { cachedRegistry } from '../../shared/runtime/registry-cache.ts';
import { client } from '../dsl/world.ts';
import { MemoryRegistry } from '../fakes/memory-registry.ts';

/** The bound that is promised to callers. Milliseconds. */
const PROMISED = 60_000;
const origin = (key: string) => ({ keyHash: key, bodyHash: key });

function aCache() {
  const registry = new MemoryRegistry();
  const clock = { at: 1_000_000 };
  return { registry, clock, cache: cachedRegistry(registry, () => clock.at) };
}

describe('what the registry said', () => {
  it('is remembered for a while, and no longer than promised (scenario 69)', async () => {
    const { registry, clock, cache } = aCache();
    await registry.putClient(client('portal'), origin('1'));
    expect((await cache.client('portal'))?.active).toBe(true);
    await registry.putClient(client('portal', { active: false }), origin('2'));
    clock.at += 1000;
    expect((await cache.client('portal'))?.active).toBe(true);
    expect(registry.reads).toHaveLength(1);
    clock.at += PROMISED - 1000;
    expect((await cache.client('portal'))?.active).toBe(false);
  });

  it('of nothing is not remembered: what is registered works at once', async () => {
    const { registry, cache } = aCache();
    expect(await cache.client('portal')).toBeUndefined();
    expect(await cache.accountsAtTerminal('bank-one', 'T1')).toEqual([]);
    expect(await cache.agencyCodes()).toEqual([]);
    await registry.putClient(client('portal'), origin('1'));
    await registry.putAgency({ code: 'H29', name: { vi: 'a', en: 'a' }, active: true }, origin('1'));
    expect(await cache.client('portal')).toBeDefined();
    expect(await cache.agencyCodes()).toEqual(['H29']);
  });

  it('is not mixed up between calls and keys', async () => {
    const { registry, cache } = aCache();
    await registry.putClient(client('H29'), origin('1'));
    await registry.putClient(client('portal'), origin('2'));
    expect((await cache.client('H29'))?.id).toBe('H29');
    expect((await cache.client('portal'))?.id).toBe('portal');
    expect(await cache.agency('H29')).toBeUndefined();
    expect(await cache.accountsAtTerminal('a', 'b#c')).toEqual([]);
    expect(await cache.payeeAccount('a', 'b', 'c')).toBeUndefined();
  });

  it('holds so many and no more; the oldest go first', async () => {
    const { registry, cache } = aCache();
    const names = Array.from({ length: 5001 }, (_, index) => `c${index}`);
    for (const name of names) await registry.putClient(client(name), origin(name));
    for (const name of names) await cache.client(name);
    const before = registry.reads.length;
    await cache.client('c5000');
    expect(registry.reads).toHaveLength(before);
    await cache.client('c0');
    expect(registry.reads).toHaveLength(before + 1);
  });

  it('is not remembered when the registry could not be reached', async () => {
    const { registry, cache } = aCache();
    await registry.putClient(client('portal'), origin('1'));
    const { client: read } = registry;
    registry.client = async () => {
      throw new Error('throttled');
    };
    await expect(cache.client('portal')).rejects.toThrow('throttled');
    registry.client = read;
    expect((await cache.client('portal'))?.id).toBe('portal');
  });
});
