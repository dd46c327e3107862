import { type Reading, read, wrong } from './reading.ts';

/**
 * Electronic identifier of an agency (mã định danh điện tử): dotted groups of digits and capitals, at most 35 characters.
 * The level-1 code, `MX1X2` (a letter and two digits), is the last group of the form of Decision 20/2020/QĐ-TTg; systems
 * also write it first (`H56.14`). Both are in use.
 */
export type AgencyId = {
  code: string;
  groups: readonly string[];
  /** Code of the province or ministry, where the identifier names one. */
  levelOne?: string;
  levelOneStands: 'first' | 'last' | 'nowhere';
};

const MAX_LENGTH = 35;
const LEAST_LENGTH = 3;
const LEVEL_ONE = /^[A-Z][0-9]{2}$/;

export function readAgencyId(text: string): Reading<AgencyId> {
  if (text.length > MAX_LENGTH)
    return wrong(
      `mã định danh dài nhất ${MAX_LENGTH} ký tự`,
      `an agency identifier has at most ${MAX_LENGTH} characters`,
    );
  if (text.length < LEAST_LENGTH || !/^[0-9A-Z]+(?:\.[0-9A-Z]+)*$/.test(text))
    return wrong(
      'mã định danh gồm các nhóm chữ số và chữ in hoa, cách nhau bằng dấu chấm',
      'an agency identifier is groups of digits and capitals with dots between them',
    );
  const groups = text.split('.');
  const [first = ''] = groups;
  const last = groups.at(-1) ?? '';
  // One group alone is the level-1 agency itself. Where both ends look like one, the decision's own form decides.
  const levelOneStands = LEVEL_ONE.test(last) ? 'last' : LEVEL_ONE.test(first) ? 'first' : 'nowhere';
  const levelOne = levelOneStands === 'last' ? last : first;
  return read(
    { code: text, groups, levelOneStands, ...(levelOneStands !== 'nowhere' && { levelOne }) },
    levelOneStands === 'nowhere'
      ? [{ vi: 'không có mã cấp 1 của tỉnh hoặc bộ', en: 'it has no level-1 code of a province or ministry' }]
      : [],
  );
}

export const formatAgencyId = ({ groups }: Pick<AgencyId, 'groups'>): string => groups.join('.');
