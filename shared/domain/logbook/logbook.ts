import type { Act, LogPage } from '../audit/audit.ts';
import type { ProviderId } from '../payment/provider.ts';
import type { CallbackRecord, ReadRecord } from './record.ts';

/** Port: keeps records, each once however often it is delivered. */
export interface LogKeeper {
  keepRead(record: ReadRecord): Promise<void>;
  /** `id` names the entry. */
  keepAct(act: Act, id: string): Promise<void>;
  /** Records of one provider that lie within {@link CALLBACK_SPAN_MILLISECONDS}, in the order of their instants. */
  keepCallbacks(records: readonly CallbackRecord[]): Promise<void>;
}

/** Callbacks that came together are kept together: so long a time, and so many of them. */
export const CALLBACK_SPAN_MILLISECONDS = 60_000;
export const MAX_KEPT_TOGETHER = 100;

/** Callbacks that were kept together, and where they lie. */
export type Bundle = { place: string; records: CallbackRecord[] };

/** Port: what a provider sent and was answered: bundles that may have something of a time, in the order of their places. */
export interface CallbackLog {
  bundles(providerId: ProviderId, page: LogPage): Promise<{ bundles: Bundle[]; next: string | undefined }>;
}
