import { describe, expect, it } from 'vitest';
import { TransactWriteCommand, UpdateCommand } from '../../shared/aws/dynamodb.ts';
import { creditStory } from './credit-story.ts';
import { condition, isPost } from './planting.ts';
import type { Between } from './store.ts';

/** Scenarios 1, 6, 18 and 28 for money that several tell of, mixed at will. */

const SEEDS = 200;
/** Within so many seeds a planted bug must be found. */
const MOST_SEEDS = 1000;

type Action = NonNullable<TransactWriteCommand['input']['TransactItems']>[number];
const transacting =
  (changed: (items: Action[]) => Action[]): Between =>
  (command, send) =>
    command instanceof TransactWriteCommand
      ? send(new TransactWriteCommand({ TransactItems: changed(command.input.TransactItems ?? []) }))
      : send(command);

const bugs: readonly (readonly [string, Between])[] = [
  [
    'a credit is entered at an invoice, and nothing says so under its name',
    transacting((items) => items.filter((one) => one.Put?.Item?.['y'] !== 'credit')),
  ],
  [
    'a credit that is promised to whoever paid it is moved',
    condition(isPost, (text) =>
      text.replace(' AND (attribute_not_exists(ra.#moved) OR (ra.#moved.l = :whole AND ra.#moved.o = :nothing))', ''),
    ),
  ],
  [
    'a credit that was moved is promised to whoever paid it',
    condition(
      (command): command is UpdateCommand =>
        command instanceof UpdateCommand && /\brf\b/.test(command.input.UpdateExpression ?? ''),
      (text) => text.replaceAll(/ AND attribute_not_exists\(mv\.#taker\d\)/g, ''),
    ),
  ],
  [
    'money that lies alone is given to an invoice, and goes on lying there',
    transacting((items) => items.filter((one) => !one.Update?.UpdateExpression?.startsWith('SET #to'))),
  ],
];

describe('bank credits that several tell of, whatever goes wrong', () => {
  it(`stand in one place in ${SEEDS} stories, and in every kind of place`, async () => {
    const places = new Set<string>();
    for (let seed = 1; seed <= SEEDS; seed += 1) {
      const { broken, counts } = await creditStory(seed);
      expect(broken, `seed ${seed}`).toBeUndefined();
      for (const place of Object.keys(counts)) places.add(place);
    }
    expect([...places].sort()).toEqual(['payable', 'surplus', 'unmatched']);
  });

  it.each(bugs)('is found out: %s', async (_, between) => {
    let found: string | undefined;
    for (let seed = 1; seed <= MOST_SEEDS && found === undefined; seed += 1)
      found = (await creditStory(seed, between)).broken;
    expect(found).toBeDefined();
  });
});
