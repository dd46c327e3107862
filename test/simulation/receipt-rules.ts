import type { Invoice } from '../../shared/domain/invoice/invoice.ts';
import type { Item } from './expression.ts';
import { takingBack } from './movement-rules.ts';
import { must } from './process.ts';
import type { Commit } from './table.ts';

/** What the simulation reads of a receipt and of a number, as they are stored. */
type StoredReceipt = {
  p: string;
  r: { receiptId: string; kind: string; number: number; total: number; payment: { movementId: string } };
  x?: string;
  rb?: string;
};

const RUN = 'run#';

/**
 * What must hold of receipts, written down a second time: each number is given once and none is left out, what is issued
 * stays, and in the end every dong that is collected stands on one receipt, and none that went back.
 */
export class ReceiptRules {
  readonly #last = new Map<string, number>();
  /** What was ever collected of a kind of line: by invoice and kind. */
  readonly #collected = new Map<string, Set<number>>();

  /** Hears of an invoice as it was written. */
  knows(invoice: Invoice): void {
    for (const { kind } of invoice.lines) {
      const key = `invoice#${invoice.number} ${kind}`;
      this.#collected.set(key, (this.#collected.get(key) ?? new Set()).add(collectedOf(invoice, kind)));
    }
  }

  /** Looks at one write of the receipts' table. */
  look({ key, before, after }: Commit): void {
    must(after !== undefined, `${key} was deleted`);
    const partition = String(after['p']);
    if (partition.startsWith(RUN)) {
      const [number, last] = [Number(after['s']), this.#last.get(partition) ?? 0];
      must(before === undefined, `number ${number} was given twice`);
      must(number === last + 1, `number ${number} comes after ${last}`);
      this.#last.set(partition, number);
      return;
    }
    if (before === undefined) {
      const { p, r } = after as unknown as StoredReceipt;
      const collected = this.#collected.get(`${p} ${r.kind}`)?.has(r.total) === true;
      must(collected, `${r.receiptId} says ${r.total} dong, which were never collected`);
      return;
    }
    const [old, now] = [before, after] as unknown as StoredReceipt[] as [StoredReceipt, StoredReceipt];
    must(JSON.stringify(old.r) === JSON.stringify(now.r), `${old.r.receiptId} was changed`);
    must(old.x === undefined || old.x === now.x, `${old.r.receiptId} was signed twice`);
    must(old.rb === undefined || old.rb === now.rb, `${old.r.receiptId} was replaced twice`);
  }

  /** When nothing is under way any more. */
  mustBeSettled(items: Iterable<Item>, invoices: readonly Invoice[]): void {
    const all = [...items];
    const receipts = all.filter((item) => item['r'] !== undefined) as unknown as StoredReceipt[];
    for (const number of all.filter((item) => String(item['p']).startsWith(RUN)))
      must(
        receipts.some(({ r }) => r.receiptId === number['i'] && r.number === Number(number['s'])),
        `number ${number['s']} stands for no receipt`,
      );
    must(
      receipts.every(({ x }) => x !== undefined),
      'a receipt was never signed',
    );
    must(new Set(receipts.map(({ r }) => r.number)).size === receipts.length, 'two receipts bear one number');
    for (const invoice of invoices) {
      const standing = receipts.filter(({ p, rb }) => p === `invoice#${invoice.number}` && rb === undefined);
      for (const kind of new Set(invoice.lines.map((line) => line.kind))) {
        const its = standing.filter(({ r }) => r.kind === kind && r.total > 0);
        const collected = collectedOf(invoice, kind);
        must(its.length <= 1, `${kind} of ${invoice.number} stands on ${its.length} receipts`);
        const told = its[0]?.r.total ?? 0;
        must(
          told === collected,
          `${invoice.number} collected ${collected} dong of ${kind}, and a receipt says ${told}`,
        );
      }
    }
  }
}

/** What the agency still has of the lines of a kind. */
function collectedOf({ lines, movements, refunding }: Invoice, kind: string): number {
  const stands = Object.values(movements).some(
    (one) => one.kind === 'payment' && !movements[takingBack(one.movementId)],
  );
  if (!stands) return 0;
  const back = Object.values(refunding?.refunds ?? {})
    .filter(({ state }) => state === 'done')
    .flatMap((refund) => refund.lines);
  return lines.reduce((sum, line, index) => {
    if (line.kind !== kind) return sum;
    const gone = back.reduce((all, one) => (one.line === index + 1 ? all + one.amount : all), 0);
    return sum + line.amount - gone;
  }, 0);
}
