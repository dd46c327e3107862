import { beforeEach, describe, expect, it } from 'vitest';
import type { RotatedSecretReader } from '../../shared/domain/secrets.ts';
import type { SecretWriter } from '../../shared/usecases/register.ts';
import type { SharedSecrets } from '../../shared/usecases/register-webhook.ts';

type Secrets = RotatedSecretReader & SecretWriter & SharedSecrets;

/** What every secret store does for the registry, whatever it is made of. */
export function registrySecretsContract(name: string, make: () => Promise<Secrets>): void {
  describe(`secrets of the registry: ${name}`, () => {
    let secrets: Secrets;
    beforeEach(async () => {
      secrets = await make();
    });

    it('knows nothing at first', async () => {
      expect(await secrets.exists('a')).toBe(false);
      expect(await secrets.read('a')).toBeUndefined();
      expect(await secrets.current('a')).toBeUndefined();
    });

    it('writes what is not there and what is', async () => {
      await secrets.write('a', 'one', 'call 1');
      expect(await secrets.exists('a')).toBe(true);
      expect(await secrets.read('a')).toBe('one');
      await secrets.write('a', 'two', 'call 2');
      expect(await secrets.read('a')).toBe('two');
      expect(await secrets.exists('b')).toBe(false);
    });

    it('gives the value before the current one, and no older one', async () => {
      expect(await secrets.previous('a')).toBeUndefined();
      await secrets.create('a', 'one', 'call 1');
      await secrets.write('a', 'one', 'call 1');
      expect(await secrets.previous('a')).toBeUndefined();
      await secrets.write('a', 'two', 'call 2');
      expect(await secrets.previous('a')).toBe('one');
      await secrets.write('a', 'three', 'call 3');
      expect([await secrets.read('a'), await secrets.previous('a')]).toEqual(['three', 'two']);
    });

    it('changes nothing when a write comes again, also after another', async () => {
      await secrets.write('a', 'one', 'call 1');
      await secrets.write('a', 'one', 'call 1');
      await secrets.write('a', 'two', 'call 2');
      await secrets.write('a', 'one', 'call 1');
      expect(await secrets.read('a')).toBe('two');
      await expect(secrets.write('a', 'three', 'call 2')).rejects.toThrow();
      expect(await secrets.read('a')).toBe('two');
    });

    it('takes both of two first writes that meet', async () => {
      const values = ['one', 'two'];
      await Promise.all(values.map((value) => secrets.write('a', value, `call ${value}`)));
      const last = await secrets.read('a');
      expect(values).toContain(last);
      // Each has written: its call can write nothing else, and the same again changes nothing.
      for (const value of values) await expect(secrets.write('a', 'other', `call ${value}`)).rejects.toThrow();
      for (const value of values) await secrets.write('a', value, `call ${value}`);
      expect(await secrets.read('a')).toBe(last);
    });

    it('makes a secret once, whoever comes, and says so to the same call again', async () => {
      const made = await Promise.all(['one', 'two', 'three'].map((value) => secrets.create('a', value, value)));
      expect(made.filter(Boolean)).toHaveLength(1);
      const winner = ['one', 'two', 'three'][made.indexOf(true)] ?? '';
      expect(await secrets.read('a')).toBe(winner);
      expect(await secrets.create('a', winner, winner)).toBe(true);
      expect(await secrets.create('a', 'other', winner)).toBe(false);
      expect(await secrets.create('a', winner, 'another call')).toBe(false);
      expect(await secrets.read('a')).toBe(winner);
    });

    it('replaces only what was read', async () => {
      expect(await secrets.replace('a', 'one', undefined)).toBe(true);
      expect(await secrets.replace('a', 'two', undefined)).toBe(false);
      const first = await secrets.current('a');
      expect(first?.value).toBe('one');
      expect(await secrets.replace('a', 'two', first?.version)).toBe(true);
      expect(await secrets.replace('a', 'three', first?.version)).toBe(false);
      const second = await secrets.current('a');
      expect(second?.value).toBe('two');
      expect(await secrets.replace('a', 'three', second?.version)).toBe(true);
      expect(await secrets.current('a')).toMatchObject({ value: 'three' });
    });

    it.each([
      ['none', undefined],
      ['one', 'first'],
    ])('lets one of the replacements through that meet where there is %s', async (_, first) => {
      if (first !== undefined) await secrets.write('a', first, first);
      const version = (await secrets.current('a'))?.version;
      const values = ['one', 'two', 'three', 'four'];
      const replaced = await Promise.all(values.map((value) => secrets.replace('a', value, version)));
      expect(replaced.filter(Boolean)).toHaveLength(1);
      expect(await secrets.read('a')).toBe(values[replaced.indexOf(true)]);
    });
  });
}
