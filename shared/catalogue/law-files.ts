import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** The files of law below a folder, in order of their names: `terms.json` first, then the others, provinces last. */
export function lawFiles(folder: string): { terms: unknown; files: unknown[]; names: string[] } {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => name.split(path.sep).join('/'))
    .filter((name) => name.endsWith('.json') && name !== 'terms.json')
    .sort();
  const read = (name: string): unknown => JSON.parse(readFileSync(path.join(folder, name), 'utf8'));
  return { terms: read('terms.json'), files: names.map(read), names };
}
