import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Aggregate, MAX_ROWS_A_STEP, nameOf } from '../../shared/domain/aggregates/aggregate.ts';
import type { JournalEntry } from '../../shared/domain/ledger/journal.ts';
import { startOfDay, vietnamDay } from '../../shared/domain/time.ts';
import { entriesOfChange } from '../../shared/usecases/publish-change.ts';
import { readAggregates } from '../../shared/usecases/read-aggregates.ts';
import { settleInFeed } from '../../shared/usecases/read-feed.ts';
import { runReport } from '../../shared/usecases/run-report.ts';
import { tellAggregates } from '../../shared/usecases/tell-aggregates.ts';
import { entryOf } from '../domain/reconciliation/samples.ts';
import { AFTERWARDS, AGENCIES, anOrder, booksOf, invoiceFor, MONTH, type Order } from '../dsl/books.ts';
import { MemoryAggregates } from '../fakes/memory-aggregates.ts';
import { MemoryFeed } from '../fakes/memory-feed.ts';
import { callerFor, everyone } from './finance-world.ts';

const HOUR = 3_600_000;
const FOREVER = Number.MAX_SAFE_INTEGER;

const fails = (_: string, error: unknown) => {
  throw error;
};

/** The books of a month, and who tells what they came to. */
async function office(orders: readonly Order[]) {
  const books = await booksOf(orders);
  const aggregates = new MemoryAggregates();
  const feed = new MemoryFeed();
  const clock = { at: AFTERWARDS };
  const { journal, invoices, registry, first, feeProcedures } = books.dependencies;
  const dependencies = {
    ...{ journal, invoices, registry, first, feeProcedures, aggregates, watermark: feed, late: feed },
    now: () => clock.at,
  };
  const told = async () => aggregates.after(0, FOREVER);
  return {
    ...{ books, clock, dependencies, told },
    tell: (until = FOREVER, failed: (agencyCode: string, error: unknown) => void = fails) =>
      tellAggregates(until, dependencies, failed),
    /** What stands of each row in the end. */
    standing: async () => new Map((await told()).map((row) => [`${row.agencyCode} ${nameOf(row)}`, row])),
    /** Entries as publishing enters them. */
    async publish(...entries: JournalEntry[]) {
      for (const entry of entries) await journal.append(entry);
      await settleInFeed(entries, dependencies);
    },
  };
}

const takings = (rows: Iterable<Aggregate>) => [...rows].flatMap((row) => (row.kind === 'takings' ? [row] : []));
const services = (rows: Iterable<Aggregate>) => [...rows].flatMap((row) => (row.kind === 'services' ? [row] : []));

const order = (more: Partial<Order> = {}): Order => ({
  ...{ agency: 'H29.12', day: 3, procedure: '1.004222', paid: { parts: 1, provider: 'vnpay', goesBack: false } },
  lines: [{ kind: 'phi', amount: 100_000, beneficiary: 'main' }],
  ...more,
});

/** Orders of which no two are of the same day and provider. */
const severalDays = (days: number): Order[] =>
  Array.from({ length: days }, (_, day) => [
    order({ day }),
    order({ day, paid: { ...order().paid, provider: 'momo' } }),
  ]).flat();

describe('what days came to', () => {
  it('is told once, and again only where it changed, with the next revision', async () => {
    const { tell, told, publish, clock } = await office([order(), order({ day: 4 })]);
    expect(await tell()).toMatchObject({ agencies: 3, behind: 0, failed: 0 });
    const first = await told();
    expect(takings(first).map(({ day, revision, figures }) => [day, revision, figures.received])).toEqual([
      ['2026-11-04', 1, 100_000],
      ['2026-11-05', 1, 100_000],
    ]);
    expect((await tell()).rows).toBe(0);

    // It was paid on a day long told, and its entry comes weeks later.
    clock.at += 2 * HOUR;
    const at = startOfDay('2026-11-04') + 10 * HOUR;
    const facts = { transactionId: 'T99', agencyCode: 'H29.12', providerId: 'vnpay', accountingDate: '2026-11-04' };
    await publish(entryOf({ ...facts, paidAt: at, committedAt: at }));
    await tell();
    const again = (await told()).slice(first.length);
    expect(again.map(({ day, revision }) => [day, revision])).toEqual([['2026-11-04', 2]]);
    expect(takings(again)[0]?.figures).toMatchObject({ entries: 2, paid: 2, received: 100_000 + 135_000 });
  });

  it('counts an entry once that is published again, late or for the first time late', async () => {
    const { tell, told, publish, clock } = await office([order()]);
    await tell();
    clock.at += 2 * HOUR;
    const at = clock.at - HOUR;
    const day = vietnamDay(at);
    const facts = { agencyCode: 'H29.12', providerId: 'vnpay', accountingDate: day };
    const entry = entryOf({ ...facts, transactionId: 'T98', paidAt: at, committedAt: at });
    await publish(entry);
    await tell();
    const before = await told();
    expect(takings(before).at(-1)).toMatchObject({ day, revision: 1, figures: { received: 135_000 } });

    // The batch is brought back: what it holds is written down as late, whoever had it already.
    await publish(entry);
    await publish(entry);
    expect((await tell()).rows).toBe(0);
    expect(await told()).toEqual(before);

    // One that is new comes late together with one that is known; another one's turn has not come.
    const late = entryOf({ ...facts, transactionId: 'T97', paidAt: at - 1, committedAt: at - 1 });
    const next = entryOf({ ...facts, transactionId: 'T99', paidAt: clock.at, committedAt: clock.at });
    for (const one of [entry, late, next]) await publish(one);
    await tell();
    clock.at += HOUR;
    await tell();
    const rows = takings((await told()).slice(before.length));
    expect(rows.map((row) => [row.day, row.revision, row.figures.entries, row.figures.received])).toEqual([
      [day, 2, 2, 2 * 135_000],
      [day, 3, 3, 3 * 135_000],
    ]);
  });

  it('is what the journal holds, in whatever order and however often its entries are published', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(fc.nat(9), fc.constant('tell' as const)), { maxLength: 30 }),
        async (happens) => {
          const { tell, standing, publish, clock } = await office([]);
          const begun = clock.at;
          const published = new Set<number>();
          for (const what of happens) {
            clock.at += HOUR;
            if (what === 'tell') await tell();
            else {
              published.add(what);
              // Some were committed long before they are published, some are told of at once.
              const at = begun + 4 * what * HOUR;
              const facts = { agencyCode: 'H29.12', providerId: 'vnpay', accountingDate: vietnamDay(at) };
              await publish(entryOf({ ...facts, transactionId: `T${what}`, paidAt: at, committedAt: at }));
            }
          }
          clock.at += 100 * HOUR;
          await tell();
          const counted = takings((await standing()).values()).reduce((all, { figures }) => all + figures.entries, 0);
          expect(counted).toBe(published.size);
        },
      ),
      { numRuns: 60 },
    ));

  it('is told in one revision, however many pages of entries it has', async () => {
    const { tell, told } = await office(Array.from({ length: 120 }, () => order()));
    await tell();
    const rows = takings(await told());
    expect(rows.map(({ revision, figures }) => [revision, figures.entries])).toEqual([[1, 120]]);
  });

  it('stops within an agency when the time is over, which is behind then', async () => {
    const world = await office(severalDays(30));
    const { aggregates } = world.dependencies;
    const over = world.clock.at + 1;
    const tellThen = aggregates.tell.bind(aggregates);
    aggregates.tell = async (step) => {
      world.clock.at = over;
      return tellThen(step);
    };
    expect(await world.tell(over)).toEqual({ agencies: 0, rows: MAX_ROWS_A_STEP, behind: 3, failed: 0 });
    await world.tell();
    expect(takings((await world.standing()).values()).reduce((all, { figures }) => all + figures.entries, 0)).toBe(60);
  });

  it('is what the report of the same days says, and so what the ledger holds', () =>
    fc.assert(
      fc.asyncProperty(fc.array(anOrder, { maxLength: 12 }), async (orders) => {
        const { tell, standing, books } = await office(orders);
        await tell();
        const asked = { reportId: 'service-feed', ...MONTH };
        const limits = { days: 31, rows: 10_000, asOf: AFTERWARDS };
        // Throws where it does not foot to the ledger.
        const running = await runReport(asked, everyone, limits, books.dependencies);
        const reported: unknown[] = [];
        for await (const page of running.rows) reported.push(...page);
        const rows = takings((await standing()).values())
          .filter(({ day }) => day >= MONTH.from && day <= MONTH.to)
          .map(({ day, agencyCode, providerId, figures: { delayMilliseconds, longestDelayMilliseconds, ...sums } }) => [
            ...[day, agencyCode, providerId],
            ...Object.values(sums),
          ])
          .sort((one, other) => (one.slice(0, 3).join() < other.slice(0, 3).join() ? -1 : 1));
        expect(rows).toEqual(reported);
      }),
      { numRuns: 8 },
    ));

  it('has the figures of index 766 and of the province, of any days together', () =>
    fc.assert(
      fc.asyncProperty(fc.array(anOrder, { minLength: 1, maxLength: 12 }), async (orders) => {
        const { tell, standing, books, clock } = await office(orders);
        clock.at = startOfDay('2026-12-01') + HOUR;
        await tell();
        const rows = services((await standing()).values());
        const procedures = rows.flatMap(({ figures }) => figures.procedures);
        const codes = (of: 'feeDossiers' | 'feeDossiersPaidOnline') =>
          new Set(procedures.filter((one) => one[of] > 0).map(({ procedureCode }) => procedureCode)).size;
        const sum = (of: 'feeDossiers' | 'feeDossiersPaidOnline') => procedures.reduce((all, one) => all + one[of], 0);
        const report = async (reportId: string) => {
          const limits = { days: 31, rows: 10_000, asOf: clock.at };
          const running = await runReport({ reportId, ...MONTH }, everyone, limits, books.dependencies);
          const all: unknown[][] = [];
          for await (const page of running.rows) all.push(...page.map((row) => [...row]));
          return { rows: all, totals: running.totals() };
        };
        const { rows: index } = await report('index-766');
        expect(index.map((row) => [row[2], row[3]])).toEqual([
          [codes('feeDossiers'), 4],
          [codes('feeDossiersPaidOnline'), codes('feeDossiers')],
          [sum('feeDossiersPaidOnline'), sum('feeDossiers')],
        ]);
        expect(rows.every(({ figures }) => figures.feeProcedures === 4)).toBe(true);
        const { totals } = await report('provincial');
        for (const key of ['cash', 'card', 'transfer', 'online', 'phi', 'lePhi', 'other', 'parts', 'refunded'] as const)
          expect(rows.reduce((all, { figures }) => all + figures.money[key], 0)).toBe(totals[key]);
      }),
      { numRuns: 8 },
    ));

  it('counts a dossier that was paid later, the next day', async () => {
    const world = await office([order({ paid: { parts: 0, provider: 'vnpay', goesBack: false } })]);
    world.clock.at = startOfDay('2026-11-05') + HOUR;
    await world.tell();
    const paid = invoiceFor(order(), 0);
    world.books.invoices.place(paid);
    await world.publish(...entriesOfChange(undefined, { kind: 'invoice', invoice: paid }));
    await world.tell();
    expect(services(await world.told())).toHaveLength(1);
    world.clock.at += 24 * HOUR;
    await world.tell();
    expect(
      services(await world.told()).map(({ revision, figures }) => [
        revision,
        figures.procedures.map(({ feeDossiersPaidOnline }) => feeDossiersPaidOnline),
        figures.money.online,
      ]),
    ).toEqual([
      [1, [0], 0],
      [2, [1], 100_000],
    ]);
  });

  it('counts a dossier whose invoice comes into the books just after midnight', async () => {
    const world = await office([]);
    world.clock.at = startOfDay('2026-11-05') + 60_000;
    await world.tell();
    const invoice = invoiceFor(order(), 0);
    world.books.invoices.place({ ...invoice, state: 'open', due: invoice.total, movements: {} });
    world.clock.at += HOUR;
    await world.tell();
    expect(services(await world.told())).toHaveLength(1);
  });

  it('counts of dossiers what counting all of them anew comes to, whenever they are paid', () =>
    fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.nat(9), fc.nat(9)), { maxLength: 8 }), async (dossiers) => {
        const world = await office([]);
        const begun = startOfDay(MONTH.from);
        for (let day = 0; day < 22; day += 1) {
          world.clock.at = begun + day * 24 * HOUR + 20 * HOUR;
          for (const [index, [made, later]] of dossiers.entries()) {
            const invoice = invoiceFor(order({ day: made }), index);
            const unpaid = { ...invoice, state: 'open' as const, due: invoice.total, movements: {} };
            if (day === made) world.books.invoices.place(unpaid);
            if (day !== made + later) continue;
            world.books.invoices.place(invoice);
            await world.publish(...entriesOfChange(undefined, { kind: 'invoice', invoice }));
          }
          await world.tell();
        }
        const aggregates = new MemoryAggregates();
        await tellAggregates(FOREVER, { ...world.dependencies, aggregates }, fails);
        const figures = (rows: Iterable<Aggregate>) =>
          services(rows)
            .map((row) => `${row.day} ${JSON.stringify(row.figures)}`)
            .sort();
        expect(figures((await world.standing()).values())).toEqual(figures(await aggregates.after(0, FOREVER)));
      }),
      { numRuns: 15 },
    ));

  it('holds nothing of a person, a dossier or a transaction', async () => {
    const { tell, told, books } = await office([order(), order({ day: 5, paid: { ...order().paid, surplus: 1000 } })]);
    await tell();
    const text = JSON.stringify(await told());
    const [invoice] = await books.invoices.findMany(['100000000000' as never]);
    expect(invoice).toBeDefined();
    for (const secret of [invoice?.number, invoice?.dossierCode, invoice?.payer.name, 'T0x0', 'mov_'])
      expect(text).not.toContain(secret);
  });

  it('takes more days than one step has, and an end of time, without losing or doubling an entry', async () => {
    const many = severalDays(30);
    expect(many.length).toBeGreaterThan(MAX_ROWS_A_STEP);
    const { tell, standing } = await office(many);
    expect(await tell(0)).toEqual({ agencies: 0, rows: 0, behind: 3, failed: 0 });
    await tell();
    const rows = takings((await standing()).values());
    expect(rows).toHaveLength(60);
    expect(rows.reduce((all, { figures }) => all + figures.received, 0)).toBe(6_000_000);
  });

  it('has the takings of all agencies before the dossiers of any', async () => {
    const { tell, told } = await office(AGENCIES.flatMap((agency) => [order({ agency }), order({ agency, day: 5 })]));
    await tell();
    const kinds = (await told()).map(({ kind }) => kind);
    expect(new Set(kinds)).toEqual(new Set(['takings', 'services']));
    expect(kinds).toEqual([...kinds].sort().reverse());
  });

  it('is told of every other agency where one fails, and of that one when it can be read again', async () => {
    const { tell, told, dependencies } = await office(AGENCIES.map((agency) => order({ agency })));
    const { progress } = dependencies.aggregates;
    dependencies.aggregates.progress = async (agencyCode) => {
      if (agencyCode === AGENCIES[0]) throw new Error('the table is away');
      return progress.call(dependencies.aggregates, agencyCode);
    };
    const failed: string[] = [];
    expect(await tell(FOREVER, (agencyCode) => failed.push(agencyCode))).toMatchObject({ behind: 0, failed: 1 });
    expect(failed).toEqual([AGENCIES[0]]);
    expect(takings(await told()).map(({ agencyCode }) => agencyCode)).toEqual(AGENCIES.slice(1));
    dependencies.aggregates.progress = progress.bind(dependencies.aggregates);
    await tell();
    expect(new Set(takings(await told()).map(({ agencyCode }) => agencyCode))).toEqual(new Set(AGENCIES));
  });

  it('is told by one of two who tell at the same time', async () => {
    const { tell, told } = await office([order(), order({ agency: 'H29.13', day: 6 })]);
    await Promise.all([tell(), tell()]);
    await tell();
    expect(takings(await told()).map(({ agencyCode, revision }) => [agencyCode, revision])).toEqual([
      ['H29.12', 1],
      ['H29.13', 1],
    ]);
  });
});

describe('a reader of the aggregates', () => {
  it('sees its agencies, each row once, however small its pages', async () => {
    const { tell, dependencies } = await office(
      Array.from({ length: 20 }, (_, day) => order({ day, agency: AGENCIES[day % 2] ?? 'H29.12' })),
    );
    await tell();
    const seen: string[] = [];
    let after = 0;
    for (let more = true; more; ) {
      const page = await readAggregates({ after, limit: 3 }, callerFor(['H29.13']), dependencies);
      seen.push(...page.rows.map((row) => `${row.agencyCode} ${nameOf(row)} ${row.revision}`));
      expect(page.rows.length).toBeLessThanOrEqual(3);
      more = !page.caughtUp;
      after = page.next;
    }
    expect(new Set(seen).size).toBe(seen.length);
    expect(takings(await dependencies.aggregates.after(0, FOREVER)).length).toBe(20);
    expect(seen.filter((name) => name.includes('takings'))).toHaveLength(10);
    expect(seen.every((name) => name.startsWith('H29.13'))).toBe(true);
    const nothing = await readAggregates({ after, limit: 3 }, callerFor(['H29.13']), dependencies);
    expect(nothing).toEqual({ rows: [], next: after, caughtUp: true });
  });

  it('asks beyond the end, and is told where it stood', async () => {
    const { dependencies } = await office([]);
    expect(await readAggregates({ after: 7, limit: 3 }, everyone, dependencies)).toEqual({
      ...{ rows: [], next: 7, caughtUp: true },
    });
  });

  it('that is switched off sees nothing', async () => {
    const { dependencies } = await office([order()]);
    const off = { ...everyone, client: { ...everyone.client, active: false } };
    await expect(readAggregates({ after: 0, limit: 3 }, off, dependencies)).rejects.toMatchObject({
      code: 'not_found',
    });
  });
});
