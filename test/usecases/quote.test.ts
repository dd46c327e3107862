import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { procedureByCode } from '../../shared/catalogue/catalogue.ts';
import { QuoteFacts } from '../../shared/domain/fees/facts.ts';
import { Procedure } from '../../shared/domain/fees/procedure.ts';
import { Refusal } from '../../shared/domain/refusal.ts';
import {
  createQuote,
  openQuote,
  QUOTE_LIFETIME_MILLISECONDS,
  type QuoteDependencies,
  verifyQuote as verifyByTwo,
} from '../../shared/usecases/quote.ts';
import { aCounter, DOSSIER, OTHER_DOSSIER, PERMIT, QUOTE_KEY, refusalOf } from '../dsl/invoicing.ts';
import { callerOf, client, LAND, NOW, OTHER_PORTAL, POLICE, PORTAL } from '../dsl/world.ts';

const request = {
  procedureCode: PERMIT,
  agencyCode: LAND,
  channel: 'online' as const,
  submittedAt: NOW,
  facts: {},
};

/** Verifies by a law that is also the one of the quote. */
const verifyQuote = (quote: string, caller: typeof PORTAL, quoting: QuoteDependencies) =>
  verifyByTwo(quote, caller, { ...quoting, procedureAsQuoted: quoting.procedure });

const refused = async (act: () => unknown) => refusalOf((async () => act())());

/** A token that holds these claims and is signed as ours are. */
function signed(claims: unknown, key = QUOTE_KEY): string {
  const payload = Buffer.from(JSON.stringify(claims)).toString('base64url');
  return `${payload}.${createHmac('sha256', key).update(payload).digest('base64url')}`;
}

describe('a quote', () => {
  it('prices, writes nothing, and stands for half an hour', async () => {
    const counter = aCounter();
    const quoted = await createQuote(request, PORTAL, counter.quoting);
    expect(quoted.priced.total).toBe(50_000);
    expect(quoted.expiresAt).toBe(NOW + QUOTE_LIFETIME_MILLISECONDS);
    expect(counter.world.invoices.items()).toEqual([]);
    expect(openQuote(quoted.quote, QUOTE_KEY)).toMatchObject({ total: 50_000, clientId: 'portal', agencyCode: LAND });
  });

  it.each([
    ['another agency', { agencyCode: POLICE }, 'not_found'],
    ['a procedure that nobody knows', { procedureCode: '9.999999' }, 'unprocessable'],
    ['a submission in the future', { submittedAt: NOW + 86_400_001 }, 'unprocessable'],
    ['a fact that no fee reads', { facts: { quantity: 3 } }, 'unprocessable'],
    ['a day before any tariff', { submittedAt: Date.parse('2025-12-31T23:59:59+07:00') }, 'not_priceable'],
  ])('is refused for %s', async (_, more, code) => {
    const counter = aCounter();
    expect(await refusalOf(createQuote({ ...request, ...more }, PORTAL, counter.quoting))).toBe(code);
  });

  it.each([
    ['an agency that is switched off', 'X99'],
    ['an agency that nobody knows', 'H99'],
  ])('is refused for %s', async (_, agencyCode) => {
    const all = callerOf(client('portal', { agencies: '*' }));
    expect(await refusalOf(createQuote({ ...request, agencyCode }, all, aCounter().quoting))).toBe('unknown_agency');
  });

  it('says again whether the price is still the same, and whether it has expired', async () => {
    const counter = aCounter();
    const { quote, hash } = await createQuote(request, PORTAL, counter.quoting);
    expect(verifyQuote(quote, PORTAL, counter.quoting)).toEqual({
      equal: true,
      expired: false,
      hash,
      recomputedHash: hash,
      differences: [],
      refused: null,
      asQuoted: null,
    });
    counter.prices.set(PERMIT, 60_000);
    counter.world.clock.at += QUOTE_LIFETIME_MILLISECONDS + 1;
    expect(verifyQuote(quote, PORTAL, counter.quoting)).toMatchObject({
      equal: false,
      expired: true,
      hash,
      differences: [{ feeItem: '9.000001-01', what: 'amount', quoted: 50_000, recomputed: 60_000 }],
    });
    counter.prices.delete(PERMIT);
    expect(verifyQuote(quote, PORTAL, counter.quoting)).toMatchObject({
      equal: false,
      recomputedHash: '',
      differences: [],
      refused: { code: 'unknown_procedure' },
    });
  });
});

/** Quotes from the catalogue of the project. */
const quotingByLaw = () => ({ ...aCounter().quoting, procedure: procedureByCode });

async function refusalBy(call: Promise<unknown>): Promise<Refusal> {
  try {
    await call;
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
  throw new Error('was not refused');
}

describe('a refusal to quote', () => {
  it('lists the facts that are needed: where, of which type, with which words and values', async () => {
    const refusal = await refusalBy(createQuote({ ...request, procedureCode: '9.920001' }, PORTAL, quotingByLaw()));
    expect(refusal.code).toBe('facts_missing');
    expect(refusal.detail?.vi).toContain('số thành viên tham gia lần này');
    expect(refusal.errors.map((place) => place.pointer)).toEqual([
      '/body/facts/members',
      '/body/facts/joinTogether',
      '/body/facts/months',
    ]);
    expect(refusal.members['factsNeeded']).toMatchObject([
      { type: 'integer', pointer: '/body/facts/members', minimum: 1, maximum: 50 },
      { type: 'boolean', name: { vi: 'cùng tham gia theo hộ gia đình trong năm tài chính' } },
      { type: 'one_of', allowed: [{ value: 3, name: { vi: '3 tháng', en: '3 months' } }, { value: 6 }, { value: 12 }] },
    ]);
  });

  it('says which tariffs exist and when, where none is in force', async () => {
    const late = { ...request, procedureCode: '1.012680', submittedAt: Date.parse('2025-06-30T23:59:59.999+07:00') };
    const refusal = await refusalBy(createQuote(late, PORTAL, quotingByLaw()));
    expect(refusal).toMatchObject({ code: 'not_priceable', members: { reason: 'no_tariff' } });
    expect(refusal.members['tariffs']).toMatchObject([
      { channel: 'offline', effectiveTo: '2026-03-31' },
      { channel: 'online', effectiveFrom: '2025-07-01', effectiveTo: '2026-12-31' },
      { channel: 'offline', effectiveFrom: '2026-04-01' },
    ]);
  });

  it('names the field of a fact that cannot be, and why', async () => {
    const facts = { income: 1, months: 1, supportGroup: 'poor' };
    const refusal = await refusalBy(
      createQuote({ ...request, procedureCode: '9.930001', facts }, PORTAL, quotingByLaw()),
    );
    expect(refusal).toMatchObject({ code: 'unprocessable', errors: [{ pointer: '/body/facts/income' }] });
    expect(refusal.errors[0]?.message).toContain('From 1,500,000 VND');
  });

  it('comes for facts that no token could carry', async () => {
    const long = { number: 'Á'.repeat(60), issuedBy: 'Ế'.repeat(120), issuedOn: '2026-11-01' };
    const items = Array.from({ length: 50 }, (_, place) => ({
      feeItem: '9.940001-02',
      notice: {
        ...long,
        amount: 1,
        payerReference: `${'p'.repeat(30)}${place}`.slice(-32),
        obligationId: 'o'.repeat(40),
      },
    }));
    const refusal = await refusalBy(
      createQuote({ ...request, procedureCode: '9.940001', facts: { items } }, PORTAL, quotingByLaw()),
    );
    expect(refusal).toMatchObject({ code: 'unprocessable', errors: [{ pointer: '/body/facts' }] });
  });
});

describe('a catalogue that is deployed between quote and invoice', () => {
  it('leaves the invoice at the price of its quote, and verify says how the law now differs (scenario 26)', async () => {
    const counter = aCounter();
    const quote = await counter.quote();
    counter.prices.set(PERMIT, 70_000);
    expect(await refusalOf(counter.create(await counter.command({ quote }), 'key-1-long'))).toBe('done');
    expect(counter.all().map((invoice) => invoice.total)).toEqual([50_000]);
    expect(verifyQuote(quote, PORTAL, counter.quoting)).toMatchObject({
      equal: false,
      differences: [{ what: 'amount', quoted: 50_000, recomputed: 70_000 }],
    });
  });

  it('that changes the text and not the money is told too: not equal, and no line differs', async () => {
    const counter = aCounter();
    const quote = await counter.quote();
    const renamed = (code: string) => {
      const found = counter.quoting.procedure(code);
      return found && Procedure.parse(JSON.parse(JSON.stringify(found).replaceAll('TT 1/2026', 'TT 2/2026')));
    };
    expect(verifyQuote(quote, PORTAL, { ...counter.quoting, procedure: renamed })).toMatchObject({
      equal: false,
      differences: [],
      refused: null,
    });
  });

  it('that can price it no more says why', async () => {
    const counter = aCounter();
    const quote = await counter.quote();
    const ended = (code: string) => {
      const found = counter.quoting.procedure(code);
      const text = JSON.stringify(found).replaceAll('"effectiveTo":null', '"effectiveTo":"2026-01-02"');
      return found && Procedure.parse(JSON.parse(text));
    };
    expect(verifyQuote(quote, PORTAL, { ...counter.quoting, procedure: ended })).toMatchObject({
      equal: false,
      recomputedHash: '',
      refused: { code: 'no_tariff', detail: { vi: expect.stringContaining('TT 1/2026') } },
    });
  });

  it('that adds and drops a line says which', async () => {
    const counter = aCounter();
    const quote = await counter.quote();
    const other = (code: string) => {
      const found = counter.quoting.procedure(code);
      return found && Procedure.parse(JSON.parse(JSON.stringify(found).replaceAll(`${PERMIT}-01`, `${PERMIT}-02`)));
    };
    expect(verifyQuote(quote, PORTAL, { ...counter.quoting, procedure: other }).differences).toEqual([
      { feeItem: `${PERMIT}-01`, what: 'no_longer_due', quoted: 50_000, recomputed: null },
      { feeItem: `${PERMIT}-02`, what: 'newly_due', quoted: null, recomputed: 50_000 },
    ]);
  });
});

describe('verify', () => {
  it.each([
    ['court fees', '9.910001', { items: [{ feeItem: '9.910001-01', value: 1_234_567_891 }] }],
    ['health insurance', '9.920001', { members: 4, joinTogether: true, months: 12 }],
    ['certified copies', '2.000815', { items: [{ feeItem: '2.000815-01', pages: 12, quantity: 2 }] }],
    [
      'a card in US dollars',
      '1.003358',
      {
        items: [
          { feeItem: '1.003358-01', exchangeRate: { currency: 'USD', dong: 26_100, source: 'NH', day: '2026-11-20' } },
        ],
      },
    ],
    [
      'a relief',
      '3.000347',
      { reliefs: [{ condition: 'vneid-level-2', evidence: { kind: 'vneid', reference: 'A' } }] },
    ],
  ])('proves %s by hash', async (_, procedureCode, facts) => {
    const quoting = quotingByLaw();
    const parsed = QuoteFacts.parse(facts);
    const { quote, hash } = await createQuote({ ...request, procedureCode, facts: parsed }, PORTAL, quoting);
    expect(verifyQuote(quote, PORTAL, quoting)).toMatchObject({ equal: true, recomputedHash: hash, differences: [] });
  });
});

describe('a quote of somebody else', () => {
  it('is worth nothing', async () => {
    const counter = aCounter();
    const quote = await counter.quote();
    expect(await refused(() => verifyQuote(quote, OTHER_PORTAL, counter.quoting))).toBe('quote_invalid');
    const call = counter.create(await counter.command({ quote }), 'key-1-long', OTHER_PORTAL);
    expect(await refusalOf(call)).toBe('quote_invalid');
    expect(counter.all()).toEqual([]);
  });

  it('for another dossier is worth nothing; one for no dossier serves any', async () => {
    const counter = aCounter();
    const bound = await counter.quote({ dossierCode: DOSSIER });
    const elsewhere = await counter.command({ quote: bound, dossierCode: OTHER_DOSSIER });
    expect(await refusalOf(counter.create(elsewhere, 'key-1-long'))).toBe('quote_invalid');
    expect(await refusalOf(counter.create(await counter.command({ quote: bound }), 'key-1-long'))).toBe('done');
    const free = await counter.command({ quote: await counter.quote(), dossierCode: OTHER_DOSSIER });
    expect(await refusalOf(counter.create(free, 'key-2-long'))).toBe('done');
  });
});

describe('a quote that was tampered with', () => {
  it('is refused at every character', async () => {
    const counter = aCounter();
    const quote = await counter.quote();
    const [payload = '', signature = ''] = quote.split('.');
    for (let at = 0; at < payload.length; at += 7) {
      const other = payload[at] === 'A' ? 'B' : 'A';
      const bent = `${payload.slice(0, at)}${other}${payload.slice(at + 1)}.${signature}`;
      expect(await refused(() => openQuote(bent, QUOTE_KEY))).toBe('quote_invalid');
    }
    for (let at = 0; at < signature.length - 1; at += 1) {
      const other = signature[at] === 'A' ? 'B' : 'A';
      const bent = `${payload}.${signature.slice(0, at)}${other}${signature.slice(at + 1)}`;
      expect(await refused(() => openQuote(bent, QUOTE_KEY))).toBe('quote_invalid');
    }
  });

  it.each(['', '.', 'a.b', 'a', 'a.b.c', '..'])('is refused as %j', async (text) =>
    expect(await refused(() => openQuote(text, QUOTE_KEY))).toBe('quote_invalid'),
  );

  it('is refused without its signature, with a third part, or signed by another key', async () => {
    const quote = await aCounter().quote();
    const [payload = ''] = quote.split('.');
    expect(await refused(() => openQuote(`${payload}.`, QUOTE_KEY))).toBe('quote_invalid');
    expect(await refused(() => openQuote(`${quote}.x`, QUOTE_KEY))).toBe('quote_invalid');
    expect(await refused(() => openQuote(quote, 'another key'))).toBe('quote_invalid');
  });

  it('is refused when it is ours but of another version of this service', async () => {
    const claims = openQuote(await aCounter().quote(), QUOTE_KEY);
    expect(openQuote(signed(claims), QUOTE_KEY)).toEqual(claims);
    for (const other of [{ ...claims, v: 2 }, { ...claims, more: 1 }, { v: 1 }, null])
      expect(await refused(() => openQuote(signed(other), QUOTE_KEY))).toBe('quote_invalid');
  });
});
