import { type ChildProcess, fork } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { GetQueueAttributesCommand, SetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LocalStack } from '../../infra/local/stack.ts';
import { answers } from '../../infra/local/tables.ts';
import { eventually, removeTemporaryFolders, startTestStack, temporaryFolder, testAssembly } from '../stack.ts';
import { expectProblem } from './caller.ts';
import { Inside } from './inside.ts';
import { LICENCE, type Stack, World } from './world.ts';

/**
 * Processes are killed where it hurts: after the provider was told that we have its word, before we have worked on it. What
 * was acknowledged is entered all the same, once; what was not is asked for again.
 */

const { amount } = LICENCE;
/** In the template minutes, so that no message comes twice; here nobody waits that long for it to come again. Seconds. */
const VISIBILITY = '4';

const dataDirectory = path.join(temporaryFolder('faults'), 'data');
let child: ChildProcess | undefined;
let stack: LocalStack | undefined;
let world: World;
let first: Stack;
/** Payments that were made, in dong. */
const arrived: number[] = [];

/** Starts a stack in a process of its own and waits until it is ready. */
async function startChild(): Promise<Stack> {
  const report = path.join(path.dirname(dataDirectory), 'report.json');
  child = fork(new URL('stack-process.ts', import.meta.url), [await testAssembly(), dataDirectory, report], {
    execArgv: ['--no-warnings'],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  return eventually(
    'the stack in a process of its own is ready',
    () => existsSync(report) && whole(readFileSync(report, 'utf8')),
  );
}

function whole(text: string): Stack | undefined {
  try {
    return JSON.parse(text) as Stack;
  } catch {
    return undefined; // Half written.
  }
}

beforeAll(async () => {
  first = await startChild();
  world = await World.enter(first);
});
afterAll(async () => {
  child?.kill('SIGKILL');
  await world?.leave();
  await stack?.stop();
  removeTemporaryFolders();
});

const running = (): LocalStack => {
  if (!stack) throw new Error('the stack does not run');
  return stack;
};

/** Processes of a function, by the name of its folder. */
function processesOf(name: string): number[] {
  const plain = name.replaceAll('-', '');
  const found = Object.entries(running().processIds()).find(([key]) => key.toLowerCase().startsWith(plain));
  return found?.[1] ?? [];
}

/** While `act` runs, the function's processes stand still; then they are killed with what they have in hand. */
async function killedWhile(name: string, act: () => Promise<void>): Promise<void> {
  const stopped = processesOf(name);
  expect(stopped.length, `${name} is warm`).toBeGreaterThan(0);
  for (const pid of stopped) process.kill(pid, 'SIGSTOP');
  try {
    await act();
  } finally {
    running().killFunction(name);
  }
}

/**
 * While `act` runs, the engine is killed as often as it is started again, before it can listen. Ends when it answers again,
 * so that what follows meets no trouble that it does not ask for.
 */
async function downWhile<T>(engine: 'storage' | 'tables', act: () => Promise<T>): Promise<T> {
  let down = true;
  const killed = new Set<number>();
  const killing = (async () => {
    for (; down; await delay(1))
      for (const pid of running().processIds()[engine] ?? []) {
        if (!killed.has(pid)) kill(pid);
        killed.add(pid);
      }
  })();
  try {
    return await act();
  } finally {
    down = false;
    await killing;
    const { s3: storage, dynamodb: tables } = running().endpoints;
    await eventually(`${engine} answers again`, () => answers({ storage, tables }[engine]));
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

const PAID = ['payment.succeeded.v1', 'invoice.paid.v1'] as const;

describe('the whole stack, killed right after an acknowledgement', () => {
  it('enters after the next start what it had acknowledged, and what is sent again, each once', async () => {
    const notices: { invoiceId: string; query: string; acknowledged: boolean }[] = [];
    for (let count = 0; count < 12; count++) {
      const { invoiceId } = await world.invoice();
      const { query } = world.transact(await world.order(invoiceId));
      notices.push({ invoiceId, query, acknowledged: false });
      arrived.push(amount);
    }
    const ended = new Promise((done) => child?.once('exit', done));
    let acknowledged = 0;
    await Promise.all(
      notices.map(async (notice) => {
        const answer = await world.vnpay.notify(notice.query).catch(() => undefined);
        notice.acknowledged = answer?.RspCode === '00';
        // Dead in the middle of it: some have their answer, others never get one.
        if (notice.acknowledged && ++acknowledged === 4) child?.kill('SIGKILL');
      }),
    );
    await ended;
    child = undefined;
    expect(acknowledged).toBeGreaterThanOrEqual(4);

    stack = await startTestStack(dataDirectory);
    world = await World.enter(stack, world);
    // Nobody sends these again: VNPAY was told that we have them.
    for (const { invoiceId, acknowledged: have } of notices) if (have) await world.untilState(invoiceId, 'paid');
    // VNPAY sends the others again until it has an answer.
    for (const { query, acknowledged: have } of notices)
      if (!have) expect(['00', '02']).toContain((await world.vnpay.notify(query)).RspCode);
    for (const { invoiceId } of notices) {
      const { paid, surplus } = await world.untilState(invoiceId, 'paid');
      expect([paid.amount, surplus.amount]).toEqual([amount, 0]);
      await world.untilHeard(invoiceId, ...PAID);
    }
    await eventually('the journal is whole', async () => (await world.journal()).count === arrived.length);
  });
});

describe('a function, killed with its work in hand', () => {
  beforeAll(async () => {
    const inside = new Inside(running());
    const Attributes = { VisibilityTimeout: VISIBILITY };
    for (const name of ['PostPaymentInboxQueue', 'NotifyAgencyDeliveriesQueue'])
      await inside.clients.queues.send(new SetQueueAttributesCommand({ QueueUrl: inside.queue(name), Attributes }));
    inside.close();
    // Every function has run once, so that there is a process to kill.
    const { invoiceId } = await world.invoice();
    await world.vnpay.notify(world.transact(await world.order(invoiceId)).query);
    arrived.push(amount);
    await world.untilHeard(invoiceId, ...PAID);
  });

  /** One paid and acknowledged notice, and what must come of it in the end. */
  async function acknowledgedNotice(): Promise<string> {
    const { invoiceId } = await world.invoice();
    const answer = await world.vnpay.notify(world.transact(await world.order(invoiceId)).query);
    expect(answer.RspCode).toBe('00');
    arrived.push(amount);
    return invoiceId;
  }
  async function expectWhole(invoiceId: string): Promise<void> {
    const { paid, surplus } = await world.untilState(invoiceId, 'paid');
    expect([paid.amount, surplus.amount]).toEqual([amount, 0]);
    await eventually(`${invoiceId} was told`, () => world.heardOf(invoiceId).length === PAID.length);
    await eventually('the journal is whole', async () => (await world.journal()).count === arrived.length);
  }

  it('post-payment: the acknowledged payment is entered by the next process', async () => {
    let invoiceId = '';
    await killedWhile('post-payment', async () => {
      invoiceId = await acknowledgedNotice();
      expect((await world.read(invoiceId)).state).toBe('open');
    });
    await expectWhole(invoiceId);
  });

  it('publish-events: the journal and the events follow', async () => {
    let invoiceId = '';
    const before = await world.journal();
    await killedWhile('publish-events', async () => {
      invoiceId = await acknowledgedNotice();
      await world.untilState(invoiceId, 'paid');
      expect([await world.journal(), world.heardOf(invoiceId)]).toEqual([before, []]);
    });
    await expectWhole(invoiceId);
  });

  it('notify-agency: the agency is told all the same', async () => {
    let invoiceId = '';
    await killedWhile('notify-agency', async () => {
      invoiceId = await acknowledgedNotice();
      await world.untilState(invoiceId, 'paid');
      await eventually('the journal is whole', async () => (await world.journal()).count === arrived.length);
      // Of two messages that come apart the second may be told by a process that was started for it.
      expect(world.heardOf(invoiceId).length).toBeLessThan(PAID.length);
    });
    await expectWhole(invoiceId);
  });

  it('provider-callback: VNPAY has no answer, and comes again', async () => {
    // On a busy machine a process may have answered before it is killed: then the next notice is left without an answer.
    const { invoiceId, query } = await eventually('a notice without an answer', async () => {
      const one = await world.invoice();
      const notice = world.transact(await world.order(one.invoiceId));
      arrived.push(amount);
      let answer: string | undefined;
      const asking = world.vnpay.notify(notice.query).then(
        ({ RspCode }) => RspCode,
        () => 'no answer',
      );
      void asking.then((said) => {
        answer = said;
      });
      for (; answer === undefined; await delay(5)) running().killFunction('provider-callback');
      expect(['no answer', '00']).toContain(answer);
      return answer === 'no answer' && { ...one, ...notice };
    });
    await eventually('VNPAY is answered', async () => {
      const answer = await world.vnpay.notify(query).catch(() => undefined);
      return answer?.RspCode === '00' || answer?.RspCode === '02';
    });
    await expectWhole(invoiceId);
  });

  it('all of them, again and again under load: everything is entered once', async () => {
    const made: string[] = [];
    const names = ['post-payment', 'publish-events', 'notify-agency'] as const;
    for (let round = 0; round < 12; round++) {
      made.push(await acknowledgedNotice());
      running().killFunction(names[round % names.length] ?? 'post-payment');
    }
    for (const invoiceId of made) await expectWhole(invoiceId);
  });
});

describe('an engine that cannot be reached', () => {
  /** Asks again and again until the answer is the one for trouble; before that, only good ones are admitted. */
  async function untilTrouble(ask: () => Promise<string>, trouble: string, good: readonly string[]): Promise<void> {
    await eventually(`an answer ${trouble}`, async () => {
      const answer = await ask();
      expect([trouble, ...good]).toContain(answer);
      return answer === trouble;
    });
  }

  it.each(['storage', 'tables'] as const)(
    '%s: what cannot be kept is not acknowledged; sent again later, it is entered once',
    async (engine) => {
      const { invoiceId } = await world.invoice();
      const { query } = world.transact(await world.order(invoiceId));
      arrived.push(amount);
      const told = async () => (await world.vnpay.notify(query)).RspCode;
      // On a busy machine the engine may answer a moment before it is killed again.
      await downWhile(engine, () => untilTrouble(told, '99', ['00', '02']));
      await eventually('VNPAY is told that we have it', async () => ['00', '02'].includes(await told()));
      const { paid, surplus } = await world.untilState(invoiceId, 'paid');
      expect([paid.amount, surplus.amount]).toEqual([amount, 0]);
      await eventually(`${invoiceId} was told`, () => world.heardOf(invoiceId).length === PAID.length);
    },
  );

  it('queues: the sandbox bank is told to try again in its own words', async () => {
    // On a busy machine the engine may answer a moment before it is killed again.
    const invoiceId = await eventually('the bank is told to try again', async () => {
      const one = await world.invoice();
      const { url } = await world.start(one.invoiceId, 'sandbox-bank');
      const answer = await downWhile('storage', async () => (await world.decide(url, 'decline'))[0]?.answers[0]);
      if (answer?.status === 503) expect(answer).toEqual({ status: 503, result: 'TRY_AGAIN', tries: 3 });
      else expect(answer).toMatchObject({ status: 200, result: 'ACCEPTED' });
      return answer?.status === 503 && one.invoiceId;
    });
    // The attempt waits until the bank is asked, which may have happened by now.
    const { state, payments } = await world.read(invoiceId);
    expect(state).toBe('open');
    expect(['pending', 'failed']).toContain(payments[0]?.state);
  });

  it('tables: a portal is told when to come again', async () => {
    const { invoiceId } = await world.invoice();
    const ask = async () => {
      const answer = await world.portal.send('GET', `/v1/invoices/${invoiceId}`);
      if (answer.status === 503) {
        expect(expectProblem(answer, 'unavailable').instance).toContain(invoiceId);
        expect(answer.headers.get('retry-after')).toMatch(/^[0-9]+$/);
      }
      return String(answer.status);
    };
    await downWhile('tables', () => untilTrouble(ask, '503', ['200']));
    await eventually('the portal is answered', async () => (await ask()) === '200');
  });
});

describe('in the end', () => {
  it('the ledger holds every payment once and balances; nothing was put aside', async () => {
    const sum = arrived.length * amount;
    await eventually('the journal is whole', async () => (await world.journal()).count >= arrived.length);
    expect(await world.journal()).toEqual({ count: arrived.length, received: sum, debit: sum, credit: sum });

    const inside = new Inside(running());
    for (const [name, QueueUrl] of Object.entries(running().queues)) {
      if (!/DeadLetters$/.test(name)) continue;
      const AttributeNames = ['ApproximateNumberOfMessages' as const];
      const { Attributes } = await inside.clients.queues.send(
        new GetQueueAttributesCommand({ QueueUrl, AttributeNames }),
      );
      expect([name, Attributes?.['ApproximateNumberOfMessages']]).toEqual([name, '0']);
    }
    inside.close();
  });

  it('every event that was told twice was told under the same id with the same content', () => {
    const bodies = new Map<string, string>();
    for (const { id, body, verified } of world.receiver.deliveries) {
      expect(verified).toBe(true);
      expect(body).toBe(bodies.get(id) ?? body);
      bodies.set(id, body);
    }
  });

  it('no log holds anybody’s name or number, nor a token, a secret or a signature', () => {
    world.expectSilentLogs(running());
    world.expectSilentLogs(first);
  });
});
