import { beforeEach, describe, expect, it } from 'vitest';
import { paymentReference } from '../../shared/domain/payment/reference.ts';
import { signingKey, terminalKeys } from '../../shared/domain/registry/terminal-secret.ts';
import { receiveCallback } from '../../shared/usecases/receive-callback.ts';
import { originOf, registerMerchantAccount } from '../../shared/usecases/register.ts';
import { anInvoice, NUMBER } from '../dsl/given.ts';
import { refusalOf } from '../dsl/invoicing.ts';
import { paperCallback } from '../dsl/paper-bank.ts';
import { aWorld, callerOf, client, LAND_AT_ONE, NOW, TOTAL, type World } from '../dsl/world.ts';

/** A terminal's key is replaced while payments signed with the one before are still called back. */

const HOUR = 3_600_000;
const MOST = 30 * 24 * HOUR;
const OLD = `key of ${LAND_AT_ONE}`;
const NEW = 'the key that replaces it';

let world: World;
let at = NOW;
const now = () => at;
beforeEach(() => {
  at = NOW;
  world = aWorld();
  anInvoice('open')(world);
});

async function replace(secret: string, previousUntil?: number, key = `call of ${secret}`) {
  const [account] = await world.registry.accountsAtTerminal('bank-one', LAND_AT_ONE);
  if (!account) throw new Error('no account');
  const given = { secret, previousUntil };
  const origin = originOf(callerOf(client('operator')), key, `accounts/${account.id}`, given);
  const providers = new Map([['bank-one', { acceptsSecret: () => true }]]);
  const { registry, secrets } = world;
  return registerMerchantAccount(account, given, origin, { registry, secrets, providers, now });
}

async function calledBack(key: string): Promise<string> {
  const provider = world.providers.get('bank-one');
  if (!provider) throw new Error('no bank');
  const notice = {
    ...{ terminal: LAND_AT_ONE, reference: paymentReference(NUMBER, 1), outcome: 'paid' as const },
    ...{ amount: TOTAL, currency: 'VND', transactionId: 'T1', paidAt: NOW, resultCode: '00' },
  };
  return (await receiveCallback(provider, paperCallback(notice, key), { ...world, now })).acknowledgement;
}

const keysNow = () => terminalKeys(world.secrets, 'bank-one', LAND_AT_ONE, now());

describe('a key that is replaced with an overlap', () => {
  it('verifies beside the new one until the overlap ends, to the millisecond; the new one signs', async () => {
    await replace(NEW, NOW + HOUR);
    expect(await signingKey(world.secrets, 'bank-one', LAND_AT_ONE)).toBe(NEW);
    expect(await keysNow()).toEqual([NEW, OLD]);
    expect([await calledBack(OLD), await calledBack(NEW)]).toEqual(['accepted', 'accepted']);
    at += HOUR - 1;
    expect(await calledBack(OLD)).toBe('accepted');
    at += 1;
    expect([await calledBack(OLD), await calledBack(NEW)]).toEqual(['badSignature', 'accepted']);
  });

  it('and replaced again, is over: there are never three', async () => {
    await replace(NEW, NOW + HOUR);
    await replace('a third', NOW + HOUR);
    expect(await keysNow()).toEqual(['a third', NEW]);
    expect(await calledBack(OLD)).toBe('badSignature');
  });

  it('ends neither sooner nor later when the call is repeated', async () => {
    await replace(NEW, NOW + HOUR);
    at += 2 * HOUR;
    expect((await replace(NEW, NOW + HOUR)).replayed).toBe(true);
    expect(await keysNow()).toEqual([NEW]);
  });

  it('is never read by whoever registers', async () => {
    const names: string[] = [];
    const { read, previous } = world.secrets;
    world.secrets.read = (name) => {
      names.push(name);
      return read.call(world.secrets, name);
    };
    world.secrets.previous = previous;
    await replace(NEW, NOW + HOUR);
    expect(names).toEqual([]);
  });
});

describe('a key that is replaced without one', () => {
  it('ends at once, and ends the overlap that there was', async () => {
    await replace(NEW, NOW + HOUR);
    await replace('a third');
    expect(await keysNow()).toEqual(['a third']);
    expect([await calledBack(NEW), await calledBack(OLD)]).toEqual(['badSignature', 'badSignature']);
  });
});

it.each([
  ['has passed', NOW],
  ['is further than 30 days away', NOW + MOST + 1],
])('an overlap whose end %s is refused, and changes nothing', async (_, until) => {
  expect(await refusalOf(replace(NEW, until))).toBe('unprocessable');
  expect(await keysNow()).toEqual([OLD]);
});

it('thirty days are taken', async () => {
  await replace(NEW, NOW + MOST);
  expect(await keysNow()).toEqual([NEW, OLD]);
});
