import * as z from 'zod';
import { lazy } from '../lazy.ts';
import { maskNumber } from './mask.ts';
import { digitsOnly, inBoth, type Reading, read, wrong } from './reading.ts';

/**
 * Personal identity number (số định danh cá nhân, on the CCCD): twelve digits. There is no check digit, so a number that
 * reads well may still be nobody's. Source: Decrees 137/2015/NĐ-CP and 70/2024/NĐ-CP.
 */
export type CitizenNumber = {
  /**
   * The place of birth registration: `0` and the two digits of one of the 63 provinces as they were, or a country code.
   * It is never mapped to the 34 provinces of 2025: the number does not change when provinces do.
   */
  registeredIn: string;
  sex: 'male' | 'female';
  birthYear: number;
};

const LENGTH = 12;
const OLD_LENGTH = 9;
/** The fourth digit: 0/1 for 1900 to 1999, 2/3 for 2000 to 2099, and so on to 8/9. */
const FIRST_CENTURY = 1900;
const YEARS = 100;

/** Reads the twelve digits. The nine of a former identity card are refused with a word about why. */
export function readCitizenNumber(text: string): Reading<CitizenNumber> {
  if (digitsOnly(text) && text.length === OLD_LENGTH)
    return wrong(
      'số CMND 9 số không còn dùng để giao dịch; cần số định danh cá nhân 12 số',
      'a nine-digit identity card number is no longer taken; the twelve-digit identity number is needed',
    );
  if (!digitsOnly(text) || text.length !== LENGTH)
    return wrong(
      `số định danh cá nhân phải có đúng ${LENGTH} chữ số`,
      `an identity number has exactly ${LENGTH} digits`,
    );
  const registeredIn = text.slice(0, 3);
  if (registeredIn === '000')
    return wrong(
      'ba chữ số đầu của số định danh không phải mã nơi đăng ký khai sinh',
      'the first three digits name no place of birth registration',
    );
  const fourth = Number(text[3]);
  return read({
    registeredIn,
    sex: fourth % 2 === 0 ? 'male' : 'female',
    birthYear: FIRST_CENTURY + Math.floor(fourth / 2) * YEARS + Number(text.slice(4, 6)),
  });
}

/** Remarks where what is known of a person differs from the number. Records are corrected; so this never refuses. */
export function compareWithPerson(
  { birthYear, sex }: CitizenNumber,
  known: { birthYear?: number | undefined; sex?: CitizenNumber['sex'] | undefined },
): { vi: string; en: string }[] {
  return [
    ...(known.birthYear !== undefined && known.birthYear !== birthYear
      ? [{ vi: 'năm sinh khác với số định danh', en: 'the year of birth differs from the identity number' }]
      : []),
    ...(known.sex !== undefined && known.sex !== sex
      ? [{ vi: 'giới tính khác với số định danh', en: 'the sex differs from the identity number' }]
      : []),
  ];
}

export const maskCitizenNumber = (text: string): string => maskNumber(text);

/** Reads the nine digits of a former identity card, as evidence of old records only. */
export const readFormerIdCard = (text: string): Reading<string> =>
  digitsOnly(text) && text.length === OLD_LENGTH
    ? read(text)
    : wrong(`số CMND cũ phải có đúng ${OLD_LENGTH} chữ số`, `a former identity card has exactly ${OLD_LENGTH} digits`);

/** An identity number in a request. */
export const CitizenNumberText = lazy(() =>
  z
    .string()
    .regex(/^[0-9]{12}$/)
    .check((context) => {
      const reading = readCitizenNumber(context.value);
      if (!reading.ok) context.issues.push({ code: 'custom', input: context.value, message: inBoth(reading.problem) });
    }),
);
