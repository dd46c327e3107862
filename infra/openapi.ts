import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { openApiDocument } from '../shared/api/openapi.ts';
import { AggregateBody } from '../shared/api/reports.ts';

/** Writes what of the contract is published; with `--check` only says whether it is what stands there. */
const published = {
  'openapi.json': openApiDocument(),
  'aggregate.v1.json': { $id: 'https://thuphi.dev/aggregate.v1.json', ...z.toJSONSchema(AggregateBody) },
};

for (const [name, document] of Object.entries(published)) {
  const file = path.resolve(import.meta.dirname, '../docs', name);
  const text = `${JSON.stringify(document, null, 2)}\n`;
  if (!process.argv.includes('--check')) await writeFile(file, text);
  else if ((await readFile(file, 'utf8').catch(() => '')) !== text) {
    console.error(`docs/${name} is not what the contract says: run npm run openapi`);
    process.exit(1);
  }
}
