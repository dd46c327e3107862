import * as z from 'zod';
import { Bucket } from '../aws/s3.ts';
import { lazy } from '../domain/lazy.ts';
import { type BalanceBook, DayBalance } from '../domain/ledger/balances.ts';
import type { Day } from '../domain/time.ts';

export const BALANCE_PREFIX = 'balances/';
const HEAD_KEY = `${BALANCE_PREFIX}head.json`;
const balanceKey = (agencyCode: string, day: Day): string => `${BALANCE_PREFIX}${agencyCode}/${day}.json`;
const JSON_TYPE = 'application/json';

const Head = lazy(() => z.strictObject({ v: z.literal(1), day: z.string().regex(/^\d{4}-\d{2}-\d{2}$/) }));

/** The projection of balances: an object for each agency and day in the files bucket. */
export class BalanceStore implements BalanceBook {
  readonly #bucket: Bucket;

  constructor(bucket: string, environment: NodeJS.ProcessEnv = process.env) {
    this.#bucket = new Bucket(bucket, environment);
  }

  async find(agencyCode: string, day: Day): Promise<DayBalance | undefined> {
    const text = await this.#bucket.text(balanceKey(agencyCode, day));
    return text === undefined ? undefined : DayBalance.parse(JSON.parse(text));
  }

  async put(balance: DayBalance): Promise<void> {
    await this.#bucket.put(balanceKey(balance.agencyCode, balance.day), JSON_TYPE, JSON.stringify(balance));
  }

  async projectedTo(): Promise<Day | undefined> {
    const text = await this.#bucket.text(HEAD_KEY);
    return text === undefined ? undefined : Head.parse(JSON.parse(text)).day;
  }

  async markProjected(day: Day): Promise<void> {
    await this.#bucket.put(HEAD_KEY, JSON_TYPE, JSON.stringify({ v: 1, day }));
  }
}
