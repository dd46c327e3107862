import type { Procedure } from '../domain/fees/procedure.ts';
import business from './business.json' with { type: 'json' };
import courts from './courts.json' with { type: 'json' };
import { findIn, indexProcedures, type ProcedureSearch } from './find.ts';
import justice from './justice.json' with { type: 'json' };
import { loadCatalogue } from './load.ts';
import police from './police.json' with { type: 'json' };
import terms from './terms.json' with { type: 'json' };

/** The procedures and fees that the service knows, checked when the module is loaded, in order of code. */
export const procedures: readonly Procedure[] = loadCatalogue(terms, [police, justice, business, courts]);

const byCode = new Map(procedures.map((procedure) => [procedure.code, procedure]));
const index = indexProcedures(procedures);

/** The procedure of a code (`N.NNNNNN`), if the catalogue has it. */
export function procedureByCode(code: string): Procedure | undefined {
  return byCode.get(code);
}

/** Searches the catalogue; see {@link findIn}. */
export function findProcedures(search: ProcedureSearch): Procedure[] {
  return findIn(index, search);
}
