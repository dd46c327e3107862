import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readPaymentReference } from '../../shared/domain/payment/reference.ts';
import { columnMaps } from '../../shared/domain/reconciliation/column-maps.ts';
import { entryOf } from '../domain/reconciliation/samples.ts';
import { financeWorld } from './finance-world.ts';

const guide = readFileSync(join(import.meta.dirname, '../../docs/guides/settlement-files.md'), 'utf8');

describe('the guide to settlement files', () => {
  const example = /<!-- example: sandbox-bank\.settlement\.v1 -->\n```csv\n([^`]+)```/.exec(guide)?.[1] ?? '';

  it('shows a file that is taken as it stands', async () => {
    const world = financeWorld();
    await world.record(
      entryOf({ transactionId: 'SB0000001' }),
      entryOf({ transactionId: 'SB0000002', amount: 20_000, invoiceNumber: '123456789013' }),
    );
    expect(await world.reconcile(example)).toMatchObject({
      state: 'RECONCILED',
      totals: { lines: 3, collected: 2, amount: 155_000, matched: 2, exceptions: 0 },
    });
  });

  it('shows references that are ours', () => {
    const references = [...example.matchAll(/^SB\d+,(\d+),/gm)].map(([, reference]) => reference ?? '');
    expect(references).toHaveLength(2);
    for (const reference of references) expect(readPaymentReference(reference), reference).toBeDefined();
  });

  it('names every column, status and trailer of every map', () => {
    for (const map of columnMaps) {
      const words = [
        ...Object.values(map.columns).flat(),
        ...map.status.collected,
        ...map.status.notCollected,
        ...map.trailer.marks,
      ];
      for (const word of [map.id, ...words]) expect(guide, word).toContain(`\`${word}\``);
    }
  });
});
