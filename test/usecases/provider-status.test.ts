import { describe, expect, it } from 'vitest';
import { invoiceId } from '../../shared/domain/invoice/number.ts';
import { MAX_OUTAGE_MILLISECONDS } from '../../shared/domain/payment/availability.ts';
import type { CallOutcome } from '../../shared/domain/payment/provider-caller.ts';
import { Refusal } from '../../shared/domain/refusal.ts';
import { Circuit } from '../../shared/runtime/circuit.ts';
import { listProviders } from '../../shared/usecases/list-providers.ts';
import { readProviderStatus, type SaidStatus, sayProviderStatus } from '../../shared/usecases/provider-status.ts';
import { type StartPayment, startPayment } from '../../shared/usecases/start-payment.ts';
import { NUMBER } from '../dsl/given.ts';
import { paperBank, toldFirst } from '../dsl/paper-bank.ts';
import { aWorld, callerOf, client, invoiceOf, LAND, NOW, POLICE, PORTAL } from '../dsl/world.ts';
import { MemoryStates } from '../fakes/memory-states.ts';

const MINUTE = 60_000;
const OPERATOR = { ...callerOf(client('operator', { kind: 'operator', agencies: '*' })), subject: 'someone' };
const origin = (key: string, body = 'body') => ({ keyHash: key, bodyHash: body });
const words = { vi: 'Ngân hàng bảo trì.', en: 'The bank is being maintained.' };
const silence: CallOutcome = { kind: 'unreachable', why: 'timeout' };

async function refused(act: Promise<unknown>): Promise<Refusal> {
  const error = await act.catch((thrown: unknown) => thrown);
  if (!(error instanceof Refusal)) throw new Error(`not refused: ${String(error)}`);
  return error;
}

/** A land office with an open invoice and accounts at two banks; what operators say is known at once. */
function aCountry({ first = paperBank('bank-one'), caller = silence } = {}) {
  const world = aWorld();
  world.invoices.place(invoiceOf(NUMBER));
  const { registry, invoices, secrets, now } = world;
  const states = new MemoryStates();
  const providers = new Map([first, paperBank('bank-two')].map((one) => [one.manifest.id, one]));
  let calls = 0;
  const circuit = () => new Circuit(now, states);
  const call = async () => {
    calls += 1;
    return caller;
  };
  const starting = {
    ...{ invoices, registry, providers, secrets, states, now },
    caller: { call },
    circuit: circuit(),
    hashKeys: ['the key of hashes'] as const,
  };
  const command: StartPayment = {
    invoiceId: invoiceId(NUMBER),
    providerId: 'bank-one',
    returnUrl: 'https://portal.example.gov.vn/back',
    language: 'vi',
  };
  return {
    world,
    states,
    circuit,
    calls: () => calls,
    async say(said: SaidStatus, key = 'call-1', providerId = 'bank-one', body = 'body') {
      const answer = await sayProviderStatus(providerId, said, OPERATOR, origin(key, body), {
        registry,
        providers,
        now,
      });
      states.said.set(providerId, answer.record);
      return answer;
    },
    read: () => readProviderStatus('bank-one', { registry, providers, now }),
    start: (key = 'key-1-long', more: Partial<StartPayment> = {}, other: Partial<typeof starting> = {}) =>
      startPayment({ ...command, ...more }, PORTAL, key, { ...starting, ...other }),
    list: (agencyCode?: string, who = PORTAL) => listProviders(agencyCode, who, { providers, registry, states, now }),
  };
}

describe('what an operator says of a provider', () => {
  it('stands until something else is said, and who said it is kept for good', async () => {
    const country = aCountry();
    expect(await country.read()).toEqual({ status: undefined, changes: [] });
    await country.say({ state: 'switched_off', reason: 'The contract has ended.' });
    country.world.clock.at += MINUTE;
    await country.say({ state: 'available', reason: 'A new contract.' }, 'call-2');
    const { status, changes } = await country.read();
    expect(status).toMatchObject({ state: 'available', changedAt: NOW + MINUTE });
    expect(changes.map(({ reason, changedBy }) => [reason, changedBy])).toEqual([
      ['A new contract.', { clientId: 'operator', subject: 'someone' }],
      ['The contract has ended.', { clientId: 'operator', subject: 'someone' }],
    ]);
  });

  it('is said once however often the call comes, and no key serves for other words', async () => {
    const country = aCountry();
    const off = { state: 'switched_off', reason: 'A test.' } as const;
    expect((await country.say(off)).replayed).toBe(false);
    expect((await country.say(off)).replayed).toBe(true);
    expect((await refused(country.say(off, 'call-1', 'bank-one', 'other'))).code).toBe('idempotency_key_reused');
    expect((await country.read()).changes).toHaveLength(1);
  });

  it('is refused of a provider that there is none of', async () => {
    expect((await refused(aCountry().say({ state: 'available', reason: 'x' }, 'k', 'none'))).code).toBe(
      'unknown_provider',
    );
  });

  it.each([
    ['over before it begins', NOW + 2, NOW + 1],
    ['of no length', NOW + 2, NOW + 2],
    ['over already', NOW - 2, NOW],
    ['longer than is announced', NOW, NOW + MAX_OUTAGE_MILLISECONDS + 1],
  ])('is refused of an outage that is %s, and nothing is kept', async (_, from, until) => {
    const country = aCountry();
    const outage = { from, until, words };
    const { code, errors } = await refused(country.say({ state: 'available', outage, reason: 'x' }));
    expect([code, errors[0]?.pointer]).toEqual(['unprocessable', '/body/outage/until']);
    expect((await country.read()).changes).toEqual([]);
  });

  it('comes again after the outage as the same call', async () => {
    const country = aCountry();
    const said = { state: 'available', outage: { from: NOW, until: NOW + 1, words }, reason: 'x' } as const;
    await country.say(said);
    country.world.clock.at += MINUTE;
    expect((await country.say(said)).replayed).toBe(true);
  });
});

describe('beginning to pay', () => {
  it('is refused at a provider that is switched off, which is named with what else there is', async () => {
    const country = aCountry();
    await country.say({ state: 'switched_off', reason: 'A test.' });
    const { code, detail, members } = await refused(country.start());
    expect(code).toBe('provider_out_of_service');
    expect(members).toEqual({ providerId: 'bank-one', availability: 'switched_off', alternatives: ['bank-two'] });
    expect(detail?.vi).toBe('Ngân hàng giấy hiện không nhận thanh toán. Có thể thanh toán qua: Ngân hàng giấy.');
    expect((await country.start('key-2-long', { providerId: 'bank-two' })).next.kind).toBe('redirect');
    await country.say({ state: 'available', reason: 'Back.' }, 'call-2');
    expect((await country.start('key-3-long')).next.kind).toBe('redirect');
  });

  it('names nothing else that is away itself, takes no such amount, or where the agency has no account', async () => {
    const country = aCountry();
    await country.say({ state: 'switched_off', reason: 'A test.' });
    country.states.silent.set('bank-two', NOW + 1);
    expect((await refused(country.start())).members['alternatives']).toEqual([]);
    country.states.silent.clear();
    const small = new Map(
      [paperBank('bank-one'), paperBank('bank-two', { least: 1, most: 9 })].map((one) => [one.manifest.id, one]),
    );
    expect((await refused(country.start('k-long-1', {}, { providers: small }))).members['alternatives']).toEqual([]);
    const poor = new Map([paperBank('bank-one'), paperBank('bank-three')].map((one) => [one.manifest.id, one]));
    expect((await refused(country.start('k-long-2', {}, { providers: poor }))).members['alternatives']).toEqual([]);
  });

  it('is refused during an outage, with its words, and neither before nor after', async () => {
    const country = aCountry();
    await country.say({ state: 'available', outage: { from: NOW + 1, until: NOW + MINUTE, words }, reason: 'x' });
    expect((await country.start('key-1-long')).next.kind).toBe('redirect');
    country.world.clock.at = NOW + 1;
    const { detail, members } = await refused(country.start('key-2-long'));
    expect(detail?.en).toContain(words.en);
    expect(members).toMatchObject({ availability: 'outage', until: '2026-11-20T12:01:00+07:00' });
    country.world.clock.at = NOW + MINUTE;
    expect((await country.start('key-3-long')).next.kind).toBe('redirect');
  });

  it('is answered as before where it was begun already: a call that comes again changes nothing', async () => {
    const country = aCountry();
    const first = await country.start();
    await country.say({ state: 'switched_off', reason: 'A test.' });
    expect(await country.start()).toMatchObject({ index: first.index, next: first.next, replayed: true });
  });

  it('waits for nobody who is known not to answer: one that must be told first is refused at once', async () => {
    const country = aCountry({ first: toldFirst(paperBank('bank-one')) });
    for (let times = 0; times < 5; times += 1)
      expect((await refused(country.start(`key-${times}-long`))).code).toBe('provider_unreachable');
    expect(country.calls()).toBe(5);
    const { code, members } = await refused(country.start('key-9-long'));
    expect([code, members['availability']]).toEqual(['provider_out_of_service', 'not_answering']);
    // In another process, that has called nobody yet, neither.
    await refused(country.start('key-1-long', {}, { circuit: country.circuit() }));
    expect(country.calls()).toBe(5);
    country.world.clock.at += MINUTE;
    await refused(country.start('key-1-long'));
    expect(country.calls()).toBe(6);
  });

  it('goes on at one that does not answer questions where the citizen is sent there without', async () => {
    const country = aCountry();
    country.states.silent.set('bank-one', NOW + MINUTE);
    expect((await country.start()).next.kind).toBe('redirect');
  });
});

describe('the circuit', () => {
  it('is opened for all processes by whoever finds out, and by nobody whose clock is wrong', async () => {
    const country = aCountry();
    const [one, other] = [country.circuit(), country.circuit()];
    for (let times = 0; times < 4; times += 1) await one.silent('bank-one');
    expect([await one.allows('bank-one'), await other.allows('bank-one')]).toEqual([true, true]);
    await one.silent('bank-one');
    expect([await one.allows('bank-one'), await other.allows('bank-one')]).toEqual([false, false]);
    expect(await other.allows('bank-two')).toBe(true);
    country.world.clock.at += MINUTE;
    expect(await other.allows('bank-one')).toBe(true);
    country.states.silent.set('bank-one', country.world.clock.at + 60 * MINUTE);
    expect(await other.allows('bank-one')).toBe(true);
  });

  it('holds by itself where nothing can be written down or read', async () => {
    const away = async () => {
      throw new Error('the table is away');
    };
    const circuit = new Circuit(() => NOW, { silences: away, noteSilence: away });
    expect(await circuit.allows('bank-one')).toBe(true);
    for (let times = 0; times < 5; times += 1) await circuit.silent('bank-one');
    expect(await circuit.allows('bank-one')).toBe(false);
    circuit.answered('bank-one');
    expect(await circuit.allows('bank-one')).toBe(true);
  });
});

describe('the list of providers', () => {
  const shown = async (country: ReturnType<typeof aCountry>, agencyCode?: string) =>
    (await country.list(agencyCode)).map(({ provider, availability }) => [provider.manifest.id, availability]);

  it('says what is available, and why the rest is not', async () => {
    const country = aCountry();
    await country.say({ state: 'switched_off', reason: 'A test.' });
    country.states.silent.set('bank-two', NOW + MINUTE);
    expect(await shown(country)).toEqual([
      ['bank-one', 'switched_off'],
      ['bank-two', 'not_answering'],
    ]);
  });

  it('announces an outage before it begins, and not after it', async () => {
    const country = aCountry();
    const outage = { from: NOW + 1, until: NOW + MINUTE, words };
    await country.say({ state: 'available', outage, reason: 'x' });
    expect((await country.list())[0]).toMatchObject({ availability: 'available', outage });
    country.world.clock.at = NOW + MINUTE;
    expect((await country.list())[0]?.outage).toBeUndefined();
  });

  it('holds only those at which the agency has an account, and only of the caller’s agencies', async () => {
    const country = aCountry();
    expect((await shown(country, LAND)).map(([id]) => id)).toEqual(['bank-one', 'bank-two']);
    expect((await refused(country.list(POLICE))).code).toBe('not_found');
    const police = await country.list(POLICE, callerOf(client('police', { agencies: [POLICE] })));
    expect(police.map(({ provider }) => provider.manifest.id)).toEqual(['bank-one']);
  });
});
