import type { Log } from '../../shared/runtime/log.ts';
import { daysToSweep, type ExpireDependencies, expireInvoices } from '../../shared/usecases/expire-invoices.ts';

/** Writes down what has expired. Safe to run at any time and any number of times. */
export const sweep =
  ({ log, ...dependencies }: ExpireDependencies & { log: Log }) =>
  async (): Promise<{ expired: number }> => {
    let expired = 0;
    for (const day of daysToSweep(dependencies.now())) expired += (await expireInvoices(day, dependencies)).expired;
    log.info('swept', { expired });
    return { expired };
  };
