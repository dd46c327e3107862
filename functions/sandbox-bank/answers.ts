import * as z from 'zod';
import { lazy } from '../../shared/domain/lazy.ts';
import { Terminal } from '../../shared/domain/registry/registry.ts';
import type { SandboxBooks, SandboxTransaction } from '../../shared/store/sandbox-books.ts';
import type { Signer } from './signer.ts';

/** Questions and refunds: sections 6 and 7 of docs/guides/sandbox-bank-protocol.md. */

const Reference = lazy(() => z.string().regex(/^[A-Za-z0-9_-]{1,64}$/));

export const Asked = lazy(() => z.strictObject({ terminal: Terminal, orderRef: Reference, questionId: Reference }));
export const RefundOrdered = lazy(() =>
  z.strictObject({
    terminal: Terminal,
    orderRef: Reference,
    txnId: Reference,
    refundReference: Reference,
    amount: z.int().min(1),
  }),
);

type Dependencies = { books: SandboxBooks; signer: Signer; now: () => number };

/** What kind of words they are stands in what is signed, so that none can be passed off as another or as a callback. */
type Kind = 'answer' | 'refund';

/** What the bank says, signed as a callback is: over the timestamp, a dot, the kind, a dot, and the text of the answer. */
export type SignedAnswer = { timestamp: string; answer: string; signature: string };

function signed(kind: Kind, answer: object, { signer, now }: Dependencies): SignedAnswer {
  const text = JSON.stringify(answer);
  const headers = signer.headers(`${kind}.${text}`, now());
  return { timestamp: headers['x-timestamp'], answer: text, signature: headers['x-signature'] };
}

/** What became of an order: its first success, else a decline, else nothing that the bank has heard of. */
export async function answerQuestion(
  { terminal, orderRef, questionId }: z.infer<typeof Asked>,
  dependencies: Dependencies,
): Promise<SignedAnswer> {
  const transactions = await dependencies.books.ofOrder(terminal, orderRef);
  const rank = ({ result, paidAt, txnId }: SandboxTransaction) => `${result === 'OK' ? 0 : 1} ${paidAt} ${txnId}`;
  const [first] = transactions.toSorted((one, other) => (rank(one) < rank(other) ? -1 : 1));
  return signed('answer', { terminal, orderRef, questionId, ...(first ?? { result: 'NONE' }) }, dependencies);
}

/** Gives money back that was never there. */
export async function carryOutRefund(
  ordered: z.infer<typeof RefundOrdered>,
  dependencies: Dependencies,
): Promise<SignedAnswer> {
  const done = await dependencies.books.refund(ordered);
  const result = done ? { result: 'REFUNDED', refundId: `SBR${ordered.refundReference}` } : { result: 'REFUSED' };
  return signed('refund', { ...ordered, ...result }, dependencies);
}
