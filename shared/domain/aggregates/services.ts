import type { Invoice } from '../invoice/invoice.ts';
import { Dossiers, MoneyOfInvoices, paidOnline } from '../reports/dossiers.ts';
import type { ServiceFigures } from './aggregate.ts';

/**
 * What became of the dossiers whose invoices an agency made on one day. From `procedures` the payment indicators of Decision
 * 766/QĐ-TTg follow for any days and agencies, as `index-766` has them.
 */
export class ServicesOfDay {
  readonly #dossiers = new Dossiers();
  readonly #money = new MoneyOfInvoices();

  add(invoice: Invoice): void {
    this.#dossiers.add(invoice);
    this.#money.add(invoice);
  }

  figures(feeProcedures: number): ServiceFigures {
    const dossiers = this.#dossiers;
    const all = dossiers.countByProcedure(() => true);
    const asking = dossiers.countByProcedure(({ asksForFee }) => asksForFee);
    const paid = dossiers.countByProcedure((facts) => facts.asksForFee && facts.paid.size > 0);
    const online = dossiers.countByProcedure((facts) => facts.asksForFee && paidOnline(facts));
    const procedures = [...all.keys()].sort().map((procedureCode) => ({
      procedureCode,
      dossiers: all.get(procedureCode) ?? 0,
      feeDossiers: asking.get(procedureCode) ?? 0,
      feeDossiersPaid: paid.get(procedureCode) ?? 0,
      feeDossiersPaidOnline: online.get(procedureCode) ?? 0,
    }));
    return { feeProcedures, procedures, money: { ...this.#money.sums } };
  }
}
