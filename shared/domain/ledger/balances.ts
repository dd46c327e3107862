import * as z from 'zod';
import { lazy } from '../lazy.ts';
import type { Day } from '../time.ts';
import type { JournalEntry } from './journal.ts';

/**
 * Balances are a projection of the journal: sums by account, by agency, at the end of a day of commit. Nothing decides on
 * them; they can be thrown away and made again, and are then the same. Amounts in dong.
 */

const Amount = lazy(() => z.int().min(0));
export const Turnover = lazy(() => z.strictObject({ debit: Amount, credit: Amount }));
export type Turnover = z.infer<typeof Turnover>;

export const DayBalance = lazy(() =>
  z.strictObject({
    v: z.literal(1),
    agencyCode: z.string().min(1),
    /** Day of commit, YYYY-MM-DD in Asia/Ho_Chi_Minh. */
    day: z.string().regex(/^\d{4}-\d{2}-\d{2}$/),
    /** Entries of the day. */
    entries: z.int().min(0),
    /** What the day's entries add to each account. */
    turnover: z.record(z.string(), Turnover),
    /** All that was ever entered to each account, to the end of the day. */
    closing: z.record(z.string(), Turnover),
  }),
);
export type DayBalance = z.infer<typeof DayBalance>;

/** Debits and credits of something that must balance do not. Never shown to anybody: what computed it, or the journal, is wrong. */
export class BooksDoNotBalance extends Error {
  constructor(what: string, debit: number, credit: number) {
    super(`${what} does not balance: debit ${debit}, credit ${credit}`);
    this.name = 'BooksDoNotBalance';
  }
}

/** Adds up ledger lines by account. Throws RangeError where a sum is no safe integer any more. */
export class Tally {
  readonly #accounts: Map<string, Turnover>;
  entries = 0;

  constructor(from: Readonly<Record<string, Turnover>> = {}) {
    this.#accounts = new Map(Object.entries(from).map(([account, turnover]) => [account, { ...turnover }]));
  }

  add({ lines }: Pick<JournalEntry, 'lines'>): void {
    this.entries += 1;
    for (const { account, side, amount } of lines) {
      const there = this.#accounts.get(account) ?? { debit: 0, credit: 0 };
      there[side] += amount;
      if (!Number.isSafeInteger(there[side])) throw new RangeError(`the ${side}s of ${account} are too large`);
      this.#accounts.set(account, there);
    }
  }

  /** The accounts in order of their names, if all of them together balance. Throws {@link BooksDoNotBalance}. */
  accounts(what: string): Record<string, Turnover> {
    const sorted = [...this.#accounts].sort(([one], [other]) => (one < other ? -1 : 1));
    const { debit, credit } = totalOf(Object.fromEntries(sorted));
    if (debit !== credit) throw new BooksDoNotBalance(what, debit, credit);
    return Object.fromEntries(sorted);
  }
}

/** Both sides over all accounts, in dong. */
export function totalOf(accounts: Readonly<Record<string, Turnover>>): Turnover {
  const total = { debit: 0, credit: 0 };
  for (const { debit, credit } of Object.values(accounts)) {
    total.debit += debit;
    total.credit += credit;
  }
  return total;
}

/** Port: the projection. */
export interface BalanceBook {
  find(agencyCode: string, day: Day): Promise<DayBalance | undefined>;
  put(balance: DayBalance): Promise<void>;
  /** The day up to which every agency that had any entry has its balances. */
  projectedTo(): Promise<Day | undefined>;
  markProjected(day: Day): Promise<void>;
}

type Words = { vi: string; en: string };

/** The kinds of accounts, by what stands before the first colon of an account's name. `side`: where its balance is expected. */
export const chartOfAccounts: Readonly<Record<string, { side: 'debit' | 'credit'; name: Words; meaning: Words }>> = {
  clearing: {
    side: 'debit',
    name: { vi: 'Phải thu từ nhà cung cấp', en: 'Due from providers' },
    meaning: {
      vi: 'Tiền người dân đã trả mà nhà cung cấp chưa chuyển cho cơ quan.',
      en: 'Money that citizens paid and the provider has not paid out yet.',
    },
  },
  desk: {
    side: 'debit',
    name: { vi: 'Tiền thu tại quầy', en: 'Taken at the desk' },
    meaning: {
      vi: 'Tiền mặt trong quỹ của cơ quan, hoặc tiền máy quẹt thẻ của cơ quan sẽ chuyển cho cơ quan.',
      en: "Cash in the agency's drawer, or what the agency's card terminal will pay out to it.",
    },
  },
  payable: {
    side: 'credit',
    name: { vi: 'Phải trả cơ quan thu', en: 'Payable to agencies' },
    meaning: {
      vi: 'Tiền thu đúng theo hóa đơn, phải trả cơ quan, theo từng đơn vị thụ hưởng.',
      en: 'Money that paid invoices, owed to the agency, by beneficiary.',
    },
  },
  surplus: {
    side: 'credit',
    name: { vi: 'Tiền thừa chờ xử lý', en: 'Surplus' },
    meaning: {
      vi: 'Tiền thật vượt quá số phải nộp, hoặc đến sau khi hết phải nộp; chờ quyết định.',
      en: 'Real money beyond what was due, or after it was due; somebody must decide.',
    },
  },
  unmatched: {
    side: 'credit',
    name: { vi: 'Tiền chưa xác định', en: 'Unmatched' },
    meaning: { vi: 'Tiền thật chưa thuộc hóa đơn nào.', en: 'Real money that belongs to no invoice yet.' },
  },
  charges: {
    side: 'debit',
    name: { vi: 'Phí thanh toán phải chịu', en: 'Charges' },
    meaning: {
      vi: 'Phần nhà cung cấp hoặc ngân hàng giữ lại ngoài thỏa thuận, đã được hai người chấp nhận.',
      en: 'What providers and banks kept beyond what was agreed, accepted by two persons.',
    },
  },
  rounding: {
    side: 'debit',
    name: { vi: 'Chênh lệch làm tròn', en: 'Rounding' },
    meaning: {
      vi: 'Chênh lệch một đồng khi nhà cung cấp chuyển tiền, đã được hai người chấp nhận.',
      en: 'Differences of a dong in payouts, accepted by two persons.',
    },
  },
  shortfall: {
    side: 'debit',
    name: { vi: 'Tiền thiếu', en: 'Shortfall' },
    meaning: {
      vi: 'Tiền có trong sổ nhưng không bao giờ về, đã được hai người chấp nhận.',
      en: 'Money that our books had and that never came, accepted by two persons.',
    },
  },
  returns: {
    side: 'credit',
    name: { vi: 'Hoàn trả từ tài khoản cơ quan', en: 'Returned from the agency’s account' },
    meaning: {
      vi: 'Tiền cơ quan đã hoàn trả bằng lệnh chi từ tài khoản của mình vì nhà cung cấp không hoàn được.',
      en: 'Money that the agency gave back by payment order from its own account, because the provider could not.',
    },
  },
  remitted: {
    side: 'credit',
    name: { vi: 'Đã nộp cho đơn vị thụ hưởng', en: 'Paid on' },
    meaning: {
      vi: 'Tiền đã chuyển từ tài khoản thu tới kho bạc hoặc đơn vị thụ hưởng, theo sao kê ngân hàng.',
      en: 'Money that went from the collecting account to the treasury or whom else it belongs to, by the bank’s statement.',
    },
  },
  retained: {
    side: 'credit',
    name: { vi: 'Phí được để lại', en: 'Retained' },
    meaning: {
      vi: 'Phần phí mà đơn vị thu được để lại theo quy định.',
      en: 'The part of fees that the collector keeps by law.',
    },
  },
};

/** The kind of an account, by its name. */
export const kindOf = (account: string): string => account.split(':', 1)[0] ?? '';
