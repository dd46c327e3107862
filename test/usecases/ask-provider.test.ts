import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Attempt, Invoice } from '../../shared/domain/invoice/invoice.ts';
import { dong } from '../../shared/domain/money/dong.ts';
import type { AttemptState } from '../../shared/domain/payment/advance.ts';
import type { PaymentProvider, ProviderRequest } from '../../shared/domain/payment/provider.ts';
import type { CallOutcome } from '../../shared/domain/payment/provider-caller.ts';
import { paymentReference } from '../../shared/domain/payment/reference.ts';
import type { Question } from '../../shared/domain/payment/silent.ts';
import { type AskDependencies, askProvider } from '../../shared/usecases/ask-provider.ts';
import { takeUpSilent } from '../../shared/usecases/take-up-silent.ts';
import { watchAttempts } from '../../shared/usecases/watch-attempts.ts';
import { anAttempt, bankConfirms, NUMBER } from '../dsl/given.ts';
import { everyCall } from '../dsl/invoicing.ts';
import { askable, type PaperNotice, paperAnswer, paperBank } from '../dsl/paper-bank.ts';
import { aWorld, invoiceOf, LAND, LAND_AT_ONE, LAND_AT_TWO, NOW, TOTAL } from '../dsl/world.ts';
import { MemoryQueue } from '../fakes/memory-queue.ts';
import { standing } from '../fakes/memory-states.ts';
import { MemoryWatches } from '../fakes/memory-watches.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const KEY = `key of ${LAND_AT_ONE}`;
const reference = paymentReference(NUMBER, 1);

const notice = (more: Partial<PaperNotice> = {}): PaperNotice => ({
  terminal: LAND_AT_ONE,
  reference,
  outcome: 'paid',
  amount: TOTAL,
  currency: 'VND',
  transactionId: 'T1',
  paidAt: NOW,
  resultCode: '00',
  ...more,
});
const says = (said: Parameters<typeof paperAnswer>[0], key = KEY): CallOutcome => ({
  kind: 'answered',
  response: paperAnswer(said, key),
});
const knowsNothing = (resultCode = '99'): CallOutcome => says({ outcome: 'unknown', resultCode });
const silence: CallOutcome = { kind: 'unreachable', why: 'timeout' };

/** A silent payment, and a bank that answers questions with what it is given. */
function aSilence(answer: CallOutcome | ((request: ProviderRequest) => CallOutcome), more: Partial<Attempt> = {}) {
  const world = aWorld();
  const bank = askable(paperBank('bank-one'), { neverHeard: ['91'] });
  const providers = new Map<string, PaymentProvider>([
    ['bank-one', bank],
    ['bank-two', paperBank('bank-two')],
  ]);
  world.invoices.place(
    invoiceOf(NUMBER, { attempts: [anAttempt('pending', { createdAt: NOW, ...more })], version: 2 }),
  );
  const calls: ProviderRequest[] = [];
  const patiences: (number | undefined)[] = [];
  const caller = {
    call: async (request: ProviderRequest, patience?: number): Promise<CallOutcome> => {
      calls.push(request);
      patiences.push(patience);
      return typeof answer === 'function' ? answer(request) : answer;
    },
  };
  const questions = new MemoryQueue<Question>();
  const watches = new MemoryWatches();
  const { now, secrets, inbox, work } = world;
  const { circuit } = standing(now);
  const dependencies: AskDependencies = {
    ...{ providers, secrets, caller, circuit, inbox, questions, watches, exceptions: work, speed: 1, now },
  };
  const invoice = () => {
    const item = world.invoices.at(NUMBER);
    return item?.kind === 'invoice' ? item.invoice : undefined;
  };
  return {
    world,
    calls,
    patiences,
    questions,
    watches,
    dependencies,
    invoice,
    ask: (other: Partial<AskDependencies> = {}, question: Question = { v: 1, providerId: 'bank-one', reference }) =>
      askProvider(question, invoice(), { ...dependencies, ...other }),
  };
}

describe('a callback that never came', () => {
  it('is made good by asking: the answer is posted as a callback would have been (scenario 17)', async () => {
    const silent = aSilence(says(notice()));
    expect(await silent.ask()).toEqual({ kind: 'told', outcome: 'paid' });
    expect(await silent.world.post()).toEqual(['posted']);
    expect(silent.invoice()).toMatchObject({ state: 'paid', attempts: [{ state: 'succeeded' }] });
    expect(Object.values(silent.invoice()?.movements ?? {})).toMatchObject([
      { kind: 'payment', amount: TOTAL, merchantAccountId: 'land-one', terminal: LAND_AT_ONE },
    ]);
    expect(silent.questions.sent + silent.watches.contents().length).toBe(0);
  });

  it('and says that the citizen was declined, or that a person must look: then nothing more is asked', async () => {
    const declined = aSilence(says(notice({ outcome: 'declined', transactionId: 'D1' })));
    expect(await declined.ask()).toEqual({ kind: 'told', outcome: 'declined' });
    expect(await declined.world.post()).toEqual(['attemptMoved']);
    expect(declined.invoice()?.attempts[0]?.state).toBe('failed');
    const review = aSilence(says(notice({ outcome: 'review' })));
    expect(await review.ask()).toEqual({ kind: 'told', outcome: 'review' });
    expect(await review.world.post()).toEqual(['reviewKept']);
    expect(review.questions.sent).toBe(0);
  });

  it('is asked about with the patience for which the provider’s documents ask', async () => {
    const silent = aSilence(knowsNothing());
    const bank = askable(paperBank('bank-one'), {});
    const patient = { ...bank, manifest: { ...bank.manifest, patience: { told: 25_000, asked: 30_000 } } };
    await silent.ask();
    await silent.ask({ providers: new Map([['bank-one', patient]]) });
    expect(silent.patiences).toEqual([undefined, 30_000]);
  });

  it('is not asked about with an account that cannot ask', async () => {
    const silent = aSilence(says(notice()));
    const bank = silent.dependencies.providers.get('bank-one') as PaymentProvider;
    const mute = { ...bank, query: bank.query && { ...bank.query, admits: () => false } } as PaymentProvider;
    expect(await silent.ask({ providers: new Map([['bank-one', mute]]) })).toEqual({ kind: 'nothingToAsk' });
    expect([silent.calls, silent.questions.sent]).toEqual([[], 0]);
  });

  it.each([
    ['less', dong(TOTAL - 1)],
    ['more', dong(TOTAL + 1)],
  ])('and tells of %s than was due: the money is kept, and nothing more is asked (scenario 7)', async (_, amount) => {
    const silent = aSilence(says(notice({ amount })));
    await silent.ask();
    expect(await silent.world.post()).toEqual(['posted']);
    expect(silent.invoice()?.state).toBe('open');
    expect(await silent.ask()).toEqual({ kind: 'nothingToAsk' });
    expect(silent.calls).toHaveLength(1);
  });

  it('and callback and answer in the same instant are one posting, in every order (scenario 18)', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.boolean(), async (scheduler, together) => {
        const silent = aSilence(says(notice()));
        const inbox = { send: (message: never) => scheduler.schedule(silent.world.inbox.send(message)) };
        const heard = { acknowledgements: [], outcomes: [] };
        const both = Promise.all([silent.ask({ inbox }), bankConfirms()(silent.world, heard)]);
        await scheduler.waitFor(both);
        if (!together) await silent.ask();
        const outcomes = await silent.world.post();
        await silent.world.publish();
        expect(outcomes.filter((one) => one === 'posted')).toHaveLength(1);
        expect(silent.world.journal.entries()).toHaveLength(1);
        expect(silent.invoice()?.state).toBe('paid');
      }),
      { numRuns: 50 },
    );
  });

  it('is found though its attempt and its invoice have ended by then: the money is real (scenario 5)', async () => {
    const silent = aSilence(says(notice({ paidAt: NOW + 20 * MINUTE })));
    silent.world.clock.at = NOW + 23 * MINUTE;
    expect(await silent.ask()).toEqual({ kind: 'told', outcome: 'paid' });
    await silent.world.post();
    expect(silent.invoice()).toMatchObject({ state: 'paid', attempts: [{ state: 'succeeded_late' }] });
  });
});

describe('a payment whose invoice does not want it any more', () => {
  /** The bank lets an order be withdrawn, at an address of its own. */
  const withdrawable = (answers: { withdrawal: CallOutcome; question?: CallOutcome }) => {
    const silent = aSilence(({ url }) =>
      url.endsWith('/withdraw') ? answers.withdrawal : (answers.question ?? silence),
    );
    const bank = silent.dependencies.providers.get('bank-one') as PaymentProvider;
    const withdraw = () => ({
      method: 'POST' as const,
      url: 'https://bank-one.example/withdraw',
      headers: {},
      body: '',
    });
    const able: PaymentProvider = { ...bank, ...(bank.query && { query: { ...bank.query, withdraw } }) };
    const providers: AskDependencies['providers'] = new Map([['bank-one', able]]);
    const is = (more: Partial<Invoice>) => {
      const there = silent.invoice() as Invoice;
      silent.world.invoices.place({ ...there, ...more });
    };
    const called = () => silent.calls.map(({ url }) => url.split('/').at(-1));
    return { ...silent, is, called, providers, ask: () => silent.ask({ providers }) };
  };
  const withdrawn = says(notice({ outcome: 'declined', transactionId: '', resultCode: 'CANCELLED' }));

  it.each<[string, Partial<Invoice>]>([
    ['cancelled', { state: 'cancelled' }],
    ['paid elsewhere', { state: 'paid', due: dong(0) }],
    ['one of which a part was paid elsewhere', { due: dong(TOTAL - 1) }],
  ])('is withdrawn at its bank where the invoice is %s: its attempt has failed then', async (_, more) => {
    const silent = withdrawable({ withdrawal: withdrawn });
    silent.is(more);
    expect(await silent.ask()).toEqual({ kind: 'told', outcome: 'declined' });
    expect(silent.called()).toEqual(['withdraw']);
    await silent.world.post();
    expect(silent.invoice()?.attempts[0]?.state).toBe('failed');
  });

  it('is asked about in the same breath where the bank does not withdraw it: it may have been paid', async () => {
    const silent = withdrawable({ withdrawal: knowsNothing('14'), question: says(notice()) });
    silent.is({ state: 'cancelled' });
    expect(await silent.ask()).toEqual({ kind: 'told', outcome: 'paid' });
    expect(silent.called()).toEqual(['withdraw', 'query']);
  });

  it.each<[string, Partial<Invoice>, number]>([
    ['still wanted', {}, 0],
    ['over by itself', { state: 'cancelled' }, 3 * DAY],
  ])('is only asked about where it is %s', async (_, more, later) => {
    const silent = withdrawable({ withdrawal: withdrawn, question: knowsNothing() });
    silent.is(more);
    silent.world.clock.at += later;
    await silent.ask();
    expect(silent.called()).toEqual(['query']);
  });

  it('is asked about at once when the invoice changes, once, and only where it can be withdrawn', async () => {
    const silent = withdrawable({ withdrawal: withdrawn });
    const { questions, now } = silent.dependencies;
    const item = (more: Partial<Invoice>) => ({
      kind: 'invoice' as const,
      invoice: { ...(silent.invoice() as Invoice), ...more },
    });
    const change = (before: Partial<Invoice>, after: Partial<Invoice>, providers = silent.providers) =>
      watchAttempts([{ before: item(before), after: item(after) }], { providers, questions, speed: 1, now });
    await change({}, { version: 3 });
    expect(silent.questions.sent).toBe(0);
    await change({}, { state: 'cancelled' });
    await change({ state: 'cancelled' }, { state: 'cancelled', version: 4 });
    expect(silent.questions.take()).toEqual([{ v: 1, providerId: 'bank-one', reference }]);
    expect(silent.questions.delays).toEqual([0]);
    await change({}, { state: 'cancelled' }, silent.dependencies.providers);
    silent.world.clock.at += 3 * DAY;
    await change({}, { state: 'cancelled' });
    expect(silent.questions.sent).toBe(1);
  });
});

describe('nothing is asked', () => {
  it.each(['succeeded', 'failed', 'succeeded_late', 'expired'] as const)(
    'about an attempt that is %s: called back in time it costs no call and no write',
    async (state: AttemptState) => {
      const silent = aSilence(silence, { state });
      expect(await silent.ask()).toEqual({ kind: 'nothingToAsk' });
      expect([silent.calls.length, silent.questions.sent, silent.watches.contents().length]).toEqual([0, 0, 0]);
      expect(silent.world.invoices.changes).toEqual([]);
    },
  );

  it('at a bank that cannot be asked, about an attempt that is none, or about no invoice', async () => {
    const silent = aSilence(silence, { providerId: 'bank-two', terminal: LAND_AT_TWO });
    expect(await silent.ask()).toEqual({ kind: 'nothingToAsk' });
    const none = { v: 1 as const, providerId: 'bank-one', reference: paymentReference(NUMBER, 2) };
    expect(await silent.ask({}, none)).toEqual({ kind: 'nothingToAsk' });
    expect(await askProvider(none, undefined, silent.dependencies)).toEqual({ kind: 'nothingToAsk' });
  });
});

describe('no final word', () => {
  it.each([
    ['pending', says(notice({ outcome: 'pending' })), '00'],
    ['unknown', knowsNothing('99'), '99'],
    ['nothing', silence, 'timeout'],
    ['what somebody else signed (scenario 9)', says(notice(), 'another key'), 'signature'],
    ['of another order', says(notice({ reference: paymentReference(NUMBER, 2) })), 'elsewhere'],
    ['of another terminal (scenario 12)', says(notice({ terminal: LAND_AT_TWO })), 'elsewhere'],
  ])('is %s: it is asked about again and nothing is entered', async (_, answer, why) => {
    const silent = aSilence(answer);
    silent.world.clock.at = NOW + 2 * MINUTE;
    expect(await silent.ask()).toEqual({ kind: 'again', why });
    expect(silent.questions.take()).toEqual([{ v: 1, providerId: 'bank-one', reference }]);
    expect(silent.questions.delays).toEqual([360]);
    expect(silent.world.inbox.take()).toEqual([]);
    expect(silent.world.invoices.changes).toEqual([]);
  });

  it('for the first quarter of an hour is a delayed message, from then on an item that waits', async () => {
    const silent = aSilence(silence);
    silent.world.clock.at = NOW + 8 * MINUTE;
    await silent.ask();
    expect([silent.questions.delays, silent.watches.contents()]).toEqual([[900], []]);
    silent.world.clock.at = NOW + 23 * MINUTE;
    await silent.ask();
    await silent.ask();
    expect(silent.questions.delays).toHaveLength(1);
    expect(silent.watches.contents()).toEqual([{ providerId: 'bank-one', reference, dueAt: NOW + HOUR }]);
  });

  it('for 30 days is handed to a person, once, and never failed by time alone', async () => {
    const silent = aSilence(knowsNothing());
    silent.world.clock.at = NOW + 30 * DAY - 1;
    expect(await silent.ask()).toEqual({ kind: 'handedOver', why: '99' });
    expect(await silent.ask()).toEqual({ kind: 'handedOver', why: '99' });
    expect(silent.world.work.contents().exceptions).toMatchObject([
      { category: 'UNANSWERED', agencyCode: LAND, ours: TOTAL, theirs: null, paymentReference: reference },
    ]);
    expect(silent.invoice()?.attempts[0]?.state).toBe('pending');
  });

  it('is not a word that the bank has never heard of it, once nobody can pay any more', async () => {
    const silent = aSilence(knowsNothing('91'));
    silent.world.clock.at = NOW + HOUR;
    expect(await silent.ask()).toEqual({ kind: 'again', why: '91' });
    silent.world.clock.at = NOW + 2 * HOUR;
    expect(await silent.ask()).toEqual({ kind: 'neverMade' });
    expect([silent.world.work.contents().exceptions, silent.invoice()?.attempts[0]?.state]).toEqual([[], 'pending']);
  });
});

describe('what fails', () => {
  it('comes back with its message: secret store, inbox, queue or list are down (scenario 50)', async () => {
    const outage = new Error('down');
    const paid = aSilence(says(notice()));
    paid.world.inbox.outage = outage;
    await expect(paid.ask()).rejects.toThrow('down');
    paid.world.secrets.outage = outage;
    await expect(paid.ask()).rejects.toThrow('down');
    const silent = aSilence(silence);
    silent.questions.outage = outage;
    await expect(silent.ask()).rejects.toThrow('down');
    const watches = everyCall(silent.watches, () => Promise.reject(outage));
    silent.world.clock.at = NOW + HOUR;
    await expect(silent.ask({ watches })).rejects.toThrow('down');
  });

  it('a bank that does not answer is left alone for a minute, then tried once; others are asked meanwhile', async () => {
    const silent = aSilence(silence);
    const { providers } = silent.dependencies;
    const two = new Map([...providers, ['bank-two', askable(paperBank('bank-two'))]]);
    const attempts = [anAttempt('pending'), anAttempt('pending', { providerId: 'bank-two' })];
    silent.world.invoices.place(invoiceOf(NUMBER, { attempts, version: 1 + attempts.length }));
    for (let times = 0; times < 8; times += 1) await silent.ask({ providers: two });
    expect(silent.calls).toHaveLength(5);
    expect(await silent.ask({ providers: two })).toEqual({ kind: 'again', why: 'leftAlone' });
    const other = { v: 1 as const, providerId: 'bank-two', reference: paymentReference(NUMBER, 2) };
    await silent.ask({ providers: two }, other);
    expect(silent.calls.map(({ url }) => url).filter((url) => url.includes('bank-two'))).toHaveLength(1);
    silent.world.clock.at += MINUTE;
    await silent.ask({ providers: two });
    await silent.ask({ providers: two });
    expect(silent.calls).toHaveLength(7);
  });
});

describe('from the stream to the last question', () => {
  const having = (attempts: Attempt[]): Invoice => invoiceOf(NUMBER, { attempts, version: 1 + attempts.length });
  const item = (invoice: Invoice) => ({ kind: 'invoice' as const, invoice });

  it('an attempt that was added is asked about in time, and each only once it is added', async () => {
    const silent = aSilence(silence);
    const { providers, now } = silent.dependencies;
    const dependencies = { providers, questions: silent.questions, speed: 1, now };
    const [one, two] = [anAttempt('pending', { createdAt: NOW }), anAttempt('created', { createdAt: NOW })];
    await watchAttempts([{ before: undefined, after: item(having([])) }], dependencies);
    await watchAttempts([{ before: item(having([])), after: item(having([one])) }], dependencies);
    await watchAttempts([{ before: item(having([one])), after: item(having([one])) }], dependencies);
    expect(silent.questions.take()).toEqual([{ v: 1, providerId: 'bank-one', reference }]);
    expect(silent.questions.delays).toEqual([120]);
    silent.world.clock.at += HOUR;
    await watchAttempts([{ before: item(having([one])), after: item(having([one, two])) }], dependencies);
    expect(silent.questions.delays, 'published late it is asked about at once').toEqual([120, 0]);
  });

  it('at a bank that cannot be asked, or nobody knows, is never asked about', async () => {
    const silent = aSilence(silence);
    const { providers, now } = silent.dependencies;
    const dependencies = { providers, questions: silent.questions, speed: 1, now };
    const attempts = ['bank-two', 'bank-gone'].map((providerId) => anAttempt('pending', { providerId }));
    await watchAttempts([{ before: item(having([])), after: item(having(attempts)) }], dependencies);
    await watchAttempts([{ before: undefined, after: { kind: 'void' } }], dependencies);
    expect(silent.questions.sent).toBe(0);
  });

  it('a payment that stays silent for weeks is asked about some forty times, and found when the bank speaks', async () => {
    const silent = aSilence((): CallOutcome => {
      const days = (silent.world.clock.at - NOW) / DAY;
      return days < 20.5 ? knowsNothing() : says(notice({ paidAt: NOW + MINUTE }));
    });
    const { clock } = silent.world;
    const { questions, watches, now } = silent.dependencies;
    let due: { at: number; message: Question }[] = [
      { at: NOW + 2 * MINUTE, message: { v: 1, providerId: 'bank-one', reference } },
    ];
    for (let minute = 1; minute <= 30 * 24 * 60; minute += 1) {
      clock.at = NOW + minute * MINUTE;
      if (minute % 60 === 17)
        await takeUpSilent(['bank-one', 'bank-two'], { watches: watches as MemoryWatches, questions, now });
      for (const { message } of due.filter(({ at }) => at <= clock.at)) await silent.ask({}, message);
      due = due.filter(({ at }) => at > clock.at);
      const delays = silent.questions.delays.splice(0);
      due.push(
        ...silent.questions.take().map((message, place) => ({ message, at: clock.at + (delays[place] ?? 0) * 1_000 })),
      );
    }
    expect(silent.calls.length).toBe(3 + 12 + 21);
    await silent.world.post();
    expect(silent.invoice()).toMatchObject({ state: 'paid', attempts: [{ state: 'succeeded' }] });
    expect(silent.watches.contents()).toEqual([]);
  });
});
