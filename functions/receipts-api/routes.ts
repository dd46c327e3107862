import type * as z from 'zod';
import { money } from '../../shared/api/common.ts';
import * as api from '../../shared/api/receipts.ts';
import { type InvoiceId, invoiceId } from '../../shared/domain/invoice/number.ts';
import { inWords } from '../../shared/domain/money/words.ts';
import type { Correction } from '../../shared/domain/receipt/correction.ts';
import { checkCode, type KeptReceipt, placeOf, type ReceiptId } from '../../shared/domain/receipt/receipt.ts';
import { noticeOf, reasonWords, titleOf } from '../../shared/domain/receipt/xml.ts';
import { notFound, Refusal } from '../../shared/domain/refusal.ts';
import { formatInstant } from '../../shared/domain/time.ts';
import { answering, type Route } from '../../shared/runtime/http.ts';
import { preferredMediaType } from '../../shared/runtime/negotiation.ts';
import {
  approveCorrection,
  type CorrectDependencies,
  proposeCorrection,
  rejectCorrection,
} from '../../shared/usecases/correct-receipt.ts';
import {
  ownReceipt,
  type ReceiptsDependencies,
  receiptsOfInvoice,
  receiptsUnderSymbol,
  standingReceipts,
} from '../../shared/usecases/read-receipts.ts';
import { openReceiptLink } from '../../shared/usecases/receipt-link.ts';
import { checkUrl, receiptPdf } from './paper.ts';

export type ReceiptRoutesDependencies = Omit<ReceiptsDependencies, 'receipts'> &
  CorrectDependencies & { receipts: ReceiptsDependencies['receipts'] } & {
    /** Where the public check is reached, without a slash at the end. */
    publicUrl: string;
    /** What links to prints are signed with. */
    linkKey(): Promise<string>;
  };

export const receiptRoutes = ({ publicUrl, linkKey, ...dependencies }: ReceiptRoutesDependencies): Route[] => {
  const body = (receipt: KeptReceipt) => present(receipt, publicUrl);
  return [
    answering(api.listInvoiceReceipts, async ({ params, caller }) => {
      const receipts = await receiptsOfInvoice(params.invoiceId as InvoiceId, caller, dependencies);
      return { status: 200, body: { data: receipts.map(body) } };
    }),

    answering(api.readReceipt, async ({ params, caller, accept }) => {
      const receipt = await ownReceipt(params.receiptId as ReceiptId, caller, dependencies);
      const type = preferredMediaType(accept, ['application/json', 'application/xml', 'application/pdf']);
      if (type === 'application/json') return { status: 200, body: body(receipt) };
      if (type === 'application/pdf')
        return {
          status: 200,
          body: await receiptPdf([receipt], publicUrl),
          contentType: 'application/pdf',
          headers: { 'content-disposition': `inline; filename="${receipt.receiptId}.pdf"` },
        };
      if (receipt.xml === undefined) throw new Refusal('receipt_not_signed');
      return {
        status: 200,
        body: receipt.xml,
        contentType: 'application/xml; charset=utf-8',
        headers: { 'content-disposition': `attachment; filename="${receipt.receiptId}.xml"` },
      };
    }),

    answering(api.proposeCorrection, async ({ params, body: asked, caller, idempotencyKey }) => {
      const command = { receiptId: params.receiptId as ReceiptId, ...asked };
      const { receipt, place, replayed } = await proposeCorrection(command, caller, idempotencyKey, dependencies);
      const location = `/v1/receipts/${receipt.receiptId}/corrections/${place}`;
      return { status: 201, body: body(receipt), replayed, headers: { location } };
    }),

    answering(api.approveCorrection, async ({ params, caller }) => {
      const { receipt, replayed } = await approveCorrection(named(params), caller, dependencies);
      return { status: 200, body: body(receipt), replayed };
    }),

    answering(api.rejectCorrection, async ({ params, body: { why }, caller }) => {
      const { receipt, replayed } = await rejectCorrection({ ...named(params), why }, caller, dependencies);
      return { status: 200, body: body(receipt), replayed };
    }),

    answering(api.readNotice, async ({ params, caller, accept }) => {
      const { receiptId, place } = named(params);
      const receipt = await ownReceipt(receiptId, caller, dependencies);
      const notice = noticeOf(receipt, place);
      const correction = receipt.corrections?.[place - 1];
      if (!notice || !correction) throw notFound();
      if (preferredMediaType(accept, ['application/json', 'application/xml']) === 'application/json')
        return { status: 200, body: notice };
      if (correction.notice === undefined) throw new Refusal('receipt_not_signed');
      return {
        status: 200,
        body: correction.notice,
        contentType: 'application/xml; charset=utf-8',
        headers: { 'content-disposition': `attachment; filename="${receiptId}-${place}.xml"` },
      };
    }),

    answering(api.printReceipts, async ({ params }) => {
      const number = openReceiptLink(params.link, dependencies.now(), await linkKey());
      const [first, ...others] = number ? await standingReceipts(number, dependencies.receipts) : [];
      if (!first) throw notFound();
      return {
        status: 200,
        body: await receiptPdf([first, ...others], publicUrl),
        contentType: 'application/pdf',
        headers: { 'content-disposition': 'inline', 'referrer-policy': 'no-referrer' },
      };
    }),

    answering(api.listReceipts, async ({ query, caller }) => {
      const page = await receiptsUnderSymbol(query, caller, dependencies);
      return { status: 200, body: { data: page.receipts.map(body), nextAfter: page.nextAfter } };
    }),
  ];
};

const named = ({ receiptId, place }: { receiptId: string; place: string }) => ({
  receiptId: receiptId as ReceiptId,
  place: Number(place),
});

function present(receipt: KeptReceipt, publicUrl: string): z.input<typeof api.ReceiptBody> {
  const { receiptId, replaces, payment, total, replacedBy = null } = receipt;
  return {
    receiptId,
    invoiceId: invoiceId(placeOf(receiptId).invoice),
    state: replacedBy ? 'replaced' : receipt.xml === undefined ? 'numbered' : 'issued',
    title: titleOf[receipt.kind],
    kind: receipt.kind,
    form: receipt.form,
    symbol: receipt.symbol,
    number: receipt.number,
    issuedAt: formatInstant(receipt.issuedAt),
    agencyCode: receipt.agencyCode,
    collector: receipt.collector,
    payer: receipt.payer,
    lines: receipt.lines,
    total: money(total),
    totalInWords: inWords(total),
    payment: { ...payment, paidAt: formatInstant(payment.paidAt) },
    dossierCode: receipt.dossierCode,
    procedureCode: receipt.procedureCode,
    replaces: replaces ? { ...replaces, words: reasonWords[replaces.reason] } : null,
    replacedBy,
    corrections: (receipt.corrections ?? []).map((one, at) => presentCorrection(one, at + 1, receipt)),
    check: { code: checkCode(receipt), url: checkUrl(receipt, publicUrl) },
  };
}

/** `done`: what two persons decided has been made. */
function presentCorrection(
  { state, kind, payer, why, by, proposedAt, decidedBy, decidedAt, refusal, notice }: Correction,
  place: number,
  { replacedBy }: KeptReceipt,
) {
  const isMade = state === 'approved' && (kind === 'notice' ? notice !== undefined : replacedBy !== undefined);
  return {
    ...{ place, state: isMade ? ('done' as const) : state, kind, payer, why },
    proposedBy: by,
    proposedAt: formatInstant(proposedAt),
    ...(decidedBy !== undefined && { decidedBy }),
    ...(decidedAt !== undefined && { decidedAt: formatInstant(decidedAt) }),
    ...(refusal !== undefined && { refusal }),
  };
}
