import * as z from 'zod';
import { lazy } from '../lazy.ts';
import { ProviderId } from '../payment/provider.ts';

/**
 * How each provider writes its settlement file, as data. A version that has read a file is never edited: a new layout is a
 * new version, so that an old file still reads as it did. No layout is public; each is agreed in the provider's contract.
 */

/** What a column tells. */
export const ColumnRole = lazy(() =>
  z.enum(['transactionId', 'reference', 'amount', 'currency', 'terminal', 'status', 'paidAt', 'ignored']),
);
export type ColumnRole = z.infer<typeof ColumnRole>;

/** How a payment time is written; always Vietnam time. */
export const TimeFormat = lazy(() => z.enum(['dd/MM/yyyy HH:mm:ss', 'yyyy-MM-dd HH:mm:ss', 'yyyyMMddHHmmss']));
export type TimeFormat = z.infer<typeof TimeFormat>;

export const ColumnMapId = lazy(() => z.string().regex(/^[a-z][a-z0-9-]{1,23}\.settlement\.v[1-9][0-9]{0,2}$/));
export type ColumnMapId = z.infer<typeof ColumnMapId>;

const aliases = lazy(() => z.array(z.string().min(1)).min(1));

export const ColumnMap = lazy(() =>
  z.strictObject({
    id: ColumnMapId,
    providerId: ProviderId,
    /** Nothing public says that the provider writes so; off until a stage names it: see `switched-maps.ts`. */
    unverified: z.boolean(),
    delimiter: z.enum([',', ';', '\t', '|']),
    /** Header texts by role, in any order of columns; compared without regard to case, accents kept. */
    columns: z.strictObject({
      transactionId: aliases,
      reference: aliases,
      amount: aliases,
      currency: aliases,
      terminal: aliases,
      status: aliases,
      paidAt: aliases,
    }),
    /** What the provider keeps of a line, in dong; the column may be left out. */
    fee: aliases.optional(),
    /** Columns that may be there and are not read. Any other column is refused. */
    ignored: z.array(z.string().min(1)),
    /** Separator of thousands in amounts, or null where there is none. Amounts are whole dong in either case. */
    thousands: z.enum(['.', ',']).nullable(),
    timeFormat: TimeFormat,
    status: z.strictObject({
      /** The provider has the money. */
      collected: aliases,
      /** It has not; the line counts for nothing. Any other value is refused. */
      notCollected: z.array(z.string().min(1)),
      /** What it gave back or had to give back, and keeps from what it pays out. Absent where its files do not tell. */
      back: z
        .strictObject({
          /** By an order of ours, named by our refund's reference in the place of the payment's. */
          refunded: aliases,
          /** Taken back by the payer's bank, named by the id of the payment's transaction. */
          chargedBack: aliases,
        })
        .optional(),
    }),
    trailer: z.strictObject({
      /** First field of the last row. */
      marks: aliases,
      /** Which lines its count and sum speak of. */
      over: z.enum(['all', 'collected']),
    }),
  }),
);
export type ColumnMap = z.infer<typeof ColumnMap>;

const versionOne: readonly ColumnMap[] = [
  {
    id: 'vnpay.settlement.v1',
    providerId: 'vnpay',
    unverified: true,
    delimiter: ',',
    columns: {
      transactionId: ['Mã giao dịch VNPAY', 'VNPAY transaction', 'vnp_TransactionNo'],
      reference: ['Mã đơn hàng', 'Order reference', 'vnp_TxnRef'],
      amount: ['Số tiền (VND)', 'Amount (VND)'],
      currency: ['Loại tiền', 'Currency'],
      terminal: ['Mã website', 'Terminal', 'vnp_TmnCode'],
      status: ['Trạng thái', 'Status'],
      paidAt: ['Thời gian thanh toán', 'Paid at'],
    },
    ignored: ['STT', 'No.', 'Mã ngân hàng', 'Bank code', 'Phí (VND)', 'Fee (VND)', 'Nội dung', 'Description'],
    thousands: null,
    timeFormat: 'dd/MM/yyyy HH:mm:ss',
    status: {
      collected: ['Thành công', 'Success', '00'],
      notCollected: ['Thất bại', 'Failed', 'Đã hủy', 'Cancelled'],
    },
    trailer: { marks: ['TOTAL', 'TỔNG CỘNG'], over: 'collected' },
  },
  {
    id: 'sandbox-bank.settlement.v1',
    providerId: 'sandbox-bank',
    unverified: false,
    delimiter: ',',
    columns: {
      transactionId: ['txnId', 'Mã giao dịch', 'Transaction'],
      reference: ['orderRef', 'Mã tham chiếu', 'Reference'],
      amount: ['amount', 'Số tiền'],
      currency: ['currency', 'Loại tiền'],
      terminal: ['terminal', 'Điểm thu'],
      status: ['result', 'Kết quả'],
      paidAt: ['paidAt', 'Thời gian thanh toán'],
    },
    ignored: ['note', 'Ghi chú'],
    thousands: null,
    timeFormat: 'yyyy-MM-dd HH:mm:ss',
    status: { collected: ['OK'], notCollected: ['DECLINED'] },
    trailer: { marks: ['TOTAL'], over: 'all' },
  },
];

const ofSandboxBank = versionOne.filter(({ providerId }) => providerId === 'sandbox-bank');
// With what the bank keeps of each payment: a payout is gross less fees.
const withFees = ofSandboxBank.map((map) => ({ ...map, id: 'sandbox-bank.settlement.v2', fee: ['fee', 'Phí'] }));
// And less what it gave back.
const withReturns = withFees.map((map) => ({
  ...map,
  id: 'sandbox-bank.settlement.v3',
  status: { ...map.status, back: { refunded: ['REFUNDED'], chargedBack: ['CHARGEBACK'] } },
}));

/** Oldest first: the last one of a provider is its newest. */
export const columnMaps: readonly ColumnMap[] = [...versionOne, ...withFees, ...withReturns];

/** The map of this id, or the provider's newest one; undefined where there is none, or it is another provider's. */
export function columnMapFor(providerId: ProviderId, id?: ColumnMapId): ColumnMap | undefined {
  return columnMaps.findLast((map) => map.providerId === providerId && (id === undefined || map.id === id));
}
