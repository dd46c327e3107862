import { onFirstCall } from '../domain/on-first-call.ts';
import { DeliveriesData } from '../domain/reconciliation/deliveries.ts';
import deliveriesFile from './deliveries.json' with { type: 'json' };

/** Which files partners deliver by when; the file names its sources and how sure each rule is. */
export const deliveries = onFirstCall(() => DeliveriesData.parse(deliveriesFile));
