import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { lawFiles } from '../../../shared/catalogue/law-files.ts';
import { loadCatalogue } from '../../../shared/catalogue/load.ts';
import { QuoteFacts } from '../../../shared/domain/fees/facts.ts';
import { price } from '../../../shared/domain/fees/price.ts';
import type { Channel } from '../../../shared/domain/identity/codes.ts';
import type { Day } from '../../../shared/domain/time.ts';
import { firstInstantOf, HANOI, lastInstantOf, noonOf, priced, refused, words } from './dsl.ts';

/** Statutes that the shipped law does not have: each is one file of data beside it, and nothing else. */

const shipped = lawFiles(path.resolve(import.meta.dirname, '../../../shared/catalogue/law'));

/** Prices by the shipped law and one more file. */
function lawWith(file: object) {
  const procedures = loadCatalogue(shipped.terms, [...shipped.files, file]);
  return (code: string, submittedAt: number, more: { facts?: object; agencyCode?: string; channel?: Channel } = {}) => {
    const procedure = procedures.find((one) => one.code === code);
    if (!procedure) throw new Error(`no procedure ${code}`);
    const { facts = {}, agencyCode = HANOI, channel = 'online' } = more;
    return price(procedure, { agencyCode, channel, submittedAt, facts: QuoteFacts.parse(facts) });
  };
}

const item = (id: string, name: string, tariffs: object[]) => ({
  id,
  kind: 'phi',
  name: words(name),
  unit: words('hồ sơ'),
  tariffs,
});
const procedure = (code: string, name: string, items: object[]) => ({
  code,
  dvcCode: `${code}.01`,
  name: words(name),
  levels: ['province'],
  publishingDecision: null,
  sources: ['added'],
  items,
});

describe('fees of notaries by the value of a contract (TT 257/2016/TT-BTC, Điều 4.2.a1): bands up to a cap', () => {
  const [tenth, per] = [10, 10_000];
  const of = words('giá trị tài sản hoặc giá trị hợp đồng, giao dịch');
  const bands = [
    { upTo: 49_999_999, base: 50_000 },
    { upTo: 100_000_000, base: 100_000 },
    { upTo: 1_000_000_000, base: 0, rate: { parts: tenth, per } },
    { upTo: 3_000_000_000, base: 1_000_000, rate: { parts: 6, per }, over: 1_000_000_000 },
    { upTo: 5_000_000_000, base: 2_200_000, rate: { parts: 5, per }, over: 3_000_000_000 },
    { upTo: 10_000_000_000, base: 3_200_000, rate: { parts: 4, per }, over: 5_000_000_000 },
    { upTo: 100_000_000_000, base: 5_200_000, rate: { parts: 3, per }, over: 10_000_000_000 },
    { upTo: null, base: 32_200_000, rate: { parts: 2, per }, over: 100_000_000_000 },
  ];
  const quote = lawWith({
    sources: { added: 'TT 257/2016/TT-BTC' },
    procedures: [
      procedure('9.990001', 'Công chứng hợp đồng chuyển nhượng', [
        item('9.990001-01', 'Phí công chứng', [
          {
            tariff: { kind: 'progressive_bands', of, bands, maximum: 70_000_000, rounding: { mode: 'down' } },
            channel: 'any',
            effectiveFrom: '2017-01-01',
            effectiveTo: null,
            legalBasis: [{ document: 'TT 257/2016/TT-BTC', article: 'Điều 4.2.a1' }],
          },
        ]),
      ]),
    ],
  });

  it.each([
    [1, 50_000],
    [49_999_999, 50_000],
    [50_000_000, 100_000],
    [100_000_000, 100_000],
    [1_000_000_000, 1_000_000],
    [2_000_000_000, 1_600_000],
    [3_000_000_000, 2_200_000],
    [5_000_000_000, 3_200_000],
    [10_000_000_000, 5_200_000],
    [100_000_000_000, 32_200_000],
    [289_000_000_000, 70_000_000],
    [289_000_000_001, 70_000_000],
    [10_000_000_000_000, 70_000_000],
  ])('of %d is %d', (value, amount) => {
    const { lines } = priced(quote('9.990001', noonOf('2026-11-22'), { facts: { value } }));
    expect(lines.map((line) => line.amount)).toEqual([amount]);
  });

  it('says that the cap was reached', () => {
    const [line] = priced(quote('9.990001', noonOf('2026-11-22'), { facts: { value: 300_000_000_000 } })).lines;
    expect(line?.formula.vi).toMatch(/Tối đa 70\.000\.000 đồng → 70\.000\.000 đồng$/);
    expect(line?.rounding?.changed).toBe(false);
  });
});

describe('a resolution of Bắc Ninh: nothing online, half for a group in two communes, for a while', () => {
  const place = 'H05';
  const from = { effectiveFrom: '2026-09-01', effectiveTo: '2027-06-30' };
  const legalBasis = [{ document: 'NQ 12/2026/NQ-HĐND tỉnh Bắc Ninh', article: 'Điều 3' }];
  const quote = lawWith({
    conditions: {
      'craft-village': { ...words('cơ sở làng nghề được công nhận'), evidence: { decision: words('quyết định') } },
      'craft-village-of-the-poor': { ...words('làng nghề và hộ nghèo'), allOf: ['craft-village', 'poor-household'] },
    },
    tariffs: [
      {
        feeItem: '1.001612-01',
        row: { tariff: { kind: 'flat', amount: 80_000 }, channel: 'any', place, ...from, legalBasis },
      },
    ],
    reliefs: [
      {
        id: 'h05-online',
        name: words('Miễn lệ phí hồ sơ trực tuyến'),
        appliesTo: { procedures: ['1.001612'] },
        effect: { kind: 'exempt' },
        channel: 'online',
        place,
        ...from,
        legalBasis,
      },
      {
        id: 'h05-craft',
        name: words('Giảm 50% cho hộ nghèo làng nghề'),
        appliesTo: { procedures: ['1.001612'] },
        effect: { kind: 'percent_off', rate: { parts: 50, per: 100 }, rounding: { mode: 'down' } },
        channel: 'any',
        place,
        ...from,
        condition: 'craft-village-of-the-poor',
        quota: { key: 'h05-craft', uses: 1, per: 'calendar_year', of: words('mỗi hộ') },
        legalBasis,
      },
    ],
  });
  const agencyCode = 'H05.21';
  const evidence = (kind: string) => ({ kind, reference: '12/QĐ-UBND' });
  const both = [
    { condition: 'craft-village', evidence: evidence('decision') },
    { condition: 'poor-household', evidence: evidence('certificate') },
  ];
  const at = (day: Day, channel: Channel, facts = {}) => quote('1.001612', noonOf(day), { agencyCode, channel, facts });

  it('charges on paper what it says, and keeps a line of nothing online', () => {
    expect(priced(at('2026-09-01', 'counter')).total).toBe(80_000);
    expect(priced(at('2026-09-01', 'online')).lines.map(({ amount }) => amount)).toEqual([0]);
  });

  it('halves for who fulfils both conditions and has not had it this year', () => {
    const facts = { reliefs: both, priorUses: [{ quota: 'h05-craft', uses: 0 }] };
    expect(priced(at('2026-10-01', 'counter', facts)).total).toBe(40_000);
    expect(priced(at('2026-10-01', 'counter', { reliefs: both.slice(1) })).total).toBe(80_000);
    const used = { reliefs: both, priorUses: [{ quota: 'h05-craft', uses: 1 }] };
    expect(priced(at('2026-10-01', 'counter', used)).total).toBe(80_000);
    // Both fit online: the most favourable applies.
    expect(priced(at('2026-10-01', 'online', facts)).reliefs.map(({ id, applied }) => [id, applied])).toEqual([
      ['h05-online', true],
      ['h05-craft', false],
    ]);
  });

  it('counts on its days and in its province alone', () => {
    const by = (submittedAt: number, agency = agencyCode) =>
      quote('1.001612', submittedAt, { agencyCode: agency, channel: 'counter' });
    expect(refused(by(lastInstantOf('2026-08-31'))).code).toBe('conditional_tariff_only');
    expect(priced(by(firstInstantOf('2026-09-01'))).total).toBe(80_000);
    expect(priced(by(lastInstantOf('2027-06-30'))).total).toBe(80_000);
    expect(refused(by(firstInstantOf('2027-07-01'))).code).toBe('conditional_tariff_only');
    expect(priced(by(noonOf('2026-10-01'), HANOI)).total).toBe(100_000);
  });
});

describe('a decree of 2027 with a new base salary and what it moves', () => {
  const [, ...rows] = [...(shipped.files as { parameters?: Record<string, { rows: object[] }> }[])].flatMap(
    (file) => file.parameters?.['base-salary']?.rows ?? [],
  );
  const files = shipped.files.map((file) => {
    const { parameters, ...rest } = file as { parameters?: Record<string, { rows: Record<string, unknown>[] }> };
    const salary = parameters?.['base-salary'];
    if (!parameters || !salary) return file;
    const ended = salary.rows.map((row) => (row['effectiveTo'] === null ? { ...row, effectiveTo: '2027-06-30' } : row));
    const next = {
      value: 2_750_000,
      effectiveFrom: '2027-07-01',
      effectiveTo: null,
      legalBasis: [{ document: 'NĐ 99/2027/NĐ-CP' }],
    };
    return { ...rest, parameters: { ...parameters, 'base-salary': { ...salary, rows: [...ended, next] } } };
  });
  const household = loadCatalogue(shipped.terms, files).find(({ code }) => code === '9.920001');
  const facts = QuoteFacts.parse({ members: 2, joinTogether: true, months: 3 });
  const at = (submittedAt: number) => {
    if (!household) throw new Error('no household insurance');
    return priced(price(household, { agencyCode: HANOI, channel: 'online', submittedAt, facts }));
  };

  it('prices the day before by the old one and the day itself by the new one', () => {
    expect(rows.length).toBeGreaterThan(0);
    expect(at(lastInstantOf('2027-06-30')).total).toBe(580_635);
    // 4.5 % of 2,750,000 is 123,750; 123,750 × 3 + 86,625 × 3.
    expect(at(firstInstantOf('2027-07-01')).total).toBe(631_125);
    expect(at(firstInstantOf('2027-07-01')).lines[0]?.legalBasis.map(({ document }) => document)).toContain(
      'NĐ 99/2027/NĐ-CP',
    );
  });
});
