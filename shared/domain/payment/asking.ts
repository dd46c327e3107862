import { DAY_MILLISECONDS, type Instant } from '../time.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/**
 * When an attempt on which no final word has come is asked about. Everything follows from its age, so that a question
 * that was lost, doubled or late changes nothing about those that follow. Milliseconds.
 */
export type AskingRule = {
  /** Ages at which it is asked about while a citizen may be waiting, in rising order. */
  ages: readonly number[];
  /** Then at every multiple of `often`, up to the age `oftenUntil`; */
  often: number;
  oftenUntil: number;
  /** then at every multiple of `seldom`, up to the age `bound`. After that reconciliation decides. */
  seldom: number;
  bound: number;
  /** Least time between two questions about one payment. */
  leastGap: number;
  /** Result codes by which the provider says, in its own name, that it has never heard of the payment. */
  neverHeard: readonly string[];
  /**
   * How long after an attempt's deadline such a word is its last one: longer than a provider takes to know of a payment
   * that was made in the last moment.
   */
  neverHeardGrace: number;
};

export const USUAL_ASKING: AskingRule = {
  ages: [2 * MINUTE, 8 * MINUTE, 23 * MINUTE],
  often: HOUR,
  oftenUntil: 12 * HOUR,
  seldom: DAY_MILLISECONDS,
  bound: 30 * DAY_MILLISECONDS,
  leastGap: MINUTE,
  neverHeard: [],
  neverHeardGrace: HOUR,
};

/**
 * The rule of a provider. `speed`: how many times faster everything goes; 1 outside development, where nobody waits hours
 * to see a silent payment found.
 */
export function askingRule(asking: Partial<AskingRule> | undefined, speed: number): AskingRule {
  const { ages, neverHeard, ...spans } = { ...USUAL_ASKING, ...asking };
  const faster = (span: number) => Math.max(1, Math.round(span / speed));
  return {
    ages: ages.map(faster),
    neverHeard,
    often: faster(spans.often),
    oftenUntil: faster(spans.oftenUntil),
    seldom: faster(spans.seldom),
    bound: faster(spans.bound),
    leastGap: faster(spans.leastGap),
    neverHeardGrace: faster(spans.neverHeardGrace),
  };
}

/** How long to wait until the first question about an attempt that was made at `startedAt`, seen from now. Milliseconds. */
export function untilFirstQuestion({ ages, often }: AskingRule, startedAt: Instant, now: Instant): number {
  const first = ages[0] ?? often;
  // A clock that was set back makes no attempt younger than new.
  return Math.min(first, Math.max(0, startedAt + first - now));
}

/** How long to wait until the next question, and whether it still is one of those while a citizen may be waiting. */
export type Wait = { milliseconds: number; soon: boolean };

/**
 * When to ask again about an attempt that was made at `startedAt` and is asked about now. `undefined` once the next
 * question would lie beyond its bound.
 */
export function untilNextQuestion(rule: AskingRule, startedAt: Instant, now: Instant): Wait | undefined {
  const age = Math.max(0, now - startedAt);
  const soon = rule.ages.find((one) => one > age);
  const every = age < rule.oftenUntil ? rule.often : rule.seldom;
  const next = Math.max(soon ?? (Math.floor(age / every) + 1) * every, age + rule.leastGap);
  return next <= rule.bound ? { milliseconds: next - age, soon: soon !== undefined } : undefined;
}

/** Whether a word that the payment was never heard of is the last one about an attempt with this deadline. */
export const isLastWord = (rule: AskingRule, resultCode: string, expiresAt: Instant, now: Instant): boolean =>
  rule.neverHeard.includes(resultCode) && now > expiresAt + rule.neverHeardGrace;
