import { CamtReader } from '../../domain/reconciliation/bank/camt.ts';
import type { BankEntry, EntryDetail, StatementHead } from '../../domain/reconciliation/bank/model.ts';
import { startOfDay } from '../../domain/time.ts';
import type { Credit } from '../transfer-notice.ts';

/** An entry as we notice it. `takenBack`: the bank takes back an earlier one, which a person looks at. */
export type NoticedCredit = Credit & { takenBack: boolean };

/**
 * What a camt.054 message tells, one a payment; nothing of entries that are not booked yet. `undefined` for every other
 * message, for one that does not read whole, and for one of several accounts: one key speaks for one account.
 */
export function readCamt(body: Uint8Array): { account: string; credits: NoticedCredit[] } | undefined {
  const heads: StatementHead[] = [];
  const credits: NoticedCredit[] = [];
  const reader = new CamtReader({
    begin: (head) => heads.push(head),
    entry: (entry) => credits.push(...creditsOf(entry, heads.at(-1)?.account ?? '')),
    end: () => {},
  });
  reader.push(body);
  if (reader.end().kind !== 'read' || heads.some(({ format }) => format !== 'camt.054')) return undefined;
  const [account, ...others] = new Set(heads.map((head) => head.account));
  return account && others.length === 0 ? { account, credits } : undefined;
}

function creditsOf(entry: BankEntry, account: string): NoticedCredit[] {
  if (!entry.booked) return [];
  const common = {
    account,
    incoming: entry.minor > 0n || entry.reversal,
    takenBack: entry.reversal,
    // The day is all that the message tells. Its first instant is a moment at which nobody's deadline has passed since.
    paidAt: entry.bookingDay === null ? null : startOfDay(entry.bookingDay),
    noticeId: entry.bankReference,
  };
  const { details } = entry;
  if (details.length <= 1 || !addUp(entry))
    return [
      {
        ...common,
        reference: entry.bankReference || (details.length === 1 ? (details[0]?.bankReference ?? '') : ''),
        amount: amountText(entry),
        texts: [entry.text, ...details.flatMap(textsOf)],
      },
    ];
  // The entry's reference is that of the whole: only one of its own names a payment inside it.
  return details.map((detail) => ({
    ...common,
    incoming: (detail.minor ?? 0n) > 0n || entry.reversal,
    reference: detail.bankReference === entry.bankReference ? '' : detail.bankReference,
    amount: amountText(detail),
    texts: textsOf(detail),
  }));
}

/** Whether each payment names its amount and they come to the entry. If not, nobody can say which is right. */
const addUp = ({ minor, currency, details }: BankEntry): boolean =>
  details.every((one) => one.minor !== null && one.currency === currency) &&
  details.reduce((all, one) => all + (one.minor ?? 0n), 0n) === minor;

/** Dong in digits; other currencies are nobody's amount here. */
const amountText = ({ minor, currency }: { minor: bigint | null; currency: string }): string =>
  minor === null || currency !== 'VND' ? '' : String(minor);

const textsOf = ({ structured, text, endToEndId, virtualAccount }: EntryDetail): string[] =>
  [...structured, text, endToEndId, virtualAccount].filter((one) => one !== '');
