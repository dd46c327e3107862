import type { PaymentProvider, ProviderId } from '../domain/payment/provider.ts';
import { keyReused, Refusal } from '../domain/refusal.ts';
import type { Changed, Fits, RegistryWriter } from '../domain/registry/book.ts';
import type { Caller } from '../domain/registry/caller.ts';
import type { ChangeOrigin } from '../domain/registry/origin.ts';
import {
  type Agency,
  type Client,
  isSameBankAccount,
  type MerchantAccount,
  pursesOf,
  terminalSecretName,
} from '../domain/registry/registry.ts';
import { MAX_OVERLAP_MILLISECONDS, writeRotated } from '../domain/registry/terminal-secret.ts';
import { type Instant, vietnamDay } from '../domain/time.ts';
import { bodyHash, keyedText } from './hashing.ts';

/**
 * Port: the secret store as whoever only stores in it sees it. `call` names the call behind a value: the same call with the
 * same value again changes nothing, even where another value has come since.
 */
export interface SecretWriter {
  exists(name: string): Promise<boolean>;
  /** Makes the secret; false if there is one already. */
  create(name: string, value: string, call: string): Promise<boolean>;
  /** Writes a new value, creating the secret if there is none. */
  write(name: string, value: string, call: string): Promise<void>;
}

export type RegisterDependencies = {
  registry: RegistryWriter;
  secrets: SecretWriter;
  providers: ReadonlyMap<ProviderId, Pick<PaymentProvider, 'acceptsSecret'>>;
  now: () => Instant;
};

/** The call behind a change. Hashed under the caller's own key, so that nothing can be told from what is kept. */
export function originOf(caller: Caller, idempotencyKey: string, path: string, body: unknown): ChangeOrigin {
  return {
    keyHash: keyedText(idempotencyKey, 'change', caller.clientId, path),
    bodyHash: bodyHash(idempotencyKey, body),
  };
}

/** The record after a change, or the refusal that stands for its outcome. */
export function changedRecord<T>(changed: Changed<T>): { record: T; replayed: boolean } {
  switch (changed.kind) {
    case 'changed':
    case 'repeated':
      return { record: changed.record, replayed: changed.kind === 'repeated' };
    case 'keyReused':
      throw keyReused();
    case 'conflict':
      throw new Refusal('version_conflict');
    case 'taken':
      throw new Refusal('account_taken');
  }
}

/**
 * An agency that is registered for receipts stays so, under whatever series and collector: what it issued stands over money
 * that may still go back, and only a receipt says so. Where its desk deposited what it took stays too, and is one of its
 * accounts at a bank. Refusals: unprocessable, idempotency_key_reused, receipts_registered, version_conflict (also where the
 * record does not fit).
 */
export async function registerAgency(
  agency: Agency,
  origin: ChangeOrigin,
  dependencies: RegisterDependencies,
  fits?: Fits,
) {
  const { registry } = dependencies;
  await checkDesk(agency, dependencies);
  const takesAway = (before: unknown): boolean => !agency.receipts && Boolean((before as Agency | undefined)?.receipts);
  const keeps: Fits = (before) => !takesAway(before) && keepsDesk(agency, before) && (fits?.(before) ?? true);
  const changed = await registry.putAgency(agency, origin, keeps);
  if (changed.kind === 'conflict') {
    const there = await registry.agency(agency.code);
    if (takesAway(there)) throw new Refusal('receipts_registered');
    if (!keepsDesk(agency, there)) throw unfit('/body/deskAccounts', 'those of before stay, in front of new ones');
  }
  return changedRecord(changed);
}

const keepsDesk = ({ deskAccounts = [] }: Agency, before: unknown): boolean => {
  const { deskAccounts: there = [] } = (before as Agency | undefined) ?? {};
  return JSON.stringify(there) === JSON.stringify(deskAccounts.slice(0, there.length));
};

/** Whether the account where a desk is to deposit is one of its agency's; those of before were. */
async function checkDesk(
  { code, deskAccounts = [] }: Agency,
  { registry, providers }: RegisterDependencies,
): Promise<void> {
  const { deskAccounts: there = [] } = (await registry.agency(code)) ?? {};
  const added = deskAccounts.slice(there.length);
  if (added.length === 0) return;
  const all = await Promise.all([...providers.keys()].map((providerId) => registry.accountsOf(providerId, code)));
  if (!added.every((one) => all.flat().some((known) => isSameBankAccount(known, one))))
    throw unfit('/body/deskAccounts', 'none of the agency’s merchant accounts is paid out to it');
}

/** Refusals: unprocessable, unknown_provider, unknown_agency, idempotency_key_reused, version_conflict. */
export async function registerClient(
  client: Client,
  origin: ChangeOrigin,
  { registry, providers }: RegisterDependencies,
  fits?: Fits,
) {
  checkWhatItIsFor(client, providers);
  if (client.agencies !== '*') for (const code of client.agencies) await requireKnownAgency(code, registry);
  return changedRecord(await registry.putClient(client, origin, fits));
}

const unfit = (pointer: string, message: string): Refusal =>
  new Refusal('unprocessable', undefined, [{ pointer, message }]);

/** A provider's program names its provider and no agency, every other one agencies and no provider. */
function checkWhatItIsFor({ kind, agencies, providerId }: Client, providers: RegisterDependencies['providers']): void {
  const isProviders = kind === 'provider';
  if (agencies === '*' ? isProviders : (agencies.length === 0) !== isProviders)
    throw unfit('/body/agencies', 'a provider acts for no agency, everybody else for one at least');
  if ((providerId !== undefined) !== isProviders) throw unfit('/body/providerId', 'for clients of kind provider alone');
  if (providerId !== undefined && !providers.has(providerId)) throw new Refusal('unknown_provider');
}

/** A terminal's secret as it comes with an account. Other accounts may use the terminal: then the caller must know it. */
export type GivenSecret = {
  secret?: string | undefined;
  replaceSharedSecret?: boolean | undefined;
  /** Until when the secret that is replaced still verifies, at most {@link MAX_OVERLAP_MILLISECONDS} from now. */
  previousUntil?: Instant | undefined;
};

/**
 * Says where an agency's money goes at a provider. No account names a terminal without a secret, and no refused or repeated
 * call touches the secret that a terminal lives by: where there is none yet it is made before the record, where there is
 * one it is replaced after. A crash between is mended when the call comes again.
 *
 * Refusals: unprocessable, idempotency_key_reused, unknown_provider, unknown_agency, account_taken, secret_malformed, secret_missing,
 * terminal_shared, version_conflict.
 */
export async function registerMerchantAccount(
  account: MerchantAccount,
  given: GivenSecret,
  origin: ChangeOrigin,
  dependencies: RegisterDependencies,
  fits?: Fits,
): Promise<{ record: MerchantAccount; replayed: boolean }> {
  const { registry, secrets } = dependencies;
  const name = terminalSecretName(account.providerId, account.terminal);
  const call = `${origin.keyHash}.${origin.bodyHash}`;

  let changed: Changed<MerchantAccount> | undefined = await registry.settledMerchantAccount(account.id, origin);
  if (!changed) {
    checkOverlap(given, dependencies.now());
    await checkAccount(account, dependencies);
    // Before a terminal's first secret is made: a change that does not fit leaves nothing.
    if (fits && !fits(await registry.merchantAccount(account.id))) throw new Refusal('version_conflict');
    await secureTerminal(account, given, call, dependencies);
    changed = await registry.putMerchantAccount(await datedAccount(account, dependencies), origin, fits);
  }
  const answer = changedRecord(changed);
  const isNewest = changed.kind === 'changed' || (changed.kind === 'repeated' && changed.latest);
  if (given.secret !== undefined && isNewest) await secrets.write(name, storedText(given.secret, given), call);
  return answer;
}

/**
 * An account with the day since when its bank account holds: where it is another than before and no later day is given, from
 * today on. What was collected before is in the book of the former one. What was said of it stays unless it is said anew.
 * Refusal: unprocessable.
 */
async function datedAccount(
  account: MerchantAccount,
  { registry, now }: RegisterDependencies,
): Promise<MerchantAccount> {
  const before = await registry.merchantAccount(account.id);
  const { accountSince = before?.accountSince, paidOnFrom = before?.paidOnFrom, ...rest } = account;
  const isOther = before !== undefined && !isSameBankAccount(before, account);
  const since = isOther && accountSince === before.accountSince ? vietnamDay(now()) : accountSince;
  const isSaid = since !== undefined && (isOther || since !== before?.accountSince);
  if (isSaid && (await othersOf(account, before, registry)).some(({ accountSince: there = '' }) => since < there))
    throw unfit('/body/accountSince', 'not before the day since when the account before it held');
  return {
    ...rest,
    ...(since !== undefined && { accountSince: since }),
    ...(paidOnFrom !== undefined && { paidOnFrom }),
  };
}

/** An account as it is and was where it is paid out to another bank account than it shall be. */
async function othersOf(
  account: MerchantAccount,
  before: MerchantAccount | undefined,
  registry: Pick<RegistryWriter, 'accountsAtTerminal'>,
): Promise<MerchantAccount[]> {
  const atTerminal = await registry.accountsAtTerminal(account.providerId, account.terminal);
  const own = atTerminal.filter(({ id }) => id === account.id);
  return [...own, ...(before ? [before] : [])].filter((one) => !isSameBankAccount(one, account));
}

async function checkAccount(account: MerchantAccount, { registry, providers }: RegisterDependencies): Promise<void> {
  if (!providers.has(account.providerId)) throw new Refusal('unknown_provider');
  await requireKnownAgency(account.agencyCode, registry);
  for (const purse of pursesOf(account)) {
    const holder = await registry.payeeAccount(account.providerId, account.agencyCode, purse);
    if (holder && holder.id !== account.id) throw new Refusal('account_taken');
  }
}

/** As it is stored. Whoever gives no overlap ends the one that there may be. */
const storedText = (secret: string, { previousUntil }: GivenSecret): string =>
  previousUntil === undefined ? secret : writeRotated(secret, previousUntil);

/** Refusal: unprocessable. */
function checkOverlap({ secret, previousUntil }: GivenSecret, at: Instant): void {
  if (previousUntil === undefined) return;
  const refuse = (message: string) => {
    throw unfit('/body/previousSecretUntil', message);
  };
  if (secret === undefined) refuse('only beside a new secret');
  if (previousUntil <= at || previousUntil > at + MAX_OVERLAP_MILLISECONDS) refuse('from now, at most 30 days on');
}

/** Afterwards the terminal has a secret, and the one given, if any, may replace it. */
async function secureTerminal(
  { id, providerId, terminal }: MerchantAccount,
  { secret, replaceSharedSecret = false, previousUntil }: GivenSecret,
  call: string,
  { registry, secrets, providers }: RegisterDependencies,
): Promise<void> {
  const name = terminalSecretName(providerId, terminal);
  if (secret === undefined) {
    if (!(await secrets.exists(name))) throw new Refusal('secret_missing');
    return;
  }
  if (!providers.get(providerId)?.acceptsSecret(secret))
    throw new Refusal('secret_malformed', undefined, [
      { pointer: '/body/secret', message: 'does not have the form of a secret of this provider' },
    ]);
  if ((await secrets.create(name, storedText(secret, { previousUntil }), call)) || replaceSharedSecret) return;
  // Former accounts count: citizens may still be paying under the secret that is there. A terminal of nobody counts too:
  // another call has just made its secret, and its account cannot be seen yet.
  const users = await registry.accountsAtTerminal(providerId, terminal);
  if (users.length === 0 || users.some((one) => one.id !== id)) throw new Refusal('terminal_shared');
}

async function requireKnownAgency(code: string, registry: Pick<RegistryWriter, 'agency'>): Promise<void> {
  if (!(await registry.agency(code)))
    throw new Refusal('unknown_agency', { vi: `Cơ quan ${code}.`, en: `Agency ${code}.` });
}
