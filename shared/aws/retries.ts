import { AwsError } from './error.ts';

/** Sending again what failed for a reason that passes, as the SDK's standard mode does: bounded, and at random moments. */

/** How often one call is sent in all. */
const MAX_TRIES = 3;
/** The wait before the next try is drawn between zero and this, doubled at each; longer when the service asks for less. */
const BASE_MILLISECONDS = { transient: 100, throttled: 500 };
/** Retries are paid from a budget that successes refill, so that an outage is not met with thrice the calls. */
const BUDGET = 500;
const RETRY_COST = 5;
const THROTTLED = new Set([
  'LimitExceededException',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'RequestThrottled',
  'RequestThrottledException',
  'SlowDown',
  'ThrottledException',
  'Throttling',
  'ThrottlingException',
  'TooManyRequestsException',
  'TransactionInProgressException',
]);
const TRANSIENT = new Set(['TimeoutError', 'RequestTimeout', 'RequestTimeoutException', 'InternalServerError']);
/** 408: a connection that was opened ahead was given up on before the request came (RFC 9110, section 15.5.9). */
const TRANSIENT_STATUS = new Set([408, 500, 502, 503, 504]);
const TRANSIENT_CODES = new Set([
  'ECONNRESET',
  'ECONNREFUSED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);
/** What of the machine a test replaces. */
export type Machine = { now(): number; random(): number; wait(milliseconds: number): Promise<void> };

const MACHINE: Machine = {
  now: Date.now,
  random: Math.random,
  wait: (milliseconds) => new Promise((done) => setTimeout(done, milliseconds)),
};

export class Retries {
  readonly #machine: Machine;
  #budget = BUDGET;

  constructor(machine: Machine = MACHINE) {
    this.#machine = machine;
  }

  now(): number {
    return this.#machine.now();
  }

  /** Sends, three times in all. `passes` names failures that pass besides the usual ones. Throws the last failure. */
  async run<T>(send: () => Promise<T>, passes: (error: unknown) => boolean = () => false): Promise<T> {
    for (let tries = 1; ; tries += 1) {
      try {
        const answer = await send();
        this.#budget = Math.min(BUDGET, this.#budget + (tries === 1 ? 1 : RETRY_COST));
        return answer;
      } catch (error) {
        const kind = kindOf(error) ?? (passes(error) ? 'transient' : undefined);
        if (!kind || tries === MAX_TRIES || this.#budget < RETRY_COST) throw error;
        this.#budget -= RETRY_COST;
        await this.#machine.wait(this.#machine.random() * BASE_MILLISECONDS[kind] * 2 ** (tries - 1));
      }
    }
  }
}

function kindOf(error: unknown): 'transient' | 'throttled' | undefined {
  if (!(error instanceof Error)) return undefined;
  const status = error instanceof AwsError ? error.$metadata.httpStatusCode : undefined;
  if (THROTTLED.has(error.name) || status === 429) return 'throttled';
  const { code = '' } = error as NodeJS.ErrnoException;
  const passes = TRANSIENT.has(error.name) || TRANSIENT_CODES.has(code) || TRANSIENT_STATUS.has(status ?? 0);
  return passes ? 'transient' : undefined;
}
