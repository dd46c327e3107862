import { beforeEach, describe, expect, it } from 'vitest';
import type { InvoiceBook } from '../../shared/domain/invoice/book.ts';
import type { Invoice } from '../../shared/domain/invoice/invoice.ts';
import { invoiceId } from '../../shared/domain/invoice/number.ts';
import { dong } from '../../shared/domain/money/dong.ts';
import { decide } from '../../shared/domain/payment/decide.ts';
import { factsOf } from '../../shared/domain/payment/facts.ts';
import {
  decideDone,
  decideMove,
  decideRequest,
  type MoveRefund,
  type RefundWish,
  type RequestRefund,
} from '../../shared/domain/refund/decide.ts';
import { MAX_REFUNDS, type RefundId } from '../../shared/domain/refund/refund.ts';
import { requestRefund } from '../../shared/usecases/request-refund.ts';
import { NUMBER } from '../dsl/given.ts';
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
