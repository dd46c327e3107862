import { describe, expect, it } from 'vitest';
import { stages } from '../../../infra/config.ts';
import { statementMaps } from '../../../shared/domain/reconciliation/bank/maps.ts';
import { columnMapFor, columnMaps } from '../../../shared/domain/reconciliation/column-maps.ts';
import { mapSwitch } from '../../../shared/domain/reconciliation/switched-maps.ts';

const TABLE = { id: 'bank-table.statement.v1', unverified: true };

describe('a layout that nothing public confirms', () => {
  it('is off, and on for the one partner for whom a stage names it', () => {
    expect(mapSwitch([])('970415', TABLE)).toBe(false);
    const isOn = mapSwitch(['970415:bank-table.statement.v1']);
    expect(isOn('970415', TABLE)).toBe(true);
    expect(isOn('970436', TABLE)).toBe(false);
    expect(isOn('970415', { id: 'napas-dat.statement.v1', unverified: true })).toBe(false);
  });

  it.each([
    ['no layout', '970415:unknown.statement.v1'],
    ['one that is sure', 'sandbox-bank:sandbox-bank.settlement.v1'],
    ['no partner', 'bank-table.statement.v1'],
  ])('is not switched on by a name of %s: an error, never ignored', (_, name) =>
    expect(() => mapSwitch([name])).toThrow(RangeError),
  );

  it('is each layout of a bank, and of every provider that moves real money', () => {
    expect(statementMaps().filter(({ unverified }) => !unverified)).toEqual([]);
    const sure = columnMaps.filter(({ unverified }) => !unverified).map(({ providerId }) => providerId);
    expect(new Set(sure)).toEqual(new Set(['sandbox-bank']));
  });

  it('is on in no stage that moves real money', () => {
    const vnpay = columnMapFor('vnpay');
    if (!vnpay) throw new Error('no layout of VNPAY');
    expect(mapSwitch(stages.sandbox.switchedOnMaps)('vnpay', vnpay)).toBe(true);
    expect(mapSwitch(stages.production.switchedOnMaps)('vnpay', vnpay)).toBe(false);
  });
});
