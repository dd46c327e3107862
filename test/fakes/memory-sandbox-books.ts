import type { SandboxBooks, SandboxRefund, SandboxTransaction } from '../../shared/store/sandbox-books.ts';

/** The sandbox bank's books in memory. */
export class MemorySandboxBooks implements SandboxBooks {
  readonly #transactions: SandboxTransaction[] = [];
  readonly #refunds = new Map<string, SandboxRefund>();

  async enter(transaction: SandboxTransaction): Promise<void> {
    this.#transactions.push({ ...transaction });
  }

  async ofOrder(terminal: string, orderRef: string): Promise<SandboxTransaction[]> {
    return this.#transactions.filter((one) => one.terminal === terminal && one.orderRef === orderRef);
  }

  async refund(refund: SandboxRefund): Promise<boolean> {
    const { terminal, orderRef, txnId, refundReference, amount } = refund;
    const paid = (await this.ofOrder(terminal, orderRef)).find((one) => one.txnId === txnId && one.result === 'OK');
    const key = `${txnId} ${refundReference}`;
    const before = this.#refunds.get(key);
    if (!paid || before) return before?.amount === amount;
    const sum = [...this.#refunds.values()]
      .filter((one) => one.txnId === txnId)
      .reduce((total, one) => total + one.amount, 0);
    if (sum + amount > paid.amount) return false;
    this.#refunds.set(key, refund);
    return true;
  }
}
