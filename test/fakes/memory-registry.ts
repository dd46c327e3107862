import type { WebhookEndpoint, WebhookOwner } from '../../shared/domain/notification/webhook.ts';
import type { ProviderStatus } from '../../shared/domain/payment/availability.ts';
import type { ProviderId } from '../../shared/domain/payment/provider.ts';
import {
  type Changed,
  type Fits,
  MAX_CHANGES_SHOWN,
  type RegistryWriter,
  type Settled,
} from '../../shared/domain/registry/book.ts';
import { type ChangeOrigin, recognise, remember } from '../../shared/domain/registry/origin.ts';
import {
  type Agency,
  type Client,
  isSameBankAccount,
  type MerchantAccount,
  pursesOf,
  type TerminalAccount,
} from '../../shared/domain/registry/registry.ts';

type Stored<T> = { record: T; origins: ChangeOrigin[] };

const SEEDED: ChangeOrigin[] = [{ keyHash: 'seeded', bodyHash: 'seeded' }];

/** Who takes part, in memory. */
export class MemoryRegistry implements RegistryWriter {
  readonly #agencies = new Map<string, Stored<Agency>>();
  readonly #clients = new Map<string, Stored<Client>>();
  readonly #accounts = new Map<string, Stored<MerchantAccount>>();
  readonly #endpoints = new Map<string, Stored<WebhookEndpoint>>();
  readonly #statuses = new Map<string, Stored<ProviderStatus>>();
  readonly #changes: ProviderStatus[] = [];
  /** Accounts by terminal and id, those that have left the terminal too. */
  readonly #terminals = new Map<string, TerminalAccount>();
  /** Calls that read, by name. */
  readonly reads: string[] = [];

  constructor(
    seed: { agencies?: Agency[]; clients?: Client[]; accounts?: MerchantAccount[]; endpoints?: WebhookEndpoint[] } = {},
  ) {
    for (const record of seed.agencies ?? []) this.#agencies.set(record.code, { record, origins: SEEDED });
    for (const record of seed.clients ?? []) this.#clients.set(record.id, { record, origins: SEEDED });
    for (const record of seed.endpoints ?? []) this.#endpoints.set(record.owner, { record, origins: SEEDED });
    for (const record of seed.accounts ?? []) {
      this.#accounts.set(record.id, { record, origins: SEEDED });
      this.#terminals.set(placeOf(record), record);
    }
  }

  agency = async (code: string) => this.#read('agency', this.#agencies.get(code)?.record);
  client = async (id: string) => this.#read('client', this.#clients.get(id)?.record);
  merchantAccount = async (id: string) => this.#read('merchantAccount', this.#accounts.get(id)?.record);
  endpointOf = async (owner: WebhookOwner) => this.#read('endpointOf', this.#endpoints.get(owner)?.record);
  agencyCodes = async () => this.#read('agencyCodes', [...this.#agencies.keys()].sort());

  payeeAccount = async (providerId: ProviderId, agencyCode: string, beneficiary: string) =>
    this.#read('payeeAccount', this.#payee({ providerId, agencyCode, beneficiary }));

  accountsOf = async (providerId: ProviderId, agencyCode: string) =>
    this.#read(
      'accountsOf',
      [...this.#accounts.values()]
        .map(({ record }) => record)
        .filter((one) => one.providerId === providerId && one.agencyCode === agencyCode)
        .flatMap((one) => pursesOf(one).map(() => one)),
    );

  providerStatus = async (id: ProviderId) => this.#read('providerStatus', this.#statuses.get(id)?.record);
  providerChanges = async (id: ProviderId) =>
    this.#read(
      'providerChanges',
      this.#changes
        .filter(({ providerId }) => providerId === id)
        .reverse()
        .slice(0, MAX_CHANGES_SHOWN),
    );
  changeProviderStatus = async (id: ProviderId, decide: () => ProviderStatus, origin: ChangeOrigin) => {
    const changed = change(this.#statuses, id, decide, origin);
    if (changed.kind === 'changed') this.#changes.push(structuredClone(changed.record));
    return changed;
  };

  accountsAtTerminal = async (providerId: ProviderId, terminal: string) =>
    this.#read(
      'accountsAtTerminal',
      this.#atTerminals().filter((one) => one.providerId === providerId && one.terminal === terminal),
    );

  atProvider = async (providerId: ProviderId) =>
    this.#read(
      'atProvider',
      this.#atTerminals().filter((one) => one.providerId === providerId),
    );

  putAgency = async (agency: Agency, origin: ChangeOrigin, fits?: Fits) =>
    change(this.#agencies, agency.code, () => agency, origin, fits);
  putClient = async (client: Client, origin: ChangeOrigin, fits?: Fits) =>
    change(this.#clients, client.id, () => client, origin, fits);
  changeEndpoint = async (
    owner: WebhookOwner,
    decide: (before: WebhookEndpoint | undefined) => WebhookEndpoint,
    origin: ChangeOrigin,
  ) => change(this.#endpoints, owner, decide, origin);

  settledMerchantAccount = async (id: string, origin: ChangeOrigin) => settledBy(this.#accounts.get(id), origin);

  putMerchantAccount = async (
    account: MerchantAccount,
    origin: ChangeOrigin,
    fits?: Fits,
  ): Promise<Changed<MerchantAccount>> => {
    const settled = settledBy(this.#accounts.get(account.id), origin);
    if (settled) return settled;
    if (fits && !fits(this.#accounts.get(account.id)?.record)) return { kind: 'conflict' };
    const holders = pursesOf(account).map((beneficiary) => this.#payee({ ...account, beneficiary }));
    if (holders.some((holder) => holder && holder.id !== account.id)) return { kind: 'taken' };
    const old = this.#accounts.get(account.id)?.record;
    const there = old && this.#terminals.get(placeOf(account));
    if (there && !isSameBankAccount(there, account))
      this.#terminals.set(`${placeOf(account)}#${this.#terminals.size}`, { ...there, former: true });
    if (old) this.#terminals.set(placeOf(old), { ...old, former: true });
    this.#terminals.set(placeOf(account), account);
    return change(this.#accounts, account.id, () => account, origin);
  };

  #payee({ providerId, agencyCode, beneficiary }: Pick<MerchantAccount, 'providerId' | 'agencyCode' | 'beneficiary'>) {
    return [...this.#accounts.values()]
      .map(({ record }) => record)
      .find(
        (one) => one.providerId === providerId && one.agencyCode === agencyCode && pursesOf(one).includes(beneficiary),
      );
  }

  #atTerminals(): TerminalAccount[] {
    return [...this.#terminals].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, account]) => account);
  }

  #read<T>(name: string, value: T): T {
    this.reads.push(name);
    return structuredClone(value);
  }
}

const placeOf = ({ providerId, terminal, id }: MerchantAccount): string => `${providerId} ${terminal}#${id}`;

function settledBy<T>(there: Stored<T> | undefined, origin: ChangeOrigin): Settled<T> | undefined {
  const call = recognise(there?.origins ?? [], origin);
  if (!there || call === 'new') return undefined;
  if (call === 'reused') return { kind: 'keyReused' };
  return { kind: 'repeated', record: structuredClone(there.record), latest: call === 'latest' };
}

function change<T>(
  records: Map<string, Stored<T>>,
  key: string,
  decide: (before: T | undefined) => T,
  origin: ChangeOrigin,
  fits?: Fits,
): Changed<T> {
  const before = records.get(key);
  const settled = settledBy(before, origin);
  if (settled) return settled;
  if (fits && !fits(before?.record)) return { kind: 'conflict' };
  const record = structuredClone(decide(structuredClone(before?.record)));
  records.set(key, { record, origins: remember(before?.origins ?? [], origin) });
  return { kind: 'changed', record: structuredClone(record) };
}
