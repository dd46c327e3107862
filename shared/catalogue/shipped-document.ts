import path from 'node:path';
import { lawFiles } from './law-files.ts';

/**
 * The document of this checkout's catalogue, as version 1 is exported. A bundle has another module in this place, which
 * reads the text that was written when the bundle was made.
 */
export function shippedDocument(): string {
  const { terms, files } = lawFiles(path.join(import.meta.dirname, 'law'));
  return JSON.stringify({ terms, files });
}
