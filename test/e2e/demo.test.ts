import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, it } from 'vitest';

const out = mkdtempSync(path.join(tmpdir(), 'thuphi-demo-test-'));
afterAll(() => rmSync(out, { recursive: true, force: true }));

it('the demo tells its story to the end, and everything in it holds', async () => {
  const main = path.join(import.meta.dirname, '../demo/main.ts');
  const child = spawn(process.execPath, ['--no-warnings', main, '--json', '--out', out], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  const code = await new Promise<number | null>((done) => child.once('close', done));
  const told = JSON.parse(text.trimEnd().split('\n').at(-1) ?? '') as {
    ok: boolean;
    ledger: { debit: number; credit: number };
    invoices: { amount: number; state: string }[];
    exceptions: { category: string }[];
    checks: { name: string; ok: boolean }[];
  };
  expect(told.checks.filter(({ ok }) => !ok)).toEqual([]);
  expect([code, told.ok]).toEqual([0, true]);
  const paid = told.invoices.reduce((sum, { amount }) => sum + amount, 0);
  expect(told.ledger).toEqual({ debit: paid, credit: paid });
  expect(told.exceptions.map(({ category }) => category).sort()).toEqual(['AMOUNT_UNDER', 'MISSING_AT_BANK']);
  const [csv = '', json = ''] = readdirSync(out).sort();
  expect(readFileSync(path.join(out, csv), 'utf8').startsWith('\uFEFF')).toBe(true);
  expect(JSON.parse(readFileSync(path.join(out, json), 'utf8'))).toMatchObject({ ledger: told.ledger });
});
