import { readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { movementIdOf } from '../../shared/domain/payment/movement.ts';
import {
  type Acknowledgement,
  InvalidCallback,
  type PaymentProvider,
  type ProviderNotice,
  type RawCallback,
} from '../../shared/domain/payment/provider.ts';
import { NOW } from '../dsl/world.ts';
import { AMOUNT, callbackWorld } from './callback-world.ts';
import { inEveryZone, ORDER, saidBy } from './contract-order.ts';
import { paymentContract } from './contract-payments.ts';
import { anyText, escapedOtherwise, isPlain, otherSpaces, reordered } from './contract-texts.ts';
import type { Bent, Party, Said } from './parties/party.ts';

/** What every provider keeps, whatever its protocol: one suite, one registration each (contract.test.ts). */

export const isPayable = (provider: Party['provider']): provider is PaymentProvider => 'begin' in provider;

const reasonOf = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    if (error instanceof InvalidCallback) return error.reason;
    throw error;
  }
  return 'read';
};

/** What counts of a notice: everything but the text that it stands on. */
const gist = ({ evidence: _, ...rest }: ProviderNotice) => rest;

export function providerContract(party: Party): void {
  const { manifest } = party.provider;
  describe(`${manifest.id} keeps the contract of a provider`, () => {
    it('takes the secrets that it was given, and no other text', () => {
      expect(party.provider.acceptsSecret(party.account.secret)).toBe(true);
      expect(party.provider.acceptsSecret(party.otherSecret)).toBe(true);
      for (const text of party.noSecrets) expect(party.provider.acceptsSecret(text)).toBe(false);
    });

    it('says in its manifest what it can do', () => {
      const { query, refunds } = party.provider as Partial<PaymentProvider>;
      expect(manifest.capabilities).toEqual({ query: query !== undefined, refund: refunds !== undefined });
      expect([party.query !== undefined, party.refund !== undefined]).toEqual([
        query !== undefined,
        refunds !== undefined,
      ]);
      expect(party.payments !== undefined).toBe(isPayable(party.provider));
      expect(manifest.kinds.length > 0).toBe(isPayable(party.provider));
      expect(manifest.cutOff).toMatch(/^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$/);
      for (const text of [manifest.name.vi, manifest.name.en, manifest.secret, manifest.retry])
        expect(text).toMatch(/\S/);
    });

    if (party.callbacks) callbackContract(party, party.callbacks);
    if (isPayable(party.provider) && party.payments) paymentContract(party, party.provider);
  });
}

function callbackContract(
  party: Party,
  { write, codes, unknownCode, answers, unsignedStatus, paidAt }: NonNullable<Party['callbacks']>,
) {
  const { provider, account } = party;
  const read = (raw: RawCallback, keys = [account.secret]) => provider.read(raw, keys, NOW);
  const told = (more: Partial<Said> = {}, bent: Bent = {}) => read(write(saidBy(party, more), bent));
  const coded = Object.entries(codes).flatMap(([outcome, list]) => list.map((code) => [code, outcome] as const));

  sampleContract(party);

  describe('reading a callback', () => {
    it.each(coded)('with code %j is %s', (code, outcome) => {
      expect(told({ code })).toMatchObject({ outcome, amount: AMOUNT, currency: 'VND' });
    });

    it('names provider, terminal, order, money and transaction', () => {
      const notice = told();
      expect(notice).toMatchObject({
        providerId: paidAt?.providerId ?? provider.manifest.id,
        terminal: account.terminal,
        reference: ORDER.reference,
      });
      expect(movementIdOf(notice)).toBeDefined();
      expect(provider.terminalOf(write(saidBy(party)))).toBe(account.terminal);
    });

    if (unknownCode !== undefined)
      it('takes a code that is in no table for no failure (scenario 19)', () => {
        const { outcome } = told({ code: unknownCode });
        // Where nobody can ask afterwards a person looks; waiting would be for ever.
        if (provider.manifest.capabilities.query) expect(['pending', 'review']).toContain(outcome);
        else expect(outcome).toBe('review');
      });

    it('keeps a member of which no document knows in the evidence (scenario 19)', () => {
      const raw = write(saidBy(party), { unknownMember: true });
      const notice = read(raw);
      expect(notice.outcome).toBe('paid');
      const text = raw.method === 'GET' ? raw.rawQuery : Buffer.from(raw.body).toString();
      expect([text, text.startsWith('{') && (JSON.parse(text) as { data?: unknown }).data]).toContain(notice.evidence);
    });

    it('tells the same in whatever zone the process runs (scenario 46)', () => {
      const raw = write(saidBy(party, { paidAt: Date.parse('2026-11-20T00:30:05+07:00') }));
      for (const notice of inEveryZone(() => read(raw))) {
        expect(notice).toEqual(read(raw));
        expect(notice.paidAt).toBe(party.tellsTime ? Date.parse('2026-11-20T00:30:05+07:00') : null);
      }
    });

    it('reads every amount as it is, in whole dong', () => {
      fc.assert(
        fc.property(fc.integer({ min: 1, max: 9_999_999_999 }), (amount) => {
          expect(told({ amount })).toMatchObject({ outcome: 'paid', amount });
        }),
        { numRuns: 50 },
      );
    });

    it.each(['5e5', '500000.0', '500000.5', '-500000', '0', '0500000', '999999999999999999'])(
      'takes %s for nobody’s amount (scenario 55)',
      (wireAmount) => {
        const raw = write(saidBy(party), { wireAmount });
        const found = reasonOf(() => read(raw));
        if (found !== 'read') expect(found).toBe('malformed');
        else {
          expect(read(raw).amount).toBeNull();
          expect(['review', 'ignored']).toContain(read(raw).outcome);
        }
      },
    );

    if (party.unit !== 1)
      it('takes a part of a dong for nobody’s amount', () => {
        expect(told({}, { wireAmount: '50000050' })).toMatchObject({ outcome: 'review', amount: null });
      });
  });

  describe('the signature of a callback', () => {
    it.each<[string, (signature: string) => string | undefined]>([
      ['missing', () => undefined],
      ['empty', () => ''],
      ['in the other case', (text) => (text === text.toUpperCase() ? text.toLowerCase() : text.toUpperCase())],
      ['cut', (text) => text.slice(0, -1)],
      ['cut to half', (text) => text.slice(0, text.length / 2)],
      ['one character off', (text) => (text.startsWith('A') ? 'B' : 'A') + text.slice(1)],
      ['longer', (text) => `${text}0`],
    ])('%s is none (scenario 9)', (_, signature) => {
      expect(reasonOf(() => told({}, { signature }))).toBe('signature');
    });

    it('made with another key is none, made with either of two valid keys is one (scenarios 9, 68)', () => {
      const raw = write(saidBy(party), { secret: party.otherSecret });
      expect(reasonOf(() => read(raw))).toBe('signature');
      expect(read(raw, [account.secret, party.otherSecret]).outcome).toBe('paid');
      expect(reasonOf(() => read(raw, []))).toBe('signature');
    });

    it('over members in another order is none (scenario 10)', () => {
      expect(reasonOf(() => told({}, { reordered: true }))).toBe('signature');
    });

    it('does not help a member that stands there twice (scenarios 10, 56)', () => {
      expect(reasonOf(() => told({}, { doubled: true }))).toBe('ambiguous');
    });

    it('holds for the text as it was sent, in whichever normal form (scenarios 10, 54)', () => {
      const text = 'Nộp lệ phí Đăng ký';
      expect(told({ text: text.normalize('NFC') }).outcome).toBe('paid');
      expect(told({ text: text.normalize('NFD') }).outcome).toBe('paid');
    });

    it('breaks with any character, or what is read stays as it was (scenario 9)', () => {
      const raw = write(saidBy(party));
      const text = Buffer.from(raw.method === 'GET' ? raw.rawQuery : raw.body);
      const whole = gist(read(raw));
      fc.assert(
        fc.property(fc.nat(text.length - 1), fc.integer({ min: 0x20, max: 0x7e }), (at, byte) => {
          const bent = Buffer.from(text);
          bent[at] = byte;
          const sent = raw.method === 'GET' ? { ...raw, rawQuery: bent.toString('latin1') } : { ...raw, body: bent };
          if (reasonOf(() => read(sent)) !== 'read') return;
          const found = gist(read(sent));
          // A status outside what is signed can only ever take money back to a person.
          if (unsignedStatus && found.outcome === 'review')
            expect({ ...found, outcome: 'paid', resultCode: whole.resultCode }).toEqual(whole);
          else expect(found).toEqual(whole);
        }),
        { numRuns: 400 },
      );
    });

    it.each(['', '{', '[]', '"text"', 'null', '\ufeff{}', 'a=%', '{"data":"{"}', '{"data":[]}'])(
      'is not looked for in what is no callback: %j',
      (body) => {
        for (const raw of [write(saidBy(party))].map((good) =>
          good.method === 'GET' ? { ...good, rawQuery: body } : { ...good, body: Buffer.from(body) },
        )) {
          expect(() => provider.terminalOf(raw)).toThrow(InvalidCallback);
          expect(() => read(raw)).toThrow(InvalidCallback);
        }
      },
    );

    it('is not looked for in bytes that are no text, nor in a flood (scenarios 53, 54)', () => {
      const good = write(saidBy(party));
      for (const bytes of [Buffer.from([0xff, 0xfe, 0x00]), Buffer.alloc(9_000, 'a=b&')]) {
        const raw = good.method === 'GET' ? { ...good, rawQuery: bytes.toString('latin1') } : { ...good, body: bytes };
        expect(() => provider.terminalOf(raw)).toThrow(InvalidCallback);
        expect(() => read(raw)).toThrow(InvalidCallback);
      }
    });
  });

  describe('whatever is written in a callback', () => {
    const amounts = fc.integer({ min: 1, max: 9_999_999_999 });
    const ids = fc.stringMatching(/^[1-9][0-9]{7,12}$/);
    const said = fc.record({ text: anyText.filter(isPlain), amount: amounts, transactionId: ids });

    it('it is read as another signer signed it: any letters, encodings, empty texts', () => {
      fc.assert(
        fc.property(said, (more) => {
          const notice = told(more);
          expect(notice).toMatchObject({ outcome: 'paid', amount: more.amount, reference: ORDER.reference });
          if (told({ transactionId: '99887766' }).transactionId !== told().transactionId)
            expect(notice.transactionId).toContain(more.transactionId);
        }),
        { numRuns: 150 },
      );
    });

    it('its members in another order say the same, or are signed by nobody where the bytes are', () => {
      fc.assert(
        fc.property(said, (more) => {
          const raw = write(saidBy(party, more));
          const other = reordered(raw);
          const sameBytes =
            raw.method === 'GET' ? raw.rawQuery === other.rawQuery : Buffer.from(raw.body).equals(other.body);
          const found = reasonOf(() => read(other));
          if (party.signsBytes && !sameBytes) expect(found).toBe('signature');
          else expect(gist(read(other))).toEqual(gist(read(raw)));
        }),
        { numRuns: 60 },
      );
    });

    it('its texts escaped otherwise say the same, or are signed by nobody where the bytes are', () => {
      const taste = fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 40 });
      fc.assert(
        fc.property(said, taste, (more, choices) => {
          const raw = write(saidBy(party, more));
          const other = escapedOtherwise(raw, choices);
          if (!other || Buffer.from(raw.body).equals(other.body)) return;
          const found = reasonOf(() => read(other));
          if (party.signsBytes) expect(found).toBe('signature');
          else expect(gist(read(other))).toEqual(gist(read(raw)));
        }),
        { numRuns: 60 },
      );
    });

    it('white space around JSON says the same, or is signed by nobody where the bytes are; a byte order mark is refused', () => {
      const raw = write(saidBy(party));
      const text = Buffer.from(raw.body).toString();
      if (!text.startsWith('{')) return;
      const sent = (body: string) => ({ ...raw, body: Buffer.from(body) });
      for (const around of [`${text}\n`, `${text}\r\n`, ` ${text}`, `\n\t${text} `]) {
        const found = reasonOf(() => read(sent(around)));
        expect(found).toBe(party.signsBytes ? 'signature' : 'read');
        if (found === 'read') expect(gist(read(sent(around)))).toEqual(gist(read(raw)));
      }
      expect(reasonOf(() => read(sent(`\ufeff${text}`)))).not.toBe('read');
    });

    it.each(['text/plain', 'application/json; charset=ISO-8859-1', 'APPLICATION/JSON', ''])(
      'its content type says nothing: %j',
      (type) => {
        const raw = write(saidBy(party));
        expect(read({ ...raw, headers: { ...raw.headers, 'content-type': type } })).toEqual(read(raw));
      },
    );

    it('a space is a space, written either way', () => {
      fc.assert(
        fc.property(said, (more) => {
          const raw = write(saidBy(party, more));
          const other = otherSpaces(raw);
          if (other) expect(gist(read(other))).toEqual(gist(read(raw)));
        }),
        { numRuns: 60 },
      );
    });
  });

  describe('over HTTP', () => {
    const { id } = provider.manifest;
    const world = () =>
      callbackWorld(
        [provider],
        [
          ...(paidAt ? [{ ...account, ...paidAt, merchantAccountId: 'land-paid-into' }] : []),
          { ...account, providerId: id },
        ],
      );
    const expectAnswer = (
      answer: Awaited<ReturnType<ReturnType<typeof world>['call']>>,
      as: Acknowledgement,
      reference: string = ORDER.reference,
    ) => {
      const { status, body } = answers[as];
      const expected = typeof body === 'function' ? (body as (reference: string) => unknown)(reference) : body;
      expect(answer.statusCode).toBe(status);
      const text = answer.body ?? '';
      expect(typeof expected === 'string' ? text : JSON.parse(text)).toEqual(expected);
      const type = answer.headers?.['content-type'];
      expect(type).toBe(text === '' ? undefined : typeof expected === 'string' ? 'text/plain' : 'application/json');
    };

    it('a payment is taken in and told so; the same again adds nothing (scenarios 1, 2, 16)', async () => {
      const here = world();
      here.place();
      expectAnswer(await here.call(id, write(saidBy(party))), 'accepted');
      expect(await here.post()).toEqual(['posted']);
      expect(here.invoice()).toMatchObject({ state: 'paid', attempts: [{ state: 'succeeded' }] });
      for (let times = 0; times < 3; times += 1) {
        expectAnswer(await here.call(id, write(saidBy(party))), 'duplicate');
        expect(await here.post()).toEqual([]);
      }
      expect(Object.keys(here.invoice()?.movements ?? {})).toHaveLength(1);
    });

    it('a second payment is money of its own (scenario 6)', async () => {
      const here = world();
      here.place();
      const second = saidBy(party, { transactionId: '99887766' });
      await here.call(id, write(saidBy(party)));
      await here.post();
      const named = movementIdOf(told()) !== movementIdOf(read(write(second)));
      await here.call(id, write(second));
      await here.post();
      const kinds = Object.values(here.invoice()?.movements ?? {}).map(({ kind }) => kind);
      // Where a callback has no transaction number, the order itself is the name: the provider takes one payment for it.
      expect(kinds.sort()).toEqual(named ? ['payment', 'surplus'] : ['payment']);
    });

    it('an order that we do not know is told so, and the money is kept (scenario 13)', async () => {
      const here = world();
      expectAnswer(await here.call(id, write(saidBy(party))), 'unknownOrder');
      expect(await here.post()).toEqual(['receiptKept']);
    });

    it.each([AMOUNT - 1, AMOUNT + 1, AMOUNT * 100, AMOUNT / 100])(
      'an amount of %d dong is told so, and kept without paying (scenarios 7, 8)',
      async (amount) => {
        const here = world();
        here.place();
        expectAnswer(await here.call(id, write(saidBy(party, { amount }))), 'wrongAmount');
        await here.post();
        expect(here.invoice()).toMatchObject({ state: 'open', due: AMOUNT });
        expect(Object.values(here.invoice()?.movements ?? {})).toMatchObject([{ kind: 'unmatched', amount }]);
      },
    );

    it.each<[string, Partial<Said>, Bent]>([
      ['without a signature', {}, { signature: () => undefined }],
      ['signed with another key', {}, { secret: party.otherSecret }],
      ['with an amount twice', {}, { doubled: true }],
      ['of a merchant that is not ours', { terminal: party.account.terminal.replace(/.$/, 'X') }, {}],
    ])('a callback %s is refused, and changes nothing (scenarios 9, 10, 12)', async (_, more, bent) => {
      const here = world();
      here.place();
      expectAnswer(await here.call(id, write(saidBy(party, more), bent)), 'badSignature');
      expect([here.inbox.sent, here.invoices.changes]).toEqual([0, []]);
    });

    it('what cannot be taken in now is to come again, and then pays (scenarios 16, 50)', async () => {
      const here = world();
      here.place();
      here.inbox.outage = new Error('the queue is away');
      expectAnswer(await here.call(id, write(saidBy(party))), 'tryAgain');
      here.inbox.outage = undefined;
      expectAnswer(await here.call(id, write(saidBy(party))), 'accepted');
      expect(await here.post()).toEqual(['posted']);
    });

    it('a refusal for good fails the attempt and leaves the invoice open; a success after it is kept (scenario 5)', async () => {
      const [code] = codes.declined ?? [];
      if (code === undefined) return;
      const here = world();
      here.place();
      expectAnswer(await here.call(id, write(saidBy(party, { code }))), 'accepted');
      await here.post();
      expect(here.invoice()).toMatchObject({ state: 'open', attempts: [{ state: 'failed' }] });
      await here.call(id, write(saidBy(party)));
      await here.post();
      expect(here.invoice()).toMatchObject({ state: 'paid', attempts: [{ state: 'succeeded_late' }] });
    });
  });
}

/** The samples that stand beside the adapter: what its callbacks look like, for whoever reads or simulates it. */
const Samples = z.object({
  secret: z.string().optional(),
  publicKey: z.string().optional(),
  now: z.string().optional(),
  samples: z.array(
    z.looseObject({
      name: z.string(),
      query: z.string().optional(),
      headers: z.record(z.string(), z.string()).optional(),
      body: z.string().optional(),
      expect: z.looseObject({ refused: z.string().optional() }).optional(),
      expected: z.looseObject({}).optional(),
    }),
  ),
});

function sampleContract({ provider }: Party): void {
  const folder = path.resolve(import.meta.dirname, '../../shared/providers', provider.manifest.id);
  const file = Samples.parse(JSON.parse(readFileSync(path.join(folder, 'samples/callbacks.json'), 'utf8')));
  const keys = [file.secret ?? file.publicKey ?? ''];

  describe('the samples', () => {
    it.each(file.samples)('$name', ({ query, headers = {}, body = '', expect: told, expected }) => {
      const raw: RawCallback = {
        method: body === '' ? 'GET' : 'POST',
        rawQuery: query ?? '',
        headers,
        body: Buffer.from(body),
      };
      const read = () => provider.read(raw, keys, file.now ? Date.parse(file.now) : NOW);
      if (told?.refused) expect(reasonOf(read)).toBe(told.refused);
      else expect(read()).toMatchObject({ ...told, ...expected });
    });
  });
}
