import * as z from 'zod';
import { lazy } from '../lazy.ts';
import { dong } from '../money/dong.ts';
import type { FactWanted, Input } from './fact-wanted.ts';
import { LegalDay } from './legal-basis.ts';
import { computed, missing, notApplicable, onlyOnce, Quantity, tariffKind, ValueInDong } from './tariff-kind.ts';
import { inDong, type Words } from './words.ts';

/** What stands on official paper: letters, digits and plain marks, nothing that a table or a log would read as structure. */
const paperText = (most: number) =>
  z
    .string()
    .max(most)
    .regex(/^[\p{L}\p{N}][\p{L}\p{N} ./-]*$/u);

/** A reference of the caller's own. Digits alone could be an identity number or tax code, which quotes must not carry. */
const PayerReference = lazy(() =>
  z
    .string()
    .max(32)
    .regex(/^[A-Za-z][A-Za-z0-9._-]*$/),
);

/** An authority's decision or notice that names what is due. Days are Vietnamese. */
export const Notice = lazy(() =>
  z.strictObject({
    /** Number of the decision or notice. */
    number: paperText(60),
    issuedBy: paperText(120),
    issuedOn: LegalDay,
    /** What it says is due, in dong. */
    amount: ValueInDong,
    /** Identifier of the obligation (mã định danh khoản phải nộp), where one was issued. Source: TT 89/2026/TT-BTC. */
    obligationId: z
      .string()
      .max(40)
      .regex(/^[A-Za-z0-9][A-Za-z0-9./-]*$/)
      .optional(),
    dueOn: LegalDay.optional(),
    /** Which of several payers it is for, by a reference of the caller's. */
    payerReference: PayerReference.optional(),
  }),
);
export type Notice = z.infer<typeof Notice>;

const NAMES = {
  number: { vi: 'số quyết định, thông báo', en: 'number of the decision or notice' },
  issuedBy: { vi: 'cơ quan ban hành', en: 'issuing authority' },
  issuedOn: { vi: 'ngày ban hành', en: 'day of issue' },
  amount: { vi: 'số tiền phải nộp (đồng)', en: 'amount due (VND)' },
  obligationId: { vi: 'mã định danh khoản phải nộp', en: 'identifier of the obligation' },
  dueOn: { vi: 'hạn nộp', en: 'due day' },
  payerReference: { vi: 'tham chiếu người nộp', en: 'reference of the payer' },
} as const satisfies Record<keyof Notice, Words>;

/**
 * An amount that an authority has set by a decision or notice: land obligations, fines. It is carried, never computed.
 * A dossier may have several notices, payers and lines: each is an entry of `items` with its own notice.
 */
export const byNotice = tariffKind({
  schema: lazy(() => z.strictObject({ kind: z.literal('by_notice'), obligationIdNeeded: z.boolean().default(false) })),
  facts: { notice: lazy(() => Notice.optional()), quantity: lazy(() => Quantity.optional()) },

  rate: () => ({
    vi: 'theo thông báo, quyết định của cơ quan có thẩm quyền',
    en: 'as the authority’s notice or decision says',
  }),

  compute({ obligationIdNeeded }, { notice, quantity = 1 }, { day }) {
    const twice = onlyOnce(quantity);
    if (twice) return twice;
    if (!notice) return missing(noticeWanted(obligationIdNeeded));
    if (obligationIdNeeded && notice.obligationId === undefined) return missing(noticeWanted(true));
    if (notice.issuedOn > day)
      return notApplicable(
        'notice/issuedOn',
        'Ban hành sau ngày nộp hồ sơ.',
        'Issued after the dossier was handed in.',
      );
    if (notice.dueOn !== undefined && notice.dueOn < notice.issuedOn)
      return notApplicable('notice/dueOn', 'Hạn nộp trước ngày ban hành.', 'Due before it was issued.');
    const amount = dong(notice.amount);
    const words = inDong(amount);
    return computed({
      amount,
      formula: {
        vi: `${words.vi} theo ${notice.number} ngày ${notice.issuedOn} của ${notice.issuedBy}`,
        en: `${words.en} by ${notice.number} of ${notice.issuedOn}, ${notice.issuedBy}`,
      },
      inputs: Object.entries(notice).flatMap(([member, value]): Input[] =>
        value === undefined ? [] : [{ fact: `notice/${member}`, name: NAMES[member as keyof Notice], value }],
      ),
      laws: [
        {
          document: `${notice.number} (${notice.issuedBy})`.slice(0, 120),
          effectiveFrom: notice.issuedOn,
          effectiveTo: null,
        },
      ],
      doubts: notice.dueOn !== undefined && notice.dueOn < day ? [OVERDUE] : [],
    });
  },

  apart: ({ notice }) => notice && JSON.stringify([notice.number, notice.obligationId, notice.payerReference]),
});

const OVERDUE: Words = {
  vi: 'đã quá hạn nộp; cơ quan có thẩm quyền có thể tính thêm tiền chậm nộp, không nằm trong số tiền này',
  en: 'past its due day; the authority may charge late interest, which is not in this amount',
};

const member = (name: keyof Notice, type: 'text' | 'day' | 'integer', required: boolean) => ({
  member: name,
  type,
  name: NAMES[name],
  required,
});

const noticeWanted = (obligationIdNeeded: boolean): FactWanted => ({
  type: 'object',
  fact: 'notice',
  name: { vi: 'quyết định hoặc thông báo nộp tiền', en: 'decision or notice to pay' },
  members: [
    member('number', 'text', true),
    member('issuedBy', 'text', true),
    member('issuedOn', 'day', true),
    member('amount', 'integer', true),
    member('obligationId', 'text', obligationIdNeeded),
    member('dueOn', 'day', false),
    member('payerReference', 'text', false),
  ],
});
