import * as z from 'zod';
import type { BusinessCalendar } from '../calendar.ts';
import { lazy } from '../lazy.ts';
import type { JournalEntry } from '../ledger/journal.ts';
import { DAY_MILLISECONDS, type Day, type Instant, MINUTE_MILLISECONDS, startOfDay, vietnamDay } from '../time.ts';
import { accountOfBook, type BookId } from './book-day.ts';
import type { ExceptionPlace } from './exception.ts';

/**
 * Which file is to come from which partner for which day, by when, and which day money counts on at a partner whose
 * accounting day does not end at midnight. Times are `HH:mm` in Viet Nam; `24:00` is the end of the day.
 */

const ClockTime = lazy(() => z.string().regex(/^(?:[01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$/));

/** Ends of days where nothing says otherwise. */
export const MIDNIGHT = '24:00';

/** Most working days that a file may take; beyond that the rule is wrong. */
const MAX_DUE_WORKING_DAYS = 10;

const rule = () => ({
  /** Days of which a file comes: each, or those that are worked. */
  days: z.enum(['every', 'worked']),
  /** The file of a day is due so many working days after it, at this time. */
  due: z.strictObject({ workingDays: z.int().min(1).max(MAX_DUE_WORKING_DAYS), at: ClockTime }),
  basis: z.string().min(1),
  confidence: z.enum(['high', 'medium', 'low']),
});
const BankRule = lazy(() => z.strictObject({ ...rule(), cutOff: ClockTime }));

/** What was agreed with partners. No such agreement is public; the usual rules hold where none is written down here. */
export const DeliveriesData = lazy(() =>
  z.strictObject({
    /** Of a provider; when its day ends its manifest says. */
    provider: z.strictObject({ ...rule(), otherwise: z.record(z.string(), z.strictObject(rule())) }),
    /** Of an account at a bank, by BIN where it is not the usual one. */
    bank: BankRule.extend({ otherwise: z.record(z.string().regex(/^[0-9]{6}$/), BankRule) }),
    /** Of an account at the State Treasury, which has no BIN of its own in public lists: those under which it is registered. */
    treasury: BankRule.extend({ bankBins: z.array(z.string().regex(/^[0-9]{6}$/)) }),
  }),
);
export type DeliveriesData = z.infer<typeof DeliveriesData>;

export type DeliveryRule = { days: 'every' | 'worked'; due: { workingDays: number; at: string }; cutOff: string };

/** The rule of a partner's book. */
export type DeliveryRules = (book: BookId) => DeliveryRule;

/** `agreed` is asked when a rule is. `cutOffs`: when providers' days end, by their ids. */
export function deliveryRules(agreed: () => DeliveriesData, cutOffs: ReadonlyMap<string, string>): DeliveryRules {
  return (book) => {
    const data = agreed();
    const bank = accountOfBook(book);
    if (bank)
      return data.treasury.bankBins.includes(bank.bankBin)
        ? data.treasury
        : (data.bank.otherwise[bank.bankBin] ?? data.bank);
    const providerId = book.slice('provider:'.length);
    const { days, due } = data.provider.otherwise[providerId] ?? data.provider;
    return { days, due, cutOff: cutOffs.get(providerId) ?? MIDNIGHT };
  };
}

const minutesOf = (time: string): number => 60 * Number(time.slice(0, 2)) + Number(time.slice(3));

/** The day on which a partner counts money of an instant: from its cut-off on, the next. */
export const partnerDay = (at: Instant, cutOff: string): Day =>
  cutOff === MIDNIGHT ? vietnamDay(at) : vietnamDay(at + DAY_MILLISECONDS - minutesOf(cutOff) * MINUTE_MILLISECONDS);

/**
 * The partner's day of a journal entry. What was committed long after it was paid counts on the day of its commit, at
 * partners as in our books.
 */
export const countedOn = (
  { accountingDate, paidAt }: Pick<JournalEntry, 'accountingDate' | 'paidAt'>,
  cutOff: string,
): Day => (accountingDate === vietnamDay(paidAt) ? partnerDay(paidAt, cutOff) : accountingDate);

/** Until when the file of a day is to be there; `undefined` for a day of which none comes. */
export function dueOf(day: Day, { days, due }: DeliveryRule, calendar: BusinessCalendar): Instant | undefined {
  if (days === 'worked' && !calendar.isWorkingDay(day)) return undefined;
  return startOfDay(calendar.workingDayAfter(day, due.workingDays)) + minutesOf(due.at) * MINUTE_MILLISECONDS;
}

/** A partner of whom files are expected, and the first day that has not been looked at yet. */
export type ExpectedBook = { book: BookId; next: Day };

/**
 * A file that is not there or was refused, until one that tells of its day is taken in; with the exception that stands for
 * it.
 */
export type OpenDelivery = { book: BookId; day: Day; place: ExceptionPlace };

/** Port: what is expected, and what is open of it. */
export interface DeliveryBook {
  expected(): Promise<ExpectedBook[]>;
  /** Looks at a book from a day on, and at no day before it again. */
  lookFrom(expected: ExpectedBook): Promise<void>;
  open(): Promise<OpenDelivery[]>;
  /** What is open of a book for days `from` to `to`. */
  openOf(book: BookId, from: Day, to: Day): Promise<OpenDelivery[]>;
  /** Doing it twice leaves what doing it once leaves. */
  begin(delivery: OpenDelivery): Promise<void>;
  end(delivery: OpenDelivery): Promise<void>;
}
