import { type DossierBook, type DossierClaim, MAX_DOSSIER_INVOICES } from '../../shared/domain/invoice/book.ts';
import type { InvoiceNumber } from '../../shared/domain/invoice/number.ts';

type Dossier = { numbers: InvoiceNumber[]; places: Map<string, InvoiceNumber> };

/** The dossiers in memory: one write at a time. */
export class MemoryDossiers implements DossierBook {
  readonly #dossiers = new Map<string, Dossier>();

  async claim({ additional, ...claim }: DossierClaim & { additional: boolean }) {
    const dossier = this.#of(claim);
    const holder = dossier.places.get(claim.procedureCode);
    const listed = dossier.numbers.includes(claim.number);
    const mine = additional ? listed : holder === claim.number;
    if (mine) return { kind: 'claimed' as const, again: [...dossier.numbers] };
    if (!additional && holder) return { kind: 'heldBy' as const, number: holder };
    if (listed || dossier.numbers.length >= MAX_DOSSIER_INVOICES) return { kind: 'full' as const };
    dossier.numbers.push(claim.number);
    dossier.places.set(claim.procedureCode, holder ?? claim.number);
    return { kind: 'claimed' as const };
  }

  async takeOver({ from, ...claim }: DossierClaim & { from: InvoiceNumber }): Promise<boolean> {
    const { numbers, places } = this.#of(claim);
    const holder = places.get(claim.procedureCode);
    if (holder === claim.number) return true;
    if (holder !== from) return false;
    if (!numbers.includes(claim.number)) {
      if (numbers.length >= MAX_DOSSIER_INVOICES) return false;
      numbers.push(claim.number);
    }
    places.set(claim.procedureCode, claim.number);
    return true;
  }

  async release({ restore, ...claim }: DossierClaim & { restore?: InvoiceNumber | undefined }): Promise<void> {
    const { numbers, places } = this.#of(claim);
    const index = numbers.lastIndexOf(claim.number);
    if (index < 0) return;
    numbers.splice(index, 1);
    if (places.get(claim.procedureCode) !== claim.number) return;
    if (restore) places.set(claim.procedureCode, restore);
    else if (numbers.length === 0) places.delete(claim.procedureCode);
  }

  async numbersOf(agencyCode: string, dossierCode: string): Promise<InvoiceNumber[]> {
    return [...this.#of({ agencyCode, dossierCode }).numbers];
  }

  /** Which invoice holds a procedure's place. */
  holderOf(claim: Omit<DossierClaim, 'number'>): InvoiceNumber | undefined {
    return this.#of(claim).places.get(claim.procedureCode);
  }

  #of({ agencyCode, dossierCode }: Pick<DossierClaim, 'agencyCode' | 'dossierCode'>): Dossier {
    const key = `${agencyCode}#${dossierCode}`;
    const there = this.#dossiers.get(key) ?? { numbers: [], places: new Map() };
    this.#dossiers.set(key, there);
    return there;
  }
}
