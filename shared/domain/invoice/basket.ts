import * as z from 'zod';
import { DossierCode } from '../identity/codes.ts';
import { lazy } from '../lazy.ts';
import { type Dong, sum, ZERO } from '../money/dong.ts';
import type { Instant } from '../time.ts';
import { type Invoice, moneyOf, stateAt } from './invoice.ts';
import { InvoiceNumber } from './number.ts';

/**
 * A basket groups the invoices of one dossier that has several agencies, payers or notices, so that a portal can show
 * them as one. It names them and nothing else: each is paid by itself, and its state is read, never copied.
 */
export const MAX_BASKET_INVOICES = 50;

export const BasketId = lazy(() => z.string().regex(/^bsk_[0-9a-f]{24}$/));
export type BasketId = z.infer<typeof BasketId>;

export const Basket = lazy(() =>
  z.object({
    basketId: BasketId,
    clientId: z.string(),
    bodyHash: z.string(),
    dossierCode: DossierCode,
    numbers: z.array(InvoiceNumber).min(1).max(MAX_BASKET_INVOICES),
    createdAt: z.int(),
  }),
);
export type Basket = z.infer<typeof Basket>;

/** `open`: nothing is paid; `partly_paid`: something is, and something is still due; `ended`: nothing is due, and nothing was paid. */
export const BasketState = lazy(() => z.enum(['open', 'partly_paid', 'paid', 'ended']));
export type BasketState = z.infer<typeof BasketState>;

export type BasketFigures = { state: BasketState; total: Dong; paid: Dong; due: Dong };

/** What a basket comes to now. Invoices that expired or were cancelled without having been paid count no more. In dong. */
export function basketFigures(invoices: readonly Invoice[], now: Instant): BasketFigures {
  const open = invoices.filter((invoice) => stateAt(invoice, now) === 'open');
  const settled = invoices.filter((invoice) =>
    ['paid', 'partially_refunded', 'refunded'].includes(stateAt(invoice, now)),
  );
  const state = open.length > 0 ? (settled.length > 0 ? 'partly_paid' : 'open') : settled.length > 0 ? 'paid' : 'ended';
  return {
    state,
    total: sum([...open, ...settled].map(({ total }) => total)),
    paid: sum(settled.map((invoice) => moneyOf(invoice).paid)),
    due: open.length > 0 ? sum(open.map(({ due }) => due)) : ZERO,
  };
}

/** Port: baskets. */
export interface BasketBook {
  /** Makes a basket once; answers what stands there. */
  create(basket: Basket): Promise<Basket>;
  find(basketId: BasketId): Promise<Basket | undefined>;
}
