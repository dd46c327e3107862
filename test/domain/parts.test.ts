import { describe, expect, it } from 'vitest';
import { ThuphiEvent } from '../../events/index.ts';
import { moneyOf } from '../../shared/domain/invoice/invoice.ts';
import { InvoiceNumber } from '../../shared/domain/invoice/number.ts';
import { dong } from '../../shared/domain/money/dong.ts';
import {
  anAttempt,
  anInvoice,
  bankConfirms,
  bankReverses,
  given,
  NUMBER,
  type Said,
  theSweepExpiresIt,
  timePasses,
  times,
  together,
} from '../dsl/given.ts';
import { LAND, NOW, TOTAL, type World } from '../dsl/world.ts';

/** Many small transfers, at an agency that lets them accumulate. */
const choices = { parts: 'accumulate' } as const;
const line = (beneficiary: string, amount: number) => ({
  feeItem: beneficiary,
  kind: 'phi' as const,
  quantity: 1,
  amount: dong(amount),
  beneficiary,
});
const twoPurses = [line('main', 30_000), line('fund', 20_000)];
const part = (transactionId: string, amount: number, more: Said = {}) =>
  bankConfirms({ transactionId, amount: dong(amount), ...more });
const back = (transactionId: string, amount: number) => bankReverses({ transactionId, amount: dong(amount) });

function theInvoice(world: World) {
  const item = world.invoices.at(NUMBER);
  if (item?.kind !== 'invoice') throw new Error('no invoice stands there');
  return item.invoice;
}

describe('parts of what is due', () => {
  it('fill the beneficiaries in the order of the lines, until the invoice is paid', () =>
    given(anInvoice('open', { choices, lines: twoPurses }))
      .when(part('A', 20_000), part('B', 20_000), part('C', 10_000))
      .thenPosts(
        'debit clearing:land-one 20000',
        `credit payable:${LAND}:main 20000`,
        'debit clearing:land-one 20000',
        `credit payable:${LAND}:main 10000`,
        `credit payable:${LAND}:fund 10000`,
        'debit clearing:land-one 10000',
        `credit payable:${LAND}:fund 10000`,
      )
      .thenInvoiceIs('paid')
      .thenAttemptIs('succeeded')
      .thenOpens()
      .thenTells('invoice.part_paid.v1', 'invoice.part_paid.v1', 'payment.succeeded.v1', 'invoice.paid.v1')
      .thenSees(({ world }) => {
        expect(moneyOf(theInvoice(world)).paid).toBe(TOTAL);
        for (const { event } of world.told) expect(ThuphiEvent.parse(event)).toEqual(event);
      }));

  it('say what is left', () =>
    given(anInvoice('open', { choices }))
      .when(part('A', 20_000))
      .thenInvoiceIs('open')
      .thenSees(({ world }) => {
        expect(theInvoice(world).due).toBe(30_000);
        expect(world.told.find(({ event }) => event.type === 'invoice.part_paid.v1')?.event.data).toMatchObject({
          due: { amount: 30_000, currency: 'VND' },
        });
      }));

  it('are one part, however often they are told', () =>
    given(anInvoice('open', { choices }))
      .when(together(...times(200, () => part('A', 20_000))), part('A', 20_000))
      .thenSees(({ world, entries }) => {
        expect(entries).toHaveLength(1);
        expect(theInvoice(world).due).toBe(30_000);
      }));

  it.each(['in turn', 'at once'])('that over-fill it %s are surplus, whole', (order) => {
    const steps = [part('A', 20_000), part('B', 20_000), part('C', 20_000)];
    return given(anInvoice('open', { choices }))
      .when(...(order === 'in turn' ? steps : [together(...steps)]))
      .thenInvoiceIs('open')
      .thenOpens('AMOUNT_OVER')
      .thenSees(({ world }) => {
        expect(moneyOf(theInvoice(world))).toEqual({
          paid: 40_000,
          surplus: 20_000,
          unmatched: 0,
          reversed: 0,
          refunded: 0,
        });
        expect(theInvoice(world).due).toBe(10_000);
      });
  });

  it('of a hundredth are a mistaken unit, and no part', () =>
    given(anInvoice('open', { choices }))
      .when(part('A', TOTAL / 100))
      .thenOpens('AMOUNT_UNDER')
      .thenSees(({ world }) => expect(theInvoice(world).due).toBe(TOTAL)));

  it('leave the last place to the money that completes it', () =>
    given(anInvoice('open', { choices }))
      .when(...times(9, (index) => part(`P${index}`, 1001)), part('LAST', TOTAL - 7 * 1001))
      .thenInvoiceIs('paid')
      .thenOpens('TOO_MANY_MOVEMENTS', 'TOO_MANY_MOVEMENTS')
      .thenSees(({ world }) => expect(moneyOf(theInvoice(world)).paid).toBe(TOTAL)));

  it('that go back make more due again, of the purse that they had filled', () =>
    given(anInvoice('open', { choices, lines: twoPurses }))
      .when(part('A', 20_000), part('B', 20_000), back('A', 20_000), part('C', 30_000))
      .thenInvoiceIs('paid')
      .thenSees(({ world }) => {
        const held = (name: string) =>
          Object.values(theInvoice(world).movements)
            .flatMap((movement) => movement.lines)
            .filter(({ account }) => account === `payable:${LAND}:${name}`)
            .reduce((sum, { side, amount }) => sum + (side === 'credit' ? amount : -amount), 0);
        expect([held('main'), held('fund')]).toEqual([30_000, 20_000]);
      }));

  it('never fill a purse twice, whatever races with them', () =>
    given(anInvoice('open', { choices, lines: twoPurses }))
      .when(
        part('A', 20_000),
        part('B', 20_000),
        together(back('A', 20_000), back('B', 20_000), part('C', 10_000), part('D', 20_000)),
      )
      .thenSees(({ world }) => {
        for (const [name, most] of [
          ['main', 30_000],
          ['fund', 20_000],
        ] as const) {
          const held = Object.values(theInvoice(world).movements)
            .flatMap((movement) => movement.lines)
            .filter(({ account }) => account === `payable:${LAND}:${name}`)
            .reduce((sum, { side, amount }) => sum + (side === 'credit' ? amount : -amount), 0);
          expect(held).toBeGreaterThanOrEqual(0);
          expect(held).toBeLessThanOrEqual(most);
        }
      }));

  it('of an invoice that expires lie with the agency, and somebody must decide', () =>
    given(anInvoice('open', { choices, expiresAt: NOW + 1000 }))
      .when(part('A', 20_000), timePasses(2000), theSweepExpiresIt)
      .thenInvoiceIs('expired')
      .thenOpens('AMOUNT_UNDER'));

  it('after the deadline are no parts any more', () =>
    given(anInvoice('expired', { choices }))
      .when(part('A', 20_000))
      .thenOpens('AMOUNT_UNDER')
      .thenSees(({ entries }) => expect(entries[0]?.kind).toBe('unmatched')));

  it('made in time and told after the deadline wait for somebody too, each once', () =>
    given(anInvoice('expired', { choices }))
      .when(part('A', 20_000, { paidAt: NOW - 120_000 }), part('B', 10_000, { paidAt: NOW - 120_000 }))
      .thenInvoiceIs('expired')
      .thenOpens('AMOUNT_UNDER', 'AMOUNT_UNDER')
      .thenSees(({ entries }) => expect(entries.map(({ kind }) => kind)).toEqual(['part', 'part'])));

  it('kept, where the agency has not chosen to accumulate them', () =>
    given(anInvoice('open'))
      .when(part('A', 25_000), part('B', 25_000))
      .thenInvoiceIs('open')
      .thenOpens('AMOUNT_UNDER', 'AMOUNT_UNDER')
      .thenSees(({ world }) => expect(theInvoice(world).due).toBe(TOTAL)));
});

describe('late money at an agency that accepts it', () => {
  const late = { late: 'accept' } as const;

  it('pays an expired invoice (scenario 5)', () =>
    given(anInvoice('expired', { choices: late, attempts: [anAttempt('expired')] }))
      .when(bankConfirms())
      .thenInvoiceIs('paid')
      .thenAttemptIs('succeeded_late')
      .thenOpens()
      .thenTells('payment.succeeded_late.v1', 'invoice.paid.v1'));

  it('is surplus once another invoice stands for it', () =>
    given(anInvoice('expired', { choices: late, replacedBy: InvoiceNumber.parse('999999999999') }))
      .when(bankConfirms())
      .thenOpens('LATE_AFTER_EXPIRY')
      .thenInvoiceIs('expired'));

  it('is surplus for a cancelled one all the same', () =>
    given(anInvoice('cancelled', { choices: late }))
      .when(bankConfirms())
      .thenOpens('PAID_AFTER_CANCELLATION'));
});
