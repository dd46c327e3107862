import type { Procedure } from '../domain/fees/procedure.ts';

/** Longest text to search for, in characters. */
export const MAX_SEARCH_LENGTH = 100;

/** What a list shows of a procedure. */
export type ProcedureSummary = Pick<Procedure, 'code' | 'name' | 'levels'> & { priceable: boolean };

export const summaryOf = ({ code, name, levels, notPriceable }: Procedure): ProcedureSummary => ({
  code,
  name,
  levels,
  priceable: notPriceable === undefined,
});

/** Which part of what is found: from the place `from`, `limit` at most. */
export type ProcedureSearch = { search?: string | undefined; from: number; limit: number };
export type FoundProcedures = { data: ProcedureSummary[]; more: boolean };

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

/**
 * What procedures are found by, made once when a catalogue is packed: a line each, in order of code, with code, folded
 * names and summary between tabs. Folding a whole country's names costs some 100 ms, looking through these lines a few.
 */
export function searchText(procedures: readonly Procedure[]): string {
  return [...procedures]
    .sort((one, other) => (one.code < other.code ? -1 : 1))
    .map((one) => `${one.code}\t${fold(`${one.name.vi} ${one.name.en}`)}\t${JSON.stringify(summaryOf(one))}\n`)
    .join('');
}

/** The lines of {@link searchText}, none of them parsed. */
export const searchLines = (text: string): string[] => text.split('\n').slice(0, -1);

/**
 * Procedures whose code begins as the search does, or whose Vietnamese or English name has all of its words; all without
 * a search, none where it has neither letter nor digit. In order of code. The long forms of a code
 * (`1.001193.000.00.00.H56`, `1.001193.01`) lead to it too. Linear in the lines, and parses only those that it answers;
 * throws RangeError for a longer search than allowed.
 */
export function findIn(lines: readonly string[], { search, from, limit }: ProcedureSearch): FoundProcedures {
  const found = search === undefined ? lines : matching(lines, search);
  const data = found
    .slice(from, from + limit)
    .map((line) => JSON.parse(line.slice(line.lastIndexOf('\t') + 1)) as ProcedureSummary);
  return { data, more: from + limit < found.length };
}

function matching(lines: readonly string[], search: string): readonly string[] {
  if (search.length > MAX_SEARCH_LENGTH) throw new RangeError(`search of more than ${MAX_SEARCH_LENGTH} characters`);
  const folded = fold(search);
  // Every name has all of no words.
  if (!/[\p{L}\p{N}]/u.test(folded)) return [];
  if (/^[0-9]+(?:\.[0-9a-z]*)*$/.test(folded))
    return lines.filter((line) => line.startsWith(folded) || folded.startsWith(`${codeIn(line)}.`));
  const words = [...new Set(folded.split(' '))];
  return lines.filter((line) => {
    const names = line.slice(line.indexOf('\t') + 1, line.lastIndexOf('\t'));
    return words.every((word) => names.includes(word));
  });
}

const codeIn = (line: string): string => line.slice(0, line.indexOf('\t'));
