import type { Day } from '../time.ts';
import type { Exception } from './exception.ts';

/** Port: an agency's differences of one partner's day. */
export interface ExceptionsOfDay {
  ofDay(query: { agencyCode: string; day: Day }): AsyncIterable<Exception>;
}
