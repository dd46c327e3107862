import type { InvoiceBook } from '../domain/invoice/book.ts';
import {
  type Attempt,
  amountOf,
  attemptStateAt,
  begunFor,
  type CallOrigin,
  type Invoice,
  MAX_SHARED_CALLS,
  sharedCalls,
} from '../domain/invoice/invoice.ts';
import type { InvoiceId } from '../domain/invoice/number.ts';
import { availabilityOf, outageAhead, type ProviderStates, takes } from '../domain/payment/availability.ts';
import type { Language, NextStep, PaymentProvider, ProviderId } from '../domain/payment/provider.ts';
import { MAX_ATTEMPTS, paymentReference } from '../domain/payment/reference.ts';
import { keyReused, Refusal } from '../domain/refusal.ts';
import type { RegistryReader } from '../domain/registry/book.ts';
import type { Caller } from '../domain/registry/caller.ts';
import { type MerchantAccount, pursesOf } from '../domain/registry/registry.ts';
import { signingKey } from '../domain/registry/terminal-secret.ts';
import type { SecretReader } from '../domain/secrets.ts';
import { formatInstant, type Instant } from '../domain/time.ts';
import { requireOpen } from './cancel-invoice.ts';
import { bodyHash, keyedText } from './hashing.ts';
import { ownInvoice } from './read-invoices.ts';
import { type TellDependencies, tellProvider } from './tell-provider.ts';

/** How often a call decides again because another attempt came in between. */
const MAX_TRIES = 8;
/** VNPAY and others want a payer address; where the portal knows none, this documentation address stands for it. */
const NO_PAYER_IP = '192.0.2.1';
/** A payer's bank needs some time: an attempt that would end sooner than this is not begun. Milliseconds. */
const LEAST_LIFETIME_MILLISECONDS = 60_000;

export type StartPayment = {
  invoiceId: InvoiceId;
  providerId: ProviderId;
  returnUrl: string;
  language: Language;
  payerIp?: string | undefined;
  /** See {@link Attempt.confirmTo}. */
  confirmTo?: string;
};

/** `caller` and `circuit` are for those providers that must be told of a payment first. */
export type StartPaymentDependencies = TellDependencies & {
  invoices: Pick<InvoiceBook, 'find' | 'appendAttempt' | 'shareAttempt'>;
  registry: Pick<RegistryReader, 'payeeAccount'>;
  providers: ReadonlyMap<ProviderId, PaymentProvider>;
  secrets: SecretReader;
  /** What operators say of providers, and who is silent. */
  states: ProviderStates;
  /** Keys under which callers' idempotency keys are hashed, newest first; what an older one hashed is still found. */
  hashKeys: readonly [string, ...string[]];
};

export type StartedPayment = { invoice: Invoice; index: number; next: NextStep; replayed: boolean };

/**
 * Starts one attempt to pay an open invoice and says where to send the citizen. A second call at the same provider answers
 * the attempt that is still payable, whoever began it; at another provider it opens a new one, and both stay payable: money
 * of both is a duplicate, which the policy keeps as surplus.
 *
 * Most providers hear of a payment from the citizen: one write. One that must be told first is told once the attempt is
 * written down, and what it prepared is a second write. Whatever ends in between, the repeated call goes on from there.
 *
 * Refusals: not_found, invoice_not_open, unknown_provider, provider_out_of_service, provider_unavailable, provider_refused, provider_unreachable,
 * attempt_ended, amount_outside_limits, return_url_refused, too_many_attempts, idempotency_key_reused.
 */
export async function startPayment(
  command: StartPayment,
  caller: Caller,
  idempotencyKey: string,
  dependencies: StartPaymentDependencies,
): Promise<StartedPayment> {
  const { invoices, registry, providers, hashKeys, now } = dependencies;
  const calls = hashKeys.map(
    (key): CallOrigin => ({
      keyHash: keyedText(key, 'payment', caller.clientId, idempotencyKey),
      bodyHash: bodyHash(key, command),
    }),
  );
  const [call] = calls as [CallOrigin];
  const joins = (attempt: Attempt) => command.confirmTo !== undefined && !begunFor(attempt).includes(command.confirmTo);

  let invoice = await ownInvoice(command.invoiceId, caller, invoices);
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const at = now();
    const earlier = invoice.attempts.findIndex((attempt) => answers(attempt, calls));
    if (earlier >= 0) return { ...(await nextStepOf(invoice, earlier, dependencies)), replayed: true };
    requireOpen(invoice, at);
    const provider = providers.get(command.providerId);
    if (!provider) throw new Refusal('unknown_provider');
    await requireInService(provider, invoice, at, dependencies);
    checkReturnUrl(command.returnUrl, caller);
    const live = invoice.attempts.findIndex(
      (attempt) =>
        attempt.providerId === command.providerId &&
        isLive(attempt, at) &&
        // A part may have been paid since: then the attempt asks for too much.
        amountOf(attempt, invoice) === invoice.due &&
        // Whoever is to be told by CONFIRM must be remembered with it.
        (!joins(attempt) || (attempt.sharedWith?.length ?? 0) < MAX_SHARED_CALLS),
    );
    if (live >= 0) {
      // An attempt that answers very many calls already answers one more, which then stays unremembered.
      const there = invoice.attempts[live] as Attempt;
      if ((there.sharedWith?.length ?? 0) >= MAX_SHARED_CALLS)
        return { ...(await nextStepOf(invoice, live, dependencies)), replayed: false };
      const joining = joins(there) ? command.confirmTo : undefined;
      const seen = { after: invoice.attempts.length, due: invoice.due };
      const shared = await invoices.shareAttempt(invoice.number, live, call, seen, joining);
      if (shared.kind === 'shared')
        return { ...(await nextStepOf(shared.invoice, live, dependencies)), replayed: false };
      invoice = shared.current ?? (await ownInvoice(command.invoiceId, caller, invoices));
      continue;
    }

    checkAmount(invoice, provider);
    const expiresAt = Math.min(at + provider.manifest.attemptLifetimeMilliseconds, invoice.expiresAt);
    if (expiresAt - at < LEAST_LIFETIME_MILLISECONDS)
      throw new Refusal('invoice_not_open', {
        vi: `Hóa đơn sắp hết hạn lúc ${formatInstant(invoice.expiresAt)}; không còn đủ thời gian để thanh toán.`,
        en: `The invoice expires at ${formatInstant(invoice.expiresAt)}: too soon for a payment to be begun.`,
      });
    if (invoice.attempts.length >= MAX_ATTEMPTS) throw new Refusal('too_many_attempts');
    const account = await accountFor(invoice, command.providerId, registry);
    const attempt: Attempt = {
      providerId: command.providerId,
      merchantAccountId: account.id,
      terminal: account.terminal,
      // The redirect is the provider's acceptance, unless it must be told before the citizen arrives there.
      state: provider.prepare ? 'created' : 'pending',
      createdAt: at,
      expiresAt,
      ...(invoice.due !== invoice.total && { amount: invoice.due }),
      returnUrl: command.returnUrl,
      language: command.language,
      payerIp: command.payerIp ?? NO_PAYER_IP,
      ...(command.confirmTo !== undefined && { confirmTo: command.confirmTo }),
      ...call,
    };
    // The secret is read before anything is written: an account that cannot be paid into leaves no attempt behind.
    await secretOf(attempt, dependencies.secrets);
    const appended = await invoices.appendAttempt(
      invoice.number,
      invoice.attempts.length,
      attempt,
      sharedCalls(invoice.attempts),
    );
    if (appended.kind === 'appended')
      return { ...(await nextStepOf(appended.invoice, invoice.attempts.length, dependencies)), replayed: false };
    if (!appended.current) throw new Error(`invoice ${invoice.number} vanished`);
    invoice = appended.current;
  }
  throw new Refusal('version_conflict');
}

/** Whether one of these spellings of a call made the attempt or was answered with it. Throws for another body. */
function answers(attempt: Attempt, calls: readonly CallOrigin[]): boolean {
  const known = [attempt, ...(attempt.sharedWith ?? [])];
  const found = calls.flatMap((call) =>
    known.filter((one) => one.keyHash === call.keyHash).map((one) => [one, call] as const),
  );
  if (found.some(([one, call]) => one.bodyHash !== call.bodyHash)) throw keyReused();
  return found.length > 0;
}

/** Still payable, with time enough for a payer to go through with it. */
function isLive(attempt: Attempt, at: Instant): boolean {
  const state = attemptStateAt(attempt, at);
  return (state === 'pending' || state === 'created') && attempt.expiresAt - at >= LEAST_LIFETIME_MILLISECONDS;
}

/** The next step of an attempt, the same each time: it is computed from what the attempt stores. */
export async function nextStepOf(
  invoice: Invoice,
  index: number,
  dependencies: StartPaymentDependencies,
): Promise<{ invoice: Invoice; index: number; next: NextStep }> {
  const { providers, secrets } = dependencies;
  const attempt = invoice.attempts[index];
  const provider = attempt && providers.get(attempt.providerId);
  if (!attempt || !provider) throw new Refusal('unknown_provider');
  const order = {
    reference: paymentReference(invoice.number, index + 1),
    amount: amountOf(attempt, invoice),
    createdAt: attempt.createdAt,
    expiresAt: attempt.expiresAt,
    returnUrl: attempt.returnUrl,
    language: attempt.language,
    payerIp: attempt.payerIp,
    description: `Thanh toan hoa don ${invoice.number}`,
    bill: invoice,
  };
  const account = {
    merchantAccountId: attempt.merchantAccountId,
    terminal: attempt.terminal,
    secret: await secretOf(attempt, secrets),
  };
  const { manifest, prepare } = provider;
  if (!prepare) return { invoice, index, next: provider.begin(order, account) };
  // No page is opened any more for what is paid or withdrawn; one that was opened stays the answer.
  if (attempt.prepared === undefined) requireOpen(invoice, dependencies.now());
  const told = await tellProvider(invoice, index, { manifest, prepare }, { order, account }, dependencies);
  return { invoice: told.invoice, index, next: provider.begin(order, account, told.prepared) };
}

async function secretOf(attempt: Attempt, secrets: SecretReader): Promise<string> {
  const secret = await signingKey(secrets, attempt.providerId, attempt.terminal);
  if (secret === undefined) throw new Refusal('provider_unavailable');
  return secret;
}

/**
 * Nothing is begun at a provider that operators switched off, that is away, or that must be told first and does not answer.
 * The refusal names it and, for this invoice, what else there is.
 */
async function requireInService(
  { manifest, prepare }: PaymentProvider,
  invoice: Invoice,
  at: Instant,
  { providers, registry, states }: StartPaymentDependencies,
): Promise<void> {
  const statuses = await states.statuses();
  const silences = prepare ? await states.silences() : new Map<ProviderId, Instant>();
  const status = statuses.get(manifest.id);
  const availability = availabilityOf(status, silences.get(manifest.id), at);
  if (availability === 'available') return;

  const everySilence = await states.silences();
  const others = [...providers.values()].filter(
    ({ manifest: other }) =>
      other.id !== manifest.id &&
      takes(other, invoice.due) &&
      availabilityOf(statuses.get(other.id), everySilence.get(other.id), at) === 'available',
  );
  const offered = await Promise.all(
    others.map(async (other) => {
      const account = await accountFor(invoice, other.manifest.id, registry).catch(() => undefined);
      return account && other.manifest;
    }),
  );
  const alternatives = offered.filter((one) => one !== undefined);
  const named = (language: Language) => alternatives.map(({ name }) => name[language]).join(', ');
  const outage = availability === 'outage' ? outageAhead(status, at) : undefined;
  throw new Refusal(
    'provider_out_of_service',
    {
      vi: `${manifest.name.vi} hiện không nhận thanh toán. ${outage ? `${outage.words.vi} ` : ''}${alternatives.length > 0 ? `Có thể thanh toán qua: ${named('vi')}.` : 'Hiện không có nhà cung cấp nào khác.'}`,
      en: `${manifest.name.en} takes no payments now. ${outage ? `${outage.words.en} ` : ''}${alternatives.length > 0 ? `Others that do: ${named('en')}.` : 'There is no other now.'}`,
    },
    [],
    {
      providerId: manifest.id,
      availability,
      ...(outage && { until: formatInstant(outage.until) }),
      alternatives: alternatives.map(({ id }) => id),
    },
  );
}

function checkAmount(invoice: Invoice, { manifest }: PaymentProvider): void {
  const { limits } = manifest;
  if (!takes(manifest, invoice.due))
    throw new Refusal('amount_outside_limits', {
      vi: `Số tiền ${invoice.due} đồng; nhà cung cấp nhận từ ${limits.least} đến ${limits.most} đồng.`,
      en: `The amount is ${invoice.due} dong; the provider takes ${limits.least} to ${limits.most} dong.`,
    });
}

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

/** Citizens are only sent back to hosts that the client registered, over https; plain http is for loopback alone. */
function checkReturnUrl(returnUrl: string, caller: Caller): void {
  const refused = new Refusal('return_url_refused', undefined, [
    { pointer: '/body/returnUrl', message: 'must be https on a registered host' },
  ]);
  if (!URL.canParse(returnUrl)) throw refused;
  const url = new URL(returnUrl);
  const registered = caller.client.returnHosts.includes(url.host) || caller.client.returnHosts.includes(url.hostname);
  const secure = url.protocol === 'https:' || (url.protocol === 'http:' && LOOPBACK.has(url.hostname));
  if (!registered || !secure || url.username || url.password) throw refused;
}

async function accountFor(
  invoice: Invoice,
  providerId: ProviderId,
  registry: Pick<RegistryReader, 'payeeAccount'>,
): Promise<MerchantAccount> {
  const purses = [...new Set(invoice.lines.filter((line) => line.amount > 0).map((line) => line.beneficiary))];
  const [first] = purses;
  // One payment goes to one account. Each purse has one account at a provider, so the first one's is everybody's or none.
  const account = first ? await registry.payeeAccount(providerId, invoice.agencyCode, first) : undefined;
  if (!account?.active) throw new Refusal('provider_unavailable');
  const collects = pursesOf(account);
  const others = purses.filter((purse) => !collects.includes(purse));
  if (others.length > 0)
    throw new Refusal('provider_unavailable', {
      vi: `Hóa đơn có nhiều đơn vị hưởng; tài khoản tại nhà cung cấp này không thu hộ: ${others.join(', ')}.`,
      en: `The invoice has several beneficiaries; the account at this provider does not collect for: ${others.join(', ')}.`,
    });
  return account;
}
