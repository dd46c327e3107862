import { describe, expect, it } from 'vitest';
import { ThuphiEvent } from '../../events/index.ts';
import { moneyOf } from '../../shared/domain/invoice/invoice.ts';
import { dong } from '../../shared/domain/money/dong.ts';
import { MAX_PARKED } from '../../shared/domain/payment/movement.ts';
import {
  A_DAY,
  anAttempt,
  anInvoice,
  bankConfirms,
  bankReverses,
  bankSays,
  given,
  NUMBER,
  noInvoice,
  theInvoiceIsCancelled,
  timePasses,
  times,
  together,
} from '../dsl/given.ts';
import { LAND, NOW, POLICE_AT_ONE, TOTAL, type World } from '../dsl/world.ts';

const came = (held: string, amount: number = TOTAL, at = 'land-one') => [
  `debit clearing:${at} ${amount}`,
  `credit ${held} ${amount}`,
];
const went = (held: string, amount: number = TOTAL, at = 'land-one') => [
  `credit clearing:${at} ${amount}`,
  `debit ${held} ${amount}`,
];
const payable = `payable:${LAND}:main`;
const surplus = `surplus:${LAND}`;
const unmatched = `unmatched:${LAND}`;

function theInvoice(world: World) {
  const item = world.invoices.at(NUMBER);
  if (item?.kind !== 'invoice') throw new Error('no invoice stands there');
  return item.invoice;
}
const moneyIn = (world: World) => moneyOf(theInvoice(world));

describe('a payment that the bank takes back', () => {
  it('leaves the ledger as it found it, and the invoice payable', () =>
    given(anInvoice('open'))
      .when(bankConfirms(), bankReverses())
      .thenPosts(...came(payable), ...went(payable))
      .thenInvoiceIs('open')
      .thenAttemptIs('reversed')
      .thenOpens('REVERSED')
      .thenAnswers('accepted', 'accepted')
      .thenTells('payment.succeeded.v1', 'invoice.paid.v1', 'payment.reversed.v1')
      .thenSees(({ world }) => {
        expect(moneyIn(world)).toEqual({ paid: 0, surplus: 0, unmatched: 0, reversed: TOTAL, refunded: 0 });
        expect(theInvoice(world).due).toBe(TOTAL);
        for (const { event } of world.told) expect(ThuphiEvent.parse(event)).toEqual(event);
      }));

  it('a thousand times is taken back once', () =>
    given(anInvoice('open'))
      .when(bankConfirms(), together(...times(1000, () => bankReverses())), bankReverses())
      .thenPosts(...came(payable), ...went(payable))
      .thenOpens('REVERSED')
      .thenSees(({ heard }) => expect(heard.acknowledgements.at(-1)).toBe('duplicate')));

  it('is not paid again by its old confirmation', () =>
    given(anInvoice('open'))
      .when(bankConfirms(), bankReverses(), bankConfirms())
      .thenPosts(...came(payable), ...went(payable))
      .thenInvoiceIs('open'));

  it('can be paid again, and every event of it is another one', () =>
    given(anInvoice('open'))
      .when(
        bankConfirms(),
        bankReverses(),
        bankConfirms({ transactionId: 'T2' }),
        bankReverses({ transactionId: 'T2' }),
      )
      .thenPosts(...came(payable), ...went(payable), ...came(payable), ...went(payable))
      .thenInvoiceIs('open')
      .thenSees(({ world }) => {
        const events = world.told.filter(({ owner }) => owner === `agency:${LAND}`).map(({ event }) => event);
        expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
        expect(events.filter(({ type }) => type === 'invoice.paid.v1')).toHaveLength(2);
      }));

  it('after the deadline leaves it expired, and that is told', () =>
    given(anInvoice('open'))
      .when(bankConfirms(), timePasses(3 * A_DAY), bankReverses({ paidAt: NOW + 2 * A_DAY }))
      .thenInvoiceIs('expired')
      .thenTells('payment.succeeded.v1', 'invoice.paid.v1', 'invoice.expired.v1', 'payment.reversed.v1')
      .thenSees(({ world }) => expect(theInvoice(world).state).toBe('expired')));

  it('keeps the second payment, which was surplus, as surplus: people decide about it', () =>
    given(anInvoice('open', { attempts: [anAttempt('pending'), anAttempt('pending', { providerId: 'bank-two' })] }))
      .when(bankConfirms(), bankConfirms({ provider: 'bank-two', attempt: 2 }), bankReverses())
      .thenPosts(...came(payable), ...came(surplus, TOTAL, 'land-two'), ...went(payable))
      .thenInvoiceIs('open')
      .thenAttemptIs('reversed', 1)
      .thenAttemptIs('succeeded', 2));

  it('of an attempt that has other money leaves the attempt succeeded', () =>
    given(anInvoice('open'))
      .when(bankConfirms(), bankConfirms({ transactionId: 'T2' }), bankReverses({ transactionId: 'T2' }))
      .thenPosts(...came(payable), ...came(surplus), ...went(surplus))
      .thenInvoiceIs('paid')
      .thenAttemptIs('succeeded'));

  it.each([
    ['before', [bankConfirms({ transactionId: 'T2' }), bankReverses()]],
    ['after', [bankReverses(), bankConfirms({ transactionId: 'T2' })]],
  ] as const)(
    'while other money of the attempt comes just %s it leaves the attempt what that money made it',
    (when, both) =>
      given(anInvoice('open'))
        .when(bankConfirms(), together(...both))
        .thenInvoiceIs(when === 'before' ? 'open' : 'paid')
        .thenAttemptIs(when === 'before' ? 'succeeded' : 'succeeded_late'),
  );

  it.each([
    ['of another amount', { amount: dong(TOTAL - 1) }],
    ['at another terminal', { terminal: POLICE_AT_ONE }],
  ])('%s is another truth: a person looks, the ledger stays', (_, said) =>
    given(anInvoice('open'))
      .when(bankConfirms(), bankReverses(said))
      .thenPosts(...came(payable))
      .thenOpens('CONTRADICTION')
      .thenInvoiceIs('paid'),
  );

  it('in another currency is looked at', () =>
    given(anInvoice('open'))
      .when(bankConfirms(), bankReverses({ currency: 'USD' }))
      .thenPosts(...came(payable))
      .thenOpens('WRONG_CURRENCY'));

  it('racing a cancellation that comes too late, and its own repeat', () =>
    given(anInvoice('open'))
      .when(bankConfirms(), together(bankReverses(), theInvoiceIsCancelled, bankReverses()))
      .thenPosts(...came(payable), ...went(payable))
      .thenInvoiceIs('open'));

  it('always has room, on an invoice that is full', () =>
    given(anInvoice('open'))
      .when(
        ...times(7, (index) => bankConfirms({ transactionId: `O${index}`, amount: dong(3) })),
        bankConfirms(),
        bankReverses(),
        ...times(7, (index) => bankReverses({ transactionId: `O${index}`, amount: dong(3) })),
      )
      .thenInvoiceIs('open')
      .thenSees(({ world, entries }) => {
        expect(entries).toHaveLength(16);
        expect(moneyIn(world)).toEqual({ paid: 0, surplus: 0, unmatched: 0, reversed: TOTAL + 21, refunded: 0 });
      }));

  it('whose invoice has no more places: further money is kept, and never lost', () =>
    given(anInvoice('open'))
      .when(
        ...[0, 1, 2, 3].flatMap((index) => [
          bankConfirms({ transactionId: `P${index}` }),
          bankReverses({ transactionId: `P${index}` }),
        ]),
        bankConfirms({ transactionId: 'P9' }),
      )
      .thenInvoiceIs('open')
      .thenOpens('REVERSED', 'REVERSED', 'REVERSED', 'REVERSED', 'TOO_MANY_MOVEMENTS')
      .thenSees(({ entries }) => expect(entries.at(-1)).toMatchObject({ kind: 'unmatched', transactionId: 'P9' })));
});

describe('a reversal that comes before its money (scenario 3)', () => {
  it('enters nothing, and somebody is told', () =>
    given(anInvoice('open'))
      .when(bankReverses())
      .thenPosts()
      .thenOpens('REVERSED')
      .thenInvoiceIs('open')
      .thenAttemptIs('pending')
      .thenAnswers('accepted')
      .thenTells());

  it('is applied when the money comes, in one write: nothing is left, and the invoice is open', () =>
    given(anInvoice('open'))
      .when(bankReverses(), bankConfirms())
      .thenPosts(...came(unmatched), ...went(unmatched))
      .thenInvoiceIs('open')
      .thenTells('money.unmatched.v1', 'payment.reversed.v1')
      .thenSees(({ world }) => {
        expect(world.invoices.changes).toHaveLength(2);
        expect(moneyIn(world)).toEqual({ paid: 0, surplus: 0, unmatched: 0, reversed: TOTAL, refunded: 0 });
        for (const { event } of world.told) expect(ThuphiEvent.parse(event)).toEqual(event);
      }));

  it('whatever comes how often, and in whatever order', () =>
    given(anInvoice('open'))
      .when(
        together(...times(20, () => bankReverses()), ...times(20, () => bankConfirms())),
        bankReverses(),
        bankConfirms(),
      )
      .thenInvoiceIs('open')
      .thenSees(({ world, entries }) => {
        expect(entries).toHaveLength(2);
        expect(moneyIn(world).reversed).toBe(TOTAL);
      }));

  it('does not keep other money from paying', () =>
    given(anInvoice('open'))
      .when(bankReverses({ transactionId: 'T9' }), bankConfirms(), bankConfirms({ transactionId: 'T9' }))
      .thenPosts(...came(payable), ...came(unmatched), ...went(unmatched))
      .thenInvoiceIs('paid'));

  it('of another amount than the money is no reversal of it', () =>
    given(anInvoice('open'))
      .when(bankReverses({ amount: dong(TOTAL + 1) }), bankConfirms())
      .thenPosts(...came(payable))
      .thenOpens('REVERSED')
      .thenInvoiceIs('paid'));

  it('of no invoice goes to a person', () =>
    given(noInvoice)
      .when(bankReverses(), bankReverses())
      .thenPosts()
      .thenOpens('REVERSED')
      .thenSees(({ world }) => expect(world.invoices.items()).toMatchObject([{ kind: 'review' }])));

  it('beyond so many goes to a person', () =>
    given(anInvoice('open'))
      .when(...times(MAX_PARKED + 1, (index) => bankReverses({ transactionId: `R${index}` })))
      .thenPosts()
      .thenOpens(...Array.from({ length: MAX_PARKED + 1 }, () => 'REVERSED' as const))
      .thenSees(({ world }) => {
        expect(theInvoice(world).parked).toHaveLength(MAX_PARKED);
        expect(world.invoices.items().filter(({ kind }) => kind === 'review')).toHaveLength(1);
      }));
});

describe('money in limbo', () => {
  it('is neither entered nor failed: a person follows it up, and it may still come', () =>
    given(anInvoice('open'))
      .when(bankSays('limbo'), bankConfirms())
      .thenPosts(...came(payable))
      .thenOpens('DEBITED_NOT_CREDITED')
      .thenInvoiceIs('paid'));
});

describe('a transaction whose name looks like a reversal', () => {
  it('is never taken for one', () =>
    given(anInvoice('open'))
      .when(bankConfirms({ transactionId: '~T1' }), bankConfirms())
      .thenPosts(...came(payable))
      .thenOpens('UNREADABLE'));
});
