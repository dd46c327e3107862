import { Procedure } from '../../shared/domain/fees/procedure.ts';
import type { Invoice } from '../../shared/domain/invoice/invoice.ts';
import { stateAt } from '../../shared/domain/invoice/invoice.ts';
import { Refusal } from '../../shared/domain/refusal.ts';
import type { Caller } from '../../shared/domain/registry/caller.ts';
import { type CreateInvoice, createInvoice, type NumberKey } from '../../shared/usecases/create-invoice.ts';
import { createQuote, type QuoteRequest } from '../../shared/usecases/quote.ts';
import { aWorld, LAND, NOW, PORTAL } from './world.ts';

/** Two procedures of an invented catalogue, and the counter where quotes and invoices are made. */

export const PERMIT = '9.000001';
export const EXTRACT = '9.000002';
/** Costs what its copies cost. */
export const COPIES = '9.000003';
export const DOSSIER = `${LAND}-261120-0001`;
export const OTHER_DOSSIER = `${LAND}-261120-0002`;
export const QUOTE_KEY = 'the key of quotes, long enough to be one';

export const numberKey = (version: number): NumberKey => ({
  version,
  key: `the key of numbers, version ${version}, long`,
});

const words = (text: string) => ({ vi: text, en: text });

function procedure(code: string, amount: number): Procedure {
  return Procedure.parse({
    code,
    dvcCode: `${code}.01`,
    name: words('Thủ tục mẫu'),
    levels: ['commune'],
    publishingDecision: null,
    sources: ['portal'],
    conditions: {},
    items: [
      {
        id: `${code}-01`,
        kind: 'phi',
        name: words('Phí'),
        unit: words('bản'),
        tariffs: [
          {
            tariff: code === COPIES ? { kind: 'per_unit', amount } : { kind: 'flat', amount },
            channel: 'any',
            effectiveFrom: '2026-01-01',
            effectiveTo: null,
            legalBasis: [{ document: 'TT 1/2026/TT-BTC' }],
          },
        ],
      },
    ],
  });
}

export type Counter = ReturnType<typeof aCounter>;

/** Quotes and invoices in a world. `prices` may be changed, as a catalogue is. */
export function aCounter(world = aWorld()) {
  const prices = new Map([
    [PERMIT, 50_000],
    [EXTRACT, 8_000],
    [COPIES, 2_000],
  ]);
  const { invoices, dossiers, dueDays, registry, now } = world;
  const quoting = {
    procedure: (code: string) => {
      const amount = prices.get(code);
      return amount === undefined ? undefined : procedure(code, amount);
    },
    registry,
    quoteKey: QUOTE_KEY,
    now,
  };
  const numberKeys: [NumberKey, ...NumberKey[]] = [numberKey(1)];
  const dependencies = { invoices, dossiers, registry, dueDays, quoteKey: QUOTE_KEY, numberKeys, now };

  return {
    world,
    prices,
    quoting,
    dependencies,

    async quote(request: Partial<QuoteRequest> = {}, caller: Caller = PORTAL): Promise<string> {
      const { quote } = await createQuote(
        { procedureCode: PERMIT, agencyCode: LAND, channel: 'online', submittedAt: NOW, facts: {}, ...request },
        caller,
        quoting,
      );
      return quote;
    },

    /** A call as a portal makes it, with a quote of its own unless it names one. */
    async command(more: Partial<CreateInvoice> & { procedureCode?: string } = {}): Promise<CreateInvoice> {
      const { procedureCode = PERMIT, ...command } = more;
      return {
        quote: command.quote ?? (await this.quote({ procedureCode })),
        dossierCode: DOSSIER,
        agencyCode: LAND,
        payer: { name: 'Nguyễn Thử Nghiệm' },
        ...command,
      };
    },

    create(command: CreateInvoice, key: string, caller: Caller = PORTAL, more: Partial<typeof dependencies> = {}) {
      return createInvoice(command, caller, key, { ...dependencies, ...more });
    },

    /** All invoices, and those that can still be paid. */
    all(): Invoice[] {
      return invoices.items().flatMap((item) => (item.kind === 'invoice' ? [item.invoice] : []));
    },
    open(): Invoice[] {
      return this.all().filter((invoice) => stateAt(invoice, now()) === 'open');
    },

    async cancel(invoice: Invoice): Promise<void> {
      await invoices.move(invoice.number, 'open', 'cancelled');
    },
  };
}

/** The code of a refusal, or `done` where there was none. Any other failure is thrown. */
export async function refusalOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return 'done';
  } catch (error) {
    if (error instanceof Refusal) return error.code;
    throw error;
  }
}

type Around = (name: string, call: () => Promise<unknown>) => Promise<unknown>;

/** A port whose every call goes through `around`: to order calls, or to fail them. */
export function everyCall<Port extends object>(port: Port, around: Around): Port {
  return new Proxy(port, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== 'function') return member;
      return (...given: unknown[]) => around(String(name), () => member.apply(target, given) as Promise<unknown>);
    },
  });
}

/** The process dies at one of its calls, before or after that had its effect. */
export class Crash extends Error {}

/** Counts calls over several ports and dies at the one given, from 0. */
export function crashAt(at: number, when: 'before' | 'after') {
  let calls = 0;
  const around: Around = async (_, call) => {
    const mine = calls++ === at;
    if (mine && when === 'before') throw new Crash();
    const answer = await call();
    if (mine) throw new Crash();
    return answer;
  };
  return { around, calls: () => calls };
}
