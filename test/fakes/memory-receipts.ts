import type { InvoiceNumber } from '../../shared/domain/invoice/number.ts';
import type { ReceiptBook, ReceiptItem, ReceiptPages } from '../../shared/domain/receipt/book.ts';
import {
  type KeptReceipt,
  placeOf,
  type Receipt,
  type ReceiptId,
  type ReceiptRun,
} from '../../shared/domain/receipt/receipt.ts';

const runOf = ({ taxCode, symbol }: ReceiptRun): string => `${taxCode} ${symbol}`;

/** Receipts in memory, under the conditions of the store. */
export class MemoryReceipts implements ReceiptBook {
  readonly kept = new Map<ReceiptId, KeptReceipt>();
  readonly runs = new Map<string, ReceiptId[]>();

  async ofInvoice(number: InvoiceNumber): Promise<KeptReceipt[]> {
    return [...this.kept.values()]
      .filter(({ receiptId }) => placeOf(receiptId).invoice === number)
      .sort((one, other) => (one.receiptId < other.receiptId ? -1 : 1))
      .map((one) => structuredClone(one));
  }

  async ofInvoices(numbers: readonly InvoiceNumber[]): Promise<ReadonlyMap<InvoiceNumber, KeptReceipt[]>> {
    return new Map(await Promise.all(numbers.map(async (number) => [number, await this.ofInvoice(number)] as const)));
  }

  async find(id: ReceiptId): Promise<KeptReceipt | undefined> {
    return structuredClone(this.kept.get(id));
  }

  async lastNumber(run: ReceiptRun): Promise<number> {
    return this.runs.get(runOf(run))?.length ?? 0;
  }

  async add(run: ReceiptRun, receipts: readonly Receipt[]): Promise<'added' | 'lost'> {
    const given = this.runs.get(runOf(run)) ?? [];
    const fits = receipts.every(({ receiptId, number, replaces }, index) => {
      const replaced = replaces && this.kept.get(replaces.receiptId);
      return (
        number === given.length + index + 1 &&
        !this.kept.has(receiptId) &&
        (!replaces || (replaced !== undefined && replaced.replacedBy === undefined))
      );
    });
    if (!fits) return 'lost';
    for (const receipt of receipts) {
      const { replaces } = receipt;
      if (replaces) this.#change(replaces.receiptId, { replacedBy: receipt.receiptId });
      this.kept.set(receipt.receiptId, structuredClone(receipt));
    }
    this.runs.set(runOf(run), [...given, ...receipts.map(({ receiptId }) => receiptId)]);
    return 'added';
  }

  async keepSigned(id: ReceiptId, xml: string): Promise<void> {
    if (this.kept.get(id)?.xml === undefined) this.#change(id, { xml });
  }

  /** All that stands here, on one page. */
  pages(): ReceiptPages {
    const items = (): { key: string; item: ReceiptItem }[] => [
      ...[...this.kept].map(([key, receipt]) => ({ key, item: { kind: 'receipt' as const, receipt } })),
      ...[...this.runs].flatMap(([name, ids]) => {
        const [taxCode = '', symbol = ''] = name.split(' ');
        return ids.map((receiptId, place) => ({
          key: `${name} ${place + 1}`,
          item: { kind: 'number' as const, run: { taxCode, symbol }, number: place + 1, receiptId },
        }));
      }),
    ];
    return { page: async () => ({ items: structuredClone(items()), after: undefined }) };
  }

  async inRun(run: ReceiptRun, after: number, limit: number): Promise<KeptReceipt[]> {
    const ids = (this.runs.get(runOf(run)) ?? []).slice(after, after + limit);
    return (await Promise.all(ids.map((id) => this.find(id)))).filter((one) => one !== undefined);
  }

  #change(id: ReceiptId, change: Partial<KeptReceipt>): void {
    const there = this.kept.get(id);
    if (there) this.kept.set(id, { ...there, ...change });
  }
}
