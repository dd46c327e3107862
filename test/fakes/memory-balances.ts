import type { BalanceBook, DayBalance } from '../../shared/domain/ledger/balances.ts';
import type { Day } from '../../shared/domain/time.ts';

/** The projection in memory. */
export class MemoryBalances implements BalanceBook {
  readonly days = new Map<string, DayBalance>();
  head: Day | undefined;

  async find(agencyCode: string, day: Day): Promise<DayBalance | undefined> {
    return structuredClone(this.days.get(`${agencyCode} ${day}`));
  }

  async put(balance: DayBalance): Promise<void> {
    this.days.set(`${balance.agencyCode} ${balance.day}`, structuredClone(balance));
  }

  async projectedTo(): Promise<Day | undefined> {
    return this.head;
  }

  async markProjected(day: Day): Promise<void> {
    this.head = day;
  }
}
