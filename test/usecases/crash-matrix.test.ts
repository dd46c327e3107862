import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { type CrashCase, crashMatrix, through } from '../dsl/crash-matrix.ts';
import { flowCases } from './crash-cases.ts';
import { askingCases } from './crash-cases-of-asking.ts';
import { auditCases, logbookCases } from './crash-cases-of-audit.ts';
import { batchCases } from './crash-cases-of-batches.ts';
import { catalogueCases } from './crash-cases-of-catalogue.ts';
import { deliveryCases } from './crash-cases-of-delivery.ts';
import { deskCases } from './crash-cases-of-desk.ts';
import { dialectCases } from './crash-cases-of-dialect.ts';
import { ledgerCases } from './crash-cases-of-ledger.ts';
import { operationCases } from './crash-cases-of-operation.ts';
import { receiptCases } from './crash-cases-of-receipts.ts';
import { recordCases } from './crash-cases-of-records.ts';
import { refundCases } from './crash-cases-of-refunds.ts';
import { remittanceCases } from './crash-cases-of-remittances.ts';
import { reportCases } from './crash-cases-of-reports.ts';

const cases = [
  ...flowCases,
  ...askingCases,
  ...deskCases,
  ...recordCases,
  ...catalogueCases,
  ...batchCases,
  ...dialectCases,
  ...ledgerCases,
  ...reportCases,
  ...deliveryCases,
  ...operationCases,
  ...receiptCases,
  ...auditCases,
  ...logbookCases,
  ...refundCases,
  ...remittanceCases,
];
const FOLDER = path.join(import.meta.dirname, '../../shared/usecases');

/** They read, or help; what they are called with, no call of theirs changes. */
const READING = [
  'altered-books',
  'confirm-order',
  'daily-report',
  'differences-digest',
  'desk-deposits',
  'draft-remittance',
  'every-agency',
  'find-evidence',
  'find-remittance',
  'find-reported',
  'hashing',
  'in-parallel',
  'journal-of-date',
  'late-files',
  'list-events',
  'list-exceptions',
  'list-files',
  'list-ledger-entries',
  'list-providers',
  'number-keys',
  'overdue-remittances',
  'payouts-at-bank',
  'plan-repair',
  'prove-books',
  'prove-dossiers',
  'prove-receipts',
  'prove-registry',
  'prove-settling',
  'prove-work',
  'quote',
  'expected-files',
  'invoices-made',
  'read-aggregates',
  'read-callbacks',
  'read-invoices',
  'read-log',
  'read-receipts',
  'receipt-link',
  'read-refunds',
  'read-remittances',
  'read-trace',
  'read-statement',
  'remitted-movements',
  'report-sources',
  'run-report',
  'sign-receipt',
  'started-at',
  'stray-entries',
  'stray-remittances',
  'trial-balance',
  'verify-ledger',
  'visible',
  'work-causes',
];

/** They are carried out by others only, in whose rows every call of theirs is a place to die. */
const WITHIN: Readonly<Record<string, string>> = {
  'file-moves': 'reconcile-bank-file',
  'invalid-file': 'reconcile-settlement-file',
  'match-account': 'reconcile-bank-file',
  'take-in-bank-file': 'reconcile-bank-file',
  'take-in-file': 'reconcile-bank-file',
};

/** Longer than a transaction's token is good for: from then on only the conditions speak. */
const AFTER_THE_TOKEN = 11 * 60_000;

describe('killed at any call of a port, or failed by it, and called again', () => {
  it.each(cases.map((one) => [`${one.useCase}: ${one.story}`, one] as const))(
    '%s ends as if nothing had happened (scenarios 25, 33, 34)',
    async (_, one) => {
      const { calls, differences } = await crashMatrix(one, 0);
      expect(calls.length).toBeGreaterThan(0);
      expect(differences).toEqual([]);
    },
  );

  it.each(cases.map((one) => [`${one.useCase}: ${one.story}`, one] as const))(
    '%s ends the same where the caller comes again after eleven minutes (scenario 35)',
    async (_, one) => {
      expect((await crashMatrix(one, AFTER_THE_TOKEN)).differences).toEqual([]);
    },
  );
});

describe('the crash matrix', () => {
  const useCases = readdirSync(FOLDER).map((name) => path.basename(name, '.ts'));

  it('has a row for every use case that writes', () => {
    const rows = new Set([...cases.map((one) => one.useCase), ...READING, ...Object.keys(WITHIN)]);
    expect(Object.values(WITHIN).every((name) => cases.some((one) => one.useCase === name))).toBe(true);
    expect(useCases.filter((name) => !rows.has(name))).toEqual([]);
    expect([...rows].filter((name) => !useCases.includes(name))).toEqual([]);
  });

  it('leaves out only what has no port to write through', () => {
    const writes =
      /(?<!\.)\.(create|append\w*|share\w*|post|move\w*|void|supersede|keep\w+|put\w+|change\w+|open|save|block|begin|finish|advance|write\w*|replace|send\w*|remember|forget|mark\w+|claim|takeOver|release)\(/;
    const writing = READING.filter((name) => writes.test(source(name)));
    // `replace` and the like of texts are no ports, nor is what three dots spread.
    expect(writing.filter((name) => !TEXTS.includes(name))).toEqual([]);
  });

  it('sees what is not written once, and what is lost', async () => {
    const careless: CrashCase<{ notes: string[] }> = {
      useCase: 'careless',
      story: 'adds without asking',
      world: () => ({ notes: [] }),
      call: async ({ notes }, around) => {
        const port = through({ add: async (text: string) => notes.push(text) }, around);
        await port.add('one');
        await port.add('two').catch(() => undefined);
      },
      state: ({ notes }) => [...notes],
      wait: () => undefined,
    };
    const { differences } = await crashMatrix(careless, 0);
    expect(differences.map(({ fate, call }) => `${fate} ${call}`)).toEqual([
      'killed before 1 add',
      'killed after 0 add',
      'killed after 1 add',
      'turned away at 1 add',
      'left without the answer of 0 add',
    ]);
  });
});

/** They read which files are missing, as `open` ones. */
const TEXTS: readonly string[] = ['expected-files', 'prove-settling'];
const source = (name: string): string => readFileSync(path.join(FOLDER, `${name}.ts`), 'utf8');
