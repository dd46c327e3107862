import { beforeEach, describe, expect, it } from 'vitest';
import type { WebhookEndpoint } from '../../shared/domain/notification/webhook.ts';
import type { ProviderStatus } from '../../shared/domain/payment/availability.ts';
import type { RegistryWriter } from '../../shared/domain/registry/book.ts';
import { KEPT_ORIGINS } from '../../shared/domain/registry/origin.ts';
import type { Agency, MerchantAccount } from '../../shared/domain/registry/registry.ts';
import { client, LAND, NOW, POLICE } from '../dsl/world.ts';

const origin = (key: string, body = 'body') => ({ keyHash: key, bodyHash: body });
const agency = (code: string, active = true): Agency => ({ code, name: { vi: code, en: code }, active });
const account = (id: string, more: Partial<MerchantAccount> = {}): MerchantAccount => ({
  id,
  providerId: 'bank-one',
  agencyCode: LAND,
  beneficiary: 'main',
  terminal: 'T1',
  accountNumber: '1234567890',
  bankBin: '970415',
  active: true,
  ...more,
});

/** What every registry does, whatever it is made of. */
export function registryContract(name: string, make: () => Promise<RegistryWriter>): void {
  describe(`a registry: ${name}`, () => {
    let registry: RegistryWriter;
    beforeEach(async () => {
      registry = await make();
    });

    it('knows nothing at first', async () => {
      expect(await registry.agency(LAND)).toBeUndefined();
      expect(await registry.agencyCodes()).toEqual([]);
      expect(await registry.client('portal')).toBeUndefined();
      expect(await registry.merchantAccount('a-one')).toBeUndefined();
      expect(await registry.payeeAccount('bank-one', LAND, 'main')).toBeUndefined();
      expect(await registry.accountsAtTerminal('bank-one', 'T1')).toEqual([]);
      expect(await registry.endpointOf('agency:H29.14')).toBeUndefined();
    });

    it('keeps what was put, and the last of it', async () => {
      await registry.putAgency(agency(POLICE), origin('1'));
      await registry.putAgency(agency(LAND), origin('2'));
      await registry.putAgency(agency(LAND, false), origin('3'));
      expect(await registry.agency(LAND)).toEqual(agency(LAND, false));
      expect(await registry.agencyCodes()).toEqual([POLICE, LAND].sort());
      await registry.putClient(client('portal'), origin('1'));
      expect(await registry.client('portal')).toEqual(client('portal'));
      const endpoint: WebhookEndpoint = {
        owner: `agency:${LAND}`,
        url: 'https://hooks.example/',
        events: ['invoice.paid.v1'],
        updatedAt: NOW,
      };
      await registry.changeEndpoint(endpoint.owner, () => endpoint, origin('1'));
      expect(await registry.endpointOf(`agency:${LAND}`)).toEqual(endpoint);
    });

    it('lists what an agency has at a provider, once for each purse', async () => {
      const both = account('a-one', { alsoCollectsFor: ['other'] });
      await registry.putMerchantAccount(both, origin('1'));
      await registry.putMerchantAccount(account('a-two', { agencyCode: POLICE, terminal: 'T2' }), origin('2'));
      await registry.putMerchantAccount(account('a-three', { agencyCode: `${LAND}.1`, terminal: 'T3' }), origin('3'));
      expect(await registry.accountsOf('bank-one', LAND)).toEqual([both, both]);
      expect(await registry.accountsOf('bank-two', LAND)).toEqual([]);
    });

    it('keeps what was said of a provider, and every time that it was said', async () => {
      const said = (state: ProviderStatus['state'], changedAt: number): ProviderStatus => ({
        providerId: 'vnpay',
        state,
        reason: `at ${changedAt}`,
        changedBy: { clientId: 'operator', subject: 'someone' },
        changedAt,
      });
      expect([await registry.providerStatus('vnpay'), await registry.providerChanges('vnpay')]).toEqual([
        undefined,
        [],
      ]);
      const say = (one: ProviderStatus, key: string) => registry.changeProviderStatus('vnpay', () => one, origin(key));
      const [off, on] = [said('switched_off', NOW), said('available', NOW + 1)];
      expect(await say(off, '1')).toEqual({ kind: 'changed', record: off });
      expect(await say(on, '2')).toEqual({ kind: 'changed', record: on });
      expect(await say(off, '1')).toEqual({ kind: 'repeated', record: on, latest: false });
      expect(await registry.changeProviderStatus('vnpay', () => on, origin('1', 'other'))).toEqual({
        kind: 'keyReused',
      });
      expect(await registry.providerStatus('vnpay')).toEqual(on);
      expect(await registry.providerChanges('vnpay')).toEqual([on, off]);
      expect(await registry.providerChanges('momo')).toEqual([]);
    });

    it('recognises a call that comes again, and one that misuses its key (scenarios 20, 21)', async () => {
      const first = agency(LAND);
      expect(await registry.putAgency(first, origin('1'))).toEqual({ kind: 'changed', record: first });
      expect(await registry.putAgency(first, origin('1'))).toEqual({ kind: 'repeated', record: first, latest: true });
      expect(await registry.putAgency(agency(LAND, false), origin('1', 'other'))).toEqual({ kind: 'keyReused' });
      expect(await registry.agency(LAND)).toEqual(first);
    });

    it('answers a call that comes late with what stands there now, and changes nothing (scenario 20)', async () => {
      const [old, now] = [agency(LAND), agency(LAND, false)];
      await registry.putAgency(old, origin('1'));
      await registry.putAgency(now, origin('2'));
      expect(await registry.putAgency(old, origin('1'))).toEqual({ kind: 'repeated', record: now, latest: false });
      expect(await registry.putAgency(old, origin('1', 'other'))).toEqual({ kind: 'keyReused' });
      expect(await registry.putAgency(now, origin('2'))).toEqual({ kind: 'repeated', record: now, latest: true });
      expect(await registry.agency(LAND)).toEqual(now);
    });

    it(`remembers the last ${KEPT_ORIGINS} calls that changed a record`, async () => {
      for (let call = 0; call <= KEPT_ORIGINS; call++)
        await registry.putAgency(agency(LAND, call % 2 === 0), origin(`${call}`));
      expect(await registry.putAgency(agency(LAND), origin('1'))).toMatchObject({ kind: 'repeated', latest: false });
      expect(await registry.putAgency(agency(LAND), origin('0'))).toMatchObject({ kind: 'changed' });
    });

    it('says what became of a call to change an account, and changes nothing', async () => {
      expect(await registry.settledMerchantAccount('a-one', origin('1'))).toBeUndefined();
      const [old, now] = [account('a-one'), account('a-one', { active: false })];
      await registry.putMerchantAccount(old, origin('1'));
      const settled = (key: string, body?: string) => registry.settledMerchantAccount('a-one', origin(key, body));
      expect(await settled('1')).toEqual({ kind: 'repeated', record: old, latest: true });
      await registry.putMerchantAccount(now, origin('2'));
      expect(await settled('1')).toEqual({ kind: 'repeated', record: now, latest: false });
      expect(await settled('1', 'other')).toEqual({ kind: 'keyReused' });
      expect(await settled('3')).toBeUndefined();
      expect(await registry.merchantAccount('a-one')).toEqual(now);
    });

    it('changes an endpoint from what is there, in a race too: no change is lost', async () => {
      const owner = 'client:portal' as const;
      const count = (before: WebhookEndpoint | undefined) => Number(before?.url.split('/').at(-1) ?? 0);
      const calls = Array.from({ length: 8 }, (_, call) =>
        registry.changeEndpoint(
          owner,
          (before) => ({ owner, url: `https://hooks.example/${count(before) + 1}`, events: [], updatedAt: NOW }),
          origin(`${call}`),
        ),
      );
      const kinds = (await Promise.all(calls)).map(({ kind }) => kind);
      const changed = kinds.filter((kind) => kind === 'changed').length;
      expect(changed).toBeGreaterThan(0);
      expect(kinds.filter((kind) => kind === 'conflict')).toHaveLength(kinds.length - changed);
      expect(count(await registry.endpointOf(owner))).toBe(changed);
    });

    it('finds an account by id, purse and terminal', async () => {
      await registry.putMerchantAccount(account('a-one'), origin('1'));
      await registry.putMerchantAccount(account('a-two', { agencyCode: POLICE }), origin('2'));
      await registry.putMerchantAccount(account('a-three', { beneficiary: 'fund', terminal: 'T10' }), origin('3'));
      await registry.putMerchantAccount(account('a-four', { providerId: 'bank-two' }), origin('4'));
      expect(await registry.merchantAccount('a-one')).toEqual(account('a-one'));
      expect((await registry.payeeAccount('bank-one', LAND, 'fund'))?.id).toBe('a-three');
      const at = async (terminal: string) =>
        (await registry.accountsAtTerminal('bank-one', terminal)).map(({ id }) => id).sort();
      expect(await at('T1')).toEqual(['a-one', 'a-two']);
      expect(await at('T10')).toEqual(['a-three']);
      expect(await at('T')).toEqual([]);
      expect((await registry.atProvider('bank-one')).map(({ id }) => id).sort()).toEqual(['a-one', 'a-three', 'a-two']);
    });

    it('keeps a purse to one account', async () => {
      await registry.putMerchantAccount(account('a-one'), origin('1'));
      expect(await registry.putMerchantAccount(account('a-two', { terminal: 'T2' }), origin('2'))).toEqual({
        kind: 'taken',
      });
      expect(await registry.merchantAccount('a-two')).toBeUndefined();
      expect(await registry.accountsAtTerminal('bank-one', 'T2')).toEqual([]);
      expect((await registry.payeeAccount('bank-one', LAND, 'main'))?.id).toBe('a-one');
    });

    it('finds one account for every purse that it collects for, and for those alone', async () => {
      const collector = account('a-one', { alsoCollectsFor: ['fund', 'budget'] });
      await registry.putMerchantAccount(collector, origin('1'));
      for (const purse of ['main', 'fund', 'budget'])
        expect(await registry.payeeAccount('bank-one', LAND, purse)).toEqual(collector);
      const another = account('a-two', { beneficiary: 'fund', terminal: 'T2' });
      expect(await registry.putMerchantAccount(another, origin('2'))).toEqual({ kind: 'taken' });
      const narrower = account('a-one', { alsoCollectsFor: ['budget'] });
      expect(await registry.putMerchantAccount(narrower, origin('3'))).toMatchObject({ kind: 'changed' });
      expect(await registry.payeeAccount('bank-one', LAND, 'fund')).toBeUndefined();
      expect(await registry.payeeAccount('bank-one', LAND, 'budget')).toEqual(narrower);
      expect(await registry.putMerchantAccount(another, origin('4'))).toMatchObject({ kind: 'changed' });
    });

    it('keeps a purse to one account in a race', async () => {
      const racing = ['a-one', 'a-two', 'a-three'].map((id) => registry.putMerchantAccount(account(id), origin(id)));
      const ended = await Promise.all(racing);
      const [winner, ...others] = ended.filter(({ kind }) => kind === 'changed');
      expect(others).toEqual([]);
      for (const one of ended) expect(['changed', 'taken', 'conflict']).toContain(one.kind);
      const holder = await registry.payeeAccount('bank-one', LAND, 'main');
      expect(winner).toEqual({ kind: 'changed', record: holder });
      expect(await registry.atProvider('bank-one')).toEqual([holder]);
    });

    it('moves an account with its purse', async () => {
      await registry.putMerchantAccount(account('a-one'), origin('1'));
      const moved = account('a-one', { terminal: 'T2', beneficiary: 'fund' });
      expect(await registry.putMerchantAccount(moved, origin('2'))).toEqual({ kind: 'changed', record: moved });
      expect(await registry.payeeAccount('bank-one', LAND, 'main')).toBeUndefined();
      expect(await registry.payeeAccount('bank-one', LAND, 'fund')).toEqual(moved);
      expect(await registry.accountsAtTerminal('bank-one', 'T2')).toEqual([moved]);
      expect(await registry.putMerchantAccount(account('a-two'), origin('3'))).toMatchObject({ kind: 'changed' });
    });

    it('keeps an account at every terminal that it has left, as it was', async () => {
      await registry.putMerchantAccount(account('a-one'), origin('1'));
      await registry.putMerchantAccount(account('a-one', { terminal: 'T2', agencyCode: POLICE }), origin('2'));
      const here = account('a-one', { terminal: 'T3', providerId: 'bank-two' });
      await registry.putMerchantAccount(here, origin('3'));
      const atFirst = { ...account('a-one'), former: true };
      const atSecond = { ...account('a-one', { terminal: 'T2', agencyCode: POLICE }), former: true };
      expect(await registry.accountsAtTerminal('bank-one', 'T1')).toEqual([atFirst]);
      expect(await registry.accountsAtTerminal('bank-one', 'T2')).toEqual([atSecond]);
      expect(await registry.atProvider('bank-one')).toEqual([atFirst, atSecond]);
      expect(await registry.atProvider('bank-two')).toEqual([here]);
      expect(await registry.merchantAccount('a-one')).toEqual(here);
    });

    it('has an account that came back to a terminal there as it is', async () => {
      await registry.putMerchantAccount(account('a-one'), origin('1'));
      await registry.putMerchantAccount(account('a-one', { terminal: 'T2' }), origin('2'));
      const back = account('a-one', { accountNumber: '9876543210' });
      await registry.putMerchantAccount(back, origin('3'));
      const before = { ...account('a-one'), former: true };
      expect(await registry.accountsAtTerminal('bank-one', 'T1')).toEqual([back, before]);
    });

    it('keeps every bank account that an account was paid out to at a terminal', async () => {
      const at = (accountNumber: string, accountSince: string) => account('a-one', { accountNumber, accountSince });
      const [one, two, three] = [account('a-one'), at('9876543210', '2026-03-01'), at('1111111111', '2026-03-01')];
      await registry.putMerchantAccount(one, origin('1'));
      await registry.putMerchantAccount(account('a-one', { active: false }), origin('2'));
      await registry.putMerchantAccount(two, origin('3'));
      await registry.putMerchantAccount(three, origin('4'));
      const former = [
        { ...account('a-one', { active: false }), former: true },
        { ...two, former: true },
      ];
      expect(await registry.accountsAtTerminal('bank-one', 'T1')).toEqual([three, ...former]);
      expect(await registry.atProvider('bank-one')).toEqual([three, ...former]);
      expect(await registry.payeeAccount('bank-one', LAND, 'main')).toEqual(three);
      // Again at the first: both times are kept.
      const again = at(one.accountNumber, '2026-05-01');
      await registry.putMerchantAccount(again, origin('5'));
      expect(await registry.accountsAtTerminal('bank-one', 'T1')).toEqual([
        again,
        ...former,
        { ...three, former: true },
      ]);
    });

    it('changes an account in place', async () => {
      await registry.putMerchantAccount(account('a-one'), origin('1'));
      const off = account('a-one', { active: false });
      await registry.putMerchantAccount(off, origin('2'));
      expect(await registry.payeeAccount('bank-one', LAND, 'main')).toEqual(off);
      expect(await registry.accountsAtTerminal('bank-one', 'T1')).toEqual([off]);
      expect(await registry.putMerchantAccount(off, origin('2'))).toEqual({
        kind: 'repeated',
        record: off,
        latest: true,
      });
      expect(await registry.putMerchantAccount(account('a-one'), origin('2', 'x'))).toEqual({ kind: 'keyReused' });
    });
  });
}
