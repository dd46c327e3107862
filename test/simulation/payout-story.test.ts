import { describe, expect, it } from 'vitest';
import type { RemittanceBook } from '../../shared/domain/remittance/remittance.ts';
import { type PayoutWiring, payoutStory } from './payout-story.ts';

/** Scenarios 29, 30, 32 and 33 for money that is paid on, mixed at will. */

const SEEDS = 25;
/** Within so many seeds a planted bug must be found. */
const MOST_SEEDS = 300;

/** The batches with some calls of theirs replaced. */
const through =
  (replaced: (remittances: RemittanceBook) => Partial<RemittanceBook>): PayoutWiring =>
  (remittances) =>
    new Proxy(remittances, {
      get(target, name) {
        const own = Reflect.get(replaced(target), name) as unknown;
        const member = own ?? (Reflect.get(target, name, target) as unknown);
        return own === undefined && typeof member === 'function' ? member.bind(target) : member;
      },
    });

const bugs: readonly (readonly [string, PayoutWiring])[] = [
  [
    'a batch is changed whatever it is by then',
    through((remittances) => ({
      change: async (before, after, conditions) =>
        remittances.change((await remittances.find(before.remittanceId)) ?? before, after, conditions),
    })),
  ],
  [
    'what came back stays due when a batch has taken it in',
    through((remittances) => ({
      propose: (batch, { before, after }) =>
        remittances.propose(batch, { before, after: { ...after, returned: before.returned } }),
    })),
  ],
];

describe('money that is paid on, whatever goes wrong', () => {
  it(`is paid on once in ${SEEDS} stories, whose batches end in every way`, async () => {
    const ends = new Set<string>();
    for (let seed = 1; seed <= SEEDS; seed += 1) {
      const { broken, counts } = await payoutStory(seed);
      expect(broken, `seed ${seed}`).toBeUndefined();
      for (const end of Object.keys(counts)) ends.add(end);
    }
    expect([...ends].sort()).toEqual(['confirmed', 'partly_returned', 'rejected']);
  });

  it.each(bugs)('is found out: %s', async (_, wiring) => {
    let found: string | undefined;
    for (let seed = 1; seed <= MOST_SEEDS && found === undefined; seed += 1)
      found = (await payoutStory(seed, wiring)).broken;
    expect(found).toBeDefined();
  });
});
