import type { JournalEntry } from '../../shared/domain/ledger/journal.ts';
import { UNASSIGNED } from '../../shared/domain/ledger/ledger.ts';
import type { BlockedEndpoint } from '../../shared/domain/notification/blocked.ts';
import type { Delivery } from '../../shared/domain/notification/delivery.ts';
import { moneyEventsOf } from '../../shared/domain/notification/outgoing.ts';
import type { WebhookAnswer, WebhookMessage } from '../../shared/domain/notification/ports.ts';
import type { Replay } from '../../shared/domain/notification/replay.ts';
import { type WebhookEndpoint, WebhookEventType, type WebhookOwner } from '../../shared/domain/notification/webhook.ts';
import { catchUpDue } from '../../shared/usecases/catch-up.ts';
import { deliverOrHold } from '../../shared/usecases/deliver-or-hold.ts';
import { eventHash } from '../../shared/usecases/hashing.ts';
import { settleInFeed } from '../../shared/usecases/read-feed.ts';
import { entryOf } from '../domain/reconciliation/samples.ts';
import { MemoryEndpoints } from '../fakes/memory-endpoints.ts';
import { MemoryFeed } from '../fakes/memory-feed.ts';
import { MemoryJournal } from '../fakes/memory-journal.ts';
import { MemoryQueue } from '../fakes/memory-queue.ts';
import { MemoryReplays } from '../fakes/memory-replays.ts';
import { MemoryTellings } from '../fakes/memory-tellings.ts';
import { MemoryWork } from '../fakes/memory-work.ts';

/** Agencies and portals that are told, in memory: endpoints that go down and come back, journal, feed and clock. */

export const NOW = Date.parse('2026-11-20T12:00:00+07:00');
export const LAND = 'H29.12';
export const POLICE = 'H29.40';
export const LAND_OWNER: WebhookOwner = `agency:${LAND}`;
export const POLICE_OWNER: WebhookOwner = `agency:${POLICE}`;
export const PORTAL_OWNER: WebhookOwner = 'client:portal';

const urlOf = (owner: WebhookOwner): string => `https://hooks.example.gov.vn/${owner.replace(':', '/')}`;

export const blockedEndpoint = (
  owner: WebhookOwner,
  at: number,
  more: Partial<BlockedEndpoint> = {},
): BlockedEndpoint => ({
  owner,
  state: 'blocked',
  blockedSince: at,
  failingSince: at,
  cursor: { committedAt: at, movementId: '', late: 0 },
  nextProbeAt: at,
  failures: 1,
  why: 'timeout',
  version: 1,
  ...more,
});

/** A payment of its own invoice. */
export const paymentOf = (place: number, more: Partial<Omit<JournalEntry, 'amount'>> = {}): JournalEntry =>
  entryOf({
    transactionId: `T${place}`,
    invoiceNumber: String(480_000_000_000 + place),
    dossierCode: `${LAND}-${place}`,
    agencyCode: LAND,
    madeBy: 'portal',
    attempt: 1,
    attemptWas: 'live',
    sequence: 24,
    committedAt: NOW + place,
    ...more,
  });

export type Town = ReturnType<typeof aTown>;

export function aTown(owners: readonly WebhookOwner[] = [LAND_OWNER, POLICE_OWNER, PORTAL_OWNER]) {
  const clock = { at: NOW };
  const journal = new MemoryJournal();
  const feed = new MemoryFeed();
  const endpoints = new MemoryEndpoints();
  const exceptions = new MemoryWork();
  const replays = new MemoryReplays();
  const tellings = new MemoryTellings();
  const deliveries = new MemoryQueue<Delivery>();
  const down = new Set<WebhookOwner>();
  /** Ids of what each endpoint took, in order; and everything that was sent to it. */
  const heard = new Map<WebhookOwner, string[]>(owners.map((owner) => [owner, []]));
  let sent = 0;
  const registered = new Map<WebhookOwner, WebhookEndpoint>(
    owners.map((owner) => [owner, { owner, url: urlOf(owner), events: WebhookEventType.options, updatedAt: NOW }]),
  );
  const hooks = { beforeSend: async (_message: WebhookMessage): Promise<void> => undefined };
  const dependencies = {
    directory: { endpointOf: async (owner: WebhookOwner) => registered.get(owner) },
    secrets: { read: async () => JSON.stringify([{ secret: `whsec_${'A'.repeat(43)}=`, endsAt: null }]) },
    sender: {
      async send(message: WebhookMessage): Promise<WebhookAnswer> {
        await hooks.beforeSend(message);
        sent += 1;
        const owner = owners.find((one) => urlOf(one) === message.url);
        if (!owner || down.has(owner)) return { kind: 'failed', why: 'timeout' };
        heard.get(owner)?.push(message.eventId);
        return { kind: 'answered', status: 200 };
      },
    },
    now: () => clock.at,
    tellings,
    ...{ journal, watermark: feed, late: feed, blocked: endpoints, missed: endpoints, exceptions, replays, deliveries },
  };

  return {
    clock,
    journal,
    feed,
    endpoints,
    exceptions,
    replays,
    tellings,
    deliveries,
    down,
    heard,
    hooks,
    registered,
    dependencies,
    sends: () => sent,
    idsOf: (owner: WebhookOwner) => heard.get(owner) ?? [],

    /** Enters a movement as publishing does, and answers the deliveries that follow. */
    async publish(entry: JournalEntry): Promise<Delivery[]> {
      await journal.append(entry);
      await settleInFeed([entry], { watermark: feed, late: feed });
      const told: WebhookOwner[] = [`agency:${entry.agencyCode || UNASSIGNED}`, `client:${entry.madeBy}`];
      return moneyEventsOf(entry, eventHash).flatMap((event) =>
        told.filter((owner) => registered.has(owner)).map((owner) => ({ owner, event })),
      );
    },

    /** One attempt to deliver. */
    deliver: (delivery: Delivery, attempts = 1) => deliverOrHold(delivery, attempts, dependencies),

    /** Delivers until it is done with: taken, or held back. Answers how many messages were held meanwhile. */
    async deliverAll(messages: readonly Delivery[]): Promise<void> {
      for (const message of messages)
        for (let attempts = 1; ; attempts += 1) {
          const done = await deliverOrHold(message, attempts, dependencies);
          if (done.kind !== 'failed') break;
        }
    },

    /** The clock's minutes until nothing is due any more that answers, or so many have passed. */
    async minutes(count: number): Promise<{ runs: number; most: number }> {
      let [runs, most] = [0, 0];
      for (let minute = 0; minute < count; minute += 1) {
        clock.at += 60_000;
        await catchUpDue(dependencies, (_, { told }) => {
          runs += 1;
          most = Math.max(most, told);
        });
      }
      return { runs, most };
    },
  };
}

export const runningReplay = (more: Partial<Replay> = {}): Replay => ({
  replayId: `rpl_${'a'.repeat(22)}`,
  owner: LAND_OWNER,
  bodyHash: 'b'.repeat(22),
  agencyCode: LAND,
  state: 'running',
  sent: 0,
  requestedAt: NOW,
  version: 1,
  ...more,
});
