import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dong } from '../../shared/domain/money/dong.ts';
import type { MovementId } from '../../shared/domain/payment/movement.ts';
import {
  A_DAY,
  anAttempt,
  anInvoice,
  bankConfirms,
  bankDeclines,
  bankReverses,
  bankSays,
  given,
  NUMBER,
  noInvoice,
  type Said,
  type Step,
  theInvoiceIsCancelled,
  theSweepExpiresIt,
  timePasses,
  together,
} from '../dsl/given.ts';
import { invoiceOf, NOW, POLICE_AT_ONE, SHARED_AT_ONE, TOTAL, type World } from '../dsl/world.ts';

/** Whatever the banks say, in whatever order, and whatever happens in between. */

const expiresAt = NOW + A_DAY;

const NEVER_MADE = 20;

/**
 * What banks say: few transactions of which they may say different things, or many of which they do not. Each
 * transaction keeps its reference.
 */
const saying = (transactions: number, contradicting: boolean): fc.Arbitrary<Said> =>
  fc
    .record({
      transaction: fc.integer({ min: 1, max: transactions }),
      provider: fc.constantFrom('bank-one', 'bank-two'),
      amount: fc.constantFrom(TOTAL, TOTAL, TOTAL - 1, TOTAL + 1),
      terminal: fc.constantFrom(undefined, undefined, undefined, POLICE_AT_ONE, SHARED_AT_ONE),
      paidAt: fc.constantFrom(null, NOW, expiresAt, expiresAt + 1, expiresAt + A_DAY),
    })
    .map(({ transaction, provider, amount, terminal, paidAt }) => {
      const fixed = { amount: [TOTAL, TOTAL, TOTAL - 1][transaction % 3], terminal: undefined };
      const told = contradicting ? { amount, terminal } : fixed;
      return {
        transactionId: `T${transaction}`,
        attempt: [1, 2, 1, 2, NEVER_MADE][transaction % 5] ?? 1,
        provider,
        amount: dong(told.amount ?? TOTAL),
        paidAt,
        ...(told.terminal && provider === 'bank-one' && { terminal: told.terminal }),
      };
    });

type Told = { words: string; step: Step; paid?: Said };

const anotherAttempt: Step = async (world: World) => {
  const item = world.invoices.at(NUMBER);
  if (item?.kind !== 'invoice') return;
  const { attempts } = item.invoice;
  const providerId = attempts.length % 2 === 0 ? 'bank-one' : 'bank-two';
  const at = { createdAt: world.now(), expiresAt: world.now() + 900_000 };
  await world.invoices.appendAttempt(NUMBER, attempts.length, anAttempt('pending', { providerId, ...at }));
};

const twoAttempts = [anAttempt('pending'), anAttempt('pending', { providerId: 'bank-two' })];

const creation: Step = async (world) => {
  await world.invoices.create(invoiceOf(NUMBER, { expiresAt }));
  for (const [place, attempt] of twoAttempts.entries()) await world.invoices.appendAttempt(NUMBER, place, attempt);
};

const eventsOf = (said: fc.Arbitrary<Said>): fc.Arbitrary<Told> => {
  const happens = (words: string, step: Step) => fc.constant({ words, step });
  const words = (one: Said) => `${one.provider} ${one.transactionId} ${one.amount} ${one.terminal ?? ''}`;
  return fc.oneof(
    {
      weight: 8,
      arbitrary: said.map((paid) => ({ words: `confirms ${words(paid)}`, step: bankConfirms(paid), paid })),
    },
    { weight: 3, arbitrary: said.map((one) => ({ words: `reverses ${words(one)}`, step: bankReverses(one) })) },
    { weight: 1, arbitrary: said.map((one) => ({ words: 'limbo', step: bankSays('limbo', one) })) },
    { weight: 2, arbitrary: said.map((one) => ({ words: `declines ${one.attempt}`, step: bankDeclines(one) })) },
    { weight: 1, arbitrary: said.map((one) => ({ words: 'pending', step: bankSays('pending', one) })) },
    { weight: 1, arbitrary: said.map((one) => ({ words: 'review', step: bankSays('review', one) })) },
    {
      weight: 1,
      arbitrary: said.map((one) => ({ words: 'dollars', step: bankConfirms({ ...one, currency: 'USD' }) })),
    },
    { weight: 2, arbitrary: happens('another attempt', anotherAttempt) },
    { weight: 1, arbitrary: happens('cancelled', theInvoiceIsCancelled) },
    { weight: 1, arbitrary: happens('swept', theSweepExpiresIt) },
    { weight: 1, arbitrary: happens('hours pass', timePasses(13 * 3_600_000)) },
    { weight: 1, arbitrary: happens('created', creation) },
  );
};

/** Groups of events; those of a group are received before anything of them is entered. */
const storiesOf = (said: fc.Arbitrary<Said>) =>
  fc.array(fc.array(eventsOf(said), { minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 8 });

const stateMoves = new Set([
  'open paid',
  'open expired',
  'open cancelled',
  'expired paid',
  'paid open',
  'paid expired',
]);
const attemptMoves = new Set([
  'pending succeeded',
  'pending failed',
  'pending succeeded_late',
  'failed succeeded_late',
  'expired succeeded_late',
  'succeeded reversed',
  'succeeded_late reversed',
  'reversed succeeded_late',
]);

/** Every committed write keeps to the state tables, and takes nothing away. */
function movesMustBeLegal(world: World): void {
  for (const { before, after } of world.invoices.changes) {
    if (before?.kind !== 'invoice' || after.kind !== 'invoice') continue;
    const [old, fresh] = [before.invoice, after.invoice];
    if (old.state !== fresh.state) expect(stateMoves).toContain(`${old.state} ${fresh.state}`);
    for (const [index, { state }] of old.attempts.entries()) {
      const next = fresh.attempts[index]?.state;
      if (next !== state) expect(attemptMoves).toContain(`${state} ${next}`);
    }
    for (const [id, movement] of Object.entries(old.movements))
      expect(fresh.movements[id as MovementId]).toEqual(movement);
    expect(fresh.version).toBe(old.version + 1);
  }
}

describe('any sequence of notices', () => {
  it.each([
    ['few transactions that contradict each other', saying(3, true)],
    ['many transactions', saying(14, false)],
  ])('of %s: debits equal credits, every dong stands in one place (scenarios 18, 31)', async (_, said) => {
    const starts = [
      anInvoice('open', { expiresAt, attempts: twoAttempts }),
      anInvoice('open', { expiresAt, attempts: twoAttempts, choices: { parts: 'accumulate', late: 'accept' } }),
      noInvoice,
    ];
    await fc.assert(
      fc.asyncProperty(storiesOf(said), fc.constantFrom(...starts), (groups, start) =>
        given(start)
          .when(...groups.map((group) => together(...group.map((one) => one.step))))
          .thenSees(({ world, entries }) => {
            // Balance, one entry a movement, at most one payment an invoice: looked at after every story.
            const told = new Map<string, Set<number>>();
            for (const { paid } of groups.flat()) {
              if (!paid) continue;
              const id = `mov_${paid.provider}_${paid.transactionId}`;
              told.set(id, (told.get(id) ?? new Set()).add(Number(paid.amount)));
            }
            const brought = entries.filter((entry) => entry.kind !== 'reversal');
            expect(brought.map((entry) => entry.movementId).sort()).toEqual([...told.keys()].sort());
            for (const entry of brought) expect(told.get(entry.movementId)).toContain(entry.amount);
            // What went back had come, the same dong, and went back once.
            for (const back of entries.filter((entry) => entry.kind === 'reversal'))
              expect(
                brought.filter((one) => one.transactionId === back.transactionId && one.providerId === back.providerId),
              ).toMatchObject([{ amount: back.amount, merchantAccountId: back.merchantAccountId }]);
            movesMustBeLegal(world);
          }),
      ),
      { numRuns: 200 },
    );
  });

  it('told a second time adds nothing', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(saying(14, false), { minLength: 1, maxLength: 20 }), async (notices) => {
        const once = new Map(notices.map((one) => [`${one.provider} ${one.transactionId}`, one]));
        const steps = [...once.values()].map((one) => bankConfirms(one));
        await given(anInvoice('open', { expiresAt, attempts: twoAttempts }))
          .when(...steps, together(...steps), ...steps)
          .thenSees(({ entries }) => expect(entries).toHaveLength(once.size));
      }),
      { numRuns: 60 },
    );
  });
});
