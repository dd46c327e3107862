import { type Invoice, moneyOf, standing } from '../invoice/invoice.ts';
import { BANK_CREDIT, type Movement } from '../payment/movement.ts';
import { wholeSum } from './report.ts';

/**
 * What became of dossiers, as the reports on public services count them. An invoice is what a dossier synced: its lines,
 * also those of nothing, are the synced fee lines.
 */

/** How the money of an invoice came. `transfer`: told by a bank as a credit; `card`: at the agency's own terminal. */
type Way = 'cash' | 'card' | 'transfer' | 'online';

type DossierFacts = {
  procedureCode: string;
  /** Some line of it is not nothing. */
  asksForFee: boolean;
  /** Ways by which an invoice of it was paid in full, or in the last part. */
  paid: Set<Way>;
};

const wayOf = ({ movementId, lines }: Pick<Movement, 'movementId' | 'lines'>): Way => {
  const received = lines.find(({ side }) => side === 'debit')?.account ?? '';
  if (received.startsWith('desk:')) return received.endsWith(':card') ? 'card' : 'cash';
  return movementId.startsWith(`mov_${BANK_CREDIT}_`) ? 'transfer' : 'online';
};

/** Money that stands on an invoice and paid it, in whole or in part, with the way it came. */
const payingMoney = (invoice: Pick<Invoice, 'movements'>): { way: Way; amount: number }[] =>
  standing(invoice)
    .filter(({ kind }) => kind === 'payment' || kind === 'part')
    .map((movement) => ({ way: wayOf(movement), amount: movement.amount }));

/** Adds invoices up by dossier and procedure. */
export class Dossiers {
  readonly #byKey = new Map<string, DossierFacts>();

  add(invoice: Invoice): void {
    const { agencyCode, dossierCode, procedureCode, total } = invoice;
    const key = JSON.stringify([agencyCode, dossierCode, procedureCode]);
    const facts = this.#byKey.get(key) ?? { procedureCode, asksForFee: false, paid: new Set<Way>() };
    this.#byKey.set(key, facts);
    if (total > 0) facts.asksForFee = true;
    const isPaid = standing(invoice).some(({ kind }) => kind === 'payment');
    if (isPaid) for (const { way } of payingMoney(invoice)) facts.paid.add(way);
  }

  count(which: (facts: DossierFacts) => boolean): number {
    let count = 0;
    for (const facts of this.#byKey.values()) if (which(facts)) count += 1;
    return count;
  }

  /** How many dossiers of each procedure are such. */
  countByProcedure(which: (facts: DossierFacts) => boolean): Map<string, number> {
    const counts = new Map<string, number>();
    for (const facts of this.#byKey.values())
      if (which(facts)) counts.set(facts.procedureCode, (counts.get(facts.procedureCode) ?? 0) + 1);
    return counts;
  }

  procedures(which: (facts: DossierFacts) => boolean): Set<string> {
    const codes = new Set<string>();
    for (const facts of this.#byKey.values()) if (which(facts)) codes.add(facts.procedureCode);
    return codes;
  }
}

/** Paid without coming to the desk. */
export const paidOnline = ({ paid }: Pick<DossierFacts, 'paid'>): boolean => paid.has('online') || paid.has('transfer');

/** What invoices brought, in dong: by way of paying, and by kind of line once one is paid in full. */
export class MoneyOfInvoices {
  readonly sums = { cash: 0, card: 0, transfer: 0, online: 0, phi: 0, lePhi: 0, other: 0, parts: 0, refunded: 0 };

  add(invoice: Invoice): void {
    this.#add('refunded', moneyOf(invoice).refunded);
    let paid = 0;
    for (const { way, amount } of payingMoney(invoice)) {
      this.#add(way, amount);
      paid = wholeSum(paid, amount);
    }
    if (paid !== invoice.total) this.#add('parts', paid);
    else
      for (const { kind, amount } of invoice.lines)
        this.#add(kind === 'phi' ? 'phi' : kind === 'le_phi' ? 'lePhi' : 'other', amount);
  }

  #add(which: keyof MoneyOfInvoices['sums'], amount: number): void {
    this.sums[which] = wholeSum(this.sums[which], amount);
  }
}
