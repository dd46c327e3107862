import * as z from 'zod';
import { lazy } from '../domain/lazy.ts';
import { Dong } from '../domain/money/dong.ts';
import { type Refund, Refunding, refundReference } from '../domain/refund/refund.ts';
import { movementKey, PREFIX } from './reversal-item.ts';

/** Refunds within the item of their invoice, and the remainders that they are taken from. */

/** A refund's key in the map of its invoice: its reference. The invoice's number is the first part of it. */
export const refundKey = refundReference;

/** The collector's decision, or a payment document: number, day, hash of the scan. */
const DocumentItem = lazy(() => z.object({ n: z.string(), d: z.string(), h: z.string().optional() }));

export const RefundItem = lazy(() =>
  z.object({
    s: z.string(),
    a: z.number(),
    i: z.string(),
    /** Lines: place from 1, amount. */
    l: z.array(z.tuple([z.number(), z.number()])),
    r: z.string(),
    dc: DocumentItem,
    b: z.string(),
    c: z.string(),
    t: z.number(),
    h: z.string(),
    bh: z.string(),
    /** By whom it was decided, when, why not; and by when it is due. */
    w: z.string().optional(),
    wt: z.number().optional(),
    wr: z.string().optional(),
    x: z.number().optional(),
    /** Sent; why by hand; the provider's code and id. */
    st: z.number().optional(),
    hd: z.string().optional(),
    rc: z.string().optional(),
    pi: z.string().optional(),
    /** Where a return by hand goes: bank, number, name. */
    ac: z.tuple([z.string(), z.string(), z.string()]).optional(),
    /** The payment order made out: batch, person, instant, hash of the call's body. */
    od: z.tuple([z.string(), z.string(), z.number(), z.string()]).optional(),
    /** What one person reported of it. */
    rp: z
      .object({
        o: z.string(),
        dc: DocumentItem,
        b: z.string(),
        t: z.number(),
        h: z.string(),
        bh: z.string(),
        w: z.string().optional(),
      })
      .optional(),
    dn: z.number().optional(),
  }),
);
export type RefundItem = z.infer<typeof RefundItem>;

/** Of one money: what is left, and what is out. */
export const MoneyLeftItem = lazy(() => z.object({ l: Dong, o: Dong }));

const documentItem = ({ number, date, sha256 }: Refund['decision']): z.infer<typeof DocumentItem> => ({
  n: number,
  d: date,
  ...(sha256 !== undefined && { h: sha256 }),
});

const parseDocument = ({ n, d, h }: z.infer<typeof DocumentItem>) => ({
  number: n,
  date: d,
  ...(h !== undefined && { sha256: h }),
});

export function refundItem(refund: Refund): RefundItem {
  const { account, order, report } = refund;
  return {
    s: refund.state,
    a: refund.amount,
    i: movementKey(refund.movementId),
    l: refund.lines.map(({ line, amount }) => [line, amount]),
    r: refund.reason,
    dc: documentItem(refund.decision),
    b: refund.by,
    c: refund.clientId,
    t: refund.requestedAt,
    h: refund.keyHash,
    bh: refund.bodyHash,
    ...(refund.decidedBy !== undefined && { w: refund.decidedBy }),
    ...(refund.decidedAt !== undefined && { wt: refund.decidedAt }),
    ...(refund.refusal !== undefined && { wr: refund.refusal }),
    ...(refund.dueBy !== undefined && { x: refund.dueBy }),
    ...(refund.sentAt !== undefined && { st: refund.sentAt }),
    ...(refund.byHand !== undefined && { hd: refund.byHand }),
    ...(refund.resultCode !== undefined && { rc: refund.resultCode }),
    ...(refund.providerRefundId !== undefined && { pi: refund.providerRefundId }),
    ...(account && { ac: [account.bankBin, account.number, account.name] }),
    ...(order && { od: [order.batch, order.by, order.at, order.bodyHash] }),
    ...(report && {
      rp: {
        o: report.outcome,
        dc: documentItem(report.document),
        b: report.by,
        t: report.at,
        h: report.keyHash,
        bh: report.bodyHash,
        ...(report.decidedBy !== undefined && { w: report.decidedBy }),
      },
    }),
    ...(refund.settledAt !== undefined && { dn: refund.settledAt }),
  };
}

function parseRefund(key: string, item: RefundItem): unknown {
  const { ac, od, rp } = item;
  return {
    refundId: `rfd_${key}`,
    state: item.s,
    amount: item.a,
    movementId: `${PREFIX}${item.i}`,
    lines: item.l.map(([line, amount]) => ({ line, amount })),
    reason: item.r,
    decision: parseDocument(item.dc),
    by: item.b,
    clientId: item.c,
    requestedAt: item.t,
    keyHash: item.h,
    bodyHash: item.bh,
    ...(item.w !== undefined && { decidedBy: item.w }),
    ...(item.wt !== undefined && { decidedAt: item.wt }),
    ...(item.wr !== undefined && { refusal: item.wr }),
    ...(item.x !== undefined && { dueBy: item.x }),
    ...(item.st !== undefined && { sentAt: item.st }),
    ...(item.hd !== undefined && { byHand: item.hd }),
    ...(item.rc !== undefined && { resultCode: item.rc }),
    ...(item.pi !== undefined && { providerRefundId: item.pi }),
    ...(ac && { account: { bankBin: ac[0], number: ac[1], name: ac[2] } }),
    ...(od && { order: { batch: od[0], by: od[1], at: od[2], bodyHash: od[3] } }),
    ...(rp && {
      report: {
        outcome: rp.o,
        document: parseDocument(rp.dc),
        by: rp.b,
        at: rp.t,
        keyHash: rp.h,
        bodyHash: rp.bh,
        ...(rp.w !== undefined && { decidedBy: rp.w }),
      },
    }),
    ...(item.dn !== undefined && { settledAt: item.dn }),
  };
}

/** The attributes of an invoice's item that its refunds need. */
export const RefundingItem = lazy(() =>
  z.object({
    rf: z.record(z.string(), RefundItem).optional(),
    ra: z.record(z.string(), MoneyLeftItem).optional(),
    rl: z.array(z.number()).optional(),
    rd: z.number().optional(),
  }),
);

export const refundingItem = ({ refunds, money, lines, refunded }: Refunding): z.infer<typeof RefundingItem> => ({
  rf: Object.fromEntries(Object.values(refunds).map((refund) => [refundKey(refund.refundId), refundItem(refund)])),
  ra: Object.fromEntries(Object.entries(money).map(([id, { left, out }]) => [movementKey(id), { l: left, o: out }])),
  rl: [...lines],
  rd: refunded,
});

export const parseMoneyLeft = (items: Record<string, z.infer<typeof MoneyLeftItem>>): Refunding['money'] =>
  Object.fromEntries(Object.entries(items).map(([key, { l, o }]) => [`${PREFIX}${key}`, { left: l, out: o }]));

/** Read back; `undefined` for an invoice of which nobody ever asked a refund. */
export const parseRefunding = ({ rf, ra, rl, rd }: z.infer<typeof RefundingItem>): Refunding | undefined =>
  rf &&
  Refunding.parse({
    refunds: Object.fromEntries(Object.entries(rf).map(([key, item]) => [`rfd_${key}`, parseRefund(key, item)])),
    money: parseMoneyLeft(ra ?? {}),
    lines: rl,
    refunded: rd,
  });
