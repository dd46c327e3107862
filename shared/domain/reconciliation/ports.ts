import type { Day } from '../time.ts';
import type { Exception, ExceptionPlace } from './exception.ts';

/** Port: an agency's differences of one partner's day. */
export interface ExceptionsOfDay {
  ofDay(query: { agencyCode: string; day: Day }): AsyncIterable<Exception>;
}

/** A work item as it lies there; `exception` is absent where no version of this service wrote it so, or not there. */
export type LyingWork = { key: string; exception: Exception | undefined };

/** Port: the work list as it lies in its table, for proving it. Strongly consistent. */
export interface WorkPages {
  /** An agency's, page by page. */
  page(query: {
    agencyCode: string;
    after?: string | undefined;
  }): Promise<{ items: LyingWork[]; after: string | undefined }>;
  /** What lies at some places, {@link MAX_WORK_AT_ONCE} at most, in the order asked; `undefined` where nothing does. */
  at(places: readonly ExceptionPlace[]): Promise<(LyingWork | undefined)[]>;
}

export const MAX_WORK_AT_ONCE = 100;
