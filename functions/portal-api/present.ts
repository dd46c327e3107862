import type * as z from 'zod';
import { money } from '../../shared/api/common.ts';
import type { InvoiceBody, NextStepBody, PaymentBody } from '../../shared/api/portal.ts';
import { procedureByCode } from '../../shared/catalogue/catalogue.ts';

import type { FeeItem, Procedure } from '../../shared/domain/fees/procedure.ts';
import {
  amountOf,
  attemptStateAt,
  type Invoice,
  maskedPayer,
  moneyOf,
  stateAt,
} from '../../shared/domain/invoice/invoice.ts';

import { invoiceId, printedNumber } from '../../shared/domain/invoice/number.ts';
import { paymentIdOf } from '../../shared/domain/notification/outgoing.ts';
import { type Movement, reversalOf } from '../../shared/domain/payment/movement.ts';
import type { NextStep } from '../../shared/domain/payment/provider.ts';
import { formatInstant, type Instant } from '../../shared/domain/time.ts';

/** How invoices and payments look to portals. Amounts in dong; states as of `now`. */

/** `procedure`: where the names of its items stand; the built-in catalogue's unless given. */
export function presentInvoice(
  invoice: Invoice,
  now: Instant,
  procedure: Procedure | undefined = procedureByCode(invoice.procedureCode),
): z.input<typeof InvoiceBody> {
  const { paid, surplus, unmatched, reversed, refunded, paidAt } = moneyOf(invoice);
  const items = new Map<string, FeeItem>(procedure?.items.map((item) => [item.id, item]) ?? []);
  return {
    invoiceId: invoiceId(invoice.number),
    printedNumber: printedNumber(invoice.number),
    state: stateAt(invoice, now),
    total: money(invoice.total),
    due: money(invoice.due),
    paid: money(paid),
    surplus: money(surplus),
    unmatched: money(unmatched),
    refunded: money(refunded),
    reversed: money(reversed),
    procedureCode: invoice.procedureCode,
    lines: invoice.lines.map((line) => ({
      ...line,
      // The catalogue keeps the items of every version; an id that it does not know is shown as it is.
      name: items.get(line.feeItem)?.name ?? { vi: line.feeItem, en: line.feeItem },
    })),
    dossierCode: invoice.dossierCode,
    agencyCode: invoice.agencyCode,
    payer: maskedPayer(invoice.payer),
    ...(invoice.owner && { owner: maskedPayer(invoice.owner) }),
    ...(invoice.debtor && { debtor: maskedPayer(invoice.debtor) }),
    ...(invoice.notice && { notice: invoice.notice }),
    createdAt: formatInstant(invoice.createdAt),
    expiresAt: formatInstant(invoice.expiresAt),
    ...(paidAt !== undefined && { paidAt: formatInstant(paidAt) }),
    ...(invoice.replaces && { replaces: invoiceId(invoice.replaces) }),
    ...(invoice.metadata && { metadata: invoice.metadata }),
    payments: invoice.attempts.map((attempt, index) => ({
      paymentId: paymentIdOf(invoice, index),
      providerId: attempt.providerId,
      state: attemptStateAt(attempt, now),
    })),
    version: invoice.version,
  };
}

/** The money that answers an attempt: its success, or the surplus that it turned out to be. */
export function movementOf(invoice: Invoice, index: number): Movement | undefined {
  return Object.values(invoice.movements)
    .filter(
      (movement) => movement.attempt === index + 1 && (movement.kind === 'payment' || movement.kind === 'surplus'),
    )
    .sort((one, other) => one.committedAt - other.committedAt)[0];
}

export function presentPayment(
  invoice: Invoice,
  index: number,
  now: Instant,
  reportedAt?: Instant,
): z.input<typeof PaymentBody> {
  const attempt = invoice.attempts[index];
  if (!attempt) throw new RangeError(`invoice ${invoice.number} has no attempt ${index + 1}`);
  const movement = movementOf(invoice, index);
  const reversal = movement && invoice.movements[reversalOf(movement.movementId)];
  return {
    paymentId: paymentIdOf(invoice, index),
    invoiceId: invoiceId(invoice.number),
    providerId: attempt.providerId,
    state: attemptStateAt(attempt, now),
    amount: money(amountOf(attempt, invoice)),
    createdAt: formatInstant(attempt.createdAt),
    expiresAt: formatInstant(attempt.expiresAt),
    ...(movement && { paidAt: formatInstant(movement.paidAt), providerTransactionId: movement.transactionId }),
    ...(reversal && { reversedAt: formatInstant(reversal.paidAt) }),
    ...(reportedAt !== undefined && { reportedAt: formatInstant(reportedAt) }),
  };
}

/** The next step with what a portal shows of it: a QR code comes with its pictures. */
export async function presentNext(next: NextStep): Promise<z.input<typeof NextStepBody>> {
  if (next.kind !== 'qr') return next;
  const { qrPictures } = await import('./qr-pictures.ts');
  return { ...next, ...qrPictures(next.payload) };
}
