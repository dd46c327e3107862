import * as z from 'zod';
import { readBankBin } from '../identity/bank.ts';
import {
  readAdministrativeArea,
  readBankAccount,
  readChapter,
  readCollectingAuthority,
  readSubItem,
  readTreasury,
  readTreasuryAccount,
} from '../identity/budget-codes.ts';
import { AgencyCode } from '../identity/codes.ts';
import { inBoth, type Reading } from '../identity/reading.ts';
import type { Bank, SubItem } from '../identity/reference.ts';
import { readTaxCode } from '../identity/tax-code.ts';
import { LineKind, mayBeRetained } from '../invoice/line-kind.ts';
import { lazy } from '../lazy.ts';
import type { WrongPlace } from '../refusal.ts';
import type { Day } from '../time.ts';
import { Beneficiary } from './registry.ts';

/**
 * Who one of an agency's purses is to the budget, from a day on. An invoice keeps the purse's short code; account, budget
 * codes and retention are read from the record that was in force on the day when the invoice was made. Records are only
 * added, each to begin after today and after the one before it, so what an invoice says never changes.
 */
const text = (most: number) => z.string().min(1).max(most);
const code = lazy(() => z.string().max(40));

/** Account at the State Treasury: `bankBin` is the commercial bank where that treasury holds its account. */
const TreasuryPlace = lazy(() =>
  z.strictObject({
    kind: z.literal('treasury'),
    number: code,
    treasury: code,
    treasuryName: text(200),
    bankBin: code.optional(),
  }),
);
const BankPlace = lazy(() => z.strictObject({ kind: z.literal('bank'), number: code, bankBin: code }));

/** How an item, or else every item of a kind, is booked: its budget sub-item, and what the collector keeps, in per mille. */
const Booking = lazy(() =>
  z.strictObject({
    kind: LineKind,
    feeItem: z
      .string()
      .regex(/^[0-9]\.[0-9]{6}-[0-9]{2}$/)
      .optional(),
    subItem: code.optional(),
    retainedPermille: z.int().min(0).max(1000).default(0),
    /** The text that sets the retention. */
    legalBasis: text(200).optional(),
  }),
);
export type Booking = z.infer<typeof Booking>;

const MAX_BOOKINGS = 60;

export const BeneficiaryRecord = lazy(() =>
  z.strictObject({
    agencyCode: AgencyCode,
    beneficiary: Beneficiary,
    /** First day on which invoices are made for it, in Asia/Ho_Chi_Minh. */
    effectiveFrom: z.iso.date(),
    name: z.strictObject({ vi: text(200), en: text(200) }),
    taxCode: code.optional(),
    account: z.discriminatedUnion('kind', [TreasuryPlace, BankPlace]),
    collectingAuthority: code.optional(),
    chapter: code.optional(),
    area: code.optional(),
    bookings: z.array(Booking).max(MAX_BOOKINGS),
  }),
);
export type BeneficiaryRecord = z.infer<typeof BeneficiaryRecord>;

export type ReferenceLists = { banks: readonly Bank[]; subItems: ReadonlyMap<string, SubItem> };

/** What is wrong with a record, by place. Empty: every code reads, and exists where there is a list of it. */
export function faultsOf(record: BeneficiaryRecord, { banks, subItems }: ReferenceLists): WrongPlace[] {
  const faults: WrongPlace[] = [];
  const check = (pointer: string, given: string | undefined, reader: (text: string) => Reading<unknown>): void => {
    if (given === undefined) return;
    const reading = reader(given);
    if (!reading.ok) faults.push({ pointer, message: inBoth(reading.problem) });
  };
  const { account } = record;
  check('/taxCode', record.taxCode, readTaxCode);
  check('/collectingAuthority', record.collectingAuthority, readCollectingAuthority);
  check('/chapter', record.chapter, readChapter);
  check('/area', record.area, readAdministrativeArea);
  check('/account/number', account.number, account.kind === 'treasury' ? readTreasuryAccount : readBankAccount);
  if (account.kind === 'treasury') check('/account/treasury', account.treasury, readTreasury);
  check('/account/bankBin', account.bankBin, (bin) => readBankBin(bin, banks));

  const seen = new Set<string>();
  record.bookings.forEach((booking, at) => {
    const place = `/bookings/${at}`;
    check(`${place}/subItem`, booking.subItem, (sub) => readSubItem(sub, subItems));
    if (booking.retainedPermille > 0 && !mayBeRetained(booking.kind))
      faults.push({
        pointer: `${place}/retainedPermille`,
        message: 'chỉ phí mới được để lại một phần / only a phí may be kept in part',
      });
    const key = booking.feeItem ?? booking.kind;
    if (seen.has(key)) faults.push({ pointer: place, message: `trùng với dòng trước: ${key} / stands twice: ${key}` });
    seen.add(key);
  });
  return faults;
}

/** How a line is booked: by its own item, or else by its kind. */
export const bookingFor = (
  { bookings }: Pick<BeneficiaryRecord, 'bookings'>,
  line: { feeItem: string; kind: string },
): Booking | undefined =>
  bookings.find((one) => one.feeItem === line.feeItem) ??
  bookings.find((one) => one.feeItem === undefined && one.kind === line.kind);

export type BeneficiaryAdded =
  | { kind: 'added' | 'repeated' }
  /** Another record stands there, or a later one. */
  | { kind: 'refused'; latest: Day };

/** Port: who purses are. */
export interface BeneficiaryReader {
  /** The record in force on a day. */
  at(agencyCode: string, beneficiary: string, day: Day): Promise<BeneficiaryRecord | undefined>;
}

export interface BeneficiaryBook extends BeneficiaryReader {
  /** The first day of the newest record. */
  latest(agencyCode: string, beneficiary: string): Promise<Day | undefined>;
  /** Adds a record behind the newest, `after`. Refused if that is not the newest any more. */
  add(record: BeneficiaryRecord, after: Day | undefined): Promise<BeneficiaryAdded>;
}
