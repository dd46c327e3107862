import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LogRecord } from '../../shared/domain/logbook/record.ts';
import type { Client } from '../../shared/domain/registry/registry.ts';
import { keepRecords, UnreadableRecords } from '../../shared/usecases/keep-records.ts';
import { type ReadCallbacks, readCallbacks } from '../../shared/usecases/read-callbacks.ts';
import { readLog } from '../../shared/usecases/read-log.ts';
import { refusalOf } from '../dsl/invoicing.ts';
import { aCallback, anAct, aRead } from '../dsl/log-records.ts';
import { callerOf, client, NOW } from '../dsl/world.ts';
import { MemoryLogbook } from '../fakes/memory-logbook.ts';

const lines = (...records: readonly LogRecord[]) => records.map((one) => JSON.stringify(one));
const bank = (more: Partial<Client> = {}) =>
  callerOf(client('a-bank', { kind: 'provider', providerId: 'vnpay', agencies: [], ...more }));
const operator = callerOf(client('operator', { kind: 'operator', agencies: '*' }));

describe('keeping the records of log lines', () => {
  it('keeps each once, however often and however cut its batch comes', async () => {
    const records = [aRead(), anAct(), anAct({ act: 'failed', reason: 'own_approval' }), aCallback(), aCallback()];
    const once = new MemoryLogbook();
    expect(await keepRecords(lines(...records), { logbook: once })).toEqual({ reads: 1, acts: 2, callbacks: 2 });
    const often = new MemoryLogbook();
    for (let times = 0; times < 3; times += 1) await keepRecords(lines(...records), { logbook: often });
    expect(often).toEqual(once);
    expect([...once.acts.values()].map(({ act, reason }) => [act, reason])).toEqual([
      ['applied', undefined],
      ['failed', 'own_approval'],
    ]);
  });

  it('keeps callbacks together that came within a minute to one provider, and at most a hundred', async () => {
    const logbook = new MemoryLogbook();
    const at = Math.floor(NOW / 60_000) * 60_000;
    const many = Array.from({ length: 150 }, (_, place) => aCallback({ at: at + place }));
    const others = [aCallback({ at, providerId: 'momo' }), aCallback({ at: at + 60_000 })];
    await keepRecords(lines(...many, ...others), { logbook });
    expect([...logbook.kept.values()].map(({ records }) => records.length).sort()).toEqual([1, 1, 100, 50]);
  });

  it('keeps the others where a line is no record, and then says so', async () => {
    const logbook = new MemoryLogbook();
    const batch = [...lines(aRead()), 'no JSON', '{"book":"reads"}', '{"book":"gossip"}'];
    await expect(keepRecords(batch, { logbook })).rejects.toThrow(UnreadableRecords);
    expect(logbook.reads.size).toBe(1);
  });

  it('never takes a record that holds more than a record has', () => {
    // Whoever writes the data themselves into the logbook by mistake is told in tests, not by an auditor.
    const read = LogRecord.parse({ ...aRead(), payer: 'Nguyễn Văn Mẫu' });
    expect(read).not.toHaveProperty('payer');
  });
});

describe('what a bank sees of its callbacks', () => {
  const ask = (more: Partial<ReadCallbacks> = {}): ReadCallbacks => ({
    ...{ providerId: 'vnpay', from: NOW, to: NOW + 120_000, limit: 100 },
    ...more,
  });

  it('is its own provider’s, and an operator sees everybody’s', async () => {
    const callbacks = new MemoryLogbook();
    await callbacks.keepCallbacks([aCallback()]);
    const seen = async (who: typeof operator, more: Partial<ReadCallbacks> = {}) =>
      (await readCallbacks(ask(more), who, { callbacks })).callbacks.length;
    expect(await seen(bank())).toBe(1);
    expect(await seen(operator)).toBe(1);
    const refused = (who: typeof operator, more: Partial<ReadCallbacks> = {}) =>
      refusalOf(readCallbacks(ask(more), who, { callbacks }));
    expect(await refused(bank({ providerId: 'momo' }))).toBe('not_found');
    expect(await refused(bank(), { providerId: 'momo' })).toBe('not_found');
    for (const kind of ['portal', 'agency', 'finance'] as const)
      expect(await refused(callerOf(client('c', { kind, agencies: '*' })))).toBe('not_found');
    expect(await refused(bank(), { to: NOW })).toBe('unprocessable');
    expect(await refused(bank(), { to: NOW + 31 * 86_400_000 + 1 })).toBe('range_too_wide');
  });

  it('is narrowed by reference and by what came of it', async () => {
    const callbacks = new MemoryLogbook();
    const forged = aCallback({ outcome: 'refused', reason: 'signature', told: [] });
    await callbacks.keepCallbacks([aCallback(), forged]);
    const seen = async (more: Partial<ReadCallbacks>) =>
      (await readCallbacks(ask(more), bank(), { callbacks })).callbacks.map(({ outcome }) => outcome);
    expect(await seen({ outcome: 'refused' })).toEqual(['refused']);
    expect(await seen({ reference: '480213567890015' })).toEqual(['accepted']);
    expect(await seen({ reference: '480213567890023' })).toEqual([]);
  });

  it('is every callback of the time once, in whatever bundles and pages', async () => {
    const minute = fc.integer({ min: -90_000, max: 200_000 });
    await fc.assert(
      fc.asyncProperty(fc.array(minute, { maxLength: 60 }), fc.integer({ min: 1, max: 7 }), async (laters, limit) => {
        const callbacks = new MemoryLogbook();
        const records = laters.map((later) => aCallback({ at: NOW + later }));
        await keepRecords(lines(...records), { logbook: callbacks });
        const seen: string[] = [];
        let after: string | undefined;
        do {
          const page = await readCallbacks(ask({ limit, after }), bank(), { callbacks });
          seen.push(...page.callbacks.map(({ id }) => id));
          expect(page.callbacks.length).toBeLessThanOrEqual(limit);
          after = page.nextAfter;
        } while (after !== undefined);
        const wanted = records.filter(({ at }) => at >= NOW && at < NOW + 120_000).map(({ id }) => id);
        expect(seen.toSorted()).toEqual(wanted.toSorted());
      }),
    );
  });
});

describe('who looked', () => {
  it('is found by what was shown or by the person, and both narrow it', async () => {
    const logbook = new MemoryLogbook();
    const days = { from: '2026-11-20', to: '2026-11-23', limit: 2 };
    for (const by of ['one', 'two', 'one', 'two', 'two']) await logbook.keepRead(aRead({ by }));
    const pages = async (more: object) => {
      const seen: string[] = [];
      let after: string | undefined;
      do {
        const page = await readLog({ ...days, ...more, after }, logbook, 731);
        seen.push(...page.entries.map(({ by }) => by));
        after = page.nextAfter;
      } while (after !== undefined);
      return seen;
    };
    const invoice = { kind: 'invoices', id: 'inv_480213567890' };
    expect(await pages(invoice)).toEqual(['one', 'two', 'one', 'two', 'two']);
    expect(await pages({ person: 'two' })).toEqual(['two', 'two', 'two']);
    expect(await pages({ ...invoice, person: 'one' })).toEqual(['one', 'one']);
    expect(await pages({ id: invoice.id })).toHaveLength(5);
    expect(await pages({ kind: 'payments' })).toEqual([]);
  });

  it.each([
    ['of a person a day', { person: 'one' }, '2026-11-20'],
    ['of everybody a place', {}, '1795800000000#word'],
    ['a day that is none', {}, '2026-02-31'],
  ])('has no page behind %s', async (_, more, after) => {
    const days = { from: '2026-11-20', to: '2026-11-23', limit: 2 };
    await expect(readLog({ ...days, ...more, after }, new MemoryLogbook(), 731)).rejects.toThrow('invalid cursor');
  });
});
