import { COUNTER } from '../payment/counter.ts';
import type { Day } from '../time.ts';

/**
 * What an agency's desk deposits in a bank account of its own: the cash of one day. To the account it is what a provider's
 * payout is. The slip says `NOP TIEN QUAY`, the agency's code and the day, so that the statement's line is known by them.
 */
const WORDS = 'NOPTIENQUAY';
/** Shortest and longest code of an agency, without its dots. */
const CODE_LETTERS = { from: 3, to: 35 };
const DATE_DIGITS = 8;
const CENTURY_DIGITS = 2;

const plain = (agencyCode: string): string => agencyCode.replaceAll('.', '');

/** The mark by which the bank's line names a deposit. */
export const depositMark = (agencyCode: string, day: Day): string => markOf(plain(agencyCode), day);
const markOf = (code: string, day: Day): string => `${COUNTER}:${code}:${day}`;

/**
 * The mark in a plain text (capitals and digits alone): of the shortest code that a day follows; where a day follows the first
 * two digits of that as well, they are the code's: one that ends in 20. `days`: as they are written.
 */
export function depositMarksIn(text: string, days: ReadonlyMap<string, Day>): string[] {
  const at = text.indexOf(WORDS);
  if (at < 0) return [];
  const named = text.slice(at + WORDS.length);
  const dayBehind = (letters: number) => days.get(named.slice(letters).replace(/^NGAY/, '').slice(0, DATE_DIGITS));
  for (let letters = CODE_LETTERS.from; letters <= CODE_LETTERS.to; letters += 1) {
    const day = dayBehind(letters);
    if (!day) continue;
    const later = dayBehind(letters + CENTURY_DIGITS);
    return later ? [markOf(named.slice(0, letters + CENTURY_DIGITS), later)] : [markOf(named.slice(0, letters), day)];
  }
  return [];
}

/** Names a deposit for good. */
export const depositKey = (agencyCode: string, day: Day, account: string): string =>
  `${DEPOSIT}${agencyCode}:${day}:${account}`;
export const DEPOSIT = 'deposit:';

const KEY = new RegExp(`^${DEPOSIT}([0-9A-Z.]{3,35}):(\\d{4}-\\d{2}-\\d{2}):([0-9]{6,19})$`);

/** What a key names; `undefined` where it names no deposit. */
export function depositOf(key: string): { agencyCode: string; date: Day; accountNumber: string } | undefined {
  const [, agencyCode, date, accountNumber] = KEY.exec(key) ?? [];
  return agencyCode && date && accountNumber ? { agencyCode, date, accountNumber } : undefined;
}
