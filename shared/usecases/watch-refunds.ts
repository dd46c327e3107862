import type { BookItem } from '../domain/invoice/book.ts';
import type { RefundList, RefundQueue } from '../domain/refund/open-refunds.ts';

export type WatchRefundsDependencies = { refunds: RefundQueue; list: Pick<RefundList, 'note'> };

/**
 * Has every refund that a committed change asked for listed, and every one that it approved sent. Made from the stream, so
 * that no crash after the write can lose it; published twice, it is listed once and sent under one reference.
 */
export async function watchRefunds(
  { before, after }: { before: BookItem | undefined; after: BookItem },
  { refunds, list }: WatchRefundsDependencies,
): Promise<void> {
  if (after.kind !== 'invoice' || !after.invoice.refunding) return;
  const old = before?.kind === 'invoice' ? before.invoice.refunding?.refunds : undefined;
  const { agencyCode, refunding } = after.invoice;
  const changed = Object.values(refunding.refunds).filter(({ refundId, state }) => old?.[refundId]?.state !== state);
  await Promise.all(
    changed
      .filter(({ state }) => state === 'requested')
      .map(({ refundId, requestedAt }) => list.note({ refundId, agencyCode, requestedAt })),
  );
  const approved = changed.filter(({ state }) => state === 'approved');
  if (approved.length > 0)
    await refunds.sendLater(
      approved.map(({ refundId }) => ({ message: { v: 1 as const, refundId }, delaySeconds: 0 })),
    );
}
