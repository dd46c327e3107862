import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Dong } from '../../shared/domain/money/dong.ts';
import { accountAtTerminal } from '../../shared/domain/reconciliation/payouts.ts';
import { type Agency, heldOn, type MerchantAccount } from '../../shared/domain/registry/registry.ts';
import { addDays, vietnamDay } from '../../shared/domain/time.ts';
import {
  type GivenSecret,
  originOf,
  type RegisterDependencies,
  registerAgency,
  registerClient,
  registerMerchantAccount,
} from '../../shared/usecases/register.ts';
import { Crash, crashAt, everyCall, refusalOf } from '../dsl/invoicing.ts';
import { REGISTERED } from '../dsl/receipts.ts';
import { aWorld, callerOf, client, LAND, LAND_AT_ONE, NOW, POLICE, SHARED_AT_ONE, type World } from '../dsl/world.ts';

const operator = callerOf(client('operator', { kind: 'operator', agencies: '*' }));
const origin = (key: string, path: string, body: unknown = {}) => originOf(operator, key, path, body);

/** Banks whose secrets have no spaces at their ends. */
const bank = { acceptsSecret: (secret: string) => secret === secret.trim() };
const providers = new Map([
  ['bank-one', bank],
  ['bank-two', bank],
]);

let world: World;
let dependencies: RegisterDependencies;
beforeEach(() => {
  world = aWorld();
  dependencies = { registry: world.registry, secrets: world.secrets, providers, now: world.now };
});

const agency = (code: string, vi = 'Sở Thử') => ({ code, name: { vi, en: 'Test office' }, active: true });

describe('a registered record', () => {
  it('is answered again for the same key and words, and refused for other words (scenarios 20, 21)', async () => {
    const first = await registerAgency(agency('H30'), origin('key-1-long', 'a', agency('H30')), dependencies);
    const again = await registerAgency(agency('H30'), origin('key-1-long', 'a', agency('H30')), dependencies);
    expect(again).toEqual({ ...first, replayed: true });
    const other = registerAgency(
      agency('H30', 'Sở Khác'),
      origin('key-1-long', 'a', agency('H30', 'Sở Khác')),
      dependencies,
    );
    expect(await refusalOf(other)).toBe('idempotency_key_reused');
    expect((await world.registry.agency('H30'))?.name.vi).toBe('Sở Thử');
  });

  it('stays as it is when a call comes again after others have changed it (scenario 20)', async () => {
    const put = (key: string, vi: string) =>
      registerAgency(agency('H30', vi), origin(key, 'a', agency('H30', vi)), dependencies);
    await put('key-1-long', 'Sở Cũ');
    await put('key-2-long', 'Sở Mới');
    expect(await put('key-1-long', 'Sở Cũ')).toEqual({ record: agency('H30', 'Sở Mới'), replayed: true });
    expect((await world.registry.agency('H30'))?.name.vi).toBe('Sở Mới');
  });

  it('of an agency keeps its registration for receipts, whose series and collector may change', async () => {
    const put = (key: string, more: Partial<Agency>) => {
      const record = { ...agency('H30'), ...more };
      return registerAgency(record, origin(key, 'a', record), dependencies);
    };
    await put('key-1-long', {});
    const receipts = REGISTERED;
    await put('key-2-long', { receipts });
    expect(await refusalOf(put('key-3-long', {}))).toBe('receipts_registered');
    expect((await world.registry.agency('H30'))?.receipts).toEqual(receipts);
    const others = { ...receipts, collector: { ...receipts.collector, name: 'Sở Đổi Tên' } };
    await put('key-4-long', { receipts: others, active: false });
    expect((await world.registry.agency('H30'))?.receipts).toEqual(others);
    // A call that was there before it gave receipts is still only answered again.
    expect(await put('key-1-long', {})).toMatchObject({ replayed: true, record: { receipts: others } });
  });

  it('says where its desk deposits: at an account of its own, and of the days that were for good', async () => {
    const one = { from: '2026-01-01', bankBin: '970415', accountNumber: '1234567890' };
    const put = (key: string, deskAccounts?: Agency['deskAccounts']) => {
      const record = { ...agency(LAND), ...(deskAccounts && { deskAccounts }) };
      return registerAgency(record, origin(key, 'a', record), dependencies);
    };
    const pointer = { errors: [{ pointer: '/body/deskAccounts' }] };
    await expect(put('key-1-long', [{ ...one, accountNumber: '999999' }])).rejects.toMatchObject(pointer);
    await put('key-2-long', [one]);
    await expect(put('key-3-long')).rejects.toMatchObject(pointer);
    await expect(put('key-4-long', [{ ...one, from: '2026-02-01' }])).rejects.toMatchObject(pointer);
    await put('key-5-long', [one, { ...one, from: '2026-02-01' }]);
    expect((await world.registry.agency(LAND))?.deskAccounts?.length).toBe(2);
    // A call that was there before is only answered again.
    expect(await put('key-2-long', [one])).toMatchObject({ replayed: true });
  });

  it('keeps nothing of the key that could be read', () => {
    const { keyHash, bodyHash } = origin('my-secret-key', 'a', { secret: 'x' });
    expect(`${keyHash}${bodyHash}`).not.toContain('my-secret-key');
    expect(origin('my-secret-key', 'a').keyHash).not.toBe(origin('my-secret-key', 'b').keyHash);
    expect(originOf(callerOf(client('x')), 'my-secret-key', 'a', {}).keyHash).not.toBe(
      origin('my-secret-key', 'a').keyHash,
    );
  });

  it('of a client names agencies that exist', async () => {
    expect(
      await refusalOf(registerClient(client('new', { agencies: [LAND, 'H99'] }), origin('k', 'c'), dependencies)),
    ).toBe('unknown_agency');
    expect(await refusalOf(registerClient(client('new', { agencies: '*' }), origin('k', 'c'), dependencies))).toBe(
      'done',
    );
  });
});

describe('a merchant account', () => {
  const account = (more: Partial<MerchantAccount> = {}): MerchantAccount => ({
    id: 'police-two',
    providerId: 'bank-two',
    agencyCode: POLICE,
    beneficiary: 'main',
    terminal: 'TWO-POLICE',
    accountNumber: '1234567890',
    bankBin: '970415',
    active: true,
    ...more,
  });
  const TERMINAL = 'merchant/bank-two/TWO-POLICE';
  const SHARED = `merchant/bank-one/${SHARED_AT_ONE}`;
  /** `police-shared` of the world, whose terminal the land office uses too. */
  const shared = (more: Partial<MerchantAccount> = {}) =>
    account({ id: 'police-shared', providerId: 'bank-one', beneficiary: 'shared', terminal: SHARED_AT_ONE, ...more });
  const register = (
    one: MerchantAccount,
    given: GivenSecret = {},
    key = 'key-1-long',
    ports: RegisterDependencies = dependencies,
  ) => registerMerchantAccount(one, given, origin(key, `accounts/${one.id}`, { ...one, ...given }), ports);
  const secretOf = (name: string) => world.secrets.read(name);

  it('is registered with its secret in the secret store, never in the registry', async () => {
    await register(account(), { secret: 'the key of the terminal' });
    expect(await world.registry.payeeAccount('bank-two', POLICE, 'main')).toEqual(account());
    expect(await secretOf(TERMINAL)).toBe('the key of the terminal');
    expect(JSON.stringify(await world.registry.atProvider('bank-two'))).not.toContain('the key');
  });

  it('names its terminal only once the secret is there', async () => {
    world.secrets.outage = new Error('down');
    await expect(register(account(), { secret: 'the key' })).rejects.toThrow('down');
    expect(await world.registry.merchantAccount('police-two')).toBeUndefined();
  });

  it.each([
    ['without a secret', account(), {}, 'secret_missing'],
    [
      'with a secret that the provider cannot mean',
      account(),
      { secret: 'copied with a line break\n' },
      'secret_malformed',
    ],
    ['at a provider that nobody knows', account({ providerId: 'bank-none' }), { secret: 'x' }, 'unknown_provider'],
    ['of an agency that nobody knows', account({ agencyCode: 'H99' }), { secret: 'x' }, 'unknown_agency'],
    ['for a purse that has an account', account({ providerId: 'bank-one' }), { secret: 'x' }, 'account_taken'],
    ['with another secret for a terminal that others use', shared(), { secret: 'x' }, 'terminal_shared'],
  ])('is refused %s, and no secret is written', async (_, one, given, code) => {
    expect(await refusalOf(register(one, given))).toBe(code);
    expect(world.secrets.written).toEqual([]);
  });

  it('needs no secret again at a terminal that has one', async () => {
    const fund = account({ id: 'police-fund', beneficiary: 'fund', providerId: 'bank-one', terminal: 'ONE-POLICE' });
    expect(await refusalOf(register(fund))).toBe('done');
  });

  it('says where a secret has the wrong form, and not what it is', async () => {
    const refused = register(account(), { secret: ' padded' });
    await expect(refused).rejects.toMatchObject({ errors: [{ pointer: '/body/secret' }] });
    await expect(refused.catch(JSON.stringify)).resolves.not.toContain('padded');
  });

  it('replaces the secret of a terminal that is its own', async () => {
    await register(account(), { secret: 'first' });
    await register(account(), { secret: 'second' }, 'key-2-long');
    expect(await secretOf(TERMINAL)).toBe('second');
  });

  it('says since when another bank account holds: since the day that is given, or since today', async () => {
    const at = (key: string, more: Partial<MerchantAccount>) => register(account(more), { secret: 'one' }, key);
    await at('key-1-long', { paidOnFrom: '2026-01-01' });
    await at('key-2-long', { accountNumber: '222222' });
    const today = vietnamDay(world.now());
    // What was said before stays, so that nobody who does not know of it takes it back.
    const second = account({ accountNumber: '222222', accountSince: today, paidOnFrom: '2026-01-01' });
    expect(await world.registry.merchantAccount('police-two')).toEqual(second);
    await at('key-3-long', { accountNumber: '222222', active: false });
    expect(await world.registry.merchantAccount('police-two')).toEqual({ ...second, active: false });
    const early = at('key-4-long', { accountNumber: '333333', accountSince: addDays(today, -1) });
    await expect(early).rejects.toMatchObject({ errors: [{ pointer: '/body/accountSince' }] });
    const third = { ...second, accountNumber: '333333', accountSince: addDays(today, 9) };
    await at('key-5-long', third);
    const known = await world.registry.accountsAtTerminal('bank-two', 'TWO-POLICE');
    const until = (days: number) => heldOn(known, addDays(today, days))?.accountNumber;
    expect([until(-1), until(0), until(8), until(9)]).toEqual(['1234567890', '222222', '222222', '333333']);
    // Said anew, it is still behind the day of the one before: that one does not hold again.
    const behind = at('key-6-long', { ...third, accountSince: addDays(today, -1) });
    await expect(behind).rejects.toMatchObject({ errors: [{ pointer: '/body/accountSince' }] });
    await at('key-7-long', { ...third, accountSince: addDays(today, 1) });
    await at('key-8-long', { ...third, accountSince: addDays(today, 1), active: false });
  });

  it('left a terminal under the bank account that was said last, where two were said on one day', async () => {
    const at = (key: string, more: Partial<MerchantAccount>) => register(account(more), { secret: 'one' }, key);
    await at('key-1-long', {});
    for (const [key, accountNumber] of [
      ['key-2-long', '222222'],
      ['key-3-long', '333333'],
    ] as const)
      await at(key, { accountNumber });
    const at1 = async (days: number) => {
      const known = await world.registry.accountsAtTerminal('bank-two', 'TWO-POLICE');
      return accountAtTerminal('TWO-POLICE', known, addDays(vietnamDay(world.now()), days))?.accountNumber;
    };
    expect([await at1(-1), await at1(0)]).toEqual(['1234567890', '333333']);
    await at('key-4-long', { accountNumber: '333333', terminal: 'TWO-NEW' });
    expect([await at1(-1), await at1(0)]).toEqual(['1234567890', '333333']);
  });

  it('replaces a shared secret where the call says so', async () => {
    await register(shared(), { secret: 'for all of us', replaceSharedSecret: true });
    expect(await secretOf(SHARED)).toBe('for all of us');
  });

  it('shares a terminal with whoever has left it: citizens may still be paying there', async () => {
    await register(account(), { secret: 'first' });
    await register(account({ terminal: 'TWO-NEW' }), { secret: 'other' }, 'key-2-long');
    const next = account({ id: 'police-next', beneficiary: 'fund' });
    expect(await refusalOf(register(next, { secret: 'second' }, 'key-3-long'))).toBe('terminal_shared');
    expect(await refusalOf(register(next, {}, 'key-4-long'))).toBe('done');
    expect(await secretOf(TERMINAL)).toBe('first');
  });

  it('that moves to another terminal still hears from the bank about payments at the old one', async () => {
    const land = { id: 'land-one', providerId: 'bank-one', agencyCode: LAND, beneficiary: 'main', terminal: 'ONE-NEW' };
    await register(account(land), { secret: 'key of ONE-NEW' });
    const heardAt = (terminal: string) =>
      world.callback('bank-one', {
        terminal,
        reference: 'of nobody',
        outcome: 'paid',
        amount: 50_000 as Dong,
        currency: 'VND',
        transactionId: terminal,
        paidAt: null,
        resultCode: '00',
      });
    expect(await heardAt(LAND_AT_ONE)).toBe('unknownOrder');
    expect(await heardAt('ONE-NEW')).toBe('unknownOrder');
    expect(await heardAt('ONE-NOWHERE')).toBe('badSignature');
    for (const { owner } of world.inbox.take())
      expect(owner).toEqual({ merchantAccountId: 'land-one', agencyCode: LAND });
  });

  it('leaves its terminal’s secret as it is when its key is misused', async () => {
    await register(shared(), { secret: 'ours', replaceSharedSecret: true });
    expect(await refusalOf(register(shared(), { secret: 'theirs', replaceSharedSecret: true }))).toBe(
      'idempotency_key_reused',
    );
    expect(await secretOf(SHARED)).toBe('ours');
  });

  it('leaves its terminal’s secret as it is when somebody else changed the account meanwhile', async () => {
    const before = await secretOf(SHARED);
    const putMerchantAccount: RegisterDependencies['registry']['putMerchantAccount'] = async () => ({
      kind: 'conflict',
    });
    const registry = everyCall(world.registry, (name, call) =>
      name === 'putMerchantAccount' ? putMerchantAccount(shared(), origin('k', 'p')) : call(),
    );
    const given = { secret: 'too late', replaceSharedSecret: true };
    const refused = register(shared(), given, 'key-1-long', { ...dependencies, registry });
    expect(await refusalOf(refused)).toBe('version_conflict');
    expect(await secretOf(SHARED)).toBe(before);
  });

  it('does not bring an old secret back when an old call comes again', async () => {
    await register(account(), { secret: 'first' });
    await register(account(), { secret: 'second' }, 'key-2-long');
    expect(await register(account(), { secret: 'first' })).toMatchObject({ replayed: true });
    expect(await secretOf(TERMINAL)).toBe('second');
  });

  it('does not write what a call left undone once others have changed the account', async () => {
    await register(account(), { secret: 'first' });
    const secrets = everyCall(world.secrets, async (name, call) => {
      if (name === 'write') throw new Crash();
      return call();
    });
    const undone = register(account(), { secret: 'undone' }, 'key-2-long', { ...dependencies, secrets });
    await expect(undone).rejects.toThrow(Crash);
    await register(account(), { secret: 'third' }, 'key-3-long');
    expect(await register(account(), { secret: 'undone' }, 'key-2-long')).toMatchObject({ replayed: true });
    expect(await secretOf(TERMINAL)).toBe('third');
  });

  it('does not bring an old secret back after another account has replaced it', async () => {
    const land = account({ id: 'land-shared', agencyCode: LAND, providerId: 'bank-one', beneficiary: 'shared' });
    const first = { secret: 'first', replaceSharedSecret: true };
    await register(shared(), first);
    const second = { secret: 'second', replaceSharedSecret: true };
    await register({ ...land, terminal: SHARED_AT_ONE }, second, 'key-2-long');
    expect(await register(shared(), first)).toMatchObject({ replayed: true });
    expect(await secretOf(SHARED)).toBe('second');
  });

  describe.each([
    ['a new terminal', account(), { secret: 'the new key' }, TERMINAL],
    ['a terminal that has a secret', shared(), { secret: 'the new key', replaceSharedSecret: true }, SHARED],
  ] as const)('at %s', (_, one, given, name) => {
    it.each(['before', 'after'] as const)(
      'is whole again after a crash %s any step, once the call is repeated',
      async (when) => {
        for (let at = 0, crashed = true; crashed; at++) {
          world = aWorld();
          const crash = crashAt(at, when);
          const { registry, secrets } = world;
          const ports = {
            providers,
            now: () => NOW,
            registry: everyCall(registry, crash.around),
            secrets: everyCall(secrets, crash.around),
          };
          const ended = await register(one, given, 'key-1-long', ports).catch((error: unknown) => error);
          crashed = ended instanceof Crash;
          const visible = await registry.accountsAtTerminal(one.providerId, one.terminal);
          if (visible.length > 0) expect(await secrets.exists(name)).toBe(true);

          await register(one, given, 'key-1-long', { registry, secrets, providers, now: () => NOW });
          expect(await registry.merchantAccount(one.id)).toEqual(one);
          expect(await secrets.read(name)).toBe('the new key');
        }
      },
    );
  });

  it('that meets another at a new terminal never loses the secret that it was registered with', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), async (scheduler) => {
        const { registry, secrets } = aWorld();
        const around = async (_: string, call: () => Promise<unknown>) => {
          await scheduler.schedule(Promise.resolve());
          return call();
        };
        const ports = {
          providers,
          now: () => NOW,
          registry: everyCall(registry, around),
          secrets: everyCall(secrets, around),
        };
        const calls = ['main', 'fund', 'school'].map(async (beneficiary) => {
          const one = account({ id: `police-${beneficiary}`, beneficiary });
          return refusalOf(register(one, { secret: `of ${beneficiary}` }, 'key-1-long', ports));
        });
        await scheduler.waitFor(Promise.all(calls));
        const ended = await Promise.all(calls);
        const winners = ['main', 'fund', 'school'].filter((__, call) => ended[call] === 'done');
        expect(winners).toHaveLength(1);
        expect(ended.filter((code) => code === 'terminal_shared')).toHaveLength(2);
        expect(await secrets.read(TERMINAL)).toBe(`of ${winners[0]}`);
      }),
      { numRuns: 200 },
    );
  });
});
