import * as z from 'zod';
import { lazy } from '../lazy.ts';
import { MAX_DONG } from '../money/dong.ts';
import { PaymentReference, readPaymentReference } from '../payment/reference.ts';
import { paymentsNamedIn, plainText } from '../payment/transfer-code.ts';
import { isReturnReference, returnMark, returnMarksIn } from '../refund/return-mark.ts';
import { orderMarksIn } from '../remittance/remittance.ts';
import type { Day } from '../time.ts';
import { type BankEntry, BankFileFault, type EntryDetail } from './bank/model.ts';
import { type BankItem, bankReferenceOf } from './matching/items.ts';

/**
 * One line of a statement as it is kept for matching: what names money, and no word that a payer wrote. The file itself
 * stays beside it in the bucket.
 */
const References = lazy(() => z.array(z.string()).max(20));
export const BankLine = lazy(() =>
  z.strictObject({
    /** Within its statement: the bank's own reference, or the place where it has none or has it twice. */
    k: z.string().min(1).max(128),
    /** Booking day. */
    d: z.iso.date(),
    /** Value day, where it is another. */
    v: z.iso.date().optional(),
    /** Signed whole minor units, credit positive: dong where no currency stands beside. */
    a: z.int(),
    c: z
      .string()
      .regex(/^[A-Z]{3}$/)
      .optional(),
    b: z.string().max(64).optional(),
    s: References.optional(),
    t: References.optional(),
    n: References.optional(),
    m: References.optional(),
    r: z.literal(1).optional(),
  }),
);
export type BankLine = z.infer<typeof BankLine>;

/** Longest bank reference that names money, in characters; banks' own have 16 to 35. */
const MAX_BANK_REFERENCE = 64;
/** Most names of each kind that are kept of one line. */
const MAX_NAMES = 20;

/** Digits that are nearly a payment reference: one or two too few or too many, or of a wrong check digit. */
const NEARLY = /(?:TP)?([0-9OIL]{13,17})(?![0-9])/g;
const LOOKALIKES: Readonly<Record<string, string>> = { O: '0', I: '1', L: '1' };

/** Finds the marks of providers' payouts in a text; see payouts.ts. Orders of our own are found besides. */
export type MarkFinder = (plain: string) => string[];

/**
 * The lines of a booked entry: one a payment where the entry tells them apart and they add up to it, else one. Throws
 * {@link BankFileFault} for an amount that no account can have.
 */
export function linesOf(entry: BankEntry, fallbackDay: Day, marksIn: MarkFinder): Omit<BankLine, 'k'>[] {
  // A line of nothing moves no money.
  if (!entry.booked || entry.minor === 0n) return [];
  const { details } = entry;
  const whole = details.length > 1 && details.every((one) => one.minor !== null && one.currency === entry.currency);
  const parts = whole && details.reduce((sum, { minor }) => sum + (minor ?? 0n), 0n) === entry.minor;
  if (!parts) return [lineOf(entry, details, entry.minor, fallbackDay, marksIn)];
  return details.map((detail) => lineOf(entry, [detail], detail.minor ?? 0n, fallbackDay, marksIn));
}

function lineOf(
  entry: BankEntry,
  details: readonly EntryDetail[],
  minor: bigint,
  fallbackDay: Day,
  marksIn: MarkFinder,
): Omit<BankLine, 'k'> {
  const amount = Number(minor);
  if (!Number.isSafeInteger(amount) || Math.abs(amount) > MAX_DONG) throw new BankFileFault(0, 'amount_out_of_range');
  const [only] = details;
  const day = entry.bookingDay ?? entry.valueDay ?? fallbackDay;
  const reference = bankReferenceOf((details.length === 1 ? only?.bankReference : '') || entry.bankReference);
  const fields = details.flatMap((one) => [...one.structured, one.endToEndId]);
  const returned = amount < 0 ? unique(fields.map(plainText).filter(isReturnReference)) : [];
  const structured = unique(
    [...fields, ...details.map((one) => one.virtualAccount)]
      .filter((field) => !returned.includes(plainText(field)))
      .flatMap(codesInField),
  );
  const texts = [entry.text, ...details.map((one) => one.text)];
  const plain = texts.map(plainText);
  const named = paymentsNamedIn(texts);
  const own = [...plain, ...fields.map(plainText)].flatMap((text) => [...orderMarksIn(text), ...returnMarksIn(text)]);
  const marks = unique([...plain.flatMap(marksIn), ...own, ...returned.map(returnMark)]);
  const near = named.length > 0 || structured.length > 0 || own.length > 0 ? [] : unique(plain.flatMap(nearly));
  return {
    d: day,
    ...(entry.valueDay !== null && entry.valueDay !== day && { v: entry.valueDay }),
    a: amount,
    ...(entry.currency !== 'VND' && { c: entry.currency }),
    ...(reference !== '' && reference.length <= MAX_BANK_REFERENCE && { b: reference }),
    ...(structured.length > 0 && { s: structured }),
    ...(named.length > 0 && { t: named.slice(0, MAX_NAMES) }),
    ...(near.length > 0 && { n: near }),
    ...(marks.length > 0 && { m: marks }),
    ...(entry.reversal && { r: 1 as const }),
  };
}

const unique = (names: readonly string[]): string[] => [...new Set(names)].slice(0, MAX_NAMES);

/** A field that is meant for a reference needs no prefix: the whole of it is one, or a virtual account ends with one. */
function codesInField(field: string): string[] {
  const plain = plainText(field);
  const tail = /([1-9][0-9]{14})$/.exec(plain)?.[1];
  const bare = tail !== undefined && readPaymentReference(tail) ? [PaymentReference.parse(tail) as string] : [];
  return [...paymentsNamedIn([field]), ...bare];
}

const nearly = (plain: string): string[] =>
  [...plain.matchAll(NEARLY)].map(([, digits = '']) =>
    digits.replace(/[OIL]/g, (letter) => LOOKALIKES[letter] ?? letter),
  );

/** A line as it is matched. `statement`: names its statement for good. */
export const bankItemOf = (statement: string, line: BankLine): BankItem => ({
  key: `${statement}/${line.k}`,
  amount: line.a,
  ...(line.c !== undefined && { currency: line.c }),
  day: line.d,
  bankReference: line.b ?? '',
  structured: line.s ?? [],
  text: line.t ?? [],
  near: line.n ?? [],
  marks: line.m ?? [],
  reversal: line.r !== undefined,
});
