import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { retainedOf } from '../../shared/domain/invoice/slip.ts';
import { dong } from '../../shared/domain/money/dong.ts';
import { sharesOf } from '../../shared/domain/remittance/split.ts';
import { heldBy } from '../../shared/domain/reports/report.ts';
import { aRecord } from '../contract/beneficiary-book.contract.ts';
import { anOrder, invoiceFor, type Order } from '../dsl/books.ts';

const records = new Map(
  ['main', 'fund'].map((beneficiary) => [
    beneficiary,
    aRecord({ beneficiary, bookings: [{ kind: 'phi', subItem: '2716', retainedPermille: 333 }] }),
  ]),
);

const order = (paid: Partial<Order['paid']>, lines: Order['lines']): Order => ({
  ...{ agency: 'H29.12', day: 3, procedure: '1.004222', lines },
  paid: { parts: 1, provider: 'vnpay', goesBack: false, ...paid },
});

describe('where the money of an entry goes in the budget', () => {
  it('is line by line, in the order of the lines, as the parts come', () => {
    const lines = [
      { kind: 'phi', amount: 100, beneficiary: 'main' },
      { kind: 'le_phi', amount: 300, beneficiary: 'main' },
    ] as const;
    const invoice = invoiceFor(order({ parts: 2 }, lines), 1);
    const shares = Object.values(invoice.movements).map((entry) =>
      sharesOf(entry, invoice, records).map(({ place, amount, retained, toBudget }) => [
        ...[place.subItem, amount, retained, toBudget],
      ]),
    );
    expect(shares).toEqual([
      [
        ['2716', 100, 33, 67],
        [null, 100, 0, 100],
      ],
      [[null, 200, 0, 200]],
    ]);
  });

  it('adds up to what the ledger holds for the purse, entry by entry, and to the lines once all is paid', () =>
    fc.assert(
      fc.property(anOrder, (one) => {
        const invoice = invoiceFor(one, 1);
        const all = Object.values(invoice.movements).map((entry) => {
          const shares = sharesOf(entry, invoice, records);
          expect(shares.reduce((sum, { amount }) => sum + amount, 0)).toBe(heldBy(entry, 'payable'));
          for (const { amount, retained, toBudget } of shares) expect(retained + toBudget).toBe(amount);
          return shares;
        });
        const held = Object.values(invoice.movements).reduce((sum, entry) => sum + heldBy(entry, 'payable'), 0);
        if (held !== invoice.total) return;
        const retained = all.flat().reduce((sum, share) => sum + share.retained, 0);
        // Whatever the parts were, as much is kept as of the whole.
        const ofLines = invoice.lines.map((line) => retainedOf(line.amount, line.kind === 'phi' ? 333 : 0));
        expect(retained).toBe(ofLines.reduce((sum, part) => sum + part, 0));
      }),
    ));

  it('takes a refund from the lines that it names, and what is kept goes back with it', () => {
    const lines = [
      { kind: 'phi', amount: 100, beneficiary: 'main' },
      { kind: 'le_phi', amount: 300, beneficiary: 'main' },
    ] as const;
    const paid = invoiceFor(order({}, lines), 1);
    const [payment] = Object.values(paid.movements);
    if (!payment) throw new Error('nothing was paid');
    const refund = {
      ...payment,
      ...{ movementId: 'mov_vnpay_^10000000000101', kind: 'refund', transactionId: '10000000000101', amount: dong(60) },
      committedAt: payment.committedAt + 1,
      lines: [
        { side: 'debit', account: 'payable:H29.12:main', amount: dong(60) },
        { side: 'credit', account: 'clearing:vnpay.H29.12', amount: dong(60) },
      ],
    } as const;
    const invoice = {
      ...paid,
      movements: { ...paid.movements, [refund.movementId]: refund },
      refunding: {
        ...{ money: {}, lines: [], refunded: dong(60) },
        refunds: { rfd_10000000000101: { refundId: 'rfd_10000000000101', lines: [{ line: 1, amount: dong(60) }] } },
      },
    } as unknown as typeof paid;
    expect(sharesOf(refund, invoice, records)).toMatchObject([
      // Of 100 33 were kept, of the 40 that are left 13 are.
      { place: { subItem: '2716' }, amount: -60, retained: -20, toBudget: -40 },
    ]);
    expect(() => sharesOf(refund, { ...invoice, refunding: undefined }, records)).toThrow('does not have');
  });

  it('refuses an entry of another invoice, and a purse that holds more than its lines', () => {
    const lines = [{ kind: 'phi', amount: 100, beneficiary: 'main' }] as const;
    const invoice = invoiceFor(order({}, lines), 1);
    expect(() => sharesOf({ movementId: 'mov_vnpay_other' }, invoice, records)).toThrow('no movement');
    const [entry] = Object.values(invoice.movements);
    const less = { ...invoice, lines: invoice.lines.map((line) => ({ ...line, amount: dong(99) })) };
    expect(() => sharesOf(entry ?? { movementId: '' }, less, records)).toThrow('1 more than its lines ask for');
  });
});
