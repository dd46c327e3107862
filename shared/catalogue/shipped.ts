import path from 'node:path';
import { lawFiles } from './law-files.ts';
import { loadCatalogue } from './load.ts';
import { type Packed, pack } from './packed.ts';

/**
 * The catalogue of this checkout, checked and packed when it is first asked for. A bundle has another module in this place,
 * which reads the files that were packed when the bundle was made.
 */
export function shippedCatalogue(): Packed {
  const { terms, files } = lawFiles(path.join(import.meta.dirname, 'law'));
  const { index, lines, search } = pack(loadCatalogue(terms, files));
  return { index, read: (offset, length) => lines.subarray(offset, offset + length), search: () => search };
}
