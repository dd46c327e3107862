import * as z from 'zod';
import type { Procedure } from '../domain/fees/procedure.ts';
import { lazy } from '../domain/lazy.ts';
import { gapsOf } from './gaps.ts';
import { CatalogueInvalid, loadCatalogue } from './load.ts';

/** A whole catalogue in one text: the words that its files share, and the files as they stand in `shared/catalogue`. */
export const CatalogueDocument = lazy(() =>
  z.strictObject({
    terms: z.unknown(),
    files: z.array(z.unknown()).min(1).max(1000),
  }),
);

/** Most faults that a report names. */
const MAX_FAULTS = 1000;

/**
 * Reads a document into checked procedures, or names everything that is wrong with it: file and place of what does not
 * fit the schema, ids used twice, base rows that overlap or leave days between them on which nothing would be due.
 */
export function checkDocument(value: unknown): { procedures: readonly Procedure[] } | { faults: readonly string[] } {
  const document = CatalogueDocument.safeParse(value);
  if (!document.success) return { faults: ['a document has `terms` and a list of `files`, and nothing else'] };
  try {
    const procedures = loadCatalogue(document.data.terms, document.data.files);
    const gaps = gapsOf(procedures);
    return gaps.length > 0 ? { faults: gaps.slice(0, MAX_FAULTS) } : { procedures };
  } catch (error) {
    if (error instanceof CatalogueInvalid) return { faults: error.problems.slice(0, MAX_FAULTS) };
    throw error;
  }
}
