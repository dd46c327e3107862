import type { Attempt } from '../../shared/domain/invoice/invoice.ts';
import { invoiceId } from '../../shared/domain/invoice/number.ts';
import type { PaymentProvider, Prepared } from '../../shared/domain/payment/provider.ts';
import type { CallOutcome, ProviderCaller } from '../../shared/domain/payment/provider-caller.ts';
import { paymentReference } from '../../shared/domain/payment/reference.ts';
import type { Question } from '../../shared/domain/payment/silent.ts';
import { Refusal } from '../../shared/domain/refusal.ts';
import { askProvider } from '../../shared/usecases/ask-provider.ts';
import type { InboxMessage } from '../../shared/usecases/receive-callback.ts';
import { startPayment } from '../../shared/usecases/start-payment.ts';
import { takeUpSilent } from '../../shared/usecases/take-up-silent.ts';
import { watchAttempts } from '../../shared/usecases/watch-attempts.ts';
import { type CrashCase, through } from '../dsl/crash-matrix.ts';
import { anAttempt, NUMBER } from '../dsl/given.ts';
import { askable, type PaperNotice, paperAnswer, paperBank, toldFirst } from '../dsl/paper-bank.ts';
import { aWorld, invoiceOf, LAND_AT_ONE, NOW, PORTAL, TOTAL } from '../dsl/world.ts';
import { MemoryQueue } from '../fakes/memory-queue.ts';
import { standing } from '../fakes/memory-states.ts';
import { MemoryWatches } from '../fakes/memory-watches.ts';

/** Cases of the crash matrix: payments on which no word has come, and banks that must be told before the citizen comes. */

const HOUR = 60 * 60_000;
const KEY = `key of ${LAND_AT_ONE}`;
const reference = paymentReference(NUMBER, 1);
const question: Question = { v: 1, providerId: 'bank-one', reference };
const paid: PaperNotice = {
  terminal: LAND_AT_ONE,
  reference,
  outcome: 'paid',
  amount: TOTAL,
  currency: 'VND',
  transactionId: 'T1',
  paidAt: NOW,
  resultCode: '00',
};
const knowsNothing = { outcome: 'unknown' as const, resultCode: '99' };

type Silence = ReturnType<typeof silence>;

/** An attempt of some age on which no word has come, and all that may be done about it. */
function silence(age: number) {
  const world = aWorld();
  const attempt: Attempt = anAttempt('pending', { createdAt: NOW - age, expiresAt: NOW - age + HOUR });
  world.invoices.place(invoiceOf(NUMBER, { attempts: [attempt] }));
  return { world, questions: new MemoryQueue<Question>(), watches: new MemoryWatches() };
}

/** A message that lies there twice counts once: whoever takes the second finds that it is answered. */
const left = ({ world, questions, watches }: Silence) => ({
  items: world.invoices.items(),
  inbox: [...new Set(world.inbox.look())],
  questions: [...new Set(questions.look())],
  watches: watches.contents(),
  work: world.work.contents(),
});
const wait = ({ world: { clock } }: Silence, milliseconds: number): void => {
  clock.at += milliseconds;
};

function asking(story: string, age: number, said: Parameters<typeof paperAnswer>[0]): CrashCase<Silence> {
  return {
    useCase: 'ask-provider',
    story,
    world: () => silence(age),
    call: async ({ world, questions, watches }, around) => {
      const item = world.invoices.at(NUMBER);
      const invoice = item?.kind === 'invoice' ? item.invoice : undefined;
      const caller: ProviderCaller = {
        call: async () => ({ kind: 'answered', response: paperAnswer(said, KEY) }),
      };
      await askProvider(question, invoice, {
        providers: new Map([['bank-one', askable(paperBank('bank-one'))]]),
        secrets: through(world.secrets, around),
        caller: through(caller, around),
        circuit: standing(world.now).circuit,
        inbox: through({ send: (message: InboxMessage) => world.inbox.send(message) }, around),
        questions: through(questions, around),
        watches: through(watches, around),
        exceptions: through(world.work, around),
        speed: 1,
        now: world.now,
      });
    },
    state: left,
    wait,
  };
}

const takingUp: CrashCase<Silence> = {
  useCase: 'take-up-silent',
  story: 'two that are due, and one that is not',
  world: async () => {
    const there = silence(HOUR);
    for (const [place, dueAt] of [NOW - 1, NOW, NOW + 2 * HOUR].entries())
      await there.watches.watch({ providerId: 'bank-one', reference: paymentReference(NUMBER, place + 1), dueAt });
    return there;
  },
  call: async ({ world, questions, watches }, around) => {
    const ports = { watches: through(watches, around), questions: through(questions, around), now: world.now };
    await takeUpSilent(['bank-one'], ports);
  },
  state: left,
  wait,
};

const watching: CrashCase<Silence> = {
  useCase: 'watch-attempts',
  story: 'an attempt that was added',
  world: () => silence(0),
  call: async ({ world, questions }, around) => {
    const after = world.invoices.at(NUMBER);
    if (!after) throw new Error('no invoice stands there');
    await watchAttempts([{ before: { kind: 'invoice', invoice: invoiceOf(NUMBER) }, after }], {
      providers: new Map([['bank-one', askable(paperBank('bank-one'))]]),
      questions: through(questions, around),
      speed: 1,
      now: world.now,
    });
  },
  state: left,
  wait,
};

/** The bank makes one payment of a reference, however often it is told of it. */
function telling(story: string, told: Prepared): CrashCase<Silence> {
  const answer: CallOutcome = { kind: 'answered', response: { status: 200, body: Buffer.from(JSON.stringify(told)) } };
  return {
    useCase: 'tell-provider',
    story,
    world: () => {
      const there = silence(0);
      there.world.invoices.place(invoiceOf(NUMBER, { expiresAt: NOW + 24 * HOUR }));
      return there;
    },
    call: async ({ world }, around) => {
      const providers = new Map<string, PaymentProvider>([['bank-one', toldFirst(paperBank('bank-one'))]]);
      const caller: ProviderCaller = { call: async () => answer };
      try {
        const { index, invoice } = await startPayment(
          {
            invoiceId: invoiceId(NUMBER),
            providerId: 'bank-one',
            returnUrl: 'https://portal.example.gov.vn/back',
            language: 'vi',
          },
          PORTAL,
          'key-1-long',
          {
            invoices: through(world.invoices, around),
            registry: through(world.registry, around),
            providers,
            secrets: through(world.secrets, around),
            caller: through(caller, around),
            ...standing(world.now),
            hashKeys: ['the key of hashes'],
            now: world.now,
          },
        );
        return { index, prepared: invoice.attempts[index]?.prepared };
      } catch (error) {
        if (error instanceof Refusal) return error.code;
        throw error;
      }
    },
    state: left,
    wait,
    answer: (answered) => answered,
  };
}

export const askingCases: readonly CrashCase<Silence>[] = [
  asking('the bank tells of money', HOUR, paid),
  asking('the bank tells of a decline', HOUR, { ...paid, outcome: 'declined' }),
  asking('no final word while a citizen may be waiting', 3 * 60_000, knowsNothing),
  asking('no final word for an hour', HOUR, knowsNothing),
  asking('no final word for longer than anybody asks', 31 * 24 * HOUR, knowsNothing),
  takingUp,
  watching,
  telling('the bank prepares the payment', { kind: 'prepared', prepared: 'way-7' }),
  telling('the bank refuses the payment', { kind: 'refused', resultCode: '42' }),
];
