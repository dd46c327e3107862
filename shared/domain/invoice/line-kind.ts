import * as z from 'zod';
import { lazy } from '../lazy.ts';

/**
 * What a line is by law: a fee for a service (phí), a fee on an act of the state (lệ phí), tax, social and health
 * insurance, court fees, a fine, or something else. Each is accounted for apart (Law 97/2015/QH13, article 14).
 */
export const LineKind = lazy(() => z.enum(['phi', 'le_phi', 'thue', 'bhxh', 'bhyt', 'an_phi', 'phat', 'khac']));
export type LineKind = z.infer<typeof LineKind>;

/** The slips of Decree 347/2025/NĐ-CP with which money goes into the budget. */
export const SlipForm = lazy(() => z.enum(['C1-02/NS', 'C1-03/NS']));
export type SlipForm = z.infer<typeof SlipForm>;

/**
 * The slip that a kind is paid with: C1-03/NS is for phí, lệ phí and fines, and with them court fees, which are fees and
 * charges by Law 97/2015; C1-02/NS for what else goes to the budget. Insurance goes to the insurer, on no slip.
 */
export const slipFormOf: Readonly<Record<LineKind, SlipForm | undefined>> = {
  phi: 'C1-03/NS',
  le_phi: 'C1-03/NS',
  an_phi: 'C1-03/NS',
  phat: 'C1-03/NS',
  thue: 'C1-02/NS',
  khac: 'C1-02/NS',
  bhxh: undefined,
  bhyt: undefined,
};

/** Only a phí may be kept in part by its collector; all else goes to the budget or the insurer whole (Law 97/2015, article 12). */
export const mayBeRetained = (kind: LineKind): boolean => kind === 'phi';
