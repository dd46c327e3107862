import type * as z from 'zod';
import { money } from '../../shared/api/common.ts';
import * as api from '../../shared/api/receipts.ts';
import { type InvoiceId, invoiceId } from '../../shared/domain/invoice/number.ts';
import { inWords } from '../../shared/domain/money/words.ts';
import { checkCode, type KeptReceipt, placeOf, type ReceiptId } from '../../shared/domain/receipt/receipt.ts';
import { reasonWords, titleOf } from '../../shared/domain/receipt/xml.ts';
import { notFound, Refusal } from '../../shared/domain/refusal.ts';
import { formatInstant, type Instant } from '../../shared/domain/time.ts';
import { answering, type Route } from '../../shared/runtime/http.ts';
import { preferredMediaType } from '../../shared/runtime/negotiation.ts';
import {
  ownReceipt,
  type ReceiptsDependencies,
  receiptsOfInvoice,
  receiptsUnderSymbol,
  standingReceipts,
} from '../../shared/usecases/read-receipts.ts';
import { openReceiptLink } from '../../shared/usecases/receipt-link.ts';
import { checkUrl, receiptPdf } from './paper.ts';

export type ReceiptRoutesDependencies = ReceiptsDependencies & {
  /** Where the public check is reached, without a slash at the end. */
  publicUrl: string;
  /** What links to prints are signed with. */
  linkKey(): Promise<string>;
  now: () => Instant;
};

export const receiptRoutes = ({ publicUrl, linkKey, now, ...dependencies }: ReceiptRoutesDependencies): Route[] => {
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

    answering(api.printReceipts, async ({ params }) => {
      const number = openReceiptLink(params.link, now(), await linkKey());
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
    check: { code: checkCode(receipt), url: checkUrl(receipt, publicUrl) },
  };
}
