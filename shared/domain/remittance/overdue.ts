import * as z from 'zod';
import type { BusinessCalendar } from '../calendar.ts';
import { lazy } from '../lazy.ts';
import { BookId } from '../reconciliation/book-day.ts';
import { BusinessDate } from '../reconciliation/statement-id.ts';
import { type Day, type Instant, MINUTE_MILLISECONDS, startOfDay } from '../time.ts';
import { RemittanceId } from './remittance.ts';

/**
 * Money that a collecting account has and that should be at the treasury by now: the same day, or before 10:00 on the next
 * transaction day (Decree 252/2026/ND-CP, article 61).
 */

const HOURS_OF_GRACE = 10;

/** The instant before which what a bank credited on a day must have been paid on. */
export const payOnBefore = (credited: Day, calendar: Pick<BusinessCalendar, 'workingDayAfter'>): Instant =>
  startOfDay(calendar.workingDayAfter(credited, 1)) + HOURS_OF_GRACE * 60 * MINUTE_MILLISECONDS;

/** Where money stays, in the order of its way: whose turn it is. */
export const Holder = lazy(() =>
  z.enum([
    /** Taken in cash, and no statement shows that it was deposited. */
    'at_desk',
    /** Its statement's day, or its provider's, is not closed. */
    'day_open',
    'provider_day_open',
    /** In no batch; in a batch that nobody approved; approved, and not given to the bank; with the bank. */
    'not_proposed',
    'not_approved',
    'not_exported',
    'at_bank',
    /** The bank sent it back, or did not send all of it; no later batch pays it again yet. */
    'returned',
    /** Left behind, because its purse's record says too little. */
    'incomplete',
  ]),
);
export type Holder = z.infer<typeof Holder>;

export const OverdueMoney = lazy(() =>
  z.strictObject({
    agencyCode: z.string(),
    book: BookId,
    /** In dong. Of money in no batch: what the bank credited, or is to; else what is to be sent. */
    amount: z.int().min(1),
    /** The first day on which the bank credited some of it; of cash at the desk, on which it was taken. */
    credited: BusinessDate,
    /** When it was to be there. */
    dueAt: z.int(),
    holder: Holder,
    remittanceId: RemittanceId.nullable(),
  }),
);
export type OverdueMoney = z.infer<typeof OverdueMoney>;

/** What the last look at all accounts found, as it is kept. */
export const OverdueList = lazy(() =>
  z.strictObject({ v: z.literal(1), asOf: z.int(), overdue: z.array(OverdueMoney) }),
);
export type OverdueList = z.infer<typeof OverdueList>;

export const OVERDUE_KEY = 'remittances/overdue.json';
