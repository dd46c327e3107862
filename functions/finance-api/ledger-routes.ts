import { money } from '../../shared/api/common.ts';
import * as api from '../../shared/api/ledger.ts';
import { InvoiceNumber, invoiceId } from '../../shared/domain/invoice/number.ts';
import { chartOfAccounts } from '../../shared/domain/ledger/balances.ts';
import { isOfPayers, type JournalEntry } from '../../shared/domain/ledger/journal.ts';
import type { CursorCodec } from '../../shared/domain/paging.ts';
import { COUNTER } from '../../shared/domain/payment/counter.ts';
import { formatInstant, vietnamDay } from '../../shared/domain/time.ts';
import { answering, type Route } from '../../shared/runtime/http.ts';
import { listLedgerEntries } from '../../shared/usecases/list-ledger-entries.ts';
import { trialBalance } from '../../shared/usecases/trial-balance.ts';

type LedgerDependencies = Parameters<typeof trialBalance>[2] &
  Omit<Parameters<typeof listLedgerEntries>[2], 'cursors'> & {
    /** Read when a list is asked for: its key stands in the secret store. */
    cursors: () => Promise<CursorCodec>;
  };

const { currency } = money(0);

export const ledgerRoutes = (dependencies: LedgerDependencies): Route[] => [
  answering(api.listLedgerAccounts, async ({ query: { agencyCode }, caller }) => {
    const date = vietnamDay(dependencies.now());
    const { rows } = await trialBalance({ date, agencyCode }, caller, dependencies);
    return {
      status: 200,
      body: {
        kinds: Object.entries(chartOfAccounts).map(([kind, { side, name, meaning }]) => ({
          kind,
          side,
          name,
          meaning,
        })),
        accounts: rows.map(({ agencyCode: agency, account, kind }) => ({ agencyCode: agency, account, kind })),
      },
    };
  }),

  answering(api.listLedgerEntries, async ({ query, caller }) => {
    const cursors = await dependencies.cursors();
    const { entries, nextCursor } = await listLedgerEntries(query, caller, { ...dependencies, cursors });
    return { status: 200, body: { data: entries.map(entryBody), nextCursor } };
  }),

  answering(api.readTrialBalance, async ({ query, caller }) => {
    const { date, asOf, rows, totals } = await trialBalance(query, caller, dependencies);
    return { status: 200, body: { date, asOf: formatInstant(asOf), currency, rows, totals } };
  }),
];

const entryBody = (entry: JournalEntry) => ({
  entryId: entry.movementId,
  agencyCode: entry.agencyCode,
  committedAt: formatInstant(entry.committedAt),
  accountingDate: entry.accountingDate,
  paidAt: formatInstant(entry.paidAt),
  reason: { kind: entry.kind, category: entry.category ?? null },
  actor: {
    ...(entry.providerId === COUNTER
      ? { kind: 'desk' as const, id: entry.terminal }
      : !isOfPayers(entry)
        ? { kind: 'person' as const, id: entry.terminal }
        : { kind: 'provider' as const, id: entry.providerId }),
    transactionId: entry.transactionId,
    evidenceSha256: entry.evidenceHash,
  },
  invoiceId: entry.invoiceNumber === undefined ? null : invoiceId(InvoiceNumber.parse(entry.invoiceNumber)),
  amount: entry.amount,
  currency,
  lines: entry.lines,
});
