import type { InvoiceNumber } from '../../shared/domain/invoice/number.ts';
import type { ReceiptBook, ReceiptItem, ReceiptPages } from '../../shared/domain/receipt/book.ts';
import { type Correction, type CorrectionsSeen, correctionsSeen } from '../../shared/domain/receipt/correction.ts';
import { type KeptReceipt, placeOf, type ReceiptId, type ReceiptRun } from '../../shared/domain/receipt/receipt.ts';

function isAsSeen(receipt: KeptReceipt, { count, last }: CorrectionsSeen): boolean {
  const now = correctionsSeen(receipt);
  return now.count === count && now.last === last;
}

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

  async add(...[run, receipts, seen]: Parameters<ReceiptBook['add']>): Promise<'added' | 'lost'> {
    const given = this.runs.get(runOf(run)) ?? [];
    const fits = receipts.every(({ receiptId, number, replaces }, index) => {
      const replaced = replaces && this.kept.get(replaces.receiptId);
      return (
        number === given.length + index + 1 &&
        !this.kept.has(receiptId) &&
        (!replaces ||
          (replaced !== undefined &&
            replaced.replacedBy === undefined &&
            isAsSeen(replaced, seen?.get(replaces.receiptId) ?? { count: 0 })))
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

  async proposeCorrection(...[id, correction, seen]: Parameters<ReceiptBook['proposeCorrection']>): Promise<boolean> {
    const there = this.kept.get(id);
    if (!there || there.xml === undefined || there.replacedBy || !isAsSeen(there, seen)) return false;
    this.#change(id, { corrections: [...(there.corrections ?? []), structuredClone(correction)] });
    return true;
  }

  async decideCorrection(...[id, place, decision]: Parameters<ReceiptBook['decideCorrection']>): Promise<boolean> {
    const there = this.kept.get(id);
    const correction = there?.corrections?.[place - 1];
    if (!correction || there.replacedBy || correction.state !== 'proposed') return false;
    const { to, ...decided } = decision;
    if (to === 'approved' && correction.by === decided.decidedBy) return false;
    this.#correct(id, place, { ...decided, state: to });
    return true;
  }

  async keepNotice(id: ReceiptId, place: number, notice: string): Promise<void> {
    const correction = this.kept.get(id)?.corrections?.[place - 1];
    if (correction?.state === 'approved' && correction.notice === undefined) this.#correct(id, place, { notice });
  }

  #correct(id: ReceiptId, place: number, change: Partial<Correction>): void {
    const corrections = this.kept.get(id)?.corrections ?? [];
    this.#change(id, { corrections: corrections.map((one, at) => (at === place - 1 ? { ...one, ...change } : one)) });
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
