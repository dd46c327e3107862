import * as z from 'zod';
import { lazy } from '../lazy.ts';

/** Words that tariffs and reliefs share. */

/** Code of a fee item: its procedure's code and two digits. It stands in every invoice line and never changes meaning. */
export const FeeItemId = lazy(() => z.string().regex(/^[0-9]\.[0-9]{6}-[0-9]{2}$/));
export type FeeItemId = z.infer<typeof FeeItemId>;

/**
 * What is collected. Phí is the price of a service, lệ phí a fixed amount on an act of the state (Law 97/2015/QH13, Art. 3);
 * án phí are court fees and their advances, thuế taxes and land obligations, phạt fines.
 */
export const FeeKind = lazy(() => z.enum(['phi', 'le_phi', 'thue', 'bhxh', 'bhyt', 'an_phi', 'phat', 'khac']));
export type FeeKind = z.infer<typeof FeeKind>;

/** Which ways of handing in a row is for. `offline` is every way but online. */
export const TariffChannel = lazy(() => z.enum(['any', 'online', 'offline', 'counter', 'post']));
export type TariffChannel = z.infer<typeof TariffChannel>;
