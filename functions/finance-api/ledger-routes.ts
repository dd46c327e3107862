import { money } from '../../shared/api/common.ts';
import * as api from '../../shared/api/ledger.ts';
import { InvoiceNumber, invoiceId } from '../../shared/domain/invoice/number.ts';
import { chartOfAccounts } from '../../shared/domain/ledger/balances.ts';
import type { JournalEntry } from '../../shared/domain/ledger/journal.ts';
import type { CursorCodec } from '../../shared/domain/paging.ts';
import { COUNTER } from '../../shared/domain/payment/counter.ts';
import { BY_HAND } from '../../shared/domain/payment/movement.ts';
import { formatInstant, vietnamDay } from '../../shared/domain/time.ts';
import { answering, type Route } from '../../shared/runtime/http.ts';
import { listLedgerEntries } from '../../shared/usecases/list-ledger-entries.ts';
import { type trialBalance, trialBalancePage } from '../../shared/usecases/trial-balance.ts';

type LedgerDependencies = Parameters<typeof trialBalance>[2] &
  Omit<Parameters<typeof listLedgerEntries>[2], 'cursors'> & {
    /** Read when a list is asked for: its key stands in the secret store. */
    cursors: () => Promise<CursorCodec>;
  };

const { currency } = money(0);

export const ledgerRoutes = (dependencies: LedgerDependencies): Route[] => [
  answering(api.listLedgerAccounts, async ({ query, caller }) => {
    const date = vietnamDay(dependencies.now());
    const cursors = await dependencies.cursors();
    const { rows, nextCursor } = await trialBalancePage({ ...query, date }, caller, { ...dependencies, cursors });
    return {
      status: 200,
      body: {
        kinds: Object.entries(chartOfAccounts).map(([kind, { side, name, meaning }]) => ({
          kind,
          side,
          name,
          meaning,
        })),
        accounts: rows.map(({ agencyCode, account, kind }) => ({ agencyCode, account, kind })),
        nextCursor,
      },
    };
  }),

  answering(api.listLedgerEntries, async ({ query, caller }) => {
    const cursors = await dependencies.cursors();
    const { entries, nextCursor } = await listLedgerEntries(query, caller, { ...dependencies, cursors });
    return { status: 200, body: { data: entries.map(entryBody), nextCursor } };
  }),

  answering(api.readTrialBalance, async ({ query, caller }) => {
    const cursors = await dependencies.cursors();
    const { asOf, ...page } = await trialBalancePage(query, caller, { ...dependencies, cursors });
    return { status: 200, body: { ...page, asOf: formatInstant(asOf), currency } };
  }),
];

const entryBody = (entry: JournalEntry) => ({
  entryId: entry.movementId,
  agencyCode: entry.agencyCode,
  committedAt: formatInstant(entry.committedAt),
  accountingDate: entry.accountingDate,
  paidAt: formatInstant(entry.paidAt),
  reason: { kind: entry.kind, category: entry.category ?? null, code: entry.act?.reason ?? null },
  actor: {
    ...whoseWord(entry),
    step: entry.act?.step ?? null,
    persons: entry.act?.persons ?? [],
    transactionId: entry.transactionId,
    evidenceSha256: entry.evidenceHash,
  },
  invoiceId: entry.invoiceNumber === undefined ? null : invoiceId(InvoiceNumber.parse(entry.invoiceNumber)),
  amount: entry.amount,
  currency,
  lines: entry.lines,
});

function whoseWord({ providerId, kind, terminal, act }: JournalEntry) {
  if (providerId === COUNTER) return { kind: 'desk' as const, id: terminal };
  if (kind === 'correction' || kind === 'remittance') return { kind: 'person' as const, id: terminal };
  const confirmedBy = providerId === BY_HAND ? act?.persons.at(-1) : undefined;
  return confirmedBy === undefined
    ? { kind: 'provider' as const, id: providerId }
    : { kind: 'person' as const, id: confirmedBy };
}
