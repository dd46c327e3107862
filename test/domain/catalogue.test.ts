import { describe, expect, it } from 'vitest';
import { everyProcedure, procedureByCode } from '../../shared/catalogue/catalogue.ts';
import { shareWay } from '../../shared/domain/fees/in-force.ts';
import { Procedure } from '../../shared/domain/fees/procedure.ts';

const procedures = everyProcedure();
const items = procedures.flatMap((procedure) => procedure.items);
const rows = items.flatMap((item) => item.tariffs.map((row) => ({ item, row })));

describe('the catalogue', () => {
  it('has 38 procedures of the national catalogue, and some of its own, found by code', () => {
    expect(procedures.filter(({ code }) => !code.startsWith('9.'))).toHaveLength(38);
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
    for (const { row } of rows) expect(row.legalBasis[0]?.document).toMatch(/^(TT|NQ|NĐ|Luật|Danh mục) /);
  });

  it('has no reduction that is higher than the tariff beside it', () => {
    const amountOf = ({ tariff }: (typeof rows)[number]['row']) => ('amount' in tariff ? tariff.amount : Number.NaN);
    for (const { item, row } of rows.filter((one) => one.row.role === 'reduction'))
      for (const base of item.tariffs.filter((other) => other.role === 'base' && shareWay(row.channel, other.channel)))
        expect(amountOf(row), item.id).toBeLessThan(amountOf(base));
  });

  it('says in a note that a code is its own, not the national catalogue’s', () => {
    for (const procedure of procedures.filter(({ code }) => code.startsWith('9.')))
      expect(procedure.note?.vi, procedure.code).toContain('không phải mã thủ tục hành chính quốc gia');
  });

  it('has a tariff for every procedure', () => {
    for (const procedure of procedures) expect(procedure.notPriceable, procedure.code).toBeUndefined();
  });
});
