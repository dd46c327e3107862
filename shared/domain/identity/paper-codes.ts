import { type Reading, read, wrong } from './reading.ts';

/** Codes on electronic receipts and payment orders. */

/** Form symbol of an electronic receipt: EBL01 without a denomination, EBL02 with one (Circular 91/2026/TT-BTC, annex II). */
export type ReceiptForm = { symbol: string; legacy: boolean };

export function readReceiptForm(text: string): Reading<ReceiptForm> {
  if (/^EBL0[12]$/.test(text)) return read({ symbol: text, legacy: false });
  if (/^0[12]BL[PT][0-9]-[0-9]{3}$/.test(text))
    return read({ symbol: text, legacy: true }, [
      { vi: 'ký hiệu mẫu cũ, chỉ đọc', en: 'a former form symbol: read, not issued' },
    ]);
  return wrong('ký hiệu mẫu biên lai là EBL01 hoặc EBL02', 'the form symbol of a receipt is EBL01 or EBL02');
}

/** Receipt symbol, `26TAA`: two digits of the year, `T`, two letters of a fixed set. */
export type ReceiptSymbol = { year: number; letters: string };

const CENTURY = 2000;

export function readReceiptSymbol(text: string): Reading<ReceiptSymbol> {
  const parts = /^([0-9]{2})T([ABCDEGHKLMNPQRSTUVXY]{2})$/.exec(text);
  if (!parts)
    return wrong(
      'ký hiệu biên lai gồm hai số của năm, chữ T và hai chữ cái (không dùng F, I, J, O, W, Z)',
      'a receipt symbol is two digits of the year, T, and two letters (never F, I, J, O, W, Z)',
    );
  const [, year, letters = ''] = parts;
  return read({ year: CENTURY + Number(year), letters });
}

export const formatReceiptSymbol = ({ year, letters }: ReceiptSymbol): string =>
  `${String(year - CENTURY).padStart(2, '0')}T${letters}`;

/** Receipt number: 1 to 8 digits from 1, new each 1 January (Decree 254/2026/NĐ-CP, article 23.2). */
export const readReceiptNumber = (text: string): Reading<number> =>
  /^[1-9][0-9]{0,7}$/.test(text)
    ? read(Number(text))
    : wrong(
        'số biên lai từ 1 đến 99999999, không có số 0 ở đầu',
        'a receipt number is 1 to 99999999 without leading zeros',
      );

/**
 * Transaction code of the national payment platform: `G22.99.<type>-YYMMDDnnnnnn`. The symbols of types are not public
 * and the rule may have changed, so nothing is decided by its parts.
 */
export const readPlatformTransaction = (text: string): Reading<string> =>
  /^G22\.99\.[0-9A-Za-z]{1,20}-[0-9]{12}$/.test(text)
    ? read(text)
    : wrong(
        'mã giao dịch của nền tảng thanh toán có dạng G22.99.<loại>-YYMMDD và 6 chữ số',
        'a platform transaction is G22.99.<type>-YYMMDD and six digits',
      );

/** Số tham chiếu: given by whoever made the order and unchanged end to end (Circular 89/2026/TT-BTC, article 36). */
export const readOrderReference = (text: string): Reading<string> =>
  /^[A-Za-z0-9.-]{1,50}$/.test(text)
    ? read(text)
    : wrong(
        'số tham chiếu có 1 đến 50 chữ cái, chữ số, dấu chấm hoặc gạch nối',
        'an order reference has 1 to 50 letters, digits, dots or hyphens',
      );
