import * as z from 'zod';
import type { Invoice, InvoiceLine } from '../invoice/invoice.ts';
import { SlipForm, slipFormOf } from '../invoice/line-kind.ts';
import { retainedOf } from '../invoice/slip.ts';
import { lazy } from '../lazy.ts';
import { account } from '../ledger/ledger.ts';
import { dong } from '../money/dong.ts';
import { type Movement, reversalOf } from '../payment/movement.ts';
import { refundReference } from '../refund/refund.ts';
import { type BeneficiaryRecord, bookingFor } from '../registry/beneficiary.ts';

/**
 * Where the money of an entry goes in the budget. The ledger knows purses; an invoice's lines know fee items, and the
 * purse's record on the day of the invoice knows chapter and sub-item. What comes for a purse fills its lines in their order;
 * a reversal takes back what its original gave, a refund takes from the lines that it names. So the shares of each entry add
 * up to what the ledger books on its purses.
 */

const orNull = lazy(() => z.string().nullable());

/** A place in the budget to which money is owed. `null`: nobody has registered it. */
export const BudgetPlace = lazy(() =>
  z.strictObject({
    agencyCode: z.string(),
    beneficiary: z.string(),
    name: z.strictObject({ vi: z.string(), en: z.string() }).nullable(),
    taxCode: orNull,
    form: SlipForm.nullable(),
    accountNumber: orNull,
    treasury: orNull,
    treasuryName: orNull,
    bankBin: orNull,
    collectingAuthority: orNull,
    chapter: orNull,
    subItem: orNull,
    area: orNull,
    /** What was asked for; only where too little is registered to pay it, so that it can be looked up again. */
    line: z.strictObject({ feeItem: z.string(), kind: z.string() }).optional(),
  }),
);
export type BudgetPlace = z.infer<typeof BudgetPlace>;

/** Amounts in dong; below zero where an entry gives back. `retained` and `toBudget` together are `amount`. */
export type BudgetShare = { place: BudgetPlace; amount: number; retained: number; toBudget: number };

/** Accounts of the budget itself, where chapter and sub-item say what the money is (see budget-codes.ts). */
const BUDGET_ACCOUNT = /^(?:7111|7114|8993)(?:\.|$)/;

export type Missing = 'record' | 'bank' | 'chapter' | 'subItem';

/** What is not registered, and without which a place cannot be paid. */
export function missingIn({ name, accountNumber, bankBin, chapter, subItem }: BudgetPlace): Missing[] {
  const isBudget = BUDGET_ACCOUNT.test(accountNumber ?? '');
  return [
    ...(name === null || accountNumber === null ? (['record'] as const) : bankBin === null ? (['bank'] as const) : []),
    ...(isBudget && chapter === null ? (['chapter'] as const) : []),
    ...(isBudget && subItem === null ? (['subItem'] as const) : []),
  ];
}

/**
 * The shares of one entry of an invoice. `records`: who its purses were on the day when it was made; `inForce`: who they are
 * now, for what was not registered well enough then. Throws where the entry
 * is none of the invoice's, or its purses hold more than their lines ask for: then journal and invoice tell two stories.
 */
export function sharesOf(
  { movementId }: Pick<Movement, 'movementId'>,
  invoice: Pick<Invoice, 'number' | 'agencyCode' | 'lines' | 'movements' | 'refunding'>,
  records: ReadonlyMap<string, BeneficiaryRecord>,
  inForce?: ReadonlyMap<string, BeneficiaryRecord>,
): BudgetShare[] {
  const held = invoice.lines.map(() => 0);
  const moved = new Map<string, number[]>();
  for (const movement of inOrder(invoice.movements)) {
    const before = [...held];
    const changes = changesBy(movement, held, invoice, moved);
    for (const [line, change] of changes.entries()) held[line] = (held[line] ?? 0) + change;
    moved.set(movement.movementId, changes);
    if (movement.movementId === movementId)
      return invoice.lines.flatMap((line, at) => {
        const [was, is] = [before[at] ?? 0, held[at] ?? 0];
        if (was === is) return [];
        const then = placeOf(invoice.agencyCode, line, records.get(line.beneficiary));
        const { place, retainedPermille } = inForce ? placedBy(then, line, inForce.get(line.beneficiary)) : then;
        // Rounded on what the line holds, not on each share: shares of a line then add up to what all of it would give.
        const retained = retainedOf(dong(is), retainedPermille) - retainedOf(dong(was), retainedPermille);
        return [{ place, amount: is - was, retained, toBudget: is - was - retained }];
      });
  }
  throw new Error(`${movementId} is no movement of invoice ${invoice.number}`);
}

/** As they were committed; a reversal sorts behind what it takes back in the same write. */
const inOrder = (movements: Invoice['movements']): Movement[] =>
  Object.values(movements).sort(
    (one, other) => one.committedAt - other.committedAt || (one.movementId < other.movementId ? -1 : 1),
  );

/** What a movement adds to each line: what comes fills them in order, what goes back is taken from where it was. */
function changesBy(
  { kind, movementId, transactionId, lines: booked }: Movement,
  held: readonly number[],
  { agencyCode, lines, refunding }: Pick<Invoice, 'agencyCode' | 'lines' | 'refunding'>,
  moved: ReadonlyMap<string, number[]>,
): number[] {
  if (kind === 'refund') {
    const refund = Object.values(refunding?.refunds ?? {}).find(
      (one) => refundReference(one.refundId) === transactionId,
    );
    if (!refund) throw new Error(`${movementId} is a refund that the invoice does not have`);
    return lines.map(
      (_, at) => -refund.lines.filter(({ line }) => line === at + 1).reduce((sum, one) => sum + one.amount, 0),
    );
  }
  if (kind === 'reversal') {
    const original = [...moved].find(([id]) => reversalOf(id) === movementId)?.[1];
    if (!original) throw new Error(`${movementId} takes back what never came`);
    return original.map((change) => 0 - change);
  }
  const left = new Map<string, number>();
  for (const { account: name, side, amount } of booked)
    if (side === 'credit') left.set(name, (left.get(name) ?? 0) + amount);
  const changes = lines.map((line, at) => {
    const purse = account.payable(agencyCode, line.beneficiary);
    const taken = Math.min(left.get(purse) ?? 0, line.amount - (held[at] ?? 0));
    left.set(purse, (left.get(purse) ?? 0) - taken);
    return taken;
  });
  for (const line of lines) {
    const over = left.get(account.payable(agencyCode, line.beneficiary)) ?? 0;
    if (over > 0) throw new Error(`a purse holds ${over} more than its lines ask for`);
  }
  return changes;
}

type Placed = { place: BudgetPlace; retainedPermille: number };

/** A place as it was, or where that is too little as it is now. */
function placedBy(then: Placed, line: InvoiceLine, record: BeneficiaryRecord | undefined): Placed {
  if (missingIn(then.place).length === 0) return then;
  const now = record ? placeOf(then.place.agencyCode, line, record) : then;
  if (missingIn(now.place).length === 0) return now;
  const { feeItem, kind } = line;
  return { ...now, place: { ...now.place, line: { feeItem, kind } } };
}

/** Where a purse's money is paid to. */
export function addressOf({ name, taxCode, account: paidTo, collectingAuthority }: BeneficiaryRecord) {
  const treasury = paidTo.kind === 'treasury' ? paidTo : undefined;
  return {
    name,
    taxCode: taxCode ?? null,
    accountNumber: paidTo.number,
    treasury: treasury?.treasury ?? null,
    treasuryName: treasury?.treasuryName ?? null,
    bankBin: paidTo.bankBin ?? null,
    collectingAuthority: collectingAuthority ?? null,
  };
}

const NO_ADDRESS = {
  ...{ name: null, taxCode: null, accountNumber: null, treasury: null, treasuryName: null },
  ...{ bankBin: null, collectingAuthority: null },
};

function placeOf(agencyCode: string, line: InvoiceLine, record: BeneficiaryRecord | undefined): Placed {
  const booking = record && bookingFor(record, line);
  const { name, taxCode, collectingAuthority, ...paidTo } = record ? addressOf(record) : NO_ADDRESS;
  return {
    place: {
      ...{ agencyCode, beneficiary: line.beneficiary, name, taxCode, form: slipFormOf[line.kind] ?? null },
      ...{ ...paidTo, collectingAuthority },
      chapter: record?.chapter ?? null,
      subItem: booking?.subItem ?? null,
      area: record?.area ?? null,
    },
    retainedPermille: booking?.retainedPermille ?? 0,
  };
}
