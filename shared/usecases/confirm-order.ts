import type { InvoiceBook } from '../domain/invoice/book.ts';
import { amountOf, attemptStateAt, stateAt } from '../domain/invoice/invoice.ts';
import type { InvoiceFacts } from '../domain/payment/facts.ts';
import {
  InvalidCallback,
  type NoticeSource,
  type ProviderAnswer,
  type RawCallback,
  type StandingOrder,
} from '../domain/payment/provider.ts';
import { readPaymentReference } from '../domain/payment/reference.ts';
import type { RegistryReader } from '../domain/registry/book.ts';
import { terminalKeys } from '../domain/registry/terminal-secret.ts';
import type { RotatedSecretReader } from '../domain/secrets.ts';
import type { Instant } from '../domain/time.ts';

export type ConfirmOrderDependencies = {
  registry: Pick<RegistryReader, 'accountsAtTerminal'>;
  secrets: RotatedSecretReader;
  invoices: Pick<InvoiceBook, 'findFacts'>;
  now: () => Instant;
};

/**
 * A provider asks, before it debits, whether an order stands. Nothing is changed by it, so that it may be asked any number of
 * times. `undefined`: the callback is no such question.
 *
 * The invoice is looked up before the signature holds, because what is signed includes its amount; a forged question learns
 * nothing from it, whether there is such an order or not.
 */
export async function confirmOrder(
  provider: NoticeSource,
  callback: RawCallback,
  { registry, secrets, invoices, now }: ConfirmOrderDependencies,
): Promise<{ answer: ProviderAnswer; refusal?: InvalidCallback['reason'] } | undefined> {
  const { confirmation, manifest } = provider;
  if (!confirmation) return undefined;
  try {
    const asked = confirmation.asksAbout(callback);
    if (asked === undefined) return undefined;
    const terminal = provider.terminalOf(callback);
    const accounts = await registry.accountsAtTerminal(manifest.id, terminal);
    const keys = accounts.length > 0 ? await terminalKeys(secrets, manifest.id, terminal, now()) : [];
    if (keys.length === 0) throw new InvalidCallback(manifest.id, 'unknownTerminal');
    const reference = readPaymentReference(asked);
    const facts = reference && (await invoices.findFacts(reference.invoice, { consistent: true }));
    const order = facts && standingOrder(facts, reference.attempt, manifest.id, terminal, now());
    return { answer: confirmation.answer(callback, keys, order) };
  } catch (error) {
    if (!(error instanceof InvalidCallback)) throw error;
    return { answer: provider.acknowledge('badSignature'), refusal: error.reason };
  }
}

/** Payable: the invoice is open, and the attempt that the provider names is its own and still live. */
function standingOrder(
  facts: InvoiceFacts,
  attemptNumber: number,
  providerId: string,
  terminal: string,
  at: Instant,
): StandingOrder | undefined {
  const attempt = facts.attempts[attemptNumber - 1];
  if (!attempt || attempt.providerId !== providerId || attempt.terminal !== terminal) return undefined;
  const state = attemptStateAt(attempt, at);
  const payable = stateAt(facts, at) === 'open' && (state === 'pending' || state === 'created');
  return { amount: amountOf(attempt, facts), payable };
}
