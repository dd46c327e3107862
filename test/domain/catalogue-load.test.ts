import { describe, expect, it } from 'vitest';
import { CatalogueInvalid, loadCatalogue } from '../../shared/catalogue/load.ts';
import { anItem, aProcedureData, aRow, words } from './fees/dsl.ts';

const terms = { sources: { portal: 'Cổng Dịch vụ công quốc gia' }, conditions: { student: words('sinh viên') } };
type Data = Record<string, unknown>;
const load = (...procedures: Data[]) => loadCatalogue(terms, [{ procedures }]);

const rounding = { mode: 'down' };
const rate = { parts: 5, per: 100 };
const band = (upTo: number | null, base = 0, perMille = 0) => ({
  upTo,
  base,
  ...(perMille > 0 && { rate: { parts: perMille, per: 1_000 } }),
});
const tier = (upTo: number | null) => ({ upTo, amount: 1 });
const zone = (key: string) => ({ zone: key, name: words(key), amount: 1 });
const rule = {
  words: words('x'),
  basis: { document: 'NĐ', effectiveFrom: null, effectiveTo: null },
  confidence: 'low',
};
const aRelief = (more: Data): Data => ({
  id: 'r-1',
  name: words('r'),
  appliesTo: { procedures: ['9.000001'] },
  effect: { kind: 'exempt' },
  channel: 'any',
  effectiveFrom: '2026-01-01',
  effectiveTo: null,
  legalBasis: [{ document: 'TT' }],
  ...more,
});

function problemsOf(...[termsFile, ...files]: [unknown, ...unknown[]]): readonly string[] {
  try {
    loadCatalogue(termsFile, files);
    return [];
  } catch (error) {
    if (!(error instanceof CatalogueInvalid)) throw error;
    return error.problems;
  }
}

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

  it('takes the rows of a province from a file of their own, and gives a procedure what is its', () => {
    const place = {
      tariffs: [{ feeItem: '9.000001-01', row: aRow({ place: 'H26' }) }],
      reliefs: [aRelief({ condition: 'student' })],
    };
    const other = { ...aProcedureData(), code: '9.000002', dvcCode: '9.000002.01', items: [itemOf('9.000002-01')] };
    const [first, second] = loadCatalogue(terms, [place, { procedures: [withRows(aRow()), other] }]);
    expect(first?.items[0]?.tariffs.map((row) => row.place)).toEqual([undefined, 'H26']);
    expect(first).toMatchObject({ reliefs: [{ id: 'r-1' }], conditions: { student: {} } });
    expect(second).toMatchObject({ reliefs: [], conditions: {} });
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

  it.each([
    ['bands that do not ascend', [band(10), band(10), band(null)], 'bands do not ascend'],
    ['bands that end', [band(10)], 'the last band ends'],
    ['a band that begins below the one before', [band(10, 500), band(null, 400)], 'begins below the end'],
    ['a rate from above the band', [band(10), { ...band(null, 0, 5), over: 11 }], 'from above its own beginning'],
  ])('%s', (_, bands, reason) => {
    refuses(reason, withRows(aRow({ tariff: { kind: 'progressive_bands', of: words('giá trị'), bands, rounding } })));
  });

  it.each([
    ['a floor above the cap', { kind: 'percentage', rate, of: words('x'), minimum: 2, maximum: 1, rounding }, 'floor'],
    [
      'a rate of more than all',
      { kind: 'percentage', rate: { parts: 101, per: 100 }, of: words('x'), rounding },
      'parts',
    ],
    ['no rule of rounding', { kind: 'percentage', rate, of: words('x') }, 'rounding'],
    [
      'tiers that do not ascend',
      { kind: 'tiered_pages', tiers: [tier(3), tier(2), tier(null)] },
      'tiers do not ascend',
    ],
    ['tiers that end', { kind: 'tiered_pages', tiers: [tier(3)] }, 'the last tier ends'],
    ['a zone that stands twice', { kind: 'by_zone', zones: [zone('I'), zone('I')] }, 'a zone stands twice'],
    [
      'a parameter that is not known',
      { kind: 'foreign_currency', currency: 'USD', amount: 1, operatorRate: 'no-rate', oldestDays: 1, rule, rounding },
      'unknown parameter no-rate',
    ],
  ])('%s', (_, tariff, where) => {
    refuses(where, withRows(aRow({ tariff })));
  });

  it.each([
    ['a relief for an unknown fee item', { appliesTo: { feeItems: ['9.000001-09'] } }, 'unknown fee item 9.000001-09'],
    ['a relief for an unknown procedure', { appliesTo: { procedures: ['9.000009'] } }, 'unknown procedure 9.000009'],
    ['a relief for nothing', { appliesTo: { kinds: ['phi'] } }, 'names neither'],
    ['a relief under an unknown condition', { condition: 'nobody' }, 'unknown condition nobody'],
    ['a relief that ends before it begins', { effectiveTo: '2025-01-01' }, 'ends before it begins'],
    [
      'a relief that is capped by an unknown parameter',
      { effect: { kind: 'percent_off', rate, mostOff: { parameter: 'no-salary', times: 5 }, rounding } },
      'unknown parameter no-salary',
    ],
  ])('%s', (_, more, reason) => {
    expect(problemsOf(terms, { procedures: [withRows(aRow())], reliefs: [aRelief(more)] })).toEqual([
      expect.stringContaining(reason),
    ]);
  });

  it.each([
    [
      'conditions made of each other',
      { a: { ...words('a'), allOf: ['b'] }, b: { ...words('b'), anyOf: ['a'] } },
      'is made of itself',
    ],
    ['conditions of the unknown', { a: { ...words('a'), allOf: ['b'] } }, 'needs unknown b'],
    ['a condition of two kinds', { a: { ...words('a'), evidence: {}, anyOf: ['student'] } }, 'is of two kinds'],
  ])('%s', (_, conditions, reason) => {
    expect(problemsOf(terms, { conditions }).join()).toContain(reason);
  });

  it('two values of a parameter on one day', () => {
    const value = (from: string, to: string | null) => ({
      value: 1,
      effectiveFrom: from,
      effectiveTo: to,
      legalBasis: [{ document: 'NĐ' }],
    });
    const twice = {
      'base-salary': { name: words('lương'), rows: [value('2026-01-01', '2026-06-30'), value('2026-06-30', null)] },
    };
    expect(problemsOf(terms, { parameters: twice })).toEqual([expect.stringContaining('has two values')]);
  });

  it('two rules of choosing on one day', () => {
    const rule = (effectiveFrom: string, effectiveTo: string | null) => ({
      rule: 'most_favourable',
      effectiveFrom,
      effectiveTo,
      legalBasis: [{ document: 'NQ' }],
    });
    const [ended, open] = [rule('2026-01-01', '2026-12-31'), rule('2026-12-31', null)];
    expect(problemsOf(terms, { choosing: [ended, open] })).toEqual(['two rules of choosing count from 2026-12-31']);
    expect(problemsOf(terms, { choosing: [ended, rule('2027-01-01', null)] })).toEqual([]);
  });

  it('what two files say of the same: relief, parameter, condition', () => {
    const file = {
      reliefs: [aRelief({})],
      parameters: { p: { name: words('p'), rows: [] } },
      conditions: { c: words('c') },
    };
    expect(problemsOf(terms, file, { ...file, procedures: [withRows(aRow())] })).toEqual([
      'condition c stands twice',
      'parameter p stands twice',
      'relief r-1 stands twice',
    ]);
  });

  it('a row for a fee item that nobody has', () => {
    expect(problemsOf(terms, { tariffs: [{ feeItem: '9.000001-01', row: aRow() }] })).toEqual([
      'file 1 has a tariff for the unknown fee item 9.000001-01',
    ]);
  });

  it('two base rows of one province on one day, but not of two provinces, nor of a province and the country', () => {
    const of = (place: string) => aRow({ place });
    refuses('base rows of 9.000001-01 overlap: any H26', withRows(aRow(), of('H26'), of('H26')));
    expect(load(withRows(aRow(), of('H26'), of('H29')))).toHaveLength(1);
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
