import { createHmac } from 'node:crypto';
import type { ProviderRequest } from '../../shared/domain/payment/provider.ts';
import type { CallOutcome, ProviderCaller } from '../../shared/domain/payment/provider-caller.ts';
import { compactVietnamTime, formatInstant, type Instant } from '../../shared/domain/time.ts';
import { paperAnswer } from '../dsl/paper-bank.ts';
import type { Clock } from './clock.ts';
import { ACCOUNTS } from './country.ts';
import type { Invariants } from './invariants.ts';
import { NEVER_HEARD, PAPER_BANK } from './paper-wire.ts';
import { BrokenInvariant, type Host, type Process } from './process.ts';
import type { Random } from './random.ts';
import { keyOf, type Said, signerOf } from './wire.ts';

const OK = 200;
const UNAVAILABLE = 503;
/** Of the answers that never arrive, so many are somebody else's words instead. */
const LIES = 0.3;
/** Orders that a bank refuses when it is told of them. */
const REFUSED = 0.05;

/** What the banks know of payments, and what they say when they are asked or told. Their words are real and signed. */
export class BankBooks {
  readonly #known = new Map<string, Said[]>();
  readonly #host: Host;
  readonly #random: Random;
  readonly #clock: Clock;
  readonly #invariants: Invariants;
  /** Until then no question is answered, as when nobody can look anything up there. */
  closedUntil: Instant = 0;
  #orders = 0;
  #transactions = 0;

  constructor(host: Host, clock: Clock, random: Random, invariants: Invariants) {
    this.#host = host;
    this.#clock = clock;
    this.#random = random;
    this.#invariants = invariants;
  }

  /** Money or a decline. Other words, no question brings to light. */
  enter(bank: string, said: Said): void {
    if (said.outcome !== 'declined' && (said.outcome !== 'paid' || said.currency !== 'VND')) return;
    const key = nameOf(bank, said);
    this.#known.set(key, [...(this.#known.get(key) ?? []), said]);
  }

  /** The way to all banks, as one process calls. Never throws, as the port demands. */
  callerOf(process: Process): ProviderCaller {
    const timeout: CallOutcome = { kind: 'unreachable', why: 'timeout' };
    return {
      call: (request) =>
        this.#host
          .call(process, `ask ${bankOf(request)}`, (): CallOutcome => {
            const { loss, endpointDown } = this.#host.faults;
            if (this.#random.chance(loss)) return timeout;
            if (this.#random.chance(endpointDown / 2)) return answered('Service Unavailable', UNAVAILABLE);
            if (!request.url.endsWith('/prepare') && this.#clock.at < this.closedUntil)
              return answered('Service Unavailable', UNAVAILABLE);
            const answer = this.#answer(request);
            if (!this.#random.chance(loss)) return answer;
            return this.#random.chance(LIES) ? this.#lie(request) : timeout;
          })
          .catch((error: unknown): CallOutcome => {
            if (error instanceof BrokenInvariant) throw error;
            return timeout;
          }),
    };
  }

  #answer(request: ProviderRequest): CallOutcome {
    if (request.url.endsWith('/prepare')) return this.#prepare(request);
    const { terminal, reference } = askedIn(request);
    const said = this.#first(bankOf(request), terminal, reference);
    return answerOf(request, said, this.#clock.at, keyOf(terminal));
  }

  /** Somebody who has no key says that it was paid. */
  #lie(request: ProviderRequest): CallOutcome {
    if (request.url.endsWith('/prepare')) return answered('{"kind":"unknown","resultCode":"99"}');
    const { terminal, reference } = askedIn(request);
    this.#transactions += 1;
    const transactionId = `88${this.#transactions}`;
    const paidAt = this.#clock.at;
    const said: Said = { outcome: 'paid', terminal, reference, amount: 50_000, currency: 'VND', transactionId, paidAt };
    return answerOf(request, said, this.#clock.at, 'A-GUESSED-KEY');
  }

  /** Each call of this bank prepares another way to pay, under the one reference. */
  #prepare({ body = '' }: ProviderRequest): CallOutcome {
    const { ref, seal } = JSON.parse(body) as { ref: string; seal: string };
    const terminal = terminalThatSealed(ref, seal);
    if (this.#random.chance(REFUSED)) {
      const said = { outcome: 'declined', terminal, reference: ref, amount: 0, currency: 'VND' } as const;
      this.#invariants.words.push({ bank: PAPER_BANK, ...said, transactionId: '', paidAt: null, taken: false });
      return answered(JSON.stringify({ kind: 'refused', resultCode: '42' }));
    }
    this.#orders += 1;
    const prepared = `way-${this.#orders}`;
    const all = this.#invariants.prepared.get(ref) ?? new Set();
    this.#invariants.prepared.set(ref, all.add(prepared));
    return answered(JSON.stringify({ kind: 'prepared', prepared }));
  }

  /** The first success, else a decline, else nothing that the bank has heard of. */
  #first(bank: string, terminal: string, reference: string): Said | undefined {
    const known = this.#known.get(nameOf(bank, { terminal, reference })) ?? [];
    return known.find(({ outcome }) => outcome === 'paid') ?? known[0];
  }
}

const nameOf = (bank: string, { terminal, reference }: Pick<Said, 'terminal' | 'reference'>): string =>
  `${bank} ${terminal} ${reference}`;

const answered = (text: string, status = OK): CallOutcome => ({
  kind: 'answered',
  response: { status, body: Buffer.from(text) },
});

function bankOf({ url }: ProviderRequest): string {
  if (url.includes('/merchant_webapi/')) return 'vnpay';
  if (url.includes('/sandbox-bank/')) return 'sandbox-bank';
  if (url.startsWith(`https://${PAPER_BANK}.example/`)) return PAPER_BANK;
  throw new BrokenInvariant(`nobody lives at ${url}`);
}

/** Whose key sealed a word. Throws where the bank would not believe it. */
function terminalThatSealed(text: string, seal: string): string {
  const found = ACCOUNTS.find(
    ({ providerId, terminal }) =>
      providerId === PAPER_BANK && createHmac('sha256', keyOf(terminal)).update(text).digest('hex') === seal,
  );
  if (!found) throw new BrokenInvariant(`${PAPER_BANK} would not believe what it is told of ${text}`);
  return found.terminal;
}

function askedIn(request: ProviderRequest): { terminal: string; reference: string } {
  const asked = JSON.parse(request.body ?? '') as Record<string, string>;
  const of = (name: string) => asked[name] ?? '';
  switch (bankOf(request)) {
    case 'vnpay': {
      const terminal = of('vnp_TmnCode');
      const text = VNPAY_ASKED.map((name) => of(`vnp_${name}`)).join('|');
      const seal = createHmac('sha512', keyOf(terminal)).update(text).digest('hex');
      if (seal !== of('vnp_SecureHash')) throw new BrokenInvariant(`VNPAY would not answer ${request.body}`);
      return { terminal, reference: of('vnp_TxnRef') };
    }
    case 'sandbox-bank':
      return { terminal: of('terminal'), reference: of('orderRef') };
    default:
      // It has one terminal here, and is asked by the reference alone.
      return {
        terminal: ACCOUNTS.find(({ providerId }) => providerId === PAPER_BANK)?.terminal ?? '',
        reference: of('reference'),
      };
  }
}

const VNPAY_ASKED = [
  ...['RequestId', 'Version', 'Command', 'TmnCode', 'TxnRef'],
  ...['TransactionDate', 'CreateDate', 'IpAddr', 'OrderInfo'],
];
const VNPAY_ANSWERED = [
  ...['ResponseId', 'Command', 'ResponseCode', 'Message', 'TmnCode', 'TxnRef', 'Amount', 'BankCode', 'PayDate'],
  ...['TransactionNo', 'TransactionType', 'TransactionStatus', 'OrderInfo', 'PromotionCode', 'PromotionAmount'],
];
const WIRE_UNITS = 100;

/** What a bank says of a payment, signed by a key. */
function answerOf(request: ProviderRequest, said: Said | undefined, at: number, key: string): CallOutcome {
  const bank = bankOf(request);
  if (bank === 'vnpay') return vnpayAnswer(request, said, key);
  if (bank === 'sandbox-bank') return sandboxAnswer(request, said, at, key);
  if (!said) return { kind: 'answered', response: paperAnswer({ outcome: 'unknown', resultCode: NEVER_HEARD }, key) };
  const outcome = said.outcome === 'paid' ? ('paid' as const) : ('declined' as const);
  return {
    kind: 'answered',
    response: paperAnswer({ ...said, outcome, amount: said.amount as never, resultCode: '00' }, key),
  };
}

function vnpayAnswer({ body = '' }: ProviderRequest, said: Said | undefined, key: string): CallOutcome {
  const { vnp_TmnCode = '', vnp_TxnRef = '' } = JSON.parse(body) as Record<string, string>;
  const fields: Record<string, string> = {
    vnp_ResponseId: 'R1',
    vnp_Command: 'querydr',
    vnp_ResponseCode: said ? '00' : '91',
    vnp_TmnCode,
    vnp_TxnRef,
    ...(said && {
      vnp_Amount: String(said.amount * WIRE_UNITS),
      vnp_BankCode: 'NCB',
      vnp_PayDate: said.paidAt === null ? '' : compactVietnamTime(said.paidAt),
      vnp_TransactionNo: said.transactionId,
      vnp_TransactionType: '01',
      vnp_TransactionStatus: said.outcome === 'paid' ? '00' : '02',
    }),
  };
  const text = VNPAY_ANSWERED.map((name) => fields[`vnp_${name}`] ?? '').join('|');
  const vnp_SecureHash = createHmac('sha512', key).update(text).digest('hex');
  return answered(JSON.stringify({ ...fields, vnp_SecureHash }));
}

function sandboxAnswer({ body = '' }: ProviderRequest, said: Said | undefined, at: number, key: string): CallOutcome {
  const asked = JSON.parse(body) as Record<string, string>;
  const answer = JSON.stringify({
    ...asked,
    ...(said
      ? {
          txnId: said.transactionId,
          currency: said.currency,
          amount: said.amount,
          result: said.outcome === 'paid' ? 'OK' : 'DECLINED',
          ...(said.paidAt !== null && { paidAt: formatInstant(said.paidAt) }),
        }
      : { result: 'NONE' }),
  });
  const headers = signerOf(key).headers(`answer.${answer}`, at);
  return answered(JSON.stringify({ timestamp: headers['x-timestamp'], answer, signature: headers['x-signature'] }));
}
