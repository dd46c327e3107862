import { describe, expect, it } from 'vitest';
import { UpdateCommand } from '../../shared/aws/dynamodb.ts';
import { condition } from './planting.ts';
import { type RefundWiring, refundStory } from './refund-story.ts';

/** Scenarios 27, 28, 29 and 30, mixed at will. */

const SEEDS = 400;
/** Within so many seeds a planted bug must be found. */
const MOST_SEEDS = 2000;

const isRefundWrite = (command: object): command is UpdateCommand =>
  command instanceof UpdateCommand && /\brf\b/.test(command.input.UpdateExpression ?? '');

const bugs: readonly (readonly [string, () => RefundWiring])[] = [
  [
    'a request does not ask what is left of the money and of its lines',
    () => ({
      between: condition(isRefundWrite, (text) =>
        text.replace(' AND ra.#money.l >= :amount', '').replaceAll(/ AND rl\[\d+\] >= :l\d+/g, ''),
      ),
    }),
  ],
  [
    'each try at the bank has a reference of its own',
    () => {
      let tries = 0;
      return {
        refunds: (refunds) => ({
          ...refunds,
          request: (order, account) => {
            tries += 1;
            return refunds.request({ ...order, refundReference: `${order.refundReference}-${tries}` }, account);
          },
        }),
      };
    },
  ],
  [
    'who asked for a refund may approve it',
    () => ({
      between: condition(isRefundWrite, (text) => text.replace(' AND rf.#id.b <> :person', '')),
      invoices: (invoices) => {
        const find = invoices.find.bind(invoices);
        invoices.find = async (...given) => {
          const invoice = await find(...given);
          for (const refund of Object.values(invoice?.refunding?.refunds ?? {})) refund.by = 'somebody';
          return invoice;
        };
        return invoices;
      },
    }),
  ],
  [
    'a refund is sent although its money was taken back meanwhile',
    () => ({
      between: condition(isRefundWrite, (text) => text.replaceAll(/ AND attribute_not_exists\(mv\.#taker\d\)/g, '')),
    }),
  ],
];

describe('refunds of one invoice, whatever goes wrong', () => {
  it(`gives no dong back twice in ${SEEDS} stories, which end in every way`, async () => {
    const ends = new Set<string>();
    for (let seed = 1; seed <= SEEDS; seed += 1) {
      const { broken, ended } = await refundStory(seed);
      expect(broken, `seed ${seed}`).toBeUndefined();
      for (const end of ended) ends.add(end);
    }
    expect([...ends].sort()).toEqual(expect.arrayContaining(['done', 'failed', 'manual', 'rejected', 'withdrawn']));
  }, 120_000);

  it.each(bugs)(
    'is found out: %s',
    async (_, wiring) => {
      let found: string | undefined;
      for (let seed = 1; seed <= MOST_SEEDS && found === undefined; seed += 1)
        found = (await refundStory(seed, wiring())).broken;
      expect(found).toBeDefined();
    },
    120_000,
  );
});
