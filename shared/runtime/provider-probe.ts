import { InvoiceNumber } from '../domain/invoice/number.ts';
import { dong } from '../domain/money/dong.ts';
import {
  InvalidCallback,
  type NextStep,
  type PayableAccount,
  type PaymentOrder,
  type PaymentProvider,
  type ProviderRequest,
} from '../domain/payment/provider.ts';
import type { CallOutcome, ProviderCaller } from '../domain/payment/provider-caller.ts';
import { paymentReference } from '../domain/payment/reference.ts';
import type { Instant } from '../domain/time.ts';
import { everyProvider } from '../providers/index.ts';

/** A signed test order at a provider's sandbox: does it know us, and do we read it? Nothing of it is in any book of ours. */

/** The least that every provider takes. Dong. */
const AMOUNT = 20_000;
const LIFETIME_MILLISECONDS = 15 * 60_000;
/** Numbers of invoices have twelve digits, the first not zero; an instant of now has thirteen. */
const LEAST_NUMBER = 100_000_000_000;

type Probe = { played: string; publicUrl: string; caller: ProviderCaller; now: () => Instant };

/** Lines for a person to read: hosts, paths and codes, and neither keys nor signatures. `passed`: nothing was refused. */
export async function probeProvider(
  name: string,
  { terminal, secret }: { terminal: string; secret: string },
  { played, publicUrl, caller, now }: Probe,
): Promise<{ passed: boolean; lines: string[] }> {
  const provider = everyProvider({ stage: 'sandbox', publicUrl, played }).find(({ manifest }) => manifest.id === name);
  if (!provider || !('begin' in provider)) return { passed: false, lines: [`no provider takes payments as ${name}`] };
  if (!provider.acceptsSecret(secret))
    return { passed: false, lines: [`this is no secret of ${name}: ${provider.manifest.secret}`] };

  const at = now();
  const account: PayableAccount = { merchantAccountId: 'probe', terminal, secret };
  const order = testOrder(at, publicUrl);
  const lines: string[] = [`order     ${order.reference}, ${order.amount} dong`];
  let passed = true;
  const say = (fine: boolean, line: string) => {
    passed &&= fine;
    lines.push(fine ? line : `${line}  ← refused`);
  };

  const begun = await begin(provider, order, account, caller, say);
  if (begun) await open(begun, caller, say);
  if (begun && provider.query && provider.query.admits?.(account) !== false) {
    const question = { ...order, askedAt: now() };
    const request = provider.query.request(question, account);
    const outcome = await caller.call(request);
    const told = read(outcome, (response) => provider.query?.read(response, question, account));
    const code = typeof told === 'object' ? `${told.outcome} ${told.resultCode}` : told;
    say(typeof told === 'object', `asked     ${placeOf(request.url)}: ${answerOf(outcome)}, read as ${code}`);
  }
  return { passed, lines };
}

function testOrder(at: Instant, publicUrl: string): PaymentOrder {
  const number = InvoiceNumber.parse(String(LEAST_NUMBER + (at % (9 * LEAST_NUMBER))));
  const amount = dong(AMOUNT);
  return {
    reference: paymentReference(number, 1),
    amount,
    createdAt: at,
    expiresAt: at + LIFETIME_MILLISECONDS,
    returnUrl: publicUrl,
    language: 'vi',
    payerIp: '192.0.2.1',
    description: 'Kiem tra ket noi',
    bill: {
      agencyCode: 'A00',
      dossierCode: 'A00-000000-0000',
      procedureCode: '0.000000',
      lines: [{ feeItem: '0.000000-01', kind: 'phi', amount }],
      payer: { name: 'Kiểm Tra' },
    },
  };
}

type Say = (fine: boolean, line: string) => void;

async function begin(
  provider: PaymentProvider,
  order: PaymentOrder,
  account: PayableAccount,
  caller: ProviderCaller,
  say: Say,
): Promise<NextStep | undefined> {
  const { prepare } = provider;
  if (!prepare) return provider.begin(order, account);
  const request = prepare.request(order, account);
  const outcome = await caller.call(request);
  const told = read(outcome, (response) => prepare.read(response, order, account));
  const prepared = typeof told === 'object' && told.kind === 'prepared' ? told.prepared : undefined;
  const word = typeof told === 'object' ? `${told.kind}${'resultCode' in told ? ` ${told.resultCode}` : ''}` : told;
  say(prepared !== undefined, `told      ${placeOf(request.url)}: ${answerOf(outcome)}, read as ${word}`);
  return prepared === undefined ? undefined : provider.begin(order, account, prepared);
}

/** The page to which a citizen would be sent, opened as a browser begins to. */
async function open(step: NextStep, caller: ProviderCaller, say: Say): Promise<void> {
  if (step.kind === 'qr')
    return say(true, `code      ${step.payload.length} characters, to be scanned by a bank's app`);
  const request: ProviderRequest =
    step.kind === 'redirect'
      ? { method: 'GET', url: step.url, headers: { accept: 'text/html' }, body: '' }
      : {
          method: 'POST',
          url: step.url,
          headers: { accept: 'text/html', 'content-type': 'application/x-www-form-urlencoded' },
          body: new URLSearchParams(step.fields).toString(),
        };
  const outcome = await caller.call(request);
  const fine = outcome.kind === 'answered' && outcome.response.status < 400;
  say(fine, `page      ${placeOf(request.url)}: ${answerOf(outcome)}`);
}

/** What the adapter reads, or why it does not. */
function read<T>(
  outcome: CallOutcome,
  act: (response: Extract<CallOutcome, { kind: 'answered' }>['response']) => T,
): T | string {
  if (outcome.kind !== 'answered') return 'no answer';
  try {
    return act(outcome.response);
  } catch (error) {
    if (error instanceof InvalidCallback) return `not its word (${error.reason})`;
    throw error;
  }
}

const answerOf = (outcome: CallOutcome): string =>
  outcome.kind === 'answered'
    ? `HTTP ${outcome.response.status}`
    : [outcome.why, outcome.code].filter(Boolean).join(' ');

/** Without what stands behind the path: that is where signatures are. */
function placeOf(url: string): string {
  const { host, pathname } = new URL(url);
  return `${host}${pathname}`;
}
