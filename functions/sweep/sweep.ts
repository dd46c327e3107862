import type { Log } from '../../shared/runtime/log.ts';
import { daysToSweep, type ExpireDependencies, expireInvoices } from '../../shared/usecases/expire-invoices.ts';
import { takeUpSilent } from '../../shared/usecases/take-up-silent.ts';

type SweepDependencies = ExpireDependencies &
  Parameters<typeof takeUpSilent>[1] & {
    /** Providers whose silent payments are asked about. */
    providerIds: readonly string[];
    log: Log;
  };

/** Has silent payments asked about, writes down what has expired. Safe to run at any time and any number of times. */
export const sweep =
  ({ log, providerIds, ...dependencies }: SweepDependencies) =>
  async (): Promise<{ expired: number; takenUp: number }> => {
    const { takenUp } = await takeUpSilent(providerIds, dependencies);
    let expired = 0;
    for (const day of daysToSweep(dependencies.now())) expired += (await expireInvoices(day, dependencies)).expired;
    log.info('swept', { expired, takenUp });
    return { expired, takenUp };
  };
