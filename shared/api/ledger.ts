import * as z from 'zod';
import { AgencyCode } from '../domain/identity/codes.ts';
import { lazy } from '../domain/lazy.ts';
import { EntryStep, JournalKind } from '../domain/ledger/journal.ts';
import { UNASSIGNED } from '../domain/ledger/ledger.ts';
import { ExceptionCategory } from '../domain/reconciliation/exception.ts';
import { Bilingual, Cursor, DayText, InstantText, Limit, page } from './common.ts';
import { endpoint } from './endpoint.ts';

/** Calls for auditors and finance staff: the ledger itself, read only. */

/** An agency, or money that no agency could be found for (seen by those who see all agencies). */
const AgencyOrNone = lazy(() => z.union([AgencyCode, z.literal(UNASSIGNED)]));
const AccountName = lazy(() =>
  z
    .string()
    .regex(/^[!-~]{1,120}$/)
    .meta({ examples: ['payable:H29.12:main'] }),
);
const Side = lazy(() => z.enum(['debit', 'credit']));

const AccountKindBody = lazy(() =>
  z.strictObject({
    kind: z.string(),
    /** Where its balance is expected. */
    side: Side,
    name: Bilingual,
    meaning: Bilingual,
  }),
);

export const listLedgerAccounts = endpoint({
  method: 'GET',
  path: '/v1/ledger/accounts',
  summary: 'The chart of accounts, and the accounts of own agencies that were ever entered',
  scope: 'ledger:read',
  query: lazy(() => z.strictObject({ agencyCode: AgencyOrNone.optional(), cursor: Cursor.optional(), limit: Limit })),
  answers: {
    200: lazy(() =>
      z.strictObject({
        kinds: z.array(AccountKindBody),
        /** In order of agency and name. */
        accounts: z.array(z.strictObject({ agencyCode: z.string(), account: z.string(), kind: z.string() })),
        nextCursor: z.string().nullable(),
      }),
    ),
  },
  problems: ['invalid_cursor', 'not_found'],
});

const LedgerEntryBody = lazy(() =>
  z.strictObject({
    /** Name of the movement: the same money has the same name, whoever tells of it. */
    entryId: z.string(),
    agencyCode: z.string(),
    committedAt: InstantText,
    /** Day under which finance counts it, by the payment time. */
    accountingDate: DayText,
    /** Legal payment time, by the word of the provider or of the desk. */
    paidAt: InstantText,
    /** What the entry is for; the category says why somebody must look at it. */
    reason: z.strictObject({
      kind: JournalKind,
      category: ExceptionCategory.nullable(),
      /** Why the first person wanted it: of a refund, a reversal at the desk or a correction; else null. */
      code: z.string().nullable(),
    }),
    /** Whose word it rests on: a provider by its id, a desk by its name, or the person who approved a correction or confirmed a return by hand. The evidence is told apart by its hash. */
    actor: z.strictObject({
      kind: z.enum(['provider', 'desk', 'person']),
      id: z.string(),
      /** The step of this service that made it; null in older entries. */
      step: EntryStep.nullable(),
      /** Who acted, by the `sub` of their tokens, in that order; nobody where a provider's word sufficed. */
      persons: z.array(z.string()),
      transactionId: z.string(),
      evidenceSha256: z.string(),
    }),
    invoiceId: z.string().nullable(),
    amount: z.int().min(0),
    currency: z.literal('VND'),
    lines: z.array(z.strictObject({ side: Side, account: z.string(), amount: z.int().min(0) })),
  }),
);

export const listLedgerEntries = endpoint({
  method: 'GET',
  path: '/v1/ledger/entries',
  summary: 'The journal by agency in the order of commits, up to 31 days at once; pages may be short',
  scope: 'ledger:read',
  query: lazy(() =>
    z
      .strictObject({
        /** Days of commit in Viet Nam, both included. */
        from: DayText,
        to: DayText,
        agencyCode: AgencyOrNone.optional(),
        account: AccountName.optional(),
        kind: JournalKind.optional(),
        cursor: Cursor.optional(),
        limit: Limit,
      })
      .refine(({ from, to }) => from <= to, { message: 'it ends before it begins', path: ['to'] }),
  ),
  answers: { 200: lazy(() => page(LedgerEntryBody)) },
  problems: ['invalid_cursor', 'not_found', 'range_too_wide'],
});

export const readTrialBalance = endpoint({
  method: 'GET',
  path: '/v1/ledger/trial-balance',
  summary: 'What every account of own agencies came to by the end of a day of commit, or by now on the present day',
  scope: 'ledger:read',
  query: lazy(() =>
    z.strictObject({ date: DayText, agencyCode: AgencyOrNone.optional(), cursor: Cursor.optional(), limit: Limit }),
  ),
  answers: {
    200: lazy(() =>
      z.strictObject({
        date: DayText,
        /** The journal as it stood then. */
        asOf: InstantText,
        currency: z.literal('VND'),
        /** A page of them, in order of agency and account. */
        rows: z.array(
          z.strictObject({
            agencyCode: z.string(),
            account: z.string(),
            kind: z.string(),
            debit: z.int().min(0),
            credit: z.int().min(0),
            /** Debits less credits: above zero what is owed to us, below it what we owe. */
            balance: z.int(),
          }),
        ),
        /** Of all rows, not of the page: both are equal. */
        totals: z.strictObject({ debit: z.int().min(0), credit: z.int().min(0) }),
        nextCursor: z.string().nullable(),
      }),
    ),
  },
  problems: ['invalid_cursor', 'not_found'],
});

export const ledgerApi = [listLedgerAccounts, listLedgerEntries, readTrialBalance] as const;
