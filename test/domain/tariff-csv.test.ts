import { describe, expect, it } from 'vitest';
import { CatalogueDocument } from '../../shared/catalogue/document.ts';
import { shippedDocument } from '../../shared/catalogue/shipped-document.ts';
import { tariffCsv, withTariffs } from '../../shared/catalogue/tariff-csv.ts';

const rate = (amount: number, more: object = {}) => ({
  tariff: { kind: 'flat', amount },
  channel: 'any',
  effectiveFrom: '2026-01-01',
  effectiveTo: null,
  legalBasis: [{ document: 'TT 1/2026/TT-BTC', article: '4.1, "a"' }],
  ...more,
});
const document = {
  terms: { sources: {}, conditions: {} },
  files: [
    {
      procedures: [
        { code: '9.000001', items: [{ id: '9.000001-01', tariffs: [rate(5), rate(3, { role: 'reduction' })] }] },
        {
          code: '9.000002',
          items: [{ id: '9.000002-01', tariffs: [rate(7, { note: { vi: 'ghi chú', en: 'note' } })] }],
        },
      ],
    },
    { tariffs: [{ feeItem: '9.000002-01', row: rate(2, { place: 'H26' }) }], procedures: [] },
  ],
};
const bytes = (text: string) => new TextEncoder().encode(text);
const header = 'fee_item,place,channel,effective_from,effective_to,role,condition,confidence,tariff,legal_basis,more';
const line = (more: Record<string, string> = {}) =>
  [
    '9.000001-01',
    '',
    'any',
    '2027-01-01',
    '',
    '',
    '',
    '',
    '"{""kind"":""flat"",""amount"":9}"',
    '"[{""document"":""TT 2""}]"',
    '',
  ]
    .map((cell, at) => more[header.split(',')[at] ?? ''] ?? cell)
    .join(',');

describe('rates as a table', () => {
  it('come back as they went out, whatever a row holds beyond the columns', () => {
    const csv = tariffCsv(document);
    expect(csv.split('\r\n')).toHaveLength(6);
    expect(withTariffs(document, bytes(csv))).toEqual({ document });
  });

  it('take the place of those of the same item, and of no other', () => {
    const changed = withTariffs(document, bytes(`${header}\n${line()}\n`));
    expect(changed).toMatchObject({
      document: {
        files: [
          {
            procedures: [
              { items: [{ tariffs: [{ tariff: { kind: 'flat', amount: 9 }, effectiveTo: null }] }] },
              { items: [{ tariffs: [{ tariff: { amount: 7 } }] }] },
            ],
          },
          { tariffs: [{ feeItem: '9.000002-01' }] },
        ],
      },
    });
    expect(document.files[0]?.procedures[0]?.items[0]?.tariffs).toHaveLength(2);
  });

  it('take the place also of those that another file adds, and then stand with their item', () => {
    const [national, province] = [{ fee_item: '9.000002-01' }, { fee_item: '9.000002-01', place: 'H29' }].map(line);
    expect(withTariffs(document, bytes(`${header}\n${national}\n${province}\n`))).toMatchObject({
      document: {
        files: [
          { procedures: [{}, { items: [{ tariffs: [{ tariff: { amount: 9 } }, { place: 'H29' }] }] }] },
          { tariffs: [] },
        ],
      },
    });
  });

  it('of the law that is shipped come back as they went out', () => {
    const shipped = CatalogueDocument.parse(JSON.parse(shippedDocument()));
    expect(withTariffs(shipped, bytes(tariffCsv(shipped)))).toEqual({ document: shipped });
  });

  it.each<[string, string, number, string]>([
    ['a header of its own', 'item,amount\n', 1, ''],
    ['a negative amount', `${header}\n${line({ tariff: '"{""kind"":""flat"",""amount"":-1}"' })}`, 2, 'tariff'],
    ['a tariff that is no JSON', `${header}\n${line()}\n${line({ tariff: 'five' })}`, 3, 'tariff'],
    ['a day that does not exist', `${header}\n${line({ effective_from: '2027-02-30' })}`, 2, 'effective_from'],
    ['an end before the beginning', `${header}\n${line({ effective_to: '2026-12-31' })}`, 2, 'effective_to'],
    ['a place that no code names', `${header}\n${line({ place: 'Hà Nội' })}`, 2, 'place'],
    ['an unknown channel', `${header}\n${line({ channel: 'fax' })}`, 2, 'channel'],
    ['an item that is not there', `${header}\n${line({ fee_item: '9.000009-01' })}`, 2, 'fee_item'],
    ['a member that is not known', `${header}\n${line({ more: '"{""x"":1}"' })}`, 2, 'more'],
    ['a cell too few', `${header}\n9.000001-01,,any\n`, 2, ''],
    ['quotes that do not close', `${header}\n"9`, 2, ''],
  ])('with %s is refused, at its row and column', (_, csv, row, column) =>
    expect(withTariffs(document, bytes(csv))).toMatchObject({ faults: [{ row, column }] }),
  );
});
