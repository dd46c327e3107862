import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dong } from '../../shared/domain/money/dong.ts';
import { movementIdOf } from '../../shared/domain/payment/movement.ts';
import {
  InvalidCallback,
  NextStep,
  type PaymentOrder,
  type PaymentProvider,
  type PaymentQuestion,
  Prepared,
  ProviderNotice,
} from '../../shared/domain/payment/provider.ts';
import { NOW } from '../dsl/world.ts';
import { inEveryZone, ORDER, REFUND, saidBy } from './contract-order.ts';
import { anyText } from './contract-texts.ts';
import { answered, type Party, type Sent } from './parties/party.ts';

/** The part of the contract that is about taking payments, asking about them and giving money back. */

const QUESTION: PaymentQuestion = {
  reference: ORDER.reference,
  amount: ORDER.amount,
  createdAt: ORDER.createdAt,
  askedAt: NOW,
  payerIp: '192.0.2.1',
};

/** What a provider may answer instead of an answer. */
const NO_ANSWERS = [
  answered('', 500),
  answered('<html>502 Bad Gateway</html>', 502),
  answered('{}'),
  answered('[]'),
  answered('{"resultCode":0,"resultCode":1}'),
  answered(`{"a":"${'x'.repeat(70_000)}"}`),
];

export function paymentContract(party: Party, provider: PaymentProvider): void {
  const { account, payments } = party;
  if (!payments) return;
  const { limits } = provider.manifest;

  const send = (more: Partial<PaymentOrder> = {}): Sent => {
    const order = { ...ORDER, ...more };
    const request = provider.prepare?.request(order, account);
    if (!provider.prepare || !request) return { step: provider.begin(order, account) };
    const answer = payments.prepared?.(order);
    if (!answer) throw new Error('the party does not say what it answers');
    const prepared = Prepared.parse(provider.prepare.read(answer, order, account));
    if (prepared.kind !== 'prepared') throw new Error(`not prepared but ${prepared.kind}`);
    return { request, step: provider.begin(order, account, prepared.prepared) };
  };

  describe('taking a payment', () => {
    it('sends the citizen on by a step that portals know, the same for the same order', () => {
      const { step } = send();
      expect(NextStep.parse(step)).toEqual(step);
      expect(send()).toEqual(send({}));
      // A page may also be opened in the provider's app.
      expect(provider.manifest.kinds).toContain(step.kind);
      if (step.kind === 'redirect') expect(step.url).toMatch(/^https:\/\//);
    });

    it('tells its amount, once multiplied, for every amount within its limits', () => {
      const amounts = fc.oneof(
        fc.integer({ min: limits.least, max: limits.most }),
        fc.constantFrom(limits.least, limits.most),
      );
      fc.assert(
        fc.property(amounts, (amount) => {
          expect(payments.amount(send({ amount: dong(amount) }))).toBe(String(amount * party.unit));
        }),
        { numRuns: 50 },
      );
    });

    it('names the order so that a callback leads back to it', () => {
      expect(payments.reference(send())).toBe(ORDER.reference);
    });

    it('has only letters on which everybody agrees in its text, and not too many', () => {
      const { description } = payments;
      for (const text of ["Nộp ~*!'() phí & a=b | <x> \n Đ", 'x'.repeat(1000)]) {
        const sent = send({ description: text });
        if (!description) continue;
        expect(description(sent)).toMatch(/^[A-Za-z0-9 .,:/_-]*$/);
        expect(description(sent).length).toBeLessThanOrEqual(payments.mostDescription ?? 0);
      }
    });

    it('signs as the provider’s rule says', () => {
      if (!payments.signed) return;
      const [given, expected] = payments.signed(send());
      expect(given).toBe(expected);
    });

    it('signs so whatever the order says, and wherever the citizen goes back to', () => {
      const orders = fc.record({
        amount: fc.integer({ min: limits.least, max: limits.most }).map(dong),
        description: anyText,
        language: fc.constantFrom('vi' as const, 'en' as const),
        payerIp: fc.oneof(fc.ipV4(), fc.ipV6()),
        returnUrl: fc
          .record({ query: anyText, hash: anyText })
          .map(({ query, hash }) => new URL(`https://portal.example.gov.vn/x?q=${query}#${hash}`).href),
      });
      fc.assert(
        fc.property(orders, (order) => {
          const sent = send(order);
          expect(payments.amount(sent)).toBe(String(order.amount * party.unit));
          if (!payments.signed) return;
          const [given, expected] = payments.signed(sent);
          expect(given).toBe(expected);
        }),
        { numRuns: 100 },
      );
    });

    it('begins alike in whatever zone the process runs (scenario 46)', () => {
      // Half past midnight in Vietnam is still the day before in most of the world.
      const order = {
        createdAt: Date.parse('2026-11-20T00:30:00+07:00'),
        expiresAt: Date.parse('2026-11-20T20:45:00+07:00'),
      };
      const here = send(order);
      for (const there of inEveryZone(() => send(order))) expect(there).toEqual(here);
    });

    it('holds no secret where the citizen can see it', () => {
      const texts = [account.secret, ...Object.values(jsonOf(account.secret))].filter((text) => text.length > 8);
      for (const text of texts) expect(JSON.stringify(send().step)).not.toContain(text);
    });
  });

  if (provider.prepare) {
    const { prepare } = provider;
    describe('telling of a payment', () => {
      it.each(NO_ANSWERS.map((answer) => [Buffer.from(answer.body).toString().slice(0, 40), answer] as const))(
        'does not take %j for a failure',
        (_, answer) => {
          expect(prepare.read(answer, ORDER, account)).toMatchObject({ kind: 'unknown' });
        },
      );

      it('takes no page of another order, and no address that is none', () => {
        const other = payments.prepared?.({ ...ORDER, amount: dong(1_234) });
        const bare = Buffer.from(payments.prepared?.(ORDER).body ?? '')
          .toString()
          .replaceAll('https://', 'javascript:');
        for (const answer of [other, answered(bare)]) {
          if (!answer || Buffer.from(answer.body).equals(Buffer.from(payments.prepared?.(ORDER).body ?? ''))) continue;
          let kind: string;
          try {
            ({ kind } = prepare.read(answer, ORDER, account));
          } catch (error) {
            expect(error).toBeInstanceOf(InvalidCallback);
            continue;
          }
          expect(kind).toBe('unknown');
        }
      });

      it('says when it was refused for good, where that is documented', () => {
        if (payments.refused) expect(prepare.read(payments.refused, ORDER, account)).toMatchObject({ kind: 'refused' });
      });
    });
  }

  queryContract(party, provider);
  refundContract(party, provider);
}

function queryContract(party: Party, { query }: PaymentProvider): void {
  if (!query || !party.query) return;
  const { account } = party;
  const { answer, codes, unknownCode, signed, request } = party.query;
  const read = (one: ReturnType<typeof answer>) => query.read(one, QUESTION, account);
  const coded = Object.entries(codes).flatMap(([outcome, list]) => list.map((code) => [code, outcome] as const));

  describe('asking about a payment', () => {
    it('asks as the provider’s rule says, over TLS, alike in every zone', () => {
      for (const one of inEveryZone(() => query.request(QUESTION, account))) {
        expect(one.url).toMatch(/^https:\/\//);
        request(one, saidBy(party));
      }
    });

    it('withdraws an order that nobody is to pay any more as the provider’s rule says, where it has one', () => {
      expect(query.withdraw !== undefined).toBe(party.query?.withdrawal !== undefined);
      const request = query.withdraw?.(QUESTION, account);
      if (request) party.query?.withdrawal?.(request, saidBy(party));
    });

    it.each(coded)('code %j is %s', (code, outcome) => {
      const found = read(answer(saidBy(party, { code })));
      expect(ProviderNotice.parse(found)).toMatchObject({
        outcome,
        reference: ORDER.reference,
        terminal: account.terminal,
      });
      if (outcome === 'paid') expect(found).toMatchObject({ amount: ORDER.amount });
    });

    it('names the money as its callback does: both together post once (scenario 18)', () => {
      const [code = ''] = codes.paid ?? [];
      const asked = ProviderNotice.parse(read(answer(saidBy(party, { code }))));
      const callback = party.callbacks?.write(saidBy(party));
      if (!callback) return;
      expect(movementIdOf(asked)).toBe(movementIdOf(party.provider.read(callback, [account.secret], NOW)));
    });

    it('takes a code that is in no table for no answer', () => {
      expect(['unknown', 'pending']).toContain(read(answer(saidBy(party, { code: unknownCode }))).outcome);
    });

    it('takes what is no answer for none', () => {
      for (const one of NO_ANSWERS) expect(nothing(() => read(one))).toBe('unknown');
    });

    it('takes an answer about another order for none', () => {
      const other = answer(saidBy(party, { reference: '480213567890028', code: codes.paid?.[0] ?? '' }));
      const ours = answer(saidBy(party, { code: codes.paid?.[0] ?? '' }));
      // Some answers do not name the order: TLS and the request say whose they are.
      if (!Buffer.from(other.body).equals(Buffer.from(ours.body))) expect(nothing(() => read(other))).toBe('unknown');
    });

    if (signed)
      it('refuses an answer that another key signed', () => {
        expect(() =>
          read(answer(saidBy(party, { code: codes.paid?.[0] ?? '' }), { secret: party.otherSecret })),
        ).toThrow(InvalidCallback);
      });
  });
}

function refundContract(party: Party, { refunds }: PaymentProvider): void {
  if (!refunds || !party.refund) return;
  const { account } = party;
  const { answer, codes, request, told } = party.refund;

  describe('giving money back', () => {
    it('asks for it as the provider’s rule says, under the same name on every retry', () => {
      request(refunds.request(REFUND, account));
      expect(refunds.request(REFUND, account)).toEqual(refunds.request(structuredClone(REFUND), account));
      for (const one of inEveryZone(() => refunds.request(REFUND, account)))
        expect(one).toEqual(refunds.request(REFUND, account));
    });

    it.each(Object.entries(codes))('code %s is %s', (code, outcome) => {
      expect(refunds.read(answer(code), REFUND, account)).toMatchObject({ outcome });
    });

    it('takes what is no answer for neither', () => {
      for (const one of NO_ANSWERS) expect(nothing(() => refunds.read(one, REFUND, account))).toBe('unknown');
    });

    it('asks what became of it, where the provider tells', () => {
      expect(refunds.ask !== undefined).toBe(told !== undefined);
      if (!told || !refunds.ask || !refunds.told) return;
      expect(refunds.ask(REFUND, account, NOW + 60_000).url).toMatch(/^https:\/\//);
      for (const [code, outcome] of Object.entries(told.codes))
        expect(refunds.told(told.answer(code), REFUND, account)).toMatchObject({ outcome });
      for (const one of NO_ANSWERS) expect(nothing(() => refunds.told?.(one, REFUND, account))).toBe('unknown');
    });
  });
}

/** What is no answer is refused, or says that it knows nothing: both leave the payment as it was. */
function nothing(act: () => { outcome: string } | undefined): string | undefined {
  try {
    return act()?.outcome;
  } catch (error) {
    if (error instanceof InvalidCallback) return 'unknown';
    throw error;
  }
}

function jsonOf(text: string): Record<string, string> {
  try {
    const parsed = JSON.parse(text) as unknown;
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, string>) : {};
  } catch {
    return {};
  }
}
