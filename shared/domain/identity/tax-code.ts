import * as z from 'zod';
import { lazy } from '../lazy.ts';
import { readCitizenNumber } from './citizen-number.ts';
import { maskNumber } from './mask.ts';
import { inBoth, type Reading, read, wrong } from './reading.ts';

/**
 * Tax code (mã số thuế): ten digits, the last of them a check digit, and three more for a dependent unit; since
 * 1 July 2025 a person's identity number stands for the tax code of a natural person (Circular 86/2024/TT-BTC).
 */
export type TaxCode =
  | { kind: 'organisation'; base: string; branch?: string }
  /** The identity number of a natural person. */
  | { kind: 'person'; number: string };

const WEIGHTS = [31, 29, 23, 19, 17, 13, 7, 5, 3] as const;
const MODULUS = 11;
const HIGHEST_CHECK = 10;
const BASE_LENGTH = 10;
const PERSON_LENGTH = 12;

/** The check digit of nine digits, or undefined where the sum leaves none: such a code was never issued. */
function checkDigitOf(nine: string): string | undefined {
  const total = WEIGHTS.reduce((sum, weight, at) => sum + weight * Number(nine[at]), 0);
  const check = HIGHEST_CHECK - (total % MODULUS);
  return check === HIGHEST_CHECK ? undefined : String(check);
}

/** Reads `NNNNNNNNNN`, `NNNNNNNNNN-NNN`, the same without the hyphen, or a person's twelve digits. */
export function readTaxCode(text: string): Reading<TaxCode> {
  if (/^[0-9]{12}$/.test(text)) {
    const person = readCitizenNumber(text);
    return person.ok ? read({ kind: 'person', number: text }, person.warnings) : person;
  }
  const parts = /^([0-9]{10})(?:-?([0-9]{3}))?$/.exec(text);
  if (!parts)
    return wrong(
      `mã số thuế có ${BASE_LENGTH} chữ số, thêm 3 chữ số của đơn vị phụ thuộc, hoặc ${PERSON_LENGTH} chữ số của cá nhân`,
      `a tax code has ${BASE_LENGTH} digits, three more for a dependent unit, or the ${PERSON_LENGTH} digits of a person`,
    );
  const [, base = '', branch] = parts;
  if (base.startsWith('00') || base.slice(2, 9) === '0000000')
    return wrong(
      'mã số thuế không thể bắt đầu bằng 00 hoặc có số thứ tự 0000000',
      'no tax code begins with 00 or has the serial 0000000',
    );
  const check = checkDigitOf(base.slice(0, 9));
  if (check !== base[9])
    return wrong(
      'chữ số thứ mười của mã số thuế không khớp số kiểm tra; xem lại từng chữ số',
      'the tenth digit of the tax code is not its check digit; compare each digit',
    );
  if (branch === '000')
    return wrong('mã đơn vị phụ thuộc từ 001 đến 999', 'the number of a dependent unit is 001 to 999');
  return read({ kind: 'organisation', base, ...(branch !== undefined && { branch }) });
}

/** As it is printed: the dependent unit behind a hyphen. */
export const formatTaxCode = (code: TaxCode): string =>
  code.kind === 'person' ? code.number : code.base + (code.branch === undefined ? '' : `-${code.branch}`);

export const maskTaxCode = (text: string): string => maskNumber(text);

/** A tax code in a request, kept as it is printed. */
export const TaxCodeText = lazy(() =>
  z
    .string()
    .regex(/^(?:[0-9]{10}(?:-?[0-9]{3})?|[0-9]{12})$/)
    .check((context) => {
      const reading = readTaxCode(context.value);
      if (!reading.ok) context.issues.push({ code: 'custom', input: context.value, message: inBoth(reading.problem) });
    })
    .meta({ examples: ['0100233488'] }),
);
