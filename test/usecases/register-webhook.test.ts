import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { type WebhookEndpoint, WebhookSecrets, webhookSecretName } from '../../shared/domain/notification/webhook.ts';
import { originOf } from '../../shared/usecases/register.ts';
import {
  type RegisteredWebhook,
  readWebhook,
  registerWebhook,
  requireOwner,
  rotateWebhookSecret,
  type WebhookDependencies,
} from '../../shared/usecases/register-webhook.ts';
import { Crash, crashAt, everyCall, refusalOf } from '../dsl/invoicing.ts';
import { aWorld, callerOf, client, LAND, NOW, POLICE, type World } from '../dsl/world.ts';

const operator = callerOf(client('operator', { kind: 'operator', agencies: '*' }));

let world: World;
beforeEach(() => {
  world = aWorld();
});

describe('a webhook endpoint', () => {
  const agencyClient = callerOf(client('land-system', { kind: 'agency' }));
  const owner = `agency:${LAND}` as const;
  const fresh = 'client:land-system' as const;
  const url = 'https://hooks.example.gov.vn/in';
  let ports: WebhookDependencies;
  let made = 0;
  beforeEach(() => {
    made = 0;
    ports = portsOf(world);
  });
  const portsOf = ({ registry, secrets, now }: World): WebhookDependencies => ({
    registry,
    secrets,
    refuseAddress: async (address) => (address.includes('127.0.0.1') ? 'notPublic' : undefined),
    randomBytes: (count) => new Uint8Array(count).fill(++made),
    now,
  });
  const call = (key: string, body: unknown = { url }) => originOf(agencyClient, key, `webhooks/${fresh}`, body);
  const secretsOf = async () =>
    WebhookSecrets.parse(JSON.parse((await world.secrets.read(webhookSecretName(fresh))) ?? '[]'));

  it('gets a secret that is told once', async () => {
    const first = await registerWebhook({ owner: fresh, url }, agencyClient, call('key-1-long'), ports);
    expect(first.secret).toMatch(/^whsec_[A-Za-z0-9+/=]{44}$/);
    expect(await secretsOf()).toEqual([{ secret: first.secret, endsAt: null }]);
    const again = await registerWebhook({ owner: fresh, url }, agencyClient, call('key-1-long'), ports);
    expect(again.secret).toBeUndefined();
    expect(await secretsOf()).toEqual([{ secret: first.secret, endsAt: null }]);
    const elsewhere = `${url}/2`;
    const moved = await registerWebhook({ owner: fresh, url: elsewhere }, agencyClient, call('key-2-long'), ports);
    expect(moved).toMatchObject({ endpoint: { url: elsewhere }, replayed: false });
    expect(moved.secret).toBeUndefined();
  });

  it('keeps beside a secret which call made it, and nothing of its key', async () => {
    await registerWebhook({ owner: fresh, url }, agencyClient, call('key-1-long'), ports);
    const kept = await world.secrets.read(webhookSecretName(fresh));
    expect(JSON.parse(kept ?? '')).toMatchObject([{ madeBy: call('key-1-long').keyHash }]);
    expect(kept).not.toContain('key-1-long');
  });

  it('stays where it is when a call comes again after others have moved it (scenario 20)', async () => {
    await registerWebhook({ owner: fresh, url }, agencyClient, call('key-1-long'), ports);
    const moved = { owner: fresh, url: `${url}/2` };
    await registerWebhook(moved, agencyClient, call('key-2-long', { url: moved.url }), ports);
    const again = await registerWebhook({ owner: fresh, url }, agencyClient, call('key-1-long'), ports);
    expect(again).toMatchObject({ endpoint: { url: moved.url }, replayed: true });
    expect(again.secret).toBeUndefined();
  });

  it('keeps a change of its address that comes between another call’s read and write', async () => {
    await registerWebhook({ owner: fresh, url }, agencyClient, call('key-1-long'), ports);
    const registry = everyCall(world.registry, async (name, read) => {
      const answer = await read();
      const moved = { owner: fresh, url: `${url}/2` };
      if (name === 'endpointOf') await registerWebhook(moved, agencyClient, call('key-2-long', moved), ports);
      return answer;
    });
    await rotateWebhookSecret(fresh, agencyClient, call('key-3-long', null), { ...ports, registry });
    expect((await readWebhook(fresh, agencyClient, ports)).url).toBe(`${url}/2`);
  });

  it('asks for what moves money unless it says otherwise, and keeps what it asked for', async () => {
    const first = await registerWebhook({ owner: fresh, url }, agencyClient, call('key-1-long'), ports);
    expect(first.endpoint.events).toContain('invoice.paid.v1');
    expect(first.endpoint.events).not.toContain('invoice.created.v1');
    const events = ['invoice.created.v1' as const];
    await registerWebhook({ owner: fresh, url, events }, agencyClient, call('key-2-long'), ports);
    const kept = await registerWebhook({ owner: fresh, url }, agencyClient, call('key-3-long'), ports);
    expect(kept.endpoint.events).toEqual(events);
  });

  it('is refused at an address that may not be called, and no secret is made (scenario 70)', async () => {
    const refused = registerWebhook(
      { owner: fresh, url: 'https://127.0.0.1/' },
      agencyClient,
      call('key-1-long'),
      ports,
    );
    expect(await refusalOf(refused)).toBe('webhook_address_refused');
    const english = 'The host’s address is not a public one.';
    await expect(refused).rejects.toMatchObject({
      detail: { vi: 'Máy chủ không có địa chỉ IP công cộng.', en: english },
      errors: [{ pointer: '/body/url', message: english }],
    });
    expect(made).toBe(0);
    expect(await refusalOf(readWebhook(fresh, agencyClient, ports))).toBe('not_found');
  });

  it('has two secrets for a day after a new one was made, and three at most', async () => {
    const { secret: first } = await registerWebhook({ owner: fresh, url }, agencyClient, call('key-1-long'), ports);
    const { secret: second } = await rotateWebhookSecret(fresh, agencyClient, call('key-2-long'), ports);
    expect(await secretsOf()).toEqual([
      { secret: second, endsAt: null },
      { secret: first, endsAt: NOW + 86_400_000 },
    ]);
    const again = await rotateWebhookSecret(fresh, agencyClient, call('key-2-long'), ports);
    expect(again).toMatchObject({ replayed: true });
    expect(again.secret).toBeUndefined();
    await rotateWebhookSecret(fresh, agencyClient, call('key-3-long'), ports);
    await rotateWebhookSecret(fresh, agencyClient, call('key-4-long'), ports);
    expect(await secretsOf()).toHaveLength(3);
    world.clock.at += 86_400_001;
    const { secret: last } = await rotateWebhookSecret(fresh, agencyClient, call('key-5-long'), ports);
    expect((await secretsOf()).map((one) => one.secret)).toHaveLength(2);
    expect((await secretsOf())[0]?.secret).toBe(last);
  });

  it.each([
    ['an agency’s own client', agencyClient, owner, 'done'],
    ['an operator', operator, owner, 'done'],
    ['a client for itself', callerOf(client('portal')), 'client:portal', 'done'],
    ['a portal of the agency', callerOf(client('portal')), owner, 'not_found'],
    ['another client', callerOf(client('x')), 'client:portal', 'not_found'],
    ['another agency', callerOf(client('p', { kind: 'agency', agencies: [POLICE] })), owner, 'not_found'],
  ] as const)('may be seen by %s as %s', async (_, caller, whose, code) => {
    expect(await refusalOf((async () => requireOwner(whose, caller))())).toBe(code);
  });

  /** What is stored, newest first, and which call made it. */
  const Kept = z.array(z.object({ secret: z.string(), endsAt: z.int().nullable(), madeBy: z.string() }));
  const keptIn = async ({ secrets }: World) =>
    Kept.parse(JSON.parse((await secrets.read(webhookSecretName(fresh))) ?? '[]'));

  type Call = (dependencies: WebhookDependencies) => Promise<RegisteredWebhook>;
  const registering =
    (key: string): Call =>
    (dependencies) =>
      registerWebhook({ owner: fresh, url }, agencyClient, call(key), dependencies);
  const rotating =
    (key: string): Call =>
    (dependencies) =>
      rotateWebhookSecret(fresh, agencyClient, call(key, null), dependencies);

  /** Runs the calls at once, their steps in any order; answers what was shown, and the refusals. */
  const race = async (scheduler: fc.Scheduler, there: World, calls: readonly Call[]) => {
    const around = async (_: string, step: () => Promise<unknown>) => {
      await scheduler.schedule(Promise.resolve());
      return step();
    };
    const plain = portsOf(there);
    const dependencies = {
      ...plain,
      registry: everyCall(plain.registry, around),
      secrets: everyCall(plain.secrets, around),
    };
    const shown: string[] = [];
    const running = calls.map(async (one) => {
      const ended = one(dependencies).then(({ secret }) => secret !== undefined && shown.push(secret));
      expect(['done', 'version_conflict']).toContain(await refusalOf(ended));
    });
    await scheduler.waitFor(Promise.all(running));
    return shown;
  };

  it.each([
    ['with one key', ['key-1-long', 'key-1-long', 'key-1-long']],
    ['with keys of their own', ['key-1-long', 'key-2-long', 'key-3-long']],
  ])('shows one secret, the one that is stored, when first registrations %s meet', async (_, keys) => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), async (scheduler) => {
        const there = aWorld();
        const shown = await race(scheduler, there, keys.map(registering));
        expect((await keptIn(there)).map(({ secret }) => secret)).toEqual(shown);
        expect(shown).toHaveLength(1);
      }),
      { numRuns: 150 },
    );
  });

  it('has every secret that was shown when rotations meet, the last one in front', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), async (scheduler) => {
        const there = aWorld();
        await registering('key-0-long')(portsOf(there));
        const keys = ['key-1-long', 'key-2-long', 'key-3-long', 'key-1-long'];
        const shown = await race(scheduler, there, keys.map(rotating));
        const kept = await keptIn(there);
        expect(kept.map(({ secret }) => secret)).toEqual(expect.arrayContaining(shown));
        expect(new Set(shown).size).toBe(shown.length);
        expect(kept.map(({ endsAt }) => endsAt)).toEqual(
          kept.map((__, place) => (place === 0 ? null : NOW + 86_400_000)),
        );
        expect(kept[0]?.madeBy).toBe((await there.registry.endpointOf(fresh))?.lastRotation);
        expect(shown).toContain(kept[0]?.secret);
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    ['a first registration', 'before'],
    ['a first registration', 'after'],
    ['a rotation', 'before'],
    ['a rotation', 'after'],
  ] as const)('is whole again when %s crashes %s any step and comes again', async (what, when) => {
    const isFirst = what === 'a first registration';
    const run = isFirst ? registering('key-1-long') : rotating('key-1-long');
    for (let at = 0, crashed = true; crashed; at++) {
      const there = aWorld();
      const plain = portsOf(there);
      if (!isFirst) await registering('key-0-long')(plain);
      const older = await keptIn(there);
      const crash = crashAt(at, when);
      const around = {
        ...plain,
        registry: everyCall(plain.registry, crash.around),
        secrets: everyCall(plain.secrets, crash.around),
      };
      const ended = await run(around).then(
        ({ secret }) => secret,
        (error: unknown) => error,
      );
      crashed = ended instanceof Crash;
      const stored = (await keptIn(there)).length > older.length;
      const again = await run(plain);
      const kept = await keptIn(there);
      expect(kept).toHaveLength(older.length + 1);
      expect(kept[0]).toMatchObject({ endsAt: null, madeBy: call('key-1-long').keyHash });
      // Shown by the first call or by the second; by neither where the answer was lost after the secret was stored.
      if (!crashed) expect(ended).toBe(kept[0]?.secret);
      expect(again.secret).toBe(stored ? undefined : kept[0]?.secret);
      expect(again.replayed).toBe(stored);
    }
  });

  it('shows nobody a secret that was overtaken before it was stored', async () => {
    await registering('key-0-long')(ports);
    let overtaken = false;
    const registry = everyCall(world.registry, async (name, step) => {
      const answer = await step();
      if (name === 'changeEndpoint' && !overtaken) {
        overtaken = true;
        await rotating('key-2-long')(ports);
      }
      return answer;
    });
    expect(await refusalOf(rotating('key-1-long')({ ...ports, registry }))).toBe('version_conflict');
    expect((await keptIn(world)).map(({ madeBy }) => madeBy)).toEqual([
      call('key-2-long').keyHash,
      call('key-0-long').keyHash,
    ]);
    expect(await rotating('key-1-long')(ports)).toMatchObject({ replayed: true });
  });

  it('that was registered before secrets had a maker keeps its secret', async () => {
    const old = { secret: `whsec_${Buffer.alloc(32).toString('base64')}`, endsAt: null };
    await world.secrets.replace(webhookSecretName(fresh), JSON.stringify([old]), undefined);
    const record: WebhookEndpoint = { owner: fresh, url, events: [], updatedAt: NOW };
    await world.registry.changeEndpoint(fresh, () => record, { keyHash: 'old', bodyHash: 'old' });
    expect((await registering('key-1-long')(ports)).secret).toBeUndefined();
    const { secret } = await rotating('key-2-long')(ports);
    expect(await secretsOf()).toEqual([
      { secret, endsAt: null },
      { ...old, endsAt: NOW + 86_400_000 },
    ]);
  });
});
