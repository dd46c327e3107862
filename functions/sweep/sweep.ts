import type { Log } from '../../shared/runtime/log.ts';
import { daysToSweep, type ExpireDependencies, expireInvoices } from '../../shared/usecases/expire-invoices.ts';
import { type TakeUpRefundsDependencies, takeUpRefunds } from '../../shared/usecases/take-up-refunds.ts';
import { takeUpSilent } from '../../shared/usecases/take-up-silent.ts';

type SweepDependencies = ExpireDependencies &
  Omit<TakeUpRefundsDependencies, 'invoices'> &
  Parameters<typeof takeUpSilent>[1] & {
    /** Providers whose silent payments are asked about. */
    providerIds: readonly string[];
    log: Log;
  };

/** Has silent payments asked about and refunds seen to, writes down what has expired. Safe to run at any time and any number of times. */
export const sweep =
  ({ log, providerIds, ...dependencies }: SweepDependencies) =>
  async (): Promise<{
    expired: number;
    takenUp: number;
    refunds: { sent: number; overdue: number; closed: number };
  }> => {
    const { takenUp } = await takeUpSilent(providerIds, dependencies);
    let expired = 0;
    for (const day of daysToSweep(dependencies.now())) expired += (await expireInvoices(day, dependencies)).expired;
    const refunds = await takeUpRefunds(dependencies);
    log.info('swept', { expired, takenUp, refunds });
    return { expired, takenUp, refunds };
  };
