import { readFileSync, writeFileSync } from 'node:fs';
import { policyPage } from '../shared/domain/payment/policy-page.ts';

/** Writes `policy.md` from the policy table; with `--check` only says whether it is what stands there. */
const file = new URL('policy.md', import.meta.url);
const text = policyPage();

if (process.argv.includes('--check')) {
  if (readFileSync(file, 'utf8') !== text) {
    process.stderr.write('docs/policy.md is not what the policy table says: run npm run openapi\n');
    process.exit(1);
  }
} else writeFileSync(file, text);
