import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type AskingRule,
  askingRule,
  isLastWord,
  USUAL_ASKING,
  untilFirstQuestion,
  untilNextQuestion,
} from '../../shared/domain/payment/asking.ts';
import { manifests } from '../../shared/providers/index.ts';
import { manifest as vnpay } from '../../shared/providers/vnpay/manifest.ts';
import { NOW } from '../dsl/world.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** The ages at which a payment that stays silent is asked about, each question answered after `lag`. */
function agesOf(rule: AskingRule, lag = 0): { age: number; soon: boolean }[] {
  const ages = [{ age: untilFirstQuestion(rule, NOW, NOW), soon: true }];
  for (;;) {
    const { age } = ages.at(-1) as { age: number };
    const wait = untilNextQuestion(rule, NOW, NOW + age + lag);
    if (!wait) return ages;
    ages.push({ age: age + lag + wait.milliseconds, soon: wait.soon });
  }
}

describe('a silent payment', () => {
  it('is asked about at growing gaps: by message for some twenty minutes, then hourly, then daily, for 30 days', () => {
    const ages = agesOf(USUAL_ASKING);
    expect(ages.filter(({ soon }) => soon).map(({ age }) => age / MINUTE)).toEqual([2, 8, 23]);
    const hours = ages.filter(({ soon }) => !soon).map(({ age }) => age / HOUR);
    expect(hours.slice(0, 13)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 24]);
    expect(hours.slice(13)).toEqual(Array.from({ length: 29 }, (_, day) => 24 * (day + 2)));
  });

  it('is asked about in the waits that a queue can hold, as long as it is by message', () => {
    const ages = agesOf(USUAL_ASKING).filter(({ soon }) => soon);
    const waits = ages.map(({ age }, place) => age - (ages[place - 1]?.age ?? 0));
    expect(Math.max(...waits)).toBeLessThanOrEqual(15 * MINUTE);
  });

  const askedAt = (id: string) => askingRule(manifests.find((one) => one.id === id)?.asking, 1);
  const asked = manifests.filter(({ capabilities }) => capabilities.query).map(({ id }) => id);

  it('is asked about at every provider that can be asked, and at no other by a rule of its own', () => {
    expect(asked).toEqual(['vnpay', 'momo', 'zalopay', 'payos', 'onepay', 'dvcqg', 'sandbox-bank']);
    for (const { id, asking } of manifests) if (!asked.includes(id)) expect(asking).toBeUndefined();
  });

  it.each(asked)('is asked about at %s at growing gaps within its limits, whatever its answers take', (id) => {
    const rule = askedAt(id);
    for (const lag of [0, 8_000, 30_000, 4 * MINUTE]) {
      const ages = agesOf(rule, lag);
      const gaps = ages.slice(1).map(({ age }, place) => age - (ages[place]?.age ?? 0));
      expect(ages[0]?.age).toBe(2 * MINUTE);
      expect(ages.length).toBeLessThanOrEqual(60);
      expect(ages.at(-1)?.age).toBeLessThanOrEqual(rule.bound + lag);
      expect(Math.min(...gaps)).toBeGreaterThanOrEqual(rule.leastGap);
      // By message for a quarter of an hour and more, then hourly at most.
      const soon = ages.filter(({ soon: early }) => early).length;
      expect(gaps.slice(0, soon - 1).every((gap) => gap <= 15 * MINUTE + lag)).toBe(true);
      expect(gaps.slice(soon).every((gap) => gap >= HOUR - lag - 1)).toBe(true);
    }
  });

  it('is asked about for 30 days, at ZaloPay within the 48 hours in which it answers', () => {
    const last = (id: string) => agesOf(askedAt(id)).at(-1)?.age;
    for (const id of asked) expect([id, last(id)]).toEqual([id, id === 'zalopay' ? 42 * HOUR : 30 * DAY]);
  });

  it('is never asked about at VNPAY within five minutes of the last time, which is answered 94', () => {
    const ages = agesOf(askingRule(vnpay.asking, 1), 4 * MINUTE).map(({ age }) => age);
    const gaps = ages.slice(1).map((age, place) => age - (ages[place] ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThan(5 * MINUTE);
  });

  it('follows from its age alone: whenever it is asked about, it is asked about later, and in the end no more', () => {
    const ages = fc.integer({ min: -15 * MINUTE, max: 40 * DAY });
    fc.assert(
      fc.property(ages, fc.integer({ min: 0, max: HOUR }), fc.integer({ min: 1, max: 500 }), (age, leastGap, speed) => {
        const rule = askingRule({ leastGap }, speed);
        const wait = untilNextQuestion(rule, NOW, NOW + age);
        const known = Math.max(0, age);
        if (!wait) return known + Math.max(rule.seldom, rule.leastGap) > rule.bound;
        return wait.milliseconds > 0 && wait.milliseconds >= rule.leastGap && known + wait.milliseconds <= rule.bound;
      }),
    );
  });

  it('is asked about soon though a clock was set back or forward (scenario 45)', () => {
    for (const shift of [-10 * MINUTE, 0, 10 * MINUTE]) {
      expect(untilFirstQuestion(USUAL_ASKING, NOW, NOW + shift)).toBeLessThanOrEqual(2 * MINUTE);
      expect(untilNextQuestion(USUAL_ASKING, NOW, NOW + shift)?.milliseconds).toBeLessThanOrEqual(15 * MINUTE);
    }
  });

  it('goes faster in development, all in proportion', () => {
    expect(agesOf(askingRule(undefined, 120)).map(({ age }) => age * 120)).toEqual(
      agesOf(USUAL_ASKING).map(({ age }) => age),
    );
  });
});

describe('a word that a payment was never heard of', () => {
  const rule = askingRule({ neverHeard: ['91'] }, 1);
  it.each([
    ['91', HOUR + 1, true],
    ['91', HOUR, false],
    ['91', -1, false],
    ['99', DAY, false],
  ])('%s, %d ms after the deadline, is the last one: %s', (code, after, last) => {
    expect(isLastWord(rule, code, NOW, NOW + after)).toBe(last);
  });
});
