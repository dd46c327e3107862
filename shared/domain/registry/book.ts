import type { WebhookEndpoint, WebhookOwner } from '../notification/webhook.ts';
import type { ProviderStatus } from '../payment/availability.ts';
import type { ProviderId } from '../payment/provider.ts';
import type { ChangeOrigin } from './origin.ts';
import type { Agency, Client, MerchantAccount, TerminalAccount } from './registry.ts';

/** Port: reading who takes part. */
export interface RegistryReader {
  agency(code: string): Promise<Agency | undefined>;
  /** Codes of all agencies, in order. */
  agencyCodes(): Promise<string[]>;
  client(id: string): Promise<Client | undefined>;
  merchantAccount(id: string): Promise<MerchantAccount | undefined>;
  /** The account into which an agency's beneficiary is paid at a provider. */
  payeeAccount(providerId: ProviderId, agencyCode: string, beneficiary: string): Promise<MerchantAccount | undefined>;
  /** An agency's accounts at a provider, once for each purse. */
  accountsOf(providerId: ProviderId, agencyCode: string): Promise<MerchantAccount[]>;
  /**
   * All accounts that use a terminal, or once did: several agencies may share one, and citizens who are at the bank when
   * an account moves still pay at its old one. An account that was paid out to other bank accounts there appears once for
   * each of them.
   */
  accountsAtTerminal(providerId: ProviderId, terminal: string): Promise<TerminalAccount[]>;
  /** The same of all terminals of a provider. An account that has moved appears for each of its terminals. */
  atProvider(providerId: ProviderId): Promise<TerminalAccount[]>;
  endpointOf(owner: WebhookOwner): Promise<WebhookEndpoint | undefined>;
}

/** What became of a call that was there before: the record as it is now, and whether that call was its last change. */
export type Settled<T> = { kind: 'repeated'; record: T; latest: boolean } | { kind: 'keyReused' };

export type Changed<T> =
  | Settled<T>
  | { kind: 'changed'; record: T }
  /** Somebody else changed it between our read and our write. */
  | { kind: 'conflict' }
  /** Provider, agency and beneficiary belong to another account. */
  | { kind: 'taken' };

/** Most changes of a provider's status that are read at once. */
export const MAX_CHANGES_SHOWN = 50;

/** Whether the record that stands there may be changed so; a change that may not is a `conflict`. Pure. */
export type Fits = (before: unknown) => boolean;

/**
 * Port: changing who takes part. Rare calls, each one conditional write or one transaction. A call that comes again
 * changes nothing, as long as no more than `KEPT_ORIGINS` others have changed the record since.
 */
export interface RegistryWriter extends RegistryReader {
  putAgency(agency: Agency, origin: ChangeOrigin, fits?: Fits): Promise<Changed<Agency>>;
  putClient(client: Client, origin: ChangeOrigin, fits?: Fits): Promise<Changed<Client>>;
  /**
   * Its purse moves with it. The terminal that it leaves keeps the account as it was, for good; so does one where it is paid
   * out to another bank account from now on.
   */
  putMerchantAccount(account: MerchantAccount, origin: ChangeOrigin, fits?: Fits): Promise<Changed<MerchantAccount>>;
  /** What became of a call to change an account, if it came before. Changes nothing. */
  settledMerchantAccount(id: string, origin: ChangeOrigin): Promise<Settled<MerchantAccount> | undefined>;
  providerStatus(id: ProviderId): Promise<ProviderStatus | undefined>;
  /** What was said of a provider, newest first, at most {@link MAX_CHANGES_SHOWN}. It is kept for good. */
  providerChanges(id: ProviderId): Promise<ProviderStatus[]>;
  /** Writes what is said now and keeps it among the changes, both or neither. `decide` is pure. */
  changeProviderStatus(
    id: ProviderId,
    decide: () => ProviderStatus,
    origin: ChangeOrigin,
  ): Promise<Changed<ProviderStatus>>;
  /** Decides from what is there, and writes only if that is still so. `decide` is pure. */
  changeEndpoint(
    owner: WebhookOwner,
    decide: (before: WebhookEndpoint | undefined) => WebhookEndpoint,
    origin: ChangeOrigin,
  ): Promise<Changed<WebhookEndpoint>>;
}
