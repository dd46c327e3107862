import type { Day } from '../time.ts';
import { type Reading, read, wrong } from './reading.ts';
import type { Province } from './reference.ts';

const inForce = (province: Province, day: Day): boolean =>
  province.effectiveFrom <= day && (province.effectiveTo === undefined || day <= province.effectiveTo);

/** A province by its two-digit code as it was on a day: the same digits may name another one before and after a merger. */
export function readProvinceCode(text: string, day: Day, provinces: readonly Province[]): Reading<Province> {
  if (!/^[0-9]{2}$/.test(text)) return wrong('mã tỉnh có đúng 2 chữ số', 'a province code has exactly two digits');
  const found = provinces.find((province) => province.code === text && inForce(province, day));
  if (found) return read(found);
  const other = provinces.find((province) => province.code === text);
  if (!other) return wrong(`không có tỉnh mang mã ${text}`, `no province has the code ${text}`);
  return wrong(
    `mã ${text} (${other.name}) không còn hoặc chưa dùng ngày ${day}${other.nowIn ? `; nay thuộc tỉnh mã ${other.nowIn}` : ''}`,
    `the code ${text} (${other.name}) is not in use on ${day}${other.nowIn ? `; it is part of ${other.nowIn} now` : ''}`,
  );
}

/** The province of now that a former one is part of; one that still exists is itself. */
export function provinceOfNow(former: Province, provinces: readonly Province[]): Province | undefined {
  const code = former.set === '34' ? former.code : former.nowIn;
  return provinces.find((province) => province.set === '34' && province.code === code);
}

/**
 * The province of an agency by its level-1 code, on a day. Codes after the merger are those of the name that was kept,
 * which is assumed for most of them: a remark says so.
 */
export function provinceOfAgency(levelOne: string, day: Day, provinces: readonly Province[]): Reading<Province> {
  const found = provinces.find((province) => province.agencyCode === levelOne && inForce(province, day));
  if (!found)
    return wrong(
      `không có tỉnh dùng mã định danh ${levelOne} ngày ${day}`,
      `no province has the identifier ${levelOne} on ${day}`,
    );
  return read(
    found,
    found.agencyCodeConfidence === 'high'
      ? []
      : [{ vi: `mã ${levelOne} chưa được xác nhận`, en: `the identifier ${levelOne} is not confirmed` }],
  );
}
