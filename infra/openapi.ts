import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { openApiDocument } from '../shared/api/openapi.ts';

/** Writes `docs/openapi.json` from the contract; with `--check` only says whether it is what stands there. */
const file = path.resolve(import.meta.dirname, '../docs/openapi.json');
const text = `${JSON.stringify(openApiDocument(), null, 2)}\n`;

if (process.argv.includes('--check')) {
  const there = await readFile(file, 'utf8').catch(() => '');
  if (there !== text) {
    console.error('docs/openapi.json is not what the contract says: run npm run openapi');
    process.exit(1);
  }
} else await writeFile(file, text);
