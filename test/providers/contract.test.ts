import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { StageName } from '../../shared/domain/stage.ts';
import {
  everyProvider,
  noticeSourcesOf,
  providerIds,
  providerNames,
  providersOf,
} from '../../shared/providers/index.ts';
import { providerContract } from './contract.ts';
import type { Party } from './parties/party.ts';

const here = (...parts: string[]): string => path.resolve(import.meta.dirname, ...parts);

/** Whoever a file in `parties/` exports as `…Party`. A provider without one turns the first test red. */
const parties: readonly Party[] = (
  await Promise.all(readdirSync(here('parties')).map((name) => import(here('parties', name)) as Promise<object>))
).flatMap((file) => Object.entries(file).flatMap(([name, one]) => (name.endsWith('Party') ? [one as Party] : [])));

const FOLDERS = here('../../shared/providers');
const place = { stage: 'sandbox', publicUrl: 'https://pay.example.gov.vn' } as const;

describe('every provider', () => {
  const ids = everyProvider(place).map(({ manifest }) => manifest.id);

  it('passes the contract: none is in the index without it', () => {
    expect(parties.map(({ provider }) => provider.manifest.id).sort()).toEqual([...ids].sort());
  });

  it('is known by its id and its name also to those who need no more of it', () => {
    expect(providerIds).toEqual(ids);
    expect([...providerNames]).toEqual(everyProvider(place).map(({ manifest: { id, name } }) => [id, name.vi]));
  });

  it('is one folder of manifest, adapter and samples, and every folder is one', () => {
    const folders = readdirSync(FOLDERS, { withFileTypes: true }).filter((one) => one.isDirectory());
    expect(folders.map(({ name }) => name).sort()).toEqual([...ids].sort());
    for (const { name } of folders) {
      expect(existsSync(path.join(FOLDERS, name, 'manifest.ts'))).toBe(true);
      expect(existsSync(path.join(FOLDERS, name, 'adapter.ts'))).toBe(true);
      const calls = parties.find(({ provider }) => provider.manifest.id === name)?.callbacks;
      expect(existsSync(path.join(FOLDERS, name, 'samples/callbacks.json'))).toBe(calls !== undefined);
    }
  });

  it.each(StageName.options)('is offered in %s only if nothing about it is unconfirmed', (stage) => {
    const offered = noticeSourcesOf(stage, place.publicUrl);
    for (const { manifest } of everyProvider({ ...place, stage }))
      expect(offered.has(manifest.id)).toBe(manifest.uncertain.length === 0 && manifest.stages.includes(stage));
  });

  it('is offered all the same where the stage names it', () => {
    expect(providersOf('production', place.publicUrl, { switchedOn: ['viettel-money'] }).has('viettel-money')).toBe(
      true,
    );
    expect(providersOf('production', place.publicUrl, { switchedOn: ['viettel-money'] }).has('payoo')).toBe(false);
  });

  it.each(['vnpay', 'viettel', 'sandbox-bank'])('is not switched on by a slip: %s', (name) => {
    expect(() => providersOf('production', place.publicUrl, { switchedOn: [name] })).toThrow(name);
  });

  it('is no way to pay where it only tells of credits', () => {
    for (const id of ['sepay', 'casso', 'bank-direct']) {
      expect(providersOf('sandbox', place.publicUrl).has(id)).toBe(false);
      expect(noticeSourcesOf('sandbox', place.publicUrl).has(id)).toBe(true);
    }
  });

  it('sends nobody to an address that is not known', () => {
    const unknown = everyProvider(place).filter(({ manifest }) =>
      manifest.uncertain.some((one) => one.includes('PAY_URL')),
    );
    expect(unknown.map(({ manifest }) => manifest.id)).toEqual(['viettel-money', 'payoo', 'megapay', 'keypay-dvcqg']);
  });
});

for (const party of parties) providerContract(party);
