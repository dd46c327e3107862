import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createQuote, openQuote, QUOTE_LIFETIME_MILLISECONDS, verifyQuote } from '../../shared/usecases/quote.ts';
import { aCounter, DOSSIER, OTHER_DOSSIER, PERMIT, QUOTE_KEY, refusalOf } from '../dsl/invoicing.ts';
import { callerOf, client, LAND, NOW, OTHER_PORTAL, POLICE, PORTAL } from '../dsl/world.ts';

const request = {
  procedureCode: PERMIT,
  agencyCode: LAND,
  channel: 'online' as const,
  submittedAt: NOW,
  facts: {},
};

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
