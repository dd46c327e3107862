import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { Bai2Reader } from '../../../../shared/domain/reconciliation/bank/bai2.ts';
import { CamtReader } from '../../../../shared/domain/reconciliation/bank/camt.ts';
import type { BankReader, BankSink } from '../../../../shared/domain/reconciliation/bank/model.ts';
import { xmlMinorUnits } from '../../../../shared/domain/reconciliation/bank/money.ts';
import { Mt940Reader } from '../../../../shared/domain/reconciliation/bank/mt940.ts';
import { type Gathered, gather } from './gather.ts';

/**
 * Real public files of banks, with figures that other parsers and a separate script found. They stay where they are,
 * under their own licences; without them this file says so and skips.
 */
const FOLDER = path.resolve(import.meta.dirname, '../../../../../shared/domain/statements');
const there = existsSync(FOLDER);

type ExpectedStatement = {
  id?: string;
  account: string;
  currency: string | null;
  opening: string | null;
  opening_kind?: string;
  closing: string | null;
  closing_kind?: string;
  entries: number;
  tx_details?: number;
  credit_total: string;
  debit_total: string;
  reversal_flagged?: number;
  not_booked?: number;
  amounts: string[];
  declared_entries?: string | null;
  declared_sum?: string | null;
  balances_close: boolean | null;
  balances?: { code: string; amount: string; currency: string; date: string }[];
};
type Sample = { format: string; valid: boolean; expect: { statements: ExpectedStatement[]; total_entries: number } };

const samples = there
  ? (Object.entries(JSON.parse(readFileSync(path.join(FOLDER, 'expected.json'), 'utf8'))) as [string, Sample][])
  : [];
const of = (...formats: string[]) => samples.filter(([, sample]) => formats.includes(sample.format));

/** Minor units of a figure; digits beyond the currency's must be zeros. */
function minor(text: string, currency: string): bigint {
  const negative = text.startsWith('-');
  const units = xmlMinorUnits(negative ? text.slice(1) : text, currency);
  if (typeof units !== 'bigint') throw new Error(`${text} ${currency} is ${units}`);
  return negative ? -units : units;
}

const readAll = (make: (sink: BankSink) => BankReader, file: string, size?: number) =>
  gather(make, readFileSync(path.join(FOLDER, file)), size);

function compare({ head, entries, foot }: Gathered, wanted: ExpectedStatement): void {
  expect(head.account).toBe(wanted.account);
  const first = entries[0]?.currency;
  const currency = first ?? wanted.currency ?? 'EUR';
  expect(entries).toHaveLength(wanted.entries);
  expect(foot.entries).toBe(wanted.entries);
  const amounts = entries.map((entry) => entry.minor);
  const listed = wanted.amounts.filter((amount) => amount !== '...').map((amount) => minor(amount, currency));
  expect(amounts.slice(0, listed.length)).toEqual(listed);
  expect(foot.opening?.minor).toBe(
    wanted.opening === null ? undefined : minor(wanted.opening, foot.opening?.currency ?? ''),
  );
  expect(foot.closing?.minor).toBe(
    wanted.closing === null ? undefined : minor(wanted.closing, foot.closing?.currency ?? ''),
  );
  const all = (sign: 1 | -1) =>
    amounts.reduce((sum, amount) => (Math.sign(Number(amount)) === sign ? sum + amount : sum), 0n);
  expect(all(1)).toBe(minor(wanted.credit_total, currency));
  expect(-all(-1)).toBe(minor(wanted.debit_total, currency));
  expect(foot.closes).toBe(wanted.balances_close);
}

describe.skipIf(!there)(`real files of banks${there ? '' : ' (skipped: the folder of samples is not here)'}`, () => {
  it.each(of('camt.053', 'camt.052', 'camt.054'))('%s reads to its figures', (file, sample) => {
    const { verdict, statements } = readAll((sink) => new CamtReader(sink), file);
    expect(verdict).toEqual({
      kind: 'read',
      statements: sample.expect.statements.length,
      entries: sample.expect.total_entries,
    });
    for (const [place, wanted] of sample.expect.statements.entries()) {
      const found = statements[place] as Gathered;
      compare(found, wanted);
      expect(found.head.format).toBe(sample.format);
      expect(found.head.id).toBe(wanted.id);
      expect(found.foot.details).toBe(wanted.tx_details);
      expect(found.foot.notBooked).toBe(wanted.not_booked);
      expect(found.foot.reversals).toBe(wanted.reversal_flagged);
      expect(found.foot.declared.entries).toBe(wanted.declared_entries ? Number(wanted.declared_entries) : null);
      expect(
        found.foot.balances.map(({ code, minor: amount, currency, day }) => ({ code, amount, currency, date: day })),
      ).toEqual(
        (wanted.balances ?? []).map((balance) => ({
          ...balance,
          amount: minor(balance.amount, balance.currency),
          date: balance.date.slice(0, 10),
        })),
      );
    }
  });

  it.each(of('mt940'))('%s reads to its figures', (file, sample) => {
    const { verdict, statements } = readAll((sink) => new Mt940Reader(sink), file);
    expect(verdict).toEqual({
      kind: 'read',
      statements: sample.expect.statements.length,
      entries: sample.expect.total_entries,
    });
    for (const [place, wanted] of sample.expect.statements.entries()) {
      const found = statements[place] as Gathered;
      compare(found, wanted);
      expect(found.foot.opening?.code).toBe(`60${wanted.opening_kind}`);
      expect(found.foot.closing?.code).toBe(`62${wanted.closing_kind}`);
      expect(found.head.currency).toBe(wanted.currency);
    }
  });

  it.each(of('bai2'))('%s reads to its figures, or is refused where it must be', (file, sample) => {
    const { verdict, statements } = readAll((sink) => new Bai2Reader(sink), file);
    if (!sample.valid) {
      expect(verdict.kind).toBe('refused');
      expect(statements).toEqual([]);
      return;
    }
    const wanted = (sample as unknown as Bai2Sample).expect;
    expect(verdict).toEqual({ kind: 'read', statements: wanted.accounts, entries: wanted.transactions });
    for (const [place, balances] of wanted.account_balances.entries()) {
      const { head, foot } = statements[place] as Gathered;
      expect(head.account).toBe(balances.account);
      if (balances.currency) expect(head.currency).toBe(balances.currency);
      const of = (code: string) => foot.balances.find((balance) => balance.code === code)?.minor;
      expect(of('010')).toBe(balances.opening_010 === null ? undefined : BigInt(balances.opening_010));
      expect(of('015')).toBe(balances.closing_015 === null ? undefined : BigInt(balances.closing_015));
      expect(of('040')).toBe(
        balances.opening_available_040 === null ? undefined : BigInt(balances.opening_available_040),
      );
      expect(of('045')).toBe(
        balances.closing_available_045 === null ? undefined : BigInt(balances.closing_available_045),
      );
      expect(of('060')).toBe(
        balances.current_available_060 === null ? undefined : BigInt(balances.current_available_060),
      );
    }
  });
});

type Bai2Balance =
  | 'opening_010'
  | 'closing_015'
  | 'opening_available_040'
  | 'closing_available_045'
  | 'current_available_060';

type Bai2Sample = {
  expect: {
    accounts: number;
    transactions: number;
    account_balances: (Record<Bai2Balance, number | null> & { account: string; currency: string | null })[];
  };
};
