import { describe, expect, it } from 'vitest';
import type { EntryAct, JournalEntry } from '../../shared/domain/ledger/journal.ts';
import { dong } from '../../shared/domain/money/dong.ts';
import { entriesOfChange } from '../../shared/usecases/publish-change.ts';
import { recordCounterPayment } from '../../shared/usecases/record-counter-payment.ts';
import { approveCounterReversal, proposeCounterReversal } from '../../shared/usecases/reverse-counter-payment.ts';
import { anInvoice, NUMBER } from '../dsl/given.ts';
import { aMovement, withMovements } from '../dsl/receipts.ts';
import { ACCOUNT, aRefundWorld, HOA, LAN, MINH, paidInvoice, RefundingBank } from '../dsl/refunding.ts';
import { aWorld, TOTAL, type World } from '../dsl/world.ts';

/** Who acted, as the entries of the journal name it: persons by the ids in their tokens. */

function entriesOf(world: Pick<World, 'invoices'>): JournalEntry[] {
  const item = world.invoices.at(NUMBER);
  return item ? entriesOfChange(undefined, item) : [];
}
const acts = (world: Pick<World, 'invoices'>): Record<string, EntryAct | undefined> =>
  Object.fromEntries(entriesOf(world).map(({ kind, act }) => [kind, act]));

const invoiceId = `inv_${NUMBER}` as const;
const slip = { method: 'cash', receipt: { symbol: '01AA/26P', number: '0000123' }, desk: 'quay-01' } as const;

describe('an entry names', () => {
  it('the step alone where a provider’s word sufficed', async () => {
    const world = aWorld();
    anInvoice('paid', { movements: withMovements(aMovement('T1')) })(world);
    expect(acts(world)).toEqual({ payment: { step: 'post-payment', persons: [] } });
  });

  it('the clerk of a payment at the desk, and both persons of its reversal with the reason', async () => {
    const world = aWorld();
    anInvoice('open')(world);
    const ports = { invoices: world.invoices, audit: () => undefined, now: world.now };
    const { movement } = await recordCounterPayment(
      { invoiceId, amount: TOTAL, slip },
      LAN,
      'a key of the desk',
      ports,
    );
    const named = { invoiceId, counterPaymentId: movement.movementId };
    await proposeCounterReversal({ ...named, reason: 'WRONG_AMOUNT' }, LAN, 'a key of the proposal', ports);
    await approveCounterReversal(named, MINH, ports);
    expect(acts(world)).toEqual({
      payment: { step: 'counter-api', persons: ['clerk-lan'] },
      reversal: { step: 'counter-api', persons: ['clerk-lan', 'clerk-minh'], reason: 'WRONG_AMOUNT' },
    });
  });

  it('who asked for a refund and who ordered it', async () => {
    const world = aRefundWorld();
    await world.refundOf({ amount: dong(30_000) });
    expect(acts(world)['refund']).toEqual({
      step: 'send-refund',
      persons: ['clerk-lan', 'clerk-minh'],
      reason: 'EXEMPTION_GRANTED',
    });
  });

  it('who reported and who confirmed a return by hand, after them', async () => {
    const world = aRefundWorld(paidInvoice(), new RefundingBank());
    const { refund } = await world.ask({ account: ACCOUNT });
    await world.approve(refund.refundId, MINH, 'treasury');
    await world.report({ refundId: refund.refundId, outcome: 'transferred' }, HOA);
    await world.confirm(refund.refundId, LAN);
    expect(acts(world)['refund']).toEqual({
      step: 'refunds-api',
      persons: ['clerk-lan', 'clerk-minh', 'clerk-hoa', 'clerk-lan'],
      reason: 'EXEMPTION_GRANTED',
    });
  });

  it('nobody where a hand made the movement, and is made all the same', () => {
    const world = aRefundWorld();
    const payment = Object.values(world.invoice().movements)[0];
    const made = { ...payment, providerId: 'counter', evidence: 'no slip' } as NonNullable<typeof payment>;
    world.invoices.place({ ...world.invoice(), movements: { [made.movementId]: made } });
    expect(acts(world)['payment']).toEqual({ step: 'counter-api', persons: [] });
  });
});
