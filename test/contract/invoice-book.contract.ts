import { beforeEach, describe, expect, it } from 'vitest';
import { CREATION_SHARDS, type InvoiceBook, MAX_FIND_MANY } from '../../shared/domain/invoice/book.ts';
import { type Invoice, MAX_SHARED_CALLS, type ReversalProposal } from '../../shared/domain/invoice/invoice.ts';
import { InvoiceNumber } from '../../shared/domain/invoice/number.ts';
import { type Dong, dong, ZERO } from '../../shared/domain/money/dong.ts';
import type { AttemptState } from '../../shared/domain/payment/advance.ts';
import { decide, type PostMovement } from '../../shared/domain/payment/decide.ts';
import { factsOf, type InvoiceFacts } from '../../shared/domain/payment/facts.ts';
import { MAX_MOVEMENTS, type Movement, MovementId, PLACES_FOR_ALL } from '../../shared/domain/payment/movement.ts';
import type { ProviderNotice } from '../../shared/domain/payment/provider.ts';
import { MAX_ATTEMPTS, paymentReference } from '../../shared/domain/payment/reference.ts';
import { postPayment } from '../../shared/usecases/post-payment.ts';
import { anAttempt, NUMBER } from '../dsl/given.ts';
import { invoiceOf, LAND, LAND_AT_ONE, NOW, POLICE, TOTAL } from '../dsl/world.ts';

const OTHER = InvoiceNumber.parse('480213567897');
const owner = { merchantAccountId: 'land-one', agencyCode: LAND };

export const paidNotice = (transactionId: string, more: Partial<ProviderNotice> = {}): ProviderNotice => ({
  providerId: 'bank-one',
  terminal: LAND_AT_ONE,
  reference: paymentReference(NUMBER, 1),
  outcome: 'paid',
  amount: TOTAL,
  currency: 'VND',
  transactionId,
  paidAt: NOW,
  resultCode: '00',
  evidence: `signed words of ${transactionId}`,
  ...more,
});

/** The write that a notice leads to, seen from an invoice as it stands. */
export function postingOf(invoice: Invoice, notice: ProviderNotice): PostMovement {
  const decision = decide(notice, factsOf(invoice), owner, NOW);
  if (decision.kind !== 'post') throw new Error(`decided to ${decision.kind}`);
  return decision;
}

export const payable = (more: Partial<Invoice> = {}): Invoice =>
  invoiceOf(NUMBER, { attempts: [anAttempt('pending')], ...more });

/** A movement of money that no invoice bears. */
export function strayMovement(transactionId: string, amount: Dong = TOTAL): Movement {
  const decision = decide(paidNotice(transactionId, { amount }), undefined, owner, NOW);
  if (decision.kind !== 'keepReceipt') throw new Error(`decided to ${decision.kind}`);
  return decision.movement;
}

/** A table keeps no order among an invoice's movements, and no decision asks for one. */
const inOrder = (facts: InvoiceFacts): InvoiceFacts => ({
  ...facts,
  movements: facts.movements.toSorted((one, other) => (one.movementId < other.movementId ? -1 : 1)),
  promised: facts.promised.toSorted(),
  givenBack: facts.givenBack.toSorted(),
});

/** What every book of invoices does, whatever it is made of. */
export function invoiceBookContract(name: string, make: () => Promise<InvoiceBook>): void {
  describe(`a book of invoices: ${name}`, () => {
    let book: InvoiceBook;
    beforeEach(async () => {
      book = await make();
    });
    /** As it stands; and whoever asks for what a decision needs is told the same of it. */
    const there = async () => {
      const invoice = await book.find(NUMBER, { consistent: true });
      const facts = await book.findFacts(NUMBER, { consistent: true });
      expect(facts && inOrder(facts)).toEqual(invoice && inOrder(factsOf(invoice)));
      return invoice;
    };

    describe('creating', () => {
      it('keeps the invoice as it was made', async () => {
        const whole = payable({
          payer: { name: 'Nguyễn Thử Nghiệm', idNumber: '001099000123', taxCode: '0101234567-001' },
          metadata: { channel: 'kiosk', Note: '' },
          replaces: OTHER,
          lines: [
            { feeItem: '9.000001-01', kind: 'phi', quantity: 2, amount: dong(50_000), beneficiary: 'main' },
            { feeItem: '9.000001-02', kind: 'le_phi', quantity: 1, amount: ZERO, beneficiary: 'fund' },
          ],
        });
        expect(await book.create(whole)).toEqual({ kind: 'created' });
        expect(await there()).toEqual(whole);
        expect(await book.find(NUMBER, { consistent: false })).toEqual(whole);
      });

      it('happens once; whoever comes later is shown what stands there', async () => {
        const answers = await Promise.all(
          Array.from({ length: 20 }, (_, index) => book.create(payable({ dossierCode: `D-${index}` }))),
        );
        expect(answers.filter(({ kind }) => kind === 'created')).toHaveLength(1);
        const standing = await there();
        for (const answer of answers)
          if (answer.kind !== 'created') expect(answer).toEqual({ kind: 'exists', invoice: standing });
      });

      it('is refused for ever at a number that was voided', async () => {
        expect(await book.void(NUMBER)).toEqual({ kind: 'voided' });
        expect(await book.void(NUMBER)).toEqual({ kind: 'voided' });
        expect(await book.create(payable())).toEqual({ kind: 'occupied' });
        expect(await there()).toBeUndefined();
      });

      it('comes before a void, or after it, never both', async () => {
        const [created, voided] = await Promise.all([book.create(payable()), book.void(NUMBER)]);
        if (created.kind === 'created') expect(voided).toMatchObject({ kind: 'exists', invoice: { number: NUMBER } });
        else expect([created.kind, voided.kind]).toEqual(['occupied', 'voided']);
      });
    });

    describe('finding many', () => {
      it('answers in the order asked, without what is none', async () => {
        const numbers = Array.from({ length: MAX_FIND_MANY }, (_, index) =>
          InvoiceNumber.parse(`2000000000${String(index).padStart(2, '0')}`),
        );
        await Promise.all(numbers.slice(0, 30).map((number) => book.create(invoiceOf(number))));
        await book.void(numbers[40] ?? NUMBER);
        const asked = numbers.toReversed();
        expect((await book.findMany(asked)).map(({ number }) => number)).toEqual(numbers.slice(0, 30).toReversed());
        expect(await book.findMany([])).toEqual([]);
      });

      it('asks for so many at once and no more', async () => {
        const numbers = Array.from({ length: MAX_FIND_MANY + 1 }, () => NUMBER);
        await expect(book.findMany(numbers)).rejects.toThrow(RangeError);
      });

      it('answers a number that was asked twice, twice', async () => {
        await book.create(payable());
        expect(await book.findMany([NUMBER, NUMBER])).toHaveLength(2);
      });
    });

    describe('taking back', () => {
      const reversedNotice = (transactionId: string) => paidNotice(transactionId, { outcome: 'reversed' });
      const ORIGINAL = 'mov_bank-one_T1';
      const proposal = (by: string, more: Partial<ReversalProposal> = {}): ReversalProposal => ({
        movementId: ORIGINAL,
        state: 'proposed',
        by,
        reason: 'WRONG_AMOUNT',
        proposedAt: NOW,
        keyHash: 'k',
        bodyHash: 'b',
        ...more,
      });
      async function paid(): Promise<Invoice> {
        await book.create(payable());
        await book.post(postingOf(payable(), paidNotice('T1')));
        return (await there()) as Invoice;
      }

      it('keeps what an agency had chosen, what waits, and what is proposed, as they were', async () => {
        const whole = payable({
          choices: { late: 'accept', parts: 'accumulate' },
          attempts: [anAttempt('pending', { amount: dong(7) })],
          parked: [
            {
              movementId: 'mov_bank-one_P',
              amount: TOTAL,
              terminal: 'T',
              reversedAt: NOW,
              parkedAt: NOW,
              evidence: 'e',
            },
          ],
          proposal: proposal('one', { state: 'rejected', decidedBy: 'two' }),
        });
        await book.create(whole);
        expect(await there()).toEqual(whole);
        await book.create({ ...payable({ choices: { late: 'accept' } }), number: OTHER });
        expect((await book.find(OTHER, { consistent: true }))?.choices).toEqual({ late: 'accept' });
      });

      it('a payment moves the invoice back, once; repeated it is recognised', async () => {
        const posting = postingOf(await paid(), reversedNotice('T1'));
        const outcomes = await Promise.all(Array.from({ length: 20 }, () => book.post(posting)));
        expect(outcomes.filter(({ kind }) => kind === 'posted')).toHaveLength(1);
        expect(outcomes.filter(({ kind }) => kind === 'alreadyPosted')).toHaveLength(19);
        const after = await there();
        expect(after).toMatchObject({ state: 'open', due: TOTAL, attempts: [{ state: 'reversed' }] });
        expect(after?.movements['mov_bank-one_~T1']).toEqual(posting.movement);
      });

      it('at the same time as all else of its attempt is decided again, so that the attempt ends with the last of it', async () => {
        const one = await paid();
        await book.post(postingOf(one, paidNotice('T2')));
        const both = (await there()) as Invoice;
        const [first, second] = [postingOf(both, reversedNotice('T1')), postingOf(both, reversedNotice('T2'))];
        expect(await book.post(first)).toEqual({ kind: 'posted' });
        expect(await book.post(second)).toMatchObject({ kind: 'decideAgain' });
        await book.post(postingOf((await there()) as Invoice, reversedNotice('T2')));
        expect(await there()).toMatchObject({ attempts: [{ state: 'reversed' }] });
      });

      it('what never came is decided again', async () => {
        const posting = postingOf(await paid(), reversedNotice('T1'));
        const stray = { ...posting, number: OTHER };
        await book.create({ ...payable(), number: OTHER });
        await book.post({ ...postingOf(payable(), paidNotice('T2')), number: OTHER });
        expect(await book.post(stray)).toMatchObject({ kind: 'decideAgain' });
      });

      it('before it came waits, once for each who saw the same', async () => {
        await book.create(payable());
        const decision = decide(reversedNotice('T1'), factsOf(payable()), owner, NOW);
        if (decision.kind !== 'park') throw new Error(`decided to ${decision.kind}`);
        const outcomes = await Promise.all(Array.from({ length: 10 }, () => book.park(decision)));
        expect(outcomes.filter(({ kind }) => kind === 'parked')).toHaveLength(1);
        expect((await there())?.parked).toEqual([decision.parked]);
        // The money was decided without knowing of it.
        expect(await book.post(postingOf(payable(), paidNotice('T1')))).toMatchObject({ kind: 'decideAgain' });
        expect(await book.post(postingOf((await there()) as Invoice, paidNotice('T1')))).toEqual({ kind: 'posted' });
        const after = await there();
        expect(Object.keys(after?.movements ?? {}).sort()).toEqual(['mov_bank-one_T1', 'mov_bank-one_~T1']);
        expect(after).toMatchObject({ state: 'open', due: TOTAL });
      });

      it('does not wait where its money is, nor where no invoice is', async () => {
        const decision = decide(reversedNotice('T1'), factsOf(payable()), owner, NOW);
        if (decision.kind !== 'park') throw new Error(`decided to ${decision.kind}`);
        expect(await book.park(decision)).toEqual({ kind: 'unknownInvoice' });
        await paid();
        expect(await book.park(decision)).toMatchObject({ kind: 'decideAgain', current: { state: 'paid' } });
        await book.void(OTHER);
        expect(await book.park({ ...decision, number: OTHER })).toEqual({ kind: 'unknownInvoice' });
      });

      it('is proposed by one at a time', async () => {
        await paid();
        const outcomes = await Promise.all(['a', 'b', 'c'].map((by) => book.proposeReversal(NUMBER, proposal(by))));
        expect(outcomes.filter(({ kind }) => kind === 'proposed')).toHaveLength(1);
        const by = (await there())?.proposal?.by;
        expect(['a', 'b', 'c']).toContain(by);
        expect(await book.rejectReversal(NUMBER, ORIGINAL, 'z')).toMatchObject({
          kind: 'rejected',
          invoice: { state: 'paid', proposal: { state: 'rejected', by, decidedBy: 'z' } },
        });
        expect(await book.rejectReversal(NUMBER, ORIGINAL, 'z')).toMatchObject({ kind: 'refused' });
        expect(await book.proposeReversal(NUMBER, proposal('d'))).toMatchObject({ kind: 'proposed' });
      });

      it('is proposed of what is there, and not taken back yet', async () => {
        expect(await book.proposeReversal(NUMBER, proposal('a'))).toEqual({ kind: 'refused', current: undefined });
        await paid();
        const nothing = proposal('a', { movementId: 'mov_bank-one_T9' });
        expect(await book.proposeReversal(NUMBER, nothing)).toMatchObject({ kind: 'refused' });
        await book.post(postingOf((await there()) as Invoice, reversedNotice('T1')));
        expect(await book.proposeReversal(NUMBER, proposal('a'))).toMatchObject({ kind: 'refused' });
      });

      it('is approved by another person, in the write itself (scenario 30)', async () => {
        const invoice = await paid();
        const approvedBy = (by: string) => ({ ...postingOf(invoice, reversedNotice('T1')), approvedBy: by });
        expect(await book.post(approvedBy('b'))).toMatchObject({ kind: 'decideAgain' });
        await book.proposeReversal(NUMBER, proposal('a'));
        expect(await book.post(approvedBy('a'))).toMatchObject({ kind: 'decideAgain', current: { state: 'paid' } });
        await book.rejectReversal(NUMBER, ORIGINAL, 'b');
        expect(await book.post(approvedBy('b'))).toMatchObject({ kind: 'decideAgain' });
        await book.proposeReversal(NUMBER, proposal('a'));
        expect(await book.post(approvedBy('b'))).toEqual({ kind: 'posted' });
        const after = await there();
        expect(after?.proposal).toBeUndefined();
        expect(after).toMatchObject({ state: 'open', due: TOTAL });
      });

      it('and parts: the lines hold for the movements that they were reckoned from, and no others', async () => {
        const accumulating = payable({ choices: { parts: 'accumulate' } });
        await book.create(accumulating);
        await book.post(postingOf(accumulating, paidNotice('A', { amount: dong(10_000) })));
        const after = (await there()) as Invoice;
        expect(after).toMatchObject({ state: 'open', due: 40_000 });
        const next = postingOf(after, paidNotice('B', { amount: dong(10_000) }));
        expect(next.after).toBe(1);
        await book.post(postingOf(after, paidNotice('C', { amount: dong(500_000) })));
        expect(await book.post(next)).toMatchObject({ kind: 'decideAgain' });
        expect(await book.move(NUMBER, 'open', 'cancelled', TOTAL)).toMatchObject({ kind: 'refused' });
        expect(await book.move(NUMBER, 'open', 'cancelled', dong(40_000))).toMatchObject({ kind: 'moved' });
      });
    });

    describe('appending an attempt', () => {
      it('numbers them as they come: 20 racing for one place, one gets it', async () => {
        await book.create(invoiceOf(NUMBER));
        const race = await Promise.all(
          Array.from({ length: 20 }, (_, index) =>
            book.appendAttempt(NUMBER, 0, anAttempt('pending', { keyHash: `k${index}` })),
          ),
        );
        const won = race.flatMap((one) => (one.kind === 'appended' ? [one.invoice] : []));
        expect(won).toHaveLength(1);
        expect(won[0]).toMatchObject({ version: 2, attempts: [{ state: 'pending' }] });
        for (const one of race) if (one.kind === 'refused') expect(one.current?.attempts).toEqual(won[0]?.attempts);
        expect(await book.appendAttempt(NUMBER, 1, anAttempt('pending', { keyHash: 'next' }))).toMatchObject({
          kind: 'appended',
          invoice: { attempts: [{}, { keyHash: 'next' }] },
        });
      });

      it('is refused after the last', async () => {
        const attempts = Array.from({ length: MAX_ATTEMPTS }, () => anAttempt('failed'));
        await book.create(invoiceOf(NUMBER, { attempts }));
        expect((await book.appendAttempt(NUMBER, MAX_ATTEMPTS, anAttempt('pending'))).kind).toBe('refused');
      });

      it.each(['paid', 'expired', 'cancelled', 'partially_refunded', 'refunded'] as const)(
        'is refused when it is %s',
        async (state) => {
          await book.create(invoiceOf(NUMBER, { state }));
          expect(await book.appendAttempt(NUMBER, 0, anAttempt('pending'))).toMatchObject({
            kind: 'refused',
            current: { state },
          });
        },
      );

      it('is refused after the deadline, to the millisecond', async () => {
        await book.create(invoiceOf(NUMBER, { expiresAt: NOW }));
        expect((await book.appendAttempt(NUMBER, 0, anAttempt('pending', { createdAt: NOW + 1 }))).kind).toBe(
          'refused',
        );
        expect((await book.appendAttempt(NUMBER, 0, anAttempt('pending', { createdAt: NOW }))).kind).toBe('appended');
      });

      it('is refused where nothing stands, or no invoice', async () => {
        expect(await book.appendAttempt(NUMBER, 0, anAttempt('pending'))).toEqual({
          kind: 'refused',
          current: undefined,
        });
        await book.void(NUMBER);
        expect(await book.appendAttempt(NUMBER, 0, anAttempt('pending'))).toEqual({
          kind: 'refused',
          current: undefined,
        });
      });
    });

    describe('moving the state', () => {
      it('moves it and counts the write, and nothing else', async () => {
        await book.create(payable());
        const moved = { ...payable(), state: 'cancelled', version: 2 };
        expect(await book.move(NUMBER, 'open', 'cancelled')).toEqual({ kind: 'moved', invoice: moved });
        expect(await there()).toEqual(moved);
        expect(await book.move(NUMBER, 'open', 'expired')).toEqual({ kind: 'refused', current: moved });
      });

      it('is refused where no invoice stands, and makes none', async () => {
        expect(await book.move(NUMBER, 'open', 'cancelled')).toEqual({ kind: 'refused', current: undefined });
        expect(await book.create(payable())).toEqual({ kind: 'created' });
      });
    });

    describe('standing for another invoice', () => {
      it.each(['open', 'expired', 'cancelled'] as const)('is noted once with one that is %s', async (state) => {
        await book.create(payable({ state }));
        const answers = await Promise.all(Array.from({ length: 20 }, () => book.supersede(NUMBER, state, OTHER)));
        expect(answers.filter(({ kind }) => kind === 'superseded')).toHaveLength(1);
        const ended = state === 'open' ? 'expired' : state;
        expect(await there()).toEqual(payable({ state: ended, replacedBy: OTHER, version: 2 }));
      });

      it('is refused when its state is another, or nothing stands there', async () => {
        expect(await book.supersede(NUMBER, 'open', OTHER)).toEqual({ kind: 'refused', current: undefined });
        await book.create(payable({ state: 'paid', due: ZERO }));
        expect(await book.supersede(NUMBER, 'open', OTHER)).toMatchObject({
          kind: 'refused',
          current: { state: 'paid' },
        });
      });

      it('and paying it exclude each other, whichever comes first', async () => {
        for (const state of ['open', 'expired'] as const) {
          book = await make();
          await book.create(payable({ state }));
          const posting = postingOf(payable({ state }), paidNotice('T1'));
          const [superseded, posted] = await Promise.all([book.supersede(NUMBER, state, OTHER), book.post(posting)]);
          const paid = await there();
          if (superseded.kind === 'superseded') {
            expect(posted).toMatchObject({ kind: 'decideAgain', current: { replacedBy: OTHER } });
            expect(paid?.movements).toEqual({});
          } else {
            expect(posted).toEqual({ kind: 'posted' });
            expect(paid).toMatchObject({ state: 'paid' });
            expect(paid?.replacedBy).toBeUndefined();
          }
        }
      });

      it('has money placed anew that was placed before', async () => {
        const alone = payable({ state: 'expired', choices: { parts: 'accumulate' } });
        await book.create(alone);
        const surplus = postingOf(alone, paidNotice('T1', { amount: dong(TOTAL + 1) }));
        expect(surplus.movement).toMatchObject({ kind: 'surplus', category: 'AMOUNT_OVER' });
        await book.supersede(NUMBER, 'expired', OTHER);
        expect(await book.post(surplus)).toMatchObject({ kind: 'decideAgain', current: { replacedBy: OTHER } });
      });

      it('does not keep surplus from it', async () => {
        const replaced = payable({ state: 'expired', replacedBy: OTHER });
        await book.create(replaced);
        expect(await book.post(postingOf(replaced, paidNotice('T1')))).toEqual({ kind: 'posted' });
        expect(Object.values((await there())?.movements ?? {}).map(({ kind }) => kind)).toEqual(['surplus']);
      });
    });

    const seen = (after: number, due = TOTAL) => ({ after, due });

    describe('sharing an attempt', () => {
      const call = (index: number) => ({ keyHash: `key ${index}`, bodyHash: `body ${index}` });

      it('remembers further calls, so many and no more', async () => {
        await book.create(payable());
        const answers = await Promise.all(
          Array.from({ length: MAX_SHARED_CALLS + 5 }, (_, index) =>
            book.shareAttempt(NUMBER, 0, call(index), seen(1)),
          ),
        );
        expect(answers.filter(({ kind }) => kind === 'shared')).toHaveLength(MAX_SHARED_CALLS);
        const shared = (await there())?.attempts[0]?.sharedWith ?? [];
        expect(shared).toHaveLength(MAX_SHARED_CALLS);
        expect(new Set(shared.map(({ keyHash }) => keyHash)).size).toBe(MAX_SHARED_CALLS);
        expect((await there())?.version).toBe(1 + MAX_SHARED_CALLS);
      });

      it('remembers beside a call the client that joined by it', async () => {
        await book.create(payable());
        await book.shareAttempt(NUMBER, 0, call(1), seen(1));
        await book.shareAttempt(NUMBER, 0, call(2), seen(1), 'portal-two');
        await book.shareAttempt(NUMBER, 0, call(3), seen(1), 'portal-three');
        expect(await there()).toMatchObject({
          attempts: [{ sharedWith: [call(1), call(2), call(3)], joinedBy: ['portal-two', 'portal-three'] }],
        });
      });

      it('and appending see each other: of two decided at once, one is decided again', async () => {
        const one = () => anAttempt('pending', { providerId: 'bank-two' });
        await book.create(payable());
        expect(await book.shareAttempt(NUMBER, 0, call(1), seen(1))).toMatchObject({ kind: 'shared' });
        expect(await book.appendAttempt(NUMBER, 1, one(), 0)).toMatchObject({ kind: 'refused' });
        expect(await book.appendAttempt(NUMBER, 1, one(), 1)).toMatchObject({ kind: 'appended' });
        expect(await book.shareAttempt(NUMBER, 0, call(2), seen(1))).toMatchObject({ kind: 'refused' });
        expect(await book.shareAttempt(NUMBER, 0, call(2), seen(2))).toMatchObject({ kind: 'shared' });
      });

      it('is refused where the attempt no longer waits, or is none', async () => {
        await book.create(payable({ attempts: [anAttempt('failed')] }));
        expect(await book.shareAttempt(NUMBER, 0, call(1), seen(1))).toMatchObject({
          kind: 'refused',
          current: { number: NUMBER },
        });
        expect(await book.shareAttempt(NUMBER, 1, call(1), seen(1))).toMatchObject({ kind: 'refused' });
        expect(await book.shareAttempt(OTHER, 0, call(1), seen(1))).toEqual({ kind: 'refused', current: undefined });
      });

      it.each(['paid', 'partially_refunded', 'refunded', 'expired', 'cancelled'] as const)(
        'is refused where the invoice is %s meanwhile',
        async (state) => {
          await book.create(payable({ state }));
          expect(await book.shareAttempt(NUMBER, 0, call(1), seen(1), 'portal-two')).toMatchObject({
            kind: 'refused',
            current: { state, attempts: [{}] },
          });
          expect((await there())?.attempts).toEqual([anAttempt('pending')]);
        },
      );

      it('is refused where another sum is due meanwhile', async () => {
        await book.create(payable({ due: dong(20_000) }));
        expect(await book.shareAttempt(NUMBER, 0, call(1), seen(1))).toMatchObject({ kind: 'refused' });
        expect(await book.shareAttempt(NUMBER, 0, call(1), seen(1, dong(20_000)))).toMatchObject({ kind: 'shared' });
      });
    });

    describe('keeping what a provider prepared', () => {
      const told = (state: AttemptState) => payable({ attempts: [anAttempt('failed'), anAttempt(state)] });

      it('moves a created attempt to pending, and keeps the text with it', async () => {
        await book.create(told('created'));
        const kept = await book.keepPrepared(NUMBER, 1, 'created', 'the way on');
        const attempts = [anAttempt('failed'), anAttempt('pending', { prepared: 'the way on' })];
        expect(kept).toEqual({ kind: 'kept', invoice: payable({ attempts, version: payable().version + 1 }) });
        expect((await there())?.attempts).toEqual(attempts);
      });

      it('happens once: of 20 racing one is kept, and the others are shown it', async () => {
        await book.create(told('created'));
        const race = await Promise.all(
          Array.from({ length: 20 }, (_, index) => book.keepPrepared(NUMBER, 1, 'created', `way ${index}`)),
        );
        expect(race.filter(({ kind }) => kind === 'kept')).toHaveLength(1);
        const standing = await there();
        for (const one of race) if (one.kind === 'refused') expect(one.current).toEqual(standing);
      });

      it.each(['failed', 'succeeded', 'succeeded_late', 'expired'] as const)(
        'leaves an attempt that is %s where it is',
        async (state) => {
          await book.create(told(state));
          expect((await book.keepPrepared(NUMBER, 1, 'created', 'x')).kind).toBe('refused');
          expect(await book.keepPrepared(NUMBER, 1, state, 'x')).toMatchObject({
            kind: 'kept',
            invoice: { attempts: [{}, { state, prepared: 'x' }] },
          });
          expect((await book.keepPrepared(NUMBER, 1, state, 'y')).kind).toBe('refused');
          expect((await there())?.attempts[1]?.prepared).toBe('x');
        },
      );

      it('is refused where there is no such attempt, or no invoice', async () => {
        expect(await book.keepPrepared(NUMBER, 0, 'created', 'x')).toEqual({ kind: 'refused', current: undefined });
        await book.create(told('created'));
        expect((await book.keepPrepared(NUMBER, 2, 'created', 'x')).kind).toBe('refused');
        expect(await there()).toEqual(told('created'));
      });

      it('is possible for an attempt that answers several calls already', async () => {
        await book.create(told('created'));
        const call = { keyHash: 'k2', bodyHash: 'b2' };
        expect((await book.shareAttempt(NUMBER, 1, call, seen(2))).kind).toBe('shared');
        expect(await book.keepPrepared(NUMBER, 1, 'created', 'x')).toMatchObject({
          kind: 'kept',
          invoice: { attempts: [{}, { state: 'pending', prepared: 'x', sharedWith: [call] }] },
        });
      });
    });

    describe('an invoice that is full', () => {
      const odd = Array.from({ length: PLACES_FOR_ALL }, (_, index) => strayMovement(`ODD${index}`, dong(7)));
      const full = () => payable({ movements: Object.fromEntries(odd.map((one) => [one.movementId, one])) });
      const overflow = (movement: Movement) => ({ agencyCode: LAND, movement, overflowOf: NUMBER });

      it('still takes the payment, in the place that is kept for it', async () => {
        await book.create(full());
        const posting = postingOf(full(), paidNotice('PAYS'));
        expect(posting.takesLastPlace).toBe(true);
        expect(await book.post(posting)).toEqual({ kind: 'posted' });
        expect(await book.post(posting)).toEqual({ kind: 'alreadyPosted' });
        expect((await there())?.state).toBe('paid');
      });

      it('does not take money as payment that a receipt holds already', async () => {
        await book.create(full());
        const posting = postingOf(full(), paidNotice('TWICE'));
        expect(await book.keepReceipt(overflow(posting.movement))).toEqual({ kind: 'kept' });
        expect(await book.post(posting)).toEqual({ kind: 'alreadyPosted' });
        expect(await there()).toEqual(full());
      });

      it('lends no receipt to money that it bears already', async () => {
        await book.create(full());
        const posting = postingOf(full(), paidNotice('TWICE'));
        await book.post(posting);
        expect(await book.keepReceipt(overflow(posting.movement))).toMatchObject({
          kind: 'decideAgain',
          current: { state: 'paid' },
        });
        expect(await book.keepReceipt({ agencyCode: LAND, movement: strayMovement('TWICE') })).toEqual({
          kind: 'kept',
        });
      });

      it('turns away what was decided without the choices of the agency, and answers them (scenario 51)', async () => {
        const chosen: Invoice = { ...payable(), choices: { late: 'accept', parts: 'accumulate' } };
        await book.create(chosen);
        const unaware = postingOf(payable(), paidNotice('T1'));
        expect(await book.post(unaware)).toMatchObject({ kind: 'decideAgain', current: { choices: chosen.choices } });
        expect(await book.post({ ...unaware, choices: { late: 'accept' } })).toMatchObject({ kind: 'decideAgain' });
        expect(await book.post(postingOf(chosen, paidNotice('T1')))).toEqual({ kind: 'posted' });
      });

      it('keeps the last place from all but the payment, whatever was decided', async () => {
        await book.create(full());
        const { takesLastPlace: _, ...unaware } = postingOf(full(), paidNotice('PAYS'));
        expect(await book.post(unaware)).toMatchObject({ kind: 'decideAgain' });
      });
    });

    describe('posting', () => {
      it('moves state, due and attempt, and adds the movement, in one write', async () => {
        await book.create(payable());
        const posting = postingOf(payable(), paidNotice('T1'));
        expect(await book.post(posting)).toEqual({ kind: 'posted' });
        expect(await there()).toEqual({
          ...payable(),
          state: 'paid',
          due: 0,
          attempts: [anAttempt('succeeded')],
          movements: { 'mov_bank-one_T1': posting.movement },
          version: 2,
        });
      });

      it('200 copies at once: one is posted, the others are recognised (scenarios 1, 34)', async () => {
        await book.create(payable());
        const posting = postingOf(payable(), paidNotice('T1'));
        const answers = await Promise.all(Array.from({ length: 200 }, () => book.post(posting)));
        expect(answers.filter(({ kind }) => kind === 'posted')).toHaveLength(1);
        expect(answers.filter(({ kind }) => kind === 'alreadyPosted')).toHaveLength(199);
        expect((await there())?.version).toBe(2);
      });

      it.each<[string, Partial<Invoice>, Partial<ProviderNotice>]>([
        ['of a wrong amount', {}, { amount: dong(7) }],
        ['for an invoice that is cancelled', { state: 'cancelled' }, {}],
      ])(
        '200 copies at once of money %s: one is entered, though no state moves (scenario 1)',
        async (_, state, said) => {
          await book.create(payable(state));
          const posting = postingOf(payable(state), paidNotice('T1', said));
          const unmoved = { ...posting, attempt: undefined } as unknown as PostMovement;
          const answers = await Promise.all(Array.from({ length: 200 }, () => book.post(unmoved)));
          expect(answers.filter(({ kind }) => kind === 'posted')).toHaveLength(1);
          expect((await there())?.version).toBe(2);
          expect(await book.post({ ...unmoved, movement: { ...posting.movement, amount: dong(8) } })).toMatchObject({
            kind: 'contradicts',
          });
          expect((await there())?.movements['mov_bank-one_T1']).toEqual(posting.movement);
        },
      );

      it('recognises its own write when the answer was lost, later and in any state (scenarios 34, 35)', async () => {
        await book.create(payable());
        const posting = postingOf(payable(), paidNotice('T1'));
        await book.post(posting);
        expect(await book.post({ ...posting, movement: { ...posting.movement, committedAt: NOW + 1 } })).toEqual({
          kind: 'alreadyPosted',
        });
        await book.move(NUMBER, 'paid', 'refunded');
        expect(await book.post(posting)).toEqual({ kind: 'alreadyPosted' });
      });

      it.each<[string, Partial<Movement>]>([
        ['amount', { amount: dong(1) }],
        ['terminal', { terminal: 'ANOTHER' }],
        ['attempt', { attempt: 2 }],
      ])('says so when the same transaction comes with another %s', async (_, more) => {
        await book.create(payable());
        const posting = postingOf(payable(), paidNotice('T1'));
        await book.post(posting);
        const contrary = { ...posting, movement: { ...posting.movement, ...more } };
        expect(await book.post(contrary)).toMatchObject({ kind: 'contradicts', current: { state: 'paid' } });
        expect((await there())?.movements['mov_bank-one_T1']).toEqual(posting.movement);
      });

      it('is decided again when the state, the amount due or the attempt is another', async () => {
        await book.create(payable());
        const posting = postingOf(payable(), paidNotice('T1'));
        await book.moveAttempt({ kind: 'moveAttempt', number: NUMBER, index: 0, from: 'pending', to: 'failed' });
        expect(await book.post(posting)).toMatchObject({
          kind: 'decideAgain',
          current: { attempts: [{ state: 'failed' }] },
        });
        expect(await book.post({ ...posting, from: { state: 'open', due: dong(1) } })).toMatchObject({
          kind: 'decideAgain',
        });
        await book.move(NUMBER, 'open', 'cancelled');
        expect(await book.post(posting)).toMatchObject({ kind: 'decideAgain', current: { state: 'cancelled' } });
        expect((await there())?.movements).toEqual({});
      });

      it('knows no invoice where nothing stands, or a receipt, or a void', async () => {
        const posting = postingOf(payable(), paidNotice('T1'));
        expect(await book.post(posting)).toEqual({ kind: 'unknownInvoice' });
        await book.keepReceipt({ number: NUMBER, agencyCode: LAND, movement: strayMovement('T0') });
        expect(await book.post(posting)).toEqual({ kind: 'unknownInvoice' });
        await book.void(OTHER);
        expect(await book.post({ ...posting, number: OTHER })).toEqual({ kind: 'unknownInvoice' });
      });

      it('20 different movements racing: one pays, the others are surplus, none is lost', async () => {
        await book.create(payable());
        const facts = factsOf(payable());
        const outcomes = await Promise.all(
          Array.from({ length: 20 }, (_, index) =>
            postPayment({ v: 1, notice: paidNotice(`T${index}`), facts, owner }, { invoices: book, now: () => NOW }),
          ),
        );
        const invoice = await there();
        const kinds = Object.values(invoice?.movements ?? {}).map(({ kind }) => kind);
        expect(kinds.filter((kind) => kind === 'payment')).toHaveLength(1);
        expect(kinds.length).toBeLessThanOrEqual(MAX_MOVEMENTS);
        expect(outcomes.filter((outcome) => outcome === 'posted')).toHaveLength(kinds.length);
        expect(outcomes.filter((outcome) => outcome === 'receiptKept')).toHaveLength(20 - kinds.length);
        expect(invoice).toMatchObject({ state: 'paid', due: 0, attempts: [{ state: 'succeeded' }] });
      });

      it('bears so many movements and no more', async () => {
        await book.create(payable());
        let posted = 0;
        for (let index = 0; index <= MAX_MOVEMENTS; index += 1) {
          const posting = postingOf(payable(), paidNotice(`T${index}`, { amount: dong(1) }));
          if ((await book.post(posting)).kind === 'posted') posted += 1;
        }
        expect(posted).toBe(MAX_MOVEMENTS - 1);
        const last = { ...postingOf(payable(), paidNotice('RIGHT')), takesLastPlace: true as const };
        expect(await book.post(last)).toEqual({ kind: 'posted' });
        const more = postingOf(payable({ state: 'paid', due: ZERO }), paidNotice('MORE'));
        expect(await book.post(more)).toMatchObject({ kind: 'decideAgain' });
      });
    });

    describe('moving an attempt', () => {
      const decline = {
        kind: 'moveAttempt' as const,
        number: NUMBER,
        index: 0,
        from: 'pending' as const,
        to: 'failed' as const,
      };

      it('moves it once', async () => {
        await book.create(payable());
        expect(await book.moveAttempt(decline)).toEqual({ kind: 'moved' });
        expect(await book.moveAttempt(decline)).toMatchObject({
          kind: 'decideAgain',
          current: { attempts: [{ state: 'failed' }] },
        });
        expect((await there())?.version).toBe(2);
      });

      it('is refused where there is no such attempt, or no invoice', async () => {
        await book.create(invoiceOf(NUMBER));
        expect(await book.moveAttempt(decline)).toMatchObject({ kind: 'decideAgain', current: { attempts: [] } });
        expect(await book.moveAttempt({ ...decline, number: OTHER })).toEqual({ kind: 'unknownInvoice' });
        await book.void(OTHER);
        expect(await book.moveAttempt({ ...decline, number: OTHER })).toEqual({ kind: 'unknownInvoice' });
      });
    });

    describe('keeping a receipt', () => {
      const receipt = (transaction: string, amount?: Dong) => ({
        number: NUMBER,
        agencyCode: LAND,
        movement: strayMovement(transaction, amount),
      });

      it('takes the number, once; the same money again adds nothing', async () => {
        const answers = await Promise.all(Array.from({ length: 20 }, () => book.keepReceipt(receipt('T1'))));
        expect(answers.filter(({ kind }) => kind === 'kept')).toHaveLength(1);
        expect(answers.filter(({ kind }) => kind === 'alreadyKept')).toHaveLength(19);
        expect(await book.create(payable())).toEqual({ kind: 'occupied' });
        expect(await there()).toBeUndefined();
        expect(await book.findMany([NUMBER])).toEqual([]);
      });

      it('of other money under the same number stands under its own name', async () => {
        expect(await book.keepReceipt(receipt('T1'))).toEqual({ kind: 'kept' });
        expect(await book.keepReceipt(receipt('T2'))).toEqual({ kind: 'kept' });
        expect(await book.keepReceipt(receipt('T2'))).toEqual({ kind: 'alreadyKept' });
        expect(await book.keepReceipt(receipt('T1'))).toEqual({ kind: 'alreadyKept' });
        const { number: _, ...nameless } = receipt('T2');
        expect(await book.keepReceipt(nameless)).toEqual({ kind: 'alreadyKept' });
      });

      it('says so when the same transaction comes with another amount', async () => {
        await book.keepReceipt(receipt('T1'));
        expect(await book.keepReceipt(receipt('T1', dong(7)))).toEqual({ kind: 'contradicts' });
        await book.keepReceipt(receipt('T2'));
        expect(await book.keepReceipt(receipt('T2', dong(7)))).toEqual({ kind: 'contradicts' });
      });

      it('is decided again where an invoice stands after all', async () => {
        await book.create(payable());
        expect(await book.keepReceipt(receipt('T1'))).toEqual({ kind: 'decideAgain', current: payable() });
      });

      it('at a void stands under its own name', async () => {
        await book.void(NUMBER);
        expect(await book.keepReceipt(receipt('T1'))).toEqual({ kind: 'kept' });
        expect(await book.keepReceipt(receipt('T1'))).toEqual({ kind: 'alreadyKept' });
      });
    });

    describe('a bank credit', () => {
      const credit = (reference: string, more: Partial<ProviderNotice> = {}) =>
        paidNotice('FT1', { reference, bankCredit: { account: '0123', reference: 'FT1' }, ...more });
      const [named, nameless] = [credit(paymentReference(NUMBER, 1)), credit('')];
      const M = 'mov_bank_0123_FT1';
      const MOVED = 'mov_bank_=0123_FT1';
      const post = async (notice: ProviderNotice) => {
        const invoice = await there();
        const facts = notice.reference && invoice ? { facts: factsOf(invoice) } : {};
        return postPayment({ v: 1, notice, ...facts, owner }, { invoices: book, now: () => NOW });
      };
      const heldIn = (invoice: Invoice | undefined, account: string) =>
        Object.values(invoice?.movements ?? {})
          .flatMap(({ lines }) => lines)
          .filter((line) => line.account === account)
          .reduce((sum, { side, amount }) => sum + (side === 'credit' ? amount : -amount), 0);

      it('is borne by the invoice at which it was entered, or to which it was moved, and else by none', async () => {
        const credits = [M, 'mov_bank_0123_FT2'].map((id) => MovementId.parse(id));
        expect(await book.bearersOf([])).toEqual(new Map());
        await book.create(payable());
        await post(nameless);
        expect(await book.bearersOf(credits)).toEqual(new Map());
        await post(named);
        expect(await book.bearersOf(credits)).toEqual(new Map([[M, NUMBER]]));
        await post(credit(named.reference, { bankCredit: { account: '0123', reference: 'FT2' } }));
        expect(await book.bearersOf(credits)).toEqual(new Map(credits.map((one) => [one, NUMBER])));
        await expect(book.bearersOf(Array.from({ length: 101 }, () => credits[0] as MovementId))).rejects.toThrow(
          RangeError,
        );
      });

      it('told with its code and then without is entered once', async () => {
        await book.create(payable());
        expect(await post(named)).toBe('posted');
        expect(await post(nameless)).toBe('alreadyPosted');
        expect(Object.keys((await there())?.movements ?? {})).toEqual([M]);
      });

      it('told without its code and then with it is moved to its invoice, not copied', async () => {
        await book.create(payable());
        expect(await post(nameless)).toBe('receiptKept');
        expect(await post(named)).toBe('posted');
        const invoice = await there();
        expect(invoice).toMatchObject({ state: 'paid', due: 0, attempts: [{ state: 'succeeded' }] });
        expect(Object.keys(invoice?.movements ?? {})).toEqual([MOVED]);
        // The money came in once; what was unmatched is the agency's to pay out now.
        expect(heldIn(invoice, `unmatched:${LAND}`)).toBe(-TOTAL);
        expect(heldIn(invoice, `payable:${LAND}:main`)).toBe(TOTAL);
        for (const again of [named, nameless]) expect(await post(again)).toBe('alreadyPosted');
        expect((await there())?.version).toBe(invoice?.version);
      });

      it('told by 20 at once, with and without its code, pays once and lies nowhere else', async () => {
        await book.create(payable());
        const racing = Array.from({ length: 20 }, (_, place) => (place % 2 === 0 ? named : nameless));
        const outcomes: string[] = [];
        // What was overtaken comes again, as the queue brings it.
        for (let open: readonly ProviderNotice[] = racing; open.length > 0; ) {
          const ended = await Promise.allSettled(open.map(post));
          outcomes.push(...ended.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : [])));
          open = open.filter((_, place) => ended[place]?.status === 'rejected');
        }
        expect(outcomes.filter((outcome) => outcome === 'posted')).toHaveLength(1);
        const invoice = await there();
        expect([invoice?.state, Object.keys(invoice?.movements ?? {}).length]).toEqual(['paid', 1]);
        const kept = outcomes.filter((outcome) => outcome === 'receiptKept').length;
        expect(Object.keys(invoice?.movements ?? {})).toEqual([kept === 1 ? MOVED : M]);
        expect(kept).toBeLessThanOrEqual(1);
      });

      it('that names an invoice which there is not yet waits under its own name', async () => {
        expect(await post(named)).toBe('receiptKept');
        expect(await book.create(payable())).toEqual({ kind: 'created' });
        expect(await post(named)).toBe('posted');
        expect(await there()).toMatchObject({ state: 'paid' });
      });

      it('entered at its invoice as money at another account is moved by whoever has the order', async () => {
        await book.create(payable());
        const told = credit(named.reference, { providerId: 'notifier', terminal: '0123' });
        expect(await post(told)).toBe('posted');
        expect(await there()).toMatchObject({ state: 'open', movements: { [M]: { kind: 'unmatched' } } });
        expect(await post(told)).toBe('alreadyPosted');
        expect(await post(named)).toBe('posted');
        const invoice = await there();
        expect([invoice?.state, Object.keys(invoice?.movements ?? {}).sort()]).toEqual(['paid', [M, MOVED]]);
        expect(heldIn(invoice, `unmatched:${LAND}`)).toBe(0);
        for (const again of [told, named, nameless]) expect(await post(again)).toBe('alreadyPosted');
      });

      it('of another amount under the same name is two truths, and a person looks', async () => {
        await book.create(payable());
        expect(await post(nameless)).toBe('receiptKept');
        expect(await post({ ...named, amount: dong(7) })).toBe('contradictionKept');
        expect(await there()).toMatchObject({ state: 'open', movements: {} });
        expect(await post(named)).toBe('posted');
        expect(await post({ ...nameless, amount: dong(7) })).toBe('contradictionKept');
      });

      it('that two invoices claim stands at the first', async () => {
        await book.create(payable());
        await book.create(invoiceOf(OTHER, { attempts: [anAttempt('pending')] }));
        expect(await post(named)).toBe('posted');
        const other = credit(paymentReference(OTHER, 1));
        const facts = factsOf(invoiceOf(OTHER, { attempts: [anAttempt('pending')] }));
        const outcome = await postPayment({ v: 1, notice: other, facts, owner }, { invoices: book, now: () => NOW });
        expect(outcome).toBe('contradictionKept');
        expect(await book.find(OTHER, { consistent: true })).toMatchObject({ state: 'open', movements: {} });
      });

      it('that fits nothing with its code either stays where it lies', async () => {
        await book.create(payable());
        await post({ ...nameless, amount: dong(7) });
        expect(await post({ ...named, amount: dong(7) })).toBe('alreadyPosted');
        expect(await there()).toMatchObject({ state: 'open', movements: {} });
      });
    });

    it('keeps a review once, and is not disturbed by it', async () => {
      const review = {
        category: 'UNREADABLE' as const,
        agencyCode: LAND,
        notice: paidNotice('', { amount: null, paidAt: null }),
      };
      await book.keepReview('rev_bank-one_1', review, NOW);
      await book.keepReview('rev_bank-one_1', review, NOW + 1);
    });

    describe('the invoices of an agency’s day', () => {
      const shardOf = (number: string) => Number(number.slice(-3)) % CREATION_SHARDS;

      it('are found page by page, oldest first, and nobody else’s', async () => {
        const numbers = Array.from({ length: 40 }, (_, index) =>
          InvoiceNumber.parse(`30000000${String(index * 37).padStart(4, '0')}`),
        );
        await Promise.all(
          numbers.map((number, index) => book.create(invoiceOf(number, { createdAt: NOW + (index % 5) }))),
        );
        await book.create(invoiceOf('400000000000', { agencyCode: POLICE, createdAt: NOW }));
        await book.create(invoiceOf('400000000008', { createdAt: NOW - 86_400_000 }));
        for (let shard = 0; shard < CREATION_SHARDS; shard += 1) {
          const found: { number: InvoiceNumber; createdAt: number }[] = [];
          let more = true;
          let after: (typeof found)[number] | undefined;
          for (let pages = 0; more && pages < 50; pages += 1) {
            const page = await book.ofAgencyDay({ agencyCode: LAND, day: '2026-11-20', shard, after, limit: 2 });
            found.push(...page.found);
            ({ more } = page);
            after = page.found.at(-1) ?? after;
            expect(page.found.length).toBeLessThanOrEqual(2);
          }
          expect(found.map(({ number }) => number).toSorted()).toEqual(
            numbers.filter((number) => shardOf(number) === shard),
          );
          expect(found.map(({ createdAt }) => createdAt)).toEqual(
            found.map(({ createdAt }) => createdAt).toSorted((one, other) => one - other),
          );
        }
      });
    });
  });
}
