/**
 * What a simulated provider is. Each is written from the provider's own documents and shares nothing with the adapters of
 * the service, so that one mistake cannot hide on both sides.
 */

/** The keys of a terminal as they are registered, and what the provider knows the merchant by. `own`: its private key. */
export type Merchant = { terminal: string; secret: string; own?: string | undefined };

/** What the service asked the provider to collect. Amount in dong. */
export type Order = {
  provider: string;
  terminal: string;
  /** As the service names it. */
  reference: string;
  amount: number;
  info: string;
  /** The bill's own name, where the protocol has one beside the order's. */
  bill?: string;
  /** Where the citizen goes on; absent for a bank transfer. */
  returnUrl?: string;
  /** Where this order's notices go, where the protocol lets the order say it. */
  notifyUrl?: string;
  /** Milliseconds since 1970. */
  createdAt: number;
  /** Whether the service has taken it back: nobody can pay it any more. */
  withdrawn?: boolean;
};

/** One movement in the provider's books. Amount in dong. */
export type Transaction = {
  id: string;
  order: Order;
  amount: number;
  paid: boolean;
  at: number;
};

/** A notice ready to be sent. `url` is absolute. */
export type Notice = { method: 'GET' | 'POST'; url: string; headers: Record<string, string>; body: string };

/** A request that came in. `path` begins behind `/<provider>`. */
export type Arrived = { method: string; path: string; query: string; headers: Record<string, string>; body: string };
export type Answer = { status: number; contentType: string; body: string };

/** The provider's books, and the place where its pages are: `http://…/<provider>`, without a slash at the end. */
export type Office = {
  merchants: readonly Merchant[];
  url: string;
  order(reference: string): Order | undefined;
  open(order: Order): void;
  withdraw(order: Order): void;
  /** What became of an order: its last transaction. */
  transactionOf(reference: string): Transaction | undefined;
  transaction(id: string): Transaction | undefined;
  transactions(): readonly Transaction[];
  /** Enters a refund once: the same request again is the same refund. False if no money is left to give back. */
  refund(request: string, of: Transaction, amount: number): boolean;
  refunded(request: string): boolean;
  /** What was given back of a transaction, the first first. Amounts in dong. */
  refundsOf(of: Transaction): readonly { request: string; id: string; amount: number }[];
  newId(): string;
  now(): number;
};

/** The order or question is not as the provider's documents want it. */
export class Refused extends Error {
  constructor(why: string) {
    super(why);
    this.name = 'Refused';
  }
}

export type Simulator = {
  id: string;
  name: { vi: string; en: string };
  /** Keys as the provider hands them out; `bytes` gives random hexadecimal digits, two a byte. */
  hireMerchant(bytes: (count: number) => string): Merchant;
  /** Reads the order that a browser brings to the pay page. Throws {@link Refused}. Absent where orders come otherwise. */
  openPage?(arrived: Arrived, office: Office): Order;
  /** Answers the service's own calls. Throws {@link Refused}. */
  answer?(arrived: Arrived, office: Office): Answer;
  /** The notice about a transaction; nothing where the provider tells only of money. */
  notice(transaction: Transaction, merchant: Merchant, callback: string, now: number): Notice | undefined;
  /** How the amount reads on the wire, for whoever bends it on the way. */
  amountOnTheWire(amount: number): string;
  /** How one amount becomes another after the notice was signed, where it does not stand there to be read. */
  bend?(notice: Notice, from: string, to: string): Notice;
};

export const json = (body: unknown, status = 200): Answer => ({
  status,
  contentType: 'application/json',
  body: JSON.stringify(body),
});

/** The merchant of a terminal. Throws {@link Refused}. */
export function merchantOf({ merchants }: Office, terminal: string | undefined): Merchant {
  const found = merchants.find((one) => one.terminal === terminal);
  if (!found) throw new Refused(`no merchant ${terminal}`);
  return found;
}

export const keysOf = ({ secret }: Merchant): Record<string, string> => JSON.parse(secret) as Record<string, string>;

/** Throws {@link Refused} unless what was given is what the rule makes of it. */
export function mustBeSigned(given: string | undefined, expected: string): void {
  if (given !== expected) throw new Refused('wrong signature');
}

/** A whole, positive number of dong, told in parts of a dong where `unit` is 100. Throws {@link Refused}. */
export function dongIn(wire: unknown, unit: 1 | 100 = 1): number {
  const amount = Number(wire) / unit;
  if (!Number.isSafeInteger(amount) || amount <= 0) throw new Refused(`no amount: ${String(wire)}`);
  return amount;
}

const VIETNAM_MILLISECONDS = 7 * 3_600_000;
/** `yyyy-MM-dd HH:mm:ss` in Vietnam. */
export const vietnamTime = (at: number): string =>
  new Date(at + VIETNAM_MILLISECONDS).toISOString().slice(0, 19).replace('T', ' ');
/** `yyyyMMddHHmmss` in Vietnam. */
export const compactTime = (at: number): string => vietnamTime(at).replace(/\D/g, '');

export const postNotice = (url: string, body: string, contentType: string, headers = {}): Notice => ({
  method: 'POST',
  url,
  headers: { 'content-type': contentType, ...headers },
  body,
});
