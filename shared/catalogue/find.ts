import { asOf } from '../domain/fees/in-force.ts';
import type { Procedure } from '../domain/fees/procedure.ts';
import type { Instant } from '../domain/time.ts';

/** Longest text to search for, in characters. */
export const MAX_SEARCH_LENGTH = 100;

export type ProcedureSearch = { search?: string | undefined; at?: Instant | undefined };

/** Procedures with the text in which they are found. */
export type ProcedureIndex = readonly { procedure: Procedure; text: string }[];

/** Letters only: no accents, no case, đ as d, however Unicode composes them. */
export function fold(text: string): string {
  return text
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .replace(/[đĐ]/g, 'd')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}.]+/gu, ' ')
    .trim();
}

/** Prepares procedures for searching, in order of their codes. */
export function indexProcedures(procedures: readonly Procedure[]): ProcedureIndex {
  return [...procedures]
    .sort((one, other) => (one.code < other.code ? -1 : 1))
    .map((procedure) => ({ procedure, text: fold(`${procedure.name.vi} ${procedure.name.en}`) }));
}

/**
 * Procedures whose code begins as the search does, or whose Vietnamese or English name has all of its words; all without
 * a search, none where it has neither letter nor digit. In order of code. The long forms of a code
 * (`1.001193.000.00.00.H56`, `1.001193.01`) lead to it too. With `at`, each has only the tariffs in force on that day.
 * Linear in the index; throws RangeError for a longer search than allowed.
 */
export function findIn(index: ProcedureIndex, { search, at }: ProcedureSearch): Procedure[] {
  const found = search === undefined ? index : matching(index, search);
  return found.map(({ procedure }) => (at === undefined ? procedure : asOf(procedure, at)));
}

function matching(index: ProcedureIndex, search: string): ProcedureIndex {
  if (search.length > MAX_SEARCH_LENGTH) throw new RangeError(`search of more than ${MAX_SEARCH_LENGTH} characters`);
  const folded = fold(search);
  // Every name has all of no words.
  if (!/[\p{L}\p{N}]/u.test(folded)) return [];
  const isCode = /^[0-9]+(?:\.[0-9a-z]*)*$/.test(folded);
  const words = [...new Set(folded.split(' '))];
  return index.filter(({ procedure: { code }, text }) =>
    isCode ? code.startsWith(folded) || folded.startsWith(`${code}.`) : words.every((word) => text.includes(word)),
  );
}
