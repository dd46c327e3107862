import * as z from 'zod';
import { lazy } from '../lazy.ts';

/** Why money may go back, each with the text behind it and how well we know that text. */

export const RefundReason = lazy(() =>
  z.enum([
    'OVERPAYMENT',
    'DUPLICATE_PAYMENT',
    'LATE_PAYMENT',
    'WRONG_PAYMENT',
    'DECISION_ANNULLED',
    'EXEMPTION_GRANTED',
    'SERVICE_NOT_PROVIDED',
    'COURT_ADVANCE_RETURNED',
  ]),
);
export type RefundReason = z.infer<typeof RefundReason>;

/** `invoice`: money that paid the invoice. `surplus`: money beyond it. */
export type RefundScope = 'invoice' | 'surplus';

type Words = { vi: string; en: string };
export type ReasonRule = {
  name: Words;
  /** Of which money it may be given. */
  scopes: readonly RefundScope[];
  legalBasis: readonly { document: string; article: string; confidence: 'high' | 'medium' | 'low' }[];
};

/** The order to give back, and the time it may take: no dossier of the citizen's, one working day where it is not cash. */
const PROCEDURE = { document: 'NĐ 347/2025/NĐ-CP', article: 'Điều 5', confidence: 'high' } as const;
/** Money paid beyond what is due is set off or given back. */
const OVERPAID = { document: 'Luật Quản lý thuế 38/2019/QH14', article: 'Điều 60', confidence: 'medium' } as const;

const surplusOnly = ['surplus'] as const;
const invoiceOnly = ['invoice'] as const;

/**
 * A dossier that is refused is no reason: the fee pays for the examination, and is normally not given back (NQ 78/2026 of
 * Hà Nội; domain rule of the collectors).
 */
export const refundReasons: Readonly<Record<RefundReason, ReasonRule>> = {
  OVERPAYMENT: {
    name: { vi: 'Nộp thừa so với số phải nộp', en: 'Paid more than was due' },
    scopes: surplusOnly,
    legalBasis: [OVERPAID, PROCEDURE],
  },
  DUPLICATE_PAYMENT: {
    name: { vi: 'Nộp trùng', en: 'Paid twice' },
    scopes: surplusOnly,
    legalBasis: [OVERPAID, PROCEDURE],
  },
  LATE_PAYMENT: {
    name: {
      vi: 'Tiền đến sau khi hóa đơn hết hạn hoặc đã hủy',
      en: 'Paid after the invoice had expired or was cancelled',
    },
    scopes: surplusOnly,
    legalBasis: [OVERPAID, PROCEDURE],
  },
  WRONG_PAYMENT: {
    name: { vi: 'Nộp nhầm khoản, nhầm hồ sơ hoặc nhầm cơ quan', en: 'Paid for the wrong item, dossier or agency' },
    scopes: ['invoice', 'surplus'],
    legalBasis: [OVERPAID, PROCEDURE],
  },
  DECISION_ANNULLED: {
    name: { vi: 'Quyết định thu bị hủy hoặc được sửa', en: 'The decision to collect was annulled or amended' },
    scopes: invoiceOnly,
    legalBasis: [{ document: 'TT 77/2017/TT-BTC', article: 'Điều 27', confidence: 'low' }, PROCEDURE],
  },
  EXEMPTION_GRANTED: {
    name: { vi: 'Được miễn, giảm sau khi đã nộp', en: 'Exempted or reduced after payment' },
    scopes: invoiceOnly,
    legalBasis: [{ document: 'Luật Phí và lệ phí 97/2015/QH13', article: 'Điều 10', confidence: 'medium' }, PROCEDURE],
  },
  SERVICE_NOT_PROVIDED: {
    name: {
      vi: 'Cơ quan không thực hiện dịch vụ vì lý do không thuộc người nộp',
      en: 'The agency did not provide the service, for no reason of the payer’s',
    },
    scopes: invoiceOnly,
    legalBasis: [{ document: 'Luật Phí và lệ phí 97/2015/QH13', article: 'Điều 3', confidence: 'low' }, PROCEDURE],
  },
  COURT_ADVANCE_RETURNED: {
    name: { vi: 'Trả lại tạm ứng án phí, lệ phí Tòa án', en: 'Return of an advance on court fees' },
    scopes: invoiceOnly,
    legalBasis: [{ document: 'NQ 326/2016/UBTVQH14', article: 'Điều 18 khoản 2', confidence: 'high' }, PROCEDURE],
  },
};
