/**
 * Decimal texts of banks as whole minor units. Nothing is rounded and nothing guessed: a text that is no amount, or is
 * finer than the currency, is no amount.
 */

/** Digits after the point that are not two. Source: ISO 4217, list one. */
const EXPONENTS: Readonly<Record<string, number>> = {
  BIF: 0,
  CLP: 0,
  DJF: 0,
  GNF: 0,
  ISK: 0,
  JPY: 0,
  KMF: 0,
  KRW: 0,
  PYG: 0,
  RWF: 0,
  UGX: 0,
  UYI: 0,
  VND: 0,
  VUV: 0,
  XAF: 0,
  XOF: 0,
  XPF: 0,
  BHD: 3,
  IQD: 3,
  JOD: 3,
  KWD: 3,
  LYD: 3,
  OMR: 3,
  TND: 3,
  CLF: 4,
  UYW: 4,
};

const CURRENCY = /^[A-Z]{3}$/;

export const isCurrency = (text: string): boolean => CURRENCY.test(text);

/** Digits after the point of a currency: 0 for VND, 2 where ISO 4217 says nothing else. */
export const exponentOf = (currency: string): number => EXPONENTS[currency] ?? 2;

const DECIMAL = /^(\d{1,18})(?:[.,](\d{0,18}))?$/;

/**
 * Minor units of an unsigned decimal text; `malformed` for what is none, `too_fine` where digits beyond the currency's
 * are not zero. A comma and a point both stand for the decimal point, so no thousands are read.
 */
export function minorUnits(text: string, currency: string): bigint | 'malformed' | 'too_fine' {
  const parts = DECIMAL.exec(text);
  if (!parts) return 'malformed';
  const [, whole = '', fraction = ''] = parts;
  const exponent = exponentOf(currency);
  if (/[1-9]/.test(fraction.slice(exponent))) return 'too_fine';
  return BigInt(whole + fraction.slice(0, exponent).padEnd(exponent, '0'));
}
