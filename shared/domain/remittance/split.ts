import type { Invoice, InvoiceLine } from '../invoice/invoice.ts';
import { type SlipForm, slipFormOf } from '../invoice/line-kind.ts';
import { retainedOf } from '../invoice/slip.ts';
import { account, type LedgerLine } from '../ledger/ledger.ts';
import { dong } from '../money/dong.ts';
import { type BeneficiaryRecord, bookingFor } from '../registry/beneficiary.ts';

/**
 * Where the money of an entry goes in the budget. The ledger knows purses; an invoice's lines know fee items, and the
 * purse's record on the day of the invoice knows chapter and sub-item. What a purse holds of an invoice fills its lines in
 * their order, so the shares of all entries add up to what the ledger holds, whichever came first and whatever went back.
 */

/** A place in the budget to which money is owed. `null`: nobody has registered it. */
export type BudgetPlace = {
  agencyCode: string;
  beneficiary: string;
  name: { vi: string; en: string } | null;
  taxCode: string | null;
  form: SlipForm | null;
  accountNumber: string | null;
  treasury: string | null;
  treasuryName: string | null;
  bankBin: string | null;
  collectingAuthority: string | null;
  chapter: string | null;
  subItem: string | null;
  area: string | null;
};

/** Amounts in dong; below zero where an entry gives back. `retained` and `toBudget` together are `amount`. */
export type BudgetShare = { place: BudgetPlace; amount: number; retained: number; toBudget: number };

type Entry = { movementId: string; committedAt: number; lines: readonly LedgerLine[] };

/**
 * The shares of one entry of an invoice. `records`: who its purses were on the day when it was made. Throws where the entry
 * is none of the invoice's, or its purses hold more than their lines ask for: then journal and invoice tell two stories.
 */
export function sharesOf(
  entry: Pick<Entry, 'movementId'>,
  invoice: Pick<Invoice, 'number' | 'agencyCode' | 'lines' | 'movements'>,
  records: ReadonlyMap<string, BeneficiaryRecord>,
): BudgetShare[] {
  const inOrder = Object.values(invoice.movements).sort(
    (one, other) => one.committedAt - other.committedAt || (one.movementId < other.movementId ? -1 : 1),
  );
  const at = inOrder.findIndex(({ movementId }) => movementId === entry.movementId);
  if (at === -1) throw new Error(`${entry.movementId} is no movement of invoice ${invoice.number}`);
  return [...new Set(invoice.lines.map((line) => line.beneficiary))].flatMap((beneficiary) => {
    const purse = account.payable(invoice.agencyCode, beneficiary);
    const before = heldIn(purse, inOrder.slice(0, at));
    const after = before + heldIn(purse, inOrder.slice(at, at + 1));
    return between(before, after, {
      lines: invoice.lines.filter((line) => line.beneficiary === beneficiary),
      placeOf: (line) => placeOf(invoice.agencyCode, line, records.get(beneficiary)),
    });
  });
}

function between(
  before: number,
  after: number,
  { lines, placeOf }: { lines: readonly InvoiceLine[]; placeOf: (line: InvoiceLine) => Placed },
): BudgetShare[] {
  let begins = 0;
  const shares: BudgetShare[] = [];
  for (const line of lines) {
    const filled = (held: number) => dong(Math.min(Math.max(held - begins, 0), line.amount));
    const [was, is] = [filled(before), filled(after)];
    begins += line.amount;
    if (was === is) continue;
    const { place, retainedPermille } = placeOf(line);
    // Rounded on what the line holds, not on each share: shares of a line then add up to what all of it would give.
    const retained = retainedOf(is, retainedPermille) - retainedOf(was, retainedPermille);
    shares.push({ place, amount: is - was, retained, toBudget: is - was - retained });
  }
  if (Math.min(before, after) < 0 || Math.max(before, after) > begins)
    throw new Error(`a purse holds ${Math.max(before, after)} of ${begins}`);
  return shares;
}

type Placed = { place: BudgetPlace; retainedPermille: number };

function placeOf(agencyCode: string, line: InvoiceLine, record: BeneficiaryRecord | undefined): Placed {
  const booking = record && bookingFor(record, line);
  const treasury = record?.account.kind === 'treasury' ? record.account : undefined;
  return {
    place: {
      agencyCode,
      beneficiary: line.beneficiary,
      name: record?.name ?? null,
      taxCode: record?.taxCode ?? null,
      form: slipFormOf[line.kind] ?? null,
      accountNumber: record?.account.number ?? null,
      treasury: treasury?.treasury ?? null,
      treasuryName: treasury?.treasuryName ?? null,
      bankBin: record?.account.bankBin ?? null,
      collectingAuthority: record?.collectingAuthority ?? null,
      chapter: record?.chapter ?? null,
      subItem: booking?.subItem ?? null,
      area: record?.area ?? null,
    },
    retainedPermille: booking?.retainedPermille ?? 0,
  };
}

/** What entries hold in an account: credits less debits. */
function heldIn(name: string, entries: readonly Pick<Entry, 'lines'>[]): number {
  let held = 0;
  for (const line of entries.flatMap(({ lines }) => lines))
    if (line.account === name) held += line.side === 'credit' ? line.amount : -line.amount;
  return held;
}
