import { readBankBin } from '../identity/bank.ts';
import { readBankAccount } from '../identity/budget-codes.ts';
import { inBoth } from '../identity/reading.ts';
import type { Bank } from '../identity/reference.ts';
import type { ReturnAccount } from './refund.ts';

/** What is wrong with the account that a return goes to, in both languages; `undefined` if nothing is. */
export function faultOfAccount({ bankBin, number }: ReturnAccount, banks: readonly Bank[]): string | undefined {
  for (const reading of [readBankBin(bankBin, banks), readBankAccount(number)])
    if (!reading.ok) return inBoth(reading.problem);
  return undefined;
}
