import * as z from 'zod';
import type { InvoiceBook } from '../domain/invoice/book.ts';
import { amountOf } from '../domain/invoice/invoice.ts';
import { lazy } from '../domain/lazy.ts';
import { isParked } from '../domain/payment/arrival.ts';
import { type TerminalOwner, unassignedOwner } from '../domain/payment/decide.ts';
import { InvoiceFacts, type KnownMovement } from '../domain/payment/facts.ts';
import {
  isBankCredit,
  movedFrom,
  type ReportedMovement,
  reportedMovement,
  reversalOf,
  sameMovement,
} from '../domain/payment/movement.ts';
import {
  type Acknowledgement,
  type Answered,
  InvalidCallback,
  type NoticeSource,
  type ProviderAnswer,
  ProviderNotice,
  type RawCallback,
} from '../domain/payment/provider.ts';
import { readPaymentReference } from '../domain/payment/reference.ts';
import type { RegistryReader } from '../domain/registry/book.ts';
import type { TerminalAccount } from '../domain/registry/registry.ts';
import { terminalKeys } from '../domain/registry/terminal-secret.ts';
import type { RotatedSecretReader } from '../domain/secrets.ts';
import type { Instant } from '../domain/time.ts';

/** What goes into the inbox: the verified notice, what its invoice looked like, and whose terminal it is. */
export const InboxMessage = lazy(() =>
  z.object({
    v: z.literal(1),
    notice: ProviderNotice,
    facts: InvoiceFacts.optional(),
    owner: z.object({ merchantAccountId: z.string(), agencyCode: z.string() }),
  }),
);
export type InboxMessage = z.infer<typeof InboxMessage>;

export type ReceiveCallbackDependencies = {
  registry: Pick<RegistryReader, 'accountsAtTerminal'>;
  secrets: RotatedSecretReader;
  invoices: Pick<InvoiceBook, 'findFacts'>;
  inbox: { send(message: InboxMessage): Promise<void> };
  now: () => Instant;
};

export type Received = {
  acknowledgement: Acknowledgement;
  answer: ProviderAnswer;
  /** Why nothing was done, for the log; never the callback's text. */
  refusal?: InvalidCallback['reason'];
  /** What it told, once the signature held. */
  notices: readonly ProviderNotice[];
};

/**
 * A provider's callback: verify, look up, put in the inbox, acknowledge, in this order. Before the signature holds only
 * the key is looked up, by the terminal that the callback claims; a forged callback changes nothing at all, and money is only acknowledged once the inbox has it. When
 * the inbox or the tables cannot be reached the error is thrown: the caller answers so that the provider comes again.
 *
 * Order of checks as VNPAY prescribes it (PAY 2.1.0, IPN): signature, order, amount, already confirmed. A wrong amount or
 * an unknown order is told to the provider in its words, and kept: it is real money. A callback of several credits is each of them, in order.
 */
export async function receiveCallback(
  provider: NoticeSource,
  callback: RawCallback,
  { registry, secrets, invoices, inbox, now }: ReceiveCallbackDependencies,
): Promise<Received> {
  let notices: readonly ProviderNotice[] = [];
  const say = (acknowledgement: Acknowledgement, answered?: Answered): Received => ({
    acknowledgement,
    answer: provider.acknowledge(acknowledgement, answered),
    notices,
  });

  const at = now();
  let accounts: readonly TerminalAccount[];
  let keys: readonly string[];
  try {
    const terminal = provider.terminalOf(callback);
    accounts = await registry.accountsAtTerminal(provider.manifest.id, terminal);
    keys = accounts.length > 0 ? await terminalKeys(secrets, provider.manifest.id, terminal, at) : [];
    if (keys.length === 0) throw new InvalidCallback(provider.manifest.id, 'unknownTerminal');
    notices = provider.readAll?.(callback, keys, at) ?? [provider.read(callback, keys, at)];
  } catch (error) {
    if (!(error instanceof InvalidCallback)) throw error;
    return { ...say('badSignature'), refusal: error.reason };
  }

  const [first] = notices;
  if (!first) return say('accepted');
  const said: Acknowledgement[] = [];
  // One after the other: where one is not taken in the callback comes again, and those before it add nothing then.
  for (const notice of notices) said.push(await takeIn(notice, provider, accounts, { registry, invoices, inbox }));
  return say(IN_ORDER.find((one) => said.includes(one)) ?? 'accepted', { notice: first, keys, at });
}

/** What is said of several credits: that of which the provider must know most. */
const IN_ORDER: readonly Acknowledgement[] = ['unknownOrder', 'wrongAmount', 'accepted', 'duplicate'];

async function takeIn(
  notice: ProviderNotice,
  provider: NoticeSource,
  atProvider: readonly TerminalAccount[],
  { registry, invoices, inbox }: Pick<ReceiveCallbackDependencies, 'registry' | 'invoices' | 'inbox'>,
): Promise<Acknowledgement> {
  if (notice.outcome === 'ignored') return 'accepted';
  // A notifier's own account only holds its key: the money is that of the account under which citizens pay.
  const elsewhere = notice.providerId !== provider.manifest.id;
  const accounts = elsewhere ? await registry.accountsAtTerminal(notice.providerId, notice.terminal) : atProvider;
  const owner = ownerOf(notice, accounts);
  const facts = await factsFor(notice, invoices);
  const acknowledgement = acknowledge(notice, facts);
  // A duplicate of what the ledger holds adds nothing; all else goes in, because the decision belongs to the posting.
  if (acknowledgement !== 'duplicate') await inbox.send({ v: 1, notice, ...(facts && { facts }), owner });
  return acknowledgement;
}

function ownerOf(notice: ProviderNotice, accounts: readonly TerminalAccount[]): TerminalOwner {
  const [first] = accounts;
  const agencies = new Set(accounts.map((account) => account.agencyCode));
  return first && agencies.size === 1
    ? { merchantAccountId: first.id, agencyCode: first.agencyCode }
    : unassignedOwner(notice);
}

/** A look-up that may lag a moment; only its "not there" is asked again, strongly. */
async function factsFor(
  notice: ProviderNotice,
  invoices: Pick<InvoiceBook, 'findFacts'>,
): Promise<InvoiceFacts | undefined> {
  const reference = readPaymentReference(notice.reference);
  if (!reference) return undefined;
  const { invoice: number, attempt } = reference;
  const seen = await invoices.findFacts(number, { consistent: false });
  return seen && seen.attempts.length >= attempt ? seen : invoices.findFacts(number, { consistent: true });
}

const known = ({ movements }: InvoiceFacts, id: string): KnownMovement | undefined =>
  movements.find(({ movementId }) => movementId === id);

/** What needs no further word; a bank credit that lies unmatched may still be moved by whoever knows more of it. */
function settledAs(facts: InvoiceFacts, { movementId }: ReportedMovement): KnownMovement | undefined {
  const there = known(facts, movementId);
  if (!isBankCredit(movementId)) return there;
  return known(facts, movedFrom(movementId)) ?? (there?.kind === 'unmatched' ? undefined : there);
}

function acknowledge(notice: ProviderNotice, facts: InvoiceFacts | undefined): Acknowledgement {
  const attempt = readPaymentReference(notice.reference)?.attempt;
  const named = facts && attempt !== undefined ? facts.attempts[attempt - 1] : undefined;
  if (!facts || !named || named.terminal !== notice.terminal || named.providerId !== notice.providerId)
    return 'unknownOrder';
  const reported = reportedMovement(notice);
  if (notice.outcome === 'reversed' && reported && notice.currency === 'VND') {
    const isTold = known(facts, reversalOf(reported.movementId)) !== undefined || isParked(facts, reported);
    return isTold ? 'duplicate' : 'accepted';
  }
  if (notice.amount !== amountOf(named, facts) || notice.currency !== 'VND') return 'wrongAmount';
  const there = reported && settledAs(facts, reported);
  if (notice.outcome === 'paid' && there && sameMovement(there, reported)) return 'duplicate';
  const declinedAgain = notice.outcome === 'declined' && named.state !== 'pending' && named.state !== 'created';
  return declinedAgain ? 'duplicate' : 'accepted';
}
