import type { SQSRecord } from 'aws-lambda';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { ThuphiEvent } from '../../events/index.ts';
import { issueOrders } from '../../functions/issue-receipts/issue.ts';
import { MAX_ADDED } from '../../shared/domain/receipt/book.ts';
import { issueReceipts, NumbersContended } from '../../shared/usecases/issue-receipts.ts';
import {
  aMovement,
  aReceiptWorld,
  paidInvoice,
  REGISTERED,
  RUN,
  registered,
  reversed,
  withMovements,
} from '../dsl/receipts.ts';
import { LAND, POLICE } from '../dsl/world.ts';

const numberOf = (index: number): string => String(480_213_560_000 + index);

async function aWorldOf(count: number) {
  const world = aReceiptWorld();
  const invoices = Array.from({ length: count }, (_, index) => paidInvoice(numberOf(index)));
  for (const invoice of invoices) await world.invoices.create(invoice);
  return { world, invoices };
}
const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

describe('issuing receipts', () => {
  it('numbers, signs and tells of the receipts of a paid invoice', async () => {
    const { world, invoices } = await aWorldOf(1);
    expect(await world.issue(invoices[0] ?? paidInvoice())).toEqual({ numbered: 2, signed: 2 });
    const [phi, lePhi] = await world.receipts.ofInvoice(invoices[0]?.number ?? paidInvoice().number);
    expect(phi).toMatchObject({ kind: 'phi', number: 1, symbol: '26TAA', form: 'EBL01', total: 30_000 });
    expect(phi?.lines.map(({ name }) => name)).toEqual(['Phí khai thác <dữ liệu>']);
    expect(lePhi).toMatchObject({ kind: 'le_phi', number: 2, total: 20_000 });
    expect(lePhi?.lines.map(({ name }) => name)).toEqual(['Biên lai thu lệ phí (1.004222-01)']);
    expect([phi?.xml, lePhi?.xml].every((xml) => xml?.includes('<Signature '))).toBe(true);
    const told = world.deliveries.take();
    expect(told.map(({ owner, event }) => [owner, event.id])).toEqual([
      [`agency:${LAND}`, `evt_${numberOf(0)}_receipt_1`],
      [`agency:${LAND}`, `evt_${numberOf(0)}_receipt_2`],
    ]);
    for (const { event } of told) expect(ThuphiEvent.parse(event)).toBeDefined();
    expect(JSON.stringify(told)).not.toMatch(/Nguyễn|1234/);
  });

  it('does nothing when it comes again', async () => {
    const { world, invoices } = await aWorldOf(1);
    for (const times of [2, 0, 0])
      expect(await world.issue(invoices[0] ?? paidInvoice())).toEqual({ numbered: times, signed: times });
    expect(world.signer.signed).toBeGreaterThan(0);
    expect(world.numbersOf()).toEqual([1, 2]);
  });

  it('does nothing for an agency that gives none, and for an invoice that is none', async () => {
    const world = aReceiptWorld();
    const invoice = paidInvoice(undefined, { agencyCode: POLICE });
    await world.invoices.create(invoice);
    expect(await world.issue(invoice)).toEqual({ numbered: 0, signed: 0 });
    expect(await world.issue(paidInvoice('480213567999'))).toEqual({ numbered: 0, signed: 0 });
  });

  it('gives 50 invoices at once 100 numbers, without gap or double', async () => {
    const { world, invoices } = await aWorldOf(50);
    let waiting = [...invoices, ...invoices];
    while (waiting.length > 0) {
      const outcomes = await Promise.all(
        waiting.map((invoice) => world.issue(invoice).catch((error: unknown) => ({ invoice, error }))),
      );
      waiting = outcomes.flatMap((one) => {
        if (!('error' in one)) return [];
        expect(one.error).toBeInstanceOf(NumbersContended);
        return [one.invoice];
      });
    }
    expect(world.numbersOf()).toEqual(upTo(100));
    expect(world.receipts.kept.size).toBe(100);
    expect([...world.receipts.kept.values()].every(({ xml }) => xml)).toBe(true);
  });

  it('numbers those of many invoices in few writings, and of each in its order', async () => {
    const { world, invoices } = await aWorldOf(40);
    const add = vi.spyOn(world.receipts, 'add');
    expect(await world.issue(...invoices, ...invoices)).toEqual({ numbered: 80, signed: 80 });
    expect(add.mock.calls.map(([, added]) => added.length)).toEqual([MAX_ADDED, MAX_ADDED, 80 - 2 * MAX_ADDED]);
    expect(world.numbersOf()).toEqual(upTo(80));
    for (const { number } of invoices)
      expect((await world.receipts.ofInvoice(number)).map(({ kind }) => kind)).toEqual(['phi', 'le_phi']);
  });

  it('gives invoices at once the runs of their collectors', async () => {
    const { world, invoices } = await aWorldOf(2);
    const elsewhere = paidInvoice(numberOf(2), { agencyCode: POLICE });
    await world.invoices.create(elsewhere);
    const read = world.registry.agency.bind(world.registry);
    const collector = { ...REGISTERED.collector, taxCode: '0100112437' };
    world.registry.agency = async (code) => {
      const agency = registered(await read(code));
      return code === POLICE ? { ...agency, receipts: { ...REGISTERED, collector } } : agency;
    };
    expect(await world.issue(...invoices, elsewhere)).toEqual({ numbered: 6, signed: 6 });
    expect(world.numbersOf()).toEqual(upTo(4));
    expect(world.numbersOf({ ...RUN, taxCode: collector.taxCode })).toEqual(upTo(2));
  });

  it('gives back alone, of a batch, what cannot be done, and does its neighbours', async () => {
    const { world, invoices } = await aWorldOf(3);
    const { dependencies, receipts } = world;
    const broken = invoices[1]?.number;
    const log = { info: vi.fn(), warn: vi.fn(), error: vi.fn() };
    const issue = issueOrders({
      ...dependencies,
      invoices: {
        findMany: async (numbers) => {
          if (broken !== undefined && numbers.includes(broken)) throw new Error('an item that is none of ours');
          return dependencies.invoices.findMany(numbers);
        },
      },
      log,
    });
    const orders = [...invoices.map(({ number }) => JSON.stringify({ invoiceNumber: number })), 'no order'];
    const Records = orders.map((body, index) => ({ messageId: `m${index}`, body }) as SQSRecord);
    expect(await issue({ Records })).toEqual({
      batchItemFailures: [{ itemIdentifier: 'm1' }, { itemIdentifier: 'm3' }],
    });
    expect(world.numbersOf()).toEqual(upTo(4));
    expect([...receipts.kept.values()].every(({ xml }) => xml)).toBe(true);
  });

  it('begins at 1 each year, by the day in Viet Nam', async () => {
    const { world, invoices } = await aWorldOf(2);
    world.clock.at = Date.parse('2026-12-31T23:59:59.999+07:00');
    await world.issue(invoices[0] ?? paidInvoice());
    world.clock.at += 1;
    await world.issue(invoices[1] ?? paidInvoice());
    expect(world.numbersOf()).toEqual([1, 2]);
    expect(world.numbersOf({ ...RUN, symbol: '27TAA' })).toEqual([1, 2]);
  });

  it('replaces, and never takes away, when money went back', async () => {
    const { world } = await aWorldOf(0);
    const money = aMovement('T1');
    const invoice = paidInvoice();
    await world.invoices.create(invoice);
    await world.issue(invoice);
    const before = await world.receipts.ofInvoice(invoice.number);
    world.dependencies.invoices = {
      findMany: async () => [
        paidInvoice(undefined, { state: 'open', movements: withMovements(money, reversed(money)) }),
      ],
    };
    await world.issue(invoice);
    const after = await world.receipts.ofInvoice(invoice.number);
    expect(after.map(({ total, replacedBy, replaces }) => [total, replacedBy?.slice(16), replaces?.number])).toEqual([
      [30_000, '03', undefined],
      [20_000, '04', undefined],
      [0, undefined, 1],
      [0, undefined, 2],
    ]);
    expect(after.slice(0, 2).map(({ xml }) => xml)).toEqual(before.map(({ xml }) => xml));
    expect(after[2]?.xml).toContain('<TgTienBChu>Không đồng</TgTienBChu>');
    expect(world.numbersOf()).toEqual(upTo(4));
  });

  it.each(['ofInvoices', 'lastNumber', 'add'] as const)(
    'leaves no receipt over money that goes back, and is looked at by another worker, right before %s',
    async (call) => {
      const { world } = await aWorldOf(0);
      const { receipts, dependencies } = world;
      const money = aMovement('T1');
      let invoice = paidInvoice();
      dependencies.invoices = { findMany: async () => [invoice] };
      const original = receipts[call].bind(receipts) as (...given: unknown[]) => Promise<never>;
      let gone = false;
      const interrupted = async (...given: unknown[]): Promise<never> => {
        if (!gone) {
          gone = true;
          invoice = paidInvoice(undefined, { state: 'open', movements: withMovements(money, reversed(money)) });
          await world.issue(invoice);
        }
        return original(...given);
      };
      await issueReceipts([invoice.number], {
        ...dependencies,
        receipts: {
          ofInvoices: (numbers) => receipts.ofInvoices(numbers),
          lastNumber: (run) => receipts.lastNumber(run),
          add: (...given) => receipts.add(...given),
          keepSigned: (id, xml) => receipts.keepSigned(id, xml),
          keepNotice: (...given) => receipts.keepNotice(...given),
          [call]: interrupted,
        },
      });
      const kept = await receipts.ofInvoice(invoice.number);
      expect(gone).toBe(true);
      expect(kept.filter(({ replacedBy, total }) => replacedBy === undefined && total > 0)).toEqual([]);
      expect(kept.every(({ xml }) => xml)).toBe(true);
      expect(world.numbersOf()).toEqual(upTo(kept.length));
    },
  );

  it('makes no receipt of an older invoice than those before it were made of', async () => {
    const { world } = await aWorldOf(0);
    const { receipts, dependencies } = world;
    const money = aMovement('T1');
    let invoice = paidInvoice();
    dependencies.invoices = { findMany: async () => [invoice] };
    await world.issue(invoice);
    let gone = false;
    await issueReceipts([invoice.number], {
      ...dependencies,
      invoices: {
        findMany: async () => {
          const read = [invoice];
          if (!gone) {
            gone = true;
            invoice = paidInvoice(undefined, { state: 'open', movements: withMovements(money, reversed(money)) });
            await world.issue(invoice);
          }
          return read;
        },
      },
    });
    expect((await receipts.ofInvoice(invoice.number)).map(({ total }) => total)).toEqual([30_000, 20_000, 0, 0]);
  });

  it.each([
    ['bank-one', 'Ngân hàng Một', 'Ngân hàng Một'],
    ['counter', 'Nộp tại quầy', 'Nộp tại quầy'],
    ['no-longer-known', undefined, 'no-longer-known'],
  ])('says in Vietnamese how it was paid: through %s', async (providerId, name, written) => {
    const { world } = await aWorldOf(0);
    const invoice = paidInvoice(undefined, { movements: withMovements(aMovement('T1', { providerId })) });
    await world.invoices.create(invoice);
    await world.issue(invoice);
    for (const { paidThrough, xml } of await world.receipts.ofInvoice(invoice.number)) {
      expect(paidThrough).toBe(name);
      expect(xml).toContain(`<HThuc>${written}</HThuc>`);
    }
  });

  it('has neither gap nor double however calls are killed, repeated and mixed', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            batch: fc.array(fc.nat({ max: 5 }), { minLength: 1, maxLength: 4 }),
            diesAt: fc.nat({ max: 20 }),
          }),
          { maxLength: 30 },
        ),
        fc.scheduler(),
        async (calls, scheduler) => {
          const { world, invoices } = await aWorldOf(6);
          const { receipts, dependencies } = world;
          /** Ports whose calls come in any order; the one at which it dies, and all after it, never happen. */
          const mortal = (diesAt: number): typeof dependencies => {
            let made = 0;
            const step = async <T>(call: () => Promise<T>): Promise<T> => {
              await scheduler.schedule(Promise.resolve());
              made += 1;
              if (made > diesAt) throw new Error('killed');
              return call();
            };
            return {
              ...dependencies,
              invoices: { findMany: (numbers) => step(() => dependencies.invoices.findMany(numbers)) },
              receipts: {
                ofInvoices: (numbers) => step(() => receipts.ofInvoices(numbers)),
                lastNumber: (run) => step(() => receipts.lastNumber(run)),
                add: (...given) => step(() => receipts.add(...given)),
                keepSigned: (id, xml) => step(() => receipts.keepSigned(id, xml)),
                keepNotice: (...given) => step(() => receipts.keepNotice(...given)),
              },
              signer: {
                publicKey: () => dependencies.signer.publicKey(),
                sign: (digest) => step(() => dependencies.signer.sign(digest)),
              },
            };
          };
          const mixed = Promise.all(
            calls.map(({ batch, diesAt }) =>
              issueReceipts(
                batch.map((at) => invoices[at]?.number ?? paidInvoice().number),
                mortal(diesAt),
              ).catch(() => undefined),
            ),
          );
          await scheduler.waitFor(mixed);
          const given = world.numbersOf();
          expect(given).toEqual(upTo(given.length));
          for (const invoice of invoices) await world.issue(invoice);
          expect(world.numbersOf()).toEqual(upTo(12));
          expect([...receipts.kept.values()].every(({ xml }) => xml)).toBe(true);
        },
      ),
      { numRuns: 40 },
    );
  });
});
