import { describe, expect, it } from 'vitest';
import { CatalogueInvalid, loadCatalogue } from '../../shared/catalogue/load.ts';
import { anItem, aProcedureData, aRow, words } from './fees/dsl.ts';

const terms = { sources: { portal: 'Cổng Dịch vụ công quốc gia' }, conditions: { student: words('sinh viên') } };
type Data = Record<string, unknown>;
const load = (...procedures: Data[]) => loadCatalogue(terms, [{ procedures }]);

/** Asserts that the data are refused for this reason and no other. */
function refuses(reason: string, ...procedures: Data[]): void {
  let problems: readonly string[] = [];
  try {
    load(...procedures);
  } catch (error) {
    if (!(error instanceof CatalogueInvalid)) throw error;
    problems = error.problems;
  }
  expect(problems).toEqual([expect.stringContaining(reason)]);
}

const withRows = (...rows: Data[]): Data => aProcedureData(anItem(1, ...rows));
const until = (effectiveTo: string, more: Data = {}) => aRow({ effectiveFrom: '2025-01-01', effectiveTo, ...more });

describe('a catalogue that fits', () => {
  it('is read with its sources and conditions in words, in order of code', () => {
    const later = { ...aProcedureData(), code: '9.000002', dvcCode: '9.000002.01', items: [itemOf('9.000002-01')] };
    const [first, second] = load(later, withRows(aRow(), aRow({ condition: 'student', role: 'reduction' })));
    expect(first).toMatchObject({
      code: '9.000001',
      sources: ['Cổng Dịch vụ công quốc gia'],
      conditions: { student: words('sinh viên') },
      choices: [],
      items: [{ beneficiary: 'main', tariffs: [{ role: 'base', confidence: 'high' }, { condition: 'student' }] }],
    });
    expect(second).toMatchObject({ code: '9.000002', conditions: {} });
  });

  it.each([
    ['one row after the other', until('2025-12-31'), aRow()],
    ['one row for each channel', aRow({ channel: 'online' }), aRow({ channel: 'offline' })],
    ['a reduction beside its tariff', aRow(), aRow({ role: 'reduction' })],
    ['a row for certain persons beside that for all', aRow(), aRow({ condition: 'student' })],
    ['a row of one day', until('2025-01-01'), aRow()],
  ])('may have %s', (_, ...rows) => {
    expect(load(withRows(...rows))).toHaveLength(1);
  });
});

const itemOf = (id: string): Data => ({ ...anItem(1, aRow()), id });

describe('a catalogue is refused for', () => {
  it('a procedure that stands twice', () => {
    const again = { ...aProcedureData(), items: [], notPriceable: notPriceable() };
    refuses('procedure 9.000001 stands twice', withRows(aRow()), again);
  });

  it('a fee item that stands twice', () => {
    refuses('fee item 9.000001-01 stands twice', aProcedureData(anItem(1, aRow()), anItem(1, aRow())));
  });

  it('the same in two files', () => {
    const file = { procedures: [{ ...aProcedureData(), notPriceable: notPriceable() }] };
    expect(() => loadCatalogue(terms, [file, file])).toThrow('procedure 9.000001 stands twice');
  });

  it.each([
    ['on one day', until('2026-01-01'), aRow()],
    ['of any channel and one channel', aRow(), aRow({ channel: 'online' })],
    ['of offline and post', aRow({ channel: 'offline' }), aRow({ channel: 'post' })],
    ['without ends', aRow({ effectiveFrom: null }), aRow({ effectiveFrom: null, effectiveTo: '2020-01-01' })],
  ])('tariffs for everybody that overlap %s', (_, ...rows) => {
    refuses('base rows of 9.000001-01 overlap', withRows(...rows));
  });

  it('a window that ends before it begins', () => {
    refuses('ends before it begins', withRows(until('2024-12-31')));
  });

  it.each([
    ['a negative amount', { tariff: { kind: 'flat', amount: -1 } }, 'tariff.amount'],
    ['a fraction of a dong', { tariff: { kind: 'per_unit', amount: 0.5 } }, 'tariff.amount'],
    ['an amount beyond any fee', { tariff: { kind: 'flat', amount: 1_000_000_001 } }, 'tariff.amount'],
    ['a kind of tariff that is not known', { tariff: { kind: 'tiers', amount: 1 } }, 'tariff.kind'],
    ['a member that the kind does not have', { tariff: { kind: 'flat', amount: 1, cap: 2 } }, 'cap'],
    ['a channel that is not known', { channel: 'fax' }, 'channel'],
    ['a role that is not known', { role: 'bonus' }, 'role'],
    ['a day that does not exist', { effectiveTo: '2026-02-30' }, 'effectiveTo'],
    ['no law', { legalBasis: [] }, 'legalBasis'],
    ['a misspelt member', { effectivefrom: '2026-01-01' }, 'effectivefrom'],
  ])('%s', (_, row, where) => {
    refuses(where, withRows(aRow(row)));
  });

  it('a kind of fee that is not known', () => {
    refuses('kind', aProcedureData({ ...anItem(1, aRow()), kind: 'thuong' }));
  });

  it('a condition or a source without words', () => {
    refuses('unknown condition nobody', withRows(aRow({ condition: 'nobody' })));
    refuses('unknown source hearsay', { ...withRows(aRow()), sources: ['hearsay'] });
  });

  it('choices that cannot be made', () => {
    const choice = (...of: string[]) => ({ choose: 'exactly_one', of });
    const both = [choice('9.000001-01'), choice('9.000001-01')];
    refuses('which it does not have', { ...withRows(aRow()), choices: [choice('9.000001-07')] });
    refuses('in two choices', { ...withRows(aRow()), choices: both });
  });

  it('a fee item or a service of another procedure', () => {
    refuses('9.000002-01 belongs to another procedure', aProcedureData(itemOf('9.000002-01')));
    refuses('9.000002.01 is no service', { ...withRows(aRow()), dvcCode: '9.000002.01' });
  });

  it('a fee item without a tariff, and a procedure without fee items', () => {
    refuses('9.000001-01 has no tariff', withRows());
    refuses('has no fee items', aProcedureData());
  });

  it('every problem at once', () => {
    const bad = aProcedureData(anItem(1, aRow(), aRow()), anItem(1, aRow({ condition: 'nobody' })));
    expect(() => load(bad)).toThrow(/stands twice[\s\S]*unknown condition[\s\S]*overlap/);
  });
});

function notPriceable(): Data {
  const legalBasis = [{ document: 'TT 1/2026/TT-BTC', effectiveFrom: null, effectiveTo: null }];
  return { reason: 'tiers', words: words('theo bậc'), legalBasis };
}
