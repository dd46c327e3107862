import type { ActSubject } from '../audit/audit.ts';
import type { MerchantAccount, TerminalAccount } from './registry.ts';

/** What a row of the registry's table is; rows that say nothing of who takes part are `other`. */
export type RegistryRow =
  /** What operators, agencies and clients registered, under the name by which the logbook knows it. */
  | { kind: 'record'; subject: ActSubject; record: unknown }
  /** A merchant account as it is found by who is paid, for the named purse. */
  | { kind: 'payee'; purse: string; account: MerchantAccount }
  /** The same by its terminal; former, as it was, where it has moved away. */
  | { kind: 'terminal'; account: TerminalAccount }
  | { kind: 'other' };

/** `row` is absent where no version of this service wrote it so, or it lies under a key that is not its own. */
export type LyingRow = { key: string; row: RegistryRow | undefined };

/** Port: the registry as it lies in its table, for proving it. */
export interface RegistryPages {
  /** One page, in no order. */
  page(after: string | undefined): Promise<{ rows: LyingRow[]; after: string | undefined }>;
  /** The row under a key that a page named, as it is now. */
  at(key: string): Promise<LyingRow | undefined>;
}
