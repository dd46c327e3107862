import { accountingDate } from '../ledger/accounting-date.ts';
import { type JournalEntry, REMITTANCE } from '../ledger/journal.ts';
import { account, balanced, type LedgerLine, opposite } from '../ledger/ledger.ts';
import { type Dong, sum } from '../money/dong.ts';
import { startOfDay } from '../time.ts';
import type { OnStatement, Remittance, RemittanceOrder } from './remittance.ts';

const RETURNED = '.returned';
/** Whether an entry takes back what another one paid on. */
export const isReturn = (movementId: string): boolean => movementId.endsWith(RETURNED);

/** What stands behind an entry about an order; its hash goes into the entry. */
type Evidence = {
  content: string;
  orderId: string;
  by: string;
  decidedBy: string;
  statement: Omit<OnStatement, 'readAt'>;
};

/**
 * The entries of an order as its batch has it: one when the bank's statement shows it paid, the opposite one when it shows
 * that the money came back. They follow from the batch alone, so that they are the same whenever they are made. `hash`:
 * SHA-256, hex.
 */
export function entriesOfOrder(
  remittance: Remittance,
  order: RemittanceOrder,
  hash: (text: string) => string,
): JournalEntry[] {
  const { paid, returned, ended } = order;
  const lines = linesOf(order);
  return [
    ...(paid ? [entryOf(remittance, order, { name: '', lines, statement: paid }, hash)] : []),
    ...(returned
      ? [entryOf(remittance, order, { name: RETURNED, lines: opposite(lines), statement: returned }, hash)]
      : []),
    ...(ended && ended.debited > 0 ? [entryOf(remittance, order, { name: '', lines, statement: ended }, hash)] : []),
  ];
}

/** The purse owes what it was paid, and what its collector keeps, no more. An order that two persons ended was paid what the bank debited. */
function linesOf({ payee: { agencyCode, beneficiary }, lines, amount, ended }: RemittanceOrder): LedgerLine[] {
  const kept = (sum(lines.map((line) => line.amount)) - amount) as Dong;
  const sent = ended?.debited ?? amount;
  if (ended && sent === 0) return [];
  return [
    ...balanced([
      { side: 'debit', account: account.payable(agencyCode, beneficiary), amount: sum([sent, kept]) },
      ...(sent > 0 ? [{ side: 'credit' as const, account: account.remitted(agencyCode), amount: sent }] : []),
      ...(kept > 0 ? [{ side: 'credit' as const, account: account.retained(agencyCode), amount: kept }] : []),
    ]),
  ];
}

function entryOf(
  { remittanceId, content, by, decidedBy = '' }: Remittance,
  { orderId, payee }: RemittanceOrder,
  { name, lines, statement }: { name: string; lines: LedgerLine[]; statement: OnStatement },
  hash: (text: string) => string,
): JournalEntry {
  const { day, bankItem, run } = statement;
  const evidence: Evidence = { content: content.sha256, orderId, by, decidedBy, statement: { day, bankItem, run } };
  const paidAt = startOfDay(statement.day);
  return {
    movementId: `mov_${REMITTANCE}_${orderId}${name}`,
    kind: 'remittance',
    amount: sum(lines.filter(({ side }) => side === 'debit').map((line) => line.amount)),
    providerId: REMITTANCE,
    merchantAccountId: remittanceId,
    terminal: decidedBy,
    transactionId: orderId,
    paidAt,
    committedAt: statement.readAt,
    lines,
    agencyCode: payee.agencyCode,
    act: { step: 'remittances-api', persons: [by, decidedBy] },
    evidenceHash: hash(JSON.stringify(evidence)),
    accountingDate: accountingDate(paidAt, statement.readAt),
  };
}
