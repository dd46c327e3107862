import * as z from 'zod';
import { AgencyCode, DossierCode } from '../identity/codes.ts';
import { Attempt, type Invoice, InvoiceLine } from '../invoice/invoice.ts';
import { InvoiceNumber } from '../invoice/number.ts';
import { InvoiceState } from '../invoice/states.ts';
import { lazy } from '../lazy.ts';
import { LedgerLine } from '../ledger/ledger.ts';
import { Dong } from '../money/dong.ts';
import { PolicyChoices } from './choices.ts';
import { isBankCredit, MovementId, MovementKind, ParkedReversal, ReportedMovement } from './movement.ts';

/** A movement as decisions need it. What messages of before do not say has a value that no decision of theirs uses. */
export const KnownMovement = lazy(() =>
  ReportedMovement.extend({
    kind: MovementKind.default('payment'),
    merchantAccountId: z.string().default(''),
    lines: z.array(LedgerLine).default([]),
  }),
);
export type KnownMovement = z.infer<typeof KnownMovement>;

/**
 * What a decision about a notice needs to know of the invoice, and nothing of the payer. The callback function reads it
 * once and sends it along; the write's condition says whether it still holds.
 */
export const InvoiceFacts = lazy(() =>
  z.object({
    number: InvoiceNumber,
    state: InvoiceState,
    agencyCode: AgencyCode,
    dossierCode: DossierCode,
    due: Dong,
    total: Dong,
    expiresAt: z.int(),
    replacedBy: InvoiceNumber.optional(),
    choices: PolicyChoices.optional(),
    lines: z.array(InvoiceLine.pick({ beneficiary: true, amount: true })),
    attempts: z.array(
      Attempt.pick({ providerId: true, merchantAccountId: true, terminal: true, state: true, expiresAt: true }),
    ),
    movements: z.array(KnownMovement),
    parked: z.array(ParkedReversal).default([]),
    /** Money of which a refund is gone, or perhaps on its way. */
    givenBack: z.array(MovementId).default([]),
    /** Bank credits of which a refund is asked for, on its way or done: they are not moved any more. */
    promised: z.array(MovementId).default([]),
  }),
);
export type InvoiceFacts = z.infer<typeof InvoiceFacts>;

/** Whether nothing of a money is set aside for a refund, or gone by one. */
export function isWhole(
  { refunding }: Pick<Invoice, 'refunding'>,
  { movementId, amount }: Pick<KnownMovement, 'movementId' | 'amount'>,
): boolean {
  const money = refunding?.money[movementId];
  return !money || (money.out === 0 && money.left === amount);
}

export function factsOf(invoice: Invoice): InvoiceFacts {
  const money = Object.entries(invoice.refunding?.money ?? {});
  return InvoiceFacts.parse({
    ...invoice,
    movements: Object.values(invoice.movements),
    givenBack: money.flatMap(([movementId, { out }]) => (out > 0 ? [movementId] : [])),
    promised: Object.values(invoice.movements).flatMap((movement) =>
      isBankCredit(movement.movementId) && !isWhole(invoice, movement) ? [movement.movementId] : [],
    ),
  });
}
