import { describe, expect, it } from 'vitest';
import { InvoiceNumber } from '../../shared/domain/invoice/number.ts';
import { balanced, UnbalancedJournal } from '../../shared/domain/ledger/ledger.ts';
import { type Dong, dong } from '../../shared/domain/money/dong.ts';
import { MAX_MOVEMENTS } from '../../shared/domain/payment/movement.ts';
import { paymentReference } from '../../shared/domain/payment/reference.ts';
import { postPayment } from '../../shared/usecases/post-payment.ts';
import {
  A_DAY,
  anAttempt,
  anInvoice,
  anInvoiceWithAttempt,
  bankConfirms,
  bankDeclines,
  bankSays,
  given,
  NUMBER,
  noInvoice,
  theInvoiceIsCancelled,
  theSweepExpiresIt,
  timePasses,
  times,
  together,
} from '../dsl/given.ts';
import { aWorld, invoiceOf, LAND, LAND_AT_ONE, NOW, POLICE_AT_ONE, SHARED_AT_ONE, TOTAL } from '../dsl/world.ts';

const toTheAgency = [`debit clearing:land-one ${TOTAL}`, `credit payable:${LAND}:main ${TOTAL}`];
const asSurplus = (amount: number = TOTAL, at = 'land-one') => [
  `debit clearing:${at} ${amount}`,
  `credit surplus:${LAND} ${amount}`,
];
const asUnmatched = (amount: number, agency = LAND, at = 'land-one') => [
  `debit clearing:${at} ${amount}`,
  `credit unmatched:${agency} ${amount}`,
];
const amount = (value: number) => dong(value);

describe('a payment in time', () => {
  it('goes to the agency, and the invoice is paid', () =>
    given(anInvoice('open'))
      .when(bankConfirms())
      .thenPosts(...toTheAgency)
      .thenInvoiceIs('paid')
      .thenAttemptIs('succeeded')
      .thenOpens()
      .thenAnswers('accepted')
      .thenTells('payment.succeeded.v1', 'invoice.paid.v1'));

  it('is split by beneficiary in the order of the lines, without the lines of nothing', () => {
    const line = (feeItem: string, value: number, beneficiary: string) => ({
      feeItem,
      kind: 'phi' as const,
      quantity: 1,
      amount: amount(value),
      beneficiary,
    });
    const lines = [
      line('a', 30_000, 'main'),
      line('b', 0, 'fund'),
      line('c', 5_000, 'budget'),
      line('d', 15_000, 'main'),
    ];
    return given(anInvoice('open', { lines }))
      .when(bankConfirms())
      .thenPosts(
        'debit clearing:land-one 50000',
        `credit payable:${LAND}:main 45000`,
        `credit payable:${LAND}:budget 5000`,
      );
  });

  it('counts on the day and time of the payer’s bank, not of our hearing of it', () =>
    given(anInvoice('open', { expiresAt: NOW + 90 * A_DAY }))
      .when(timePasses(2 * A_DAY), bankConfirms({ paidAt: NOW }))
      .thenSees(({ entries }) => expect(entries[0]).toMatchObject({ accountingDate: '2026-11-20', paidAt: NOW })));

  it('counts from our own clock where the bank names no readable time', () =>
    given(anInvoice('open'))
      .when(bankConfirms({ paidAt: null }))
      .thenInvoiceIs('paid')
      .thenSees(({ entries }) => expect(entries[0]?.paidAt).toBe(NOW)));
});

describe('the same callback again', () => {
  it('changes nothing, 1,000 copies at once (scenarios 1, 16)', () =>
    given(anInvoice('open'))
      .when(together(...times(1000, () => bankConfirms())))
      .thenPosts(...toTheAgency)
      .thenInvoiceIs('paid')
      .thenSees(({ heard, world }) => {
        expect(new Set(heard.acknowledgements)).toEqual(new Set(['accepted']));
        expect(heard.outcomes.filter((outcome) => outcome === 'posted')).toHaveLength(1);
        expect(heard.outcomes.filter((outcome) => outcome === 'alreadyPosted')).toHaveLength(999);
        expect(world.invoices.changes).toHaveLength(1);
      }));

  it('is told as a duplicate and puts nothing into the inbox, once it is entered (scenarios 1, 16)', () =>
    given(anInvoice('open'))
      .when(bankConfirms(), together(...times(1000, () => bankConfirms())))
      .thenPosts(...toTheAgency)
      .thenAnswers('accepted', ...Array.from({ length: 1000 }, () => 'duplicate'))
      .thenSees(({ world }) => expect(world.inbox.sent).toBe(1)));

  it('changes nothing after 25 hours and after 90 days: the guard is state, no memory that ends (scenario 2)', () =>
    given(anInvoice('open'))
      .when(bankConfirms(), timePasses(25 * 3_600_000), bankConfirms(), timePasses(90 * A_DAY), bankConfirms())
      .thenPosts(...toTheAgency)
      .thenAnswers('accepted', 'duplicate', 'duplicate'));

  it.each(['partially_refunded', 'refunded'] as const)('changes nothing after the invoice became %s', (state) =>
    given(anInvoice(state))
      .when(bankConfirms({ transactionId: 'BEFORE' }))
      .thenPosts()
      .thenAnswers('duplicate')
      .thenInvoiceIs(state),
  );

  it('changes nothing when it was surplus, or of a wrong amount', () =>
    given(anInvoice('cancelled'))
      .when(
        bankConfirms(),
        bankConfirms(),
        bankConfirms({ transactionId: 'T2', amount: amount(7) }),
        bankConfirms({ transactionId: 'T2', amount: amount(7) }),
      )
      .thenPosts(...asSurplus(), ...asUnmatched(7))
      .thenOpens('PAID_AFTER_CANCELLATION', 'AMOUNT_UNDER')
      .thenAnswers('accepted', 'duplicate', 'wrongAmount', 'wrongAmount'));

  it('is recognised by a writer who saw the invoice before it was entered (scenarios 18, 34)', async () => {
    const world = aWorld();
    anInvoice('open')(world);
    await world.callback('bank-one', aPaidNotice());
    const [message] = world.inbox.take();
    if (!message) throw new Error('nothing in the inbox');
    const dependencies = { invoices: world.invoices, now: world.now };
    const outcomes = await Promise.all([postPayment(message, dependencies), postPayment(message, dependencies)]);
    expect(outcomes.sort()).toEqual(['alreadyPosted', 'posted']);
    expect(await postPayment(message, dependencies)).toBe('alreadyPosted');
    expect(world.invoices.changes).toHaveLength(1);
  });
});

describe('a decline', () => {
  it('posts nothing and fails the attempt', () =>
    given(anInvoice('open'))
      .when(bankDeclines())
      .thenPosts()
      .thenAttemptIs('failed')
      .thenInvoiceIs('open')
      .thenTells('payment.failed.v1'));

  it('after a success is ignored (scenario 4)', () =>
    given(anInvoice('open'))
      .when(bankConfirms(), bankDeclines())
      .thenPosts(...toTheAgency)
      .thenInvoiceIs('paid')
      .thenAttemptIs('succeeded')
      .thenAnswers('accepted', 'duplicate'));

  it('racing a success never takes it back (scenario 4)', () =>
    given(anInvoice('open'))
      .when(together(bankConfirms(), bankDeclines()))
      .thenPosts(...toTheAgency)
      .thenInvoiceIs('paid')
      .thenAttemptIs('succeeded'));

  it('before a success: the money is kept, and the success is late', () =>
    given(anInvoice('open'))
      .when(bankDeclines(), bankConfirms())
      .thenPosts(...toTheAgency)
      .thenInvoiceIs('paid')
      .thenAttemptIs('succeeded_late')
      .thenTells('payment.failed.v1', 'payment.succeeded_late.v1', 'invoice.paid.v1'));

  it('racing a success in the other order: the success still counts', () =>
    given(anInvoice('open'))
      .when(together(bankDeclines(), bankConfirms()))
      .thenPosts(...toTheAgency)
      .thenInvoiceIs('paid')
      .thenAttemptIs('succeeded_late'));

  it('twice fails the attempt once', () =>
    given(anInvoice('open'))
      .when(bankDeclines(), bankDeclines())
      .thenAttemptIs('failed')
      .thenTells('payment.failed.v1')
      .thenAnswers('accepted', 'duplicate'));

  it.each([
    ['of another terminal', { terminal: POLICE_AT_ONE }],
    ['of an attempt that was never made', { attempt: 3 }],
  ])('%s changes nothing', (_, said) =>
    given(anInvoice('open')).when(bankDeclines(said)).thenPosts().thenAttemptIs('pending').thenTells(),
  );

  it('of no invoice changes nothing', () =>
    given(noInvoice)
      .when(bankDeclines())
      .thenPosts()
      .thenSees(({ world }) => expect(world.invoices.items()).toEqual([])));
});

describe('money after the deadline', () => {
  const expiresAt = NOW + 60_000;
  const open = () => anInvoice('open', { expiresAt, attempts: [anAttempt('pending', { expiresAt })] });

  it('by the bank’s own time is surplus, and the agency is told (scenario 5)', () =>
    given(open())
      .when(timePasses(120_000), bankConfirms({ paidAt: expiresAt + 1 }))
      .thenPosts(...asSurplus())
      .thenOpens('LATE_AFTER_EXPIRY')
      .thenInvoiceIs('expired')
      .thenAttemptIs('succeeded_late')
      .thenTells('payment.succeeded_late.v1', 'money.surplus.v1'));

  it('by our clock alone pays: the law counts the payer’s bank', () =>
    given(open())
      .when(timePasses(120_000), bankConfirms({ paidAt: expiresAt }))
      .thenPosts(...toTheAgency)
      .thenOpens()
      .thenInvoiceIs('paid')
      .thenAttemptIs('succeeded'));

  it('by a bank’s clock that runs ahead of ours pays: it was here before the deadline (scenario 45)', () =>
    given(open())
      .when(bankConfirms({ paidAt: expiresAt + 10 * 60_000 }))
      .thenPosts(...toTheAgency)
      .thenInvoiceIs('paid')
      .thenAttemptIs('succeeded'));

  it('paid in time pays, even after the expiry was written down', () =>
    given(open())
      .when(timePasses(120_000), theSweepExpiresIt, bankConfirms({ paidAt: NOW }))
      .thenPosts(...toTheAgency)
      .thenOpens()
      .thenInvoiceIs('paid'));

  it('paid late is surplus, also after the expiry was written down (scenario 5)', () =>
    given(open())
      .when(timePasses(120_000), theSweepExpiresIt, bankConfirms({ paidAt: expiresAt + 1 }))
      .thenPosts(...asSurplus())
      .thenOpens('LATE_AFTER_EXPIRY')
      .thenInvoiceIs('expired'));

  it('paid in time is surplus once another invoice stands for this one', () =>
    given(anInvoice('expired', { expiresAt, replacedBy: InvoiceNumber.parse('999999999999') }))
      .when(bankConfirms({ paidAt: NOW }))
      .thenPosts(...asSurplus())
      .thenOpens('LATE_AFTER_EXPIRY'));

  it('with a payment time that cannot be counts as paid when we hear of it', () =>
    given(open())
      .when(bankConfirms({ paidAt: Date.parse('9999-12-31T23:59:59Z') }))
      .thenPosts(...toTheAgency)
      .thenSees(({ world }) => {
        const item = world.invoices.at(NUMBER);
        if (item?.kind !== 'invoice') throw new Error('no invoice');
        expect(Object.values(item.invoice.movements)[0]?.paidAt).toBeLessThan(Date.parse('2100-01-01T00:00:00Z'));
      }));

  it('does not shut out a payment that was made in time and told of later', () =>
    given(open())
      .when(
        timePasses(120_000),
        bankConfirms({ paidAt: expiresAt + 1, transactionId: 'LATE' }),
        bankConfirms({ paidAt: expiresAt, transactionId: 'IN-TIME' }),
      )
      .thenPosts(...asSurplus(), ...toTheAgency)
      .thenOpens('LATE_AFTER_EXPIRY')
      .thenInvoiceIs('paid'));

  it('of the attempt, but not of the invoice, pays: the attempt succeeded late', () =>
    given(anInvoice('open'))
      .when(timePasses(3_600_000), bankConfirms({ paidAt: NOW + 20 * 60_000 }))
      .thenPosts(...toTheAgency)
      .thenInvoiceIs('paid')
      .thenAttemptIs('succeeded_late'));

  it('of an attempt that was written down as expired succeeds late', () =>
    given(anInvoiceWithAttempt('expired')).when(bankConfirms()).thenInvoiceIs('paid').thenAttemptIs('succeeded_late'));

  it('after a cancellation is surplus', () =>
    given(anInvoice('open'))
      .when(theInvoiceIsCancelled, bankConfirms())
      .thenPosts(...asSurplus())
      .thenOpens('PAID_AFTER_CANCELLATION')
      .thenInvoiceIs('cancelled')
      .thenTells('invoice.cancelled.v1', 'payment.succeeded.v1', 'money.surplus.v1'));
});

describe('a second payment', () => {
  const twoBanks = () =>
    anInvoice('open', { attempts: [anAttempt('pending'), anAttempt('pending', { providerId: 'bank-two' })] });
  const second = { provider: 'bank-two', attempt: 2 };

  it('of another bank is surplus, and somebody must decide (scenario 6)', () =>
    given(twoBanks())
      .when(bankConfirms(), bankConfirms(second))
      .thenPosts(...toTheAgency, ...asSurplus(TOTAL, 'land-two'))
      .thenOpens('DUPLICATE_PAYMENT')
      .thenInvoiceIs('paid')
      .thenAttemptIs('succeeded', 1)
      .thenAttemptIs('succeeded', 2));

  it('at the same moment: one of them pays (scenario 6)', () =>
    given(twoBanks())
      .when(together(bankConfirms(), bankConfirms(second)))
      .thenPosts(...toTheAgency, ...asSurplus(TOTAL, 'land-two'))
      .thenOpens('DUPLICATE_PAYMENT')
      .thenInvoiceIs('paid'));

  it('at the same attempt under another transaction is surplus', () =>
    given(anInvoice('open'))
      .when(bankConfirms(), bankConfirms({ transactionId: 'T2' }))
      .thenPosts(...toTheAgency, ...asSurplus())
      .thenOpens('DUPLICATE_PAYMENT')
      .thenTells('payment.succeeded.v1', 'invoice.paid.v1', 'payment.succeeded.v1', 'money.surplus.v1'));
});

describe('an amount that is not the amount due', () => {
  it.each([
    ['one dong less', TOTAL - 1, 'AMOUNT_UNDER'],
    ['one dong more', TOTAL + 1, 'AMOUNT_OVER'],
    ['a hundredfold', TOTAL * 100, 'AMOUNT_OVER'],
    ['a hundredth', TOTAL / 100, 'AMOUNT_UNDER'],
  ] as const)('%s pays nothing, and is kept (scenarios 7, 8)', (_, value, category) =>
    given(anInvoice('open'))
      .when(bankConfirms({ amount: amount(value) }))
      .thenPosts(...asUnmatched(value))
      .thenOpens(category)
      .thenInvoiceIs('open')
      .thenAttemptIs('pending')
      .thenAnswers('wrongAmount')
      .thenTells('money.unmatched.v1'),
  );

  it('leaves the way open for the right one', () =>
    given(anInvoice('open'))
      .when(bankConfirms({ amount: amount(1), transactionId: 'T0' }), bankConfirms())
      .thenPosts(...asUnmatched(1), ...toTheAgency)
      .thenInvoiceIs('paid'));
});

describe('money at the wrong account', () => {
  it('of another agency’s terminal pays nothing: it lies in that account, unmatched (scenario 12)', () =>
    given(anInvoice('open'))
      .when(bankConfirms({ terminal: POLICE_AT_ONE }))
      .thenPosts(...asUnmatched(TOTAL, LAND, 'police-one'))
      .thenOpens('WRONG_ACCOUNT')
      .thenInvoiceIs('open')
      .thenAnswers('unknownOrder'));

  it('of a terminal that agencies share lies in an account of nobody in particular (scenario 12)', () =>
    given(anInvoice('open'))
      .when(bankConfirms({ terminal: SHARED_AT_ONE }))
      .thenPosts(...asUnmatched(TOTAL, LAND, 'bank-one.ONE-SHARED'))
      .thenOpens('WRONG_ACCOUNT'));

  it('of another bank than the attempt’s pays nothing (scenario 12)', () =>
    given(anInvoice('open'))
      .when(bankConfirms({ provider: 'bank-two' }))
      .thenPosts(...asUnmatched(TOTAL, LAND, 'land-two'))
      .thenOpens('WRONG_ACCOUNT')
      .thenAttemptIs('pending'));
});

describe('money under an unknown reference', () => {
  it('to an attempt that was never made stays with the invoice, unmatched', () =>
    given(anInvoice('open'))
      .when(bankConfirms({ attempt: 2 }))
      .thenPosts(...asUnmatched(TOTAL))
      .thenOpens('UNKNOWN_REFERENCE')
      .thenInvoiceIs('open')
      .thenAnswers('unknownOrder'));

  it('is the same money when the attempt exists by the next call', () =>
    given(anInvoice('open'))
      .when(bankConfirms({ attempt: 2 }), secondAttempt(), bankConfirms({ attempt: 2 }))
      .thenPosts(...asUnmatched(TOTAL))
      .thenOpens('UNKNOWN_REFERENCE')
      .thenAnswers('unknownOrder', 'duplicate'));

  it('to no invoice becomes a receipt that takes the number (scenario 13)', () =>
    given(noInvoice)
      .when(bankConfirms())
      .thenPosts(...asUnmatched(TOTAL))
      .thenOpens('UNKNOWN_REFERENCE')
      .thenAnswers('unknownOrder')
      .thenTells('money.unmatched.v1')
      .thenSees(async ({ world }) => {
        expect(world.invoices.at(NUMBER)).toMatchObject({ kind: 'receipt', agencyCode: LAND });
        expect(await world.invoices.create(invoiceOf(NUMBER))).toEqual({ kind: 'occupied' });
      }));

  it('to no invoice again adds nothing, in turn or at once', () =>
    given(noInvoice)
      .when(bankConfirms(), bankConfirms(), together(...times(50, () => bankConfirms())))
      .thenPosts(...asUnmatched(TOTAL))
      .thenOpens('UNKNOWN_REFERENCE'));

  it('to no invoice, another transaction: a receipt of its own', () =>
    given(noInvoice)
      .when(
        bankConfirms(),
        bankConfirms({ transactionId: 'T2' }),
        bankConfirms({ transactionId: 'T2' }),
        bankConfirms(),
      )
      .thenPosts(...asUnmatched(TOTAL), ...asUnmatched(TOTAL))
      .thenOpens('UNKNOWN_REFERENCE', 'UNKNOWN_REFERENCE'));

  it('that is no reference of ours stands under the transaction', () =>
    given(noInvoice)
      .when(bankConfirms({ reference: 'DVC20260101000001' }), bankConfirms({ reference: 'DVC20260101000001' }))
      .thenPosts(...asUnmatched(TOTAL))
      .thenSees(({ world }) => expect(world.invoices.at('mov_bank-one_T1')).toMatchObject({ kind: 'receipt' })));

  it('at a terminal that agencies share belongs to no agency yet', () =>
    given(noInvoice)
      .when(bankConfirms({ terminal: SHARED_AT_ONE }))
      .thenPosts(...asUnmatched(TOTAL, 'unassigned', 'bank-one.ONE-SHARED')));

  it('whose invoice was created between look and entry goes to the invoice', async () => {
    const world = aWorld();
    await world.callback('bank-one', aPaidNotice());
    anInvoice('open')(world);
    expect(await world.post()).toEqual(['posted']);
    await world.publish();
    expect(world.invoices.at(NUMBER)).toMatchObject({ invoice: { state: 'paid' } });
    expect(world.journal.entries()).toHaveLength(1);
  });

  it('whose number is void is kept all the same', async () => {
    const world = aWorld();
    await world.invoices.void(NUMBER);
    await world.callback('bank-one', aPaidNotice());
    expect(await world.post()).toEqual(['receiptKept']);
    await world.callback('bank-one', aPaidNotice());
    expect(await world.post()).toEqual(['alreadyPosted']);
    await world.publish();
    expect(world.journal.entries()).toHaveLength(1);
  });
});

describe('what is signed but cannot be entered', () => {
  it('in another currency is looked at by a person (scenario 8)', () =>
    given(anInvoice('open'))
      .when(bankConfirms({ currency: 'USD' }))
      .thenPosts()
      .thenOpens('WRONG_CURRENCY')
      .thenInvoiceIs('open')
      .thenAnswers('wrongAmount'));

  it.each([
    ['without a readable amount', { amount: null }],
    ['of no money', { amount: 0 as Dong }],
    ['without a transaction', { transactionId: '' }],
    ['with a transaction that is no text', { transactionId: 'T 1' }],
  ])('%s is looked at by a person (scenarios 8, 19)', (_, said) =>
    given(anInvoice('open')).when(bankConfirms(said)).thenPosts().thenOpens('UNREADABLE').thenInvoiceIs('open'),
  );

  it('with a result that nobody knows is looked at by a person, once (scenario 19)', () =>
    given(anInvoice('open'))
      .when(bankSays('review'), bankSays('review'), together(...times(20, () => bankSays('review'))))
      .thenPosts()
      .thenOpens('UNREADABLE')
      .thenInvoiceIs('open')
      .thenAttemptIs('pending'));

  it('with no final answer changes nothing: unknown is not failed', () =>
    given(anInvoice('open'))
      .when(bankSays('pending'))
      .thenPosts()
      .thenOpens()
      .thenAttemptIs('pending')
      .thenSees(({ world }) => expect(world.invoices.changes).toEqual([])));
});

describe('two truths about one transaction', () => {
  it('of another amount, after the first was entered: a person looks, the ledger stays', () =>
    given(anInvoice('open'))
      .when(bankConfirms(), bankConfirms({ amount: amount(TOTAL + 1) }))
      .thenPosts(...toTheAgency)
      .thenOpens('CONTRADICTION')
      .thenInvoiceIs('paid'));

  it('at the same moment: the first is entered, the other is looked at', () =>
    given(anInvoice('open'))
      .when(together(bankConfirms(), bankConfirms({ amount: amount(TOTAL + 1) })))
      .thenPosts(...toTheAgency)
      .thenOpens('CONTRADICTION'));

  it('the wrong amount first, then the right one', () =>
    given(anInvoice('open'))
      .when(bankConfirms({ amount: amount(90) }), bankConfirms())
      .thenPosts(...asUnmatched(90))
      .thenOpens('AMOUNT_UNDER', 'CONTRADICTION')
      .thenInvoiceIs('open'));

  it('at another terminal', () =>
    given(anInvoice('open'))
      .when(bankConfirms(), bankConfirms({ terminal: POLICE_AT_ONE }))
      .thenPosts(...toTheAgency)
      .thenOpens('CONTRADICTION'));

  it('of money that no invoice bears', () =>
    given(noInvoice)
      .when(bankConfirms(), bankConfirms({ amount: amount(1) }))
      .thenPosts(...asUnmatched(TOTAL))
      .thenOpens('UNKNOWN_REFERENCE', 'CONTRADICTION'));

  it('told again and again opens one work item', () =>
    given(anInvoice('open'))
      .when(bankConfirms(), ...times(5, () => bankConfirms({ amount: amount(1) })))
      .thenOpens('CONTRADICTION'));
});

describe('very many movements on one invoice', () => {
  const transactions = (count: number, more: object = {}) =>
    times(count, (index) => bankConfirms({ transactionId: `T${index}`, ...more }));

  it.each([
    ['in turn', (steps: ReturnType<typeof transactions>) => steps],
    ['at once', (steps: ReturnType<typeof transactions>) => [together(...steps)]],
  ])('20 different payments %s: one pays, none is lost, every dong is in one place', (_, order) =>
    given(anInvoice('open'))
      .when(...order(transactions(20)))
      .thenInvoiceIs('paid')
      .thenOpens(...Array.from({ length: 19 }, () => 'DUPLICATE_PAYMENT' as const))
      .thenSees(({ world, entries }) => {
        expect(entries).toHaveLength(20);
        expect(entries.filter((entry) => entry.kind === 'payment')).toHaveLength(1);
        const receipts = world.invoices.items().filter((item) => item.kind === 'receipt');
        const invoice = world.invoices.at(NUMBER);
        const borne = invoice?.kind === 'invoice' ? Object.keys(invoice.invoice.movements).length : 0;
        expect(borne).toBeLessThanOrEqual(MAX_MOVEMENTS);
        expect(borne).toBeGreaterThanOrEqual(MAX_MOVEMENTS - 1);
        expect(borne + receipts.length).toBe(20);
      }),
  );

  it('told again, all of them, add nothing', () =>
    given(anInvoice('open'))
      .when(together(...transactions(20)), together(...transactions(20)), ...transactions(20))
      .thenSees(({ entries }) => expect(entries).toHaveLength(20)));

  it('of wrong amounts do not keep the right one from paying', () =>
    given(anInvoice('open'))
      .when(...transactions(20, { amount: amount(1) }), bankConfirms({ transactionId: 'RIGHT' }))
      .thenInvoiceIs('paid')
      .thenAttemptIs('succeeded'));

  it('of wrong amounts at once do not either', () =>
    given(anInvoice('open'))
      .when(together(...transactions(20, { amount: amount(1) })), bankConfirms({ transactionId: 'RIGHT' }))
      .thenInvoiceIs('paid'));
});

describe('a notice whose facts are stale by the time it is entered', () => {
  it('is decided again: cancelled in between, it is surplus', () =>
    given(anInvoice('open'))
      .when(together(bankConfirms(), theInvoiceIsCancelled))
      .thenPosts(...asSurplus())
      .thenOpens('PAID_AFTER_CANCELLATION')
      .thenInvoiceIs('cancelled'));

  it('is decided again: expired in between, yet paid in time', () =>
    given(anInvoice('open'))
      .when(together(bankConfirms(), theSweepExpiresIt))
      .thenPosts(...toTheAgency)
      .thenOpens()
      .thenInvoiceIs('paid'));
});

describe('a forged callback', () => {
  it('changes nothing at all (scenario 9)', async () => {
    const world = aWorld();
    anInvoice('open')(world);
    const before = world.invoices.items();
    expect(await world.callback('bank-one', aPaidNotice(), 'another key')).toBe('badSignature');
    expect(await world.callback('bank-one', aPaidNotice({ terminal: 'NOBODY' }))).toBe('badSignature');
    expect(world.inbox.sent).toBe(0);
    expect(world.invoices.items()).toEqual(before);
    expect(world.invoices.changes).toEqual([]);
  });
});

describe('a journal', () => {
  const line = (side: 'debit' | 'credit', value: number) => ({ side, account: 'a', amount: amount(value) });

  it.each([
    ['debit and credit differ', [line('debit', 2), line('credit', 1)]],
    ['nothing is moved', [line('debit', 0), line('credit', 0)]],
    ['one side is missing', [line('debit', 2)]],
  ])('is refused when %s', (_, lines) => expect(() => balanced(lines)).toThrow(UnbalancedJournal));

  it('stands when both sides are equal', () => {
    const lines = [line('debit', 3), line('credit', 1), line('credit', 2)];
    expect(balanced(lines)).toBe(lines);
  });
});

function aPaidNotice(more: object = {}) {
  return {
    terminal: LAND_AT_ONE,
    reference: paymentReference(NUMBER, 1) as string,
    outcome: 'paid' as const,
    amount: TOTAL,
    currency: 'VND',
    transactionId: 'T1',
    paidAt: NOW - 1000,
    resultCode: '00',
    ...more,
  };
}

function secondAttempt() {
  return async (world: ReturnType<typeof aWorld>) => {
    await world.invoices.appendAttempt(NUMBER, 1, anAttempt('pending'));
  };
}
