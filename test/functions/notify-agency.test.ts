import type { SQSRecord } from 'aws-lambda';
import { describe, expect, it } from 'vitest';
import { type NotifyDependencies, notifyAgencies } from '../../functions/notify-agency/notify.ts';
import { InvoiceNumber } from '../../shared/domain/invoice/number.ts';
import type { WebhookAnswer, WebhookMessage } from '../../shared/domain/notification/ports.ts';
import { DEFAULT_EVENTS, type WebhookEndpoint, webhookSecretName } from '../../shared/domain/notification/webhook.ts';
import { blockedEndpoint } from '../dsl/notifying.ts';
import { MemoryEndpoints } from '../fakes/memory-endpoints.ts';
import { MemoryFeed } from '../fakes/memory-feed.ts';
import { MemoryTellings } from '../fakes/memory-tellings.ts';

const NOW = 1_795_000_000_000;
const OWNER = 'agency:H29.12';
const secret = (fill: number) => `whsec_${Buffer.alloc(32, fill).toString('base64')}`;

const endpoint: WebhookEndpoint = {
  owner: OWNER,
  url: 'https://hooks.agency.example/',
  events: [...DEFAULT_EVENTS],
  updatedAt: NOW,
};
const time = '2026-11-18T16:53:20+07:00';
const event = { id: 'evt_480213567890_2', type: 'invoice.paid.v1', time, sequence: 2, later: { member: true } };

const record = (body: unknown, receives = 1, id = 'm1'): SQSRecord => ({
  messageId: id,
  receiptHandle: `handle-${id}`,
  body: typeof body === 'string' ? body : JSON.stringify(body),
  attributes: {
    ApproximateReceiveCount: String(receives),
    SentTimestamp: '0',
    SenderId: 'x',
    ApproximateFirstReceiveTimestamp: '0',
  },
  messageAttributes: {},
  md5OfBody: '',
  eventSource: 'aws:sqs',
  eventSourceARN: 'arn:aws:sqs:ap-southeast-1:000000000000:deliveries',
  awsRegion: 'ap-southeast-1',
});

type World = {
  endpoint?: WebhookEndpoint | undefined;
  secrets?: string | undefined;
  answers?: WebhookAnswer;
  directoryFails?: boolean;
  hideFails?: boolean;
};

/** The function on fakes; `told` is what went out. */
function given(world: World = {}) {
  const told: WebhookMessage[] = [];
  const hidden: [string, number][] = [];
  const logged: [string, object][] = [];
  const secrets = 'secrets' in world ? world.secrets : JSON.stringify([{ secret: secret(1), endsAt: null }]);
  const endpoints = new MemoryEndpoints();
  const tellings = new MemoryTellings();
  const dependencies: NotifyDependencies = {
    blocked: endpoints,
    missed: endpoints,
    late: new MemoryFeed(),
    directory: {
      endpointOf: async () => {
        if (world.directoryFails) throw new Error('throttled');
        return 'endpoint' in world ? world.endpoint : endpoint;
      },
    },
    secrets: { read: async (name) => (name === webhookSecretName(OWNER) ? secrets : undefined) },
    sender: {
      send: async (message) => {
        told.push(message);
        return world.answers ?? { kind: 'answered', status: 200 };
      },
    },
    tellings,
    now: () => NOW,
    hide: async (handle, seconds) => {
      if (world.hideFails) throw new Error('no such receipt');
      hidden.push([handle, seconds]);
    },
    log: { warn: (text, fields) => logged.push([text, fields]), error: (text, fields) => logged.push([text, fields]) },
  };
  return { run: notifyAgencies(dependencies), told, hidden, logged, endpoints, tellings };
}

describe('telling an agency', () => {
  it('sends the event as it was made, members unknown here included, with its own id', async () => {
    const { run, told, hidden } = given();
    expect(await run({ Records: [record({ owner: OWNER, event })] })).toEqual({ batchItemFailures: [] });
    expect(told).toHaveLength(1);
    expect(told[0]).toMatchObject({ url: endpoint.url, eventId: event.id, secrets: [secret(1)], at: NOW });
    expect(JSON.parse(told[0]?.body ?? '')).toEqual(event);
    expect(hidden).toEqual([]);
  });

  it('notes for the trace what became of it, each once', async () => {
    const about = { ...event, id: 'evt_480213567890_paid' };
    const taken = given();
    const number = InvoiceNumber.parse('480213567890');
    for (const _ of ['once', 'again']) await taken.run({ Records: [record({ owner: OWNER, event: about })] });
    expect(await taken.tellings.ofInvoice(number)).toEqual([
      { eventId: about.id, type: about.type, owner: OWNER, toldAt: NOW },
    ]);
    const refused = given({ answers: { kind: 'answered', status: 410 } });
    await refused.run({ Records: [record({ owner: OWNER, event: about })] });
    expect(await refused.tellings.ofInvoice(number)).toMatchObject([{ failedAt: NOW, why: 'refused' }]);
    const silent = given({ endpoint: undefined });
    await silent.run({ Records: [record({ owner: OWNER, event: about })] });
    expect(await silent.tellings.ofInvoice(number)).toEqual([]);
  });

  it.each([
    ['no endpoint is registered', undefined, 'invoice.paid.v1'],
    ['the endpoint did not ask for the type', endpoint, 'invoice.created.v1'],
    ['the type is one of a newer version', endpoint, 'invoice.paid.v9'],
  ])('is done with the message when %s', async (_name, registered, type) => {
    const { run, told } = given({ endpoint: registered });
    const batch = { Records: [record({ owner: OWNER, event: { ...event, type } })] };
    expect(await run(batch)).toEqual({ batchItemFailures: [] });
    expect(told).toEqual([]);
  });

  it('signs with every secret that is still valid: rotation', async () => {
    const kept = [
      { secret: secret(1), endsAt: null },
      { secret: secret(2), endsAt: NOW + 1 },
      { secret: secret(3), endsAt: NOW },
    ];
    const { run, told } = given({ secrets: JSON.stringify(kept) });
    await run({ Records: [record({ owner: OWNER, event })] });
    expect(told[0]?.secrets).toEqual([secret(1), secret(2)]);
  });

  it.each([undefined, '[]', JSON.stringify([{ secret: secret(1), endsAt: NOW - 1 }]), 'not json'])(
    'sends nothing unsigned: secrets %s',
    async (secrets) => {
      const { run, told } = given({ secrets });
      const answer = await run({ Records: [record({ owner: OWNER, event })] });
      expect(answer.batchItemFailures).toEqual([{ itemIdentifier: 'm1' }]);
      expect(told).toEqual([]);
    },
  );
});

describe('a delivery that fails', () => {
  it.each([301, 307, 400, 404, 410, 429, 500, 503])('comes again after status %i', async (status) => {
    const { run, hidden } = given({ answers: { kind: 'answered', status } });
    const answer = await run({ Records: [record({ owner: OWNER, event })] });
    expect(answer.batchItemFailures).toEqual([{ itemIdentifier: 'm1' }]);
    expect(hidden).toEqual([['handle-m1', 5]]);
  });

  it.each([
    [1, 5],
    [2, 30],
    [3, 120],
    [4, 600],
  ])('after attempt %i waits %i seconds', async (receives, seconds) => {
    const { run, hidden } = given({ answers: { kind: 'failed', why: 'timeout' } });
    await run({ Records: [record({ owner: OWNER, event }, receives)] });
    expect(hidden).toEqual([['handle-m1', seconds]]);
  });

  it('blocks its endpoint after the fifth attempt, and is done with: one item, and no message (scenario 48)', async () => {
    const { run, hidden, endpoints, logged } = given({ answers: { kind: 'failed', why: 'timeout' } });
    expect(await run({ Records: [record({ owner: OWNER, event }, 5)] })).toEqual({ batchItemFailures: [] });
    expect(hidden).toEqual([]);
    expect(await endpoints.all()).toEqual([
      expect.objectContaining({ owner: OWNER, state: 'blocked', why: 'timeout' }),
    ]);
    expect(logged).toEqual([['endpoint.blocked', { owner: OWNER, eventId: event.id, attempts: 5 }]]);
  });

  it.each([
    [5, 900],
    [6, 900],
    [400, 900],
  ])('waits %i attempts long, %i seconds, where our own stores cannot be reached', async (receives, seconds) => {
    const { run, hidden } = given({ directoryFails: true });
    await run({ Records: [record({ owner: OWNER, event }, receives)] });
    expect(hidden).toEqual([['handle-m1', seconds]]);
  });

  it('is not even tried while its endpoint is blocked (scenario 48)', async () => {
    const { run, told, endpoints } = given();
    await endpoints.block(blockedEndpoint(OWNER, NOW));
    expect(await run({ Records: [record({ owner: OWNER, event })] })).toEqual({ batchItemFailures: [] });
    expect(told).toEqual([]);
    expect(await endpoints.first(OWNER, 9)).toEqual([event]);
  });

  it('returns only itself: its neighbours in the batch are done', async () => {
    const { run } = given();
    const batch = {
      Records: [
        record({ owner: OWNER, event }, 1, 'm1'),
        record('{', 1, 'm2'),
        record({ owner: OWNER, event }, 1, 'm3'),
      ],
    };
    expect(await run(batch)).toEqual({ batchItemFailures: [{ itemIdentifier: 'm2' }] });
  });

  it.each([
    '{',
    '[]',
    '{}',
    JSON.stringify({ owner: 'nobody', event }),
    JSON.stringify({ owner: OWNER, event: { id: 'evt_1' } }),
  ])('goes to the dead letters without waiting, loudly, when it is unreadable: %s', async (body) => {
    const { run, hidden, logged, told } = given();
    expect((await run({ Records: [record(body, 3)] })).batchItemFailures).toHaveLength(1);
    expect(hidden).toEqual([['handle-m1', 0]]);
    expect(logged).toEqual([['delivery.unreadable', { messageId: 'm1' }]]);
    expect(told).toEqual([]);
  });

  it('comes again when the registry cannot be read, and when the gap cannot be set', async () => {
    for (const world of [
      { directoryFails: true },
      { hideFails: true, answers: { kind: 'answered', status: 500 } as const },
    ]) {
      const { run } = given(world);
      expect((await run({ Records: [record({ owner: OWNER, event })] })).batchItemFailures).toHaveLength(1);
    }
  });

  it('is logged without the address, the secret or the body', async () => {
    const { run, logged } = given({ answers: { kind: 'answered', status: 500 } });
    await run({ Records: [record({ owner: OWNER, event })] });
    expect(logged).toEqual([
      ['delivery.failed', { owner: OWNER, eventId: event.id, attempts: 1, gapSeconds: 5, why: 'refused', status: 500 }],
    ]);
  });
});
