import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { banks, provinces, subItems } from '../../../shared/catalogue/reference.ts';
import { formatAgencyId, readAgencyId } from '../../../shared/domain/identity/agency-id.ts';
import { readBankBin } from '../../../shared/domain/identity/bank.ts';
import {
  readAdministrativeArea,
  readBankAccount,
  readChapter,
  readCollectingAuthority,
  readSubItem,
  readTreasury,
  readTreasuryAccount,
} from '../../../shared/domain/identity/budget-codes.ts';
import {
  CitizenNumberText,
  compareWithPerson,
  maskCitizenNumber,
  readCitizenNumber,
  readFormerIdCard,
} from '../../../shared/domain/identity/citizen-number.ts';
import { formatDossierId, readDossierId } from '../../../shared/domain/identity/dossier-id.ts';
import {
  formatReceiptSymbol,
  readOrderReference,
  readPlatformTransaction,
  readReceiptForm,
  readReceiptNumber,
  readReceiptSymbol,
} from '../../../shared/domain/identity/paper-codes.ts';
import { formatProcedureId, readProcedureId, serviceCode } from '../../../shared/domain/identity/procedure-id.ts';
import { provinceOfAgency, provinceOfNow, readProvinceCode } from '../../../shared/domain/identity/province.ts';
import type { Reading } from '../../../shared/domain/identity/reading.ts';
import { formatTaxCode, maskTaxCode, readTaxCode, TaxCodeText } from '../../../shared/domain/identity/tax-code.ts';

/** A reader for each rule of the table of identifiers, under the rule's id. */
const readers: Record<string, (text: string) => Reading<unknown>> = {
  cccd: readCitizenNumber,
  cmnd9: readFormerIdCard,
  mst: readTaxCode,
  ma_tthc: readProcedureId,
  ma_dvc: readProcedureId,
  ma_ho_so: readDossierId,
  ma_dinh_danh_dien_tu: readAgencyId,
  dvcqg_payment_txn: readPlatformTransaction,
  so_tham_chieu: readOrderReference,
  ma_chuong: readChapter,
  ma_ndkt: (text) => readSubItem(text, subItems()),
  ma_dbhc: readAdministrativeArea,
  shkb: readTreasury,
  ma_co_quan_thu: readCollectingAuthority,
  tk_nsnn: readTreasuryAccount,
  ky_hieu_mau_bien_lai: readReceiptForm,
  ky_hieu_bien_lai: readReceiptSymbol,
  so_bien_lai: readReceiptNumber,
};

/** Examples of each rule; those of the table of identifiers first, each wrong one beside what it breaks. */
const good: [rule: string, text: string][] = [
  ['mst', '0100233488'],
  ['mst', '0314409058'],
  ['mst', '0100233488-001'],
  ['mst', '0100233488001'],
  ['mst', '001099000001'],
  ['ma_tthc', '1.001193'],
  ['ma_tthc', '1.001193.000.00.00.H56'],
  ['ma_tthc', '2.002621.H56'],
  ['ma_tthc', '3.000347'],
  ['ma_dvc', '1.001193.01'],
  ['ma_dvc', '1.001193.000.00.00.H56.01'],
  ['ma_ho_so', '000.00.32.H19-210708-0032'],
  ['ma_ho_so', 'H56.14-260101-0001'],
  ['ma_ho_so', 'G22.99.08-260921-896048'],
  ['ma_ho_so', 'G22.99-251225-020175'],
  ['ma_dinh_danh_dien_tu', '000.00.00.G22'],
  ['ma_dinh_danh_dien_tu', '01.02.G22'],
  ['ma_dinh_danh_dien_tu', 'H56.14'],
  ['ma_dinh_danh_dien_tu', '28.22.H17'],
  ['dvcqg_payment_txn', 'G22.99.3-241219795252'],
  ['so_tham_chieu', 'TP4802135678903'],
  ['ma_chuong', '757'],
  ['ma_ndkt', '1006'],
  ['ma_ndkt', '2801'],
  ['ma_ndkt', '2701'],
  ['ma_dbhc', '26734'],
  ['shkb', '0111'],
  ['ma_co_quan_thu', '1054321'],
  ['tk_nsnn', '7111'],
  ['tk_nsnn', '7114'],
  ['tk_nsnn', '8993'],
  ['tk_nsnn', '3511.0.1234567.00000'],
  ['ky_hieu_mau_bien_lai', 'EBL01'],
  ['ky_hieu_mau_bien_lai', 'EBL02'],
  ['ky_hieu_mau_bien_lai', '01BLP0-001'],
  ['ky_hieu_bien_lai', '26TAA'],
  ['so_bien_lai', '1'],
  ['so_bien_lai', '99999999'],
  ['cccd', '001099000001'],
  ['cmnd9', '012345678'],
];

const bad: [rule: string, text: string, because: RegExp][] = [
  ['mst', '0100233489', /check digit/],
  ['mst', '0100233478', /check digit/],
  ['mst', '0000233488', /begins with 00/],
  ['mst', '0100000007', /serial 0000000/],
  ['mst', '0100233488-000', /001 to 999/],
  ['mst', '0100233488-01', /ten|10 digits/],
  ['mst', '０１００２３３４８８', /10 digits/],
  ['mst', '000099000001', /place of birth/],
  ['ma_tthc', '1.00119', /N\.NNNNNN/],
  ['ma_tthc', '1.001193.h56', /N\.NNNNNN/],
  ['ma_tthc', ' 1.001193', /N\.NNNNNN/],
  ['ma_dvc', '1.001193.1', /N\.NNNNNN/],
  ['ma_ho_so', 'H56.14-260230-0001', /no day 2026-02-30/],
  ['ma_ho_so', 'H56.14-260101-001', /counter/],
  ['ma_ho_so', 'H56..14-260101-0001', /groups/],
  ['ma_dinh_danh_dien_tu', 'h56.14', /capitals/],
  ['ma_dinh_danh_dien_tu', 'H56.', /capitals/],
  ['ma_dinh_danh_dien_tu', `H56.${'1'.repeat(32)}`, /35/],
  ['dvcqg_payment_txn', 'G22.98.3-241219795252', /G22\.99/],
  ['so_tham_chieu', 'a b', /letters/],
  ['ma_chuong', '75', /3 digits/],
  ['ma_ndkt', '100', /4 digits/],
  ['ma_ndkt', '9999', /no 9999/],
  ['ma_dbhc', '2673', /5 digits/],
  ['shkb', '01111', /4 digits/],
  ['ma_co_quan_thu', '105432', /7 digits/],
  ['tk_nsnn', '711', /7111/],
  ['tk_nsnn', '3511.', /7111/],
  ['ky_hieu_mau_bien_lai', 'EBL03', /EBL01/],
  ['ky_hieu_bien_lai', '26TFA', /letters/],
  ['so_bien_lai', '0', /99999999/],
  ['so_bien_lai', '007', /99999999/],
  ['so_bien_lai', '100000000', /99999999/],
  ['cccd', '012345678', /twelve-digit/],
  ['cccd', '00109900000', /12 digits/],
  ['cccd', '00109900000１', /12 digits/],
  ['cmnd9', '12345678', /9 digits/],
];

describe('identifiers', () => {
  it.each(good)('%s reads %s', (rule, text) => expect(readers[rule]?.(text)).toMatchObject({ ok: true }));

  it.each(bad)('%s refuses %j and says why in both languages', (rule, text, because) => {
    const reading = readers[rule]?.(text);
    expect(reading).toMatchObject({
      ok: false,
      problem: { en: expect.stringMatching(because), vi: expect.any(String) },
    });
  });

  it('refuse any text in linear time and without throwing (scenario 58)', () => {
    fc.assert(
      fc.property(fc.constantFrom(...Object.values(readers)), fc.string({ maxLength: 300 }), (reader, text) => {
        expect(typeof reader(text).ok).toBe('boolean');
      }),
    );
    const hostile = `${'1.'.repeat(50_000)}x`;
    for (const reader of Object.values(readers)) expect(reader(hostile).ok).toBe(false);
  });
});

const table = path.resolve(import.meta.dirname, '../../../../shared/domain/data/vn-id-rules.json');
describe.skipIf(!existsSync(table))('the table of identifiers', () => {
  type Rule = { id: string; regex: string; examples?: string[]; valid_examples?: string[] };
  const { rules } = existsSync(table)
    ? (JSON.parse(readFileSync(table, 'utf8')) as { rules: Rule[] })
    : { rules: [] as Rule[] };

  it('has a reader for each of its rules', () =>
    expect(rules.map(({ id }) => id).filter((id) => !readers[id])).toEqual([]));

  it.each(
    rules.flatMap(({ id, examples = [], valid_examples = [] }) =>
      [...examples, ...valid_examples].map((text) => [id, text] as const),
    ),
  )('%s reads its example %s', (id, text) => expect(readers[id]?.(text)).toMatchObject({ ok: true }));

  it.each(rules.map(({ id, regex }) => [id, regex] as const))('%s reads nothing that %s does not', (id, regex) => {
    const pattern = new RegExp(regex);
    // Legacy forms are read, apart from the pattern of now; a tax code may be a person's.
    const wider = ['ky_hieu_mau_bien_lai', 'mst', 'ma_dvc', 'ma_tthc'];
    if (wider.includes(id)) return;
    fc.assert(
      fc.property(
        fc.oneof(fc.stringMatching(new RegExp(regex.replace(/\(\?=[^)]*\)/, ''))), fc.string({ maxLength: 40 })),
        (text) => {
          if (readers[id]?.(text).ok) expect(text).toMatch(pattern);
        },
      ),
    );
  });
});

describe('a tax code', () => {
  it('finds every single wrong digit', () => {
    const nine = fc.stringMatching(/^0[1-9][0-9]{7}$/);
    fc.assert(
      fc.property(nine, fc.nat(9), fc.integer({ min: 1, max: 9 }), (text, at, by) => {
        const whole = [...'0123456789'].map((digit) => text + digit).find((code) => readTaxCode(code).ok);
        fc.pre(whole !== undefined);
        const wrongOne = `${whole?.slice(0, at)}${(Number(whole?.[at]) + by) % 10}${whole?.slice(at + 1)}`;
        expect(readTaxCode(wrongOne).ok).toBe(false);
      }),
    );
  });

  it('is printed with its unit behind a hyphen, whichever way it came', () => {
    for (const text of ['0100233488-001', '0100233488001']) {
      const reading = readTaxCode(text);
      expect(reading.ok && formatTaxCode(reading.value)).toBe('0100233488-001');
    }
  });

  it('of a person is the identity number', () =>
    expect(readTaxCode('001099000001')).toMatchObject({ value: { kind: 'person', number: '001099000001' } }));

  it('in a request is refused with both languages at its place', () => {
    expect(TaxCodeText.safeParse('0100233489').error?.issues[0]?.message).toMatch(/số kiểm tra.*\/.*check digit/);
    expect(TaxCodeText.safeParse('0100233488').success).toBe(true);
  });
});

describe('a citizen number', () => {
  it.each([
    ['001099000001', 'male', 1999],
    ['001199000001', 'female', 1999],
    ['001205000001', 'male', 2005],
    ['001305000001', 'female', 2005],
    ['001404000001', 'male', 2104],
  ] as const)('%s tells %s, %d', (text, sex, birthYear) =>
    expect(readCitizenNumber(text)).toMatchObject({ value: { sex, birthYear } }),
  );

  it('keeps the province of registration as it was: Hà Giang is 02, and stays so', () =>
    expect(readCitizenNumber('002099000001')).toMatchObject({ value: { registeredIn: '002' } }));

  it('is compared with a person as a remark, never a refusal', () => {
    const reading = readCitizenNumber('001099000001');
    expect(reading.ok && compareWithPerson(reading.value, { birthYear: 1998, sex: 'female' })).toHaveLength(2);
    expect(reading.ok && compareWithPerson(reading.value, { birthYear: 1999, sex: 'male' })).toEqual([]);
  });

  it('is masked wherever it is shown, as a tax code is', () => {
    expect(maskCitizenNumber('001099001234')).toBe('••••••••1234');
    expect(maskTaxCode('0100233488-001')).toBe('••••••••••-001');
    expect(maskCitizenNumber('1234')).toBe('••••');
  });

  it('in a request is twelve digits', () => expect(CitizenNumberText.safeParse('012345678').success).toBe(false));
});

describe('parts of codes', () => {
  it.each(['1.001193.000.00.00.H56.01', '2.002621.H56', '3.000347'])('%s is put together again', (text) => {
    const reading = readProcedureId(text);
    expect(reading.ok && formatProcedureId(reading.value)).toBe(text);
  });

  it('a long procedure code has a short form, and a procedure its service', () => {
    const reading = readProcedureId('1.001193.000.00.00.H56');
    expect(reading.ok && formatProcedureId(reading.value, 'short')).toBe('1.001193.H56');
    expect(serviceCode('1.001193')).toBe('1.001193.01');
  });

  it('a dossier code tells agency, day and counter', () => {
    const reading = readDossierId('000.00.32.H19-210708-0032');
    expect(reading).toMatchObject({ value: { agencyCode: '000.00.32.H19', day: '2021-07-08', counter: '0032' } });
    expect(reading.ok && formatDossierId(reading.value)).toBe('000.00.32.H19-210708-0032');
  });

  it.each([
    ['000.00.00.G22', 'G22', 'last'],
    ['28.22.H17', 'H17', 'last'],
    ['H56.14', 'H56', 'first'],
    ['H29', 'H29', 'last'],
  ] as const)('%s is of %s, which stands %s', (text, levelOne, levelOneStands) => {
    const reading = readAgencyId(text);
    expect(reading).toMatchObject({ value: { levelOne, levelOneStands } });
    expect(reading.ok && formatAgencyId(reading.value)).toBe(text);
  });

  it('a receipt symbol tells its year', () => {
    const reading = readReceiptSymbol('26TAA');
    expect(reading).toMatchObject({ value: { year: 2026, letters: 'AA' } });
    expect(reading.ok && formatReceiptSymbol(reading.value)).toBe('26TAA');
  });
});

describe('provinces', () => {
  it('are 63 to 30/6/2025 and 34 from 1/7/2025', () => {
    expect(provinces().filter((one) => one.set === '63')).toHaveLength(63);
    expect(provinces().filter((one) => one.set === '34')).toHaveLength(34);
  });

  it('of now have every former one', () => {
    for (const former of provinces()) expect(provinceOfNow(former, provinces())?.set).toBe('34');
  });

  it.each([
    ['02', '2025-06-30', true],
    ['02', '2025-07-01', false],
    ['08', '2025-06-30', true],
    ['08', '2025-07-01', true],
    ['99', '2025-07-01', false],
  ] as const)('code %s on %s: %s', (code, day, ok) => expect(readProvinceCode(code, day, provinces()).ok).toBe(ok));

  it('that are gone are named with where they are now', () =>
    expect(readProvinceCode('02', '2026-11-22', provinces())).toMatchObject({
      problem: { vi: expect.stringContaining('08'), en: expect.stringContaining('Hà Giang') },
    }));

  it('are found by the identifier of their agencies, with a remark where that is assumed', () => {
    expect(provinceOfAgency('H26', '2026-11-22', provinces())).toMatchObject({
      value: { name: 'Hà Nội' },
      warnings: [],
    });
    expect(provinceOfAgency('H29', '2026-11-22', provinces())).toMatchObject({
      value: { name: 'Hồ Chí Minh' },
      warnings: [{ en: 'the identifier H29 is not confirmed' }],
    });
    expect(provinceOfAgency('H39', '2026-11-22', provinces()).ok).toBe(false);
  });
});

describe('banks', () => {
  it('are read by BIN, renamed ones under the name of now', () => {
    expect(readBankBin('970436', banks())).toMatchObject({ ok: true, value: { code: 'VCB' }, warnings: [] });
    for (const { bin } of banks().filter((bank) => bank.deprecated)) {
      const reading = readBankBin(bin, banks());
      if (banks().some((bank) => bank.bin === bin && !bank.deprecated))
        expect(reading).toMatchObject({ value: { deprecated: false } });
    }
    expect(readBankBin('123456', banks())).toMatchObject({ ok: false, problem: { en: 'no bank has the BIN 123456' } });
    expect(readBankBin('97043', banks()).ok).toBe(false);
  });

  it('have accounts of 6 to 19 digits', () => {
    expect(readBankAccount('120010000001').ok).toBe(true);
    expect(readBankAccount('12001').ok).toBe(false);
    expect(readBankAccount('1200 10000').ok).toBe(false);
  });
});
