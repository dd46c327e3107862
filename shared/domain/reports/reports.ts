import * as z from 'zod';
import { lazy } from '../lazy.ts';
import { dailyReconciliation } from './daily-reconciliation.ts';
import { exceptionsWithAge } from './exceptions.ts';
import { fileDeliveries } from './file-deliveries.ts';
import { fileLog } from './file-log.ts';
import { index766 } from './index-766.ts';
import { duplicatesAndSurplus } from './odd-money.ts';
import { paymentRegister } from './payment-register.ts';
import { provincial } from './provincial.ts';
import { refundsGiven } from './refunds.ts';
import { remittanceByPlace } from './remittance.ts';
import type { Report } from './report.ts';
import { serviceFeed } from './service-feed.ts';
import { settlementBridge } from './settlement-bridge.ts';
import { unsettledBalance } from './unsettled.ts';
import { userActions } from './user-actions.ts';

/** Every report there is. A new one is a file and its line here. */
export const reports: readonly Report[] = [
  dailyReconciliation,
  settlementBridge,
  paymentRegister,
  exceptionsWithAge,
  duplicatesAndSurplus,
  refundsGiven,
  remittanceByPlace,
  unsettledBalance,
  index766,
  provincial,
  serviceFeed,
  fileLog,
  fileDeliveries,
  userActions,
];

export const ReportId = lazy(() => z.enum(reports.map(({ id }) => id)));

export const reportOf = (id: string): Report | undefined => reports.find((report) => report.id === id);
