import { byBeneficiary } from '../invoice/invoice.ts';
import { account, balanced, type LedgerLine, opposite } from '../ledger/ledger.ts';
import { type Dong, dong } from '../money/dong.ts';
import type { Instant } from '../time.ts';
import type { InvoiceFacts, KnownMovement } from './facts.ts';
import { type Movement, reversalOf, transactionOf } from './movement.ts';
import { kinds } from './policy.ts';
import type { ProviderId } from './provider.ts';

/** The ledger lines of movements. */

/** Where the money of a movement stands: received at one account, and held in one of payable, surplus and unmatched. */
export function linesOf(
  kind: Movement['kind'],
  amount: Dong,
  receivedAt: string,
  agencyCode: string,
  facts: Pick<InvoiceFacts, 'lines' | 'movements'> | undefined,
): LedgerLine[] {
  const received: LedgerLine = { side: 'debit', account: receivedAt, amount };
  if (kinds[kind].counts && facts) return [...balanced([received, ...payableLines(agencyCode, amount, facts)])];
  const held = kind === 'surplus' ? account.surplus(agencyCode) : account.unmatched(agencyCode);
  return [...balanced([received, { side: 'credit', account: held, amount }])];
}

/** Fills the beneficiaries in the order of the lines, each up to what it does not have yet. */
function payableLines(
  agencyCode: string,
  amount: Dong,
  { lines, movements }: Pick<InvoiceFacts, 'lines' | 'movements'>,
): LedgerLine[] {
  let left: number = amount;
  return byBeneficiary(lines).flatMap((part): LedgerLine[] => {
    const payable = account.payable(agencyCode, part.beneficiary);
    const taken = Math.min(left, part.amount - heldIn(payable, movements));
    left -= taken;
    return taken > 0 ? [{ side: 'credit', account: payable, amount: dong(taken) }] : [];
  });
}

function heldIn(name: string, movements: readonly KnownMovement[]): number {
  let held = 0;
  for (const line of movements.flatMap((movement) => movement.lines))
    if (line.account === name) held += line.side === 'credit' ? line.amount : -line.amount;
  return held;
}

/** Takes back what a movement brought, account by account: never more than was there, and under one name only. */
export function reversalMovement(
  original: KnownMovement,
  by: {
    providerId: ProviderId;
    category?: Movement['category'];
    reversedAt: Instant;
    committedAt: Instant;
    evidence: string;
  },
): Movement {
  const { movementId, amount, terminal, attempt, merchantAccountId, lines } = original;
  return {
    movementId: reversalOf(movementId),
    kind: 'reversal',
    ...(by.category && { category: by.category }),
    amount,
    providerId: by.providerId,
    merchantAccountId,
    terminal,
    transactionId: transactionOf(movementId.slice('mov_'.length)),
    ...(attempt && { attempt }),
    paidAt: by.reversedAt,
    committedAt: by.committedAt,
    lines: [...balanced(opposite(lines))],
    evidence: by.evidence,
  };
}
