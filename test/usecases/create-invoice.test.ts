import { describe, expect, it } from 'vitest';
import { MAX_DOSSIER_INVOICES } from '../../shared/domain/invoice/book.ts';
import type { Invoice } from '../../shared/domain/invoice/invoice.ts';
import { InvoiceNumber, invoiceId } from '../../shared/domain/invoice/number.ts';
import type { PolicyChoices } from '../../shared/domain/payment/choices.ts';
import { paymentReference } from '../../shared/domain/payment/reference.ts';
import { endOfDay, formatInstant } from '../../shared/domain/time.ts';
import { QUOTE_LIFETIME_MILLISECONDS } from '../../shared/usecases/quote.ts';
import {
  aCounter,
  type Counter,
  DOSSIER,
  EXTRACT,
  everyCall,
  numberKey,
  OTHER_DOSSIER,
  PERMIT,
  refusalOf,
} from '../dsl/invoicing.ts';
import { callerOf, client, invoiceOf, LAND, NOW, OTHER_PORTAL, POLICE, PORTAL } from '../dsl/world.ts';

const KEY = 'first-key';
const OTHER_KEY = 'other-key';
const DAY = 86_400_000;

/** Ends the life of an invoice in one of the ways that free its place. */
const endings: Record<string, (counter: Counter, invoice: Invoice) => Promise<void>> = {
  'expired, unwritten': async ({ world }, invoice) => {
    world.clock.at = invoice.expiresAt + 1;
  },
  'expired, written': async ({ world }, invoice) => {
    world.clock.at = invoice.expiresAt + 1;
    await world.invoices.move(invoice.number, 'open', 'expired');
  },
  cancelled: (counter, invoice) => counter.cancel(invoice),
};

/** The first number that a call with this key gets, found in a world of its own. */
async function firstNumber(key: string, caller = PORTAL): Promise<InvoiceNumber> {
  const scratch = aCounter();
  const quote = await scratch.quote({}, caller);
  return (await scratch.create(await scratch.command({ quote }), key, caller)).invoice.number;
}

describe('an invoice made from a quote', () => {
  it('has the quote’s lines and total, is open, and can be paid to the end of the 15th day', async () => {
    const counter = aCounter();
    const { invoice, replayed } = await counter.create(await counter.command(), KEY);
    expect(replayed).toBe(false);
    expect(invoice).toMatchObject({
      state: 'open',
      agencyCode: LAND,
      dossierCode: DOSSIER,
      procedureCode: PERMIT,
      lines: [{ feeItem: `${PERMIT}-01`, kind: 'phi', quantity: 1, amount: 50_000, beneficiary: 'main' }],
      total: 50_000,
      due: 50_000,
      createdAt: NOW,
      expiresAt: endOfDay('2026-12-05'),
      attempts: [],
      movements: {},
      version: 1,
    });
    expect(counter.all()).toEqual([invoice]);
  });

  it('bears what its agency had chosen by then, where that differs from the default, for good', async () => {
    const counter = aCounter();
    const { registry } = counter.world;
    const choose = (policy: PolicyChoices | undefined, key: string) =>
      registry.putAgency(
        { code: LAND, name: { vi: 'Sở', en: 'Office' }, active: true, ...(policy && { policy }) },
        { keyHash: key, bodyHash: key },
      );
    await choose({ late: 'accept', parts: 'keep' }, 'a');
    const reads = registry.reads.length;
    const first = await counter.create(await counter.command(), KEY);
    expect(first.invoice.choices).toEqual({ late: 'accept' });
    // The agency was read anyway: a quote and an invoice each read it once.
    expect(registry.reads.slice(reads)).toEqual(['agency', 'agency']);

    await choose({ late: 'surplus', parts: 'keep' }, 'b');
    const second = await counter.create(await counter.command({ dossierCode: OTHER_DOSSIER }), OTHER_KEY);
    expect(second.invoice.choices).toBeUndefined();
    expect(counter.all().find(({ number }) => number === first.invoice.number)?.choices).toEqual({ late: 'accept' });
  });

  it('keeps the quoted price when the catalogue has changed since (scenario 26)', async () => {
    const counter = aCounter();
    const command = await counter.command();
    counter.prices.set(PERMIT, 99_000);
    expect((await counter.create(command, KEY)).invoice.total).toBe(50_000);
  });

  it('of nothing is paid at once: there is nothing to wait for', async () => {
    const counter = aCounter();
    counter.prices.set(PERMIT, 0);
    const { invoice } = await counter.create(await counter.command(), KEY);
    expect(invoice).toMatchObject({ state: 'paid', total: 0, due: 0 });
    expect(invoice.lines).toHaveLength(1);
    expect(await refusalOf(counter.create(await counter.command(), OTHER_KEY))).toBe('invoice_already_paid');
  });

  it('holds the body and the client of its call as hashes and id, never the key itself', async () => {
    const counter = aCounter();
    const { invoice } = await counter.create(await counter.command(), KEY);
    expect(invoice.origin.clientId).toBe('portal');
    expect(JSON.stringify(counter.all())).not.toContain(KEY);
  });

  it.each([
    ['an agency of another', { agencyCode: POLICE }, 'not_found'],
    ['an agency that nobody knows', { agencyCode: 'H99' }, 'unknown_agency'],
    ['an agency that is switched off', { agencyCode: 'X99' }, 'unknown_agency'],
    ['another agency than the quote’s', { agencyCode: 'H29.15' }, 'unknown_agency'],
  ])('is refused for %s', async (_, more, code) => {
    const counter = aCounter();
    const everywhere = callerOf(client('portal', { agencies: [LAND, 'H99', 'X99', 'H29.15'] }));
    expect(await refusalOf(counter.create(await counter.command(more), KEY, everywhere))).toBe(code);
    expect(counter.all()).toEqual([]);
  });

  it('is refused for another agency than the quote’s, though the caller may act for both', async () => {
    const counter = aCounter();
    const both = callerOf(client('portal', { agencies: [LAND, POLICE] }));
    const command = await counter.command({ agencyCode: POLICE });
    expect(await refusalOf(counter.create(command, KEY, both))).toBe('quote_invalid');
  });
});

describe('its deadline', () => {
  const at = (offset: number) => formatInstant(NOW + offset);

  it('may be named, and is remembered for the sweep of its day', async () => {
    const counter = aCounter();
    const { invoice } = await counter.create(await counter.command({ dueAt: at(DAY) }), KEY);
    expect(invoice.expiresAt).toBe(NOW + DAY);
    expect(await counter.world.dueDays.onDay('2026-11-21')).toEqual([invoice.number]);
  });

  it('is not remembered where it follows from the day of creation', async () => {
    const counter = aCounter();
    await counter.create(await counter.command(), KEY);
    expect(await counter.world.dueDays.onDay('2026-12-05')).toEqual([]);
  });

  it.each([
    ['now', 0],
    ['the past', -1],
    ['beyond a year', 366 * DAY],
  ])('is refused at %s, and nothing is written', async (_, offset) => {
    const counter = aCounter();
    expect(await refusalOf(counter.create(await counter.command({ dueAt: at(offset) }), KEY))).toBe('unprocessable');
    expect(counter.all()).toEqual([]);
    expect(await counter.world.dossiers.numbersOf(LAND, DOSSIER)).toEqual([]);
  });
});

describe('the same key and the same body', () => {
  it('answer the same invoice (scenario 20)', async () => {
    const counter = aCounter();
    const command = await counter.command();
    const first = await counter.create(command, KEY);
    const again = await counter.create(structuredClone(command), KEY);
    expect(again).toEqual({ invoice: first.invoice, replayed: true });
    expect(counter.all()).toHaveLength(1);
  });

  it('50 in parallel make one invoice (scenario 20)', async () => {
    const counter = aCounter();
    const command = await counter.command();
    const made = await Promise.all(Array.from({ length: 50 }, () => counter.create(command, KEY)));
    expect(new Set(made.map(({ invoice }) => invoice.number)).size).toBe(1);
    expect(made.filter(({ replayed }) => !replayed)).toHaveLength(1);
    expect(counter.all()).toHaveLength(1);
    expect(await counter.world.dossiers.numbersOf(LAND, DOSSIER)).toHaveLength(1);
  });

  it('with other words change nothing, also not an invoice that has ended (scenario 21)', async () => {
    const counter = aCounter();
    const { invoice: mine } = await counter.create(await counter.command(), KEY);
    await counter.cancel(mine);
    const { invoice: other } = await counter.create(await counter.command({ dossierCode: OTHER_DOSSIER }), OTHER_KEY);
    await counter.cancel(other);
    const before = counter.all();
    for (const words of [
      { replaces: invoiceId(mine.number) },
      { dossierCode: OTHER_DOSSIER, replaces: invoiceId(other.number) },
      { dossierCode: OTHER_DOSSIER },
    ]) {
      expect(await refusalOf(counter.create(await counter.command(words), KEY))).toBe('idempotency_key_reused');
      expect(counter.all(), JSON.stringify(words)).toEqual(before);
    }
  });

  it('answer as then, when the quote has expired since (scenario 25)', async () => {
    const counter = aCounter();
    const command = await counter.command();
    const { invoice } = await counter.create(command, KEY);
    counter.world.clock.at += QUOTE_LIFETIME_MILLISECONDS + 1;
    expect(await counter.create(command, KEY)).toEqual({ invoice, replayed: true });
    expect(await refusalOf(counter.create(command, OTHER_KEY))).toBe('quote_expired');
  });

  it('answer as then, when the agency was switched off or the deadline has passed since', async () => {
    const counter = aCounter();
    const command = await counter.command({ dueAt: formatInstant(NOW + 60_000) });
    const { invoice } = await counter.create(command, KEY);
    counter.world.clock.at += 120_000;
    expect((await counter.create(command, KEY)).invoice.number).toBe(invoice.number);
    await counter.world.registry.putAgency(
      { code: LAND, name: { vi: 'a', en: 'a' }, active: false },
      { keyHash: 'x', bodyHash: 'y' },
    );
    expect((await counter.create(command, KEY)).replayed).toBe(true);
  });

  it.each(Object.keys(endings))('answer the invoice as it is now: %s, and replaced by another', async (ending) => {
    const counter = aCounter();
    const command = await counter.command();
    const { invoice } = await counter.create(command, KEY);
    await endings[ending]?.(counter, invoice);
    const next = await counter.create(await counter.command(), OTHER_KEY);
    expect(await counter.create(command, KEY)).toMatchObject({ invoice: { number: invoice.number }, replayed: true });
    expect(counter.open().map(({ number }) => number)).toEqual([next.invoice.number]);
  });
});

describe('a caller who may no longer act for the agency', () => {
  it('is not shown what earlier calls made (scenario 64)', async () => {
    const counter = aCounter();
    const command = await counter.command();
    await counter.create(command, KEY);
    const elsewhere = callerOf(client('portal', { agencies: [POLICE] }));
    expect(await refusalOf(counter.create(command, KEY, elsewhere))).toBe('not_found');
  });
});

describe('the same key with another body', () => {
  const bodies: Record<string, Parameters<Counter['command']>[0]> = {
    'another payer': { payer: { name: 'Trần Thử Nghiệm' } },
    'another dossier': { dossierCode: OTHER_DOSSIER },
    'another dossier, as an additional invoice': { dossierCode: OTHER_DOSSIER, additional: true },
    'another procedure': { procedureCode: EXTRACT },
    'another procedure, as an additional invoice': { procedureCode: EXTRACT, additional: true },
    'an additional invoice': { additional: true },
    'another deadline': { dueAt: formatInstant(NOW + DAY) },
  };

  it.each(Object.entries(bodies))('is refused, and nothing has changed: %s (scenario 21)', async (_, more) => {
    const counter = aCounter();
    const { dossiers } = counter.world;
    const { invoice } = await counter.create(await counter.command(), KEY);
    expect(await refusalOf(counter.create(await counter.command(more), KEY))).toBe('idempotency_key_reused');
    expect(counter.all()).toEqual([invoice]);
    expect(await dossiers.numbersOf(LAND, DOSSIER)).toEqual([invoice.number]);
    expect(await dossiers.numbersOf(LAND, OTHER_DOSSIER)).toEqual([]);
    for (const procedureCode of [PERMIT, EXTRACT])
      expect(dossiers.holderOf({ agencyCode: LAND, dossierCode: OTHER_DOSSIER, procedureCode })).toBeUndefined();
    expect(await counter.create(await counter.command({ dossierCode: OTHER_DOSSIER }), OTHER_KEY)).toMatchObject({
      replayed: false,
    });
  });

  it('leaves no trace in a dossier whose place another invoice holds (scenario 21)', async () => {
    const counter = aCounter();
    await counter.create(await counter.command(), KEY);
    const { invoice } = await counter.create(await counter.command({ dossierCode: OTHER_DOSSIER }), OTHER_KEY);
    const misuse = await counter.command({ dossierCode: OTHER_DOSSIER, additional: true });
    expect(await refusalOf(counter.create(misuse, KEY))).toBe('idempotency_key_reused');
    expect(await counter.world.dossiers.numbersOf(LAND, OTHER_DOSSIER)).toEqual([invoice.number]);
  });

  it('gives back a place that it took over from an ended invoice', async () => {
    const counter = aCounter();
    await counter.create(await counter.command(), KEY);
    const ended = (await counter.create(await counter.command({ dossierCode: OTHER_DOSSIER }), OTHER_KEY)).invoice;
    await counter.cancel(ended);
    const misuse = await counter.command({ dossierCode: OTHER_DOSSIER });
    expect(await refusalOf(counter.create(misuse, KEY))).toBe('idempotency_key_reused');
    const place = { agencyCode: LAND, dossierCode: OTHER_DOSSIER, procedureCode: PERMIT };
    expect(counter.world.dossiers.holderOf(place)).toBe(ended.number);
    expect(await counter.world.dossiers.numbersOf(LAND, OTHER_DOSSIER)).toEqual([ended.number]);
  });
});

describe('the same key text of another client', () => {
  it('is another call (scenario 22)', async () => {
    const counter = aCounter();
    const mine = await counter.create(await counter.command(), KEY);
    const quote = await counter.quote({}, OTHER_PORTAL);
    const theirs = await counter.create(
      await counter.command({ quote, dossierCode: OTHER_DOSSIER }),
      KEY,
      OTHER_PORTAL,
    );
    expect(theirs.replayed).toBe(false);
    expect(theirs.invoice.number).not.toBe(mine.invoice.number);
  });
});

describe('a new key for the same dossier and procedure', () => {
  it('is refused while the invoice is open, and the refusal names it (scenario 24)', async () => {
    const counter = aCounter();
    const { invoice } = await counter.create(await counter.command(), KEY);
    await expect(counter.create(await counter.command(), OTHER_KEY)).rejects.toMatchObject({
      code: 'invoice_already_open',
      detail: { en: expect.stringContaining(invoiceId(invoice.number)) },
    });
    expect(counter.all()).toHaveLength(1);
  });

  it('is refused when that was paid', async () => {
    const counter = aCounter();
    const { invoice } = await counter.create(await counter.command(), KEY);
    await counter.world.invoices.move(invoice.number, 'open', 'paid');
    expect(await refusalOf(counter.create(await counter.command(), OTHER_KEY))).toBe('invoice_already_paid');
  });

  it('is refused with the same quote too (scenario 24)', async () => {
    const counter = aCounter();
    const command = await counter.command();
    await counter.create(command, KEY);
    expect(await refusalOf(counter.create(command, OTHER_KEY))).toBe('invoice_already_open');
  });

  it('makes another invoice for another procedure, dossier or agency', async () => {
    const counter = aCounter();
    const both = callerOf(client('portal', { agencies: [LAND, POLICE] }));
    await counter.create(await counter.command(), KEY);
    await counter.create(await counter.command({ procedureCode: EXTRACT }), 'key-2222');
    await counter.create(await counter.command({ dossierCode: OTHER_DOSSIER }), 'key-3333');
    const quote = await counter.quote({ agencyCode: POLICE }, both);
    await counter.create(await counter.command({ quote, agencyCode: POLICE }), 'key-4444', both);
    expect(counter.open()).toHaveLength(4);
  });

  it('makes another invoice if it says that it is additional', async () => {
    const counter = aCounter();
    await counter.create(await counter.command(), KEY);
    const command = await counter.command({ additional: true });
    const { invoice } = await counter.create(command, OTHER_KEY);
    expect(await counter.create(command, OTHER_KEY)).toEqual({ invoice, replayed: true });
    expect(counter.open()).toHaveLength(2);
    expect(await refusalOf(counter.create(await counter.command(), 'third-key'))).toBe('invoice_already_open');
  });

  it('is refused while an additional one is open, though the first has ended', async () => {
    const counter = aCounter();
    const { invoice } = await counter.create(await counter.command(), KEY);
    await counter.create(await counter.command({ additional: true }), OTHER_KEY);
    await counter.cancel(invoice);
    expect(await refusalOf(counter.create(await counter.command(), 'third-key'))).toBe('invoice_already_open');
  });
});

describe('an invoice in place of one that ended', () => {
  it.each(Object.keys(endings))('is linked to it: %s', async (ending) => {
    const counter = aCounter();
    const { invoice: old } = await counter.create(await counter.command(), KEY);
    await endings[ending]?.(counter, old);
    const said = await counter.command({ replaces: invoiceId(old.number) });
    const { invoice } = await counter.create(said, OTHER_KEY);
    expect(invoice.replaces).toBe(old.number);
    expect(counter.open()).toEqual([invoice]);
  });

  it.each(Object.keys(endings))('is linked to it without being told so: %s', async (ending) => {
    const counter = aCounter();
    const { invoice: old } = await counter.create(await counter.command(), KEY);
    await endings[ending]?.(counter, old);
    expect((await counter.create(await counter.command(), OTHER_KEY)).invoice.replaces).toBe(old.number);
  });

  it.each(Object.keys(endings))('keeps money from paying that one, even money paid in time: %s', async (ending) => {
    const counter = aCounter();
    const { invoice: old } = await counter.create(await counter.command(), KEY);
    await endings[ending]?.(counter, old);
    const { invoice } = await counter.create(await counter.command(), OTHER_KEY);
    const replaced = counter.all().find(({ number }) => number === old.number);
    expect(replaced?.replacedBy).toBe(invoice.number);
    expect(replaced?.state).not.toBe('open');
    expect((await counter.world.invoices.supersede(old.number, 'expired', invoice.number)).kind).toBe('refused');
  });

  it('is refused when that is paid while it is being replaced', async () => {
    const counter = aCounter();
    const { invoice: old } = await counter.create(await counter.command(), KEY);
    counter.world.clock.at = old.expiresAt + 1;
    const invoices = everyCall(counter.world.invoices, async (name, call) => {
      if (name === 'supersede') await counter.world.invoices.move(old.number, 'open', 'paid');
      return call();
    });
    const command = await counter.command();
    expect(await refusalOf(counter.create(command, OTHER_KEY, PORTAL, { invoices }))).toBe('invoice_already_paid');
    expect(counter.all()).toHaveLength(1);
  });

  it.each(Object.keys(endings))(
    'notes in the old one what stands for it, so that no money pays both: %s',
    async (ending) => {
      const counter = aCounter();
      const { invoice: old } = await counter.create(await counter.command(), KEY);
      await endings[ending]?.(counter, old);
      const { invoice } = await counter.create(await counter.command(), OTHER_KEY);
      const item = counter.world.invoices.at(old.number);
      if (item?.kind !== 'invoice') throw new Error('no invoice');
      expect(item.invoice.replacedBy).toBe(invoice.number);
      expect(['expired', 'cancelled']).toContain(item.invoice.state);
    },
  );

  it('is refused when that was paid in the very moment', async () => {
    const counter = aCounter();
    const { invoice: old } = await counter.create(await counter.command(), KEY);
    counter.world.clock.at = old.expiresAt + 1;
    const { invoices } = counter.world;
    const supersede = invoices.supersede.bind(invoices);
    invoices.supersede = async (...call) => {
      await invoices.move(old.number, 'open', 'paid');
      return supersede(...call);
    };
    const command = await counter.command();
    expect(await refusalOf(counter.create(command, OTHER_KEY))).toBe('invoice_already_paid');
    expect(counter.open()).toEqual([]);
  });

  it('is refused when that is open, paid, of another dossier or procedure, or nothing', async () => {
    const counter = aCounter();
    const { invoice: open } = await counter.create(await counter.command(), KEY);
    const { invoice: other } = await counter.create(await counter.command({ dossierCode: OTHER_DOSSIER }), 'key-2222');
    const { invoice: extract } = await counter.create(await counter.command({ procedureCode: EXTRACT }), 'key-3333');
    await counter.cancel(other);
    await counter.cancel(extract);
    const nothing = InvoiceNumber.parse('999999999999');
    for (const number of [open.number, other.number, extract.number, nothing]) {
      const command = await counter.command({ replaces: invoiceId(number) });
      expect(await refusalOf(counter.create(command, OTHER_KEY))).toBe('invoice_not_replaceable');
    }
    await counter.world.invoices.move(open.number, 'open', 'paid');
    const command = await counter.command({ replaces: invoiceId(open.number) });
    expect(await refusalOf(counter.create(command, OTHER_KEY))).toBe('invoice_not_replaceable');
  });
});

describe('a number that is taken', () => {
  it.each(['a void', 'a receipt', 'an invoice of somebody else'])(
    'by %s is left to it: the invoice gets the next one, and is found there again',
    async (kind) => {
      const taken = await firstNumber(KEY);
      const counter = aCounter();
      const { invoices } = counter.world;
      if (kind === 'a void') await invoices.void(taken);
      else if (kind === 'a receipt') await aReceiptAt(counter, taken);
      else
        invoices.place(
          invoiceOf(taken, { dossierCode: 'ELSE-0001', origin: { clientId: 'x', keyHash: 'x', bodyHash: 'x' } }),
        );
      const before = invoices.at(taken);

      const command = await counter.command();
      const made = await counter.create(command, KEY);
      expect(made.replayed).toBe(false);
      expect(made.invoice.number).not.toBe(taken);
      expect(await counter.create(command, KEY)).toEqual({ invoice: made.invoice, replayed: true });
      expect(invoices.at(taken)).toEqual(before);

      counter.world.clock.at += QUOTE_LIFETIME_MILLISECONDS + 1;
      expect(await counter.create(command, KEY), 'also when the quote has expired').toMatchObject({ replayed: true });
      const other = await counter.command({ payer: { name: 'Trần Thử Nghiệm' } });
      expect(await refusalOf(counter.create(other, KEY))).toBe('idempotency_key_reused');
    },
  );

  it('serves additional invoices alike', async () => {
    const taken = await firstNumber(KEY);
    const counter = aCounter();
    await counter.world.invoices.void(taken);
    const command = await counter.command({ additional: true });
    const { invoice } = await counter.create(command, KEY);
    expect(await counter.create(command, KEY)).toEqual({ invoice, replayed: true });
    expect(await refusalOf(counter.create(await counter.command(), OTHER_KEY))).toBe('invoice_already_open');
  });

  it('is not taken from the invoice that paid it: the money stays where it was entered first (scenario 13)', async () => {
    const taken = await firstNumber(KEY);
    const counter = aCounter();
    await aReceiptAt(counter, taken);
    await counter.create(await counter.command(), KEY);
    await aReceiptAt(counter, taken);
    await counter.world.publish();
    expect(counter.world.journal.entries()).toHaveLength(1);
  });
});

describe('a new key of numbers', () => {
  const both = {
    numberKeys: [numberKey(2), numberKey(1)] as [ReturnType<typeof numberKey>, ...ReturnType<typeof numberKey>[]],
  };

  it('still finds what the old one made', async () => {
    const counter = aCounter();
    const command = await counter.command();
    const { invoice } = await counter.create(command, KEY);
    expect(await counter.create(command, KEY, PORTAL, both)).toEqual({ invoice, replayed: true });
    const other = await counter.command({ dossierCode: OTHER_DOSSIER });
    expect(await refusalOf(counter.create(other, KEY, PORTAL, both))).toBe('idempotency_key_reused');
    expect(await counter.world.dossiers.numbersOf(LAND, OTHER_DOSSIER)).toEqual([]);
  });

  it('finds it behind a number that was taken', async () => {
    const taken = await firstNumber(KEY);
    const counter = aCounter();
    await counter.world.invoices.void(taken);
    const command = await counter.command();
    const { invoice } = await counter.create(command, KEY);
    expect(await counter.create(command, KEY, PORTAL, both)).toEqual({ invoice, replayed: true });
  });

  it('makes new numbers, and repeats find those', async () => {
    const counter = aCounter();
    const command = await counter.command();
    const { invoice } = await counter.create(command, KEY, PORTAL, both);
    expect(invoice.number).not.toBe(await firstNumber(KEY));
    expect(await counter.create(command, KEY, PORTAL, both)).toEqual({ invoice, replayed: true });
  });

  it('without the old one is a clean refusal, never a second invoice', async () => {
    const counter = aCounter();
    const command = await counter.command();
    await counter.create(command, KEY);
    expect(await refusalOf(counter.create(command, KEY, PORTAL, { numberKeys: [numberKey(2)] }))).toBe(
      'invoice_already_open',
    );
  });
});

describe('a dossier', () => {
  it('bears so many invoices and no more', async () => {
    const counter = aCounter();
    const additional = await counter.command({ additional: true });
    for (let index = 0; index < MAX_DOSSIER_INVOICES; index += 1) await counter.create(additional, `key-${index}-long`);
    expect(await refusalOf(counter.create(additional, KEY))).toBe('too_many_invoices');
    expect(await refusalOf(counter.create(await counter.command({ procedureCode: EXTRACT }), KEY))).toBe(
      'too_many_invoices',
    );
    expect(await counter.create(additional, 'key-7-long')).toMatchObject({ replayed: true });
  });
});

/** Money of an unknown invoice came in under this number. */
async function aReceiptAt({ world }: Counter, number: InvoiceNumber): Promise<void> {
  await world.callback('bank-one', {
    terminal: 'ONE-LAND',
    reference: paymentReference(number, 1),
    outcome: 'paid',
    amount: invoiceOf(number).total,
    currency: 'VND',
    transactionId: 'T1',
    paidAt: NOW,
    resultCode: '00',
  });
  await world.post();
}
