import { beforeEach, describe, expect, it } from 'vitest';
import { InvoiceNumber } from '../../shared/domain/invoice/number.ts';
import { dong } from '../../shared/domain/money/dong.ts';
import { paymentReference } from '../../shared/domain/payment/reference.ts';
import { InboxMessage, receiveCallback } from '../../shared/usecases/receive-callback.ts';
import { anAttempt, anInvoice, NUMBER } from '../dsl/given.ts';
import { everyCall } from '../dsl/invoicing.ts';
import { type PaperNotice, paperCallback } from '../dsl/paper-bank.ts';
import {
  aWorld,
  invoiceOf,
  LAND,
  LAND_AT_ONE,
  NOW,
  POLICE_AT_ONE,
  SHARED_AT_ONE,
  TOTAL,
  type World,
} from '../dsl/world.ts';

const notice = (more: Partial<PaperNotice> = {}): PaperNotice => ({
  terminal: LAND_AT_ONE,
  reference: paymentReference(NUMBER, 1),
  outcome: 'paid',
  amount: TOTAL,
  currency: 'VND',
  transactionId: 'T1',
  paidAt: NOW,
  resultCode: '00',
  ...more,
});

let world: World;
beforeEach(() => {
  world = aWorld();
  anInvoice('open')(world);
});

/** A callback as it stands, with ports that note their calls. */
async function receive(callback: Parameters<typeof receiveCallback>[1], note: string[] = []) {
  const provider = world.providers.get('bank-one');
  if (!provider) throw new Error('no bank');
  const noting = <Port extends object>(port: Port, of: string): Port =>
    everyCall(port, (name, call) => {
      note.push(`${of}.${name}`);
      return call();
    });
  return receiveCallback(provider, callback, {
    registry: noting(world.registry, 'registry'),
    secrets: noting(world.secrets, 'secrets'),
    invoices: noting(world.invoices, 'invoices'),
    inbox: noting(world.inbox, 'inbox'),
    now: world.now,
  });
}

const keyOf = (terminal: string) => `key of ${terminal}`;

describe('a callback', () => {
  it('is verified, looked up, put in the inbox and acknowledged, in this order', async () => {
    const calls: string[] = [];
    const { acknowledgement, answer, refusal } = await receive(paperCallback(notice(), keyOf(LAND_AT_ONE)), calls);
    expect(acknowledgement).toBe('accepted');
    expect(answer.body).toBe('accepted');
    expect(refusal).toBeUndefined();
    expect(calls).toEqual(['registry.accountsAtTerminal', 'secrets.read', 'invoices.findFacts', 'inbox.send']);
  });

  it('goes into the inbox with what the decision needs, and nothing of the payer', async () => {
    await receive(paperCallback(notice(), keyOf(LAND_AT_ONE)));
    const [message] = world.inbox.take();
    expect(InboxMessage.parse(message)).toEqual(message);
    expect(message).toMatchObject({
      v: 1,
      notice: { transactionId: 'T1', amount: TOTAL },
      facts: { number: NUMBER, state: 'open', due: TOTAL, movements: [] },
      owner: { merchantAccountId: 'land-one', agencyCode: LAND },
    });
    expect(JSON.stringify(message?.facts)).not.toContain('Nguyễn');
    expect(JSON.stringify(message?.facts)).not.toContain('evidence');
  });

  it.each<[string, Partial<PaperNotice>, string, boolean]>([
    ['is accepted when it pays', {}, 'accepted', true],
    ['is accepted when it declines', { outcome: 'declined' }, 'accepted', true],
    ['is accepted when nothing is final', { outcome: 'pending' }, 'accepted', true],
    ['is accepted when nobody knows what it means', { outcome: 'review' }, 'accepted', true],
    ['of another amount is told so, and kept', { amount: dong(TOTAL - 1) }, 'wrongAmount', true],
    ['without a readable amount is told so, and kept', { amount: null }, 'wrongAmount', true],
    ['in another currency is told so, and kept', { currency: 'USD' }, 'wrongAmount', true],
    [
      'of another attempt is an unknown order, and kept',
      { reference: paymentReference(NUMBER, 2) },
      'unknownOrder',
      true,
    ],
    ['of no reference of ours is an unknown order, and kept', { reference: 'DVC-1' }, 'unknownOrder', true],
    ['of another terminal is an unknown order, and kept', { terminal: POLICE_AT_ONE }, 'unknownOrder', true],
  ])('%s', async (_, more, acknowledgement, kept) => {
    const said = notice(more);
    expect((await receive(paperCallback(said, keyOf(said.terminal)))).acknowledgement).toBe(acknowledgement);
    expect(world.inbox.sent).toBe(kept ? 1 : 0);
  });

  it.each(['failed', 'expired', 'succeeded'] as const)(
    'that declines an attempt that is %s is a duplicate',
    async (state) => {
      anInvoice('open', { attempts: [anAttempt(state)] })(world);
      const said = notice({ outcome: 'declined' });
      expect((await receive(paperCallback(said, keyOf(said.terminal)))).acknowledgement).toBe('duplicate');
      expect(world.inbox.sent).toBe(0);
    },
  );

  it('belongs to nobody in particular at a terminal that agencies share', async () => {
    await receive(paperCallback(notice({ terminal: SHARED_AT_ONE, reference: 'X' }), keyOf(SHARED_AT_ONE)));
    expect(world.inbox.take()[0]?.owner).toEqual({
      merchantAccountId: 'bank-one.ONE-SHARED',
      agencyCode: 'unassigned',
    });
  });

  it('asks again, strongly, before it says that something is not there', async () => {
    const found: boolean[] = [];
    const invoices = {
      findFacts: (number: typeof NUMBER, how: { consistent: boolean }) => {
        found.push(how.consistent);
        return how.consistent ? world.invoices.findFacts(number) : Promise.resolve(undefined);
      },
    };
    const provider = world.providers.get('bank-one');
    if (!provider) throw new Error('no bank');
    const ports = { registry: world.registry, secrets: world.secrets, invoices, inbox: world.inbox, now: world.now };
    const received = await receiveCallback(provider, paperCallback(notice(), keyOf(LAND_AT_ONE)), ports);
    expect(received.acknowledgement).toBe('accepted');
    expect(found).toEqual([false, true]);
  });
});

describe('a callback that is not the provider’s word', () => {
  const genuine = () => paperCallback(notice(), keyOf(LAND_AT_ONE));

  it.each<[string, () => Parameters<typeof receiveCallback>[1], string]>([
    ['without a signature', () => ({ ...genuine(), headers: {} }), 'signature'],
    ['with an empty signature', () => ({ ...genuine(), headers: { 'x-signature': '' } }), 'signature'],
    ['signed by another terminal’s key', () => paperCallback(notice(), keyOf(POLICE_AT_ONE)), 'signature'],
    [
      'with another body',
      () => ({ ...genuine(), body: Buffer.from(JSON.stringify(notice({ amount: dong(1) }))) }),
      'signature',
    ],
    [
      'of a terminal that nobody has',
      () => paperCallback(notice({ terminal: 'NOBODY' }), keyOf('NOBODY')),
      'unknownTerminal',
    ],
    ['that cannot be read', () => ({ ...genuine(), body: Buffer.from('{') }), 'malformed'],
  ])('%s looks nothing up and touches nothing (scenarios 9, 12)', async (_, callback, refusal) => {
    const calls: string[] = [];
    const before = world.invoices.items();
    expect(await receive(callback(), calls)).toMatchObject({ acknowledgement: 'badSignature', refusal });
    expect(calls.filter((call) => call.startsWith('invoices') || call.startsWith('inbox'))).toEqual([]);
    expect(world.inbox.sent).toBe(0);
    expect(world.invoices.items()).toEqual(before);
  });

  it('is refused while its terminal has no secret', async () => {
    const registry = { accountsAtTerminal: async () => world.registry.atProvider('bank-one') };
    const provider = world.providers.get('bank-one');
    if (!provider) throw new Error('no bank');
    const received = await receiveCallback(provider, paperCallback(notice({ terminal: 'NEW' }), ''), {
      registry,
      secrets: world.secrets,
      invoices: world.invoices,
      inbox: world.inbox,
      now: world.now,
    });
    expect(received).toMatchObject({ acknowledgement: 'badSignature', refusal: 'unknownTerminal' });
  });
});

describe('a callback that cannot be taken in now', () => {
  it.each(['inbox', 'secrets'] as const)(
    'throws while the %s is down: nothing is acknowledged (scenarios 13, 50)',
    async (what) => {
      world[what].outage = new Error('down');
      await expect(receive(paperCallback(notice(), keyOf(LAND_AT_ONE)))).rejects.toThrow('down');
      world[what].outage = undefined;
      expect((await receive(paperCallback(notice(), keyOf(LAND_AT_ONE)))).acknowledgement).toBe('accepted');
    },
  );
});

/** Payments a second on a usual day, and how many times as many come at once for a while. */
const USUAL_RATE = 22;
const BURST = 50;

describe('fifty times the usual rate', () => {
  it('is in the inbox before it is acknowledged, and each is entered once when the backlog drains (scenario 15)', async () => {
    const numbers = Array.from({ length: USUAL_RATE * BURST }, (_, place) =>
      InvoiceNumber.parse(String(480_300_000_000 + place)),
    );
    for (const number of numbers) world.invoices.place(invoiceOf(number, { attempts: [anAttempt('pending')] }));
    const told = await Promise.all(
      numbers.flatMap((number) => {
        const said = notice({ reference: paymentReference(number, 1), transactionId: `T${number}` });
        // One in fifty comes twice.
        return Array.from({ length: Number(number) % BURST === 0 ? 2 : 1 }, () => world.callback('bank-one', said));
      }),
    );
    expect(new Set(told)).toEqual(new Set(['accepted']));
    expect(numbers.every((number) => stateOf(number) === 'open')).toBe(true);
    // The queue brings some of them twice, and turns batches away: whatever comes again changes nothing.
    const waiting = world.inbox.take();
    expect(waiting).toHaveLength(told.length);
    await world.inbox.sendAll([...waiting, ...waiting.slice(0, BURST)]);
    const outcomes = await world.post();
    expect(outcomes.filter((outcome) => outcome === 'posted')).toHaveLength(numbers.length);
    expect(new Set(outcomes)).toEqual(new Set(['posted', 'alreadyPosted']));
    expect(numbers.every((number) => stateOf(number) === 'paid')).toBe(true);
  });

  function stateOf(number: InvoiceNumber) {
    const item = world.invoices.at(number);
    return item?.kind === 'invoice' ? item.invoice.state : undefined;
  }
});
