import type { Invoice } from '../invoice/invoice.ts';
import { type InvoiceId, invoiceId } from '../invoice/number.ts';
import { type Dong, dong } from '../money/dong.ts';
import { inVietnameseWords } from '../money/words.ts';
import type { MerchantAccount } from '../registry/registry.ts';
import { csvDocument } from '../reports/csv.ts';
import { formatInstant, type Instant } from '../time.ts';
import { refundReasons } from './reasons.ts';
import {
  type HandReason,
  type OrderMade,
  type Refund,
  type RefundId,
  type ReturnAccount,
  refundReference,
} from './refund.ts';
import { returnContent } from './return-mark.ts';

/** What a bank or treasury payment order (ủy nhiệm chi) needs to return money by hand. Personal data: for whoever pays it out. */
export type PaymentOrder = {
  refundId: RefundId;
  invoiceId: InvoiceId;
  dossierCode: string;
  agencyCode: string;
  amount: Dong;
  amountInWords: string;
  /** The agency's account that pays; absent where the money was taken at the desk or the treasury gives it back by its own order. */
  payer?: { bankBin: string; number: string };
  /** Absent until somebody names it. */
  beneficiary?: ReturnAccount;
  /** Ours, in the content too: two refunds under one decision are two orders, and a bank's statement tells them apart. */
  reference: string;
  /** Absent until it is made out. */
  made?: OrderMade;
  /** What stands in the order's content. */
  content: string;
  decision: { number: string; date: string };
  byHand?: HandReason;
  dueBy?: Instant;
};

/**
 * The order that returns a refund by hand. `account`: the merchant account that took the money, if there is one. It pays
 * nothing back of what reached the treasury, which gives back by its own order (Decree 347/2025/ND-CP, article 5).
 */
export function paymentOrderOf(
  { number, dossierCode, agencyCode }: Pick<Invoice, 'number' | 'dossierCode' | 'agencyCode'>,
  { refundId, amount, account: beneficiary, reason, decision, byHand, dueBy, order: made }: Refund,
  account: Pick<MerchantAccount, 'bankBin' | 'accountNumber'> | undefined,
): PaymentOrder {
  const reference = refundReference(refundId);
  return {
    refundId,
    reference,
    ...(made && { made }),
    invoiceId: invoiceId(number),
    dossierCode,
    agencyCode,
    amount,
    amountInWords: inVietnameseWords(dong(amount)),
    ...(account &&
      byHand !== 'MONEY_AT_TREASURY' && { payer: { bankBin: account.bankBin, number: account.accountNumber } }),
    ...(beneficiary && { beneficiary }),
    content: `${returnContent(refundId)}, hồ sơ ${dossierCode}, QĐ ${decision.number}: ${refundReasons[reason].name.vi}`,
    decision: { number: decision.number, date: decision.date },
    ...(byHand && { byHand }),
    ...(dueBy !== undefined && { dueBy }),
  };
}

const handReasons: Readonly<Record<HandReason, string>> = {
  PROVIDER_CANNOT: 'Nhà cung cấp không hoàn được / Provider cannot (PROVIDER_CANNOT)',
  PROVIDER_REFUSED: 'Nhà cung cấp từ chối / Provider refused (PROVIDER_REFUSED)',
  MONEY_AT_TREASURY: 'Tiền đã vào kho bạc / Money at the treasury (MONEY_AT_TREASURY)',
};

const columns: readonly { title: string; of: (order: PaymentOrder) => string | number }[] = [
  { title: 'Mã hoàn trả / Refund', of: ({ refundId }) => refundId },
  { title: 'Số tham chiếu / Reference', of: ({ reference }) => reference },
  { title: 'Đã lập lệnh lúc / Made out at', of: ({ made }) => (made ? formatInstant(made.at) : '') },
  { title: 'Hóa đơn / Invoice', of: (order) => order.invoiceId },
  { title: 'Hồ sơ / Dossier', of: ({ dossierCode }) => dossierCode },
  { title: 'Cơ quan trả / Payer', of: ({ agencyCode }) => agencyCode },
  { title: 'Ngân hàng trả (BIN) / Payer bank', of: ({ payer }) => payer?.bankBin ?? '' },
  { title: 'Tài khoản trả / Payer account', of: ({ payer }) => payer?.number ?? '' },
  { title: 'Lý do hoàn thủ công / By hand because', of: ({ byHand }) => (byHand ? handReasons[byHand] : '') },
  { title: 'Người nhận / Beneficiary', of: ({ beneficiary }) => beneficiary?.name ?? '' },
  { title: 'Ngân hàng nhận (BIN) / Beneficiary bank', of: ({ beneficiary }) => beneficiary?.bankBin ?? '' },
  { title: 'Tài khoản nhận / Beneficiary account', of: ({ beneficiary }) => beneficiary?.number ?? '' },
  { title: 'Số tiền (đồng) / Amount (VND)', of: ({ amount }) => amount },
  { title: 'Bằng chữ / In words', of: ({ amountInWords }) => amountInWords },
  { title: 'Nội dung / Content', of: ({ content }) => content },
  { title: 'Số quyết định / Decision', of: ({ decision }) => decision.number },
  { title: 'Ngày quyết định / Decision date', of: ({ decision }) => decision.date },
  { title: 'Hạn hoàn / Due by', of: ({ dueBy }) => (dueBy === undefined ? '' : formatInstant(dueBy)) },
];

/** The orders as CSV: a header in two languages, a row each. */
export const paymentOrdersCsv = (orders: readonly PaymentOrder[]): string =>
  csvDocument([columns.map(({ title }) => title), ...orders.map((order) => columns.map(({ of }) => of(order)))]);
