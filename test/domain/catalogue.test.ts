import { describe, expect, it } from 'vitest';
import { allProcedures, procedureByCode } from '../../shared/catalogue/catalogue.ts';
import { shareWay } from '../../shared/domain/fees/in-force.ts';
import { Procedure } from '../../shared/domain/fees/procedure.ts';

const procedures = allProcedures();

const items = procedures.flatMap((procedure) => procedure.items);
const rows = items.flatMap((item) => item.tariffs.map((row) => ({ item, row })));

describe('the catalogue', () => {
  it('has 38 procedures, found by code', () => {
    expect(procedures).toHaveLength(38);
    expect(procedureByCode('3.000347')?.name.vi).toBe('Đổi giấy phép lái xe');
    expect(procedureByCode('3.999999')).toBeUndefined();
  });

  it('is in order of code, with ids of at most 12 characters', () => {
    const codes = procedures.map((procedure) => procedure.code);
    expect(codes).toEqual([...codes].sort());
    for (const { id } of items) expect(id.length).toBeLessThanOrEqual(12);
  });

  it('is what its schema says, also after a journey as JSON', () => {
    for (const procedure of procedures)
      expect(Procedure.parse(JSON.parse(JSON.stringify(procedure)))).toEqual(procedure);
  });

  it('is composed text (NFC), so that equal names are equal', () => {
    const text = JSON.stringify(procedures);
    expect(text.normalize('NFC')).toBe(text);
  });

  it('names a law for every row', () => {
    for (const { row } of rows) expect(row.legalBasis[0]?.document).toMatch(/^(TT|NQ|Luật|Danh mục) /);
  });

  it('has no reduction that is higher than the tariff beside it', () => {
    for (const { item, row } of rows.filter((one) => one.row.role === 'reduction'))
      for (const base of item.tariffs.filter((other) => other.role === 'base' && shareWay(row.channel, other.channel)))
        expect(row.tariff.amount, item.id).toBeLessThan(base.tariff.amount);
  });

  it('says why where it has no tariff', () => {
    const silent = procedures.filter((procedure) => procedure.items.length === 0);
    expect(silent.map((procedure) => procedure.code)).toEqual([
      '1.003290',
      '1.003358',
      '1.012575',
      '1.013066',
      '2.000815',
    ]);
    for (const procedure of silent) expect(procedure.notPriceable?.legalBasis).not.toEqual([]);
  });
});
