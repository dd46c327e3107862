import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { vietnamCalendar } from '../../../../shared/catalogue/calendar.ts';
import type { BankItem, OurItem } from '../../../../shared/domain/reconciliation/matching/items.ts';
import { Ladder, type LadderInput } from '../../../../shared/domain/reconciliation/matching/ladder.ts';
import { distance } from '../../../../shared/domain/reconciliation/matching/rules/near-code.ts';
import { returnMark } from '../../../../shared/domain/refund/return-mark.ts';

/** A Friday. Tuesday 24 is a holiday (Vietnamese Culture Day), so the second working day after it is Wednesday 25. */
const DAY = '2026-11-20';
const CODE = '123456789012010';
const OTHER_CODE = '123456789012025';
const ACCOUNT = '1234567890';
const RETURN = returnMark('12345678901212345678');
const OTHER_RETURN = returnMark('12345678901287654321');

const ours = (key: string, more: Partial<OurItem> = {}): OurItem => ({
  key,
  kind: 'payment',
  amount: 135_000,
  day: DAY,
  bankReference: '',
  reference: '',
  agencyCode: 'H29.12',
  ...more,
});
const theirs = (key: string, more: Partial<BankItem> = {}): BankItem => ({
  key,
  amount: 135_000,
  day: DAY,
  bankReference: '',
  structured: [],
  text: [],
  near: [],
  marks: [],
  reversal: false,
  ...more,
});

type Sides = { ours?: OurItem[]; theirs?: BankItem[] } & Partial<Pick<LadderInput, 'elsewhere' | 'decisions' | 'day'>>;

function run({ ours: mine = [], theirs: bank = [], ...more }: Sides) {
  const ladder = Ladder.run(
    { account: ACCOUNT, day: DAY, calendar: vietnamCalendar, ours: mine, theirs: bank, ...more },
    'unassigned',
  );
  return {
    matches: [...ladder.matches()].map(({ rule, status, ours: o, theirs: t }) => ({
      rule,
      status,
      ours: o,
      theirs: t,
    })),
    unsettled: ladder.unsettled().map(({ category, ours: o, theirs: t }) => ({ category, ours: o, theirs: t })),
  };
}

const confirmed = (rule: string, o: string[] = ['P'], t: string[] = ['L']) => ({
  matches: [{ rule, status: 'confirmed', ours: o, theirs: t }],
  unsettled: [],
});
const suggested = (rule: string, o: string[] = ['P'], t: string[] = ['L']) => ({
  matches: [{ rule, status: 'suggested', ours: o, theirs: t }],
  unsettled: [],
});
const unsettled = (category: string, o: string[] = ['P'], t: string[] = ['L']) => ({
  matches: [],
  unsettled: [{ category, ours: o, theirs: t }],
});

const BATCH = ours('B', { kind: 'batch', amount: 990_000, day: '2026-11-19', fee: 10_000, mark: 'vnpay:2026-11-19' });
const LONG_AFTER = '2026-12-15';

describe('the ladder', () => {
  it('1: the bank’s own reference and the amount', () =>
    expect(
      run({ ours: [ours('P', { bankReference: 'FT1' })], theirs: [theirs('L', { bankReference: 'FT1' })] }),
    ).toEqual(confirmed('transaction-id')));

  it('2: our code in a structured field', () =>
    expect(run({ ours: [ours('P', { reference: CODE })], theirs: [theirs('L', { structured: [CODE] })] })).toEqual(
      confirmed('structured-code'),
    ));

  it('3: our code in the text, the only one there', () =>
    expect(run({ ours: [ours('P', { reference: CODE })], theirs: [theirs('L', { text: [CODE] })] })).toEqual(
      confirmed('text-code'),
    ));

  it('3: two codes in a text name nothing', () => {
    const { matches } = run({
      ours: [ours('P', { reference: CODE }), ours('Q', { reference: OTHER_CODE })],
      theirs: [theirs('L', { text: [CODE, OTHER_CODE] })],
    });
    expect(matches).toEqual([]);
  });

  it.each([
    ['its own reference', { bankReference: 'FT1' }],
    ['our code', { structured: [CODE] }],
    ['nothing but its number', {}],
  ])('money of another currency is no payment of ours, by %s', (_, named) =>
    expect(
      run({
        ours: [ours('P', { bankReference: 'FT1', reference: CODE })],
        theirs: [theirs('L', { ...named, currency: 'USD' })],
        day: LONG_AFTER,
      }),
    ).toEqual({
      matches: [],
      unsettled: [
        { category: 'MISSING_AT_BANK', ours: ['P'], theirs: [] },
        { category: 'WRONG_CURRENCY', ours: [], theirs: ['L'] },
      ],
    }),
  );

  it('4: one credit for a provider’s day, by its mark or as the only one of its amount', () => {
    expect(run({ ours: [BATCH], theirs: [theirs('L', { amount: 990_000, marks: ['vnpay:2026-11-19'] })] })).toEqual(
      confirmed('batch', ['B']),
    );
    expect(run({ ours: [BATCH], theirs: [theirs('L', { amount: 990_000 })] })).toEqual(confirmed('batch', ['B']));
  });

  it('4: two payouts of one amount and one credit are not picked from', () =>
    expect(
      run({
        ours: [BATCH, { ...BATCH, key: 'C', mark: 'vnpay:2026-11-18' }],
        theirs: [theirs('L', { amount: 990_000 })],
      }),
    ).toEqual(unsettled('AMBIGUOUS', ['B', 'C'])));

  it('5: several credits that name one payment and are its sum: suggested', () =>
    expect(
      run({
        ours: [ours('P', { reference: CODE })],
        theirs: [theirs('L', { text: [CODE], amount: 100_000 }), theirs('M', { text: [CODE], amount: 35_000 })],
      }),
    ).toEqual(suggested('split', ['P'], ['L', 'M'])));

  it('6: amount and day, one candidate on each side: suggested', () =>
    expect(run({ ours: [ours('P')], theirs: [theirs('L')] })).toEqual(suggested('amount-in-window')));

  it('6: several candidates are ambiguous, never picked from', () =>
    expect(run({ ours: [ours('P')], theirs: [theirs('L'), theirs('M')] })).toEqual(
      unsettled('AMBIGUOUS', ['P'], ['L', 'M']),
    ));

  it.each([
    ['names another payment', { text: [OTHER_CODE] }],
    ['has another bank reference', { bankReference: 'FT2' }],
    ['came before', { day: '2026-11-19' }],
    ['came after two working days', { day: '2026-11-26' }],
  ])('6: a credit that %s is no candidate', (_, more) =>
    expect(run({ ours: [ours('P', { bankReference: 'FT1' })], theirs: [theirs('L', more)] }).matches).toEqual([]),
  );

  it('6: over a weekend and a holiday the window is two working days', () =>
    expect(run({ ours: [ours('P')], theirs: [theirs('L', { day: '2026-11-25' })] })).toEqual(
      suggested('amount-in-window'),
    ));

  it('7: digits two edits from one code: suggested only', () =>
    expect(
      run({
        ours: [ours('P', { reference: CODE, bankReference: 'FT1' })],
        theirs: [theirs('L', { near: ['12345678901201'], bankReference: 'FT9' })],
      }),
    ).toEqual(suggested('near-code')));

  it('7: three edits are not near', () => expect(distance('123456789012', CODE)).toBe(3));
});

describe('what the ladder never settles', () => {
  it.each([
    ['AMOUNT_OVER', 135_001],
    ['AMOUNT_UNDER', 134_999],
  ])('a dong is a difference: %s', (category, amount) => {
    const line = { amount, bankReference: 'FT1' };
    expect(run({ ours: [ours('P', { bankReference: 'FT1' })], theirs: [theirs('L', line)] })).toEqual(
      unsettled(category),
    );
    expect(run({ ours: [ours('P', { reference: CODE })], theirs: [theirs('L', { amount, text: [CODE] })] })).toEqual(
      unsettled(category),
    );
  });

  it.each([
    ['ROUNDING', 990_001],
    ['FEE_DIFFERENCE', 985_000],
    ['FEE_DIFFERENCE', 1_000_000],
    ['AMOUNT_UNDER', 900_000],
  ])('a payout that differs: %s', (category, amount) =>
    expect(run({ ours: [BATCH], theirs: [theirs('L', { amount, marks: ['vnpay:2026-11-19'] })] })).toEqual(
      unsettled(category, ['B']),
    ),
  );

  it('two credits that name one payment: which of them, nobody says', () =>
    expect(
      run({
        ours: [ours('P', { reference: CODE })],
        theirs: [theirs('L', { text: [CODE] }), theirs('M', { text: [CODE] })],
      }),
    ).toEqual(unsettled('DUPLICATE_PAYMENT', ['P'], ['L', 'M'])));

  it('a second credit for a payment that was matched', () =>
    expect(
      run({
        ours: [ours('P', { reference: CODE, bankReference: 'FT1' })],
        theirs: [
          theirs('L', { text: [CODE], bankReference: 'FT1' }),
          theirs('M', { text: [CODE], bankReference: 'FT2' }),
        ],
      }).unsettled,
    ).toEqual([{ category: 'DUPLICATE_PAYMENT', ours: [], theirs: ['M'] }]));

  it('one credit that stands twice in our books', () =>
    expect(
      run({
        ours: [ours('P', { bankReference: 'FT1' }), ours('Q', { bankReference: 'FT1' })],
        theirs: [theirs('L', { bankReference: 'FT1' })],
      }),
    ).toEqual(unsettled('AMBIGUOUS', ['P', 'Q'])));

  it('money at another account than our books say', () =>
    expect(
      run({
        theirs: [theirs('L', { text: [CODE] })],
        elsewhere: [{ item: ours('P', { reference: CODE }), account: '999' }],
      }),
    ).toEqual(unsettled('WRONG_ACCOUNT', [])));

  it.each([
    ['AMOUNT_OVER', -50_001],
    ['AMOUNT_UNDER', -49_999],
  ])('an order of ours that the bank debited by a dong more or less: %s', (category, amount) => {
    const order = ours('P', { kind: 'refund', amount: -50_000, mark: RETURN });
    expect(run({ ours: [order], theirs: [theirs('L', { amount, marks: [RETURN] })] })).toEqual(unsettled(category));
  });

  it('several orders of ours in one debit are taken together, or not at all', () => {
    const order = (key: string, mark: string) => ours(key, { kind: 'refund', amount: -50_000, mark });
    const both = [order('P', RETURN), order('Q', OTHER_RETURN)];
    const debit = (key: string, amount = -100_000) => theirs(key, { amount, marks: [RETURN, OTHER_RETURN] });
    expect(run({ ours: both, theirs: [debit('L')] })).toEqual(confirmed('batch', ['P', 'Q']));
    expect(run({ ours: both, theirs: [debit('L', -100_001)] }).matches).toEqual([]);
    expect(run({ ours: both, theirs: [debit('L'), debit('M')] }).matches).toEqual([]);
  });

  it('what came in and what went out under one name are two questions', () =>
    expect(
      run({
        ours: [ours('P', { bankReference: 'FT1' })],
        theirs: [theirs('L', { bankReference: 'FT1', amount: -134_000 })],
      }).unsettled.map(({ category }) => category),
    ).toEqual(['DATE_SHIFT', 'DATE_SHIFT']));

  it('a line that the bank takes back', () =>
    expect(run({ theirs: [theirs('L', { amount: -135_000, reversal: true })] })).toEqual(unsettled('REVERSED', [])));

  describe('a second credit under the mark of a payout', () => {
    const MARK = 'vnpay:2026-11-19';
    const batch = (key: string, amount: number) => ours(key, { kind: 'batch', amount, mark: MARK, day: '2026-11-19' });
    const credit = (key: string, amount: number) => theirs(key, { amount, marks: [MARK] });
    const own = batch('P', 900_000);

    it('is one too many, whatever its sum', () => {
      const found = run({ ours: [own], theirs: [credit('L', 900_000), credit('M', 70_000)] });
      expect(found.matches).toEqual(confirmed('batch').matches);
      expect(found.unsettled).toEqual(unsettled('DUPLICATE_PAYMENT', [], ['M']).unsettled);
      const elsewhere = [{ item: own, account: ACCOUNT }];
      expect(run({ theirs: [credit('M', 70_000)], elsewhere })).toEqual(unsettled('DUPLICATE_PAYMENT', [], ['M']));
    });

    it('of the very sum that was to go to another account of ours came to the wrong one, whichever is known first', () => {
      const other = { item: batch('Q', 70_000), account: '999999' };
      const third = { item: batch('R', 60_000), account: '111111' };
      const settled = { item: own, account: ACCOUNT };
      const found = (elsewhere: (typeof other)[], amount: number) => {
        const input = { account: ACCOUNT, day: DAY, calendar: vietnamCalendar, ours: [], elsewhere };
        const ladder = Ladder.run({ ...input, theirs: [credit('M', amount)] }, 'unassigned');
        return ladder.unsettled().map(({ category, evidence }) => [category, evidence['account']]);
      };
      for (const elsewhere of [
        [other, third, settled],
        [settled, third, other],
      ]) {
        expect(found(elsewhere, 70_000)).toEqual([['WRONG_ACCOUNT', '999999']]);
        expect(found(elsewhere, 50_000)).toEqual([['DUPLICATE_PAYMENT', ACCOUNT]]);
      }
    });
  });

  describe('a credit that names a return', () => {
    const back = theirs('L', { amount: 50_000, marks: [RETURN] });
    const given = ours('P', { kind: 'refund', amount: -50_000, mark: RETURN });
    const debit = theirs('M', { amount: -50_000, marks: [RETURN] });

    it('that our books know came back', () => {
      expect(run({ ours: [given], theirs: [debit, back] }).unsettled).toEqual(
        unsettled('REVERSED', [], ['L']).unsettled,
      );
      const elsewhere = [{ item: given, account: ACCOUNT }];
      expect(run({ theirs: [back], elsewhere })).toEqual(unsettled('REVERSED', [], ['L']));
    });

    it('that nobody knows is a credit like any other, for whoever pays may write what he will', () => {
      expect(run({ theirs: [back] })).toEqual(unsettled('DATE_SHIFT', [], ['L']));
      expect(run({ theirs: [back], day: '2026-11-26' })).toEqual(unsettled('MISSING_AT_US', [], ['L']));
      const coded = { ...back, amount: 135_000, text: [CODE] };
      expect(run({ ours: [ours('P', { reference: CODE })], theirs: [coded] })).toEqual(confirmed('text-code'));
      expect(run({ ours: [ours('P')], theirs: [{ ...back, amount: 135_000 }] })).toEqual(suggested('amount-in-window'));
    });
  });

  it.each([
    ['MISSING_AT_BANK', { ours: [ours('P')] }, ['P'], []],
    ['MISSING_AT_US', { theirs: [theirs('L')] }, [], ['L']],
    ['REFUND_UNMATCHED', { theirs: [theirs('L', { amount: -50_000 })] }, [], ['L']],
    ['REFUND_UNMATCHED', { ours: [ours('P', { kind: 'refund' as const, amount: -50_000 })] }, ['P'], []],
  ])('what stays alone waits, and is %s once its time is over', (category, sides, o, t) => {
    expect(run(sides)).toEqual(unsettled('DATE_SHIFT', o, t));
    expect(run({ ...sides, day: '2026-11-25' })).toEqual(unsettled('DATE_SHIFT', o, t));
    expect(run({ ...sides, day: '2026-11-26' })).toEqual(unsettled(category, o, t));
  });

  it('two genuine equal credits of one day both stay, and each finds its own', () => {
    const two = ['FT1', 'FT2'];
    const found = run({
      ours: two.map((bankReference) => ours(`P${bankReference}`, { bankReference })),
      theirs: two.map((bankReference) => theirs(`L${bankReference}`, { bankReference })),
    });
    expect(found.matches.map(({ ours: o, theirs: t }) => [o, t])).toEqual([
      [['PFT1'], ['LFT1']],
      [['PFT2'], ['LFT2']],
    ]);
  });
});

describe('what people decided', () => {
  it('comes before every rule', () =>
    expect(
      run({
        ours: [ours('P', { bankReference: 'FT1' })],
        theirs: [theirs('L', { bankReference: 'FT1' }), theirs('M', { amount: 134_000 })],
        decisions: [{ decisionId: 'dec_1', kind: 'match', ours: ['P'], theirs: ['M'] }],
      }).matches,
    ).toEqual([{ rule: 'decided-match', status: 'confirmed', ours: ['P'], theirs: ['M'] }]));

  it('waits while an item of it is not there', () =>
    expect(
      run({ ours: [ours('P')], decisions: [{ decisionId: 'dec_1', kind: 'match', ours: ['P'], theirs: ['gone'] }] })
        .matches,
    ).toEqual([]));
});

/** Small ranges, so that amounts, names and days collide as often as not. */
const anItem = fc.record({
  amount: fc.constantFrom(100, 200, 300, -100),
  day: fc.constantFrom('2026-11-19', DAY, '2026-11-23'),
  bankReference: fc.constantFrom('', '', 'FT1', 'FT2', 'FT3'),
  code: fc.constantFrom('', '', CODE, OTHER_CODE),
  other: fc.constantFrom('', 'near', 'mark', 'reversal', 'two', 'order', 'order'),
});

const orderMarks = ({ code }: { code: string }) => (code === OTHER_CODE ? [RETURN, OTHER_RETURN] : [RETURN]);

describe('whatever is matched', () => {
  const world = fc.record({ ours: fc.array(anItem, { maxLength: 12 }), theirs: fc.array(anItem, { maxLength: 12 }) });
  type Raw = { amount: number; day: string; bankReference: string; code: string; other: string };
  const build = ({ ours: mine, theirs: bank }: { ours: Raw[]; theirs: Raw[] }) => ({
    ours: mine.map((one, at) =>
      ours(`P${at}`, {
        amount: one.amount,
        day: one.day,
        bankReference: one.bankReference,
        reference: one.code,
        kind: one.amount < 0 ? 'refund' : one.other === 'mark' ? 'batch' : 'payment',
        ...(one.other === 'mark' && one.amount > 0 && { mark: 'vnpay:2026-11-19', fee: 100 }),
        ...(one.other === 'order' && one.amount < 0 && { mark: RETURN }),
      }),
    ),
    theirs: bank.map((one, at) =>
      theirs(`L${at}`, {
        amount: one.amount,
        day: one.day,
        bankReference: one.bankReference,
        structured: one.other === 'two' && one.code !== '' ? [one.code] : [],
        text: one.code === '' ? [] : one.other === 'reversal' ? [CODE, OTHER_CODE] : [one.code],
        near: one.other === 'near' ? [CODE.slice(1)] : [],
        marks: one.other === 'mark' ? ['vnpay:2026-11-19'] : one.other === 'order' ? orderMarks(one) : [],
        reversal: one.other === 'reversal',
      }),
    ),
  });

  it('the order of the input changes nothing', () =>
    fc.assert(
      fc.property(world, fc.integer(), (raw, seed) => {
        const { ours: mine, theirs: bank } = build(raw);
        const shuffled = <T>(items: T[]): T[] =>
          items
            .map((item, at) => ({ item, by: Math.imul(at + 1, seed | 1) >>> 3 }))
            .sort((one, other) => one.by - other.by)
            .map(({ item }) => item);
        for (const day of [DAY, LONG_AFTER])
          expect(run({ ours: shuffled(mine), theirs: shuffled(bank), day })).toEqual(
            run({ ours: mine, theirs: bank, day }),
          );
      }),
      { numRuns: 500 },
    ));

  it('each item has one place: in a match or in a difference, once', () =>
    fc.assert(
      fc.property(world, (raw) => {
        const { ours: mine, theirs: bank } = build(raw);
        const { matches, unsettled: left } = run({ ours: mine, theirs: bank });
        const all = [...matches, ...left];
        expect(all.flatMap((one) => one.ours).sort()).toEqual(mine.map(({ key }) => key).sort());
        expect(all.flatMap((one) => one.theirs).sort()).toEqual(bank.map(({ key }) => key).sort());
      }),
      { numRuns: 500 },
    ));

  it('what is confirmed is equal to the dong', () =>
    fc.assert(
      fc.property(world, (raw) => {
        const { ours: mine, theirs: bank } = build(raw);
        const ladder = Ladder.run(
          { account: ACCOUNT, day: DAY, calendar: vietnamCalendar, ours: mine, theirs: bank },
          'unassigned',
        );
        for (const match of ladder.matches()) expect(match.ourAmount).toBe(match.theirAmount);
      }),
      { numRuns: 300 },
    ));
});
