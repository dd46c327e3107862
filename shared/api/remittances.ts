import * as z from 'zod';
import { AgencyCode } from '../domain/identity/codes.ts';
import { lazy } from '../domain/lazy.ts';
import { BookId } from '../domain/reconciliation/book-day.ts';
import { AccountNumber, BankBin } from '../domain/reconciliation/statement.ts';
import { Sha256 } from '../domain/reconciliation/statement-id.ts';
import { Holder } from '../domain/remittance/overdue.ts';
import {
  OrderId,
  OrderLine,
  OrderPlace,
  Payee,
  RemittanceId,
  RemittanceState,
} from '../domain/remittance/remittance.ts';
import { BudgetPlace } from '../domain/remittance/split.ts';
import { Cursor, DayText, InstantText, Limit, page, writtenText } from './common.ts';
import { endpoint } from './endpoint.ts';

/** Calls for finance staff: what came in on a bank account goes on to whom it belongs. Amounts in whole dong. */

const account = () => ({
  bankBin: BankBin.meta({ examples: ['970415'] }),
  account: AccountNumber.meta({ examples: ['1234567890'] }),
});

/** What a bank's closed day shows of an order. */
const ShownBody = lazy(() => z.strictObject({ day: DayText, bankItem: z.string(), run: Sha256, readAt: InstantText }));
const OtherSumBody = lazy(() => ShownBody.extend({ debited: z.int().min(0) }));

const OrderBody = lazy(() =>
  z.strictObject({
    /** The end-to-end reference, by which the bank’s statement is matched. */
    orderId: OrderId,
    /** `inPlace`: nothing is to be sent, because it is there already or its collector keeps all of it. */
    how: z.enum(['transfer', 'inPlace']),
    payee: Payee,
    lines: z.array(OrderLine),
    amount: z.int().min(0),
    /** `ended`: two persons settled that the bank debited another sum, or nothing; the difference is due again. */
    state: z.enum(['waiting', 'paid', 'returned', 'ended']),
    paid: ShownBody.nullable(),
    returned: ShownBody.nullable(),
    /** What the bank debited instead of the order’s sum, until two persons settle the exception that tells of it. */
    differs: OtherSumBody.nullable(),
    ended: OtherSumBody.nullable(),
  }),
);

const DueBody = lazy(() =>
  z.strictObject({
    book: BookId,
    /** The closed days that a batch would claim; null where there are none. */
    from: DayText.nullable(),
    through: DayText.nullable(),
    /** A day too large for one batch, of which it would claim some; the rest is due behind it. */
    partOf: DayText.nullable(),
    /** What the bank credited on them for what is counted. */
    received: z.int(),
    /** What providers kept of it. */
    fees: z.int(),
    /** What is counted beyond what the bank credited, and has to be covered. */
    uncovered: z.int(),
    /** What the bank credited and nobody can say yet whose it is: paid on by a later batch, or by people. */
    unaccounted: z.int(),
    orders: z.array(z.strictObject({ payee: Payee, lines: z.array(OrderLine), amount: z.int().min(0) })),
    /** What would be left for the next batch: below zero, more was given back in its place than came in; above, too little is registered to pay it. */
    left: z.array(z.strictObject({ place: BudgetPlace, amount: z.int(), retained: z.int() })),
    /** Purses whose record says too little to be paid: their money is left until it does. */
    incomplete: z.array(
      z.strictObject({ agencyCode: z.string(), beneficiary: z.string(), missing: z.array(z.string()) }),
    ),
    /** The day that stops the claim, and whose book must be closed first. */
    waiting: z.strictObject({ day: DayText, why: z.enum(['day_open', 'provider_day_open']), book: BookId }).nullable(),
    /** The batch that waits for the second person. */
    open: RemittanceId.nullable(),
    /** Of all this: what a proposal names. */
    sha256: Sha256,
  }),
);

const RemittanceBody = lazy(() =>
  z.strictObject({
    remittanceId: RemittanceId,
    book: BookId,
    state: RemittanceState,
    from: DayText.nullable(),
    through: DayText.nullable(),
    /** A day too large for one batch, of which it claims some. */
    partOf: DayText.nullable(),
    previous: RemittanceId.nullable(),
    /** Orders whose money had come back, and that it pays again. */
    again: z.array(OrderPlace),
    received: z.int(),
    /** What providers kept of it. */
    fees: z.int(),
    /** What is counted beyond what the bank credited, and has to be covered. */
    uncovered: z.int(),
    /** What the bank credited and nobody can say yet whose it is: paid on by a later batch, or by people. */
    unaccounted: z.int(),
    orders: z.array(OrderBody),
    /** What is sent. */
    sent: z.int().min(0),
    left: z.int(),
    /** Of the frozen content. */
    sha256: Sha256,
    proposedBy: z.string(),
    proposedAt: InstantText,
    decidedBy: z.string().nullable(),
    decidedAt: InstantText.nullable(),
    refusal: z.string().nullable(),
    exportedBy: z.string().nullable(),
    exportedAt: InstantText.nullable(),
    files: z.strictObject({ pain001: Sha256, csv: Sha256 }).nullable(),
  }),
);

export const readDue = endpoint({
  method: 'GET',
  path: '/v1/remittances/due',
  summary: 'What is due from a bank account by its closed days: by payee, chapter and sub-item, ready to be proposed',
  scope: 'remittances:read',
  query: lazy(() => z.strictObject({ ...account(), through: DayText.optional() })),
  answers: { 200: DueBody },
  problems: ['not_found', 'remittance_day_open', 'remittance_too_large'],
});

export const proposeRemittance = endpoint({
  method: 'POST',
  path: '/v1/remittances',
  summary: 'Propose a batch: what is due as the caller has seen it is frozen, and its days are claimed',
  scope: 'remittances:write',
  body: lazy(() =>
    z.strictObject({
      ...account(),
      through: DayText.optional(),
      sha256: Sha256.meta({ examples: ['5f0c2a91d4e87b3610c9a2f45f0c2a91d4e87b3610c9a2f45f0c2a91d4e87b36'] }),
      /** What the caller covers, where due says that something is uncovered. */
      coveredBy: z.int().min(1).optional(),
    }),
  ),
  idempotent: true,
  answers: { 201: RemittanceBody },
  headers: ['Location'],
  problems: [
    'not_found',
    'nothing_due',
    'remittance_open',
    'remittance_changed',
    'remittance_day_open',
    'remittance_too_large',
    'remittance_not_covered',
    'beneficiary_incomplete',
  ],
});

export const readOverdue = endpoint({
  method: 'GET',
  path: '/v1/remittances/overdue',
  summary: 'Money that was to be paid on by 10:00 of the next transaction day and is not, as of the last hourly look',
  scope: 'remittances:read',
  query: lazy(() => z.strictObject({ agencyCode: AgencyCode.optional() })),
  answers: {
    200: lazy(() =>
      z.strictObject({
        /** When all accounts were last looked at; null before the first look. */
        asOf: InstantText.nullable(),
        overdue: z.array(
          z.strictObject({
            agencyCode: z.string(),
            book: BookId,
            /** Of money in no batch: what the bank credited; else what is to be sent. */
            amount: z.int().min(1),
            /** The first day on which the bank credited some of it, and when it was to be there. */
            credited: DayText,
            dueAt: InstantText,
            /** Whose turn it is. */
            holder: Holder,
            remittanceId: RemittanceId.nullable(),
          }),
        ),
      }),
    ),
  },
  problems: ['not_found'],
});

export const listRemittances = endpoint({
  method: 'GET',
  path: '/v1/remittances',
  summary: 'The batches of a bank account, newest first',
  scope: 'remittances:read',
  query: lazy(() => z.strictObject({ ...account(), cursor: Cursor.optional(), limit: Limit })),
  answers: { 200: lazy(() => page(RemittanceBody)) },
  problems: ['invalid_cursor', 'not_found'],
});

const Params = lazy(() =>
  z.strictObject({ remittanceId: RemittanceId.meta({ examples: ['rem_970415_1234567890_12'] }) }),
);

export const readRemittance = endpoint({
  method: 'GET',
  path: '/v1/remittances/{remittanceId}',
  summary: 'A batch with its orders, and what the statements show of each',
  scope: 'remittances:read',
  params: Params,
  answers: { 200: RemittanceBody },
  problems: ['not_found'],
});

const changing = ['not_found', 'remittance_state', 'version_conflict'] as const;
const REASON_CHARACTERS = 500;

export const approveRemittance = endpoint({
  method: 'POST',
  path: '/v1/remittances/{remittanceId}/approve',
  summary: 'Approve a batch that another person proposed, by the hash of its content',
  scope: 'remittances:approve',
  params: Params,
  body: lazy(() => z.strictObject({ sha256: Sha256 })),
  idempotent: true,
  answers: { 200: RemittanceBody },
  problems: [...changing, 'own_approval', 'remittance_changed'],
});

export const rejectRemittance = endpoint({
  method: 'POST',
  path: '/v1/remittances/{remittanceId}/reject',
  summary: 'Reject a batch: its days, and what it took in, are free again',
  scope: 'remittances:approve',
  params: Params,
  body: lazy(() => z.strictObject({ reason: writtenText(REASON_CHARACTERS, 'Sai tài khoản kho bạc') })),
  idempotent: true,
  answers: { 200: RemittanceBody },
  problems: changing,
});

export const exportRemittance = endpoint({
  method: 'POST',
  path: '/v1/remittances/{remittanceId}/export',
  summary: 'Make the files of an approved batch for the bank: pain.001.001.09 and CSV',
  scope: 'remittances:write',
  params: Params,
  idempotent: true,
  answers: { 200: RemittanceBody },
  problems: changing,
});

export const readRemittanceFiles = endpoint({
  method: 'GET',
  path: '/v1/remittances/{remittanceId}/files',
  summary: 'Where to download the files of a batch, for fifteen minutes; null where it sends nothing',
  scope: 'remittances:write',
  params: Params,
  answers: {
    200: lazy(() =>
      z.strictObject({
        files: z.strictObject({ pain001: z.string(), csv: z.string(), expiresAt: InstantText }).nullable(),
      }),
    ),
  },
  problems: ['not_found'],
});

export const confirmRemittance = endpoint({
  method: 'POST',
  path: '/v1/remittances/{remittanceId}/confirm',
  summary: 'Look what the account’s closed days show of a batch’s orders: paid, or come back; and enter it',
  scope: 'remittances:write',
  params: Params,
  idempotent: true,
  answers: { 200: RemittanceBody },
  problems: changing,
});

export const remittancesApi = [
  readDue,
  readOverdue,
  proposeRemittance,
  listRemittances,
  readRemittance,
  approveRemittance,
  rejectRemittance,
  exportRemittance,
  readRemittanceFiles,
  confirmRemittance,
] as const;
