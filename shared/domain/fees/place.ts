import { AgencyCode } from '../identity/codes.ts';

/**
 * Where a rule is for, by the electronic identifier of a province (`H26`), of a ministry or of one agency; none is the whole
 * country. An agency lies in a place whose code is a whole part of its own, first or last: `H26.12` and `000.00.12.H26` both
 * lie in `H26`. Source of the two orders: QĐ 20/2020/QĐ-TTg.
 */
export const Place = AgencyCode;

/** Whether an agency lies in a place. */
export function liesIn(agencyCode: string, place: string | undefined): boolean {
  return (
    place === undefined ||
    agencyCode === place ||
    agencyCode.startsWith(`${place}.`) ||
    agencyCode.endsWith(`.${place}`)
  );
}

/** Whether a place is a whole province, by the form of its code; which provinces there are is asked when law is loaded. */
export const isProvince = (place: string): boolean => /^H[0-9]{2}$/.test(place);

/** How narrowly a rule names its place: of two base tariffs the narrower counts, the agency's before the province's. */
export const narrowness = (place: string | undefined): number => (place === undefined ? 0 : place.split('.').length);
