import { digest, hmac, isOneOf } from '../wire.ts';

/**
 * MaXacThuc of the platform's messages: SHA-256 over values and secret joined by `|`, lower-case hex; in the form of 2020
 * HMAC-SHA256 over the values alone.
 */

/** Signed members of each message, in order. ThongTinBienLai is in none: nothing of it may be believed. */
export const SIGNED = {
  INIT: [
    'LoaiBanTin',
    'PhienBan',
    'MaDoiTac',
    'MaThamChieu',
    'SoTien',
    'LoaiHinhThanhToan',
    'MaKenhThanhToan',
    'MaThietBi',
    'NgonNgu',
    'MaTienTe',
    'MaNganHang',
    'ThongTinGiaoDich',
    'ThoiGianGD',
    'Ip',
  ],
  CONFIRM: [
    'LoaiBanTin',
    'MaLoi',
    'MaDoiTac',
    'MaThamChieu',
    'SoTien',
    'MaTienTe',
    'MaGiaoDich',
    'MaNganHang',
    'ThoiGianGD',
    'ThongTinGiaoDich',
  ],
  QUERY: ['LoaiBanTin', 'PhienBan', 'MaDoiTac', 'MaThamChieu', 'ThoiGianGD'],
} as const;

export type Algorithm = 'sha256' | 'hmac-sha256';
export type Key = { secret: string; algorithm: Algorithm };

/** A value with the sign between values could be cut in two ways; one with control characters is no text at all. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for.
export const isAmbiguous = (value: string): boolean => /[|\u0000-\u001f\u007f-\u009f\u2028\u2029]/.test(value);

/** The MaXacThuc of these values. Throws RangeError for a value that could be read in two ways. */
export function codeOf(values: readonly string[], key: Key): string {
  if (values.some(isAmbiguous)) throw new RangeError('a value holds "|" or a control character');
  return rawCode(values, key);
}

export function isSigned(values: readonly string[], given: string, keys: readonly Key[]): boolean {
  if (values.some(isAmbiguous)) return false;
  return isOneOf(
    given,
    keys.map((key) => rawCode(values, key)),
  );
}

function rawCode(values: readonly string[], { secret, algorithm }: Key): string {
  return algorithm === 'hmac-sha256'
    ? hmac('sha256', secret, values.join('|')).toString('hex')
    : digest('sha256', [...values, secret].join('|')).toString('hex');
}
