import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addDays,
  compactVietnamTime,
  DAY_MILLISECONDS,
  daysBetween,
  endOfDay,
  formatInstant,
  readCompactVietnamTime,
  startOfDay,
  vietnamDay,
} from '../../shared/domain/time.ts';

const instant = fc.integer({ min: Date.UTC(2000, 0, 1), max: Date.UTC(2099, 11, 31) });

describe('a Vietnamese day', () => {
  it.each([
    ['2026-11-21T16:59:59.999Z', '2026-11-21'],
    ['2026-11-21T17:00:00.000Z', '2026-11-22'],
    ['2026-12-31T16:59:59.999Z', '2026-12-31'],
    ['2026-12-31T17:00:00.000Z', '2027-01-01'],
    ['2028-02-28T17:00:00.000Z', '2028-02-29'],
    ['2027-02-05T17:00:00.000Z', '2027-02-06'],
  ])('begins at midnight of UTC+7: %s is %s (scenario 46)', (utc, day) =>
    expect(vietnamDay(Date.parse(utc))).toBe(day),
  );

  it('holds each of its instants and no other (scenario 46)', () => {
    fc.assert(
      fc.property(instant, (at) => {
        const day = vietnamDay(at);
        expect(startOfDay(day) <= at && at <= endOfDay(day)).toBe(true);
        expect(endOfDay(day) + 1).toBe(startOfDay(addDays(day, 1)));
        expect(vietnamDay(startOfDay(day) - 1)).toBe(addDays(day, -1));
        expect(endOfDay(day) - startOfDay(day) + 1).toBe(DAY_MILLISECONDS);
      }),
    );
  });

  it('counts across months, years and leap days', () => {
    expect(daysBetween('2026-12-30', '2027-01-02')).toEqual(['2026-12-30', '2026-12-31', '2027-01-01', '2027-01-02']);
    expect(daysBetween('2028-02-28', '2028-03-01')).toEqual(['2028-02-28', '2028-02-29', '2028-03-01']);
    expect(daysBetween('2026-01-02', '2026-01-01')).toEqual([]);
    expect(addDays('2026-11-22', 15)).toBe('2026-12-07');
  });
});

describe('an instant', () => {
  it('is written with its offset, and milliseconds only where there are any', () => {
    expect(formatInstant(Date.parse('2026-11-22T02:14:03Z'))).toBe('2026-11-22T09:14:03+07:00');
    expect(formatInstant(Date.parse('2026-11-22T02:14:03.120Z'))).toBe('2026-11-22T09:14:03.120+07:00');
  });

  it('is the same again when read back', () => {
    fc.assert(
      fc.property(instant, (at) => {
        expect(Date.parse(formatInstant(at))).toBe(at);
      }),
    );
  });
});

describe('a provider’s compact time', () => {
  it('is on the 24-hour clock of Viet Nam', () => {
    expect(compactVietnamTime(Date.parse('2026-01-01T01:30:00Z'))).toBe('20260101083000');
    expect(compactVietnamTime(Date.parse('2026-01-01T06:30:00Z'))).toBe('20260101133000');
    expect(compactVietnamTime(Date.parse('2026-01-01T17:00:00Z'))).toBe('20260102000000');
  });

  it('reads back what it wrote, to the second', () => {
    fc.assert(
      fc.property(instant, (at) => {
        expect(readCompactVietnamTime(compactVietnamTime(at))).toBe(Math.floor(at / 1000) * 1000);
      }),
    );
  });

  it.each([
    '20260230120000',
    '20260101250000',
    '20261301000000',
    '20260101240000',
    '20260101006000',
    '2026010112000',
    '20260101120000Z',
    '２０２６０１０１１２００００',
    '',
  ])('is not %j', (text) => expect(readCompactVietnamTime(text)).toBeUndefined());

  it('means the same whatever zone the process runs in', () => {
    const zone = process.env['TZ'];
    try {
      for (const other of ['UTC', 'Asia/Ho_Chi_Minh', 'America/New_York', 'Etc/GMT+7', 'Pacific/Kiritimati']) {
        process.env['TZ'] = other;
        expect(readCompactVietnamTime('20260101083512')).toBe(Date.UTC(2026, 0, 1, 1, 35, 12));
        expect(compactVietnamTime(Date.UTC(2026, 0, 1, 1, 35, 12))).toBe('20260101083512');
        expect(vietnamDay(Date.UTC(2026, 0, 1, 17))).toBe('2026-01-02');
        expect(endOfDay('2026-01-01')).toBe(Date.UTC(2026, 0, 1, 16, 59, 59, 999));
      }
    } finally {
      if (zone === undefined) delete process.env['TZ'];
      else process.env['TZ'] = zone;
    }
  });
});
