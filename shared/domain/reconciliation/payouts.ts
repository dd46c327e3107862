import * as z from 'zod';
import { lazy } from '../lazy.ts';
import { onFirstCall } from '../on-first-call.ts';
import { ProviderId } from '../payment/provider.ts';
import { heldOn, type TerminalAccount } from '../registry/registry.ts';
import { addDays, type Day, daysBetween } from '../time.ts';
import type { MarkFinder } from './bank-line.ts';
import { depositMarksIn } from './desk-deposits.ts';

/**
 * How a provider's transfer of a day's money shows in a bank's statement: a word, and the day near it. No provider's wording
 * is public; each is agreed in the contract. Without a mark a payout is found by its amount alone.
 */
export const PayoutWording = lazy(() =>
  z.strictObject({
    providerId: ProviderId,
    /** In capitals, without spaces or marks. */
    words: z.array(z.string().regex(/^[A-Z0-9]{4,30}$/)).min(1),
  }),
);

/** The wordings, oldest first. Unverified: see the guide. */
export const payoutWordings = onFirstCall(() =>
  z.array(PayoutWording).parse([
    { providerId: 'vnpay', words: ['VNPAYTHANHTOAN', 'VNPAYSETTLEMENT'] },
    { providerId: 'sandbox-bank', words: ['SANDBOXBANKPAYOUT'] },
  ]),
);

/** The account of ours whose bank account a terminal's money of a day is paid out to. */
export function accountAtTerminal(
  terminal: string,
  accounts: readonly TerminalAccount[],
  day: Day,
): TerminalAccount | undefined {
  const there = accounts.filter((one) => one.terminal === terminal);
  const one = there.find(({ former }) => !former) ?? there[0];
  return heldOn(
    there.filter(({ id }) => id === one?.id),
    day,
  );
}

/** Names a provider's payout of a day. */
export const payoutMark = (providerId: string, day: Day): string => `${providerId}:${day}`;

/** The provider and the day of a payout's mark. */
export const providerOfPayout = (mark: string): string => mark.slice(0, mark.indexOf(':'));
export const dayOfPayout = (mark: string): string => mark.slice(mark.indexOf(':') + 1);

const DATE = /(?:NGAY)?(\d{8})/;

/** A finder for payouts, and for what desks deposited, of days that are not older than `patience` days on `today`. */
export function payoutMarks(today: Day, patience: number): MarkFinder {
  const days = new Map<string, Day>();
  for (const day of daysBetween(addDays(today, -patience), today)) {
    const [year, month, date] = day.split('-') as [string, string, string];
    days.set(`${year}${month}${date}`, day).set(`${date}${month}${year}`, day);
  }
  return (plain) => [
    ...depositMarksIn(plain, days),
    ...payoutWordings().flatMap(({ providerId, words }) =>
      words.flatMap((word) => {
        const at = plain.indexOf(word);
        const written = at < 0 ? undefined : DATE.exec(plain.slice(at + word.length))?.[1];
        const day = written && days.get(written);
        return day ? [payoutMark(providerId, day)] : [];
      }),
    ),
  ];
}
