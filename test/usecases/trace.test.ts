import { describe, expect, it } from 'vitest';
import { vietnamCalendar } from '../../shared/catalogue/calendar.ts';
import { invoiceId } from '../../shared/domain/invoice/number.ts';
import { dong } from '../../shared/domain/money/dong.ts';
import { USUAL_ASKING } from '../../shared/domain/payment/asking.ts';
import type { KeptReceipt } from '../../shared/domain/receipt/receipt.ts';
import { accountBook } from '../../shared/domain/reconciliation/book-day.ts';
import type { StatementId } from '../../shared/domain/reconciliation/statement-id.ts';
import type { TerminalAccount } from '../../shared/domain/registry/registry.ts';
import {
  firstHead,
  type Remittance,
  type RemittanceOrder,
  remittanceId as remittanceIdOf,
} from '../../shared/domain/remittance/remittance.ts';
import { addDays, startOfDay, vietnamDay } from '../../shared/domain/time.ts';
import { traceOf } from '../../shared/domain/trace/trace.ts';
import { isPaidOn } from '../../shared/usecases/find-remittance.ts';
import { sha256 } from '../../shared/usecases/hashing.ts';
import { readTrace } from '../../shared/usecases/read-trace.ts';
import { anAttempt, NUMBER } from '../dsl/given.ts';
import { registered as agencyWithReceipts, aReceipt } from '../dsl/receipts.ts';
import {
  aRefundWorld,
  HOA,
  LAN,
  MINH,
  PAYMENT,
  paidInvoice,
  type RefundWorld,
  SECOND,
  WHOLE,
} from '../dsl/refunding.ts';
import { invoiceOf, NOW, OTHER_PORTAL, POLICE, TOTAL } from '../dsl/world.ts';
import { MemoryTellings } from '../fakes/memory-tellings.ts';

const HOUR = 3_600_000;
const nothingReported = { range: async () => undefined };

type Beside = {
  receipts?: KeptReceipt[];
  registered?: boolean;
  tellings?: MemoryTellings;
  remittances?: Parameters<typeof readTrace>[2]['remittances'];
  contents?: Record<string, string>;
};

const trace = async (
  world: RefundWorld,
  by = HOA,
  { receipts = [], registered = false, tellings, remittances, contents = {} }: Beside = {},
) =>
  (
    await readTrace(invoiceId(NUMBER), by, {
      invoices: world.invoices,
      resultFiles: nothingReported,
      receipts: { ofInvoice: async () => receipts },
      tellings: tellings ?? new MemoryTellings(),
      registry: {
        agency: async () => (registered ? agencyWithReceipts(undefined) : undefined),
        accountsAtTerminal: (providerId, terminal) => world.registry.accountsAtTerminal(providerId, terminal),
        merchantAccount: (id) => world.registry.merchantAccount(id),
      },
      remittances: remittances ?? { head: async (book) => firstHead(book), find: async () => undefined },
      contents: { readText: async (key) => contents[key] },
      calendar: vietnamCalendar,
      now: world.now,
    })
  ).trace;

describe('the trace of a payment', () => {
  it('tells every hop in order, with instant, actor and the hash of what proves it', async () => {
    const world = aRefundWorld();
    const id = await world.refundOf({ amount: dong(40_000) });
    const { hops } = await trace(world);
    expect(hops.map(({ kind }) => kind)).toEqual([
      'invoiceMade',
      'paymentStarted',
      'paid',
      'paid',
      'enteredAsPayment',
      'enteredAsSurplus',
      'refundAsked',
      'refundOrdered',
      'refundSent',
      'refundDone',
    ]);
    expect(hops.find(({ movementId, kind }) => kind === 'paid' && movementId === PAYMENT.movementId)).toMatchObject({
      at: PAYMENT.paidAt,
      actor: { kind: 'provider', name: 'bank-one' },
      amount: WHOLE,
      sha256: sha256(PAYMENT.evidence),
    });
    expect(hops.filter(({ refundId }) => refundId === id).map(({ actor }) => actor)).toEqual([
      { kind: 'agency', name: LAN.subject },
      { kind: 'agency', name: MINH.subject },
      { kind: 'us' },
      { kind: 'provider' },
    ]);
    for (const { words } of hops) expect(words.vi && words.en).toBeTruthy();
  });

  it('says what is awaited next, by when, and who holds it', async () => {
    const world = aRefundWorld();
    const { refund } = await world.ask();
    await world.approve(refund.refundId);
    const { awaited } = await trace(world);
    // Paid on a Friday: at the treasury by ten on Monday.
    const by = startOfDay('2026-11-23') + 10 * HOUR;
    expect(awaited).toMatchObject([
      { kind: 'providersFile', holder: 'provider', movementId: PAYMENT.movementId, by, overdue: false },
      { kind: 'decisionOnSurplus', holder: 'agency', movementId: SECOND.movementId, amount: WHOLE },
      { kind: 'providersFile', holder: 'provider', movementId: SECOND.movementId, by },
      { kind: 'refundSending', holder: 'us', by: world.refund(refund.refundId).dueBy },
    ]);
    world.clock.at = by + 1;
    expect((await trace(world)).awaited.filter(({ overdue }) => overdue).map(({ kind }) => kind)).toEqual([
      'providersFile',
      'providersFile',
    ]);
  });

  it('goes on to the treasury once the provider’s file names the money, and to a person where it differs', () => {
    const known = { now: NOW, calendar: vietnamCalendar, hash: sha256, tellings: [], remitted: new Map() };
    const statementId = `stm_${'a'.repeat(32)}` as StatementId;
    const named = (matched: boolean) =>
      traceOf(paidInvoice({ movements: { [PAYMENT.movementId]: PAYMENT } }), {
        ...known,
        reported: new Map([[PAYMENT.movementId, { reportedAt: NOW, amount: WHOLE, matched, statementId }]]),
      });
    expect(named(true).hops.at(-1)).toMatchObject({ kind: 'reported', at: NOW, statementId });
    expect(named(true).awaited).toMatchObject([{ kind: 'treasuryCredit', holder: 'provider' }]);
    expect(named(false).awaited).toMatchObject([{ kind: 'difference', holder: 'agency' }]);
  });

  it('of an open invoice awaits its payer until the deadline', () => {
    const open = invoiceOf(NUMBER);
    const known = {
      now: NOW,
      calendar: vietnamCalendar,
      hash: sha256,
      reported: new Map(),
      remitted: new Map(),
      tellings: [],
    };
    const { awaited } = traceOf(open, known);
    expect(awaited).toMatchObject([{ kind: 'payment', holder: 'payer', amount: TOTAL, by: open.expiresAt }]);
  });

  it('of a payment that was begun awaits its payer, then its provider’s word, each with its time', () => {
    const begun = invoiceOf(NUMBER, { attempts: [anAttempt('pending')] });
    const [attempt] = begun.attempts;
    if (!attempt) throw new Error('no attempt');
    const at = (now: number) =>
      traceOf(begun, {
        now,
        calendar: vietnamCalendar,
        hash: sha256,
        reported: new Map(),
        remitted: new Map(),
        tellings: [],
      }).awaited.at(-1);
    expect(at(NOW)).toMatchObject({ kind: 'paymentAtProvider', holder: 'payer', by: attempt.expiresAt });
    expect(at(attempt.expiresAt + 1)).toMatchObject({ kind: 'providersWord', holder: 'provider', overdue: false });
    expect(at(attempt.createdAt + USUAL_ASKING.bound + 1)).toMatchObject({ kind: 'providersWord', overdue: true });
  });

  it('tells of receipts, replaced ones too, and awaits those that are due and those not signed', async () => {
    const world = aRefundWorld();
    const first = aReceipt({ receiptId: 'rct_48021356789001', kind: 'phi', total: dong(75_000), number: 7 });
    const kept: KeptReceipt[] = [
      {
        ...first,
        payment: { ...first.payment, movementId: PAYMENT.movementId },
        xml: '<x/>',
        replacedBy: 'rct_48021356789002',
      },
      aReceipt({
        ...{ receiptId: 'rct_48021356789002', kind: 'phi', total: dong(75_000), number: 8, issuedAt: NOW + 1 },
        payment: { ...first.payment, movementId: PAYMENT.movementId },
        replaces: { receiptId: 'rct_48021356789001', symbol: '26TAA', number: 7, reason: 'MONEY_WENT_BACK' },
      }),
    ];
    const { hops, awaited } = await trace(world, HOA, { receipts: kept });
    expect(
      hops.filter(({ receipt }) => receipt).map(({ kind, receipt }) => [kind, receipt?.number, receipt?.replaces]),
    ).toEqual([
      ['receiptIssued', 7, undefined],
      ['receiptReplaced', 8, 'rct_48021356789001'],
    ]);
    expect(awaited.filter(({ holder }) => holder === 'us').map(({ kind, receiptId }) => [kind, receiptId])).toEqual([
      ['receipt', 'rct_48021356789003'],
      ['receiptSignature', 'rct_48021356789002'],
    ]);
    const awaits = async (registered: boolean) =>
      (await trace(world, HOA, { registered })).awaited.some(({ kind }) => kind === 'receipt');
    expect([await awaits(true), await awaits(false)]).toEqual([true, false]);
  });

  it('tells who was told, and awaits endpoints that did not take it', async () => {
    const world = aRefundWorld();
    const tellings = new MemoryTellings();
    const paid = { id: `evt_${NUMBER}_paid`, type: 'invoice.paid.v1' };
    await tellings.note(paid, 'agency:H29.14', { kind: 'failed', why: 'timeout' }, NOW);
    await tellings.note(paid, 'agency:H29.14', { kind: 'held' }, NOW + 1);
    await tellings.note(paid, 'client:portal', { kind: 'told' }, NOW + 2);
    const seen = await trace(world, HOA, { tellings });
    expect(
      seen.hops.filter(({ event }) => event).map(({ kind, at, actor }) => [kind, at, actor.kind, actor.name]),
    ).toEqual([
      ['notTaken', NOW, 'agency', 'H29.14'],
      ['heldBack', NOW + 1, 'us', 'H29.14'],
      ['told', NOW + 2, 'portal', 'portal'],
    ]);
    expect(seen.awaited.at(-1)).toMatchObject({ kind: 'endpointTakes', holder: 'agency', event: { why: 'timeout' } });
    await tellings.note(paid, 'agency:H29.14', { kind: 'told' }, NOW + 3);
    expect((await trace(world, HOA, { tellings })).awaited.some(({ kind }) => kind === 'endpointTakes')).toBe(false);
  });

  it('of an invoice that expired says so', () => {
    const open = invoiceOf(NUMBER);
    const now = open.expiresAt + 1;
    const { hops } = traceOf(open, {
      now,
      calendar: vietnamCalendar,
      hash: sha256,
      reported: new Map(),
      remitted: new Map(),
      tellings: [],
    });
    expect(hops.at(-1)).toMatchObject({ kind: 'expired', at: open.expiresAt });
  });

  it('goes on to the batch that pays it on, its persons, and what the statement shows of its order', async () => {
    const world = aRefundWorld(paidInvoice({ movements: { [PAYMENT.movementId]: PAYMENT } }));
    const account = await world.registry.merchantAccount(PAYMENT.merchantAccountId);
    if (!account) throw new Error('no account');
    const book = accountBook(account.bankBin, account.accountNumber);
    const counted = { key: `${PAYMENT.movementId}@${NUMBER}`, root: PAYMENT.movementId, shares: [] };
    const text = `${JSON.stringify({ counted })}\n`;
    const content = { key: 'remittances/one', sha256: sha256(text), bytes: text.length };
    const payee = { agencyCode: paidInvoice().agencyCode, beneficiary: 'main' } as RemittanceOrder['payee'];
    const order = { orderId: 'NTKBCDFGHJKMNQRSVWX', payee, how: 'transfer', state: 'waiting' } as RemittanceOrder;
    const batch = (more: Partial<Remittance>) => {
      const remittanceId = remittanceIdOf(book, 1);
      const one = { remittanceId, book, state: 'proposed', by: 'maker', proposedAt: NOW + 1, orders: [order] };
      const days = { from: '2026-11-20', through: '2026-11-20', previous: null, content };
      const head = { ...firstHead(book), sequence: 1, last: remittanceId };
      return { head: async () => head, find: async () => ({ ...one, ...days, ...more }) as Remittance };
    };
    const seen = async (more: Partial<Remittance>, contents: Record<string, string> = { [content.key]: text }) => {
      const { hops, awaited } = await trace(world, HOA, { remittances: batch(more), contents });
      const ofIt = hops
        .filter(({ remittance }) => remittance)
        .map(({ kind, actor }) => `${kind} ${actor.name ?? actor.kind}`);
      return [ofIt, awaited.map(({ kind }) => kind)];
    };
    expect(await seen({})).toEqual([['remittanceProposed maker'], ['remittanceDecision']]);
    const approved = { state: 'approved', decidedBy: 'checker', decidedAt: NOW + 2 } as const;
    expect((await seen(approved))[1]).toEqual(['remittanceExport']);
    const exported = { ...approved, state: 'exported', exportedBy: 'maker', exportedAt: NOW + 3 } as const;
    expect((await seen(exported))[1]).toEqual(['remittanceDebit']);
    const ports = (more: Partial<Remittance>) => ({
      ...{ registry: world.registry, remittances: batch(more) },
      contents: { readText: async () => text },
    });
    expect(await isPaidOn(PAYMENT, NUMBER, ports(approved))).toBe('no');
    expect(await isPaidOn(PAYMENT, NUMBER, ports(exported))).toBe('yes');
    const shown = { day: '2026-11-23', bankItem: 'b', run: 'a'.repeat(64), readAt: NOW + 4 };
    const paidOn = { ...order, state: 'paid', paid: shown } as RemittanceOrder;
    expect(await seen({ ...exported, state: 'confirmed', orders: [paidOn] })).toEqual([
      ['remittanceProposed maker', 'remittanceApproved checker', 'remittanceExported maker', 'remitted treasury'],
      [],
    ]);
    const sentBack = { ...paidOn, state: 'returned', returned: shown } as RemittanceOrder;
    expect((await seen({ ...exported, orders: [sentBack] }))[1]).toEqual(['remittanceAgain']);
    const endedAs = async (debited: number) => {
      const ended = { ...order, state: 'ended', ended: { ...shown, debited } } as RemittanceOrder;
      return ((await seen({ ...exported, orders: [ended] }))[0] ?? []).includes('remitted treasury');
    };
    // The treasury has nothing of what the bank never debited.
    expect([await endedAs(1), await endedAs(0)]).toEqual([true, false]);
    // A batch that does not count it says nothing of it.
    const other = text.replace(NUMBER, '999999999999');
    const elsewhere = { ...content, sha256: sha256(other) };
    expect(await seen({ content: elsewhere }, { [content.key]: other })).toEqual([[], ['providersFile']]);
  });

  it('says nothing of money beyond the batches that are looked at, or of another account than today’s', async () => {
    const { registry } = aRefundWorld();
    const account = await registry.merchantAccount(PAYMENT.merchantAccountId);
    if (!account) throw new Error('no account');
    const book = accountBook(account.bankBin, account.accountNumber);
    const text = `${JSON.stringify({ counted: { key: 'of another', root: 'of another', shares: [] } })}\n`;
    const content = { key: 'remittances/one', sha256: sha256(text), bytes: text.length };
    /** A chain of as many batches of one day each, from a day on, none of which counts the money. */
    const chain = (from: string, count: number, more: Partial<TerminalAccount> = {}) => {
      const day = (sequence: number) => addDays(from, sequence - 1);
      const batches = Array.from({ length: count }, (_, index): [string, Remittance] => {
        const sequence = index + 1;
        const remittanceId = remittanceIdOf(book, sequence);
        const previous = sequence === 1 ? null : remittanceIdOf(book, sequence - 1);
        const days = { from: day(sequence), through: day(sequence), previous, content };
        return [remittanceId, { remittanceId, book, state: 'exported', orders: [], ...days } as unknown as Remittance];
      });
      const last = batches.at(-1)?.[0] ?? null;
      return {
        registry: {
          agency: async () => undefined,
          merchantAccount: async () => undefined,
          accountsAtTerminal: async (_: string, terminal: string) =>
            terminal === account.terminal ? [{ ...account, ...more }] : [],
        },
        remittances: {
          head: async () => ({ ...firstHead(book), last }) as ReturnType<typeof firstHead>,
          find: async (id: string) => new Map(batches).get(id),
        },
        contents: { readText: async () => text },
      };
    };
    const paid = vietnamDay(PAYMENT.paidAt);
    const asked = (ports: ReturnType<typeof chain>, money = PAYMENT) => isPaidOn(money, NUMBER, ports);
    // Nobody has said that this service pays on from the account, or it does since later.
    expect(await asked(chain(paid, 0))).toBe('unknown');
    expect(await asked(chain(paid, 0, { paidOnFrom: addDays(paid, 1) }))).toBe('unknown');
    expect(await asked(chain(paid, 0, { paidOnFrom: paid }))).toBe('no');
    expect(await asked(chain(addDays(paid, -30), 33))).toBe('no');
    // More contents than are read, more batches than are looked back through.
    expect(await asked(chain(addDays(paid, -1), 13))).toBe('unknown');
    expect(await asked(chain(paid, 61))).toBe('unknown');
    // The account began after the money came, or is at another terminal now: it went to an account of which we look at nothing.
    expect(await asked(chain(addDays(paid, 3), 1))).toBe('unknown');
    expect(await asked(chain(paid, 1), { ...PAYMENT, terminal: 'FORMER01' })).toBe('unknown');
  });

  it('is nothing for strangers', async () => {
    const police = { ...OTHER_PORTAL, client: { ...OTHER_PORTAL.client, agencies: [POLICE] } };
    await expect(trace(aRefundWorld(), police)).rejects.toMatchObject({ code: 'not_found' });
  });
});
