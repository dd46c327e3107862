import { describe, expect, it } from 'vitest';
import { accountBook } from '../../shared/domain/reconciliation/book-day.ts';
import { implausibleWork } from '../../shared/domain/reconciliation/plausible-work.ts';
import { SettledWork } from '../../shared/usecases/prove-settling.ts';
import { ACCOUNT, BANK_BIN } from './finance-world.ts';
import { CATEGORIES, Month } from './month.ts';

/** More seeds, and more traffic: `MONTH_SEEDS=50 MONTH_VOLUME=200 npx vitest run --config test/vitest.config.ts test/usecases/month.test.ts`. */
const SEEDS = Number(process.env.MONTH_SEEDS ?? 3);
const VOLUME = Number(process.env.MONTH_VOLUME ?? 6);

const FIFTEEN = [
  ...['MISSING_AT_BANK', 'MISSING_AT_US', 'AMOUNT_OVER', 'AMOUNT_UNDER', 'DUPLICATE_PAYMENT', 'LATE_AFTER_EXPIRY'],
  ...['DATE_SHIFT', 'AMBIGUOUS', 'WRONG_ACCOUNT', 'REFUND_UNMATCHED', 'FEE_DIFFERENCE', 'ROUNDING', 'REVERSED'],
  ...['FILE_INVALID', 'BALANCE_BREAK'],
];

/** What the verifier finds first an hour later. */
async function proved({ world }: Month) {
  const settled = new SettledWork();
  for (const exception of world.work.contents().exceptions) {
    expect(implausibleWork(exception)).toBeUndefined();
    settled.add(exception);
  }
  world.clock.at += 3_600_000;
  const { days, decisions, files: runs } = world;
  return settled.accounts(world.work.pages, { days, decisions, runs, now: () => world.clock.at });
}

describe('a month of traffic with differences of every category', () => {
  it.each(Array.from({ length: SEEDS }, (_, seed) => seed + 1))(
    'seed %i: each is found, none is invented',
    async (seed) => {
      const month = new Month(seed);
      await month.live(VOLUME);
      expect(month.found()).toEqual(month.wanted());
      const days = await month.world.days.between(accountBook(BANK_BIN, ACCOUNT), '2026-10-01', '2026-10-31');
      // Each run builds on the one before it.
      for (const [at, day] of days.entries()) expect(day.run?.previous).toBe(days[at - 1]?.run?.sha256 ?? null);
      expect(await proved(month)).toBeUndefined();
    },
  );

  it.each([
    ['2026-04-01', '2026-05-20', ['2026-04-24', '2026-04-29', '2026-04-30']],
    ['2026-01-20', '2026-03-05', ['2026-01-30', '2026-02-13', '2026-02-27']],
    ['2026-08-15', '2026-09-20', ['2026-08-28', '2026-08-31', '2026-09-01']],
  ])(
    'from %s to %s: a credit that comes a working day late is none, over weekends, month ends and holidays',
    async (from, to, late) => {
      const month = new Month(7, from, to);
      await month.live(2, late);
      expect(month.found()).toEqual(month.wanted());
      expect(await proved(month)).toBeUndefined();
    },
  );

  it('plants each of the fifteen categories', () =>
    expect(new Set(CATEGORIES.map((name) => name.replace(/^(?:provider|return) /, '')))).toEqual(new Set(FIFTEEN)));
});
