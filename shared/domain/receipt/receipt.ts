import * as z from 'zod';
import { AgencyCode, DossierCode, ProcedureCode } from '../identity/codes.ts';
import { maskNumber } from '../identity/mask.ts';
import { TaxCodeText } from '../identity/tax-code.ts';
import type { Invoice, InvoiceLine, Payer } from '../invoice/invoice.ts';
import { standing } from '../invoice/invoice.ts';
import { InvoiceNumber } from '../invoice/number.ts';
import { lazy } from '../lazy.ts';
import { Dong, dong, sum, ZERO } from '../money/dong.ts';
import { MovementId } from '../payment/movement.ts';
import { ProviderId } from '../payment/provider.ts';
import type { Day } from '../time.ts';
import { awaitsReplacement, type Correction, rightPayer } from './correction.ts';
import { printable } from './printable.ts';

/**
 * Electronic receipts (biên lai điện tử) of collectors: what stands on one (Decree 254/2026/NĐ-CP, article 23.2; Circular
 * 91/2026/TT-BTC), and which receipts an invoice must have. Not the evidence of payment of a bank (C1-02, C1-03), and not
 * the money that no invoice bears, which the books call a receipt too.
 */

/** Receipts without a printed denomination, the only form that is issued here (Circular 91/2026/TT-BTC). */
export const RECEIPT_FORM = 'EBL01';

/** The component schema of the tax department is not public: ours, by a name of its own, until it is. */
export const RECEIPT_SCHEMA = 'thuphi-1';

/** A receipt's number has eight digits at most and begins at 1 every year (Decree 254/2026/NĐ-CP, article 23.2). */
export const MAX_RECEIPT_NUMBER = 99_999_999;

const LETTERS = '[ABCDEGHKLMNPQRSTUVXY]';
/** What a collector has registered at its tax office, but for the year: `T` and two letters. */
export const ReceiptSeries = lazy(() => z.string().regex(new RegExp(`^T${LETTERS}{2}$`)));
export const ReceiptSymbol = lazy(() => z.string().regex(new RegExp(`^[0-9]{2}T${LETTERS}{2}$`)));

/** The symbol of a series in a year: `26TAA`. */
export const symbolOf = (series: string, day: Day): string => `${day.slice(2, 4)}${series}`;

/** Whose receipts they are: the collecting organisation as the tax office knows it. */
export const Collector = lazy(() =>
  z.strictObject({
    name: printable(200),
    taxCode: TaxCodeText,
    address: printable(300).optional(),
  }),
);
export type Collector = z.infer<typeof Collector>;

/** That an agency issues electronic receipts, and under which series. */
export const ReceiptRegistration = lazy(() => z.strictObject({ series: ReceiptSeries, collector: Collector }));
export type ReceiptRegistration = z.infer<typeof ReceiptRegistration>;

/** One run of numbers: of a collector, not of an agency, because two agencies may be one legal person. */
export type ReceiptRun = { taxCode: string; symbol: string };

/**
 * Kinds of lines that a receipt is issued for, each on receipts of its own, because each is accounted for apart (Law
 * 97/2015/QH13, article 14). Taxes, fines and insurance have papers of their own.
 */
export const ReceiptKind = lazy(() => z.enum(['phi', 'le_phi', 'an_phi']));
export type ReceiptKind = z.infer<typeof ReceiptKind>;

/** The invoice's number and a place among its receipts from 01, so that it leads to both. A name, not a secret. */
export const ReceiptId = lazy(() =>
  z.templateLiteral(['rct_', z.string().regex(/^[1-9][0-9]{11}(?:0[1-9]|[1-9][0-9])$/)]),
);
export type ReceiptId = z.infer<typeof ReceiptId>;

/** Most receipts of one invoice, replaced ones among them. */
export const MAX_RECEIPTS = 99;

export const receiptId = (invoice: InvoiceNumber, place: number): ReceiptId =>
  ReceiptId.parse(`rct_${invoice}${String(place).padStart(2, '0')}`);

export const placeOf = (id: ReceiptId): { invoice: InvoiceNumber; place: number } => ({
  invoice: InvoiceNumber.parse(id.slice(4, 16)),
  place: Number(id.slice(16)),
});

/** 128 random bits, so that nobody finds a receipt by guessing. */
export const CheckSecret = lazy(() => z.string().regex(/^[A-Za-z0-9_-]{22}$/));

/** Why a receipt takes the place of another. Money that went back leaves a receipt over nothing. */
export const ReplacementReason = lazy(() => z.enum(['MONEY_WENT_BACK', 'WRONG_DETAILS']));
export type ReplacementReason = z.infer<typeof ReplacementReason>;

/** The amounts are those of the ledger; no person writes them. Instants in milliseconds. */
export const Receipt = lazy(() =>
  z.object({
    receiptId: ReceiptId,
    schema: z.string(),
    form: z.string(),
    symbol: ReceiptSymbol,
    number: z.int().min(1).max(MAX_RECEIPT_NUMBER),
    issuedAt: z.int(),
    agencyCode: AgencyCode,
    collector: Collector,
    /** A citizen's number is masked; a tax code is whole, because whoever books the receipt needs it. */
    payer: z.object({ name: z.string(), idNumber: z.string().optional(), taxCode: z.string().optional() }),
    kind: ReceiptKind,
    /** Each fee by its name in law. */
    lines: z.array(z.object({ feeItem: z.string(), name: z.string(), quantity: z.int().min(1), amount: Dong })).min(1),
    total: Dong,
    /** The movement that paid, its provider (or the desk), and the legal payment time. */
    payment: z.object({ movementId: MovementId, provider: ProviderId, paidAt: z.int() }),
    /** How it was paid, in Vietnamese, as it was called when the receipt was made; absent from older ones. */
    paidThrough: z.string().optional(),
    dossierCode: DossierCode,
    procedureCode: ProcedureCode,
    replaces: z
      .object({ receiptId: ReceiptId, symbol: ReceiptSymbol, number: z.int(), reason: ReplacementReason })
      .optional(),
    secret: CheckSecret,
  }),
);
export type Receipt = z.infer<typeof Receipt>;

/** A receipt as it is kept: numbered, then signed; replaced perhaps, and still there. */
export type KeptReceipt = Receipt & {
  /** The signed document, XML. */
  xml?: string | undefined;
  replacedBy?: ReceiptId | undefined;
  /** What persons found wrong on it, in the order in which they said so. */
  corrections?: readonly Correction[] | undefined;
};

/** What the QR on a receipt leads to: the receipt's id and its secret. */
export const checkCode = ({ receiptId: id, secret }: Pick<Receipt, 'receiptId' | 'secret'>): string =>
  `${id.slice(4)}-${secret}`;

/** The parts of a check code; `undefined` for anything that is none. */
export function readCheckCode(code: string): { receiptId: ReceiptId; secret: string } | undefined {
  const id = ReceiptId.safeParse(`rct_${code.slice(0, 14)}`);
  const secret = CheckSecret.safeParse(code.slice(15));
  return id.success && secret.success && code.charAt(14) === '-'
    ? { receiptId: id.data, secret: secret.data }
    : undefined;
}

/** How it was paid, as a receipt says it: older ones name the provider by its id. */
export const paidThroughOf = ({ paidThrough, payment }: Pick<Receipt, 'paidThrough' | 'payment'>): string =>
  paidThrough ?? payment.provider;

/** A payer as a receipt names it. */
export const payerOnReceipt = ({ name, idNumber, taxCode }: Payer): Receipt['payer'] => ({
  name,
  ...(idNumber && { idNumber: maskNumber(idNumber) }),
  ...(taxCode && { taxCode }),
});

/** What is still to be issued for an invoice; number, symbol and names of fees come to it when it is. */
export type ReceiptDraft = Pick<Receipt, 'receiptId' | 'kind' | 'total' | 'payment' | 'payer'> & {
  lines: readonly Omit<Receipt['lines'][number], 'name'>[];
  replaces?: Receipt['replaces'];
};

/** States of an invoice that was paid, whatever of it was given back since. */
export const COLLECTED: readonly Invoice['state'][] = ['paid', 'partially_refunded', 'refunded'];

/**
 * The receipts that an invoice lacks, in the order of their places. A paid invoice has one for each kind of fee. Where
 * money went back, of a payment or by a refund, another one over what is left takes its place, and where two persons found
 * the payer's tax code wrong, one that says the right one; paid again it has new ones.
 * Decided from what stands there alone, so that doing it twice, late or after a fault comes to the same.
 */
export function receiptsDue(invoice: Invoice, kept: readonly KeptReceipt[]): ReceiptDraft[] {
  const payment = paymentOf(invoice);
  const left = new Map(ReceiptKind.options.map((kind) => [kind, leftOf(invoice, kind)]));
  const drafts: Omit<ReceiptDraft, 'receiptId'>[] = [];
  for (const receipt of kept) {
    const { receiptId: id, symbol, number, ...rest } = receipt;
    const { kind, replacedBy, total } = rest;
    const isWrong = awaitsReplacement(receipt);
    const stands = rest.payment.movementId === payment?.movementId;
    const lines = stands
      ? (left.get(kind) ?? [])
      : rest.lines.map(onReceipt).map((line) => ({ ...line, amount: ZERO }));
    if (replacedBy || (total === totalOf(lines) && !isWrong)) continue;
    drafts.push({
      ...{ kind, payer: rightPayer(receipt), payment: rest.payment, lines, total: totalOf(lines) },
      replaces: { receiptId: id, symbol, number, reason: isWrong ? 'WRONG_DETAILS' : 'MONEY_WENT_BACK' },
    });
  }
  if (payment)
    for (const [kind, lines] of left) {
      const issued = kept.some((one) => one.kind === kind && one.payment.movementId === payment.movementId);
      if (totalOf(lines) > 0 && !issued)
        drafts.push({ kind, payment, payer: payerOnReceipt(invoice.payer), lines, total: totalOf(lines) });
    }
  return drafts.map((draft, index) => ({ receiptId: receiptId(invoice.number, kept.length + index + 1), ...draft }));
}

const onReceipt = ({ feeItem, quantity, amount }: Pick<InvoiceLine, 'feeItem' | 'quantity' | 'amount'>) => ({
  feeItem,
  quantity,
  amount,
});
const totalOf = (lines: ReceiptDraft['lines']): Dong => sum(lines.map(({ amount }) => amount));

/** The lines of a kind that cost something, with what is left of each after the refunds that are done. */
function leftOf(invoice: Invoice, kind: ReceiptKind): ReceiptDraft['lines'] {
  const given = Object.values(invoice.refunding?.refunds ?? {}).filter(({ state }) => state === 'done');
  return invoice.lines.flatMap((line, index) => {
    if (line.kind !== kind || line.amount === 0) return [];
    const back = given.flatMap(({ lines }) => lines).filter((one) => one.line === index + 1);
    return [onReceipt({ ...line, amount: dong(line.amount - sum(back.map(({ amount }) => amount))) })];
  });
}

/** The movement by which a paid invoice came to be paid: of several whose money is there, the last. */
export function paymentOf(invoice: Invoice): Receipt['payment'] | undefined {
  if (!COLLECTED.includes(invoice.state)) return undefined;
  const last = standing(invoice)
    .filter(({ kind }) => kind === 'payment')
    .sort((one, other) => one.committedAt - other.committedAt || (one.movementId < other.movementId ? -1 : 1))
    .at(-1);
  return last && { movementId: last.movementId, provider: last.providerId, paidAt: last.paidAt };
}
