import { beforeEach, describe, expect, it } from 'vitest';
import type { InvoiceBook } from '../../shared/domain/invoice/book.ts';
import type { Invoice } from '../../shared/domain/invoice/invoice.ts';
import { invoiceId } from '../../shared/domain/invoice/number.ts';
import { dong } from '../../shared/domain/money/dong.ts';
import { decide } from '../../shared/domain/payment/decide.ts';
import { factsOf } from '../../shared/domain/payment/facts.ts';
import {
  afterRefundWrite,
  decideDone,
  decideMove,
  decideRequest,
  type MoveRefund,
  type RefundWish,
  type RequestRefund,
} from '../../shared/domain/refund/decide.ts';
import { MAX_REFUNDS, type RefundId } from '../../shared/domain/refund/refund.ts';
import { requestRefund } from '../../shared/usecases/request-refund.ts';
import { anAttempt, NUMBER } from '../dsl/given.ts';
import { ACCOUNT, DECISION, LAN, PAYMENT, paidInvoice, SECOND, WHOLE } from '../dsl/refunding.ts';
import { NOW } from '../dsl/world.ts';
import { paidNotice } from './invoice-book.contract.ts';

const owner = { merchantAccountId: 'land-one', agencyCode: paidInvoice().agencyCode };
const idOf = (place: number): RefundId => `rfd_${NUMBER}${String(place).padStart(8, '0')}` as RefundId;

const wish = (place: number, more: Partial<RefundWish> = {}): RefundWish => ({
  refundId: idOf(place),
  reason: more.movementId ? 'DUPLICATE_PAYMENT' : 'EXEMPTION_GRANTED',
  decision: { ...DECISION, sha256: 'ab'.repeat(32) },
  by: 'clerk-lan',
  clientId: 'desk',
  keyHash: `k${place}`,
  bodyHash: 'b',
  account: ACCOUNT,
  ...more,
});

const must = <T>(decided: T | string | undefined): T => {
  if (decided === undefined || typeof decided === 'string') throw new Error(`decided ${decided}`);
  return decided;
};
const requestOf = (invoice: Invoice, place: number, more: Partial<RefundWish> = {}): RequestRefund =>
  must(decideRequest(invoice, wish(place, more), NOW));

/** What every book of invoices does with refunds, whatever it is made of. */
export function refundWritesContract(name: string, make: () => Promise<InvoiceBook>): void {
  describe(`refunds in a book of invoices: ${name}`, () => {
    let book: InvoiceBook;
    beforeEach(async () => {
      book = await make();
      await book.create(paidInvoice());
    });
    const there = async () => (await book.find(NUMBER, { consistent: true })) as Invoice;
    const write = async (decided: RequestRefund | MoveRefund) => {
      const written = await book.writeRefund(decided);
      if (written.kind === 'written') expect(written.invoice).toEqual(await there());
      return written.kind;
    };
    const ask = async (place: number, more: Partial<RefundWish> = {}) => write(requestOf(await there(), place, more));
    const moveOf =
      (invoice: Invoice, place: number) =>
      (...[event, change, conditions]: [Parameters<typeof decideMove>[2], object?, object?]): MoveRefund =>
        must(decideMove(invoice, idOf(place), event, change ?? {}, conditions ?? {}));
    const sent = async (place: number) => {
      await write(moveOf(await there(), place)('Approved', { decidedBy: 'clerk-minh', decidedAt: NOW, dueBy: NOW }));
      return write(moveOf(await there(), place)('Sent', { sentAt: NOW }, { whileStanding: true }));
    };

    it('keeps a refund with the remainders that it is taken from, as it was decided', async () => {
      expect(await ask(1, { amount: dong(40_000) })).toBe('written');
      const { refunding, version, state } = await there();
      expect([state, version]).toEqual(['paid', 5]);
      expect(refunding).toEqual({
        refunds: { [idOf(1)]: requestOf(paidInvoice(), 1, { amount: dong(40_000) }).refund },
        money: { [PAYMENT.movementId]: { left: 60_000, out: 0 } },
        lines: [36_000, 15_000, 9_000],
        refunded: 0,
      });
      expect(await ask(2, { movementId: SECOND.movementId })).toBe('written');
      expect((await there()).refunding?.money[SECOND.movementId]).toEqual({ left: 0, out: 0 });
      expect((await there()).refunding?.lines).toEqual([36_000, 15_000, 9_000]);
    });

    /** 20 requests at once, each for 30,000 dong of 100,000. */
    const race = async (wanted: Pick<Parameters<typeof requestRefund>[0], 'movementId' | 'reason'>) => {
      const calls = Array.from({ length: 20 }, (_, place) =>
        requestRefund(
          { invoiceId: invoiceId(NUMBER), amount: dong(30_000), decision: DECISION, ...wanted },
          LAN,
          `key of the racing call ${place}`,
          { invoices: book, checkAccount: () => undefined, now: () => NOW },
        ).then(
          () => 'written',
          (error: { code?: string }) => error.code,
        ),
      );
      const outcomes = await Promise.all(calls);
      expect(outcomes.filter((one) => one === 'written')).toHaveLength(3);
      expect(new Set(outcomes)).toEqual(new Set(['written', 'refund_exceeds_remainder']));
    };

    it('20 racing for 30,000 of 100,000: three win, and what is left is exact (scenarios 27, 32)', async () => {
      await race({ reason: 'EXEMPTION_GRANTED' });
      const { refunding } = await there();
      expect(refunding?.money[PAYMENT.movementId]).toEqual({ left: 10_000, out: 0 });
      expect(refunding?.lines).toEqual([6_000, 2_500, 1_500]);
    });

    it('20 racing for 30,000 of a surplus of 100,000: three win, although no line limits them', async () => {
      await race({ movementId: SECOND.movementId, reason: 'DUPLICATE_PAYMENT' });
      expect((await there()).refunding?.money[SECOND.movementId]).toEqual({ left: 10_000, out: 0 });
    });

    it('is decided again where another took a line’s money meanwhile', async () => {
      await ask(1, { amount: dong(1_000) });
      const [one, other] = [
        requestOf(await there(), 2, { lines: [{ line: 3, amount: dong(14_000) }] }),
        requestOf(await there(), 3, { lines: [{ line: 3, amount: dong(14_000) }] }),
      ];
      const kinds = await Promise.all([write(one), write(other)]);
      expect(kinds.sort()).toEqual(['decideAgain', 'written']);
    });

    it('takes each id once, and so many refunds and no more', async () => {
      await ask(1, { amount: dong(1_000) });
      const again = requestOf(paidInvoice(), 1, { amount: dong(1_000) });
      expect(await write({ ...again, first: 'no' })).toBe('decideAgain');
      expect(await write(again)).toBe('decideAgain');
      for (let place = 2; place <= MAX_REFUNDS; place += 1)
        expect(await ask(place, { amount: dong(1_000) })).toBe('written');
      const more = requestOf(paidInvoice(), MAX_REFUNDS + 1, { amount: dong(1_000) });
      expect(await write({ ...more, first: 'no' })).toBe('decideAgain');
    });

    it('knows no invoice where none stands', async () => {
      const empty = await make();
      expect(await empty.writeRefund(requestOf(paidInvoice(), 1))).toEqual({ kind: 'unknownInvoice' });
    });

    it('gives back to money and lines what was rejected, withdrawn or failed', async () => {
      await ask(1, { amount: dong(40_000) });
      await write(moveOf(await there(), 1)('Rejected', { decidedBy: 'clerk-minh', decidedAt: NOW, refusal: 'no' }));
      await ask(2, { amount: dong(40_000) });
      await write(moveOf(await there(), 2)('Withdrawn', { decidedAt: NOW }));
      await ask(3, { amount: dong(40_000) });
      await write(moveOf(await there(), 3)('Approved', { decidedBy: 'clerk-minh' }));
      await write(moveOf(await there(), 3)('Overtaken', { settledAt: NOW }));
      const { refunding } = await there();
      expect(refunding?.money[PAYMENT.movementId]).toEqual({ left: 100_000, out: 0 });
      expect(refunding?.lines).toEqual([60_000, 25_000, 15_000]);
      const states = [1, 2, 3].map((place) => refunding?.refunds[idOf(place)]?.state);
      expect(states).toEqual(['rejected', 'withdrawn', 'failed']);
    });

    it('moves once: of two who decide at once, one does', async () => {
      await ask(1);
      const invoice = await there();
      const kinds = await Promise.all([
        write(moveOf(invoice, 1)('Approved', { decidedBy: 'clerk-minh' })),
        write(moveOf(invoice, 1)('Rejected', { decidedBy: 'clerk-hoa' })),
      ]);
      expect(kinds.sort()).toEqual(['decideAgain', 'written']);
    });

    it('has its payment order made out once, of two who do so at once', async () => {
      await ask(1);
      await write(must(decideMove(await there(), idOf(1), 'ApprovedByHand', { byHand: 'MONEY_AT_TREASURY' })));
      const invoice = await there();
      const order = (batch: string) => ({ batch, by: 'clerk-hoa', at: NOW, bodyHash: 'b' });
      const making = ['one', 'two'].map((batch) =>
        must(decideMove(invoice, idOf(1), 'OrderedOut', { order: order(batch) }, { whileUnordered: true })),
      );
      expect((await Promise.all(making.map(write))).sort()).toEqual(['decideAgain', 'written']);
      const { state, order: made } = (await there()).refunding?.refunds[idOf(1)] ?? {};
      expect([state, made?.by]).toEqual(['manual', 'clerk-hoa']);
    });

    it('compares persons in the write itself (scenario 30)', async () => {
      await ask(1);
      const approvedBy = (person: string) => ({ person: { must: 'notBe', the: 'requester', person } });
      const own = moveOf(await there(), 1)('Approved', { decidedBy: 'clerk-lan' }, approvedBy('clerk-lan'));
      expect(await write(own)).toBe('decideAgain');
      const others = { person: { must: 'be', the: 'requester', person: 'clerk-minh' } };
      expect(await write(moveOf(await there(), 1)('Withdrawn', {}, others))).toBe('decideAgain');
      expect(await write(moveOf(await there(), 1)('Approved', {}, approvedBy('clerk-minh')))).toBe('written');
    });

    it('done, adds the movement and moves the invoice; two at once do not lose each other', async () => {
      for (const place of [1, 2, 3]) await ask(place, { amount: dong(place === 3 ? 20_000 : 40_000) });
      for (const place of [1, 2, 3]) expect(await sent(place)).toBe('written');
      const done = (invoice: Invoice, place: number) =>
        must(decideDone(invoice, idOf(place), 'Confirmed', 'provider', { resultCode: '00' }, NOW));
      const seen = await there();
      expect((await Promise.all([write(done(seen, 1)), write(done(seen, 2))])).sort()).toEqual([
        'decideAgain',
        'written',
      ]);
      const half = await there();
      expect([half.state, half.refunding?.refunded]).toEqual(['partially_refunded', 40_000]);
      const second = Object.values(half.refunding?.refunds ?? {}).find(
        ({ state, amount }) => state === 'sent' && amount === 40_000,
      );
      await write(must(decideDone(half, second?.refundId ?? idOf(1), 'Confirmed', 'provider', {}, NOW)));
      await write(done(await there(), 3));
      const all = await there();
      expect([all.state, all.refunding?.refunded]).toEqual(['refunded', 100_000]);
      expect(all.refunding?.money[PAYMENT.movementId]).toEqual({ left: 0, out: 100_000 });
      expect(Object.values(all.movements).filter(({ kind }) => kind === 'refund')).toHaveLength(3);
    });

    it('and a reversal of its money exclude each other, whichever comes first (scenario 28)', async () => {
      await ask(1);
      const reversal = decide(
        paidNotice('T1', { outcome: 'reversed', amount: WHOLE }),
        factsOf(await there()),
        owner,
        NOW,
      );
      if (reversal.kind !== 'post') throw new Error(reversal.kind);
      await write(moveOf(await there(), 1)('Approved', {}));
      const send = moveOf(await there(), 1)('Sent', { sentAt: NOW }, { whileStanding: true });
      const [posted, written] = await Promise.all([book.post(reversal), write(send)]);
      if (written === 'written') {
        expect(posted.kind).toBe('decideAgain');
        expect(
          decide(paidNotice('T1', { outcome: 'reversed', amount: WHOLE }), factsOf(await there()), owner, NOW),
        ).toMatchObject({
          kind: 'review',
          category: 'REVERSED',
        });
      } else expect([posted.kind, written]).toEqual(['posted', 'decideAgain']);
    });

    describe('of a bank credit', () => {
      const CREDIT = 'mov_bank_0123_FT1';
      const MOVED = 'mov_bank_=0123_FT1';
      const credit = { bankCredit: { account: '0123', reference: 'FT1' }, amount: WHOLE };
      const elsewhere = paidNotice('FT1', { ...credit, providerId: 'notifier', terminal: '0123' });
      const itself = paidNotice('FT1', credit);
      const decided = (invoice: Invoice, notice = itself) => decide(notice, factsOf(invoice), owner, NOW);
      const posting = (invoice: Invoice, notice = itself) => {
        const decision = decided(invoice, notice);
        if (decision.kind !== 'post') throw new Error(decision.kind);
        return decision;
      };
      const ofCredit = { movementId: CREDIT, reason: 'WRONG_PAYMENT' } as const;
      beforeEach(async () => {
        book = await make();
        await book.create(
          paidInvoice({ state: 'open', due: WHOLE, movements: {}, attempts: [anAttempt('pending')], version: 1 }),
        );
        expect(await book.post(posting(await there(), elsewhere))).toEqual({ kind: 'posted' });
        expect(await there()).toMatchObject({ state: 'open', movements: { [CREDIT]: { kind: 'unmatched' } } });
      });

      it.each([
        ['the whole', {}],
        ['a part', { amount: dong(1) }],
      ])('that was asked for of %s keeps it from being moved, in the decision and in the write', async (_, part) => {
        const seen = await there();
        expect(await ask(1, { ...ofCredit, ...part })).toBe('written');
        expect((await book.post(posting(seen))).kind).toBe('decideAgain');
        expect(decided(await there())).toEqual({ kind: 'nothing', why: 'alreadyPosted' });
        await write(
          moveOf(await there(), 1)('ApprovedByHand', { byHand: 'MONEY_AT_TREASURY' }, { whileStanding: true }),
        );
        expect((await book.post(posting(seen))).kind).toBe('decideAgain');
        expect(decided(await there())).toEqual({ kind: 'nothing', why: 'alreadyPosted' });
      });

      it('lets it be moved once it was rejected', async () => {
        await ask(1, ofCredit);
        await write(moveOf(await there(), 1)('Rejected', { decidedBy: 'clerk-minh', decidedAt: NOW }));
        expect(await book.post(posting(await there()))).toEqual({ kind: 'posted' });
        expect((await there()).state).toBe('paid');
      });

      it('is refused once it was moved, and the moved money can be refunded', async () => {
        const seen = await there();
        await ask(1, ofCredit);
        await write(moveOf(await there(), 1)('Withdrawn', { decidedAt: NOW }));
        const again = requestOf(await there(), 2, ofCredit);
        expect(await book.post(posting(await there()))).toEqual({ kind: 'posted' });
        expect(Object.keys((await there()).movements).sort()).toEqual([CREDIT, MOVED]);
        for (const stale of [again, requestOf(seen, 3, ofCredit)]) expect(await write(stale)).toBe('decideAgain');
        expect(decideRequest(await there(), wish(4, ofCredit), NOW)).toBe('money_not_refundable');
        // What paid the invoice is under the new name, and goes back as such.
        expect(await ask(5, { movementId: MOVED, reason: 'EXEMPTION_GRANTED' })).toBe('written');
      });

      it('and the move exclude each other, whichever comes first', async () => {
        const seen = await there();
        const [moved, asked] = await Promise.all([book.post(posting(seen)), write(requestOf(seen, 1, ofCredit))]);
        expect([
          ['posted', 'decideAgain'],
          ['decideAgain', 'written'],
        ]).toContainEqual([moved.kind, asked]);
      });

      it('whose money an earlier release moved is not ordered', async () => {
        const [seen, movement] = [await there(), posting(await there()).movement];
        const asked = must(afterRefundWrite(seen, requestOf(seen, 1, ofCredit)));
        const bothOf = (invoice: Invoice) => ({ ...invoice, movements: { ...invoice.movements, [MOVED]: movement } });
        book = await make();
        await book.create(bothOf(asked));
        const order = moveOf(await there(), 1)('Approved', {}, { whileStanding: true });
        expect(await write(order)).toBe('decideAgain');
      });
    });

    it('confirms the report that was read, and no other in its place', async () => {
      await ask(1, { amount: dong(40_000) });
      await write(moveOf(await there(), 1)('ApprovedByHand', { byHand: 'MONEY_AT_TREASURY' }));
      const report = { outcome: 'cash', document: DECISION, by: 'clerk-lan', at: NOW, keyHash: 'k', bodyHash: 'b' };
      const conditions = { person: { must: 'notBe', the: 'reporter', person: 'clerk-minh' } } as const;
      const change = { report: { ...report, decidedBy: 'clerk-minh' } } as object;
      for (const other of [{ at: NOW + 1 }, { keyHash: 'other' }]) {
        await write(moveOf(await there(), 1)('Reported', { report }));
        const read = must(decideDone(await there(), idOf(1), 'Returned', 'cash', change, NOW, conditions));
        await write(moveOf(await there(), 1)('ReportRejected', { report }));
        await write(moveOf(await there(), 1)('Reported', { report: { ...report, ...other, outcome: 'not_returned' } }));
        expect(await write(read)).toBe('decideAgain');
        await write(moveOf(await there(), 1)('ReportRejected', {}));
      }
      await write(moveOf(await there(), 1)('Reported', { report }));
      expect(await write(must(decideDone(await there(), idOf(1), 'Returned', 'cash', change, NOW, conditions)))).toBe(
        'written',
      );
    });

    it('which failed, lets its money be reversed again', async () => {
      await ask(1, { amount: WHOLE });
      await sent(1);
      await write(moveOf(await there(), 1)('Refused', { byHand: 'PROVIDER_REFUSED' }));
      const report = {
        outcome: 'not_returned',
        document: DECISION,
        by: 'clerk-lan',
        at: NOW,
        keyHash: 'k',
        bodyHash: 'b',
      };
      await write(moveOf(await there(), 1)('Reported', { report }));
      await write(
        moveOf(await there(), 1)(
          'NotReturned',
          { report: { ...report, decidedBy: 'clerk-minh' } },
          { person: { must: 'notBe', the: 'reporter', person: 'clerk-minh' } },
        ),
      );
      expect((await there()).refunding?.money[PAYMENT.movementId]).toEqual({ left: WHOLE, out: 0 });
      const again = decide(
        paidNotice('T1', { outcome: 'reversed', amount: WHOLE }),
        factsOf(await there()),
        owner,
        NOW,
      );
      if (again.kind !== 'post') throw new Error(again.kind);
      expect((await book.post(again)).kind).toBe('posted');
    });
  });
}
