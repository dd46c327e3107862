import { describe, expect, it } from 'vitest';
import { everyProcedure, findProcedures, procedureByCode } from '../../shared/catalogue/catalogue.ts';
import { fold, MAX_SEARCH_LENGTH, summaryOf } from '../../shared/catalogue/find.ts';
import { asOf } from '../../shared/domain/fees/in-force.ts';
import { firstInstantOf, lastInstantOf } from './fees/dsl.ts';

const ALL = { from: 0, limit: 10_000 };
const codes = (search?: string) => findProcedures({ search, ...ALL }).data.map((procedure) => procedure.code);

function procedure(code: string) {
  const found = procedureByCode(code);
  if (!found) throw new Error(`no procedure ${code}`);
  return found;
}
const summary = (code: string) => summaryOf(procedure(code));

describe('searching for a procedure', () => {
  it.each([
    ['as written', 'Đổi giấy phép lái xe'],
    ['without diacritics', 'doi giay phep lai xe'],
    ['in capitals', 'ĐỔI GIẤY PHÉP LÁI XE'],
    ['with diacritics apart (NFD)', 'Đổi giấy phép lái xe'.normalize('NFD')],
    ['with diacritics composed (NFC)', 'Đổi giấy phép lái xe'.normalize('NFC')],
    ['half with, half without', 'đoi giấy phep'],
    ['with words in another order and spaces', '  lái xe,  đổi '],
    ['in English', 'Exchange of a driving licence'],
  ])('finds it %s', (_, search) => {
    expect(codes(search)).toContain('3.000347');
    expect(codes(search)).not.toContain('3.000333');
  });

  it('finds by the letter đ, which no diacritic makes of a d', () => {
    expect(codes('đăng ký thường trú')).toEqual(['1.004222']);
    expect(codes('dang ky thuong tru')).toEqual(['1.004222']);
  });

  it.each([
    ['the beginning of a code', '3.00034', ['3.000346', '3.000347', '3.000348']],
    ['a code', '3.000347', ['3.000347']],
    ['the code of the service', '3.000347.01', ['3.000347']],
    ['the long code', '1.001193.000.00.00.H56', ['1.001193']],
    ['a code that there is not', '3.999999', []],
    ['a code of one digit more', '3.0003471', []],
  ])('finds by %s', (_, search, found) => {
    expect(codes(search)).toEqual(found);
  });

  it('answers in order of code, and all without a search', () => {
    const found = codes('hộ chiếu');
    expect(found).toEqual(['1.001456', '1.001471']);
    expect(codes()).toEqual(everyProcedure().map((procedure) => procedure.code));
  });

  it('reads signs as themselves, not as patterns', () => {
    expect(codes('.*')).toEqual([]);
    expect(codes('zzz')).toEqual([]);
    expect(codes('(thành lập')).toEqual(codes('thành lập'));
  });

  it.each(['', '  ', '\u{1F4A9}', '\u0000', '.', '...', '%', '\u0301', '\ud800'])(
    'finds nothing by %j, which has neither letter nor digit',
    (search) => {
      expect(codes(search)).toEqual([]);
    },
  );

  it('looks past signs beside letters', () => {
    expect(codes('\u{1F4A9} hộ chiếu')).toEqual(codes('hộ chiếu'));
  });

  it('is refused beyond its limit', () => {
    expect(() => codes('a'.repeat(MAX_SEARCH_LENGTH))).not.toThrow();
    expect(() => codes('a'.repeat(MAX_SEARCH_LENGTH + 1))).toThrow(RangeError);
  });

  it('answers summaries, a page at a time', () => {
    const first = findProcedures({ search: '3.00034', from: 0, limit: 2 });
    expect(first.data).toEqual(['3.000346', '3.000347'].map((code) => summary(code)));
    expect(first.more).toBe(true);
    expect(findProcedures({ search: '3.00034', from: 2, limit: 2 })).toEqual({
      data: [summary('3.000348')],
      more: false,
    });
    expect(findProcedures({ search: '3.00034', from: 1, limit: 2 }).more).toBe(false);
    expect(findProcedures({ from: 1_000, limit: 2 })).toEqual({ data: [], more: false });
  });

  it('shows the tariffs in force on a day', () => {
    const documents = (at: number) =>
      asOf(procedure('3.000347'), at).items.flatMap(({ tariffs }) => tariffs.map((row) => row.legalBasis[0]?.document));
    expect(documents(lastInstantOf('2025-12-31'))).toEqual(['TT 37/2023/TT-BTC', 'TT 63/2023/TT-BTC']);
    expect(documents(firstInstantOf('2026-01-01'))).toEqual(['TT 154/2025/TT-BTC']);
    expect(documents(firstInstantOf('2026-08-15'))).toEqual(['TT 154/2025/TT-BTC', 'TT 117/2026/TT-BTC']);
  });

  it('leaves the catalogue as it is', () => {
    for (const one of everyProcedure()) asOf(one, 0);
    expect(everyProcedure().every(({ items }) => items.every((item) => item.tariffs.length > 0))).toBe(true);
  });
});

describe('folding', () => {
  it.each([
    ['Đường Lê Đức Thọ', 'duong le duc tho'],
    ['ỨNG DỤNG  –  ươ', 'ung dung uo'],
    ['1.001193.H56', '1.001193.h56'],
  ])('%s is %s', (text, folded) => {
    expect(fold(text)).toBe(folded);
    expect(fold(text.normalize('NFD'))).toBe(folded);
  });
});
