import type { JournalEntry } from '../../shared/domain/ledger/journal.ts';
import { entryOf } from '../domain/reconciliation/samples.ts';
import { ACCOUNT } from './finance-world.ts';

/** Statements as a bank writes them, in MT940, and the journal's side of the same transfers. Amounts in dong. */

export type PaperLine = { reference: string; amount: number; text?: string; day: string };

const short = (day: string) => day.slice(2).replaceAll('-', '');

/** MT940 of an account in VND, whose balances are right. */
export function statementOf(
  lines: readonly PaperLine[],
  {
    opening = 1_000_000,
    sequence = '1/1',
    day,
    account = ACCOUNT,
  }: { opening?: number; sequence?: string; day: string; account?: string },
): string {
  const closing = lines.reduce((sum, { amount }) => sum + amount, opening);
  const side = (amount: number) => (amount < 0 ? 'D' : 'C');
  return [
    ':20:STMT',
    `:25:${account}`,
    `:28C:${sequence}`,
    `:60F:${side(opening)}${short(lines[0]?.day ?? day)}VND${Math.abs(opening)},`,
    ...lines.flatMap(({ reference, amount, text = '', day: booked }) => [
      `:61:${short(booked)}${short(booked).slice(2)}${side(amount)}${Math.abs(amount)},NTRFNONREF//${reference}`,
      `:86:${text}`,
    ]),
    `:62F:${side(closing)}${short(day)}VND${Math.abs(closing)},`,
    '-',
    '',
  ].join('\r\n');
}

/** A transfer straight to the account, as a notifier told it: named by account and the bank's own reference. */
export const transferOf = (reference: string, more: Partial<JournalEntry> = {}): JournalEntry =>
  entryOf({ movementId: `mov_bank_${ACCOUNT}_${reference}`, transactionId: reference, providerId: 'vietqr', ...more });
