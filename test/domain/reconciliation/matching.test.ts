import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvoiceNumber } from '../../../shared/domain/invoice/number.ts';
import type { JournalEntry } from '../../../shared/domain/ledger/journal.ts';
import { UNASSIGNED } from '../../../shared/domain/ledger/ledger.ts';
import { paymentReference } from '../../../shared/domain/payment/reference.ts';
import { type Difference, Matching } from '../../../shared/domain/reconciliation/matching.ts';
import { addDays } from '../../../shared/domain/time.ts';
import {
  DAY,
  entryOf,
  fileOf,
  LAND,
  LAND_TERMINAL,
  type Line,
  NOON,
  POLICE,
  readWhole,
  SHARED_TERMINAL,
  sandboxMap,
  terminals,
} from './samples.ts';

const ONE_DAY = 86_400_000;

/** What the file and the journal come to: differences by transaction id, and the ids that match. */
function match(lines: Line[], entries: JournalEntry[], version: 2 | 3 = 2) {
  const { matching, verdict } = readWhole(fileOf(...lines), sandboxMap(version));
  expect(verdict.kind).toBe('read');
  for (const entry of entries) matching.addEntry(entry);
  const matched: string[] = [];
  const differences: Difference[] = [];
  for (const row of matching.ids.sorted()) {
    const outcome = matching.outcome(row);
    if (outcome === 'matched') matched.push(matching.ids.text(row));
    else if (outcome !== 'nothing') differences.push(matching.difference(row, outcome));
  }
  return { matched, differences };
}

const categories = (lines: Line[], entries: JournalEntry[], version?: 2 | 3) =>
  match(lines, entries, version).differences.map((one) => one.category);

describe('matching a settlement file with the journal', () => {
  it('matches by transaction id, amount and terminal', () =>
    expect(match([{ id: 'T1' }], [entryOf({ transactionId: 'T1' })])).toEqual({ matched: ['T1'], differences: [] }));

  it.each(['payment', 'surplus', 'unmatched'] as const)('takes %s for money that the provider holds', (kind) =>
    expect(match([{ id: 'T1' }], [entryOf({ transactionId: 'T1', kind })]).matched).toEqual(['T1']),
  );

  describe('with a payment that went back', () => {
    const paid = entryOf({ transactionId: 'T1' });
    const back = (more: Partial<JournalEntry> = {}) =>
      entryOf({ transactionId: 'T1', kind: 'reversal', movementId: 'mov_sandbox-bank_~T1', ...more });
    const onDay = (days: number): Partial<JournalEntry> => ({
      accountingDate: new Date(Date.parse(DAY) + days * ONE_DAY).toISOString().slice(0, 10),
    });

    it.each([
      ['the same day', back()],
      ['the next day', back(onDay(1))],
    ])('on %s: that it is missing in the file is no MISSING_AT_BANK, in any order', (_, reversal) => {
      expect(match([], [paid, reversal])).toEqual({ matched: [], differences: [] });
      expect(match([], [reversal, paid])).toEqual({ matched: [], differences: [] });
    });

    it('on the next day: the file of its own day still has it', () =>
      expect(match([{ id: 'T1' }], [paid, back(onDay(1))]).matched).toEqual(['T1']));

    it('on the same day, and yet in the file as money that the provider has: somebody must look', () =>
      expect(categories([{ id: 'T1' }], [back(), paid])).toEqual(['REVERSED']));

    it('is nothing by itself', () => expect(match([], [back()])).toEqual({ matched: [], differences: [] }));
  });

  describe('whose files tell what went back', () => {
    const REFERENCE = '12345678901212345678';
    const refund = (more: Partial<JournalEntry> = {}) =>
      entryOf({ transactionId: REFERENCE, kind: 'refund', movementId: `mov_sandbox-bank_^${REFERENCE}`, ...more });
    const reversal = (more: Partial<JournalEntry> = {}) =>
      entryOf({ transactionId: 'T1', kind: 'reversal', movementId: 'mov_sandbox-bank_~T1', ...more });
    const payment = entryOf({ transactionId: 'T1' });
    const refunded = { id: 'R77', reference: REFERENCE, status: 'REFUNDED' };
    const chargedBack = { id: 'T1', status: 'CHARGEBACK' };
    const tomorrow = { accountingDate: addDays(DAY, 1) };
    const told = (lines: Line[], entries: JournalEntry[]) => {
      const { matched, differences } = match(lines, entries, 3);
      return [matched, differences.map(({ category, transactionId }) => `${category} ${transactionId}`)];
    };

    it('a refund by our reference and its sum, a chargeback by the payment that it takes back', () => {
      expect(told([refunded], [refund()])).toEqual([[`^${REFERENCE}`], []]);
      expect(told([chargedBack], [reversal()])).toEqual([['~T1'], []]);
      expect(told([{ id: 'T1' }, chargedBack], [payment, reversal()])).toEqual([['T1', '~T1'], []]);
      expect(told([{ id: 'T1' }, chargedBack], [reversal(), payment])).toEqual([['T1', '~T1'], []]);
    });

    it.each([
      ['a refund that our books do not know', [refunded], [], [`REFUND_UNMATCHED ^${REFERENCE}`]],
      ['a refund that bears no reference of ours', [{ ...refunded, reference: 'X' }], [], ['REFUND_UNMATCHED ^R77']],
      ['a refund that the file does not have', [], [refund()], [`REFUND_UNMATCHED ^${REFERENCE}`]],
      ['a refund of a dong more', [{ ...refunded, amount: 135_001 }], [refund()], [`AMOUNT_OVER ^${REFERENCE}`]],
      ['a refund of a dong less', [{ ...refunded, amount: 134_999 }], [refund()], [`AMOUNT_UNDER ^${REFERENCE}`]],
      ['a refund counted tomorrow', [refunded], [refund(tomorrow)], [`DATE_SHIFT ^${REFERENCE}`]],
      ['a chargeback that our books do not know', [chargedBack], [], ['REVERSED ~T1']],
      ['a chargeback of another sum', [{ ...chargedBack, amount: 1 }], [reversal()], ['AMOUNT_UNDER ~T1']],
      ['a reversal of an earlier payment that the file does not have', [], [reversal()], ['REFUND_UNMATCHED ~T1']],
      [
        'a payment taken back that it lists as money, and no chargeback',
        [{ id: 'T1' }],
        [payment, reversal()],
        ['REVERSED T1'],
      ],
      ['a chargeback without the payment of that day', [chargedBack], [payment, reversal()], ['MISSING_AT_BANK T1']],
      [
        'a payment that it does not list, taken back a day later',
        [],
        [payment, reversal(tomorrow)],
        ['MISSING_AT_BANK T1'],
      ],
    ])('%s', (_, lines: Line[], entries: JournalEntry[], expected: string[]) =>
      expect(told(lines, entries)[1]).toEqual(expected),
    );

    it('a payment that came and went on one day may be left out, both of it', () =>
      expect(told([], [payment, reversal()])).toEqual([[], []]));

    it('says that its money goes back, and whose it is', () =>
      expect(match([refunded], [], 3).differences).toMatchObject([
        { direction: 'out', agencyCode: LAND, ours: null, theirs: 135_000 },
      ]));

    it('in another file than theirs counts for nothing', () =>
      expect(match([], [refund(), reversal()]).differences).toEqual([]));

    it.each(['^T1', '~T1'])('no transaction is named with the mark of what went back: %s', (id) =>
      expect(readWhole(fileOf({ id })).verdict).toMatchObject({ faults: [{ code: 'transaction_malformed' }] }),
    );

    it('a refund twice in one file is refused', () =>
      expect(readWhole(fileOf(refunded, { ...refunded, id: 'R78' })).verdict).toMatchObject({
        faults: [{ code: 'transaction_twice' }],
      }));
  });

  it('opens AMBIGUOUS when the line names another order than our entry', () => {
    const entry = entryOf({ transactionId: 'T1' });
    expect(categories([{ id: 'T1', reference: '123456789012015' }], [entry])).toEqual([]);
    expect(
      categories([{ id: 'T1', reference: paymentReference(InvoiceNumber.parse('987654321098'), 1) }], [entry]),
    ).toEqual(['AMBIGUOUS']);
  });

  it('opens AMOUNT_OVER when the provider reports a dong more', () =>
    expect(match([{ id: 'T1', amount: 135_001 }], [entryOf({ transactionId: 'T1' })]).differences).toEqual([
      {
        category: 'AMOUNT_OVER',
        transactionId: 'T1',
        agencyCode: LAND,
        ours: 135_000,
        theirs: 135_001,
        invoiceNumber: '123456789012',
      },
    ]));

  it('opens AMOUNT_UNDER when it reports a dong less', () =>
    expect(categories([{ id: 'T1', amount: 134_999 }], [entryOf({ transactionId: 'T1' })])).toEqual(['AMOUNT_UNDER']));

  it('opens MISSING_AT_US for a line that we have no entry for, at the agency of the terminal', () =>
    expect(match([{ id: 'T1', reference: '123456789012015' }], []).differences).toMatchObject([
      { category: 'MISSING_AT_US', agencyCode: LAND, ours: null, theirs: 135_000 },
    ]));

  it('assigns it to nobody when several agencies share the terminal', () =>
    expect(match([{ id: 'T1', terminal: SHARED_TERMINAL }], []).differences[0]?.agencyCode).toBe(UNASSIGNED));

  it('opens MISSING_AT_BANK for an entry without a line, at its own agency', () =>
    expect(match([], [entryOf({ transactionId: 'T1', agencyCode: POLICE })]).differences).toEqual([
      {
        category: 'MISSING_AT_BANK',
        transactionId: 'T1',
        agencyCode: POLICE,
        ours: 135_000,
        theirs: null,
        invoiceNumber: '123456789012',
      },
    ]));

  it('does not take a declined line for money', () =>
    expect(categories([{ id: 'T1', status: 'DECLINED' }], [entryOf({ transactionId: 'T1' })])).toEqual([
      'MISSING_AT_BANK',
    ]));

  it('says nothing of a declined line that we have no entry for', () =>
    expect(match([{ id: 'T1', status: 'DECLINED' }], [])).toEqual({ matched: [], differences: [] }));

  it('opens WRONG_ACCOUNT when another of our terminals has the money', () =>
    expect(categories([{ id: 'T1', terminal: SHARED_TERMINAL }], [entryOf({ transactionId: 'T1' })])).toEqual([
      'WRONG_ACCOUNT',
    ]));

  it.each([-1, 1])('opens DATE_SHIFT when our books count the same money %i day off', (days) =>
    expect(categories([{ id: 'T1' }], [entryOf({ transactionId: 'T1', paidAt: NOON + days * ONE_DAY })])).toEqual([
      'DATE_SHIFT',
    ]),
  );

  it('opens the amount, not the date, when both differ', () =>
    expect(categories([{ id: 'T1', amount: 1 }], [entryOf({ transactionId: 'T1', paidAt: NOON + ONE_DAY })])).toEqual([
      'AMOUNT_UNDER',
    ]));

  it.each([-2, 2])('does not look %i days away', (days) =>
    expect(categories([{ id: 'T1' }], [entryOf({ transactionId: 'T1', paidAt: NOON + days * ONE_DAY })])).toEqual([
      'MISSING_AT_US',
    ]),
  );

  it('leaves entries of the days around, which this file does not name, to their own files', () =>
    expect(match([], [entryOf({ transactionId: 'T1', paidAt: NOON + ONE_DAY })])).toEqual({
      matched: [],
      differences: [],
    }));

  it('never picks between two entries of one transaction: one line cannot hide a double entry', () =>
    expect(
      match([{ id: 'T1' }], [entryOf({ transactionId: 'T1' }), entryOf({ transactionId: 'T1', agencyCode: POLICE })]),
    ).toEqual({
      matched: [],
      differences: [
        { category: 'AMBIGUOUS', transactionId: 'T1', agencyCode: UNASSIGNED, ours: 270_000, theirs: 135_000 },
      ],
    }));

  it('keeps two identical payments under two ids apart', () =>
    expect(
      match([{ id: 'T1' }, { id: 'T2' }], [entryOf({ transactionId: 'T1' }), entryOf({ transactionId: 'T2' })]).matched,
    ).toEqual(['T1', 'T2']));

  it('does not match a prefix of an id', () =>
    expect(categories([{ id: 'T1' }], [entryOf({ transactionId: 'T10' })])).toEqual([
      'MISSING_AT_US',
      'MISSING_AT_BANK',
    ]));
});

describe('whatever the two sides are', () => {
  const id = fc.constantFrom('A', 'B', 'C', 'D', 'E');
  const amount = fc.constantFrom(1000, 1001);
  const terminal = fc.constantFrom(LAND_TERMINAL, SHARED_TERMINAL);
  const line = fc.record({ id, amount, terminal, status: fc.constantFrom('OK', 'DECLINED') });
  const lines = fc.uniqueArray(line, { selector: (one) => one.id });
  const entries = fc.array(
    fc
      .record({
        transactionId: id,
        amount,
        terminal,
        agencyCode: fc.constantFrom(LAND, POLICE),
        days: fc.integer({ min: -2, max: 2 }),
      })
      .map(({ days, ...facts }) => entryOf({ ...facts, paidAt: NOON + days * ONE_DAY })),
    { maxLength: 8 },
  );
  const shuffled = <T>(items: readonly T[]) => fc.shuffledSubarray([...items], { minLength: items.length });

  it('the result does not depend on the order of lines and entries', () =>
    fc.assert(
      fc.property(
        fc
          .tuple(lines, entries)
          .chain(([one, other]) => fc.tuple(fc.constant(one), fc.constant(other), shuffled(one), shuffled(other))),
        ([one, other, shuffledOne, shuffledOther]) => {
          expect(match(shuffledOne, shuffledOther)).toEqual(match(one, other));
        },
      ),
    ));

  it('it is what a plain reading of the rules says', () =>
    fc.assert(
      fc.property(lines, entries, (theirs, ours) => {
        expect(match(theirs, ours)).toMatchObject(plainly(theirs, ours));
      }),
    ));

  it('every dong of both sides is matched or in a difference', () =>
    fc.assert(
      fc.property(lines, entries, (theirs, ours) => {
        const { matched, differences } = match(theirs, ours);
        const money = theirs.filter((one) => one.status === 'OK');
        const add = (amounts: (number | null | undefined)[]) =>
          amounts.reduce<number>((sum, one) => sum + (one ?? 0), 0);
        const amountOf = (wanted: string) => money.find((one) => one.id === wanted)?.amount;
        expect(add([...matched.map(amountOf), ...differences.map((one) => one.theirs)])).toBe(
          add(money.map((one) => one.amount)),
        );
        const own = ours.filter(
          (entry) => entry.accountingDate === DAY || (dayApart(entry) && amountOf(entry.transactionId) !== undefined),
        );
        expect(add([...matched.map(amountOf), ...differences.map((one) => one.ours)])).toBe(
          add(own.map((entry) => entry.amount)),
        );
      }),
    ));
});

const dayApart = (entry: JournalEntry) => ['2026-11-19', '2026-11-21'].includes(entry.accountingDate);

/** The rules once more, with maps and in the order in which the guide tells them. */
function plainly(lines: Line[], entries: JournalEntry[]) {
  const money = new Map(lines.filter((line) => line.status !== 'DECLINED').map((line) => [line.id, line]));
  const matched: string[] = [];
  const differences: { transactionId: string; category: string }[] = [];
  for (const transactionId of [...new Set([...money.keys(), ...entries.map((entry) => entry.transactionId)])].sort()) {
    const line = money.get(transactionId);
    const ours = entries.filter(
      (entry) => entry.transactionId === transactionId && (entry.accountingDate === DAY || (line && dayApart(entry))),
    );
    const [entry, ...more] = ours;
    const say = (category: string) => differences.push({ transactionId, category });
    if (more.length > 0) say('AMBIGUOUS');
    else if (line && !entry) say('MISSING_AT_US');
    else if (entry && !line) say('MISSING_AT_BANK');
    else if (entry && line) {
      if (Number(line.amount) > entry.amount) say('AMOUNT_OVER');
      else if (Number(line.amount) < entry.amount) say('AMOUNT_UNDER');
      else if (line.terminal !== entry.terminal) say('WRONG_ACCOUNT');
      else if (entry.accountingDate !== DAY) say('DATE_SHIFT');
      else matched.push(transactionId);
    }
  }
  return { matched, differences };
}

describe('a table that grows', () => {
  it('finds every id again among ten thousand', () => {
    const matching = new Matching(DAY, terminals);
    const ids = Array.from({ length: 10_000 }, (_, index) => `1400${index}`);
    for (const one of ids) {
      const bytes = Buffer.from(one);
      expect(
        matching.addLine({ bytes, start: 0, end: bytes.length, terminal: 0, amount: 7, reference: 0, collected: true }),
      ).toBe(true);
    }
    expect(ids.every((one, row) => matching.ids.findText(one) === row)).toBe(true);
    expect([...matching.ids.sorted()].map((row) => matching.ids.text(row))).toEqual([...ids].sort());
  });
});
