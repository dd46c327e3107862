import { describe, expect, it } from 'vitest';
import type { Client } from '../../shared/domain/registry/registry.ts';
import { operatorOf } from '../../shared/runtime/callers.ts';
import { refusalOf } from '../dsl/invoicing.ts';
import { client } from '../dsl/world.ts';
import { MemoryRegistry } from '../fakes/memory-registry.ts';

describe('a token with the scope of operators', () => {
  const claims = { client_id: 'someone', sub: 'a person' };
  const operator = client('someone', { kind: 'operator', agencies: '*' });

  it('lets in a client that nobody has registered yet: somebody must be the first', async () => {
    expect(await operatorOf(claims, new MemoryRegistry())).toMatchObject({
      clientId: 'someone',
      subject: 'a person',
      client: { kind: 'operator', active: true },
    });
  });

  it.each<[string, Client, string]>([
    ['lets in a registered operator', operator, 'done'],
    ['does not let in an operator that was switched off', { ...operator, active: false }, 'forbidden'],
    ['does not let in a portal', { ...operator, kind: 'portal' }, 'forbidden'],
    ['does not let in an agency', { ...operator, kind: 'agency' }, 'forbidden'],
    ['does not let in a finance department', { ...operator, kind: 'finance' }, 'forbidden'],
  ])('%s', async (_, registered, code) => {
    const registry = new MemoryRegistry({ clients: [registered] });
    expect(await refusalOf(operatorOf(claims, registry))).toBe(code);
  });

  it('that names no client is refused', async () => {
    expect(await refusalOf(operatorOf({}, new MemoryRegistry()))).toBe('forbidden');
  });
});
