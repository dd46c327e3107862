import { readAgencyId } from './agency-id.ts';
import { type Reading, read, wrong } from './reading.ts';

/**
 * Code of a dossier (mã hồ sơ): agency, day of receipt, daily counter. Provincial systems pad the counter to four digits,
 * the national portal to six (Circular 01/2018/TT-VPCP, article 19). The rule now in force (Decree 118/2025, Circular
 * 03/2025) is not confirmed, so a code is an opaque key everywhere else; its parts are only shown and checked.
 */
export type DossierId = {
  agencyCode: string;
  /** Day of receipt, `YYYY-MM-DD`. */
  day: string;
  counter: string;
};

const FORM = /^([0-9A-Z.]{3,35})-([0-9]{2})([0-9]{2})([0-9]{2})-([0-9]{4,6})$/;

export function readDossierId(text: string): Reading<DossierId> {
  const parts = FORM.exec(text);
  if (!parts)
    return wrong(
      'mã hồ sơ có dạng mã cơ quan-YYMMDD-số thứ tự từ 4 đến 6 chữ số',
      'a dossier code is agency-YYMMDD-counter, the counter of four to six digits',
    );
  const [, agencyCode = '', year, month, date, counter = ''] = parts;
  const agency = readAgencyId(agencyCode);
  if (!agency.ok) return agency;
  const day = `20${year}-${month}-${date}`;
  if (Number.isNaN(Date.parse(day)) || new Date(day).toISOString().slice(0, 10) !== day)
    return wrong(`không có ngày ${date}/${month}/20${year}`, `there is no day ${day}`);
  return read({ agencyCode, day, counter });
}

export const formatDossierId = ({ agencyCode, day, counter }: DossierId): string =>
  `${agencyCode}-${day.slice(2).replaceAll('-', '')}-${counter}`;
