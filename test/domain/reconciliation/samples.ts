import type { JournalEntry } from '../../../shared/domain/ledger/journal.ts';
import { dong } from '../../../shared/domain/money/dong.ts';
import { type ColumnMap, columnMapFor } from '../../../shared/domain/reconciliation/column-maps.ts';
import { Matching } from '../../../shared/domain/reconciliation/matching.ts';
import { SettlementFileReader } from '../../../shared/domain/reconciliation/settlement-file.ts';
import { startOfDay, vietnamDay } from '../../../shared/domain/time.ts';

/** The day of all samples. */
export const DAY = '2026-11-20';
/** Noon of that day. */
export const NOON = startOfDay(DAY) + 12 * 3_600_000;

export const LAND = 'H29.12';
export const POLICE = 'H29.40';
/** One agency's own terminal, and one that both share. */
export const LAND_TERMINAL = 'LAND01';
export const SHARED_TERMINAL = 'SHARED9';

export const terminals = new Map([
  [LAND_TERMINAL, new Set([LAND])],
  ['POLICE01', new Set([POLICE])],
  [SHARED_TERMINAL, new Set([LAND, POLICE])],
]);

export type Line = {
  id: string;
  reference?: string;
  amount?: number | string;
  currency?: string;
  terminal?: string;
  status?: string;
  paidAt?: string;
};

export const HEADER = 'txnId,orderRef,amount,currency,terminal,result,paidAt';

export const lineText = ({
  id,
  reference = '',
  amount = 135_000,
  currency = 'VND',
  terminal = LAND_TERMINAL,
  status = 'OK',
  paidAt = `${DAY} 09:14:03`,
}: Line): string => [id, reference, amount, currency, terminal, status, paidAt].join(',');

/** A settlement file of the sandbox bank with a trailer that is right. */
export function fileOf(...lines: Line[]): string {
  const total = lines.reduce((sum, { amount = 135_000 }) => sum + Number(amount), 0);
  return [HEADER, ...lines.map(lineText), `TOTAL,${lines.length},${total}`, ''].join('\r\n');
}

export const sandboxMap = (version?: 1 | 2 | 3): ColumnMap =>
  columnMapFor('sandbox-bank', version && `sandbox-bank.settlement.v${version}`) as ColumnMap;

/** Reads a whole file, `chunk` bytes at a time. */
export function readWhole(text: string | Uint8Array, map = sandboxMap(), chunk = 7) {
  const matching = new Matching(DAY, terminals, undefined, map.status.back !== undefined);
  const reader = new SettlementFileReader(map, matching);
  const bytes = typeof text === 'string' ? Buffer.from(text) : text;
  for (let from = 0; from < bytes.length; from += chunk) reader.push(bytes.subarray(from, from + chunk));
  return { verdict: reader.end(), matching };
}

/** An entry of our journal: a plain payment at the land office unless said otherwise. */
export function entryOf(
  facts: Partial<Omit<JournalEntry, 'amount'>> & { transactionId: string; amount?: number },
): JournalEntry {
  const {
    amount = 135_000,
    agencyCode = LAND,
    committedAt = NOON,
    paidAt = committedAt,
    providerId = 'sandbox-bank',
  } = facts;
  const credit =
    facts.kind === undefined || facts.kind === 'payment' ? `payable:${agencyCode}:main` : `${facts.kind}:${agencyCode}`;
  return {
    movementId: `mov_${providerId}_${facts.transactionId}`,
    kind: 'payment',
    providerId,
    merchantAccountId: 'land-main',
    terminal: LAND_TERMINAL,
    invoiceNumber: '123456789012',
    accountingDate: vietnamDay(paidAt),
    evidenceHash: 'a'.repeat(64),
    lines: [
      { side: 'debit', account: 'clearing:land-main', amount: dong(amount) },
      { side: 'credit', account: credit, amount: dong(amount) },
    ],
    agencyCode,
    ...facts,
    committedAt,
    paidAt,
    amount: dong(amount),
  };
}
