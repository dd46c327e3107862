import * as z from 'zod';
import { AgencyCode, DossierCode } from '../identity/codes.ts';
import { Attempt, InvoiceLine } from '../invoice/invoice.ts';
import { InvoiceNumber } from '../invoice/number.ts';
import { InvoiceState } from '../invoice/states.ts';
import { lazy } from '../lazy.ts';
import { LedgerLine } from '../ledger/ledger.ts';
import { Dong } from '../money/dong.ts';
import type { Refunding } from '../refund/refund.ts';
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

/** An attempt likewise. */
export const KnownAttempt = lazy(() =>
  Attempt.pick({
    ...{ providerId: true, merchantAccountId: true, terminal: true },
    ...{ state: true, expiresAt: true, amount: true },
  }),
);
export type KnownAttempt = z.infer<typeof KnownAttempt>;

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
    attempts: z.array(KnownAttempt),
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
  { refunding }: { refunding?: Pick<Refunding, 'money'> | undefined },
  { movementId, amount }: Pick<KnownMovement, 'movementId' | 'amount'>,
): boolean {
  const money = refunding?.money[movementId];
  return !money || (money.out === 0 && money.left === amount);
}

/** An invoice, or as much of it as a decision needs. */
type Known = Omit<InvoiceFacts, 'movements' | 'parked' | 'givenBack' | 'promised'> & {
  movements: Readonly<Record<string, KnownMovement>>;
  parked?: InvoiceFacts['parked'] | undefined;
  refunding?: Pick<Refunding, 'money'> | undefined;
};

export function factsOf(invoice: Known): InvoiceFacts {
  const { number, state, agencyCode, dossierCode, due, total, expiresAt, replacedBy, choices, parked = [] } = invoice;
  const movements = Object.values(invoice.movements);
  const money = Object.entries(invoice.refunding?.money ?? {});
  return {
    number,
    state,
    agencyCode,
    dossierCode,
    due,
    total,
    expiresAt,
    parked,
    ...(replacedBy && { replacedBy }),
    ...(choices && { choices }),
    lines: invoice.lines.map(({ beneficiary, amount }) => ({ beneficiary, amount })),
    attempts: invoice.attempts.map((attempt) => ({
      providerId: attempt.providerId,
      merchantAccountId: attempt.merchantAccountId,
      terminal: attempt.terminal,
      state: attempt.state,
      expiresAt: attempt.expiresAt,
      ...(attempt.amount !== undefined && { amount: attempt.amount }),
    })),
    movements: movements.map(({ movementId, amount, terminal, attempt, kind, merchantAccountId, lines }) => ({
      ...{ movementId, amount, terminal, kind, merchantAccountId, lines },
      ...(attempt && { attempt }),
    })),
    givenBack: money.flatMap(([movementId, { out }]) => (out > 0 ? [movementId] : [])),
    promised: movements.flatMap((movement) =>
      isBankCredit(movement.movementId) && !isWhole(invoice, movement) ? [movement.movementId] : [],
    ),
  };
}
