import { describe, expect, it } from 'vitest';
import { vietnamCalendar } from '../../shared/catalogue/calendar.ts';
import { invoiceId } from '../../shared/domain/invoice/number.ts';
import { dong } from '../../shared/domain/money/dong.ts';
import { startOfDay } from '../../shared/domain/time.ts';
import { traceOf } from '../../shared/domain/trace/trace.ts';
import { sha256 } from '../../shared/usecases/hashing.ts';
import { readTrace } from '../../shared/usecases/read-trace.ts';
import { NUMBER } from '../dsl/given.ts';
import {
  aRefundWorld,
  HOA,
  LAN,
  MINH,
  PAYMENT,
  paidInvoice,
  type RefundWorld,
  SECOND,
  WHOLE,
} from '../dsl/refunding.ts';
import { invoiceOf, NOW, OTHER_PORTAL, POLICE, TOTAL } from '../dsl/world.ts';

const HOUR = 3_600_000;
const nothingReported = { range: async () => undefined };

const trace = async (world: RefundWorld, by = HOA) =>
  (
    await readTrace(invoiceId(NUMBER), by, {
      invoices: world.invoices,
      resultFiles: nothingReported,
      calendar: vietnamCalendar,
      now: world.now,
    })
  ).trace;

describe('the trace of a payment', () => {
  it('tells every hop in order, with instant, actor and the hash of what proves it', async () => {
    const world = aRefundWorld();
    const id = await world.refundOf({ amount: dong(40_000) });
    const { hops } = await trace(world);
    expect(hops.map(({ kind }) => kind)).toEqual([
      'invoiceMade',
      'paymentStarted',
      'paid',
      'paid',
      'enteredAsPayment',
      'enteredAsSurplus',
      'refundAsked',
      'refundOrdered',
      'refundSent',
      'refundDone',
    ]);
    expect(hops.find(({ movementId, kind }) => kind === 'paid' && movementId === PAYMENT.movementId)).toMatchObject({
      at: PAYMENT.paidAt,
      actor: { kind: 'provider', name: 'bank-one' },
      amount: WHOLE,
      sha256: sha256(PAYMENT.evidence),
    });
    expect(hops.filter(({ refundId }) => refundId === id).map(({ actor }) => actor)).toEqual([
      { kind: 'agency', name: LAN.subject },
      { kind: 'agency', name: MINH.subject },
      { kind: 'us' },
      { kind: 'provider' },
    ]);
    for (const { words } of hops) expect(words.vi && words.en).toBeTruthy();
  });

  it('says what is awaited next, by when, and who holds it', async () => {
    const world = aRefundWorld();
    const { refund } = await world.ask();
    await world.approve(refund.refundId);
    const { awaited } = await trace(world);
    // Paid on a Friday: at the treasury by ten on Monday.
    const by = startOfDay('2026-11-23') + 10 * HOUR;
    expect(awaited).toMatchObject([
      { kind: 'providersFile', holder: 'provider', movementId: PAYMENT.movementId, by, overdue: false },
      { kind: 'decisionOnSurplus', holder: 'agency', movementId: SECOND.movementId, amount: WHOLE },
      { kind: 'providersFile', holder: 'provider', movementId: SECOND.movementId, by },
      { kind: 'refundSending', holder: 'us', by: world.refund(refund.refundId).dueBy },
    ]);
    world.clock.at = by + 1;
    expect((await trace(world)).awaited.filter(({ overdue }) => overdue).map(({ kind }) => kind)).toEqual([
      'providersFile',
      'providersFile',
    ]);
  });

  it('goes on to the treasury once the provider’s file names the money, and to a person where it differs', () => {
    const known = { now: NOW, calendar: vietnamCalendar, hash: sha256 };
    const named = (matched: boolean) =>
      traceOf(paidInvoice({ movements: { [PAYMENT.movementId]: PAYMENT } }), {
        ...known,
        reported: new Map([[PAYMENT.movementId, { reportedAt: NOW, amount: WHOLE, matched }]]),
      });
    expect(named(true).hops.at(-1)).toMatchObject({ kind: 'reported', at: NOW });
    expect(named(true).awaited).toMatchObject([{ kind: 'treasuryCredit', holder: 'provider' }]);
    expect(named(false).awaited).toMatchObject([{ kind: 'difference', holder: 'agency' }]);
  });

  it('of an open invoice awaits its payer until the deadline', () => {
    const open = invoiceOf(NUMBER);
    const { awaited } = traceOf(open, { now: NOW, calendar: vietnamCalendar, hash: sha256, reported: new Map() });
    expect(awaited).toMatchObject([{ kind: 'payment', holder: 'payer', amount: TOTAL, by: open.expiresAt }]);
  });

  it('is nothing for strangers', async () => {
    const police = { ...OTHER_PORTAL, client: { ...OTHER_PORTAL.client, agencies: [POLICE] } };
    await expect(trace(aRefundWorld(), police)).rejects.toMatchObject({ code: 'not_found' });
  });
});
