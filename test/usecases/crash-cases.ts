import type { Invoice } from '../../shared/domain/invoice/invoice.ts';
import { InvoiceNumber, invoiceId } from '../../shared/domain/invoice/number.ts';
import { webhookSecretName } from '../../shared/domain/notification/webhook.ts';
import { MAX_MOVEMENTS } from '../../shared/domain/payment/movement.ts';
import { paymentReference } from '../../shared/domain/payment/reference.ts';
import { endOfDay, startOfDay } from '../../shared/domain/time.ts';
import { cancelInvoice } from '../../shared/usecases/cancel-invoice.ts';
import type { DeliverDependencies } from '../../shared/usecases/deliver-event.ts';
import { deliverEvent } from '../../shared/usecases/deliver-event.ts';
import { EXPIRY_GRACE_MILLISECONDS, expireInvoices } from '../../shared/usecases/expire-invoices.ts';
import { postPayment } from '../../shared/usecases/post-payment.ts';
import { publishChange } from '../../shared/usecases/publish-change.ts';
import { InboxMessage, receiveCallback } from '../../shared/usecases/receive-callback.ts';
import { startPayment } from '../../shared/usecases/start-payment.ts';
import { type Around, type CrashCase, through } from '../dsl/crash-matrix.ts';
import { anAttempt, anInvoice, NUMBER } from '../dsl/given.ts';
import { nobody, type PaperNotice, paperCallback } from '../dsl/paper-bank.ts';
import { aWorld, invoiceOf, LAND, LAND_AT_ONE, NOW, PORTAL, type World } from '../dsl/world.ts';
import { standing } from '../fakes/memory-states.ts';
import { MemoryTellings } from '../fakes/memory-tellings.ts';
import { creationCases, made } from './crash-cases-of-creation.ts';

/** Cases of the crash matrix: what portals, banks and the clock set going. Each use case that writes has some. */

const wait = ({ clock }: World, milliseconds: number): void => {
  clock.at += milliseconds;
};

/** Everything that lies in the world; a message that is there twice counts once, as whoever takes it makes sure. */
const everything = (world: World) => ({
  items: world.invoices.items().sort((one, other) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1)),
  journal: world.journal.entries(),
  work: world.work.contents(),
});

/** Works on the invoice {@link NUMBER}. */
function onInvoice(
  useCase: string,
  story: string,
  invoice: Partial<Invoice>,
  call: (world: World, around: Around) => Promise<unknown>,
  answer: (answer: unknown) => unknown = () => undefined,
): CrashCase<World> {
  const world = () => {
    const there = aWorld();
    there.invoices.place(invoiceOf(NUMBER, invoice));
    return there;
  };
  return { useCase, story, world, call, state: everything, wait, answer };
}

const starting =
  (providerId: string) =>
  ({ invoices, registry, providers, secrets, now }: World, around: Around) =>
    startPayment(
      { invoiceId: invoiceId(NUMBER), providerId, returnUrl: 'https://portal.example.gov.vn/back', language: 'vi' },
      PORTAL,
      'key-1-long',
      {
        invoices: through(invoices, around),
        registry: through(registry, around),
        providers,
        secrets: through(secrets, around),
        hashKeys: ['the key of hashes'],
        caller: nobody,
        ...standing(now),
        now,
      },
    );
const started = (answer: unknown) => {
  const { index, next } = answer as { index: number; next: { url: string } };
  // The instants in the address are those of the attempt, which may have been made later.
  return { index, reference: new URL(next.url).searchParams.get('ref') };
};

const notice: PaperNotice = {
  terminal: LAND_AT_ONE,
  reference: paymentReference(NUMBER, 1),
  outcome: 'paid',
  amount: 50_000 as never,
  currency: 'VND',
  transactionId: 'T1',
  paidAt: NOW - 1000,
  resultCode: '00',
};

const attempts = [anAttempt('pending', { expiresAt: NOW + 60 * 60_000 })];
const callback = paperCallback(notice, `key of ${LAND_AT_ONE}`);

/** Money in every place but the one that is kept for the payment. */
const crowded = Object.fromEntries(
  Array.from({ length: MAX_MOVEMENTS - 1 }, (_, index) => {
    const movementId = `mov_bank-one_ODD${index}` as const;
    return [
      movementId,
      {
        movementId,
        kind: 'unmatched' as const,
        category: 'AMOUNT_UNDER' as const,
        amount: 1 as never,
        providerId: 'bank-one',
        merchantAccountId: 'land-one',
        terminal: LAND_AT_ONE,
        transactionId: `ODD${index}`,
        attempt: 1,
        paidAt: NOW,
        committedAt: NOW,
        lines: [
          { side: 'debit' as const, account: 'clearing:land-one', amount: 1 as never },
          { side: 'credit' as const, account: `unmatched:${LAND}`, amount: 1 as never },
        ],
        evidence: 'odd',
      },
    ];
  }),
);

/** One notice from the inbox, brought back by the queue until it is done, then published. */
function posting(story: string, given: (world: World) => void, said: Partial<PaperNotice> = {}): CrashCase<World> {
  const messages = new WeakMap<World, InboxMessage>();
  return {
    useCase: 'post-payment',
    story,
    world: async () => {
      const world = aWorld();
      given(world);
      await world.callback('bank-one', { ...notice, ...said });
      const [message] = world.inbox.take();
      messages.set(world, InboxMessage.parse(message));
      return world;
    },
    call: async (world, around) => {
      const message = messages.get(world);
      if (!message) throw new Error('nothing came into the inbox');
      await postPayment(message, { invoices: through(world.invoices, around), now: world.now });
    },
    state: everything,
    wait,
  };
}

const open =
  (more: Partial<Invoice> = {}) =>
  (world: World) =>
    world.invoices.place(invoiceOf(NUMBER, { attempts, expiresAt: NOW + 24 * 60 * 60_000, ...more }));

const told = new WeakMap<World, Map<string, string>>();
const publishing = (story: string, said: Partial<PaperNotice>): CrashCase<World> => ({
  useCase: 'publish-change',
  story,
  world: async () => {
    const world = aWorld();
    anInvoice('open', { attempts })(world);
    await world.callback('bank-one', { ...notice, ...said });
    await world.post();
    told.set(world, new Map());
    return world;
  },
  call: async (world, around) => {
    for (const change of world.invoices.changes)
      await publishChange(
        { ...change, at: NOW },
        {
          journal: through(world.journal, around),
          watermark: through(world.feed, around),
          late: through(world.feed, around),
          exceptions: through(world.work, around),
          directory: through(world.registry, around),
          receiptOrders: through(world.receiptOrders, around),
          deliveries: through(
            {
              sendAll: async (all: readonly { owner: string; event: { id: string } }[]) => {
                for (const one of all) told.get(world)?.set(`${one.owner} ${one.event.id}`, JSON.stringify(one));
              },
            },
            around,
          ),
        },
      );
  },
  state: (world) => ({ ...everything(world), told: [...(told.get(world) ?? [])] }),
  wait,
});

const applied = new WeakMap<World, Map<string, string>>();
const delivering: CrashCase<World> = {
  useCase: 'deliver-event',
  story: 'an endpoint applies an event by its id',
  world: async () => {
    const world = aWorld();
    const secret = [{ secret: 'whsec_c2ltdWxhdGlvbnNlY3JldHNpbXVsYXRpb24=', endsAt: null }];
    await world.secrets.write(webhookSecretName(`agency:${LAND}`), JSON.stringify(secret), 'test');
    applied.set(world, new Map());
    return world;
  },
  call: (world, around) => {
    const sender: DeliverDependencies['sender'] = {
      send: async ({ eventId, body }) => {
        applied.get(world)?.set(eventId, body);
        return { kind: 'answered', status: 200 };
      },
    };
    const event = { id: 'evt_480213567890_paid', type: 'invoice.paid.v1' };
    return deliverEvent(
      { owner: `agency:${LAND}`, event },
      {
        directory: through(world.registry, around),
        secrets: through(world.secrets, around),
        sender: through(sender, around),
        tellings: through(new MemoryTellings(), around),
        now: world.now,
      },
    );
  },
  state: (world) => [...(applied.get(world) ?? [])],
  wait,
};

const DUE_ON = '2026-12-05';
const AFTER_GRACE = endOfDay(DUE_ON) + EXPIRY_GRACE_MILLISECONDS + 1;

const expiring: CrashCase<World> = {
  useCase: 'expire-invoices',
  story: 'a day with usual deadlines and one of its own',
  world: async () => {
    const world = aWorld();
    world.clock.at = AFTER_GRACE;
    for (let index = 0; index < 3; index += 1) {
      const number = InvoiceNumber.parse(String(100_000_000_000 + index));
      const createdAt = startOfDay('2026-11-20') + index;
      world.invoices.place(invoiceOf(number, { createdAt, expiresAt: endOfDay(DUE_ON) }));
    }
    const own = InvoiceNumber.parse('200000000000');
    world.invoices.place(invoiceOf(own, { expiresAt: startOfDay(DUE_ON) + 1 }));
    await world.dueDays.remember({ expiresAt: startOfDay(DUE_ON) + 1, number: own });
    return world;
  },
  call: ({ invoices, registry, dueDays, now }, around) =>
    expireInvoices(DUE_ON, {
      invoices: through(invoices, around),
      registry: through(registry, around),
      dueDays: through(dueDays, around),
      now,
    }),
  state: everything,
  wait,
};

const receiving = onInvoice(
  'receive-callback',
  'a genuine callback',
  { attempts },
  async (world, around) => {
    const provider = world.providers.get('bank-one');
    if (!provider) throw new Error('no bank');
    const { acknowledgement } = await receiveCallback(provider, callback, {
      registry: through(world.registry, around),
      secrets: through(world.secrets, around),
      invoices: through(world.invoices, around),
      inbox: through({ send: (message: InboxMessage) => world.inbox.send(message) }, around),
      now: world.now,
    });
    return acknowledgement;
  },
  (acknowledgement) => acknowledgement,
);

/** What lies in the inbox counts by what the posting makes of it. */
const received: CrashCase<World> = {
  ...receiving,
  state: (world) => ({ inbox: [...new Set(world.inbox.look())] }),
};

// biome-ignore lint/suspicious/noExplicitAny: each case has a world of its own, and gives and takes no other.
export const flowCases: readonly CrashCase<any>[] = [
  ...creationCases,
  onInvoice('start-payment', 'the first attempt', {}, starting('bank-one'), started),
  onInvoice('start-payment', 'shared with the attempt that is there', { attempts }, starting('bank-one'), started),
  onInvoice('start-payment', 'beside an attempt at another bank', { attempts }, starting('bank-two'), started),
  onInvoice(
    'cancel-invoice',
    'an open one',
    {},
    ({ invoices, now }, around) =>
      cancelInvoice(invoiceId(NUMBER), PORTAL, { invoices: through(invoices, around), now }),
    made,
  ),
  received,
  posting('the amount due', open()),
  posting('the amount due, in the last place', open({ movements: crowded })),
  posting('money beyond what the invoice bears', open({ movements: crowded }), { amount: 7 as never }),
  posting('money for no invoice', () => undefined),
  posting('a decline', open(), { outcome: 'declined' }),
  posting('money after a cancellation', open({ state: 'cancelled' })),
  posting('a word that nobody can read', open(), { amount: null }),
  publishing('a payment', {}),
  publishing('money of another amount', { amount: 7 as never }),
  publishing('a word that nobody can read', { amount: null }),
  delivering,
  expiring,
];
