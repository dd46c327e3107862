import { createHash } from 'node:crypto';
import { formatInstant } from '../../shared/domain/time.ts';
import type { SandboxBooks } from '../../shared/store/sandbox-books.ts';
import type { Decision } from './order.ts';
import type { SignedHeaders, Signer } from './signer.ts';

/** Milliseconds between the three tries for one callback: quick, because somebody waits at the page. */
const GAPS_MILLISECONDS = [200, 800] as const;

const TRANSACTION_DIGITS = 20;

/** What came back: the answer's status and its `result`, or status 0 if there was no answer. */
export type CallbackAnswer = { status: number; result: string };

export type BankDependencies = {
  signer: Signer;
  /** Posts one callback. Never throws. */
  post: (body: string, headers: SignedHeaders) => Promise<CallbackAnswer>;
  /** Milliseconds since 1970. */
  now: () => number;
  /** Fresh random text. */
  random: () => string;
  wait: (milliseconds: number) => Promise<void>;
  books: SandboxBooks;
};

/** One transaction that the bank told of: what it said, and what was answered to each copy. */
export type Sent = {
  txnId: string;
  amount: number;
  result: 'OK' | 'DECLINED';
  answers: (CallbackAnswer & { tries: number })[];
};

type Notice = { amount: number; result: Sent['result'] };

/** The transactions that a decision makes. */
function noticesFor({ outcome, amount, difference }: Decision): Notice[] {
  switch (outcome) {
    case 'pay':
    // Takes the money and tells nobody; whoever asks is told.
    case 'silent':
      return [{ amount, result: 'OK' }];
    case 'decline':
      return [{ amount, result: 'DECLINED' }];
    case 'pay_twice':
      return [
        { amount, result: 'OK' },
        { amount, result: 'OK' },
      ];
    case 'wrong_amount':
      return [{ amount: amount + difference, result: 'OK' }];
  }
}

/** Carries a decision out: one transaction after the other, entered before it is told, the copies of each at once. */
export async function decide(decision: Decision, dependencies: BankDependencies): Promise<Sent[]> {
  const sent: Sent[] = [];
  for (const [counter, notice] of noticesFor(decision).entries()) {
    const { terminal, ref, currency, copies } = decision;
    const at = dependencies.now();
    const txnId = transactionId([terminal, ref, String(counter), dependencies.random()]);
    const paidAt = formatInstant(at);
    const transaction = { terminal, txnId, orderRef: ref, ...notice, currency, paidAt };
    await dependencies.books.enter(transaction);
    if (decision.outcome === 'silent') continue;
    const body = JSON.stringify(transaction);
    const first = dependencies.signer.headers(body, at);
    const answers = await Promise.all(Array.from({ length: copies }, () => call(body, first, dependencies)));
    sent.push({ txnId, ...notice, answers });
  }
  return sent;
}

const transactionId = (parts: string[]): string =>
  `SB${createHash('sha256').update(parts.join('|')).digest('hex').slice(0, TRANSACTION_DIGITS).toUpperCase()}`;

/** Tries again after no answer, 404 and 5xx, as the protocol says; each later try is signed anew. */
async function call(body: string, first: SignedHeaders, { signer, post, now, wait }: BankDependencies) {
  let headers = first;
  for (let tries = 1; ; tries++) {
    const answer = await post(body, headers);
    const again = answer.status === 0 || answer.status === 404 || answer.status >= 500;
    const gap = GAPS_MILLISECONDS[tries - 1];
    if (!again || gap === undefined) return { ...answer, tries };
    await wait(gap);
    headers = signer.headers(body, now());
  }
}

/** Whether Thuphi took every callback. */
export const allTaken = (sent: readonly Sent[]): boolean =>
  sent.every(({ answers }) => answers.every(({ status }) => status >= 200 && status < 300));
