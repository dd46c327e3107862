import * as z from 'zod';
import { AgencyCode } from '../identity/codes.ts';
import { lazy } from '../lazy.ts';
import { PolicyChoices } from '../payment/choices.ts';
import { ProviderId } from '../payment/provider.ts';
import { ReceiptRegistration } from '../receipt/receipt.ts';
import type { Day } from '../time.ts';

/** Who takes part, and where money may go: agencies, clients, merchant accounts. */

const Name = lazy(() => z.strictObject({ vi: z.string().min(1).max(200), en: z.string().min(1).max(200) }));

const AccountNumber = lazy(() => z.string().regex(/^[0-9]{6,19}$/));
const BankBin = lazy(() => z.string().regex(/^[0-9]{6}$/));

/** Most bank accounts that a desk ever deposited in. */
export const MAX_DESK_ACCOUNTS = 20;

/** A bank account of an agency where its desk deposits the cash of the days from one on, until the next one holds. */
export const DeskAccount = lazy(() =>
  z.strictObject({ from: z.iso.date(), bankBin: BankBin, accountNumber: AccountNumber }),
);
export type DeskAccount = z.infer<typeof DeskAccount>;

export const Agency = lazy(() =>
  z.object({
    code: AgencyCode,
    name: Name,
    active: z.boolean(),
    /** What it has chosen among the allowed alternatives of the policy table; holds for invoices made from then on. */
    policy: PolicyChoices.optional(),
    /** Absent: it gives no electronic receipts here. */
    receipts: ReceiptRegistration.optional(),
    /** Absent: of the cash that its desk takes nothing more is known here. */
    deskAccounts: z
      .array(DeskAccount)
      .min(1)
      .max(MAX_DESK_ACCOUNTS)
      .refine((all) => all.every(({ from }, at) => from > (all[at - 1]?.from ?? '')), {
        error: 'are not in order of days',
      })
      .optional(),
  }),
);
export type Agency = z.infer<typeof Agency>;

/** Where an agency's desk deposits the cash of a day. */
export const deskAccountOn = ({ deskAccounts = [] }: Pick<Agency, 'deskAccounts'>, day: Day): DeskAccount | undefined =>
  deskAccounts.findLast(({ from }) => from <= day);

/** Most agencies that one client may name; `*` stands for all of them. */
export const MAX_CLIENT_AGENCIES = 200;
/** Most hosts that one client may send citizens back to. */
export const MAX_RETURN_HOSTS = 20;

/** A host name as in a URL, lower case, optionally with a port; no wildcard. */
export const ReturnHost = lazy(() =>
  z
    .string()
    .max(253)
    .regex(/^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[1-9][0-9]{0,4})?$/),
);

export const ClientId = lazy(() => z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{1,63}$/));
export type ClientId = z.infer<typeof ClientId>;

/**
 * A program that holds tokens. Its agencies limit every read and write, whatever its token claims. A provider's own program
 * acts for no agency: it sees what the provider itself sent.
 */
export const Client = lazy(() =>
  z.object({
    id: ClientId,
    kind: z.enum(['portal', 'agency', 'finance', 'operator', 'provider']),
    name: Name,
    agencies: z.union([z.literal('*'), z.array(AgencyCode).max(MAX_CLIENT_AGENCIES)]),
    /** Whose program it is: of kind `provider` alone. */
    providerId: ProviderId.optional(),
    returnHosts: z.array(ReturnHost).max(MAX_RETURN_HOSTS),
    active: z.boolean(),
  }),
);
export type Client = z.infer<typeof Client>;

export const MerchantAccountId = lazy(() => z.string().regex(/^[a-z0-9][a-z0-9-]{1,39}$/));
export type MerchantAccountId = z.infer<typeof MerchantAccountId>;

/** Merchant code or terminal as the provider writes it. */
export const Terminal = lazy(() => z.string().regex(/^[A-Za-z0-9_-]{1,64}$/));

/** Which of an agency's purses a line pays into. */
export const Beneficiary = lazy(() => z.string().regex(/^[a-z0-9][a-z0-9-]{0,23}$/));
export type Beneficiary = z.infer<typeof Beneficiary>;

/** Most further purses that one account collects for. */
export const MAX_FURTHER_PURSES = 10;

/** Provider × agency × beneficiary → terminal and account. The secret stands in Secrets Manager, never here. */
export const MerchantAccount = lazy(() =>
  z.object({
    id: MerchantAccountId,
    providerId: ProviderId,
    agencyCode: AgencyCode,
    beneficiary: Beneficiary,
    /** Further purses of the agency whose money comes in at this account, so that one payment may be for all of them. */
    alsoCollectsFor: z
      .array(Beneficiary)
      .min(1)
      .max(MAX_FURTHER_PURSES)
      .refine((purses) => new Set(purses).size === purses.length, { error: 'names a purse twice' })
      .optional(),
    terminal: Terminal,
    /** The bank account that the provider pays out to; digits only (domestic accounts have no IBAN). */
    accountNumber: AccountNumber,
    bankBin: BankBin,
    /** The first day whose money the provider pays out to this bank account; absent: it was never another one. */
    accountSince: z.iso.date().optional(),
    /** The first day of the bank account whose money is paid on by this service; absent: nobody has said that it is. */
    paidOnFrom: z.iso.date().optional(),
    active: z.boolean(),
  }),
);
export type MerchantAccount = z.infer<typeof MerchantAccount>;

/** What a change of an account leaves as it is where it does not say it: programs may not know of it. */
export const STAYS_UNSAID = ['accountSince', 'paidOnFrom'] as const satisfies readonly (keyof MerchantAccount)[];

/** Every purse that an account collects for. */
export const pursesOf = ({
  beneficiary,
  alsoCollectsFor = [],
}: Pick<MerchantAccount, 'beneficiary' | 'alsoCollectsFor'>): Beneficiary[] => [
  ...new Set([beneficiary, ...alsoCollectsFor]),
];

/**
 * An account as a terminal knows it. Where it has moved away, or is paid out to another bank account now, it is former, and
 * stands there as it was.
 */
export const TerminalAccount = lazy(() => MerchantAccount.extend({ former: z.literal(true).optional() }));
export type TerminalAccount = z.infer<typeof TerminalAccount>;

export const isSameBankAccount = (
  one: Pick<MerchantAccount, 'bankBin' | 'accountNumber'>,
  other: Pick<MerchantAccount, 'bankBin' | 'accountNumber'>,
): boolean => one.bankBin === other.bankBin && one.accountNumber === other.accountNumber;

/**
 * Of one account as a terminal knew it over time: as it was for the money of a day. `history`: as the registry lists it, first
 * as it stands or stood last, then as it was before, oldest first; of several since one day the later said counts.
 */
export function heldOn(history: readonly TerminalAccount[], day: Day): TerminalAccount | undefined {
  const since = ({ accountSince = '' }: TerminalAccount): string => accountSince;
  const inOrder = [...history.slice(1), ...history.slice(0, 1)].sort(
    (one, other) =>
      (since(one) < since(other) ? -1 : since(one) > since(other) ? 1 : 0) ||
      Number(other.former ?? false) - Number(one.former ?? false),
  );
  return inOrder.findLast((one) => since(one) <= day) ?? inOrder[0];
}

/**
 * The first day of a bank account whose money is paid on by this service, as its accounts say it; of several the last, so that
 * nothing is paid on that others may have paid on before. `undefined`: none says that it is.
 */
export const paidOnSince = (accounts: readonly Pick<MerchantAccount, 'paidOnFrom'>[]): Day | undefined =>
  accounts
    .flatMap(({ paidOnFrom = [] }) => paidOnFrom)
    .sort()
    .at(-1);

/** Name of the secret of a terminal, under the stage's prefix. One terminal has one key, whoever's account uses it. */
export function terminalSecretName(providerId: ProviderId, terminal: string): string {
  return `merchant/${providerId}/${terminal}`;
}

/** What a caller may see, from the registry by client id; a token's claims never widen it. */
export function mayActFor(client: Client, agencyCode: AgencyCode): boolean {
  return client.active && (client.agencies === '*' || client.agencies.includes(agencyCode));
}
