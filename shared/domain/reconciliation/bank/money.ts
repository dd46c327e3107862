import { onFirstCall } from '../../on-first-call.ts';

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

const currencies = onFirstCall(() => new Set(Intl.supportedValuesOf('currency')));
const named = onFirstCall(() => new Intl.DisplayNames('en', { type: 'currency', fallback: 'none' }));

/** Whether it is a code of ISO 4217, of today or of before: old statements are in marks and francs. */
export function isCurrency(text: string): boolean {
  return currencies().has(text) || (/^[A-Z]{3}$/.test(text) && named().of(text) !== undefined);
}

/** Digits after the point of a currency: 0 for VND, 2 where ISO 4217 says nothing else. */
export const exponentOf = (currency: string): number => EXPONENTS[currency] ?? 2;

const DECIMAL = /^(\d{1,18})(?:[.,](\d{0,18}))?$/;
/** As XML Schema writes decimals (part 2, section 3.2.3), without a sign. */
const XML_DECIMAL = /^(?=\.?\d)(\d{0,18})(?:\.(\d{0,18}))?$/;
/** Digits of a group of thousands. */
const GROUP = 3;

/** `too_fine`: digits beyond the currency's are not zero. */
type MinorUnits = bigint | 'malformed' | 'too_fine';

/**
 * Minor units of an unsigned decimal text; `malformed` for what is none. A comma and a point both stand for the decimal
 * point, so no thousands are read; and `1.000` is refused where the currency has not three digits behind the point, because
 * it is a thousand as likely as it is one.
 */
export function minorUnits(text: string, currency: string): MinorUnits {
  const [, whole, fraction = ''] = DECIMAL.exec(text) ?? [];
  const exponent = exponentOf(currency);
  if (whole === undefined || (fraction.length === GROUP && exponent !== GROUP)) return 'malformed';
  return scaled(whole, fraction, exponent);
}

/** The same of a decimal in XML, where only a point is one; `1.000` is refused of a currency that has no fractions. */
export function xmlMinorUnits(text: string, currency: string): MinorUnits {
  const [, whole, fraction = ''] = XML_DECIMAL.exec(text) ?? [];
  const exponent = exponentOf(currency);
  if (whole === undefined || (fraction.length === GROUP && exponent === 0)) return 'malformed';
  return scaled(whole, fraction, exponent);
}

function scaled(whole: string, fraction: string, exponent: number): MinorUnits {
  if (/[1-9]/.test(fraction.slice(exponent))) return 'too_fine';
  return BigInt(whole + fraction.slice(0, exponent).padEnd(exponent, '0'));
}
